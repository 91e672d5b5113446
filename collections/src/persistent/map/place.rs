//! Where a leaf stands: it is the root, or in a run of slots.

use super::node::{BranchMut, LeafMut, Link};

/// A link to a leaf, or to nothing, with what has to be known to change it.
pub(super) enum Place<'a, K, V> {
    Root(&'a mut Link<K, V>),
    Slot(BranchMut<'a, K, V>, usize),
}

impl<'a, K, V> Place<'a, K, V> {
    #[inline]
    pub(super) fn link(&self) -> &Link<K, V> {
        match self {
            Self::Root(link) => link,
            Self::Slot(branch, slot) => branch.as_ref().link(*slot),
        }
    }

    /// The leaf, to be changed, if no other version has it.
    #[inline]
    pub(super) fn leaf_mut(&mut self) -> Option<LeafMut<'_, K, V>> {
        match self {
            Self::Root(link) => link.leaf_mut(),
            Self::Slot(branch, slot) => branch.leaf_mut(*slot),
        }
    }

    /// Gives a leaf that no other version has room for so many entries.
    pub(super) fn grow(&mut self, cap: usize) {
        match self {
            Self::Root(link) => link.grow_leaf(cap),
            Self::Slot(branch, slot) => branch.grow_leaf(*slot, cap),
        }
    }

    /// Another leaf, or nothing, in its place; what was there is to be dropped when all is done, as that may run foreign code.
    pub(super) fn replace(&mut self, new: Link<K, V>) -> Link<K, V> {
        match self {
            Self::Root(link) => core::mem::replace(link, new),
            Self::Slot(branch, slot) => {
                let run = branch.as_ref().run(*slot);
                branch.replace(run, new)
            }
        }
    }

    /// The leaf, for as long as the place was borrowed; copied first if other versions have it.
    pub(super) fn into_leaf_mut(mut self) -> Option<LeafMut<'a, K, V>>
    where
        K: Clone,
        V: Clone,
    {
        if self.leaf_mut().is_none() {
            let super::node::Kind::Leaf(leaf) = self.link().kind() else { return None };
            let copy = Link::copy_leaf(leaf, 0);
            drop(self.replace(copy));
        }
        match self {
            Self::Root(link) => link.leaf_mut(),
            Self::Slot(branch, slot) => branch.into_leaf_mut(slot),
        }
    }
}
