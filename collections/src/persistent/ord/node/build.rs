//! Trees from entries in order, and from entries and subtrees in order.

use alloc::vec::Vec;
use core::mem;

use arrayvec::ArrayVec;
#[cfg(feature = "rayon")]
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use super::{
    super::config::{FAN, LEAF},
    Branch, Children, Leaf, Node, NodeRef, join_some,
};
#[cfg(feature = "rayon")]
use crate::persistent::parallel::{cut, parts};

/// A tree of the entries, whose keys ascend, in linear time; the nodes are as full as they can be.
pub(in super::super) fn build<K: Clone, V>(entries: Vec<(K, V)>) -> Option<Node<K, V>> {
    let groups = groups(entries.len(), LEAF);
    over(leaves(entries, groups))
}

/// As [`build`]; many threads make leaves.
#[cfg(feature = "rayon")]
pub(in super::super) fn build_parallel<K: Clone + Send + Sync, V: Send + Sync>(
    entries: Vec<(K, V)>,
) -> Option<Node<K, V>> {
    let count = entries.len().div_ceil(LEAF);
    let parts = parts(entries.len());
    let sizes: Vec<usize> = groups(entries.len(), LEAF).collect();
    let sizes: Vec<&[usize]> =
        (0..parts).map(|part| &sizes[part * count / parts..(part + 1) * count / parts]).collect();
    let entries = cut(entries, sizes.iter().map(|sizes| sizes.iter().sum()));
    let leaves: Vec<_> = entries
        .into_par_iter()
        .zip(sizes)
        .flat_map_iter(|(entries, sizes)| leaves(entries, sizes.iter().copied()))
        .collect();
    over(leaves)
}

/// Leaves of so many entries each, with their smallest keys, which are cloned once and move up to where they separate.
fn leaves<K: Clone, V>(entries: Vec<(K, V)>, sizes: impl ExactSizeIterator<Item = usize>) -> Vec<(K, Node<K, V>)> {
    let mut entries = entries.into_iter();
    let leaf = |size| {
        let mut leaf = Leaf::default();
        for (key, value) in entries.by_ref().take(size) {
            leaf.push(key, value);
        }
        (leaf.keys[0].clone(), Node::leaf(leaf))
    };
    sizes.map(leaf).collect()
}

/// The tree over leaves that come with their smallest keys.
fn over<K: Clone, V>(mut nodes: Vec<(K, Node<K, V>)>) -> Option<Node<K, V>> {
    while nodes.len() > 1 {
        let mut above = Vec::with_capacity(nodes.len().div_ceil(FAN));
        let groups = self::groups(nodes.len(), FAN);
        let mut rest = nodes.into_iter();
        for size in groups {
            let (first, child) = rest.next()?;
            let (mut keys, mut children) = (ArrayVec::new(), Children::of(child));
            for (key, child) in rest.by_ref().take(size - 1) {
                keys.push(key);
                children.push(child);
            }
            above.push((first, Node::branch(Branch::new(keys, children))));
        }
        nodes = above;
    }
    nodes.pop().map(|(_, node)| node)
}

/// Sizes that add up to `count`, none of them above `most`, as few as can be, of which none is much smaller than another.
fn groups(count: usize, most: usize) -> impl ExactSizeIterator<Item = usize> {
    let groups = count.div_ceil(most);
    (0..groups).map(move |index| (count + index) / groups)
}

/// Makes a tree of entries and of whole subtrees that come in the order of their keys.
pub(in super::super) struct Builder<K, V> {
    tree: Option<Node<K, V>>,
    /// The entries since the last subtree, or since the last leaf that was full.
    leaf: Leaf<K, V>,
}

impl<K: Clone, V: Clone> Builder<K, V> {
    pub(in super::super) fn new() -> Self {
        Self { tree: None, leaf: Leaf::default() }
    }

    pub(in super::super) fn entry(&mut self, key: K, value: V) {
        if self.leaf.len() == LEAF {
            self.flush();
        }
        self.leaf.push(key, value);
    }

    /// The whole subtree, shared if it can stay as it is.
    pub(in super::super) fn node(&mut self, node: NodeRef<'_, K, V>) {
        self.flush();
        self.join(node.to_owned());
    }

    fn flush(&mut self) {
        if self.leaf.len() > 0 {
            let leaf = mem::take(&mut self.leaf);
            self.join(Node::leaf(leaf));
        }
    }

    fn join(&mut self, node: Node<K, V>) {
        self.tree = join_some(self.tree.take(), |node| node.by_ref().first_key().clone(), Some(node));
    }

    pub(in super::super) fn finish(mut self) -> Option<Node<K, V>> {
        self.flush();
        self.tree
    }
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn groups_are_even() {
        for most in 4..20 {
            for count in 0..100 {
                let sizes: Vec<_> = groups(count, most).collect();
                assert_eq!(sizes.iter().sum::<usize>(), count);
                assert_eq!(sizes.len(), count.div_ceil(most));
                assert!(sizes.iter().all(|size| *size <= most && (sizes.len() < 2 || *size >= most / 2)), "{sizes:?}");
            }
        }
    }
}
