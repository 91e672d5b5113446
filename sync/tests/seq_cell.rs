//! The sequence cell: every size and alignment, whole values under many threads, panics and re-entry.
#![cfg(not(polder_loom))]

use std::{
    cell::Cell,
    collections::HashMap,
    fmt::Debug,
    num::NonZeroU32,
    panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    thread,
};

use polder_sync::{NoUninit, SeqCell};

/// How often a thread does its thing: enough to meet the others, and few where each step is emulated.
const ROUNDS: u32 = if cfg!(miri) { 60 } else { 20_000 };

/// A value whose layout the test chooses, filled with bytes that all differ from their neighbours'.
trait Pattern: NoUninit + PartialEq + Debug {
    fn pattern(seed: u8) -> Self;
}

impl<const N: usize> Pattern for [u8; N]
where
    [u8; N]: NoUninit,
{
    fn pattern(seed: u8) -> Self {
        std::array::from_fn(|at| seed.wrapping_mul(31).wrapping_add(at as u8).wrapping_mul(7).wrapping_add(1))
    }
}

/// Bytes with an alignment of their own.
macro_rules! aligned {
    ($name:ident, $align:literal, $size:literal) => {
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(C, align($align))]
        struct $name([u8; $size]);

        const _: () = assert!(size_of::<$name>() == $size && align_of::<$name>() == $align);

        // SAFETY: bytes only, and as just asserted none besides the field's, so no padding.
        unsafe impl NoUninit for $name {}

        impl Pattern for $name {
            fn pattern(seed: u8) -> Self {
                Self(Pattern::pattern(seed))
            }
        }
    };
}
aligned!(Two, 2, 6);
aligned!(Four, 4, 12);
aligned!(Eight, 8, 24);
aligned!(Sixteen, 16, 32);
aligned!(Line, 64, 64);
aligned!(Nothing, 32, 0);

/// All ways in and out give back the same bytes, also where the cell is not at the start of something.
fn round_trip<T: Pattern>() {
    let [first, second, third, fourth] = [1, 2, 3, 4].map(T::pattern);
    let neighbours = (1_u8, SeqCell::new(first), 2_u8);
    let cell = &neighbours.1;
    assert_eq!(cell.load(), first);
    assert_eq!(cell.try_load(), Some(first));
    cell.store(second);
    assert_eq!(cell.load(), second);
    assert_eq!(cell.swap(third), second);
    assert_eq!(cell.update(|value| if value == third { fourth } else { first }), third);
    assert_eq!(cell.load(), fourth);
    let (before, mut cell, after) = neighbours;
    assert_eq!((before, after), (1, 2));
    *cell.get_mut() = first;
    assert_eq!(cell.load(), first, "a moved cell, written without a section");
    cell.store(second);
    assert_eq!(*cell.get_mut(), second);
    assert_eq!(cell.into_inner(), second);
}

#[test]
fn every_size_up_to_four_words() {
    macro_rules! sizes {
        ($($size:literal)*) => { $( round_trip::<[u8; $size]>(); )* };
    }
    sizes!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 64 128 256);
}

#[test]
fn every_alignment() {
    round_trip::<Two>();
    round_trip::<Four>();
    round_trip::<Eight>();
    round_trip::<Sixteen>();
    round_trip::<Line>();
    round_trip::<Nothing>();
    for cell in [SeqCell::new(Line::pattern(1)), SeqCell::new(Line::pattern(2))] {
        assert_eq!(&raw const cell as usize % 64, 0);
    }
}

#[test]
fn types_that_not_every_pattern_of_bits_fits() {
    let flag = SeqCell::new(true);
    assert!(flag.swap(false) && !flag.load());
    let letter = SeqCell::new('a');
    letter.store('\u{10FFFF}');
    assert_eq!(letter.load(), '\u{10FFFF}');
    let number = SeqCell::new(NonZeroU32::MAX);
    assert_eq!(number.update(|n| NonZeroU32::new(n.get() >> 31).expect("one")), NonZeroU32::MAX);
    assert_eq!(number.into_inner(), NonZeroU32::MIN);
    let wide = SeqCell::new(u128::MAX - 1);
    assert_eq!(wide.update(|n| n + 1), u128::MAX - 1);
    assert_eq!(wide.load(), u128::MAX);
    let float = SeqCell::new(f64::NAN);
    assert!(float.load().is_nan());
}

