//! What can be asked of a map of numbers, as data: decoded from bytes, put to a map, and answered by a model.

use std::{collections::HashMap, hash::BuildHasher};

/// Something to ask of a map. The first [`Call::SINGLE`] kinds are about one key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    Get(u64),
    Contains(u64),
    Insert(u64, u64),
    Remove(u64),
    TryInsert(u64, u64),
    CompareAndSet { key: u64, old: u64, new: u64 },
    Update(u64, u64),
    FetchAdd(u64, u64),
    Swap(u64, u64),
    RemoveIf(u64, u64),
    GetOrInsertWith(u64, u64),
    GetOrInsertOnce(u64, u64),
    ComputeInsert(u64, u64),
    ComputeRemove(u64),
    ComputeKeep(u64),
    GetMany(Run),
    InsertMany(Run, u64),
    Extend(Run, u64),
    RemoveMany(Run),
    Reserve(u64),
    ShrinkToFit,
    Iterate,
    Copy,
    EqualsItsCopy,
    Len,
    IsEmpty,
    Snapshot,
    Exchange(u64, u64),
    Retain(u64),
    Drain,
    Clear,
}

/// Neighbouring keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) first: u64,
    pub(crate) count: u64,
}

/// What a map says to a [`Call`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// The call has no result.
    Done,
    /// Whether it was so, or was done.
    Was(bool),
    /// The value found, as a rule the one from before the call.
    Found(Option<u64>),
    /// The values of several keys, in the order of the keys.
    Several(Vec<Option<u64>>),
    /// Entries by ascending key.
    Entries(Vec<(u64, u64)>),
}

/// A map that can be asked.
pub(crate) trait Subject {
    fn ask(&self, call: Call) -> Answer;
}

impl Run {
    pub(crate) fn keys(self) -> impl Iterator<Item = u64> {
        self.first..self.first + self.count
    }

    /// The entries that a call with these keys and this value writes.
    pub(crate) fn entries(self, value: u64) -> impl Iterator<Item = (u64, u64)> {
        self.keys().map(move |key| (key, key ^ value))
    }
}

impl Call {
    pub(crate) const SINGLE: u8 = 15;
    const KINDS: u8 = 31;

    /// A call about one key. `guess` is the old value that a comparison expects.
    pub(crate) fn single(kind: u8, key: u64, value: u64, guess: u64) -> Self {
        match kind % Self::SINGLE {
            0 => Self::Get(key),
            1 => Self::Contains(key),
            2 => Self::Insert(key, value),
            3 => Self::Remove(key),
            4 => Self::TryInsert(key, value),
            5 => Self::CompareAndSet { key, old: guess, new: value },
            6 => Self::Update(key, value),
            7 => Self::FetchAdd(key, value),
            8 => Self::Swap(key, value),
            9 => Self::RemoveIf(key, value),
            10 => Self::GetOrInsertWith(key, value),
            11 => Self::GetOrInsertOnce(key, value),
            12 => Self::ComputeInsert(key, value),
            13 => Self::ComputeRemove(key),
            _ => Self::ComputeKeep(key),
        }
    }

    /// Any bytes are a call, with keys from `base` on. Small bytes are simple calls: what shrinks bytes shrinks calls.
    pub(crate) fn decode(base: u64, [kind, key, value, more]: [u8; 4]) -> Self {
        let kind = kind % Self::KINDS;
        let (key, value, more) = (base + u64::from(key), u64::from(value), u64::from(more));
        let run = Run { first: key, count: more };
        match kind {
            0..Self::SINGLE => Self::single(kind, key, value, more),
            15 => Self::GetMany(run),
            16 => Self::InsertMany(run, value),
            17 => Self::Extend(run, value),
            18 => Self::RemoveMany(run),
            19 => Self::Reserve(more * 8),
            20 => Self::ShrinkToFit,
            21 => Self::Iterate,
            22 => Self::Copy,
            23 => Self::EqualsItsCopy,
            24 => Self::Len,
            25 => Self::IsEmpty,
            26 => Self::Snapshot,
            27 => Self::Exchange(key, base + value),
            28 => Self::Retain(value % 7 + 1),
            29 => Self::Drain,
            _ => Self::Clear,
        }
    }
}

