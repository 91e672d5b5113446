//! Orderings with names, so that a checker can weaken one at a time.
//!
//! Each ordering that a proof in this crate relies on is an *edge* of some module's orderings table, and is written
//! `edge!("name", Release, weaker Relaxed)`. In an ordinary build that is the first ordering, a constant. In a build with the
//! private cfg `polder_mutate` it is the second one if the environment variable `POLDER_WEAKEN` names the edge;
//! `ci/mutate-orderings.sh` runs the tests once for each edge, and expects the edge's own test to fail.

/// The ordering of an edge.
macro_rules! edge {
    ($name:literal, $strong:ident, weaker $weak:ident) => {
        if $crate::edge::weakened($name) {
            ::std::sync::atomic::Ordering::$weak
        } else {
            ::std::sync::atomic::Ordering::$strong
        }
    };
    // Two edges at once, for a read-modify-write.
    ($name:literal, $strong:ident, weaker $weak:ident, $other:literal, weaker $other_weak:ident) => {
        if $crate::edge::weakened($other) {
            ::std::sync::atomic::Ordering::$other_weak
        } else {
            $crate::edge::edge!($name, $strong, weaker $weak)
        }
    };
}
pub(crate) use edge;

/// A fence that is an edge: the weaker one is none at all.
macro_rules! edge_fence {
    ($name:literal, $strong:ident) => {
        if !$crate::edge::weakened($name) {
            $crate::primitive::fence(::std::sync::atomic::Ordering::$strong);
        }
    };
}
pub(crate) use edge_fence;

/// Whether the build weakens the edge of this name.
#[cfg(not(polder_mutate))]
#[inline(always)]
pub(crate) const fn weakened(_name: &str) -> bool {
    false
}

/// Whether this run weakens the edge of this name.
#[cfg(polder_mutate)]
pub(crate) fn weakened(name: &str) -> bool {
    static WEAKENED: std::sync::LazyLock<Option<String>> =
        std::sync::LazyLock::new(|| std::env::var("POLDER_WEAKEN").ok());
    WEAKENED.as_deref() == Some(name)
}
