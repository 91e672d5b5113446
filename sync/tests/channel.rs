//! Channels: order, room, closing from either side and its races, choices, and the hooks around waits.
#![cfg(not(polder_loom))]

use std::{
    cell::Cell,
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier, Mutex as StdMutex, Once,
        atomic::{
            AtomicU32,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
    time::{Duration, Instant},
};

use polder_sync::{
    Mutex,
    channel::{self, Closed, Receiver, RecvTimeoutError, Select, SendTimeoutError, Sender, TryRecvError, TrySendError},
    parker::{self, BlockingHooks},
};

/// Long enough for another thread to fall asleep, mostly; nothing depends on it.
const SOON: Duration = Duration::from_millis(20);

/// Longer than any test takes.
const LATE: Duration = Duration::from_secs(86_400);

const ROUNDS: u32 = if cfg!(miri) { 5 } else { 150 };

fn pair<T>(room: Option<usize>) -> (Sender<T>, Receiver<T>) {
    room.map_or_else(channel::unbounded, channel::bounded)
}

/// Every kind of queue.
const KINDS: [Option<usize>; 4] = [Some(0), Some(1), Some(3), None];

/// Counts how many of its kind were dropped.
struct Tally(Arc<AtomicU32>);

impl Drop for Tally {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn values_come_out_in_the_order_they_went_in() {
    for room in KINDS {
        let (sender, receiver) = pair(room);
        thread::scope(|scope| {
            scope.spawn(move || (0..ROUNDS).for_each(|number| sender.send(number).expect("a receiver")));
            assert!(receiver.iter().eq(0..ROUNDS), "{room:?}");
        });
    }
}

#[test]
fn each_value_goes_to_one_of_many_receivers() {
    for room in KINDS {
        let (sender, receiver) = pair(room);
        let seen = StdMutex::new(Vec::new());
        thread::scope(|scope| {
            for part in 0..3 {
                let sender = sender.clone();
                scope.spawn(move || {
                    (0..ROUNDS).for_each(|number| sender.send(3 * number + part).expect("a receiver"));
                });
            }
            drop(sender);
            for _ in 0..2 {
                scope.spawn(|| {
                    let mine: Vec<u32> = receiver.clone().into_iter().collect();
                    seen.lock().unwrap().extend(mine);
                });
            }
        });
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..3 * ROUNDS), "{room:?}");
    }
}

#[test]
fn room_is_what_was_asked_for() {
    for room in [1, 3] {
        let (sender, receiver) = channel::bounded(room);
        assert_eq!((sender.capacity(), receiver.capacity()), (Some(room), Some(room)));
        assert!(sender.is_empty() && receiver.is_empty() && !sender.is_full());
        for number in 0..room {
            sender.try_send(number).expect("room");
        }
        assert!(sender.is_full() && receiver.is_full() && !receiver.is_empty());
        assert_eq!((sender.len(), receiver.len()), (room, room));
        assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)));
        assert!(receiver.try_iter().eq(0..room));
    }
    let (sender, receiver) = channel::unbounded();
    assert_eq!((sender.capacity(), sender.is_full()), (None, false));
    sender.send(1).expect("a receiver");
    assert_eq!((receiver.capacity(), receiver.len()), (None, 1));
    let (sender, receiver) = channel::bounded(0);
    assert_eq!((sender.capacity(), receiver.len()), (Some(0), 0));
    assert!(sender.is_empty() && sender.is_full());
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    assert!(catch_unwind(|| channel::bounded::<u64>(usize::MAX)).is_err(), "too much");
}

#[test]
fn without_room_a_send_ends_when_the_value_is_taken() {
    for _ in 0..ROUNDS.min(50) {
        let (sender, receiver) = channel::bounded(0);
        let taken = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                taken.store(1, Relaxed);
                receiver.recv().expect("a value");
            });
            sender.send(()).expect("a receiver");
            // Relaxed: what precedes the receive happens before what follows the send.
            assert_eq!(taken.load(Relaxed), 1);
        });
    }
}

