//! Collections that threads share: the room is here, the furniture is not.
//!
//! This crate will hold polder's lock-free dictionaries and its persistent and frozen collections. **It is empty
//! today**: it exports nothing, and depending on it gives nothing yet. It exists so that the layout of the workspace
//! (`sync` below `collections` below `polder`) is settled before code stands on it.