#[test]
fn the_small_promises() {
    static CELL: SeqCell<[u16; 3]> = SeqCell::new([1, 2, 3]);
    assert_eq!(format!("{CELL:?}"), "SeqCell([1, 2, 3])");
    assert_eq!(SeqCell::from(5).into_inner(), 5);
    assert_eq!(SeqCell::<u64>::default().load(), 0);
    fn shared<T: Send + Sync + RefUnwindSafe>(_: &T) {}
    shared(&CELL);
    // As long as the number and the words, and no longer.
    assert_eq!(size_of::<SeqCell<[u8; 13]>>(), 24);
    assert_eq!(size_of::<SeqCell<u64>>(), 16);
    assert_eq!(size_of::<SeqCell<()>>(), 8);
}

/// Readers run until the writers are through; each gets whole values, and none from before one it has had.
fn readers_and_writers<const N: usize>(
    whole: impl Fn([u8; N]) -> bool + Sync,
    value: impl Fn(u8, u32) -> [u8; N] + Sync,
) where
    [u8; N]: NoUninit,
{
    let cell = SeqCell::new(value(0, 0));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers = [(); 2].map(|()| {
            scope.spawn(|| {
                let mut reads = 0_u32;
                while !done.load(Relaxed) || reads == 0 {
                    assert!(whole(cell.load()), "parts of two values");
                    assert!(cell.try_load().is_none_or(&whole), "parts of two values");
                    reads += 1;
                }
            })
        });
        let writers = [1, 2].map(|writer| {
            let (cell, value) = (&cell, &value);
            scope.spawn(move || (1..=ROUNDS).for_each(|round| cell.store(value(writer, round))))
        });
        writers.into_iter().for_each(|writer| writer.join().expect("writes only"));
        done.store(true, Relaxed);
        readers.into_iter().for_each(|reader| reader.join().expect("whole values only"));
    });
    let last = cell.into_inner();
    assert!(last == value(1, ROUNDS) || last == value(2, ROUNDS), "the last value is some writer's last");
}

#[test]
fn a_reader_gets_one_value_whole() {
    // Every byte alike: a part of another value would differ in some piece of each size.
    readers_and_writers::<31>(
        |bytes| bytes.iter().all(|byte| *byte == bytes[0]),
        |writer, round| [writer.wrapping_mul(101).wrapping_add(round as u8); 31],
    );
}

#[test]
fn a_reader_gets_one_value_whole_out_of_two_words() {
    readers_and_writers::<16>(
        |bytes| bytes[..8] == bytes[8..],
        |writer, round| {
            let word = (u64::from(writer) << 32 | u64::from(round)).to_ne_bytes();
            std::array::from_fn(|at| word[at % 8])
        },
    );
}

#[test]
fn a_reader_never_goes_back() {
    let cell = SeqCell::new([0_u64; 3]);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while last < u64::from(ROUNDS) {
                let [value, ..] = cell.load();
                assert!(value >= last, "{value} after {last}");
                last = value;
            }
        });
        (1..=u64::from(ROUNDS)).for_each(|round| cell.store([round; 3]));
        reader.join().expect("forwards only");
    });
}

#[test]
fn a_reader_sees_what_the_writer_did_before() {
    for _ in 0..ROUNDS.min(500) {
        let (message, cell) = (AtomicU32::new(0), SeqCell::new([0_u8; 3]));
        thread::scope(|scope| {
            scope.spawn(|| {
                message.store(7, Relaxed);
                cell.store([1; 3]);
            });
            if cell.load() == [1; 3] {
                assert_eq!(message.load(Relaxed), 7);
            }
        });
    }
}

#[test]
fn updates_are_never_lost() {
    const THREADS: u32 = 4;
    let cell = SeqCell::new([0_u64, u64::MAX, 0]);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let old = cell.update(|[up, down, same]| [up + 1, down - 1, same]);
                    assert_eq!(old[0], u64::MAX - old[1]);
                }
            });
        }
    });
    let sum = u64::from(THREADS * ROUNDS);
    assert_eq!(cell.into_inner(), [sum, u64::MAX - sum, 0]);
}

