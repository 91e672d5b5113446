//! Deep clones of regions.

use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::brand::{Brand, Rebrand};
use super::{Ctx, Ref, Region};
use crate::arena::{Arena, Room};

/// Families whose members can be cloned into another region: a region whose root is one is `Clone`.
///
/// Shape is kept: nodes that are shared or lie on cycles are cloned once. As with [`Relocate`](crate::Relocate), the result
/// can hold only references of the new brand `'n`, so the compiler checks the tracing. `#[derive(DeepClone)]` writes it
/// field by field.
///
/// ```
/// use polder::{DeepClone, Rebrand, Ref, Region};
///
/// #[derive(Rebrand, DeepClone)]
/// struct Node<'r> {
///     name: String,
///     other: Option<Ref<'r, Node<'r>>>,
/// }
///
/// let mut pair: Region<Ref<'static, Node<'static>>> = Region::new(|ctx| {
///     let a = ctx.alloc(Node { name: "a".into(), other: None });
///     let b = ctx.alloc(Node { name: "b".into(), other: Some(a) });
///     ctx[a].other = Some(b);
///     a
/// });
/// let copy = pair.clone();
/// pair.open(|a, ctx| ctx[*a].name.push('!'));
/// copy.read(|a, view| {
///     let b = view[*a].other.unwrap();
///     assert_eq!((&*view[*a].name, view[b].other), ("a", Some(*a)));
/// });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cloned into another region",
    note = "derive it with `#[derive(Rebrand, DeepClone)]`; `#[region(skip)]` clones a field with `Clone`"
)]
pub trait DeepClone: Rebrand {
    /// Clones a value of brand `'o` to brand `'n`.
    fn deep_clone<'o, 'n>(value: &Self::At<'o>, cloner: &mut Cloner<'o, 'n>) -> Self::At<'n>;
}

/// Turns references of the brand `'o` into references to clones, of brand `'n`: see [`DeepClone`].
pub struct Cloner<'o, 'n> {
    to: Arena,
    clones: Clones,
    /// Nodes that have a place, and are not cloned yet.
    queue: Vec<Planned>,
    _brands: PhantomData<(Brand<'o>, Brand<'n>)>,
}

/// A node, the place of its clone, and what clones it.
struct Planned {
    node: NonNull<u8>,
    place: NonNull<u8>,
    len: usize,
    clone: for<'c, 'o, 'n> unsafe fn(NonNull<u8>, NonNull<u8>, usize, &'c mut Cloner<'o, 'n>),
}

impl<'o, 'n> Cloner<'o, 'n> {
    /// The place of a node's clone. O(1): the clone itself is made later, without recursion.
    pub fn clone_ref<F: DeepClone>(&mut self, node: Ref<'o, F::At<'o>>) -> Ref<'n, F::At<'n>> {
        let node = node.node().cast();
        let place = self.place_of(node, 1, clone_one::<F>, |to| to.reserve::<F::At<'n>>().value.cast());
        // SAFETY: a whole node of the new brand once the queue is worked off, before which no session begins.
        unsafe { Ref::new(place.cast()) }
    }

    /// As [`clone_ref`](Self::clone_ref), for a slice.
    pub fn clone_slice<F: DeepClone>(&mut self, node: Ref<'o, [F::At<'o>]>) -> Ref<'n, [F::At<'n>]> {
        let (len, node) = (node.node().len(), node.node().cast());
        let place = self.place_of(node, len, clone_slice::<F>, |to| to.reserve_slice::<F::At<'n>>(len).cast());
        // SAFETY: as in `clone_ref`.
        unsafe { Ref::new(NonNull::slice_from_raw_parts(place.cast(), len)) }
    }

    /// As [`clone_ref`](Self::clone_ref), for a string.
    pub fn clone_str(&mut self, node: Ref<'o, str>) -> Ref<'n, str> {
        let bytes = node.node().as_ptr() as *mut [u8];
        // SAFETY: comes from a `NonNull`.
        let bytes = unsafe { NonNull::new_unchecked(bytes) };
        let (len, node) = (bytes.len(), bytes.cast());
        let place = self.place_of(node, len, clone_slice::<u8>, |to| to.reserve_slice::<u8>(len).cast());
        let text = NonNull::slice_from_raw_parts(place, len).as_ptr() as *mut str;
        // SAFETY: comes from a `NonNull`.
        let text = unsafe { NonNull::new_unchecked(text) };
        // SAFETY: as in `clone_ref`; the bytes will be those of a string.
        unsafe { Ref::new(text) }
    }

    fn place_of(
        &mut self,
        node: NonNull<u8>,
        len: usize,
        clone: for<'c, 'a, 'b> unsafe fn(NonNull<u8>, NonNull<u8>, usize, &'c mut Cloner<'a, 'b>),
        reserve: impl FnOnce(&Arena) -> NonNull<u8>,
    ) -> NonNull<u8> {
        *self.clones.entry(node).or_insert_with(|| {
            let place = reserve(&self.to);
            self.queue.push(Planned { node, place, len, clone });
            place
        })
    }
}

