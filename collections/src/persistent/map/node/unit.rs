//! Units: all nodes of a version in one allocation, with one count. See the module's header for the picture, and N1, N2 and N7.

use core::{alloc::Layout, marker::PhantomData, mem, mem::ManuallyDrop, ptr::NonNull};

use super::{
    form::Form,
    link::{Kind, Link, Node},
    memory::{BranchHead, BranchMemory, LeafHead, LeafMemory, Owner},
};
use crate::persistent::count::Count;

/// What a unit begins with. Its branches come next, then its leaves, each of them from the root on and one right behind the other.
#[repr(C)]
pub(super) struct UnitHead {
    /// Links from outside.
    count: Count,
    /// Bytes of all of it.
    size: usize,
    /// Where its leaves begin, and where those end that are whole: all of them, once the unit is made. In bytes from the head.
    leaves: usize,
    end: usize,
    /// In the leaves that are whole.
    entries: usize,
}

impl UnitHead {
    /// # Safety
    ///
    /// There is a unit for as long as `'a` lasts.
    #[inline(always)]
    pub(super) unsafe fn count<'a>(at: NonNull<Self>) -> &'a Count {
        // SAFETY: the caller's promise. But for the count, which is atomic, a unit that is made does not change.
        unsafe { &(*at.as_ptr()).count }
    }
}

/// Where the first node is: the root of the version that the unit was made of.
const FIRST: usize = size_of::<UnitHead>().next_multiple_of(ALIGN);

const ALIGN: usize = 16;

/// What is done with a unit, whoever has it.
pub(super) struct Unit<K, V>(PhantomData<(K, V)>);

impl<K, V> Unit<K, V> {
    /// The unit that a node is in.
    ///
    /// # Safety
    ///
    /// There is a node, and it is in a unit; the pointer comes from a link (N6).
    #[inline]
    pub(super) unsafe fn of(at: NonNull<Owner>) -> NonNull<UnitHead> {
        // SAFETY: N7: of a node in a unit.
        let distance = unsafe { Owner::distance(at) };
        // SAFETY: N7: so many bytes before it, in the same allocation.
        unsafe { at.byte_sub(distance) }.cast()
    }

    /// # Safety
    ///
    /// There is a unit for as long as `'a` lasts.
    unsafe fn head<'a>(at: NonNull<UnitHead>) -> &'a UnitHead {
        // SAFETY: as for the count.
        unsafe { at.as_ref() }
    }

    fn layout(size: usize) -> Option<Layout> {
        Layout::from_size_align(size, ALIGN).ok()
    }

    /// Bytes of a leaf of so many entries, and of a branch.
    fn leaf_size(len: usize) -> usize {
        LeafMemory::<K, V>::layout(len.max(1)).pad_to_align().size()
    }

    fn branch_size(width: u32) -> usize {
        BranchMemory::<K, V>::layout(width).pad_to_align().size()
    }

    /// Drops the entries, and gives the memory back; all of it, also if one of the drops panics. What owns nothing is not walked over.
    ///
    /// # Safety
    ///
    /// The unit is the caller's: its count was taken to zero (N2), or it is not made yet.
    #[cold]
    pub(super) unsafe fn free(at: NonNull<UnitHead>) {
        struct Rest<K, V> {
            at: NonNull<UnitHead>,
            /// The leaf whose entries come next.
            next: usize,
            leaves: PhantomData<(K, V)>,
        }

        impl<K, V> Rest<K, V> {
            fn drop_entries(&mut self) {
                // SAFETY: the unit is that of `free`.
                let end = unsafe { Unit::<K, V>::head(self.at) }.end;
                while self.next < end && !Form::<K, V>::IN_PLACE {
                    // SAFETY: within the unit; a leaf begins where the one before it ends.
                    let leaf = unsafe { self.at.byte_add(self.next) }.cast::<LeafHead>();
                    // SAFETY: a leaf that is whole.
                    let len = unsafe { LeafMemory::<K, V>::len(leaf) };
                    // SAFETY: the same leaf.
                    let cells = unsafe { LeafMemory::<K, V>::cells(leaf) };
                    self.next += Unit::<K, V>::leaf_size(len);
                    // SAFETY: N4: so many entries, which nobody comes to after this: `next` is behind them.
                    unsafe { Form::<K, V>::drop_all(cells.as_ptr(), len) };
                }
            }
        }

        impl<K, V> Drop for Rest<K, V> {
            fn drop(&mut self) {
                self.drop_entries();
                // SAFETY: the unit is that of `free`.
                let size = unsafe { Unit::<K, V>::head(self.at) }.size;
                // SAFETY: of the head, the count alone may have something to drop; this is done once: here.
                unsafe { self.at.drop_in_place() };
                let layout = Unit::<K, V>::layout(size).expect("what was allocated has a layout");
                // SAFETY: allocated with this layout, by `Draft::new`.
                unsafe { alloc::alloc::dealloc(self.at.as_ptr().cast(), layout) };
            }
        }

        // SAFETY: the caller's unit.
        let next = unsafe { Self::head(at) }.leaves;
        let mut rest = Rest::<K, V> { at, next, leaves: PhantomData };
        // Not left to `drop`, in which a panic of the first entry would let the others leak.
        rest.drop_entries();
    }
}

