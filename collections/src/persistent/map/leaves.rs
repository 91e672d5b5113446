//! Two leaves to one.

use core::hash::{BuildHasher, Hash};

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::{
    change::find_in,
    combine::{Choice, Merge},
    node::{Item, LeafRef, Link},
};
use crate::persistent::Unmatched;

/// What becomes of an entry that one map has.
pub(super) enum Fate<V> {
    Kept,
    Value(V),
    Gone,
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
    /// Of two leaves: one of them, if it comes out the same, or another, which may have too many entries.
    pub(super) fn leaves(
        &mut self,
        (left, one): (&Link<K, V>, LeafRef<'_, K, V>),
        (right, two): (&Link<K, V>, LeafRef<'_, K, V>),
    ) -> Link<K, V> {
        enum Pick {
            Left(usize),
            Right(usize),
            /// The next one of those that were made, with this tag.
            Made(u8),
        }
        // In order. Not on the stack: they may be large.
        let mut made: Vec<Item<K, V>> = Vec::new();
        // Of the left leaf, unless all of its entries stay, which then need not be picked one by one.
        let mut of_left: SmallVec<[Pick; 32]> = SmallVec::new();
        let mut all_stay = true;
        let mut of_right: SmallVec<[Pick; 4]> = SmallVec::new();
        let mut met: SmallVec<[bool; 32]> = SmallVec::from_elem(false, two.len());
        for index in 0..one.len() {
            let (key, value) = one.pair(index);
            let fate = match find_in(one, index, two) {
                None => fate_of(&mut self.left, key, value),
                Some(other) => {
                    met[other] = true;
                    if one.shares(index, two, other) {
                        if self.keep_shared { Fate::Kept } else { Fate::Gone }
                    } else {
                        match (self.both)(key, value, two.pair(other).1) {
                            Choice::Left => Fate::Kept,
                            Choice::Value(value) => Fate::Value(value),
                            Choice::Neither => Fate::Gone,
                        }
                    }
                }
            };
            if !matches!(fate, Fate::Kept) && all_stay {
                all_stay = false;
                of_left.extend((0..index).map(Pick::Left));
            }
            match fate {
                Fate::Kept if all_stay => {}
                Fate::Kept => of_left.push(Pick::Left(index)),
                Fate::Value(value) => {
                    made.push(with_value(one, index, value));
                    of_left.push(Pick::Made(one.tag(index)));
                }
                Fate::Gone => {}
            }
        }
        for index in (0..two.len()).filter(|&index| !met[index]) {
            let (key, value) = two.pair(index);
            match fate_of(&mut self.right, key, value) {
                Fate::Kept => of_right.push(Pick::Right(index)),
                Fate::Value(value) => {
                    made.push(with_value(two, index, value));
                    of_right.push(Pick::Made(two.tag(index)));
                }
                Fate::Gone => {}
            }
        }
        let mut link = if all_stay {
            if of_right.is_empty() {
                return left.clone();
            }
            Link::copy_leaf(one, one.len() + of_right.len())
        } else {
            let len = of_left.len() + of_right.len();
            if len == 0 {
                return Link::EMPTY;
            }
            let is_right = |pick: &Pick| matches!(pick, Pick::Right(_));
            if of_left.is_empty() && len == two.len() && of_right.iter().all(is_right) {
                return right.clone();
            }
            Link::leaf(len)
        };
        let mut leaf = link.leaf_mut().expect("a new leaf");
        let mut made = made.into_iter();
        for pick in of_left.drain(..).chain(of_right.drain(..)) {
            let (tag, item) = match pick {
                Pick::Left(index) => (one.tag(index), one.share(index)),
                Pick::Right(index) => (two.tag(index), two.share(index)),
                Pick::Made(tag) => (tag, made.next().expect("as many as were made")),
            };
            let Ok(()) = leaf.push(tag, item) else { unreachable!("there is room for all") };
        }
        link
    }
}

/// What becomes of an entry that only one map has.
pub(super) fn fate_of<K, V>(rule: &mut impl Unmatched<K, V>, key: &K, value: &V) -> Fate<V> {
    match rule.all() {
        Some(true) => Fate::Kept,
        Some(false) => Fate::Gone,
        None => rule.one(key, value).map_or(Fate::Gone, Fate::Value),
    }
}

/// An entry with another value.
pub(super) fn with_value<K: Clone, V>(leaf: LeafRef<'_, K, V>, index: usize, value: V) -> Item<K, V> {
    // Where the hash is not kept, it is not wanted either.
    Item::new(leaf.hash(index).unwrap_or_default(), leaf.pair(index).0.clone(), value)
}
