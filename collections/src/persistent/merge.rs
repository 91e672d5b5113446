//! What becomes of entries whose key is in one of two maps only.

/// What a `merge_with` does with entries whose key is in one of the maps only: [`Keep`], [`Discard`], or a closure that returns the value to
/// have, or none.
///
/// With the first two, subtrees are taken whole or left out whole; a closure is called for each entry.
pub trait Unmatched<K, V> {
    /// Whether all entries stay as they are, or none does; `None` if that is not the same for all.
    fn all(&self) -> Option<bool>;

    /// The value that the entry is to have.
    fn one(&mut self, key: &K, value: &V) -> Option<V>;
}

/// Keeps entries whose key is in this map only.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Keep;

/// Leaves out entries whose key is in this map only.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Discard;

impl<K, V: Clone> Unmatched<K, V> for Keep {
    fn all(&self) -> Option<bool> {
        Some(true)
    }

    fn one(&mut self, _: &K, value: &V) -> Option<V> {
        Some(value.clone())
    }
}

impl<K, V> Unmatched<K, V> for Discard {
    fn all(&self) -> Option<bool> {
        Some(false)
    }

    fn one(&mut self, _: &K, _: &V) -> Option<V> {
        None
    }
}

impl<K, V, F: FnMut(&K, &V) -> Option<V>> Unmatched<K, V> for F {
    fn all(&self) -> Option<bool> {
        None
    }

    fn one(&mut self, key: &K, value: &V) -> Option<V> {
        self(key, value)
    }
}
