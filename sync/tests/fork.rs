//! What a forked child can do with the crate, whatever its parent's other threads were in the middle of.
//!
//! Not under Miri, which has no processes. The children end by `_exit`: their exit code is what the parent checks.
#![cfg(all(unix, not(polder_loom), not(miri)))]

#[path = "support/alone.rs"]
mod alone;

use std::{
    cell::RefCell,
    ffi::c_void,
    mem::MaybeUninit,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicPtr, Ordering::AcqRel, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use alone::alone;
use polder_sync::{
    AtomicOptionRef, AtomicRef, Counter, RefGuard,
    reclaim::{self, Domain, DropPolicy, OwnedPin},
};

/// Runs `work` in a forked child; fails if it panics there, is killed, or does not end.
fn in_child(work: impl FnOnce()) {
    // SAFETY: the child allocates and uses this crate only, and glibc, musl and macOS keep their allocators usable.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no fork");
    if child == 0 {
        let code = i32::from(catch_unwind(AssertUnwindSafe(work)).is_err());
        // SAFETY: ends the process, and runs nothing else.
        unsafe { libc::_exit(code) };
    }
    let begun = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: the child is this process's, and `status` is a place to write to.
        let ended = unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) };
        if ended == child {
            assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "the child failed: {status:#x}");
            return;
        }
        assert_eq!(ended, 0, "the child is lost");
        if begun.elapsed() > Duration::from_secs(60) {
            // SAFETY: the child is this process's.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("the child hangs");
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// In a child: runs it on another thread, and fails if it panics there.
///
/// Not a thread of std: those lock something of the process when they begin and when they end, and a thread that the child
/// does not have may have been doing so. The C library mends its own locks in the child.
fn on_another_thread<F: FnOnce() + Send>(work: F) {
    struct Job<F>(Option<F>, bool);

    extern "C" fn run<F: FnOnce()>(job: *mut c_void) -> *mut c_void {
        // SAFETY: `on_another_thread` gives a job of this type, and does not touch it before this thread has ended.
        let job = unsafe { &mut *job.cast::<Job<F>>() };
        let work = job.0.take().expect("run once");
        job.1 = catch_unwind(AssertUnwindSafe(work)).is_ok();
        ptr::null_mut()
    }

    let mut job = Job(Some(work), false);
    let mut thread = MaybeUninit::uninit();
    let data = (&raw mut job).cast();
    // SAFETY: `run` has the right type and never unwinds; the job outlives the thread, which is joined below.
    let refused = unsafe { libc::pthread_create(thread.as_mut_ptr(), ptr::null(), run::<F>, data) };
    assert_eq!(refused, 0, "no thread");
    // SAFETY: it was written, as the thread was made.
    let thread = unsafe { thread.assume_init() };
    // SAFETY: the thread is there, and joined once.
    let lost = unsafe { libc::pthread_join(thread, ptr::null_mut()) };
    assert_eq!(lost, 0, "the thread ends");
    assert!(job.1, "does not panic");
}

/// In a child: does everything, and checks that a replaced value is dropped though the parent's threads had it.
fn everything_works(cell: &AtomicRef<u64>, seen: &Arc<u64>) {
    let old = cell.swap(Arc::new(1));
    assert_eq!(**seen, *old);
    drop(old);
    let guards: Vec<_> = (0..10).map(|_| cell.load()).collect();
    assert!(guards.iter().all(|guard| **guard == 1));
    drop(guards);
    (2..200).for_each(|number| cell.store(Arc::new(number)));
    assert_eq!((*cell.load(), *cell.load_full()), (199, 199));
    drop(cell.rcu(|number| Arc::new(number + 1)));
    reclaim::flush();
    let pins = (reclaim::pin(), OwnedPin::new());
    drop(pins);
    let work = || {
        cell.store(Arc::new(0));
        drop((cell.load(), reclaim::pin()));
        reclaim::flush();
    };
    on_another_thread(work);
}

/// A place with a domain, and its items' deaths.
struct Place {
    pointer: AtomicPtr<u64>,
    garbage: Domain<Owned>,
}

/// Owns a `Box` that others may still read.
struct Owned(*mut u64);

// SAFETY: it owns a `u64`.
unsafe impl Send for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: from `Box::into_raw`, and dropped once.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

impl Place {
    fn new() -> Self {
        Self { pointer: AtomicPtr::new(Box::into_raw(Box::new(0))), garbage: Domain::new(DropPolicy::Inline) }
    }

    fn put(&self, number: u64) {
        let old = self.pointer.swap(Box::into_raw(Box::new(number)), AcqRel);
        // SAFETY: the place was the only way to it.
        unsafe { self.garbage.retire(old.cast(), Owned(old)) };
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(Owned(*self.pointer.get_mut()));
    }
}

#[test]
fn guards_and_pins_of_other_threads_are_gone_in_the_child() {
    let _alone = alone();
    let seen = Arc::new(0);
    let cell = AtomicRef::new(Arc::clone(&seen));
    let place = Place::new();
    thread::scope(|scope| {
        let (held, are_held) = mpsc::channel();
        let (over, is_over) = mpsc::channel::<()>();
        let (cell, place) = (&cell, &place);
        let holder = scope.spawn(move || {
            let guards: Vec<_> = (0..5).map(|_| cell.load()).collect();
            let pointer = reclaim::protect(&place.pointer);
            let pin = reclaim::pin();
            held.send(()).expect("the test waits");
            // Also when the test fails.
            _ = is_over.recv();
            assert!(guards.iter().all(|guard| **guard == 0));
            drop((pin, pointer));
        });
        are_held.recv().expect("the thread tells");
        in_child(|| {
            everything_works(cell, &seen);
            assert_eq!(Arc::strong_count(&seen), 1, "the value is free, though the parent's thread had guards of it");
            assert_eq!(reclaim::stats().kept, 0, "nothing is kept for threads that are not here");
            (1..100).for_each(|number| place.put(number));
            place.garbage.flush();
            assert_eq!(place.garbage.stats().kept, 0, "and so is what its pin and its slot kept");
        });
        // In the parent nothing has changed.
        drop(cell.swap(Arc::new(1)));
        place.put(1);
        reclaim::flush();
        place.garbage.flush();
        assert_eq!((Arc::strong_count(&seen), place.garbage.stats().kept), (2, 1));
        drop(over);
        holder.join().expect("does not panic");
    });
    reclaim::flush();
    place.garbage.flush();
    assert_eq!((Arc::strong_count(&seen), place.garbage.stats().kept), (1, 0));
}

#[test]
fn guards_and_pins_of_the_forking_thread_hold_in_the_child() {
    let _alone = alone();
    let cell = AtomicRef::from_value(String::from("old"));
    let place = Place::new();
    let (guard, pin, owned) = (cell.load(), reclaim::pin(), OwnedPin::new());
    let found = pin.load(&place.pointer);
    in_child(|| {
        cell.store(Arc::new(String::from("new")));
        place.put(1);
        reclaim::flush();
        place.garbage.flush();
        assert_eq!(*guard, "old");
        // SAFETY: the pin keeps it.
        assert_eq!(unsafe { *found }, 0);
        assert_eq!(place.garbage.stats().kept, 1);
        drop(pin);
        place.garbage.flush();
        assert_eq!(place.garbage.stats().kept, 1, "the owned pin has come along");
        drop(owned);
        place.garbage.flush();
        assert_eq!(place.garbage.stats().kept, 0);
        let value = RefGuard::into_counted(guard);
        reclaim::flush();
        assert_eq!(Arc::try_unwrap(value).expect("the only count"), "old");
    });
}

/// Ends threads that look at it, also when the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn forks_in_the_middle_of_everything() {
    let _alone = alone();
    let seen = Arc::new(0);
    let over = AtomicBool::new(false);
    // Each thread has cells of its own, so that the values it holds tell whether its guards were given up.
    let cells: [_; 3] = std::array::from_fn(|_| AtomicRef::new(Arc::clone(&seen)));
    let place = Place::new();
    let events = Counter::new();
    // What is made at the first use is made now: a thread that makes it during a fork does not end doing so in the child.
    place.put(0);
    events.increment();
    let work = |cell: &AtomicRef<u64>| {
        while !over.load(Relaxed) {
            let guard = cell.load();
            drop((cell.load_full(), reclaim::pin()));
            cell.store(Arc::clone(&seen));
            events.increment();
            drop(guard);
            place.put(1);
        }
    };
    let short = || {
        while !over.load(Relaxed) {
            thread::scope(|scope| {
                let ended = scope.spawn(|| drop((cells[2].load(), cells[2].swap(Arc::clone(&seen)))));
                ended.join().expect("does not panic");
            });
        }
    };
    thread::scope(|scope| {
        let end = End(&over);
        let mut threads = vec![scope.spawn(short)];
        threads.extend(cells[..2].iter().map(|cell| scope.spawn(|| work(cell))));
        for _ in 0..100 {
            in_child(|| {
                // Not `seen`'s count, nor the figures of the process: other threads were in the middle of changing them.
                let mine = Arc::new(2);
                for cell in &cells {
                    cell.store(Arc::clone(&mine));
                    everything_works(cell, &mine);
                }
                reclaim::flush();
                assert_eq!(Arc::strong_count(&mine), 1, "nobody holds what was put in here");
                events.increment();
                assert!(events.sum() > 0);
                place.put(2);
            });
        }
        drop(end);
        threads.into_iter().for_each(|thread| thread.join().expect("does not panic"));
    });
    reclaim::flush();
    drop(cells);
    assert_eq!(Arc::strong_count(&seen), 1, "the parent has lost nothing by its children");
}

