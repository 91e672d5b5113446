//! Time that a thread was ready to run and did not, because the kernel had given the core to someone else: no property
//! of a lock. `/proc/thread-self/schedstat` tells it.

use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The calling thread's file of times, kept open: reading it is one system call.
struct RunQueue {
    file: File,
    seen: Cell<u64>,
}

thread_local! {
    static OWN: Option<RunQueue> = RunQueue::open();
}

/// Nanoseconds that the calling thread has spent runnable but waiting for a core since it last asked; 0 where the
/// system does not tell.
pub(crate) fn take() -> u64 {
    OWN.with(|own| own.as_ref().map_or(0, RunQueue::take))
}

/// Whether the system tells.
pub(crate) fn is_known() -> bool {
    OWN.with(Option::is_some)
}

impl RunQueue {
    /// `None` where the system does not tell.
    fn open() -> Option<Self> {
        let queue = Self { file: File::open("/proc/thread-self/schedstat").ok()?, seen: Cell::new(0) };
        // Kernels without the accounting have the file, with nothing but zeros: this thread has run at least once.
        let (waited, turns) = queue.read()?;
        queue.seen.set(waited);
        (turns > 0).then_some(queue)
    }

    fn take(&self) -> u64 {
        let Some((waited, _)) = self.read() else { return 0 };
        waited.saturating_sub(self.seen.replace(waited))
    }

    /// The wait, and how often the thread got a core.
    fn read(&self) -> Option<(u64, u64)> {
        let mut text = [0; 64];
        let length = self.file.read_at(&mut text, 0).ok()?;
        let mut words = std::str::from_utf8(&text[..length]).ok()?.split_ascii_whitespace().skip(1);
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_not_given_again() {
        let Some(queue) = RunQueue::open() else { return };
        // A thread that is not preempted in between has waited for nothing since.
        let again = (0..1000).any(|_| {
            queue.take();
            queue.take() == 0
        });
        assert!(again);
        let (waited, turns) = queue.read().unwrap();
        assert!(queue.seen.get() <= waited && turns > 0);
    }
}
