//! Links, leaves and branches by themselves.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use super::{Form, Item, Kind, Link, Run};

/// Counts what is there of it; one of them panics when it is dropped.
struct Live {
    count: Rc<Cell<i32>>,
    panics: bool,
}

impl Live {
    fn new(count: &Rc<Cell<i32>>, panics: bool) -> Self {
        count.set(count.get() + 1);
        Self { count: count.clone(), panics }
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        Self::new(&self.count, false)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.count.set(self.count.get() - 1);
        assert!(!self.panics || std::thread::panicking(), "a drop that panics");
    }
}

fn leaf(count: &Rc<Cell<i32>>, keys: core::ops::Range<u64>, panics: u64) -> Link<u64, Live> {
    let mut link = Link::leaf(keys.clone().count());
    let mut leaf = link.leaf_mut().unwrap();
    for key in keys {
        let item = Item::new(key, key, Live::new(count, key == panics));
        assert!(leaf.push(key as u8 | 1, item).is_ok());
    }
    link
}

#[test]
fn cells_are_in_place_if_they_are_small_and_own_nothing() {
    const { assert!(Form::<u64, u64>::IN_PLACE) };
    const { assert!(Form::<u64, [u64; 3]>::IN_PLACE) };
    const { assert!(!Form::<u64, [u64; 4]>::IN_PLACE) };
    const { assert!(!Form::<u8, Box<u8>>::IN_PLACE) };
    assert_eq!((Form::<u64, u64>::MOST, Form::<u64, [u64; 2]>::MOST, Form::<u8, Box<u8>>::MOST), (32, 16, 16));
}

#[test]
fn all_is_dropped_once_whichever_drop_panics() {
    for panics in 0..12 {
        let count = Rc::new(Cell::new(0));
        // With a run, which is dropped once.
        let link = trie(&count, panics);
        assert_eq!(count.get(), 12);
        let outcome = catch_unwind(AssertUnwindSafe(|| drop(link)));
        assert!(outcome.is_err());
        assert_eq!(count.get(), 0);
    }
}

#[test]
fn a_copy_of_a_branch_shares_and_a_copy_of_a_leaf_does_not() {
    let count = Rc::new(Cell::new(0));
    let mut one = Link::branch(3, 4);
    one.own_branch().unwrap().put(Run { start: 4, length: 4 }, leaf(&count, 0..4, u64::MAX));
    let mut two = one.clone();
    two.own_branch().unwrap().set_len(5);
    let (Kind::Branch(first), Kind::Branch(second)) = (one.kind(), two.kind()) else { panic!("two branches") };
    assert_eq!((first.len(), second.len()), (4, 5));
    assert!(first.is_like(second));
    assert_eq!(first.run(6), Run { start: 4, length: 4 });
    assert_eq!(first.run(1), Run { start: 0, length: 4 });
    let Kind::Leaf(shared) = first.choose(u64::MAX).kind() else { panic!("a leaf") };
    assert!(!first.choose(u64::MAX).is_alone());
    let copy = Link::copy_leaf(shared, 9);
    assert_eq!((copy.len(), count.get()), (4, 4), "the entries are shared");
    drop(one);
    drop(two);
    assert_eq!(count.get(), 4);
    drop(copy);
    assert_eq!(count.get(), 0);
}

/// A trie of three leaves of four entries, one of which is a run, below two branches.
fn trie(count: &Rc<Cell<i32>>, panics: u64) -> Link<u64, Live> {
    let mut link = Link::branch(2, 12);
    let mut branch = link.own_branch().unwrap();
    branch.put(Run { start: 0, length: 1 }, leaf(count, 0..4, panics));
    branch.put(Run { start: 2, length: 2 }, leaf(count, 4..8, panics));
    let mut below = Link::branch(1, 4);
    below.own_branch().unwrap().put(Run { start: 1, length: 1 }, leaf(count, 8..12, panics));
    branch.put(Run { start: 1, length: 1 }, below);
    link
}

