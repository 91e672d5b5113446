//! Freezing: one count for a whole graph, read from many threads, taken back by the last.

mod common;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use common::{Canary, List, Node, drop_count, list_of, load, values_of};
use polder::{Frozen, Rebrand, Ref, Region};

#[test]
fn a_frozen_list_is_read_by_threads_and_thawed_by_the_last_handle() {
    let frozen: Frozen<List<'static>> = list_of(0..100).freeze();
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let frozen = frozen.clone();
            thread::spawn(move || frozen.read(|list, view| list.forwards(view).iter().sum::<u64>()))
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.join().unwrap(), 4950);
    }

    let other = frozen.clone();
    assert!(frozen.ptr_eq(&other));
    let frozen = frozen.try_thaw().expect_err("another handle is left");
    drop(other);
    let mut list = frozen.try_thaw().expect("the last handle");
    list.open(|list, ctx| list.push(ctx, 100).addr());
    assert_eq!(values_of(&list).len(), 101);
}

#[test]
fn a_projected_node_keeps_the_graph_alive() {
    let frozen = list_of(0..10).freeze();
    let third = frozen.project::<Node<'static>>(|list, view| {
        let mut node = list.head.unwrap();
        for _ in 0..3 {
            node = view[node].next.unwrap();
        }
        node
    });
    let frozen = frozen.try_thaw().expect_err("the projection counts");
    let fifth = third.project::<Node<'static>>(|node, view| view[node.next.unwrap()].next.unwrap());
    assert!(fifth.graph().ptr_eq(&frozen));
    drop((frozen, third.clone()));

    thread::spawn(move || {
        assert_eq!(third.read(|node, view| (node.val, view[node.prev.unwrap()].val)), (3, 2));
        drop(third);
        assert_eq!(fifth.read(|node, _| node.val), 5);
        let list = fifth.graph().clone();
        drop(fifth);
        assert_eq!(values_of(&list.try_thaw().unwrap()), (0..10).collect::<Vec<_>>());
    })
    .join()
    .unwrap();
}

#[test]
fn the_last_handle_drops_the_graph_on_its_thread() {
    let count = drop_count();
    let frozen = Region::<Canary>::new(|ctx| {
        ctx.alloc(Canary(count));
        Canary(count)
    })
    .freeze();
    let other = frozen.clone();
    drop(frozen);
    assert_eq!(load(count), 0);
    thread::spawn(move || drop(other)).join().unwrap();
    assert_eq!(load(count), 2);
}

#[test]
fn synchronised_cells_in_a_frozen_graph_still_change() {
    #[derive(Rebrand)]
    struct Stats<'r> {
        hits: Ref<'r, AtomicU64>,
        log: Ref<'r, Mutex<Vec<u64>>>,
    }
    let frozen = Region::<Stats<'static>>::new(|ctx| Stats {
        hits: ctx.alloc(AtomicU64::new(0)),
        log: ctx.alloc(Mutex::default()),
    })
    .freeze();
    thread::scope(|scope| {
        for n in 0..4 {
            let frozen = &frozen;
            scope.spawn(move || {
                frozen.read(|stats, view| {
                    view[stats.hits].fetch_add(1, Ordering::Relaxed);
                    view[stats.log].lock().unwrap().push(n);
                })
            });
        }
    });
    frozen.read(|stats, view| {
        assert_eq!(view[stats.hits].load(Ordering::Relaxed), 4);
        assert_eq!(view[stats.log].lock().unwrap().len(), 4);
    });
}

#[test]
fn freezing_is_deep() {
    let nested: Region<Region<List<'static>>> = Region::new(|_| list_of(0..5));
    let frozen = nested.freeze();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(frozen.read(|inner, _| values_of(inner)), [0, 1, 2, 3, 4]));
        }
    });
}

#[test]
fn a_shared_graph_is_cloned_where_it_cannot_be_thawed() {
    let frozen = list_of(0..5).freeze();
    let other = frozen.clone();
    let mut copy = frozen.thaw_or_clone();
    copy.open(|list, ctx| list.push(ctx, 5).addr());
    assert_eq!(values_of(&copy), [0, 1, 2, 3, 4, 5]);
    let own = other.thaw_or_clone();
    assert_eq!(values_of(&own), [0, 1, 2, 3, 4]);
}
