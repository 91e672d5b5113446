//! Rings of events that the kernel notes by itself, each with its time: `perf_event_open`, as far as it is needed here.
//!
//! A note is made where the event happens, in the middle of the kernel: no thread runs for it, and nothing is scheduled
//! otherwise because of it.
//!
//! # Protocol
//!
//! The kernel writes records and then counts them in *head*; whoever has the ring reads them and then counts them in
//! *tail*. Where the ring is full the kernel drops records, and says so in the first one for which there is room again.
//!
//! # Orderings
//!
//! | edge | writer site | reader site | orders |
//! |---|---|---|---|
//! | head | the kernel | `written`, Acquire | the records, before they are read |
//! | tail | `forget`, Release | the kernel | the reading, before the records are written over |

/// What is noted.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux makes such notes"))]
pub(crate) enum Event {
    /// Each time the calling thread leaves its core, and each time it is back.
    Switches,
    /// The timer of this core, each time so many ns have passed, whether anybody runs there or not.
    Timer { core: usize, period: u64 },
}

/// A note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux makes such notes"))]
pub(crate) enum Note {
    /// The thread had to leave its core, and is `ready` to go on, or it waits for something.
    Left { ready: bool },
    /// The thread is back.
    Back,
    /// The timer went off.
    Tick,
}

