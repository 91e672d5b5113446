//! Values of a model that notice when they are used after their end, and that end once; and a stack of them.
//!
//! Their memory is the ledger's and stays as long as that, so that a use after the end is a failed assertion and not
//! undefined behaviour. Counts and marks are atomics of the checker: a thread may lose its turn before each access.

use std::{
    mem::ManuallyDrop,
    ops::Deref,
    ptr::{self, NonNull},
    sync::{Arc, Mutex, PoisonError},
};

use polder_sync::{
    ArcLike,
    reclaim::{self, Domain, DropPolicy, OwnedPin, Pin},
};
use shuttle::sync::atomic::{
    AtomicPtr, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

const ALIVE: usize = 0x600d_600d;
const ENDED: usize = 0xdead;

/// All values of one execution.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Vec<Arc<Member>>>);

/// A value with a number.
pub(crate) struct Member {
    number: usize,
    state: AtomicUsize,
    /// The [`Share`]s.
    count: AtomicUsize,
    /// The next one in a [`Stack`].
    pub(crate) next: AtomicPtr<Member>,
}

impl Ledger {
    /// A new value, with one count.
    pub(crate) fn enter(&self, number: usize) -> Share {
        let member = Arc::new(Member {
            number,
            state: AtomicUsize::new(ALIVE),
            count: AtomicUsize::new(1),
            next: AtomicPtr::new(ptr::null_mut()),
        });
        // A mutex of std's: it is never held at a point where the checker lets another thread run.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&member));
        Share(member)
    }

    /// The numbers of those that have not ended, in order.
    pub(crate) fn alive(&self) -> Vec<usize> {
        let members = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut numbers: Vec<_> =
            members.iter().filter(|member| member.state.load(Relaxed) == ALIVE).map(|member| member.number).collect();
        numbers.sort_unstable();
        numbers
    }
}

impl Member {
    /// The number, of a value that has not ended.
    pub(crate) fn number(&self) -> usize {
        assert_eq!(self.state.load(Relaxed), ALIVE, "a value is read after its end");
        self.number
    }

    fn end(&self) {
        assert_eq!(self.state.swap(ENDED, AcqRel), ALIVE, "a value ends twice");
    }
}

/// A count of a value; the last one ends it.
pub(crate) struct Share(Arc<Member>);

impl Share {
    /// Whether there is no other count.
    pub(crate) fn is_alone(&self) -> bool {
        self.0.count.load(Acquire) == 1
    }

    /// The value that `raw` stands for. What has ended is still there to be asked, as the ledger keeps it.
    fn borrow(raw: NonNull<()>) -> ManuallyDrop<Arc<Member>> {
        // SAFETY: from `into_raw` or `as_raw`, which come from an `Arc` of a member, of which the ledger has another one.
        ManuallyDrop::new(unsafe { Arc::from_raw(raw.cast::<Member>().as_ptr()) })
    }
}

impl Deref for Share {
    type Target = Member;

    fn deref(&self) -> &Member {
        &self.0
    }
}

impl Clone for Share {
    fn clone(&self) -> Self {
        assert_ne!(self.0.count.fetch_add(1, Relaxed), 0, "a value gets a count after its end");
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, AcqRel) == 1 {
            self.0.end();
        }
    }
}

// SAFETY: the pointer is that of an `Arc`, so it is the value's own; counts are atomic; there is no exclusive access. It
// unwinds only where a model has failed.
unsafe impl ArcLike for Share {
    type Target = Member;

    fn target(&self) -> &Member {
        &self.0
    }

    fn as_raw(&self) -> NonNull<()> {
        NonNull::from(&*self.0).cast()
    }

    fn into_raw(self) -> NonNull<()> {
        ManuallyDrop::new(self).as_raw()
    }

    unsafe fn from_raw(raw: NonNull<()>) -> Self {
        Self(ManuallyDrop::into_inner(Self::borrow(raw)))
    }

    unsafe fn increment(raw: NonNull<()>) {
        let share = ManuallyDrop::new(Self(ManuallyDrop::into_inner(Self::borrow(raw))));
        let _counted = ManuallyDrop::new(Share::clone(&share));
    }
}

/// A stack of values. R. K. Treiber, *Systems Programming: Coping with Parallelism* (1986).
pub(crate) struct Stack {
    pub(crate) head: AtomicPtr<Member>,
    pub(crate) garbage: Domain<Share>,
}

/// The value that a pointer of a stack's leads to, which the caller protects, so that it has not ended.
pub(crate) fn found<'p>(member: *mut Member) -> Option<&'p Member> {
    // SAFETY: null, or from `Share::into_raw`; its memory is the ledger's, which the scenes keep until the end.
    unsafe { member.as_ref() }
}

impl Stack {
    pub(crate) fn new(policy: DropPolicy) -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()), garbage: Domain::new(policy) }
    }

    pub(crate) fn push(&self, share: Share) {
        let member = share.into_raw().cast::<Member>().as_ptr();
        let next = &found(member).expect("not null").next;
        let mut head = self.head.load(Relaxed);
        loop {
            next.store(head, Relaxed);
            match self.head.compare_exchange_weak(head, member, Release, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes a number off under a pin.
    pub(crate) fn pop(&self, pin: &Pin) -> Option<usize> {
        self.pop_by(|head| pin.load(head))
    }

    /// The same under an owned one.
    pub(crate) fn pop_owned(&self, pin: &OwnedPin) -> Option<usize> {
        self.pop_by(|head| pin.load(head))
    }

    /// The same with the head protected, and nothing else.
    pub(crate) fn pop_protected(&self) -> Option<usize> {
        loop {
            let head = reclaim::protect(&self.head)?;
            if let Some(number) = self.unlink(head.as_ptr()) {
                return Some(number);
            }
        }
    }

    fn pop_by(&self, load: impl Fn(&AtomicPtr<Member>) -> *mut Member) -> Option<usize> {
        loop {
            let head = load(&self.head);
            if head.is_null() {
                return None;
            }
            if let Some(number) = self.unlink(head) {
                return Some(number);
            }
        }
    }

    /// Takes off the head, which the caller protects, if it is this one.
    fn unlink(&self, head: *mut Member) -> Option<usize> {
        let member = found(head)?;
        let next = member.next.load(Relaxed);
        // After the link was read: what it led to is worthless if the link had ended meanwhile.
        let number = member.number();
        self.head.compare_exchange(head, next, AcqRel, Relaxed).ok()?;
        // SAFETY: the stack's count, which left it with the pointer.
        let share = unsafe { Share::from_raw(NonNull::new(head)?.cast()) };
        // SAFETY: taken off the only way to it, by this thread alone; readers have a handle of the stack.
        unsafe { self.garbage.retire(head.cast(), share) };
        Some(number)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let mut head = *self.head.get_mut();
        while let Some(member) = NonNull::new(head) {
            // SAFETY: the stack's count, which nobody else has any more.
            let share = unsafe { Share::from_raw(member.cast()) };
            head = share.next.load(Relaxed);
        }
    }
}
