//! polder
