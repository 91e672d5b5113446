//! Histories of two to four threads on a few keys, while other keys make the table grow and shrink: each history has an order
//! that explains it. The checker itself is checked against all orders of small histories, and against maps with a bug.
#![cfg(not(polder_loom))]
#![cfg(feature = "std")]

#[path = "support/call.rs"]
mod call;
#[path = "support/hashers.rs"]
mod hashers;
#[path = "support/history.rs"]
mod history;
#[path = "support/jolts.rs"]
mod jolts;
#[path = "support/planted.rs"]
mod planted;
#[path = "support/random.rs"]
mod random;
#[path = "support/subjects.rs"]
mod subjects;

use std::{collections::HashMap, sync::Barrier, thread};

use call::{Answer, Call, Run, Subject};
use foldhash::fast::FixedState;
use hashers::{Clustered, Constant, Four, Identity};
use history::{Clock, Event, Verdict, check, check_each_key};
use jolts::Jolts;
use planted::{ForgetfulGrowth, HalfExchange, Locked, StaleGet, TornSnapshot, TornUpdate};
use polder_collections::{Dict, WordDict};
use random::Random;

/// Histories per test.
const HISTORIES: u64 = if cfg!(miri) { 2 } else { 18 };
/// Histories in which a bug has to show.
const ATTEMPTS: u64 = if cfg!(miri) { 60 } else { 400 };
/// Calls of one thread in a history.
const CALLS: u64 = if cfg!(miri) { 24 } else { 1_000 };
/// The kinds of calls before this one leave alone the keys that they do not name.
const NEIGHBOURLY: u64 = 27;
/// Keys that are not in the history start here.
const FILLERS: u64 = 1 << 32;

/// A recorded run.
#[derive(Clone, Copy, Debug)]
struct Plan {
    threads: usize,
    keys: u64,
    calls: u64,
    /// How many other keys each thread puts in and takes out again, over and over.
    fillers: u64,
    calls_are: Calls,
    seed: u64,
}

/// Which calls a history has, and so how it is checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Calls {
    /// About one key each; each key is checked alone.
    Single,
    /// Exchanges among them, of which each key is checked alone: a lookup may come between the two writes of an exchange.
    Projected,
    /// Snapshots among calls about one key; checked as a whole.
    Snapshots,
    /// Snapshots among exchanges and insertions, none of which come between the two writes of an exchange; checked as a whole.
    Exchanges,
}

impl Plan {
    fn new(calls_are: Calls, seed: u64, fillers: u64) -> Self {
        let threads = seed as usize % 3;
        match calls_are {
            Calls::Single | Calls::Projected => {
                Self { threads: 2 + threads, keys: 3 + seed % 6, calls: CALLS, fillers, calls_are, seed }
            }
            // The state is larger, and so is the search.
            Calls::Snapshots | Calls::Exchanges => {
                Self { threads: 2 + threads % 2, keys: 2 + seed % 2, calls: CALLS / 3, fillers, calls_are, seed }
            }
        }
    }

    fn check(self, history: Vec<Event>) -> Verdict {
        match self.calls_are {
            Calls::Single | Calls::Projected => check_each_key(&history),
            Calls::Snapshots | Calls::Exchanges => check(history),
        }
    }

    fn record(self, map: &(impl Subject + Sync)) -> Vec<Event> {
        let clock = Clock::default();
        let start = Barrier::new(self.threads);
        // In every other history: what takes long enough to be stopped by itself is better left alone.
        let jolts = (self.seed % 2 == 1).then(Jolts::default);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|thread| {
                    let (clock, start, jolts) = (&clock, &start, &jolts);
                    let record = move || {
                        start.wait();
                        Recorder::new(self, thread).run(clock, map)
                    };
                    scope.spawn(move || match jolts {
                        Some(jolts) => jolts.here(record),
                        None => record(),
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a recorder does not panic")).collect()
        })
    }
}

/// Leaves out the entries that are not in the history.
struct Recorded<'a, M>(&'a M);

