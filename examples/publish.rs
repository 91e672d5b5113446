//! Publishing: one thread replaces a whole graph now and then, the others read the current one at full speed.
//!
//! A table of routes is a region. It is built, frozen and stored in an `AtomicFrozen`; readers load it without a lock or a
//! count, and an old table is freed when no reader has it any more. No reader ever sees half of an update.
//!
//! Run it with `cargo run --example publish`.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use polder::sync::{Counter, reclaim};
use polder::{AtomicFrozen, Frozen, Rebrand, Ref, Region};

/// A place, and where one gets from it.
#[derive(Rebrand)]
struct Place<'r> {
    name: Ref<'r, str>,
    roads: Vec<Ref<'r, Place<'r>>>,
}

/// A ring of places; each version has one more.
#[derive(Rebrand)]
struct Routes<'r> {
    version: usize,
    start: Ref<'r, Place<'r>>,
}

fn build(version: usize) -> Frozen<Routes<'static>> {
    Region::new(|ctx| {
        let places: Vec<_> = (0..version + 2)
            .map(|i| {
                let name = ctx.alloc_str(&format!("place {i}"));
                ctx.alloc(Place { name, roads: Vec::new() })
            })
            .collect();
        for (i, &place) in places.iter().enumerate() {
            // Cycles are free within a region.
            ctx[place].roads.push(places[(i + 1) % places.len()]);
        }
        Routes { version, start: places[0] }
    })
    .freeze()
}

fn main() {
    const VERSIONS: usize = 500;

    let routes = AtomicFrozen::new(build(0));
    let done = AtomicBool::new(false);
    let walks = Counter::new();

    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut newest = 0;
                while !done.load(Relaxed) {
                    // The table stays alive and unchanged while `table` lives, whatever is published meanwhile.
                    let table = routes.load();
                    table.read(|routes, view| {
                        let mut here = view[routes.start].roads[0];
                        let mut steps = 1;
                        while here != routes.start {
                            here = view[here].roads[0];
                            steps += 1;
                        }
                        assert_eq!(steps, routes.version + 2, "a table is whole");
                        assert!(routes.version >= newest, "versions do not go back");
                        newest = routes.version;
                    });
                    walks.increment();
                }
            });
        }
        for version in 1..=VERSIONS {
            routes.store(build(version));
            thread::yield_now();
        }
        done.store(true, Relaxed);
    });

    reclaim::flush();
    let last = routes.into_inner();
    last.read(|routes, view| {
        let start = &view[view[routes.start].name];
        println!("{} walks beside {} updates; the last table starts at {start}", walks.sum(), routes.version);
    });
    last.try_thaw().expect("no reader is left");
}
