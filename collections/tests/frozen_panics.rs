//! Panics of foreign code while frozen maps are made, read and joined, at each call in turn: nothing is lost, nothing is dropped twice.
#![cfg(not(polder_loom))]

#[path = "support/bomb.rs"]
mod bomb;

use std::{
    cell::Cell,
    hash::{BuildHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use bomb::{Bomb, World};
use foldhash::fast::FixedState;
use polder_collections::frozen::{Joined, Map};

/// There are eight hashes.
#[derive(Clone, Debug, Default)]
struct Few;

impl BuildHasher for Few {
    type Hasher = FewHasher;

    fn build_hasher(&self) -> FewHasher {
        FewHasher(0)
    }
}

struct FewHasher(u64);

impl Hasher for FewHasher {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, number: u64) {
        self.0 = FixedState::with_seed(3).hash_one(number % 8);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

const SIZE: u64 = if cfg!(miri) { 12 } else { 24 };

/// Some keys come twice.
fn entries(world: &Rc<World>) -> Vec<(Bomb, Bomb)> {
    let numbers = (0..SIZE).chain((0..SIZE).step_by(5));
    numbers.map(|n| (Bomb::new(world, n), Bomb::new(world, n))).collect()
}

/// Lets each call of foreign code in the work panic once. Says how many calls there were.
fn at_each_call(drops_panic: bool, work: impl Fn(&Rc<World>)) -> u32 {
    for length in 0.. {
        let world = Rc::<World>::default();
        world.drops_panic.set(drops_panic);
        world.countdown.set(Some(length));
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&world)));
        let is_over = world.countdown.take().is_some();
        assert_eq!(is_over, outcome.is_ok(), "call {length}");
        // What panics while it is dropped may take others with it, but never twice.
        assert!(if drops_panic { world.live.get() >= 0 } else { world.live.get() == 0 }, "call {length}");
        if is_over {
            assert_eq!(world.live.get(), 0);
            return length;
        }
    }
    unreachable!("the loop returns")
}

#[test]
fn making_a_map() {
    let calls = at_each_call(false, |world| {
        let map = Map::from_vec(entries(world), Few);
        assert_eq!(map.len() as u64, SIZE);
    });
    assert!(u64::from(calls) > SIZE, "{calls} calls");
    at_each_call(false, |world| drop(Map::try_from_vec(entries(world), Few).unwrap_err()));
    at_each_call(false, |world| {
        let mut entries = entries(world);
        entries.truncate(SIZE as usize);
        assert_eq!(Map::try_from_vec(entries, Few).unwrap().len() as u64, SIZE);
    });
}

#[test]
fn dropping_what_comes_twice() {
    let calls = at_each_call(true, |world| {
        let map = Map::from_vec(entries(world), Few);
        assert_eq!(map.len() as u64, SIZE);
    });
    assert!(u64::from(calls) > 2 * SIZE, "{calls} calls");
}

#[test]
fn reading_copying_and_joining() {
    let make = |world: &Rc<World>| {
        let countdown = world.countdown.take();
        let left = Map::from_vec(entries(world), Few);
        let right = Map::from_vec(entries(world).into_iter().filter(|(key, _)| key.1 % 2 == 0).collect(), Few);
        world.countdown.set(countdown);
        (left, right)
    };
    at_each_call(false, |world| {
        let (left, _) = make(world);
        for n in 0..2 * SIZE {
            let key = Bomb::new(world, n);
            assert_eq!(left.get(&key).map(|value| value.1), (n < SIZE).then_some(n));
        }
    });
    at_each_call(false, |world| {
        let (left, _) = make(world);
        assert_eq!(left.clone(), left);
    });
    at_each_call(false, |world| {
        let (left, right) = make(world);
        assert_eq!(left.union(&right).len() as u64, SIZE);
        assert_eq!(left.difference(&right).len() as u64, SIZE / 2);
        let merged = right.merge_with(&left, |joined| {
            world.step();
            match joined {
                Joined::Both(_, value, _) => Some(value.clone()),
                _ => None,
            }
        });
        assert_eq!(merged.len() as u64, SIZE / 2);
    });
}

#[test]
fn lies_lead_to_wrong_answers_alone() {
    /// Another hash each time.
    #[derive(Clone, Default)]
    struct Liar(Cell<u64>);
    impl BuildHasher for Liar {
        type Hasher = FewHasher;

        fn build_hasher(&self) -> FewHasher {
            self.0.set(self.0.get().wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f));
            FewHasher(self.0.get())
        }
    }
    #[derive(Clone, PartialEq, Eq, Debug)]
    struct Silent(String);
    impl Hash for Silent {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }
    let entries: Vec<_> = (0..200).map(|n: u64| (Silent(n.to_string()), n)).collect();
    let map = Map::from_vec(entries.clone(), Liar::default());
    assert_eq!(map.len(), 200);
    for (key, value) in &entries {
        assert!(map.get(key).is_none_or(|found| found == value));
    }
    let other = Map::from_vec(entries, Liar::default());
    assert_eq!(
        map.merge_join(&other).map(|joined| if let Joined::Both(..) = joined { 2 } else { 1 }).sum::<u64>(),
        400
    );
    assert!(map.union(&other).len() <= 400);
}
