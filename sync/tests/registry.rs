//! Nodes of threads as they can be seen from outside: how many there are, when they are reused, and when they must not be.
#![cfg(not(polder_loom))]

use std::{
    cell::RefCell,
    sync::{Arc, Barrier, atomic::AtomicPtr, mpsc},
    thread,
};

use polder_sync::{AtomicOptionRef, AtomicRef, Mutex, RefGuard, reclaim};

fn nodes() -> usize {
    reclaim::stats().nodes
}

/// Runs it on a thread that has ended when this returns, with all its thread-local variables.
fn on_a_thread(work: impl FnOnce() + Send) {
    thread::scope(|scope| scope.spawn(work).join()).expect("does not panic");
}

/// Runs one test at a time, each on a thread that has given its node back before the next test begins; the threads of the
/// test harness do not promise that.
fn alone(test: impl FnOnce() + Send) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock();
    on_a_thread(|| {
        reclaim::flush();
        test();
    });
}

/// More threads than any test has besides.
const MANY: usize = if cfg!(miri) { 6 } else { 24 };

/// As many nodes as these threads need at once, so that further threads find idle ones.
fn at_once(threads: usize) {
    let met = Barrier::new(threads);
    thread::scope(|scope| {
        let work = || {
            drop(reclaim::pin());
            met.wait();
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
    });
}

#[test]
fn threads_in_turn_share_a_node() {
    alone(|| {
        on_a_thread(|| drop(reclaim::pin()));
        let before = nodes();
        let cell = AtomicRef::from_value(0);
        for number in 0..if cfg!(miri) { 5 } else { 100 } {
            on_a_thread(|| {
                assert_eq!(*cell.load(), number);
                cell.store(Arc::new(number + 1));
                drop(reclaim::pin());
            });
            assert_eq!(nodes(), before);
        }
    });
}

#[test]
fn threads_at_once_have_a_node_each_and_leave_it_to_the_next() {
    alone(|| {
        at_once(MANY);
        let most = nodes();
        // The test's own thread has one.
        assert!(most > MANY, "{most} nodes for {MANY} threads at once");
        for _ in 0..5 {
            at_once(MANY);
            assert_eq!(nodes(), most);
        }
    });
}

#[test]
fn a_thread_that_uses_nothing_has_no_node() {
    alone(|| {
        at_once(MANY);
        let most = nodes();
        thread::scope(|scope| {
            let (over, is_over) = mpsc::channel::<()>();
            // Ends also when the test fails.
            let idle = scope.spawn(move || _ = is_over.recv());
            at_once(MANY);
            assert_eq!(nodes(), most);
            drop(over);
            idle.join().expect("does not panic");
        });
    });
}

#[test]
fn forgotten_guards_and_pins_keep_their_nodes_from_reuse() {
    alone(|| {
        let cell = AtomicRef::from_value(0);
        let pointer = AtomicPtr::new(Box::into_raw(Box::new(7)));
        // The forgotten slots have these addresses for ever: values of other tests must not get them.
        std::mem::forget(cell.load_full());
        let forgetful: [&(dyn Fn() + Sync); 3] =
            [&|| std::mem::forget(cell.load()), &|| std::mem::forget(reclaim::protect(&pointer)), &|| {
                std::mem::forget(reclaim::OwnedPin::new())
            }];
        for forget in forgetful {
            at_once(MANY);
            let before = nodes();
            on_a_thread(forget);
            assert_eq!(nodes(), before, "an idle node served");
            at_once(MANY);
            assert_eq!(nodes(), before + 1, "and does not serve again");
        }
        // Forgetting keeps one node; it does not keep the registry from reusing others.
        let before = nodes();
        (0..5).for_each(|_| on_a_thread(|| drop(cell.load())));
        assert_eq!(nodes(), before);
    });
}

static CELL: AtomicOptionRef<u32> = AtomicOptionRef::none();

/// Says that its thread is ending, and waits until it may.
struct Linger(mpsc::Sender<()>, mpsc::Receiver<()>);

impl Drop for Linger {
    fn drop(&mut self) {
        self.0.send(()).expect("the test waits");
        self.1.recv().expect("the test tells");
    }
}

thread_local! {
    static LATE: RefCell<(Option<Linger>, Vec<RefGuard<'static, u32>>)> = const { RefCell::new((None, Vec::new())) };
}

#[test]
fn a_node_in_which_a_guard_lingers_is_not_reused_before_its_end() {
    alone(|| {
        at_once(MANY);
        let most = nodes();
        let value = Arc::new(7);
        CELL.store(Some(Arc::clone(&value)));
        let (ending, is_ending) = mpsc::channel();
        let (end, may_end) = mpsc::channel();
        // Used before the cell is, so its destructor comes after the registration's.
        let lingering = thread::spawn(move || {
            LATE.with_borrow_mut(|late| {
                late.0 = Some(Linger(ending, may_end));
                late.1.extend(CELL.load());
            });
        });
        is_ending.recv().expect("the thread tells");
        CELL.store(None);
        // Each of these would clear the slot, if the node were theirs.
        for _ in 0..5 {
            on_a_thread(|| drop((AtomicRef::from_value(1).load(), reclaim::pin())));
            reclaim::flush();
            assert_eq!(Arc::strong_count(&value), 2, "the guard keeps it");
        }
        end.send(()).expect("the thread waits");
        lingering.join().expect("does not panic");
        reclaim::flush();
        assert_eq!(Arc::strong_count(&value), 1);
        at_once(MANY);
        assert_eq!(nodes(), most, "now the node is idle");
    });
}

#[test]
fn what_a_thread_leaves_is_counted_until_somebody_takes_it_over() {
    alone(|| {
        let cell = AtomicRef::from_value(0);
        let guard = cell.load();
        on_a_thread(|| (1..=20).for_each(|number| cell.store(Arc::new(number))));
        let stats = reclaim::stats();
        assert!(stats.kept >= 1, "{stats:?}");
        reclaim::flush();
        let stats = reclaim::stats();
        assert_eq!(stats.kept, 1, "the guard's value is this thread's to keep");
        drop(guard);
        reclaim::flush();
        assert_eq!(reclaim::stats().kept, 0);
    });
}

#[test]
fn threads_come_and_go_while_others_look() {
    alone(|| {
        let cell = AtomicRef::from_value(0);
        let rounds = if cfg!(miri) { 4 } else { 200 };
        thread::scope(|scope| {
            let come_and_go = || {
                for _ in 0..rounds {
                    on_a_thread(|| drop((cell.load(), cell.swap(Arc::new(1)), reclaim::pin())));
                }
            };
            let look = || {
                for _ in 0..rounds {
                    cell.store(Arc::new(2));
                    reclaim::flush();
                }
            };
            let threads = [scope.spawn(come_and_go), scope.spawn(come_and_go), scope.spawn(look)];
            threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
        });
        let value = cell.load_full();
        drop(cell);
        reclaim::flush();
        assert_eq!(Arc::strong_count(&value), 1);
    });
}
