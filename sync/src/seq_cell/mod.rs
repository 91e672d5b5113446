//! The sequence cell: a plain value of any size in atomic words, and a number by which a reader knows that it has
//! read one value and not parts of two.
//!
//! # What & when not
//!
//! For small plain values (`Copy`, no padding, a few cache lines at most) that are read far more often than written:
//! readers write nothing shared, so they do not disturb each other. Writers exclude each other. Not for values with
//! ownership or pointers in them, not for large ones (each read copies, and starts again when a writer passes), not
//! where a reader must never wait: a writer that the system stops inside a section stops the readers too.
//!
//! # Representation
//!
//! ```text
//!   SeqCell<T>
//!   ┌─────────────────┬──────────┬──────────┬─────┬────┬──┐
//!   │ sequence: u64   │ u64      │ u64      │ u32 │ u16│u8│   words: the bytes of T, in as many whole words as
//!   └───────┬─────────┴────┬─────┴──────────┴─────┴────┴──┘   fit and at most one piece of each smaller size
//!           │              └ each piece an atomic, Relaxed; words.rs alone
//!           └ even: quiet; odd: a writer is inside; sequence.rs alone
//! ```
//!
//! # States
//!
//! | sequence | a writer is inside | the words |
//! |---|---|---|
//! | even | no | the bytes of one value |
//! | odd | yes | a mixture of the last value and the next |
//!
//! # Transitions
//!
//! As `number, writer → number, writer`; `A` is the acting thread, `·` nobody.
//!
//! ```text
//!   enter_at(2k)    2k, ·       → 2k + 1, A      fails if the number is not 2k
//!   leave           2k + 1, A   → 2k + 2, ·
//! ```
//!
//! # Invariants
//!
//! - **I1, each number once.** An even number is left only by `enter_at`, a compare-and-swap from the number that a
//!   look has seen; an odd one only by the `leave` of the thread that made it. 64 bits do not wrap: 2⁶³ sections take
//!   centuries. So each number is stored once, by one thread, and at most one writer is inside.
//! - **I2, words change inside.** Through a shared reference, words are stored only between `enter_at` and `leave`.
//! - **I3, whole at rest.** While the number is even, the words are the bytes of one `T` that somebody passed in.
//! - **I4, no value before its proof.** Words become a `T` only after `is_still` has said yes, or inside a section.
//! - **I5, nothing foreign inside.** Between `enter_at` and `leave` there are word accesses only: no closure, no
//!   destructor (`T: Copy`), nothing that panics. So each odd number is followed by an even one.
//! - **I6, an exclusive borrow comes after all sections.** They borrow the cell; whoever has `&mut SeqCell` or the cell
//!   itself has it from a thread that saw those borrows end.
//!
//! # Who may touch what
//!
//! | field | who | rule |
//! |---|---|---|
//! | `sequence` | any thread with `&SeqCell` | through `Sequence`'s functions; odd → even by the writer only |
//! | `words`, reading | any thread with `&SeqCell` | I4 |
//! | `words`, writing | the writer inside; `&mut SeqCell` | I2, I6 |
//!
//! # Protocols
//!
//! *Read.* (1) `look`: wait until the number is even. (2) Copy the words. (3) `is_still`: if the number is another one,
//! go to 1. (4) The copy is a value.
//!
//! *Write (store, swap).* (1) `look`, as above. (2) `enter_at` that number; if another writer was first, go to 1. (3)
//! Copy the old words if they are wanted, store the new ones. (4) `leave`.
//!
//! *Update.* (1) Read. (2) Run the closure. (3) `enter_at` the number of the read; if anybody has written since, go
//! to 1. (4) Store, `leave`. The closure runs outside, so it may panic, write the cell or never return, and disturbs
//! nobody.
//!
//! *Waiting.* Spin a few microseconds, then yield the processor at each look. There is no sleeping: sections last as
//! long as a copy of the words.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | E1 | `leave`, Release (`seq_leave`) | `look`, Acquire (`seq_look`) | a section before the reads and sections that begin from its number | killed by loom `a_load_is_no_older_than_its_number` and, between writers, `swaps_hand_on_each_value_once`, either side Relaxed |
//! | E2 | `enter_at`, fence Release (`seq_open`) | `is_still`, fence Acquire (`seq_validate`) | the odd number before what a reader finds in the words | killed by loom `a_load_is_no_newer_than_its_number`, either fence left out |
//! | – | `enter_at`, Relaxed | – | nothing by itself | argument: it succeeds on the number that `look` has seen, which was stored once (I1), so E1 holds since that look |
//! | – | – | `enter_at` failing, Relaxed | nothing | argument: nothing is read on the strength of a failure |
//! | – | – | `is_still`, the load, Relaxed | nothing by itself | argument: coherence, behind E2's fence |
//! | – | words, Relaxed | words, Relaxed | nothing by themselves | argument: E1 and E2; atomic so that a race is no undefined behaviour |
//! | – | end of a section | `get_mut`, `into_inner` | sections before the exclusive borrow | argument: I6 |
//!
//! # Proof sketch
//!
//! Let *S(k)* be the section that ends by storing 2k; *S(0)* is the making of the cell. Each section begins from the
//! number of the one before (I1), which its look has read with E1, so *S(k)* happens before *S(k+1)*, and the stores to
//! each word come in the order of the sections.
//!
//! *A read is one value.* Let a read look at 2k, copy a word, and find 2k still there.
//!
//! - *Not older*: the look read the `leave` of *S(k)*; by E1 *S(k)* happens before the copy, and by coherence the copy
//!   yields what *S(k)* stored there, or something later.
//! - *Not newer*: say it yields what *S(j)* stored, j > k. The store follows *S(j)*'s fence, which follows the
//!   compare-and-swap to 2j − 1; the copy precedes the reader's fence, which precedes its last load. By E2 that load
//!   sees 2j − 1 or a later number, and not 2k.
//!
//! So each word is *S(k)*'s, and together they are its value. A swap's copy inside *S(k+1)* is *S(k)*'s value by the
//! order of sections alone.
//!
//! *Linearization*: a write at its `leave`; a read at the moment its last load is ordered, before *S(k+1)* enters. An
//! update reads and writes with no section in between, or else its `enter_at` fails.
//!
//! *Progress*: a number that stays odd belongs to a writer with a bounded number of steps to go (I5), if the system
//! lets it run. A failed validation or `enter_at` means that another section has ended or begun: some writer gets on.
//! No bound for one reader among steady writers, or for one writer.
//!
//! # Checked by
//!
//! `tests/loom_seq_cell.rs`, where each test names all outcomes that are allowed: E1 and E2 as above; I1 by
//! `two_stores_exclude_each_other` (fails if the number becomes odd by a store); the update's protocol by
//! `updates_are_never_lost` (fails if it enters at another number than it has read). `tests/seq_cell.rs`, also under
//! Miri: the pieces of every size and alignment, panics and re-entry (I5), many threads, reads in memory that is
//! write-protected. The unit tests hold a section open and look at who waits.
//!
//! # Sources
//!
//! H.-J. Boehm, *Can Seqlocks Get Along With Programming Language Memory Models?* (MSPC 2012), the reader with an
//! acquire fence. Deviations: 1) several writers, by compare-and-swap instead of a lock beside; 2) the writer's side
//! is written out, with a release fence behind the odd number, which the Relaxed word stores need; 3) the
//! compare-and-swap itself is Relaxed; 4) an update keeps its section as short as a store's.

