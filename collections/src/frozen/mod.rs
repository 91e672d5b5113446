//! Maps and sets that are built once, and then only read.

mod build;
mod index;
mod iter;
mod join;
mod map;
#[cfg(feature = "rayon")]
mod parallel;
#[cfg(feature = "serde")]
mod serial;
mod set;
mod state;
mod traits;

pub use self::{
    build::DuplicateError,
    iter::{IntoIter, Iter, Keys, SetIntoIter, SetIter, Values},
    join::{Joined, MergeJoin},
    map::Map,
    set::Set,
    state::ProcessState,
};
