//! Deferred reclamation: memory that was unlinked is freed when no reader can be using it any more.
//!
//! | door | for | what a stalled reader keeps |
//! |---|---|---|
//! | [`protect`] | one pointer, for any time | that one item |
//! | [`pin`], [`OwnedPin`] | a traversal | everything retired while it lives; [`Pin::repin`] lets go |
//! | [`Domain::retire`] | a structure's unlinked items | – |
//! | [`flush`], [`stats`] | values that [`AtomicRef`](crate::AtomicRef)s have replaced | – |
//!
//! Readers write their own thread's lines only, with plain stores, and run no fence where the system has asymmetric ones.
//! Whoever retires pays: a scan of all threads for every batch, behind one [heavy fence](crate::fence::heavy).
//!
//! # What & when not
//!
//! For lock-free structures whose readers must not write what others read. Not for values that one owner frees anyway, not
//! for memory that must be gone at once, and not inside a global allocator.
//!
//! # Representation
//!
//! ```text
//!   a reader's node             the process-wide domain: in each thread's node       Domain<T>: in each shard
//!   ┌──────────────┐            ┌───────────────────────────────────┐                ┌────────────────┐
//!   │ slots  p · · │◄── scan ───┤ fresh │ waiting │ free            │                │ fresh │ …      │
//!   │ all    6     │◄───────────┤ counts of cells' old values       │                │ items          │
//!   │ pin    3     │◄───────────┼───────────────────────────────────┼───── scan ─────┤                │
//!   └──────────────┘            └───────────────────────────────────┘                └────────────────┘
//! ```
//! `garbage.rs` is the list with its three states; `own.rs` and `domain.rs` are the two places that have one; `pace.rs` decides
//! when to scan.
//!
//! # States
//!
//! | an item is | which means | it goes on when |
//! |---|---|---|
//! | fresh | unlinked; not looked at, or a slot had it at the last scan | a scan finds no slot with it |
//! | waiting | no slot has it, but some reader's number was odd at the scan | each such number has changed |
//! | free | no reader can be using it | it is dropped: a few at each retirement, or by `flush`, `collect` |
//!
//! # Invariants
//!
//! - **P1, slots.** A slot that was seen, after [light](crate::fence::light), to have what the source still had keeps the item
//!   from being dropped until the slot is cleared.
//! - **P2, numbers.** What a reader finds after making its number odd (and `light`) is not dropped until the number has
//!   changed. `all` guards values of reference cells, `pin` items of domains.
//! - **P3, unlinked first.** An item is retired after the last place from which a reader could find it has lost it.
//!
//! # Protocols
//!
//! *Protect* (S): (1) guess a pointer from the source; (2) write it to a free slot; (3) `light`; (4) load the source again: if it has
//! the same pointer, that is protected; else again from 2, twice in all. The way out is a pin, or for a reference cell the
//! reservation. *Clear*: write null.
//!
//! *Reserve* or *pin* (N): (1) make the number odd; (2) `light`; (3) load and use; (4) make it even. A reservation takes a count in
//! step 3 and so is over in a few instructions, without a second look and without a loop: that makes `load_full` wait-free,
//! and `load` too, whose third way it is.
//!
//! *Retire and scan* (W): (1) unlink; (2) push to fresh; when a batch is full, or the last scan is long ago: (3) `heavy`; (4) read
//! all numbers and slots; (5) what a slot has stays fresh; the rest is free, or waits for the odd numbers seen.
//!
//! *Settle*, at any later time: a waiting batch whose numbers have all changed is free. No second `heavy` is needed, as the
//! proof shows.
//!
//! *Pace.* At least 256 items to a batch, and 16 for each live node, so that at most half of one can be held by slots and a scan is
//! paid by what it frees; a batch is also due when a megabyte waits in large values. The first, fourth, sixteenth … item after a
//! scan ask the clock: if this list's last scan, and the last early scan of the process, were 100 µs ago, they scan at
//! once and drop at once. So seldom replaced values do not linger, and the heavy fences of a process that this costs are
//! 10 000 a second at most; the others are one for each full batch, and one for each part of a domain that is flushed.
//! [`fence::heavy_count`](crate::fence::heavy_count) tells.
//!
//! *Alone.* While no other thread uses the crate, none has left anything behind, and the own list is empty, a cell's old value
//! is dropped at once unless a guard of the same thread has it: no fence, no list (`registry`, *Alone*).
//!
//! *One count is enough.* Of several counts of one value that a slot protects, all but one are given back.
//!
//! *Dropping* happens outside of everything: the item is taken out of the list first, so a destructor may come back here. What
//! it retires meanwhile is dropped later, not deeper: destructors do not nest. If it panics, the rest stays listed.
//!
//! *Ends of threads.* The list stays in the node; whoever scans next takes it over.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | F: `fence_light`, `fence_heavy` | S3, N2 | W3 | a reader's announcement, or its second look, against unlinking and scan | killed by loom `a_guard_keeps_its_value` in the symmetric build; asymmetric: `ci/litmus.sh` (exhaustive, on two machine models), and the argument of `fence` |
//! | R1: `ref_swap_publish`, `ref_exchange_publish` to `protect_load`, `pin_load`, `ref_load_full` | publication, Release | S4, N3, Acquire | the making of an item before its use | killed by loom, each site by its own model; `protect_load` masked there by `light`, a full fence in that build: `ci/litmus.sh` |
//! | R2: `slot_clear`, `slot_publish` to `slot_scan` | end of a guard, next use of its slot: Release | W4, Acquire | reads before the drop | killed by loom `a_guard_keeps_its_value`, `a_slot_that_was_used_again_has_given_up_the_first_value` |
//! | R3: `sequence_end`, `sequence_begin`, `sequence_renew` to `sequence_scan`, `sequence_settle` | N4, the next N1: Release | W4, settle: Acquire | reads, and the count taken, before the drop | killed by loom `a_pin_keeps_what_it_finds`, `a_second_pin_…`, `a_renewed_pin_…` |
//! | R4 | a shard's lock; N-own of `registry` | likewise | a retirement before the scan by another thread | the mutex's edges E1, E2; killed there |
//! | R4: `stranded_push` to `stranded_take` | a retirement that found everything locked, Release | the taking of all, Acquire | as R4 | killed by loom `what_is_stranded_is_shown_whole`, either side Relaxed |
//! | R5: `ref_swap_take` | publication, Release | exchange, Acquire | the making of the old value before its use by the taker | masked by the fence of `registry`'s A1, which follows each exchange of a thread that is not ending |
//!
//! `sync/docs/orderings.md` has each edge by itself; `ci/mutate-orderings.sh` prints that table from a run.
//!
//! # Proof sketch
//!
//! Events of a reader: **A** announces (S2 or N1), **L** `light`, **B** loads (S4 or N3), **U** uses, **E** ends (clear, or the number even).
//! Of a writer: **X** unlinks *p*, **H** `heavy`, **Y** reads the reader's slot or number. X is before H in program order, or by R4 and the
//! order of a shard's lock.
//!
//! Suppose B finds *p* and the writer drops it on account of H. By F, either A is visible to Y, or X is visible to B.
//!
//! *X visible to B*: then B does not find *p* by the publication that X ended. If it finds *p* by a later publication, the item
//! was published again before it could be dropped (an `Arc` stored twice): that one has a count of its own, and an
//! unlinking and a retirement of its own, to which the argument is applied instead. The address of a dropped item is
//! another item's by then, and the pointer that is used is the one that B loaded.
//!
//! *A visible to Y, slots*: Y reads *p*, and the item stays fresh; or Y reads what the slot held after E, null or another
//! pointer. Both were written with Release by the reader after U, so by R2 U comes before the drop.
//!
//! *A visible to Y, numbers*: Y reads the odd number, and the item waits until a later read Y' finds another; or Y reads one
//! after E. What Y or Y' reads was written with Release after U, so by R3 U comes before the drop. That Y' needs no `heavy`
//! of its own: a reader that makes its number odd after Y has read an even one, or again after Y' was satisfied, has A not
//! visible to Y, so X is visible to its B.
//!
//! *Bounds.* A thread's list holds less than two batches, one fresh and one free, and what slots hold: everything else is dropped
//! by the scan that a full batch triggers. It holds more only while the owner of an odd `all` does not run at all, in the few
//! instructions of a reservation: endless reservations change the number each time.
//!
//! # Decision
//!
//! Own scheme, not `seize` behind this door: `pin` and its end are two plain stores, where seize's `leave` is a
//! read-modify-write (2.1 and 4.1 ns for the pair on one machine; `contention --filter pin` prints both side by side); and seize can neither protect one pointer nor tell a pin from a single protected item in what they hold up.
//!
//! # Checked by
//!
//! `tests/loom_reclaim.rs`; `tests/reclaim.rs`, `tests/atomic_ref*.rs`, `tests/stress_quarantine.rs` natively, under Miri and
//! under the sanitizers; `ci/litmus.sh` for the asymmetric fences; `benches/coherence` for the lines that are shared.
//!
//! # Sources
//!
//! M. Michael, *Hazard Pointers* (2004); K. Fraser, *Practical Lock-Freedom* (2004), for pins; folly's `hazptr` and
//! `AsymmetricThreadFence`. Deviations: 1) a number for each reader instead of a global epoch, so that nothing must
//! advance and one stalled reader delays only what it may have found; 2) a batch remembers the numbers it waits for
//! and is not looked at from the start again; 3) slots are published with Release and cleared with a store.

mod domain;
mod dropping;
mod garbage;
mod own;
mod pace;
mod pinning;
mod protection;
mod stranded;

#[cfg(polder_loom)]
pub use self::pace::scan_in_batches_only;
pub use self::{
    domain::{Domain, DomainStats, DropPolicy},
    own::{Stats, flush, stats},
    pinning::{OwnedPin, Pin, pin},
    protection::{Protected, protect},
};
pub(crate) use self::{
    own::{Own, drop_later, is_unread, retire_count, tell},
    protection::{Attempt, by_slot},
};
