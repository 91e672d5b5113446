//! Behaviours: their order, their atomicity, their results, and how they get along with threads that block.
#![cfg(not(polder_loom))]

use std::{
    collections::HashMap,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::{
        Arc, Barrier, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use polder_sync::{
    Behaviour, Lockable, Mutex, RwLock, when,
    when::{DuplicateLock, read, try_when, write},
};

/// Long enough that only a lost behaviour takes longer.
const LONG: Duration = Duration::from_secs(60);

/// Many, or few where each step is slow.
const fn many(natively: usize, emulated: usize) -> usize {
    if cfg!(miri) { emulated } else { natively }
}

fn lock<T>(value: T) -> Arc<Mutex<T>> {
    Arc::new(Mutex::new(value))
}

/// What the behaviour returns; fails if it does not end.
#[track_caller]
fn ended<U: Send + 'static>(behaviour: Behaviour<U>) -> U {
    behaviour.wait_timeout(LONG).expect("a behaviour has been lost")
}

/// Ends when all threads have ended that run drains in the emulator, which wants that.
struct Settled;

impl Drop for Settled {
    fn drop(&mut self) {
        if cfg!(miri) {
            thread::sleep(Duration::from_secs(5));
        }
    }
}

/// For tests whose behaviours block, one at a time: two of them would need more threads than a small pool has.
/// Of std, as to wait for a behaviour with a lock of this crate is refused.
static BLOCKS_THE_POOL: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn a_behaviour_gets_the_values_and_returns_a_result() {
    let _settled = Settled;
    let (number, word) = (lock(1), lock(String::from("a")));
    let sum = when((&number, &word), |number: &mut i32, word: &mut String| {
        *number += 1;
        word.push('b');
        *number as usize + word.len()
    });
    assert_eq!(ended(sum), 4);
    assert_eq!((*number.lock(), word.lock().as_str()), (2, "ab"));
}

#[test]
fn requests_have_none_to_eight_locks() {
    let _settled = Settled;
    assert_eq!(ended(when((), || 7)), 7);
    let locks: [_; 8] = std::array::from_fn(|n| lock(1_u32 << n));
    let [a, b, c, d, e, f, g, h] = &locks;
    assert_eq!(ended(when(a, |a: &mut u32| *a)), 1);
    assert_eq!(ended(when((a,), |a: &mut u32| *a)), 1);
    let sum = when(
        (h, c, a, b, d, g, f, e),
        |h: &mut u32, c: &mut u32, a: &mut u32, b: &mut u32, d: &mut u32, g: &mut u32, f: &mut u32, e: &mut u32| {
            assert_eq!((*h, *c, *a, *b, *d, *g, *f, *e), (128, 4, 1, 2, 8, 64, 32, 16));
            *a + *b + *c + *d + *e + *f + *g + *h
        },
    );
    assert_eq!(ended(sum), 255);
}

#[test]
fn a_lock_that_is_asked_for_twice_is_refused_and_nothing_is_queued() {
    let _settled = Settled;
    let (a, b, c) = (lock(1), lock(2), lock(3));
    let refused = try_when((&a, &b, &c, &b, &a), |_: &mut i32, _: &mut i32, _: &mut i32, _: &mut i32, _: &mut i32| ());
    assert_eq!(refused.unwrap_err(), DuplicateLock { first: 1, second: 3 });
    let panic = panic::catch_unwind(AssertUnwindSafe(|| when((&a, &a), |_: &mut i32, _: &mut i32| ()))).unwrap_err();
    let message = panic.downcast_ref::<String>().expect("a formatted message");
    assert_eq!(message, "a behaviour asks for a lock twice: items 0 and 1 are the same lock");
    // The request's shares are gone, and the locks are free for others.
    assert_eq!(ended(when((&c, &b, &a), |c: &mut i32, b: &mut i32, a: &mut i32| *a + *b + *c)), 6);
    assert_eq!([a, b, c].map(|lock| Arc::strong_count(&lock)), [1; 3]);
}

#[test]
fn a_type_with_a_lock_in_it_can_be_asked_for() {
    struct Account(&'static str, Mutex<i64>);

    impl Lockable for Account {
        type Lock = Mutex<i64>;

        fn as_lock(&self) -> &Mutex<i64> {
            &self.1
        }
    }

    let _settled = Settled;
    let (account, other) = (Arc::new(Account("Ada", Mutex::new(5))), lock(1));
    ended(when((&account, &other), |account: &mut i64, other: &mut i64| *account += *other));
    assert_eq!((account.0, *account.1.lock()), ("Ada", 6));
}

#[test]
fn a_lock_of_an_unsized_value_can_be_asked_for() {
    let _settled = Settled;
    let values: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2, 3]));
    ended(when(&values, |values: &mut [u8]| values.reverse()));
    assert_eq!(*values.lock(), [3, 2, 1]);
}