#[test]
fn dropping_a_side_closes_for_the_other() {
    for room in KINDS {
        let (sender, receiver) = pair::<u32>(room);
        let other = sender.clone();
        drop(sender);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty), "a handle is left");
        drop(other);
        assert_eq!(receiver.recv().unwrap_err().into_inner(), ());
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(receiver.recv_for(LATE), Err(RecvTimeoutError::Closed));
        assert!(receiver.is_closed());

        let (sender, receiver) = pair(room);
        assert!(!sender.is_closed());
        drop(receiver);
        assert!(sender.is_closed());
        assert_eq!(sender.send(1).unwrap_err().into_inner(), 1);
        assert_eq!(sender.try_send(2), Err(TrySendError::Closed(2)));
        assert_eq!(sender.send_for(3, LATE), Err(SendTimeoutError::Closed(3)));
        assert_eq!(sender.send_until(4, Instant::now()).unwrap_err().into_inner(), 4);
    }
}

#[test]
fn what_is_left_is_received_after_closing_from_either_side() {
    let closers: [fn(&Sender<u32>, &Receiver<u32>) -> bool; 2] =
        [|sender, _| sender.close(), |_, receiver| receiver.close()];
    for room in [Some(2), None] {
        for close in closers {
            let (sender, receiver) = pair(room);
            sender.send(1).expect("a receiver");
            sender.send(2).expect("a receiver");
            assert!(!sender.is_closed() && close(&sender, &receiver));
            assert!(sender.is_closed() && receiver.is_closed());
            assert!(!sender.close() && !receiver.close(), "only once");
            assert_eq!(sender.send(3).unwrap_err().into_inner(), 3);
            assert_eq!(sender.try_send(4), Err(TrySendError::Closed(4)), "not: full");
            assert_eq!(sender.clone().send_for(5, LATE), Err(SendTimeoutError::Closed(5)));
            assert_eq!(receiver.clone().recv(), Ok(1));
            assert_eq!(receiver.recv_for(LATE), Ok(2));
            assert_eq!(receiver.recv(), Err(Closed(())));
            assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
            assert_eq!(receiver.iter().next(), None);
        }
    }
}

#[test]
fn closing_wakes_all_who_wait() {
    for room in [Some(0), Some(1), None] {
        let (_sender, receiver) = pair::<u32>(room);
        thread::scope(|scope| {
            let waits: [fn(&Receiver<u32>) -> bool; 4] = [
                |receiver| receiver.recv().is_err(),
                |receiver| receiver.recv_for(LATE) == Err(RecvTimeoutError::Closed),
                |receiver| receiver.recv_until(Instant::now() + LATE) == Err(RecvTimeoutError::Closed),
                |receiver| Select::new().recv(receiver, |value| value.is_err()).wait(),
            ];
            let waiters = waits.map(|wait| {
                let receiver = receiver.clone();
                scope.spawn(move || wait(&receiver))
            });
            thread::sleep(SOON);
            receiver.close();
            assert!(waiters.into_iter().all(|waiter| waiter.join().expect("does not panic")));
        });
    }
    for room in [0, 1] {
        let (sender, receiver) = channel::bounded(room);
        (0..room as u32).for_each(|number| sender.send(number).expect("room"));
        thread::scope(|scope| {
            let waits: [fn(&Sender<u32>) -> u32; 4] = [
                |sender| sender.send(7).unwrap_err().into_inner(),
                |sender| sender.send_for(7, LATE).unwrap_err().into_inner(),
                |sender| sender.send_until(7, Instant::now() + LATE).unwrap_err().into_inner(),
                |sender| {
                    let mut slot = Some(7);
                    let error = Select::new().send(sender, &mut slot, |sent| sent.is_err()).wait();
                    assert!(error);
                    slot.expect("not sent")
                },
            ];
            let waiters = waits.map(|wait| {
                let sender = sender.clone();
                scope.spawn(move || wait(&sender))
            });
            thread::sleep(SOON);
            sender.close();
            for waiter in waiters {
                assert_eq!(waiter.join().expect("does not panic"), 7, "given back");
            }
        });
        assert!(receiver.iter().eq(0..room as u32), "what waited outside is not let in afterwards");
    }
}

