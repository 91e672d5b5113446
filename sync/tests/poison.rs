//! `Poison` marks a value when a panic that began under its guard unwinds through it, and only then.
#![cfg(not(polder_loom))]

use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use polder_sync::{Mutex, Poison, Poisoned};

fn poisoned<T>(value: T) -> Poison<T> {
    let mut poison = Poison::new(value);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _guard = poison.get().expect("not poisoned");
        panic!("under the guard");
    }));
    assert!(panicked.is_err());
    poison
}

#[test]
fn a_change_without_a_panic_leaves_no_mark() {
    let mut poison = Poison::from(1);
    *poison.get().expect("not poisoned") += 1;
    assert!(!poison.is_poisoned());
    assert_eq!(poison.peek(), Ok(&2));
    assert_eq!(poison.into_inner(), Ok(2));
}

#[test]
fn a_panic_under_the_guard_marks_the_value() {
    let mut poison = poisoned(1);
    assert!(poison.is_poisoned());
    assert!(poison.get().is_err());
    assert!(poison.peek().is_err());
}

#[test]
fn the_value_can_be_had_anyway() {
    let mut poison = poisoned(vec![1]);
    assert_eq!(poison.peek_anyway(), &[1]);
    poison.get_anyway().push(2);
    assert!(poison.is_poisoned(), "looking does not clear");
    let error = poison.into_inner().expect_err("poisoned");
    assert_eq!(error.into_inner(), [1, 2]);
}

#[test]
fn clearing_makes_the_value_usable_again() {
    let mut poison = poisoned(1);
    poison.clear();
    assert_eq!(poison.get().as_deref(), Ok(&1));
    assert_eq!(poison.into_inner(), Ok(1));
}

#[test]
fn a_panic_under_a_guard_of_a_poisoned_value_keeps_the_mark() {
    let mut poison = poisoned(1);
    poison.clear();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _guard = poison.get_anyway();
        panic!("again");
    }));
    assert!(panicked.is_err() && poison.is_poisoned());
}

#[test]
fn a_guard_made_while_unwinding_leaves_no_mark() {
    struct CountOnDrop<'a>(&'a mut Poison<u32>);
    impl Drop for CountOnDrop<'_> {
        fn drop(&mut self) {
            assert!(thread::panicking());
            *self.0.get().expect("not poisoned") += 1;
        }
    }
    let mut poison = Poison::new(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _count = CountOnDrop(&mut poison);
        panic!("elsewhere");
    }));
    assert!(panicked.is_err());
    assert_eq!(poison.into_inner(), Ok(1));
}

#[test]
fn a_panic_caught_inside_leaves_no_mark() {
    let mut poison = Poison::new(0);
    let guard = poison.get().expect("not poisoned");
    assert!(catch_unwind(|| panic!("caught while the guard lives")).is_err());
    drop(guard);
    assert!(!poison.is_poisoned());
}

#[test]
fn a_mutex_of_poison_poisons() {
    fn deposit(account: &Mutex<Poison<u32>>, amount: u32) -> Result<u32, Box<dyn Error>> {
        let mut slot = account.lock();
        let mut balance = slot.get()?;
        *balance += amount;
        assert!(amount < 100, "too much at once");
        Ok(*balance)
    }
    let account = Mutex::new(Poison::new(0));
    assert_eq!(deposit(&account, 1).expect("not poisoned"), 1);
    thread::scope(|scope| {
        assert!(scope.spawn(|| deposit(&account, 100).map_err(|error| error.to_string())).join().is_err());
    });
    assert!(!account.is_locked());
    let error = deposit(&account, 1).expect_err("poisoned");
    assert!(error.is::<Poisoned>());

    let mut slot = account.lock();
    let Ok(_) = slot.get() else {
        *slot.get_anyway() -= 100;
        slot.clear();
        drop(slot);
        assert_eq!(deposit(&account, 1).expect("repaired"), 2);
        return;
    };
    panic!("still poisoned until cleared");
}

#[test]
fn poison_holds_unsized_values() {
    let poison: &mut Poison<[u8]> = &mut Poison::new([1, 2]);
    poison.get().expect("not poisoned")[0] = 9;
    assert_eq!(poison.peek(), Ok(&[9, 2][..]));
}

#[test]
fn errors_show_no_value() {
    struct Opaque;
    let error = poisoned(Opaque).into_inner().err().expect("poisoned");
    assert_eq!(format!("{error:?}"), "Poisoned { .. }");
    assert!(error.to_string().starts_with("poisoned"));
}

#[test]
fn debug_shows_the_mark_and_the_value() {
    assert_eq!(format!("{:?}", Poison::new(1)), "Poison { poisoned: false, value: 1 }");
    assert_eq!(format!("{:?}", poisoned(1)), "Poison { poisoned: true, value: 1 }");
    assert_eq!(format!("{:?} {0}", Poison::new(1).get_anyway()), "1 1");
}
