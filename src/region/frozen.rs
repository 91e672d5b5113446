//! `Frozen` and `FrozenRef`: handles on a deeply read-only region.

use alloc::sync::Arc;
use core::fmt;
use core::ptr::NonNull;

#[cfg(feature = "std")]
use polder_sync::{ArcLike, AtomicRef};

use super::brand::Rebrand;
use super::{Ref, Region, View};
use crate::DeepClone;

/// A region that is deeply read-only, shared by any number of handles on any threads, with one count for all of it.
///
/// Made by [`Region::freeze`]. Reading costs what it costs in an open region: no count is touched per node. Cloning the
/// handle is an atomic increment.
///
/// Nothing reachable changes while any handle is left, but for what a `Sync` cell inside (a mutex, an atomic) changes by
/// itself. A handle on the graph that is put into such a cell of the same graph keeps it for ever, as an `Arc` would.
pub struct Frozen<R: Rebrand> {
    region: Arc<Region<R>>,
}

// Stated where the compiler would derive the same, because rustdoc (1.95) fails on deriving a bound over all brands.

// SAFETY: an `Arc` of a region that is `Send` and `Sync`.
unsafe impl<R: Rebrand> Send for Frozen<R> where for<'r> R::At<'r>: Send + Sync {}
// SAFETY: a shared `Arc` gives its region shared, and is cloned to one that can be sent.
unsafe impl<R: Rebrand> Sync for Frozen<R> where for<'r> R::At<'r>: Send + Sync {}

impl<R: Rebrand> Frozen<R> {
    pub(super) fn new(region: Region<R>) -> Self {
        Frozen { region: Arc::new(region) }
    }

    /// Reads the graph. O(1) to enter; wait-free.
    #[inline]
    pub fn read<U>(&self, session: impl for<'x, 'r> FnOnce(&'x R::At<'r>, View<'x, 'r>) -> U) -> U {
        self.region.read(session)
    }

    /// Takes the region back, if this is the last handle; [`FrozenRef`]s count as handles. O(1).
    ///
    /// # Errors
    /// The handle itself, when there are others.
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let frozen = Region::<Ref<'static, u64>>::new(|ctx| ctx.alloc(1)).freeze();
    /// let other = frozen.clone();
    /// let frozen = frozen.try_thaw().expect_err("`other` is left");
    /// drop(other);
    /// let mut region = frozen.try_thaw().expect("the last handle");
    /// region.open(|n, ctx| ctx[*n] += 1);
    /// ```
    pub fn try_thaw(self) -> Result<Region<R>, Self> {
        Arc::try_unwrap(self.region).map_err(|region| Frozen { region })
    }

    /// Takes the region back if this is the last handle, else a deep clone of it. O(1) or O(live nodes).
    #[must_use = "the handle is consumed"]
    pub fn thaw_or_clone(self) -> Region<R>
    where
        R: DeepClone,
    {
        self.try_thaw().unwrap_or_else(|frozen| Region::clone(&frozen.region))
    }

    /// A handle on one node of the graph, which keeps the whole graph alive. O(1). The node is of a sized type.
    ///
    /// ```
    /// # use polder::{Ref, Region};
    /// let list = Region::<Vec<Ref<'static, u64>>>::new(|ctx| (0..9).map(|n| ctx.alloc(n)).collect()).freeze();
    /// let third = list.project::<u64>(|list, _| list[3]);
    /// drop(list);
    /// assert_eq!(std::thread::spawn(move || third.read(|n, _| *n)).join().unwrap(), 3);
    /// ```
    #[must_use = "a handle that is not kept is dropped at once"]
    pub fn project<F: Rebrand>(
        &self,
        choose: impl for<'x, 'r> FnOnce(&'x R::At<'r>, View<'x, 'r>) -> Ref<'r, F::At<'r>>,
    ) -> FrozenRef<R, F> {
        // The session is entered at the brand of a region at rest, so its result can be kept beside the count.
        // SAFETY: goes to a closure that is generic in the brand.
        let view = unsafe { view_at_rest(&self.region) };
        // SAFETY: goes to the same closure.
        let root = unsafe { self.region.root() };
        let node = choose(root, view).node();
        FrozenRef { graph: self.clone(), node }
    }

    /// Whether two handles are on the same graph. O(1).
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.region, &other.region)
    }

    /// Bytes of memory that the graph holds for its nodes. O(1).
    pub fn bytes(&self) -> usize {
        self.region.bytes()
    }
}

/// A read token at the brand of a region at rest.
///
/// # Safety
/// Goes only to closures that are generic in the brand.
unsafe fn view_at_rest<R: Rebrand>(_region: &Region<R>) -> View<'_, 'static> {
    // SAFETY: the region is borrowed for as long as the view lasts, so nobody opens it for writing.
    unsafe { View::new() }
}

