//! Atomic references as their users see them: what each operation returns, how long values live, guards of every kind.
#![cfg(not(polder_loom))]

#[path = "support/alone.rs"]
mod alone;
#[path = "support/census.rs"]
mod census;

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
        mpsc,
    },
    thread,
};

use alone::alone;
use census::{Census, Member};
use polder_sync::{AtomicOptionRef, AtomicRef, MappedRefGuard, RefGuard, reclaim};

/// Slots of a thread, as documented; under Miri there are fewer, and what holds for more guards than slots holds too.
const SLOTS: usize = if cfg!(miri) { 2 } else { 8 };

fn shared(census: &Census, number: usize) -> Arc<Member> {
    Arc::new(census.member(number))
}

#[test]
fn each_operation_gives_what_it_promises() {
    let _alone = alone();
    let (one, two, three) = (Arc::new(1), Arc::new(2), Arc::new(3));
    let cell = AtomicRef::new(Arc::clone(&one));
    assert!(Arc::ptr_eq(RefGuard::reference(&cell.load()), &one));
    assert!(Arc::ptr_eq(&cell.load_full(), &one));
    cell.store(Arc::clone(&two));
    assert!(Arc::ptr_eq(&cell.swap(Arc::clone(&three)), &two));
    assert!(Arc::ptr_eq(&RefGuard::into_counted(cell.load()), &three));

    cell.compare_exchange(&three, Arc::clone(&one)).expect("it was `three`");
    let refused = cell.compare_exchange(&three, Arc::clone(&two)).expect_err("it is `one`");
    assert!(Arc::ptr_eq(RefGuard::reference(&refused.current), &one));
    assert!(Arc::ptr_eq(&refused.new, &two), "the value that was not put in comes back");
    assert_eq!(refused.to_string(), "the cell has another value than the expected one");
    drop(refused);
    // By identity, not by value.
    assert!(cell.compare_exchange(&Arc::new(1), Arc::clone(&two)).is_err());

    let old = cell.rcu(|&value| Arc::new(value + 10));
    assert!(Arc::ptr_eq(RefGuard::reference(&old), &one));
    assert_eq!(*cell.load(), 11);
    let declined = cell.try_rcu(|&value| if value == 11 { Err("eleven") } else { Ok(Arc::new(0)) });
    assert_eq!(declined.expect_err("declined"), "eleven");
    assert_eq!(*cell.load(), 11);
    assert_eq!(*cell.try_rcu(|value| Ok::<_, ()>(Arc::new(value + 1))).expect("accepted"), 11);
    assert_eq!(*cell.into_inner(), 12);
}

#[test]
fn an_empty_cell_is_a_value_like_any_other() {
    let _alone = alone();
    static STATIC: AtomicOptionRef<u32> = AtomicOptionRef::none();
    assert!(STATIC.load().is_none() && STATIC.load_full().is_none());

    let one = Arc::new(1);
    let cell = AtomicOptionRef::none();
    assert!(cell.swap(None).is_none() && cell.take().is_none());
    cell.compare_exchange(None, None).expect("nothing for nothing");
    cell.store(None);
    let refused = cell.compare_exchange(Some(&one), None).expect_err("it is empty");
    assert!(refused.current.is_none() && refused.new.is_none());
    assert_eq!(refused.to_string(), "the cell has something else than what was expected");
    cell.compare_exchange(None, Some(Arc::clone(&one))).expect("it was empty");
    let refused = cell.compare_exchange(None, Some(Arc::new(2))).expect_err("it is not empty");
    assert_eq!((refused.current.as_deref(), refused.new.as_deref()), (Some(&1), Some(&2)));
    drop(refused);
    assert!(Arc::ptr_eq(&cell.load_full().expect("`one`"), &one));
    assert_eq!(cell.rcu(|value| value.map(|value| Arc::new(value + 1))).as_deref(), Some(&1));
    assert_eq!(cell.rcu(|_| None).as_deref(), Some(&2));
    assert!(cell.rcu(|value| value.map(|_| Arc::new(0))).is_none());
    assert!(cell.into_inner().is_none());
    assert_eq!(AtomicOptionRef::from(Arc::clone(&one)).take().as_deref(), Some(&1));
    assert_eq!(AtomicOptionRef::from(Some(Arc::clone(&one))).into_inner().as_deref(), Some(&1));
    assert!(AtomicOptionRef::<u32>::default().into_inner().is_none());
    reclaim::flush();
    assert_eq!(Arc::strong_count(&one), 1);
}

