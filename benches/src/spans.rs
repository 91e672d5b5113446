//! Stretches of time, and how much of another one they fill.

/// Stretches that neither overlap nor touch, in order; each from its beginning to its end, in ns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spans(Vec<(u64, u64)>);

impl Spans {
    /// The union of stretches in any order. One that ends no later than it begins is none. O(n log n).
    pub(crate) fn union(mut all: Vec<(u64, u64)>) -> Self {
        all.retain(|(begin, end)| begin < end);
        all.sort_unstable();
        all.dedup_by(|next, last| {
            let meets = next.0 <= last.1;
            if meets {
                last.1 = last.1.max(next.1);
            }
            meets
        });
        Self(all)
    }

    /// Those that lie between the two, or the part of them that does. O(log n) and what there is.
    pub(crate) fn between(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> {
        let first = self.0.partition_point(|(_, end)| *end <= from);
        let there = self.0[first..].iter().take_while(move |(begin, _)| *begin < to);
        there.map(move |(begin, end)| ((*begin).max(from), (*end).min(to)))
    }

    /// How much of the time between the two they fill.
    pub(crate) fn within(&self, from: u64, to: u64) -> u64 {
        self.between(from, to).map(|(begin, end)| end.saturating_sub(begin)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    #[test]
    fn what_overlaps_counts_once() {
        let union =
            Spans::union(vec![(300, 400), (100, 200), (150, 250), (160, 170), (400, 450), (500, 500), (600, 590)]);
        assert_eq!(union, Spans(vec![(100, 250), (300, 450)]));
        assert_eq!(union.between(120, 350).collect::<Vec<_>>(), [(120, 250), (300, 350)]);
        assert_eq!(union.within(0, 1000), 300);
        assert_eq!(union.within(120, 350), 130 + 50);
        assert_eq!(union.within(320, 330), 10);
        assert_eq!(union.within(250, 300), 0);
        assert_eq!(union.within(450, 1000), 0);
        assert_eq!(Spans::default().within(0, 1000), 0);
    }

    #[test]
    fn it_is_what_counting_each_nanosecond_gives() {
        let mut rng = SplitMix::new(7);
        let mut below = |bound: usize| rng.below(bound) as u64;
        for _ in 0..200 {
            let stretches: Vec<_> = (0..below(12)).map(|_| (below(64), below(64))).collect();
            let (from, to) = (below(64), below(64));
            let filled = |at: &u64| stretches.iter().any(|(begin, end)| (begin..end).contains(&at));
            let expected = (from..to).filter(filled).count() as u64;
            assert_eq!(Spans::union(stretches.clone()).within(from, to), expected, "{stretches:?} in {from}..{to}");
        }
    }
}
