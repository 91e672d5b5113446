//! The shape is a function of the content.
