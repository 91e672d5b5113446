//! A model of cache coherence: how many cache lines an operation moves between cores, at more cores than this machine
//! has. Nothing in it is measured: one build and one seed give the same figures on any day.
//!
//! # How
//!
//! 1. **Record.** This program starts itself under valgrind's lackey, which prints every instruction and every access to
//!    memory ([`valgrind`]). Real threads do the operations of a [`workload`] in turns, one thread at a time ([`turns`]),
//!    between stores to addresses that mean "begin" and "end" ([`mark`]). So stacks, heaps, thread-locals and stripes are
//!    those of so many threads, and other people's code is recorded as well as ours.
//! 2. **Read.** [`lackey`] keeps what lies between the marks, and [`trace`] cuts it into cache lines. What one instruction
//!    does to one line is one access: a locked instruction is printed as a load and a modification.
//! 3. **Replay.** [`replay`] lets all cores go through their operations at once, several times over, in an order that a
//!    seed decides, against a [`directory`] that knows who holds which line (MESI).
//! 4. **Judge.** [`figures`] are per operation, the largest of several seeds; [`budget`] says what is allowed.
//!
//! # What is modelled, and what is not
//!
//! A core per thread, caches without end, one line size, a line that serves one exclusive transfer at a time. The first
//! touch of a line is free, and so is writing to a line that no other cache holds; taking it from others is one transfer,
//! however many they are, and as many invalidations.
//!
//! - **What an operation does when it loses a race is missing**: each was recorded alone, so that no exchange fails, nobody
//!   spins and nobody sleeps. Figures of contended locks are those of the uncontended path taken by all at once.
//! - No capacity misses, store buffers, prefetching, memory bandwidth, sockets or distance. `--line 128` stands for
//!   processors that fetch lines in pairs.
//! - No kernel: its own accesses, and the interrupts of `membarrier`. Where valgrind knows no such call, both fences are
//!   full ones, which access no memory either.
//! - Time passes slowly in valgrind, so that whatever an operation does when the last time is long ago, it does each time:
//!   every store to an `AtomicRef` scans.
//! - The allocator is glibc's: one heap for all, so that what threads keep for themselves lies side by side, and a heap
//!   per thread for operations that allocate ([`workload::Heap`]).
//!
//! # What may be claimed
//!
//! "A load moves no cache line, at any number of cores up to 64 in the replayed model", or "so many transfers per operation,
//! all on one line, so its throughput cannot rise with the cores". Transfers, never operations per second: for how long
//! a transfer takes, ask the machine.
//!
//! The controls run beside every other workload. Their figures are known beforehand, and where they come out otherwise no
//! figure counts. The budget holds for x86-64; other processors' atomics are traced differently.

pub mod budget;
mod controls;
pub mod directory;
pub mod figures;
pub mod lackey;
pub mod mark;
mod options;
mod ours;
pub mod replay;
mod rivals;
mod run;
mod show;
pub mod trace;
pub mod turns;
pub mod valgrind;
pub mod workload;

pub use options::Options;
pub use run::main;
