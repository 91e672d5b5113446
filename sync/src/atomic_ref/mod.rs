//! Atomic references.

mod arc_like;
mod cell;
mod guard;
mod option;
mod raw;

pub use self::{
    arc_like::ArcLike,
    cell::{AtomicRef, CompareExchangeError},
    guard::{MappedRefGuard, RefGuard},
    option::{AtomicOptionRef, CompareExchangeOptionError},
};
