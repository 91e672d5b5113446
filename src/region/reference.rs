//! `Ref`: a copyable pointer to a node.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::brand::Brand;

/// A pointer to a node of an open region: `Copy`, one word (two for slices and trait objects), and inert without a token
/// of its brand.
///
/// Nodes refer to each other with it, in any shape, cycles included. It is read with `ctx[r]` or `view[r]` and written with
/// `ctx[r]` by an exclusive [`Ctx`](crate::Ctx). `Option<Ref<'r, T>>` is no larger. There is no `Deref`: a
/// destructor could otherwise read a node that is gone.
///
/// Two `Ref`s are equal if they point to the same node; `Hash` and `Debug` look at the address only. Since a compaction
/// moves nodes, no order is offered.
///
/// A node may be sliced or unsized: [`Ctx::alloc_slice`](crate::Ctx::alloc_slice) gives a `Ref<'r, [T]>`,
/// [`unsize!`](crate::unsize) makes a `Ref<'r, dyn Trait>`.
///
/// # Threads
/// A `Ref<'r, T>` is `Send` and `Sync` if `T: Send + Sync`, as an `Arc<T>` is. So a region that is `Send` cannot hold
/// nodes with a `Cell` behind a `Ref`: nodes are plain data, and the session's token gives `&mut` to them.
pub struct Ref<'r, T: ?Sized> {
    node: NonNull<T>,
    // Invariant in `T`, and neither `Send` nor `Sync` but for the implementations below.
    _brand: PhantomData<(Brand<'r>, *mut T)>,
}

// SAFETY: with a token of its brand, a `Ref` gives `&T` on any thread that has it (so `T: Sync`), and the owner of a
// `Ctx` that came along may move the `T` out with `mem::replace` (so `T: Send`). Without a token it gives nothing.
unsafe impl<T: ?Sized + Send + Sync> Send for Ref<'_, T> {}
// SAFETY: a shared `Ref` is copied to a `Ref`, so sharing is sending.
unsafe impl<T: ?Sized + Send + Sync> Sync for Ref<'_, T> {}

impl<'r, T: ?Sized> Ref<'r, T> {
    /// # Safety
    /// `node` is a whole node of the region of brand `'r`, or will be before a token of that brand can be used.
    #[inline(always)]
    pub(crate) const unsafe fn new(node: NonNull<T>) -> Self {
        Ref { node, _brand: PhantomData }
    }

    #[inline(always)]
    pub(crate) const fn node(self) -> NonNull<T> {
        self.node
    }

    /// Address of the node, which is its identity within the session.
    ///
    /// Compaction and cloning give nodes other addresses.
    #[inline]
    pub fn addr(self) -> usize {
        self.node.cast::<u8>().addr().get()
    }

    /// The expansion of [`unsize!`](crate::unsize).
    ///
    /// # Safety
    /// `coerce` is an unsizing coercion and nothing else: it returns its argument.
    #[doc(hidden)]
    #[inline(always)]
    pub unsafe fn __unsize<U: ?Sized>(self, coerce: impl FnOnce(*mut T) -> *mut U) -> Ref<'r, U> {
        let node = coerce(self.node.as_ptr());
        // SAFETY: comes from a `NonNull` through a coercion, which does not change the address.
        let node = unsafe { NonNull::new_unchecked(node) };
        // SAFETY: the same node.
        unsafe { Ref::new(node) }
    }
}

/// Makes a [`Ref`] to an unsized type from one to a sized type: `unsize!(r => dyn Shape + Send + Sync)`.
///
/// The macro is the unsizing coercion that the compiler does by itself for `&T` and `Box<T>`, and costs nothing. Write the
/// trait object with `Send + Sync` if the region is to be `Send`. A type that holds such a reference cannot be
/// [relocated](crate::Relocate), since nothing tells how to trace what is behind it.
///
/// ```
/// use polder::{Rebrand, Ref, Region, unsize};
///
/// trait Shape {
///     fn area(&self) -> f64;
/// }
/// struct Square(f64);
/// impl Shape for Square {
///     fn area(&self) -> f64 {
///         self.0 * self.0
///     }
/// }
///
/// #[derive(Rebrand)]
/// struct Scene<'r> {
///     shapes: Vec<Ref<'r, dyn Shape + Send + Sync>>,
/// }
///
/// let scene: Region<Scene<'static>> = Region::new(|ctx| {
///     let square = ctx.alloc(Square(2.0));
///     Scene { shapes: vec![unsize!(square => dyn Shape + Send + Sync)] }
/// });
/// assert_eq!(scene.read(|scene, view| view[scene.shapes[0]].area()), 4.0);
/// ```
#[macro_export]
macro_rules! unsize {
    ($node:expr => $target:ty) => {{
        let node: $crate::Ref<'_, _> = $node;
        // SAFETY: the closure body is a coercion site from `*mut T` to `*mut Target`, and between raw pointers only
        // unsizing coerces.
        unsafe {
            $crate::Ref::__unsize(node, |node| {
                let node: *mut $target = node;
                node
            })
        }
    }};
}

impl<T: ?Sized> Clone for Ref<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Ref<'_, T> {}

impl<T: ?Sized> PartialEq for Ref<'_, T> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.addr() == other.addr()
    }
}

impl<T: ?Sized> Eq for Ref<'_, T> {}

impl<T: ?Sized> Hash for Ref<'_, T> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.addr().hash(state);
    }
}

impl<T: ?Sized> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({:#x})", self.addr())
    }
}
