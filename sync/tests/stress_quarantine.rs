//! Many threads on cells, pins and domains for some seconds, with an allocator that shows each use after free.
//!
//! `POLDER_STRESS_SECONDS` sets the time for each test, 3 without it. Under Miri the rounds are few and the allocator is
//! Miri's own, which sees all by itself.
#![cfg(not(polder_loom))]

#[cfg(not(miri))]
#[path = "support/quarantine.rs"]
mod quarantine;
#[path = "support/structures.rs"]
mod structures;

use std::{
    array, env,
    sync::{
        Arc,
        atomic::{
            AtomicI64, AtomicU64, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
        },
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::{
    AtomicOptionRef, AtomicRef, RefGuard,
    reclaim::{self, DropPolicy, OwnedPin},
};
use structures::{List, Stack};

#[cfg(not(miri))]
#[global_allocator]
static ALLOCATOR: quarantine::Quarantine = quarantine::Quarantine;

/// The time of a test, by the clock or, under Miri, in rounds of each thread.
#[derive(Clone, Copy)]
struct Time {
    over: Instant,
}

impl Time {
    fn begin() -> Self {
        #[cfg(not(miri))]
        quarantine::begin();
        let seconds = env::var("POLDER_STRESS_SECONDS").map_or(3.0, |text| text.parse().expect("a number of seconds"));
        Self { over: Instant::now() + Duration::from_secs_f64(seconds) }
    }

    /// Numbers the rounds of a thread.
    fn rounds(self) -> impl Iterator<Item = u64> {
        (0..).take_while(move |round| if cfg!(miri) { *round < 25 } else { Instant::now() < self.over })
    }
}

/// Cheap random numbers: xorshift64.
struct Dice(u64);

impl Dice {
    fn new(seed: usize) -> Self {
        Self((seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

const WHOLE: u64 = 0x0123_4567_89ab_cdef;
const ALIVE: u64 = 0x600d_600d_600d_600d;

static BORN: AtomicUsize = AtomicUsize::new(0);
static DIED: AtomicUsize = AtomicUsize::new(0);

/// A version of what a cell holds, with marks at both ends.
#[repr(C)]
struct Version {
    front: u64,
    cell: usize,
    number: u64,
    /// On the heap, so that a destructor that runs twice frees twice.
    again: Box<u64>,
    alive: AtomicU64,
    /// Makes versions of different cells differ in size, or each freed block would be the next one's.
    _size: [u8; 40],
    back: u64,
}

impl Version {
    fn new(cell: usize, number: u64) -> Arc<Self> {
        BORN.fetch_add(1, Relaxed);
        let alive = AtomicU64::new(ALIVE);
        Arc::new(Self { front: WHOLE, cell, number, again: Box::new(number), alive, _size: [0; 40], back: !WHOLE })
    }

    /// The number, if everything is as it should be.
    fn check(&self, cell: usize) -> u64 {
        assert_eq!(self.alive.load(Relaxed), ALIVE, "a version is used after its end");
        assert_eq!((self.front, self.back), (WHOLE, !WHOLE), "a version is damaged");
        assert_eq!((self.cell, *self.again), (cell, self.number), "a version is mixed up");
        self.number
    }
}

impl Drop for Version {
    fn drop(&mut self) {
        self.check(self.cell);
        self.alive.store(!ALIVE, Relaxed);
        DIED.fetch_add(1, AcqRel);
    }
}

/// Each cell is written in one way.
const PLAIN: usize = 0;
const EXCHANGED: usize = 1;
const UPDATED: usize = 2;
const EMPTIED: usize = 3;

/// Stored to by one thread, swapped by several, updated by several, emptied and filled by several.
struct Cells {
    plain: AtomicRef<Version>,
    exchanged: AtomicRef<Version>,
    updated: AtomicRef<Version>,
    emptied: AtomicOptionRef<Version>,
    updates: AtomicU64,
    /// Sums of what was put into, and came out of, the cell that is exchanged.
    put: AtomicU64,
    got: AtomicU64,
}

/// What a reader remembers: versions must not go back, where each writer makes the next one.
#[derive(Default)]
struct Memory<'c> {
    seen: [u64; 4],
    guards: Vec<(RefGuard<'c, Version>, usize, u64)>,
    kept: Vec<(Arc<Version>, usize, u64)>,
}

impl<'c> Memory<'c> {
    fn see(&mut self, cell: usize, number: u64) {
        if cell != EXCHANGED {
            assert!(number >= self.seen[cell], "cell {cell} went from {} back to {number}", self.seen[cell]);
        }
        self.seen[cell] = number;
    }

    /// One step of a reader.
    fn read(&mut self, cells: &'c Cells, dice: &mut Dice) {
        let (cell, source) = match dice.below(4) {
            0 => (PLAIN, &cells.plain),
            1 => (EXCHANGED, &cells.exchanged),
            2 => (UPDATED, &cells.updated),
            _ => {
                if let Some(version) = cells.emptied.load() {
                    self.see(EMPTIED, version.check(EMPTIED));
                }
                return;
            }
        };
        let guard = source.load();
        let number = guard.check(cell);
        self.see(cell, number);
        match dice.below(8) {
            // Long guards, more than there are slots.
            0 if self.guards.len() < 12 => self.guards.push((guard, cell, number)),
            1 => self.kept.push((RefGuard::into_counted(guard), cell, number)),
            2 => self.kept.push((source.load_full(), cell, number)),
            _ => drop(guard),
        }
        if let Some((version, cell, _)) = self.kept.last() {
            let number = version.check(*cell);
            self.kept.last_mut().expect("the same").2 = number;
        }
        if dice.below(16) == 0 && !self.guards.is_empty() {
            let (guard, cell, number) = self.guards.swap_remove(dice.below(self.guards.len() as u64) as usize);
            assert_eq!(guard.check(cell), number, "a guard shows one version");
        }
        if self.kept.len() > 20 {
            self.kept.drain(..).for_each(|(version, cell, number)| assert_eq!(version.check(cell), number));
        }
    }
}

impl Cells {
    fn new() -> Self {
        Self {
            plain: AtomicRef::new(Version::new(PLAIN, 0)),
            exchanged: AtomicRef::new(Version::new(EXCHANGED, 0)),
            updated: AtomicRef::new(Version::new(UPDATED, 0)),
            emptied: AtomicOptionRef::none(),
            updates: AtomicU64::new(0),
            put: AtomicU64::new(0),
            got: AtomicU64::new(0),
        }
    }

    fn swap(&self, number: u64) {
        let old = self.exchanged.swap(Version::new(EXCHANGED, number));
        self.put.fetch_add(number, Relaxed);
        self.got.fetch_add(old.check(EXCHANGED), Relaxed);
    }

    fn update(&self, dice: &mut Dice) {
        let next = |version: &Version| Version::new(UPDATED, version.check(UPDATED) + 1);
        let done = match dice.below(3) {
            0 => {
                self.updated.rcu(next).check(UPDATED);
                true
            }
            1 => {
                let odd = |version: &Version| if version.number % 2 == 1 { Ok(next(version)) } else { Err(()) };
                self.updated.try_rcu(odd).is_ok()
            }
            _ => {
                let current = self.updated.load_full();
                match self.updated.compare_exchange(&current, next(&current)) {
                    Ok(()) => true,
                    Err(failed) => {
                        assert!(failed.current.check(UPDATED) > current.number);
                        assert_eq!(failed.new.check(UPDATED), current.number + 1);
                        false
                    }
                }
            }
        };
        self.updates.fetch_add(done.into(), Relaxed);
    }

    /// The only writer of the version numbers here is whoever got the empty cell.
    fn empty_and_fill(&self) {
        if let Some(old) = self.emptied.take() {
            let next = old.check(EMPTIED) + 1;
            self.emptied.compare_exchange(None, Some(Version::new(EMPTIED, next))).expect("nobody else fills it");
        }
    }
}

#[test]
fn readers_and_writers_of_cells() {
    let time = Time::begin();
    let cells = Cells::new();
    cells.emptied.store(Some(Version::new(EMPTIED, 0)));
    let stored = thread::scope(|scope| {
        let cells = &cells;
        let mut threads = Vec::new();
        for seed in 0..3 {
            threads.push(scope.spawn(move || {
                let (mut dice, mut memory) = (Dice::new(seed), Memory::default());
                for _ in time.rounds() {
                    memory.read(cells, &mut dice);
                }
            }));
        }
        for seed in 10..12 {
            threads.push(scope.spawn(move || {
                let (mut dice, mut memory) = (Dice::new(seed), Memory::default());
                for round in time.rounds() {
                    match dice.below(4) {
                        0 => cells.swap(round),
                        1 | 2 => cells.update(&mut dice),
                        _ => cells.empty_and_fill(),
                    }
                    if dice.below(8) == 0 {
                        memory.read(cells, &mut dice);
                    }
                    if dice.below(1000) == 0 {
                        reclaim::flush();
                    }
                }
            }));
        }
        // Threads that come and go, one after the other.
        threads.push(scope.spawn(move || {
            for round in time.rounds() {
                let short = scope.spawn(move || {
                    let (mut dice, mut memory) = (Dice::new(1000 + round as usize), Memory::default());
                    for _ in 0..dice.below(if cfg!(miri) { 8 } else { 40 }) {
                        memory.read(cells, &mut dice);
                        cells.update(&mut dice);
                        cells.empty_and_fill();
                    }
                });
                short.join().expect("does not panic");
            }
        }));
        let mut stored = 0;
        for round in time.rounds() {
            stored = round + 1;
            cells.plain.store(Version::new(PLAIN, stored));
        }
        threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
        stored
    });
    assert_eq!(cells.plain.load().check(PLAIN), stored);
    assert_eq!(cells.updated.load().check(UPDATED), cells.updates.load(Relaxed), "each update counts");
    let last = cells.exchanged.load().check(EXCHANGED);
    let (put, got) = (cells.put.load(Relaxed), cells.got.load(Relaxed));
    assert_eq!(put, got + last, "what is put in comes out once");
    reclaim::flush();
    assert_eq!(BORN.load(Acquire) - DIED.load(Acquire), 4, "no value is lost");
    drop(cells);
    assert_eq!(BORN.load(SeqCst), DIED.load(SeqCst));
}

#[test]
fn a_stack_under_protection_and_pins() {
    const THREADS: usize = 4;
    let time = Time::begin();
    for (policy, share) in [(DropPolicy::Inline, 2), (DropPolicy::Deferred, 2)] {
        let over = Instant::now() + time.over.saturating_duration_since(Instant::now()) / share;
        let time = Time { over };
        let stack = Stack::new(policy);
        let (pushed, popped) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            let work = |seed| {
                let mut dice = Dice::new(seed);
                let mut pin = OwnedPin::new();
                let mut taken = 0;
                for round in time.rounds() {
                    stack.push(round);
                    pushed.fetch_add(round, Relaxed);
                    let number = if dice.below(2) == 0 { stack.pop() } else { stack.pop_pinned(&pin) };
                    taken += number.unwrap_or(0);
                    pin.repin();
                    if round % 256 == 0 {
                        stack.tidy();
                    }
                    // The node and the thread have their ends, too.
                    if round % 1024 == 0 {
                        pin = OwnedPin::new();
                    }
                }
                popped.fetch_add(taken, Relaxed);
            };
            let threads: Vec<_> = (0..THREADS).map(|seed| scope.spawn(move || work(seed))).collect();
            threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
        });
        let rest: u64 = std::iter::from_fn(|| stack.pop()).sum();
        assert_eq!(pushed.into_inner(), popped.into_inner() + rest, "each number is taken once");
        // Another test's pin may keep something, but no test pins for ever.
        while stack.kept() > 0 {
            thread::yield_now();
        }
    }
}

#[test]
fn a_list_under_pins() {
    const THREADS: usize = 4;
    const NUMBERS: u64 = 24;
    let time = Time::begin();
    let list = List::new(DropPolicy::Inline);
    let balance: [AtomicI64; NUMBERS as usize] = array::from_fn(|_| AtomicI64::new(0));
    thread::scope(|scope| {
        let work = |seed| {
            let mut dice = Dice::new(seed);
            let mut pin = reclaim::pin();
            for round in time.rounds() {
                let number = dice.below(NUMBERS);
                match dice.below(3) {
                    0 if list.insert(number, &pin) => _ = balance[number as usize].fetch_add(1, Relaxed),
                    1 if list.remove(number, &pin) => _ = balance[number as usize].fetch_sub(1, Relaxed),
                    _ => _ = list.contains(number, &pin),
                }
                match round % 64 {
                    0 => pin = reclaim::pin(),
                    16 | 32 | 48 => _ = pin.repin(),
                    _ => {}
                }
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|seed| scope.spawn(move || work(seed))).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
    });
    let pin = reclaim::pin();
    for (number, balance) in balance.iter().enumerate() {
        assert_eq!(i64::from(list.contains(number as u64, &pin)), balance.load(Relaxed), "number {number}");
    }
    drop(pin);
    while list.kept() > 0 {
        thread::yield_now();
    }
}
