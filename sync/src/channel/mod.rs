//! Channels: queues with many senders and many receivers, by which values move from thread to thread.
//!
//! # What & when not
//!
//! [`bounded`] makes a queue with room for so many values; with room for none, each send meets a receive. [`unbounded`]
//! has room for all. Sending is a move: the sender has the value no longer, so a whole region of objects goes over
//! without a copy and without a lock. Each value goes to one receiver. For the newest value only, an
//! [`AtomicRef`](crate::AtomicRef) does; for async code nothing in here does.
//!
//! The queues are those of `crossbeam-channel`. This module adds two things: waits run the
//! [`BlockingHooks`](crate::parker::BlockingHooks) of the process, and a channel can be **closed** while there are handles.
//!
//! ```
//! use polder_sync::channel;
//! use std::thread;
//!
//! let (to_worker, jobs) = channel::bounded(4);
//! let (to_us, sums) = channel::unbounded();
//! thread::scope(|scope| {
//!     for _ in 0..2 {
//!         let (jobs, to_us) = (jobs.clone(), to_us.clone());
//!         scope.spawn(move || {
//!             for job in jobs {
//!                 let job: Vec<u32> = job; // the worker's own
//!                 to_us.send(job.iter().sum::<u32>()).expect("somebody waits for the sums");
//!             }
//!         });
//!     }
//!     for job in [vec![1, 2, 3], vec![], vec![4]] {
//!         to_worker.send(job).expect("the workers run");
//!     }
//!     to_worker.close(); // they finish what is there, and end
//! });
//! drop(to_us);
//! let mut sums: Vec<u32> = sums.iter().collect();
//! sums.sort();
//! assert_eq!(sums, [0, 4, 6]);
//! ```
//!
//! # Closing
//!
//! [`Sender::close`] and [`Receiver::close`] do the same. The channel is also closed when the last sender or the last
//! receiver is dropped.
//!
//! - A send that begins after the closing fails, and gives the value back. So does one that sleeps for want of room; but a case
//!   of a [`Select`] may go either way if room is made before it has woken up.
//! - A receive goes on to take what was sent before, and reports `Closed` when nothing is left.
//! - **A send that runs at the same time as the closing may go either way.** If it succeeds, the value is in the queue
//!   like any other, perhaps after a receiver has reported `Closed`: a later receive would find it.
//! - So a value is in an error, with a receiver, or in the queue, and never in two of them. What is in the queue when the last
//!   receiver goes is dropped there and then, by the thread that drops the receiver. If there is a limit, a value whose send
//!   runs at that very moment may instead stay until the last sender goes.
//!
//! # Order
//!
//! Values leave a queue in the order in which they came in. What happens before a send happens before what follows the
//! receive that takes the value; what happens before the closing happens before what follows an operation that reports
//! it. In a channel without room, what happens before the receive also happens before what follows the send.
//!
//! # Progress
//!
//! Operations that begin with `try_` never sleep; they may look again a few times while another thread is in the middle of
//! its step on the same slot. Others try for a few microseconds first (a [`Select`]: once), then sleep. All take constant time but for the waking
//! of those who sleep. Who is served first among those who wait is open.
//!
//! # Representation
//!
//! ```text
//!   Sender ───┬──────────────────────► crossbeam's queue of T
//!   Sender ───┤                        ▲
//!   Receiver ─┼────────────────────────┘
//!             └► Senders, Receivers ─► Gate: shut (flag), key ──rings──► bell
//! ```
//! The bell is a channel of a type that has no values, and the key its only sender. `Senders` and `Receivers` are counted by
//! the handles, and end with the last one.
//!
//! # Invariants
//!
//! - **C1, one look is enough to send.** A send looks at the flag and then uses the queue; nothing ties the two. A send
//!   that began after the closing has seen the flag.
//! - **C2, flag before bell.** The key is dropped after the flag is set, so who hears the bell sees the flag.
//! - **C3, two looks to end.** A receive that finds nothing looks at the flag, and if it is set, looks into the queue
//!   *again* before it reports: what was sent before the closing is visible by then.
//! - **C4, hooks outside of steps.** Crossbeam reserves a slot in one step and fills or empties it in another, and threads
//!   that come across the slot in between look again and again. Both steps run between `before` and `after`: `after` may
//!   wait for a lock of a runtime, which one of those threads may hold.
//!
//! # Protocols
//!
//! *Send*: the flag, then the queue. *Receive*: the queue, then C3. *To wait*: try as above until a short back-off is over; then,
//! inside the hooks, select among the queue and the bell. A sender prefers the bell, a receiver the queue. *Close*: the flag, then
//! the key. *The last handle of a side* closes; the last receiver then takes and drops what is left.
//!
//! # Orderings
//!
//! The flag is a `OnceLock`, whose `get` is an acquire load and whose `set` a release; the rest is crossbeam's, but for one:
//!
//! | edge | writer site | reader site | orders | evidence |
//! |---|---|---|---|---|
//! | `channel_ended` | crossbeam's mark of the end, SeqCst | `ended`, Acquire fence after its relaxed look | what was done before the last handle went, before the report of it | argument: crossbeam's queues are not modelled |
//!
//! # Checked by
//!
//! `tests/channel.rs`, natively and under Miri. Not available in loom's models, which do not know crossbeam's queues.

