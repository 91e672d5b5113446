//! Removal: children that could become too small are filled up from their neighbours on the way down, so that nothing is left to do on the
//! way up but count.
//!
//! Each step down leaves a whole tree, with all its entries: foreign code that panics leaves it at one of them.

use core::mem;

use equivalent::Comparable;

use super::{
    super::config::{FAN, LEAF},
    Branch, Leaf, Node, NodeMut, NodeRef, Pair,
};
use crate::persistent::shared::Shared;

impl<K: Clone, V: Clone> NodeMut<'_, K, V> {
    /// Takes out the entry of the key, which is there.
    pub(in super::super) fn remove<Q: ?Sized + Comparable<K>>(self, key: &Q) -> Option<(K, V)> {
        match self {
            Self::Leaf(leaf) => {
                let index = leaf.search(key).ok()?;
                Some(leaf.make_own().remove(index))
            }
            Self::Branch(branch) => {
                let mut index = branch.child_of(key);
                let branch = branch.make_own();
                if !branch.children.get(index).spare().is_gt() {
                    branch.fill(index);
                    index = branch.child_of(key);
                }
                let removed = branch.children.get_mut(index).remove(key)?;
                branch.len -= 1;
                Some(removed)
            }
        }
    }
}

impl<K: Clone, V: Clone> Branch<K, V> {
    /// Joins the child with a neighbour, or moves some from there, if there is a neighbour.
    fn fill(&mut self, index: usize) {
        let left = index.saturating_sub(1);
        if left + 1 == self.children.len() {
            return;
        }
        // A key that is no longer needed is dropped last, as that may panic.
        let _spare = match self.children.pair_mut(left) {
            Pair::Leaves(one, other) => {
                let fresh = prepare_leaves(one, other);
                let (one, other) = (one.make_own(), other.make_own());
                level_leaves(one, other);
                match fresh {
                    Some(fresh) => (Some(mem::replace(&mut self.keys[left], fresh)), None),
                    None => (Some(self.keys.remove(left)), Some(self.children.remove(left + 1))),
                }
            }
            Pair::Branches(one, other) => {
                let (one, other) = (one.make_own(), other.make_own());
                match level_branches(one, self.keys.remove(left), other) {
                    Some(separator) => {
                        self.keys.insert(left, separator);
                        (None, None)
                    }
                    None => (None, Some(self.children.remove(left + 1))),
                }
            }
        };
    }
}

/// What may panic before two leaves are levelled: neither has other owners afterwards. Returns the separator to come, unless they fit
/// into one.
fn prepare_leaves<K: Clone, V: Clone>(left: &mut Shared<Leaf<K, V>>, right: &mut Shared<Leaf<K, V>>) -> Option<K> {
    let (left, right) = (left.make_own(), right.make_own());
    let total = left.len() + right.len();
    let index = total / 2;
    (total > LEAF).then(|| match index.checked_sub(left.len()) {
        Some(index) => right.keys[index].clone(),
        None => left.keys[index].clone(),
    })
}

/// Moves all to the left one if they fit there, else so many that both have the same.
fn level_leaves<K, V>(left: &mut Leaf<K, V>, right: &mut Leaf<K, V>) {
    let total = left.len() + right.len();
    let half = if total > LEAF { total / 2 } else { total };
    match half.checked_sub(left.len()) {
        Some(count) => left.take_from_next(right, count),
        None => left.give_to_next(half, right),
    }
}

/// The same for branches, with the separator between them: returns that which is between them then, if there are two.
fn level_branches<K, V>(left: &mut Branch<K, V>, separator: K, right: &mut Branch<K, V>) -> Option<K> {
    let width = left.children.len();
    let total = width + right.children.len();
    let half = if total > FAN { total / 2 } else { total };
    match half.cmp(&width) {
        core::cmp::Ordering::Greater => left.take_from_next(separator, right, half - width),
        core::cmp::Ordering::Equal => Some(separator),
        core::cmp::Ordering::Less => Some(left.give_to_next(half, separator, right)),
    }
}

/// Two subtrees of one height, none of which need be large enough, as one, or as two that are, with the separator between those.
pub(in super::super) fn level<K: Clone, V: Clone>(
    left: Node<K, V>,
    separator: K,
    right: Node<K, V>,
) -> (Node<K, V>, Option<(K, Node<K, V>)>) {
    let is_small = |node: NodeRef<'_, K, V>| node.spare().is_lt();
    if !is_small(left.by_ref()) && !is_small(right.by_ref()) {
        return (left, Some((separator, right)));
    }
    match (left, right) {
        (Node::Leaf(mut left), Node::Leaf(mut right)) => {
            let fresh = prepare_leaves(&mut left, &mut right);
            level_leaves(left.make_own(), right.make_own());
            (Node::Leaf(left), fresh.map(|fresh| (fresh, Node::Leaf(right))))
        }
        (Node::Branch(mut left), Node::Branch(mut right)) => {
            let separator = level_branches(left.make_own(), separator, right.make_own());
            (Node::Branch(left), separator.map(|separator| (separator, Node::Branch(right))))
        }
        _ => unreachable!("subtrees of one height"),
    }
}
