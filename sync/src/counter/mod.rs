//! The counter: for each thread a cell that it alone writes, and a sum over them.
//!
//! # What & when not
//!
//! For numbers that many threads change often and somebody reads now and then: events, bytes, entries. An addition is a
//! load and a store in a cache line that no other thread writes; it returns nothing. A sum reads a line of each thread,
//! and is no moment's truth. Who needs the number that the own addition made, or a decision on the total, wants one
//! `AtomicU64` and `fetch_add`. Not for signal handlers and not inside a global allocator: see [`Counter`].
//!
//! # Representation
//!
//! ```text
//!   Counter                                    registry: one node a thread
//!   ┌──────────┬───────────┬────────┬───────┐  ┌─ node ── cells ─────────────┐  ┌─ node ──
//!   │ seat     │ left_over │ shared │ reset │  │ chunks: ·  ▪  ▪  ·  ·  ·  … │  │ chunks: …
//!   └────┬─────┴─────┬─────┴───┬────┴───┬───┘  └────────────┼──┼─────────────┘  └─
//!        │           │         │        │                   │  └► 128 cells
//!        │           │         │        └ subtracted:       └► 64 cells: ┌──┬──┬──┬──
//!        │           │         │          what resets took               │  │▓▓│  │ …
//!        │           │         └ added where there is no cell            └──┴──┴──┴──
//!        │           └ subtracted: what earlier counters                     ▲
//!        │             left at the place                                     │
//!        └ the place: chunk and offset, the same in each node ───────────────┘
//! ```
//!
//! A *place* is one cell in each node. Chunks are made by the node's owner when it first counts there. Nodes are reused
//! by later threads, which go on from what the cells hold, so a thread that ends has nothing to hand over.
//!
//! # States
//!
//! | seat | place's cells | additions go to |
//! |---|---|---|
//! | `NONE` | – | `shared`, if no place can be had or the thread has no node |
//! | a place | this counter's | the thread's cell; `shared` on a thread without a node |
//!
//! # Transitions
//!
//! As `seat, place → seat, place`; *free* is a place in the pool.
//!
//! ```text
//!   draw    NONE, free     → p, this counter's     once in a counter's life; left_over is what p's cells hold
//!   drop    p, this one's  → –, free
//! ```
//!
//! # Invariants
//!
//! - **K-one, one counter at a place.** A place is handed out by the pool's holder only, and handed in by the drop of the
//!   counter that has it.
//! - **K-own, one writer a cell.** A cell is stored to by the owner of its node only (N2 of the registry), at the place of
//!   a counter that the owner has borrowed. Cells are never set back.
//! - **K-seat.** A seat is stored to once, by the holder of the pool, who found it empty. `left_over` is stored to before
//!   that, and not after.
//! - **K-raw.** Let *raw* be the sum of the place's cells, less `left_over`, plus `shared`; without a place `shared`
//!   alone. In exact terms *raw* is the sum of all additions ever. `reset` is the *raw* of some reset that took it.
//! - **C1, D1** are in `cells.rs` and `ids.rs`: a place is inside its chunk.
//!
//! # Who may touch what
//!
//! | field | who | rule |
//! |---|---|---|
//! | `seat`, `left_over` | read by any thread with `&Counter`; stored by the pool's holder | K-seat; `left_over` is read after the seat |
//! | `shared` | any thread with `&Counter` | `fetch_add` |
//! | `reset` | any thread with `&Counter` | compare-and-swap to one's own *raw* |
//! | a cell | read by any thread; stored by the node's owner | K-own |
//! | a chunk | found by any thread; made by the node's owner | C1 |
//! | the pool | whoever gets its mutex at the first try | nobody waits for it, but a drop, and that not for long |
//!
//! # Protocols
//!
//! *Add.* (1) Read the seat. (2) Load and store the cell there in the thread's node. Without node or cell, (3) if there is
//! a node but no place, *draw*. (4) With a place, make the chunk if it is missing, and go to 2; else `fetch_add` on `shared`.
//!
//! *Draw.* (1) Take the pool; give up if somebody else has it. (2) If the seat has been taken meanwhile, that is the place.
//! (3) Take a place. (4) `left_over` = the sum of its cells. (5) Store the seat.
//!
//! *Sum.* (1) Read `reset`. (2) Read *raw*: the seat, then `left_over`, `shared` and each node's cell. (3) The difference.
//!
//! *Reset.* (1) and (2) as above. (3) Exchange `reset` for *raw*, if it is still what (1) read; else go to 1.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | K1 | `draw`, Release (`counter_place`) | `raw`, Acquire (`counter_place_seen`) | `left_over`, and the cells as the draw found them, before a sum's reads | killed by loom `a_place_comes_with_what_was_left_in_it`, either side Relaxed |
//! | K1 | the same | `place_to_add_at`, Acquire (`counter_place_found`) | the draw's reads of the cells before the stores of this counter's additions | argument: to break it a load must see a store that depends on a later store of the loading thread; no checker here executes that |
//! | K2 | `make`, Release (`counter_chunk`) | `look`, Acquire (`counter_chunk_seen`) | the making of the cells before another thread's reads | killed by loom `a_sum_may_meet_a_chunk_that_is_being_made`, either side Relaxed |
//! | K3 | `reset`, Release (`counter_reset`) | `reset`, `sum`, Acquire (`counter_reset_seen`) | the reads of a reset's *raw* before those of a later sum or reset | killed by loom `a_sum_does_not_fall_behind_a_reset`, either side Relaxed |
//! | – | `give` | `take` | what was added at a place before its next counter's draw | the pool's mutex (its edges E1, E2); loom `counters_in_turn_at_a_place_do_not_mix` |
//! | N-own | the registry's | the registry's | an owner's additions before those of the node's next owner | killed by loom `a_reused_node_goes_on_counting` |
//! | – | cells and `shared`, Relaxed | the same | nothing by themselves | argument: coherence, see *What a sum has* |
//!
//! # Proof sketch
//!
//! *No addition is lost in a cell.* It has one writer at a time (K-own), and writers are ordered by N-own, so each loads
//! what was stored last.
//!
//! *A place's next counter begins at zero.* Let *D* be the draw at place *p*. All additions of earlier counters at *p* were
//! made under borrows that ended before their drops, and those come before *D* (the pool's mutex). So *D* reads, in each
//! cell, a value no older than the last of theirs; and no newer, for this counter's additions read the seat that *D*
//! stores after reading (K1). `left_over` is what the earlier ones left. Whoever reads the seat later, by K1 reads each
//! cell as *D* found it or newer (coherence), and so *raw* is made of this counter's additions only.
//!
//! *What a sum has.* An addition that happens before the sum is in each cell's value that it may read, by coherence; that
//! it reads this place, this node and this chunk, by the same on their words. An addition that the sum happens before
//! is not, for a load sees no store that comes after it. Others may be in or not, each for itself: two sums at a time may
//! see two additions in different orders, and a total that never was.
//!
//! *Resets lose nothing and count nothing twice.* Each successful exchange replaces one *raw*, *a*, by another, *b*, and
//! returns *b − a*. The exchanges of one word have an order, in which each finds what the one before left. So the results
//! add up to the last *b*, and a final sum, which subtracts it, adds up with them to its own *raw*: once all
//! additions happen before it, that is their exact total, whatever the values between were. All of it is modulo 2⁶⁴.
//!
//! *And no reset goes back.* A reset reads *raw* after it has read *a* (K3), hence each cell no older than the reset that
//! left *a* did. With additions that are not negative, *b − a* is not; likewise for a sum.
//!
//! *Progress*: an addition is wait-free, but for what registers the thread and makes a chunk at first. A sum is as long as
//! the list of nodes. A reset goes round again when another one has succeeded: lock-free.
//!
//! # Checked by
//!
//! `tests/loom_counter.rs`, the edges as above, and K-seat by `two_first_additions_agree_on_a_place`, the exchange by
//! `resets_share_out_the_additions`; D1 and the return of places by the unit tests of `ids.rs`. Those and `tests/counter.rs`
//! natively and under Miri.
//!
//! # Sources
//!
//! None followed. `java.util.concurrent.atomic.LongAdder` is the better known way: cells shared by hash and changed by
//! compare-and-swap. Deviations: 1) a cell has one writer, so there is no read-modify-write; 2) the cells
//! of all counters lie together, by thread; 3) a reset writes no cell.

