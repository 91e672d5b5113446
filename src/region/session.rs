//! The tokens of a session: `Ctx` writes, `View` reads.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Index, IndexMut};
use core::ptr::NonNull;

use super::brand::{Brand, Rebrand};
use super::disjoint::Disjoint;
use super::{Ref, Region};
use crate::arena::Arena;
use crate::error::DuplicateRef;

/// The token of an open session with brand `'r`: whoever has it exclusively may write any node of the region.
///
/// - `ctx[r]` by `&Ctx` gives `&T`, by `&mut Ctx` gives `&mut T`; both are plain loads and stores.
/// - [`alloc`](Self::alloc) and its kin take `&self`, so nodes can be made while others are being read.
/// - [`get_disjoint_mut`](Self::get_disjoint_mut) gives several nodes at once.
/// - [`view`](Self::view) gives read tokens that other threads can use.
///
/// A `Ctx` is `Send` and not `Sync`: `&mut Ctx` can be lent to a scoped thread, which then is the session's only writer.
pub struct Ctx<'r> {
    // Not `Sync`, which keeps `alloc` by `&self` on one thread.
    pub(crate) arena: Arena,
    _brand: Brand<'r>,
}

// SAFETY: every node of the arena was `Send` when it was allocated (`alloc`) or belongs to a region whose nodes were
// (`adopt`), and the arena's own state is reached through the token only.
unsafe impl Send for Ctx<'_> {}

impl<'r> Ctx<'r> {
    /// # Safety
    /// Whoever can name `'r` knows no other `Ctx` of that brand: the crate makes them with `'static` and hands them only to
    /// closures that are generic in the brand.
    #[inline]
    pub(crate) const unsafe fn new(arena: Arena) -> Self {
        Ctx { arena, _brand: PhantomData }
    }

    /// Makes a node of a finished value. O(1) amortised; aborts when memory is exhausted, as `Box::new` does.
    ///
    /// A node without a destructor takes its size rounded up to 8 bytes, 8 at least, and no header; one with a destructor takes
    /// 16 bytes more (a slice of such, 24); an alignment above 8 may cost padding. It lives until the region is dropped or [compacted](Region::compact) without a way to it.
    ///
    /// `T: 'r` for a brand that the caller does not know means: what `T` borrows is of this region or `'static`.
    ///
    /// # Panics
    /// When the size of the value overflows the address space.
    #[inline(always)]
    pub fn alloc<T: Send + 'r>(&self, value: T) -> Ref<'r, T> {
        // SAFETY: `T: 'r` for a universally quantified brand, so a `T` borrows nothing shorter than the region's own
        // brand or `'static`; and `T: Send`.
        let node = unsafe { self.arena.alloc(value) };
        // SAFETY: a whole node of this session's arena.
        unsafe { Ref::new(node) }
    }

