//! The engine of the dicts: one table that grows and shrinks in place, bin by bin.
//!
//! # What & when not
//!
//! Items, found by hash, for any number of threads. A lookup writes nothing, and at best reads one or two adjacent cache lines beside
//! the word that every operation begins with. A change locks one bin for a few instructions, in which nothing foreign runs. There is
//! never a second table: memory grows by what is added, and no operation moves more than a bin or two. The engine knows neither keys nor
//! hashers; its callers compare, hash again when a bin is split, and keep what items point to. Not for ordered keys, and not for a
//! few entries that one thread has: a table owns tables of segments, about a kilobyte.
//!
//! # Representation
//!
//! ```text
//!   Table                    Segments: bins, never moved
//!   ┌───────────┐            ┌──────┬──────┬─────────────┬───────────────────────────┐
//!   │ hint      │            │ 0  1 │ 2  3 │ 4  5  6  7  │ 8  9  10 11 12 ·  ·  ·    │
//!   │ end = 13  │            └──────┴──────┴──┬──────────┴───────────────────────────┘
//!   │ initial   │                             │                        ▲ the next one: 13, split off 5
//!   │ spills ───┼─┐                           ▼
//!   │ …         │ │   ┌ header ───────────────────────┐┌ state ─────────────────────────────────────┐┌ slots
//!   └───────────┘ │   │ stamp │ level │ tag 6 … tag 0 ││ link │ outside │ version │ used │ lock      ││ k v  k v  …
//!                 │   │   1   │   6   │    7 × 8      ││  28  │    8    │   26    │  1   │  1        ││ or pointers
//!                 │   └───────────────────────────────┘└───┬────────────────────────────────────────┘└───
//!                 │                                        ▼
//!                 └► Spills: a pool of      ┌ word ────────────────┬ slots ─────┐    ┌────
//!                    three slots each       │ next │ tag 2 … tag 0 │ k v k v k v ├───►│ …
//!                                           └──────────────────────┴────────────┘    └────
//! ```
//!
//! A *tag* is eight bits of a hash, never zero; zero is an empty slot. Bin `b` at *level* `l` has the hashes whose low `l` bits are `b`.
//! A level is written down as 64 less itself; zero is *unwritten*: below `initial` an empty bin that was there from the beginning,
//! from there on one that does not exist. `parent(b)` is `b` without its highest bit; `b` is *born* at the level of that bit. A bit
//! of *outside* stands for 32 tags, of which an entry may be in the spills. `end` is the number of bins; the *hint* repeats it, a
//! 64th wrong at most, so that growth does not cost every thread a cache miss each time.
//!
//! # States
//!
//! | bin | header | state | hashes of |
//! |---|---|---|---|
//! | none | zero, at or above `initial` | any, without a link | its parent, or that one's |
//! | untouched | zero, below `initial` | zero | itself |
//! | in use | a level | used | itself |
//! | merged | [`MERGED`](bits::Header::MERGED), or zero at or above `initial` | used, without a link | its parent |
//! | given back | zero | zero | its parent |
//!
//! # Transitions
//!
//! ```text
//!   claim      untouched → in use               the first writer
//!   split      none, merged, given back → in use, its parent's level + 1      whoever raised `end` past it, or who needs it
//!   merge      in use, untouched → merged, its parent's level - 1             whoever lowers `end` to it
//!   release    merged, none → given back        whoever lowered `end` to the beginning of a piece, with `end` frozen
//! ```
//!
//! # Invariants
//!
//! - **B1, one bin.** In each moment one bin in use, or untouched, has a given hash: the one that the levels lead to from any other
//!   bin. Levels change with the bin locked, and its parent or child as well.
//! - **B2, the lock.** Header, slots, link and spills of a bin are stored to by the holder of its lock only. Who holds several took them
//!   in the order of their numbers. No foreign code runs, and nothing but a spill, a segment or a batch of copies is waited for.
//! - **B3, children.** If a bin's level is above `l`, its child born at `l` is in use, is being split off or merged under both locks, or
//!   the header that says so is an old one.
//! - **R1, slots.** A slot is stored to only if it was empty since before the present version of its bin; a spill's, since before the
//!   present version of the bin that had it.
//! - **R2, moves.** An item that moves is published in its new place first; then the version of the bin that had it ends; and it can
//!   change, or leave the new place, only after that.
//! - **R3, outside.** If an entry is in a spill, then its tag's bit of *outside* is set, and its bin has no empty slot when unlocked.
//! - **V, versions.** A version ends by being counted up. A bin that has had a tag since its memory was last given back has a version, and
//!   *used*, that is not zero; the first one of such a life is spread over all numbers by how often memory was given back.
//! - **S, stamps.** While a snapshot is made, a bin with its parity is in the copies as it was at its moment, or was empty then.
//! - **E, end.** Bins from `end` on are locked by nobody for longer than to find out. While `end` is frozen it does not change.
//!
//! # Protocols
//!
//! *Look up* ([`Table::find`](table::Table::find)). Hint, then the state, then the header, in this order; if the header has the hash, the
//! slots with its tag, each item read before the version again; if the bit of *outside* is set, the spills, each read before
//! the version again. What is found counts if the version is the same; absence, too, and if no spill was looked at only if the
//! whole state is. Else once more.
//!
//! *Claim*. The same way to the bin; lock it; look at the header again. Then look for a snapshot, and stamp. Who has found an item
//! locks its bin by an exchange of the very state that was read before it: with the same version nothing has left the bin, so the item
//! is where it was, perhaps with another value.
//!
//! *Insert*. If this claim has emptied a slot, end the version (R1). Store the item, then the tag. Without an empty slot: into
//! a spill, its tag, then the link and *outside*.
//!
//! *Remove*. Clear the tag; the version ends at the latest when the lock does, in the same store. If there are spills, *tidy*: copy an
//! item from the first spill into the slot, publish it, end the version, clear it outside (R2). A spill without tags is
//! unlinked, the version ends, and it goes back to the pool.
//!
//! *Split* `p` into `p` and `c`. Hash the items of `p` without a lock; lock `p`, then `c`; with the same version and tags, or number
//! of items where some are outside, they are the same. Fill `c`, unseen; publish it at the new level; publish `p` at the new level without what has
//! moved; end `p`'s version; clear its spills.
//!
//! *Merge* `c` into `p`. Lock `p`, then `c`; look for a snapshot once for both; lower `end`. Insert `c`'s items into `p`, at
//! whose level nobody looks for them there yet; end `p`'s version, for those who copy whole bins or walk through spills; publish
//! it at the lower level; publish `c` as merged; end its version.
//!
//! *Release*. Freeze `end`; lower `initial`; take and keep the locks of the piece's bins, so that no writer with an old hint has one;
//! count the release; let the pages go, locks included.
//!
//! *Walk*. Class after class of hashes that agree in so many low bits as the table had when the walk began. The bins of a class
//! are copied when unlocked, and all of their versions looked at again at the end; after some tries they are locked instead.
//!
//! *Snapshot*. Set the parity in the hint; fence; go through all bins: if one is locked, or has entries and the old stamp, claim it, and so
//! copy it. A writer whose claim sees the new parity copies its bin before it changes it. Gets wait for locked bins meanwhile.
//!
//! # Orderings
//!
//! Each with its evidence in `docs/orderings.md`.
//!
//! | | edges | from → to | orders |
//! |---|---|---|---|
//! | D1 | `dict_header_*`, `dict_spill_*` | publication → who reads the word | the items behind the tags, the spills behind a link, the segments of the bins that a level tells of |
//! | D2 | `dict_state_*`, `dict_key_*`, `dict_value_*` | an item stored after a version's end → who reads the item, then the version | the version: it is seen to have ended |
//! | D2 | `dict_state_*`, `dict_header_*` | a version's end → who reads the version, then the header | the header: no older than what the version ended |
//! | D3 | `dict_entry_*` | the pointer → who reads it | the entry's making, and as D2 |
//! | D4 | `dict_hint_*`, `dict_grow`, `dict_end_*` | a number of bins → who reads it | their segments |
//! | D5 | `dict_lock`, `dict_state_store` | unlocking → locking | all that the last holder did |
//! | D6 | `dict_pool_*` | the pool's lock | its numbers |
//! | D7 | `dict_initial_*`, `dict_header_*` | `initial` lowered → a zero header | that the zero means no bin |
//! | D8 | `dict_copies_*` | a batch pushed → taken | what is in it |
//! | D9 | `dict_turn_*` | the end of a snapshot → the next one | that all batches are out |
//! | G | `dict_fence_*` | a lock, then the hint; the hint, then the locks | store buffering: one of the two sees the other |
//!
//! # Proof sketch
//!
//! *An item that is found was current during the call.* Let `s` be the state that was read first, `h` the header, `x` the item, with the
//! version of `s` read again after `x`. Suppose that `x` was stored for another tag than the one in `h`. By R1 a version ended between the
//! clearing of that tag and the store, or both belong to an earlier time than `h`, which coherence rules out with D1. If `s` is
//! older than that end, the second reading differs from it (D2, from `x`). If not, `h` is no older than the clearing (D2, from `s`), so
//! its tag is a later one. A word pair is read key first: a later value than the key's own comes with a later version, and an
//! older value than the key's is ruled out by the key (D2). So `x` was there, under its tag, when `h` was read or later. If it
//! has moved by then, its changes in the new place come after the end of the version here (R2): who knows of one reads a
//! later state, and then a later header, here. Memory that was given back has version zero, which is none (V).
//!
//! *A miss is right.* Let the entry be there during the whole call. (1) In a slot of the bin when `h` was read: its tag is in `h`. If the tag
//! is there, but another slot's item is met first, then the comparison decides, and the rest is looked at. (2) Outside: its bit is
//! in `s` or comes before the state that is read at the end, which must be the same as `s`. Its spill is in the chain of
//! `s`; a walker who misses it there has read a word that was published after a version's end, and sees that end. (3) It came in from
//! outside: published inside before the version ended, so who has the new state has the new header; who has the old one sees the
//! change. (4) In another bin, by a split or a merge: the header of the old one says so from the moment on at which the new one
//! has it (D1), and while both have it, either is right. A bin that came to have the hash between the reading of `s` and of `h` has another
//! version by then: a split ends that of the new bin first, a merge that of the lower one before it publishes the level.
//! (5) A bin without a level: `initial` is lowered before headers become zero (D7), so that a zero is never taken for an empty bin.
//! Route by levels ends: each step that is undone takes a split or a merge of another thread.
//!
//! *Writers.* B1 and B2: a claim that finds the hash in its header has the only bin that may have the key, and nobody else changes it. What
//! it stores is one step for readers: the header for an insertion into the bin and for a removal, the link or the spill's word
//! outside, the value for an update.
//!
//! *A snapshot is at one moment.* That is when its parity is in the hint. A writer either sees it there, and the bin is copied before its
//! change; or does not, and then whoever knows of the snapshot sees the lock, or the change (G): its maker waits, copies, and has
//! the change. Let a thread see an excluded write and look for an included one later: it has the hint from the excluded
//! writer, so it looks as one who knows. For several bins the hint is read once, after the last lock, and stamps all of them.
//! A split gives its new bin the stamp of the old one. A bin that is passed over was empty and unlocked: what comes later is of
//! writers who have seen the snapshot, for those who have not had the lock. No batch comes late: each bin that has
//! something to copy has been claimed when the maker has passed it.
//!
//! *Limits.* A version of 26 bits comes back after 67 million removals from one bin; a reader would have to stand still between two loads
//! for as many, and wake at just that number. After a release it may meet its number by chance, one in as many.
//!
//! # Decision
//!
//! *In place, not two tables.* A second table doubles memory while it is filled, makes each lookup ask which one, and moves what others use.
//! Linear hashing moves half of one bin at a time and needs no more than the next bin. Its price is a level for each bin and a bin
//! at half its density beside one at the full.
//!
//! *Seven pairs in 128 bytes, not three in 64.* The two words at the head are shared by more pairs, and the load of larger bins
//! varies less: at any density at which few bins spill, bins of three cost 28 bytes an entry or more, bins of seven less than 26.
//! Processors fetch adjacent lines as pairs.
//!
//! *A lock for a few instructions, not a claim and a publication by two exchanges.* It takes one exchange and a store, half the
//! read-modify-writes; transactions need bins that can be locked in any case; and with it headers, links and moves need no states for
//! half-done work. Its price: writers of a bin wait while the system has stopped one of them. Gets do not, but while a snapshot is made.
//!
//! # Checked by
//!
//! `models/` and `tests/loom_transact.rs` (loom; the named orderings weakened one at a time); `memory.rs` has its own. Histories of few
//! keys with growth and shrinking in `tests/linearizable.rs`, stress in `tests/stress.rs`, both also under Miri and the sanitizers.
//!
//! # Sources
//!
//! Linear hashing: W. Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980; P.-Å. Larson, "Dynamic hash
//! tables", CACM 31(4), 1988. Bins of a cache line whose reads write nothing: CLHT (David, Guerraoui, Trigonakis, "Asynchronized
//! concurrency", ASPLOS 2015); DLHT (2024). Tags compared all at once: F14 and SwissTable. Versions around reads: the seqlock.

mod bin;
mod bits;
mod bulk;
mod claim;
mod copies;
mod courtesy;
mod flights;
mod memory;
#[cfg(all(test, polder_loom))]
mod models;
mod multi;
mod resize;
mod spills;
mod table;
#[cfg(all(test, not(polder_loom)))]
mod tests;
mod walk;

pub(crate) use self::{
    bin::{EntryBin, WordBin},
    bits::Hashed,
    bulk::BATCH,
    claim::{Claim, Place},
    courtesy::{Asking, Courtesy},
    flights::Boarding,
    resize::Crowding,
    table::{Found, Options, Table},
    walk::Walk,
};
