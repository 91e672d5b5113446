//! A list that anybody may push to and that is taken as a whole.
//!
//! Lock-free, and safe to leave in the middle: a thread that vanishes in a fork takes no more than its own link with it.

use std::{ptr, sync::atomic::Ordering::Relaxed};

use crate::{
    edge::edge,
    primitive::{AtomicPtr, AtomicUsize, UnsafeCell, const_fn},
};

/// A stack of things that are waiting for whoever comes by.
pub(crate) struct Stack<T> {
    head: AtomicPtr<Link<T>>,
    len: AtomicUsize,
}

struct Link<T> {
    value: UnsafeCell<T>,
    next: *mut Link<T>,
}

// SAFETY: values go in and out by move, each to one taker; that is sending them.
unsafe impl<T: Send> Send for Stack<T> {}
// SAFETY: likewise; a shared stack shows no value.
unsafe impl<T: Send> Sync for Stack<T> {}

impl<T> Stack<T> {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self { head: AtomicPtr::new(ptr::null_mut()), len: AtomicUsize::new(0) }
        }
    }

    /// Adds a value. Lock-free.
    pub(crate) fn push(&self, value: T) {
        let link = Box::into_raw(Box::new(Link { value: UnsafeCell::new(value), next: ptr::null_mut() }));
        // SAFETY: the link is this call's own. (The access is for loom, which does not take the making for one.)
        unsafe { &(*link).value }.with_mut(|_| ());
        // Relaxed: a count that advises only.
        self.len.fetch_add(1, Relaxed);
        let mut head = self.head.load(Relaxed);
        loop {
            // SAFETY: the link is this call's own until the exchange succeeds.
            unsafe { (*link).next = head };
            // Release, edge R4: the link and its value are whole before a taker finds them.
            let order = edge!("stack_push", Release, weaker Relaxed);
            match self.head.compare_exchange_weak(head, link, order, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes every value, the youngest first. Wait-free.
    pub(crate) fn take(&self) -> impl Iterator<Item = T> {
        // Relaxed: most often there is nothing, and then nothing is read.
        let head = if self.head.load(Relaxed).is_null() {
            ptr::null_mut()
        } else {
            // Acquire, edge R4; as every push is a read-modify-write, it covers the older links too.
            self.head.swap(ptr::null_mut(), edge!("stack_take", Acquire, weaker Relaxed))
        };
        Taken { stack: self, next: head }
    }

    /// About how many values there are.
    pub(super) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }
}

/// A chain that was taken off; what is not used of it is dropped.
struct Taken<'a, T> {
    stack: &'a Stack<T>,
    next: *mut Link<T>,
}

impl<T> Iterator for Taken<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: from `Box::into_raw` in `push`; the swap made the taker the only owner of the chain, and this link
        // leaves it here.
        let link = unsafe { Box::from_raw(self.next) };
        self.next = link.next;
        self.stack.len.fetch_sub(1, Relaxed);
        // For loom, which does not take the next line for an access.
        link.value.with_mut(|_| ());
        Some(link.value.into_inner())
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        self.take().for_each(drop);
    }
}
