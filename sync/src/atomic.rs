//! Atomics of any plain type.
