//! Failures of other libraries of this kind, each as a test that would show it here.
//!
//! Under Miri, with several seeds, these see data races, dangling pointers and aliasing violations; natively they see
//! wrong values and wrong counts. Loops are short: the schedules that Miri takes differ by the seed.
#![cfg(not(polder_loom))]

#[path = "support/alone.rs"]
mod alone;
#[path = "support/census.rs"]
mod census;

use std::{
    cell::UnsafeCell,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
    sync::{
        Arc, Barrier,
        atomic::{
            AtomicBool, AtomicPtr, AtomicUsize,
            Ordering::{AcqRel, Relaxed},
        },
    },
    thread,
    time::Duration,
};

use alone::alone;
use census::{Census, Member};
use polder_sync::{
    ArcLike, AtomicOptionRef, AtomicRef, CompareExchangeError, MappedRefGuard, Mutex, RefGuard, SeqCell,
    reclaim::{self, Domain, DropPolicy, OwnedPin},
};

/// Rounds of a loop: as many as it takes natively, few under Miri.
const fn rounds(natively: usize) -> usize {
    if cfg!(miri) { 8 } else { natively }
}

/// Runs the closures at the same time, each on a thread of its own.
fn together(work: &[&(dyn Fn() + Sync)]) {
    let begin = Barrier::new(work.len());
    thread::scope(|scope| {
        let begun = |work: &(dyn Fn() + Sync)| {
            begin.wait();
            work();
        };
        let threads: Vec<_> = work.iter().map(|&work| scope.spawn(move || begun(work))).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
    });
}

/// A value that its destructor writes to without any synchronisation of its own: a read that is not over by then is a
/// data race, which Miri and the thread sanitizer report.
struct Plain(UnsafeCell<[usize; 4]>);

// SAFETY: shared, it is only read; its destructor has it alone.
unsafe impl Sync for Plain {}

impl Plain {
    fn new(number: usize) -> Self {
        Self(UnsafeCell::new([number; 4]))
    }

    fn read(&self) -> usize {
        // SAFETY: written when made, and by the destructor, which comes after all borrows.
        let numbers = unsafe { *self.0.get() };
        assert!(numbers.iter().all(|&number| number == numbers[0]), "{numbers:?}");
        numbers[0]
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        *self.0.get_mut() = [usize::MAX, 0, usize::MAX, 0];
    }
}

// arc-swap #45: the guard of a part borrowed from the guard of the whole, and dangled when that was moved. Here the parts are
// moved about, and read when the whole is in the cell no more.
#[test]
fn a_guard_of_a_part_may_be_moved() {
    let _alone = alone();
    let cell = AtomicRef::from_value((String::from("whole"), [1, 2, 3]));
    let mut parts = Vec::new();
    for _ in 0..rounds(20) {
        let guard = Box::new(cell.load());
        parts.push(RefGuard::map(*guard, |value| &value.1[1..]));
        cell.store(Arc::new((String::new(), [1, 2, 3])));
    }
    let moved: Vec<_> =
        parts.into_iter().rev().map(|part| Box::new(MappedRefGuard::map(part, |part| &part[1]))).collect();
    reclaim::flush();
    assert!(moved.iter().all(|part| ***part == 3));
}

// arc-swap #76: nothing ordered a reader's last look at a value before the end of the value on another thread. Only a model
// of weak memory shows that, and the destructor that writes.
#[test]
fn reads_under_a_guard_come_before_the_destructor() {
    let _alone = alone();
    let cell = AtomicRef::from_value(Plain::new(0));
    let read = || {
        for _ in 0..rounds(10_000) {
            cell.load().read();
        }
    };
    let write = || {
        for number in 0..rounds(10_000) {
            cell.store(Arc::new(Plain::new(number)));
            reclaim::flush();
        }
    };
    together(&[&read, &read, &write]);
}