#[test]
fn swaps_hand_on_each_value_once() {
    const THREADS: u32 = 3;
    let cell = SeqCell::new([0_u32; 5]);
    let mut seen: HashMap<u32, u32> = HashMap::new();
    let takings = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let cell = &cell;
                let token = move |round| thread * ROUNDS + round + 1;
                scope.spawn(move || (0..ROUNDS).map(|round| cell.swap([token(round); 5])).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("swaps only")).collect::<Vec<_>>()
    });
    for taken in takings.into_iter().chain([cell.into_inner()]) {
        assert_eq!(taken, [taken[0]; 5]);
        *seen.entry(taken[0]).or_default() += 1;
    }
    assert_eq!(seen.len() as u32, THREADS * ROUNDS + 1, "no value is lost");
    assert!(seen.values().all(|times| *times == 1), "no value comes twice");
}

#[test]
fn a_panic_in_an_update_changes_nothing() {
    let cell = SeqCell::new([1_u32, 2, 3]);
    let panicked = catch_unwind(|| cell.update(|_| panic!("injected")));
    assert!(panicked.is_err());
    assert_eq!(cell.try_load(), Some([1, 2, 3]), "nobody is inside, nothing has changed");
    cell.store([4, 5, 6]);
    assert_eq!(cell.swap([7, 8, 9]), [4, 5, 6]);

    // In the second attempt, after a write that came in between.
    let attempts = Cell::new(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        cell.update(|[first, ..]| {
            attempts.set(attempts.get() + 1);
            assert_eq!(attempts.get(), 1, "injected");
            cell.store([first + 1; 3]);
            [0; 3]
        })
    }));
    assert!(panicked.is_err());
    assert_eq!((attempts.get(), cell.load()), (2, [8; 3]));
}

#[test]
fn an_update_may_use_the_cell_and_runs_again_if_it_wrote() {
    let cell = SeqCell::new(1_u64);
    // Reading disturbs nothing.
    let attempts = Cell::new(0);
    let old = cell.update(|value| {
        attempts.set(attempts.get() + 1);
        assert_eq!((cell.load(), cell.try_load()), (value, Some(value)));
        value + 1
    });
    assert_eq!((old, cell.load(), attempts.get()), (1, 2, 1));

    // Each way of writing starts it again, even with the value that was there.
    let writes: [fn(&SeqCell<u64>); 3] = [
        |cell| cell.store(cell.load()),
        |cell| assert_eq!(cell.swap(10), 2),
        |cell| assert_eq!(cell.update(|value| value + 1), 10),
    ];
    let attempts = Cell::new(0);
    let old = cell.update(|value| {
        if let Some(write) = writes.get(attempts.get()) {
            write(&cell);
        }
        attempts.set(attempts.get() + 1);
        value * 2
    });
    assert_eq!((old, cell.load(), attempts.get()), (11, 22, 4));
}

#[test]
fn values_of_no_size_take_their_turns_too() {
    let cell = SeqCell::new(());
    let calls = Cell::new(0);
    cell.update(|()| {
        calls.set(calls.get() + 1);
        if calls.get() == 1 {
            cell.store(());
        }
    });
    assert_eq!(calls.get(), 2, "a store counts, though it has nothing to write");
}

/// A read that wrote anything into the cell would end this process.
#[cfg(all(unix, target_pointer_width = "64", not(miri)))]
#[test]
fn reads_work_in_memory_that_nobody_can_write() {
    use std::ptr;

    let length = 64 * 1024; // a multiple of every page size in use
    // SAFETY: a new mapping at a place of the kernel's choice.
    let page = unsafe {
        libc::mmap(
            ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(page, libc::MAP_FAILED);
    let cell = page.cast::<SeqCell<[u8; 29]>>();
    // SAFETY: the mapping is writable, larger than a cell, and aligned to a page.
    unsafe { cell.write(SeqCell::new(<[u8; 29]>::pattern(5))) };
    // SAFETY: our own mapping, on which no reference exists yet.
    assert_eq!(unsafe { libc::mprotect(page, length, libc::PROT_READ) }, 0);
    {
        // SAFETY: written above, and mapped until the end of this block.
        let cell = unsafe { &*cell };
        assert_eq!(cell.load(), <[u8; 29]>::pattern(5));
        assert_eq!(cell.try_load(), Some(<[u8; 29]>::pattern(5)));
        assert!(format!("{cell:?}").starts_with("SeqCell(["));
    }
    // SAFETY: our own mapping, on which no reference exists any more.
    assert_eq!(unsafe { libc::munmap(page, length) }, 0);
}
