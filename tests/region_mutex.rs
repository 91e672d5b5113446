//! Locks that own regions.
#![cfg(feature = "std")]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use common::{List, list_of, scaled, values_of};
use polder::{Rebrand, Ref, Region, RegionMutex, RegionRwLock, RegionWriteGuard};

#[test]
fn threads_push_through_the_lock() {
    let pushes = scaled(1000, 10) as u64;
    let list: RegionMutex<List<'static>> = RegionMutex::new(list_of(0..0));
    thread::scope(|scope| {
        for n in 0..4 {
            let list = &list;
            scope.spawn(move || {
                for i in 0..pushes {
                    if i % 2 == 0 {
                        list.with(|list, ctx| list.push(ctx, n * pushes + i).addr());
                    } else {
                        list.lock().open(|list, ctx| list.push(ctx, n * pushes + i).addr());
                    }
                }
            });
        }
    });
    let mut values = values_of(&list.into_region());
    values.sort_unstable();
    assert!(values.into_iter().eq(0..4 * pushes));
}

#[test]
fn regions_move_through_a_lock() {
    let slot: RegionMutex<List<'static>> = RegionMutex::new(list_of(0..1));
    let mut mine = list_of(0..2);
    slot.swap(&mut mine);
    assert_eq!((values_of(&mine).len(), values_of(&slot.lock()).len()), (1, 2));
    let old = slot.replace(list_of(0..3));
    assert_eq!((values_of(&old).len(), values_of(&slot.lock()).len()), (2, 3));
    let mut slot = slot;
    slot.get_mut().open(|list, ctx| list.push(ctx, 3).addr());
    assert_eq!(values_of(&slot.into_region()).len(), 4);
}

#[test]
fn a_held_lock_refuses_try_and_times_out() {
    let lock = RegionMutex::from(list_of(0..1));
    let guard = lock.lock();
    assert!(lock.is_locked());
    assert!(format!("{lock:?}").contains("<locked>"));
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(lock.try_lock().is_none());
            let start = Instant::now();
            assert!(lock.try_lock_for(Duration::from_millis(5)).is_none());
            assert!(lock.try_lock_until(start + Duration::from_millis(10)).is_none());
            assert!(start.elapsed() >= Duration::from_millis(10));
        });
    });
    drop(guard);
    assert!(!lock.is_locked());
    assert_eq!(lock.try_lock().unwrap().read(|list, view| list.forwards(view)), [0]);
    assert!(lock.try_lock_for(Duration::MAX).is_some());
    assert!(format!("{lock:?}").contains("List"));
}

#[test]
fn a_panic_in_a_session_frees_the_lock_and_keeps_the_region() {
    let lock = RegionMutex::new(list_of(0..1));
    let shared = RegionRwLock::new(list_of(0..1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        lock.with(|list, ctx| {
            list.push(ctx, 1);
            panic!("midway");
        })
    }));
    assert!(panicked.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        shared.with(|list, ctx| {
            list.push(ctx, 1);
            panic!("midway");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(values_of(&lock.try_lock().unwrap()), [0, 1]);
    assert_eq!(values_of(&shared.try_read().unwrap()), [0, 1]);
    assert_eq!(values_of(&shared.try_write().unwrap()), [0, 1]);
    let mut shared = shared;
    assert_eq!(values_of(shared.get_mut()), [0, 1]);
    assert_eq!(values_of(&shared.into_region()), [0, 1]);
}

#[test]
fn readers_share_and_writers_exclude() {
    let lock = RegionRwLock::from(list_of(0..10));
    let both_in = Barrier::new(2);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                lock.read_with(|list, view| {
                    both_in.wait(); // only passes if both sessions are open at once
                    assert_eq!(list.forwards(view).len(), 10);
                })
            });
        }
    });
    let reader = lock.read();
    assert!(lock.try_write().is_none());
    assert!(lock.try_read().is_some());
    drop(reader);
    let mut writer = lock.write();
    writer.open(|list, ctx| list.push(ctx, 10).addr());
    assert!(lock.try_read().is_none());
    assert!(format!("{lock:?}").contains("<locked>"));
    assert!(format!("{writer:?}").contains("List"));
    drop(writer);
    let mut other = list_of(0..2);
    lock.swap(&mut other);
    assert_eq!(values_of(&other).len(), 11);
    assert_eq!(values_of(&lock.replace(other)).len(), 2);
    assert!(format!("{lock:?} {:?}", lock.read()).contains("List"));
}

#[test]
fn a_readers_writer_lock_times_out_and_downgrades() {
    let lock = RegionRwLock::new(list_of(0..2));
    let wait = Duration::from_millis(5);
    let reading = lock.read();
    assert!(lock.is_locked());
    thread::scope(|scope| {
        scope.spawn(|| {
            let start = Instant::now();
            assert!(lock.try_write_for(wait).is_none());
            assert!(lock.try_write_until(start + 2 * wait).is_none());
            assert!(start.elapsed() >= 2 * wait);
            assert!(lock.try_read_for(wait).is_some());
        });
    });
    drop(reading);
    let mut writing = lock.try_write_for(Duration::MAX).unwrap();
    writing.open(|list, ctx| list.push(ctx, 2).addr());
    thread::scope(|scope| {
        scope.spawn(|| {
            let start = Instant::now();
            assert!(lock.try_read_for(wait).is_none());
            assert!(lock.try_read_until(start + 2 * wait).is_none());
            assert!(start.elapsed() >= 2 * wait);
        });
    });
    let reading = RegionWriteGuard::downgrade(writing);
    assert!(lock.try_write().is_none());
    assert_eq!(values_of(&lock.try_read().unwrap()), values_of(&reading));
    drop(reading);
    assert!(!lock.is_locked());
    assert_eq!(values_of(&lock.try_read_until(Instant::now()).unwrap()), [0, 1, 2]);
}

#[test]
fn locks_are_fields_of_frozen_nodes() {
    #[derive(Rebrand)]
    struct Account<'r> {
        name: Ref<'r, str>,
        entries: Ref<'r, RegionMutex<Vec<u64>>>,
    }
    let account = Region::<Account<'static>>::new(|ctx| Account {
        name: ctx.alloc_str("a"),
        entries: ctx.alloc(RegionMutex::new(Region::new(|_| Vec::new()))),
    })
    .freeze();
    thread::scope(|scope| {
        for n in 0..4 {
            let account = &account;
            scope.spawn(move || account.read(|account, view| view[account.entries].with(|entries, _| entries.push(n))));
        }
    });
    account.read(|account, view| {
        assert_eq!(&view[account.name], "a");
        assert_eq!(view[account.entries].lock().read(|entries, _| entries.len()), 4);
    });
}