#[test]
fn behaviours_of_one_lock_run_in_the_order_of_their_spawning() {
    let _settled = Settled;
    let seen = lock(Vec::new());
    let rounds = many(10_000, 40);
    for n in 0..rounds {
        drop(when(&seen, move |seen: &mut Vec<usize>| seen.push(n)));
    }
    let seen = ended(when(&seen, |seen: &mut Vec<usize>| std::mem::take(seen)));
    assert!(seen.into_iter().eq(0..rounds));
}

/// Each behaviour has another choice of locks. Those that share a lock keep their order, whatever the others do.
#[test]
fn behaviours_that_share_any_lock_run_in_the_order_of_their_spawning() {
    type Log = Vec<usize>;
    let _settled = Settled;
    let logs: [_; 4] = std::array::from_fn(|_| lock(Log::new()));
    let rounds = many(8_000, 48);
    for n in 0..rounds {
        let [a, b, c] = [n % 4, (n / 4 + n + 1) % 4, (n / 3) % 4];
        let (a, b, c) = (&logs[a], &logs[b], &logs[c]);
        let push = move |log: &mut Log| log.push(n);
        let two = move |one: &mut Log, other: &mut Log| [one, other].into_iter().for_each(push);
        drop(
            match try_when((a, b, c), move |a: &mut Log, b: &mut Log, c: &mut Log| [a, b, c].into_iter().for_each(push))
            {
                Ok(three) => three,
                Err(_) => try_when((b, a), two).unwrap_or_else(|_| when(a, push)),
            },
        );
    }
    let [a, b, c, d] = &logs;
    let lengths = when((a, b, c, d), |a: &mut Log, b: &mut Log, c: &mut Log, d: &mut Log| {
        [a, b, c, d].map(|log| {
            assert!(log.is_sorted(), "out of order");
            log.len()
        })
    });
    assert!(ended(lengths).into_iter().sum::<usize>() > 2 * rounds);
}

/// Spawners that race: whichever order they get, it is the same one for both locks.
#[test]
fn two_locks_see_the_behaviours_of_both_in_one_order() {
    let _settled = Settled;
    let logs = [lock(Vec::new()), lock(Vec::new())];
    let rounds = many(4_000, 20);
    thread::scope(|scope| {
        for spawner in 0..3 {
            let [a, b] = &logs;
            scope.spawn(move || {
                for n in 0..rounds {
                    let push =
                        move |a: &mut Vec<_>, b: &mut Vec<_>| [a, b].into_iter().for_each(|log| log.push((spawner, n)));
                    drop(if (n + spawner) % 2 == 0 { when((a, b), push) } else { when((b, a), push) });
                }
            });
        }
    });
    let [a, b] = &logs;
    let (first, second) = ended(when((a, b), |a: &mut Vec<_>, b: &mut Vec<_>| (std::mem::take(a), std::mem::take(b))));
    assert_eq!(first.len(), 3 * rounds);
    assert_eq!(first, second);
    for spawner in 0..3 {
        assert!(first.iter().filter(|(by, _)| *by == spawner).map(|(_, n)| *n).eq(0..rounds));
    }
}

/// Readers that are neighbours in the queue are in their closures at the same time: they wait for each other there.
#[test]
fn readers_next_to_each_other_run_at_once() {
    let _alone = BLOCKS_THE_POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let _settled = Settled;
    if rayon_threads() < 2 {
        return;
    }
    for _ in 0..many(200, 4) {
        let (value, other) = (Arc::new(RwLock::new(1)), lock(2));
        let met = Arc::new(Barrier::new(2));
        // So many that drains let their threads do other jobs in between, such as drains.
        (0..many(300, 10)).for_each(|_| drop(when((), || ())));
        let written = when(write(&value), |value: &mut i32| *value += 1);
        let readers = [0, 1].map(|_| {
            let met = Arc::clone(&met);
            when(read(&value), move |value: &i32| {
                met.wait();
                *value
            })
        });
        let late = when((&other, &value), |other: &mut i32, value: &mut i32| {
            *value += *other;
            *value
        });
        ended(written);
        assert_eq!(readers.map(ended), [2, 2]);
        assert_eq!(ended(late), 4);
    }
}