#[test]
fn a_cell_shows_what_it_holds() {
    let cell = AtomicRef::from_value("text");
    assert_eq!(format!("{cell:?} {:?} {}", cell.load(), cell.load()), r#"AtomicRef("text") "text" text"#);
    assert_eq!(format!("{:?}", AtomicOptionRef::from(cell.load_full())), r#"AtomicOptionRef(Some("text"))"#);
    assert_eq!(format!("{:?}", AtomicOptionRef::<u8>::none()), "AtomicOptionRef(None)");
    let error = cell.compare_exchange(&Arc::new(""), Arc::new("")).expect_err("another value");
    assert_eq!(format!("{error:?}"), "CompareExchangeError { .. }");
    assert_eq!(*AtomicRef::<u32>::default().load(), 0);
    assert_eq!(*AtomicRef::from(Arc::new(5)).load(), 5);
}

#[test]
fn every_value_is_dropped_once() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::new(shared(&census, 0));
    let count = if cfg!(miri) { 30 } else { 200 };
    for number in 1..count {
        cell.store(shared(&census, number));
    }
    reclaim::flush();
    assert_eq!(census.alive(), 1, "a flush drops all that nobody reads");
    let (first, second) = (shared(&census, 1000), shared(&census, 1001));
    assert_eq!(cell.swap(Arc::clone(&first)).number(), count - 1);
    cell.compare_exchange(&first, second).expect("`first`");
    assert!(cell.compare_exchange(&first, shared(&census, 1002)).is_err());
    drop(first);
    reclaim::flush();
    assert_eq!(census.alive(), 1);
    let last = cell.into_inner();
    assert_eq!((last.number(), Arc::strong_count(&last)), (1001, 1));
    drop(AtomicRef::new(last));
    assert_eq!(census.alive(), 0, "a cell drops its value at once");
}

#[test]
fn after_a_flush_the_holder_of_the_only_count_owns_the_value() {
    let _alone = alone();
    let cell = AtomicRef::from_value(String::from("old"));
    let old = cell.swap(Arc::new(String::from("new")));
    reclaim::flush();
    assert_eq!(Arc::try_unwrap(old).expect("the only count"), "old");
}

#[test]
fn guards_keep_their_values_in_any_order_of_drops() {
    let _alone = alone();
    let orders: [fn(usize, usize) -> usize; 3] = [|i, _| i, |i, n| n - 1 - i, |i, n| (i * 5 + 3) % n];
    for order in orders {
        let census = Census::default();
        let count = 2 * (SLOTS + 1);
        assert!(!count.is_multiple_of(5), "or the third order is none");
        let cell = AtomicRef::new(shared(&census, 0));
        let mut guards = Vec::new();
        for number in 0..count {
            guards.push(Some(cell.load()));
            cell.store(shared(&census, number + 1));
        }
        let counted = guards.iter().flatten().filter(|guard| RefGuard::is_counted(guard)).count();
        assert_eq!(counted, count - SLOTS, "guards beyond the slots have counts");
        for i in 0..count {
            reclaim::flush();
            assert_eq!(census.alive(), count - i + 1);
            let dropped = order(i, count);
            assert_eq!(guards[dropped].take().expect("each once").number(), dropped);
            assert!(guards.iter().enumerate().all(|(j, guard)| guard.as_ref().is_none_or(|g| g.number() == j)));
        }
        reclaim::flush();
        assert_eq!(census.alive(), 1);
        assert!(!RefGuard::is_counted(&cell.load()), "the slots are free again");
    }
}

#[test]
fn guards_of_parts_keep_the_whole() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::from_value((census.member(1), String::from("part")));
    let part = MappedRefGuard::map(RefGuard::map(cell.load(), |value| &value.1), |text| &text[1..]);
    cell.store(Arc::new((census.member(2), String::new())));
    reclaim::flush();
    assert_eq!((&*part, format!("{part:?}").as_str(), census.alive()), ("art", r#""art""#, 2));
    let whole = MappedRefGuard::into_counted(part);
    reclaim::flush();
    assert_eq!((whole.0.number(), Arc::strong_count(&whole)), (1, 1), "the guard has turned into the only count");
}

#[test]
fn a_guard_that_becomes_a_count_gives_its_slot_back() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::new(shared(&census, 0));
    let many: Vec<_> = (0..3 * SLOTS).map(|_| RefGuard::into_counted(cell.load())).collect();
    assert_eq!(Arc::strong_count(&many[0]), 3 * SLOTS + 1);
    assert!(!RefGuard::is_counted(&cell.load()));
    let guards: Vec<_> = (0..=SLOTS).map(|_| cell.load()).collect();
    let own_count = guards.into_iter().next_back().expect("more than slots");
    assert!(RefGuard::is_counted(&own_count));
    let count = Arc::strong_count(&many[0]);
    let last = RefGuard::into_counted(own_count);
    assert_eq!(Arc::strong_count(&last), count, "it had one already");
}

#[test]
fn a_forgotten_guard_keeps_its_value_and_a_slot() {
    let _alone = alone();
    let (cell, kept) = (AtomicRef::from_value(7), Arc::new(8));
    let forgetful = || {
        cell.store(Arc::clone(&kept));
        std::mem::forget(cell.load());
        cell.store(Arc::new(9));
        reclaim::flush();
        assert_eq!(Arc::strong_count(&kept), 2, "the guard's value stays");
        let guards: Vec<_> = (0..SLOTS).map(|_| cell.load()).collect();
        assert_eq!(guards.iter().filter(|guard| RefGuard::is_counted(guard)).count(), 1, "one slot is gone");
    };
    // On a thread of its own: it costs the slot for ever, and the node with it.
    thread::scope(|scope| scope.spawn(forgetful).join()).expect("does not panic");
    (0..100).for_each(|number| cell.store(Arc::new(number)));
    reclaim::flush();
    assert_eq!(Arc::strong_count(&kept), 2, "also after its thread has ended");
}

#[test]
fn values_of_every_size_and_alignment() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(align(256))]
    struct Aligned(u8);
    let _alone = alone();

    let (a, b) = (Arc::new(()), Arc::new(()));
    let cell = AtomicRef::new(Arc::clone(&a));
    assert!(cell.compare_exchange(&b, Arc::new(())).is_err(), "values without bytes have identities");
    cell.compare_exchange(&a, b).expect("`a`");
    reclaim::flush();
    assert_eq!(Arc::strong_count(&a), 1);

    let cell = AtomicRef::from_value(Aligned(1));
    let old = cell.rcu(|value| Arc::new(Aligned(value.0 + 1)));
    assert_eq!((*old, *cell.load()), (Aligned(1), Aligned(2)));
    assert!(std::ptr::from_ref(&*old).addr().is_multiple_of(256));

    // Natively larger than what a batch holds in weight, so each replacement is a batch of its own.
    const HUGE: usize = if cfg!(miri) { 128 << 10 } else { 2 << 20 };
    struct Huge([u8; HUGE], Member);
    fn huge(byte: u8, member: Member) -> Arc<Huge> {
        let mut huge = Arc::<Huge>::new_uninit();
        let place = Arc::get_mut(&mut huge).expect("new").as_mut_ptr();
        // SAFETY: inside the new allocation.
        let bytes = unsafe { &raw mut (*place).0 };
        // SAFETY: the bytes are the new allocation's own.
        unsafe { bytes.cast::<u8>().write_bytes(byte, HUGE) };
        // SAFETY: inside the new allocation.
        let place = unsafe { &raw mut (*place).1 };
        // SAFETY: likewise its own.
        unsafe { place.write(member) };
        // SAFETY: both fields are written.
        unsafe { huge.assume_init() }
    }
    let rounds = if cfg!(miri) { 2 } else { 20 };
    let census = Census::default();
    let cell = AtomicRef::new(huge(0, census.member(0)));
    for i in 1..rounds {
        let old = cell.load();
        cell.store(huge(i, census.member(i.into())));
        assert_eq!((old.0[0], old.0[HUGE - 1], old.1.number()), (i - 1, i - 1, usize::from(i) - 1));
        drop(old);
        assert!(census.alive() <= 8, "large values do not wait for a batch of many");
    }
}

