//! A fuse that lets one call of foreign code panic: the first one in one run, the second in the next, and so on.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Foreign code that a map runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Site {
    Hash,
    Closure,
}

thread_local! {
    static FUSE: Cell<Option<(Site, u32)>> = const { Cell::new(None) };
}

/// To be called by foreign code: panics if the fuse has burnt down.
pub(crate) fn burn(site: Site) {
    let fuse = FUSE.get().filter(|(armed, _)| *armed == site);
    match fuse {
        None => {}
        Some((_, 0)) => {
            FUSE.set(None);
            panic!("a fuse in {site:?}");
        }
        Some((_, length)) => FUSE.set(Some((site, length - 1))),
    }
}

/// Runs the work once for each call of foreign code at the site, and lets that call panic; the last time none does. Each
/// time everything is made anew, and checked after the panic. Returns how many times there was a panic.
pub(crate) fn at_each_call<T>(site: Site, make: impl Fn() -> T, work: impl Fn(&T), check: impl Fn(T, u32)) -> u32 {
    for length in 0.. {
        let made = make();
        FUSE.set(Some((site, length)));
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&made)));
        let is_over = FUSE.take().is_some();
        assert!(is_over || outcome.is_err(), "the panic of call {length} in {site:?} was swallowed");
        assert!(!is_over || outcome.is_ok(), "a panic that is not of the fuse, before call {length} in {site:?}");
        check(made, length);
        if is_over {
            return length;
        }
    }
    unreachable!("the loop returns")
}