/// More threads than a domain has parts, so that the child finds all of them in use, and somebody at the list beside them.
#[test]
fn a_child_can_retire_though_every_part_is_in_use() {
    let _alone = alone();
    let place = Place::new();
    place.put(0);
    let over = AtomicBool::new(false);
    let parts = thread::available_parallelism().map_or(1, NonZero::get).min(16);
    thread::scope(|scope| {
        let _end = End(&over);
        for _ in 0..2 * parts + 2 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    place.put(1);
                }
            });
        }
        for _ in 0..100 {
            in_child(|| (0..20).for_each(|_| place.put(2)));
        }
    });
    place.garbage.flush();
    assert_eq!(place.garbage.stats().kept, 0);
}

// A guard that outlives the registration of its thread, which is ending while the process forks.

static LATE_CELL: AtomicOptionRef<u64> = AtomicOptionRef::none();
static ENDING: std::sync::LazyLock<Barrier> = std::sync::LazyLock::new(|| Barrier::new(2));

thread_local! {
    static LATE: RefCell<(Option<Linger>, Option<RefGuard<'static, u64>>)> = const { RefCell::new((None, None)) };
}

/// Makes the end of a thread wait.
struct Linger;

impl Drop for Linger {
    fn drop(&mut self) {
        ENDING.wait();
        ENDING.wait();
    }
}

#[test]
fn guards_of_a_thread_that_is_ending_are_gone_in_the_child() {
    let _alone = alone();
    let seen = Arc::new(0);
    LATE_CELL.store(Some(Arc::clone(&seen)));
    // The variable is used before the cell, so its destructor runs after the registration has ended.
    let ending = thread::spawn(|| LATE.with_borrow_mut(|late| *late = (Some(Linger), LATE_CELL.load())));
    ENDING.wait();
    in_child(|| {
        LATE_CELL.store(None);
        reclaim::flush();
        assert_eq!(Arc::strong_count(&seen), 1, "its thread is not here");
    });
    LATE_CELL.store(None);
    reclaim::flush();
    assert_eq!(Arc::strong_count(&seen), 2, "the guard is there");
    ENDING.wait();
    ending.join().expect("does not panic");
    reclaim::flush();
    assert_eq!(Arc::strong_count(&seen), 1);
}

#[test]
fn a_thread_that_is_ending_may_fork() {
    static CELL: AtomicOptionRef<u64> = AtomicOptionRef::none();
    thread_local! {
        static LATE: RefCell<Option<Fork>> = const { RefCell::new(None) };
    }
    struct Fork(Option<RefGuard<'static, u64>>);
    impl Drop for Fork {
        fn drop(&mut self) {
            let guard = self.0.take().expect("full");
            in_child(|| {
                CELL.store(None);
                on_another_thread(reclaim::flush);
                assert_eq!(*guard, 7, "the forking thread's guard");
            });
        }
    }
    let _alone = alone();
    CELL.store(Some(Arc::new(7)));
    let forking = thread::spawn(|| LATE.with_borrow_mut(|late| *late = Some(Fork(CELL.load()))));
    // A panic while thread-local variables are dropped ends the process.
    forking.join().expect("does not panic");
    CELL.store(None);
}

#[test]
fn grandchildren_fork_as_well() {
    let _alone = alone();
    let seen = Arc::new(0);
    let cell = AtomicRef::new(Arc::clone(&seen));
    let guard = cell.load();
    in_child(|| {
        in_child(|| {
            drop(guard);
            everything_works(&cell, &seen);
            assert_eq!(Arc::strong_count(&seen), 1);
        });
        reclaim::flush();
        assert_eq!(Arc::strong_count(&seen), 2, "the cell's, still");
    });
}
