//! Asymmetric fences: a pair of fences of which one side, the frequent one, costs next to nothing.
//!
//! # What & when not
//!
//! Two threads each write one place and then read the other's; at least one must see the other's write. That takes a full
//! fence between the write and the read on *both* sides. Where one side runs a thousand times as often as the other
//! (readers who announce themselves, writers who look for announcements now and then), [`light`] on the frequent side is a
//! compiler fence, and [`heavy`] on the rare side makes the kernel run a full fence on every processor that executes a
//! thread of this process. Not for two sides of equal rate: two plain fences are cheaper than one `heavy`. Not between
//! processes that share memory: `heavy` reaches the threads of its own process only.
//!
//! # Semantics
//!
//! **F.** For each `light` *L* and each `heavy` *H*, of whatever threads: either everything sequenced before *L* is visible
//! to everything sequenced after *H*, or everything sequenced before *H* is visible to everything sequenced after *L*.
//! Two `light`s promise each other nothing. A `heavy` is a `light` as well.
//!
//! # Representation
//!
//! | build | `light` | `heavy` | [`mode`] |
//! |---|---|---|---|
//! | Linux, while the mode is [`Mode::Asymmetric`] | compiler fence | `fence(SeqCst)`, then `membarrier` | decided once |
//! | Linux, otherwise (refused by the kernel or a filter) | `fence(SeqCst)` | `fence(SeqCst)` | decided once |
//! | Windows on x86 | compiler fence | `fence(SeqCst)`, then `FlushProcessWriteBuffers` | asymmetric |
//! | other systems; Miri; `--cfg polder_loom`; `--cfg polder_symmetric` | `fence(SeqCst)` | `fence(SeqCst)` | symmetric |
//!
//! # States
//!
//! Linux alone has a state, one static word that each `light` loads:
//!
//! | state | `light` is | may a `heavy` be under way? |
//! |---|---|---|
//! | `UNDECIDED` | a full fence | no: each decides first |
//! | `SYMMETRIC` | a full fence | yes, a full fence |
//! | `ASYMMETRIC` | a compiler fence | yes, with the barrier of the kernel |
//!
//! # Transitions
//!
//! ```text
//!   prepare     UNDECIDED → ASYMMETRIC      after the kernel has registered the process
//!   prepare     UNDECIDED → SYMMETRIC       after it has refused
//! ```
//!
//! # Invariants
//!
//! - **I1, decided once.** The word leaves `UNDECIDED` by one compare-and-swap and never changes again. A thread that
//!   loses that race takes the winner's decision, whatever the kernel told itself (system call filters are per thread).
//! - **I2, heavies are of one kind.** Each `heavy` runs `prepare` before its first barrier and does what was decided. So
//!   no symmetric `heavy` exists beside an `ASYMMETRIC` word.
//! - **I3, registered before relied upon.** A thread that reads `ASYMMETRIC` reads what was written after the registration.
//!   `after_fork` registers again in a forked child before any `heavy` there; a `heavy` that is refused tries that as well. A
//!   barrier refused all the same ends the process: threads have gone past their compiler fences already, and nothing
//!   else can make up for it.
//!
//! # Protocols
//!
//! *A late decision.* A `light` may load `UNDECIDED`, from before or from a stale cache, while a `heavy` runs in another
//! thread. It then runs a full fence, which pairs with the `fence(SeqCst)` that opens each `heavy` of either kind. The
//! reverse mixture, a compiler fence beside a symmetric `heavy`, is ruled out by I1 and I2.
//!
//! *Fork.* The child has the parent's word and one thread. Linux copies the registration with the address space today;
//! as the manual does not promise that, the child registers anew.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `fence_light` | – | `light`, SeqCst fence | the frequent side of F | symmetric build: killed by each loom model of `tests/loom_fence.rs`, either fence left out; asymmetric: the argument below |
//! | `fence_heavy` | – | `heavy`, SeqCst fence | the rare side of F | the same |
//! | `fence_decided`, `fence_decision_seen` | `prepare`, Release swap | `prepare`, Acquire load | the registration before a barrier that another thread asks for | argument: else the kernel of a weakly ordered processor may not find the registration yet, and I3 aborts |
//! | – | `prepare`, swap | `light`, Relaxed load | nothing | argument: either value is right at any time (*A late decision*) |
//!
//! # Proof sketch
//!
//! *What is relied on.* The memory model of Rust and C++ knows no asymmetric fence (P1202 would add them to C++; the standard
//! has not). Outside of the model two promises are used. **K**, the kernel's: between entry to and return from `membarrier`,
//! each thread of the process passes through a point at which all its accesses before are ordered with all its
//! accesses after; running threads are interrupted for it, the others passed one when they were scheduled out. **C**, the
//! compiler's: no access is moved across a compiler fence, so that "before *L*" and "after *L*" are the same
//! instructions in the machine as in the source. `FlushProcessWriteBuffers` promises K for writes only, which is all of it
//! on a processor that reorders nothing but a store with a later load; hence Windows on x86 and not on other processors.
//!
//! *F, asymmetric.* Let *t* be the thread of *L* and *b* the point at which it passes the barrier of *H* (K). If *b* comes
//! before what follows *L*, then what follows *L* comes after *b*, and so after everything before *H*. Otherwise everything
//! before *L* comes before *b*, and so before everything after *H*. By C there is no third case.
//!
//! *F, with a full fence in `light`.* The two `fence(SeqCst)` have an order in the total order of such fences, and the
//! model makes what precedes the first visible to what follows the second.
//!
//! *Shape 1, a slot.* Events: **A** a reader stores pointer *p* in its slot; **L**; **B** it loads the cell and finds *p*.
//! **X** a writer swaps *p* out of the cell; **H**; **Y** it reads the slot. F: if the first case holds, Y sees A (or a later
//! value of the slot) and the writer keeps *p*. Else B comes after X and finds another pointer than *p*, unless
//! somebody has put *p* back, as a new publication that a later *H* answers for. Never both: Y empty and B finds *p*.
//!
//! *Shape 2, a reservation.* Events: **A** a reader makes its sequence number odd; **L**; **B** it loads *p* from the cell and uses
//! it; **E** it makes the number even, Release. **X** a writer swaps *p* out; **H**; **Y** it reads the number. If Y finds it even, or
//! changed since an earlier Y, either the reader had not announced itself when F chose: then B comes after X and cannot find
//! *p*; or Y read E (or a later value of a chain of Release stores), and Acquire puts the use of *p* before the free.
//!
//! *Progress and cost.* `light` is wait-free: one load of a line that nobody writes, and one predicted branch. `heavy` blocks in
//! the kernel for as long as the other processors take to answer an interrupt: some tenths of a microsecond when no other thread of
//! the process runs, some microseconds with many; and each running thread of the process loses the time of one interrupt. So
//! callers batch, bound their rate, and [`heavy_count`] tells how many there were.
//!
//! # Checked by
//!
//! `tests/loom_fence.rs`: F in the symmetric build, all interleavings. `tests/fences.rs`: F with real threads in either
//! mode, the refusal by a filter, the abort. K and C cannot be checked mechanically; the stress test shows that the
//! machine at hand does reorder when a fence is missing.
//!
//! # Sources
//!
//! `membarrier(2)`; liburcu (`urcu-memb`); folly's `AsymmetricThreadFence`; D. Goldblatt, *P1202: Asymmetric Fences*.
//! Deviations: 1) a refused registration turns `light` into a full fence for good, instead of a slower kernel call (the
//! non-expedited one takes milliseconds); 2) a failure later aborts.

