//! Compaction and splitting.

mod common;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{Canary, List, Node, drop_count, list_of, load, scaled, values_of};
use polder::{Mover, Rebrand, Ref, Region, Relocate, View, unsize};

#[derive(Rebrand, Relocate)]
struct Vertex<'r> {
    val: u64,
    edges: [Option<Ref<'r, Vertex<'r>>>; 3],
}

type Graph = Region<Ref<'static, Vertex<'static>>>;

fn reachable<'r>(root: Ref<'r, Vertex<'r>>, view: View<'_, 'r>) -> (usize, u64) {
    let mut seen = HashSet::from([root]);
    let mut todo = vec![root];
    let mut sum = 0;
    while let Some(vertex) = todo.pop() {
        sum += view[vertex].val;
        todo.extend(view[vertex].edges.iter().flatten().filter(|next| seen.insert(**next)));
    }
    (seen.len(), sum)
}

#[test]
fn what_a_cyclic_graph_reaches_survives_and_the_rest_goes() {
    let len = scaled(10_000, 100);
    let mut seed = 1_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize
    };
    let mut graph: Graph = Region::new(|ctx| {
        let vertices: Vec<_> =
            (0..len as u64).map(|val| ctx.alloc_cyclic(|me| Vertex { val, edges: [Some(me), None, None] })).collect();
        for vertex in &vertices {
            let half = len / 2; // the second half is reached from itself only
            let target = |n: usize| Some(vertices[n % half]);
            ctx[*vertex].edges[1..].copy_from_slice(&[target(random()), target(random())]);
        }
        vertices[0]
    });
    let (before, bytes) = (graph.read(|root, view| reachable(*root, view)), graph.bytes());
    graph = graph.compact();
    assert_eq!(graph.read(|root, view| reachable(*root, view)), before);
    assert!(graph.bytes() < bytes);

    graph.open(|root, ctx| ctx[*root].edges = [None; 3]);
    graph = graph.compact();
    assert_eq!(graph.read(|root, view| reachable(*root, view)), (1, 0));
    assert!(graph.bytes() < 1024);
    assert_eq!(graph.freeze().read(|root, view| view[*root].val), 0);
}

#[test]
fn a_long_list_is_moved_without_recursion() {
    let len = scaled(1_000_000, 200) as u64;
    let list = list_of(0..len).compact();
    assert!(values_of(&list).into_iter().eq(0..len));
}

