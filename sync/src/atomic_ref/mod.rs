//! Atomic references: cells that hold a counted reference, read without touching the count.
//!
//! # What & when not
//!
//! For values that many threads read and few replace: configurations, tables, frozen graphs. For small plain values a
//! [`SeqCell`](crate::SeqCell) takes no allocation; for values that change in place, a lock.
//!
//! # Representation
//!
//! ```text
//!   Raw<A>                    value                          a reader's node
//!   ┌─────────┐  one count    ┌────────┬───────┐   no count  ┌──────┐
//!   │ pointer ├──────────────►│ strong │ value │◄────────────┤ slot │◄── RefGuard
//!   └─────────┘               └────────┴───────┘             └──────┘
//! ```
//! `raw.rs` is the algorithm, over an `Option`; `cell.rs` and `option.rs` are the two public types; `guard.rs` is what `load` gives;
//! `arc_like.rs` says what can be held.
//!
//! # Invariants
//!
//! - **C1, one count.** A cell that has a pointer has one count of the value, from `into_raw`.
//! - **C2, the count is retired.** Whoever takes the pointer out by an exchange has that count, and gives it to
//!   `reclaim::retire_count`: guards may rely on it. It is used otherwise only if `reclaim::is_unread` says that none does.
//! - **C3, guards borrow the cell.** So the cell's own end needs no scan: its count is the last thing that readers of *this*
//!   cell relied on, and they are gone.
//! - **C4, nobody is given a value exclusively by a cell.** A value that a guard shows has the cell's count or the retired
//!   one, so `Arc::get_mut` and the like fail on every other handle.
//!
//! # Protocols
//!
//! *load*: protect by a slot (S in `reclaim`); else *load_full*. *load_full*: reserve (N), increment, end. *store*, *swap*: one
//! exchange, retire; `swap` takes another count for the caller first. *compare_exchange*: one exchange if the pointer is the
//! expected one; if not, load what is there; if that is the expected one after all, again. *rcu*: load, make, exchange; the guard keeps
//! the old value's address from being used for a new one, so equal pointers are the same value.
//!
//! # Orderings
//!
//! Edges R1 and R5 of `reclaim`, whose header has the proof; `sync/docs/orderings.md` has the table.

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
