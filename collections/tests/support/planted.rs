//! A map without a bug, and maps with a bug each, which a checker has to find.

use std::{
    collections::HashMap,
    hint::black_box,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use crate::call::{Answer, Call, Subject, expected, updated};

/// The slow twin: a standard map behind one lock.
#[derive(Debug, Default)]
pub(crate) struct Locked(Mutex<HashMap<u64, u64>>);

/// An update reads under one lock and writes under the next.
#[derive(Debug, Default)]
pub(crate) struct TornUpdate(Locked);

/// A get reads a copy that is brought up to date every now and then.
#[derive(Debug, Default)]
pub(crate) struct StaleGet {
    entries: Locked,
    shown: Mutex<HashMap<u64, u64>>,
    writes: AtomicU64,
}

/// Growth copies the entries, and the copy replaces what was written meanwhile.
#[derive(Debug, Default)]
pub(crate) struct ForgetfulGrowth {
    entries: Mutex<HashMap<u64, u64>>,
    capacity: AtomicU64,
}

/// An exchange writes one key under one lock and the other key under the next.
#[derive(Debug, Default)]
pub(crate) struct HalfExchange(Locked);

/// A snapshot is taken key by key.
#[derive(Debug, Default)]
pub(crate) struct TornSnapshot(Locked);

/// Lets other threads into the window of the bug, as far as that is up to this one.
fn pause() {
    for _ in 0..20 {
        black_box(());
    }
    thread::yield_now();
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn found(answer: Answer) -> Option<u64> {
    match answer {
        Answer::Found(value) => value,
        other => panic!("{other:?} is no value"),
    }
}

impl Subject for Locked {
    fn ask(&self, call: Call) -> Answer {
        expected(&mut lock(&self.0), call)
    }
}

impl Subject for TornUpdate {
    fn ask(&self, call: Call) -> Answer {
        let Call::Update(key, argument) = call else { return self.0.ask(call) };
        let old = found(self.0.ask(Call::Get(key)));
        if let Some(old) = old {
            pause();
            self.0.ask(Call::Swap(key, updated(old, argument)));
        }
        Answer::Found(old)
    }
}

impl Subject for StaleGet {
    fn ask(&self, call: Call) -> Answer {
        if let Call::Get(key) = call {
            return Answer::Found(lock(&self.shown).get(&key).copied());
        }
        let answer = self.entries.ask(call);
        if self.writes.fetch_add(1, Relaxed).is_multiple_of(4) {
            let Answer::Entries(entries) = self.entries.ask(Call::Iterate) else {
                unreachable!("the entries are asked for")
            };
            *lock(&self.shown) = entries.into_iter().collect();
        }
        answer
    }
}

impl Subject for ForgetfulGrowth {
    fn ask(&self, call: Call) -> Answer {
        let mut entries = lock(&self.entries);
        let answer = expected(&mut entries, call);
        let full = entries.len() as u64 > self.capacity.load(Relaxed);
        if full {
            self.capacity.store(2 * entries.len() as u64, Relaxed);
            let copy = entries.clone();
            drop(entries);
            pause();
            *lock(&self.entries) = copy;
        }
        answer
    }
}

impl Subject for HalfExchange {
    fn ask(&self, call: Call) -> Answer {
        let Call::Exchange(left, right) = call else { return self.0.ask(call) };
        let seen = [left, right].map(|key| found(self.0.ask(Call::Get(key))));
        for (key, value) in [(left, seen[1]), (right, seen[0])] {
            pause();
            match value {
                Some(value) => self.0.ask(Call::Insert(key, value)),
                None => self.0.ask(Call::Remove(key)),
            };
        }
        Answer::Several(seen.to_vec())
    }
}

impl Subject for TornSnapshot {
    fn ask(&self, call: Call) -> Answer {
        let Call::Snapshot = call else { return self.0.ask(call) };
        let Answer::Entries(entries) = self.0.ask(Call::Iterate) else { unreachable!("the entries are asked for") };
        let again = entries.into_iter().filter_map(|(key, _)| {
            pause();
            found(self.0.ask(Call::Get(key))).map(|value| (key, value))
        });
        Answer::Entries(again.collect())
    }
}
