//! Everything with four to six threads at once: more steps than loom can explore, so a sample of the schedules.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom --cfg polder_shuttle" CARGO_TARGET_DIR=target/shuttle \
//!     cargo test -p polder-sync --release --test shuttle
//! ```
//! shuttle knows sequential consistency only: each load sees the last store, whatever ordering it names, and fences do
//! nothing. A wrong protocol is found here; a wrong *ordering* is not, which is what loom and Miri are for. The schedules are new ones
//! in each run. A failure prints its own; `POLDER_SHUTTLE_REPLAY` with that and the name of the test runs it again.
//!
//! Constants are those of a Miri run: two slots, two tries, batches of four. Every scene ends with an exact account of what is
//! alive, after all threads have left and what they had replaced was flushed.
#![cfg(polder_shuttle)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/schedules.rs"]
mod schedules;

use std::{
    cell::Cell,
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use ledger::{Ledger, Member, Share, Stack, found};
use polder_sync::{
    AtomicOptionRef, AtomicRef, Counter, Mutex, SeqCell,
    parker::Parker,
    reclaim::{self, DropPolicy, OwnedPin},
};
use schedules::{explore, join, spawn};
use shuttle::{
    sync::atomic::{AtomicPtr, AtomicUsize},
    thread,
};

/// A reference cell and the ledger of what goes through it. Fields are dropped in this order.
struct Scene {
    cell: AtomicRef<Member, Share>,
    ledger: Ledger,
}

impl Scene {
    fn new() -> Arc<Self> {
        let ledger = Ledger::default();
        Arc::new(Self { cell: AtomicRef::new(ledger.enter(0)), ledger })
    }

    fn store(&self, number: usize) {
        self.cell.store(self.ledger.enter(number));
    }

    /// After all other threads: nothing is alive but what the cell has, whose number is returned.
    fn settle(self: Arc<Self>) -> usize {
        reclaim::flush();
        assert_eq!(reclaim::stats().kept, 0, "nobody reads, so a flush drops everything");
        let last = self.cell.load().number();
        assert_eq!(self.ledger.alive(), [last]);
        let Some(scene) = Arc::into_inner(self) else { panic!("all threads have ended") };
        assert!(scene.cell.into_inner().is_alone());
        assert_eq!(scene.ledger.alive(), []);
        last
    }
}

/// P1, P2: nested guards, of which the third is a count, and counts, beside replacements of both kinds.
fn guards_and_counts_beside_replacements() {
    let scene = Scene::new();
    let mut threads = Vec::new();
    for _ in 0..2 {
        threads.push(spawn(&scene, |scene| {
            let first = scene.cell.load();
            let second = scene.cell.load();
            let third = scene.cell.load();
            first.number();
            drop(first);
            let fourth = scene.cell.load();
            [&second, &third, &fourth].into_iter().for_each(|guard| _ = guard.number());
        }));
    }
    threads.push(spawn(&scene, |scene| {
        for _ in 0..3 {
            let counted = scene.cell.load_full();
            counted.number();
        }
    }));
    threads.push(spawn(&scene, |scene| (1..=3).for_each(|number| scene.store(number))));
    threads.push(spawn(&scene, |scene| {
        for number in 11..=12 {
            let old = scene.cell.swap(scene.ledger.enter(number));
            old.number();
        }
    }));
    join(threads);
    assert!(matches!(scene.settle(), 3 | 12));
}

#[test]
fn guards_keep_their_values() {
    explore(guards_and_counts_beside_replacements);
}

/// The same without early scans, so that batches fill, wait and are joined.
#[test]
fn guards_keep_their_values_in_batches() {
    // The setting is the thread's; this one ends with the test.
    let tested = std::thread::spawn(|| {
        reclaim::scan_in_batches_only();
        explore(guards_and_counts_beside_replacements);
        explore(|| {
            let scene = Scene::new();
            let mut threads = vec![spawn(&scene, |scene| (1..=16).for_each(|number| scene.store(number)))];
            for _ in 0..3 {
                threads.push(spawn(&scene, |scene| {
                    for _ in 0..4 {
                        scene.cell.load_full().number();
                    }
                }));
            }
            join(threads);
            assert_eq!(scene.settle(), 16);
        });
    });
    tested.join().expect("see above");
}

/// Each of several counts up by an update, and nobody sees the number go back.
#[test]
fn updates_add_up() {
    explore(|| {
        let scene = Scene::new();
        let mut threads = Vec::new();
        for _ in 0..4 {
            threads.push(spawn(&scene, |scene| {
                let next = |old: &Member| scene.ledger.enter(old.number() + 1);
                (0..2).map(|_| scene.cell.rcu(next).number()).collect()
            }));
        }
        threads.push(spawn(&scene, |scene| {
            let seen = [(); 3].map(|()| scene.cell.load().number());
            assert!(seen.is_sorted());
            Vec::new()
        }));
        let mut replaced: Vec<usize> = join(threads).concat();
        replaced.sort_unstable();
        assert_eq!(replaced, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(scene.settle(), 8);
    });
}

/// A comparing exchange takes out what it was told to, once, and gives back what it did not put in.
#[test]
fn exchanges_succeed_once_for_each_value() {
    explore(|| {
        let scene = Scene::new();
        let mut threads = Vec::new();
        for n in 1..=4 {
            threads.push(spawn(&scene, move |scene| {
                let mut replaced = Vec::new();
                let mut current = scene.cell.load_full();
                for number in [n * 10, n * 10 + 1] {
                    match scene.cell.compare_exchange(&current, scene.ledger.enter(number)) {
                        Ok(()) => replaced.push((current.number(), number)),
                        Err(failed) => {
                            assert_ne!(failed.current.number(), current.number());
                            assert!(failed.new.is_alone() && failed.new.number() == number);
                        }
                    }
                    current = scene.cell.load_full();
                }
                replaced
            }));
        }
        let exchanged = join(threads).concat();
        let taken: BTreeSet<_> = exchanged.iter().map(|&(old, _)| old).collect();
        let mut left: BTreeSet<_> = exchanged.iter().map(|&(_, new)| new).chain([0]).collect();
        assert_eq!(taken.len(), exchanged.len(), "no value is taken out twice");
        left.retain(|number| !taken.contains(number));
        assert_eq!(left, [scene.settle()].into());
    });
}

/// What is put into an optional cell is taken out once, and is its taker's alone in the end.
#[test]
fn what_is_put_in_is_taken_out_once() {
    explore(|| {
        let scene = Arc::new((AtomicOptionRef::<usize>::none(), AtomicUsize::new(0)));
        let mut threads = Vec::new();
        for n in [10, 20] {
            threads.push(spawn(&scene, move |(cell, _)| {
                (n..n + 2).filter_map(|number| cell.swap(Some(Arc::new(number)))).collect()
            }));
        }
        for _ in 0..2 {
            threads.push(spawn(&scene, |(cell, _)| (0..2).filter_map(|_| cell.take()).collect()));
        }
        threads.push(spawn(&scene, |(cell, seen)| {
            if let Some(number) = cell.load() {
                seen.store(*number, Relaxed);
                assert!(matches!(*number, 10 | 11 | 20 | 21));
            }
            Vec::<Arc<usize>>::new()
        }));
        let (cell, _) = &*scene;
        let mut taken = join(threads).concat();
        taken.extend(cell.take());
        reclaim::flush();
        let mut numbers: Vec<_> =
            taken.into_iter().map(|n| Arc::into_inner(n).expect("all counts were given back")).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [10, 11, 20, 21]);
    });
}

/// A destructor may use cells, also to replace values; what it replaces is dropped later and not inside of it.
#[test]
fn destructors_replace_other_values() {
    shuttle::thread_local! {
        static ENDING: Cell<bool> = Cell::new(false);
    }

    /// Counts its end in a cell.
    struct Farewell(Arc<AtomicRef<usize>>);

    impl Drop for Farewell {
        fn drop(&mut self) {
            assert!(!ENDING.with(|ending| ending.replace(true)), "one destructor runs inside of another");
            drop(self.0.rcu(|n| Arc::new(n + 1)));
            ENDING.with(|ending| ending.set(false));
        }
    }

    explore(|| {
        let ended = Arc::new(AtomicRef::from_value(0));
        let scene = Arc::new((AtomicRef::from_value(Farewell(Arc::clone(&ended))), Arc::clone(&ended)));
        let mut threads = Vec::new();
        for _ in 0..3 {
            threads.push(spawn(&scene, |(cell, ended)| {
                for _ in 0..2 {
                    cell.store(Arc::new(Farewell(Arc::clone(ended))));
                }
            }));
        }
        threads.push(spawn(&scene, |(cell, _)| {
            let guard = cell.load();
            assert!(*guard.0.load() <= 6);
        }));
        join(threads);
        reclaim::flush();
        assert_eq!(*ended.load(), 6, "seven values were in the cell, and one still is");
        drop(scene);
        assert_eq!(*ended.load(), 7);
    });
}

/// N2: threads that come and go use the nodes of those before them, and what these left behind is dropped by others.
#[test]
fn threads_come_and_go() {
    explore(|| {
        let scene = Scene::new();
        let long = spawn(&scene, |scene| {
            let mut numbers = 0;
            for _ in 0..3 {
                let guard = scene.cell.load();
                thread::yield_now();
                numbers += guard.number();
            }
            numbers
        });
        for wave in 1..=3 {
            let mut threads = Vec::new();
            for n in 0..2 {
                threads.push(spawn(&scene, move |scene| {
                    let guard = scene.cell.load();
                    scene.store(10 * wave + n);
                    let pin = reclaim::pin();
                    scene.cell.load_full().number();
                    drop(pin);
                    guard.number();
                }));
            }
            join(threads);
        }
        assert!(long.join().expect("joined") <= 3 * 31);
        // Three at a time, and this one; and nodes in which something waits for the next scan are left alone for a while.
        assert!(reclaim::stats().nodes <= 2 * 4 + 1 + 1, "{:?}", reclaim::stats());
        assert!(matches!(scene.settle(), 30 | 31));
    });
}

/// N3: what lives when its thread gives the node back keeps the node from others, and keeps what it protects.
#[test]
fn guards_and_pins_outlive_their_threads_registration() {
    explore(|| {
        let scene = Arc::new((Stack::new(DropPolicy::Inline), Scene::new()));
        scene.0.push(scene.1.ledger.enter(100));
        let mut threads = Vec::new();
        for _ in 0..2 {
            threads.push(spawn(&scene, |(stack, scene)| {
                let guard = scene.cell.load();
                polder_sync::leave();
                // Registers again, with another node.
                let pin = reclaim::pin();
                let top = found(pin.load(&stack.head));
                let protected = reclaim::protect(&stack.head);
                polder_sync::leave();
                guard.number();
                drop(guard);
                top.map(Member::number);
                drop(pin);
                protected.and_then(|protected| found(protected.as_ptr()).map(Member::number));
            }));
        }
        for number in [1, 2] {
            threads.push(spawn(&scene, move |(stack, scene)| {
                scene.store(number);
                stack.pop_protected();
                scene.cell.load().number();
                stack.push(scene.ledger.enter(100 + number));
            }));
        }
        join(threads);
        assert!(reclaim::stats().nodes <= 7);
        let Some((stack, scene)) = Arc::into_inner(scene) else { panic!("all threads have ended") };
        stack.garbage.flush();
        assert_eq!(stack.garbage.stats().kept, 0);
        drop(stack);
        assert!(matches!(scene.settle(), 1 | 2));
    });
}

/// A stack and the ledger of what goes through it. Fields are dropped in this order.
struct Pile {
    stack: Stack,
    ledger: Ledger,
}

impl Pile {
    fn new(policy: DropPolicy, numbers: impl IntoIterator<Item = usize>) -> Arc<Self> {
        let pile = Self { stack: Stack::new(policy), ledger: Ledger::default() };
        numbers.into_iter().for_each(|number| pile.push(number));
        Arc::new(pile)
    }

    fn push(&self, number: usize) {
        self.stack.push(self.ledger.enter(number));
    }

    /// After all other threads: each of `numbers` was popped by one of them or is there still, and nothing else is alive.
    fn settle(self: Arc<Self>, popped: Vec<Vec<usize>>, numbers: impl IntoIterator<Item = usize>) {
        let mut all = popped.concat();
        self.stack.garbage.flush();
        self.stack.garbage.collect(usize::MAX);
        assert_eq!(self.stack.garbage.stats().kept, 0);
        let alive = self.ledger.alive();
        let before = all.len();
        while let Some(number) = self.stack.pop(&reclaim::pin()) {
            all.push(number);
        }
        assert_eq!(all.len() - before, alive.len(), "what is on the stack is alive, and nothing else");
        assert!(alive.iter().all(|number| all[before..].contains(number)));
        all.sort_unstable();
        assert_eq!(all, numbers.into_iter().collect::<Vec<_>>());
        let Some(mut pile) = Arc::into_inner(self) else { panic!("all threads have ended") };
        pile.stack.garbage.drain();
        assert_eq!(pile.ledger.alive(), []);
    }
}

/// P2, P3: three ways to take from a stack, each popped link retired.
#[test]
fn a_stack_keeps_what_is_being_read() {
    explore(|| {
        let pile = Pile::new(DropPolicy::Inline, 0..3);
        let mut threads = vec![
            spawn(&pile, |pile| {
                let pin = reclaim::pin();
                let inner = reclaim::pin();
                let first = pile.stack.pop(&pin);
                drop(inner);
                first.into_iter().chain(pile.stack.pop(&pin)).collect::<Vec<_>>()
            }),
            spawn(&pile, |pile| {
                let mut pin = OwnedPin::new();
                let first = pile.stack.pop_owned(&pin);
                pin.repin();
                first.into_iter().chain(pile.stack.pop_owned(&pin)).collect()
            }),
        ];
        for n in [10, 20] {
            threads.push(spawn(&pile, move |pile| {
                pile.push(n);
                let popped = pile.stack.pop_protected();
                pile.push(n + 1);
                popped.into_iter().collect()
            }));
        }
        // Reads all of it, link by link.
        threads.push(spawn(&pile, |pile| {
            let mut pin = reclaim::pin();
            for _ in 0..2 {
                let mut next = found(pin.load(&pile.stack.head));
                while let Some(member) = next {
                    member.number();
                    next = found(pin.load(&member.next));
                }
                assert!(pin.repin());
            }
            Vec::new()
        }));
        let popped = join(threads);
        pile.settle(popped, [0, 1, 2, 10, 11, 20, 21]);
    });
}

/// An owned pin holds up what it has found, on whatever thread it is.
#[test]
fn owned_pins_go_from_thread_to_thread() {
    explore(|| {
        let pile = Pile::new(DropPolicy::Inline, [0, 1]);
        let pins = (0..2)
            .map(|_| {
                spawn(&pile, |pile| {
                    let pin = OwnedPin::new();
                    let top = AtomicPtr::new(pin.load(&pile.stack.head));
                    (pin, top)
                })
            })
            .collect();
        let poppers = (0..2)
            .map(|n| {
                spawn(&pile, move |pile| {
                    pile.push(10 + n);
                    (0..2).filter_map(|_| pile.stack.pop_protected()).collect()
                })
            })
            .collect();
        let readers = join(pins)
            .into_iter()
            .map(|(mut pin, top)| {
                spawn(&pile, move |pile| {
                    found(top.load(Relaxed)).map(Member::number);
                    pin.repin();
                    found(pin.load(&pile.stack.head)).map(Member::number);
                    pile.stack.garbage.flush();
                })
            })
            .collect();
        let popped = join(poppers);
        join(readers);
        pile.settle(popped, [0, 1, 10, 11]);
    });
}

/// Whoever is shown retired items sees each once, and none of them ends meanwhile.
#[test]
fn retired_items_are_shown_whole() {
    explore(|| {
        let pile = Pile::new(DropPolicy::Deferred, 0..6);
        let mut threads = Vec::new();
        for _ in 0..2 {
            threads.push(spawn(&pile, |pile| {
                let pin = reclaim::pin();
                (0..3).filter_map(|_| pile.stack.pop(&pin)).collect::<Vec<_>>()
            }));
        }
        for _ in 0..2 {
            threads.push(spawn(&pile, |pile| {
                let mut shown = BTreeSet::new();
                pile.stack.garbage.for_each_retired(|share| {
                    let number = share.number();
                    thread::yield_now();
                    assert!(shown.insert(share.number()), "{number} is shown twice");
                });
                assert!(shown.len() <= 6);
                Vec::new()
            }));
        }
        threads.push(spawn(&pile, |pile| {
            pile.stack.garbage.flush();
            assert!(pile.stack.garbage.collect(2) <= 2);
            Vec::new()
        }));
        let popped = join(threads);
        pile.settle(popped, 0..6);
    });
}

/// Resets share out what was added, exactly, over counters that get the places of others, and threads the cells of others.
#[test]
fn counters_are_exact_in_the_end() {
    explore(|| {
        for _ in 0..2 {
            let counter = Arc::new(Counter::new());
            let other = Arc::new(Counter::new());
            other.increment();
            let mut threads = Vec::new();
            for amount in 1..=3 {
                threads.push(spawn(&counter, move |counter| {
                    (0..3).for_each(|_| counter.add(amount));
                    0
                }));
            }
            for _ in 0..2 {
                threads.push(spawn(&counter, |counter| {
                    let results = [(); 2].map(|()| counter.reset());
                    assert!(results.iter().all(|&result| result >= 0) && counter.sum() >= 0);
                    results.into_iter().sum()
                }));
            }
            let taken: i64 = join(threads).into_iter().sum();
            assert_eq!(taken + counter.sum(), 18);
            assert_eq!(other.sum(), 1);
        }
    });
}

/// A sequence cell shows whole values, and updates between stores and swaps are not lost.
#[test]
fn sequence_cells_show_whole_values() {
    explore(|| {
        // A number, how often it was raised, and the sum of both.
        let cell = Arc::new(SeqCell::new([0_u64, 0, 0]));
        let check = |[number, raised, sum]: [u64; 3]| {
            assert_eq!(number + raised, sum, "parts of two values");
            raised
        };
        let mut threads = Vec::new();
        for _ in 0..2 {
            threads.push(spawn(&cell, move |cell| {
                for _ in 0..2 {
                    check(cell.update(|[number, raised, sum]| [number, raised + 1, sum + 1]));
                }
                0
            }));
        }
        for n in [100, 200] {
            threads.push(spawn(&cell, move |cell| check(cell.swap([n, 0, n]))));
        }
        for _ in 0..2 {
            threads.push(spawn(&cell, move |cell| {
                check(cell.load());
                cell.try_load().map(check);
                0
            }));
        }
        // Each swap takes out the updates before it.
        let taken: u64 = join(threads).into_iter().sum();
        assert_eq!(taken + check(cell.load()), 4);
    });
}

/// Mutual exclusion among all ways to lock. A wake-up that is lost is a deadlock, which shuttle reports.
#[test]
fn a_mutex_lets_one_in_and_all_through() {
    explore(|| {
        let mutex = Arc::new(Mutex::new((0, 0)));
        let mut threads = Vec::new();
        for _ in 0..3 {
            threads.push(spawn(&mutex, |mutex| {
                for _ in 0..2 {
                    let mut pair = mutex.lock();
                    pair.0 += 1;
                    thread::yield_now();
                    pair.1 += 1;
                    assert_eq!(pair.0, pair.1);
                }
                2
            }));
        }
        threads.push(spawn(&mutex, |mutex| {
            let Some(mut pair) = mutex.try_lock() else { return 0 };
            *pair = (pair.0 + 1, pair.1 + 1);
            1
        }));
        threads.push(spawn(&mutex, |mutex| {
            let Some(mut pair) = mutex.try_lock_for(Duration::from_secs(1)) else { return 0 };
            *pair = (pair.0 + 1, pair.1 + 1);
            1
        }));
        let sections: i32 = join(threads).into_iter().sum();
        assert_eq!(*mutex.lock(), (sections, sections));
    });
}

/// Four threads hand a token around; others leave theirs in between, and one looks for its own with a deadline.
#[test]
fn parkers_lose_no_token() {
    const ROUNDS: usize = 3;
    explore(|| {
        let turn = Arc::new(AtomicUsize::new(0));
        let mut parkers: Vec<_> = (0..4).map(|_| Parker::new()).collect();
        let handles: Vec<_> = parkers.iter().map(Parker::unparker).collect();
        let stray = handles[2].clone();
        let mut threads = vec![spawn(&turn, move |_| {
            stray.unpark();
            stray.unpark();
        })];
        let timed = parkers.pop().expect("there are four");
        let ring: Vec<_> = handles[..3].to_vec();
        for (n, parker) in parkers.into_iter().enumerate() {
            let (next, last) = (ring[(n + 1) % 3].clone(), handles[3].clone());
            threads.push(spawn(&turn, move |turn| {
                for round in 0..ROUNDS {
                    while turn.load(Relaxed) != round * 3 + n {
                        parker.park();
                    }
                    turn.store(round * 3 + n + 1, Relaxed);
                    next.unpark();
                    last.unpark();
                }
            }));
        }
        threads.push(spawn(&turn, move |turn| {
            let mut seen = 0;
            while seen < ROUNDS * 3 {
                if !timed.park_timeout(Duration::from_secs(1)) {
                    thread::yield_now();
                }
                let now = turn.load(Relaxed);
                assert!(now >= seen);
                seen = now;
            }
        }));
        join(threads);
        assert_eq!(turn.load(Relaxed), ROUNDS * 3);
    });
}
