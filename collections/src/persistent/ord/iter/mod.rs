//! Iteration.

mod by_mut;
mod by_ref;
mod by_value;
mod entries;

pub use by_mut::{IterMut, RangeMut, ValuesMut};
pub use by_ref::{Iter, Keys, Range, Values};
pub use by_value::{IntoIter, IntoKeys, IntoValues};
pub(super) use entries::{Bounds, Entries};