/// Whatever was sent before a closing is received before anybody reports it.
#[test]
fn no_receiver_reports_the_end_too_early() {
    for room in [Some(1), None] {
        // Many channels for one pair of threads, for the moment is short.
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..if cfg!(miri) { 20 } else { 30_000 }).map(|_| pair(room)).unzip();
        thread::scope(|scope| {
            scope.spawn(|| {
                for sender in senders {
                    sender.send(1).expect("open");
                    sender.close();
                }
            });
            for receiver in &receivers {
                let mut looks = 1_u32..;
                let first = loop {
                    match receiver.try_recv() {
                        // Without a break the sender may not run at all.
                        Err(TryRecvError::Empty) if looks.next().is_some_and(|look| look.is_multiple_of(1_000)) => {
                            thread::yield_now();
                        }
                        Err(TryRecvError::Empty) => std::hint::spin_loop(),
                        over => break over,
                    }
                };
                assert_eq!((first, receiver.recv()), (Ok(1), Err(Closed(()))));
            }
        });
    }
}

/// Senders, receivers and a closing at once: each value ends in exactly one place, and nowhere is one lost.
#[test]
fn a_value_is_returned_or_received_or_dropped_with_the_channel() {
    for room in KINDS {
        for round in 0..ROUNDS {
            let (sender, receiver) = pair(room);
            let drops = Arc::new(AtomicU32::new(0));
            let begin = Barrier::new(4);
            let [sent, returned, received] = [(); 3].map(|()| AtomicU32::new(0));
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        begin.wait();
                        for _ in 0..4 {
                            match sender.send(Tally(Arc::clone(&drops))) {
                                Ok(()) => &sent,
                                Err(closed) => {
                                    assert!(sender.is_closed());
                                    drop(closed.into_inner());
                                    &returned
                                }
                            }
                            .fetch_add(1, SeqCst);
                        }
                    });
                }
                scope.spawn(|| {
                    begin.wait();
                    for value in &receiver {
                        received.fetch_add(1, SeqCst);
                        drop(value);
                    }
                });
                scope.spawn(|| {
                    begin.wait();
                    (0..round % 64).for_each(|_| std::hint::spin_loop());
                    sender.close();
                });
            });
            let late = receiver.len() as u32;
            let [sent, returned, received] = [sent, returned, received].map(AtomicU32::into_inner);
            assert_eq!(sent + returned, 8, "{room:?}");
            assert_eq!(sent, received + late, "{room:?}");
            assert_eq!(drops.load(SeqCst), returned + received);
            drop(receiver);
            assert_eq!(drops.load(SeqCst), 8, "the last receiver takes what is left with it");
        }
    }
}

#[test]
fn what_is_left_is_dropped_with_the_last_receiver_and_not_later() {
    for room in [Some(3), None] {
        let drops = Arc::new(AtomicU32::new(0));
        let (sender, receiver) = pair(room);
        let other = receiver.clone();
        for _ in 0..3 {
            assert!(sender.send(Tally(Arc::clone(&drops))).is_ok());
        }
        receiver.close();
        drop(receiver);
        assert_eq!(drops.load(SeqCst), 0);
        drop(other);
        assert_eq!(drops.load(SeqCst), 3, "although there is a sender");
        drop(sender);
        assert_eq!(drops.load(SeqCst), 3);
    }
}

