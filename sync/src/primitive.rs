//! The one door to atomics, cells and the blocking tools of the platform: std's in an ordinary build, a model checker's
//! under `--cfg polder_loom`, which means *modelled*. The checker is loom, or shuttle with `--cfg polder_shuttle` beside it.
//! All twins export the same names; nothing else in the crate mentions either checker.
//!
//! Where the twins differ on purpose:
//!
//! - `blocking::wait_until`: a model has no clock. Its twin lets every deadline pass during the first wait, with
//!   the lock given back for a moment, so that a wake-up can race with the time-out.
//! - `spin_loop` and `yield_now`: nothing in a model, where they would be an offer to stand back.
//! - `Stopwatch`: a model has no clock; there any time has passed when asked for the second time.
//! - `Backoff`: crossbeam's spins before it stands back; the one in a model stands back at once.
//! - `const_fn`: loom's atomics register themselves with the model that runs, so its constructors cannot be `const`.
//! - `process_wide`, `shared_static` and `per_thread`: a model gives each execution fresh values.
//! - `UnsafeCell`: shuttle has none. Its twin looks for accesses that overlap.

/// A number for statistics or advice, on which nothing depends: std's in all twins, as a model would interleave each step of it.
pub(crate) use std::sync::atomic::AtomicUsize as Tally;

pub(crate) use twin::*;

#[cfg(not(polder_loom))]
mod twin {
    pub(crate) use crossbeam_utils::Backoff;
    pub(crate) use std::{
        hint::spin_loop,
        sync::{
            Arc,
            atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, fence},
        },
        thread::yield_now,
    };

    /// The time since some moment.
    #[derive(Clone, Copy)]
    pub(crate) struct Stopwatch(std::time::Instant);

    impl Stopwatch {
        pub(crate) fn start() -> Self {
            Self(std::time::Instant::now())
        }

        /// The nanoseconds since then.
        pub(crate) fn nanoseconds(&self) -> u64 {
            u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
        }

        /// The nanoseconds from an earlier moment to the start of this one.
        pub(crate) fn after(&self, earlier: Self) -> u64 {
            u64::try_from(self.0.saturating_duration_since(earlier.0).as_nanos()).unwrap_or(u64::MAX)
        }

        /// Whether so many nanoseconds have passed.
        pub(crate) fn passed(&mut self, nanoseconds: u64) -> bool {
            self.nanoseconds() >= nanoseconds
        }
    }

    /// std's cell with loom's interface: the pointer is taken inside a closure, and loom watches that moment.
    pub(crate) struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        #[inline]
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        #[inline]
        pub(crate) fn with<U>(&self, f: impl FnOnce(*const T) -> U) -> U {
            f(self.0.get())
        }

        #[inline]
        pub(crate) fn with_mut<U>(&self, f: impl FnOnce(*mut T) -> U) -> U {
            f(self.0.get())
        }
    }

    /// Declares a function that is `const` where the twin allows it.
    macro_rules! const_fn {
        ($(#[$attribute:meta])* $visibility:vis const fn $($rest:tt)*) => {
            $(#[$attribute])* $visibility const fn $($rest)*
        };
    }
    pub(crate) use const_fn;

    /// Declares a static whose value is a constant expression.
    macro_rules! shared_static {
        ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $value:expr;) => {
            $(#[$attribute])* $visibility static $name: $type = $value;
        };
    }
    pub(crate) use shared_static;

    /// Declares a thread-local whose value is a constant expression.
    macro_rules! per_thread {
        ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
            std::thread_local! { $(#[$attribute])* static $name: $type = const { $value }; }
        };
    }
    pub(crate) use per_thread;

    /// What the portable parker stands on. Linux and Windows need it only for the tests of that parker.
    #[cfg(any(test, not(any(target_os = "linux", windows))))]
    pub(crate) mod blocking {
        pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
        use std::{sync::PoisonError, time::Instant};

        /// Waits on `condvar` until it is notified, woken for no reason, or `deadline` has passed; true if it has.
        pub(crate) fn wait_until<'a, T>(
            _lock: &'a Mutex<T>,
            guard: MutexGuard<'a, T>,
            condvar: &Condvar,
            deadline: Instant,
        ) -> (MutexGuard<'a, T>, bool) {
            let left = deadline.saturating_duration_since(Instant::now());
            let (guard, _) = condvar.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner);
            (guard, Instant::now() >= deadline)
        }

        /// Declares a value that the whole process shares, made at first use.
        macro_rules! process_wide {
            ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
                $(#[$attribute])*
                static $name: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $value);
            };
        }
        pub(crate) use process_wide;
    }
}

#[cfg(polder_loom)]
mod twin {
    #[cfg(not(polder_shuttle))]
    pub(crate) use loom as checker;
    #[cfg(polder_shuttle)]
    pub(crate) use shuttle as checker;

