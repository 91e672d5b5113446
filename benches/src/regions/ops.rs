//! Single operations: freezing, thawing and merging whole regions, opening one, and regions that are small.

use std::hint::black_box;

use polder::Region;

use super::lap::Lap;
use super::polder::{List, build_list};
use super::step::Step;
use super::steps::ListSteps;
use super::{bump, vec_links};

/// Operations per timed stretch, where one is too short for the clock.
const MANY: usize = if cfg!(test) { 100 } else { 200_000 };

/// More than the caches hold.
const TRAMPLE: usize = if cfg!(test) { 0 } else { 64 << 20 };

/// Freeze, thaw and merge, in one shot each. Before each the regions are pushed out of the caches at every size, as a
/// large one pushes itself out: what is compared is the work and not the temperature.
pub(super) fn whole(lap: &mut Lap, n: usize) {
    let (list, other) = (build_list(n), build_list(n));
    let dirt = black_box(vec![1u8; TRAMPLE]);
    // Read and not written: large writes may pass the caches by.
    let trample = || black_box(dirt.iter().step_by(64).fold(0, |sum: u8, &byte| sum.wrapping_add(byte)));
    trample();
    let frozen = lap.time_each(Step::Freeze, 1, || list.freeze());
    let sum = frozen.read(|list, view| list.head.map_or(0, |head| view.get(head).val));
    lap.check(sum);
    trample();
    let Ok(mut list) = lap.time_each(Step::Thaw, 1, || frozen.try_thaw()) else { panic!("the handle is the last one") };
    lap.check(list.walk());
    trample();
    lap.time_each(Step::Merge, 1, || {
        list.open(|list, ctx| {
            let joined = ctx.adopt(other);
            list.append(joined, ctx);
        });
    });
    lap.check(list.walk());
}

/// Opening and writing the first node, over and over.
pub(super) fn open_write(lap: &mut Lap, n: usize) {
    let mut list = build_list(n);
    lap.time_each(Step::OpenWrite, MANY, || {
        for _ in 0..MANY {
            bump_head(black_box(&mut list));
        }
    });
    lap.check(list.walk());
}

fn bump_head(list: &mut Region<List<'static>>) {
    list.open(|list, ctx| {
        if let Some(head) = list.head {
            ctx[head].val += 1;
        }
    });
}

/// `sum` is that of one more structure: in the timed loop nobody looks inside.
fn tiny(lap: &mut Lap, sum: u64, one: impl Fn()) {
    lap.check(sum);
    lap.time_each(Step::Tiny, MANY, || {
        for _ in 0..MANY {
            one();
        }
    });
}

/// A region of four nodes, built and dropped.
pub(super) fn tiny_region(lap: &mut Lap, n: usize) {
    tiny(lap, build_list(n).walk(), || drop(black_box(build_list(n))));
}

/// Four nodes of the same size, each in a `Box` of its own: chained one way, which is all that boxes can do.
pub(super) fn tiny_boxes(lap: &mut Lap, n: usize) {
    struct Chained {
        val: u64,
        other: u64,
        next: Option<Box<Chained>>,
    }
    let build = || {
        let mut head = None;
        for val in 0..n as u64 {
            head = Some(Box::new(Chained { val, other: 0, next: head }));
        }
        head
    };
    let mut sum = 0;
    let mut at = build();
    while let Some(node) = at {
        sum += node.val + node.other;
        at = node.next;
    }
    tiny(lap, sum, || drop(black_box(build())));
}

/// Four nodes with `u32` links in a `Vec` that is told how many will come.
pub(super) fn tiny_vec(lap: &mut Lap, n: usize) {
    tiny(lap, vec_links::build_sized(n).walk(), || drop(black_box(vec_links::build_sized(n))));
}

/// Four nodes in an arena of their own.
pub(super) fn tiny_bump(lap: &mut Lap, n: usize) {
    tiny(lap, bump::with_list(n, |list| list.walk()), || bump::with_list(n, |list| _ = black_box(list.head)));
}
