//! The workloads that can go on for ever: lookups, mixes and additions on a filled dictionary.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Job;
use super::fixture::{Fill, Member, with};
use super::key::{Key, value};
use super::table::{BATCH, Iterate, Seat, Table};
use super::zipf;
use crate::team;
use crate::workload::{Metric, Outcome, Report};

/// Entries looked at by walkers.
const ENTRIES: Metric = Metric::higher("throughput", "M entries/s");
const ENTRIES_WALL: Metric = Metric::higher("whole-run rate", "M entries/s");

/// The exponent of the zipfian distribution.
const EXPONENT: f64 = 0.99;

/// A number below `bound`, from the upper bits of a draw.
#[inline]
pub(super) fn scale(drawn: u64, bound: u64) -> u64 {
    ((u128::from(drawn) * u128::from(bound)) >> 64) as u64
}

/// Looks up keys that are there.
pub(super) fn get_hit<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    with::<K, T>(job, Fill::Fixed, |fixture| {
        fixture.contend(job, 1, |member| {
            let number = scale(member.choice.draw(), job.size);
            member.key.set(number);
            member.books.wrong += u64::from(member.seat.get(&member.key) != Some(value(number)));
        })
    })
}

/// Looks up keys that are not there.
pub(super) fn get_miss<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    with::<K, T>(job, Fill::Fixed, |fixture| {
        fixture.contend(job, 1, |member| {
            let number = job.size + scale(member.choice.draw(), job.size);
            member.key.set(number);
            member.books.wrong += u64::from(member.seat.get(&member.key).is_some());
        })
    })
}

/// Looks up keys that follow from the answer before.
pub(super) fn get_dependent<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    with::<K, T>(job, Fill::Fixed, |fixture| {
        fixture.contend(job, 1, |member| {
            // The draw does not wait for the answer. It keeps the chain from running in a short circle.
            let number = scale(member.choice.draw() ^ member.state, job.size);
            member.key.set(number);
            member.state = member.seat.get(&member.key).unwrap_or_default();
            member.books.wrong += u64::from(member.state != value(number));
        })
    })
}

/// Looks up several keys at a time.
pub(super) fn get_batch<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    with::<K, T>(job, Fill::Fixed, |fixture| {
        fixture.contend(job, BATCH, |member| {
            let numbers: [u64; BATCH] = std::array::from_fn(|_| scale(member.choice.draw(), job.size));
            for (key, number) in member.keys.iter_mut().zip(numbers) {
                key.set(number);
            }
            let mut values = [None; BATCH];
            member.seat.get_many(&member.keys, &mut values);
            for (found, number) in values.into_iter().zip(numbers) {
                member.books.wrong += u64::from(found != Some(value(number)));
            }
        })
    })
}

/// The shares of a mix, in per cent; the rest are updates.
#[derive(Clone, Copy)]
pub(super) struct Mix {
    pub(super) gets: u64,
    pub(super) inserts: u64,
    pub(super) removes: u64,
}

/// 98/1/1.
const READ_HEAVY: Mix = Mix { gets: 98, inserts: 1, removes: 1 };
/// 10/40/40/10.
const EXCHANGE: Mix = Mix { gets: 10, inserts: 40, removes: 40 };

/// What comes next in a mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Get,
    Insert,
    Remove,
    Update,
}

impl Mix {
    /// Chooses by the lower bits of a draw; its upper bits are for the key.
    #[inline]
    pub(super) fn next(self, drawn: u64) -> Next {
        let percent = ((drawn & 0xFFFF) * 100) >> 16;
        if percent < self.gets {
            Next::Get
        } else if percent < self.gets + self.inserts {
            Next::Insert
        } else if percent < self.gets + self.inserts + self.removes {
            Next::Remove
        } else {
            Next::Update
        }
    }
}

