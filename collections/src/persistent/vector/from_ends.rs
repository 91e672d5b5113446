//! Iteration from both ends, over what nodes give away: by value and by mutable reference.

use alloc::collections::VecDeque;

use super::tree::Side;

/// Nodes side by side.
pub(super) enum Part<B, L> {
    Branches(B),
    Leaves(L),
}

/// A branch that is taken from one end.
pub(super) trait OpenBranch<B, L> {
    fn children(self) -> Part<B, L>;
}

/// A leaf that is taken from one end. To open it may panic.
pub(super) trait OpenLeaf<E> {
    fn count(&self) -> usize;
    fn elements(self) -> E;
}

/// Elements `E`, of leaves `L`, of branches `B`, in order.
pub(super) struct FromEnds<B, L, E> {
    front: E,
    /// What is between front and back, in order: a part is taken from one end or the other, and its children take its place.
    parts: VecDeque<Part<B, L>>,
    back: E,
    /// Elements in all of this.
    left: usize,
}

impl<B, L, E> FromEnds<B, L, E> {
    /// Of so many elements, with what there is none of.
    pub(super) fn new(parts: VecDeque<Part<B, L>>, left: usize, none: impl Fn() -> E) -> Self {
        Self { front: none(), parts, back: none(), left }
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }
}

impl<B, L, E> FromEnds<B, L, E>
where
    B: DoubleEndedIterator<Item: OpenBranch<B, L>>,
    L: DoubleEndedIterator<Item: OpenLeaf<E>>,
    E: DoubleEndedIterator + ExactSizeIterator,
{
    /// The next element from one end.
    #[inline(always)]
    pub(super) fn next(&mut self, side: Side) -> Option<E::Item> {
        loop {
            let (near, far) = match side {
                Side::Front => (&mut self.front, &mut self.back),
                Side::Back => (&mut self.back, &mut self.front),
            };
            if let Some(element) = side.next(near) {
                self.left -= 1;
                return Some(element);
            }
            match leaf(&mut self.parts, &mut self.left, side) {
                Some(leaf) => *near = leaf,
                None => {
                    let element = side.next(far);
                    self.left = far.len();
                    return element;
                }
            }
        }
    }
}

/// The elements of the leaf at one end.
fn leaf<B, L, E>(parts: &mut VecDeque<Part<B, L>>, left: &mut usize, side: Side) -> Option<E>
where
    B: DoubleEndedIterator<Item: OpenBranch<B, L>>,
    L: DoubleEndedIterator<Item: OpenLeaf<E>>,
{
    loop {
        let part = match side {
            Side::Front => parts.front_mut(),
            Side::Back => parts.back_mut(),
        };
        let children = match part? {
            Part::Leaves(leaves) => match side.next(leaves) {
                Some(leaf) => {
                    let count = leaf.count();
                    // If a clone panics, the iteration goes on behind these.
                    *left -= count;
                    let elements = leaf.elements();
                    *left += count;
                    return Some(elements);
                }
                None => None,
            },
            Part::Branches(branches) => side.next(branches).map(OpenBranch::children),
        };
        match (children, side) {
            (Some(children), Side::Front) => parts.push_front(children),
            (Some(children), Side::Back) => parts.push_back(children),
            (None, Side::Front) => drop(parts.pop_front()),
            (None, Side::Back) => drop(parts.pop_back()),
        }
    }
}

/// What the two iterators are for others.
macro_rules! iterators {
    ($($name:ident<$($life:lifetime,)? T>: $item:ty, $hidden:ty;)*) => { $(
        impl<$($life,)? T: Clone> Iterator for $name<$($life,)? T> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                self.0.next(Side::Front)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                (self.0.left(), Some(self.0.left()))
            }
        }

        impl<$($life,)? T: Clone> DoubleEndedIterator for $name<$($life,)? T> {
            #[inline]
            fn next_back(&mut self) -> Option<$item> {
                self.0.next(Side::Back)
            }
        }

        impl<T: Clone> ExactSizeIterator for $hidden {}
        impl<T: Clone> FusedIterator for $hidden {}

        impl<T> fmt::Debug for $hidden {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("left", &self.0.left()).finish_non_exhaustive()
            }
        }
    )* };
}
pub(super) use iterators;
