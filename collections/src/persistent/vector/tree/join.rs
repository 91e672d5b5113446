//! One tree from two.
//!
//! The two trees are sewn together along the last nodes of the left one and the first nodes of the right one, level by level from below. What the seam of a level yields,
//! one branch or two, takes the place of the two that were sewn together among the children of the next level. Those are dealt out anew, to one branch or two. A
//! branch in the middle that has too few children (I2) is first sewn to a neighbour in turn.

use arrayvec::ArrayVec;

use super::{Branch, Kids, Tree, node::Kid};
use crate::persistent::{
    shared::Shared,
    vector::config::{FAN, FAN_MIN},
};

/// What a seam yields.
type Sewn<T> = ArrayVec<Shared<Branch<T>>, 2>;

/// Whether a branch is the first or the last of its level in the new tree: it may have few children.
#[derive(Clone, Copy)]
struct Edges {
    first: bool,
    last: bool,
}

impl<T> Tree<T> {
    /// The leaves of `self` and then those of `other`. O(log n).
    pub(in super::super) fn join(self, other: Self) -> Self {
        let (mut left, mut right) = match (self.into_root(), other.into_root()) {
            (Some(left), Some(right)) => (left, right),
            (left, right) => return Self { root: left.or(right) },
        };
        while left.level() < right.level() {
            left = Shared::new(Branch::of([Kid::Branch(left)]));
        }
        while right.level() < left.level() {
            right = Shared::new(Branch::of([Kid::Branch(right)]));
        }
        let sewn = sew(left, right, Edges { first: true, last: true });
        Self::rooted(Some(Shared::new(Branch::of(sewn.into_iter().map(Kid::Branch)))))
    }
}

/// Two neighbours of one level as one or two. Of two, both satisfy I2; one may have too few children.
fn sew<T>(left: Shared<Branch<T>>, right: Shared<Branch<T>>, edges: Edges) -> Sewn<T> {
    let mut left = left.unwrap_or_clone().into_kids();
    let mut right = right.unwrap_or_clone().into_kids();
    let mut middle = Sewn::new();
    if let (Kids::Branches(lefts), Kids::Branches(rights)) = (&mut left, &mut right)
        && let (Some(last), Some(first)) = (lefts.pop(), rights.pop_at(0))
    {
        let within = |lefts: &[Shared<Branch<T>>], rights: &[Shared<Branch<T>>]| Edges {
            first: edges.first && lefts.is_empty(),
            last: edges.last && rights.is_empty(),
        };
        middle = sew(last, first, within(lefts, rights));
        while let Some(sewn) = middle.pop() {
            let few = middle.is_empty() && sewn.width() < FAN_MIN;
            if few && let Some(neighbour) = lefts.pop() {
                middle = sew(neighbour, sewn, within(lefts, rights));
            } else if few && let Some(neighbour) = rights.pop_at(0) {
                middle = sew(sewn, neighbour, within(lefts, rights));
            } else {
                middle.push(sewn);
                break;
            }
        }
    }
    let mut all: ArrayVec<Kid<T>, { 2 * FAN }> = left.into_kids().collect();
    all.extend(middle.into_iter().map(Kid::Branch));
    all.extend(right.into_kids());
    deal(all, edges)
}

/// Deals children out to one branch or two: so that the first or the last of its level takes what is odd, else evenly.
fn deal<T>(mut all: ArrayVec<Kid<T>, { 2 * FAN }>, edges: Edges) -> Sewn<T> {
    let mut sewn = Sewn::new();
    let odd = all.len().saturating_sub(FAN);
    if odd > 0 {
        let first = match () {
            () if odd >= FAN_MIN || edges.last => FAN,
            () if edges.first => odd,
            () => all.len() / 2,
        };
        sewn.push(Shared::new(Branch::of(all.drain(..first))));
    }
    sewn.push(Shared::new(Branch::of(all)));
    sewn
}
