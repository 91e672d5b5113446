//! Asymmetric fences.
