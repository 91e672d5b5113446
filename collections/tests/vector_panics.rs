//! Clones, destructors, comparisons, closures and iterators that panic at each point where a vector runs them: other versions stay what they are, the one
//! that was being changed is whole, nothing is dropped twice and nothing is left behind.
#![cfg(not(polder_loom))]

#[path = "support/bomb.rs"]
mod bomb;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use bomb::{Bomb, World};
use polder_collections::persistent::Vector;

/// Some levels of nodes: under Miri they are narrow.
const LEN: u64 = if cfg!(miri) { 30 } else { 1500 };
/// Foreign calls before the one that panics are counted up to here, then in longer steps; under Miri in ever longer ones.
const EACH: u32 = if cfg!(miri) { 0 } else { 70 };

fn values(vector: &Vector<Bomb>) -> Vec<u64> {
    vector.iter().map(|bomb| bomb.1).collect()
}

/// A vector with a head, a tail and a relaxed tree.
fn vector(world: &Rc<World>) -> Vector<Bomb> {
    let bombs = |range: std::ops::Range<u64>| range.map(|value| Bomb::new(world, value)).collect::<Vector<_>>();
    let mut all = bombs(0..LEN / 3).concat(&bombs(LEN / 3..LEN));
    all.pop_front_mut();
    all.pop_back_mut();
    all
}

type Change = fn(&mut Vector<Bomb>, &Rc<World>);

const MIDDLE: usize = LEN as usize / 2;

const CHANGES: &[(&str, Change)] = &[
    ("push_back", |vector, world| vector.push_back_mut(Bomb::new(world, 1))),
    ("push_front", |vector, world| vector.push_front_mut(Bomb::new(world, 1))),
    ("persistent push_back", |vector, world| *vector = vector.push_back(Bomb::new(world, 1))),
    ("pop_back", |vector, _| drop(vector.pop_back_mut())),
    ("pop_front", |vector, _| drop(vector.pop_front_mut())),
    ("set", |vector, world| drop(vector.set_mut(MIDDLE, Bomb::new(world, 1)))),
    ("get_mut", |vector, _| vector[MIDDLE].1 = 1),
    ("insert", |vector, world| vector.insert_mut(MIDDLE, Bomb::new(world, 1))),
    ("remove", |vector, _| drop(vector.remove_mut(MIDDLE))),
    ("append", |vector, _| vector.append_mut(&vector.skip(3))),
    ("split_off", |vector, _| drop(vector.split_off_mut(MIDDLE))),
    ("truncate", |vector, _| vector.truncate_mut(MIDDLE)),
    ("clear", |vector, _| vector.clear_mut()),
    ("splice", |vector, world| drop(vector.splice_mut(3..MIDDLE, (0..40).map(|value| Bomb::new(world, value))))),
    ("extend", |vector, world| {
        vector.extend((0..100).map(|value| {
            world.step();
            Bomb::new(world, value)
        }));
    }),
    ("swap", |vector, _| vector.swap_mut(1, MIDDLE)),
    ("retain", |vector, world| {
        vector.retain_mut(|bomb| {
            world.step();
            bomb.1 % 3 != 0
        });
    }),
    ("sort", |vector, _| vector.sort_by_mut(|one, two| two.cmp(one))),
    ("iter_mut", |vector, _| vector.iter_mut().rev().for_each(|bomb| bomb.1 += 1)),
    ("into_iter", |vector, _| {
        let mut taken = vector.clone().into_iter();
        taken.by_ref().take(MIDDLE).for_each(drop);
        drop(taken.next_back());
    }),
    ("from_iter", |vector, world| {
        *vector = vector.iter().map(|bomb| Bomb::new(world, bomb.1)).inspect(|bomb| bomb.0.step()).collect();
    }),
    ("compare", |vector, world| {
        let other: Vector<_> = vector.iter().map(|bomb| Bomb::new(world, bomb.1)).collect();
        assert!(*vector == other && Ord::cmp(&*vector, &other).is_eq());
    }),
];

/// Runs a change with a panic at each of its foreign calls, on a version that is `shared` or not.
fn inject(name: &str, change: Change, shared: bool, drops_panic: bool) {
    let mut at = 0;
    loop {
        let world = Rc::new(World::default());
        let mut version = vector(&world);
        let old = shared.then(|| version.clone());
        let before = values(&version);
        world.drops_panic.set(drops_panic);
        world.countdown.set(Some(at));
        let outcome = catch_unwind(AssertUnwindSafe(|| change(&mut version, &world)));
        let done = world.countdown.take().is_some();
        world.drops_panic.set(false);
        assert_eq!(outcome.is_ok(), done, "{name}: at {at}");

        // Whole: as many as can be counted, found by index, and pushed to and popped from.
        let after = values(&version);
        assert_eq!(after.len(), version.len(), "{name} at {at}");
        assert!(after.iter().enumerate().all(|(index, value)| version[index].1 == *value), "{name} at {at}");
        assert!(after.iter().rev().eq(version.iter().rev().map(|bomb| &bomb.1)));
        if !done && !drops_panic && !matches!(name, "extend" | "iter_mut" | "sort") {
            assert!(after == before, "{name} at {at}: a panic before anything was changed");
        }
        if name == "sort" {
            let (mut one, mut two) = (before.clone(), after.clone());
            one.sort_unstable();
            two.sort_unstable();
            assert!(one == two, "a sort loses nothing");
        }
        version.push_front_mut(Bomb::new(&world, 9));
        version.push_back_mut(Bomb::new(&world, 9));
        assert_eq!(version.len(), after.len() + 2);
        if let Some(old) = old {
            assert!(values(&old) == before, "{name} at {at}: the other version");
        }
        drop(version);
        assert_eq!(world.live.get(), 0, "{name} at {at}");
        if done {
            return;
        }
        at += 1 + at.saturating_sub(EACH) / if cfg!(miri) { 1 } else { 2 };
    }
}

#[test]
fn a_panic_of_foreign_code_leaves_all_versions_whole() {
    for &(name, change) in CHANGES {
        for shared in [false, true] {
            inject(name, change, shared, false);
        }
    }
}

#[test]
fn a_panic_of_a_destructor_leaves_all_versions_whole() {
    for &(name, change) in CHANGES {
        for shared in [false, true] {
            inject(name, change, shared, true);
        }
    }
}

#[test]
fn a_panic_of_a_destructor_while_a_vector_is_dropped_leaves_nothing_behind() {
    for at in [0, 1, 7, LEN / 2, LEN - 4] {
        let world = Rc::new(World::default());
        let version = vector(&world);
        let other = version.slice(5..9);
        world.drops_panic.set(true);
        world.countdown.set(Some(at as u32));
        let outcome = catch_unwind(AssertUnwindSafe(|| drop(version)));
        world.drops_panic.set(false);
        assert!(outcome.is_err() || world.countdown.get().is_some());
        assert_eq!(values(&other), [6, 7, 8, 9]);
        drop(other);
        assert_eq!(world.live.get(), 0, "at {at}");
    }
}
