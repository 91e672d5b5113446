//! Recorded histories, and the search for an order of their calls that explains the answers.
//!
//! A history is linearizable if its calls can be put into one order that keeps every call behind the ones that had returned
//! before it began, and in which a sequential map gives the same answers. The search goes through the calls depth first
//! (after Wing and Gong), and goes from no configuration twice (after Lowe): a configuration is the set of the calls that
//! are placed, and the state behind them. A call that fits and changes nothing is placed at once, as any order that explains
//! the rest explains it with this call in front.
//!
//! Time is a counter. A call begins at the count that its thread has seen, and returns with a ticket: one call is before
//! another only if its ticket was seen, and then it also happens before it. A clock on the wall would blame a map for what
//! is still in the store buffer of another core.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    sync::atomic::{
        AtomicU64,
        Ordering::{AcqRel, Acquire},
    },
};

use crate::call::{Answer, Call, Subject, expected};

/// The configurations after which the search gives up.
const LIMIT: usize = 400_000;

/// The count that orders calls.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU64);

/// A call with its answer, and the times between which it took place.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) thread: usize,
    pub(crate) begun: u64,
    pub(crate) returned: u64,
    pub(crate) call: Call,
    pub(crate) answer: Answer,
}

/// What the search has found.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// There is an order that explains the answers.
    Linearizable,
    /// There is none. The text shows where the longest attempt ends.
    Violation(String),
    /// There were too many configurations: neither a pass nor a violation.
    Exhausted,
}

/// Entries by ascending key.
type State = Vec<(u64, u64)>;

/// The calls that are placed: all before `prefix`, and those in the bits behind it. Equal sets have equal bits.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
struct Placed {
    prefix: usize,
    /// The first word is the one that the prefix ends in; the last one is not zero.
    bits: Vec<u64>,
}

impl Clock {
    /// Puts the call to the map, and notes when.
    pub(crate) fn record(&self, thread: usize, map: &impl Subject, call: Call) -> Event {
        // Acquire and AcqRel: who sees the ticket of a call sees all that the call has done.
        let begun = self.0.load(Acquire);
        let answer = map.ask(call);
        let returned = self.0.fetch_add(1, AcqRel);
        Event { thread, begun, returned, call, answer }
    }
}

impl Placed {
    fn contains(&self, index: usize) -> bool {
        index < self.prefix
            || self.bits.get(index / 64 - self.prefix / 64).is_some_and(|bits| bits >> (index % 64) & 1 == 1)
    }

    fn with(&self, index: usize) -> Self {
        let mut placed = self.clone();
        let word = index / 64 - self.prefix / 64;
        placed.bits.resize(placed.bits.len().max(word + 1), 0);
        placed.bits[word] |= 1 << (index % 64);
        while placed.contains(placed.prefix) {
            placed.prefix += 1;
            if placed.prefix.is_multiple_of(64) {
                placed.bits.remove(0);
            }
        }
        placed
    }
}

/// Checks each key alone: a map is linearizable if each of its keys is. An exchange counts as one call for each of its keys.
pub(crate) fn check_each_key(history: &[Event]) -> Verdict {
    let mut by_key: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
    for event in history {
        for (key, call, answer) in projections(event) {
            by_key.entry(key).or_default().push(Event { call, answer, ..event.clone() });
        }
    }
    by_key.into_values().map(check).find(|verdict| *verdict != Verdict::Linearizable).unwrap_or(Verdict::Linearizable)
}

/// Checks calls about any keys, on the state of all of them. The map was empty before.
pub(crate) fn check(mut history: Vec<Event>) -> Verdict {
    history.sort_by_key(|event| event.begun);
    let mut seen = HashSet::new();
    let mut open = vec![(Placed::default(), State::new())];
    let mut furthest = (Placed::default(), State::new());
    while let Some(here) = open.pop() {
        if here.0.prefix == history.len() {
            return Verdict::Linearizable;
        }
        if here.0.prefix > furthest.0.prefix {
            furthest.clone_from(&here);
        }
        if seen.contains(&here) {
            continue;
        }
        if seen.len() == LIMIT {
            return Verdict::Exhausted;
        }
        open.extend(successors(&history, &here.0, &here.1));
        seen.insert(here);
    }
    Verdict::Violation(Stuck { history: &history, placed: &furthest.0, state: &furthest.1 }.to_string())
}

/// The configurations that are one call further, the one of the earliest call last.
fn successors(history: &[Event], placed: &Placed, state: &State) -> Vec<(Placed, State)> {
    let mut found = Vec::new();
    let mut first_return = u64::MAX;
    for (index, event) in history.iter().enumerate().skip(placed.prefix) {
        if event.begun > first_return {
            break;
        }
        if placed.contains(index) {
            continue;
        }
        first_return = first_return.min(event.returned);
        let Some(next) = explained(state, event) else { continue };
        if next == *state {
            return vec![(placed.with(index), next)];
        }
        found.push((placed.with(index), next));
    }
    found.reverse();
    found
}

/// The state after the call, if the answer is the right one in this state.
fn explained(state: &State, event: &Event) -> Option<State> {
    let mut model: HashMap<u64, u64, foldhash::fast::FixedState> = state.iter().copied().collect();
    (expected(&mut model, event.call) == event.answer).then(|| crate::call::sorted(model))
}

/// What a call is to each of its keys.
fn projections(event: &Event) -> Vec<(u64, Call, Answer)> {
    let Call::Exchange(left, right) = event.call else {
        return vec![(key_of(event.call), event.call, event.answer.clone())];
    };
    let Answer::Several(seen) = &event.answer else { panic!("{event:?} has no values") };
    let one = |key, old, new: Option<u64>| {
        (key, new.map_or(Call::Remove(key), |new| Call::Insert(key, new)), Answer::Found(old))
    };
    if left == right {
        vec![(left, Call::Get(left), Answer::Found(seen[0]))]
    } else {
        vec![one(left, seen[0], seen[1]), one(right, seen[1], seen[0])]
    }
}

fn key_of(call: Call) -> u64 {
    match call {
        Call::Get(key)
        | Call::Contains(key)
        | Call::Insert(key, _)
        | Call::Remove(key)
        | Call::TryInsert(key, _)
        | Call::CompareAndSet { key, .. }
        | Call::Update(key, _)
        | Call::FetchAdd(key, _)
        | Call::Swap(key, _)
        | Call::RemoveIf(key, _)
        | Call::GetOrInsertWith(key, _)
        | Call::GetOrInsertOnce(key, _)
        | Call::ComputeInsert(key, _)
        | Call::ComputeRemove(key)
        | Call::ComputeKeep(key) => key,
        _ => panic!("{call:?} is about several keys"),
    }
}

/// The end of the longest attempt, and the calls around it.
struct Stuck<'a> {
    history: &'a [Event],
    placed: &'a Placed,
    state: &'a State,
}

impl fmt::Display for Stuck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.placed.prefix;
        writeln!(
            f,
            "{prefix} of {} calls are explained and lead to {:?}, then none fits:",
            self.history.len(),
            self.state
        )?;
        for (index, event) in self.history.iter().enumerate().skip(prefix.saturating_sub(8)).take(20) {
            let mark = if self.placed.contains(index) { "placed" } else { "open  " };
            let Event { thread, begun, returned, call, answer } = event;
            writeln!(f, "  {mark} thread {thread} {begun:>6}..{returned:<6} {call:?} -> {answer:?}")?;
        }
        Ok(())
    }
}
