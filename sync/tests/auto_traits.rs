//! Which types may cross threads, and which may not.
#![cfg(not(polder_loom))]

use std::{cell::Cell, marker::PhantomData, rc::Rc, sync::MutexGuard as StdGuard};

use polder_sync::{
    AtomicOptionRef, AtomicRef, CompareExchangeError, MappedRefGuard, Mutex, MutexGuard, Poison, PoisonGuard, Poisoned,
    RefGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    reclaim::{Domain, OwnedPin, Pin, Protected},
};

/// Answers whether `T` is `Send` or `Sync`: the inherent constants exist under that bound and hide the trait's.
struct Probe<T: ?Sized>(PhantomData<T>);

trait Otherwise {
    const SEND: bool = false;
    const SYNC: bool = false;
}

impl<T: ?Sized> Otherwise for Probe<T> {}

impl<T: ?Sized + Send> Probe<T> {
    const SEND: bool = true;
}

impl<T: ?Sized + Sync> Probe<T> {
    const SYNC: bool = true;
}

macro_rules! table {
    ($($type:ty: $send:literal $sync:literal;)*) => {$(
        assert_eq!(<Probe<$type>>::SEND, $send, "{} is Send", stringify!($type));
        assert_eq!(<Probe<$type>>::SYNC, $sync, "{} is Sync", stringify!($type));
    )*};
}

#[test]
fn send_and_sync() {
    table! {
        // type: Send, Sync. `Cell` is Send only, `StdGuard` Sync only, `Rc` neither.
        Mutex<u32>: true true;
        Mutex<Cell<u32>>: true true;
        Mutex<StdGuard<'static, u32>>: false false;
        Mutex<Rc<u32>>: false false;
        Mutex<dyn FnMut() + Send>: true true;
        Mutex<dyn FnMut()>: false false;
        MutexGuard<'static, u32>: false true;
        MutexGuard<'static, Cell<u32>>: false false;
        MutexGuard<'static, StdGuard<'static, u32>>: false true;
        RwLock<u32>: true true;
        RwLock<Cell<u32>>: true false;
        RwLock<StdGuard<'static, u32>>: false false;
        RwLock<Rc<u32>>: false false;
        RwLock<dyn Fn() + Send + Sync>: true true;
        RwLock<dyn Fn() + Send>: true false;
        RwLockReadGuard<'static, u32>: false true;
        RwLockReadGuard<'static, StdGuard<'static, u32>>: false true;
        RwLockReadGuard<'static, Cell<u32>>: false false;
        RwLockWriteGuard<'static, u32>: false true;
        RwLockWriteGuard<'static, StdGuard<'static, u32>>: false true;
        RwLockWriteGuard<'static, Cell<u32>>: false false;
        Poison<u32>: true true;
        Poison<Cell<u32>>: true false;
        Poison<Rc<u32>>: false false;
        PoisonGuard<'static, u32>: false true;
        PoisonGuard<'static, Cell<u32>>: false false;
        Poisoned: true true;
        Poisoned<Rc<u32>>: false false;
        AtomicRef<u32>: true true;
        AtomicOptionRef<u32>: true true;
        RefGuard<'static, u32>: false true;
        MappedRefGuard<'static, u32, u8>: false true;
        MappedRefGuard<'static, u32, Cell<u32>>: false false;
        CompareExchangeError<'static, u32>: false true;
        Pin: false false;
        OwnedPin: true true;
        Protected<'static, u32>: false false;
        Domain<u32>: true true;
        Domain<Cell<u32>>: true true;
        Domain<StdGuard<'static, u32>>: false false;
        Domain<Rc<u32>>: false false;
    }
}

#[test]
fn the_lock_takes_three_words_and_a_guard_one() {
    // The number by which the check of lock orders knows it.
    let number: usize = if cfg!(debug_assertions) { 8 } else { 0 };
    let lock = (16 + size_of::<usize>()).next_multiple_of(number.max(1));
    assert_eq!(size_of::<Mutex<()>>(), lock + number);
    assert!(size_of::<Mutex<u32>>() <= 32 + number);
    assert_eq!(size_of::<MutexGuard<'static, u32>>(), size_of::<usize>());
}

#[test]
fn a_readers_writer_lock_takes_eighty_bytes_and_a_guard_two_at_most() {
    let number: usize = if cfg!(debug_assertions) { 8 } else { 0 };
    assert!(size_of::<RwLock<()>>() <= 80 + number);
    assert!(size_of::<RwLock<u64>>() <= 88 + number);
    assert_eq!(size_of::<RwLockReadGuard<'static, u32>>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<RwLockWriteGuard<'static, u32>>(), size_of::<usize>());
}

#[test]
fn a_reference_cell_takes_one_word_and_a_guard_two() {
    assert_eq!(size_of::<AtomicRef<[u64; 9]>>(), size_of::<usize>());
    assert_eq!(size_of::<AtomicOptionRef<[u64; 9]>>(), size_of::<usize>());
    assert_eq!(size_of::<RefGuard<'static, u32>>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<Option<RefGuard<'static, u32>>>(), 2 * size_of::<usize>());
}

#[test]
fn a_mutex_can_be_static() {
    static COUNT: Mutex<u32> = Mutex::new(0);
    static GUARDED: Mutex<Poison<u32>> = Mutex::new(Poison::new(0));
    *COUNT.lock() += 1;
    *GUARDED.lock().get().expect("not poisoned") += 1;
    assert_eq!((*COUNT.lock(), GUARDED.lock().peek().copied()), (1, Ok(1)));
}
