//! Reference cells and pins: every interleaving of two or three threads, and every value that their loads may return.
//!
//! ```text
//! RUSTFLAGS="--cfg polder_loom" CARGO_TARGET_DIR=target/loom cargo test -p polder-sync --release --test loom_reclaim
//! ```
//! A value that is dropped too early is a data race on its `UnsafeCell`, which loom reports; one that is never dropped is a
//! leak, which it reports too. Constants are small in this build: one slot, one try, a scan at each retirement.
#![cfg(all(polder_loom, not(polder_shuttle)))]

use std::sync::atomic::Ordering::{AcqRel, Relaxed, Release};

use loom::{
    cell::UnsafeCell,
    model::Builder,
    sync::{
        Arc,
        atomic::{AtomicPtr, AtomicUsize},
    },
    thread,
};
use polder_sync::{
    AtomicOptionRef, AtomicRef,
    reclaim::{self, Domain, DropPolicy},
};

/// Explores `body`; with `Some(bound)` only those executions with at most so many preemptions.
fn model(bound: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(bound);
    builder.check(move || {
        body();
        polder_sync::leave();
    });
}

/// Runs `body` on a new thread of the model.
fn spawn<T: 'static>(body: impl FnOnce() -> T + 'static) -> thread::JoinHandle<T> {
    thread::spawn(|| {
        let result = body();
        polder_sync::leave();
        result
    })
}

/// A value that loom watches: reading it is a read of the cell, dropping it a write.
struct Value(UnsafeCell<usize>);

// SAFETY: that reads and the end do not overlap is what the models check.
unsafe impl Send for Value {}
// SAFETY: that reads and the end do not overlap is what the models check.
unsafe impl Sync for Value {}

impl Value {
    fn new(n: usize) -> Arc<Self> {
        Arc::new(Self::plain(n))
    }

    fn plain(n: usize) -> Self {
        let value = Self(UnsafeCell::new(0));
        // A write after the making, which loom does not count as one.
        // SAFETY: nobody else has the value.
        value.0.with_mut(|cell| unsafe { *cell = n });
        value
    }

    fn read(&self) -> usize {
        // SAFETY: a handle keeps the value, and the models check that it does.
        self.0.with(|n| unsafe { *n })
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: nobody reads any more, and the models check that.
        self.0.with_mut(|n| unsafe { *n = usize::MAX });
    }
}

fn cell(n: usize) -> Arc<AtomicRef<Value>> {
    Arc::new(AtomicRef::new(Value::new(n)))
}

/// R1, R2, F: a guard's value is whole when it is found, and not dropped while the guard lives.
#[test]
fn a_guard_keeps_its_value() {
    model(Some(3), || {
        let cell = cell(1);
        let reader = Arc::clone(&cell);
        let reader = spawn(move || {
            assert!(matches!(reader.load().read(), 1 | 2));
        });
        cell.store(Value::new(2));
        reclaim::flush();
        reader.join().unwrap();
    });
}

/// R2: a scan that finds the slot used again is still ordered after the reads under the slot's first pointer.
#[test]
fn a_slot_that_was_used_again_has_given_up_the_first_value() {
    model(Some(3), || {
        let cell = cell(1);
        let reader = Arc::clone(&cell);
        let reader = spawn(move || {
            assert!(matches!(reader.load().read(), 1..=3));
            assert!(matches!(reader.load().read(), 1..=3));
        });
        cell.store(Value::new(2));
        cell.store(Value::new(3));
        reader.join().unwrap();
    });
}

/// R3, F: a count is taken before the cell's own is given back.
#[test]
fn a_reservation_keeps_the_value_until_it_is_counted() {
    model(Some(3), || {
        let cell = cell(1);
        let reader = Arc::clone(&cell);
        let reader = spawn(move || {
            assert!(matches!(reader.load_full().read(), 1 | 2));
        });
        cell.store(Value::new(2));
        reclaim::flush();
        reader.join().unwrap();
    });
}

#[test]
fn two_reservations_after_each_other() {
    model(Some(2), || {
        let cell = cell(1);
        let reader = Arc::clone(&cell);
        let reader = spawn(move || {
            assert!(matches!(reader.load_full().read(), 1..=3));
            assert!(matches!(reader.load_full().read(), 1..=3));
        });
        cell.store(Value::new(2));
        cell.store(Value::new(3));
        reader.join().unwrap();
    });
}

#[test]
fn updates_are_not_lost() {
    model(Some(2), || {
        let cell = cell(1);
        let other = Arc::clone(&cell);
        let add = |cell: &AtomicRef<Value>| {
            let old = cell.rcu(|n| Value::new(n.read() + 1));
            assert!(old.read() < 3);
        };
        let other = spawn(move || add(&other));
        add(&cell);
        other.join().unwrap();
        assert_eq!(cell.load().read(), 3);
    });
}

