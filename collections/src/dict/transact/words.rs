//! Transactions on a dict of words.

use std::{convert::Infallible, fmt, hash::BuildHasher};

use smallvec::SmallVec;

use super::{
    Attempt, Lost,
    log::{self, Log},
    run,
};
use crate::dict::{
    engine::{Crowding, Hashed},
    word::{Word, WordKey},
    word_dict::WordDict,
};

/// A run of a transaction on a [`WordDict`]: see [`WordDict::transact`].
///
/// Reads see the dict, and what this run has written before. Nobody else sees that before the end. Each operation takes constant
/// time; a key's first use is a [`get`](WordDict::get), later ones do not look at the dict.
pub struct WordTransaction<'d, K, V, S> {
    dict: &'d WordDict<K, V, S>,
    log: Log<Step>,
}

/// What is known of a key.
struct Step {
    hash: Hashed,
    key: u64,
    /// As the dict had it.
    seen: Option<u64>,
    /// As it is to be.
    now: Option<u64>,
}

impl log::Step for Step {
    fn hash(&self) -> Hashed {
        self.hash
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> WordDict<K, V, S> {
    /// Reads and writes several entries as one step.
    ///
    /// `f` runs with nothing locked, and notes what it reads and writes. Then the bins of all its keys are locked for a moment; if
    /// all that it has read is still so, its changes are made, and its result is returned. Else the result is dropped, and `f` runs
    /// **again**, with a new transaction: it should do nothing else that cannot be done twice.
    ///
    /// **What `f` sees.** Each read by itself is of the moment. Two reads of a run that will have to be repeated may not fit
    /// together: `f` must not rely on it for its own safety or its own end (say, by looping until the two are equal). Whatever
    /// it *returns*, in the end, rests on entries that were there at one moment, the moment at which its changes were made.
    ///
    /// **What others see.** Transactions are serializable, and in the order of time: as if one ran after the other. A
    /// [`snapshot`](Self::snapshot) has all of a transaction's changes or none. Each key's `get` is linearizable as always; but of two gets, one
    /// after the other, the first may see an entry before the commit reaches it and the second one another entry after it:
    /// to read several keys at one moment, read them in a transaction.
    ///
    /// **Nested uses.** `f` may use this dict, also with transactions of its own, which are no part of this one: what they write
    /// to its keys makes it run again, so that an `f` that always does never ends.
    ///
    /// **Progress.** Never deadlocks: nothing is locked while `f` runs. A run is repeated only if another thread has
    /// changed an entry that it has read, so somebody always gets through (lock-free, apart from the locks of bins: a commit
    /// waits for other writers of its bins, and they for it, for a few instructions for each of its keys). A transaction that
    /// has to run again and again asks other transactions to wait before they begin: two milliseconds at first, longer each time
    /// that this was not enough, and no more than about a second.
    ///
    /// **Cost.** As a [`get`](Self::get) for each key, and a lock for each bin, also if nothing is written; nothing is allocated for up
    /// to eight keys.
    ///
    /// # Panics
    ///
    /// If `f` panics, or a key's `Hash` within: nothing has changed. As with [`insert`](Self::insert), a `Hash` that panics when the table
    /// grows does so afterwards, with the changes made. If there is no room for an entry ("capacity overflow", at gigabytes of
    /// entries with colliding hashes), some of the changes may have been made.
    ///
    /// ```
    /// use polder_collections::WordDict;
    ///
    /// let accounts = WordDict::from([(1, 100), (2, 0)]);
    /// let moved = accounts.transact(|tx| {
    ///     let from = tx.get(&1)?;
    ///     let to = tx.get(&2)?;
    ///     tx.insert(1, from - 30);
    ///     tx.insert(2, to + 30);
    ///     Some(30)
    /// });
    /// assert_eq!(moved, Some(30));
    /// assert_eq!((accounts.get(&1), accounts.get(&2)), (Some(70), Some(30)));
    /// ```
    pub fn transact<R>(&self, mut f: impl FnMut(&mut WordTransaction<'_, K, V, S>) -> R) -> R {
        match self.try_transact(|transaction| Ok::<R, Infallible>(f(transaction))) {
            Ok(result) => result,
        }
    }

    /// The same, unless `f` returns an error: then nothing is changed.
    ///
    /// The error too rests on entries that were there at one moment: if not, `f` runs again.
    ///
    /// # Errors
    ///
    /// Those of `f`.
    ///
    /// # Panics
    ///
    /// As [`transact`](Self::transact).
    ///
    /// ```
    /// use polder_collections::WordDict;
    ///
    /// let accounts = WordDict::from([(1, 100), (2, 0)]);
    /// let withdraw = |amount| {
    ///     accounts.try_transact(|tx| {
    ///         let left = tx.update(&1, |balance| balance - amount).ok_or("no such account")?;
    ///         tx.update(&2, |balance| balance + amount).ok_or("no such account")?;
    ///         if left < 0 { Err("not enough") } else { Ok(left) }
    ///     })
    /// };
    /// assert_eq!(withdraw(150), Err("not enough"));
    /// assert_eq!(accounts.get(&1), Some(100));
    /// assert_eq!(withdraw(60), Ok(40));
    /// ```
    pub fn try_transact<R, E>(&self, f: impl FnMut(&mut WordTransaction<'_, K, V, S>) -> Result<R, E>) -> Result<R, E> {
        run(&self.table.courtesy, &mut WordTransaction { dict: self, log: Log::new() }, f)
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> WordTransaction<'_, K, V, S> {
    /// What is known of a key, from now on if not before.
    fn step(&mut self, key: K) -> &mut Step {
        let (hash, key) = (self.dict.hash(key), key.to_bits());
        let place = self.log.find(hash, |step| step.key == key).unwrap_or_else(|| {
            let seen = self.dict.look(hash, key);
            self.log.push(Step { hash, key, seen, now: seen })
        });
        self.log.step(place)
    }

    /// The value of a key.
    pub fn get(&mut self, key: &K) -> Option<V> {
        self.step(*key).now.map(V::from_bits)
    }

    /// Whether there is an entry.
    pub fn contains_key(&mut self, key: &K) -> bool {
        self.step(*key).now.is_some()
    }

    /// Sets the value of a key; returns the old one.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.step(key).now.replace(value.to_bits()).map(V::from_bits)
    }

    /// Takes an entry out; returns its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.step(*key).now.take().map(V::from_bits)
    }

    /// Changes the value of a key, if there is one; returns the new one. If `change` panics, the entry stays as it was.
    pub fn update(&mut self, key: &K, change: impl FnOnce(V) -> V) -> Option<V> {
        let step = self.step(*key);
        let new = change(V::from_bits(step.now?));
        step.now = Some(new.to_bits());
        Some(new)
    }

    /// The value of a key; if there is none, what `make` returns becomes it.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> V {
        V::from_bits(*self.step(key).now.get_or_insert_with(|| make().to_bits()))
    }
}

impl<K: WordKey, V: Word, S: BuildHasher> Attempt for WordTransaction<'_, K, V, S> {
    fn begin(&mut self) {
        self.log.clear();
    }

    fn commit(&mut self, keep: bool) -> Result<(), Lost> {
        let steps = self.log.steps();
        let is_change = |step: &Step| keep && step.seen != step.now;
        let changes = steps.iter().filter(|&step| is_change(step)).count();
        if steps.is_empty() {
            return Ok(());
        }
        let hashes: SmallVec<[Hashed; 8]> = steps.iter().map(|step| step.hash).collect();
        // No allocation with a lock held.
        let mut crowded: SmallVec<[(Hashed, Crowding); 8]> = SmallVec::with_capacity(changes);
        let mut sparse: SmallVec<[(Hashed, usize); 8]> = SmallVec::with_capacity(changes);
        let table = &self.dict.table;
        let mut claims = table.claim_all(&hashes);
        for (nth, step) in steps.iter().enumerate() {
            let there = claims.of(nth).find(step.hash, |(key, _)| key == step.key);
            if there.map(|(_, (_, value))| value) != step.seen {
                return Err(Lost);
            }
        }
        for (nth, step) in steps.iter().enumerate().filter(|(_, step)| is_change(step)) {
            let claim = claims.of(nth);
            // Found again: a removal moves others.
            match (claim.find(step.hash, |(key, _)| key == step.key), step.now) {
                (Some((place, _)), Some(value)) => claim.replace(place, (step.key, value)),
                (Some((place, _)), None) => sparse.push((step.hash, claim.remove(place))),
                (None, Some(value)) => {
                    crowded.push((step.hash, claim.insert(step.hash.tag(), (step.key, value))));
                }
                (None, None) => unreachable!("a change, of what was seen there"),
            }
        }
        drop(claims);
        table.count(crowded.len() as i64 - sparse.len() as i64);
        for (hash, crowding) in crowded {
            table.grow_sometimes(hash, crowding, self.dict.hash_item());
        }
        for (hash, left) in sparse {
            table.shrink_sometimes(hash, left);
        }
        Ok(())
    }
}

impl<K, V, S> fmt::Debug for WordTransaction<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordTransaction").field("keys", &self.log.len()).finish_non_exhaustive()
    }
}
