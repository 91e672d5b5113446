//! The least that waits for a lock by an entry: one closure. For the tests of entries, and for models of them.

use std::ptr::NonNull;

use super::{RwLock, entry::RwEntry};
use crate::primitive::Arc;

/// A closure that waits for a lock.
#[repr(C)]
struct Behaviour<T> {
    entry: RwEntry,
    lock: Arc<RwLock<T>>,
    write: bool,
    body: Box<dyn FnOnce(Access<'_, T>)>,
}

/// How a [`Behaviour`] has the value.
#[expect(missing_debug_implementations, reason = "a model hands it to a closure and nothing else")]
pub enum Access<'a, T> {
    /// Beside others.
    Read(&'a T),
    /// Exclusively.
    Write(&'a mut T),
}

impl<T: 'static> RwLock<T> {
    /// Runs `body` when the lock is to be had: now, or later on the thread that gives it up.
    pub fn when(lock: &Arc<Self>, write: bool, body: impl FnOnce(Access<'_, T>) + 'static) {
        let behaviour = Behaviour {
            entry: RwEntry::new(|entry| {
                // SAFETY: the entry is the beginning of what was made below, and called once.
                unsafe { Behaviour::<T>::run(entry.cast()) }
            }),
            lock: Arc::clone(lock),
            write,
            body: Box::new(body),
        };
        let behaviour = NonNull::from(Box::leak(Box::new(behaviour)));
        // SAFETY: the behaviour stays where it is until it runs, and keeps the lock.
        if unsafe { lock.core.lock_entry(behaviour.cast(), write) } {
            // SAFETY: just granted, and once.
            unsafe { Behaviour::run(behaviour) }
        }
    }
}

impl<T> Behaviour<T> {
    /// # Safety
    /// - The lock is held in the behaviour's name, and nobody else runs it.
    unsafe fn run(this: NonNull<Self>) {
        // SAFETY: leaked when it was made, and run once.
        let Self { lock, write, body, .. } = *unsafe { Box::from_raw(this.as_ptr()) };
        if write {
            lock.value.with_mut(|value| {
                // SAFETY: the lock is held for writing.
                body(Access::Write(unsafe { &mut *value }));
            });
        } else {
            lock.value.with(|value| {
                // SAFETY: the lock is held for reading.
                body(Access::Read(unsafe { &*value }));
            });
        }
        // SAFETY: held in this way, and given up.
        unsafe { lock.core.unlock_entry(write) }
    }
}