/// R5: exchanges hand over what the value's maker wrote. Without scans, whose fences would do it too.
#[test]
fn whoever_swaps_a_value_out_may_use_it() {
    reclaim::scan_in_batches_only();
    model(Some(3), || {
        let cell = cell(1);
        let other = Arc::clone(&cell);
        // Registering a thread orders a lot, so it comes first.
        let other = spawn(move || {
            drop(other.load());
            other.swap(Value::new(2)).read()
        });
        drop(cell.load());
        let mine = cell.swap(Value::new(3)).read();
        let others = other.join().unwrap();
        let left = cell.load().read();
        let mut all = [mine, others, left];
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3]);
    });
}

/// A1, A2: a thread that finds itself alone drops at once what it replaces. Here the other one comes or goes meanwhile.
#[test]
fn whoever_is_alone_drops_at_once() {
    static ALONE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    reclaim::scan_in_batches_only();
    model(Some(3), || {
        let cell = cell(1);
        let reader = Arc::clone(&cell);
        let reader = spawn(move || {
            assert!(matches!(reader.load().read(), 1..=3));
        });
        let first = cell.load_full();
        cell.store(Value::new(2));
        cell.store(Value::new(3));
        ALONE.fetch_or(Arc::strong_count(&first) == 1, Relaxed);
        drop(first);
        reader.join().unwrap();
    });
    assert!(ALONE.load(Relaxed), "in some execution the reader has not come or has gone");
}

/// A plain value behind a raw pointer, as structures have them.
struct Owned(*mut Value);

// SAFETY: it owns a `Value`, which may be sent.
unsafe impl Send for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: from `Box::into_raw` in the models, once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

fn boxed(n: usize) -> *mut Value {
    Box::into_raw(Box::new(Value::plain(n)))
}

/// A pointer and the garbage of the structure around it.
struct Root {
    head: AtomicPtr<Value>,
    garbage: Domain<Owned>,
}

impl Root {
    fn new(n: usize) -> Arc<Self> {
        Arc::new(Self { head: AtomicPtr::new(boxed(n)), garbage: Domain::new(DropPolicy::Inline) })
    }

    fn replace(&self, n: usize) {
        let old = self.head.swap(boxed(n), AcqRel);
        assert!(matches!(read(old), 1..=3));
        // SAFETY: `head` was the only way to it, and readers have a share of the root.
        unsafe { self.garbage.retire(old.cast(), Owned(old)) };
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        drop(Owned(self.head.load(Relaxed)));
    }
}

/// SAFETY of the dereferences: that the value is not dropped meanwhile is what the models check.
fn read(value: *mut Value) -> usize {
    // SAFETY: a pin or guard keeps the value, and the models check that it does.
    unsafe { (*value).read() }
}

#[test]
fn a_pin_keeps_what_it_finds() {
    model(Some(3), || {
        let root = Root::new(1);
        let reader = Arc::clone(&root);
        let reader = spawn(move || {
            let pin = reclaim::pin();
            assert!(matches!(read(pin.load(&reader.head)), 1 | 2));
        });
        root.replace(2);
        root.garbage.flush();
        reader.join().unwrap();
    });
}

/// R3: a scan that finds the pin renewed is ordered after the reads before that.
#[test]
fn a_renewed_pin_has_given_up_what_it_found() {
    model(Some(4), || {
        let root = Root::new(1);
        let reader = Arc::clone(&root);
        let reader = spawn(move || {
            let mut pin = reclaim::pin();
            assert!(matches!(read(pin.load(&reader.head)), 1 | 2));
            pin.repin();
            assert!(matches!(read(pin.load(&reader.head)), 1 | 2));
        });
        root.replace(2);
        root.garbage.flush();
        reader.join().unwrap();
    });
}

/// R3: a scan that finds another pin than before is ordered after the reads under the first.
#[test]
fn a_second_pin_has_given_up_what_the_first_found() {
    model(Some(4), || {
        let root = Root::new(1);
        let reader = Arc::clone(&root);
        let reader = spawn(move || {
            let pin = reclaim::pin();
            assert!(matches!(read(pin.load(&reader.head)), 1 | 2));
            drop(pin);
            let _second = reclaim::pin();
        });
        root.replace(2);
        root.garbage.flush();
        reader.join().unwrap();
    });
}

