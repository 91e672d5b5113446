//! A cell for small plain values.
