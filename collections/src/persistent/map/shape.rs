//! The shape of a trie: a function of the hashes in it, and of nothing else.
//!
//! # The rule
//!
//! A *prefix* is the first so many bits of a hash. A prefix that at most [`Form::MOST`] entries have, or one of all 64 bits, is a leaf, and one
//! without entries is nothing; any other is divided by the next bit. Four divisions are one branch: of a branch that begins at
//! bit `b` (a multiple of four) the width is 4, or less if all prefixes of `b + width` bits are leaves already. A prefix shorter than
//! that is a run of slots.
//!
//! So two maps with the same hasher and the same keys have the same branches and leaves, whatever happened to them; within a leaf, entries are in
//! any order.
//!
//! What is in here is called with all foreign code done: it moves entries, and calls nobody.

use core::hash::{BuildHasher, Hash};

use alloc::vec::Vec;

#[cfg(feature = "rayon")]
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::{
    hash::Hashed,
    node::{BranchMut, Form, Item, Kind, Link, MAX_WIDTH, Run},
};

/// An entry to be put in its place; taken out of here then.
pub(super) struct Pending<K, V> {
    pub(super) hash: Hashed,
    pub(super) item: Option<Item<K, V>>,
}

impl<K: Hash, V> Pending<K, V> {
    pub(super) fn new((key, value): (K, V), hasher: &impl BuildHasher) -> Self {
        let hash = Hashed::of(hasher, &key);
        Self { hash, item: Some(Item::new(hash.bits(), key, value)) }
    }
}

/// The entries of an overfull leaf, mostly. Not on the stack: they are as large as keys and values are, even if those stand elsewhere later.
pub(super) type Few<K, V> = Vec<Pending<K, V>>;

/// Whether entries are sorted by their hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Sorted,
    Any,
}

/// Brings entries of which this bit is zero before the others, and says how many there are.
fn divide<K, V>(entries: &mut [Pending<K, V>], bit: u32, order: Order) -> usize {
    let is_low = |entry: &Pending<K, V>| entry.hash.after(bit) >> 63 == 0;
    if order == Order::Sorted {
        return entries.partition_point(is_low);
    }
    let (mut low, mut high) = (0, entries.len());
    while low < high {
        if is_low(&entries[low]) {
            low += 1;
        } else {
            high -= 1;
            entries.swap(low, high);
        }
    }
    low
}

fn is_leaf<K, V>(len: usize, bit: u32) -> bool {
    len <= Form::<K, V>::MOST || bit >= u64::BITS
}

/// How often entries that agree in the bits before this one have to be divided, but no more than `most` times.
fn divisions<K, V>(entries: &mut [Pending<K, V>], bit: u32, most: u32, order: Order) -> u32 {
    if most == 0 || is_leaf::<K, V>(entries.len(), bit) {
        return 0;
    }
    let middle = divide(entries, bit, order);
    let (low, high) = entries.split_at_mut(middle);
    1 + divisions(low, bit + 1, most - 1, order).max(divisions(high, bit + 1, most - 1, order))
}

/// A leaf of exactly these entries.
fn leaf<K, V>(entries: &mut [Pending<K, V>], room: impl FnOnce(usize) -> usize) -> Link<K, V> {
    if entries.is_empty() {
        return Link::EMPTY;
    }
    let mut link = Link::leaf(room(entries.len()));
    let mut leaf = link.leaf_mut().expect("a new leaf");
    for entry in entries {
        let item = entry.item.take().expect("an entry to be put in its place");
        let Ok(()) = leaf.push(entry.hash.tag(), item) else { unreachable!("there is room for all") };
    }
    link
}

/// Room for exactly that, where more is not to be expected soon, or with slack.
fn room<K, V>(order: Order) -> impl Fn(usize) -> usize {
    move |len| if order == Order::Sorted { len } else { Link::<K, V>::room_for(len) }
}

/// The trie of entries that agree in the bits before this one, where a branch may begin.
pub(super) fn build<K, V>(entries: &mut [Pending<K, V>], bit: u32, order: Order) -> Link<K, V> {
    if is_leaf::<K, V>(entries.len(), bit) {
        return leaf(entries, room::<K, V>(order));
    }
    let width = divisions(entries, bit, MAX_WIDTH, order);
    let mut link = Link::branch(width, entries.len());
    let mut branch = link.own_branch().expect("a new branch");
    fill(&mut branch, Run { start: 0, length: 1 << width }, entries, bit, order);
    link
}

/// Puts entries that agree in the bits before this one into slots, which are empty and those of these bits.
fn fill<K, V>(branch: &mut BranchMut<'_, K, V>, run: Run, entries: &mut [Pending<K, V>], bit: u32, order: Order) {
    distribute(run, entries, bit, order, &mut |run, entries, bit| branch.put(run, build(entries, bit, order)));
}

