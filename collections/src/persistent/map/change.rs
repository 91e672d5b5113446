//! Changes of one entry, in place; nodes that other versions have too are copied on the way.
//!
//! What is foreign (`Hash`, `Eq`, `Clone`) runs before anything that can be seen is changed, and what is dropped is dropped after. So a panic
//! leaves the map as it was or as it was to be; after one in the `Clone` of entries that are joined, with a leaf or two more than its shape asks
//! for, which costs some time where shapes are compared and nothing else.

use core::hash::{BuildHasher, Hash};

use smallvec::SmallVec;

use super::{
    hash::Hashed,
    node::{BranchMut, Form, Item, Kind, LeafRef, Link, Run},
    place::Place,
    shape::{self, Few, Order, Pending},
};

/// The leaf in which an entry is, and where.
#[inline(always)]
pub(super) fn find<K, V>(
    root: &Link<K, V>,
    hash: Hashed,
    is: impl FnMut(&K) -> bool,
) -> Option<(LeafRef<'_, K, V>, usize)> {
    find_below(root, hash.bits(), hash.tag(), is)
}

/// The same below a node: `bits` are those that are left of the hash.
#[inline(always)]
pub(super) fn find_below<K, V>(
    mut link: &Link<K, V>,
    mut bits: u64,
    tag: u8,
    is: impl FnMut(&K) -> bool,
) -> Option<(LeafRef<'_, K, V>, usize)> {
    loop {
        match link.kind() {
            Kind::Empty => return None,
            Kind::Leaf(leaf) => return leaf.find(tag, is).map(|index| (leaf, index)),
            Kind::Branch(branch) => {
                link = branch.choose(bits);
                bits <<= branch.width();
            }
        }
    }
}

/// Where an entry of one leaf is in another: mostly at the same place, if they are of two versions.
#[inline]
pub(super) fn find_in<K: Eq, V>(leaf: LeafRef<'_, K, V>, index: usize, other: LeafRef<'_, K, V>) -> Option<usize> {
    let (key, tag) = (leaf.pair(index).0, leaf.tag(index));
    if index < other.len() && other.tag(index) == tag && other.pair(index).0 == key {
        return Some(index);
    }
    other.find(tag, |other| key == other)
}

/// The hash of an entry in a leaf.
#[inline]
pub(super) fn hash_of<K: Hash, V>(leaf: LeafRef<'_, K, V>, index: usize, hasher: &impl BuildHasher) -> Hashed {
    leaf.hash(index).map_or_else(|| Hashed::of(hasher, leaf.pair(index).0), Hashed::again)
}

/// Puts an entry into the trie that begins at this bit of its hash, and gives out the one with an equal key that was there.
pub(super) fn insert<K: Hash + Eq + Clone, V: Clone>(
    link: &mut Link<K, V>,
    hash: Hashed,
    begin: u32,
    item: Item<K, V>,
    hasher: &impl BuildHasher,
) -> Option<Item<K, V>> {
    let Some(mut branch) = link.own_branch() else {
        return match insert_into_leaf(Place::Root(link), hash, item, u64::BITS - begin) {
            Inserted::Replaced(old) => Some(old),
            Inserted::Added => None,
            Inserted::Full(item) => {
                let mut entries =
                    overfull(&mut *link, hash, item, hasher, |link| core::mem::replace(link, Link::EMPTY));
                *link = shape::build(&mut entries, begin, Order::Any);
                None
            }
        };
    };
    let slot = branch.as_ref().slot_of(hash.after(begin));
    let (len, width) = (branch.as_ref().len(), branch.as_ref().width());
    let replaced = if let Some(child) = branch.child_mut(slot) {
        insert(child, hash, begin + width, item, hasher)
    } else {
        let left = u64::BITS - begin - width;
        match insert_into_leaf(Place::Slot(branch, slot), hash, item, left) {
            Inserted::Replaced(old) => Some(old),
            Inserted::Added => None,
            Inserted::Full(item) => {
                insert_beside_full(link, slot, hash, begin, item, hasher);
                None
            }
        }
    };
    if replaced.is_none()
        && let Some(mut branch) = link.own_branch()
    {
        branch.set_len(len + 1);
    }
    replaced
}

/// What became of an entry.
enum Inserted<K, V> {
    Added,
    Replaced(Item<K, V>),
    /// Nothing: the leaf has as many as it may have.
    Full(Item<K, V>),
}

