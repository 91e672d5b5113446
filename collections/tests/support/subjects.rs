//! The dicts, asked in the words of [`Call`].

use std::{cell::Cell, hash::BuildHasher};

use polder_collections::{ComputedRef, Dict, Op, WordDict};

use crate::call::{Answer, Call, Subject, condemned, retained, sorted, updated};

impl<S: BuildHasher + Clone> Subject for WordDict<u64, u64, S> {
    fn ask(&self, call: Call) -> Answer {
        use Answer::{Done, Entries, Found, Several, Was};

        match call {
            Call::Get(key) => Found(self.get(&key)),
            Call::Contains(key) => Was(self.contains_key(&key)),
            Call::Insert(key, value) => Found(self.insert(key, value)),
            Call::Remove(key) => Found(self.remove(&key)),
            Call::TryInsert(key, value) => Found(self.try_insert(key, value).err().map(|error| error.present)),
            Call::CompareAndSet { key, old, new } => Was(self.compare_and_set(key, Some(old), new).is_ok()),
            Call::Update(key, argument) => {
                // What the closure was given when it ran last.
                let seen = Cell::new(0);
                let change = |old| {
                    seen.set(old);
                    updated(old, argument)
                };
                Found(self.update(&key, change).map(|_| seen.get()))
            }
            Call::FetchAdd(key, delta) => Found(self.fetch_add(&key, delta)),
            Call::Swap(key, value) => Found(self.swap(&key, value)),
            Call::RemoveIf(key, argument) => Found(self.remove_if(&key, |value| condemned(value, argument))),
            Call::GetOrInsertWith(key, value) => Found(Some(self.get_or_insert_with(key, || value))),
            Call::GetOrInsertOnce(key, value) => Found(Some(self.get_or_insert_once(key, || value))),
            Call::ComputeInsert(key, value) => Found(self.compute(key, |_| Op::Insert(value)).before()),
            Call::ComputeRemove(key) => Found(self.compute(key, |_| Op::Remove).before()),
            Call::ComputeKeep(key) => Found(self.compute(key, |_| Op::Keep).before()),
            Call::GetMany(run) => {
                let keys: Vec<u64> = run.keys().collect();
                let mut values = vec![None; keys.len()];
                self.get_many(&keys, &mut values);
                Several(values)
            }
            Call::InsertMany(run, value) => {
                self.insert_many(run.entries(value));
                Done
            }
            Call::Extend(run, value) => {
                let mut dict = self;
                dict.extend(run.entries(value));
                Done
            }
            Call::RemoveMany(run) => Several(run.keys().map(|key| self.remove(&key)).collect()),
            Call::Reserve(additional) => {
                self.reserve(additional as usize);
                Done
            }
            Call::ShrinkToFit => {
                self.shrink_to_fit();
                Done
            }
            Call::Iterate => Entries(sorted(self)),
            Call::Copy => Entries(sorted(self.clone())),
            Call::EqualsItsCopy => Was(*self == self.clone()),
            Call::Len => Found(Some(self.len() as u64)),
            Call::IsEmpty => Was(self.is_empty()),
            Call::Snapshot => Entries(sorted(self.snapshot())),
            Call::Exchange(left, right) => Several(self.transact(|transaction| {
                let seen = [left, right].map(|key| transaction.get(&key));
                for (key, value) in [(left, seen[1]), (right, seen[0])] {
                    match value {
                        Some(value) => transaction.insert(key, value),
                        None => transaction.remove(&key),
                    };
                }
                seen.to_vec()
            })),
            Call::Retain(modulus) => {
                self.retain(|key, value| retained(key, value, modulus));
                Done
            }
            Call::Drain => Entries(sorted(self.drain())),
            Call::Clear => {
                self.clear();
                Done
            }
        }
    }
}

/// The key of a number.
fn name(number: u64) -> String {
    number.to_string()
}

/// The number of a key, with its value.
fn numbered(key: &str, value: u64) -> (u64, u64) {
    (key.parse().expect("keys are numbers"), value)
}

/// What there was before.
fn before(computed: ComputedRef<'_, String, u64>) -> Option<u64> {
    match computed {
        ComputedRef::Inserted(_) => None,
        ComputedRef::Replaced { old, .. } | ComputedRef::Removed(old) => Some(*old),
        ComputedRef::Kept(entry) => entry.map(|value| *value),
    }
}