/// A pin that is left when its thread gives its node back keeps the node from the next thread.
#[test]
fn a_pin_that_outlives_its_thread_keeps_the_node() {
    static NODES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(usize::MAX);
    model(Some(2), || {
        let root = Root::new(1);
        let reader = Arc::clone(&root);
        let reader = thread::spawn(move || {
            let pin = reclaim::pin();
            polder_sync::leave();
            assert_eq!(read(pin.load(&reader.head)), 1);
        });
        let next = spawn(|| drop(reclaim::pin()));
        reader.join().unwrap();
        next.join().unwrap();
        NODES.fetch_min(reclaim::stats().nodes, Relaxed);
    });
    assert_eq!(NODES.load(Relaxed), 1, "in some execution the second thread finds the first one's node");
}

/// The same with a guard: its slot must not be cleared under the next owner.
#[test]
fn a_guard_that_outlives_its_thread_keeps_the_node() {
    model(Some(3), || {
        let cell = cell(1);
        let reader = Arc::clone(&cell);
        let reader = thread::spawn(move || {
            let value = reader.load();
            polder_sync::leave();
            assert!(matches!(value.read(), 1 | 2));
        });
        let mine = cell.load();
        cell.store(Value::new(2));
        reclaim::flush();
        assert_eq!(mine.read(), 1);
        drop(mine);
        reader.join().unwrap();
    });
}

#[test]
fn a_protected_pointer_is_kept() {
    model(Some(3), || {
        let root = Root::new(1);
        let reader = Arc::clone(&root);
        let reader = spawn(move || {
            let found = reclaim::protect(&reader.head).expect("never null");
            assert!(matches!(read(found.as_ptr()), 1 | 2));
        });
        root.replace(2);
        root.garbage.flush();
        reader.join().unwrap();
    });
}

/// R1: what was written before a pointer was published. Whoever publishes here runs no fence, which would do as well.
#[test]
fn a_protected_pointer_comes_with_what_it_points_to() {
    model(Some(3), || {
        let head = Arc::new(AtomicPtr::new(std::ptr::null_mut::<Value>()));
        let reader = Arc::clone(&head);
        let reader = spawn(move || {
            if let Some(found) = reclaim::protect(&reader) {
                assert_eq!(read(found.as_ptr()), 1);
            }
        });
        head.store(boxed(1), Release);
        reader.join().unwrap();
        drop(Owned(head.load(Relaxed)));
    });
}

/// R1: the same for a value that is put into an empty cell; an exchange of another value would run a fence.
#[test]
fn a_first_value_is_whole() {
    model(Some(3), || {
        let cell = Arc::new(AtomicOptionRef::<Value>::none());
        let reader = Arc::clone(&cell);
        let reader = spawn(move || {
            if let Some(found) = reader.load() {
                assert_eq!(found.read(), 1);
            }
        });
        drop(cell.load());
        assert!(cell.compare_exchange(None, Some(Value::new(1))).is_ok());
        reader.join().unwrap();
    });
}

/// Two threads retire into one shard: what one cannot put there goes to the list beside it.
#[test]
fn retirements_meet() {
    model(Some(2), || {
        let root = Root::new(1);
        let other = Arc::clone(&root);
        let other = spawn(move || other.replace(2));
        root.replace(3);
        other.join().unwrap();
        root.garbage.flush();
        assert_eq!(root.garbage.stats().kept, 0);
    });
}

/// What was retired beside a shard in use comes to whoever uses that with all that was done to it. Nothing else orders the two: the
/// pin is for the fence of a thread's first steps, and showing needs none.
#[test]
fn what_is_stranded_is_shown_whole() {
    model(Some(2), || {
        let root = Root::new(1);
        // Makes the shard.
        root.replace(2);
        let other = Arc::clone(&root);
        let other = spawn(move || {
            drop(reclaim::pin());
            other.replace(3);
            other.replace(1);
        });
        root.garbage.for_each_retired(|owned| assert!(matches!(read(owned.0), 1..=3)));
        other.join().unwrap();
        root.garbage.flush();
        assert_eq!(root.garbage.stats().kept, 0);
    });
}

/// A node goes from one thread to the next, and what the first left behind to whoever scans.
#[test]
fn a_node_is_used_again() {
    static NODES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(usize::MAX);
    model(Some(2), || {
        let cell = cell(1);
        let turn = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..2)
            .map(|i| {
                let (cell, turn) = (Arc::clone(&cell), Arc::clone(&turn));
                spawn(move || {
                    cell.store(Value::new(2 + i));
                    assert!(matches!(cell.load().read(), 1..=3));
                    turn.fetch_add(1, Relaxed);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        reclaim::flush();
        NODES.fetch_min(reclaim::stats().nodes, Relaxed);
    });
    assert_eq!(NODES.load(Relaxed), 1, "in some execution each thread finds the node of the one before");
}
