//! Orderings with names, so that a checker can weaken one at a time: the twin of `polder-sync`'s, which explains it.

/// The ordering of an edge: `edge!("name", Release, weaker Relaxed)`.
macro_rules! edge {
    ($name:literal, $strong:ident, weaker $weak:ident) => {
        if $crate::edge::weakened($name) {
            ::core::sync::atomic::Ordering::$weak
        } else {
            ::core::sync::atomic::Ordering::$strong
        }
    };
}
pub(crate) use edge;

/// A fence that is an edge: the weaker one is none at all.
macro_rules! edge_fence {
    ($name:literal, $strong:ident) => {
        if !$crate::edge::weakened($name) {
            $crate::primitive::fence(::core::sync::atomic::Ordering::$strong);
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
