//! Parts of a tree: the leaves before one of them, or behind it.

use super::{
    Branch, Kids, Tree,
    node::{Kid, Side},
};
use crate::persistent::shared::Shared;

impl<T> Tree<T> {
    /// The leaves before (`Front`) or behind (`Back`) the one that has an index. O(log n); the nodes that are whole are shared.
    pub(in super::super) fn part(&self, side: Side, index: usize) -> Self {
        Self::rooted(self.root().and_then(|root| part(root, side, index)))
    }
}

fn part<T>(branch: &Branch<T>, side: Side, index: usize) -> Option<Shared<Branch<T>>> {
    let (slot, rest) = branch.locate(index);
    let divided = match branch.kids() {
        Kids::Leaves(_) => None,
        Kids::Branches(branches) => part(&branches[slot], side, rest).map(Kid::Branch),
    };
    let kids = branch.kids();
    let branch = match side {
        Side::Front if slot > 0 || divided.is_some() => Branch::of(kids.range(0, slot).chain(divided)),
        Side::Back if slot + 1 < kids.width() || divided.is_some() => {
            Branch::of(divided.into_iter().chain(kids.range(slot + 1, kids.width())))
        }
        _ => return None,
    };
    Some(Shared::new(branch))
}