fn rayon_threads() -> usize {
    if cfg!(miri) { 2 } else { rayon_core::current_num_threads() }
}

/// Writers and cascades of readers over two locks: a reader sees all writers that were spawned before it, and none
/// that came after.
#[test]
fn readers_keep_their_place_among_writers() {
    let _settled = Settled;
    let (a, b) = (Arc::new(RwLock::new(0_usize)), Arc::new(RwLock::new(0_usize)));
    let rounds = many(3_000, 12);
    let mut readers = Vec::new();
    for n in 0..rounds {
        drop(match n % 3 {
            0 => when((&a, &b), |a: &mut usize, b: &mut usize| [a, b].into_iter().for_each(|n| *n += 1)),
            1 => when((write(&b), &a), |b: &mut usize, a: &mut usize| [a, b].into_iter().for_each(|n| *n += 1)),
            _ => when((&a, read(&b)), |a: &mut usize, b: &usize| {
                assert_eq!(*a, *b);
                *a += 1;
            })
            .then(write(&a), |(), a: &mut usize| *a -= 1)
            .then((), |()| ()),
        });
        if n % 3 == 2 {
            // The undoing above is another behaviour; the next rounds begin after it.
            while ended(when((read(&a), read(&b)), |a: &usize, b: &usize| a != b)) {}
        }
        let written = n + 1 - (n + 1) / 3;
        for _ in 0..n % 5 {
            readers.push(when((read(&b), read(&a)), move |b: &usize, a: &usize| assert_eq!([*a, *b], [written; 2])));
        }
    }
    readers.into_iter().for_each(ended);
}

/// Threads that read, threads that write, and behaviours of both kinds.
#[test]
fn readers_and_writers_of_all_kinds_share_a_lock() {
    let _settled = Settled;
    let (pair, gate) = (Arc::new(RwLock::new([0_usize; 2])), lock(0_usize));
    let rounds = many(2_000, 10);
    thread::scope(|scope| {
        for kind in 0..4 {
            let (pair, gate) = (&pair, &gate);
            scope.spawn(move || {
                for n in 0..rounds {
                    match kind {
                        0 => pair.write().iter_mut().for_each(|n| *n += 1),
                        1 => {
                            let [a, b] = *pair.read();
                            assert_eq!(a, b);
                        }
                        2 => drop(when((pair, gate), |pair: &mut [usize; 2], gate: &mut usize| {
                            pair.iter_mut().for_each(|n| *n += 1);
                            *gate += 1;
                        })),
                        _ => {
                            let equal = when(read(pair), |[a, b]: &[usize; 2]| assert_eq!(a, b));
                            if n % 8 == 0 {
                                ended(equal);
                            }
                        }
                    }
                }
            });
        }
    });
    let ends = when((&gate, read(&pair)), |gate: &mut usize, pair: &[usize; 2]| (*gate, *pair));
    assert_eq!(ended(ends), (rounds, [2 * rounds; 2]));
}

/// A reader that stays: those after it come and go, and the writer behind them waits for it.
#[test]
fn readers_leave_in_any_order() {
    let _alone = BLOCKS_THE_POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let _settled = Settled;
    if rayon_threads() < 2 {
        return;
    }
    let value = Arc::new(RwLock::new(1));
    let (stay, go) = mpsc::channel();
    let first = when(read(&value), move |value: &i32| {
        go.recv_timeout(LONG).expect("it is told to go");
        *value
    });
    for _ in 0..many(100, 5) {
        assert_eq!(ended(when(read(&value), |value: &i32| *value)), 1);
    }
    let writer = when(&value, |value: &mut i32| *value += 1);
    let after = when(read(&value), |value: &i32| *value);
    assert!(!first.is_finished() && !writer.is_finished() && !after.is_finished());
    stay.send(()).expect("it waits");
    assert_eq!((ended(first), ended(writer), ended(after)), (1, (), 2));
}

