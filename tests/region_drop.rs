//! Destructors: each runs once, none sees another node, and no depth or panic gets in the way.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;

use common::{Canary, drop_count, list_of, load, scaled};
#[cfg(feature = "std")]
use polder::RegionMutex;
use polder::{Mover, Rebrand, Ref, Region, Relocate};

/// Has a destructor, so its `Relocate` is written by hand.
struct Guarded<'r> {
    other: Option<Ref<'r, Guarded<'r>>>,
    canary: Option<Canary>,
}

impl Drop for Guarded<'_> {
    fn drop(&mut self) {
        drop(self.canary.take());
    }
}

impl Rebrand for Guarded<'static> {
    type At<'r> = Guarded<'r>;
}

impl Relocate for Guarded<'static> {
    fn relocate<'o, 'n>(mut value: Guarded<'o>, mover: &mut Mover<'o, 'n>) -> Guarded<'n> {
        let moved = Guarded {
            other: value.other.take().map(|other| mover.mv::<Guarded<'static>>(other)),
            canary: value.canary.take(),
        };
        std::mem::forget(value);
        moved
    }
}

#[test]
fn every_value_is_dropped_exactly_once() {
    let count = drop_count();
    fn node<'r>(other: Option<Ref<'r, Guarded<'r>>>, count: &'static AtomicUsize) -> Guarded<'r> {
        Guarded { other, canary: Some(Canary(count)) }
    }
    let mut region: Region<Ref<'static, Guarded<'static>>> = Region::new(|ctx| {
        let garbage = ctx.alloc(node(None, count));
        let cycle = ctx.alloc(node(Some(garbage), count));
        let root = ctx.alloc(node(Some(cycle), count));
        ctx[cycle].other = Some(root);
        root
    });
    assert_eq!(load(count), 0);
    region = region.compact();
    assert_eq!(load(count), 1, "the compaction drops the garbage");
    region = region.compact();
    assert_eq!(load(count), 1, "and has nothing more to drop");

    let child: Region<Canary> = Region::new(|ctx| {
        ctx.alloc(Canary(count));
        Canary(count)
    });
    region.open(|_, ctx| drop(ctx.adopt(child)));
    assert_eq!(load(count), 2, "an adopted region's root is a plain value, its node lives on");
    drop(region);
    assert_eq!(load(count), 5);
}

#[test]
fn slices_and_unreachable_nodes_are_dropped_with_the_region() {
    let count = drop_count();
    drop(Region::<()>::new(|ctx| {
        ctx.alloc_slice((0..10).map(|_| Canary(count)));
        ctx.alloc_slice(Vec::<Canary>::new());
        ctx.alloc(vec![Canary(count), Canary(count)]);
        ctx.alloc(Box::new(Canary(count)));
    }));
    assert_eq!(load(count), 13);
}

#[test]
fn a_build_that_panics_drops_what_it_made() {
    let count = drop_count();
    let panicked = catch_unwind(|| {
        Region::<()>::new(|ctx| {
            ctx.alloc(Canary(count));
            panic!("build");
        })
    });
    assert!(panicked.is_err());
    assert_eq!(load(count), 1);

    let region: Region<Canary> = Region::new(|ctx| {
        ctx.alloc(Canary(count));
        Canary(count)
    });
    let panicked = catch_unwind(AssertUnwindSafe(|| region.map_root::<()>(|_, _| panic!("map"))));
    assert!(panicked.is_err());
    assert_eq!(load(count), 3);

    let panicked = catch_unwind(|| {
        Region::<()>::new(|ctx| {
            ctx.alloc_slice((0..5).map(|n| if n < 4 { Canary(count) } else { panic!("item") }));
        })
    });
    assert!(panicked.is_err());
    assert_eq!(load(count), 7);
}

/// Panics when dropped, after counting.
#[derive(Rebrand)]
struct Bomb(Canary);

impl Drop for Bomb {
    fn drop(&mut self) {
        let _ = &self.0;
        panic!("bomb");
    }
}

#[test]
fn the_other_destructors_run_when_one_panics() {
    let count = drop_count();
    let region: Region<Vec<Canary>> = Region::new(|ctx| {
        ctx.alloc(Canary(count));
        ctx.alloc(Bomb(Canary(count)));
        ctx.alloc(Canary(count));
        let nested: Region<Canary> = Region::new(|ctx| {
            ctx.alloc(Canary(count));
            Canary(count)
        });
        ctx.alloc(nested);
        vec![Canary(count)]
    });
    assert!(catch_unwind(AssertUnwindSafe(|| drop(region))).is_err());
    assert_eq!(load(count), 6);
    // The worklist is in order again.
    drop(Region::<Canary>::new(|_| Canary(count)));
    assert_eq!(load(count), 7);
}

#[test]
fn nested_regions_are_dropped_even_when_the_root_panics() {
    let count = drop_count();
    let region: Region<(Bomb, Region<Canary>)> = Region::new(|ctx| {
        ctx.alloc(Canary(count));
        (Bomb(Canary(count)), Region::new(|_| Canary(count)))
    });
    assert!(catch_unwind(AssertUnwindSafe(|| drop(region))).is_err());
    assert_eq!(load(count), 3);
}

/// A region in a node of a region in a node …
#[derive(Rebrand)]
#[expect(dead_code, reason = "fields are there to be dropped")]
struct Shell {
    inner: Option<Region<Shell>>,
    canary: Canary,
}

