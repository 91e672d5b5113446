//! The exchanger: two threads meet and swap values.
//!
//! # What & when not
//!
//! A pair of threads, each with something for the other: buffers that a producer fills and a consumer empties, say. For one
//! direction a channel is better. All pairs of one exchanger meet in one place, so it is not for hundreds of threads that
//! exchange without pause.
//!
//! # Representation
//!
//! ```text
//!   Exchanger ── place: Private<Option<·>> ──► Offer ┬ value: Private<Option<T>>   the offered value, later the answer
//!                                             ▲    └ word: u32                 what the first thread sleeps on
//!                                             └──── the thread that came first
//! ```
//!
//! An offer is made by the thread that comes first, and allocated: it outlives the place it stood in, so the next two
//! threads can meet while the first still wakes up. Nobody allocates who meets somebody.
//!
//! # States
//!
//! An offer *stands* while it is in the place, and then holds the value of the first thread; from when it is taken out, it
//! is *withdrawn* and holds none, or *taken* and soon *answered*: it holds the other's. It leaves the place with that locked; the
//! answer comes after.
//!
//! # Protocols
//!
//! *Exchange.* With the place locked: (1) if an offer stands, take it out; unlock; put the own value into it, and have its
//! own; write `ANSWERED` and wake. Else (2) place an offer; unlock; sleep while the word is `STANDING`; (3) take the answer
//! out of the offer.
//!
//! *Give up.* With the place locked: if the own offer stands, take it out, and the value out of it. Else wait for the answer,
//! which is on its way, and take it, however late.
//!
//! # Orderings
//!
//! None that a proof relies on. Values go through mutexes: the other thread locks the place after the first has unlocked
//! it; and the first locks the value after the other has. The word only ends the sleep, and is relaxed: a thread that reads
//! `ANSWERED` and locks the value cannot be before the other in the order of that mutex, as what it has read would then be
//! written after its reading.
//!
//! # Checked by
//!
//! `tests/loom_phaser.rs` (`exchanger_…`), `tests/exchanger.rs`.
//!
//! # Sources
//!
//! `java.util.concurrent.Exchanger` without its arena.

