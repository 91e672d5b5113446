//! The slow paths over every parker that exists on this system, and the words alone.

use std::{
    ptr::NonNull,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    thread,
    time::Duration,
};

use super::{
    By, RawLock, contended,
    length::Length,
    side::Entry,
    state::{Owner, Release, State},
};
use crate::{
    config::{LONG, SKIPS},
    parker::{Addresses, Native, Parking, Table, Wake},
};

/// A lock on its own and a way to use it over any parker.
impl RawLock {
    fn acquire<P: Parking>(&self, deadline: Option<P::Deadline>) -> bool {
        self.state.take_free() || contended::acquire::<P>(&self.state, deadline)
    }
}

#[test]
fn a_free_lock_is_taken_once() {
    let state = State::new();
    assert_eq!(state.owner_now(), Owner::Nobody);
    assert!(state.take_free());
    assert!(!state.take_free() && !state.take_reserved());
    assert_eq!(state.owner_now(), Owner::Somebody);
    assert_eq!(state.release_quietly(), Release::Done);
    assert!(state.take_free());
}

#[test]
fn a_reserved_lock_is_for_who_may_have_it() {
    let state = State::new();
    assert!(state.take_free());
    state.reserve();
    assert_eq!(state.owner_now(), Owner::Reserved);
    assert!(!state.take_free());
    assert!(state.take_reserved());
    state.reserve();
    assert!(state.unreserve() && !state.unreserve());
    assert!(state.take_free());
}

#[test]
fn releases_are_careful_until_nobody_has_come_for_a_while() {
    let state = State::new();
    state.enlist();
    assert!(state.take_free());
    assert_eq!(state.release_quietly(), Release::Undone);
    state.count_calm(1);
    assert_eq!(state.release_quietly(), Release::Undone, "somebody is enlisted");
    state.delist();
    assert_eq!(state.release_quietly(), Release::Undone, "sticky");
    state.count_calm(2);
    assert_eq!(state.release_quietly(), Release::Undone, "one is not enough");
    state.count_calm(2);
    assert_eq!(state.release_quietly(), Release::Done);
}

#[test]
fn spinners_are_few_and_of_no_concern() {
    let state = State::new();
    assert!(state.begin_spinning(2) && state.begin_spinning(2) && !state.begin_spinning(2));
    assert!(state.take_free());
    assert_eq!(state.release_quietly(), Release::Done);
    state.end_spinning();
    assert!(state.begin_spinning(2));
}

#[test]
fn one_starves_at_a_time() {
    let state = State::new();
    assert!(state.begin_starving() && !state.begin_starving());
    state.end_starving();
    assert!(state.begin_starving());
}

#[test]
fn a_call_is_made_once_until_answered() {
    let state = State::new();
    assert!(state.raise_signal() && !state.raise_signal());
    state.answer_signal();
    assert!(state.raise_signal());
}

/// Sections that read and write the counter in two steps lose counts unless they exclude each other. Hangs if a wake-up
/// is lost; every third attempt is a short timed one, whose sleepers come and go among the others, and every fifth release a fair
/// one.
fn sections_exclude_each_other<P: Parking>() {
    const THREADS: u64 = 4;
    const SECTIONS: u64 = if cfg!(miri) { 8 } else { 5_000 };
    let (lock, counter) = (RawLock::new(), AtomicU64::new(0));
    let section = |round| {
        let before = counter.load(Relaxed);
        if before % 64 == 0 {
            thread::yield_now();
        }
        counter.store(before + 1, Relaxed);
        if round % 5 == 0 {
            // SAFETY: the caller has taken the lock.
            unsafe { contended::release::<P>(&lock, By::Entry) }
        } else {
            // SAFETY: the caller has taken the lock.
            unsafe { lock.unlock_over::<P>() }
        }
    };
    let taken: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut taken = 0;
                    for round in 0..SECTIONS {
                        let deadline = if round % 3 == 0 { P::after(Duration::from_micros(20)) } else { None };
                        if lock.acquire::<P>(deadline) {
                            section(round);
                            taken += 1;
                        } else {
                            assert!(deadline.is_some());
                        }
                    }
                    taken
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("does not panic")).sum()
    });
    assert_eq!(counter.into_inner(), taken);
    assert!(!lock.is_locked());
}

#[test]
fn sections_exclude_each_other_over_the_native_parker() {
    sections_exclude_each_other::<Native>();
}

#[test]
fn sections_exclude_each_other_over_the_table() {
    sections_exclude_each_other::<Table>();
}