/// The keys, in the order of slots.
fn keys(link: &Link<u64, Live>) -> Vec<u64> {
    match link.kind() {
        Kind::Empty => Vec::new(),
        Kind::Leaf(leaf) => (0..leaf.len()).map(|index| *leaf.pair(index).0).collect(),
        Kind::Branch(branch) => {
            let (mut all, mut next) = (Vec::new(), 0);
            while let Some((child, after)) = branch.next(next) {
                all.extend(keys(child));
                next = after;
            }
            all
        }
    }
}

#[test]
fn a_unit_is_dropped_once_whichever_drop_panics() {
    for panics in 0..12 {
        for moves in [false, true] {
            let count = Rc::new(Cell::new(0));
            let mut link = trie(&count, panics);
            if moves {
                link.become_unit();
            } else {
                link = link.to_unit();
            }
            assert!(link.is_unit() && !link.is_alone());
            assert_eq!((count.get(), keys(&link).len()), (12, 12));
            let outcome = catch_unwind(AssertUnwindSafe(|| drop(link)));
            assert!(outcome.is_err());
            assert_eq!(count.get(), 0);
        }
    }
}

#[test]
fn what_comes_of_a_unit_keeps_it() {
    let count = Rc::new(Cell::new(0));
    let nodes = trie(&count, u64::MAX);
    let unit = nodes.to_unit();
    assert_eq!(count.get(), 12, "entries are shared");
    assert_eq!(keys(&unit), keys(&nodes));
    drop(nodes);
    let whole = unit.unit_size().unwrap();
    let Kind::Branch(branch) = unit.kind() else { panic!("a branch") };
    assert_eq!(branch.run(3), Run { start: 2, length: 2 });

    // A copy of the root, with another leaf in the place of the run.
    let mut copy = unit.clone();
    let mut branch = copy.own_branch().unwrap();
    drop(branch.replace(Run { start: 2, length: 2 }, leaf(&count, 20..21, u64::MAX)));
    assert!(!copy.is_unit() && copy.unit_size().is_none());
    assert_eq!(count.get(), 13);
    // And a copy of that, so that links into the unit are counted from two branches.
    let mut again = copy.clone();
    again.own_branch().unwrap().set_len(3);
    let Kind::Branch(branch) = again.kind() else { panic!("a branch") };
    let child = branch.link(1).clone();
    assert_eq!(child.unit_size(), Some(whole));
    assert!(!child.is_unit(), "a part of one");
    drop((unit, copy));
    assert_eq!(count.get(), 13);
    assert_eq!(keys(&again), [0, 1, 2, 3, 8, 9, 10, 11, 20]);
    drop(again);
    assert_eq!((count.get(), keys(&child)), (12, vec![8, 9, 10, 11]));

    // A unit of the part lets go of the other one.
    let mut part = child;
    part.become_unit();
    assert!(part.is_unit());
    assert!(part.unit_size().unwrap().1 < whole.1);
    assert_eq!((count.get(), keys(&part)), (4, vec![8, 9, 10, 11]));
    drop(part);
    assert_eq!(count.get(), 0);
}

#[test]
fn links_into_several_units_are_counted_apart() {
    let count = Rc::new(Cell::new(0));
    let mut link = Link::branch(3, 13);
    let mut branch = link.own_branch().unwrap();
    let units: [_; 3] = core::array::from_fn(|unit| {
        let mut link = Link::branch(1, 4);
        for slot in 0..2 {
            let first = (unit * 2 + slot) as u64 * 2;
            link.own_branch().unwrap().put(Run { start: slot, length: 1 }, leaf(&count, first..first + 2, u64::MAX));
        }
        link.become_unit();
        link
    });
    // Two of a unit next to each other, two that are apart, and a leaf by itself.
    for (slot, (unit, part)) in [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (1, 1)].into_iter().enumerate() {
        let Kind::Branch(parts) = units[unit].kind() else { panic!("a branch") };
        branch.put(Run { start: slot, length: 1 }, parts.link(part).clone());
    }
    branch.put(Run { start: 6, length: 1 }, leaf(&count, 12..13, u64::MAX));
    assert_eq!(count.get(), 13);
    for turn in 0..3 {
        let mut copy = link.clone();
        copy.own_branch().unwrap().set_len(turn);
        let more = copy.clone();
        drop(copy);
        drop(more);
    }
    drop(units);
    assert_eq!(count.get(), 13);
    drop(link);
    assert_eq!(count.get(), 0);
}