/// Values that one storing thread may keep: a batch that fills, one that is being dropped, and one for good measure.
fn bound() -> usize {
    let nodes = reclaim::stats().nodes + 2;
    3 * (2 * SLOTS * nodes).max(if cfg!(miri) { 4 } else { 256 })
}

#[test]
fn without_readers_a_batch_is_kept_at_most() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::new(shared(&census, 0));
    for number in 0..if cfg!(miri) { 150 } else { 100_000 } {
        cell.store(shared(&census, number));
        assert!(census.alive() <= bound(), "{} values are kept", census.alive());
    }
}

#[test]
fn a_stalled_guard_holds_up_its_own_value_only() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::new(shared(&census, usize::MAX));
    thread::scope(|scope| {
        let (loaded, is_loaded) = mpsc::channel();
        let (over, is_over) = mpsc::channel::<()>();
        let cell = &cell;
        let stalled = scope.spawn(move || {
            let guard = cell.load();
            loaded.send(()).expect("the test waits");
            // Also when the test fails.
            _ = is_over.recv();
            assert_eq!(guard.number(), usize::MAX);
        });
        is_loaded.recv().expect("the thread tells");
        for number in 0..if cfg!(miri) { 150 } else { 50_000 } {
            cell.store(shared(&census, number));
            assert!(census.alive() <= bound() + 1, "{} values are kept", census.alive());
        }
        reclaim::flush();
        assert_eq!(census.alive(), 2, "the guard's value and the cell's");
        drop(over);
        stalled.join().expect("does not panic");
    });
    cell.store(shared(&census, 0));
    reclaim::flush();
    assert_eq!(census.alive(), 1);
}