/// Keys that are looked up by what they are equivalent to, and that are cloned and dropped.
impl<S: BuildHasher + Clone> Subject for Dict<String, u64, S> {
    fn ask(&self, call: Call) -> Answer {
        use Answer::{Done, Entries, Found, Several, Was};

        match call {
            Call::Get(key) => Found(self.get(name(key).as_str()).map(|value| *value)),
            Call::Contains(key) => Was(self.contains_key(name(key).as_str())),
            Call::Insert(key, value) => Found(self.insert(name(key), value).map(|old| *old)),
            Call::Remove(key) => Found(self.remove(name(key).as_str()).map(|old| *old)),
            Call::TryInsert(key, value) => Found(self.try_insert(name(key), value).err().map(|error| *error.present)),
            Call::CompareAndSet { key, old, new } => Was(self.compare_and_set(&name(key), &old, new).is_ok()),
            Call::Update(key, argument) => {
                // What the closure was given when it ran last.
                let seen = Cell::new(0);
                let change = |old: &u64| {
                    seen.set(*old);
                    updated(*old, argument)
                };
                Found(self.update(&name(key), change).map(|_| seen.get()))
            }
            Call::FetchAdd(key, delta) => {
                let add = |old: Option<&u64>| old.map_or(Op::Keep, |old| Op::Insert(old.wrapping_add(delta)));
                Found(before(self.compute(name(key), add)))
            }
            Call::Swap(key, value) => Found(self.swap(&name(key), value).ok().map(|old| *old)),
            Call::RemoveIf(key, argument) => {
                Found(self.remove_if(&name(key), |_, value| condemned(*value, argument)).map(|old| *old))
            }
            Call::GetOrInsertWith(key, value) => Found(Some(*self.get_or_insert_with(name(key), || value))),
            Call::GetOrInsertOnce(key, value) => Found(Some(*self.get_or_insert_once(name(key), || value))),
            Call::ComputeInsert(key, value) => Found(before(self.compute(name(key), |_| Op::Insert(value)))),
            Call::ComputeRemove(key) => Found(before(self.compute(name(key), |_| Op::Remove))),
            Call::ComputeKeep(key) => Found(before(self.compute(name(key), |_| Op::Keep))),
            Call::GetMany(run) => {
                let keys: Vec<String> = run.keys().map(name).collect();
                Several(self.pin().get_many(&keys).map(Option::<&u64>::copied).collect())
            }
            Call::InsertMany(run, value) => {
                self.insert_many(run.entries(value).map(|(key, value)| (name(key), value)));
                Done
            }
            Call::Extend(run, value) => {
                let mut dict = self;
                dict.extend(run.entries(value).map(|(key, value)| (name(key), value)));
                Done
            }
            Call::RemoveMany(run) => {
                let pinned = self.pin();
                Several(run.keys().map(|key| pinned.remove(name(key).as_str()).copied()).collect())
            }
            Call::Reserve(additional) => {
                self.reserve(additional as usize);
                Done
            }
            Call::ShrinkToFit => {
                self.shrink_to_fit();
                Done
            }
            Call::Iterate => Entries(sorted(self.iter().map(|entry| numbered(entry.key(), *entry)))),
            Call::Copy => Entries(sorted(self.clone().into_iter().map(|(key, value)| numbered(&key, value)))),
            Call::EqualsItsCopy => Was(*self == self.clone()),
            Call::Len => Found(Some(self.len() as u64)),
            Call::IsEmpty => Was(self.is_empty()),
            Call::Snapshot => Entries(sorted(self.snapshot().iter().map(|(key, value)| numbered(key, *value)))),
            Call::Exchange(left, right) => Several(self.transact(|transaction| {
                let seen = [left, right].map(|key| transaction.get(&name(key)).copied());
                for (key, value) in [(left, seen[1]), (right, seen[0])] {
                    match value {
                        Some(value) => transaction.insert(name(key), value),
                        None => transaction.remove(&name(key)),
                    };
                }
                seen.to_vec()
            })),
            Call::Retain(modulus) => {
                self.retain(|key, value| {
                    let (key, value) = numbered(key, *value);
                    retained(key, value, modulus)
                });
                Done
            }
            Call::Drain => Entries(sorted(self.drain().map(|entry| numbered(entry.key(), *entry)))),
            Call::Clear => {
                self.clear();
                Done
            }
        }
    }
}
