//! What locks of the public surface cannot show yet, and how much is remembered.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    thread,
};

use super::{
    InBehaviour, Kind, LockId,
    graph::{Edge, Graph, Seen, graph},
    holds_any,
    records::{KNOWN, NEAREST, known},
};
use crate::{Mutex, lock_many};

/// The message of the panic that `f` ends with.
fn panic_of<U>(f: impl FnOnce() -> U) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("panics");
    *panic.downcast::<String>().expect("with a message")
}

#[track_caller]
fn take(lock: &LockId, kind: Kind) {
    let site = Location::caller();
    lock.before_blocking(kind, site);
    lock.acquired(kind, site);
}

#[test]
fn sharing_twice_is_an_error() {
    let lock = LockId::new();
    take(&lock, Kind::Shared);
    assert!(panic_of(|| take(&lock, Kind::Shared)).starts_with("potential deadlock"));
    assert!(panic_of(|| take(&lock, Kind::Exclusive)).starts_with("deadlock"));
    lock.released();
    take(&lock, Kind::Exclusive);
    assert!(panic_of(|| take(&lock, Kind::Shared)).starts_with("deadlock"));
    lock.released();
}

#[test]
fn several_at_once_leave_no_order_among_themselves() {
    let locks = [Mutex::new(0), Mutex::new(1), Mutex::new(2)];
    let [a, b, c] = &locks;
    for set in [[a, b, c], [c, a, b], [b, c, a]] {
        drop(lock_many(set).expect("three of them"));
    }
    assert!(holds_any().is_none());
    // Both against the order of addresses, in which they have been taken.
    drop((c.lock(), b.lock()));
    drop((b.lock(), a.lock()));
}

#[test]
fn a_behaviour_waits_for_no_lock_but_may_try() {
    let mutex = Mutex::new(1);
    {
        let _outer = InBehaviour::enter();
        drop(InBehaviour::enter());
        let message = panic_of(|| *mutex.lock());
        assert!(message.starts_with("a behaviour waits for a lock at ") && message.contains(file!()), "{message}");
        assert_eq!(mutex.try_lock().as_deref(), Some(&1));
        thread::scope(|scope| scope.spawn(|| assert_eq!(*mutex.lock(), 1)).join()).expect("the mark is on one thread");
    }
    assert_eq!(*mutex.lock(), 1);
}

#[test]
fn the_latest_of_the_held_is_named() {
    let (first, second) = (Mutex::new(()), Mutex::new(()));
    assert!(holds_any().is_none());
    let (first, line) = (first.lock(), line!());
    let (second, next_line) = (second.try_lock(), line!());
    assert_eq!(holds_any().map(Location::line), Some(next_line));
    assert!(thread::scope(|scope| scope.spawn(holds_any).join()).expect("does not panic").is_none());
    drop(second);
    assert_eq!(holds_any().map(|site| (site.file(), site.line())), Some((file!(), line)));
    drop(first);
    assert!(holds_any().is_none());
}

#[test]
fn short_lived_locks_leave_nothing() {
    const LOCKS: usize = if cfg!(miri) { 20 } else { 100_000 };
    let (outer, inner) = (LockId::new(), LockId::new());
    for _ in 0..LOCKS {
        let between = LockId::new();
        take(&outer, Kind::Exclusive);
        take(&between, Kind::Exclusive);
        take(&inner, Kind::Exclusive);
        let graph = graph().expect("not forked");
        assert_eq!(graph.degree(between.number()), 2);
        assert_eq!((graph.degree(outer.number()), graph.degree(inner.number())), (2, 2));
        drop(graph);
        for lock in [&inner, &between, &outer] {
            lock.released();
        }
        assert!(known() <= KNOWN);
    }
    let numbers = [outer.number(), inner.number()];
    drop((outer, inner));
    assert!(numbers.iter().all(|&number| graph().expect("not forked").degree(number) == 0));
}

#[test]
fn forgotten_guards_of_dropped_locks_leave_nothing() {
    for _ in 0..10 {
        let lock = LockId::new();
        take(&lock, Kind::Exclusive);
    }
    assert!(holds_any().is_none());
}

#[test]
fn many_nested_locks_take_linear_memory_and_are_all_compared() {
    let locks: Vec<LockId> = (0..3 * NEAREST).map(|_| LockId::new()).collect();
    locks.iter().for_each(|lock| take(lock, Kind::Exclusive));
    let (first, last) = (&locks[0], &locks[locks.len() - 1]);
    assert_eq!(graph().expect("not forked").degree(last.number()), NEAREST);
    locks.iter().for_each(LockId::released);

    take(last, Kind::Exclusive);
    let message = panic_of(|| take(first, Kind::Exclusive));
    assert!(message.contains("potential deadlock"), "{message}");
    last.released();
}

#[test]
fn locks_that_were_tried_hide_none_below_them() {
    let locks: Vec<LockId> = (0..2 * NEAREST).map(|_| LockId::new()).collect();
    let site = Location::caller();
    locks.iter().for_each(|lock| lock.acquired(Kind::Exclusive, site));
    let last = LockId::new();
    take(&last, Kind::Exclusive);
    assert_eq!(graph().expect("not forked").degree(last.number()), locks.len());
    locks.iter().chain([&last]).for_each(LockId::released);
}

fn edge(held: u64, wanted: u64) -> Edge {
    let here = Location::caller();
    Edge { held, wanted, seen: Seen { thread: thread::current(), held_at: here, wanted_at: here } }
}

#[test]
fn a_way_is_a_shortest_one_and_goes_with_its_locks() {
    let mut graph = Graph::default();
    for (held, wanted) in [(1, 2), (2, 3), (3, 4), (1, 5), (5, 4), (4, 6), (1, 2)] {
        graph.add(edge(held, wanted));
    }
    let way = |graph: &Graph, from: u64, to| {
        let steps = graph.way(from, &BTreeSet::from([to]))?;
        Some(steps.iter().map(|step| (step.held, step.wanted)).collect::<Vec<_>>())
    };
    assert_eq!(way(&graph, 1, 6), Some(vec![(1, 5), (5, 4), (4, 6)]));
    assert_eq!(way(&graph, 5, 6), Some(vec![(5, 4), (4, 6)]));
    assert_eq!(way(&graph, 6, 1), None);
    graph.remove(5);
    assert_eq!(way(&graph, 1, 6), Some(vec![(1, 2), (2, 3), (3, 4), (4, 6)]));
    graph.remove(3);
    assert_eq!(way(&graph, 1, 6), None);
    for lock in [1, 2, 4, 6] {
        graph.remove(lock);
    }
    assert_eq!(graph.size(), 0, "{graph:?}");
}
