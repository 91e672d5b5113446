//! What is recorded: the interface of a workload, and all of them.

use super::turns::Lane;
use super::{controls, ours, rivals};
use crate::rng::SplitMix;

/// Whose operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// One whose traffic is known beforehand: it shows that the model works.
    Control,
    /// polder.
    Ours,
    /// Somebody else's.
    Rival,
}

/// What one operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// It changed nothing that another thread could see.
    Read,
    /// It changed something that another thread can see.
    Wrote,
}

/// Where the recorded threads allocate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heap {
    /// All in one heap, side by side: whatever a thread keeps for itself and does not keep apart shares its line.
    One,
    /// Each in a heap of its own, as glibc has it on a machine with so many cores. For operations that allocate.
    PerThread,
}

/// One thread's operation: given a number that no other one has, and the marks unless it is to go unrecorded.
pub type Operation = Box<dyn FnMut(u64, Option<Lane>)>;

/// Makes the operation of a thread, on that thread.
pub type Scene = Box<dyn Fn(usize) -> Operation + Send + Sync>;

/// An operation to record.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// Whose it is.
    pub side: Side,
    /// What is done.
    pub about: &'static str,
    /// How often each thread does it: four times as often as whatever it does now and then, or more.
    pub operations: u64,
    /// Where they allocate.
    pub heap: Heap,
    /// What so many threads share.
    pub scene: fn(usize) -> Scene,
}

impl Workload {
    pub(super) const fn allocating(self) -> Self {
        Self { heap: Heap::PerThread, ..self }
    }
}

/// All workloads, in the order of the table.
pub fn workloads() -> Vec<Workload> {
    [controls::WORKLOADS, ours::WORKLOADS, rivals::WORKLOADS].concat()
}

/// A scene from what makes the operation of one thread.
pub(super) fn scene<O>(make: impl Fn(usize) -> O + Send + Sync + 'static) -> Scene
where
    O: FnMut(u64) -> Did + 'static,
{
    Box::new(move |core| {
        let mut operation = make(core);
        Box::new(move |number, lane| match lane {
            Some(lane) => lane.record(|| operation(number)),
            None => {
                operation(number);
            }
        })
    })
}

/// Whether this operation is one of the few that write: one in a hundred, by chance, so that no thread writes them all.
#[inline]
pub(super) fn writes(number: u64) -> bool {
    SplitMix::new(number).below(100) == 0
}

/// What the threads share lives until the process ends, which is right after the last operation.
pub(super) fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// A value with two lines of 64 bytes, or one of 128, to itself.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Padded<T>(pub(super) T);

/// One padded value per thread.
pub(super) fn padded<T>(threads: usize, mut make: impl FnMut() -> T) -> &'static [Padded<T>] {
    (0..threads).map(|_| Padded(make())).collect::<Vec<_>>().leak()
}