#[test]
fn odd_sizes_survive_compaction() {
    #[derive(Rebrand, Relocate)]
    #[repr(align(64))]
    struct Wide(#[region(skip)] [u8; 64]);

    #[derive(Rebrand, Relocate)]
    struct Marker(Canary0);
    /// Zero-sized, with a destructor.
    struct Canary0;
    static DROPPED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    impl Drop for Canary0 {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    impl Rebrand for Canary0 {
        type At<'r> = Canary0;
    }
    impl Relocate for Canary0 {
        fn relocate<'o, 'n>(value: Self, _: &mut Mover<'o, 'n>) -> Self {
            value
        }
    }

    #[derive(Rebrand, Relocate)]
    struct Zoo<'r> {
        zsts: [Ref<'r, Marker>; 2],
        unit: Ref<'r, ()>,
        byte: Ref<'r, u8>,
        wide: Ref<'r, Wide>,
        text: Ref<'r, String>,
        big: Ref<'r, [[u64; 4]; 100]>,
        slice: Ref<'r, [Option<Ref<'r, u8>>]>,
        strings: Ref<'r, [String]>,
        empty: Ref<'r, [String]>,
        str: Ref<'r, str>,
        blank: Ref<'r, str>,
    }
    let mut zoo: Region<Zoo<'static>> = Region::new(|ctx| {
        let byte = ctx.alloc(200);
        Zoo {
            zsts: [ctx.alloc(Marker(Canary0)), ctx.alloc(Marker(Canary0))],
            unit: ctx.alloc(()),
            byte,
            wide: ctx.alloc(Wide([9; 64])),
            text: ctx.alloc("text".to_string()),
            big: ctx.alloc([[5; 4]; 100]),
            slice: ctx.alloc_slice([Some(byte), None, Some(byte)]),
            strings: ctx.alloc_slice((0..3).map(|n| n.to_string())),
            empty: ctx.alloc_slice(Vec::new()),
            str: ctx.alloc_str("string"),
            blank: ctx.alloc_str(""),
        }
    });
    for _ in 0..3 {
        zoo.read(|zoo, view| {
            assert_ne!(zoo.zsts[0], zoo.zsts[1]);
            assert_eq!(zoo.wide.addr() % 64, 0);
            assert_eq!((view[zoo.byte], &*view[zoo.text], view[zoo.big][99]), (200, "text", [5; 4]));
            assert_eq!(view[zoo.wide].0, [9; 64]);
            assert_eq!(view[zoo.slice], [Some(zoo.byte), None, Some(zoo.byte)]);
            assert_eq!((view[zoo.strings].concat(), view[zoo.empty].len()), ("012".to_string(), 0));
            assert_eq!((&view[zoo.str], &view[zoo.blank], view[zoo.unit]), ("string", "", ()));
        });
        zoo = zoo.compact();
        assert_eq!(DROPPED.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
    drop(zoo);
    assert_eq!(DROPPED.load(std::sync::atomic::Ordering::Relaxed), 2);
}

#[test]
fn a_node_seen_as_array_and_as_slice_moves_once() {
    #[derive(Rebrand, Relocate)]
    struct ArrayFirst<'r>(Ref<'r, [String; 3]>, Ref<'r, [String]>);
    #[derive(Rebrand, Relocate)]
    struct SliceFirst<'r>(Ref<'r, [String]>, Ref<'r, [String; 3]>);

    let build = || {
        Region::<ArrayFirst<'static>>::new(|ctx| {
            let array = ctx.alloc(["a", "b", "c"].map(String::from));
            ArrayFirst(array, unsize!(array => [String]))
        })
    };
    build().compact().read(|both, view| {
        assert_eq!(both.0.addr(), both.1.addr());
        assert_eq!(view[both.0], view[both.1]);
    });
    let flipped: Region<SliceFirst<'static>> = build().map_root(|both, _| SliceFirst(both.1, both.0));
    flipped.compact().read(|both, view| {
        assert_eq!(both.0.addr(), both.1.addr());
        assert_eq!(view[both.0], view[both.1]);
    });
}

#[test]
fn slices_between_nodes_of_the_same_items_are_traced() {
    type Item = Ref<'static, u64>;
    #[derive(Rebrand, Relocate)]
    struct Root<'r> {
        arrays: [Ref<'r, [Ref<'r, u64>; 0]>; 2],
        slices: [Ref<'r, [Ref<'r, u64>]>; 2],
        ones: [Ref<'r, [Ref<'r, u64>; 1]>; 2],
    }
    let region: Region<Root<'static>> = Region::new(|ctx| {
        let one = ctx.alloc(1);
        Root {
            slices: [ctx.alloc_slice([one]), ctx.alloc_slice([one, one])],
            arrays: [ctx.alloc([]), ctx.alloc([])],
            ones: [ctx.alloc([one]), ctx.alloc([one])],
        }
    });
    region.compact().read(|root, view| {
        let one = view[root.slices[0]][0];
        assert_eq!(view[one], 1);
        assert_eq!(view[root.slices[1]], [one, one]);
        assert_eq!((view[root.ones[0]], view[root.ones[1]]), ([one], [one]));
        assert_eq!(view[root.arrays[0]].len(), 0);
    });
    let mixed: Region<Vec<Ref<'static, [Item]>>> =
        Region::new(|ctx| (0..9).map(|n| ctx.alloc_slice((0..n).map(|n| ctx.alloc(n)))).collect());
    let sum = mixed
        .compact()
        .read(|slices, view| slices.iter().flat_map(|slice| &view[*slice]).map(|item| view[*item]).sum::<u64>());
    assert_eq!(sum, (0..9).map(|n| (0..n).sum::<u64>()).sum());
}

