//! How a dict is to be made.

use std::{collections::hash_map::RandomState, fmt, hash::BuildHasher, marker::PhantomData};

use polder_sync::reclaim::DropPolicy;

/// Whether a dict's number of bins follows the number of its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Growth {
    /// It grows and shrinks by itself, a bin at a time.
    #[default]
    Automatic,
    /// It stays what the capacity asks for, until `reserve` or `shrink_to_fit` is called. More entries go in, and are found ever
    /// more slowly.
    Fixed,
}

/// A dict to be: capacity, hasher, growth, huge pages.
///
/// `D` is the type that is built, with any hasher.
///
/// # Examples
///
/// ```
/// use polder_collections::{FastState, Growth, WordDict};
///
/// let dict = WordDict::<u64, u64>::builder()
///     .capacity(1000)
///     .hasher(FastState::default())
///     .growth(Growth::Fixed)
///     .huge_pages(false)
///     .build();
/// assert!(dict.capacity() >= 1000);
/// dict.insert(1, 2);
/// ```
#[must_use = "`build` makes the dict"]
pub struct DictBuilder<D, S = RandomState> {
    plan: Plan,
    hasher: S,
    built: PhantomData<fn() -> D>,
}

/// What a dict is made by, its hasher aside.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub(crate) capacity: usize,
    pub(crate) growth: Growth,
    pub(crate) huge_pages: bool,
    /// Of dicts of entries.
    pub(crate) drop_policy: DropPolicy,
}

impl Plan {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self { capacity, growth: Growth::Automatic, huge_pages: true, drop_policy: DropPolicy::Inline }
    }
}

/// What a [`DictBuilder`] can build. The trait is sealed.
pub trait Build: sealed::Sealed {
    /// The same with another hasher.
    type With<S>;

    #[doc(hidden)]
    fn build<S: BuildHasher>(plan: Plan, hasher: S) -> Self::With<S>;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

impl<D: Build> DictBuilder<D> {
    /// Of an empty dict that grows, and asks the system for huge pages where it has much memory; with the default hasher.
    pub fn new() -> Self {
        Self { plan: Plan::new(0), hasher: RandomState::new(), built: PhantomData }
    }
}

impl<D: Build> Default for DictBuilder<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Build, S: BuildHasher> DictBuilder<D, S> {
    /// Room for so many entries. The dict keeps it until `shrink_to_fit` is called.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.plan.capacity = capacity;
        self
    }

    /// Another hasher.
    pub fn hasher<T: BuildHasher>(self, hasher: T) -> DictBuilder<D, T> {
        DictBuilder { plan: self.plan, hasher, built: PhantomData }
    }

    /// Whether the dict grows and shrinks by itself.
    pub fn growth(mut self, growth: Growth) -> Self {
        self.plan.growth = growth;
        self
    }

    /// Whether memory of 4 MiB or more in one piece is to come in huge pages, if the system has them: fewer misses of address
    /// translation, but memory comes back in larger pieces. It is so by default.
    pub fn huge_pages(mut self, huge_pages: bool) -> Self {
        self.plan.huge_pages = huge_pages;
        self
    }

    /// What else there is for a type of dict alone.
    pub(crate) fn with_plan(self, change: impl FnOnce(Plan) -> Plan) -> Self {
        Self { plan: change(self.plan), ..self }
    }

    /// The dict.
    ///
    /// # Panics
    ///
    /// If the capacity is more than can be had ("capacity overflow").
    pub fn build(self) -> D::With<S> {
        D::build(self.plan, self.hasher)
    }
}

impl<D, S: Clone> Clone for DictBuilder<D, S> {
    fn clone(&self) -> Self {
        Self { plan: self.plan, hasher: self.hasher.clone(), built: PhantomData }
    }
}

impl<D, S> fmt::Debug for DictBuilder<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { capacity, growth, huge_pages, drop_policy } = self.plan;
        f.debug_struct("DictBuilder")
            .field("capacity", &capacity)
            .field("growth", &growth)
            .field("huge_pages", &huge_pages)
            .field("drop_policy", &drop_policy)
            .finish_non_exhaustive()
    }
}
