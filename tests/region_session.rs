//! Sessions: building, reading and writing a graph in a region.

mod common;

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use common::{List, list_of, values_of};
use polder::{DuplicateRef, Rebrand, Ref, Region, unsize};

#[test]
fn doubly_linked_list_is_edited_moved_to_a_thread_and_back() {
    let mut list = list_of(0..100);
    list.open(|list, ctx| {
        let odd: Vec<_> =
            std::iter::successors(list.head, |node| ctx[*node].next).filter(|node| ctx[*node].val % 2 == 1).collect();
        for node in odd {
            list.unlink(ctx, node);
        }
    });
    assert_eq!(values_of(&list), (0..100).step_by(2).collect::<Vec<_>>());

    let mut list = thread::spawn(move || {
        list.open(|list, ctx| {
            let mut next = list.head;
            while let Some(node) = next {
                ctx[node].val += 1;
                next = ctx[node].next;
            }
            list.push(ctx, 1000);
        });
        list
    })
    .join()
    .unwrap();

    list.open(|list, ctx| list.push(ctx, 1001).addr());
    let expected: Vec<u64> = (1..100).step_by(2).chain([1000, 1001]).collect();
    assert_eq!(values_of(&list), expected);
}

#[test]
fn distinct_nodes_are_borrowed_together_and_duplicates_refused_with_positions() {
    let mut region: Region<Vec<Ref<'static, String>>> =
        Region::new(|ctx| ["a", "b", "c"].map(|text| ctx.alloc(text.to_string())).to_vec());
    region.open(|nodes, ctx| {
        let [a, b, c] = nodes[..] else { panic!() };
        let number = ctx.alloc(7_u64);
        let (x, y, n) = ctx.get_disjoint_mut((a, b, number)).unwrap();
        std::mem::swap(x, y);
        *n += 1;
        let [x, y, z] = ctx.get_disjoint_mut([a, b, c]).unwrap();
        x.push_str(z);
        y.push('!');
        assert_eq!((&*ctx[a], &*ctx[b], &*ctx[c], ctx[number]), ("bc", "a!", "c", 8));

        assert_eq!(ctx.get_disjoint_mut((a, a)), Err(DuplicateRef { first: 0, second: 1 }));
        let error = ctx.get_disjoint_mut([a, b, c, b]).unwrap_err();
        assert_eq!(error, DuplicateRef { first: 1, second: 3 });
        assert_eq!(error.to_string(), "references 1 and 3 point to the same node");
        assert!(ctx.get_disjoint_mut::<[Ref<'_, String>; 0]>([]).unwrap().is_empty());
    });
}

#[test]
fn one_node_seen_as_array_and_slice_is_a_duplicate() {
    let mut region: Region<Ref<'static, [u64; 3]>> = Region::new(|ctx| ctx.alloc([1, 2, 3]));
    region.open(|array, ctx| {
        let slice = unsize!(*array => [u64]);
        assert_eq!(slice.addr(), array.addr());
        assert!(ctx.get_disjoint_mut((*array, slice)).is_err());
        ctx[slice][1] = 20;
        assert_eq!(ctx[*array], [1, 20, 3]);
    });
}

#[test]
fn a_node_can_refer_to_itself() {
    #[derive(Rebrand)]
    struct Knot<'r> {
        left: Ref<'r, Knot<'r>>,
        right: Ref<'r, Knot<'r>>,
    }
    let knot: Region<Ref<'static, Knot<'static>>> =
        Region::new(|ctx| ctx.alloc_cyclic(|me| Knot { left: me, right: me }));
    knot.read(|knot, view| {
        assert_eq!(view[*knot].left, *knot);
        assert_eq!(view[view[*knot].right].left, *knot);
    });
}

#[test]
fn nodes_are_allocated_while_others_are_read() {
    let region: Region<(Ref<'static, String>, Ref<'static, usize>)> = Region::new(|ctx| {
        let text = ctx.alloc("four".to_string());
        let borrowed: &String = &ctx[text];
        let len = ctx.alloc(borrowed.len());
        assert_eq!(borrowed, "four");
        (text, len)
    });
    assert_eq!(region.read(|(text, len), view| (view[*text].len(), view[*len])), (4, 4));
}

#[test]
fn slices_and_strings_are_nodes() {
    let region: Region<(Ref<'static, [String]>, Ref<'static, str>, Ref<'static, [u8]>, Ref<'static, str>)> =
        Region::new(|ctx| {
            (
                ctx.alloc_slice((0..5).map(|n| n.to_string())),
                ctx.alloc_str("grüße"),
                ctx.alloc_slice(Vec::new()),
                ctx.alloc_str(""),
            )
        });
    region.read(|(items, text, empty, blank), view| {
        assert_eq!(view[*items].concat(), "01234");
        assert_eq!(&view[*text], "grüße");
        assert_eq!((view[*empty].len(), &view[*blank]), (0, ""));
        assert_ne!(empty.addr(), blank.addr(), "empty nodes too have their own address");
    });
}

#[test]
fn a_slice_may_be_made_by_an_iterator_that_allocates() {
    let region: Region<Ref<'static, [Ref<'static, u64>]>> =
        Region::new(|ctx| ctx.alloc_slice((0..100).map(|n| ctx.alloc(n))));
    assert_eq!(region.read(|refs, view| view[*refs].iter().map(|n| view[*n]).sum::<u64>()), 4950);
}

