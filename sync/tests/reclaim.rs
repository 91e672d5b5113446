//! Pins, protected pointers and domains as their users see them.
#![cfg(not(polder_loom))]

#[path = "support/alone.rs"]
mod alone;
#[path = "support/census.rs"]
mod census;

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{
        Mutex,
        atomic::{
            AtomicPtr, AtomicUsize,
            Ordering::{AcqRel, Relaxed},
        },
        mpsc,
    },
    thread,
};

use alone::alone;
use census::{Census, Member};
use polder_sync::reclaim::{self, Domain, DropPolicy, OwnedPin, Pin};

const SLOTS: usize = if cfg!(miri) { 2 } else { 8 };

/// Owns a `Box` that others may still read.
struct Owned(*mut Member);

// SAFETY: it owns a `Member`, which may go anywhere.
unsafe impl Send for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: from `Box::into_raw`, and dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// A place that holds a pointer to a member, and the garbage of what it held before.
struct Place {
    census: Census,
    pointer: AtomicPtr<Member>,
    garbage: Domain<Owned>,
}

impl Place {
    fn new(policy: DropPolicy) -> Self {
        let census = Census::default();
        let pointer = AtomicPtr::new(Box::into_raw(Box::new(census.member(0))));
        Self { census, pointer, garbage: Domain::new(policy) }
    }

    fn put(&self, number: usize) {
        let old = self.pointer.swap(Box::into_raw(Box::new(self.census.member(number))), AcqRel);
        // SAFETY: the place was the only way to it, and is the only one that readers use.
        unsafe { self.garbage.retire(old.cast(), Owned(old)) };
    }

    /// Replaces the value and scans.
    fn renew(&self, number: usize) {
        self.put(number);
        self.garbage.flush();
    }

    /// How many values there are besides the current one.
    fn kept(&self) -> usize {
        assert_eq!(self.garbage.stats().kept, self.census.alive() - 1, "the figure is exact while nothing runs");
        self.census.alive() - 1
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(Owned(*self.pointer.get_mut()));
    }
}

/// The number of what `pin` finds.
fn found(pin: &Pin, place: &Place) -> usize {
    let found = pin.load(&place.pointer);
    // SAFETY: not null, and kept by the pin.
    unsafe { (*found).number() }
}

#[test]
fn a_pin_keeps_what_is_retired_while_it_lives() {
    let _alone = alone();
    let place = Place::new(DropPolicy::Inline);
    let pin = reclaim::pin();
    let old = pin.load(&place.pointer);
    (1..=100).for_each(|number| place.renew(number));
    assert_eq!(place.kept(), 100, "without bound");
    assert_eq!(place.garbage.stats().pinned, 100);
    // SAFETY: the pin keeps it.
    assert_eq!(unsafe { (*old).number() }, 0);
    drop(pin);
    place.garbage.flush();
    assert_eq!((place.kept(), place.garbage.stats().free), (0, 0));
}

#[test]
fn pins_nest_and_the_outermost_counts() {
    let _alone = alone();
    let place = Place::new(DropPolicy::Inline);
    let mut outer = reclaim::pin();
    let mut inner = reclaim::pin();
    assert!(!inner.repin());
    place.renew(1);
    drop(inner);
    place.renew(2);
    assert_eq!(place.kept(), 2, "the outer one holds");
    assert!(outer.repin());
    place.garbage.flush();
    assert_eq!(place.kept(), 0, "its renewal lets go");
    place.renew(3);
    assert_eq!(place.kept(), 1, "and pins anew");
    // Not in the order of nesting.
    let second = reclaim::pin();
    drop(outer);
    place.renew(4);
    assert_eq!((place.kept(), found(&second, &place)), (2, 4));
    drop(second);
    place.garbage.flush();
    assert_eq!(place.kept(), 0);
    assert!(format!("{:?}", reclaim::pin()).starts_with("Pin { depth: 1"));
}

