//! `Region`: the owner.

use alloc::boxed::Box;
use core::fmt;
use core::mem::{self, ManuallyDrop};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

use super::brand::Rebrand;
use super::{Ctx, Frozen, View, teardown};
use crate::arena::Arena;

/// An isolated group of nodes with references of any shape among them, owned as one value and entered through its root.
///
/// One word. Moving it moves nothing else. It is opened for a *session*, a closure that gets the root and a token:
/// [`open`](Self::open) to read and write, [`read`](Self::read) to read. Nothing that refers into the region can leave a
/// session, which is what makes a `Region` an ordinary value: send it to a thread, put it behind a lock, nest it in a node
/// of another region.
///
/// | to | call | cost |
/// |---|---|---|
/// | build | [`new`](Self::new) | two allocations, then a bump of a pointer per node; chunks double up to 16 MiB |
/// | use | [`open`](Self::open), [`read`](Self::read) | nothing |
/// | change the type of the root | [`map_root`](Self::map_root) | O(1) |
/// | share read-only | [`freeze`](Self::freeze) | O(1) |
/// | join with another | [`Ctx::adopt`] | O(1) |
/// | take apart | [`split`](Self::split) | as `compact` |
/// | end | [`dissolve`](Self::dissolve) | as dropping |
/// | free unreachable nodes | [`compact`](Self::compact) | O(live nodes + nodes with a destructor) |
/// | copy | `clone`, if `R: DeepClone` | O(live nodes); recurses into nested regions |
/// | drop | | O(chunks + nodes with a destructor) |
///
/// A panic in a session leaves the region as the work done until then has left it: whole in memory, perhaps half done in
/// meaning.
///
/// # Threads
/// `Send` if the root's type is `Send` at every brand, `Sync` if it is `Sync`. (Nodes are `Send` by [`Ctx::alloc`].)
///
/// # Dropping
/// The root is dropped first, then the nodes, in no promised order; no destructor can see another node. Regions may nest as
/// deep as memory allows: from 64 levels on, a region that is dropped while others are being dropped on the same thread is
/// put aside, and dropped before the outer ones are done. That needs the feature `std`; without it each level takes its share of the stack.
///
/// When a destructor panics, the others still run, and the panic goes on; a second panic meanwhile aborts the process, as
/// it does for the items of a `Vec`.
pub struct Region<R: Rebrand> {
    inner: NonNull<Inner<R::At<'static>>>,
}

/// What a region owns. At rest, the brand is `'static`.
struct Inner<T> {
    root: T,
    ctx: Ctx<'static>,
}

// SAFETY: a region owns its root, which is `Send`, and its nodes, each of which was `Send` when it was allocated.
unsafe impl<R: Rebrand> Send for Region<R> where for<'r> R::At<'r>: Send {}
// SAFETY: a shared region gives `&root` and read tokens, and of its `Ctx`, which is not `Sync`, no method of `&Region` uses
// more than a read. Through a root that is `Sync`, another thread comes only to nodes that are `Sync`: a `Ref` to any other
// node is not `Sync`, nor what holds one.
unsafe impl<R: Rebrand> Sync for Region<R> where for<'r> R::At<'r>: Sync {}

// The arena's bookkeeping is whole whenever user code runs, so only the root decides.
impl<R: Rebrand> UnwindSafe for Region<R> where R::At<'static>: UnwindSafe {}
impl<R: Rebrand> RefUnwindSafe for Region<R> where R::At<'static>: RefUnwindSafe {}

impl<R: Rebrand> Region<R> {
    /// Makes a region in a session of its own; the closure returns the root.
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let numbers: Region<Vec<Ref<'static, u64>>> = Region::new(|ctx| (0..3).map(|n| ctx.alloc(n)).collect());
    /// ```
    ///
    /// # Panics
    /// When the closure does; what it had allocated is dropped then.
    #[inline]
    #[must_use = "a region that is not kept is dropped at once"]
    pub fn new(build: impl for<'x, 'r> FnOnce(&'x mut Ctx<'r>) -> R::At<'r>) -> Self {
        // SAFETY: the token goes to a closure that is generic in the brand.
        let mut ctx = unsafe { Ctx::new(Arena::new()) };
        let root = build(&mut ctx);
        // SAFETY: the root comes from the closure, generic in the brand, so its references are of this token.
        unsafe { Region::from_parts(root, ctx) }
    }

    /// Opens the region for reading and writing. O(1): no flag, no count.
    ///
    /// Takes `&mut self`, so meanwhile nobody else can open, read, move or freeze it.
    #[inline]
    pub fn open<U>(&mut self, session: impl for<'x, 'r> FnOnce(&'x mut R::At<'r>, &'x mut Ctx<'r>) -> U) -> U {
        // SAFETY: a region owns its allocation, and `self` is exclusive.
        let inner = unsafe { self.inner.as_mut() };
        session(&mut inner.root, &mut inner.ctx)
    }

    /// Opens the region for reading. O(1); any number of readers at once, on several threads if the region is `Sync`.
    ///
    /// The result cannot borrow from the region: return owned data, or [`Frozen::project`] a node.
    #[inline]
    pub fn read<U>(&self, session: impl for<'x, 'r> FnOnce(&'x R::At<'r>, View<'x, 'r>) -> U) -> U {
        let inner = self.inner();
        session(&inner.root, inner.ctx.view())
    }