use std::{
    error::Error,
    fmt,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use crate::{
    config::SPINS,
    parker::{Native, Parking, Wake},
    primitive::{Arc, AtomicU32, const_fn, spin_loop},
    private::Private,
};

/// The offer was not answered when the word was written.
const STANDING: u32 = 0;
/// The answer is in the offer.
const ANSWERED: u32 = 1;

/// A meeting point for two threads at a time, which swap values.
///
/// Each [`exchange`](Self::exchange) is matched with one other, and each of the two gets the other's value; who meets whom
/// among more than two threads is open. A value is in one place at a time: with one of the two threads, or in the exchanger,
/// which gives it back when the time is over.
///
/// **What happens before what.** All that either of the two has written before its exchange is visible to the other
/// afterwards.
///
/// No foreign code runs inside, so nothing in here panics. The first of two threads allocates once.
///
/// ```
/// use polder_sync::Exchanger;
/// use std::thread;
///
/// let exchanger = Exchanger::new();
/// thread::scope(|scope| {
///     // Full buffers go one way, empty ones the other.
///     scope.spawn(|| {
///         let mut buffer = Vec::new();
///         for number in 0..3 {
///             buffer.push(number);
///             buffer = exchanger.exchange(buffer);
///             assert!(buffer.is_empty());
///         }
///     });
///     let mut buffer = Vec::new();
///     for number in 0..3 {
///         buffer = exchanger.exchange(buffer);
///         assert_eq!(buffer, [number]);
///         buffer.clear();
///     }
/// });
/// ```
pub struct Exchanger<T> {
    place: Private<Option<Arc<Offer<T>>>>,
}

/// What the first of two threads leaves.
struct Offer<T> {
    value: Private<Option<T>>,
    word: AtomicU32,
}

impl<T> Offer<T> {
    fn new(value: T) -> Self {
        Self { value: Private::new(Some(value)), word: AtomicU32::new(STANDING) }
    }

    /// The value out of the offer. By the thread whose offer it is, once, when it is out of the place.
    fn take(&self) -> T {
        self.value.lock().take().expect("an offer holds a value until its thread takes it")
    }

    /// Puts `answer` in the place of the value. By the thread that has taken the offer out of the place, once.
    fn answer(&self, answer: T) -> T {
        self.value.lock().replace(answer).expect("an offer that stood holds a value")
    }

    /// Tells the thread that sleeps on the offer.
    fn tell(&self) {
        // Relaxed: the mutex around the value orders what goes with it.
        self.word.store(ANSWERED, Relaxed);
        Native::wake_one(&self.word);
    }

    /// Sleeps until the offer is answered; false if the deadline came first.
    fn wait(&self, deadline: Option<<Native as Parking>::Deadline>) -> bool {
        for _ in 0..SPINS {
            if self.is_answered() {
                return true;
            }
            spin_loop();
        }
        while !self.is_answered() {
            if Native::wait(&self.word, STANDING, deadline) == Wake::TimedOut && deadline.is_some() {
                return self.is_answered();
            }
        }
        true
    }

    fn is_answered(&self) -> bool {
        self.word.load(Relaxed) == ANSWERED
    }
}

impl<T> Exchanger<T> {
    const_fn! {
        /// An exchanger with nobody at it.
        pub const fn new() -> Self {
            Self { place: Private::new(None) }
        }
    }

    /// Waits for another thread, gives it `value`, and returns what it brought.
    ///
    /// Does not wait if somebody is there already. Blocking: looks for some microseconds at most, then sleeps.
    pub fn exchange(&self, value: T) -> T {
        let offer = match self.meet_or_offer(value) {
            Ok(theirs) => return theirs,
            Err(offer) => offer,
        };
        let answered = offer.wait(None);
        debug_assert!(answered, "only a deadline ends the wait without an answer");
        offer.take()
    }

    /// Exchanges as [`exchange`](Self::exchange), waiting for `timeout` at most.
    ///
    /// A timeout that the clock cannot show, such as [`Duration::MAX`], means for ever.
    ///
    /// # Errors
    ///
    /// [`Unmatched`] with the value, if nobody came. Then nobody has had it.
    ///
    /// ```
    /// use polder_sync::Exchanger;
    /// use std::time::Duration;
    ///
    /// let exchanger = Exchanger::new();
    /// let nobody = exchanger.exchange_for("mine".to_owned(), Duration::from_millis(1));
    /// assert_eq!(nobody.unwrap_err().into_inner(), "mine");
    /// ```
    pub fn exchange_for(&self, value: T, timeout: Duration) -> Result<T, Unmatched<T>> {
        self.exchange_with(value, Native::after(timeout))
    }

    /// Exchanges as [`exchange_for`](Self::exchange_for), waiting until `deadline` at most.
    ///
    /// # Errors
    ///
    /// As [`exchange_for`](Self::exchange_for).
    pub fn exchange_until(&self, value: T, deadline: Instant) -> Result<T, Unmatched<T>> {
        self.exchange_with(value, Native::at(deadline))
    }

    /// Exchanges with a thread that waits already. Does not wait for one to come.
    ///
    /// Holds a mutex for a moment, for which it may have to wait while other pairs meet.
    ///
    /// # Errors
    ///
    /// [`Unmatched`] with the value, if nobody waits.
    ///
    /// ```
    /// let exchanger = polder_sync::Exchanger::new();
    /// assert_eq!(exchanger.try_exchange(7).unwrap_err().into_inner(), 7);
    /// ```
    pub fn try_exchange(&self, value: T) -> Result<T, Unmatched<T>> {
        let standing = self.place.lock().take();
        match standing {
            Some(offer) => Ok(Self::meet(&offer, value)),
            None => Err(Unmatched(value)),
        }
    }

    fn exchange_with(&self, value: T, deadline: Option<<Native as Parking>::Deadline>) -> Result<T, Unmatched<T>> {
        let offer = match self.meet_or_offer(value) {
            Ok(theirs) => return Ok(theirs),
            Err(offer) => offer,
        };
        if offer.wait(deadline) || !self.withdraw(&offer) {
            // Somebody has taken the offer, and is at most on the way to answer.
            let answered = offer.wait(None);
            debug_assert!(answered, "only a deadline ends the wait without an answer");
            return Ok(offer.take());
        }
        Err(Unmatched(offer.take()))
    }

    /// The value of the thread that was there; or the offer that now stands.
    fn meet_or_offer(&self, value: T) -> Result<T, Arc<Offer<T>>> {
        let mut place = self.place.lock();
        if let Some(offer) = place.take() {
            drop(place);
            return Ok(Self::meet(&offer, value));
        }
        let offer = Arc::new(Offer::new(value));
        *place = Some(Arc::clone(&offer));
        Err(offer)
    }

    /// Answers an offer that this thread has taken out of the place.
    fn meet(offer: &Offer<T>, value: T) -> T {
        let theirs = offer.answer(value);
        offer.tell();
        theirs
    }

    /// Takes the own offer out of the place; false if somebody else has.
    fn withdraw(&self, offer: &Arc<Offer<T>>) -> bool {
        self.place.lock().take_if(|standing| Arc::ptr_eq(standing, offer)).is_some()
    }
}

impl<T> Default for Exchanger<T> {
    /// An exchanger with nobody at it.
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Exchanger<T> {
    /// Shows whether somebody waits. Never waits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Exchanger");
        // Not under the lock: the formatter is foreign code.
        let waiting = self.place.try_lock().map(|place| place.is_some());
        match waiting {
            Some(waiting) => out.field("waiting", &waiting),
            None => out.field("waiting", &format_args!("<locked>")),
        };
        out.finish()
    }
}

/// Nobody came to [exchange](Exchanger::exchange_for) with; carries the value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unmatched<T>(T);

impl<T> Unmatched<T> {
    /// The value that was not exchanged.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Unmatched<T> {
    /// Does not show the value, so that `unwrap` works for any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unmatched").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Unmatched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody came to exchange with")
    }
}

impl<T> Error for Unmatched<T> {}
