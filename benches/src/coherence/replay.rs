//! The recorded operations once more, all cores at once: what moves between caches, counted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::directory::{Cost, Directory};
use super::trace::{Access, Lines, Step};
use crate::rng::SplitMix;

/// The machine that is imagined. Its times only decide in which order cores meet at a line; nothing is claimed of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// Units of time per instruction, on average.
    pub instruction: u64,
    /// Units of time that a line takes from cache to cache.
    pub transfer: u64,
    /// How often each core's operations are replayed and counted, after once for the caches to fill.
    pub passes: u64,
}

impl Model {
    /// A quarter of a nanosecond per instruction and 60 ns per transfer, in sixteenths of a nanosecond.
    pub const USUAL: Self = Self { instruction: 4, transfer: 960, passes: 4 };
}

/// What moved while the passes were counted, all cores together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Lines that moved from a cache to another.
    pub transfers: u64,
    /// Copies that were lost because another core wrote.
    pub invalidations: u64,
    /// Read-modify-write instructions that had to fetch their line.
    pub contended: u64,
    /// The transfers of each line.
    pub by_line: Vec<u64>,
}

/// Where a core is in its operations.
#[derive(Clone, Copy, Default)]
struct Place {
    step: usize,
    pass: u64,
}

/// Replays `lines`; the same `seed` gives the same traffic. O(steps · log cores).
///
/// Cores begin at different times, and each pause between two steps is stretched by a random factor between a half and
/// one and a half: in lockstep cores would meet at a line always or never, by accident.
pub fn replay(lines: &Lines, model: &Model, seed: u64) -> Traffic {
    let mut directory = Directory::new(lines.shared);
    let mut free_at = vec![0_u64; lines.shared];
    let mut traffic = Traffic { by_line: vec![0; lines.shared], ..Traffic::default() };
    let mut random = SplitMix::new(seed);
    let mut places = vec![Place::default(); lines.cores.len()];
    let mut agenda = BinaryHeap::new();
    for (core, steps) in lines.cores.iter().enumerate() {
        if let Some(first) = steps.first() {
            let begin = random.below(model.transfer as usize) as u64;
            agenda.push(Reverse((begin + pause(first, model, &mut random), core)));
        }
    }
    // A core that is through goes on until the last one is, uncounted: the others are not to find the lines deserted.
    let mut at_work = agenda.len();
    while at_work > 0
        && let Some(Reverse((mut now, core))) = agenda.pop()
    {
        let (steps, place) = (&lines.cores[core], &mut places[core]);
        let step = steps[place.step];
        let line = step.line as usize;
        let cost = directory.access(core, line, step.access);
        if cost.is_transfer() {
            now = now.max(free_at[line]) + model.transfer;
        }
        if cost.occupies_line() {
            free_at[line] = now;
        }
        if (1..=model.passes).contains(&place.pass) {
            traffic.count(line, step.access, cost);
        }
        place.step += 1;
        if place.step == steps.len() {
            *place = Place { step: 0, pass: place.pass + 1 };
            at_work -= usize::from(place.pass == model.passes + 1);
        }
        agenda.push(Reverse((now + pause(&steps[place.step], model, &mut random), core)));
    }
    traffic
}

/// How long the instructions before a step take this time.
fn pause(step: &Step, model: &Model, random: &mut SplitMix) -> u64 {
    let stretch = 512 + random.below(1024) as u64;
    u64::from(step.gap) * model.instruction * stretch / 1024
}

impl Traffic {
    fn count(&mut self, line: usize, access: Access, cost: Cost) {
        if !cost.is_transfer() {
            return;
        }
        self.transfers += 1;
        self.by_line[line] += 1;
        if let Cost::Claimed { invalidated } = cost {
            self.invalidations += u64::from(invalidated);
            self.contended += u64::from(access == Access::Modify);
        }
    }
}
