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
        let mut link = Link::branch(2, 12);
        let mut branch = link.own_branch().unwrap();
        branch.put(Run { start: 0, length: 1 }, leaf(&count, 0..4, panics));
        // A run, which is dropped once.
        branch.put(Run { start: 2, length: 2 }, leaf(&count, 4..8, panics));
        let mut below = Link::branch(1, 4);
        below.own_branch().unwrap().put(Run { start: 1, length: 1 }, leaf(&count, 8..12, panics));
        branch.put(Run { start: 1, length: 1 }, below);
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