/// # Safety
/// `node` is a member of `F` that can be read, `place` was reserved for one by `cloner`, for this call alone.
unsafe fn clone_one<'o, 'n, F: DeepClone>(
    node: NonNull<u8>,
    place: NonNull<u8>,
    _len: usize,
    cloner: &mut Cloner<'o, 'n>,
) {
    // SAFETY: the caller's clause.
    let value = unsafe { node.cast::<F::At<'o>>().as_ref() };
    let value = F::deep_clone(value, cloner);
    let room = Room { value: place.cast::<F::At<'n>>() };
    // SAFETY: the caller's clause.
    unsafe { room.value.write(value) };
    // SAFETY: initialised on the line above. `F::At` is `Send` at every lifetime, since the original could be allocated; and
    // borrows nothing shorter than `'n`, which is universally quantified.
    unsafe { cloner.to.commit(&room) };
}

/// # Safety
/// As [`clone_one`], for `len` items.
unsafe fn clone_slice<'o, 'n, F: DeepClone>(
    node: NonNull<u8>,
    place: NonNull<u8>,
    len: usize,
    cloner: &mut Cloner<'o, 'n>,
) {
    let items = NonNull::slice_from_raw_parts(node.cast::<F::At<'o>>(), len);
    // SAFETY: the caller's clause.
    let items = unsafe { items.as_ref() };
    // First into a vector, which drops them when a later one panics.
    let mut clones: Vec<F::At<'n>> = items.iter().map(|item| F::deep_clone(item, cloner)).collect();
    let place = place.cast::<F::At<'n>>();
    // SAFETY: the caller's clause: room for `len` items, which overlaps nothing.
    unsafe { place.copy_from_nonoverlapping(NonNull::from(clones.as_mut_slice()).cast(), len) };
    // SAFETY: the items were moved out.
    unsafe { clones.set_len(0) };
    // SAFETY: initialised above; and as in `clone_one`.
    unsafe { cloner.to.commit_slice(NonNull::slice_from_raw_parts(place, len)) };
}

/// Clones the region: every node that the root reaches, once each. O(live nodes), without the feature `std` O(n log n); memory for
/// a map of their addresses while it runs. Lists of any length are fine, but regions in regions are cloned by recursion, a level each.
///
/// # Panics
/// When a `Clone` inside does: the region is untouched and what was cloned is dropped.
impl<R: DeepClone> Clone for Region<R> {
    fn clone(&self) -> Self {
        let mut cloner =
            Cloner { to: Arena::new(), clones: Clones::default(), queue: Vec::new(), _brands: PhantomData };
        // SAFETY: `deep_clone` is generic in the brand.
        let root = unsafe { self.root() };
        let root = R::deep_clone(root, &mut cloner);
        while let Some(Planned { node, place, len, clone }) = cloner.queue.pop() {
            // SAFETY: planned once, with the function for its type. The region is borrowed, so its nodes can be read; on
            // another thread only those that are `Sync`, since the region is shared with it only if they are.
            unsafe { clone(node, place, len, &mut cloner) };
        }
        // SAFETY: goes into a region, which hands it to closures that are generic in the brand.
        let ctx = unsafe { Ctx::new(cloner.to) };
        // SAFETY: `deep_clone` is generic in the brands, so the references of the new root come from the cloner.
        unsafe { Region::from_parts(root, ctx) }
    }
}

/// The place of the clone of each node met so far.
#[cfg(feature = "std")]
type Clones = std::collections::HashMap<NonNull<u8>, NonNull<u8>, core::hash::BuildHasherDefault<address::Hasher>>;

/// The place of the clone of each node met so far.
#[cfg(not(feature = "std"))]
type Clones = alloc::collections::BTreeMap<NonNull<u8>, NonNull<u8>>;

#[cfg(feature = "std")]
mod address {
    /// Hashes an address by one multiplication: the low bits are zero, so the high half is folded down.
    #[derive(Default)]
    pub(super) struct Hasher(u64);

    impl core::hash::Hasher for Hasher {
        fn finish(&self) -> u64 {
            self.0
        }

        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.write_usize(usize::from(*byte));
            }
        }

        fn write_usize(&mut self, addr: usize) {
            let product = (self.0 ^ addr as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = product ^ (product >> 32);
        }
    }
}

impl core::fmt::Debug for Cloner<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Cloner").field("queued", &self.queue.len()).finish_non_exhaustive()
    }
}