#[test]
#[cfg_attr(miri, ignore = "says something of many thousand stores only")]
fn endless_counting_readers_hold_up_next_to_nothing() {
    const READERS: usize = 4;
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::new(shared(&census, 0));
    let over = AtomicBool::new(false);
    let stores = 300_000;
    let most = thread::scope(|scope| {
        let _end = EndOnDrop(&over);
        let readers: Vec<_> = (0..READERS)
            .map(|_| {
                scope.spawn(|| {
                    while !over.load(Relaxed) {
                        cell.load_full().number();
                    }
                })
            })
            .collect();
        let mut most = 0;
        for number in 0..stores {
            cell.store(shared(&census, number));
            most = most.max(census.alive());
        }
        over.store(true, Relaxed);
        readers.into_iter().for_each(|reader| reader.join().expect("does not panic"));
        most
    });
    // A reader that loses its processor inside of a `load_full` holds up what is replaced until it goes on: thousands of
    // values, of millions. If readers in turn could do so for ever, it would be all of them.
    assert!(most < stores / 2 + bound(), "{most} of {stores} values were alive at once");
    reclaim::flush();
    assert_eq!(census.alive(), 1);
}

/// Lets the other threads of a test end, also when it fails.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

#[test]
fn what_a_thread_leaves_is_dropped_by_another() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::new(shared(&census, 0));
    let guard = cell.load();
    thread::scope(|scope| {
        let leaver = || (1..=10).for_each(|number| cell.store(shared(&census, number)));
        scope.spawn(leaver).join().expect("does not panic");
    });
    assert!(census.alive() >= 2 && guard.number() == 0, "the guard's value is somewhere");
    reclaim::flush();
    assert_eq!((census.alive(), guard.number()), (2, 0));
    drop(guard);
    reclaim::flush();
    assert_eq!(census.alive(), 1);
}

// Thread-local variables are dropped in the reverse order of their first use on most systems; the tests take both orders.

static GLOBAL: AtomicOptionRef<Member> = AtomicOptionRef::none();

thread_local! {
    static LATE: RefCell<Late> = const { RefCell::new(Late { work: None, guards: Vec::new() }) };
}

/// Works when the thread ends, and drops its guards after that.
struct Late {
    work: Option<fn()>,
    guards: Vec<RefGuard<'static, Member>>,
}

impl Drop for Late {
    fn drop(&mut self) {
        if let Some(work) = self.work {
            work();
        }
        for guard in &self.guards {
            guard.number();
        }
    }
}

