//! Where an entry is, so that one comes there again without comparing keys.

use arrayvec::ArrayVec;
use equivalent::Comparable;

use super::{super::config::HEIGHT, Leaf, Node, NodeMut, NodeRef};

/// The way from the root to an entry, as long as the tree is not changed.
#[derive(Clone, Debug)]
pub(in super::super) struct Steps {
    children: ArrayVec<u8, HEIGHT>,
    index: u8,
}

impl Steps {
    /// The way to the entry of the key.
    pub(in super::super) fn find<K, V, Q: ?Sized + Comparable<K>>(root: &Node<K, V>, key: &Q) -> Option<Self> {
        let mut children = ArrayVec::new();
        let mut node = root.by_ref();
        loop {
            match node {
                NodeRef::Leaf(leaf) => {
                    return leaf.search(key).ok().map(|index| Self { children, index: index as u8 });
                }
                NodeRef::Branch(branch) => {
                    let index = branch.child_of(key);
                    children.push(index as u8);
                    node = branch.children.get(index);
                }
            }
        }
    }

    /// The entry.
    pub(in super::super) fn follow<'a, K, V>(&self, root: &'a Node<K, V>) -> (&'a K, &'a V) {
        let mut node = root.by_ref();
        for index in &self.children {
            let NodeRef::Branch(branch) = node else { unreachable!("the way is as long as the tree is high") };
            node = branch.children.get((*index).into());
        }
        node.first_leaf().entry(self.index.into())
    }

    /// The leaf of the entry, which is made the only one's on the way, and the index there.
    pub(in super::super) fn follow_mut<'a, K: Clone, V: Clone>(
        &self,
        root: &'a mut Node<K, V>,
    ) -> (&'a mut Leaf<K, V>, usize) {
        let mut node = root.by_mut();
        let mut children = self.children.iter();
        loop {
            match node {
                NodeMut::Leaf(leaf) => return (leaf.make_own(), self.index.into()),
                NodeMut::Branch(branch) => {
                    let index = children.next().map_or(0, |index| (*index).into());
                    node = branch.make_own().children.get_mut(index);
                }
            }
        }
    }
}
