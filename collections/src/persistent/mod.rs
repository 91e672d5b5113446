//! Collections as values: a clone costs as much as one of a number, and what two versions have in common is there once.
//!
//! # Two forms of every change
//!
//! | form | signature | what it does |
//! |---|---|---|
//! | persistent, plain name | `insert(&self, …) -> Self` | returns the changed version; `self` stays what it is |
//! | in place, name in `_mut` | `insert_mut(&mut self, …) -> Option<V>` | changes `self` and answers as std's method of the plain name does |
//!
//! Both copy the nodes between the root and the change where another version has them too; the form in place changes nodes that it has to
//! itself where they are. So a map that was never cloned, changed in place, costs what an ordinary one costs, and the first changes
//! after a clone pay for their copies.
//!
//! - A method that takes `&self` and returns `Self` has the plain name: `insert`, `remove`, `update`, `union`, `apply`, …
//! - A method that takes `&mut self` has the suffix: `insert_mut`, `remove_mut`, `get_mut`, `iter_mut`, `retain_mut`, `entry_mut`, … This
//!   is so where std has no suffix as well, and where there is only this form. `Extend`, `IndexMut` and such keep the names of their traits.
//! - A method that takes `self` uses it up, and works in place where it can.
//!
//! `K: Clone` and `V: Clone` are asked for by those methods alone that may have to copy a path; `Clone` itself asks for nothing.

mod change;
mod merge;
mod ord;
mod shared;

pub use change::{Change, Patch};
pub use merge::{Discard, Keep, Unmatched};
pub use ord::{OrdMap, OrdSet, ord_map, ord_set};
