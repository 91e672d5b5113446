//! Compaction and splitting: moving the live nodes to fresh chunks, as a change of brand.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::{TypeId, type_name};
use core::marker::PhantomData;
use core::mem::{self, ManuallyDrop};
use core::ptr::NonNull;

use super::brand::{Brand, Rebrand};
use super::{Ctx, Ref, Region};
use crate::arena::{Arena, FromSpace, Spans, Vacant};
use crate::error::SplitError;

/// Families whose members can move from one brand to another: what [`Region::compact`] and [`Region::split`] ask for.
///
/// The one method takes a value of the old brand `'o` apart and returns it at the new brand `'n`. Since nothing of the old
/// brand fits into the result, every [`Ref`] in it must have gone through the [`Mover`]: the compiler checks the
/// tracing, and the trait is safe. A careless implementation can lose data, and nothing else.
///
/// `#[derive(Relocate)]` writes it field by field. A type with a `Drop` implementation cannot be taken apart, so the derive
/// refuses it (E0119): write the method by hand, `mem::take` the fields out and `mem::forget` the shell. Types that hold a
/// `Ref` to a trait object, or a closure that holds a `Ref`, cannot implement it, so a region with them cannot be
/// compacted, which is known at compile time.
///
/// ```
/// use polder::{Mover, Rebrand, Ref, Relocate};
///
/// struct Node<'r> {
///     val: u64,
///     next: Option<Ref<'r, Node<'r>>>,
/// }
/// impl Rebrand for Node<'static> {
///     type At<'r> = Node<'r>;
/// }
/// impl Relocate for Node<'static> {
///     fn relocate<'o, 'n>(node: Node<'o>, mover: &mut Mover<'o, 'n>) -> Node<'n> {
///         Node { val: node.val, next: node.next.map(|next| mover.mv::<Node<'static>>(next)) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be relocated",
    note = "derive it with `#[derive(Rebrand, Relocate)]`; a field marked `#[region(default)]` is made anew instead"
)]
pub trait Relocate: Rebrand {
    /// Moves a value from brand `'o` to brand `'n`.
    fn relocate<'o, 'n>(value: Self::At<'o>, mover: &mut Mover<'o, 'n>) -> Self::At<'n>;
}

/// Turns references of the old brand `'o` into references of the new brand `'n`: see [`Relocate`].
pub struct Mover<'o, 'n> {
    from: FromSpace,
    /// Leaked when a `relocate` panics: some of its nodes are unfinished then.
    to: ManuallyDrop<Arena>,
    /// The latest node that is copied and still holds references of the old brand.
    latest: Option<Copied>,
    /// Those before it, latest last.
    queue: Vec<Copied>,
    split: Option<Box<FirstPart>>,
    _brands: PhantomData<(Brand<'o>, Brand<'n>)>,
}

/// A copied node, and what rewrites its references.
struct Copied {
    node: NonNull<u8>,
    len: usize,
    kind: &'static Kind,
}

/// What there is to know of the nodes of a type.
struct Kind {
    /// The family of a single node; for a slice the id of [`SliceOf`], which is no family.
    family: TypeId,
    rewrite: for<'m, 'o, 'n> unsafe fn(NonNull<u8>, usize, &'m mut Mover<'o, 'n>),
}

impl Kind {
    const fn one<F: Relocate>() -> &'static Kind {
        const { &Kind { family: TypeId::of::<F>(), rewrite: rewrite_one::<F> } }
    }

    const fn slice<F: Relocate>() -> &'static Kind {
        const { &Kind { family: TypeId::of::<SliceOf<F>>(), rewrite: rewrite_slice::<F> } }
    }
}

/// Stands for the slices of a family.
struct SliceOf<F>(PhantomData<F>);

/// The nodes that the first root of a split reaches.
struct FirstPart {
    arena: ManuallyDrop<Arena>,
    spans: Spans,
    /// References from the second part, and the node type of the first such.
    shared: usize,
    node_type: &'static str,
}

impl<'o, 'n> Mover<'o, 'n> {
    fn new(from: Arena) -> Self {
        Mover {
            from: FromSpace::new(from),
            to: ManuallyDrop::new(Arena::new()),
            latest: None,
            queue: Vec::new(),
            split: None,
            _brands: PhantomData,
        }
    }