/// A request that nobody will answer: its end tells the one who asked, who still has the channel for requests.
#[test]
fn an_answer_that_will_not_come_is_not_waited_for() {
    for room in [Some(1), None] {
        let (requests, server) = pair(room);
        let (answer, answers) = channel::bounded::<u32>(1);
        requests.send(answer).expect("a receiver");
        thread::scope(|scope| {
            let asks = scope.spawn(move || answers.recv());
            drop(server);
            assert_eq!(asks.join().expect("does not panic"), Err(Closed(())));
        });
        assert!(requests.is_closed());
    }
}

#[test]
fn a_destructor_that_panics_keeps_no_other_from_running() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("as asked for");
        }
    }
    for room in [Some(3), None] {
        let drops = Arc::new(AtomicU32::new(0));
        let (sender, receiver) = pair::<(Option<Panics>, Tally)>(room);
        for panics in [None, Some(Panics), None] {
            assert!(sender.send((panics, Tally(Arc::clone(&drops)))).is_ok());
        }
        assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
        assert!(sender.is_closed() && sender.try_send((None, Tally(Arc::clone(&drops)))).is_err());
        drop(sender);
        assert_eq!(drops.load(SeqCst), 4);
    }
}

#[test]
fn timed_waits_are_not_over_early() {
    let (sender, receiver) = channel::bounded(1);
    let begin = Instant::now();
    assert_eq!(receiver.recv_for(SOON), Err(RecvTimeoutError::Timeout));
    assert!(begin.elapsed() >= SOON);
    let deadline = Instant::now() + SOON;
    assert_eq!(receiver.recv_until(deadline), Err(RecvTimeoutError::Timeout));
    assert!(Instant::now() >= deadline);

    let past = Instant::now();
    sender.send_until(1, past).expect("room is used whatever the deadline");
    let begin = Instant::now();
    assert_eq!(sender.send_for(2, SOON), Err(SendTimeoutError::Timeout(2)));
    assert!(begin.elapsed() >= SOON);
    let deadline = Instant::now() + SOON;
    assert_eq!(sender.send_until(3, deadline).unwrap_err().into_inner(), 3);
    assert!(Instant::now() >= deadline);
    assert_eq!(receiver.recv_until(past), Ok(1), "what is there is taken whatever the deadline");

    let begin = Instant::now();
    let choice = Select::new().recv(&receiver, |_| ());
    let choice = choice.wait_for(SOON).expect_err("nothing there");
    assert!(begin.elapsed() >= SOON);
    assert!(choice.wait_until(past).is_err());
}

#[test]
fn a_value_in_time_ends_a_wait_of_any_length() {
    for wait in [Duration::MAX, LATE] {
        let (sender, receiver) = channel::bounded(1);
        thread::scope(|scope| {
            let waiter = scope.spawn(move || {
                let plain = receiver.recv_for(wait).expect("one comes");
                let chosen = Select::new().recv(&receiver, |value| value.expect("one comes")).wait_for(wait);
                (plain, chosen.expect("chosen"))
            });
            thread::sleep(SOON);
            sender.send_for(1, wait).expect("room");
            sender.send_for(2, wait).expect("room, in time");
            assert_eq!(waiter.join().expect("does not panic"), (1, 2));
        });
    }
}