// arc-swap #164: crashes on Arm, in programs that kept what they had loaded for long while others updated. Here a guard
// becomes a count just when its value is replaced, and the count is the last one in the end.
#[test]
fn guards_become_counts_while_their_values_are_replaced() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::from_value(census.member(0));
    let keep = || {
        let mut kept = Vec::new();
        for _ in 0..rounds(3_000) {
            kept.push(RefGuard::into_counted(cell.load()));
            kept.push(cell.load_full());
            if kept.len() > 40 {
                kept.drain(..).for_each(|value| _ = value.number());
            }
        }
        kept.iter().for_each(|value| _ = value.number());
    };
    let update = || {
        for _ in 0..rounds(3_000) {
            let old = cell.rcu(|value| Arc::new(census.member(value.number() + 1)));
            old.number();
        }
    };
    together(&[&keep, &keep, &update, &update]);
    assert_eq!(cell.load().number(), 2 * rounds(3_000));
    reclaim::flush();
    assert_eq!(census.alive(), 1);
}

// arc-swap #195: when a reader gave a slot back and failed, because a writer had dealt with it already, nothing ordered
// the two. Here the slot that a scan looks at has gone on to the value of another cell, or of the same, by then.
#[test]
fn a_slot_that_went_on_to_another_value_orders_the_reads_before() {
    let _alone = alone();
    let cells = [AtomicRef::from_value(Plain::new(0)), AtomicRef::from_value(Plain::new(1))];
    let read = || {
        for i in 0..rounds(10_000) {
            // The same slot each time.
            cells[i % 2].load().read();
            cells[(i + 1) % 2].load().read();
        }
    };
    let replace = |cell: &AtomicRef<Plain>| {
        for number in 0..rounds(10_000) {
            drop(cell.swap(Arc::new(Plain::new(number))));
        }
        reclaim::flush();
    };
    together(&[&read, &|| replace(&cells[0]), &|| replace(&cells[1])]);
}

// arc-swap #198: two stores beside a load that had no slot left; the load's other path read the cell without an order
// towards the writers' look at its announcement, and got a value that was freed.
#[test]
fn a_load_without_a_slot_beside_two_stores() {
    let _alone = alone();
    for round in 0..rounds(300) {
        let cell = AtomicRef::from_value(Box::new(round));
        let load = || {
            let guards: Vec<_> = (0..10).map(|_| cell.load()).collect();
            assert!(guards.iter().all(|guard| **guard <= Box::new(round + 2)));
            assert!(*cell.load_full() <= Box::new(round + 2));
        };
        let store = |number| {
            cell.store(Arc::new(Box::new(number)));
            reclaim::flush();
        };
        together(&[&load, &|| store(round + 1), &|| store(round + 2)]);
    }
}

// arc-swap #200: the fast path announced a pointer and looked at the cell again, by two accesses that no total order tied
// to the writer's two. Here there are fences between; what would slip through is a value that is freed while it is read, with
// one reader and one writer and nothing else to order them.
#[test]
fn an_announcement_is_seen_or_the_replacement_is() {
    let _alone = alone();
    let census = Census::default();
    for round in 0..rounds(500) {
        let cell = AtomicRef::from_value(census.member(round));
        let load = || {
            let number = cell.load().number();
            assert!(number == round || number == round + 1);
        };
        let replace = || {
            cell.store(Arc::new(census.member(round + 1)));
            reclaim::flush();
        };
        together(&[&load, &replace]);
    }
    reclaim::flush();
    assert_eq!(census.alive(), 0);
}

// arc-swap #210 (and #156): a guard showed another value than any that was stored, since memory had been freed and used
// again at the same address, where the pointer compares equal. Here values of one size follow each other as fast as the
// allocator hands their memory out again, and each belongs to a cell and has a number that does not go back.
#[test]
fn a_value_at_the_address_of_an_earlier_one_is_another_value() {
    let _alone = alone();
    let cells: [_; 2] = std::array::from_fn(|which| AtomicRef::from_value((which, 0)));
    let over = AtomicBool::new(false);
    let read = || {
        let mut seen = [0; 2];
        while !over.load(Relaxed) {
            for (which, seen) in seen.iter_mut().enumerate() {
                let value = cells[which].load();
                assert_eq!(value.0, which, "the value of another cell");
                assert!(value.1 >= *seen, "from {seen} back to {}", value.1);
                *seen = value.1;
            }
            if cfg!(miri) {
                thread::yield_now();
            }
        }
    };
    let write = || {
        for number in 1..rounds(20_000) {
            (0..2).for_each(|which| cells[which].store(Arc::new((which, number))));
            reclaim::flush();
        }
        over.store(true, Relaxed);
    };
    together(&[&read, &read, &write]);
}