#[test]
fn transfers_between_accounts_keep_the_sum() {
    const ACCOUNTS: usize = 8;
    let _settled = Settled;
    let accounts: [_; ACCOUNTS] = std::array::from_fn(|_| lock(100_i64));
    let rounds = many(20_000, 30);
    thread::scope(|scope| {
        for teller in 0..2 {
            let accounts = &accounts;
            scope.spawn(move || {
                for n in 0..rounds {
                    let (from, to) = ((n * 7 + teller) % ACCOUNTS, (n * 3 + 5 * teller + 1) % ACCOUNTS);
                    let transfer = try_when((&accounts[from], &accounts[to]), |from: &mut i64, to: &mut i64| {
                        *from -= 1;
                        *to += 1;
                    });
                    assert_eq!(transfer.is_err(), from == to);
                }
            });
        }
        let [a, b, c, d, e, f, g, h] = &accounts;
        for _ in 0..many(200, 3) {
            type Account = i64;
            let sum = when(
                (a, b, c, d, e, f, g, h),
                |a: &mut Account,
                 b: &mut Account,
                 c: &mut Account,
                 d: &mut Account,
                 e: &mut Account,
                 f: &mut Account,
                 g: &mut Account,
                 h: &mut Account| { *a + *b + *c + *d + *e + *f + *g + *h },
            );
            assert_eq!(ended(sum), 100 * ACCOUNTS as i64);
        }
    });
}

#[test]
fn philosophers_who_each_want_two_forks_all_eat() {
    const TABLE: usize = 5;
    let _settled = Settled;
    let forks: [_; TABLE] = std::array::from_fn(|_| lock(0_usize));
    let meals = many(4_000, 8);
    let eaten: Vec<Behaviour<()>> = (0..TABLE * meals)
        .map(|n| {
            let seat = n % TABLE;
            when((&forks[seat], &forks[(seat + 1) % TABLE]), |left: &mut usize, right: &mut usize| {
                *left += 1;
                *right += 1;
            })
        })
        .collect();
    eaten.into_iter().for_each(ended);
    assert_eq!(forks.map(|fork| *fork.lock()), [2 * meals; TABLE]);
}

/// Santa is woken by all seven reindeer, or by three elves; they go to him together and nobody goes twice at a time.
#[test]
fn santa_sees_whole_groups_only() {
    type Being = usize;
    type Group = Vec<Arc<Mutex<Being>>>;

    struct Grotto {
        santa: Arc<Mutex<Vec<usize>>>,
        stable: Arc<Mutex<Group>>,
        porch: Arc<Mutex<Group>>,
        done: mpsc::Sender<()>,
    }

    fn reindeer(grotto: &Arc<Grotto>, me: &Arc<Mutex<Being>>, trips: usize) {
        let (grotto, me) = (Arc::clone(grotto), Arc::clone(me));
        let stable = Arc::clone(&grotto.stable);
        drop(when(&stable, move |stable: &mut Group| {
            stable.push(me);
            let Ok([a, b, c, d, e, f, g]) = <&[_; 7]>::try_from(&stable[..]) else { return };
            let team = stable.clone();
            let santa = &grotto.santa;
            let grotto = Arc::clone(&grotto);
            type B = Being;
            let deliver = move |santa: &mut Vec<_>,
                                a: &mut B,
                                b: &mut B,
                                c: &mut B,
                                d: &mut B,
                                e: &mut B,
                                f: &mut B,
                                g: &mut B| {
                santa.push(7);
                [a, b, c, d, e, f, g].into_iter().for_each(|being| *being += 1);
                if trips == 1 {
                    grotto.done.send(()).expect("the test listens");
                } else {
                    team.iter().for_each(|member| reindeer(&grotto, member, trips - 1));
                }
            };
            drop(when((santa, a, b, c, d, e, f, g), deliver));
            stable.clear();
        }));
    }

    fn elf(grotto: &Arc<Grotto>, me: &Arc<Mutex<Being>>, questions: usize) {
        let (grotto, me) = (Arc::clone(grotto), Arc::clone(me));
        let porch = Arc::clone(&grotto.porch);
        drop(when(&porch, move |porch: &mut Group| {
            porch.push(me);
            let Ok([a, b, c]) = <&[_; 3]>::try_from(&porch[..]) else { return };
            let team = porch.clone();
            let santa = &grotto.santa;
            let grotto = Arc::clone(&grotto);
            let consult = move |santa: &mut Vec<_>, a: &mut Being, b: &mut Being, c: &mut Being| {
                santa.push(3);
                let asked = [a, b, c].map(|being| {
                    *being += 1;
                    *being
                });
                if asked == [questions; 3] {
                    grotto.done.send(()).expect("the test listens");
                }
                team.iter()
                    .zip(asked)
                    .filter(|(_, asked)| *asked < questions)
                    .for_each(|(elf_, _)| elf(&grotto, elf_, questions));
            };
            drop(when((santa, a, b, c), consult));
            porch.clear();
        }));
    }

    let _settled = Settled;
    let (done, ends) = mpsc::channel();
    let grotto =
        Arc::new(Grotto { santa: lock(Vec::new()), stable: lock(Group::new()), porch: lock(Group::new()), done });
    let trips = many(300, 3);
    let team: Vec<_> = (0..7).map(|_| lock(0)).collect();
    let elves: Vec<_> = (0..3).map(|_| lock(0)).collect();
    team.iter().for_each(|being| reindeer(&grotto, being, trips));
    elves.iter().for_each(|being| elf(&grotto, being, trips));
    for _ in 0..2 {
        ends.recv_timeout(LONG).expect("both kinds end");
    }
    let groups = ended(when(&grotto.santa, |groups: &mut Vec<usize>| std::mem::take(groups)));
    assert_eq!(groups.iter().filter(|size| **size == 7).count(), trips);
    assert_eq!(groups.iter().filter(|size| **size == 3).count(), trips);
    assert!(team.iter().chain(&elves).all(|being| *being.lock() == trips));
}

