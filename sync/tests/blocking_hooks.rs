//! The hooks around sleeping. They belong to the process, so these tests have one of their own.
#![cfg(not(polder_loom))]

use std::{
    cell::Cell,
    panic::catch_unwind,
    rc::Rc,
    sync::{
        Once,
        atomic::{
            AtomicU32,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
    time::Duration,
};

use polder_sync::{
    Mutex,
    parker::{self, BlockingHooks, Deadline, HooksInstalled, Parker, Wake},
};

const SOON: Duration = Duration::from_millis(20);

thread_local! {
    /// How often each hook has run on this thread.
    static BEFORE: Cell<u32> = const { Cell::new(0) };
    static AFTER: Cell<u32> = const { Cell::new(0) };
    /// What else the hooks of this thread do.
    static ACTION: Cell<fn()> = const { Cell::new(|| ()) };
}

/// Counts, per thread, and checks what `after` is given.
struct Watch;

impl BlockingHooks for Watch {
    type Token = Rc<u32>; // not Send

    fn before() -> Rc<u32> {
        assert_eq!(BEFORE.get(), AFTER.get(), "pairs do not overlap");
        BEFORE.set(BEFORE.get() + 1);
        ACTION.get()();
        Rc::new(BEFORE.get())
    }

    fn after(token: Rc<u32>) {
        ACTION.get()();
        AFTER.set(AFTER.get() + 1);
        assert_eq!(*token, AFTER.get(), "on the same thread, what its own `before` returned");
    }
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| parker::set_blocking_hooks::<Watch>().expect("nobody else does"));
}

/// How many pairs of hooks run on this thread meanwhile.
fn pairs(body: impl FnOnce()) -> u32 {
    install();
    let before = BEFORE.get();
    body();
    assert_eq!(BEFORE.get(), AFTER.get(), "each `before` has its `after`");
    AFTER.get() - before
}

#[test]
fn a_second_installation_is_refused() {
    install();
    assert_eq!(parker::set_blocking_hooks::<Watch>(), Err(HooksInstalled));
    assert_eq!(HooksInstalled.to_string(), "the blocking hooks of this process are installed already");
}

#[test]
fn nothing_runs_where_nobody_sleeps() {
    let mutex = Mutex::new(0);
    let word = AtomicU32::new(1);
    let parker = Parker::new();
    let count = pairs(|| {
        *mutex.lock() += 1;
        let held = mutex.lock();
        assert!(mutex.try_lock().is_none());
        drop(held);
        assert!(mutex.try_lock_for(SOON).is_some());
        assert_eq!(parker::wait(&word, 0, Deadline::NEVER), Wake::Woken);
        parker::wake_one(&word);
        parker::wake_all(&word);
        parker.unpark();
        parker.park();
    });
    assert_eq!(count, 0);
}

#[test]
fn a_time_out_runs_both() {
    let word = AtomicU32::new(0);
    let mutex = Mutex::new(());
    let parker = Parker::new();
    // Each sleep may be interrupted by a wake-up for nothing, hence "at least".
    assert!(pairs(|| while parker::wait(&word, 0, Deadline::after(SOON)) != Wake::TimedOut {}) >= 1);
    assert!(pairs(|| assert!(!parker.park_timeout(SOON))) >= 1);
    let held = mutex.lock();
    assert!(pairs(|| assert!(mutex.try_lock_for(SOON).is_none())) >= 1);
    drop(held);
}

#[test]
fn a_wake_up_runs_both() {
    let mutex = Mutex::new(());
    let asleep = AtomicU32::new(0);
    // Sleeping is what the tests cannot force on a thread that is about to; so try until it has happened.
    for _ in 0..100 {
        let held = mutex.lock();
        asleep.store(0, SeqCst);
        let count = thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                pairs(|| {
                    asleep.store(1, SeqCst);
                    drop(mutex.lock());
                })
            });
            while asleep.load(SeqCst) == 0 {
                thread::yield_now();
            }
            thread::sleep(SOON);
            drop(held);
            waiter.join().expect("does not panic")
        });
        if count >= 1 {
            return;
        }
    }
    panic!("no thread has slept");
}

/// A hook that sleeps through this crate does not run the hooks again.
#[test]
fn waits_inside_hooks_run_without_hooks() {
    static INNER: AtomicU32 = AtomicU32::new(0);
    let parker = Parker::new();
    let count = pairs(|| {
        ACTION.set(|| {
            INNER.fetch_add(1, Relaxed);
            assert!(!Parker::new().park_timeout(Duration::from_millis(1)));
        });
        assert!(!parker.park_timeout(SOON));
        ACTION.set(|| ());
    });
    assert!(count >= 1);
    assert_eq!(INNER.load(Relaxed), 2 * count, "once in each hook");
    assert!(pairs(|| assert!(!parker.park_timeout(SOON))) >= 1, "and the next wait runs them as before");
}

/// A thread that waits while its thread-locals are destroyed: no panic, and pairs stay pairs.
#[test]
fn a_wait_in_the_destructor_of_a_thread_local_works() {
    static PAIRS: AtomicU32 = AtomicU32::new(u32::MAX);

    struct Sleeper;

    impl Drop for Sleeper {
        fn drop(&mut self) {
            PAIRS.store(pairs(|| assert!(!Parker::new().park_timeout(SOON))), SeqCst);
        }
    }

    thread_local! { static SLEEPER: Sleeper = const { Sleeper }; }
    thread::spawn(|| SLEEPER.with(|_| ())).join().expect("does not panic");
    assert_ne!(PAIRS.load(SeqCst), u32::MAX, "the destructor has run to its end");
}

/// Many threads sleep and wake at once; each sees its own pairs only.
#[test]
fn a_crowd_keeps_its_pairs_apart() {
    const ROUNDS: u32 = if cfg!(miri) { 5 } else { 1_000 };
    let mutex = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                pairs(|| {
                    for round in 0..ROUNDS {
                        let mut count = mutex.lock();
                        if round % 16 == 0 {
                            thread::yield_now();
                        }
                        *count += 1;
                    }
                })
            });
        }
    });
    assert_eq!(mutex.into_inner(), 4 * ROUNDS);
}

/// Runs itself as a child process, since what is tested ends the process.
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn a_hook_that_panics_ends_the_process() {
    const WHICH: &str = "POLDER_TEST_HOOK";

    struct Panics;

    fn panic_in(hook: &str) {
        assert_ne!(std::env::var(WHICH).as_deref(), Ok(hook), "as asked for");
    }

    impl BlockingHooks for Panics {
        type Token = ();

        fn before() {
            panic_in("before");
        }

        fn after((): ()) {
            panic_in("after");
        }
    }

    if std::env::var_os(WHICH).is_some() {
        parker::set_blocking_hooks::<Panics>().expect("this process runs one test");
        let survived = catch_unwind(|| Parker::new().park_timeout(SOON));
        println!("survived: {survived:?}");
        std::process::exit(0);
    }
    for which in ["before", "after", "neither"] {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_hook_that_panics_ends_the_process", "--nocapture"])
            .env(WHICH, which)
            .output()
            .unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
        if which == "neither" {
            assert!(child.status.success() && stdout.contains("survived: Ok(false)"), "{stdout}\n{stderr}");
        } else {
            assert!(!child.status.success() && !stdout.contains("survived"), "{which}: {stdout}");
            assert!(stderr.contains("a blocking hook panicked"), "{which}: {stderr}");
        }
    }
}
