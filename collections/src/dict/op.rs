//! What `compute` is told, and what it tells.

/// What is to become of an entry: the answer of a closure that has seen its value, or that there is none.
///
/// See [`WordDict::compute`](crate::WordDict::compute).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op<V> {
    /// It is to have this value; if there is none, it is to be made.
    Insert(V),
    /// It is to go, if there is one.
    Remove,
    /// It stays as it is.
    Keep,
}

/// What `compute` has done.
///
/// See [`WordDict::compute`](crate::WordDict::compute).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Computed<V> {
    /// There was no entry, and now there is.
    Inserted(V),
    /// The value was another one.
    Replaced {
        /// What it was.
        old: V,
        /// What it is.
        new: V,
    },
    /// The entry is gone; this was its value.
    Removed(V),
    /// Nothing; this is the value, if there is an entry.
    Kept(Option<V>),
}

impl<V> Computed<V> {
    /// The value from before, if there was an entry.
    pub fn before(self) -> Option<V> {
        match self {
            Self::Inserted(_) => None,
            Self::Replaced { old, .. } | Self::Removed(old) => Some(old),
            Self::Kept(value) => value,
        }
    }

    /// The value from then on, if there is an entry.
    pub fn after(self) -> Option<V> {
        match self {
            Self::Inserted(new) | Self::Replaced { new, .. } => Some(new),
            Self::Removed(_) => None,
            Self::Kept(value) => value,
        }
    }

    /// Whether anything was changed.
    pub fn is_change(&self) -> bool {
        !matches!(self, Self::Kept(_))
    }
}
