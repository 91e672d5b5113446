//! The contenders, a file for each crate.

mod dashmap;
mod flurry;
mod leapfrog;
mod locked;
mod papaya;
mod polder;
mod scc;
mod sharded;
mod whirlwind;

pub(super) use self::dashmap::{DashMap, DashMap7, DashMap64};
pub(super) use self::flurry::Flurry;
pub(super) use self::leapfrog::Leapfrog;
pub(super) use self::locked::{Bare, OneMutex};
pub(super) use self::papaya::{Papaya, PapayaAtomic, PapayaHeld};
pub(super) use self::polder::{PolderDict, PolderPinned, PolderWord};
pub(super) use self::scc::{SccIndex, SccMap};
pub(super) use self::sharded::Sharded;
pub(super) use self::whirlwind::Whirlwind;