#[test]
fn an_owned_pin_goes_to_another_thread() {
    let _alone = alone();
    let place = Place::new(DropPolicy::Inline);
    let pin = OwnedPin::new();
    let old = AtomicPtr::new(pin.load(&place.pointer));
    place.renew(1);
    thread::scope(|scope| {
        let work = || {
            let mut pin = pin;
            place.renew(2);
            assert_eq!(place.kept(), 2);
            // SAFETY: the pin has come along and keeps it.
            assert_eq!(unsafe { (*old.load(Relaxed)).number() }, 0);
            pin.repin();
            place.garbage.flush();
            assert_eq!(place.kept(), 0);
            pin
        };
        let pin = scope.spawn(work).join().expect("does not panic");
        place.renew(3);
        assert_eq!(place.kept(), 1, "it outlives the thread that it visited");
        drop(pin);
    });
    place.garbage.flush();
    assert_eq!(place.kept(), 0);
}

#[test]
fn owned_pins_give_their_nodes_back() {
    let _alone = alone();
    drop((OwnedPin::new(), OwnedPin::new()));
    let nodes = reclaim::stats().nodes;
    for _ in 0..100 {
        let pins = [OwnedPin::new(), OwnedPin::new()];
        assert_eq!(reclaim::stats().nodes, nodes);
        drop(pins);
    }
}

#[test]
fn protection_holds_one_item_and_becomes_a_pin_without_slots() {
    let _alone = alone();
    let place = Place::new(DropPolicy::Inline);
    assert!(reclaim::protect(&AtomicPtr::<u8>::new(ptr::null_mut())).is_none());
    let mut guards = Vec::new();
    for number in 1..=SLOTS {
        let guard = reclaim::protect(&place.pointer).expect("not null");
        assert!(!guard.is_pinned());
        guards.push(guard);
        place.renew(number);
    }
    place.renew(100);
    assert_eq!(place.kept(), SLOTS, "the ones that are protected");

    assert!(reclaim::protect(&AtomicPtr::<u8>::new(ptr::null_mut())).is_none());
    let pinned = reclaim::protect(&place.pointer).expect("not null");
    assert!(pinned.is_pinned());
    place.renew(101);
    place.renew(102);
    assert_eq!(place.kept(), SLOTS + 2, "a pin holds what is retired later too");
    // SAFETY: the pin keeps it.
    assert_eq!(unsafe { (*pinned.as_ptr()).number() }, 100);
    for (number, guard) in guards.into_iter().enumerate() {
        // SAFETY: its slot keeps it.
        assert_eq!(unsafe { (*guard.as_ptr()).number() }, number);
    }
    drop(pinned);
    place.garbage.flush();
    assert_eq!(place.kept(), 0);
    assert!(!reclaim::protect(&place.pointer).expect("not null").is_pinned(), "the slots are free again");
}

#[test]
fn a_pin_of_any_thread_counts_for_any_domain() {
    let _alone = alone();
    let places = [Place::new(DropPolicy::Inline), Place::new(DropPolicy::Inline)];
    thread::scope(|scope| {
        let (pinned, is_pinned) = mpsc::channel();
        let (over, is_over) = mpsc::channel::<()>();
        let reader = scope.spawn(move || {
            let pin = reclaim::pin();
            pinned.send(()).expect("the test waits");
            // Also when the test fails.
            _ = is_over.recv();
            drop(pin);
        });
        is_pinned.recv().expect("the reader tells");
        places.iter().for_each(|place| place.renew(1));
        assert!(places.iter().all(|place| place.kept() == 1));
        drop(over);
        reader.join().expect("does not panic");
    });
    places.iter().for_each(|place| place.garbage.flush());
    assert!(places.iter().all(|place| place.kept() == 0));
}