/// What [`Call::Update`] makes of a value: different for each old value, and for each argument.
pub(crate) fn updated(old: u64, argument: u64) -> u64 {
    old.rotate_left(9) ^ argument.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Whether [`Call::RemoveIf`] removes the value.
pub(crate) fn condemned(value: u64, argument: u64) -> bool {
    (value ^ argument).is_multiple_of(2)
}

/// Whether [`Call::Retain`] keeps the entry.
pub(crate) fn retained(key: u64, value: u64, modulus: u64) -> bool {
    !key.wrapping_add(value).is_multiple_of(modulus)
}

/// The answer of a map that is known to be right, which is changed accordingly.
pub(crate) fn expected<S: BuildHasher>(model: &mut HashMap<u64, u64, S>, call: Call) -> Answer {
    use Answer::{Done, Entries, Found, Several, Was};

    match call {
        Call::Get(key) => Found(model.get(&key).copied()),
        Call::Contains(key) => Was(model.contains_key(&key)),
        Call::Insert(key, value) | Call::ComputeInsert(key, value) => Found(model.insert(key, value)),
        Call::Remove(key) | Call::ComputeRemove(key) => Found(model.remove(&key)),
        Call::ComputeKeep(key) => Found(model.get(&key).copied()),
        Call::TryInsert(key, value) => {
            let found = model.get(&key).copied();
            model.entry(key).or_insert(value);
            Found(found)
        }
        Call::CompareAndSet { key, old, new } => {
            let place = model.get_mut(&key).filter(|value| **value == old);
            Was(place.map(|value| *value = new).is_some())
        }
        Call::Update(key, argument) => {
            Found(model.get_mut(&key).map(|value| std::mem::replace(value, updated(*value, argument))))
        }
        Call::FetchAdd(key, delta) => {
            Found(model.get_mut(&key).map(|value| std::mem::replace(value, value.wrapping_add(delta))))
        }
        Call::Swap(key, new) => Found(model.get_mut(&key).map(|value| std::mem::replace(value, new))),
        Call::RemoveIf(key, argument) => {
            let goes = model.get(&key).is_some_and(|value| condemned(*value, argument));
            Found(if goes { model.remove(&key) } else { None })
        }
        Call::GetOrInsertWith(key, value) | Call::GetOrInsertOnce(key, value) => {
            Found(Some(*model.entry(key).or_insert(value)))
        }
        Call::GetMany(run) => Several(run.keys().map(|key| model.get(&key).copied()).collect()),
        Call::InsertMany(run, value) | Call::Extend(run, value) => {
            model.extend(run.entries(value));
            Done
        }
        Call::RemoveMany(run) => Several(run.keys().map(|key| model.remove(&key)).collect()),
        Call::Exchange(left, right) => {
            let seen = [model.remove(&left), if left == right { None } else { model.remove(&right) }];
            if left == right {
                model.extend(seen[0].map(|value| (left, value)));
            } else {
                model.extend(seen[1].map(|value| (left, value)));
                model.extend(seen[0].map(|value| (right, value)));
            }
            Several(if left == right { vec![seen[0]; 2] } else { seen.to_vec() })
        }
        Call::Snapshot | Call::Iterate | Call::Copy => Entries(sorted(model.iter().map(|(key, value)| (*key, *value)))),
        Call::EqualsItsCopy => Was(true),
        Call::Len => Found(Some(model.len() as u64)),
        Call::IsEmpty => Was(model.is_empty()),
        Call::Retain(modulus) => {
            model.retain(|key, value| retained(*key, *value, modulus));
            Done
        }
        Call::Drain => Entries(sorted(model.drain())),
        Call::Clear => {
            model.clear();
            Done
        }
        Call::Reserve(_) | Call::ShrinkToFit => Done,
    }
}

/// The entries by ascending key.
pub(crate) fn sorted(entries: impl IntoIterator<Item = (u64, u64)>) -> Vec<(u64, u64)> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_unstable();
    entries
}
