//! The rows of the family: what is timed or weighed, in which unit.

use crate::workload::Metric;

/// Declares the steps with the two metrics of each: CPU time (or weight), and wall time beside it.
macro_rules! steps {
    ($($(#[$doc:meta])* $step:ident: $name:literal, $unit:literal;)+) => {
        /// A timed step, or a weighed one.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Step { $($(#[$doc])* $step,)+ }

        impl Step {
            /// All of them, in the order in which they are shown.
            pub(super) const ALL: &[Self] = &[$(Self::$step,)+];

            /// The figure by CPU time, or by weight.
            pub(super) const fn metric(self) -> Metric {
                match self { $(Self::$step => Metric::lower($name, $unit),)+ }
            }

            /// The figure by the clock on the wall, where it is not the first one.
            pub(super) const fn wall(self) -> Metric {
                match self { $(Self::$step => Metric::lower(concat!($name, " wall"), $unit),)+ }
            }
        }
    };
}

steps! {
    /// From nothing to the whole structure.
    Build: "build", "ns/node";
    /// The first building in a fresh process, whose every page is new to it.
    FirstBuild: "first build", "ns/node";
    /// Following the list and adding up.
    Walk: "walk", "ns/node";
    /// Following the list and adding one to each.
    Update: "update", "ns/node";
    /// Unlinking every second node, per node of the whole list.
    Unlink: "unlink half", "ns/node";
    /// To another thread, summed there, and back.
    Ship: "ship and sum", "ns/node";
    /// Depth-first marking where the graph was built.
    Mark: "mark", "ns/node";
    /// To another thread, marked there, and back.
    ShipMark: "ship and mark", "ns/node";
    /// Dropping all of it.
    Drop: "drop", "ns/node";
    /// Walked by several threads at once: wall time of each while all of them ran.
    Frozen: "walk by each", "ns/node";
    /// CPU time of the same walk, over the whole run.
    FrozenCpu: "walk by each, cpu", "ns/node";
    /// Freezing a whole region.
    Freeze: "freeze", "ns";
    /// Taking the only handle's mutability back.
    Thaw: "thaw", "ns";
    /// Adopting a region of as many nodes and linking its list behind.
    Merge: "merge", "ns";
    /// A session that writes one node.
    OpenWrite: "open and write", "ns";
    /// Four nodes, built and dropped.
    Tiny: "build and drop", "ns";
    /// Compaction or a full collection when half of the nodes are garbage, per former node.
    CollectHalf: "half live", "ns/node";
    /// The same when nothing is garbage.
    CollectLive: "all live", "ns/node";
    /// What malloc has handed out for the structure, its headers and rounding included.
    Held: "held (malloc)", "B/node";
    /// The pages that the structure made resident in a fresh process.
    Touched: "touched (pages)", "B/node";
    /// What a region says of itself.
    Own: "region.bytes()", "B/node";
}
