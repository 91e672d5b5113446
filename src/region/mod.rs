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
mod teardown;

pub use brand::Rebrand;
pub use clone::{Cloner, DeepClone};
pub use compact::{Mover, Relocate};
pub use disjoint::Disjoint;
pub use frozen::{AtomicFrozen, Frozen, FrozenRef};
pub use reference::Ref;
pub use region::Region;
pub use session::{Ctx, View};