/// Which entries have a node of their own in which run of these slots, and at which bit it begins.
fn distribute<'e, K, V>(
    run: Run,
    entries: &'e mut [Pending<K, V>],
    bit: u32,
    order: Order,
    found: &mut impl FnMut(Run, &'e mut [Pending<K, V>], u32),
) {
    if entries.is_empty() {
        return;
    }
    if run.length == 1 || is_leaf::<K, V>(entries.len(), bit) {
        return found(run, entries, bit);
    }
    let middle = divide(entries, bit, order);
    let (low, high) = entries.split_at_mut(middle);
    let [first, second] = run.halves();
    distribute(first, low, bit + 1, order, found);
    distribute(second, high, bit + 1, order, found);
}

/// As [`build`] of entries that are sorted, by many threads: each has some of the slots of the highest branches.
#[cfg(feature = "rayon")]
pub(super) fn build_parallel<K: Send + Sync, V: Send + Sync>(entries: &mut [Pending<K, V>], bit: u32) -> Link<K, V> {
    /// Fewer are made a trie of sooner than they are handed to another thread.
    const FEW: usize = if cfg!(test) { 64 } else { 4096 };
    if entries.len() <= FEW || is_leaf::<K, V>(entries.len(), bit) {
        return build(entries, bit, Order::Sorted);
    }
    let width = divisions(entries, bit, MAX_WIDTH, Order::Sorted);
    let mut link = Link::branch(width, entries.len());
    let mut parts = Vec::with_capacity(1 << width);
    let all = Run { start: 0, length: 1 << width };
    distribute(all, entries, bit, Order::Sorted, &mut |run, entries, bit| parts.push((run, entries, bit)));
    let nodes: Vec<_> = parts.into_par_iter().map(|(run, entries, bit)| (run, build_parallel(entries, bit))).collect();
    let mut branch = link.own_branch().expect("a new branch");
    for (run, node) in nodes {
        branch.put(run, node);
    }
    link
}

/// The bit at which the entries of a run are divided, in a branch that begins at another.
pub(super) fn bit_of(begin: u32, width: u32, run: Run) -> u32 {
    begin + width - run.length.ilog2()
}

/// Puts entries into slots that are empty, of a branch that no other link leads to and that may have to become wider.
pub(super) fn spread<K, V>(link: &mut Link<K, V>, mut run: Run, entries: &mut [Pending<K, V>], begin: u32) {
    let Kind::Branch(branch) = link.kind() else { unreachable!("what is spread is spread over slots") };
    let width = branch.width();
    let bit = bit_of(begin, width, run);
    let wanted = bit - begin + divisions(entries, bit, MAX_WIDTH - (bit - begin), Order::Any);
    if wanted > width {
        link.set_width(wanted);
        let by = wanted - width;
        run = Run { start: run.start << by, length: run.length << by };
    }
    fill(&mut link.own_branch().expect("a branch"), run, entries, bit, Order::Any);
}

/// Two leaves as one, or nothing, if that is too many; without entries, a leaf is nothing.
pub(super) fn joined<K: Clone, V: Clone>(one: &Link<K, V>, other: &Link<K, V>) -> Option<Link<K, V>> {
    let len = one.leaf_len()? + other.leaf_len()?;
    if len > Form::<K, V>::MOST {
        return None;
    }
    let (first, second) = match (one.kind(), other.kind()) {
        (Kind::Leaf(first), Kind::Leaf(second)) => (first, second),
        (Kind::Empty, _) => return Some(other.clone()),
        _ => return Some(one.clone()),
    };
    let mut link = Link::copy_leaf(first, Link::<K, V>::room_for(len));
    let mut leaf = link.leaf_mut().expect("a new leaf");
    for index in 0..second.len() {
        let Ok(()) = leaf.push(second.tag(index), second.share(index)) else { unreachable!("there is room for all") };
    }
    Some(link)
}

/// Brings a branch that no other link leads to into shape after entries went away: joins what can be joined with the run of this slot,
/// and makes it a leaf or narrower, if it need not be what it is.
pub(super) fn settle<K: Clone, V: Clone>(link: &mut Link<K, V>, slot: usize) {
    let Some(mut branch) = link.own_branch() else { return };
    let slots = 1 << branch.as_ref().width();
    let mut run = branch.as_ref().run(slot);
    let mut changed = false;
    while run.length < slots {
        let buddy = run.buddy();
        let this = branch.as_ref();
        if this.run(buddy.start).length != buddy.length {
            break;
        }
        let Some(leaf) = joined(this.link(run.start), this.link(buddy.start)) else { break };
        drop(branch.replace(run, Link::EMPTY));
        drop(branch.replace(buddy, Link::EMPTY));
        run = run.doubled();
        branch.put(run, leaf);
        changed = true;
    }
    if run.length == slots {
        let leaf = branch.replace(run, Link::EMPTY);
        *link = leaf;
    } else if changed {
        narrow(link);
    }
}

