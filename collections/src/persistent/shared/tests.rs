//! Owners in one thread, and in several.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    thread,
};

use super::{Roomy, Shared};

/// Counts its drops, and panics in them if it is told to.
#[derive(Clone)]
struct Counted {
    drops: Rc<Cell<u32>>,
    panics: bool,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
        assert!(!self.panics, "told to");
    }
}

fn counted(panics: bool) -> (Rc<Cell<u32>>, Counted) {
    let drops = Rc::<Cell<u32>>::default();
    (Rc::clone(&drops), Counted { drops, panics })
}

#[test]
fn the_last_handle_drops_the_value() {
    let (drops, value) = counted(false);
    let one = Shared::new(value);
    let other = one.clone();
    assert!(one.ptr_eq(&other));
    drop(one);
    assert_eq!(drops.get(), 0);
    drop(other);
    assert_eq!(drops.get(), 1);
}

#[test]
fn changes_need_a_handle_that_is_alone() {
    let mut one = Shared::new(1);
    *one.get_mut().unwrap() = 2;
    let mut other = one.clone();
    assert_eq!(one.get_mut(), None);
    *other.make_mut() = 3;
    assert_eq!((*one, *other), (2, 3));
    assert!(!one.ptr_eq(&other));
    let address: *const i32 = &*other;
    *other.make_mut() = 4;
    assert_eq!((&raw const *other, *other), (address, 4));
}

#[test]
fn a_value_is_taken_out_once() {
    let (drops, value) = counted(false);
    let one = Shared::new(value);
    let other = one.clone();
    let one = one.try_unwrap().map(drop).unwrap_err();
    drop(other);
    let value = one.try_unwrap().ok().unwrap();
    assert_eq!(drops.get(), 0);
    drop(value);
    assert_eq!(drops.get(), 1);
}

#[test]
fn unwrapping_clones_what_others_have() {
    let one = Shared::new(String::from("text"));
    let other = one.clone();
    assert_eq!(one.unwrap_or_clone(), "text");
    assert_eq!(other.unwrap_or_clone(), "text");
}

/// Miri finds the memory if it is not freed.
#[test]
fn a_drop_that_panics_frees_the_memory() {
    let (drops, value) = counted(true);
    let shared = Shared::new(value);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(shared))).is_err());
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_clone_that_panics_changes_nothing() {
    #[derive(Debug)]
    struct Unclonable(u32);
    impl Clone for Unclonable {
        fn clone(&self) -> Self {
            panic!("told to");
        }
    }
    let mut one = Shared::new(Unclonable(1));
    let other = one.clone();
    assert!(catch_unwind(AssertUnwindSafe(|| one.make_mut().0 += 1)).is_err());
    assert!(one.ptr_eq(&other));
    drop(other);
    one.make_mut().0 += 1;
    assert_eq!(one.0, 2);
}

/// Copies element by element, and panics behind one that is negative.
#[derive(Debug)]
struct List(Vec<i32>);

impl Clone for List {
    fn clone(&self) -> Self {
        panic!("copied where it does not stay");
    }

    fn clone_from(&mut self, from: &Self) {
        for &number in &from.0 {
            self.0.push(number);
            assert!(number >= 0, "told to");
        }
    }
}

impl Roomy for List {
    fn vacant(&self) -> Self {
        Self(Vec::with_capacity(self.0.capacity()))
    }
}

#[test]
fn a_roomy_value_is_copied_where_it_stays() {
    let mut one = Shared::filled(List(Vec::new()), |list| list.0.extend([1, 2]));
    let address: *const List = &*one;
    one.make_own().0.push(3);
    assert_eq!(&raw const *one, address);
    let other = one.clone();
    one.make_own().0.push(4);
    assert_eq!((&one.0[..], &other.0[..]), (&[1, 2, 3, 4][..], &[1, 2, 3][..]));
    one.make_own().0[3] = -4;
    let third = one.clone();
    assert!(catch_unwind(AssertUnwindSafe(|| one.make_own().0.clear())).is_err());
    assert!(one.ptr_eq(&third));
    assert_eq!(third.0, [1, 2, 3, -4]);
    let full = || Shared::filled(List(Vec::new()), |_| panic!("told to"));
    assert!(catch_unwind(AssertUnwindSafe(full)).is_err());
}

#[test]
fn threads_share() {
    let mut shared = Shared::new(String::from("text"));
    thread::scope(|scope| {
        for _ in 0..3 {
            let shared = shared.clone();
            scope.spawn(move || {
                for _ in 0..if cfg!(miri) { 5 } else { 1_000 } {
                    assert_eq!(*shared.clone(), "text");
                }
            });
        }
    });
    assert!(shared.get_mut().is_some());
}
