//! What a value's destructor may do, and what comes of a destructor that panics.
#![cfg(not(polder_loom))]

#[path = "support/alone.rs"]
mod alone;
#[path = "support/census.rs"]
mod census;

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use alone::alone;
use census::{Census, Member};
use polder_sync::{AtomicOptionRef, AtomicRef, reclaim};

/// A value whose destructor does something first.
struct Act {
    member: Member,
    act: Box<dyn Fn() + Send + Sync>,
}

impl Drop for Act {
    fn drop(&mut self) {
        self.member.number();
        (self.act)();
    }
}

type Acts = AtomicOptionRef<Act>;

/// Cells that destructors reach, and the values in them.
#[derive(Clone, Default)]
struct Stage {
    census: Census,
    first: Arc<Acts>,
    second: Arc<Acts>,
    acted: Arc<AtomicUsize>,
}

impl Stage {
    fn value(&self, act: impl Fn() + Send + Sync + 'static) -> Option<Arc<Act>> {
        let acted = Arc::clone(&self.acted);
        let act = move || {
            acted.fetch_add(1, Relaxed);
            act();
        };
        Some(Arc::new(Act { member: self.census.member(0), act: Box::new(act) }))
    }

    /// Puts a value with this destructor in, replaces it and has it dropped.
    fn play(&self, act: impl Fn(&Stage) + Send + Sync + 'static) {
        let stage = self.clone();
        self.first.store(self.value(move || act(&stage)));
        self.first.store(None);
        reclaim::flush();
        assert!(self.acted.load(Relaxed) > 0, "the destructor ran");
    }

    /// Empties the cells. What destructors retired themselves may take a flush for each generation.
    fn end(&self) {
        for _ in 0..4 {
            self.first.store(None);
            self.second.store(None);
            reclaim::flush();
        }
        assert_eq!(self.census.alive(), 0, "each value was dropped once");
    }
}

#[test]
fn a_destructor_may_store_into_its_own_cell() {
    let _alone = alone();
    let stage = Stage::default();
    stage.play(|stage| {
        stage.first.store(stage.value(|| ()));
        stage.first.store(stage.value(|| ()));
    });
    assert!(stage.first.load().is_some(), "what the destructor stored");
    stage.end();
    assert_eq!(stage.acted.load(Relaxed), 3);
}

#[test]
fn a_destructor_may_use_every_operation_of_another_cell() {
    let _alone = alone();
    let stage = Stage::default();
    stage.second.store(stage.value(|| ()));
    stage.play(|stage| {
        let seen = stage.second.load().expect("full");
        let old = stage.second.swap(stage.value(|| ())).expect("full");
        assert_eq!(seen.member.number(), old.member.number());
        drop(stage.second.compare_exchange(Some(&old), None).expect_err("another one"));
        drop(stage.second.rcu(|_| stage.value(|| ())));
        drop((stage.second.load_full(), reclaim::pin(), reclaim::OwnedPin::new()));
    });
    stage.end();
    assert_eq!(stage.acted.load(Relaxed), 4);
}

#[test]
fn a_destructor_may_flush() {
    let _alone = alone();
    let stage = Stage::default();
    stage.play(|stage| {
        stage.second.store(stage.value(reclaim::flush));
        stage.second.store(None);
        reclaim::flush();
    });
    stage.end();
    assert_eq!(stage.acted.load(Relaxed), 2);
}

#[test]
fn a_destructor_may_spawn_a_thread_that_stores() {
    let _alone = alone();
    let stage = Stage::default();
    stage.play(|stage| {
        let other = stage.clone();
        let work = move || {
            other.second.store(other.value(|| ()));
            other.second.store(None);
            reclaim::flush();
        };
        thread::spawn(work).join().expect("does not panic");
    });
    stage.end();
    assert_eq!(stage.acted.load(Relaxed), 2);
}

#[test]
fn a_destructor_may_enter_the_update_that_runs_it() {
    let _alone = alone();
    let stage = Stage::default();
    let inside = Arc::new(AtomicUsize::new(0));
    let act = {
        let (stage, inside) = (stage.clone(), Arc::clone(&inside));
        move || {
            assert_eq!(inside.load(Relaxed), 1, "within an update");
            drop(stage.first.rcu(|_| stage.value(|| ())));
        }
    };
    stage.first.store(stage.value(act));
    // The guard keeps it from an early end.
    let guard = stage.first.load();
    stage.first.store(None);
    drop(guard);
    let mut updates = 0;
    while stage.acted.load(Relaxed) == 0 {
        updates += 1;
        assert!(updates < 1000, "updates scan");
        // After a pause a scan drops what it finds free at once.
        thread::sleep(Duration::from_millis(1));
        let quiet = || Some(Arc::new(Act { member: stage.census.member(0), act: Box::new(|| ()) }));
        inside.store(1, Relaxed);
        drop(stage.first.rcu(|_| quiet()));
        inside.store(0, Relaxed);
    }
    stage.end();
}