#[test]
fn a_behaviour_may_begin_others() {
    fn countdown(counter: &Arc<Mutex<Vec<usize>>>, from: usize, done: mpsc::Sender<()>) {
        let again = Arc::clone(counter);
        drop(when(counter, move |seen: &mut Vec<usize>| {
            seen.push(from);
            match from.checked_sub(1) {
                Some(next) => countdown(&again, next, done),
                None => done.send(()).expect("the test listens"),
            }
        }));
    }

    let _settled = Settled;
    let (done, end) = mpsc::channel();
    let counter = lock(Vec::new());
    let from = many(5_000, 20);
    countdown(&counter, from, done);
    end.recv_timeout(LONG).expect("the last one says so");
    assert!(counter.lock().iter().copied().eq((0..=from).rev()));
}

#[test]
fn results_go_on_to_the_next_behaviour() {
    let _settled = Settled;
    let (a, b) = (lock(1), lock(10));
    let chain = when(&a, |a: &mut i32| *a)
        .then((&a, &b), |value: i32, a: &mut i32, b: &mut i32| {
            *a += value;
            *b += value;
            (*a, *b)
        })
        .then((), |(a, b): (i32, i32)| a * b);
    assert_eq!(ended(chain), 22);
    // Of one that has ended.
    let ready = when((), || 5);
    while !ready.is_finished() {
        thread::yield_now();
    }
    assert_eq!(ended(ready.then(&b, |value: i32, b: &mut i32| value + *b)), 16);
}

#[test]
fn a_long_chain_ends() {
    let _settled = Settled;
    let sum = lock(0);
    let mut last = when((), || 0);
    for _ in 0..many(10_000, 20) {
        last = last.then(&sum, |value: usize, sum: &mut usize| {
            *sum += 1;
            value + 1
        });
    }
    assert_eq!(ended(last), many(10_000, 20));
    assert_eq!(*sum.lock(), many(10_000, 20));
}

#[test]
fn a_panic_reaches_the_handle_and_the_locks_are_free() {
    let _settled = Settled;
    let (a, b) = (lock(1), lock(2));
    let panicking = || {
        when((&a, &b), |a: &mut i32, _: &mut i32| {
            *a += 1;
            panic!("on purpose");
        })
    };
    assert_eq!(panicking().join().unwrap_err().downcast_ref(), Some(&"on purpose"));
    let waiting = panicking();
    let panic = panic::catch_unwind(AssertUnwindSafe(|| waiting.wait())).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
    // Through a chain, of which the later closure does not run.
    let through = panicking().then(&b, |(): (), b: &mut i32| *b = 0);
    assert_eq!(through.join().unwrap_err().downcast_ref(), Some(&"on purpose"));
    assert!(a.try_lock().is_some() && b.try_lock().is_some());
    assert_eq!(
        ended(when((&a, &b), |a: &mut i32, b: &mut i32| (*a, *b))),
        (4, 2),
        "values stay as the panics left them"
    );
}

