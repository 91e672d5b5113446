//! The small promises: formatting, ways in without locking, order of drops, unsized values.
#![cfg(not(polder_loom))]

use std::{
    cell::RefCell,
    sync::{Arc, atomic::AtomicU32, atomic::Ordering::Relaxed},
    thread,
};

use polder_sync::{
    AtomicOptionRef, AtomicRef, Mutex, RefGuard,
    reclaim::{self, Domain, DomainStats, DropPolicy},
};

#[test]
fn debug_shows_the_value_or_that_it_is_locked() {
    let mutex = Mutex::new("value");
    assert_eq!(format!("{mutex:?}"), r#"Mutex { value: "value" }"#);
    let guard = mutex.lock();
    assert_eq!(format!("{mutex:?}"), "Mutex { value: <locked> }");
    assert_eq!(format!("{guard:?}"), r#""value""#);
    assert_eq!(format!("{guard}"), "value");
    drop(guard);
    assert!(!mutex.is_locked(), "formatting gives the mutex back");
}

#[test]
fn ways_in_without_locking() {
    let mut mutex = Mutex::from(1);
    *mutex.get_mut() += 1;
    assert!(!mutex.is_locked());
    assert_eq!(mutex.into_inner(), 2);
    assert_eq!(Mutex::<u32>::default().into_inner(), 0);
}

#[test]
fn get_mut_works_on_a_mutex_whose_guard_was_forgotten() {
    let mut mutex = Mutex::new(1);
    std::mem::forget(mutex.lock());
    assert!(mutex.is_locked());
    assert!(mutex.try_lock().is_none());
    *mutex.get_mut() += 1;
    assert_eq!(mutex.into_inner(), 2);
}

#[test]
fn try_lock_is_refused_exactly_while_held() {
    let mutex = Mutex::new(0);
    let guard = mutex.lock();
    assert!(mutex.is_locked());
    assert!(mutex.try_lock().is_none());
    thread::scope(|scope| {
        scope.spawn(|| assert!(mutex.try_lock().is_none()));
    });
    drop(guard);
    assert!(mutex.try_lock().is_some());
}

#[test]
fn with_runs_on_the_calling_thread_and_returns_the_result() {
    let mutex = Mutex::new(1);
    let here = thread::current().id();
    let borrowed = RefCell::new(0); // neither Send nor Sync needed
    let result = mutex.with(|value| {
        *borrowed.borrow_mut() = *value;
        thread::current().id()
    });
    assert_eq!((result, *borrowed.borrow()), (here, 1));
}

#[test]
fn guards_release_in_the_order_of_drops() {
    let (first, second) = (Mutex::new(()), Mutex::new(()));
    {
        struct Watch<'a>(&'a Mutex<()>, bool);
        impl Drop for Watch<'_> {
            fn drop(&mut self) {
                assert_eq!(self.0.is_locked(), self.1);
            }
        }
        // Locals drop from the last to the first.
        let _first_is_free_at_the_end = Watch(&first, false);
        let _first = first.lock();
        let _first_outlives_second = Watch(&first, true);
        let _second_is_free_by_now = Watch(&second, false);
        let _second = second.lock();
        let _both_held = Watch(&second, true);
    }
    assert!(!first.is_locked() && !second.is_locked());
}

#[test]
fn the_value_is_dropped_once_and_only_with_the_mutex() {
    struct Count(Arc<AtomicU32>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    let drops = Arc::new(AtomicU32::new(0));
    let mutex = Mutex::new(Count(Arc::clone(&drops)));
    drop(mutex.lock());
    assert_eq!(drops.load(Relaxed), 0);
    drop(mutex);
    assert_eq!(drops.load(Relaxed), 1);
    drop(Mutex::new(Count(Arc::clone(&drops))).into_inner());
    assert_eq!(drops.load(Relaxed), 2);
}

#[test]
fn unsized_values() {
    let slice: Arc<Mutex<[u32]>> = Arc::new(Mutex::new([1, 2, 3]));
    let other = Arc::clone(&slice);
    thread::spawn(move || other.lock()[0] = 9).join().expect("does not panic");
    assert_eq!(slice.with(|slice| slice.iter().sum::<u32>()), 14);
    assert_eq!(format!("{slice:?}"), "Mutex { value: [9, 2, 3] }");

    let mut calls = 0;
    let mut action: Box<Mutex<dyn FnMut() + Send + '_>> = Box::new(Mutex::new(|| calls += 1));
    (action.lock())();
    (action.get_mut())();
    drop(action);
    assert_eq!(calls, 2);
}

#[test]
fn empty_cells_and_domains_can_be_static() {
    static CELL: AtomicOptionRef<String> = AtomicOptionRef::none();
    static GARBAGE: Domain<String> = Domain::new(DropPolicy::Deferred);
    CELL.store(Some(Arc::new("value".into())));
    assert_eq!(CELL.take().as_deref().map(String::as_str), Some("value"));
    GARBAGE.flush();
    assert_eq!(GARBAGE.stats(), DomainStats::default());
    assert_eq!((GARBAGE.policy(), DropPolicy::default()), (DropPolicy::Deferred, DropPolicy::Inline));
}

#[test]
fn what_reclamation_makes_shows_itself() {
    let pin = reclaim::pin();
    assert_eq!(format!("{pin:?}"), "Pin { depth: 1, .. }");
    let inner = reclaim::pin();
    assert_eq!(format!("{inner:?}"), "Pin { depth: 2, .. }");
    assert!(format!("{:?}", reclaim::OwnedPin::new()).starts_with("OwnedPin("));
    assert!(format!("{:?}", reclaim::stats()).starts_with("Stats { kept: "));
    let garbage: Domain<u8> = Domain::new(DropPolicy::Inline);
    assert_eq!(format!("{garbage:?}"), "Domain { policy: Inline, .. }");
    assert_eq!(format!("{:?}", garbage.stats()), "DomainStats { kept: 0, free: 0, pinned: 0 }");
}

#[test]
fn guards_of_cells_pass_on_what_their_values_can() {
    let cell = AtomicRef::from_value(12);
    let guard = cell.load();
    assert_eq!(format!("{guard:>4} {guard:?}"), "  12 12");
    let part = RefGuard::map(guard, |number| number);
    assert_eq!((*part, format!("{part:?}").as_str()), (12, "12"));
    let error: Box<dyn std::error::Error + '_> = cell.compare_exchange(&Arc::new(12), Arc::new(13)).unwrap_err().into();
    assert!(error.source().is_none() && !error.to_string().is_empty());
}
