//! The recorded program: real threads, one operation at a time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::{io, panic, process};

use super::mark::{Board, Kind};
use super::workload::{Did, Scene, Workload, leak};

/// Operations of each thread that are not recorded: lazily made things are made in them.
const WARM_UP: u64 = 4;

/// Operations in one turn. The replay interleaves them anew; handing the turn over costs more than they do.
const PER_TURN: u64 = 4;

/// The side of a thread that marks its operations.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    board: Board,
    core: usize,
}

impl Lane {
    /// Does `operation` between marks.
    #[inline(always)]
    pub(super) fn record(self, operation: impl FnOnce() -> Did) {
        self.board.say(Kind::Begin, self.core);
        let did = operation();
        self.board.say(Kind::End, self.core);
        if did == Did::Wrote {
            self.board.say(Kind::Wrote, self.core);
        }
    }
}

/// Whose turn it is. Turns are numbered; thread `i` of `n` has the turns `i`, `i + n`, …
#[derive(Debug)]
struct Turns {
    /// The turn that may be taken.
    current: AtomicU64,
    /// The turns whose thread has left nothing to do but to sleep. A thread that still tidied up while the next one is
    /// recorded could appear in its operation.
    settled: AtomicU64,
    /// Known before the first turn.
    threads: OnceLock<Vec<Thread>>,
}

/// No turn may be taken yet.
const NOT_BEGUN: u64 = u64::MAX;

impl Turns {
    const fn new() -> Self {
        Self { current: AtomicU64::new(NOT_BEGUN), settled: AtomicU64::new(0), threads: OnceLock::new() }
    }

    fn begin(&self, threads: Vec<Thread>) {
        let first = threads[0].clone();
        self.threads.set(threads).expect("begun once");
        // Release: with `wait`.
        self.current.store(0, Ordering::Release);
        first.unpark();
    }

    fn wait(&self, turn: u64) {
        // Acquire: what was done in the turn before.
        while self.current.load(Ordering::Acquire) != turn {
            thread::park();
        }
        // Acquire: as above.
        while self.settled.load(Ordering::Acquire) != turn {
            thread::yield_now();
        }
        // Once more, for the few instructions between that store and sleep.
        thread::yield_now();
    }

    /// Who comes after thread `core`. Known once the first turn is taken.
    fn after(&self, core: usize) -> &Thread {
        let threads = self.threads.get().expect("somebody has a turn");
        &threads[(core + 1) % threads.len()]
    }

    fn pass(&self, turn: u64, next: &Thread) {
        // Release: with `wait`.
        self.current.store(turn + 1, Ordering::Release);
        next.unpark();
        // Release: with `wait`.
        self.settled.store(turn + 1, Ordering::Release);
    }
}

/// Does so many operations of a workload, or up to three more, on each of so many threads, which take turns; all but the
/// first few between marks.
///
/// # Errors
///
/// When the marks cannot be placed or a thread cannot be started. Threads that were started go on waiting: the process
/// is to end.
pub fn perform(workload: &Workload, cores: usize, operations: u64) -> io::Result<()> {
    // A thread that panics never passes its turn on.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        hook(info);
        process::exit(101);
    }));
    let board = Board::map()?;
    let scene: &'static Scene = leak((workload.scene)(cores));
    let (turns, made) = (leak(Turns::new()), leak(AtomicU64::new(0)));
    let mut handles = Vec::new();
    for core in 0..cores {
        let maker = thread::current();
        let handle = thread::Builder::new().stack_size(256 << 10).spawn(move || {
            let mut operation = scene(core);
            // Release: all that making it did comes before the next thread is made.
            made.store(core as u64 + 1, Ordering::Release);
            maker.unpark();
            let mut next = None;
            for round in 0..(WARM_UP + operations).div_ceil(PER_TURN) {
                let turn = round * cores as u64 + core as u64;
                turns.wait(turn);
                for nth in 0..PER_TURN {
                    let warm = round * PER_TURN + nth >= WARM_UP;
                    operation(turn * PER_TURN + nth, warm.then_some(Lane { board, core }));
                }
                turns.pass(turn, next.get_or_insert_with(|| turns.after(core)));
            }
        })?;
        handles.push(handle);
        // One after the other, so that each run gives each thread the same identity, stack and memory.
        // Acquire: with the store.
        while made.load(Ordering::Acquire) != core as u64 + 1 {
            thread::park();
        }
    }
    turns.begin(handles.iter().map(|handle| handle.thread().clone()).collect());
    for handle in handles {
        handle.join().map_err(|_| io::Error::other("a recorded thread panicked"))?;
    }
    Ok(())
}