/// A unit that is being made. If it is given up, what is in it already is dropped.
struct Draft<K, V> {
    at: NonNull<UnitHead>,
    /// Where the next branch goes.
    branches: usize,
    nodes: PhantomData<(K, V)>,
}

impl<K, V> Drop for Draft<K, V> {
    fn drop(&mut self) {
        // SAFETY: nobody else has seen it.
        unsafe { Unit::<K, V>::free(self.at) };
    }
}

impl<K: Clone, V: Clone> Draft<K, V> {
    /// Room for all of a trie.
    fn new(root: &Link<K, V>) -> Self {
        /// Adds up bytes of branches and bytes of leaves.
        fn add<K, V>(link: &Link<K, V>, sums: &mut [usize; 2]) {
            let (sum, size) = match link.kind() {
                Kind::Empty => return,
                Kind::Leaf(leaf) => (1, Unit::<K, V>::leaf_size(leaf.len())),
                Kind::Branch(branch) => {
                    let mut next = 0;
                    while let Some((child, after)) = branch.next(next) {
                        add(child, sums);
                        next = after;
                    }
                    (0, Unit::<K, V>::branch_size(branch.width()))
                }
            };
            sums[sum] = sums[sum].checked_add(size).expect("capacity overflow");
        }

        let mut sums = [0; 2];
        add(root, &mut sums);
        let size = sums[0].checked_add(sums[1]).and_then(|nodes| nodes.checked_add(FIRST));
        let size = size.expect("capacity overflow");
        let layout = Unit::<K, V>::layout(size).expect("capacity overflow");
        // SAFETY: it is not of size zero: there is a head.
        let at = unsafe { alloc::alloc::alloc(layout) };
        let Some(at) = NonNull::new(at.cast::<UnitHead>()) else { alloc::alloc::handle_alloc_error(layout) };
        let leaves = FIRST + sums[0];
        // SAFETY: the head comes first.
        unsafe { at.write(UnitHead { count: Count::one(), size, leaves, end: leaves, entries: 0 }) };
        Self { at, branches: FIRST, nodes: PhantomData }
    }

    fn head(&self) -> &UnitHead {
        // SAFETY: made by `new`; changed by `leaf` alone, which has it by `&mut`.
        unsafe { self.at.as_ref() }
    }

    /// A node that there is room for.
    fn node_at(&self, offset: usize) -> (NonNull<Owner>, Owner) {
        // SAFETY: by the callers, within the allocation.
        let at = unsafe { self.at.byte_add(offset) }.cast();
        (at, Owner::behind(offset))
    }