#[test]
fn sections_exclude_each_other_over_the_addresses_of_windows() {
    sections_exclude_each_other::<Addresses>();
}

/// A parker whose sleepers all find their time over, and which frees the lock for them now and then.
struct Late;

impl Parking for Late {
    type Deadline = ();

    fn after(_: Duration) -> Option<()> {
        Some(())
    }

    fn at(_: std::time::Instant) -> Option<()> {
        Some(())
    }

    fn wait(_: &AtomicU32, _: u32, _: Option<()>) -> Wake {
        Wake::TimedOut
    }

    fn wake_one(_: &AtomicU32) {}

    fn wake_all(_: &AtomicU32) {}
}

#[test]
fn who_gives_up_leaves_nothing_behind() {
    let lock = RawLock::new();
    assert!(lock.try_lock());
    assert!(!contended::acquire::<Late>(&lock.state, Some(())));
    assert!(!lock.state.waiters().sleep() && !lock.state.waiters().starve());
    // SAFETY: the test has taken the lock above.
    unsafe { lock.unlock() };
    assert!(lock.try_lock());
}

/// An entry that counts how often it is granted.
#[repr(C)]
struct Counted {
    entry: Entry,
    granted: AtomicU32,
}

/// # Safety
/// - The entry is a `Counted`'s.
unsafe fn count(entry: NonNull<Entry>) {
    // SAFETY: the clause above; the test keeps it in place.
    unsafe { entry.cast::<Counted>().as_ref() }.granted.fetch_add(1, Relaxed);
}

impl Counted {
    fn new(make: fn(unsafe fn(NonNull<Entry>)) -> Entry) -> Self {
        Self { entry: make(count), granted: AtomicU32::new(0) }
    }

    fn entry(&self) -> NonNull<Entry> {
        NonNull::from(self).cast()
    }

    fn granted(&self) -> u32 {
        self.granted.load(Relaxed)
    }
}

#[test]
fn entries_get_the_lock_in_the_order_of_their_coming() {
    let (first, second, third) = (Counted::new(Entry::new), Counted::new(Entry::caller), Counted::new(Entry::new));
    let lock = RawLock::new();
    // SAFETY: in no queue, and in place until the end of the test.
    assert!(unsafe { lock.lock_entry(first.entry()) }, "free");
    assert_eq!(first.granted(), 0);
    // SAFETY: the entry was not queued.
    assert!(!unsafe { lock.lock_entry(first.entry()) });
    // SAFETY: as for the first.
    unsafe { lock.push_caller(second.entry()) };
    lock.tell_callers();
    // SAFETY: as for the first.
    assert!(!unsafe { lock.lock_entry(third.entry()) });
    // SAFETY: held since the beginning.
    unsafe { lock.unlock_entry() };
    assert_eq!([first.granted(), second.granted(), third.granted()], [1, 0, 0]);
    assert!(lock.is_locked());
    // SAFETY: held in the first entry's name.
    unsafe { lock.unlock() };
    assert_eq!([first.granted(), second.granted(), third.granted()], [1, 1, 0], "one for each release");
    assert!(lock.try_lock(), "a caller does not have the lock");
    // SAFETY: taken as the one that was called would.
    unsafe { lock.unlock() };
    assert_eq!([first.granted(), second.granted(), third.granted()], [1, 1, 1]);
    assert!(lock.is_locked());
    // SAFETY: held in the third entry's name.
    unsafe { lock.unlock_entry() };
    assert!(!lock.is_locked());
}

#[test]
fn a_caller_is_called_at_once_if_the_lock_is_free() {
    let (lock, caller) = (RawLock::new(), Counted::new(Entry::caller));
    // SAFETY: in no queue, and in place until the end of the test.
    unsafe { lock.push_caller(caller.entry()) };
    lock.tell_callers();
    assert_eq!(caller.granted(), 1);
    assert!(lock.try_lock());
}

#[test]
fn after_long_closures_some_are_left_to_their_threads() {
    let length = Length::new();
    assert!(!length.skips(), "nothing is known yet");
    let skipped = |nanoseconds| {
        length.learn(nanoseconds);
        (0..2 * SKIPS).filter(|_| length.skips()).count()
    };
    assert_eq!(skipped(LONG - 1), 0);
    assert_eq!(skipped(LONG), 0, "it may have been the scheduler");
    assert_eq!(skipped(LONG - 1), 0);
    assert_eq!([skipped(LONG), skipped(LONG), skipped(LONG)], [0, SKIPS, SKIPS]);
    assert_eq!([skipped(0), skipped(LONG)], [0, 0]);
}
