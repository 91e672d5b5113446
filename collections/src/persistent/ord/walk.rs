//! Two maps side by side: what is in one of them, what is in both, and what both share, which is not looked into.

use core::cmp::Ordering;

use smallvec::SmallVec;

use super::node::{Branch, Leaf, Node, NodeRef};

/// What comes next, in the order of the keys.
pub(super) enum Step<'a, K, V> {
    /// A subtree that both share.
    Same(NodeRef<'a, K, V>),
    /// A subtree of the left map, with nothing beside it in the right one.
    LeftTree(NodeRef<'a, K, V>),
    /// A subtree of the right map, with nothing beside it in the left one.
    RightTree(NodeRef<'a, K, V>),
    /// An entry of the left map alone.
    Left(&'a K, &'a V),
    /// An entry of the right map alone.
    Right(&'a K, &'a V),
    /// The entries of one key, or of two equal ones: the left key, the left value and the right value.
    Both(&'a K, &'a V, &'a V),
}

/// A walk through two maps.
pub(super) struct Walk<'a, K, V> {
    left: Cursor<'a, K, V>,
    right: Cursor<'a, K, V>,
}

/// A place before an entry or a subtree.
struct Cursor<'a, K, V> {
    /// The tree, until it is opened.
    root: Option<NodeRef<'a, K, V>>,
    /// The branches that are open.
    frames: SmallVec<[Frame<'a, K, V>; 6]>,
    /// The leaf that is open, and the entry to come.
    leaf: Option<(&'a Leaf<K, V>, usize)>,
}

struct Frame<'a, K, V> {
    branch: &'a Branch<K, V>,
    /// The child to come.
    next: usize,
    span: Span<'a, K>,
}

/// What is known of the keys of a subtree without looking into it: from the first on, and below the second.
struct Span<'a, K> {
    from: Option<&'a K>,
    below: Option<&'a K>,
}

/// What a cursor is before.
enum Ahead<'a, K, V> {
    End,
    Entry(&'a K, &'a V),
    Tree(NodeRef<'a, K, V>, Span<'a, K>),
}

impl<K> Clone for Span<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Span<'_, K> {}

impl<K: Ord> Span<'_, K> {
    /// Whether all keys here are below all keys there.
    fn is_before(self, other: Self) -> bool {
        other.from.is_some_and(|from| self.is_below(from))
    }

    /// Whether all keys here are below this one.
    fn is_below(self, key: &K) -> bool {
        self.below.is_some_and(|below| below <= key)
    }
}

impl<'a, K, V> Cursor<'a, K, V> {
    fn new(root: Option<&'a Node<K, V>>) -> Self {
        Self { root: root.map(Node::by_ref), frames: SmallVec::new(), leaf: None }
    }

    #[inline]
    fn ahead(&mut self) -> Ahead<'a, K, V> {
        if let Some((leaf, index)) = self.leaf {
            if index < leaf.len() {
                let (key, value) = leaf.entry(index);
                return Ahead::Entry(key, value);
            }
            self.leaf = None;
        }
        self.tree_ahead()
    }

    fn tree_ahead(&mut self) -> Ahead<'a, K, V> {
        while let Some(Frame { branch, next, span }) = self.frames.last() {
            if *next < branch.children.len() {
                let from = next.checked_sub(1).map(|before| &branch.keys[before]).or(span.from);
                return Ahead::Tree(
                    branch.children.get(*next),
                    Span { from, below: branch.keys.get(*next).or(span.below) },
                );
            }
            self.frames.pop();
        }
        self.root.map_or(Ahead::End, |root| Ahead::Tree(root, Span { from: None, below: None }))
    }

    /// Goes past the entry or the subtree ahead.
    #[inline]
    fn pass(&mut self) {
        if let Some((_, index)) = &mut self.leaf {
            *index += 1;
        } else if let Some(frame) = self.frames.last_mut() {
            frame.next += 1;
        } else {
            self.root = None;
        }
    }

    /// Goes into the subtree ahead.
    fn open(&mut self, tree: NodeRef<'a, K, V>, span: Span<'a, K>) {
        self.pass();
        match tree {
            NodeRef::Leaf(leaf) => self.leaf = Some((leaf, 0)),
            NodeRef::Branch(branch) => self.frames.push(Frame { branch, next: 0, span }),
        }
    }
}