#[test]
fn a_chain_of_destructors_is_dropped_without_deep_recursion() {
    let _alone = alone();
    let stage = Stage::default();
    // Each destructor retires the next value. Dropped one inside the other, that would overflow the stack.
    let links = if cfg!(miri) { 50 } else { 100_000 };
    fn link(stage: &Stage, left: usize) {
        let next = stage.clone();
        stage.second.store(stage.value(move || {
            if left > 0 {
                link(&next, left - 1);
                next.second.store(None);
            }
        }));
    }
    link(&stage, links);
    stage.second.store(None);
    let mut flushes = 0;
    while stage.acted.load(Relaxed) <= links {
        reclaim::flush();
        flushes += 1;
        assert!(flushes <= links + 1, "each flush gets on");
    }
    stage.end();
}

/// Values that panic when dropped, as often as `panics`; the rest is quiet.
fn play_panics(values: usize, panics: impl Fn(usize) -> bool) {
    let stage = Stage::default();
    let mut expected = 0;
    let mut caught = 0;
    let mut catch = |action: Box<dyn FnOnce() + '_>| {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(action)) {
            if payload.downcast_ref::<&str>() != Some(&"a destructor") {
                resume_unwind(payload);
            }
            caught += 1;
        }
    };
    for i in 0..values {
        let panics = panics(i);
        expected += usize::from(panics);
        let value = stage.value(move || {
            if panics {
                panic!("a destructor")
            }
        });
        let raw = value.as_ref().map(Arc::as_ptr);
        catch(Box::new(|| stage.first.store(value)));
        assert_eq!(stage.first.load_full().as_ref().map(Arc::as_ptr), raw, "the new value is in place");
    }
    catch(Box::new(|| stage.first.store(None)));
    for _ in 0..=values {
        catch(Box::new(reclaim::flush));
    }
    assert_eq!(caught, expected, "each panic came out of one call");
    assert_eq!(stage.acted.load(Relaxed), values);
    stage.end();
}

#[test]
fn one_panicking_destructor_loses_nothing() {
    let _alone = alone();
    play_panics(20, |i| i == 7);
}

#[test]
fn many_panicking_destructors_lose_nothing() {
    let _alone = alone();
    play_panics(30, |i| i % 3 != 1);
    play_panics(5, |_| true);
}

#[test]
fn panicking_destructors_in_one_flush_come_out_one_by_one() {
    let _alone = alone();
    let stage = Stage::default();
    // Guards keep the values until all are retired; not more guards than slots, or one would drop its value itself.
    let guards: Vec<_> = (0..2)
        .map(|_| {
            stage.first.store(stage.value(|| panic!("a destructor")));
            stage.first.load()
        })
        .collect();
    stage.first.store(None);
    drop(guards);
    let caught = (0..10).filter(|_| catch_unwind(reclaim::flush).is_err()).count();
    assert_eq!(caught, 2);
    stage.end();
}

#[test]
fn a_swap_that_panics_does_not_lose_the_old_value() {
    let _alone = alone();
    let stage = Stage::default();
    let (cell, quiet) = (AtomicRef::from_value(()), Arc::new(()));
    cell.store(Arc::clone(&quiet));
    let guard = {
        stage.first.store(stage.value(|| panic!("a destructor")));
        stage.first.load()
    };
    stage.first.store(None);
    drop(guard);
    // One of the calls from here on runs the destructor: after a pause that happens at once, or at the next chance.
    let mut caught = 0;
    for _ in 0..50 {
        thread::sleep(Duration::from_millis(1));
        for _ in 0..if cfg!(miri) { 1 } else { 20 } {
            let swap = || drop(cell.swap(Arc::clone(&quiet)));
            caught += usize::from(catch_unwind(AssertUnwindSafe(swap)).is_err());
        }
    }
    assert_eq!(caught, 1);
    reclaim::flush();
    assert_eq!(Arc::strong_count(&quiet), 2, "ours and the cell's");
    stage.end();
}
