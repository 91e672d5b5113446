//! [`Vector`], a persistent sequence, and the types of its methods.

mod build;
mod compare;
mod config;
mod cut;
mod edit;
mod ends;
mod focus;
mod from_ends;
mod handle;
mod into_iter;
mod iter;
mod iter_mut;
mod order;
#[cfg(feature = "rayon")]
mod parallel;
mod tree;

#[cfg(all(test, not(polder_loom)))]
mod check;
#[cfg(all(test, not(polder_loom)))]
mod tests;

#[cfg(feature = "rayon")]
pub use self::parallel::ParIter;
pub use self::{
    focus::Focus,
    handle::Vector,
    into_iter::IntoIter,
    iter::{Chunks, Iter},
    iter_mut::IterMut,
};
