//! Insertion: down to the leaf, and up again with what had to be divided.
//!
//! Foreign code (`Ord`, and `Clone` where nodes are copied) runs on the way down only, where nothing has changed but owners: a panic
//! leaves the tree as it was.

use core::mem;

use super::{
    super::config::{FAN, FAN_MIN, LEAF, LEAF_MIN},
    Branch, Leaf, Node, NodeMut,
};
use crate::persistent::shared::Shared;

/// What came of it, for the node above.
pub(in super::super) enum Inserted<K, V> {
    /// The key was there, with this value.
    Replaced(V),
    /// There is one entry more.
    Added,
    /// There is one more, and this node, with the separator before it, is to follow the one that it was inserted to.
    Divided(K, Node<K, V>),
}

/// Where to divide a node that is full, as one more comes to `index`: in the middle, or so that the side which keys in order leave behind is large.
fn middle(index: usize, full: usize, least: usize) -> usize {
    if index == full {
        full - least
    } else if index == 0 {
        least
    } else {
        full / 2
    }
}

impl<K: Ord + Clone, V: Clone> NodeMut<'_, K, V> {
    /// Sets the value of the key. The key that is there stays.
    pub(in super::super) fn insert(self, key: K, value: V) -> Inserted<K, V> {
        match self {
            Self::Leaf(leaf) => match leaf.search(&key) {
                Ok(index) => {
                    let leaf = leaf.make_own();
                    // Here, and not when the result is made, which would be lost if the drop panicked.
                    drop(key);
                    Inserted::Replaced(mem::replace(&mut leaf.values[index], value))
                }
                Err(index) => leaf.make_own().add(index, key, value),
            },
            Self::Branch(branch) => {
                let index = branch.child_of(&key);
                let branch = branch.make_own();
                match branch.children.get_mut(index).insert(key, value) {
                    Inserted::Divided(separator, child) => {
                        branch.len += 1;
                        branch.follow(index, separator, child).map_or(Inserted::Added, Inserted::divided)
                    }
                    Inserted::Added => {
                        branch.len += 1;
                        Inserted::Added
                    }
                    replaced => replaced,
                }
            }
        }
    }
}

impl<K, V> Inserted<K, V> {
    fn divided((separator, node): (K, Node<K, V>)) -> Self {
        Self::Divided(separator, node)
    }
}

impl<K: Clone, V> Leaf<K, V> {
    fn add(&mut self, index: usize, key: K, value: V) -> Inserted<K, V> {
        if self.len() < LEAF {
            self.insert(index, key, value);
            return Inserted::Added;
        }
        let at = middle(index, LEAF, LEAF_MIN);
        // Before anything moves, as it may panic.
        let separator = self.keys[at].clone();
        let right = Shared::filled(Self::default(), |right| {
            self.move_from(at, right);
            if index <= at {
                self.insert(index, key, value);
            } else {
                right.insert(index - at, key, value);
            }
        });
        Inserted::Divided(separator, Node::Leaf(right))
    }
}

impl<K, V> Branch<K, V> {
    /// Puts a child, whose entries are counted already, behind the one of the index. If there is no room, divides this branch and returns
    /// the part to follow it, with the separator before.
    pub(in super::super) fn follow(
        &mut self,
        index: usize,
        separator: K,
        child: Node<K, V>,
    ) -> Option<(K, Node<K, V>)> {
        if !self.children.is_full() {
            self.keys.insert(index, separator);
            self.children.insert(index + 1, child);
            return None;
        }
        let len = self.len;
        let at = middle(index + 1, FAN, FAN_MIN);
        let (between, mut right) = self.split_off(at);
        if index < at {
            self.keys.insert(index, separator);
            self.children.insert(index + 1, child);
        } else {
            right.keys.insert(index - at, separator);
            right.children.insert(index - at + 1, child);
            right.len = right.children.entries();
        }
        self.len = len - right.len;
        Some((between, Node::branch(right)))
    }
}