    /// Makes a node whose value needs its own address: a self-loop, or two nodes that refer to each other.
    ///
    /// The closure gets the reference before the node exists, and no session to read it with.
    ///
    /// # Aborts
    /// When the closure panics, since copies of the reference may have escaped by then.
    ///
    /// ```
    /// # use polder::{Rebrand, Ref, Region};
    /// #[derive(Rebrand)]
    /// struct Node<'r> {
    ///     me: Ref<'r, Node<'r>>,
    /// }
    ///
    /// let node: Region<Ref<'static, Node<'static>>> = Region::new(|ctx| ctx.alloc_cyclic(|me| Node { me }));
    /// assert!(node.read(|node, view| view[*node].me == *node));
    /// ```
    pub fn alloc_cyclic<T: Send + 'r>(&mut self, make: impl FnOnce(Ref<'r, T>) -> T) -> Ref<'r, T> {
        struct AbortOnDrop;
        impl Drop for AbortOnDrop {
            fn drop(&mut self) {
                abort();
            }
        }
        /// A function of another language's kind is not left by a panic: this aborts, with or without std.
        extern "C" fn abort() -> ! {
            panic!("the closure of `alloc_cyclic` panicked; references to its unfinished node may be about")
        }
        let room = self.arena.reserve::<T>();
        let unfinished = AbortOnDrop;
        // SAFETY: a whole node before this call returns, and until then the token is borrowed; else the process ends.
        let node = unsafe { Ref::new(room.value) };
        let value = make(node);
        core::mem::forget(unfinished);
        // SAFETY: the room is fresh, aligned and large enough; nobody could read it, for lack of a token.
        unsafe { room.value.write(value) };
        // SAFETY: reserved above, initialised on the line before, and `alloc`'s clauses hold as they do there.
        unsafe { self.arena.commit(&room) };
        node
    }

    /// Makes one node of all items, in order. O(n); items that do not come as a `Vec` are collected into one first.
    ///
    /// The iterator runs to its end before the region is touched, so it may itself allocate in this session, and may panic.
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let squares: Region<Ref<'static, [u64]>> = Region::new(|ctx| ctx.alloc_slice((0..5).map(|n| n * n)));
    /// assert_eq!(squares.read(|squares, view| view[*squares].iter().sum::<u64>()), 30);
    /// ```
    pub fn alloc_slice<T: Send + 'r>(&self, items: impl IntoIterator<Item = T>) -> Ref<'r, [T]> {
        let items: Vec<T> = items.into_iter().collect();
        // SAFETY: as in `alloc`, for every item.
        let node = unsafe { self.arena.alloc_slice(items) };
        // SAFETY: a whole node of this session's arena.
        unsafe { Ref::new(node) }
    }

    /// Makes a node of a copy of `text`. O(n).
    pub fn alloc_str(&self, text: &str) -> Ref<'r, str> {
        // SAFETY: bytes borrow nothing, are `Send`, and the original stays as valid as it was, since `u8` is `Copy`.
        let bytes = unsafe { self.arena.copy_slice(NonNull::from(text.as_bytes())) };
        let text: *mut str = bytes.as_ptr() as *mut str;
        // SAFETY: comes from a `NonNull`.
        let node = unsafe { NonNull::new_unchecked(text) };
        // SAFETY: a whole node of this session's arena, of UTF-8 as `text` is.
        unsafe { Ref::new(node) }
    }

    /// Merges a region into this one: its nodes become this session's, and its root is returned. O(1).
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let child: Region<Ref<'static, u64>> = Region::new(|ctx| ctx.alloc(2));
    /// let parent: Region<Vec<Ref<'static, u64>>> = Region::new(|ctx| vec![ctx.alloc(1), ctx.adopt(child)]);
    /// assert_eq!(parent.read(|nodes, view| nodes.iter().map(|n| view[*n]).sum::<u64>()), 3);
    /// ```
    #[must_use = "the root of the child is the way to its nodes"]
    pub fn adopt<C: Rebrand>(&self, child: Region<C>) -> C::At<'r> {
        // SAFETY: the nodes become this session's, and the root is given its brand.
        let (root, ctx) = unsafe { child.into_parts() };
        self.arena.absorb(ctx.arena);
        // SAFETY: lifetimes do not change a type's layout. The root's references point to nodes that are now of this
        // session's region, whose brand is `'r`; the child was taken by value, so none of them exist elsewhere.
        unsafe { rebrand::<'r, C>(root) }
    }

    /// Several distinct nodes at once, for writing: a tuple of up to eight references of any types, or an array of them.
    /// O(n²) comparisons of addresses, for n references.
    ///
    /// # Errors
    /// [`DuplicateRef`] when two of them point to the same node.
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let mut pair: Region<(Ref<'static, u64>, Ref<'static, u64>)> = Region::new(|ctx| (ctx.alloc(1), ctx.alloc(2)));
    /// pair.open(|&mut (a, b), ctx| {
    ///     let (x, y) = ctx.get_disjoint_mut((a, b)).unwrap();
    ///     core::mem::swap(x, y);
    ///     assert_eq!((ctx[a], ctx[b]), (2, 1));
    ///     assert!(ctx.get_disjoint_mut([a, a]).is_err());
    /// });
    /// ```
    #[inline]
    pub fn get_disjoint_mut<D: Disjoint<'r>>(&mut self, refs: D) -> Result<D::Mut<'_>, DuplicateRef> {
        refs.check()?;
        // SAFETY: the references are of this session, whose token is borrowed exclusively, and point to distinct nodes.
        Ok(unsafe { refs.borrow_mut() })
    }

    /// A read token for as long as this token is shared. O(1), no code.
    ///
    /// It is `Copy` and may go to other threads, while this one goes on reading and allocating.
    #[inline(always)]
    pub fn view(&self) -> View<'_, 'r> {
        // SAFETY: the token is shared for as long as the view lasts.
        unsafe { View::new() }
    }

    /// Bytes of memory that the region holds for its nodes. O(1).
    pub fn bytes(&self) -> usize {
        self.arena.bytes()
    }
}