// aarc: safe code could make a reference from any `NonNull`. Here a pointer gets into a cell only by way of a reference,
// what is compared to is a reference too, so that its address is not another value's by now, and to say how references become
// pointers is `unsafe`. This is of types: with other ones it does not compile.
#[test]
fn no_pointer_gets_in_but_by_a_reference() {
    struct Mine(Arc<u32>);
    // SAFETY: as for `Arc`, whose methods do all of it.
    unsafe impl ArcLike for Mine {
        type Target = u32;
        fn target(&self) -> &u32 {
            self.0.target()
        }
        fn as_raw(&self) -> NonNull<()> {
            self.0.as_raw()
        }
        fn into_raw(self) -> NonNull<()> {
            self.0.into_raw()
        }
        unsafe fn from_raw(raw: NonNull<()>) -> Self {
            // SAFETY: the caller's clauses.
            Self(unsafe { Arc::from_raw(raw.as_ptr().cast()) })
        }
        unsafe fn increment(raw: NonNull<()>) {
            // SAFETY: the caller's clauses.
            unsafe { <Arc<u32> as ArcLike>::increment(raw) }
        }
    }
    type Exchange<'c, A> = fn(&'c AtomicRef<u32, A>, &A, A) -> Result<(), CompareExchangeError<'c, u32, A>>;
    let _from_raw: unsafe fn(NonNull<()>) -> Mine = Mine::from_raw;
    let new: fn(Mine) -> AtomicRef<u32, Mine> = AtomicRef::new;
    let exchange: Exchange<'_, Mine> = AtomicRef::compare_exchange;

    let _alone = alone();
    let (one, other) = (Arc::new(1), Arc::new(1));
    let cell = new(Mine(Arc::clone(&one)));
    assert!(exchange(&cell, &Mine(Arc::clone(&other)), Mine(other)).is_err(), "equal is not the same");
    exchange(&cell, &Mine(Arc::clone(&one)), Mine(Arc::new(2))).map_err(drop).expect("the same");
    reclaim::flush();
    assert_eq!((Arc::strong_count(&one), *cell.load()), (1, 2));
}

// crossbeam-epoch #1273 and #1276: `{:p}` and `{:?}` of an atomic pointer followed the pointer, which may be null or dangle.
// Here formatting shows values under a guard, and addresses as addresses.
#[test]
fn formatting_follows_no_pointer_that_may_dangle() {
    let _alone = alone();
    assert_eq!(format!("{:?}", AtomicOptionRef::<String>::none()), "AtomicOptionRef(None)");
    let dangling = AtomicPtr::new(ptr::without_provenance_mut::<String>(8));
    let protected = reclaim::protect(&dangling).expect("not null");
    assert!(format!("{protected:?}").contains("0x8"));
    let domain = Domain::new(DropPolicy::Inline);
    // SAFETY: there is nothing, and nobody reads it.
    unsafe { domain.retire(ptr::without_provenance(8), 7) };
    assert_eq!(format!("{domain:?}"), "Domain { policy: Inline, .. }");
    let cell = AtomicRef::from_value(String::from("new"));
    let show = || (0..rounds(2_000)).for_each(|_| assert!(format!("{cell:?}").starts_with("AtomicRef(\"new")));
    let store = || (0..rounds(2_000)).for_each(|i| cell.store(Arc::new(format!("new{i}"))));
    together(&[&show, &store]);
}

// crossbeam-utils #1294: a guard that was forgotten kept a borrow that later accesses by `&mut` violated. Here guards of every
// kind are forgotten, and what they guarded is used exclusively after that.
#[test]
fn exclusive_access_after_forgotten_guards() {
    let _alone = alone();
    let forgetful = || {
        let cell = AtomicRef::from_value(Box::new(1));
        std::mem::forget(RefGuard::map(cell.load(), |value| &**value));
        std::mem::forget(cell.load());
        let mut value = cell.into_inner();
        **Arc::get_mut(&mut value).expect("the only count") += 1;
        assert_eq!(**value, 2);
        // The slots have its address for ever: a value of another test must not get it.
        std::mem::forget(value);
    };
    thread::spawn(forgetful).join().expect("does not panic");

    // Another thread, which has its slots: a pin that is forgotten would hold up every domain.
    let forgetful = || {
        let mut pointer = AtomicPtr::new(Box::into_raw(Box::new(1)));
        std::mem::forget(
            reclaim::protect(&pointer).filter(|protected| !protected.is_pinned()).expect("a slot is free"),
        );
        // SAFETY: from `Box::into_raw`, and nobody else's.
        let value = unsafe { &mut **pointer.get_mut() };
        *value += 1;
        assert_eq!(*value, 2);

        let mut mutex = Mutex::new(1);
        std::mem::forget(mutex.lock());
        *mutex.get_mut() += 1;
        assert_eq!(mutex.into_inner(), 2);
    };
    thread::spawn(forgetful).join().expect("does not panic");
    reclaim::flush();
}