    /// Gives the region another root. O(1): the nodes stay where they are.
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let numbers: Region<Vec<Ref<'static, u64>>> = Region::new(|ctx| (0..3).map(|n| ctx.alloc(n)).collect());
    /// let last: Region<Option<Ref<'static, u64>>> = numbers.map_root(|numbers, _| numbers.last().copied());
    /// assert_eq!(last.read(|last, view| last.map(|n| view[n])), Some(2));
    /// ```
    ///
    /// # Panics
    /// When the closure does; the region is dropped then.
    #[must_use = "the region is consumed, and returned with its new root"]
    pub fn map_root<S: Rebrand>(
        self,
        map: impl for<'x, 'r> FnOnce(R::At<'r>, &'x mut Ctx<'r>) -> S::At<'r>,
    ) -> Region<S> {
        // SAFETY: both go to a closure that is generic in the brand.
        let (root, mut ctx) = unsafe { self.into_parts() };
        let root = map(root, &mut ctx);
        // SAFETY: the root comes from that closure, so its references are of this token.
        unsafe { Region::from_parts(root, ctx) }
    }

    /// Takes the region apart: the closure gets the root by value and a last session. What it does not return is dropped.
    ///
    /// No reference into the region can be in the result. Costs what dropping costs. When the closure panics, the region is
    /// dropped.
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let text: Region<Ref<'static, String>> = Region::new(|ctx| ctx.alloc("out".to_string()));
    /// let text: String = text.dissolve(|node, ctx| core::mem::take(&mut ctx[node]));
    /// assert_eq!(text, "out");
    /// ```
    pub fn dissolve<U>(self, session: impl for<'x, 'r> FnOnce(R::At<'r>, &'x mut Ctx<'r>) -> U) -> U {
        // SAFETY: both go to a closure that is generic in the brand.
        let (root, mut ctx) = unsafe { self.into_parts() };
        session(root, &mut ctx)
    }

    /// Makes the region deeply read-only and shareable, behind one count. O(1): one small allocation, no walk.
    ///
    /// Nothing reachable changes from now on, but for what a `Sync` cell inside (a mutex, an atomic) changes by itself.
    #[must_use = "the region is consumed, and dropped with the handle"]
    pub fn freeze(self) -> Frozen<R>
    where
        for<'r> R::At<'r>: Send + Sync,
    {
        Frozen::new(self)
    }

    /// Bytes of memory that the region holds for its nodes. O(1).
    pub fn bytes(&self) -> usize {
        self.inner().ctx.bytes()
    }

    #[inline]
    fn inner(&self) -> &Inner<R::At<'static>> {
        // SAFETY: a region owns its allocation, and `self` is shared.
        unsafe { self.inner.as_ref() }
    }

    /// The root at rest.
    ///
    /// # Safety
    /// Goes only to code that is generic in the brand.
    #[inline]
    pub(crate) unsafe fn root(&self) -> &R::At<'static> {
        &self.inner().root
    }

    /// A region of a root and its nodes.
    ///
    /// # Safety
    /// The references of `root` are to nodes of `ctx`.
    #[inline]
    pub(crate) unsafe fn from_parts(root: R::At<'static>, ctx: Ctx<'static>) -> Self {
        Region { inner: NonNull::from(Box::leak(Box::new(Inner { root, ctx }))) }
    }

    /// Root and nodes, at rest.
    ///
    /// # Safety
    /// They go only to code that is generic in the brand, and the token of the nodes they end up with goes with the root.
    #[inline]
    pub(crate) unsafe fn into_parts(self) -> (R::At<'static>, Ctx<'static>) {
        let this = ManuallyDrop::new(self);
        // SAFETY: `from_parts` leaked this box, and `this` is not used again.
        let inner = unsafe { Box::from_raw(this.inner.as_ptr()) };
        let Inner { root, ctx } = *inner;
        (root, ctx)
    }
}

/// Frees what a region owns.
///
/// # Safety
/// `inner` was leaked by `Region::<R>::from_parts`, and nobody uses it afterwards.
unsafe fn drop_inner<R: Rebrand>(inner: NonNull<()>) {
    // SAFETY: the caller's clause.
    drop(unsafe { Box::from_raw(inner.cast::<Inner<R::At<'static>>>().as_ptr()) });
}

impl<R: Rebrand> Drop for Region<R> {
    #[inline]
    fn drop(&mut self) {
        let inner = self.inner.cast();
        if mem::needs_drop::<R::At<'static>>() || self.inner().ctx.arena.has_destructors() {
            // SAFETY: the region is being dropped, so this is the last use; contents are `'static` when at rest, so the
            // drop may also come later.
            unsafe { teardown::run(inner, drop_inner::<R>) };
        } else {
            // SAFETY: the region is being dropped, so this is the last use.
            unsafe { drop_inner::<R>(inner) };
        }
    }
}

/// A region whose root is the default one, without nodes.
impl<R: Rebrand> Default for Region<R>
where
    for<'r> R::At<'r>: Default,
{
    fn default() -> Self {
        Region::new(|_| Default::default())
    }
}

impl<R: Rebrand> fmt::Debug for Region<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region")
            .field("root", &core::any::type_name::<R>())
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}