    /// The place that a node moves to. O(1): on the first visit it is copied, and its references follow later, without
    /// recursion.
    // Inlined whole: a call per reference is a sixth of a list's compaction (`regions/collect`).
    #[inline(always)]
    pub fn mv<F: Relocate>(&mut self, node: Ref<'o, F::At<'o>>) -> Ref<'n, F::At<'n>> {
        let old = node.node().cast::<u8>();
        // SAFETY: a node of the region being moved, by its brand.
        match unsafe { self.from.visit(old) } {
            Ok(copy) => {
                self.note_visit(copy, type_name::<F>());
                // SAFETY: the copy of a whole node.
                unsafe { Ref::new(copy.cast()) }
            }
            Err(vacant) => self.first_visit::<F>(old, vacant),
        }
    }

    #[inline(always)]
    fn first_visit<F: Relocate>(&mut self, old: NonNull<u8>, vacant: Vacant) -> Ref<'n, F::At<'n>> {
        self.make_room_in_queue();
        let room = self.to.reserve::<F::At<'n>>();
        let source = old.cast::<F::At<'n>>();
        // SAFETY: a whole node, and room for one: members of one family differ in lifetimes only. The original is moved out:
        // `forward` below makes sure that nobody takes it for a value again.
        unsafe { room.value.copy_from_nonoverlapping(source, 1) };
        // SAFETY: reserved and initialised above; the type is `Send` at every lifetime, and borrows nothing shorter than `'n`.
        unsafe { self.to.commit(&room) };
        // SAFETY: its bits are copied.
        unsafe { self.from.forward(vacant, room.value.cast()) };
        self.enqueue::<F>(Copied { node: room.value.cast(), len: 1, kind: Kind::one::<F>() });
        // SAFETY: a whole node of the new brand once the queue is worked off, before which no session begins.
        unsafe { Ref::new(room.value) }
    }

    /// As [`mv`](Self::mv), for a slice.
    pub fn mv_slice<F: Relocate>(&mut self, node: Ref<'o, [F::At<'o>]>) -> Ref<'n, [F::At<'n>]> {
        let len = node.node().len();
        let copy = self.copy_slice::<F>(node.node().cast(), len, type_name::<[F]>());
        // SAFETY: a whole node of the new brand once the queue is worked off, before which no session begins.
        unsafe { Ref::new(NonNull::slice_from_raw_parts(copy, len)) }
    }

    /// As [`mv`](Self::mv), for a string.
    pub fn mv_str(&mut self, node: Ref<'o, str>) -> Ref<'n, str> {
        let len = (node.node().as_ptr() as *mut [u8]).len();
        let copy = self.copy_slice::<u8>(node.node().cast(), len, type_name::<str>());
        let text = NonNull::slice_from_raw_parts(copy, len).as_ptr() as *mut str;
        // SAFETY: comes from a `NonNull`.
        let text = unsafe { NonNull::new_unchecked(text) };
        // SAFETY: the copy of a whole node.
        unsafe { Ref::new(text) }
    }

    /// The copy of the slice node at `items`, which is one of the region being moved.
    fn copy_slice<F: Relocate>(
        &mut self,
        items: NonNull<F::At<'o>>,
        len: usize,
        node_type: &'static str,
    ) -> NonNull<F::At<'n>> {
        let old = items.cast::<u8>();
        // SAFETY: a node of the region being moved, by the brand of the references that this is called with.
        let vacant = match unsafe { self.from.visit(old) } {
            Ok(copy) => {
                self.note_visit(copy, node_type);
                return copy.cast();
            }
            Err(vacant) => vacant,
        };
        self.make_room_in_queue();
        let room = self.to.reserve_slice::<F::At<'n>>(len);
        let copy = room.cast::<F::At<'n>>();
        // SAFETY: as in `first_visit`, for `len` items.
        unsafe { copy.copy_from_nonoverlapping(items.cast(), len) };
        // SAFETY: as in `first_visit`.
        unsafe { self.to.commit_slice(room) };
        // SAFETY: its bits are copied.
        unsafe { self.from.forward(vacant, copy.cast()) };
        self.enqueue::<F>(Copied { node: copy.cast(), len, kind: Kind::slice::<F>() });
        copy
    }

    /// Before anything is changed, so that [`enqueue`](Self::enqueue) cannot fail: a node that is forwarded and not queued
    /// would keep its old references.
    #[inline(always)]
    fn make_room_in_queue(&mut self) {
        if self.latest.is_some() {
            self.queue.reserve(1);
        }
    }

    /// Remembers a copied node, unless its family is too small to hold a reference.
    #[inline(always)]
    fn enqueue<F: Relocate>(&mut self, copied: Copied) {
        if size_of::<F::At<'static>>() < size_of::<Ref<'static, ()>>() {
            return;
        }
        if let Some(earlier) = self.latest.replace(copied) {
            self.queue.push(earlier);
        }
    }

    /// In the second half of a split: counts references into the first part.
    #[inline(always)]
    fn note_visit(&mut self, copy: NonNull<u8>, node_type: &'static str) {
        let Some(first) = &mut self.split else { return };
        if first.spans.grain(copy.addr().get()).is_some() {
            if first.shared == 0 {
                first.node_type = node_type;
            }
            first.shared += 1;
        }
    }

    /// Rewrites the references of all copied nodes, which may copy more.
    fn work_off(&mut self) {
        while let Some(Copied { node, len, kind }) = self.latest.take().or_else(|| self.queue.pop()) {
            // SAFETY: queued once, with the function for its type, when its bits were copied.
            unsafe { (kind.rewrite)(node, len, self) };
        }
    }

    fn into_parts(self) -> (FromSpace, Arena, Option<Box<FirstPart>>) {
        debug_assert!(self.latest.is_none() && self.queue.is_empty());
        (self.from, ManuallyDrop::into_inner(self.to), self.split)
    }
}