#[test]
#[cfg(feature = "std")]
fn containers_are_traced() {
    use std::collections::{BTreeMap, HashMap, VecDeque};

    type Root = (
        Vec<Ref<'static, u64>>,
        Box<[Ref<'static, u64>]>,
        HashMap<Ref<'static, u64>, Ref<'static, String>>,
        BTreeMap<u64, Option<Ref<'static, u64>>>,
        VecDeque<Box<Ref<'static, u64>>>,
        HashSet<Ref<'static, u64>>,
        Result<Ref<'static, u64>, String>,
        std::cell::Cell<Option<Ref<'static, u64>>>,
    );
    let region: Region<Root> = Region::new(|ctx| {
        let n = ctx.alloc(1);
        ctx.alloc([0_u64; 100]);
        (
            vec![n, n],
            vec![n].into_boxed_slice(),
            HashMap::from([(n, ctx.alloc("one".into()))]),
            BTreeMap::from([(3, Some(n)), (4, None)]),
            VecDeque::from([Box::new(n)]),
            HashSet::from([n]),
            Ok(n),
            std::cell::Cell::new(Some(n)),
        )
    });
    region.compact().read(|(vec, boxed, map, tree, deque, set, result, cell), view| {
        let n = vec[0];
        assert_eq!(view[n], 1);
        assert!(vec[1] == n && boxed[0] == n && *deque[0] == n && result == &Ok(n) && cell.get() == Some(n));
        assert_eq!(view[map[&n]], "one");
        assert_eq!(tree, &BTreeMap::from([(3, Some(n)), (4, None)]));
        assert!(set.contains(&n));
    });
}

#[test]
#[cfg(feature = "std")]
fn locks_are_traced_and_stay_poisoned() {
    #[derive(Rebrand, Relocate)]
    struct Locks<'r> {
        ours: polder::sync::Mutex<Ref<'r, u64>>,
        std: std::sync::Mutex<Option<Ref<'r, u64>>>,
        shared: std::sync::RwLock<Vec<Ref<'r, u64>>>,
    }
    let mut locks: Region<Locks<'static>> = Region::new(|ctx| {
        let one = ctx.alloc(1);
        Locks { ours: one.into(), std: Some(one).into(), shared: vec![one].into() }
    });
    for poisoned in [false, true] {
        locks = locks.compact();
        locks.read(|locks, view| {
            let one = *locks.ours.lock();
            assert_eq!(view[one], 1);
            assert_eq!((locks.std.is_poisoned(), locks.shared.is_poisoned()), (poisoned, poisoned));
            assert_eq!(*locks.std.lock().unwrap_or_else(|poisoned| poisoned.into_inner()), Some(one));
            assert_eq!(*locks.shared.read().unwrap_or_else(|poisoned| poisoned.into_inner()), [one]);
            if !poisoned {
                let panicked = catch_unwind(AssertUnwindSafe(|| {
                    let _guards = (locks.std.lock(), locks.shared.write());
                    panic!("poison both");
                }));
                assert!(panicked.is_err());
            }
        });
    }
}

#[test]
fn locality_follows_the_order_of_visiting() {
    // Links in an order that jumps about in memory.
    let len = scaled(1000, 50);
    let list: Region<List<'static>> = Region::new(|ctx| {
        let nodes: Vec<_> = (0..len).map(|_| ctx.alloc(Node { val: 0, prev: None, next: None })).collect();
        let order: Vec<_> = (0..len).map(|n| nodes[n * 7 % len]).collect();
        for pair in order.windows(2) {
            ctx[pair[0]].next = Some(pair[1]);
            ctx[pair[1]].prev = Some(pair[0]);
        }
        List { head: order.first().copied(), tail: None }
    });
    list.compact().read(|list, view| {
        let addrs: Vec<_> = std::iter::successors(list.head, |node| view[*node].next).map(Ref::addr).collect();
        assert_eq!(addrs.len(), len);
        let neighbours = addrs.windows(2).filter(|pair| pair[1] == pair[0] + size_of::<Node<'_>>()).count();
        assert!(neighbours > len * 3 / 4, "{neighbours} of {len}");
    });
}

/// Panics when it is moved, or when it is dropped.
struct Fuse {
    on_move: bool,
    on_drop: bool,
    canary: Canary,
}

impl Drop for Fuse {
    fn drop(&mut self) {
        let _ = &self.canary;
        assert!(!self.on_drop, "fuse: drop");
    }
}