// SAFETY: a `Frozen` is one `Arc`, whose pointer, counts and rules these are: the region gives exclusive access to the only
// handle alone (`try_thaw`). Nothing in here runs foreign code.
#[cfg(feature = "std")]
unsafe impl<R: Rebrand + 'static> ArcLike for Frozen<R>
where
    for<'r> R::At<'r>: Send + Sync,
{
    type Target = Self;

    fn target(&self) -> &Self {
        self
    }

    fn as_raw(&self) -> NonNull<()> {
        let raw = Arc::as_ptr(&self.region).cast_mut();
        // SAFETY: the address of a region that an `Arc` has allocated.
        unsafe { NonNull::new_unchecked(raw.cast()) }
    }

    fn into_raw(self) -> NonNull<()> {
        let raw = Arc::into_raw(self.region).cast_mut();
        // SAFETY: the address of a region that an `Arc` has allocated.
        unsafe { NonNull::new_unchecked(raw.cast()) }
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        // SAFETY: the caller's clauses are those of `Arc::from_raw`.
        Frozen { region: unsafe { Arc::from_raw(raw.as_ptr().cast()) } }
    }

    unsafe fn increment(raw: NonNull<()>) {
        // SAFETY: the caller's clauses are those of `Arc::increment_strong_count`.
        unsafe { Arc::increment_strong_count(raw.as_ptr().cast::<Region<R>>()) }
    }
}

impl<R: Rebrand> From<Region<R>> for Frozen<R>
where
    for<'r> R::At<'r>: Send + Sync,
{
    fn from(region: Region<R>) -> Self {
        region.freeze()
    }
}

impl<R: Rebrand> Clone for Frozen<R> {
    fn clone(&self) -> Self {
        Frozen { region: self.region.clone() }
    }
}

impl<R: Rebrand> fmt::Debug for Frozen<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frozen")
            .field("root", &core::any::type_name::<R>())
            .field("bytes", &self.bytes())
            .field("handles", &Arc::strong_count(&self.region))
            .finish_non_exhaustive()
    }
}

/// A cell that holds a [`Frozen`] region: readers see the graph that was published last, and writers publish another one.
///
/// An [`AtomicRef`] of `Frozen` itself, without an `Arc` around it: a load and a [`Frozen::read`] touch no count and no line
/// that another thread writes. All that is said at `AtomicRef` about progress, consistency and when old values are dropped holds.
///
/// ```
/// use polder::{AtomicFrozen, Ref, Region};
///
/// type Numbers = Vec<Ref<'static, u64>>;
/// let make = |n: u64| Region::<Numbers>::new(|ctx| (0..n).map(|n| ctx.alloc(n)).collect()).freeze();
///
/// let published = AtomicFrozen::new(make(3));
/// let before = published.load();
/// published.store(make(4));
/// assert_eq!(before.read(|numbers, _| numbers.len()), 3);
/// assert_eq!(published.load().read(|numbers, view| view[numbers[3]]), 3);
/// ```
#[cfg(feature = "std")]
pub type AtomicFrozen<R> = AtomicRef<Frozen<R>, Frozen<R>>;

/// A handle on one node of a [`Frozen`] graph, which keeps the whole graph alive.
///
/// Made by [`Frozen::project`]. It counts as a handle of the graph.
pub struct FrozenRef<R: Rebrand, F: Rebrand> {
    graph: Frozen<R>,
    /// A node of `graph`'s region, which does not move while it is frozen.
    node: NonNull<F::At<'static>>,
}

// SAFETY: a handle is a count, which `Frozen` decides about, and a `&F::At` for whoever reads on whichever thread.
unsafe impl<R: Rebrand, F: Rebrand> Send for FrozenRef<R, F>
where
    Frozen<R>: Send,
    for<'r> F::At<'r>: Send + Sync,
{
}
// SAFETY: a shared handle is cloned to one that can be sent, and gives the same `&F::At`.
unsafe impl<R: Rebrand, F: Rebrand> Sync for FrozenRef<R, F>
where
    Frozen<R>: Sync,
    for<'r> F::At<'r>: Send + Sync,
{
}

impl<R: Rebrand, F: Rebrand> FrozenRef<R, F> {
    /// Reads the node, and the graph from there. O(1) to enter; wait-free.
    #[inline]
    pub fn read<U>(&self, session: impl for<'x, 'r> FnOnce(&'x F::At<'r>, View<'x, 'r>) -> U) -> U {
        // SAFETY: goes to a closure that is generic in the brand.
        let view = unsafe { view_at_rest(&self.graph.region) };
        // SAFETY: the node is of the graph's region, which lives and is not written while a handle is left.
        session(unsafe { self.node.as_ref() }, view)
    }

    /// A handle on another node of the same graph. O(1).
    #[must_use = "a handle that is not kept is dropped at once"]
    pub fn project<G: Rebrand>(
        &self,
        choose: impl for<'x, 'r> FnOnce(&'x F::At<'r>, View<'x, 'r>) -> Ref<'r, G::At<'r>>,
    ) -> FrozenRef<R, G> {
        // SAFETY: goes to a closure that is generic in the brand.
        let view = unsafe { view_at_rest(&self.graph.region) };
        // SAFETY: as in `read`.
        let node = choose(unsafe { self.node.as_ref() }, view).node();
        FrozenRef { graph: self.graph.clone(), node }
    }

    /// Whether two handles are on the same node.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.node == other.node
    }

    /// The whole graph.
    pub fn graph(&self) -> &Frozen<R> {
        &self.graph
    }
}

impl<R: Rebrand, F: Rebrand> Clone for FrozenRef<R, F> {
    fn clone(&self) -> Self {
        FrozenRef { graph: self.graph.clone(), node: self.node }
    }
}

impl<R: Rebrand, F: Rebrand> fmt::Debug for FrozenRef<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrozenRef").field("graph", &self.graph).field("node", &core::any::type_name::<F>()).finish()
    }
}