#[test]
fn inline_domains_drop_as_they_go() {
    let _alone = alone();
    let place = Place::new(DropPolicy::Inline);
    assert_eq!(place.garbage.policy(), DropPolicy::Inline);
    let bound = 3 * (2 * SLOTS * (reclaim::stats().nodes + 2)).max(if cfg!(miri) { 4 } else { 256 });
    for number in 0..if cfg!(miri) { 200 } else { 50_000 } {
        place.put(number);
        assert!(place.census.alive() <= bound, "{} are kept", place.census.alive());
    }
    place.garbage.flush();
    assert_eq!(place.kept(), 0);
}

#[test]
fn deferred_domains_drop_when_they_are_told() {
    let _alone = alone();
    let place = Place::new(DropPolicy::Deferred);
    (1..=100).for_each(|number| place.put(number));
    place.garbage.flush();
    let stats = place.garbage.stats();
    assert_eq!((stats.kept, stats.free, stats.pinned), (100, 100, 0), "free and not dropped");
    assert_eq!(place.garbage.collect(0), 0);
    assert_eq!((place.garbage.collect(30), place.kept()), (30, 70));
    assert_eq!((place.garbage.collect(usize::MAX), place.kept()), (70, 0));
    assert_eq!(place.garbage.collect(1), 0);
    // What is not free is not collected.
    let pin = reclaim::pin();
    place.renew(101);
    assert_eq!((place.garbage.collect(usize::MAX), place.kept()), (0, 1));
    drop(pin);
    assert_eq!(place.garbage.collect(usize::MAX), 0, "collecting does not scan");
    place.garbage.flush();
    assert_eq!(place.garbage.collect(usize::MAX), 1);
}

#[test]
fn draining_asks_nobody() {
    let _alone = alone();
    for policy in [DropPolicy::Inline, DropPolicy::Deferred] {
        let mut place = Place::new(policy);
        let pin = reclaim::pin();
        (1..=10).for_each(|number| place.renew(number));
        assert_eq!(place.kept(), 10);
        place.garbage.drain();
        assert_eq!(place.kept(), 0, "what readers may use is borrowed with the place, which is borrowed exclusively");
        drop(pin);
        place.renew(11);
    }
}

#[test]
fn the_end_of_a_domain_is_the_end_of_its_items() {
    let _alone = alone();
    let place = Place::new(DropPolicy::Deferred);
    let census = place.census.clone();
    let pin = reclaim::pin();
    (1..=10).for_each(|number| place.renew(number));
    drop(place);
    assert_eq!(census.alive(), 0);
    drop(pin);
}

/// An item that readers know by a number; for tests without readers.
fn retire<T: Send>(domain: &Domain<T>, address: usize, item: T) {
    // SAFETY: nobody reads at an address below the first page, and no item is of use to another thread.
    unsafe { domain.retire(ptr::without_provenance(address), item) };
}

#[test]
fn items_may_borrow_what_outlives_the_domain() {
    let _alone = alone();
    struct Tick<'a>(&'a Cell<u32>);
    impl Drop for Tick<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    // SAFETY: the test uses one thread.
    unsafe impl Send for Tick<'_> {}
    let ticks = Cell::new(0);
    let domain = Domain::new(DropPolicy::Inline);
    let pin = reclaim::pin();
    (1..=7).for_each(|i| retire(&domain, i, Tick(&ticks)));
    assert_eq!(ticks.get(), 0);
    drop(domain);
    assert_eq!(ticks.get(), 7);
    drop(pin);
}

/// The numbers that a domain shows.
fn shown(domain: &Domain<usize>) -> Vec<usize> {
    let mut shown = Vec::new();
    domain.for_each_retired(|&item| shown.push(item));
    shown.sort_unstable();
    shown
}