impl<'a, K: Ord, V> Walk<'a, K, V> {
    pub(super) fn new(left: Option<&'a Node<K, V>>, right: Option<&'a Node<K, V>>) -> Self {
        Self { left: Cursor::new(left), right: Cursor::new(right) }
    }

    /// The next step. `whole`: whether subtrees with nothing beside them come whole, or entry by entry.
    pub(super) fn step(&mut self, whole: bool) -> Option<Step<'a, K, V>> {
        use Ahead::{End, Entry, Tree};
        loop {
            match (self.left.ahead(), self.right.ahead()) {
                (Entry(left, one), Entry(right, other)) => {
                    return Some(match left.cmp(right) {
                        Ordering::Less => self.pass_left(left, one),
                        Ordering::Greater => self.pass_right(right, other),
                        Ordering::Equal => {
                            self.left.pass();
                            self.right.pass();
                            Step::Both(left, one, other)
                        }
                    });
                }
                (Entry(key, value), End) => return Some(self.pass_left(key, value)),
                (End, Entry(key, value)) => return Some(self.pass_right(key, value)),
                (Entry(key, value), Tree(tree, span)) => {
                    if span.from.is_some_and(|from| key < from) {
                        return Some(self.pass_left(key, value));
                    }
                    if whole && span.is_below(key) {
                        self.right.pass();
                        return Some(Step::RightTree(tree));
                    }
                    self.right.open(tree, span);
                }
                (Tree(tree, span), Entry(key, value)) => {
                    if span.from.is_some_and(|from| key < from) {
                        return Some(self.pass_right(key, value));
                    }
                    if whole && span.is_below(key) {
                        self.left.pass();
                        return Some(Step::LeftTree(tree));
                    }
                    self.left.open(tree, span);
                }
                (Tree(left, here), Tree(right, there)) => {
                    if left.ptr_eq(right) {
                        self.left.pass();
                        self.right.pass();
                        return Some(Step::Same(left));
                    }
                    if whole && here.is_before(there) {
                        self.left.pass();
                        return Some(Step::LeftTree(left));
                    }
                    if whole && there.is_before(here) {
                        self.right.pass();
                        return Some(Step::RightTree(right));
                    }
                    // What they share is on one level in both.
                    let heights = left.height().cmp(&right.height());
                    if heights.is_ge() {
                        self.left.open(left, here);
                    }
                    if heights.is_le() {
                        self.right.open(right, there);
                    }
                }
                (Tree(tree, span), End) => {
                    if whole {
                        self.left.pass();
                        return Some(Step::LeftTree(tree));
                    }
                    self.left.open(tree, span);
                }
                (End, Tree(tree, span)) => {
                    if whole {
                        self.right.pass();
                        return Some(Step::RightTree(tree));
                    }
                    self.right.open(tree, span);
                }
                (End, End) => return None,
            }
        }
    }

    fn pass_left(&mut self, key: &'a K, value: &'a V) -> Step<'a, K, V> {
        self.left.pass();
        Step::Left(key, value)
    }

    fn pass_right(&mut self, key: &'a K, value: &'a V) -> Step<'a, K, V> {
        self.right.pass();
        Step::Right(key, value)
    }
}

impl<K, V> Clone for Walk<'_, K, V> {
    fn clone(&self) -> Self {
        Self { left: self.left.clone(), right: self.right.clone() }
    }
}

impl<K, V> Clone for Cursor<'_, K, V> {
    fn clone(&self) -> Self {
        Self { root: self.root, frames: self.frames.clone(), leaf: self.leaf }
    }
}

impl<K, V> Clone for Frame<'_, K, V> {
    fn clone(&self) -> Self {
        Self { branch: self.branch, next: self.next, span: self.span }
    }
}