mod error;
mod gate;
mod iter;
mod receiver;
mod select;
mod sender;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel as cb;

use self::gate::Gate;
pub use self::{
    error::{Closed, RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError},
    iter::{IntoIter, Iter, TryIter},
    receiver::Receiver,
    select::Select,
    sender::Sender,
};

/// A channel with room for `room` values. With room for none, a send waits until a receive takes the value from it.
///
/// Allocates the room at once, and what the handles share.
///
/// # Panics
///
/// If so much room cannot be addressed.
///
/// ```
/// use polder_sync::channel::{self, TrySendError};
///
/// let (sender, receiver) = channel::bounded(1);
/// sender.send("first").expect("there is room, and a receiver");
/// assert_eq!(sender.try_send("second"), Err(TrySendError::Full("second")));
/// assert_eq!(receiver.recv(), Ok("first"));
/// ```
pub fn bounded<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    handles(cb::bounded(room))
}

/// A channel with room for all values: a send never waits.
///
/// Memory is the limit. Where senders can be faster than receivers for long, [`bounded`] slows them down.
///
/// ```
/// let (sender, receiver) = polder_sync::channel::unbounded();
/// for number in 0..100 {
///     sender.send(number).expect("there is a receiver");
/// }
/// assert_eq!(receiver.try_iter().sum::<u32>(), 4950);
/// ```
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    handles(cb::unbounded())
}

fn handles<T>((sender, receiver): (cb::Sender<T>, cb::Receiver<T>)) -> (Sender<T>, Receiver<T>) {
    let gate = Arc::new(Gate::new());
    (Sender::new(sender, Arc::clone(&gate)), Receiver::new(receiver, gate))
}

/// When a wait ends without success.
#[derive(Clone, Copy)]
enum Limit {
    Never,
    At(Instant),
}

impl Limit {
    /// `timeout` from now; never if the clock cannot show it.
    fn after(timeout: Duration) -> Self {
        Instant::now().checked_add(timeout).map_or(Self::Never, Self::At)
    }

    fn has_passed(self) -> bool {
        matches!(self, Self::At(instant) if instant <= Instant::now())
    }

    /// Waits until one of the operations can be completed; `None` when the time has passed.
    fn select<'a>(self, select: &mut cb::Select<'a>) -> Option<cb::SelectedOperation<'a>> {
        match self {
            Self::Never => Some(select.select()),
            Self::At(instant) => select.select_deadline(instant).ok(),
        }
    }
}