impl<K: Key, S: Seat<K>> Member<'_, K, S> {
    /// One operation of a mix on the key that was set, and its books.
    #[inline]
    fn act(&mut self, next: Next, drawn: u64) {
        match next {
            Next::Get => {
                std::hint::black_box(self.seat.get(&self.key));
            }
            Next::Insert => {
                // Any value, but none of those that a contender keeps for itself.
                let value = drawn >> 1;
                let old = self.seat.insert(self.key.clone(), value);
                self.books.put(value, old);
            }
            Next::Remove => {
                let old = self.seat.remove(&self.key);
                self.books.take(old);
            }
            Next::Update => {
                let there = self.seat.update(&self.key, |value| value.wrapping_add(1));
                self.books.add(u64::from(there));
            }
        }
    }
}

fn mixed<K: Key, T: Table<K>>(job: &Job<'_>, mix: Mix) -> Outcome {
    with::<K, T>(job, Fill::Half, |fixture| {
        fixture.contend(job, 1, |member| {
            let drawn = member.choice.draw();
            member.key.set(scale(drawn, 2 * job.size));
            member.act(mix.next(drawn), drawn);
        })
    })
}

/// Many lookups, few changes.
pub(super) fn read_heavy<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    mixed::<K, T>(job, READ_HEAVY)
}

/// Few lookups, many changes.
pub(super) fn exchange<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    mixed::<K, T>(job, EXCHANGE)
}

/// Adds to one value.
pub(super) fn hot_key<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    with::<K, T>(job, Fill::Counted, |fixture| {
        fixture.contend(job, 1, |member| {
            // The key of number 0, which was set to begin with.
            let there = member.seat.fetch_add(&member.key, 1);
            member.books.add(1);
            member.books.wrong += u64::from(!there);
        })
    })
}

/// Updates values, some of them much more often than others.
pub(super) fn zipf<K: Key, T: Table<K>>(job: &Job<'_>) -> Outcome {
    let ring: &[u32] = &zipf::ring(job.size, EXPONENT);
    with::<K, T>(job, Fill::Counted, |fixture| {
        fixture.contend(job, 1, |member| {
            member.state = member.state.wrapping_add(1);
            let number = ring[member.state as usize % zipf::RING];
            member.key.set(u64::from(number));
            let there = member.seat.update(&member.key, |value| value.wrapping_add(1));
            member.books.add(1);
            member.books.wrong += u64::from(!there);
        })
    })
}

/// Looks at all entries, over and over.
pub(super) fn iterate<K: Key, T: Iterate<K>>(job: &Job<'_>) -> Outcome {
    with::<K, T>(job, Fill::Fixed, |fixture| {
        let books = fixture.books();
        let wrong = AtomicBool::new(false);
        let effort = team::work(
            job.threads,
            job.slice,
            |_| (),
            |()| {
                if fixture.table().walk() != (books.entries, books.sum) {
                    wrong.store(true, Ordering::Relaxed);
                }
            },
        );
        if wrong.into_inner() {
            return Err("a walk finds other entries than there are".to_owned());
        }
        let millions = |rate: f64| rate * job.size as f64 / 1e6;
        let mut report = Report::new(0);
        report.push(ENTRIES, millions(effort.cpu_rate()));
        report.push(ENTRIES_WALL, millions(effort.wall_rate()));
        Ok(report)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    #[test]
    fn a_mix_has_its_shares() {
        let mut choice = SplitMix::new(1);
        let mut counts = [0u32; 4];
        for _ in 0..100_000 {
            counts[EXCHANGE.next(choice.draw()) as usize] += 1;
        }
        for (count, share) in counts.into_iter().zip([10u32, 40, 40, 10]) {
            assert!(count.abs_diff(share * 1000) < 500, "{counts:?}");
        }
        let always = |mix: Mix, next| (0..1 << 16).all(|drawn| mix.next(drawn) == next);
        assert!(always(Mix { gets: 100, inserts: 0, removes: 0 }, Next::Get));
        assert!(always(Mix { gets: 0, inserts: 0, removes: 0 }, Next::Update));
    }

    #[test]
    fn scaled_numbers_stay_below_the_bound() {
        assert_eq!((scale(0, 700), scale(u64::MAX, 700), scale(u64::MAX / 2 + 1, 700)), (0, 699, 350));
    }
}
