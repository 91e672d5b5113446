//! Foreign code that panics, at every point where the dict runs any: nothing is lost, nothing is dropped twice, and the dict is as
//! usable as before.
#![cfg(feature = "std")]

#[path = "support/bomb.rs"]
mod bomb;

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, Hasher},
    panic::{self, AssertUnwindSafe},
    rc::Rc,
    thread,
};

use bomb::{Bomb, World};
use polder_collections::{Dict, Op};
use polder_sync::reclaim;

/// Few hashes, so that keys are compared.
#[derive(Clone, Default)]
struct Plain(u64);

impl BuildHasher for Plain {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("numbers only");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number % 3;
    }
}

type Bombs = Dict<Bomb, Bomb, Plain>;

const KEYS: u64 = 12;

/// Whether what is in the dict is what it says it is, and nothing else is there.
fn check(world: &Rc<World>, dict: &Bombs) {
    world.countdown.set(None);
    let keys: Vec<u64> = dict.iter().map(|entry| entry.key().1).collect();
    let distinct: BTreeSet<u64> = keys.iter().copied().collect();
    assert_eq!(keys.len(), distinct.len(), "no key twice");
    assert_eq!(keys.len(), dict.len(), "as many as are counted");
    for &key in &distinct {
        assert!(dict.contains_key(&Bomb::new(world, key)));
    }
    while dict.garbage().kept > 0 {
        dict.flush();
        thread::yield_now();
    }
    assert_eq!(world.live.get(), 2 * keys.len() as i64, "nothing is lost, nothing was dropped twice");
    let mut pin = reclaim::pin();
    assert!(pin.repin(), "no pin was left behind");
}

fn full(world: &Rc<World>) -> Bombs {
    let dict = Dict::default();
    for key in 0..KEYS {
        dict.insert(Bomb::new(world, key), Bomb::new(world, key));
    }
    dict
}

/// Lets the operation panic at its first step, its second one …, each time with a new dict, until it does not panic.
fn at_every_step(operation: impl Fn(&Rc<World>, &Bombs)) {
    for drops_panic in [false, true] {
        let mut panics = 0;
        loop {
            let world = Rc::new(World::default());
            let dict = full(&world);
            world.drops_panic.set(drops_panic);
            world.countdown.set(Some(panics));
            let result = panic::catch_unwind(AssertUnwindSafe(|| operation(&world, &dict)));
            let is_over = world.countdown.take().is_some();
            assert_eq!(result.is_ok(), is_over);
            check(&world, &dict);
            dict.insert(Bomb::new(&world, 1), Bomb::new(&world, 100));
            assert_eq!(dict.get(&Bomb::new(&world, 1)).unwrap().1, 100);
            // Panics in the end as well.
            world.countdown.set(drops_panic.then_some(panics));
            let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(dict)));
            assert_eq!(world.live.get(), 0);
            if is_over {
                break;
            }
            // Under Miri, which is slow, not each.
            panics += if cfg!(miri) { 61 } else { 1 };
        }
        assert!(panics > 0, "nothing was injected");
    }
}

#[test]
fn lookups() {
    at_every_step(|world, dict| {
        dict.get(&Bomb::new(world, 4));
        dict.contains_key(&Bomb::new(world, KEYS));
        dict.get_cloned(&Bomb::new(world, 5));
        dict.read(&Bomb::new(world, 6), |_| world.step());
        dict.pin().get(&Bomb::new(world, 7));
        let keys = [8, KEYS, 9].map(|key| Bomb::new(world, key));
        assert_eq!(dict.pin().get_many(keys.iter().inspect(|_| world.step())).flatten().count(), 2);
    });
}

#[test]
fn insertions() {
    at_every_step(|world, dict| {
        for key in [3, KEYS, KEYS + 1, KEYS + 2] {
            dict.insert(Bomb::new(world, key), Bomb::new(world, 50));
        }
        dict.try_insert(Bomb::new(world, 4), Bomb::new(world, 51)).map_or_else(drop, drop);
        dict.try_insert(Bomb::new(world, KEYS + 3), Bomb::new(world, 51)).map_or_else(drop, drop);
        dict.pin().insert(Bomb::new(world, 5), Bomb::new(world, 52));
    });
    at_every_step(|world, dict| {
        let new = (0..2 * KEYS).map(|key| {
            world.step();
            (Bomb::new(world, key), Bomb::new(world, 60))
        });
        dict.insert_many(new);
    });
}

#[test]
fn removals() {
    at_every_step(|world, dict| {
        dict.remove(&Bomb::new(world, 3));
        dict.remove(&Bomb::new(world, KEYS));
        dict.take(&Bomb::new(world, 4));
        dict.remove_if(&Bomb::new(world, 5), |_, _| {
            world.step();
            true
        });
        dict.pin().remove(&Bomb::new(world, 6));
    });
}

#[test]
fn changes() {
    at_every_step(|world, dict| {
        let step = || world.step();
        let new = |value| Bomb::new(world, value);
        dict.update(&new(3), |_| {
            step();
            new(70)
        });
        dict.get_or_insert_with(new(KEYS), || {
            step();
            new(71)
        });
        for op in [0, 1, 2] {
            for key in [4 + op, KEYS + op] {
                dict.compute(new(key), |_| {
                    step();
                    match op {
                        0 => Op::Insert(new(72)),
                        1 => Op::Remove,
                        _ => Op::Keep,
                    }
                });
            }
        }
        let _ = dict.swap(&new(7), new(73));
        let _ = dict.compare_and_set(&new(8), &new(8), new(74));
        let _ = dict.compare_and_set(&new(9), &new(8), new(75));
        if let Some(found) = dict.get(&new(10)) {
            let _ = dict.replace_entry(&found, new(76));
        }
    });
}

#[test]
fn whole_dicts() {
    at_every_step(|world, dict| {
        dict.retain(|key, _| {
            world.step();
            key.1 % 2 == 0
        });
    });
    at_every_step(|world, dict| {
        world.step();
        dict.clear();
    });
    at_every_step(|world, dict| {
        world.step();
        dict.drain().take(2).for_each(drop);
    });
    at_every_step(|_, dict| {
        let copy = dict.clone();
        assert!(copy == *dict);
        drop(dict.snapshot());
        dict.reserve(100);
        dict.shrink_to_fit();
    });
    at_every_step(|_, dict| copy_and_take_apart(dict));
}

fn copy_and_take_apart(dict: &Bombs) {
    let copy = dict.clone();
    for (key, value) in copy.into_iter().take(5) {
        drop(value);
        drop(key);
    }
}

#[test]
fn operations_in_the_middle_of_operations() {
    at_every_step(|world, dict| {
        let new = |value| Bomb::new(world, value);
        let mut is_first = true;
        dict.update(&new(3), |_| {
            if is_first {
                is_first = false;
                dict.remove(&new(3));
                dict.insert(new(3), new(1));
                dict.retain(|key, _| dict.get(key).is_some());
            }
            world.step();
            new(80)
        });
    });
}
