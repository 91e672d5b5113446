//! The dict of words.

mod capacity;
mod insert;
mod iter;
mod lookup;
mod numbers;
#[cfg(feature = "rayon")]
mod parallel;
mod remove;
#[cfg(feature = "serde")]
mod serial;
mod traits;
mod update;

use std::{collections::hash_map::RandomState, hash::BuildHasher, marker::PhantomData};

pub use self::iter::{WordDrain, WordIntoIter, WordIter, WordKeys, WordValues};
#[cfg(feature = "rayon")]
pub use self::parallel::WordParIter;
use super::{
    builder::{self, Build, DictBuilder, Growth, Plan},
    engine::{Claim, Found, Hashed, Options, Place, Table, WordBin},
    op::Op,
    word::{Word, WordKey},
};

/// A concurrent dict of plain words: keys and values of up to eight bytes, which lie in the table itself.
///
/// Threads share it by reference, or by `Arc`; every method takes `&self`. Values are handed out by value, so there is no guard, nothing
/// that has to be dropped before something else, and no memory that waits to be freed. A lookup reads one or two adjacent cache
/// lines and writes nothing. For larger keys and values there is `Dict`.
///
/// # Consistency
///
/// - **One key.** Each operation on one key happens at one moment, between its call and its return (it is linearizable), and what a
///   thread did before it put something in, happens before what others do after they get it. So `update`, `compute`, `fetch_add`
///   and the like lose no change.
/// - **Several keys.** [`get_many`](Self::get_many), [`insert_many`](Self::insert_many), `extend`, [`retain`](Self::retain),
///   [`clear`](Self::clear) and `==` are many operations, one after the other. [`snapshot`](Self::snapshot), and so `clone` and
///   serialisation, is of one moment.
/// - **Iterators** are weakly consistent: an entry that is there all the time is met once; one that comes or goes meanwhile, perhaps. The
///   value is one that the key had meanwhile.
/// - **The length** is a sum over threads: exact when nobody changes the dict.
///
/// # Progress
///
/// Lookups are lock-free: they look again when an entry near theirs was removed or moved meanwhile, so each repetition means that
/// another operation was done. Operations that write take the bin of their key for some tens of instructions, in which nothing of the user's
/// runs; so they wait for one another only on the same bin, and at most for as long as the system keeps the other thread off its processor.
/// A table grows and shrinks a bin at a time, by whoever inserts or removes. Nothing holds a lock that a user could see, so no
/// combination of calls can deadlock.
///
/// # Closures, hashers and panics
///
/// Closures, iterators, `Hash`, and the methods of [`Word`], run with nothing locked, and may use the dict, also the same key. A closure that looks
/// at a value before it is changed may be run again if another thread was faster: each time with the value of then. A closure that always changes the
/// entry that it decides about is run for ever.
///
/// If one of them panics, the dict is as if the operation had not happened; but an insertion has happened if `Hash` panics when the
/// dict is about to grow, for which it hashes other keys too. If keys do not keep to the contract of `Hash` and `Eq`, or `K::from_bits` gives another key
/// back, entries are not found, or twice there; nothing worse.
///
/// # Memory
///
/// A bin of 128 bytes has seven entries; a dict that grew has four to six in a bin on average. Memory comes back when most
/// entries were removed: the dict merges bins as it split them, one by one, down to the capacity that was asked for at the
/// beginning or by [`reserve`](Self::reserve).
///
/// # Examples
///
/// ```
/// use std::thread;
///
/// use polder_collections::WordDict;
///
/// let visits = WordDict::new();
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             for page in 0_u32..10 {
///                 visits.add_or_insert(page, 1_u64);
///             }
///         });
///     }
/// });
/// assert_eq!(visits.get(&7), Some(4));
/// assert_eq!(visits.len(), 10);
/// ```
pub struct WordDict<K, V, S = RandomState> {
    pub(super) table: Table<WordBin>,
    hasher: S,
    growth: Growth,
    huge_pages: bool,
    entries: PhantomData<(K, V)>,
}

impl<K: WordKey, V: Word> WordDict<K, V> {
    /// An empty dict, which allocates nothing yet, with the default hasher: it withstands an attacker who chooses keys and
    /// measures times. [`FastState`](crate::FastState) is a faster one.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::<u64, f64>::new();
    /// assert!(dict.is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(RandomState::new())
    }

    /// With room for so many entries, which it keeps until [`shrink_to_fit`](Self::shrink_to_fit) is called. Memory is used as
    /// entries come.
    ///
    /// # Panics
    ///
    /// If it is more than can be had ("capacity overflow"). Without memory the process ends, as with `Box`.
    ///
    /// # Examples
    ///
    /// ```
    /// let dict = polder_collections::WordDict::<u64, u64>::with_capacity(1000);
    /// assert!(dict.capacity() >= 1000);
    /// ```
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity_and_hasher(capacity, RandomState::new())
    }

    /// All that can be chosen, one by one.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{Growth, WordDict};
    ///
    /// let dict = WordDict::<u64, u64>::builder().capacity(1000).growth(Growth::Fixed).build();
    /// # assert!(dict.is_empty());
    /// ```
    pub fn builder() -> DictBuilder<Self> {
        DictBuilder::new()
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// An empty dict, which allocates nothing yet, with this hasher.
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{FastState, WordDict};
    ///
    /// let dict = WordDict::with_hasher(FastState::default());
    /// dict.insert('a', 1.0);
    /// ```
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self::with_capacity_and_hasher(0, hasher)
    }

    /// With room for so many entries, as [`with_capacity`](Self::with_capacity), and this hasher.
    ///
    /// # Panics
    ///
    /// If the capacity is more than can be had ("capacity overflow").
    ///
    /// # Examples
    ///
    /// ```
    /// use polder_collections::{FastState, WordDict};
    ///
    /// let dict = WordDict::with_capacity_and_hasher(1000, FastState::default());
    /// dict.insert('a', 1.0);
    /// ```
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        Self::of_plan(Plan::new(capacity), hasher)
    }

    /// The hasher. Wait-free.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::hash::BuildHasher;
    ///
    /// let dict = polder_collections::WordDict::<u64, u64>::new();
    /// assert_eq!(dict.hasher().hash_one(1), dict.hasher().hash_one(1));
    /// ```
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    fn of_plan(plan: Plan, hasher: S) -> Self {
        let Plan { capacity, growth, huge_pages, .. } = plan;
        let grows = growth == Growth::Automatic;
        let table = Table::new(Options { bins: capacity::bins_for(capacity), grows, huge_pages });
        Self { table, hasher, growth, huge_pages, entries: PhantomData }
    }

    /// Foreign code, as are `to_bits` and `from_bits`: not while a bin is taken.
    #[inline(always)]
    pub(super) fn hash(&self, key: K) -> Hashed {
        Hashed::new(self.hasher.hash_one(key))
    }

    /// The hash of an item, for the table. Foreign code.
    pub(super) fn hash_item(&self) -> impl Fn((u64, u64)) -> Hashed {
        |(key, _)| self.hash(K::from_bits(key))
    }

    /// An entry, as users see it. Foreign code.
    fn entry((key, value): (u64, u64)) -> (K, V) {
        (K::from_bits(key), V::from_bits(value))
    }

    /// The value of a key.
    #[inline(always)]
    pub(super) fn look(&self, hash: Hashed, key: u64) -> Option<u64> {
        self.table.find(hash, move |(other, _)| other == key).map(|(_, value)| value)
    }

    /// Takes the bin of a key, and finds its entry there.
    #[inline(always)]
    fn claim(&self, hash: Hashed, key: u64) -> (Claim<'_, WordBin>, Option<(Place, u64)>) {
        let claim = self.table.claim(hash);
        let found = claim.find(hash, move |(other, _)| other == key).map(|(place, (_, value))| (place, value));
        (claim, found)
    }

    /// Puts an entry in that is not there, and lets go of the bin. May run foreign code, when all is done but the growing.
    #[inline(always)]
    fn put_in(&self, mut claim: Claim<'_, WordBin>, hash: Hashed, item: (u64, u64)) {
        let crowding = claim.insert(hash.tag(), item);
        drop(claim);
        self.table.count(1);
        self.table.grow_sometimes(hash, crowding, self.hash_item());
    }

    /// Takes an entry out, and lets go of the bin.
    #[inline(always)]
    fn take_out(&self, mut claim: Claim<'_, WordBin>, hash: Hashed, place: Place) {
        let left = claim.remove(place);
        drop(claim);
        self.table.count(-1);
        self.table.shrink_sometimes(hash, left);
    }

    /// Looks a value up that may be changed then.
    #[inline(always)]
    fn see(&self, hash: Hashed, key: u64) -> Sight {
        match self.table.find_place(hash, move |(other, _)| other == key) {
            Some(((_, value), found)) => Sight { value: Some(value), found },
            None => Sight { value: None, found: None },
        }
    }

    /// The bin in which a value was seen, or that of the hash now.
    #[inline(always)]
    fn claim_seen(&self, hash: Hashed, key: u64, found: Option<Found>) -> (Claim<'_, WordBin>, Option<(Place, u64)>) {
        match found.and_then(|found| self.table.claim_found(found)) {
            Some((claim, place)) => {
                let (_, value) = claim.at(place);
                (claim, Some((place, value)))
            }
            None => self.claim(hash, key),
        }
    }

    /// Does with an entry what `decide` says about its value, at a moment at which it has this value. Returns the value, and what the
    /// last decision came with.
    ///
    /// A decision to keep takes no bin: it is of the moment at which the value was seen.
    #[inline]
    fn change<T>(
        &self,
        (hash, key): (Hashed, u64),
        Sight { value: mut seen, mut found }: Sight,
        mut decide: impl FnMut(Option<u64>) -> (Op<u64>, T),
    ) -> (Option<u64>, T) {
        loop {
            let (op, note) = decide(seen);
            if matches!((op, seen), (Op::Keep, _) | (Op::Remove, None)) {
                return (seen, note);
            }
            let (mut claim, found) = self.claim_seen(hash, key, found.take());
            let now = found.map(|(_, value)| value);
            if now != seen {
                seen = now;
                continue;
            }
            match (op, found) {
                (Op::Insert(new), Some((place, _))) => claim.replace(place, (key, new)),
                (Op::Insert(new), None) => self.put_in(claim, hash, (key, new)),
                (Op::Remove, Some((place, _))) => self.take_out(claim, hash, place),
                (Op::Remove, None) | (Op::Keep, _) => {}
            }
            return (seen, note);
        }
    }
}

/// What a lookup has seen, and where.
#[derive(Clone, Copy)]
struct Sight {
    value: Option<u64>,
    found: Option<Found>,
}

impl<K, V, S> builder::sealed::Sealed for WordDict<K, V, S> {}

impl<K: WordKey, V: Word, S> Build for WordDict<K, V, S> {
    type With<T> = WordDict<K, V, T>;

    fn build<T: BuildHasher>(plan: Plan, hasher: T) -> WordDict<K, V, T> {
        WordDict::of_plan(plan, hasher)
    }
}
