//! Two tries to one, and one to a part of it. What both share is looked at no further than its pointer.

use core::{
    hash::{BuildHasher, Hash},
    marker::PhantomData,
};

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::{
    change::hash_of,
    leaves::{Fate, fate_of, with_value},
    node::{BranchMut, Form, Item, Kind, Link, MAX_WIDTH, Run},
    shape::{self, Few, Pending},
    wide::{Wide, blocks, differing},
};
use crate::persistent::Unmatched;

/// What becomes of a key that two maps have.
pub(super) enum Choice<V> {
    /// The entry of the map whose method it is.
    Left,
    /// An entry with this value.
    Value(V),
    /// There is none.
    Neither,
}

/// What becomes of entries.
pub(super) struct Merge<'a, K, V, S, L, R, B> {
    /// Of both maps: they are alike.
    pub(super) hasher: &'a S,
    /// Whether nodes and entries that both have are in the result.
    pub(super) keep_shared: bool,
    pub(super) left: L,
    pub(super) right: R,
    pub(super) both: B,
    pub(super) entries: PhantomData<fn(&K, &V)>,
}

impl<K, V, S, L, R, B> Merge<'_, K, V, S, L, R, B>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    L: Unmatched<K, V>,
    R: Unmatched<K, V>,
    B: FnMut(&K, &V, &V) -> Choice<V>,
{
    /// Of the nodes that begin at this bit of the hash.
    pub(super) fn merge(&mut self, left: &Link<K, V>, right: &Link<K, V>, begin: u32) -> Link<K, V> {
        match (left.kind(), right.kind()) {
            _ if left.ptr_eq(right) => self.shared(left),
            (_, Kind::Empty) => self.left_alone(left),
            (Kind::Empty, _) => self.right_alone(right),
            (Kind::Leaf(one), Kind::Leaf(two)) => {
                let leaf = self.leaves((left, one), (right, two));
                if is_in_shape(&leaf, begin) {
                    leaf
                } else {
                    shape::build(&mut self.entries(leaf), begin, shape::Order::Any)
                }
            }
            (Kind::Branch(one), Kind::Branch(two))
                if self.keep_shared && one.width() == MAX_WIDTH && two.width() == MAX_WIDTH =>
            {
                self.versions(left, right, begin)
            }
            _ => self.branches(left, right, begin),
        }
    }

    fn shared(&self, link: &Link<K, V>) -> Link<K, V> {
        if self.keep_shared { link.clone() } else { Link::EMPTY }
    }

    fn left_alone(&mut self, link: &Link<K, V>) -> Link<K, V> {
        alone(link, &mut self.left)
    }

    fn right_alone(&mut self, link: &Link<K, V>) -> Link<K, V> {
        alone(link, &mut self.right)
    }

    /// Of a branch and another, or a leaf that stands for one.
    fn branches(&mut self, left: &Link<K, V>, right: &Link<K, V>, begin: u32) -> Link<K, V> {
        let mut out = Link::branch(MAX_WIDTH, 0);
        let (one, two, blocks) = blocks(left, right);
        for (block, lengths) in blocks {
            self.put(&mut out, (one, two), block, lengths, begin);
        }
        one_of(shape::tidy(out), left, right)
    }

    /// Puts what becomes of a block into slots that are empty.
    fn put(
        &mut self,
        out: &mut Link<K, V>,
        (one, two): (Wide<'_, K, V>, Wide<'_, K, V>),
        block: Run,
        [first, second]: [usize; 2],
        begin: u32,
    ) {
        let (a, b) = (one.link(block.start), two.link(block.start));
        if b.is_empty() && second == block.length {
            for (run, link) in one.runs(block) {
                let kept = self.left_alone(link);
                own(out).put(run, kept);
            }
        } else if a.is_empty() && first == block.length {
            for (run, link) in two.runs(block) {
                let kept = self.right_alone(link);
                own(out).put(run, kept);
            }
        } else if first != second {
            // One leaf for all of the block: it is divided as the other map is.
            let (leaf, others) = if first > second { (a, two) } else { (b, one) };
            let slots = self.slots_of(leaf, block, begin);
            for (run, link) in others.runs(block) {
                let part = part_in(leaf, &slots, run);
                let merged = if first > second { self.pair(&part, link, begin) } else { self.pair(link, &part, begin) };
                self.put_merged(out, run, merged, begin);
            }
        } else {
            let merged = self.pair(a, b, begin);
            self.put_merged(out, block, merged, begin);
        }
    }

    /// Puts something, or the entries of a leaf that is too large for that, into slots that are empty.
    fn put_merged(&self, out: &mut Link<K, V>, run: Run, merged: Link<K, V>, begin: u32) {
        if is_in_shape(&merged, shape::bit_of(begin, MAX_WIDTH, run)) {
            own(out).put(run, merged);
        } else {
            shape::spread(out, run, &mut self.entries(merged), begin);
        }
    }

    /// Of what is in runs of the same slots, in branches that begin at this bit. A leaf may have become too large for its place.
    fn pair(&mut self, left: &Link<K, V>, right: &Link<K, V>, begin: u32) -> Link<K, V> {
        match (left.kind(), right.kind()) {
            (Kind::Leaf(one), Kind::Leaf(two)) if !left.ptr_eq(right) => self.leaves((left, one), (right, two)),
            // What is not two leaves is in runs of one slot, or stays what it is.
            _ => self.merge(left, right, begin + MAX_WIDTH),
        }
    }

    /// Of two branches of the full width, where what both share is kept: the left one, copied when the first block turns out another.
    fn versions(&mut self, left: &Link<K, V>, right: &Link<K, V>, begin: u32) -> Link<K, V> {
        let (mut out, mut len) = (left.clone(), left.len());
        // As long as no entry is lost, whatever is divided in the left one remains so, and what is in shape there is so here.
        let mut is_tidy = true;
        let (one, two, blocks) = differing(left, right);
        for (block, lengths) in blocks {
            let (a, b) = (one.link(block.start), two.link(block.start));
            if lengths[0] == lengths[1] {
                let merged = self.pair(a, b, begin);
                if merged.ptr_eq(a) {
                    continue;
                }
                let lost = merged.len() < a.len();
                is_tidy &= !lost;
                len = len - a.len() + merged.len();
                drop(own(&mut out).replace(block, Link::EMPTY));
                self.put_merged(&mut out, block, merged, begin);
            } else if !b.is_empty() || lengths[1] < block.length || self.left.all() != Some(true) {
                is_tidy = false;
                for (run, _) in one.runs(block) {
                    drop(own(&mut out).replace(run, Link::EMPTY));
                }
                self.put(&mut out, (one, two), block, lengths, begin);
            }
        }
        if !is_tidy {
            out = shape::tidy(out);
        } else if !out.ptr_eq(left) {
            own(&mut out).set_len(len);
        }
        one_of(out, left, right)
    }

    /// The slots of a block in which the entries of a leaf would be, if it were divided.
    fn slots_of(&self, link: &Link<K, V>, block: Run, begin: u32) -> SmallVec<[usize; 32]> {
        let Kind::Leaf(leaf) = link.kind() else { unreachable!("what is longer than what is beside it") };
        let slot_of = |index| {
            let slot = hash_of(leaf, index, self.hasher).after(begin) >> (u64::BITS - MAX_WIDTH);
            // A hash that lies does not lead out of the block.
            block.start + (slot as usize & (block.length - 1))
        };
        (0..leaf.len()).map(slot_of).collect()
    }

    /// All entries of an overfull leaf.
    fn entries(&self, link: Link<K, V>) -> Few<K, V> {
        let Kind::Leaf(leaf) = link.kind() else { unreachable!("a leaf with too many entries") };
        let hashes: SmallVec<[_; 64]> = (0..leaf.len()).map(|index| hash_of(leaf, index, self.hasher)).collect();
        let (mut entries, mut hashes) = (Few::with_capacity(hashes.len()), hashes.into_iter().rev());
        link.take_apart(
            |_| {},
            |item| {
                let hash = hashes.next().expect("as many hashes as entries");
                entries.push(Pending { hash, item: Some(item) });
            },
        );
        entries
    }
}

