//! When the calling thread had no core, and whether it wanted one: the kernel's records of its context switches.
//!
//! `runqueue` tells how long a thread was ready to run without a core, all in all; this tells when. A thread that was switched
//! out while it could have gone on was in a run queue until it was switched in again. One that went to sleep was
//! asleep for an unknown part of its absence, and in a run queue for the rest.
//!
//! The records come from `perf_event_open`: a counter that counts nothing, with the flag `context_switch`, and a ring that the
//! kernel fills and the thread empties. There is no interrupt and no system call in it but to open it; a record is two words.
//! Linux alone has it, and gives it where `perf_event_paranoid` is 2 or less.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders |
//! |---|---|---|---|
//! | head | the kernel | `unread`, Acquire | the records, before they are read |
//! | tail | `forget`, Release | the kernel | the reading, before the records are written over |

/// A stretch without a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Absence {
    /// When it began, in ns on [`clock::monotonic`](crate::clock::monotonic).
    pub(super) from: u64,
    /// When it ended.
    pub(super) to: u64,
    /// Whether all of it was in a run queue.
    pub(super) ready: bool,
}

pub(super) use system::Switches;

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::os::fd::{AsRawFd, FromRawFd};
    use std::ptr::{self, NonNull};
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Absence;

    /// The calling thread's ring of records. It stays with the thread that opened it.
    #[derive(Debug)]
    pub(in crate::locks) struct Switches {
        /// A page of the kernel's notes, and [`SIZE`] bytes of records after it.
        ring: NonNull<u8>,
        page: usize,
        /// Up to where records have been read.
        read: u64,
        _file: File,
    }

    /// Bytes of records: some 2000 switches, and the ring is emptied whenever a thread runs for 0.1 ms. For eight threads it is
    /// about what anybody may lock in memory.
    const SIZE: usize = 1 << 16;

    /// Where the kernel's notes say how far it has written, and where it learns how far was read, in bytes.
    const HEAD: usize = 1024;
    const TAIL: usize = 1032;

    /// The first version of `perf_event_attr` with a clock to choose, as the kernel lays it out.
    #[repr(C)]
    #[derive(Default)]
    struct Attributes {
        kind: u32,
        size: u32,
        config: u64,
        sample_period: u64,
        sample_type: u64,
        read_format: u64,
        flags: u64,
        wakeup: u32,
        breakpoint: u32,
        more_config: [u64; 2],
        branch_sample_type: u64,
        sample_regs_user: u64,
        sample_stack_user: u32,
        clock: i32,
    }

    const SOFTWARE: u32 = 1;
    const COUNTS_NOTHING: u64 = 9;
    const WITH_TIME: u64 = 1 << 2;
    const EXCLUDE_KERNEL: u64 = 1 << 5;
    const EXCLUDE_HYPERVISOR: u64 = 1 << 6;
    const TIME_IN_ALL: u64 = 1 << 18;
    const OTHER_CLOCK: u64 = 1 << 25;
    const CONTEXT_SWITCH: u64 = 1 << 26;

    /// A flag of the call.
    const CLOSE_ON_EXEC: libc::c_ulong = 1 << 3;

    /// The only record that is looked at: header and time.
    const SWITCH: u32 = 14;
    const SWITCH_LENGTH: usize = 16;
    const OUT: u16 = 1 << 13;
    const READY: u16 = 1 << 14;
    const LOST: u32 = 2;

    impl Switches {
        /// `None` where the system does not tell.
        pub(in crate::locks) fn open() -> Option<Self> {
            let attributes = Attributes {
                kind: SOFTWARE,
                size: size_of::<Attributes>() as u32,
                config: COUNTS_NOTHING,
                sample_type: WITH_TIME,
                flags: EXCLUDE_KERNEL | EXCLUDE_HYPERVISOR | TIME_IN_ALL | OTHER_CLOCK | CONTEXT_SWITCH,
                clock: libc::CLOCK_MONOTONIC,
                ..Attributes::default()
            };
            // SAFETY: the attributes are live, and as long as they say; 0 is the calling thread, -1 any core and no group.
            let file =
                unsafe { libc::syscall(libc::SYS_perf_event_open, &raw const attributes, 0, -1, -1, CLOSE_ON_EXEC) };
            if file < 0 {
                return None;
            }
            // SAFETY: the call has just made this descriptor, and nobody else has it.
            let file = unsafe { File::from_raw_fd(file as i32) };
            // SAFETY: it has no preconditions.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
            let access = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: a new mapping, at an address that the kernel chooses.
            let ring =
                unsafe { libc::mmap(ptr::null_mut(), page + SIZE, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
            let ring = (ring != libc::MAP_FAILED).then(|| NonNull::new(ring.cast())).flatten()?;
            Some(Self { ring, page, read: 0, _file: file })
        }

        /// Forgets all absences until now.
        pub(in crate::locks) fn forget(&mut self) {
            self.read = self.written();
            // Release: the kernel writes over what was read.
            self.counter(TAIL).store(self.read, Ordering::Release);
        }

        /// Gives and forgets all absences since it last forgot; false if some were lost.
        pub(in crate::locks) fn take(&mut self, mut each: impl FnMut(Absence)) -> bool {
            let written = self.written();
            // A full ring has no room for the record that says so.
            let mut whole = written - self.read + 64 < SIZE as u64;
            let mut out = None;
            while self.read < written {
                let header = self.word(self.read);
                let (kind, misc, length) = (header as u32, (header >> 32) as u16, (header >> 48) as u16);
                let time = self.word(self.read + 8);
                match (kind, out) {
                    (SWITCH, _) if misc & OUT != 0 => out = Some((time, misc & READY != 0)),
                    (SWITCH, Some((from, ready))) => {
                        each(Absence { from, to: time, ready });
                        out = None;
                    }
                    (LOST, _) => whole = false,
                    _ => {}
                }
                self.read += u64::from(length.max(SWITCH_LENGTH as u16));
            }
            self.forget();
            whole
        }

        fn written(&self) -> u64 {
            // Acquire: the records are there when they are counted.
            self.counter(HEAD).load(Ordering::Acquire)
        }

        fn counter(&self, offset: usize) -> &AtomicU64 {
            // SAFETY: both offsets lie in the first page of the mapping.
            let counter = unsafe { self.ring.add(offset) };
            // SAFETY: it is aligned, lives as long as the mapping, and the kernel too accesses it as a whole.
            unsafe { AtomicU64::from_ptr(counter.cast().as_ptr()) }
        }

        /// The word at this place of all that was ever written.
        fn word(&self, place: u64) -> u64 {
            let offset = self.page + (place as usize & (SIZE - 1) & !7);
            // SAFETY: the offset, rounded down to a word, lies in the mapping's records.
            let word = unsafe { self.ring.add(offset) };
            // SAFETY: it is aligned, and the kernel writes no word of a record between its head and the tail.
            unsafe { word.cast::<u64>().read_volatile() }
        }
    }

    impl Drop for Switches {
        fn drop(&mut self) {
            // SAFETY: the mapping was made by `open` with this length, and no reference into it outlives a method.
            unsafe { libc::munmap(self.ring.as_ptr().cast(), self.page + SIZE) };
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Absence;

    /// Nothing: this system does not tell.
    #[derive(Debug)]
    pub(in crate::locks) enum Switches {}

    impl Switches {
        pub(in crate::locks) fn open() -> Option<Self> {
            None
        }

        pub(in crate::locks) fn forget(&mut self) {}

        pub(in crate::locks) fn take(&mut self, _each: impl FnMut(Absence)) -> bool {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::clock::monotonic;

    #[test]
    fn sleeping_and_queueing_are_told_apart() {
        let Some(mut switches) = Switches::open() else { return };
        switches.forget();
        let begun = monotonic();
        thread::sleep(Duration::from_millis(2));
        let ended = monotonic();
        let mut absences = Vec::new();
        assert!(switches.take(|absence| absences.push(absence)));
        assert!(absences.iter().all(|one| begun <= one.from && one.from <= one.to), "{absences:?}");
        assert!(absences.is_sorted_by_key(|one| one.from));
        let slept = |one: &&Absence| !one.ready && one.to <= ended;
        let longest = absences.iter().filter(slept).map(|one| one.to - one.from).max();
        assert!(longest.is_some_and(|longest| longest > 1_000_000), "{absences:?}");
        // What was forgotten does not come again.
        switches.forget();
        assert!(switches.take(|absence| assert!(ended <= absence.from, "{absence:?}")));
    }

    #[test]
    fn more_than_there_is_room_for_is_said_to_be_lost() {
        let Some(mut switches) = Switches::open() else { return };
        switches.forget();
        for _ in 0..3_000 {
            thread::sleep(Duration::from_nanos(1));
        }
        let mut absences = 0;
        assert!(!switches.take(|_| absences += 1));
        assert!((1_500..3_000).contains(&absences), "{absences}");
        // The record of what was lost comes with the next one that finds room.
        thread::sleep(Duration::from_nanos(1));
        switches.forget();
        thread::sleep(Duration::from_nanos(1));
        assert!(switches.take(|_| ()), "afterwards it is whole again");
    }
}
