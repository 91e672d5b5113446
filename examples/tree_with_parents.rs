//! A tree whose nodes know their parents, with a subtree cut out into a region of its own and sent to another thread.
//!
//! Run it with `cargo run --example tree_with_parents`.

use std::thread;

use polder::{Ctx, Rebrand, Ref, Region, Relocate, View};

#[derive(Rebrand, Relocate)]
struct Dir<'r> {
    name: String,
    bytes: u64,
    parent: Option<Ref<'r, Dir<'r>>>,
    children: Vec<Ref<'r, Dir<'r>>>,
}

type Tree = Region<Ref<'static, Dir<'static>>>;

fn add<'r>(ctx: &mut Ctx<'r>, parent: Option<Ref<'r, Dir<'r>>>, name: &str, bytes: u64) -> Ref<'r, Dir<'r>> {
    let dir = ctx.alloc(Dir { name: name.to_owned(), bytes, parent, children: Vec::new() });
    if let Some(parent) = parent {
        ctx[parent].children.push(dir);
    }
    dir
}

/// Upwards: the path of a directory.
fn path<'r>(dir: Ref<'r, Dir<'r>>, view: View<'_, 'r>) -> String {
    match view[dir].parent {
        Some(parent) => format!("{}/{}", path(parent, view), view[dir].name),
        None => view[dir].name.clone(),
    }
}

/// Downwards: the size of a subtree.
fn total<'r>(dir: Ref<'r, Dir<'r>>, view: View<'_, 'r>) -> u64 {
    view[dir].bytes + view[dir].children.iter().map(|child| total(*child, view)).sum::<u64>()
}

/// Unlinks the child with that name from its parent.
fn cut<'r>(ctx: &mut Ctx<'r>, parent: Ref<'r, Dir<'r>>, name: &str) -> Option<Ref<'r, Dir<'r>>> {
    let at = ctx[parent].children.iter().position(|child| ctx[*child].name == name)?;
    let child = ctx[parent].children.remove(at);
    ctx[child].parent = None;
    Some(child)
}

fn main() {
    let tree: Tree = Region::new(|ctx| {
        let root = add(ctx, None, "", 0);
        let usr = add(ctx, Some(root), "usr", 10);
        let bin = add(ctx, Some(usr), "bin", 200);
        add(ctx, Some(bin), "tools", 50);
        add(ctx, Some(usr), "share", 3_000);
        add(ctx, Some(root), "home", 70_000);
        println!("{} holds {} bytes", path(bin, ctx.view()), total(bin, ctx.view()));
        root
    });
    println!("the whole tree: {} bytes", tree.read(|root, view| total(*root, view)));

    // Make a pair of roots, the rest and the subtree, and split the region in two. Had a reference from one to the other
    // been left, `split` would give the region back whole, with an error that says so.
    let pair: Region<(Ref<'static, Dir<'static>>, Ref<'static, Dir<'static>>)> = tree.map_root(|root, ctx| {
        let usr = cut(ctx, root, "usr").expect("it was added above");
        (root, usr)
    });
    let (rest, usr): (Tree, Tree) = pair.split().expect("the subtree was cut");

    let usr_total = thread::spawn(move || usr.read(|usr, view| total(*usr, view))).join().expect("it only sums");
    let rest_total = rest.read(|root, view| total(*root, view));
    println!("after the split: usr {usr_total} bytes (on its own thread), the rest {rest_total} bytes");
    assert_eq!((usr_total, rest_total), (3_260, 70_000));
}
