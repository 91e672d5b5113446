//! The rows of the family: what is timed or weighed, in which unit.

use crate::workload::Metric;

/// A row: what is timed, by CPU time and on the wall, or what is weighed.
#[derive(Debug)]
pub(super) struct Step {
    /// By CPU time, or by weight.
    pub(super) metric: Metric,
    /// By the clock on the wall, where there is one.
    pub(super) wall: Option<Metric>,
    /// Nanoseconds of a unit.
    pub(super) scale: f64,
}

macro_rules! timed {
    ($name:literal, $unit:literal, $scale:expr) => {
        Step {
            metric: Metric::lower($name, $unit),
            wall: Some(Metric::lower(concat!($name, " wall"), $unit)),
            scale: $scale,
        }
    };
    ($name:literal, $unit:literal) => {
        timed!($name, $unit, 1.0)
    };
}

const fn weighed(name: &'static str, unit: &'static str) -> Step {
    Step { metric: Metric::lower(name, unit), wall: None, scale: 1.0 }
}

/// Built from all entries at once, in no order: a contender's quickest way.
pub(super) static COLLECT: Step = timed!("collect", "ns/entry");
/// Built from empty, in place, entry by entry.
pub(super) static ONE_BY_ONE: Step = timed!("one by one", "ns/entry");
/// Dropping what was built one by one.
pub(super) static DROP: Step = timed!("drop", "ns/entry");
/// Dropping all of one collection, whatever its size.
pub(super) static DROP_WHOLE: Step = timed!("drop of all", "ns");
/// What malloc has handed out for what was built one by one, its headers and rounding included.
pub(super) static HELD: Step = weighed("held", "B/entry");
/// The same for what was collected.
pub(super) static HELD_COLLECTED: Step = weighed("held, collected", "B/entry");
/// What malloc has handed out for one more version.
pub(super) static KEPT_VERSION: Step = weighed("kept version", "B");
/// Lookups of keys that are there.
pub(super) static HIT: Step = timed!("hit", "ns");
/// The same, each key following from the value found before.
pub(super) static DEPENDENT_HIT: Step = timed!("dependent hit", "ns");
/// Lookups of keys that are not there.
pub(super) static MISS: Step = timed!("miss", "ns");
/// A new version with one more entry.
pub(super) static INSERT: Step = timed!("insert", "ns");
/// A new version with one entry less.
pub(super) static REMOVE: Step = timed!("remove", "ns");
/// One more entry in what nobody shares.
pub(super) static INSERT_IN_PLACE: Step = timed!("insert in place", "ns");
/// One entry less in what nobody shares.
pub(super) static REMOVE_IN_PLACE: Step = timed!("remove in place", "ns");
/// Looking at all entries.
pub(super) static ITERATE: Step = timed!("iterate", "ns/entry");
/// Joining two versions.
pub(super) static UNION: Step = timed!("union", "µs", 1000.0);
/// Counting what differs between two versions.
pub(super) static DIFF: Step = timed!("diff", "µs", 1000.0);
/// Comparing two versions that are equal and share not everything.
pub(super) static EQUAL: Step = timed!("==", "µs", 1000.0);
/// Elements of a vector by index, in no order.
pub(super) static INDEX_RANDOM: Step = timed!("random index", "ns");
/// Elements of a vector by index, one after the other.
pub(super) static INDEX_IN_ORDER: Step = timed!("index in order", "ns");
/// A new version with one more element at the end.
pub(super) static PUSH: Step = timed!("push, old kept", "ns");
/// One more element at the front, in place, from empty.
pub(super) static PUSH_FRONT: Step = timed!("push front", "ns");
/// A vector of the elements of two.
pub(super) static CONCAT: Step = timed!("concat", "ns");
/// A vector of the middle half of one.
pub(super) static SLICE: Step = timed!("slice", "ns");

/// All of them.
pub(super) static ALL: [&Step; 24] = [
    &COLLECT,
    &ONE_BY_ONE,
    &DROP,
    &DROP_WHOLE,
    &HELD,
    &HELD_COLLECTED,
    &KEPT_VERSION,
    &HIT,
    &DEPENDENT_HIT,
    &MISS,
    &INSERT,
    &REMOVE,
    &INSERT_IN_PLACE,
    &REMOVE_IN_PLACE,
    &ITERATE,
    &UNION,
    &DIFF,
    &EQUAL,
    &INDEX_RANDOM,
    &INDEX_IN_ORDER,
    &PUSH,
    &PUSH_FRONT,
    &CONCAT,
    &SLICE,
];
