//! One run over one reference: who takes part, what they saw, and whether it adds up.
//!
//! Each thread stores values with serial numbers of its own, ascending. Every look checks that a value is whole. At the
//! end the last thread to leave looks at the value that is left.

use std::mem;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use super::effort::{self, Clock, Job};
use super::payload::{self, Payload};
use super::reference::{LoadFull, Rcu, Reference, Store, Swap};
use crate::team::Effort;

/// Operations before the time is taken: tables grow, fences are chosen, the heap has been used.
pub(super) const WARM: u64 = 4096;
/// Stores among them, where an operation does not store by itself.
const WARM_STORES: u64 = 256;
/// What is put off may need several calls before anything is freed: epochs pass one at a time.
const PATIENCE: u32 = 4;

/// The shared value, and the books.
pub(super) struct Arena<R: Reference> {
    seats: Mutex<Vec<R::Seat>>,
    /// Members that have not left yet.
    members: AtomicUsize,
    next: AtomicU64,
    books: Mutex<Books>,
}

/// What all members found.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// The serial number of the value that was left.
    pub(super) left: u64,
    /// Values made but not dropped when everyone had left, the one that is left among them.
    pub(super) living: i64,
    /// The sum of the serial numbers stored, and of those taken out.
    pub(super) stored: u64,
    pub(super) taken: u64,
    broken: u64,
    /// Each member's last serial number.
    last: Vec<u64>,
}

impl<R: Reference> Arena<R> {
    /// A reference to a value with the serial number 0, for so many members. Each of them must enter and leave.
    pub(super) fn new(members: usize) -> Self {
        payload::take_living();
        let seats = R::seats(Payload::new(0), members);
        let books = Books { living: payload::take_living(), last: vec![0], ..Books::default() };
        Self {
            seats: Mutex::new(seats),
            members: AtomicUsize::new(members),
            next: AtomicU64::new(1),
            books: Mutex::new(books),
        }
    }

    /// Lets the calling thread in.
    pub(super) fn enter(&self) -> Member<'_, R> {
        let seat = self.seats.lock().expect("nothing panics under it").pop().expect("a seat for every member");
        // Relaxed: the numbers need only be different.
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let mut member = Member {
            arena: self,
            reference: R::take(seat),
            serial: index << 48,
            first: index << 48,
            turn: 0,
            broken: 0,
            stored: 0,
            taken: 0,
        };
        // Registers the thread wherever the contender wants it; and a handle that lay idle catches up.
        member.load();
        member
    }

    /// Repeats `operation` for `job`, after `warm`. It takes one member on one thread, and one more than there are
    /// threads on several: the one that warms up has a thread of its own, which is gone when the others begin, so that
    /// it costs those contenders nothing whose writers visit every thread.
    pub(super) fn contend<'a>(
        &'a self,
        job: &Job,
        clock: Clock,
        warm: impl Fn(&mut Member<'a, R>) + Sync,
        operation: impl Fn(&mut Member<'a, R>) + Sync,
    ) -> Effort {
        if job.threads == 1 {
            let mut member = self.enter();
            warm(&mut member);
            return effort::alone(job.length, clock, &mut member, operation, Member::settle);
        }
        thread::scope(|scope| scope.spawn(|| warm(&mut self.enter())).join().expect("warming up does not panic"));
        effort::together(job, || self.enter(), operation)
    }

    /// How many members [`Self::contend`] takes.
    pub(super) const fn members(job: &Job) -> usize {
        if job.threads == 1 { 1 } else { job.threads + 1 }
    }

    /// The books, when everyone has left.
    ///
    /// # Errors
    ///
    /// When a value was not whole, or what is left is nobody's last.
    pub(super) fn close(self) -> Result<Books, String> {
        assert_eq!(self.members.into_inner(), 0, "everyone has left");
        let books = self.books.into_inner().expect("nothing panics under it");
        if books.broken > 0 {
            return Err(format!("{} values were broken or freed", books.broken));
        }
        Ok(books)
    }
}