pub(crate) use system::Ring;

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::os::fd::{AsRawFd, FromRawFd};
    use std::ptr::{self, NonNull};
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{Event, Note};

    /// One event's ring. It keeps [`monotonic`](crate::clock::monotonic) time.
    #[derive(Debug)]
    pub(crate) struct Ring {
        /// A page of the kernel's own, and `size` bytes of records after it.
        map: NonNull<u8>,
        page: usize,
        size: usize,
        /// Up to where records have been read.
        read: u64,
        _file: File,
    }

    /// Bytes of a record with nothing but its time.
    const PLAIN: usize = 16;

    /// Where in its page the kernel says how far it has written, and learns how far was read.
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
    const CORE_CLOCK: u64 = 0;
    const COUNTS_NOTHING: u64 = 9;
    const TIME: u64 = 1 << 2;
    const EXCLUDE_KERNEL: u64 = 1 << 5;
    const EXCLUDE_HYPERVISOR: u64 = 1 << 6;
    const TIME_IN_ALL: u64 = 1 << 18;
    const CHOSEN_CLOCK: u64 = 1 << 25;
    const CONTEXT_SWITCH: u64 = 1 << 26;
    /// A flag of the call.
    const CLOSE_ON_EXEC: libc::c_ulong = 1 << 3;

    /// Kinds of records, and what is said beside them.
    const LOST: u32 = 2;
    const SAMPLE: u32 = 9;
    const SWITCH: u32 = 14;
    const OUT: u16 = 1 << 13;
    const READY: u16 = 1 << 14;

    impl Ring {
        /// Begins to note, with room for so many notes or a few more; `None` where that is refused.
        pub(crate) fn open(event: Event, room: usize) -> Option<Self> {
            let common = Attributes {
                kind: SOFTWARE,
                size: size_of::<Attributes>() as u32,
                sample_type: TIME,
                flags: TIME_IN_ALL | CHOSEN_CLOCK,
                clock: libc::CLOCK_MONOTONIC,
                ..Attributes::default()
            };
            // Whose event it is: 0 is the calling thread, and -1 anybody, or any core.
            let (attributes, thread, core) = match event {
                Event::Switches => {
                    let flags = common.flags | CONTEXT_SWITCH | EXCLUDE_KERNEL | EXCLUDE_HYPERVISOR;
                    (Attributes { config: COUNTS_NOTHING, flags, ..common }, 0, -1)
                }
                Event::Timer { core, period } => {
                    (Attributes { config: CORE_CLOCK, sample_period: period, ..common }, -1, core as libc::c_int)
                }
            };
            let (thread, no_group): (libc::pid_t, libc::c_int) = (thread, -1);
            // SAFETY: the attributes are live, and as long as they say; the rest are numbers.
            let file = unsafe {
                libc::syscall(libc::SYS_perf_event_open, &raw const attributes, thread, core, no_group, CLOSE_ON_EXEC)
            };
            if file < 0 {
                return None;
            }
            // SAFETY: the call has just made this descriptor, and nobody else has it.
            let file = unsafe { File::from_raw_fd(file as i32) };
            // SAFETY: it has no preconditions.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
            // The kernel wants a power of two of pages.
            let size = (room * PLAIN).next_power_of_two().max(page);
            let access = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: a new mapping, at an address that the kernel chooses.
            let map =
                unsafe { libc::mmap(ptr::null_mut(), page + size, access, libc::MAP_SHARED, file.as_raw_fd(), 0) };
            let map = (map != libc::MAP_FAILED).then(|| NonNull::new(map.cast())).flatten()?;
            Some(Self { map, page, size, read: 0, _file: file })
        }

        /// Forgets all notes until now.
        pub(crate) fn forget(&mut self) {
            self.read = self.written();
            // Release: the kernel writes over what was read.
            self.counter(TAIL).store(self.read, Ordering::Release);
        }

        /// Gives all notes since it last forgot, each with its time in ns, in order, and forgets them; false if some are missing.
        pub(crate) fn take(&mut self, mut each: impl FnMut(u64, Note)) -> bool {
            let written = self.written();
            // A full ring has no room for the record that says so.
            let mut whole = written - self.read + 4 * (PLAIN as u64) < self.size as u64;
            while self.read < written {
                let header = self.word(self.read);
                let (kind, said, length) = (header as u32, (header >> 32) as u16, (header >> 48) as usize);
                let time = self.word(self.read + 8);
                match kind {
                    SWITCH if said & OUT != 0 => each(time, Note::Left { ready: said & READY != 0 }),
                    SWITCH => each(time, Note::Back),
                    SAMPLE => each(time, Note::Tick),
                    LOST => whole = false,
                    _ => {}
                }
                self.read += length.max(PLAIN) as u64;
            }
            self.counter(TAIL).store(self.read, Ordering::Release);
            whole
        }

        fn written(&self) -> u64 {
            // Acquire: the records are there when they are counted.
            self.counter(HEAD).load(Ordering::Acquire)
        }

        fn counter(&self, offset: usize) -> &AtomicU64 {
            // SAFETY: both offsets lie in the first page of the mapping.
            let counter = unsafe { self.map.add(offset) };
            // SAFETY: it is aligned, lives as long as the mapping, and the kernel too accesses it as a whole.
            unsafe { AtomicU64::from_ptr(counter.cast().as_ptr()) }
        }

        /// The word at this place of all that was ever written.
        fn word(&self, place: u64) -> u64 {
            let offset = self.page + (place as usize & (self.size - 1) & !7);
            // SAFETY: the offset, rounded down to a word, lies among the mapping's records.
            let word = unsafe { self.map.add(offset) };
            // SAFETY: it is aligned, and the kernel writes no word of a record between tail and head.
            unsafe { word.cast::<u64>().read_volatile() }
        }
    }

    impl Drop for Ring {
        fn drop(&mut self) {
            // SAFETY: the mapping was made by `open` with this length, and no reference into it outlives a method.
            unsafe { libc::munmap(self.map.as_ptr().cast(), self.page + self.size) };
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Event, Note};

    /// Nothing: this system makes no such notes.
    #[derive(Debug)]
    pub(crate) enum Ring {}

    impl Ring {
        pub(crate) fn open(_event: Event, _room: usize) -> Option<Self> {
            None
        }

        pub(crate) fn forget(&mut self) {
            match *self {}
        }

        pub(crate) fn take(&mut self, _each: impl FnMut(u64, Note)) -> bool {
            match *self {}
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
    fn a_ring_gives_each_note_once_and_in_order() {
        let Some(mut ring) = Ring::open(Event::Switches, 1000) else { return };
        ring.forget();
        let begun = monotonic();
        thread::sleep(Duration::from_millis(2));
        let mut notes = Vec::new();
        assert!(ring.take(|time, note| notes.push((time, note))));
        let ended = monotonic();
        assert!(notes.is_sorted_by_key(|(time, _)| *time), "{notes:?}");
        assert!(notes.iter().all(|(time, _)| (begun..=ended).contains(time)), "{notes:?}");
        assert!(notes.chunks(2).all(|pair| matches!(pair, [(_, Note::Left { .. }), (_, Note::Back)])), "{notes:?}");
        assert!(notes.iter().any(|(_, note)| *note == Note::Left { ready: false }), "it slept: {notes:?}");
        assert!(ring.take(|time, note| assert!(ended <= time, "{note:?} comes again")));
    }

    #[test]
    fn notes_for_which_there_is_no_room_are_said_to_be_missing() {
        let Some(mut ring) = Ring::open(Event::Switches, 200) else { return };
        ring.forget();
        for _ in 0..1000 {
            thread::sleep(Duration::from_nanos(1));
        }
        let mut notes = 0;
        assert!(!ring.take(|_, _| notes += 1));
        assert!((200..2000).contains(&notes), "{notes}");
        // The record that says so comes before the next note.
        thread::sleep(Duration::from_nanos(1));
        assert!(!ring.take(|_, _| ()));
        assert!(ring.take(|_, _| ()), "afterwards it is whole again");
    }
}