#[cfg(all(target_os = "linux", not(any(miri, polder_loom, polder_symmetric))))]
#[path = "linux.rs"]
mod platform;
#[cfg(all(windows, any(target_arch = "x86", target_arch = "x86_64"), not(any(miri, polder_loom, polder_symmetric))))]
#[path = "windows.rs"]
mod platform;
#[cfg(any(
    miri,
    polder_loom,
    polder_symmetric,
    not(any(target_os = "linux", all(windows, any(target_arch = "x86", target_arch = "x86_64"))))
))]
#[path = "symmetric.rs"]
mod platform;

use std::sync::atomic::{
    Ordering::{Relaxed, SeqCst},
    compiler_fence,
};

use crossbeam_utils::CachePadded;

#[cfg(all(unix, not(polder_loom)))]
pub(crate) use self::platform::after_fork;
pub(crate) use self::platform::prepare;
use crate::{edge::edge_fence, primitive::Tally};

/// Whether a [`light`] may be cheaper than a read-modify-write here. The models are told so, to see what relies on it.
pub(crate) const ASYMMETRIC: bool = cfg!(any(
    polder_loom,
    all(target_os = "linux", not(any(miri, polder_symmetric))),
    all(windows, any(target_arch = "x86", target_arch = "x86_64"), not(any(miri, polder_symmetric)))
));

