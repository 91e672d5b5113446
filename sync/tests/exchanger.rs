//! What an exchanger promises, with real threads.
#![cfg(not(polder_loom))]

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::{Exchanger, Unmatched};

const ROUNDS: u32 = if cfg!(miri) { 10 } else { 1000 };
/// Long enough for a thread to fall asleep, most of the time.
const MOMENT: Duration = Duration::from_millis(5);

/// A value that counts its drops, and is not `Copy`.
struct Counted {
    number: u32,
    drops: Arc<AtomicU32>,
}

impl Counted {
    fn new(number: u32, drops: &Arc<AtomicU32>) -> Self {
        Self { number, drops: Arc::clone(drops) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Relaxed);
    }
}

#[test]
fn two_threads_swap() {
    let exchanger = Exchanger::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                assert_eq!(exchanger.exchange(2 * round), 2 * round + 1);
            }
        });
        for round in 0..ROUNDS {
            assert_eq!(exchanger.exchange(2 * round + 1), 2 * round);
        }
    });
}

#[test]
fn each_value_arrives_once_among_many_threads() {
    const THREADS: u32 = 4;
    let (exchanger, drops) = (Exchanger::new(), Arc::new(AtomicU32::new(0)));
    let pairs: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (exchanger, drops) = (&exchanger, &drops);
                scope.spawn(move || {
                    let mut pairs = Vec::new();
                    for round in 0..ROUNDS {
                        let mine = thread * ROUNDS + round;
                        // The last ones may find nobody left to meet, so all have a deadline and go on if it passes.
                        match exchanger.exchange_for(Counted::new(mine, drops), Duration::from_micros(500)) {
                            Ok(theirs) => pairs.push((mine, theirs.number)),
                            Err(back) => assert_eq!(back.into_inner().number, mine),
                        }
                    }
                    pairs
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let set: HashSet<_> = pairs.iter().copied().collect();
    assert_eq!(set.len(), pairs.len());
    assert!(set.iter().all(|&(mine, theirs)| set.contains(&(theirs, mine))), "an exchange has two sides");
    let got: HashSet<_> = pairs.iter().map(|&(_, theirs)| theirs).collect();
    assert_eq!(got.len(), pairs.len(), "a value arrives once");
    assert_eq!(drops.load(Relaxed), THREADS * ROUNDS, "each is dropped once");
    assert_eq!(format!("{exchanger:?}"), "Exchanger { waiting: false }", "nothing is left behind");
}

#[test]
fn a_time_out_gives_the_value_back() {
    let (exchanger, drops) = (Exchanger::new(), Arc::new(AtomicU32::new(0)));
    let begun = Instant::now();
    let unmatched = exchanger.exchange_for(Counted::new(1, &drops), MOMENT).err().unwrap();
    assert!(begun.elapsed() >= MOMENT);
    let deadline = Instant::now() + MOMENT;
    let unmatched = exchanger.exchange_until(unmatched.into_inner(), deadline).err().unwrap();
    assert!(Instant::now() >= deadline);
    let unmatched = exchanger.exchange_for(unmatched.into_inner(), Duration::ZERO).err().unwrap();
    let unmatched = exchanger.try_exchange(unmatched.into_inner()).err().unwrap();
    assert_eq!(drops.load(Relaxed), 0);
    assert_eq!(format!("{unmatched:?}: {unmatched}"), "Unmatched { .. }: nobody came to exchange with");
    assert_eq!(unmatched.into_inner().number, 1);
    assert_eq!(drops.load(Relaxed), 1);
    // It is not there any more, so nobody meets it.
    assert!(exchanger.try_exchange(Counted::new(2, &drops)).is_err());
}

#[test]
fn try_exchange_meets_whoever_waits() {
    let exchanger = Exchanger::new();
    assert_eq!(exchanger.try_exchange("here").map_err(Unmatched::into_inner), Err("here"));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| exchanger.exchange_for("there", Duration::MAX));
        let mut mine = "here";
        let theirs = loop {
            match exchanger.try_exchange(mine) {
                Ok(theirs) => break theirs,
                Err(back) => mine = back.into_inner(),
            }
            thread::yield_now();
        };
        assert_eq!((theirs, waiting.join().unwrap()), ("there", Ok("here")));
    });
}

#[test]
fn a_deadline_and_a_partner_at_the_same_moment() {
    // Whatever happens, the two agree whether they have met, and no value is lost.
    let exchanger = Exchanger::new();
    for round in 0..ROUNDS.min(200) {
        let hasty = Duration::from_micros(u64::from(round % 60));
        thread::scope(|scope| {
            let other = scope.spawn(|| exchanger.exchange_for(1, hasty));
            let here = exchanger.exchange_for(2, hasty);
            match (here, other.join().unwrap()) {
                (Ok(theirs), Ok(mine)) => assert_eq!((theirs, mine), (1, 2)),
                (Err(mine), Err(theirs)) => assert_eq!((mine.into_inner(), theirs.into_inner()), (2, 1)),
                (here, there) => panic!("one has met the other, but not the other the one: {here:?}, {there:?}"),
            }
        });
    }
}

#[test]
fn values_may_borrow() {
    let (left, right) = ("left".to_owned(), "right".to_owned());
    let exchanger = Exchanger::default();
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(exchanger.exchange(left.as_str()), "right"));
        assert_eq!(exchanger.exchange(right.as_str()), "left");
    });
}

#[test]
fn a_send_value_is_enough() {
    fn shared<T: Send + Sync>() {}
    shared::<Exchanger<std::cell::Cell<u32>>>();
}