#[test]
fn a_deep_chain_of_regions_is_dropped_without_recursion() {
    let count = drop_count();
    // Without std it takes a level of the stack each.
    let depth = if cfg!(feature = "std") { scaled(1_000_000, 300) } else { 300 };
    let mut chain: Region<Shell> = Region::new(|_| Shell { inner: None, canary: Canary(count) });
    for _ in 1..depth {
        let inner = chain;
        chain = Region::new(|_| Shell { inner: Some(inner), canary: Canary(count) });
    }
    drop(chain);
    assert_eq!(load(count), depth);
}

#[cfg(feature = "std")]
#[derive(Rebrand)]
#[expect(dead_code, reason = "fields are there to be dropped")]
struct Locked {
    inner: Option<Box<RegionMutex<Locked>>>,
}

#[test]
#[cfg(feature = "std")]
fn a_deep_chain_through_nodes_and_locks_is_dropped_without_recursion() {
    let mut chain: Region<Locked> = Region::new(|_| Locked { inner: None });
    for _ in 1..scaled(200_000, 100) {
        let inner = Some(Box::new(RegionMutex::new(chain)));
        chain = Region::new(|ctx| {
            ctx.alloc(Locked { inner });
            Locked { inner: None }
        });
    }
    drop(chain.freeze());
}

#[test]
fn a_destructor_may_use_other_regions() {
    #[derive(Rebrand)]
    struct Busy(u64, Canary);
    impl Drop for Busy {
        fn drop(&mut self) {
            let mut list = list_of(0..self.0);
            list.open(|list, ctx| list.push(ctx, 1).addr());
            assert_eq!(common::values_of(&list.freeze().try_thaw().unwrap()).len() as u64, self.0 + 1);
            let _ = &self.1;
        }
    }
    let count = drop_count();
    drop(Region::<Busy>::new(|ctx| {
        for n in 0..5 {
            ctx.alloc(Busy(n, Canary(count)));
        }
        Busy(9, Canary(count))
    }));
    assert_eq!(load(count), 6);
}

#[test]
fn a_region_in_a_thread_local_is_dropped_at_the_threads_end() {
    thread_local! {
        static KEPT: std::cell::RefCell<Option<Region<Shell>>> = const { std::cell::RefCell::new(None) };
    }
    let count = drop_count();
    std::thread::spawn(move || {
        let inner = Region::new(|_| Shell { inner: None, canary: Canary(count) });
        let outer = Region::new(|_| Shell { inner: Some(inner), canary: Canary(count) });
        KEPT.with(|kept| *kept.borrow_mut() = Some(outer));
    })
    .join()
    .unwrap();
    assert_eq!(load(count), 2);
}

#[test]
fn long_lists_and_wide_regions_drop_flat() {
    let len = scaled(1_000_000, 200) as u64;
    drop(list_of(0..len));
    drop(Region::<Vec<Ref<'static, String>>>::new(|ctx| (0..len).map(|n| ctx.alloc(n.to_string())).collect()).freeze());
}

#[test]
fn a_forgotten_region_only_leaks() {
    if cfg!(miri) {
        return; // its leak checker would say so
    }
    std::mem::forget(list_of(0..10));
}

#[test]
fn a_destructor_can_rely_on_a_region_it_drops_being_gone() {
    /// Waits for a thread that ends when the region is dropped.
    struct Worker {
        jobs: Option<Region<Sender>>,
        thread: Option<std::thread::JoinHandle<u32>>,
    }
    #[derive(Rebrand)]
    struct Sender(std::sync::mpsc::Sender<u32>);
    impl Drop for Worker {
        fn drop(&mut self) {
            drop(self.jobs.take());
            assert_eq!(self.thread.take().unwrap().join().unwrap(), 3);
        }
    }
    drop(Region::<()>::new(|ctx| {
        let (send, receive) = std::sync::mpsc::channel();
        let jobs = Region::<Sender>::new(|_| Sender(send));
        jobs.read(|jobs, _| [1, 2].map(|n| jobs.0.send(n).unwrap()));
        let thread = std::thread::spawn(move || receive.iter().sum());
        ctx.alloc(Worker { jobs: Some(jobs), thread: Some(thread) });
    }));
}

#[test]
fn a_destructor_can_catch_the_panics_of_a_region_it_drops() {
    struct Careful(Option<Region<Bomb>>);
    impl Drop for Careful {
        fn drop(&mut self) {
            let bomb = self.0.take();
            assert!(catch_unwind(AssertUnwindSafe(|| drop(bomb))).is_err());
        }
    }
    let count = drop_count();
    let careful = || Careful(Some(Region::new(|_| Bomb(Canary(count)))));
    drop(Region::<()>::new(|ctx| {
        ctx.alloc(careful());
        ctx.alloc(careful());
    }));
    assert_eq!(load(count), 2);
}

#[test]
#[cfg(feature = "std")]
fn panics_in_the_depth_let_the_rest_go_and_come_out_once() {
    #[derive(Rebrand)]
    #[expect(dead_code, reason = "fields are there to be dropped")]
    struct Deep {
        inner: Option<Region<Deep>>,
        bomb: Option<Bomb>,
        canary: Canary,
    }
    let count = drop_count();
    let depth = 200;
    let mut chain: Region<Deep> = Region::new(|_| Deep { inner: None, bomb: None, canary: Canary(count) });
    for level in 1..depth {
        let inner = chain;
        // Beyond the levels that are dropped directly, so that each panics on its own.
        let bomb = (level < 4).then(|| Bomb(Canary(count)));
        chain = Region::new(|_| Deep { inner: Some(inner), bomb, canary: Canary(count) });
    }
    assert!(catch_unwind(AssertUnwindSafe(|| drop(chain))).is_err());
    assert_eq!(load(count), depth + 3);
}