fn with_late(before: bool, work: fn(), guards: usize) {
    let first_use = move || LATE.with_borrow_mut(|late| late.work = Some(work));
    let ended = thread::spawn(move || {
        if before {
            first_use();
        }
        drop(GLOBAL.load());
        if !before {
            first_use();
        }
        LATE.with_borrow_mut(|late| late.guards.extend((0..guards).filter_map(|_| GLOBAL.load())));
    });
    ended.join().expect("the thread ends well");
}

#[test]
fn a_guard_may_outlive_the_registration_of_its_thread() {
    let _alone = alone();
    let census = Census::default();
    for before in [true, false] {
        for guards in [1, SLOTS + 1] {
            GLOBAL.store(Some(shared(&census, 0)));
            // While the thread ends and has its guards still, the value is replaced and everything flushed by another.
            let replace = || {
                let other = thread::spawn(|| {
                    let old = GLOBAL.swap(None).expect("full");
                    let guarded = Arc::downgrade(&old);
                    drop(old);
                    reclaim::flush();
                    assert!(guarded.upgrade().is_some(), "the guards keep it");
                });
                other.join().expect("does not panic");
            };
            with_late(before, replace, guards);
            reclaim::flush();
            assert_eq!(census.alive(), 0, "and let go of it");
        }
    }
}

#[test]
fn cells_and_pins_work_while_a_thread_ends() {
    let _alone = alone();
    static CENSUS: std::sync::LazyLock<Census> = std::sync::LazyLock::new(Census::default);
    let everything = || {
        GLOBAL.store(Some(shared(&CENSUS, 1)));
        assert_eq!(GLOBAL.load_full().expect("full").number(), 1);
        let guards: Vec<_> = (0..=SLOTS).filter_map(|_| GLOBAL.load()).collect();
        let old = GLOBAL.swap(Some(shared(&CENSUS, 2))).expect("full");
        assert!(guards.iter().all(|guard| Arc::ptr_eq(RefGuard::reference(guard), &old)));
        GLOBAL.rcu(|value| Some(shared(&CENSUS, value.expect("full").number() + 1)));
        assert_eq!(GLOBAL.load().expect("full").number(), 3);
        GLOBAL.compare_exchange(Some(&old), None).expect_err("another one by now");
        let mut pin = reclaim::pin();
        let inner = reclaim::pin();
        drop((pin.repin(), inner, pin, reclaim::OwnedPin::new()));
        reclaim::flush();
    };
    let mut nodes = 0;
    for round in 0..if cfg!(miri) { 4 } else { 10 } {
        with_late(round % 2 == 0, everything, 1);
        GLOBAL.store(None);
        reclaim::flush();
        assert_eq!(CENSUS.alive(), 0);
        if round == 1 {
            nodes = reclaim::stats().nodes;
        }
    }
    assert!(reclaim::stats().nodes <= nodes + 2, "the ends of threads give nodes back");
}

#[test]
fn a_panic_of_the_caller_changes_nothing() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::new(shared(&census, 1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _never = cell.rcu(|_| panic!("in the closure"));
    }));
    assert!(panicked.is_err());
    assert_eq!((cell.load().number(), census.alive()), (1, 1));
    let option = AtomicOptionRef::none();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _never = option.rcu(|_| -> Option<Arc<u8>> { panic!("in the closure") });
    }));
    assert!(panicked.is_err() && option.load().is_none());
    let guards: Vec<_> = (0..SLOTS).map(|_| cell.load()).collect();
    assert!(guards.iter().all(|guard| !RefGuard::is_counted(guard)), "no slot is lost");
}

#[test]
fn a_closure_may_use_the_cell_that_it_is_called_for() {
    let _alone = alone();
    let census = Census::default();
    let cell = AtomicRef::new(shared(&census, 0));
    let calls = AtomicUsize::new(0);
    let old = cell.rcu(|value| {
        // The first call is overtaken by itself, so there is a second one.
        if calls.fetch_add(1, Relaxed) == 0 {
            drop(cell.rcu(|value| shared(&census, value.number() + 10)));
            reclaim::flush();
        }
        shared(&census, value.number() + 1)
    });
    assert_eq!((old.number(), cell.load().number(), calls.load(Relaxed)), (10, 11, 2));
    drop(old);
    reclaim::flush();
    assert_eq!(census.alive(), 1);
}
