//! Tells a deadlock from a slow machine.

use std::{sync::mpsc, thread, time::Duration};

/// Far more than any of this takes, also under Miri on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs the work in a thread of its own; fails if it does not end.
pub(crate) fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        let result = work();
        // The receiver has given up if there is none, and has said so.
        sender.send(result).ok();
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(result) => {
            thread.join().expect("it has returned");
            result
        }
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not end"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().expect_err("it has not returned"))
        }
    }
}