impl<M: Subject> Subject for Recorded<'_, M> {
    fn ask(&self, call: Call) -> Answer {
        match self.0.ask(call) {
            Answer::Entries(entries) => {
                Answer::Entries(entries.into_iter().filter(|(key, _)| *key < FILLERS).collect())
            }
            other => other,
        }
    }
}

/// What one thread does.
struct Recorder {
    plan: Plan,
    thread: usize,
    random: Random,
    /// For each key the value that this thread takes it to have.
    guesses: Vec<u64>,
    filled: u64,
    filling: bool,
}

impl Recorder {
    fn new(plan: Plan, thread: usize) -> Self {
        let random = Random::new(plan.seed << 8 | thread as u64);
        Self { plan, thread, random, guesses: vec![0; plan.keys as usize], filled: 0, filling: true }
    }

    fn run(mut self, clock: &Clock, map: &impl Subject) -> Vec<Event> {
        let mut events = Vec::new();
        for number in 0..self.plan.calls {
            let call = self.choose(number);
            if self.random.below(16) == 0 {
                thread::yield_now();
            }
            let event = clock.record(self.thread, &Recorded(map), call);
            self.learn(&event);
            events.push(event);
            self.fill(map);
            if self.random.below(32) == 0 {
                map.ask(self.other_call());
            }
        }
        events
    }

    fn choose(&mut self, number: u64) -> Call {
        let key = self.random.below(self.plan.keys);
        // No other call of the history has this value.
        let value = (self.thread as u64 + 1) << 32 | number << 1 | self.random.below(2);
        let exchange = Call::Exchange(key, self.random.below(self.plan.keys));
        match (self.plan.calls_are, self.random.below(6)) {
            (Calls::Projected, 0) | (Calls::Exchanges, 0..3) => exchange,
            (Calls::Snapshots, 0) | (Calls::Exchanges, 3) => Call::Snapshot,
            (Calls::Exchanges, _) => Call::Insert(key, value),
            _ => Call::single(self.random.below(Call::SINGLE.into()) as u8, key, value, self.guesses[key as usize]),
        }
    }

    fn learn(&mut self, event: &Event) {
        match (event.call, &event.answer) {
            (Call::Insert(key, value) | Call::Swap(key, value) | Call::ComputeInsert(key, value), _)
            | (Call::Get(key) | Call::TryInsert(key, _) | Call::GetOrInsertWith(key, _), &Answer::Found(Some(value))) =>
            {
                self.guesses[key as usize] = value;
            }
            _ => {}
        }
    }

    /// A call that does not touch the keys of the history.
    fn other_call(&mut self) -> Call {
        let kind = self.random.below(NEIGHBOURLY) as u8;
        let [key, value, more] = [self.plan.fillers; 3].map(|bound| self.random.below(bound.min(256)) as u8);
        Call::decode(FILLERS, [kind, key, value, more])
    }

    /// Puts one more key in, or takes one more out.
    fn fill(&mut self, map: &impl Subject) {
        let first = FILLERS + self.thread as u64 * self.plan.fillers + self.filled;
        if self.filling {
            map.ask(Call::InsertMany(Run { first, count: 1 }, 0));
            self.filled += 1;
            self.filling = self.filled < self.plan.fillers;
        } else {
            self.filled -= 1;
            map.ask(Call::RemoveMany(Run { first: first - 1, count: 1 }));
            self.filling = self.filled == 0;
            if self.filling {
                map.ask(Call::ShrinkToFit);
            }
        }
    }
}

/// Fails if a history of these maps has no explanation.
fn assert_linearizable<M: Subject + Sync>(plan: impl Fn(u64) -> Plan, map: impl Fn() -> M) {
    for seed in 0..HISTORIES {
        let plan = plan(seed);
        match plan.check(plan.record(&map())) {
            Verdict::Linearizable => {}
            Verdict::Violation(text) => panic!("{plan:?} has no explanation:\n{text}"),
            Verdict::Exhausted => panic!("{plan:?} is too hard to explain"),
        }
    }
}

