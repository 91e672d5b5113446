//! Two nodes side by side.

use super::node::{Kind, Link, MAX_WIDTH, Run};

/// A link below which there is a branch, or that stands for one: of the full width, whatever it is of.
pub(super) struct Wide<'a, K, V>(pub(super) &'a Link<K, V>);

impl<K, V> Clone for Wide<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Wide<'_, K, V> {}

/// Slots of a branch of the full width.
const SLOTS: usize = 1 << MAX_WIDTH;

impl<'a, K, V> Wide<'a, K, V> {
    pub(super) fn link(self, slot: usize) -> &'a Link<K, V> {
        match self.0.kind() {
            Kind::Branch(branch) => branch.link(slot >> (MAX_WIDTH - branch.width())),
            _ => self.0,
        }
    }

    pub(super) fn run(self, slot: usize) -> Run {
        match self.0.kind() {
            Kind::Branch(branch) => {
                let by = MAX_WIDTH - branch.width();
                let run = branch.run(slot >> by);
                Run { start: run.start << by, length: run.length << by }
            }
            _ => Run { start: 0, length: SLOTS },
        }
    }

    /// The runs in a block.
    pub(super) fn runs(self, block: Run) -> impl Iterator<Item = (Run, &'a Link<K, V>)> {
        let mut start = block.start;
        core::iter::from_fn(move || {
            (start < block.start + block.length).then(|| {
                let run = Run { start, length: self.run(start).length.min(block.length) };
                start += run.length;
                (run, self.link(run.start))
            })
        })
    }
}

/// Two nodes side by side, not both leaves: blocks of slots, in each of which one has a single run at least.
pub(super) fn blocks<'a, K, V>(
    left: &'a Link<K, V>,
    right: &'a Link<K, V>,
) -> (Wide<'a, K, V>, Wide<'a, K, V>, impl Iterator<Item = (Run, [usize; 2])>) {
    let (left, right) = (Wide(left), Wide(right));
    let mut start = 0;
    let blocks = core::iter::from_fn(move || {
        (start < SLOTS).then(|| {
            let lengths = [left.run(start).length, right.run(start).length];
            let run = Run { start, length: lengths[0].max(lengths[1]) };
            start += run.length;
            (run, lengths)
        })
    });
    (left, right, blocks)
}