#[test]
fn a_choice_does_one_thing_and_no_other() {
    let (left, from_left) = channel::unbounded();
    let (right, from_right) = channel::bounded(1);
    for _ in 0..ROUNDS {
        left.send(1).expect("a receiver");
        let mut slot = Some(2);
        let chosen = Select::new()
            .recv(&from_left, |value| value.expect("open"))
            .send(&right, &mut slot, |sent| sent.map_or(0, |()| 2))
            .wait();
        match chosen {
            1 => assert_eq!((slot, from_left.len(), right.len()), (Some(2), 0, 0)),
            2 => assert_eq!((slot, from_left.recv(), from_right.recv()), (None, Ok(1), Ok(2))),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn each_case_that_can_be_done_has_its_chance() {
    let (left, from_left) = channel::unbounded();
    let (right, from_right) = channel::unbounded();
    let mut seen = HashSet::new();
    // Too many for one of the two to be missed by chance.
    for _ in 0..if cfg!(miri) { 30 } else { 200 } {
        left.send('l').expect("a receiver");
        right.send('r').expect("a receiver");
        seen.insert(Select::new().recv(&from_left, Result::ok).recv(&from_right, Result::ok).wait());
    }
    assert_eq!(seen, HashSet::from([Some('l'), Some('r')]));
}

#[test]
fn a_choice_that_has_failed_can_be_used_again() {
    let (sender, receiver) = channel::bounded(1);
    sender.send(1).expect("room");
    let mut slot = Some(2);
    let choice = Select::new().send(&sender, &mut slot, |sent| sent.is_ok());
    let choice = choice.try_wait().expect_err("full");
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(choice.try_wait().ok(), Some(true));
    assert_eq!((slot, receiver.recv()), (None, Ok(2)));
    let (sender, receiver) = channel::bounded(0);
    let slot = &mut Some(3);
    let alone = Select::new().recv(&receiver, |_| ()).send(&sender, slot, |_| ());
    assert!(alone.wait_for(SOON).is_err(), "a thread does not meet itself");
    assert!(Select::<()>::default().try_wait().is_err(), "without cases nothing can be done");
    assert_eq!(format!("{:?}", Select::<()>::new()), "Select { cases: 0, .. }");
}

#[test]
fn a_choice_hears_of_closed_channels() {
    let (sender, receiver) = channel::unbounded::<u32>();
    sender.send(1).expect("open");
    sender.close();
    let take = || Select::new().recv(&receiver, |value| value.ok()).try_wait().ok();
    assert_eq!((take(), take()), (Some(Some(1)), Some(None)), "first what is left, then the end");
    for _ in 0..50 {
        let mut slot = Some(2);
        assert!(
            Select::new().send(&sender, &mut slot, |sent| sent.is_err()).wait(),
            "never by chance into a closed one"
        );
        assert_eq!(slot, Some(2));
    }
    let (sender, receiver) = channel::bounded(1);
    drop(receiver);
    let mut slot = Some(3);
    assert!(Select::new().send(&sender, &mut slot, |sent| sent.is_err()).wait());
    assert_eq!(slot, Some(3), "given back");
}

/// Two threads, each with a choice of sending and receiving, on channels without room.
#[test]
fn choices_meet() {
    let (there, from_here) = channel::bounded(0);
    let (here, from_there) = channel::bounded(0);
    let exchange = |to: &Sender<u32>, from: &Receiver<u32>, mine: u32| {
        let (mut slot, mut got) = (Some(mine), None);
        while slot.is_some() || got.is_none() {
            let mut choice = Select::new();
            if got.is_none() {
                choice = choice.recv(from, |value| Some(value.expect("open")));
            }
            if slot.is_some() {
                choice = choice.send(to, &mut slot, |sent| {
                    sent.expect("open");
                    None
                });
            }
            got = choice.wait().or(got);
        }
        got
    };
    for round in 0..ROUNDS {
        thread::scope(|scope| {
            let other = scope.spawn(|| exchange(&here, &from_here, round));
            assert_eq!(exchange(&there, &from_there, round + 1), Some(round));
            assert_eq!(other.join().expect("does not panic"), Some(round + 1));
        });
    }
}

#[test]
fn panics_leave_the_channel_as_it_is() {
    let (sender, receiver) = channel::bounded(2);
    sender.send(1).expect("room");
    sender.send(2).expect("room");
    let first = catch_unwind(|| Select::new().recv(&receiver, |_| panic!("in the closure")).wait());
    assert!(first.is_err());
    assert_eq!(receiver.recv(), Ok(2), "the first has been taken");

    let mut slot = Some(3);
    let sent = catch_unwind(AssertUnwindSafe(|| {
        Select::new().send(&sender, &mut slot, |_| panic!("in the closure")).wait();
    }));
    assert!(sent.is_err());
    assert_eq!((slot, receiver.recv()), (None, Ok(3)));

    let empty = catch_unwind(|| Select::new().send(&sender, &mut None, |_| ()).wait());
    assert!(empty.is_err(), "no value to send");
    assert!(catch_unwind(|| Select::<()>::new().wait()).is_err(), "nothing to wait for");
    assert!(sender.is_empty());

    thread::scope(|scope| {
        let sender = sender; // the last one
        let thread = scope.spawn(move || {
            sender.send(4).expect("room");
            panic!("with the sender");
        });
        assert!(thread.join().is_err());
    });
    assert_eq!((receiver.recv(), receiver.recv()), (Ok(4), Err(Closed(()))), "unwinding drops the sender");
}

thread_local! {
    /// How often each hook has run on this thread.
    static BEFORE: Cell<u32> = const { Cell::new(0) };
    static AFTER: Cell<u32> = const { Cell::new(0) };
    /// What else the hooks of this thread do.
    static ACTION: Cell<fn()> = const { Cell::new(|| ()) };
}

/// A lock of a runtime, which its threads hold while they do not sleep.
static RUNTIME: AtomicU32 = AtomicU32::new(0);

/// Counts, per thread.
struct Watch;

impl BlockingHooks for Watch {
    type Token = ();

    fn before() {
        assert_eq!(BEFORE.get(), AFTER.get(), "pairs do not overlap");
        BEFORE.set(BEFORE.get() + 1);
        ACTION.get()();
    }

    fn after((): ()) {
        ACTION.get()();
        AFTER.set(AFTER.get() + 1);
    }
}

/// How many pairs of hooks run on this thread meanwhile.
fn pairs(body: impl FnOnce()) -> u32 {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| parker::set_blocking_hooks::<Watch>().expect("nobody else does"));
    let before = BEFORE.get();
    body();
    assert_eq!(BEFORE.get(), AFTER.get(), "each `before` has its `after`");
    AFTER.get() - before
}

#[test]
fn hooks_do_not_run_where_nobody_sleeps() {
    let (sender, receiver) = channel::bounded(1);
    let count = pairs(|| {
        sender.send(1).expect("room");
        assert!(sender.try_send(2).is_err());
        assert_eq!(sender.send_for(2, Duration::ZERO), Err(SendTimeoutError::Timeout(2)));
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(receiver.recv_until(Instant::now()), Err(RecvTimeoutError::Timeout));
        assert!(Select::new().recv(&receiver, |_| ()).try_wait().is_err());
        assert!(Select::new().recv(&receiver, |_| ()).wait_for(Duration::ZERO).is_err());
        sender.send_for(3, LATE).expect("room");
        assert_eq!(Select::new().recv(&receiver, |value| value.ok()).wait(), Some(3));
        sender.close();
        assert!(receiver.recv().is_err() && sender.send(4).is_err());
        assert!(Select::new().recv(&receiver, |value| value.is_err()).wait());
    });
    assert_eq!(count, 0);
}

/// How many pairs of hooks run in a wait that is long enough to come to a sleep.
fn pairs_of(wait: impl Fn(Duration)) -> u32 {
    (0..20).map(|doublings| pairs(|| wait(SOON * (1 << doublings)))).find(|&count| count > 0).expect("the wait sleeps")
}

#[test]
fn hooks_run_once_around_a_wait() {
    let (sender, receiver) = channel::bounded(1);
    assert_eq!(pairs_of(|time| assert!(receiver.recv_for(time).is_err())), 1);
    assert_eq!(pairs_of(|time| assert!(receiver.recv_until(Instant::now() + time).is_err())), 1);
    assert_eq!(pairs_of(|time| assert!(Select::new().recv(&receiver, |_| ()).wait_for(time).is_err())), 1);
    sender.send(0).expect("room");
    assert_eq!(pairs_of(|time| assert!(sender.send_for(1, time).is_err())), 1);
    assert_eq!(pairs_of(|time| assert!(sender.send_until(1, Instant::now() + time).is_err())), 1);
    assert_eq!(pairs_of(|time| assert!(Select::new().send(&sender, &mut Some(1), |_| ()).wait_for(time).is_err())), 1);
}

#[test]
fn hooks_run_around_a_sleep_that_somebody_ends() {
    let ends: [fn(&Sender<u32>); 2] = [|sender| sender.send(1).expect("a receiver"), |sender| assert!(sender.close())];
    for end in ends {
        // Sleeping is what the tests cannot force on a thread that is about to; so try until it has happened, with
        // more and more time.
        let slept = (1..=100).any(|tries| {
            let (sender, receiver) = channel::bounded(0);
            thread::scope(|scope| {
                let waiter = scope.spawn(move || pairs(|| _ = receiver.recv()));
                thread::sleep(SOON * tries);
                end(&sender);
                waiter.join().expect("does not panic") == 1
            })
        });
        assert!(slept, "no thread has slept");
    }
}

/// A hook that waits at a channel does not run the hooks again.
#[test]
fn waits_inside_hooks_run_without_hooks() {
    static INNER: AtomicU32 = AtomicU32::new(0);
    let (_sender, receiver) = channel::bounded::<u32>(1);
    ACTION.set(|| {
        let (_sender, receiver) = channel::unbounded::<u32>();
        assert!(receiver.recv_for(Duration::from_millis(1)).is_err());
        INNER.fetch_add(1, Relaxed);
    });
    let count = pairs_of(|time| assert!(receiver.recv_for(time).is_err()));
    ACTION.set(|| ());
    assert_eq!((count, INNER.load(Relaxed)), (1, 2));
}

/// The threads of a runtime hold its lock except while they sleep. `after` waits for the lock, so whoever holds it must not
/// depend on a thread that is in there: no queue may be in the middle of a step then.
#[test]
fn a_runtime_with_a_lock_gets_on() {
    fn take() {
        while RUNTIME.compare_exchange(0, 1, SeqCst, SeqCst).is_err() {
            thread::yield_now();
        }
    }
    thread_local! { static ASLEEP: Cell<bool> = const { Cell::new(false) }; }
    fn toggle() {
        if ASLEEP.replace(!ASLEEP.get()) { take() } else { RUNTIME.store(0, SeqCst) }
    }
    for room in KINDS {
        let (sender, receiver) = pair(room);
        let attached = |body: &dyn Fn()| {
            pairs(|| {
                ACTION.set(toggle);
                take();
                body();
                RUNTIME.store(0, SeqCst);
                ACTION.set(|| ());
            })
        };
        thread::scope(|scope| {
            for by_choice in [true, false] {
                let (sender, receiver) = (&sender, &receiver);
                scope.spawn(move || {
                    attached(&|| {
                        for number in 0..ROUNDS / 4 {
                            let mut slot = Some(number);
                            let choice = Select::new().send(sender, &mut slot, |sent| sent.is_ok());
                            assert!(if by_choice { choice.wait() } else { sender.send(number).is_ok() });
                        }
                    })
                });
                scope.spawn(move || {
                    attached(&|| {
                        for _ in 0..ROUNDS / 4 {
                            let choice = Select::new().recv(receiver, |value| value.is_ok());
                            assert!(if by_choice { choice.wait() } else { receiver.recv().is_ok() });
                        }
                    })
                });
            }
        });
        assert!(receiver.is_empty(), "{room:?}");
    }
}

/// Runs itself as a child process, since what is tested ends the process.
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn a_hook_that_panics_ends_the_process() {
    const CHILD: &str = "POLDER_TEST_CHANNEL_HOOK";
    if std::env::var_os(CHILD).is_some() {
        let (_sender, receiver) = channel::bounded::<u32>(1);
        ACTION.set(|| panic!("as asked for"));
        let survived = catch_unwind(|| pairs_of(|time| _ = receiver.recv_for(time)));
        println!("survived: {survived:?}");
        std::process::exit(0);
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_hook_that_panics_ends_the_process", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(!child.status.success() && !stdout.contains("survived"), "{stdout}");
    assert!(stderr.contains("a blocking hook panicked"), "{stderr}");
}

#[test]
fn small_promises() {
    let (sender, receiver) = channel::bounded(2);
    sender.send("value").expect("room");
    assert_eq!(format!("{sender:?}"), "Sender { len: 1, capacity: Some(2), closed: false, .. }");
    assert_eq!(format!("{receiver:?}"), "Receiver { len: 1, capacity: Some(2), closed: false, .. }");
    assert!(format!("{:?} {:?}", receiver.iter(), receiver.try_iter()).starts_with("Iter(Receiver {"));
    let (other_sender, other_receiver) = channel::bounded::<&str>(2);
    assert!(sender.same_channel(&sender.clone()) && !sender.same_channel(&other_sender));
    assert!(receiver.same_channel(&receiver.clone()) && !receiver.same_channel(&other_receiver));

    struct Opaque;
    let (sender, receiver) = channel::bounded(0);
    let full = sender.try_send(Opaque).unwrap_err();
    assert_eq!((format!("{full:?}"), full.to_string()), ("Full(..)".into(), "the channel is full".into()));
    let late = sender.send_for(Opaque, Duration::ZERO).unwrap_err();
    assert_eq!(format!("{late:?}"), "Timeout(..)");
    assert!(late.to_string().contains("time"));
    assert_eq!(TryRecvError::Empty.to_string(), "the channel is empty");
    assert_eq!(RecvTimeoutError::Timeout.to_string(), late.to_string());
    drop(receiver);
    let closed: Box<dyn std::error::Error> = sender.send(Opaque).unwrap_err().into();
    assert_eq!((format!("{closed:?}"), closed.to_string()), ("Closed(..)".into(), "the channel is closed".into()));
    assert_eq!(TryRecvError::from(Closed(())), TryRecvError::Closed);
    assert_eq!(RecvTimeoutError::from(Closed(())), RecvTimeoutError::Closed);
    assert_eq!(TryRecvError::Closed.to_string(), RecvTimeoutError::Closed.to_string());
    assert!(matches!(TrySendError::from(sender.send(Opaque).unwrap_err()), TrySendError::Closed(Opaque)));
    assert!(matches!(SendTimeoutError::from(sender.send(Opaque).unwrap_err()), SendTimeoutError::Closed(Opaque)));
}

/// A channel of what may be sent goes anywhere; the values need not be shareable.
#[test]
fn handles_cross_threads() {
    fn goes_anywhere<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>(_: &T) {}
    let (sender, receiver) = channel::unbounded::<Cell<u32>>();
    goes_anywhere(&sender);
    goes_anywhere(&receiver);
}

/// A combined closure takes no lock of a program, and closing a channel is not taking one: the sleeper hears it.
#[test]
fn a_combined_closure_may_close_a_channel() {
    let (sender, receiver) = channel::bounded::<u32>(1);
    let mutex = Mutex::new(());
    thread::scope(|scope| {
        let waits = scope.spawn(|| receiver.recv());
        mutex.combine(|()| assert!(sender.close()));
        assert!(waits.join().expect("does not panic").is_err());
    });
}

/// Whoever is told of the end finds the flag set.
#[test]
fn an_end_that_is_reported_is_known_to_all() {
    for _ in 0..if cfg!(miri) { 5 } else { 2_000 } {
        let (sender, receiver) = channel::unbounded::<u32>();
        thread::scope(|scope| {
            scope.spawn(move || drop(sender));
            assert!(receiver.recv().is_err());
            assert!(receiver.is_closed() && !receiver.close());
        });
    }
}