#[test]
fn nodes_are_reached_as_trait_objects() {
    trait Shape<'r>: Send + Sync {
        fn area(&self) -> u64;
        fn scale(&mut self, factor: u64);
        fn neighbour(&self) -> Option<Ref<'r, dyn Shape<'r> + 'r>>;
    }
    struct Square(u64);
    struct Door<'r> {
        width: u64,
        room: Ref<'r, dyn Shape<'r> + 'r>,
    }
    impl<'r> Shape<'r> for Square {
        fn area(&self) -> u64 {
            self.0 * self.0
        }
        fn scale(&mut self, factor: u64) {
            self.0 *= factor;
        }
        fn neighbour(&self) -> Option<Ref<'r, dyn Shape<'r> + 'r>> {
            None
        }
    }
    impl<'r> Shape<'r> for Door<'r> {
        fn area(&self) -> u64 {
            self.width
        }
        fn scale(&mut self, factor: u64) {
            self.width *= factor;
        }
        fn neighbour(&self) -> Option<Ref<'r, dyn Shape<'r> + 'r>> {
            Some(self.room)
        }
    }
    #[derive(Rebrand)]
    struct House<'r> {
        shapes: Vec<Ref<'r, dyn Shape<'r> + 'r>>,
    }

    let mut house: Region<House<'static>> = Region::new(|ctx| {
        let square = ctx.alloc(Square(3));
        let square = unsize!(square => dyn Shape<'_> + '_);
        let door = ctx.alloc(Door { width: 2, room: square });
        House { shapes: vec![square, unsize!(door => dyn Shape<'_> + '_)] }
    });
    house.open(|house, ctx| {
        for shape in &house.shapes {
            ctx[*shape].scale(2);
        }
    });
    // It is `Send`, since the trait is.
    thread::spawn(move || {
        house.read(|house, view| {
            assert_eq!(house.shapes.iter().map(|shape| view[*shape].area()).collect::<Vec<_>>(), [36, 4]);
            let beyond = view[house.shapes[1]].neighbour().unwrap();
            assert_eq!(view[beyond].area(), 36);
        });
    })
    .join()
    .unwrap();
}

#[test]
fn refs_are_compared_and_hashed_by_node() {
    let region: Region<Vec<Ref<'static, u64>>> = Region::new(|ctx| vec![ctx.alloc(1), ctx.alloc(1)]);
    region.read(|nodes, view| {
        let (a, b) = (nodes[0], nodes[1]);
        assert!(a == a && a != b && view[a] == view[b]);
        let names: HashMap<_, _> = HashMap::from([(a, "a"), (b, "b")]);
        assert_eq!((names[&a], names[&b]), ("a", "b"));
        assert_eq!(nodes.iter().copied().collect::<HashSet<_>>().len(), 2);
        assert_eq!(format!("{a:?}"), format!("Ref({:#x})", a.addr()));
    });
}

