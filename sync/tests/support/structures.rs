//! Two structures as users of the crate would build them: a stack and a sorted list, their nodes given to a domain.

use std::{
    ptr,
    sync::atomic::{
        AtomicPtr, AtomicU64,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
};

use polder_sync::reclaim::{self, Domain, DropPolicy, OwnedPin, Pin};

const WHOLE: u64 = 0x0123_4567_89ab_cdef;
const BROKEN: u64 = 0xbad;

/// A node of either structure, with a mark at each end.
#[repr(C)]
pub(crate) struct Link {
    front: AtomicU64,
    number: u64,
    next: AtomicPtr<Link>,
    back: AtomicU64,
}

impl Link {
    fn boxed(number: u64, next: *mut Link) -> *mut Link {
        let [front, back] = [WHOLE, !WHOLE].map(AtomicU64::new);
        Box::into_raw(Box::new(Self { front, number, next: AtomicPtr::new(next), back }))
    }

    fn number(&self) -> u64 {
        assert_eq!(self.front.load(Relaxed), WHOLE, "a link is used after its end");
        assert_eq!(self.back.load(Relaxed), !WHOLE, "a link is used after its end");
        self.number
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.number();
        self.front.store(BROKEN, Relaxed);
        self.back.store(BROKEN, Relaxed);
    }
}

/// Owns a link that others may still read.
struct Owned(*mut Link);

// SAFETY: it owns a `Link`, which may go anywhere.
unsafe impl Send for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: from `Link::boxed`, and dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// Drops the links from `next` on, which nobody else has any more.
fn drop_chain(mut next: *mut Link) {
    while !next.is_null() {
        let owned = Owned(next);
        // SAFETY: owned just now.
        next = unsafe { (*owned.0).next.load(Relaxed) }.map_addr(|address| address & !1);
    }
}

/// A stack of numbers. R. K. Treiber, *Systems Programming: Coping with Parallelism* (1986).
pub(crate) struct Stack {
    head: AtomicPtr<Link>,
    garbage: Domain<Owned>,
}

impl Stack {
    pub(crate) fn new(policy: DropPolicy) -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()), garbage: Domain::new(policy) }
    }

    pub(crate) fn push(&self, number: u64) {
        let link = Link::boxed(number, ptr::null_mut());
        let mut head = self.head.load(Relaxed);
        loop {
            // SAFETY: the link is this call's own until the exchange succeeds.
            unsafe { (*link).next.store(head, Relaxed) };
            match self.head.compare_exchange_weak(head, link, Release, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes a number off, with one link protected at a time. That the head is a protected link's address means that it
    /// is this link, not a later one in the same place.
    pub(crate) fn pop(&self) -> Option<u64> {
        loop {
            let head = reclaim::protect(&self.head)?;
            if let Some(number) = self.unlink(head.as_ptr()) {
                return Some(number);
            }
        }
    }

    /// The same under a pin.
    pub(crate) fn pop_pinned(&self, pin: &OwnedPin) -> Option<u64> {
        loop {
            let head = pin.load(&self.head);
            if head.is_null() {
                return None;
            }
            if let Some(number) = self.unlink(head) {
                return Some(number);
            }
        }
    }

    /// Takes off the head, which the caller protects, if it is this one.
    fn unlink(&self, head: *mut Link) -> Option<u64> {
        // SAFETY: protected by the caller.
        let link = unsafe { &*head };
        let (number, next) = (link.number(), link.next.load(Relaxed));
        self.head.compare_exchange(head, next, AcqRel, Relaxed).ok()?;
        // SAFETY: taken off the only way to it, by this thread alone.
        unsafe { self.garbage.retire(head.cast(), Owned(head)) };
        Some(number)
    }

    /// Drops what is free, and looks at what is not.
    pub(crate) fn tidy(&self) {
        self.garbage.for_each_retired(|owned| {
            // SAFETY: an item that is shown is not dropped meanwhile.
            unsafe { (*owned.0).number() };
        });
        self.garbage.collect(100);
    }

    /// Everything that is kept, after a scan and dropping what is free.
    pub(crate) fn kept(&self) -> usize {
        self.garbage.flush();
        self.garbage.collect(usize::MAX);
        self.garbage.stats().kept
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        drop_chain(*self.head.get_mut());
    }
}

/// A set of numbers in a sorted list. M. Michael, *High Performance Dynamic Lock-Free Hash Tables and List-Based Sets* (2002).
///
/// A link is removed in two steps: its own pointer gets a mark, which says so, then the one that led to it goes past it.
pub(crate) struct List {
    head: AtomicPtr<Link>,
    garbage: Domain<Owned>,
}

/// A place in the list: the pointer that leads on, and the link that it led to.
struct Place<'p> {
    before: &'p AtomicPtr<Link>,
    here: *mut Link,
    found: bool,
}

fn is_marked(pointer: *mut Link) -> bool {
    pointer.addr() & 1 == 1
}

impl List {
    pub(crate) fn new(policy: DropPolicy) -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()), garbage: Domain::new(policy) }
    }

    /// The first link that is not smaller. Takes links that are marked out on its way.
    fn find<'p>(&'p self, number: u64, pin: &'p Pin) -> Place<'p> {
        'again: loop {
            let mut before = &self.head;
            let mut here = pin.load(before);
            loop {
                // SAFETY: null, or found under the pin.
                let Some(link) = (unsafe { here.as_ref() }) else { return Place { before, here, found: false } };
                let next = pin.load(&link.next);
                if is_marked(next) {
                    let past = next.map_addr(|address| address & !1);
                    if before.compare_exchange(here, past, AcqRel, Relaxed).is_err() {
                        continue 'again;
                    }
                    // SAFETY: marked, so that nothing new leads to it, and taken out by this thread alone.
                    unsafe { self.garbage.retire(here.cast(), Owned(here)) };
                    here = past;
                    continue;
                }
                if link.number() >= number {
                    return Place { before, here, found: link.number() == number };
                }
                before = &link.next;
                here = next;
            }
        }
    }

    pub(crate) fn contains(&self, number: u64, pin: &Pin) -> bool {
        self.find(number, pin).found
    }

    /// Whether the number was missing.
    pub(crate) fn insert(&self, number: u64, pin: &Pin) -> bool {
        loop {
            let place = self.find(number, pin);
            if place.found {
                return false;
            }
            let link = Link::boxed(number, place.here);
            if place.before.compare_exchange(place.here, link, Release, Relaxed).is_ok() {
                return true;
            }
            drop(Owned(link));
        }
    }

    /// Whether the number was there.
    pub(crate) fn remove(&self, number: u64, pin: &Pin) -> bool {
        loop {
            let place = self.find(number, pin);
            if !place.found {
                return false;
            }
            // SAFETY: found under the pin, and not null as it has the number.
            let link = unsafe { &*place.here };
            let next = link.next.load(Acquire);
            let marked = next.map_addr(|address| address | 1);
            if is_marked(next) || link.next.compare_exchange(next, marked, AcqRel, Relaxed).is_err() {
                continue;
            }
            // Marked by this thread; whoever finds it takes it out, so this does.
            self.find(number, pin);
            return true;
        }
    }

    /// Everything that is kept, after a scan and dropping what is free.
    pub(crate) fn kept(&self) -> usize {
        self.garbage.flush();
        self.garbage.collect(usize::MAX);
        self.garbage.stats().kept
    }
}

impl Drop for List {
    fn drop(&mut self) {
        drop_chain(*self.head.get_mut());
    }
}
