//! Behaviours, drains and blocking threads together: more steps than loom can explore, so a sample of the schedules.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom --cfg polder_shuttle" CARGO_TARGET_DIR=target/shuttle \
//!     cargo test -p polder-sync --release --test shuttle_when
//! ```
//! Here drains are threads of the model, two at most, so that their beginning and ending is sampled too. See
//! `shuttle.rs` for what shuttle finds and what it does not.
#![cfg(polder_shuttle)]

#[path = "support/schedules.rs"]
mod schedules;

use std::sync::Arc;

use polder_sync::{Behaviour, Mutex, RwLock, when, when::read};
use schedules::{explore, join, spawn};
use shuttle::sync::mpsc;

/// Locks in the order of their addresses, which is also the one in which threads may take them one by one.
struct Scene {
    locks: [Arc<Mutex<u32>>; 3],
    table: Arc<RwLock<u32>>,
}

impl Scene {
    fn new() -> Arc<Self> {
        let mut locks = [0; 3].map(|_| Arc::new(Mutex::new(0)));
        locks.sort_by_key(Arc::as_ptr);
        Arc::new(Self { locks, table: Arc::new(RwLock::new(0)) })
    }

    /// Adds one to two of the locks.
    fn add(&self, one: usize, other: usize) -> Behaviour<()> {
        when((&self.locks[one], &self.locks[other]), |one: &mut u32, other: &mut u32| {
            *one += 1;
            *other += 1;
        })
    }

    fn sum(&self) -> u32 {
        let [a, b, c] = &self.locks;
        when((a, b, c), |a: &mut u32, b: &mut u32, c: &mut u32| *a + *b + *c).wait()
    }
}

/// Three spawners in a ring of three locks, in both directions, and a thread that takes all of them one by one.
#[test]
fn behaviours_and_a_blocking_thread_in_a_ring_of_locks() {
    explore(|| {
        let scene = Scene::new();
        let mut threads: Vec<_> = [[0, 1], [2, 1], [2, 0]]
            .into_iter()
            .map(|[one, other]| {
                spawn(&scene, move |scene| {
                    drop(scene.add(one, other));
                    scene.add(other, one).wait();
                })
            })
            .collect();
        threads.push(spawn(&scene, |scene| {
            let mut guards = scene.locks.each_ref().map(|lock| lock.lock());
            guards.iter_mut().for_each(|guard| **guard += 1);
        }));
        join(threads);
        assert_eq!(scene.sum(), 3 * 4 + 3);
    });
}

/// The order of a spawner's own behaviours, whatever the drains and another spawner do.
#[test]
fn behaviours_of_one_spawner_keep_their_order() {
    explore(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let spawners = [0, 10].map(|first| {
            let log = Arc::clone(&log);
            spawn(&Arc::new(()), move |()| {
                for n in first..first + 3 {
                    drop(when(&log, move |log: &mut Vec<u32>| log.push(n)));
                }
                when(&log, |_: &mut Vec<u32>| ()).wait();
            })
        });
        join(spawners.into());
        let log = log.lock();
        let of = |first: u32| log.iter().copied().filter(move |n| (first..first + 3).contains(n));
        assert!(of(0).eq(0..3) && of(10).eq(10..13), "{log:?}");
    });
}

/// Readers, a writer, and threads that read and write without behaviours.
#[test]
fn readers_and_writers_of_all_kinds() {
    explore(|| {
        let scene = Scene::new();
        let mut threads = Vec::new();
        for lock in 0..2 {
            threads.push(spawn(&scene, move |scene| {
                let seen = when((read(&scene.table), &scene.locks[lock]), |table: &u32, lock: &mut u32| {
                    *lock += 1;
                    *table
                });
                drop(when(&scene.table, |table: &mut u32| *table += 1));
                assert!(seen.wait() < 3);
            }));
        }
        threads.push(spawn(&scene, |scene| *scene.table.write() += 1));
        threads.push(spawn(&scene, |scene| assert!(*scene.table.read() <= 3)));
        join(threads);
        assert_eq!(when(read(&scene.table), |table: &u32| *table).wait(), 3);
        assert_eq!(scene.sum(), 2);
    });
}

/// A chain, whose parts end while it is being made, and behaviours that begin others.
#[test]
fn chains_and_nested_behaviours_end() {
    explore(|| {
        let scene = Scene::new();
        let threads = [0, 1].map(|lock| {
            spawn(&scene, move |scene| {
                let next = Arc::clone(&scene.locks[lock + 1]);
                when(&scene.locks[lock], move |value: &mut u32| {
                    *value += 1;
                    when(&next, |value: &mut u32| *value += 1)
                })
                .then((), |nested: Behaviour<()>| nested)
                .wait()
                .wait();
            })
        });
        join(threads.into());
        assert_eq!(scene.sum(), 4);
    });
}

/// A behaviour that waits for a later one, which is what the second thread of the pool is for.
#[test]
fn a_behaviour_that_blocks_holds_up_no_other() {
    explore(|| {
        for _ in 0..2 {
            let (stay, go) = mpsc::channel();
            let blocks = when((), move || go.recv().is_ok());
            when((), || ()).wait();
            stay.send(()).expect("it waits");
            assert!(blocks.wait());
        }
    });
}
