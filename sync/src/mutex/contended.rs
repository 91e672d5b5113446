//! The slow paths of the mutex: look for a while, then sleep; and waking a sleeper. Generic over the parker, so that
//! the tests can run them on the portable one.

use super::word::Word;
use crate::{
    config::SPINS,
    parker::{Parking, Wake},
    primitive::spin_loop,
};

/// Takes the mutex, waiting until `deadline` at most; false if it passed first.
#[cold]
pub(super) fn acquire<P: Parking>(word: &Word, deadline: Option<P::Deadline>) -> bool {
    spin(word);
    if word.take_free() {
        return true;
    }
    loop {
        // From here on this thread may have been chosen by a waker, so it must leave the mark (I2).
        if word.take_or_crowd() {
            return true;
        }
        match P::wait(word.address(), Word::SLEEPS_ON, deadline) {
            // Nobody depends on this thread (P2): a last look without a mark.
            Wake::TimedOut if deadline.is_some() => return word.take_free(),
            // Without a deadline nothing ends the wait but the mutex, whatever the parker says.
            _ => spin(word),
        }
    }
}

/// Wakes one of the threads that sleep on the mutex.
#[cold]
pub(super) fn wake_one<P: Parking>(word: &Word) {
    P::wake_one(word.address());
}

/// Looks at the word while a thread that is probably running holds it, a bounded number of times.
fn spin(word: &Word) {
    for _ in 0..SPINS {
        if !word.is_held_by_a_runner() {
            return;
        }
        spin_loop();
    }
}
