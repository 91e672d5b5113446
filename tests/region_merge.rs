//! Merging and nesting: regions in regions.

mod common;

use std::sync::{Arc, Mutex};
use std::thread;

use common::{List, list_of, values_of};
use polder::{Rebrand, Ref, Region};

#[test]
fn an_adopted_list_is_linked_in_both_directions() {
    let mut list = list_of(0..50);
    let tail = list_of(50..100);
    let bytes = list.bytes() + tail.bytes();
    list.open(|list, ctx| {
        let tail = ctx.adopt(tail);
        let (last, first) = (list.tail.unwrap(), tail.head.unwrap());
        ctx[last].next = Some(first);
        ctx[first].prev = Some(last);
        list.tail = tail.tail;
        for val in 100..150 {
            list.push(ctx, val);
        }
    });
    assert!(list.bytes() >= bytes);
    assert_eq!(values_of(&list), (0..150).collect::<Vec<_>>());
}

#[test]
fn merging_with_empty_regions_changes_nothing() {
    let mut list = list_of(0..3);
    list.open(|_, ctx| ctx.adopt(Region::<()>::new(|_| ())));
    let mut empty: Region<Option<List<'static>>> = Region::new(|_| None);
    empty.open(|root, ctx| *root = Some(ctx.adopt(list)));
    let list: Region<List<'static>> = empty.map_root(|root, _| root.unwrap());
    assert_eq!(values_of(&list), [0, 1, 2]);
}

#[derive(Rebrand)]
struct Tree<'r> {
    name: String,
    leaves: Vec<Ref<'r, Leaf>>,
}

#[derive(Rebrand)]
struct Leaf {
    inner: Option<Region<Tree<'static>>>,
    val: u64,
}

fn tree(name: &str, inner: Option<Region<Tree<'static>>>) -> Region<Tree<'static>> {
    Region::new(|ctx| Tree { name: name.into(), leaves: vec![ctx.alloc(Leaf { inner, val: 1 })] })
}

#[test]
fn nested_regions_are_opened_taken_out_and_merged() {
    let mut outer = tree("outer", Some(tree("middle", Some(tree("inner", None)))));
    // Open child and grandchild while the parent's session is suspended.
    outer.open(|tree, ctx| {
        ctx[tree.leaves[0]].inner.as_mut().unwrap().open(|tree, ctx| {
            ctx[tree.leaves[0]].inner.as_mut().unwrap().open(|tree, ctx| {
                tree.name.push('!');
                ctx[tree.leaves[0]].val = 7;
            });
        });
    });
    // Take the grandchild out and send it away.
    let inner = outer.open(|tree, ctx| {
        ctx[tree.leaves[0]].inner.as_mut().unwrap().open(|tree, ctx| ctx[tree.leaves[0]].inner.take().unwrap())
    });
    let inner = thread::spawn(move || {
        assert_eq!(inner.read(|tree, view| (tree.name.clone(), view[tree.leaves[0]].val)), ("inner!".into(), 7));
        inner
    })
    .join()
    .unwrap();
    // Merge both into the parent.
    outer.open(|tree, ctx| {
        let middle = ctx[tree.leaves[0]].inner.take().unwrap();
        let middle = ctx.adopt(middle);
        let inner = ctx.adopt(inner);
        tree.leaves.extend(middle.leaves);
        tree.leaves.extend(inner.leaves);
        tree.name = format!("{} {} {}", tree.name, middle.name, inner.name);
    });
    outer.read(|tree, view| {
        assert_eq!(tree.name, "outer middle inner!");
        assert_eq!(tree.leaves.iter().map(|leaf| view[*leaf].val).collect::<Vec<_>>(), [1, 1, 7]);
    });
    // A deep freeze: the regions inside are read through `&`.
    let frozen = tree("top", Some(outer)).freeze();
    let name = frozen.read(|tree, view| view[tree.leaves[0]].inner.as_ref().unwrap().read(|tree, _| tree.name.clone()));
    assert_eq!(name, "outer middle inner!");
}

#[test]
fn a_tree_with_parents_owns_heap_data_and_freezes() {
    #[derive(Rebrand)]
    struct Dir<'r> {
        name: String,
        parent: Option<Ref<'r, Dir<'r>>>,
        children: Vec<Ref<'r, Dir<'r>>>,
    }
    let region: Region<Ref<'static, Dir<'static>>> = Region::new(|ctx| {
        let root = ctx.alloc(Dir { name: "root".into(), parent: None, children: vec![] });
        for n in 0..5 {
            let child = ctx.alloc(Dir { name: format!("child{n}"), parent: Some(root), children: vec![] });
            ctx[root].children.push(child);
        }
        root
    });
    let frozen = region.freeze();
    frozen.read(|root, view| {
        for child in &view[*root].children {
            assert_eq!(view[view[*child].parent.unwrap()].name, "root");
        }
        assert_eq!(view[view[*root].children[3]].name, "child3");
    });
}

#[test]
fn a_std_mutex_owns_a_region() {
    let list = Arc::new(Mutex::new(list_of(0..0)));
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let list = list.clone();
            thread::spawn(move || {
                for i in 0..25 {
                    list.lock().unwrap().open(|list, ctx| list.push(ctx, n * 25 + i).addr());
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(values_of(&list.lock().unwrap()).iter().sum::<u64>(), (0..100).sum());
}
