//! The engine of the dicts.

mod bin;
mod bits;
mod bulk;
mod claim;
mod copies;
mod courtesy;
mod flights;
mod memory;
#[cfg(all(test, polder_loom))]
mod models;
mod multi;
mod resize;
mod spills;
mod table;
mod walk;

pub(crate) use self::{
    bin::{EntryBin, WordBin},
    bits::Hashed,
    claim::{Claim, Place},
    courtesy::{Asking, Courtesy},
    flights::Boarding,
    resize::Crowding,
    table::{Options, Table},
    walk::Walk,
};