impl Rebrand for Fuse {
    type At<'r> = Fuse;
}

impl Relocate for Fuse {
    fn relocate<'o, 'n>(value: Self, _: &mut Mover<'o, 'n>) -> Self {
        assert!(!value.on_move, "fuse: move");
        value
    }
}

#[test]
fn a_panic_while_moving_consumes_the_region_and_leaks_it() {
    if cfg!(miri) {
        return; // its leak checker would say so
    }
    let count = drop_count();
    let region: Region<Vec<Ref<'static, Fuse>>> = Region::new(|ctx| {
        (0..3).map(|n| ctx.alloc(Fuse { on_move: n == 1, on_drop: false, canary: Canary(count) })).collect()
    });
    assert!(catch_unwind(AssertUnwindSafe(|| region.compact())).is_err());
    assert_eq!(load(count), 1, "the value in flight is dropped by unwinding, the others leak");
}

#[test]
fn a_panic_in_a_garbage_destructor_runs_the_others() {
    let count = drop_count();
    let region: Region<Ref<'static, Fuse>> = Region::new(|ctx| {
        let mut nodes = (0..5)
            .map(|n| ctx.alloc(Fuse { on_move: false, on_drop: n == 2, canary: Canary(count) }))
            .collect::<Vec<_>>();
        nodes.pop().unwrap()
    });
    assert!(catch_unwind(AssertUnwindSafe(|| region.compact())).is_err());
    assert_eq!(load(count), 5, "garbage first, then the region that nobody got");
}

fn two_lists(shared: bool) -> Region<(List<'static>, List<'static>)> {
    Region::new(|ctx| {
        let (mut a, mut b) = (List::default(), List::default());
        for val in 0..100 {
            a.push(ctx, val);
            b.push(ctx, 1000 + val);
        }
        if shared {
            ctx[b.tail.unwrap()].next = a.tail;
        }
        (a, b)
    })
}

#[test]
fn two_roots_that_share_nothing_split() {
    let (a, b) = two_lists(false).split().expect("disjoint");
    assert_eq!(values_of(&a), (0..100).collect::<Vec<_>>());
    let b = std::thread::spawn(move || values_of(&b)).join().unwrap();
    assert_eq!(b, (1000..1100).collect::<Vec<_>>());
}

#[test]
fn a_split_of_roots_that_share_a_node_is_refused_and_the_region_whole() {
    let error = two_lists(true).split().expect_err("shared");
    assert!(error.shared_refs() >= 1);
    assert!(error.node_type().contains("Node"), "{}", error.node_type());
    assert!(error.to_string().contains("cannot split the region"));
    assert!(format!("{error:?}").contains("shared_refs"));
    let region = error.into_region();
    region.read(|(a, b), view| {
        assert_eq!(a.forwards(view), (0..100).collect::<Vec<_>>());
        assert_eq!(b.forwards(view), (1000..1100).chain([99]).collect::<Vec<_>>());
        assert_eq!(view[b.tail.unwrap()].next, a.tail);
    });
    // Cut the bridge, and it works.
    let mut region = region;
    region.open(|(_, b), ctx| ctx[b.tail.unwrap()].next = None);
    let (a, b) = region.split().expect("disjoint now");
    assert_eq!((values_of(&a).len(), values_of(&b).len()), (100, 100));
}

#[test]
fn a_split_drops_what_neither_reaches_and_keeps_strings_apart() {
    let count = drop_count();
    let region: Region<(Ref<'static, str>, Ref<'static, [String]>)> = Region::new(|ctx| {
        ctx.alloc(Canary(count));
        (ctx.alloc_str("text"), ctx.alloc_slice(["x".to_string()]))
    });
    let (text, items) = region.split().unwrap();
    assert_eq!(load(count), 1);
    assert_eq!(text.read(|text, view| view[*text].len()), 4);
    assert_eq!(items.read(|items, view| view[*items][0].clone()), "x");

    let same: Region<(Ref<'static, str>, Ref<'static, str>)> = Region::new(|ctx| {
        let text = ctx.alloc_str("both");
        (text, text)
    });
    assert_eq!(same.split().unwrap_err().node_type(), "str");
}