mod sequence;
#[cfg(all(test, not(polder_loom)))]
mod tests;
#[cfg_attr(polder_loom, path = "words_modelled.rs")]
mod words;

use std::{fmt, panic::RefUnwindSafe};

use bytemuck::NoUninit;

use self::{
    sequence::{Quiet, Sequence},
    words::Words,
};
use crate::primitive::{Backoff, const_fn};

/// A plain value that any number of threads read without disturbing each other, and that any of them may replace.
///
/// A read copies the value and writes nothing shared; writers take turns. Use it for a few words that belong together
/// and change now and then: a position, the limits of a quota, a clock's base and rate. One word that always changes
/// alone is better off in an [`Atomic`](crate::Atomic), a value with ownership in an [`AtomicRef`](crate::AtomicRef).
///
/// **Progress.** [`try_load`](Self::try_load) is wait-free. Everything else waits while a writer is inside, which
/// lasts as long as copying the value: it spins, then yields the processor at each look. That is *blocking*: a writer
/// that the system stops half-way stops all others until it runs again. A read also starts again when a writer has
/// passed meanwhile, without bound. Costs are O(size of `T`) an attempt; nothing allocates.
///
/// Do not use a cell from a signal handler that may interrupt one of its writers, nor write it from a thread of
/// higher real-time priority than another writer's on the same core; and a child of `fork` finds a cell that another
/// thread was just writing occupied for ever.
///
/// **What fits.** `T: NoUninit` (of the crate `bytemuck`, which also derives it): `Copy`, no padding, no pointers.
/// Any size, zero included, and any alignment. Everything else does not compile. The target must have 64-bit atomics.
///
/// **Ordering.** All operations on one cell have one order, and whoever gets a value sees everything its writer did
/// before. As with acquire and release, operations on different cells have no order beyond that.
///
/// **Layout.** The value's bytes behind a number of eight bytes, aligned to eight at least. Cells that different
/// threads write are better kept apart: [`CachePadded`](crate::CachePadded).
///
/// ```
/// use polder_sync::SeqCell;
/// use std::thread;
///
/// // Two numbers that are read together.
/// static RANGE: SeqCell<[i64; 2]> = SeqCell::new([0, 0]);
///
/// thread::scope(|scope| {
///     scope.spawn(|| RANGE.store([10, 20]));
///     scope.spawn(|| {
///         let [from, to] = RANGE.load();
///         assert!(to - from == 0 || to - from == 10);
///     });
/// });
/// RANGE.update(|[from, to]| [from - 1, to + 1]);
/// assert_eq!(RANGE.load(), [9, 21]);
/// ```
///
/// Types with padding are refused:
///
/// ```compile_fail,E0277
/// let cell = polder_sync::SeqCell::new((1_u8, 2_u32));
/// ```
///
/// So are types that own something, and references, fat or thin:
///
/// ```compile_fail,E0277
/// let cell = polder_sync::SeqCell::new(String::from("text"));
/// ```
///
/// ```compile_fail,E0277
/// let cell = polder_sync::SeqCell::new("text");
/// ```
pub struct SeqCell<T: NoUninit> {
    sequence: Sequence,
    words: Words<T>,
}