/// Sets a flag when dropped, and panics if it is told to.
struct Bomb(Arc<AtomicUsize>, bool);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
        assert!(!self.1, "a destructor that panics");
    }
}

#[test]
fn results_of_dropped_handles_are_dropped_and_may_panic_there() {
    let _settled = Settled;
    let (drops, gate) = (Arc::new(AtomicUsize::new(0)), lock(()));
    let held = gate.lock();
    for panics in [false, true, false] {
        let bomb = Bomb(Arc::clone(&drops), panics);
        drop(when(&gate, move |(): &mut ()| bomb));
    }
    // A payload is a result too.
    let bomb = Bomb(Arc::clone(&drops), true);
    drop(when(&gate, move |(): &mut ()| panic::panic_any(bomb)));
    assert_eq!(drops.load(Relaxed), 0);
    drop(held);
    ended(when(&gate, |(): &mut ()| ()));
    let begun = Instant::now();
    while drops.load(Relaxed) != 4 {
        assert!(begun.elapsed() < LONG);
        thread::yield_now();
    }
}

#[test]
fn a_result_that_nobody_took_is_dropped_with_the_handle() {
    let _settled = Settled;
    let drops = Arc::new(AtomicUsize::new(0));
    let bomb = Bomb(Arc::clone(&drops), false);
    let behaviour = when((), move || bomb);
    while !behaviour.is_finished() {
        thread::yield_now();
    }
    assert_eq!(drops.load(Relaxed), 0);
    drop(behaviour);
    assert_eq!(drops.load(Relaxed), 1);
}

#[test]
fn shares_of_locks_are_given_up_before_the_result_arrives() {
    let _settled = Settled;
    for _ in 0..many(500, 5) {
        let (a, b) = (lock(1), lock(2));
        let behaviour = when((&a, &b), |a: &mut i32, b: &mut i32| *a += *b);
        behaviour.wait();
        assert_eq!(Arc::into_inner(a).expect("the only share").into_inner(), 3);
        assert_eq!(Arc::into_inner(b).expect("the only share").into_inner(), 2);
    }
}

#[test]
fn a_lock_whose_last_share_is_a_behaviours_is_dropped_with_its_value() {
    let _settled = Settled;
    let drops = Arc::new(AtomicUsize::new(0));
    let value = lock(Bomb(Arc::clone(&drops), true));
    let behaviour = when(&value, |_: &mut Bomb| 7);
    drop(value);
    assert_eq!(ended(behaviour), 7);
    assert_eq!(drops.load(Relaxed), 1);
}

#[test]
fn waits_may_end_before_the_behaviour() {
    let _settled = Settled;
    let gate = lock(1);
    let held = gate.lock();
    let behaviour = when(&gate, |value: &mut i32| *value);
    // Another thread waits, as this one holds the lock.
    let behaviour = thread::spawn(move || {
        let begun = Instant::now();
        let behaviour = behaviour.wait_timeout(Duration::from_millis(20)).unwrap_err();
        assert!(begun.elapsed() >= Duration::from_millis(20));
        let deadline = Instant::now() + Duration::from_millis(5);
        let behaviour = behaviour.wait_until(deadline).unwrap_err();
        assert!(Instant::now() >= deadline);
        assert!(!behaviour.is_finished());
        behaviour
    })
    .join()
    .unwrap();
    drop(held);
    assert_eq!(behaviour.wait_timeout(Duration::MAX).unwrap(), 1);
}

/// Wakes a thread that polls.
struct Unpark(thread::Thread, AtomicUsize);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Relaxed);
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let unpark = Arc::new(Unpark(thread::current(), AtomicUsize::new(0)));
    let waker = Waker::from(unpark);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_behaviour_is_a_future() {
    let _settled = Settled;
    let (a, b) = (lock(1), lock(2));
    for _ in 0..many(1_000, 5) {
        let (a, b) = (Arc::clone(&a), Arc::clone(&b));
        let sum = block_on(async move {
            let a = when(&a, |a: &mut i32| *a);
            let b = when(&b, |b: &mut i32| *b);
            a.await + b.await
        });
        assert_eq!(sum, 3);
    }
    let panic = panic::catch_unwind(AssertUnwindSafe(|| block_on(when((), || panic!("awaited"))))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"awaited"));
}

