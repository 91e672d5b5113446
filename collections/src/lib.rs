//! Collections that threads share.

mod dict;
mod edge;
mod primitive;

pub use dict::{Word, WordDict, WordKey};
