#![doc = include_str!("../README.md")]

// The derives name `::polder`, in the crate's own tests too.
extern crate self as polder;

mod arena;
mod config;
mod error;
mod mutex;
mod region;

pub use error::{DuplicateRef, SplitError};
pub use mutex::{RegionGuard, RegionMutex, RegionReadGuard, RegionRwLock, RegionWriteGuard};
pub use region::{Cloner, Ctx, DeepClone, Disjoint, Frozen, FrozenRef, Mover, Rebrand, Ref, Region, Relocate, View};

/// Derives of the traits of the same names.
#[cfg(feature = "derive")]
pub use polder_derive::{DeepClone, Rebrand, Relocate};

#[doc(inline)]
pub use {polder_collections as collections, polder_sync as sync};
