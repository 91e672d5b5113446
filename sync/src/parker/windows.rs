//! `WaitOnAddress`, the futex of Windows.
//!
//! The system compares the word after it has enqueued the sleeper, and wakes those whom it finds in the queue of the
//! word's address: P1.
//!
//! **P2 is made here.** What happens when a wake-up and a time-out meet is not documented: the thread that the system
//! chose may report a time-out. So whoever times out wakes one sleeper before anything else. Either this thread had
//! been chosen, and the wake-up goes to another one, or to nobody if nobody sleeps, just as if it had come a moment
//! later; or it had not, and somebody wakes for nothing, which P3 allows. If that one times out in turn, it passes the
//! wake-up on again.
//!
//! Time-outs are counted in milliseconds and end after 49 days; deadlines are instants. So what is left is rounded up,
//! and a time-out before the deadline, be it by the limit or by a coarse timer, leads to another sleep, after the
//! wake-up has been passed on.
//!
//! On other systems this module is built for its tests only, over a stand-in for the system that behaves as badly as
//! the documentation allows.

use std::time::{Duration, Instant};

use super::{Parking, Wake};
use crate::primitive::AtomicU32;

/// The parker of Windows.
pub(crate) struct Addresses;

impl Parking for Addresses {
    type Deadline = Instant;

    fn after(timeout: Duration) -> Option<Instant> {
        Instant::now().checked_add(timeout)
    }

    fn at(instant: Instant) -> Option<Instant> {
        Some(instant)
    }

    fn wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) -> Wake {
        loop {
            let left =
                deadline.map_or(FOR_EVER, |deadline| milliseconds(deadline.saturating_duration_since(Instant::now())));
            if system::wait(word, expected, left) {
                return Wake::Woken;
            }
            system::wake_single(word);
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Wake::TimedOut;
            }
        }
    }

    fn wake_one(word: &AtomicU32) {
        system::wake_single(word);
    }

    fn wake_all(word: &AtomicU32) {
        system::wake_all(word);
    }
}

/// The number of milliseconds that means: no time-out.
const FOR_EVER: u32 = u32::MAX;

/// So many milliseconds that `left` is over after them, or as many as the system counts.
pub(super) fn milliseconds(left: Duration) -> u32 {
    let rounded_up = left.as_nanos().div_ceil(1_000_000);
    u32::try_from(rounded_up).map_or(FOR_EVER - 1, |milliseconds| milliseconds.min(FOR_EVER - 1))
}

#[cfg(windows)]
mod system {
    use std::{ffi::c_void, io, ptr};

    use crate::primitive::AtomicU32;

    /// `BOOL`.
    type Bool = i32;

    /// The error of a wait whose time is over.
    const ERROR_TIMEOUT: i32 = 1460;

    #[link(name = "api-ms-win-core-synch-l1-2-0", kind = "raw-dylib")]
    unsafe extern "system" {
        fn WaitOnAddress(address: *const c_void, compare: *const c_void, size: usize, milliseconds: u32) -> Bool;
        fn WakeByAddressSingle(address: *const c_void);
        fn WakeByAddressAll(address: *const c_void);
    }

    /// Sleeps while `word` is `expected`; false if the time is over.
    pub(super) fn wait(word: &AtomicU32, expected: u32, milliseconds: u32) -> bool {
        let compare = ptr::from_ref(&expected).cast();
        // SAFETY: `word` is borrowed, so four aligned bytes are readable at its address during the whole call; so are
        // the four of `expected`, which lives in this frame. The system reads both and writes neither.
        let woken = unsafe { WaitOnAddress(word.as_ptr().cast(), compare, size_of::<u32>(), milliseconds) };
        if woken != 0 {
            return true;
        }
        let error = io::Error::last_os_error().raw_os_error();
        // A system that refuses the call would leave callers spinning for ever.
        assert_eq!(error, Some(ERROR_TIMEOUT), "WaitOnAddress refuses its arguments");
        false
    }

    pub(super) fn wake_single(word: &AtomicU32) {
        // SAFETY: the address is a key only, and that of a live word.
        unsafe { WakeByAddressSingle(word.as_ptr().cast()) }
    }

    pub(super) fn wake_all(word: &AtomicU32) {
        // SAFETY: as in `wake_single`.
        unsafe { WakeByAddressAll(word.as_ptr().cast()) }
    }
}

/// The stand-in: no sleep is longer than a few milliseconds, and a wake-up in the last one of them is lost to a
/// time-out, which may be early.
#[cfg(not(windows))]
mod system {
    use std::time::{Duration, Instant};

    use super::FOR_EVER;
    use crate::{
        parker::{Parking, Wake, table::Table},
        primitive::AtomicU32,
    };

    const LIMIT: u32 = 7;
    const LOST: Duration = Duration::from_millis(1);

    pub(super) fn wait(word: &AtomicU32, expected: u32, milliseconds: u32) -> bool {
        if milliseconds == FOR_EVER {
            return Table::wait(word, expected, None) == Wake::Woken;
        }
        let deadline = Instant::now() + Duration::from_millis(milliseconds.min(LIMIT).into());
        let wake = Table::wait(word, expected, Some(deadline));
        wake == Wake::Woken && Instant::now() + LOST < deadline
    }

    pub(super) fn wake_single(word: &AtomicU32) {
        Table::wake_one(word);
    }

    pub(super) fn wake_all(word: &AtomicU32) {
        Table::wake_all(word);
    }
}