// crossbeam-utils, `AtomicCell`: padding and the bytes beside a value were read as if they had been written. Here types with
// padding are refused (`SeqCell` shows that by an example that does not compile); sizes that fill no word are read whole.
#[test]
fn values_that_fill_no_word_have_no_bytes_beside_them() {
    macro_rules! sizes {
        ($($size:literal)*) => {$({
            let cell = SeqCell::new([1_u8; $size]);
            let read = || (0..rounds(200)).for_each(|_| {
                let value = cell.load();
                assert!(value.iter().all(|&byte| byte == value[0]), "{value:?}");
            });
            let write = || (0..rounds(200)).for_each(|i| cell.store([i as u8; $size]));
            together(&[&read, &write]);
        })*};
    }
    sizes!(1 3 7 9 15 17);
    assert_eq!(SeqCell::new([(); 0].map(|()| 0_u64)).load(), []);
}

// crossbeam-channel, and std's channels: the last receiver threw away what was left while a sender was still at it, and some of
// that was dropped twice. Here threads leave values behind while others take over what is left, and in a domain's case
// while it is about to end.
#[test]
fn what_is_left_behind_is_taken_over_once() {
    let _alone = alone();
    let census = Census::default();
    for round in 0..if cfg!(miri) { 3 } else { 100 } {
        let cell = AtomicRef::from_value(census.member(round));
        let leave = || {
            let guard = cell.load();
            (0..5).for_each(|i| cell.store(Arc::new(census.member(i))));
            guard.number();
        };
        let take_over = || (0..5).for_each(|_| reclaim::flush());
        together(&[&leave, &leave, &take_over, &take_over]);
    }
    reclaim::flush();
    assert_eq!(census.alive(), 0);

    for policy in [DropPolicy::Inline, DropPolicy::Deferred] {
        let mut domain = Domain::new(policy);
        let retire = |domain: &Domain<Member>| {
            for i in 1..=10 {
                // SAFETY: no reader knows the address.
                unsafe { domain.retire(ptr::without_provenance(i), census.member(i)) };
            }
        };
        let take = || (0..5).for_each(|_| _ = (domain.flush(), domain.collect(3)));
        together(&[&|| retire(&domain), &|| retire(&domain), &|| retire(&domain), &take, &take]);
        domain.drain();
        assert_eq!(census.alive(), 0);
        together(&[&|| retire(&domain), &|| retire(&domain)]);
        drop(domain);
        assert_eq!(census.alive(), 0);
    }
}

// crossbeam-epoch #347: part of a fresh record was read before it had been written. Here threads use each thing for the first
// time while others look at all nodes; Miri and Valgrind see a read of what nobody wrote.
#[test]
fn nodes_are_whole_when_they_are_first_looked_at() {
    let _alone = alone();
    let cell = AtomicRef::from_value(0);
    for _ in 0..if cfg!(miri) { 3 } else { 50 } {
        let first_use = || {
            let pins = (reclaim::pin(), OwnedPin::new());
            let guards: Vec<_> = (0..10).map(|_| cell.load()).collect();
            cell.store(Arc::new(1));
            drop((pins, guards));
        };
        let look = || {
            for _ in 0..10 {
                cell.store(Arc::new(2));
                reclaim::flush();
                assert!(reclaim::stats().nodes >= 1);
            }
        };
        together(&[&first_use, &first_use, &first_use, &look]);
    }
}

/// Owns a `Box` that others may still read: a raw pointer, as a `Box` claims to be the only one.
struct Owned(*mut Plain);

// SAFETY: it owns a `Plain`, which may go anywhere.
unsafe impl Send for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: from `Box::into_raw`, and dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

