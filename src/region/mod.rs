//! Static regions: ownership of whole object graphs, checked by the compiler.
//!
//! One concept a file: [`Region`] owns, [`Ctx`] and [`View`] are the tokens of a session, [`Ref`] points, [`Frozen`] shares,
//! [`Relocate`] and [`DeepClone`] move and copy, [`Rebrand`] names a family of types over the brand.

mod brand;
mod clone;
mod compact;
mod disjoint;
mod families;
mod frozen;
mod reference;
#[expect(clippy::module_inception, reason = "one concept a file, named after its type")]
mod region;
mod session;
#[cfg(feature = "std")]
mod teardown;

/// Without std no place is a thread's own, in which a drop could be put off: each region is dropped where it stands.
#[cfg(not(feature = "std"))]
mod teardown {
    use core::ptr::NonNull;

    /// Calls `drop(region)`.
    ///
    /// # Safety
    /// `drop(region)` is sound to call once.
    pub(super) unsafe fn run(region: NonNull<()>, drop: unsafe fn(NonNull<()>)) {
        // SAFETY: the caller's clause.
        unsafe { drop(region) };
    }
}

pub use brand::Rebrand;
pub use clone::{Cloner, DeepClone};
pub use compact::{Mover, Relocate};
pub use disjoint::Disjoint;
#[cfg(feature = "std")]
pub use frozen::AtomicFrozen;
pub use frozen::{Frozen, FrozenRef};
pub use reference::Ref;
pub use region::Region;
pub use session::{Ctx, View};
