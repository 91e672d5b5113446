//! Threads inside a session: tokens can be lent.

mod common;

use std::thread;

use common::list_of;
use polder::{Region, View};

fn sum<'r>(list: &common::List<'r>, view: View<'_, 'r>) -> u64 {
    list.forwards(view).iter().sum()
}

#[test]
fn threads_read_an_open_region_while_its_owner_allocates() {
    let mut list = list_of(0..100);
    list.open(|list, ctx| {
        let view = ctx.view();
        let shared = &*list;
        thread::scope(|scope| {
            let readers = [scope.spawn(move || sum(shared, view)), scope.spawn(move || sum(shared, view))];
            for n in 0..1000_u64 {
                ctx.alloc(n);
            }
            for reader in readers {
                assert_eq!(reader.join().unwrap(), 4950);
            }
        });
        // And the session goes on.
        list.push(ctx, 100);
        assert_eq!(sum(list, ctx.view()), 5050);
    });
}

#[test]
fn a_whole_session_is_lent_to_a_thread() {
    let mut list = list_of(0..10);
    list.open(|list, ctx| {
        thread::scope(|scope| {
            scope.spawn(|| list.push(ctx, 10).addr()).join().unwrap();
        });
        list.push(ctx, 11);
        assert_eq!(sum(list, ctx.view()), 66);
    });
}

#[test]
fn a_shared_region_is_read_and_cloned_by_threads() {
    let list = list_of(0..100);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                assert_eq!(list.read(sum), 4950);
                assert_eq!(common::values_of(&list.clone()).len(), 100);
            });
        }
    });
}

#[test]
fn regions_flow_through_channels() {
    let (send, receive) = std::sync::mpsc::channel::<Region<common::List<'static>>>();
    let consumer = thread::spawn(move || receive.iter().map(|list| common::values_of(&list).len()).sum::<usize>());
    for len in 0..20 {
        send.send(list_of(0..len)).unwrap();
    }
    drop(send);
    assert_eq!(consumer.join().unwrap(), 190);
}
