//! polder side by side with its rivals: the engine of the program `contention`.
//!
//! [`workload`] is the interface that a family of workloads offers to the rest. [`runner`] runs them in interleaved
//! rounds, with the clocks of [`clock`] and the clean windows of [`window`]; [`figures`] sums the rounds up with the
//! arithmetic of [`stats`]; [`table`], [`json`] and [`html`] show them; [`targets`] says which figures are bars to
//! reach and [`judge`] whether they are reached.
//!
//! [`coherence`] is another program: it times nothing, and counts what operations move between simulated cores.

#[cfg(not(unix))]
compile_error!("polder-bench measures process CPU time: Unix only");

pub mod cli;
pub mod clock;
pub mod coherence;
pub mod dicts;
pub mod figures;
pub mod filter;
pub mod html;
pub mod json;
pub mod judge;
pub mod locks;
pub mod machine;
pub(crate) mod perf;
pub mod persistent;
pub mod plot;
pub mod references;
pub mod regions;
pub mod rng;
pub mod runner;
pub(crate) mod spans;
pub mod stats;
pub(crate) mod stolen;
pub mod table;
pub mod targets;
pub mod team;
pub mod window;
pub mod workload;
