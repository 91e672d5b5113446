//! What is `Send`, `Sync`, and how large. (What is *not* is in `compile_fail`.)
#![cfg(feature = "std")]

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};

use polder::{
    Cloner, Ctx, Frozen, FrozenRef, Mover, Rebrand, Ref, Region, RegionGuard, RegionMutex, RegionReadGuard,
    RegionRwLock, RegionWriteGuard, View,
};

#[derive(Rebrand)]
#[expect(dead_code, reason = "only the types matter")]
struct Node<'r> {
    next: Option<Ref<'r, Node<'r>>>,
    name: String,
}

type Graph = Node<'static>;

fn send<T: Send>() {}
fn sync<T: Sync>() {}

#[test]
fn regions_and_their_locks_cross_threads() {
    send::<Region<Graph>>();
    sync::<Region<Graph>>();
    send::<Frozen<Graph>>();
    sync::<Frozen<Graph>>();
    send::<FrozenRef<Graph, Graph>>();
    sync::<FrozenRef<Graph, Graph>>();
    send::<RegionMutex<Graph>>();
    sync::<RegionMutex<Graph>>();
    send::<RegionRwLock<Graph>>();
    sync::<RegionRwLock<Graph>>();
    sync::<RegionGuard<'_, Graph>>();
    sync::<RegionReadGuard<'_, Graph>>();
    sync::<RegionWriteGuard<'_, Graph>>();
    send::<Ctx<'_>>();
    send::<View<'_, '_>>();
    sync::<View<'_, '_>>();
    send::<Ref<'_, Node<'_>>>();
    sync::<Ref<'_, Node<'_>>>();
    // A region that only moves needs no `Sync` root.
    send::<Region<Cell<u64>>>();
    sync::<RegionMutex<Cell<u64>>>();
    let _: (Option<Mover<'_, '_>>, Option<Cloner<'_, '_>>) = (None, None);
}

#[test]
fn regions_may_be_used_after_a_caught_panic() {
    fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    unwind_safe::<Region<Graph>>();
    unwind_safe::<Frozen<Graph>>();
    unwind_safe::<FrozenRef<Graph, Graph>>();
    unwind_safe::<Ref<'_, Node<'_>>>();
    unwind_safe::<RegionRwLock<Graph>>();
}

#[test]
fn handles_are_words_and_views_are_nothing() {
    const WORD: usize = size_of::<usize>();
    assert_eq!(size_of::<Region<Graph>>(), WORD);
    assert_eq!(size_of::<Option<Region<Graph>>>(), WORD);
    assert_eq!(size_of::<Frozen<Graph>>(), WORD);
    assert_eq!(size_of::<FrozenRef<Graph, Graph>>(), 2 * WORD);
    assert_eq!(size_of::<Option<Ref<'_, Node<'_>>>>(), WORD);
    assert_eq!(size_of::<Ref<'_, [u8]>>(), 2 * WORD);
    assert_eq!(size_of::<View<'_, '_>>(), 0);
}