/// Moves a root of a region at rest to the brand of a session.
///
/// # Safety
/// The nodes that `root` refers to belong to the session with brand `'r`.
#[inline]
unsafe fn rebrand<'r, R: Rebrand>(root: R::At<'static>) -> R::At<'r> {
    let root = ManuallyDrop::new(root);
    let at: *const R::At<'r> = (&raw const *root).cast();
    // SAFETY: both are members of one family, so they differ in a lifetime only; `root` is not used again.
    unsafe { at.read() }
}

impl<'r, T: ?Sized> Index<Ref<'r, T>> for Ctx<'r> {
    type Output = T;

    #[inline(always)]
    fn index(&self, node: Ref<'r, T>) -> &T {
        // SAFETY: the brand says that the node is of this session's region, where it lives as long as the session; the
        // token is shared, so nobody writes nodes.
        unsafe { node.node().as_ref() }
    }
}

impl<'r, T: ?Sized> IndexMut<Ref<'r, T>> for Ctx<'r> {
    #[inline(always)]
    fn index_mut(&mut self, node: Ref<'r, T>) -> &mut T {
        // SAFETY: the brand says that the node is of this session's region; the token is exclusive, so no other reference
        // to any node exists.
        unsafe { node.node().as_mut() }
    }
}

impl fmt::Debug for Ctx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx").field("bytes", &self.bytes()).finish()
    }
}

/// A read token: `view[r]` and [`get`](View::get) read any node of the region whose brand is `'r`, for as long as `'x`.
///
/// Zero-sized, `Copy`, `Send` and `Sync`: functions that only read take a `View` and serve an open region, a closed one and
/// a frozen graph alike, on any number of threads.
#[derive(Clone, Copy)]
pub struct View<'x, 'r> {
    // Implies `'r: 'x`, as `&'x Ctx<'r>` does.
    _token: PhantomData<&'x Brand<'r>>,
}

impl<'x, 'r> View<'x, 'r> {
    /// # Safety
    /// During `'x`, nobody has the session's token exclusively, and the region lives.
    #[inline(always)]
    pub(crate) const unsafe fn new() -> Self {
        View { _token: PhantomData }
    }

    /// Reads a node, for as long as the token lasts. (`view[r]` borrows from the `View` itself, which is shorter.)
    #[inline(always)]
    pub fn get<T: ?Sized>(self, node: Ref<'r, T>) -> &'x T {
        // SAFETY: the brand says that the node is of this session's region, which lives and is not written during `'x`. If
        // `T` is not `Sync`, a `Ref` to it is not `Send` and no `Send` node holds one, so all its copies are on one thread.
        unsafe { node.node().as_ref() }
    }
}

impl<'r, T: ?Sized> Index<Ref<'r, T>> for View<'_, 'r> {
    type Output = T;

    #[inline(always)]
    fn index(&self, node: Ref<'r, T>) -> &T {
        self.get(node)
    }
}

impl fmt::Debug for View<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View")
    }
}