    #[cfg(not(polder_shuttle))]
    pub(crate) use self::checker::cell::UnsafeCell;
    pub(crate) use self::checker::sync::{
        Arc,
        atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, fence},
    };
    #[cfg(polder_shuttle)]
    pub(crate) use self::watched::UnsafeCell;

    /// Nothing: a checker's own ends the thread's turn, and so hides the executions in which it looks once and goes on.
    pub(crate) fn spin_loop() {}

    /// Nothing, as `spin_loop`.
    pub(crate) fn yield_now() {}

    /// No clock: any time has passed when asked for the second time.
    #[derive(Clone, Copy)]
    pub(crate) struct Stopwatch(bool);

    impl Stopwatch {
        pub(crate) fn start() -> Self {
            Self(false)
        }

        /// None, for statistics.
        pub(crate) fn nanoseconds(&self) -> u64 {
            0
        }

        pub(crate) fn passed(&mut self, _nanoseconds: u64) -> bool {
            std::mem::replace(&mut self.0, true)
        }
    }

    /// Stands back at once: a model of a wait without bound ends only if the one waited for gets its turn.
    pub(crate) struct Backoff(());

    impl Backoff {
        pub(crate) fn new() -> Self {
            Self(())
        }

        pub(crate) fn snooze(&self) {
            checker::thread::yield_now();
        }

        /// Nothing, as `spin_loop`.
        pub(crate) fn spin(&self) {}
    }

    macro_rules! const_fn {
        ($(#[$attribute:meta])* $visibility:vis const fn $($rest:tt)*) => {
            $(#[$attribute])* $visibility fn $($rest)*
        };
    }
    pub(crate) use const_fn;

    macro_rules! shared_static {
        ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
            $crate::primitive::checker::lazy_static! { $(#[$attribute])* static ref $name: $type = $value; }
        };
        ($(#[$attribute:meta])* pub(crate) static $name:ident: $type:ty = $value:expr;) => {
            $crate::primitive::checker::lazy_static! { $(#[$attribute])* pub(crate) static ref $name: $type = $value; }
        };
    }
    pub(crate) use shared_static;

    macro_rules! per_thread {
        ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
            $crate::primitive::checker::thread_local! { $(#[$attribute])* static $name: $type = $value; }
        };
    }
    pub(crate) use per_thread;

    pub(crate) mod blocking {
        pub(crate) use super::checker::sync::{Arc, Condvar, Mutex, MutexGuard};
        use std::{sync::PoisonError, time::Instant};

        pub(crate) fn wait_until<'a, T>(
            lock: &'a Mutex<T>,
            guard: MutexGuard<'a, T>,
            _condvar: &Condvar,
            _deadline: Instant,
        ) -> (MutexGuard<'a, T>, bool) {
            drop(guard);
            (lock.lock().unwrap_or_else(PoisonError::into_inner), true)
        }

        macro_rules! process_wide {
            ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
                $crate::primitive::checker::lazy_static! { $(#[$attribute])* static ref $name: $type = $value; }
            };
        }
        pub(crate) use process_wide;
    }

    /// std's cell with loom's interface, which fails when two accesses overlap and one of them may write.
    ///
    /// Threads of shuttle take turns at scheduling points only. With one inside each access, a thread can stop in the middle
    /// of it; so if there is a schedule in which nothing keeps two accesses apart, there is one in which they meet.
    #[cfg(polder_shuttle)]
    mod watched {
        use std::{cell::Cell, time::Duration};

        pub(crate) struct UnsafeCell<T: ?Sized> {
            /// How many are reading; minus one while somebody may write.
            accesses: Cell<isize>,
            value: std::cell::UnsafeCell<T>,
        }

        /// Ends an access, also when it panics.
        struct Access<'a> {
            accesses: &'a Cell<isize>,
            change: isize,
        }

        impl<'a> Access<'a> {
            fn begin(accesses: &'a Cell<isize>, change: isize, allowed: bool) -> Self {
                assert!(allowed, "two accesses to a cell overlap, and one of them may write");
                accesses.set(accesses.get() + change);
                let access = Self { accesses, change };
                // A scheduling point and nothing else.
                super::checker::thread::sleep(Duration::ZERO);
                access
            }
        }

        impl Drop for Access<'_> {
            fn drop(&mut self) {
                self.accesses.set(self.accesses.get() - self.change);
            }
        }

        impl<T> UnsafeCell<T> {
            pub(crate) fn new(value: T) -> Self {
                Self { accesses: Cell::new(0), value: std::cell::UnsafeCell::new(value) }
            }

            pub(crate) fn into_inner(self) -> T {
                self.value.into_inner()
            }
        }

        impl<T: ?Sized> UnsafeCell<T> {
            pub(crate) fn with<U>(&self, f: impl FnOnce(*const T) -> U) -> U {
                let _access = Access::begin(&self.accesses, 1, self.accesses.get() >= 0);
                f(self.value.get())
            }

            pub(crate) fn with_mut<U>(&self, f: impl FnOnce(*mut T) -> U) -> U {
                let _access = Access::begin(&self.accesses, -1, self.accesses.get() == 0);
                f(self.value.get())
            }
        }
    }
}