/// Halves the slots of a branch as long as each of them is there twice.
fn narrow<K, V>(link: &mut Link<K, V>) {
    let Kind::Branch(branch) = link.kind() else { return };
    let shortest = (0..1_usize << branch.width()).map(|slot| branch.run(slot).length).min();
    let by = shortest.map_or(0, usize::ilog2);
    if by > 0 {
        let width = branch.width() - by;
        link.set_width(width);
    }
}

/// Brings a branch of any width that no other link leads to, in which each prefix that stands in a run is in shape by itself, into shape, and counts what
/// is in it.
pub(super) fn tidy<K: Clone, V: Clone>(mut link: Link<K, V>) -> Link<K, V> {
    let Some(mut branch) = link.own_branch() else { return link };
    let slots = 1_usize << branch.as_ref().width();
    let mut length = 1;
    while length < slots {
        for start in (0..slots).step_by(2 * length) {
            let (run, this) = (Run { start, length }, branch.as_ref());
            let buddy = run.buddy();
            let [mine, its] = [this.run(start).length, this.run(buddy.start).length];
            let is_one = |link: &Link<K, V>, found| link.is_empty() && found >= length || found == length;
            if !is_one(this.link(start), mine) || !is_one(this.link(buddy.start), its) {
                continue;
            }
            let Some(leaf) = joined(this.link(start), this.link(buddy.start)) else { continue };
            drop(branch.replace(run, Link::EMPTY));
            drop(branch.replace(buddy, Link::EMPTY));
            branch.put(run.doubled(), leaf);
        }
        length *= 2;
    }
    if branch.as_ref().run(0).length == slots {
        return branch.replace(Run { start: 0, length: slots }, Link::EMPTY);
    }
    let (mut len, mut next) = (0, 0);
    while let Some((child, after)) = branch.as_ref().next(next) {
        len += child.len();
        next = after;
    }
    branch.set_len(len);
    narrow(&mut link);
    link
}

/// Sorts entries by hash, and of those with equal keys lets the last one stay.
pub(super) fn sort<K: Eq, V>(entries: &mut Vec<Pending<K, V>>) {
    sort_by_hash(entries);
    dedup(entries);
}

/// Of entries with equal keys, which are sorted by hash, lets the last one stay.
pub(super) fn dedup<K: Eq, V>(entries: &mut Vec<Pending<K, V>>) {
    let mut kept = 0;
    // Where those with the hash of the current one begin, among those that are kept.
    let mut first = 0;
    for index in 0..entries.len() {
        if first < kept && entries[first].hash != entries[index].hash {
            first = kept;
        }
        let are_same = |one: &Pending<K, V>, other: &Pending<K, V>| match (&one.item, &other.item) {
            (Some(one), Some(other)) => one.key() == other.key(),
            _ => false,
        };
        let same = (first..kept).find(|&before| are_same(&entries[before], &entries[index]));
        let target = same.unwrap_or(kept);
        kept += usize::from(same.is_none());
        entries.swap(target, index);
    }
    entries.truncate(kept);
}

/// Sorts entries by hash, and lets those with the same one stay in order: first into buckets by their highest bits, which spread them evenly, then each of
/// the buckets. Half the time of one sort of all.
fn sort_by_hash<K, V>(entries: &mut Vec<Pending<K, V>>) {
    /// Of a bucket, more or less.
    const ENTRIES: usize = 16;
    /// At most so many bits: the next places of all buckets are to be in the nearest cache.
    const BITS: u32 = 11;
    let bits = (entries.len() / ENTRIES).max(1).ilog2().min(BITS);
    if bits == 0 {
        return entries.sort_by_key(|entry| entry.hash);
    }
    let bucket_of = |entry: &Pending<K, V>| (entry.hash.bits() >> (u64::BITS - bits)) as usize;
    // The place of the next entry of each bucket.
    let mut places = alloc::vec![0; 1 << bits];
    for entry in entries.iter() {
        places[bucket_of(entry)] += 1;
    }
    let mut sum = 0;
    for place in &mut places {
        sum += core::mem::replace(place, sum);
    }
    let nothing = || Pending { hash: Hashed::again(0), item: None };
    let mut sorted: Vec<_> = core::iter::repeat_with(nothing).take(entries.len()).collect();
    for entry in entries.drain(..) {
        let place = &mut places[bucket_of(&entry)];
        sorted[*place] = entry;
        *place += 1;
    }
    // The places are where the buckets end now.
    let mut start = 0;
    for end in places {
        sorted[start..end].sort_by_key(|entry| entry.hash);
        start = end;
    }
    *entries = sorted;
}