fn replace(place: &AtomicPtr<Plain>, garbage: &Domain<Owned>, number: usize) {
    let old = place.swap(Box::into_raw(Box::new(Plain::new(number))), AcqRel);
    // SAFETY: the place was the only way to it.
    unsafe { garbage.retire(old.cast(), Owned(old)) };
}

// seize #47: readers' references against the owner, which moves into the collector's lists and around in them. Moving a
// `Box` or a `&mut` would end them by the rules of aliasing; Miri sees it with either set of rules.
#[test]
fn references_of_readers_stay_good_while_the_owner_moves() {
    let _alone = alone();
    let place = AtomicPtr::new(Box::into_raw(Box::new(Plain::new(0))));
    let garbage = Domain::new(DropPolicy::Deferred);
    let guard = reclaim::protect(&place).expect("not null");
    // SAFETY: the guard protects what it points to.
    let reader = unsafe { &*guard.as_ptr() };
    let pin = reclaim::pin();
    for number in 1..=rounds(100) {
        replace(&place, &garbage, number);
        garbage.flush();
        // SAFETY: an item that is shown is not dropped meanwhile.
        garbage.for_each_retired(|owned| assert!(unsafe { (*owned.0).read() } < number));
        assert_eq!(reader.read(), 0);
    }
    drop(pin);
    garbage.flush();
    assert_eq!(garbage.collect(usize::MAX), rounds(100) - 1);
    assert_eq!(reader.read(), 0);
    drop(guard);
    drop(garbage);

    let cell = AtomicRef::from_value(Plain::new(0));
    let guard = cell.load();
    let reader: &Plain = &guard;
    let old = cell.swap(Arc::new(Plain::new(1)));
    cell.store(old);
    assert_eq!(reader.read(), 0);
    drop(cell.swap(Arc::new(Plain::new(2))));
    reclaim::flush();
    assert_eq!(reader.read(), 0);
    drop(Owned(place.into_inner()));
}

// flurry #123: the reclamation of a node by way of a `Box` was undefined while references into it, and from it to its
// successors, were in use. Here a reader stands on a node that is unlinked, and goes on from there.
#[test]
fn a_reader_may_go_on_from_what_was_unlinked() {
    struct Node {
        number: Plain,
        next: AtomicOptionRef<Node>,
    }
    fn node(number: usize, next: Option<Arc<Node>>) -> Option<Arc<Node>> {
        Some(Arc::new(Node { number: Plain::new(number), next: AtomicOptionRef::new(next) }))
    }
    let _alone = alone();
    let head: AtomicOptionRef<Node> = AtomicOptionRef::none();
    let read = || {
        for _ in 0..rounds(2_000) {
            let Some(first) = head.load() else { continue };
            let Some(second) = first.next.load() else { continue };
            let numbers = (first.number.read(), second.number.read());
            let third = second.next.load().map(|third| third.number.read());
            assert!(numbers.0 > numbers.1 && third.is_none_or(|third| numbers.1 > third));
        }
    };
    let write = || {
        for _ in 0..rounds(2_000) {
            head.store(node(3, node(2, node(1, None))));
            if let Some(first) = head.load() {
                // Unlinks the second.
                let third = first.next.load().and_then(|second| second.next.load_full());
                first.next.store(third);
            }
            reclaim::flush();
        }
    };
    together(&[&read, &read, &write]);
    drop(head);
    reclaim::flush();
}

// scc and sdd, RUSTSEC: an insertion dropped a value twice when the caller's `Clone` or `Drop` panicked in the middle. Here
// both panic inside of an update; the census notices a second end.
#[test]
fn panics_of_clone_and_drop_end_nothing_twice() {
    struct Fragile {
        member: Member,
        clone_panics: bool,
        drop_panics: bool,
    }
    impl Drop for Fragile {
        fn drop(&mut self) {
            self.member.number();
            assert!(!self.drop_panics, "in `Drop`");
        }
    }
    let _alone = alone();
    let census = Census::default();
    let copy = |value: &Fragile| {
        let member = census.member(value.member.number() + 1);
        let copy = Fragile { member, clone_panics: false, drop_panics: false };
        assert!(!value.clone_panics, "in `Clone`");
        Arc::new(copy)
    };
    let fragile = |clone_panics, drop_panics| Fragile { member: census.member(0), clone_panics, drop_panics };
    let cell = AtomicRef::from_value(fragile(false, false));
    for i in 0..rounds(100) {
        let before = cell.load_full();
        before.member.number();
        drop(before);
        let value = Arc::new(fragile(i % 2 == 0, i % 3 == 0));
        // Any of these may panic, by what it clones or by what was replaced earlier.
        for action in
            [&|| cell.store(Arc::clone(&value)), &|| drop(cell.rcu(copy)), &|| reclaim::flush()] as [&dyn Fn(); 3]
        {
            drop(catch_unwind(AssertUnwindSafe(action)));
        }
        drop(catch_unwind(AssertUnwindSafe(|| drop(value))));
        cell.load().member.number();
    }
    drop(catch_unwind(AssertUnwindSafe(|| drop(cell))));
    (0..rounds(100)).for_each(|_| drop(catch_unwind(reclaim::flush)));
    assert_eq!(census.alive(), 0, "and nothing is lost");
}

