#![doc = include_str!("../README.md")]
//!
//! # Catalogue
//!
//! Sessions:
//! - [`Region`], an isolated graph of nodes, owned as one value; its token [`Ctx`] writes, [`View`] reads.
//! - [`Ref`], a copyable pointer to a node; [`unsize!`] makes one to a trait object or slice.
//! - [`Rebrand`], a family of types over the brand of a session: what a region's root is.
//!
//! Sharing:
//! - [`Frozen`], a deeply read-only region with one count; [`FrozenRef`], a handle on one node of it.
//! - [`AtomicFrozen`], a cell in which threads publish frozen regions and read them without a lock or a count.
//! - [`RegionMutex`], [`RegionRwLock`], locks that own a region.
//!
//! Moving and copying nodes:
//! - [`Relocate`] and [`Mover`]: compaction ([`Region::compact`]) and splitting ([`Region::split`]).
//! - [`DeepClone`] and [`Cloner`]: clones of whole regions.
//!
//! Errors: [`DuplicateRef`], [`SplitError`]. Below: [`sync`] and [`collections`].

#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;
// The derives name `::polder`, in the crate's own tests too.
extern crate self as polder;

mod arena;
mod config;
mod error;
#[cfg(feature = "std")]
mod mutex;
mod region;

pub use error::{DuplicateRef, SplitError};
#[cfg(feature = "std")]
pub use mutex::{RegionGuard, RegionMutex, RegionReadGuard, RegionRwLock, RegionWriteGuard};
#[cfg(feature = "std")]
pub use region::AtomicFrozen;
pub use region::{Cloner, Ctx, DeepClone, Disjoint, Frozen, FrozenRef, Mover, Rebrand, Ref, Region, Relocate, View};

#[cfg(feature = "derive")]
pub use polder_derive::{DeepClone, Rebrand, Relocate};

#[doc(inline)]
pub use polder_collections as collections;
#[cfg(feature = "std")]
#[doc(inline)]
pub use polder_sync as sync;
