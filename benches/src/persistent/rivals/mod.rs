//! The contenders, a file for each crate.

mod chunkmap;
mod im;
mod imbl;
mod limits;
mod polder;
mod pvec;
mod rpds;

pub(super) use self::chunkmap::ChunkMap;
pub(super) use self::im::{ImHash, ImOrd, ImVector};
pub(super) use self::imbl::{ImblHash, ImblOrd, ImblVector};
pub(super) use self::limits::{Bare, BareOrd};
pub(super) use self::polder::{PolderFrozen, PolderMap, PolderOrd, PolderVector};
pub(super) use self::pvec::PVec;
pub(super) use self::rpds::{RpdsHash, RpdsVector};