// parking_lot #323 and #344: one of the ways into a lock did not order what came before. Here each way in comes after a
// wait, and what is guarded is plain memory.
#[test]
fn every_way_into_a_lock_sees_what_was_written_under_it() {
    let mutex = Mutex::new([0_usize; 2]);
    let add = |value: &mut [usize; 2]| {
        assert_eq!(value[0], value[1]);
        value[0] += 1;
        thread::yield_now();
        value[1] += 1;
    };
    let count = rounds(2_000);
    let lock = || (0..count).for_each(|_| add(&mut mutex.lock()));
    let with = || (0..count).for_each(|_| mutex.with(add));
    let timed = || (0..count).for_each(|_| add(&mut mutex.try_lock_for(Duration::from_secs(600)).expect("in time")));
    let tried = || {
        for _ in 0..count {
            loop {
                match mutex.try_lock() {
                    Some(mut guard) => break add(&mut guard),
                    None => thread::yield_now(),
                }
            }
        }
    };
    together(&[&lock, &with, &timed, &tried]);
    assert_eq!(mutex.into_inner(), [4 * count; 2]);
}

// parking_lot #29: an unlock that handed over crashed, found by running many at once. Here waiters with deadlines come and
// go, so that many give up just when they are woken, and their stacks are gone after that.
#[test]
fn waiters_that_give_up_while_they_are_woken() {
    let mutex = Mutex::new(0_usize);
    let entered = AtomicUsize::new(0);
    let wait = || {
        for i in 0..rounds(300) {
            let timeout = Duration::from_micros(if cfg!(miri) { 1 } else { i as u64 % 60 });
            if let Some(mut guard) = mutex.try_lock_for(timeout) {
                *guard += 1;
                entered.fetch_add(1, Relaxed);
                thread::yield_now();
            }
        }
    };
    let hold = || {
        for _ in 0..rounds(300) {
            *mutex.lock() += 1;
            entered.fetch_add(1, Relaxed);
        }
    };
    together(&[&wait, &wait, &wait, &hold]);
    assert!(!mutex.is_locked());
    assert_eq!(mutex.into_inner(), entered.into_inner());
}

// scc #153: on processors of weak order a traversal missed, or saw half of, what another thread had changed. Here what is found
// under a pin is whole, and stays so until the pin ends, by plain reads that Miri's memory model may answer with old values.
#[test]
fn what_is_found_under_a_pin_is_whole() {
    let _alone = alone();
    let place = AtomicPtr::new(Box::into_raw(Box::new(Plain::new(0))));
    let garbage = Domain::new(DropPolicy::Inline);
    let read = || {
        let mut pin = reclaim::pin();
        let mut seen = 0;
        for _ in 0..rounds(5_000) {
            // SAFETY: not null, and kept by the pin.
            let number = unsafe { (*pin.load(&place)).read() };
            assert!(number >= seen);
            seen = number;
            pin.repin();
        }
    };
    let read_owned = || {
        for _ in 0..rounds(5_000) {
            let pin = OwnedPin::new();
            // SAFETY: not null, and kept by the pin.
            unsafe { (*pin.load(&place)).read() };
        }
    };
    let write = || {
        for number in 1..rounds(5_000) {
            replace(&place, &garbage, number);
            garbage.flush();
        }
    };
    together(&[&read, &read_owned, &write]);
    drop(garbage);
    drop(Owned(place.into_inner()));
}
