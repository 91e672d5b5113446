//! Leaves of a trie one by one, to be changed; what other versions have too is copied on the way.

use core::marker::PhantomData;

use super::{
    branch::{BranchMut, Run},
    leaf::LeafMut,
    link::{Kind, Link},
};

/// What is still to be visited: links into which nothing borrows, in slots of branches that are alone.
pub(in super::super) struct LeavesMut<'a, K, V> {
    /// A link of the path and, of a branch, the slot that comes next. Each is by itself the owner's: the one above is not looked at while one
    /// below is there.
    path: alloc::vec::Vec<(BranchMut<'a, K, V>, usize)>,
    root: Option<&'a mut Link<K, V>>,
}

impl<'a, K: Clone, V: Clone> LeavesMut<'a, K, V> {
    pub(in super::super) fn new(root: &'a mut Link<K, V>) -> Self {
        Self { path: alloc::vec::Vec::new(), root: Some(root) }
    }

    /// The next leaf, which is no other version's.
    pub(in super::super) fn next(&mut self) -> Option<EntriesMut<'a, K, V>> {
        if let Some(root) = self.root.take() {
            match root.kind() {
                Kind::Empty => return None,
                Kind::Leaf(leaf) => {
                    if root.lone_leaf().is_none() {
                        *root = Link::copy_leaf(leaf, 0);
                    }
                    return root.leaf_mut().map(EntriesMut::new);
                }
                Kind::Branch(_) => self.path.extend(root.own_branch().map(|branch| (branch, 0))),
            }
        }
        loop {
            let (branch, next) = self.path.last_mut()?;
            let Some((link, after)) = branch.as_ref().next(*next) else {
                self.path.pop();
                continue;
            };
            let index = after - 1;
            match link.kind() {
                Kind::Empty => unreachable!("slots that are empty are passed over"),
                Kind::Leaf(leaf) => {
                    if link.lone_leaf().is_none() {
                        let copy = Link::copy_leaf(leaf, 0);
                        let run: Run = branch.as_ref().run(index);
                        drop(branch.replace(run, copy));
                    }
                    *next = after;
                    // SAFETY: each slot is come to once, as `next` passes the run, so the borrows of its leaves do not overlap.
                    let branch = unsafe { branch.again() };
                    return branch.into_leaf_mut(index).map(EntriesMut::new);
                }
                Kind::Branch(_) => {
                    *next = after;
                    // SAFETY: as for a leaf: each slot is come to once.
                    let branch = unsafe { branch.again() };
                    let child = branch.into_child_mut(index)?;
                    self.path.extend(child.own_branch().map(|branch| (branch, 0)));
                }
            }
        }
    }
}

/// The entries of a leaf, one by one.
pub(in super::super) struct EntriesMut<'a, K, V> {
    leaf: LeafMut<'a, K, V>,
    next: usize,
    entries: PhantomData<&'a mut (K, V)>,
}

impl<'a, K, V> EntriesMut<'a, K, V> {
    fn new(leaf: LeafMut<'a, K, V>) -> Self {
        Self { leaf, next: 0, entries: PhantomData }
    }
}

impl<'a, K: Clone, V: Clone> Iterator for EntriesMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a mut V)> {
        if self.next == self.leaf.as_ref().len() {
            return None;
        }
        let index = self.next;
        self.next += 1;
        // SAFETY: each entry is asked for once.
        Some(unsafe { self.leaf.disjoint_pair_mut(index) })
    }
}