/// The last waker is called, once; one whose handle is gone, or sleeps, is dropped.
#[test]
fn wakers_are_exchanged_and_dropped() {
    let _settled = Settled;
    let gate = lock(());
    let held = gate.lock();
    let wakers: [_; 4] = std::array::from_fn(|_| Arc::new(Unpark(thread::current(), AtomicUsize::new(0))));
    let [mut first, mut second, mut third] = std::array::from_fn(|_| when(&gate, |(): &mut ()| ()));
    let poll = |behaviour: &mut Behaviour<()>, waker: &Arc<Unpark>| {
        assert!(pin!(behaviour).poll(&mut Context::from_waker(&Waker::from(Arc::clone(waker)))).is_pending());
    };
    poll(&mut first, &wakers[0]);
    poll(&mut first, &wakers[1]);
    assert_eq!(Arc::strong_count(&wakers[0]), 1);
    poll(&mut second, &wakers[2]);
    drop(second);
    assert_eq!(Arc::strong_count(&wakers[2]), 1);
    poll(&mut third, &wakers[3]);
    let third = thread::scope(|scope| {
        scope.spawn(move || third.wait_timeout(Duration::from_millis(1)).unwrap_err()).join().unwrap()
    });
    assert_eq!(Arc::strong_count(&wakers[3]), 1);
    drop(held);
    ended(first);
    ended(third);
    ended(when(&gate, |(): &mut ()| ()));
    let woken = wakers.map(|waker| waker.1.load(Relaxed));
    assert!(
        woken == [0, 0, 0, 0] || woken == [0, 1, 0, 0],
        "{woken:?}: `ended` takes the waker back unless it is too late"
    );
}

/// Behaviours and threads that lock one by one, upwards and downwards as far as that is allowed, over the same three
/// locks.
#[test]
fn behaviours_and_blocking_threads_share_locks() {
    let _settled = Settled;
    let mut locks: [_; 3] = std::array::from_fn(|_| lock(0_usize));
    locks.sort_by_key(Arc::as_ptr);
    let rounds = many(2_000, 15);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let locks = &locks;
        let blocking = [[0, 1], [1, 2], [0, 2]].map(|[low, high]| {
            let stop = &stop;
            scope.spawn(move || {
                let mut taken = 0;
                while !stop.load(Relaxed) && taken < rounds {
                    let mut one = locks[low].lock();
                    let mut other = locks[high].lock();
                    *one += 1;
                    *other += 1;
                    taken += 1;
                }
                taken
            })
        });
        let spawners = [[2, 1, 0], [1, 0, 2], [0, 2, 1]].map(|[a, b, c]| {
            scope.spawn(move || {
                let add = |a: &mut usize, b: &mut usize| {
                    *a += 1;
                    *b += 1;
                };
                for _ in 0..rounds {
                    drop(when((&locks[a], &locks[b]), add));
                    let last = when((&locks[c], &locks[a]), add);
                    if rounds.is_multiple_of(16) {
                        ended(last);
                    }
                }
            })
        });
        for spawner in spawners {
            spawner.join().unwrap();
        }
        stop.store(true, Relaxed);
        let by_threads: usize = blocking.into_iter().map(|thread| thread.join().unwrap()).sum();
        let [a, b, c] = locks;
        let sum = ended(when((a, b, c), |a: &mut usize, b: &mut usize, c: &mut usize| *a + *b + *c));
        assert_eq!(sum, 2 * (by_threads + 2 * 3 * rounds));
    });
}

/// A thread that holds one of two locks: the behaviour waits for it, and the other lock's later users wait for the
/// behaviour.
#[test]
fn a_behaviour_waits_for_a_guard() {
    let _settled = Settled;
    let (a, b) = (lock(0), lock(0));
    let guard = a.lock();
    let both = when((&a, &b), |a: &mut i32, b: &mut i32| {
        *a += 1;
        *b += 1;
    });
    let late = when(&b, |b: &mut i32| *b);
    thread::scope(|scope| {
        let (both, late) = (&both, &late);
        scope.spawn(move || {
            thread::sleep(Duration::from_millis(10));
            assert!(!both.is_finished() && !late.is_finished());
        });
    });
    drop(guard);
    ended(both);
    assert_eq!(ended(late), 1);
}

