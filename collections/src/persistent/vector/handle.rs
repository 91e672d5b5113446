//! The vector itself: two buffers and a tree, and the operations that touch one element.
//!
//! # What & when not
//!
//! A vector whose versions share what they have in common, with cheap changes at both ends, and joins and parts in logarithmic time. Where there is
//! one version at a time and no joins, `Vec` and `VecDeque` are faster at everything.
//!
//! # Representation
//!
//! ```text
//!   head          tree, of whole leaves              tail
//!   [a b]    [c d e f] [g h i j] [k l m n] …         [x y z]
//!   0 …      start …                                 end … len
//! ```
//!
//! Head and tail are leaves of their own, in which the ends grow and shrink; one that is full goes into the tree when the next element comes. What the
//! tree is made of, and why it stays low, is told in `tree/mod.rs`.
//!
//! # Invariants
//!
//! - **I1, buffers.** Head and tail are absent or have at least one element.
//! - **I2, places.** `start` is the length of the head, `end` is `start` and the length of the tree.
//! - **I3, whole.** Between two statements in which something of the user's runs (`Clone`, `Drop`, `Ord`, closures, iterators) all invariants hold: a panic
//!   leaves a vector that is whole.

use core::{
    fmt,
    ops::{Index, IndexMut},
};

use super::tree::{Leaf, Tree};
use crate::persistent::shared::Shared;

/// A sequence as a value: versions share what they have in common.
///
/// A clone copies three pointers. A change copies the nodes on its path that other versions have too: one leaf of 32 elements at most, and about 300 bytes a
/// level of the tree; what this version has to itself is changed where it is. A `Vector<T>` is `Send` and `Sync` if `T` is both; readers write nothing and wait
/// for nobody.
///
/// # Complexity
///
/// `n` is the length. The logarithms are to a base between 16 and 32: at most 5 levels for a million elements.
///
/// | operation | time |
/// |---|---|
/// | [`clone`](Clone::clone), [`len`](Self::len), [`ptr_eq`](Self::ptr_eq), [`first`](Self::first), [`last`](Self::last) | O(1) |
/// | [`push_back`](Self::push_back), [`push_front`](Self::push_front), [`pop_back`](Self::pop_back), [`pop_front`](Self::pop_front) | O(1), at times O(log n) |
/// | [`get`](Self::get), `[]`, [`get_mut`](Self::get_mut), [`set`](Self::set), [`update`](Self::update) | O(log n) |
/// | [`Focus::get`](super::Focus::get) near the last one | O(1) |
/// | [`insert`](Self::insert), [`remove`](Self::remove) | O(log n) |
/// | [`concat`](Self::concat), [`append_mut`](Self::append_mut) | O(log n) |
/// | [`slice`](Self::slice), [`take`](Self::take), [`skip`](Self::skip), [`split_at`](Self::split_at), [`truncate_mut`](Self::truncate_mut) | O(log n) |
/// | [`splice`](Self::splice) | O(log n), and what is put in |
/// | [`iter`](Self::iter), [`chunks`](Self::chunks): a step | O(1), at each leaf O(log n); `nth` O(log n) |
/// | [`FromIterator`], [`Extend`] | O(1) an element |
/// | `==`, `cmp` | O(n); parts that both share are passed over as a whole |
/// | [`sort`](Self::sort) | O(n log n) |
///
/// Dropping the last version is O(n). It recurs once a level of the tree, which has 16 levels at most, so it needs little stack at any length.
///
/// # Both forms
///
/// As everywhere in [`persistent`](crate::persistent): `push_back(&self, …) -> Self` makes a version, `push_back_mut(&mut self, …)` changes this one.
///
/// ```
/// use polder_collections::persistent::Vector;
///
/// let one: Vector<_> = (0..1000).collect();
/// let two = one.set(500, 0).push_back(1000);
/// assert_eq!((one.len(), one[500]), (1000, 500));
/// assert_eq!((two.len(), two[500]), (1001, 0));
///
/// let mut all = one.concat(&two);
/// assert_eq!(all.len(), 2001);
/// all.pop_front_mut();
/// assert_eq!(all.slice(499..502), Vector::from([500, 501, 502]));
/// ```
///
/// # Equality
///
/// `==` asks for `T: Eq`, not `PartialEq` alone, because it takes what both share for equal without a look: with floats, where NaN is not equal to
/// itself, that would be wrong. For those there is `a.iter().eq(&b)`.
///
/// # Large elements
///
/// Elements lie in the leaves themselves, 32 to each, so that iteration finds them side by side. A persistent change clones the elements of one
/// leaf. Elements that are large, or dear to clone, are better kept by `Arc`.
///
/// # Panics in what is yours
///
/// `Clone`, `Drop`, comparisons, closures and iterators may panic: versions that were not being changed are as they were; the one that was being changed in place
/// has the elements it had before, or those it would have had, or some of both; each method says which if that is of use. Nothing is dropped
/// twice.
///
/// A vector has at most `isize::MAX` elements: a push or a join that would pass this panics, or one that would come within 64 of it. (It takes no memory to
/// get there: join a vector with itself.)
pub struct Vector<T> {
    pub(super) head: Option<Shared<Leaf<T>>>,
    pub(super) tree: Tree<T>,
    pub(super) tail: Option<Shared<Leaf<T>>>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<T> Vector<T> {
    /// A vector without elements. Allocates nothing.
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// static NONE: Vector<String> = Vector::new();
    /// assert!(NONE.is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { head: None, tree: Tree::EMPTY, tail: None, start: 0, end: 0 }
    }