/// Who pays for the fences of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// [`light`] is a compiler fence; [`heavy`] asks the system to fence all threads.
    Asymmetric,
    /// Both are full fences.
    Symmetric,
}

/// How many heavy fences there were. A line of its own, as a neighbour's readers should not feel the writes.
static HEAVY: CachePadded<Tally> = CachePadded::new(Tally::new(0));

/// The cheap half of the pair: what this thread did before is visible after any [`heavy`] fence that does not make what came
/// before *it* visible here.
///
/// Wait-free: at best no instruction but a load and a branch, at worst a `fence(SeqCst)`; see [`mode`]. Two `light` fences
/// promise each other nothing.
///
/// ```
/// use polder_sync::fence;
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use std::thread;
///
/// // Each announces itself and looks for the other. At least one of them sees the other.
/// let (reader, writer) = (AtomicBool::new(false), AtomicBool::new(false));
/// let (reader_saw, writer_saw) = thread::scope(|scope| {
///     let often = scope.spawn(|| {
///         reader.store(true, Relaxed);
///         fence::light();
///         writer.load(Relaxed)
///     });
///     writer.store(true, Relaxed);
///     fence::heavy();
///     let saw = reader.load(Relaxed);
///     (often.join().unwrap(), saw)
/// });
/// assert!(reader_saw || writer_saw);
/// ```
#[inline]
pub fn light() {
    platform::light();
}

/// The dear half of the pair: a full fence here and, in effect, one in the place of each other thread's [`light`].
///
/// Blocks in the system for some tenths of a microsecond up to some microseconds, and interrupts every running thread of the
/// process; in the symmetric [`mode`] it is a `fence(SeqCst)` and wait-free. The first call of a process may take some
/// milliseconds more if nothing decided the mode earlier.
///
/// # Aborts
///
/// The process, if the system refuses a barrier after it has promised them, as when a system call filter is installed
/// late: threads have relied on the promise by then.
pub fn heavy() {
    HEAVY.fetch_add(1, Relaxed);
    platform::heavy();
}

/// What [`light`] is while the mode is [`Mode::Asymmetric`], for callers who know that it is: the mode never changes back.
#[inline]
pub(crate) fn compiler() {
    compiler_fence(SeqCst);
}

/// A full fence for a thread that has just made a read-modify-write: nothing on x86, where a locked instruction is one.
#[inline]
pub(crate) fn after_exchange() {
    if cfg!(all(any(target_arch = "x86", target_arch = "x86_64"), not(any(miri, polder_loom)))) {
        compiler_fence(SeqCst);
    } else {
        edge_fence!("fence_after_exchange", SeqCst);
    }
}

/// Who pays for the fences; the answer never changes. Decides it if nothing did before, which may ask the system.
///
/// ```
/// use polder_sync::fence;
///
/// let mode = fence::mode();
/// fence::heavy();
/// assert_eq!(mode, fence::mode());
/// ```
pub fn mode() -> Mode {
    prepare()
}

/// How often [`heavy`] was called in this process so far, modulo the range of `usize`. Wait-free; orders nothing.
pub fn heavy_count() -> u64 {
    HEAVY.load(Relaxed) as u64
}
