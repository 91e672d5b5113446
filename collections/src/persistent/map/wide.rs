//! Two nodes side by side.

use super::node::{BranchRef, Kind, Link, MAX_WIDTH, Run};

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

/// Where the runs end that begin at this slot, if they are the same in both of two branches of the full width, or nothing is in either: mostly so in two versions, and told
/// by a look at each slot.
fn end_of_same<K, V>(one: BranchRef<'_, K, V>, two: BranchRef<'_, K, V>, start: usize) -> Option<usize> {
    let link = one.link(start);
    let are_same = |slot: usize| (one.link(slot).ptr_eq(link), two.link(slot).ptr_eq(link));
    if are_same(start) != (true, true) {
        return None;
    }
    let mut end = start + 1;
    while end < SLOTS {
        match are_same(end) {
            (true, true) => end += 1,
            (false, false) => break,
            // The run of one goes on where that of the other does not.
            _ => return None,
        }
    }
    Some(end)
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
            let (run, lengths) = block(left, right, start);
            start += run.length;
            (run, lengths)
        })
    });
    (left, right, blocks)
}

/// The block that begins at this slot, where runs of both begin.
fn block<K, V>(left: Wide<'_, K, V>, right: Wide<'_, K, V>, start: usize) -> (Run, [usize; 2]) {
    let lengths = [left.run(start).length, right.run(start).length];
    (Run { start, length: lengths[0].max(lengths[1]) }, lengths)
}

/// The blocks of two branches, without those of which both have the same: for whoever takes that for done.
pub(super) fn differing<'a, K, V>(
    left: &'a Link<K, V>,
    right: &'a Link<K, V>,
) -> (Wide<'a, K, V>, Wide<'a, K, V>, impl Iterator<Item = (Run, [usize; 2])>) {
    let branches = match (left.kind(), right.kind()) {
        (Kind::Branch(one), Kind::Branch(two)) if one.width() == MAX_WIDTH && two.width() == MAX_WIDTH => {
            Some((one, two))
        }
        _ => None,
    };
    let (left, right) = (Wide(left), Wide(right));
    let mut start = 0;
    let blocks = core::iter::from_fn(move || {
        while start < SLOTS
            && let Some((one, two)) = branches
            && let Some(end) = end_of_same(one, two, start)
        {
            start = end;
        }
        (start < SLOTS).then(|| {
            let (run, lengths) = block(left, right, start);
            start += run.length;
            (run, lengths)
        })
    });
    (left, right, blocks)
}