mod cells;
mod ids;

use std::{fmt, sync::atomic::Ordering::Relaxed};

pub(crate) use self::cells::Cells;
use self::ids::{Place, Seat};
use crate::{
    edge::edge,
    primitive::{AtomicU64, const_fn},
    registry::{self, Node, REGISTRY},
};

/// A number that many threads change without disturbing each other, and that is summed up when somebody asks.
///
/// Each thread adds to a cell of its own, by a load and a store: no thread waits for another's cache line, so additions
/// cost the same on one core and on a hundred, and less than `fetch_add` on either. In return an addition does not
/// tell the new value, and a sum costs a cache line per thread. It can be a `static`.
///
/// # Consistency
///
/// [`sum`](Self::sum) and [`reset`](Self::reset) are **not linearizable**. They count each addition that happened before
/// the call and none that the call happened before; of those that run at the same time, they may count any. *Happened
/// before* is meant as for atomics: in the same thread, or handed on by a join, a lock or a message. Once all additions
/// have happened before it, a sum is exact.
///
/// Arithmetic wraps around at the ends of `i64`, at any time and without a word. The sum of additions that wraps and comes
/// back is right again.
///
/// # Trade-offs
///
/// - **Memory.** Eight bytes per thread and counter, in blocks, kept for later threads and counters after both are gone. A
///   counter that nobody has added to has none. Beyond two million counters at a time, further ones share one cell among
///   all threads: slower, and otherwise the same.
/// - **Not in a signal handler**, whose addition may be lost if it interrupts another of the same thread; **not in a global
///   allocator**, for a thread's first addition allocates.
///
/// ```
/// use polder_sync::Counter;
/// use std::thread;
///
/// static REQUESTS: Counter = Counter::new();
///
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| (0..100).for_each(|_| REQUESTS.increment()));
///     }
/// });
/// assert_eq!(REQUESTS.sum(), 400);
/// ```
pub struct Counter {
    /// Where this counter's cells are.
    seat: Seat,
    /// What earlier counters have left there.
    left_over: AtomicU64,
    /// What was added by threads without a cell.
    shared: AtomicU64,
    /// What the last reset had found.
    reset: AtomicU64,
}