/// Goes on with the node found last as long as it is of the same family: a long list is one loop, with no call per node.
///
/// # Safety
/// `node` holds a member of `F` at brand `'o`, whose bits nobody else owns.
unsafe fn rewrite_one<F: Relocate>(mut node: NonNull<u8>, _len: usize, mover: &mut Mover<'_, '_>) {
    loop {
        // SAFETY: the caller's clause; later, that of a queued node, whose family is `F`.
        unsafe { rewrite_at::<F>(node.cast(), mover) };
        match mover.latest.take_if(|next| next.kind.family == TypeId::of::<F>()) {
            Some(next) => node = next.node,
            None => return,
        }
    }
}

/// # Safety
/// As [`rewrite_one`], for `len` items.
unsafe fn rewrite_slice<F: Relocate>(node: NonNull<u8>, len: usize, mover: &mut Mover<'_, '_>) {
    for index in 0..len {
        // SAFETY: in bounds, by the caller.
        let item = unsafe { node.cast::<F::At<'static>>().add(index) };
        // SAFETY: the caller's clause.
        unsafe { rewrite_at::<F>(item, mover) };
    }
}

/// # Safety
/// As [`rewrite_one`].
#[inline(always)]
unsafe fn rewrite_at<'o, 'n, F: Relocate>(item: NonNull<F::At<'static>>, mover: &mut Mover<'o, 'n>) {
    // SAFETY: the caller's clause; written again two lines below, or leaked with its arena when `relocate` panics.
    let value = unsafe { item.cast::<F::At<'o>>().read() };
    let value = F::relocate(value, mover);
    // SAFETY: room for a member of the family, vacated above.
    unsafe { item.cast::<F::At<'n>>().write(value) };
}

impl<R: Relocate> Region<R> {
    /// Moves the nodes that are reachable from the root to fresh chunks, in the order of visiting, and drops the others.
    ///
    /// O(live nodes + nodes with a destructor + c log c for c chunks), and O(log c) for a reference that leads from one chunk
    /// into another. While it runs, it holds the copies and a bit for every 8 bytes of the old chunks.
    ///
    /// Worth it when the region holds more than twice what was live after the last time; never done implicitly.
    ///
    /// # Panics
    /// When a `relocate` panics: the region is gone then, and its memory leaked. When the destructor of an unreachable node
    /// panics: the others run, and the region is dropped.
    ///
    /// ```
    /// # use polder::{Rebrand, Ref, Region, Relocate};
    /// #[derive(Rebrand, Relocate)]
    /// struct Stack<'r> {
    ///     top: Option<Ref<'r, Item<'r>>>,
    /// }
    /// #[derive(Rebrand, Relocate)]
    /// struct Item<'r> {
    ///     below: Option<Ref<'r, Item<'r>>>,
    /// }
    ///
    /// let mut stack: Region<Stack<'static>> = Region::new(|ctx| {
    ///     let mut top = None;
    ///     for _ in 0..1000 {
    ///         top = Some(ctx.alloc(Item { below: top }));
    ///     }
    ///     Stack { top }
    /// });
    /// let before = stack.bytes();
    /// stack.open(|stack, ctx| ctx[stack.top.unwrap()].below = None);
    /// assert!(stack.compact().bytes() < before);
    /// ```
    #[must_use = "the region is consumed, and returned compacted"]
    pub fn compact(self) -> Self {
        // SAFETY: `relocate` is generic in the brands.
        let (root, ctx) = unsafe { self.into_parts() };
        let mut mover = Mover::new(ctx.arena);
        let root = R::relocate(root, &mut mover);
        mover.work_off();
        let (from, to, _) = mover.into_parts();
        // SAFETY: the references of the new root come from the mover.
        let region = unsafe { region_of::<R>(root, to) };
        // SAFETY: nothing refers to the old nodes any more: the root was moved, and so was every node it reaches.
        unsafe { from.finish() };
        region
    }
}

impl<A: Relocate, B: Relocate> Region<(A, B)> {
    /// Moves what the two parts of the root reach into a region each, and drops what neither reaches. Costs as
    /// [`compact`](Region::compact).
    ///
    /// Give the region a pair as its root with [`map_root`](Region::map_root) first.
    ///
    /// # Errors
    /// [`SplitError`] when a node is reached from both; it has the region, whole.
    ///
    /// # Panics
    /// As [`compact`](Region::compact).
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let pair: Region<(Ref<'static, String>, Ref<'static, String>)> =
    ///     Region::new(|ctx| (ctx.alloc("left".into()), ctx.alloc("right".into())));
    /// let (left, right) = pair.split().unwrap();
    /// assert_eq!(left.read(|node, view| view[*node].clone()), "left");
    /// assert_eq!(right.read(|node, view| view[*node].clone()), "right");
    ///
    /// let knot: Region<(Ref<'static, u64>, Ref<'static, u64>)> = Region::new(|ctx| {
    ///     let both = ctx.alloc(1);
    ///     (both, both)
    /// });
    /// let region = knot.split().unwrap_err().into_region();
    /// assert!(region.read(|(a, b), _| a == b));
    /// ```
    pub fn split(self) -> Result<(Region<A>, Region<B>), SplitError<A, B>> {
        // SAFETY: `relocate` is generic in the brands.
        let ((a, b), ctx) = unsafe { self.into_parts() };
        let mut mover = Mover::new(ctx.arena);
        let a = A::relocate(a, &mut mover);
        mover.work_off();
        let first = mem::replace(&mut mover.to, ManuallyDrop::new(Arena::new()));
        let spans = Spans::of(&first);
        mover.split = Some(Box::new(FirstPart { arena: first, spans, shared: 0, node_type: "" }));
        let b = B::relocate(b, &mut mover);
        mover.work_off();
        let (from, second, split) = mover.into_parts();
        let FirstPart { arena: first, shared, node_type, .. } = *split.expect("set above");
        let first = ManuallyDrop::into_inner(first);
        let result = if shared == 0 {
            // SAFETY: the references of `a` and of what it reaches come from the first half, when only `first` was there.
            let a = unsafe { region_of::<A>(a, first) };
            // SAFETY: the mover has seen no reference into `first` in the second half, so all are into `second`.
            let b = unsafe { region_of::<B>(b, second) };
            Ok((a, b))
        } else {
            first.absorb(second);
            // SAFETY: the references of both come from the mover, and all its nodes are in one arena now.
            let region = unsafe { region_of::<(A, B)>((a, b), first) };
            Err(SplitError { region, shared, node_type })
        };
        // SAFETY: as in `compact`.
        unsafe { from.finish() };
        result
    }
}

/// A region of a moved root and its nodes.
///
/// # Safety
/// The references of `root` are to nodes of `arena`.
unsafe fn region_of<R: Rebrand>(root: R::At<'static>, arena: Arena) -> Region<R> {
    // SAFETY: goes into a region, which hands it to closures that are generic in the brand.
    let ctx = unsafe { Ctx::new(arena) };
    // SAFETY: the caller's clause.
    unsafe { Region::from_parts(root, ctx) }
}

impl core::fmt::Debug for Mover<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Mover").field("queued", &self.queue.len()).finish_non_exhaustive()
    }
}
