//! What two maps differ in, found as it is asked for.

use core::{
    fmt,
    hash::{BuildHasher, Hash},
    iter::FusedIterator,
};

use alloc::vec::Vec;

use super::{
    Map,
    change::{find_below, find_in},
    hash::{Hashed, are_alike},
    node::{Kind, LeafRef, Link},
    wide::differing,
};
use crate::persistent::Change;

/// What two maps differ in, in no particular order: of [`diff`](Map::diff).
pub struct Diff<'a, K, V, S> {
    tasks: Vec<Task<'a, K, V>>,
    hashers: [&'a S; 2],
    are_alike: bool,
}

/// Which of the two maps entries are of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

enum Task<'a, K, V> {
    /// Two nodes for the same bits, that begin at this one.
    Pair(&'a Link<K, V>, &'a Link<K, V>, u32),
    /// The entries below a node, and where they are looked for.
    Tree(&'a Link<K, V>, Target<'a, K, V>),
    /// Those of a leaf, from this one on.
    Leaf(LeafRef<'a, K, V>, usize, Target<'a, K, V>),
    /// What is left of two leaves for the same bits.
    Leaves(Leaves<'a, K, V>),
}

/// Two leaves for the same bits, of which the entries that both have at one place, with equal values, are done; of the others, the places are told by bits.
struct Leaves<'a, K, V> {
    old: LeafRef<'a, K, V>,
    new: LeafRef<'a, K, V>,
    /// Both have the key there, with other values.
    changed: u64,
    /// The new leaf does not have the key of the old one there.
    in_old: u64,
    /// The old leaf does not have the key of the new one there.
    in_new: u64,
}

impl<K, V> Clone for Leaves<'_, K, V> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

/// Takes the lowest bit out.
fn take(bits: &mut u64) -> Option<usize> {
    let lowest = bits.checked_sub(1)?;
    let place = bits.trailing_zeros() as usize;
    *bits &= lowest;
    Some(place)
}

impl<'a, K: Eq, V: Eq> Leaves<'a, K, V> {
    /// Unless one of them has more entries than there are bits.
    fn new(old: LeafRef<'a, K, V>, new: LeafRef<'a, K, V>) -> Option<Self> {
        let (short, long) = (old.len().min(new.len()), old.len().max(new.len()));
        if long > u64::BITS as usize {
            return None;
        }
        let below = |len: usize| u64::MAX.checked_shr(u64::BITS - len as u32).unwrap_or(0);
        let (mut changed, mut same) = (0, 0);
        for place in 0..short {
            if old.shares(place, new, place) {
                same |= 1 << place;
            } else if old.tag(place) == new.tag(place) {
                let ((key, value), (other, now)) = (old.pair(place), new.pair(place));
                if key == other {
                    same |= 1 << place;
                    changed |= u64::from(value != now) << place;
                }
            }
        }
        Some(Self { old, new, changed, in_old: below(old.len()) & !same, in_new: below(new.len()) & !same })
    }

    fn next(&mut self) -> Option<Change<'a, K, V>> {
        if let Some(place) = take(&mut self.changed) {
            let ((key, old), (_, new)) = (self.old.pair(place), self.new.pair(place));
            return Some(Change::Changed { key, old, new });
        }
        while let Some(place) = take(&mut self.in_old) {
            let (key, old) = self.old.pair(place);
            match find_in(self.old, place, self.new).map(|place| self.new.pair(place).1) {
                None => return Some(Change::Removed(key, old)),
                Some(new) if old != new => return Some(Change::Changed { key, old, new }),
                Some(_) => {}
            }
        }
        while let Some(place) = take(&mut self.in_new) {
            // Else it was met above.
            if find_in(self.new, place, self.old).is_none() {
                let (key, value) = self.new.pair(place);
                return Some(Change::Added(key, value));
            }
        }
        None
    }
}

/// Where entries of one map are looked for in the other.
struct Target<'a, K, V> {
    link: &'a Link<K, V>,
    begin: u32,
    /// Of the entries that are looked for.
    side: Side,
}

impl<K, V> Clone for Target<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Target<'_, K, V> {}

impl<K, V> Clone for Task<'_, K, V> {
    fn clone(&self) -> Self {
        match *self {
            Self::Pair(old, new, begin) => Self::Pair(old, new, begin),
            Self::Tree(link, target) => Self::Tree(link, target),
            Self::Leaf(leaf, index, target) => Self::Leaf(leaf, index, target),
            Self::Leaves(ref leaves) => Self::Leaves(leaves.clone()),
        }
    }
}

impl<K: Hash + Eq, V: Eq, S: BuildHasher> Map<K, V, S> {
    /// What has to be done to this map to make it the other one.
    ///
    /// It is found as it is asked for; nodes that both maps have are passed over. To have it as a value, collect it into a
    /// [`Patch`](crate::persistent::Patch).
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::persistent::{Change, Map};
    ///
    /// let old: Map<u32, u32> = (0..1000).map(|n| (n, n)).collect();
    /// let new = old.insert(7, 70);
    /// assert_eq!(old.diff(&new).collect::<Vec<_>>(), [Change::Changed { key: &7, old: &7, new: &70 }]);
    /// ```
    pub fn diff<'a>(&'a self, other: &'a Self) -> Diff<'a, K, V, S> {
        let are_alike = are_alike(&self.hasher, &other.hasher);
        let tasks = if are_alike {
            [Task::Pair(&self.root, &other.root, 0)].into()
        } else {
            both_ways(&self.root, &other.root, 0).into()
        };
        Diff { tasks, hashers: [&self.hasher, &other.hasher], are_alike }
    }
}

