//! A program without std, as far as it has to do with polder: regions with the derives, frozen graphs, persistent and frozen collections.
//!
//! It is built for processors without an operating system, where a use of std does not compile, and its tests run wherever std is for the tests
//! alone (`cargo test -p polder-no-std`: in a build of the whole workspace, polder has its features).

#![no_std]

extern crate alloc;

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use polder::{
    DeepClone, Frozen, Rebrand, Ref, Region, Relocate,
    collections::{
        frozen,
        persistent::{FastProcessState, Keep, Map, OrdMap, OrdSet, ProcessState, Set, Vector},
    },
};

/// A task and what it waits for.
#[derive(Debug, Rebrand, Relocate, DeepClone)]
pub struct Task<'r> {
    /// What it is called.
    pub name: String,
    needs: Vec<Ref<'r, Task<'r>>>,
    inner: Option<Region<u64>>,
    tags: BTreeMap<u8, String>,
}

/// All tasks.
pub type Plan = Vec<Ref<'static, Task<'static>>>;

/// A chain of tasks, each of which waits for the one before, and the first for the last.
pub fn ring(len: usize) -> Region<Plan> {
    Region::new(|ctx| {
        let tasks: Vec<_> = (0..len)
            .map(|number| {
                ctx.alloc(Task {
                    name: alloc::format!("task {number}"),
                    needs: Vec::new(),
                    inner: number.is_multiple_of(2).then(|| Region::new(|_| number as u64)),
                    tags: BTreeMap::from([(0, String::from("new"))]),
                })
            })
            .collect();
        for (place, task) in tasks.iter().enumerate() {
            let before = tasks[(place + len - 1) % len];
            ctx[*task].needs.push(before);
        }
        tasks
    })
}

/// The names met on a walk of some steps against the arrows.
pub fn names(plan: &Frozen<Plan>, steps: usize) -> Vector<String> {
    plan.read(|tasks, view| {
        let mut names = Vector::new();
        let mut next = tasks.first().copied();
        while let (Some(task), true) = (next, names.len() < steps) {
            names.push_back_mut(view[task].name.clone());
            next = view[task].needs.first().copied();
        }
        names
    })
}

/// The regions of a plan, moved about: compacted, cloned, split from its copy.
pub fn reordered(plan: Region<Plan>) -> (Region<Plan>, Region<Plan>) {
    let plan = plan.compact();
    let copy = plan.clone();
    (plan, copy)
}

/// How often each word occurs, as a version that shares with `before`.
pub fn counted<'a>(before: &Map<String, u32>, words: impl IntoIterator<Item = &'a str>) -> Map<String, u32> {
    let mut counts = before.clone();
    for word in words {
        let count = counts.get(word).copied().unwrap_or(0);
        counts.insert_mut(String::from(word), count + 1);
    }
    counts
}

/// The higher count of each word.
pub fn highest(one: &Map<String, u32>, other: &Map<String, u32>) -> Map<String, u32> {
    one.merge_with(other, Keep, Keep, |_, one, other| Some(*one.max(other)))
}

/// The words in alphabetical order, and a table of them to look up.
pub fn indexed(counts: &Map<String, u32>) -> (OrdMap<String, u32>, frozen::Map<String, u32>) {
    let pairs = || counts.iter().map(|(word, count)| (word.clone(), *count));
    (pairs().collect(), pairs().collect())
}

/// The small numbers in one set and not in another, by all kinds of sets: they agree.
pub fn missing(all: &[u32], present: &[u32]) -> Option<Vec<u32>> {
    let by_hash: Set<u32> = all.iter().copied().collect();
    let by_hash = by_hash.difference(&present.iter().copied().collect());
    let fast: Set<u32, FastProcessState> = all.iter().copied().collect();
    let fast = fast.difference(&present.iter().copied().collect());
    let ordered: OrdSet<u32> = all.iter().copied().collect();
    let ordered = ordered.difference(&present.iter().copied().collect());
    let flat: frozen::Set<u32, ProcessState> = all.iter().copied().collect();
    let flat = flat.difference(&present.iter().copied().collect::<frozen::Set<u32>>());
    let agree = ordered.iter().all(|item| by_hash.contains(item) && fast.contains(item) && flat.contains(item));
    (agree && [by_hash.len(), fast.len(), flat.len()] == [ordered.len(); 3]).then(|| ordered.iter().copied().collect())
}