#[test]
fn a_clone_that_panics_leaves_no_unit() {
    thread_local! {
        static LEFT: Cell<u32> = const { Cell::new(0) };
    }

    /// In place, with a clone that may panic.
    #[derive(Debug, PartialEq)]
    struct Small(u64);

    impl Clone for Small {
        fn clone(&self) -> Self {
            LEFT.set(LEFT.get().checked_sub(1).expect("a clone that panics"));
            Self(self.0)
        }
    }

    const { assert!(Form::<u64, Small>::IN_PLACE) };
    let mut link = Link::<u64, Small>::branch(1, 4);
    let mut branch = link.own_branch().unwrap();
    for slot in 0..2 {
        let mut leaf = Link::leaf(4);
        for key in 0..4 {
            let item = Item::new(key, key, Small(key));
            assert!(leaf.leaf_mut().unwrap().push(1, item).is_ok());
        }
        branch.put(Run { start: slot, length: 1 }, leaf);
    }
    let Kind::Branch(branch) = link.kind() else { panic!("a branch") };
    let shared = branch.link(1).clone();
    for left in 0..8 {
        LEFT.set(left);
        assert!(catch_unwind(AssertUnwindSafe(|| link.to_unit())).is_err());
        // The first leaf has moved by then: its entries are cloned by nobody.
        LEFT.set(left);
        let outcome = catch_unwind(AssertUnwindSafe(|| link.become_unit()));
        assert_eq!(outcome.is_err(), left < 4);
        if outcome.is_ok() {
            break;
        }
        let Kind::Branch(branch) = link.kind() else { panic!("a branch") };
        for slot in 0..2 {
            let Kind::Leaf(leaf) = branch.link(slot).kind() else { panic!("a leaf") };
            assert_eq!(leaf.pair(3), (&3, &Small(3)));
        }
    }
    assert!(link.is_unit() && !shared.is_unit());
    assert_eq!((link.len(), shared.len()), (4, 4));
}

#[test]
fn entries_of_a_leaf_move_without_being_cloned() {
    let count = Rc::new(Cell::new(0));
    let mut link = leaf(&count, 0..3, u64::MAX);
    link.grow_leaf(40);
    let mut leaf = link.leaf_mut().unwrap();
    for key in 3..40 {
        assert!(leaf.push(7, Item::new(key, key, Live::new(&count, false))).is_ok());
    }
    assert!(leaf.push(7, Item::new(0, 0, Live::new(&count, false))).is_err());
    assert_eq!(leaf.as_ref().find(7, |key| *key == 39), Some(39));
    assert_eq!(leaf.as_ref().find(9, |_| true), None);
    drop(leaf.swap_remove(0));
    assert_eq!(leaf.as_ref().pair(0).0, &39);
    assert_eq!((leaf.as_ref().tag(0), leaf.as_ref().len(), count.get()), (7, 39, 39));
    let mut keys = Vec::new();
    link.take_apart(|_| panic!("a leaf"), |item| keys.push(item.into_pair().0));
    keys.sort_unstable();
    assert_eq!(keys, (1..40).collect::<Vec<_>>());
    assert_eq!(count.get(), 0);
}

#[test]
#[should_panic(expected = "the slots are empty")]
fn what_is_in_a_slot_is_not_forgotten() {
    let mut link = Link::<u64, u64>::branch(1, 0);
    let mut branch = link.own_branch().unwrap();
    branch.put(Run { start: 0, length: 1 }, Link::leaf(1));
    branch.put(Run { start: 0, length: 2 }, Link::leaf(1));
}

#[test]
fn no_link_is_given_out_of_the_middle_of_a_run() {
    let mut link = Link::<u64, u64>::branch(2, 0);
    let mut branch = link.own_branch().unwrap();
    branch.put(Run { start: 0, length: 4 }, Link::leaf(1));
    let part = catch_unwind(AssertUnwindSafe(|| branch.replace(Run { start: 1, length: 1 }, Link::EMPTY)));
    assert!(part.is_err());
    assert!(!branch.replace(Run { start: 0, length: 4 }, Link::EMPTY).is_empty());
}