// SAFETY: a shared cell lets several threads store and copy the words, by atomics only, and makes a value of them in
// the thread that asked (I4). No thread gets a reference to the value, so `T: Sync` is not needed; values go from
// thread to thread, hence `T: Send`.
unsafe impl<T: NoUninit + Send> Sync for SeqCell<T> {}

/// A panic cannot leave the cell half written: no foreign code runs inside a section (I5).
impl<T: NoUninit + RefUnwindSafe> RefUnwindSafe for SeqCell<T> {}

impl<T: NoUninit> SeqCell<T> {
    const_fn! {
        /// A cell that holds `value`.
        pub const fn new(value: T) -> Self {
            Self { sequence: Sequence::new(), words: Words::new(value) }
        }
    }

    /// The value.
    ///
    /// Waits while a writer is inside, and starts again when one has passed: blocking, see [`SeqCell`]. Never writes
    /// shared memory.
    ///
    /// ```
    /// let cell = polder_sync::SeqCell::new([1.5, 2.5]);
    /// assert_eq!(cell.load(), [1.5, 2.5]);
    /// ```
    #[inline]
    pub fn load(&self) -> T {
        self.snapshot().1
    }

    /// The value, unless a writer is inside or passes during the call. Wait-free; never writes shared memory.
    ///
    /// ```
    /// let cell = polder_sync::SeqCell::new(7_u128);
    /// assert_eq!(cell.try_load(), Some(7), "nobody writes");
    /// ```
    #[inline]
    pub fn try_load(&self) -> Option<T> {
        self.try_snapshot().map(|(_, value)| value)
    }

