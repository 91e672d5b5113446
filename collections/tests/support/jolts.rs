//! Stops threads between any two instructions, many thousand times a second, so that windows of a few instructions are met.
//!
//! A thread of its own sends signals, whose handler takes its time. Where there are no signals, or Miri does the same by
//! itself, nothing is done.

#[cfg(all(unix, not(miri)))]
pub(crate) use signals::Jolts;

#[cfg(not(all(unix, not(miri))))]
#[derive(Debug, Default)]
pub(crate) struct Jolts;

#[cfg(not(all(unix, not(miri))))]
impl Jolts {
    pub(crate) fn here<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }
}

#[cfg(all(unix, not(miri)))]
mod signals {
    use std::{
        hint::black_box,
        mem::MaybeUninit,
        ptr,
        sync::{
            Arc, Mutex, MutexGuard, Once, PoisonError,
            atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        },
        thread::{self, JoinHandle},
        time::Duration,
    };

    /// Without a handler it does nothing, and nothing else of the process uses it.
    const SIGNAL: libc::c_int = libc::SIGURG;

    /// Sends signals until it is dropped.
    #[derive(Debug)]
    pub(crate) struct Jolts {
        shared: Arc<Shared>,
        sender: Option<JoinHandle<()>>,
    }

    #[derive(Debug, Default)]
    struct Shared {
        is_over: AtomicBool,
        /// The threads that are stopped: all are alive while this is locked.
        subjects: Mutex<Vec<libc::pthread_t>>,
    }

    impl Shared {
        fn subjects(&self) -> MutexGuard<'_, Vec<libc::pthread_t>> {
            self.subjects.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn send(&self) {
            while !self.is_over.load(Relaxed) {
                for thread in self.subjects().iter() {
                    // SAFETY: a thread takes itself off the list before it ends, and the list is locked.
                    let outcome = unsafe { libc::pthread_kill(*thread, SIGNAL) };
                    assert_eq!(outcome, 0, "the thread takes signals");
                }
                // Longer than the handler takes: the subject has to go on in between.
                thread::sleep(Duration::from_micros(20));
            }
        }
    }

    impl Default for Jolts {
        fn default() -> Self {
            static HANDLER: Once = Once::new();
            HANDLER.call_once(install);
            let shared = Arc::<Shared>::default();
            let sender = thread::spawn({
                let shared = Arc::clone(&shared);
                move || shared.send()
            });
            Self { shared, sender: Some(sender) }
        }
    }

    impl Drop for Jolts {
        fn drop(&mut self) {
            self.shared.is_over.store(true, Relaxed);
            let outcome = self.sender.take().map(JoinHandle::join);
            assert!(matches!(outcome, Some(Ok(()))) || thread::panicking(), "the sender does not panic");
        }
    }

    impl Jolts {
        /// Runs the work in this thread, and stops it now and then.
        pub(crate) fn here<T>(&self, work: impl FnOnce() -> T) -> T {
            struct Subject<'a>(&'a Shared, libc::pthread_t);
            impl Drop for Subject<'_> {
                fn drop(&mut self) {
                    self.0.subjects().retain(|thread| *thread != self.1);
                }
            }
            // SAFETY: there is nothing to be kept.
            let this = unsafe { libc::pthread_self() };
            self.shared.subjects().push(this);
            let _subject = Subject(&self.shared, this);
            work()
        }
    }

    fn install() {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: no handler, no flags and an empty set are zeros.
        let action = unsafe { action.assume_init_mut() };
        let handler: extern "C" fn(libc::c_int) = take_time;
        action.sa_sigaction = handler as libc::sighandler_t;
        // Calls of the system go on after it.
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the handler does nothing that a signal handler must not do.
        let outcome = unsafe { libc::sigaction(SIGNAL, action, ptr::null_mut()) };
        assert_eq!(outcome, 0, "the signal can be handled");
    }

    /// From nothing to a few microseconds; now and then the other threads of the core get their turn as well.
    extern "C" fn take_time(_: libc::c_int) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        for turn in 0..count % 4_000 {
            black_box(turn);
        }
        if count.is_multiple_of(64) {
            // SAFETY: it is a call to the system and nothing else.
            unsafe { libc::sched_yield() };
        }
    }
}