impl Counter {
    const_fn! {
        /// A counter at zero. Gets its cells at the first addition.
        pub const fn new() -> Self {
            Self {
                seat: Seat::empty(),
                left_over: AtomicU64::new(0),
                shared: AtomicU64::new(0),
                reset: AtomicU64::new(0),
            }
        }
    }

    /// Adds `amount`, which may be negative; wraps around.
    ///
    /// Wait-free: a load and a store. The first addition of a thread registers the thread, and one in some dozens of counters
    /// allocates; the first to a counter is linear in the number of threads. A thread that is ending, and so has given
    /// its cells back, does a `fetch_add`.
    ///
    /// ```
    /// let balance = polder_sync::Counter::new();
    /// balance.add(10);
    /// balance.add(-3);
    /// assert_eq!(balance.sum(), 7);
    /// ```
    #[inline]
    pub fn add(&self, amount: i64) {
        let amount = amount.cast_unsigned();
        if !registry::current().is_some_and(|node| node.cells.add(self.place_to_add_at(), amount)) {
            self.add_slowly(amount);
        }
    }

    /// Adds one, as [`add`](Self::add) does.
    #[inline]
    pub fn increment(&self) {
        self.add(1);
    }

    /// Subtracts one, as [`add`](Self::add) does.
    #[inline]
    pub fn decrement(&self) {
        self.add(-1);
    }

    /// The sum of the additions since the last reset; wraps around. Not linearizable: see the [type](Self#consistency).
    ///
    /// Wait-free; linear in the number of threads that there were at the same time so far. A reset at the same time may or
    /// may not count. If nobody ever adds less than zero, no sum is less than zero.
    ///
    /// ```
    /// let counter = polder_sync::Counter::new();
    /// assert_eq!(counter.sum(), 0);
    /// counter.increment();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| counter.decrement());
    ///     scope.spawn(|| counter.add(5));
    /// });
    /// assert_eq!(counter.sum(), 5);
    /// ```
    pub fn sum(&self) -> i64 {
        let taken = self.taken();
        self.raw().wrapping_sub(taken).cast_signed()
    }