/// Puts an entry into the leaf at a place, or makes one, unless it has to be divided; `left` bits of the hash are left behind the slots.
#[inline]
fn insert_into_leaf<K: Eq + Clone, V: Clone>(
    mut place: Place<'_, K, V>,
    hash: Hashed,
    item: Item<K, V>,
    left: u32,
) -> Inserted<K, V> {
    let tag = hash.tag();
    let (len, found) = match place.link().kind() {
        Kind::Leaf(leaf) => (leaf.len(), leaf.find(tag, |key| key == item.key())),
        _ => (0, None),
    };
    // Of a longer run there is a bit left by which to divide it.
    let is_full = |place: &Place<'_, K, V>| {
        len >= Form::<K, V>::MOST
            && (left > 0 || matches!(place, Place::Slot(branch, slot) if branch.as_ref().run(*slot).length > 1))
    };
    if found.is_none() && is_full(&place) {
        return Inserted::Full(item);
    }
    if let Some(mut leaf) = place.leaf_mut() {
        if let Some(index) = found {
            return Inserted::Replaced(leaf.replace(index, item));
        }
        let Err(item) = leaf.push(tag, item) else { return Inserted::Added };
        place.grow(Link::<K, V>::room_for(len + 1));
        let mut leaf = place.leaf_mut().expect("a leaf that grew");
        let Ok(()) = leaf.push(tag, item) else { unreachable!("there is room now") };
        return Inserted::Added;
    }
    // Another version has it too: the copy is no larger than it must be, as the next change may well be of another version again.
    let mut copy = match place.link().kind() {
        Kind::Leaf(leaf) => Link::copy_leaf(leaf, len + usize::from(found.is_none())),
        _ => Link::leaf(Link::<K, V>::room_for(1)),
    };
    let mut leaf = copy.leaf_mut().expect("a new leaf");
    let inserted = if let Some(index) = found {
        Inserted::Replaced(leaf.replace(index, item))
    } else {
        let Ok(()) = leaf.push(tag, item) else { unreachable!("there is room for one more") };
        Inserted::Added
    };
    // Its entries, but for one that is given out, are in the copy too; so this runs nobody's destructor.
    drop(place.replace(copy));
    inserted
}

/// All entries of a full leaf and a further one. The leaf is taken away, if nobody else has it; foreign code runs before that.
#[cold]
fn overfull<K: Hash + Eq + Clone, V: Clone, P>(
    at: P,
    hash: Hashed,
    item: Item<K, V>,
    hasher: &impl BuildHasher,
    take: impl FnOnce(P) -> Link<K, V>,
) -> Few<K, V>
where
    P: core::ops::Deref<Target = Link<K, V>>,
{
    let Kind::Leaf(leaf) = at.kind() else { unreachable!("a full leaf") };
    let hashes: SmallVec<[Hashed; 36]> = (0..leaf.len()).map(|index| hash_of(leaf, index, hasher)).collect();
    let mut entries = Few::with_capacity(leaf.len() + 1);
    entries.push(Pending { hash, item: Some(item) });
    let mut hashes = hashes.into_iter().rev();
    let add = |item| {
        let hash = hashes.next().expect("as many hashes as entries");
        entries.push(Pending { hash, item: Some(item) });
    };
    if at.is_alone() {
        take(at).take_apart(|_| {}, add);
    } else {
        // Clones may panic: then nothing has changed.
        at.clone().take_apart(|_| {}, add);
        drop(take(at));
    }
    entries
}

/// Divides the full leaf at a slot, so that one more has a place.
#[cold]
fn insert_beside_full<K: Hash + Eq + Clone, V: Clone>(
    link: &mut Link<K, V>,
    slot: usize,
    hash: Hashed,
    begin: u32,
    item: Item<K, V>,
    hasher: &impl BuildHasher,
) {
    let Some(branch) = link.own_branch() else { unreachable!("of a branch alone") };
    let run: Run = branch.as_ref().run(slot);
    let mut entries = overfull(InRun(branch, run), hash, item, hasher, |at| {
        let InRun(mut branch, run) = at;
        branch.replace(run, Link::EMPTY)
    });
    shape::spread(link, run, &mut entries, begin);
}

/// The link of a run.
struct InRun<'a, K, V>(BranchMut<'a, K, V>, Run);

impl<K, V> core::ops::Deref for InRun<'_, K, V> {
    type Target = Link<K, V>;

    fn deref(&self) -> &Link<K, V> {
        self.0.as_ref().link(self.1.start)
    }
}