    /// How many elements there are. O(1).
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.end + self.tail.as_ref().map_or(0, |tail| tail.len())
    }

    /// Whether there are none. O(1).
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both are the same version: then they are equal, and it took O(1) to say so. Equal vectors may well be different versions. Those
    /// without elements are one.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        fn same<N>(one: Option<&Shared<N>>, other: Option<&Shared<N>>) -> bool {
            match (one, other) {
                (Some(one), Some(other)) => one.ptr_eq(other),
                (one, other) => one.is_none() && other.is_none(),
            }
        }
        same(self.tail.as_ref(), other.tail.as_ref())
            && same(self.tree.root(), other.tree.root())
            && same(self.head.as_ref(), other.head.as_ref())
    }

    /// The element at `index`, if there is one. O(log n).
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        let inner = index.wrapping_sub(self.start);
        if inner < self.end - self.start {
            let (leaf, index) = self.tree.find(inner)?;
            Some(&leaf[index])
        } else if index < self.start {
            self.head.as_ref()?.get(index)
        } else {
            self.tail.as_ref()?.get(index - self.end)
        }
    }

    /// The first element. O(1), or O(log n) after elements were taken from the front.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.get(0)
    }

    /// The last element. O(1), or O(log n) after elements were taken from the back.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The element at `index`, to be changed. O(log n); clones the leaf if another version has it too.
    #[must_use]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T>
    where
        T: Clone,
    {
        let inner = index.wrapping_sub(self.start);
        if inner < self.end - self.start {
            let (leaf, index) = self.tree.find_mut(inner)?;
            leaf.get_mut(index)
        } else if index < self.start {
            self.head.as_mut()?.make_own().get_mut(index)
        } else {
            let tail = self.tail.as_mut()?;
            let index = index - self.end;
            if index < tail.len() { tail.make_own().get_mut(index) } else { None }
        }
    }

    /// The version with another element at `index`. O(log n).
    ///
    /// # Panics
    ///
    /// If `index` is not less than the length.
    #[must_use]
    #[track_caller]
    pub fn set(&self, index: usize, value: T) -> Self
    where
        T: Clone,
    {
        let mut next = self.clone();
        next.set_mut(index, value);
        next
    }

    /// Puts another element at `index`, and returns the one that was there. O(log n).
    ///
    /// # Panics
    ///
    /// If `index` is not less than the length.
    #[track_caller]
    pub fn set_mut(&mut self, index: usize, value: T) -> T
    where
        T: Clone,
    {
        core::mem::replace(&mut self[index], value)
    }

    /// The version in which the element at `index` is what `change` makes of it. O(log n).
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// let counts = Vector::from([1, 2, 3]);
    /// assert_eq!(counts.update(1, |count| count + 10), Vector::from([1, 12, 3]));
    /// ```
    ///
    /// # Panics
    ///
    /// If `index` is not less than the length.
    #[must_use]
    #[track_caller]
    pub fn update(&self, index: usize, change: impl FnOnce(&T) -> T) -> Self
    where
        T: Clone,
    {
        self.set(index, change(&self[index]))
    }

    /// Removes all elements.
    pub fn clear_mut(&mut self) {
        drop(core::mem::take(self));
    }

    /// The leaf or buffer that has the element at `index`, which exists, and its place there.
    pub(super) fn leaf_around(&self, index: usize) -> Option<(&Shared<Leaf<T>>, usize)> {
        let inner = index.wrapping_sub(self.start);
        if inner < self.end - self.start {
            self.tree.find(inner)
        } else if index < self.start {
            self.head.as_ref().map(|head| (head, index))
        } else {
            self.tail.as_ref().map(|tail| (tail, index - self.end))
        }
    }

    /// The elements that lie side by side with the one at `index`, and its place among them. None if there is no such element.
    pub(super) fn chunk_around(&self, index: usize) -> (&[T], usize) {
        match self.leaf_around(index) {
            Some((leaf, place)) if place < leaf.len() => (leaf, place),
            _ => (&[], 0),
        }
    }
}

/// O(1): the elements are shared.
impl<T> Clone for Vector<T> {
    fn clone(&self) -> Self {
        Self { head: self.head.clone(), tree: self.tree.clone(), tail: self.tail.clone(), ..*self }
    }
}

impl<T> Default for Vector<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Vector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T> Index<usize> for Vector<T> {
    type Output = T;

    #[inline]
    #[track_caller]
    fn index(&self, index: usize) -> &T {
        match self.get(index) {
            Some(value) => value,
            None => outside(index, self.len()),
        }
    }
}

impl<T: Clone> IndexMut<usize> for Vector<T> {
    #[track_caller]
    fn index_mut(&mut self, index: usize) -> &mut T {
        let len = self.len();
        self.get_mut(index).unwrap_or_else(|| outside(index, len))
    }
}

#[cold]
#[track_caller]
fn outside(index: usize, len: usize) -> ! {
    panic!("index {index} is outside of a vector of {len} elements")
}