impl Books {
    /// What must be true where members store values of their own making.
    ///
    /// # Errors
    ///
    /// When the value that is left is none of their last ones.
    pub(super) fn check_left(&self) -> Result<(), String> {
        if self.last.contains(&self.left) {
            return Ok(());
        }
        Err(format!("{:#x} is left, but the last ones stored were {:x?}", self.left, self.last))
    }
}

/// Counts a value that is not whole. Apart from a compare and a branch nothing is added to the operation: a sum in memory
/// would be the longest chain of a loop around a load.
#[inline]
fn check(value: &Payload, broken: &mut u64) {
    #[cold]
    fn note(broken: &mut u64) {
        *broken += 1;
    }

    if !value.is_whole() {
        note(broken);
    }
}

/// A thread that takes part.
pub(super) struct Member<'a, R: Reference> {
    arena: &'a Arena<R>,
    reference: R,
    /// The last serial number, and where they began.
    serial: u64,
    first: u64,
    turn: u32,
    broken: u64,
    stored: u64,
    taken: u64,
}

impl<R: Reference> Member<'_, R> {
    #[inline]
    pub(super) fn load(&mut self) {
        self.reference.load(|value| check(value, &mut self.broken));
    }

    /// Has freed what can be freed.
    pub(super) fn settle(&mut self) {
        let mut patience = PATIENCE;
        while patience > 0 {
            let before = payload::living();
            self.reference.settle();
            patience = if payload::living() < before { PATIENCE } else { patience - 1 };
        }
    }
}

impl<R: LoadFull> Member<'_, R> {
    #[inline]
    pub(super) fn load_full(&mut self) {
        self.reference.load_full(|value| check(value, &mut self.broken));
    }
}

/// The next value of a member.
macro_rules! next {
    ($member:ident) => {{
        $member.serial += 1;
        $member.stored = $member.stored.wrapping_add($member.serial);
        Payload::new($member.serial)
    }};
}

impl<R: Store> Member<'_, R> {
    #[inline]
    pub(super) fn store(&mut self) {
        self.reference.store(next!(self));
    }

    /// Ninety-nine loads, and then a store.
    #[inline]
    pub(super) fn mix(&mut self) {
        self.turn += 1;
        if self.turn == 100 {
            self.turn = 0;
            self.store();
        } else {
            self.load();
        }
    }

    /// Some stores, and then loads.
    pub(super) fn warm(&mut self) {
        (0..WARM_STORES).for_each(|_| self.store());
        (0..WARM).for_each(|_| self.load());
        self.settle();
    }
}

impl<R: Swap> Member<'_, R> {
    #[inline]
    pub(super) fn swap(&mut self) {
        self.reference.swap(next!(self), |old| {
            check(old, &mut self.broken);
            self.taken = self.taken.wrapping_add(old.serial());
        });
    }
}

impl<R: Rcu> Member<'_, R> {
    /// Adds one to the serial number.
    #[inline]
    pub(super) fn rcu(&mut self) {
        self.reference.rcu(|value| {
            check(value, &mut self.broken);
            Payload::new(value.serial() + 1)
        });
    }
}

impl<R: Reference> Drop for Member<'_, R> {
    fn drop(&mut self) {
        self.settle();
        // AcqRel: who finds itself the last one sees what the others stored.
        if self.arena.members.fetch_sub(1, Ordering::AcqRel) == 1 {
            let mut left = 0;
            self.reference.load(|value| {
                check(value, &mut self.broken);
                left = value.serial();
            });
            self.arena.books.lock().expect("nothing panics under it").left = left;
        }
        let mut books = self.arena.books.lock().expect("nothing panics under it");
        books.broken += self.broken;
        books.stored = books.stored.wrapping_add(self.stored);
        books.taken = books.taken.wrapping_add(self.taken);
        books.living += payload::take_living();
        if self.serial > self.first {
            books.last.push(mem::take(&mut self.serial));
        }
    }
}
