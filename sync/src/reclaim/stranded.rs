//! What was retired while every part of its domain was in use, and the list beside the parts as well: a list without a lock.
//!
//! A child of `fork` may find all of them locked by threads that it does not have, and must not wait for those. In other
//! processes it is seldom used.
//!
//! Orderings: `stranded_push` and `stranded_take`, in the table of [`reclaim`](super). There is no ABA: whoever takes, takes all.

use std::{iter, ptr, sync::atomic::Ordering::Relaxed};

use crate::{
    edge::edge,
    primitive::{AtomicPtr, AtomicUsize, const_fn},
};

/// The last one to come is first.
///
/// O1: each link that can be reached from `head` is from `Box::into_raw`, and in no other list.
pub(super) struct Stranded<T> {
    head: AtomicPtr<Link<T>>,
    /// At least as many as there are links: counted before the push, and given back after the taking.
    len: AtomicUsize,
}

struct Link<T> {
    value: T,
    next: *mut Link<T>,
}

impl<T> Stranded<T> {
    const_fn! {
        pub(super) const fn new() -> Self {
            Self { head: AtomicPtr::new(ptr::null_mut()), len: AtomicUsize::new(0) }
        }
    }

    /// Lock-free.
    pub(super) fn push(&self, value: T) {
        let mut first = self.head.load(Relaxed);
        let link = Box::into_raw(Box::new(Link { value, next: first }));
        // Relaxed: a figure, no more. Before the push, so that it never falls below zero.
        self.len.fetch_add(1, Relaxed);
        // Release: the value, to `take`.
        let order = edge!("stranded_push", Release, weaker Relaxed);
        while let Err(now) = self.head.compare_exchange_weak(first, link, order, Relaxed) {
            first = now;
            // SAFETY: nobody else knows the link yet, and it is alive.
            unsafe { (*link).next = first };
        }
    }

    /// Takes what is there. Wait-free, and without a write if there is nothing.
    pub(super) fn take(&self) -> impl Iterator<Item = T> + use<T> {
        let mut taken = Taken(ptr::null_mut());
        // Who sees a push too late takes it the next time.
        if self.is_in_use() {
            // Acquire: the values, from `push`; the pushes before the last one are in its release sequence.
            taken.0 = self.head.swap(ptr::null_mut(), edge!("stranded_take", Acquire, weaker Relaxed));
            self.len.fetch_sub(taken.len(), Relaxed);
        }
        iter::from_fn(move || taken.pop())
    }

    /// Whether something is here that nobody has taken yet.
    pub(super) fn is_in_use(&self) -> bool {
        // Relaxed: advice.
        !self.head.load(Relaxed).is_null()
    }

    /// How many there are. Exact while nobody pushes or takes.
    pub(super) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }
}

impl<T> Drop for Stranded<T> {
    fn drop(&mut self) {
        self.take().for_each(drop);
    }
}

/// Links that were taken out: the rest are dropped with it.
///
/// O2: they are nobody else's.
struct Taken<T>(*mut Link<T>);

impl<T> Taken<T> {
    fn pop(&mut self) -> Option<T> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: O1 and O2: from `Box::into_raw`, and out of the list with this.
        let link = unsafe { Box::from_raw(self.0) };
        self.0 = link.next;
        Some(link.value)
    }

    fn len(&self) -> usize {
        // SAFETY: O2: the links are alive, and nobody changes them.
        let link = |link: *mut Link<T>| unsafe { link.as_ref() };
        iter::successors(link(self.0), |before| link(before.next)).count()
    }
}

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}

#[cfg(all(test, not(polder_loom)))]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    #[test]
    fn the_last_comes_first_and_nothing_is_there_twice() {
        let list = Stranded::new();
        assert_eq!((list.take().next(), list.len()), (None, 0));
        (0..3).for_each(|n| list.push(n));
        assert_eq!(list.len(), 3);
        assert!(list.take().eq([2, 1, 0]));
        assert_eq!((list.take().next(), list.len()), (None, 0));
    }

    #[test]
    fn what_is_left_is_dropped_with_the_list_or_with_what_was_taken() {
        let value = Arc::new(());
        let list = Stranded::new();
        (0..3).for_each(|_| list.push(Arc::clone(&value)));
        let mut taken = list.take();
        list.push(Arc::clone(&value));
        assert_eq!(Arc::strong_count(&value), 5);
        drop(taken.next());
        drop(taken);
        assert_eq!(Arc::strong_count(&value), 2);
        drop(list);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn each_value_is_taken_once() {
        const EACH: usize = if cfg!(miri) { 20 } else { 5_000 };
        let list = Stranded::new();
        let left = AtomicUsize::new(2);
        let mut seen: Vec<usize> = thread::scope(|scope| {
            for part in 0..2 {
                let (list, left) = (&list, &left);
                scope.spawn(move || {
                    (0..EACH).for_each(|n| list.push(2 * n + part));
                    left.fetch_sub(1, Relaxed);
                });
            }
            let take = || {
                let mut mine = Vec::new();
                while left.load(Relaxed) > 0 {
                    mine.extend(list.take());
                    thread::yield_now();
                }
                mine
            };
            let takers = [scope.spawn(take), scope.spawn(take)];
            takers.into_iter().flat_map(|taker| taker.join().expect("does not panic")).collect()
        });
        seen.extend(list.take());
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..2 * EACH));
        assert_eq!(list.len(), 0);
    }
}