/// Fails if no history of these maps is refused.
fn assert_refused<M: Subject + Sync>(plan: impl Fn(u64) -> Plan, map: impl Fn() -> M) {
    let refused = (0..ATTEMPTS).any(|seed| {
        let plan = plan(seed);
        matches!(plan.check(plan.record(&map())), Verdict::Violation(_))
    });
    assert!(refused, "the bug does not show");
}

/// A test for each kind of history. The number is how many other keys each thread puts in: with colliding hashes they cost a
/// walk past all others.
macro_rules! linearizable {
    ($($name:ident: $fillers:literal, $map:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn single_keys() {
                assert_linearizable(|seed| Plan::new(Calls::Single, seed, $fillers), || $map);
            }

            #[test]
            fn single_keys_in_exchanges() {
                assert_linearizable(|seed| Plan::new(Calls::Projected, seed, $fillers), || $map);
            }

            #[test]
            fn snapshots() {
                assert_linearizable(|seed| Plan::new(Calls::Snapshots, seed, $fillers), || $map);
            }

            #[test]
            fn exchanges() {
                assert_linearizable(|seed| Plan::new(Calls::Exchanges, seed, $fillers), || $map);
            }
        }
    )*};
}

linearizable! {
    words: 300, WordDict::<u64, u64, _>::with_hasher(FixedState::default());
    words_of_one_hash: 16, WordDict::<u64, u64, _>::with_hasher(Constant);
    words_of_four_hashes: 60, WordDict::<u64, u64, _>::with_hasher(Four);
    words_that_are_their_hash: 300, WordDict::<u64, u64, _>::with_hasher(Identity);
    words_in_clusters: 200, WordDict::<u64, u64, _>::with_hasher(Clustered);
    strings: 100, Dict::<String, u64, _>::with_hasher(FixedState::default());
    strings_of_one_hash: 10, Dict::<String, u64, _>::with_hasher(Constant);
}

#[test]
fn the_slow_twin_is_linearizable() {
    for calls in [Calls::Single, Calls::Projected, Calls::Snapshots, Calls::Exchanges] {
        assert_linearizable(|seed| Plan::new(calls, seed, 20), Locked::default);
    }
}

#[test]
fn an_update_in_two_steps_is_refused() {
    assert_refused(|seed| Plan::new(Calls::Single, seed, 20), TornUpdate::default);
}

#[test]
fn a_get_of_an_old_value_is_refused() {
    assert_refused(|seed| Plan::new(Calls::Single, seed, 20), StaleGet::default);
}

#[test]
fn a_growth_that_loses_an_insert_is_refused() {
    assert_refused(|seed| Plan::new(Calls::Single, seed, 20), ForgetfulGrowth::default);
}

#[test]
fn an_exchange_in_two_steps_is_refused() {
    assert_refused(|seed| Plan::new(Calls::Projected, seed, 20), HalfExchange::default);
    assert_refused(|seed| Plan::new(Calls::Exchanges, seed, 20), HalfExchange::default);
}

#[test]
fn a_snapshot_in_several_steps_is_refused() {
    assert_refused(|seed| Plan::new(Calls::Snapshots, seed, 20), TornSnapshot::default);
    assert_refused(|seed| Plan::new(Calls::Exchanges, seed, 20), TornSnapshot::default);
}

#[test]
fn bugs_of_two_threads_do_not_show_in_one() {
    let alone = |calls| move |seed| Plan { threads: 1, ..Plan::new(calls, seed, 20) };
    assert_linearizable(alone(Calls::Single), TornUpdate::default);
    assert_linearizable(alone(Calls::Single), ForgetfulGrowth::default);
    assert_linearizable(alone(Calls::Exchanges), HalfExchange::default);
    assert_linearizable(alone(Calls::Snapshots), TornSnapshot::default);
}

fn event(thread: usize, begun: u64, returned: u64, call: Call, answer: Answer) -> Event {
    Event { thread, begun, returned, call, answer }
}

#[test]
fn calls_that_overlap_may_take_place_in_either_order() {
    for seen in [None, Some(7)] {
        let history = vec![
            event(0, 0, 1, Call::Insert(1, 7), Answer::Found(None)),
            event(1, 0, 2, Call::Get(1), Answer::Found(seen)),
        ];
        assert_eq!(check(history), Verdict::Linearizable);
    }
}