#[test]
fn each_retired_item_is_shown_once() {
    let _alone = alone();
    let domain = Domain::new(DropPolicy::Deferred);
    assert_eq!(shown(&domain), []);
    // Some free, some waiting for a pin, some fresh, of several threads.
    (0..10).for_each(|i| retire(&domain, 1 + i, i));
    domain.flush();
    let pin = reclaim::pin();
    (10..20).for_each(|i| retire(&domain, 1 + i, i));
    domain.flush();
    thread::scope(|scope| {
        let other = || (20..30).for_each(|i| retire(&domain, 1 + i, i));
        scope.spawn(other).join().expect("does not panic");
    });
    let before = domain.stats();
    assert_eq!(shown(&domain), (0..30).collect::<Vec<_>>());
    assert_eq!(shown(&domain), (0..30).collect::<Vec<_>>(), "showing changes nothing");
    assert_eq!(domain.stats(), before);
    drop(pin);
    domain.flush();
    assert_eq!(domain.collect(usize::MAX), 30);
    assert_eq!(shown(&domain), []);
}

#[test]
fn a_viewer_may_retire_and_look_and_collect() {
    let _alone = alone();
    let census = Census::default();
    let domain = Domain::new(DropPolicy::Deferred);
    // The second half is free, the first waits for a pin.
    let pin = reclaim::pin();
    (0..5).for_each(|i| retire(&domain, 1 + i, census.member(i)));
    domain.flush();
    drop(pin);
    (5..10).for_each(|i| retire(&domain, 1 + i, census.member(i)));
    let mut seen = [0; 20];
    domain.for_each_retired(|item| {
        let number = item.number();
        seen[number] += 1;
        if number < 10 {
            retire(&domain, 11 + number, census.member(number + 10));
        }
        domain.for_each_retired(|item| assert!(item.number() >= 10, "what is shown is not shown by another"));
        domain.flush();
        domain.collect(usize::MAX);
        assert!(census.alive() >= 10, "what is shown is not dropped");
    });
    assert!(seen[..10].iter().all(|&times| times == 1) && seen[10..].iter().all(|&times| times <= 1), "{seen:?}");
    domain.flush();
    domain.collect(usize::MAX);
    assert_eq!((census.alive(), domain.stats().kept), (0, 0));
}