    /// Puts a leaf into the unit, whose entries then are its own.
    ///
    /// # Safety
    ///
    /// There is a leaf that nobody changes meanwhile; if `is_lone`, it is the caller's: its entries move, and it is empty afterwards, or may at
    /// least be freed, if they need no drop.
    unsafe fn leaf(&mut self, from: NonNull<LeafHead>, is_lone: bool) -> ManuallyDrop<Link<K, V>> {
        // SAFETY: the caller's promise: a leaf.
        let len = unsafe { LeafMemory::<K, V>::len(from) };
        let (begin, size) = (self.head().end, Unit::<K, V>::leaf_size(len));
        assert!(begin + size <= self.head().size, "room was made for all leaves");
        let (at, owner) = self.node_at(begin);
        let to = at.cast::<LeafHead>();
        // SAFETY: by the assertion there is room, of the layout of such a leaf, and nothing is there yet.
        unsafe { LeafMemory::<K, V>::begin(to, owner, len.max(1)) };
        if is_lone {
            // SAFETY: both have room for `len` entries; they are dropped with the new leaf alone, as is seen to below.
            unsafe { LeafMemory::<K, V>::copy_bits(from, to, len) };
        } else {
            // SAFETY: both have room for `len` entries, and the new leaf is empty.
            unsafe { LeafMemory::<K, V>::share_all(from, to, len) };
        }
        // SAFETY: the new leaf has its entries, with their tags.
        unsafe { LeafMemory::<K, V>::set_len(to, len) };
        if is_lone && !Form::<K, V>::IN_PLACE {
            // What needs no drop stays, so that the old leaf is whole if the clone of another one's entry panics.
            // SAFETY: the caller's leaf, whose entries have moved.
            unsafe { LeafMemory::<K, V>::set_len(from, 0) };
        }
        // SAFETY: the unit is this draft's, and nothing borrows from it.
        let head = unsafe { self.at.as_mut() };
        head.end += size;
        head.entries += len;
        ManuallyDrop::new(Link::of_unit(at, 0))
    }

    /// Puts a node into the unit, with all that is below it.
    ///
    /// # Safety
    ///
    /// If `is_lone`, the link is borrowed by `&mut`, or stands in a branch that is alone and of which that holds: what is alone below gives its
    /// entries away.
    unsafe fn node(&mut self, link: &Link<K, V>, is_lone: bool) -> ManuallyDrop<Link<K, V>> {
        let is_lone = is_lone && link.is_alone();
        let (width, branch) = match (link.node(), link.kind()) {
            // SAFETY: N2: the leaf of a link; if alone, it is the caller's (N3).
            (Some(Node::Leaf(at)), _) => return unsafe { self.leaf(at, is_lone) },
            (Some(Node::Branch(_, width)), Kind::Branch(branch)) => (width, branch),
            _ => return ManuallyDrop::new(Link::EMPTY),
        };
        let begin = self.branches;
        self.branches += Unit::<K, V>::branch_size(width);
        assert!(self.branches <= self.head().leaves, "room was made for all branches");
        let (at, owner) = self.node_at(begin);
        let to = at.cast::<BranchHead>();
        // SAFETY: by the assertion there is room, of the layout of such a branch, and nothing is there yet.
        unsafe { BranchMemory::<K, V>::begin(to, owner, width, branch.len()) };
        let mut next = 0;
        while let Some((child, after)) = branch.next(next) {
            next = after;
            let run = branch.run(after - 1);
            // SAFETY: of a child the same holds as of the branch, and each is come to once.
            let placed = unsafe { self.node(child, is_lone) };
            for index in run.start..run.start + run.length {
                let slot = BranchMemory::<K, V>::slot(to, index);
                // SAFETY: the link is one for all of the run (N5), and of a unit's own links none is dropped (N1).
                let same = unsafe { core::ptr::from_ref(&placed).read() };
                // SAFETY: a slot of the new branch, which nobody else has seen.
                unsafe { slot.write(same) };
            }
        }
        ManuallyDrop::new(Link::of_unit(at, width))
    }

    /// The link that the unit's count of one is for.
    fn done(self, root: ManuallyDrop<Link<K, V>>) -> Link<K, V> {
        mem::forget(self);
        ManuallyDrop::into_inner(root)
    }
}

impl<K, V> Link<K, V> {
    /// Whether what is below is all of a unit, or nothing.
    pub(in super::super) fn is_unit(&self) -> bool {
        let Some(unit) = self.unit() else { return self.is_empty() };
        // The root is the first node, and no other one is there.
        let first = unit.as_ptr().cast::<u8>().wrapping_add(FIRST).addr();
        self.node().is_some_and(|node| match node {
            Node::Leaf(at) => at.addr().get() == first,
            Node::Branch(at, _) => at.addr().get() == first,
        })
    }