fn both_ways<'a, K, V>(old: &'a Link<K, V>, new: &'a Link<K, V>, begin: u32) -> [Task<'a, K, V>; 2] {
    let target = |link, side| Target { link, begin, side };
    [Task::Tree(old, target(new, Side::Old)), Task::Tree(new, target(old, Side::New))]
}

impl<'a, K: Hash + Eq, V: Eq, S: BuildHasher> Diff<'a, K, V, S> {
    fn pair(&mut self, old: &'a Link<K, V>, new: &'a Link<K, V>, begin: u32) {
        if old.ptr_eq(new) {
            return;
        }
        let below = match (old.kind(), new.kind()) {
            (Kind::Branch(one), Kind::Branch(two)) => begin + one.width().max(two.width()),
            (Kind::Leaf(one), Kind::Leaf(two)) if let Some(leaves) = Leaves::new(one, two) => {
                self.tasks.push(Task::Leaves(leaves));
                return;
            }
            _ => {
                self.tasks.extend(both_ways(old, new, begin));
                return;
            }
        };
        let (left, right, blocks) = differing(old, new);
        for (block, [first, second]) in blocks {
            let (a, b) = (left.link(block.start), right.link(block.start));
            if first == second {
                if !a.ptr_eq(b) {
                    // Where both are branches, both stand behind the full width; what else there is has no use for the bit.
                    self.tasks.push(Task::Pair(a, b, below));
                }
                continue;
            }
            // A single leaf, or nothing, on one side: what is in it may be anywhere on the other, but what is there can only be in it.
            let (single, single_side, others, whole) =
                if first > second { (a, Side::Old, right, new) } else { (b, Side::New, left, old) };
            let other_side = if single_side == Side::Old { Side::New } else { Side::Old };
            self.tasks.push(Task::Tree(single, Target { link: whole, begin, side: single_side }));
            let target = Target { link: single, begin: below, side: other_side };
            self.tasks.extend(others.runs(block).map(|(_, link)| Task::Tree(link, target)));
        }
    }

    fn tree(&mut self, link: &'a Link<K, V>, target: Target<'a, K, V>) {
        match link.kind() {
            Kind::Empty => {}
            Kind::Leaf(leaf) => self.tasks.push(Task::Leaf(leaf, 0, target)),
            Kind::Branch(branch) => {
                let mut next = 0;
                while let Some((child, after)) = branch.next(next) {
                    self.tasks.push(Task::Tree(child, target));
                    next = after;
                }
            }
        }
    }

    /// Looks for an entry of a leaf in the other map.
    fn look(&self, leaf: LeafRef<'a, K, V>, index: usize, target: Target<'a, K, V>) -> Option<Change<'a, K, V>> {
        let (key, value) = leaf.pair(index);
        let is = |other: &K| key == other;
        let found = if self.are_alike && target.link.leaf_len().is_some() {
            // The hash is not needed but for its tag, which is there.
            find_below(target.link, 0, leaf.tag(index), is)
        } else {
            let hasher = self.hashers[usize::from(target.side == Side::Old)];
            let known = if self.are_alike { leaf.hash(index).map(Hashed::again) } else { None };
            let hash = known.unwrap_or_else(|| Hashed::of(hasher, key));
            find_below(target.link, hash.after(target.begin), hash.tag(), is)
        };
        match (target.side, found) {
            (Side::Old, None) => Some(Change::Removed(key, value)),
            (Side::New, None) => Some(Change::Added(key, value)),
            (Side::Old, Some((leaf, index))) => {
                let (_, other) = leaf.pair(index);
                (value != other).then_some(Change::Changed { key, old: value, new: other })
            }
            // It was met from the other side.
            (Side::New, Some(_)) => None,
        }
    }
}

impl<'a, K: Hash + Eq, V: Eq, S: BuildHasher> Iterator for Diff<'a, K, V, S> {
    type Item = Change<'a, K, V>;

    fn next(&mut self) -> Option<Change<'a, K, V>> {
        loop {
            match self.tasks.pop()? {
                Task::Pair(old, new, begin) => self.pair(old, new, begin),
                Task::Tree(link, target) => self.tree(link, target),
                Task::Leaf(leaf, from, target) => {
                    for index in from..leaf.len() {
                        if let Some(change) = self.look(leaf, index, target) {
                            self.tasks.push(Task::Leaf(leaf, index + 1, target));
                            return Some(change);
                        }
                    }
                }
                Task::Leaves(mut leaves) => {
                    if let Some(change) = leaves.next() {
                        self.tasks.push(Task::Leaves(leaves));
                        return Some(change);
                    }
                }
            }
        }
    }
}

impl<K: Hash + Eq, V: Eq, S: BuildHasher> FusedIterator for Diff<'_, K, V, S> {}

impl<K, V, S> Clone for Diff<'_, K, V, S> {
    fn clone(&self) -> Self {
        Self { tasks: self.tasks.clone(), hashers: self.hashers, are_alike: self.are_alike }
    }
}

impl<K, V, S> fmt::Debug for Diff<'_, K, V, S>
where
    K: fmt::Debug + Hash + Eq,
    V: fmt::Debug + Eq,
    S: BuildHasher,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