#[test]
fn the_root_changes_its_type_and_leaves_its_region() {
    let list = list_of(0..10);
    let (first, rest): (u64, Region<List<'static>>) = {
        let mut first = 0;
        let rest = list.map_root(|mut list, ctx| {
            let head = list.head.unwrap();
            first = ctx[head].val;
            list.unlink(ctx, head);
            list
        });
        (first, rest)
    };
    assert_eq!((first, values_of(&rest)), (0, (1..10).collect()));
    let sum = rest.dissolve(|list, ctx| list.forwards(ctx.view()).iter().sum::<u64>());
    assert_eq!(sum, 45);
}

#[test]
fn a_panic_in_a_session_leaves_a_usable_region() {
    let mut list = list_of(0..3);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        list.open(|list, ctx| {
            list.push(ctx, 3);
            panic!("midway");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(values_of(&list), [0, 1, 2, 3]);
    list.open(|list, ctx| list.push(ctx, 4).addr());
    assert_eq!(values_of(&list), [0, 1, 2, 3, 4]);
}

#[test]
fn over_aligned_and_zero_sized_nodes_have_their_own_places() {
    #[derive(Clone, Copy)]
    #[repr(align(256))]
    struct Wide(u8);
    let region: Region<()> = Region::new(|ctx| {
        let mut addrs = HashSet::new();
        for n in 0..50 {
            let wide = ctx.alloc(Wide(n));
            assert_eq!(wide.addr() % 256, 0);
            assert_eq!(ctx[wide].0, n);
            let slice = ctx.alloc_slice(vec![Wide(n); 3]);
            assert_eq!(slice.addr() % 256, 0);
            for addr in [wide.addr(), slice.addr(), ctx.alloc(()).addr(), ctx.alloc(n).addr()] {
                assert!(addrs.insert(addr));
            }
        }
    });
    assert!(region.bytes() >= 50 * (256 * 4 + 16));
}

#[test]
fn everything_prints() {
    let mut list = list_of(0..2);
    let bytes = list.bytes();
    let text = format!("{list:?}");
    assert!(text.contains("List") && text.contains(&bytes.to_string()), "{text}");
    list.open(|_, ctx| {
        assert!(format!("{ctx:?}").contains(&bytes.to_string()));
        assert_eq!(format!("{:?}", ctx.view()), "View");
    });
    let frozen = list.freeze();
    assert!(format!("{frozen:?}").contains("handles: 1"));
}

/// Runs itself as a child process, since what is tested ends the process.
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn a_panic_in_alloc_cyclic_aborts() {
    const CHILD: &str = "POLDER_TEST_ABORT";
    if std::env::var_os(CHILD).is_some() {
        let _ = catch_unwind(|| {
            Region::<()>::new(|ctx| {
                ctx.alloc_cyclic::<u64>(|_| panic!("in alloc_cyclic"));
            })
        });
        std::process::exit(0);
    }
    let me = std::env::current_exe().unwrap();
    let child = std::process::Command::new(me)
        .args(["--exact", "a_panic_in_alloc_cyclic_aborts", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(!child.status.success());
    let stderr = String::from_utf8_lossy(&child.stderr);
    assert!(stderr.contains("the closure of `alloc_cyclic` panicked"), "{stderr}");
}

#[test]
fn defaults_are_empty_regions_and_free_locks() {
    let mut list = Region::<List<'static>>::default();
    list.open(|list, ctx| list.push(ctx, 1).addr());
    assert_eq!(values_of(&list), [1]);
    #[cfg(feature = "std")]
    assert!(values_of(&polder::RegionMutex::<List<'static>>::default().into_region()).is_empty());
    #[cfg(feature = "std")]
    assert!(values_of(&polder::RegionRwLock::<List<'static>>::default().into_region()).is_empty());
    let frozen = polder::Frozen::from(list);
    let node = frozen.project::<common::Node<'static>>(|list, _| list.head.unwrap());
    assert!(node.ptr_eq(&node.clone()));
}