#[test]
fn a_hundred_thousand_behaviours_end() {
    let _settled = Settled;
    let locks: [_; 16] = std::array::from_fn(|_| lock(0_usize));
    let all = many(100_000, 100);
    for n in 0..all {
        let (a, b) = (n % 16, (n * 5 + 1) % 16);
        drop(when((&locks[a], &locks[if a == b { (a + 1) % 16 } else { b }]), |a: &mut usize, b: &mut usize| {
            *a += 1;
            *b += 1;
        }));
    }
    let ends: Vec<_> = locks.iter().map(|lock| when(lock, |count: &mut usize| *count)).collect();
    assert_eq!(ends.into_iter().map(ended).sum::<usize>(), 2 * all);
}

/// All threads of the pool wait at once for behaviours that need one of them.
#[test]
#[cfg_attr(miri, ignore = "there is no pool")]
fn threads_of_a_pool_may_wait_for_behaviours() {
    let _alone = BLOCKS_THE_POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let number = lock(0);
    let waiting: Vec<_> = (0..2 * rayon_core::current_num_threads())
        .map(|_| {
            let number = Arc::clone(&number);
            let (done, end) = mpsc::channel();
            rayon_core::spawn(move || {
                let gate = lock(());
                let held = gate.lock();
                let behaviour = when((&gate, &number), |(): &mut (), number: &mut i32| *number += 1);
                drop(held);
                behaviour.wait();
                let handle = when(&number, |number: &mut i32| *number);
                let handle =
                    handle.wait_timeout(Duration::ZERO).map_or_else(|handle| handle.wait_timeout(LONG).ok(), Some);
                done.send(handle.is_some()).expect("the test listens");
            });
            end
        })
        .collect();
    assert!(waiting.into_iter().all(|end| end.recv_timeout(LONG).expect("it ends")));
}

/// A pool of the program whose one thread begins a behaviour and then blocks: it does not hold up anybody's.
#[test]
#[cfg_attr(miri, ignore = "there is no pool")]
fn a_blocked_pool_of_the_programs_holds_nobody_up() {
    let pool = rayon_core::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one");
    for _ in 0..20 {
        let barrier = Arc::new(Barrier::new(2));
        let (behaviour, begun) = mpsc::channel();
        pool.spawn({
            let barrier = Arc::clone(&barrier);
            move || {
                behaviour.send(when((), || 1)).expect("the test listens");
                barrier.wait();
            }
        });
        let behaviour = begun.recv_timeout(LONG).expect("it is sent");
        assert_eq!(ended(behaviour), 1);
        assert_eq!(ended(when((), || 2)), 2);
        barrier.wait();
    }
}

#[test]
fn sends_and_shares_as_its_result_does() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    fn is_unpin<T: Unpin>() {}
    fn is_unwind_safe<T: panic::UnwindSafe + panic::RefUnwindSafe>() {}
    is_unwind_safe::<Behaviour<std::cell::Cell<i32>>>();
    is_send::<Behaviour<std::cell::Cell<i32>>>();
    is_sync::<Behaviour<std::cell::Cell<i32>>>();
    is_unpin::<Behaviour<std::marker::PhantomPinned>>();
    let _settled = Settled;
    let behaviour = when((), || HashMap::from([(1, 2)]));
    assert!(format!("{behaviour:?}").starts_with("Behaviour { finished: "));
    assert_eq!(ended(behaviour)[&1], 2);
}

#[cfg(debug_assertions)]
mod with_debug_assertions {
    use super::*;

    fn message(panic: &(dyn std::any::Any + Send)) -> &str {
        panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("")
    }

    #[test]
    fn to_wait_with_a_guard_panics() {
        let _settled = Settled;
        let (a, b) = (lock(1), lock(2));
        let guard = a.lock();
        let behaviour = when((&a, &b), |a: &mut i32, _: &mut i32| *a);
        let panic = panic::catch_unwind(AssertUnwindSafe(|| behaviour.wait())).unwrap_err();
        assert!(message(&*panic).contains("a thread waits for a behaviour"), "{}", message(&*panic));
        drop(guard);
        assert_eq!(ended(when((&a, &b), |a: &mut i32, b: &mut i32| *a + *b)), 3);
    }

    #[test]
    fn to_wait_in_a_behaviour_panics() {
        let _settled = Settled;
        let number = lock(1);
        let again = Arc::clone(&number);
        let outer = when(&number, move |_: &mut i32| when(&again, |number: &mut i32| *number).wait());
        let panic = outer.join().unwrap_err();
        assert!(message(&*panic).contains("a behaviour waits for another one"), "{}", message(&*panic));
    }
}
