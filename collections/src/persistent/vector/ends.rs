//! What happens at the ends: pushes and pops.

use core::mem;

use super::{
    Vector,
    config::{LEAF, LEAF_MIN, LEN_MAX},
    tree::{Leaf, Side},
};
use crate::persistent::shared::Shared;

impl<T> Vector<T> {
    /// The full tail goes into the tree.
    fn flush_tail(&mut self) {
        assert!(self.len() <= LEN_MAX, "capacity overflow");
        if let Some(tail) = self.tail.take() {
            self.end += tail.len();
            self.tree.push(Side::Back, tail);
        }
    }

    /// The full head goes into the tree.
    fn flush_head(&mut self) {
        assert!(self.len() <= LEN_MAX, "capacity overflow");
        if let Some(head) = self.head.take() {
            self.start = 0;
            self.tree.push(Side::Front, head);
        }
    }

    /// Adds a leaf behind the tail, which is absent or has `LEAF_MIN` elements at least. For whoever builds a vector.
    pub(super) fn push_leaf(&mut self, leaf: Shared<Leaf<T>>) {
        debug_assert!(!leaf.is_empty() && self.tail.as_ref().is_none_or(|tail| tail.len() >= LEAF_MIN));
        self.flush_tail();
        self.tail = Some(leaf);
    }
}

impl<T: Clone> Vector<T> {
    /// The version with one more element, the last. Copies the tail: at most 32 elements; each 32nd time O(log n).
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// let one = Vector::new().push_back(1);
    /// let two = one.push_back(2);
    /// assert_eq!((one, two), (Vector::from([1]), Vector::from([1, 2])));
    /// ```
    #[must_use]
    #[inline]
    pub fn push_back(&self, value: T) -> Self {
        match &self.tail {
            Some(tail) if tail.len() < LEAF => {
                let tail = Some(extended(tail, value));
                Self { head: self.head.clone(), tree: self.tree.clone(), tail, ..*self }
            }
            _ => self.push_back_leaf(value),
        }
    }

    /// The version with one more element in a tail of its own.
    fn push_back_leaf(&self, value: T) -> Self {
        let mut next = self.clone();
        next.flush_tail();
        next.tail = Some(single(value));
        next
    }

    /// Adds an element at the back. O(1), each 32nd time O(log n); copies nodes, and the tail, that other versions have too.
    pub fn push_back_mut(&mut self, value: T) {
        if self.tail.as_ref().is_some_and(|tail| tail.len() == LEAF) {
            self.flush_tail();
        }
        match &mut self.tail {
            Some(tail) => match tail.get_mut() {
                Some(tail) => tail.push(value),
                None => *tail = extended(tail, value),
            },
            None => self.tail = Some(single(value)),
        }
    }

    /// The version with one more element, the first. Copies the head: at most 32 elements; each 32nd time O(log n).
    #[must_use]
    pub fn push_front(&self, value: T) -> Self {
        let mut next = self.clone();
        next.push_front_mut(value);
        next
    }

    /// Adds an element at the front. Moves the elements of the head, at most 32; each 32nd time O(log n).
    pub fn push_front_mut(&mut self, value: T) {
        if self.start == LEAF {
            self.flush_head();
        }
        match &mut self.head {
            Some(head) => head.make_own().insert(0, value),
            None => self.head = Some(single(value)),
        }
        self.start += 1;
        self.end += 1;
    }

    /// The last element, and the version without it; nothing if there is none. O(1), at times O(log n).
    ///
    /// ```
    /// use polder_collections::persistent::Vector;
    ///
    /// let (rest, last) = Vector::from([1, 2, 3]).pop_back().unwrap();
    /// assert_eq!((rest, last), (Vector::from([1, 2]), 3));
    /// ```
    #[must_use]
    pub fn pop_back(&self) -> Option<(Self, T)> {
        let mut rest = self.clone();
        let value = rest.pop_back_mut()?;
        Some((rest, value))
    }

    /// Takes the last element. O(1), at times O(log n).
    pub fn pop_back_mut(&mut self) -> Option<T> {
        if self.tail.is_none() {
            self.tail = self.tree.pop(Side::Back);
            match &self.tail {
                Some(tail) => self.end -= tail.len(),
                // What is left is in the head: one leaf, which can as well be the tail.
                None => {
                    self.tail = self.head.take();
                    (self.start, self.end) = (0, 0);
                }
            }
        }
        let tail = self.tail.as_mut()?.make_own();
        let value = tail.pop();
        if tail.is_empty() {
            self.tail = None;
        }
        value
    }

    /// The first element, and the version without it; nothing if there is none. O(1), at times O(log n).
    #[must_use]
    pub fn pop_front(&self) -> Option<(Self, T)> {
        let mut rest = self.clone();
        let value = rest.pop_front_mut()?;
        Some((rest, value))
    }

    /// Takes the first element. Moves the elements of the head, at most 32; at times O(log n).
    pub fn pop_front_mut(&mut self) -> Option<T> {
        if self.head.is_none() {
            self.head = self.tree.pop(Side::Front).or_else(|| mem::take(&mut self.tail));
            self.start = self.head.as_ref().map_or(0, |head| head.len());
            self.end = self.start + self.tree.len();
        }
        let head = self.head.as_mut()?.make_own();
        let value = head.pop_at(0);
        if head.is_empty() {
            self.head = None;
        }
        self.start -= 1;
        self.end -= 1;
        value
    }
}

/// A leaf of one element.
fn single<T>(value: T) -> Shared<Leaf<T>> {
    Shared::filled(Leaf::new_const(), |leaf| leaf.push(value))
}

/// A leaf with one element more.
fn extended<T: Clone>(leaf: &Leaf<T>, value: T) -> Shared<Leaf<T>> {
    Shared::filled(Leaf::new_const(), |next| {
        // `extend` would look for room at each element.
        next.clone_from(leaf);
        next.push(value);
    })
}