/// A branch that was made here.
fn own<K, V>(link: &mut Link<K, V>) -> BranchMut<'_, K, V> {
    link.own_branch().expect("a branch")
}

/// Whether a leaf, or nothing, may stand where it begins at this bit.
fn is_in_shape<K, V>(link: &Link<K, V>, bit: u32) -> bool {
    bit >= u64::BITS || link.leaf_len().is_none_or(|len| len <= Form::<K, V>::MOST)
}

/// Whether both are branches with the same slots.
fn is_like<K, V>(link: &Link<K, V>, other: &Link<K, V>) -> bool {
    match (link.kind(), other.kind()) {
        (Kind::Branch(one), Kind::Branch(two)) => one.is_like(two),
        _ => false,
    }
}

/// The branch of three that is like the first, of the others if one of them is.
fn one_of<K, V>(link: Link<K, V>, left: &Link<K, V>, right: &Link<K, V>) -> Link<K, V> {
    if is_like(&link, left) {
        left.clone()
    } else if is_like(&link, right) {
        right.clone()
    } else {
        link
    }
}

/// What is kept of entries that only one map has.
fn alone<K: Clone, V: Clone>(link: &Link<K, V>, rule: &mut impl Unmatched<K, V>) -> Link<K, V> {
    match rule.all() {
        Some(true) => link.clone(),
        Some(false) => Link::EMPTY,
        None => map(link, &mut |key, value| fate_of(rule, key, value)),
    }
}