    /// The same in a unit of its own. Nothing has happened if a `Clone` panics.
    pub(in super::super) fn to_unit(&self) -> Self
    where
        K: Clone,
        V: Clone,
    {
        if self.is_unit() {
            return self.clone();
        }
        let mut draft = Draft::new(self);
        // SAFETY: nothing is given away.
        let root = unsafe { draft.node(self, false) };
        draft.done(root)
    }

    /// The same in a unit of its own, to which entries move that nobody else has. Nothing has happened if a `Clone` panics.
    pub(in super::super) fn become_unit(&mut self)
    where
        K: Clone,
        V: Clone,
    {
        if self.is_unit() {
            return;
        }
        let mut draft = Draft::new(self);
        // SAFETY: borrowed by `&mut`.
        let root = unsafe { draft.node(self, true) };
        // What is left of the old nodes has no entry of its own, so this runs nobody's destructor.
        *self = draft.done(root);
    }

    /// Bytes of the node itself, with those of its entries that stand elsewhere.
    pub(in super::super) fn size(&self) -> usize {
        let (layout, apart) = match (self.node(), self.kind()) {
            (Some(Node::Leaf(at)), Kind::Leaf(leaf)) => {
                // SAFETY: N2: the leaf of a link.
                let cap = unsafe { LeafMemory::<K, V>::cap(at) };
                (LeafMemory::<K, V>::layout(cap), leaf.len() * Form::<K, V>::APART)
            }
            (Some(Node::Branch(_, width)), _) => (BranchMemory::<K, V>::layout(width), 0),
            _ => return 0,
        };
        // Where one stands right behind the other, with what is between them.
        let layout = if self.is_in_unit() { layout.pad_to_align() } else { layout };
        layout.size() + apart
    }

    /// Of the unit that the node is in, if it is in one: what tells it from others, and its bytes, likewise.
    pub(in super::super) fn unit_size(&self) -> Option<(usize, usize)> {
        let unit = self.unit()?;
        // SAFETY: N2: there is a link.
        let head = unsafe { Unit::<K, V>::head(unit) };
        Some((unit.addr().get(), head.size + head.entries * Form::<K, V>::APART))
    }
}

/// Links into one unit, which are counted, or given up, with one access to its count.
#[derive(Default)]
pub(super) struct Batch {
    unit: Option<NonNull<UnitHead>>,
    /// Its addresses: whether another link leads into it is seen without a look at the node.
    addresses: core::ops::Range<usize>,
    links: usize,
}

impl Batch {
    /// One link more, which leads into a unit. If that is another unit, what there was until now comes out, to be done first.
    #[inline]
    pub(super) fn add<K, V>(&mut self, link: &Link<K, V>) -> Self {
        if self.addresses.contains(&link.address()) {
            self.links += 1;
            return Self::default();
        }
        let Some(unit) = link.unit() else { return Self::default() };
        let first = unit.addr().get();
        // SAFETY: N2: there is a link.
        let size = unsafe { Unit::<K, V>::head(unit) }.size;
        mem::replace(self, Self { unit: Some(unit), addresses: first..first + size, links: 1 })
    }

    /// All of it.
    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Counts the links once more. Their owner is there meanwhile.
    #[inline]
    pub(super) fn retain(self) {
        if let Some(unit) = self.unit {
            // SAFETY: N2: there are links.
            unsafe { UnitHead::count(unit) }.retain_many(self.links);
        }
    }

    /// Gives the links up, and frees the unit if they were the last ones.
    ///
    /// # Safety
    ///
    /// They are the caller's, to entries of these types, and nobody uses or drops them after this.
    #[inline]
    pub(super) unsafe fn release<K, V>(self) {
        if let Some(unit) = self.unit
            // SAFETY: N2: there are links until now.
            && unsafe { UnitHead::count(unit) }.release_many(self.links)
        {
            // SAFETY: N2: they were the last ones.
            unsafe { Unit::<K, V>::free(unit) };
        }
    }
}