#[test]
fn a_viewer_that_panics_loses_nothing() {
    let _alone = alone();
    let domain = Domain::new(DropPolicy::Deferred);
    (0..10).for_each(|i| retire(&domain, 1 + i, i));
    let mut calls = 0;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        domain.for_each_retired(|_| {
            calls += 1;
            assert!(calls < 5, "in the viewer");
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(shown(&domain), (0..10).collect::<Vec<_>>());
    assert_eq!(domain.stats().kept, 10);
}

/// An item whose destructor acts.
struct Act(fn(usize), usize);

impl Drop for Act {
    fn drop(&mut self) {
        (self.0)(self.1);
    }
}

#[test]
fn destructors_may_retire_into_their_domain() {
    static INLINE: Domain<Act> = Domain::new(DropPolicy::Inline);
    static DEFERRED: Domain<Act> = Domain::new(DropPolicy::Deferred);
    static DROPPED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    fn again(domain: &'static Domain<Act>, act: fn(usize), number: usize) {
        DROPPED.lock().expect("not poisoned").push(number);
        if number >= 10 {
            retire(domain, number, Act(act, number - 10));
            domain.flush();
            domain.collect(2);
        }
    }
    fn inline(number: usize) {
        again(&INLINE, inline, number);
    }
    fn deferred(number: usize) {
        again(&DEFERRED, deferred, number);
    }
    let _alone = alone();
    let most = if cfg!(miri) { 30 } else { 60 };
    for (domain, act) in [(&INLINE, inline as fn(usize)), (&DEFERRED, deferred)] {
        (10..most).for_each(|number| retire(domain, number, Act(act, number)));
        for _ in 0..if cfg!(miri) { 40 } else { 200 } {
            domain.flush();
            domain.collect(usize::MAX);
        }
        let mut dropped = std::mem::take(&mut *DROPPED.lock().expect("not poisoned"));
        dropped.sort_unstable();
        let mut expected: Vec<_> = (10..most).flat_map(|number| (number % 10..=number).step_by(10)).collect();
        expected.sort_unstable();
        assert_eq!(dropped, expected, "each once");
        assert_eq!(domain.stats().kept, 0);
    }
}

#[test]
fn destructors_that_panic_lose_nothing() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    fn bad(number: usize) {
        DROPPED.fetch_add(1, Relaxed);
        assert!(!number.is_multiple_of(2), "a destructor");
    }
    let _alone = alone();
    let panics = |action: &mut dyn FnMut()| usize::from(catch_unwind(AssertUnwindSafe(action)).is_err());
    for policy in [DropPolicy::Inline, DropPolicy::Deferred] {
        DROPPED.store(0, Relaxed);
        let mut domain = Domain::new(policy);
        // Several that panic become free at once.
        let pin = reclaim::pin();
        (1..=9).for_each(|number| retire(&domain, number, Act(bad, number)));
        domain.flush();
        drop(pin);
        let mut caught = 0;
        for _ in 0..3 {
            caught += panics(&mut || domain.flush());
            caught += panics(&mut || _ = domain.collect(usize::MAX));
        }
        assert!(caught >= 3, "{caught}");
        assert_eq!(domain.stats().kept, 9 - DROPPED.load(Relaxed), "the rest is still there");
        for _ in 0..9 {
            caught += panics(&mut || domain.drain());
        }
        assert_eq!((caught, DROPPED.load(Relaxed), domain.stats().kept), (4, 9, 0));
    }
}

#[test]
fn a_panic_out_of_retire_loses_nothing() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    fn bad(number: usize) {
        DROPPED.fetch_add(1, Relaxed);
        assert!(!number.is_multiple_of(7), "a destructor");
    }
    let _alone = alone();
    let domain = Domain::new(DropPolicy::Inline);
    let mut caught = 0;
    let rounds = if cfg!(miri) { 70 } else { 700 };
    for number in 1..=rounds {
        caught += usize::from(catch_unwind(AssertUnwindSafe(|| retire(&domain, number, Act(bad, number)))).is_err());
    }
    for _ in 0..=rounds {
        caught += usize::from(catch_unwind(AssertUnwindSafe(|| domain.flush())).is_err());
    }
    assert_eq!((caught, DROPPED.load(Relaxed), domain.stats().kept), (rounds / 7, rounds, 0));
}

#[test]
fn threads_retire_into_one_domain_at_once() {
    const THREADS: usize = 4;
    let _alone = alone();
    let each = if cfg!(miri) { 10 } else { 5_000 };
    for policy in [DropPolicy::Inline, DropPolicy::Deferred] {
        let place = Place::new(policy);
        thread::scope(|scope| {
            let work = |thread: usize| {
                for i in 0..each {
                    let guard = reclaim::protect(&place.pointer).expect("not null");
                    place.put(thread * each + i);
                    // SAFETY: the guard protects what it points to.
                    unsafe { (*guard.as_ptr()).number() };
                    if i % 64 == 0 {
                        place.garbage.flush();
                        place.garbage.for_each_retired(|item| {
                            // SAFETY: not dropped while it is shown, and only read by others.
                            unsafe { (*item.0).number() };
                        });
                        place.garbage.collect(10);
                    }
                }
            };
            let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || work(thread))).collect();
            threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
        });
        place.garbage.flush();
        place.garbage.collect(usize::MAX);
        assert_eq!(place.kept(), 0);
    }
}

#[test]
fn figures_of_the_process_follow_what_happens() {
    let _alone = alone();
    let place = Place::new(DropPolicy::Inline);
    let before = reclaim::stats();
    place.renew(1);
    let after = reclaim::stats();
    assert!(after.heavy_fences > before.heavy_fences, "a scan has a fence");
    assert_eq!(after.kept, 0, "what a domain keeps is the domain's own figure");
    let pins: Vec<_> = (0..before.nodes + 1).map(|_| OwnedPin::new()).collect();
    assert!(reclaim::stats().nodes > before.nodes, "each owned pin has a node");
    drop(pins);
}
