//! A tour: build a graph with cycles, ship it to a thread, lock it, freeze it, read it from many threads.
//!
//! Run it with `cargo run --example tour`.

use std::sync::Arc;
use std::thread;

use polder::{Ctx, Rebrand, Ref, Region, RegionMutex, Relocate, View};

/// A town. It refers to its neighbours, which refer back: cycles are fine, and nothing is counted or locked per node.
#[derive(Rebrand, Relocate)]
struct Town<'r> {
    name: Ref<'r, str>,
    people: u64,
    roads: Vec<Ref<'r, Town<'r>>>,
}

/// The root, through which the region is entered.
#[derive(Rebrand, Relocate)]
struct Map<'r> {
    towns: Vec<Ref<'r, Town<'r>>>,
}

impl<'r> Map<'r> {
    fn found(&mut self, ctx: &mut Ctx<'r>, name: &str, people: u64) -> Ref<'r, Town<'r>> {
        let town = ctx.alloc(Town { name: ctx.alloc_str(name), people, roads: Vec::new() });
        self.towns.push(town);
        town
    }

    /// Takes a `View`, so it serves an open region, a closed one and a frozen one.
    fn largest(&self, view: View<'_, 'r>) -> String {
        let town = self.towns.iter().max_by_key(|town| view[**town].people).expect("a map has towns");
        view[view[*town].name].to_owned()
    }
}

fn build_road<'r>(ctx: &mut Ctx<'r>, a: Ref<'r, Town<'r>>, b: Ref<'r, Town<'r>>) {
    let (from, to) = ctx.get_disjoint_mut((a, b)).expect("a road joins two towns");
    from.roads.push(b);
    to.roads.push(a);
}

fn main() {
    // Build. Inside the closure, `ctx` is the right to write any node of the region.
    let mut map: Region<Map<'static>> = Region::new(|ctx| {
        let mut map = Map { towns: Vec::new() };
        let delft = map.found(ctx, "Delft", 110_000);
        let gouda = map.found(ctx, "Gouda", 75_000);
        let leiden = map.found(ctx, "Leiden", 130_000);
        build_road(ctx, delft, gouda);
        build_road(ctx, gouda, leiden);
        build_road(ctx, leiden, delft);
        map
    });
    println!("built: {} towns in {} bytes", map.read(|map, _| map.towns.len()), map.bytes());

    // Ship: the region is one word, and moves as a whole. Nobody kept a reference, or this would not compile.
    map = thread::spawn(move || {
        map.open(|map, ctx| {
            for town in &map.towns {
                ctx[*town].people += 1_000;
            }
        });
        map
    })
    .join()
    .expect("the thread only counts");
    println!("shipped to a thread and back; the largest town is {}", map.read(|map, view| map.largest(view)));

    // Lock: one lock for the whole graph.
    let shared = Arc::new(RegionMutex::new(map));
    let builders: Vec<_> = (1..=3)
        .map(|n| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for m in 0..50 {
                    shared.with(|map, ctx| {
                        let village = map.found(ctx, &format!("Nieuwdorp {n}/{m}"), 100 * n);
                        build_road(ctx, village, map.towns[0]);
                    });
                }
            })
        })
        .collect();
    for builder in builders {
        builder.join().expect("the thread only builds");
    }
    let map = Arc::into_inner(shared).expect("the builders are done").into_region();
    println!("locked: three threads added 50 villages each, {} towns now", map.read(|map, _| map.towns.len()));

    // Drop what is no longer reachable: forget the villages, then compact.
    let before = map.bytes();
    let mut map = map;
    map.open(|map, ctx| {
        map.towns.truncate(3);
        let towns = map.towns.clone();
        for town in &towns {
            ctx[*town].roads.retain(|road| towns.contains(road));
        }
    });
    let map = map.compact();
    println!("compacted: {before} bytes became {}", map.bytes());

    // Freeze: O(1), and from now on everyone reads without locks or counts.
    let frozen = map.freeze();
    thread::scope(|scope| {
        for n in 0..4 {
            let frozen = frozen.clone();
            scope.spawn(move || {
                let roads =
                    frozen.read(|map, view| map.towns.iter().map(|town| view[*town].roads.len()).sum::<usize>());
                println!("frozen: reader {n} counts {} road ends", roads);
            });
        }
    });

    // A handle on one node, which keeps the graph alive.
    let gouda = frozen.project::<Town<'static>>(|map, _| map.towns[1]);
    let frozen = frozen.try_thaw().expect_err("the handle on Gouda is left");
    println!("projected: {}", gouda.read(|town, view| view[town.name].to_owned()));
    drop(gouda);

    // Thaw: the last handle takes the region back.
    let mut map = frozen.try_thaw().expect("the last handle");
    map.open(|map, ctx| ctx[map.towns[1]].people = 0);
    println!(
        "thawed: {} people live in the towns",
        map.read(|map, view| map.towns.iter().map(|t| view[*t].people).sum::<u64>())
    );
}