#[test]
fn a_call_sees_those_that_returned_before() {
    let history = vec![
        event(0, 0, 1, Call::Insert(1, 7), Answer::Found(None)),
        event(1, 2, 3, Call::Get(1), Answer::Found(None)),
    ];
    let Verdict::Violation(text) = check(history) else { panic!("the insert is not seen") };
    assert!(text.contains("1 of 2 calls are explained"), "{text}");
    assert!(text.contains("open   thread 1      2..3      Get(1) -> Found(None)"), "{text}");
}

#[test]
fn two_gets_do_not_see_an_insert_come_and_go() {
    let history = vec![
        event(0, 0, 9, Call::Insert(1, 7), Answer::Found(None)),
        event(1, 1, 2, Call::Get(1), Answer::Found(Some(7))),
        event(1, 3, 4, Call::Get(1), Answer::Found(None)),
    ];
    assert!(matches!(check(history), Verdict::Violation(_)));
}

#[test]
fn a_call_may_overlap_hundreds() {
    let long = event(0, 0, 1_000, Call::Insert(1, 7), Answer::Found(Some(499)));
    let short = (0..500_u64).map(|number| {
        let old = number.checked_sub(1);
        event(1, 2 * number + 1, 2 * number + 2, Call::Insert(1, number), Answer::Found(old))
    });
    let mut history: Vec<_> = short.chain([long]).collect();
    assert_eq!(check_each_key(&history), Verdict::Linearizable);
    history[300].answer = Answer::Found(Some(7));
    assert!(matches!(check_each_key(&history), Verdict::Violation(_)));
}

/// Whether some order of all the calls explains the history, found by trying each.
fn some_order_explains(history: &[Event], placed: &mut Vec<usize>, state: &HashMap<u64, u64>) -> bool {
    if placed.len() == history.len() {
        return true;
    }
    (0..history.len()).any(|next| {
        let open = |index: &usize| !placed.contains(index);
        let late = (0..history.len()).filter(open).any(|other| history[other].returned < history[next].begun);
        if !open(&next) || late {
            return false;
        }
        let mut state = state.clone();
        if call::expected(&mut state, history[next].call) != history[next].answer {
            return false;
        }
        placed.push(next);
        let explained = some_order_explains(history, placed, &state);
        placed.pop();
        explained
    })
}

/// The history of a map that sometimes forgets: a few calls with times that overlap at random.
fn small_history(random: &mut Random) -> Vec<Event> {
    let map = Locked::default();
    let mut events: Vec<_> = (0..7)
        .map(|number| {
            let (key, value) = (random.below(2), 10 + number);
            let kind = random.below(u64::from(Call::SINGLE) + 2) as u8;
            let call = match kind.checked_sub(Call::SINGLE) {
                None => Call::single(kind, key, value, value - 1),
                Some(0) => Call::Snapshot,
                Some(_) => Call::Exchange(key, random.below(2)),
            };
            event(number as usize, 0, 0, call, map.ask(call))
        })
        .collect();
    if random.below(2) == 0 {
        let (left, right) = (random.below(7) as usize, random.below(7) as usize);
        events[left].answer = events[right].answer.clone();
    }
    for (number, event) in events.iter_mut().enumerate() {
        event.begun = (10 * number as u64).saturating_sub(random.below(25));
        event.returned = 10 * number as u64 + random.below(25);
    }
    events
}

#[test]
fn the_search_agrees_with_trying_all_orders() {
    let mut random = Random::new(5);
    let mut verdicts: HashMap<bool, u32> = HashMap::new();
    for _ in 0..if cfg!(miri) { 40 } else { 4_000 } {
        let history = small_history(&mut random);
        let explained = some_order_explains(&history, &mut Vec::new(), &HashMap::new());
        *verdicts.entry(explained).or_default() += 1;
        let verdict = check(history.clone());
        assert_eq!(verdict == Verdict::Linearizable, explained, "{history:#?}\n{verdict:?}");
    }
    assert_eq!(verdicts.len(), 2, "both verdicts occur: {verdicts:?}");
}
