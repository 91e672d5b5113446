//! Deferred reclamation.

mod domain;
mod garbage;
mod own;
mod pace;
mod pin;
mod protect;
mod stack;

#[cfg(polder_loom)]
pub use self::pace::scan_in_batches_only;
pub use self::{
    domain::{Domain, DomainStats, DropPolicy},
    own::{Stats, flush, stats},
    pin::{OwnedPin, Pin, pin},
    protect::{Protected, protect},
};
pub(crate) use self::{
    own::{Own, hand_over, retire_count},
    protect::{Attempt, by_slot},
    stack::Stack,
};