    /// Sets the counter to zero and returns what it had, wrapped around; additions are counted as by [`sum`](Self::sum).
    ///
    /// No addition is lost and none is counted twice: the results of all resets and one last sum, after everything else, add
    /// up to all that was ever added. An addition that runs at the same time as a reset is in this result or in a later
    /// one. If nobody ever adds less than zero, no result is less than zero.
    ///
    /// Writes nothing of other threads'. Lock-free: begins again if another reset comes between; each try costs what a
    /// sum costs.
    ///
    /// ```
    /// let since_last_report = polder_sync::Counter::new();
    /// since_last_report.add(3);
    /// assert_eq!(since_last_report.reset(), 3);
    /// since_last_report.increment();
    /// assert_eq!(since_last_report.reset(), 1);
    /// assert_eq!(since_last_report.sum(), 0);
    /// ```
    pub fn reset(&self) -> i64 {
        loop {
            let taken = self.taken();
            let raw = self.raw();
            // Release, edge K3: what this has counted comes before what the next reset, or a sum, counts. The comparison
            // is by value: if others came between and left the same value, the account is right all the same.
            let order = edge!("counter_reset", Release, weaker Relaxed);
            // Relaxed on failure: it begins again.
            if self.reset.compare_exchange(taken, raw, order, Relaxed).is_ok() {
                return raw.wrapping_sub(taken).cast_signed();
            }
        }
    }

    #[inline]
    fn place_to_add_at(&self) -> Place {
        // Acquire, edge K1: the draw has read the cells before the caller stores to one.
        self.seat.load(edge!("counter_place_found", Acquire, weaker Relaxed))
    }

    /// What resets have taken. To be read before `raw`, so that it is no newer.
    fn taken(&self) -> u64 {
        // Acquire, edge K3: what that reset had counted, the caller counts too.
        self.reset.load(edge!("counter_reset_seen", Acquire, weaker Relaxed))
    }

    /// The sum of all additions.
    fn raw(&self) -> u64 {
        // Acquire, edge K1: what the cells hold of other counters comes with the place.
        let place = self.seat.load(edge!("counter_place_seen", Acquire, weaker Relaxed));
        // Relaxed: an addition in `shared` stands for itself, like one in a cell.
        let shared = self.shared.load(Relaxed);
        if place == Place::NONE {
            return shared;
        }
        // Relaxed: stored before the place (K-seat).
        let left_over = self.left_over.load(Relaxed);
        total_at(place).wrapping_sub(left_over).wrapping_add(shared)
    }

    /// Adds where the short way does not lead: no node, no place or no cell yet.
    #[cold]
    #[inline(never)]
    fn add_slowly(&self, amount: u64) {
        let done = registry::current().is_some_and(|node| self.add_to_new_cell(node, amount));
        if !done {
            // Relaxed: see `raw`.
            self.shared.fetch_add(amount, Relaxed);
        }
    }

    /// Adds to a cell of this thread's node, after making what is missing; false if no place is to be had.
    fn add_to_new_cell(&self, node: &Node, amount: u64) -> bool {
        let place = match self.place_to_add_at() {
            Place::NONE => match self.draw() {
                Some(place) => place,
                None => return false,
            },
            place => place,
        };
        node.cells.make(place);
        node.cells.add(place, amount)
    }

    /// Takes a place for this counter, if it has none; `None` if the pool is empty or in use.
    fn draw(&self) -> Option<Place> {
        let mut pool = ids::pool()?;
        // Relaxed: stored by holders of the pool only, whose mutex orders it.
        let place = self.seat.load(Relaxed);
        if place != Place::NONE {
            return Some(place);
        }
        let place = pool.take()?;
        // Relaxed: before the place (K-seat).
        self.left_over.store(total_at(place), Relaxed);
        // Release, edge K1: see `raw` and `place_to_add_at`.
        self.seat.store(place, edge!("counter_place", Release, weaker Relaxed));
        Some(place)
    }
}

/// What all nodes' cells at a place add up to.
fn total_at(place: Place) -> u64 {
    REGISTRY.nodes().fold(0, |total, node| total.wrapping_add(node.cells.look(place)))
}

impl Drop for Counter {
    fn drop(&mut self) {
        // Relaxed: the counter is borrowed exclusively, so everything at it has happened.
        let place = self.seat.load(Relaxed);
        if place != Place::NONE {
            ids::give(place);
        }
    }
}

impl Default for Counter {
    /// A counter at zero.
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Counter {
    /// Shows the sum.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.sum()).finish()
    }
}
