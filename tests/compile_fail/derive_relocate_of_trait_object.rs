//! A relocation is derived through a trait object, where nothing can trace the references.
//@ error: E0277

use polder::{Rebrand, Ref, Relocate};

trait Shape: Send + Sync {}

#[derive(Rebrand, Relocate)]
struct Square(f64);

impl Shape for Square {}

#[derive(Rebrand, Relocate)]
struct Scene<'r> {
    #[cfg(feature = "crime")]
    shape: Ref<'r, dyn Shape>,
    #[cfg(not(feature = "crime"))]
    shape: Ref<'r, Square>,
}

fn main() {}