/// Key and value of an entry that was found there, to be changed.
pub(super) fn entry_mut<K: Clone, V: Clone>(link: &mut Link<K, V>, bits: u64, index: usize) -> (&K, &mut V) {
    let place = match link.kind() {
        Kind::Branch(_) => {
            let branch = link.own_branch().expect("a branch");
            let (slot, width) = (branch.as_ref().slot_of(bits), branch.as_ref().width());
            if matches!(branch.as_ref().link(slot).kind(), Kind::Branch(_)) {
                let child = branch.into_child_mut(slot).expect("a branch in a slot of its own");
                return entry_mut(child, bits << width, index);
            }
            Place::Slot(branch, slot)
        }
        _ => Place::Root(link),
    };
    place.into_leaf_mut().expect("the leaf of an entry").into_pair_mut(index)
}

/// Takes an entry out that was found there.
pub(super) fn remove<K: Clone, V: Clone>(root: &mut Link<K, V>, hash: Hashed, index: usize) -> Item<K, V> {
    let (item, may_join) = remove_below(root, hash.bits(), index);
    if may_join {
        settle(root, hash.bits());
    }
    item
}

/// The same without any regard to the shape, and whether that has to be looked after.
fn remove_below<K: Clone, V: Clone>(link: &mut Link<K, V>, bits: u64, index: usize) -> (Item<K, V>, bool) {
    let Some(mut branch) = link.own_branch() else {
        return (remove_from_leaf(&mut Place::Root(link), index), false);
    };
    let (slot, width, len) = (branch.as_ref().slot_of(bits), branch.as_ref().width(), branch.as_ref().len());
    let (item, may_join) = if let Some(child) = branch.child_mut(slot) {
        remove_below(child, bits << width, index)
    } else {
        let run = branch.as_ref().run(slot);
        let mut place = Place::Slot(branch, slot);
        let item = remove_from_leaf(&mut place, index);
        let Place::Slot(branch, _) = place else { unreachable!("as it was made") };
        let of = |slot| branch.as_ref().link(slot).leaf_len();
        // The other half, of which only the first leaf is looked at: whether it is the whole half is seen later.
        let buddy = if run.length >> width == 0 { of(run.buddy().start) } else { Some(0) };
        (item, of(slot).zip(buddy).is_some_and(|(mine, buddy)| mine + buddy <= Form::<K, V>::MOST))
    };
    if let Some(mut branch) = link.own_branch() {
        branch.set_len(len - 1);
    }
    (item, may_join)
}

fn remove_from_leaf<K: Clone, V: Clone>(place: &mut Place<'_, K, V>, index: usize) -> Item<K, V> {
    if let Some(mut leaf) = place.leaf_mut() {
        let item = leaf.swap_remove(index);
        if leaf.as_ref().len() == 0 {
            drop(place.replace(Link::EMPTY));
        }
        return item;
    }
    let Kind::Leaf(leaf) = place.link().kind() else { unreachable!("an entry is in a leaf") };
    let mut copy = Link::EMPTY;
    if leaf.len() > 1 {
        copy = Link::leaf(leaf.len() - 1);
        let mut new = copy.leaf_mut().expect("a new leaf");
        for other in (0..leaf.len()).filter(|&other| other != index) {
            let Ok(()) = new.push(leaf.tag(other), leaf.share(other)) else { unreachable!("there is room for all") };
        }
    }
    let item = leaf.share(index);
    // All of its entries are in the copy or given out; so this runs nobody's destructor.
    drop(place.replace(copy));
    item
}

/// Brings the path to where an entry was into shape, from its end on.
#[cold]
fn settle<K: Clone, V: Clone>(link: &mut Link<K, V>, bits: u64) {
    let Some(mut branch) = link.own_branch() else { return };
    let (slot, width) = (branch.as_ref().slot_of(bits), branch.as_ref().width());
    if let Some(child) = branch.child_mut(slot) {
        settle(child, bits << width);
    }
    shape::settle(link, slot);
}

/// The leaf to which these bits lead.
pub(super) fn leaf_at<K, V>(mut link: &Link<K, V>, mut bits: u64) -> Option<LeafRef<'_, K, V>> {
    loop {
        match link.kind() {
            Kind::Empty => return None,
            Kind::Leaf(leaf) => return Some(leaf),
            Kind::Branch(branch) => {
                link = branch.choose(bits);
                bits <<= branch.width();
            }
        }
    }
}