    /// Replaces the value. Waits while another writer is inside: blocking, see [`SeqCell`].
    ///
    /// ```
    /// let cell = polder_sync::SeqCell::new(*b"before");
    /// cell.store(*b"behind");
    /// assert_eq!(&cell.load(), b"behind");
    /// ```
    #[inline]
    pub fn store(&self, value: T) {
        let inside = self.sequence.enter();
        // SAFETY: I1: sections exclude each other, and E1 orders each before the next.
        unsafe { self.words.store(value) };
        inside.leave();
    }

    /// Replaces the value and returns the previous one, with no write in between. Waits as [`store`](Self::store) does.
    ///
    /// ```
    /// let cell = polder_sync::SeqCell::new(1);
    /// assert_eq!(cell.swap(2), 1);
    /// assert_eq!(cell.load(), 2);
    /// ```
    #[inline]
    pub fn swap(&self, value: T) -> T {
        let inside = self.sequence.enter();
        let old = self.words.copy();
        // SAFETY: I1: sections exclude each other, and E1 orders each before the next.
        unsafe { self.words.store(value) };
        inside.leave();
        // SAFETY: I3: copied inside, before the store, so these are the bytes of the last section's value.
        unsafe { old.assume_init() }
    }

    /// Replaces the value by what `f` makes of it, with no write in between, and returns the previous one.
    ///
    /// `f` runs on a copy, outside of the section; if somebody has written meanwhile, it runs again on the new value.
    /// So `f` should be short and free of side effects, but nothing breaks if it is not: it may use this cell, though
    /// an `f` that always writes it is called for ever. Otherwise waits as [`load`](Self::load) does; no bound on how
    /// often others go first.
    ///
    /// # Panics
    ///
    /// If `f` does. The cell keeps its value and stays usable.
    ///
    /// ```
    /// let counts = polder_sync::SeqCell::new([0_u32, 0]);
    /// let before = counts.update(|[hits, total]| [hits + 1, total + 1]);
    /// assert_eq!((before, counts.load()), ([0, 0], [1, 1]));
    /// ```
    #[inline]
    pub fn update(&self, mut f: impl FnMut(T) -> T) -> T {
        loop {
            let (quiet, old) = self.snapshot();
            let new = f(old);
            if let Some(inside) = self.sequence.enter_at(quiet) {
                // SAFETY: I1: sections exclude each other, and E1 orders each before the next.
                unsafe { self.words.store(new) };
                inside.leave();
                return old;
            }
        }
    }

    /// The value, for an exclusive borrow: nobody else reads or writes. Not there under `polder_loom`, where the
    /// value has no place of its own.
    #[cfg(not(polder_loom))]
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.words.get_mut()
    }

    /// The value of a cell that is given away, so that nobody else can use it.
    #[inline]
    pub fn into_inner(self) -> T {
        self.words.into_inner()
    }

    /// A value and the number it belongs to.
    #[inline]
    fn snapshot(&self) -> (Quiet, T) {
        match self.try_snapshot() {
            Some(snapshot) => snapshot,
            None => self.snapshot_contended(),
        }
    }

    #[cold]
    fn snapshot_contended(&self) -> (Quiet, T) {
        let backoff = Backoff::new();
        loop {
            backoff.snooze();
            if let Some(snapshot) = self.try_snapshot() {
                return snapshot;
            }
        }
    }

    #[inline]
    fn try_snapshot(&self) -> Option<(Quiet, T)> {
        let quiet = self.sequence.look()?;
        let copy = self.words.copy();
        if !self.sequence.is_still(quiet) {
            return None;
        }
        // SAFETY: I4: by E1 no word is older than `quiet`, by E2 none is newer, so together they are one value (I3).
        Some((quiet, unsafe { copy.assume_init() }))
    }
}

impl<T: NoUninit + Default> Default for SeqCell<T> {
    /// A cell that holds the default value.
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: NoUninit> From<T> for SeqCell<T> {
    /// A cell that holds `value`.
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: NoUninit + fmt::Debug> fmt::Debug for SeqCell<T> {
    /// Shows the value; waits as [`load`](Self::load) does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SeqCell").field(&self.load()).finish()
    }
}
