//! Trees put together and taken apart, in as many steps as they are high.

use arrayvec::ArrayVec;
use equivalent::Comparable;

use super::{Branch, Children, Node, NodeMut, remove::level};

/// Two trees as one: all keys of `left` are below the separator, none of `right` are. The roots may be small.
pub(in super::super) fn join<K: Clone, V: Clone>(
    mut left: Node<K, V>,
    separator: K,
    mut right: Node<K, V>,
) -> Node<K, V> {
    let heights = (left.by_ref().height(), right.by_ref().height());
    let (first, rest) = match heights.0.cmp(&heights.1) {
        core::cmp::Ordering::Equal => level(left, separator, right),
        core::cmp::Ordering::Greater => {
            let rest = left.by_mut().append(separator, right);
            (left, rest)
        }
        core::cmp::Ordering::Less => {
            let rest = right.by_mut().prepend(left, separator);
            (right, rest)
        }
    };
    match rest {
        Some((separator, second)) => Node::over(first, separator, second),
        None => first,
    }
}

/// The same, where either may be missing.
pub(in super::super) fn join_some<K: Clone, V: Clone>(
    left: Option<Node<K, V>>,
    separator: impl FnOnce(&Node<K, V>) -> K,
    right: Option<Node<K, V>>,
) -> Option<Node<K, V>> {
    match (left, right) {
        (Some(left), Some(right)) => {
            let separator = separator(&right);
            Some(join(left, separator, right))
        }
        (left, right) => left.or(right),
    }
}

impl<K: Clone, V: Clone> NodeMut<'_, K, V> {
    fn height(&self) -> u8 {
        match self {
            Self::Leaf(_) => 0,
            Self::Branch(branch) => branch.height,
        }
    }

    /// Puts a lower tree behind this one; returns what has to follow this, with the separator before.
    fn append(self, separator: K, other: Node<K, V>) -> Option<(K, Node<K, V>)> {
        let Self::Branch(branch) = self else { unreachable!("a lower tree than a leaf") };
        let branch = branch.make_own();
        branch.len += other.by_ref().len();
        let last = branch.children.len() - 1;
        let rest = if branch.height > other.by_ref().height() + 1 {
            branch.children.get_mut(last).append(separator, other)
        } else {
            let (child, rest) = level(branch.children.remove(last), separator, other);
            branch.children.insert(last, child);
            rest
        };
        let (separator, child) = rest?;
        branch.follow(last, separator, child)
    }

    /// Puts a lower tree before this one; returns what has to follow this, with the separator before.
    fn prepend(self, other: Node<K, V>, separator: K) -> Option<(K, Node<K, V>)> {
        let height = self.height();
        let Self::Branch(branch) = self else { unreachable!("a lower tree than a leaf") };
        let branch = branch.make_own();
        branch.len += other.by_ref().len();
        let rest = if height > other.by_ref().height() + 1 {
            branch.children.get_mut(0).prepend(other, separator)
        } else {
            let (child, rest) = level(other, separator, branch.children.remove(0));
            branch.children.insert(0, child);
            rest
        };
        let (separator, child) = rest?;
        branch.follow(0, separator, child)
    }
}

/// What a tree is at a key.
pub(in super::super) struct Split<K, V> {
    pub(in super::super) below: Option<Node<K, V>>,
    pub(in super::super) at: Option<(K, V)>,
    pub(in super::super) above: Option<Node<K, V>>,
}

impl<K: Clone, V: Clone> Node<K, V> {
    pub(in super::super) fn split<Q: ?Sized + Comparable<K>>(self, key: &Q) -> Split<K, V> {
        match self {
            Self::Leaf(leaf) => {
                let place = leaf.search(key);
                let mut below = leaf.unwrap_or_clone();
                let mut above = below.split_off(place.unwrap_or_else(|index| index));
                let at = place.is_ok().then(|| above.remove(0));
                let some = |leaf: super::Leaf<K, V>| (leaf.len() > 0).then(|| Self::leaf(leaf));
                Split { below: some(below), at, above: some(above) }
            }
            Self::Branch(branch) => {
                let index = branch.child_of(key);
                let Branch { mut keys, mut children, .. } = branch.unwrap_or_clone();
                let mut after = children.split_off(index);
                let child = after.remove(0);
                // Before the keys: those of the children below, the separator before this child, that after it, those of the children above.
                let mut upper: ArrayVec<K, _> = keys.drain(index..).collect();
                let before = keys.pop();
                let behind = if upper.is_empty() { None } else { Some(upper.remove(0)) };
                let split = child.split(key);
                let below = match before {
                    Some(separator) => join_some(Some(Self::of(keys, children)), |_| separator, split.below),
                    None => split.below,
                };
                let above = match behind {
                    Some(separator) => join_some(split.above, |_| separator, Some(Self::of(upper, after))),
                    None => split.above,
                };
                Split { below, at: split.at, above }
            }
        }
    }

    /// A branch over the children, or the only one of them.
    fn of(keys: ArrayVec<K, { super::super::config::SEPARATORS }>, mut children: Children<K, V>) -> Self {
        if children.len() == 1 { children.remove(0) } else { Self::branch(Branch::new(keys, children)) }
    }
}