/// A leaf of those entries of another whose slots are in a run.
fn part_in<K: Clone, V: Clone>(link: &Link<K, V>, slots: &[usize], run: Run) -> Link<K, V> {
    let Kind::Leaf(leaf) = link.kind() else { unreachable!("what is divided is a leaf") };
    let is_in = |slot: usize| (run.start..run.start + run.length).contains(&slot);
    let len = slots.iter().filter(|&&slot| is_in(slot)).count();
    if len == 0 {
        return Link::EMPTY;
    }
    let mut link = Link::leaf(len);
    let mut part = link.leaf_mut().expect("a new leaf");
    for (index, _) in slots.iter().enumerate().filter(|&(_, &slot)| is_in(slot)) {
        let Ok(()) = part.push(leaf.tag(index), leaf.share(index)) else { unreachable!("there is room for all") };
    }
    link
}

/// The trie of those entries for which the closure says yes. Nodes of which all is kept are shared.
pub(super) fn filter<K: Clone, V: Clone>(link: &Link<K, V>, mut keep: impl FnMut(&K, &V) -> bool) -> Link<K, V> {
    map(link, &mut |key, value| if keep(key, value) { Fate::Kept } else { Fate::Gone })
}

/// The trie of what the closure makes of each entry.
fn map<K: Clone, V: Clone>(link: &Link<K, V>, fate: &mut impl FnMut(&K, &V) -> Fate<V>) -> Link<K, V> {
    match link.kind() {
        Kind::Empty => Link::EMPTY,
        Kind::Leaf(leaf) => {
            // Which are kept, and whether with another value: those entries are not on the stack, as they may be large.
            let mut kept: SmallVec<[(usize, bool); 32]> = SmallVec::new();
            let mut made: Vec<Item<K, V>> = Vec::new();
            for index in 0..leaf.len() {
                let (key, value) = leaf.pair(index);
                match fate(key, value) {
                    Fate::Kept => kept.push((index, false)),
                    Fate::Value(value) => {
                        made.push(with_value(leaf, index, value));
                        kept.push((index, true));
                    }
                    Fate::Gone => {}
                }
            }
            if kept.len() == leaf.len() && made.is_empty() {
                return link.clone();
            }
            if kept.is_empty() {
                return Link::EMPTY;
            }
            let mut link = Link::leaf(kept.len());
            let mut part = link.leaf_mut().expect("a new leaf");
            let mut made = made.into_iter();
            for (index, is_made) in kept {
                let item = is_made.then(|| made.next()).flatten().unwrap_or_else(|| leaf.share(index));
                let Ok(()) = part.push(leaf.tag(index), item) else { unreachable!("there is room for all") };
            }
            link
        }
        Kind::Branch(branch) => {
            let mut out = Link::branch(branch.width(), 0);
            let mut next = 0;
            while let Some((child, after)) = branch.next(next) {
                let kept = map(child, fate);
                own(&mut out).put(branch.run(after - 1), kept);
                next = after;
            }
            if is_like(&out, link) { link.clone() } else { shape::tidy(out) }
        }
    }
}
