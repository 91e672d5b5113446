//! Collections that threads share.

mod dict;
mod edge;
mod primitive;
