//! What is measured: the interface between the runner and the families.
//!
//! A family is a directory with one function `groups(&Scale) -> Vec<Group>`, named in [`families`]. That is all the
//! runner, the tables, the report and the option parser know of it.
//!
//! * A [`Group`] is one workload at one size, key and number of threads, with all its contenders ([`Backend`]). Making
//!   a group must cost next to nothing: data is built when it runs.
//! * The runner calls each backend's `run` once per round, in rotated order. One call gives one [`Report`]: any number
//!   of [`Sample`]s (build, walk, bytes per node, …) and a checksum of what the work computed. All backends of a group
//!   must report the same checksum, or the program fails.
//! * Work of a fixed size ignores [`Budget::slice`] and runs once; work that can go on for ever runs for about a slice.
//! * The first metric of a group is its leading one: it is the one that gets a bar or a curve in the report.
//! * Names: backends of ours begin with `polder`; a backend that does not give the same guarantee (a bare hash map,
//!   a lock-free structure that never frees) sets [`Backend::limit`] and is not taken for a rival. One-thread figures
//!   are process CPU time ([`crate::clock::Stopwatch`]), with a second metric that has the suffix ` wall` beside them.
//! * Names are lower case with dashes where they can be: `--filter` takes families, workloads and backends.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which way a figure gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Throughput, for one.
    Higher,
    /// Time and memory, for two.
    Lower,
}

/// One kind of figure. Families keep theirs as constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// What it is, e.g. `build` or `throughput`.
    pub name: &'static str,
    /// Its unit, e.g. `ns/node`.
    pub unit: &'static str,
    /// Which way it gets better.
    pub better: Better,
}

impl Metric {
    /// A metric that is better when it is lower.
    pub const fn lower(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, better: Better::Lower }
    }

    /// A metric that is better when it is higher.
    pub const fn higher(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, better: Better::Higher }
    }
}

/// One figure of one run.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What was measured.
    pub metric: Metric,
    /// The figure; `None` is "no result", which is shown as such and never as a number.
    pub value: Option<f64>,
}

/// What one run of one backend found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The figures, leading one first.
    pub samples: Vec<Sample>,
    /// A digest of what the work computed, the same for every backend of the group and in every round.
    pub checksum: u64,
}

impl Report {
    /// An empty report with this checksum.
    pub fn new(checksum: u64) -> Self {
        Self { samples: Vec::new(), checksum }
    }

    /// Adds a figure.
    pub fn push(&mut self, metric: Metric, value: f64) {
        self.push_maybe(metric, Some(value));
    }

    /// Adds a figure, or the statement that there is none.
    pub fn push_maybe(&mut self, metric: Metric, value: Option<f64>) {
        self.samples.push(Sample { metric, value: value.filter(|figure| figure.is_finite()) });
    }
}

/// What one run may spend.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// How long work without an end of its own should go on.
    pub slice: Duration,
    /// The number of the round; 0 is the warm-up, whose report is dropped (but for its checksum).
    pub round: usize,
}

/// A run: the report, or what went wrong (a broken invariant ends the program).
pub type Outcome = Result<Report, String>;

/// One contender of a group.
pub struct Backend {
    /// Its name in tables, filters and figures.
    pub name: &'static str,
    /// Whether it is a limit (shown, never ranked) and not a rival.
    pub limit: bool,
    /// Does the work once.
    pub run: Box<dyn FnMut(&Budget) -> Outcome>,
}

impl Backend {
    /// A contender.
    pub fn new(name: &'static str, run: impl FnMut(&Budget) -> Outcome + 'static) -> Self {
        Self { name, limit: false, run: Box::new(run) }
    }

    /// A limit: shown beside the rivals, not ranked.
    pub fn limit(name: &'static str, run: impl FnMut(&Budget) -> Outcome + 'static) -> Self {
        Self { name, limit: true, run: Box::new(run) }
    }

    /// Whether this is one of ours.
    pub fn is_polder(&self) -> bool {
        is_polder(self.name)
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("name", &self.name).field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Whether a backend of this name is one of ours.
pub fn is_polder(backend: &str) -> bool {
    backend.starts_with("polder")
}

/// One workload at one size, key and number of threads, with its contenders.
#[derive(Debug)]
pub struct Group {
    /// The family's name, as in [`families`].
    pub family: &'static str,
    /// The workload's name.
    pub workload: &'static str,
    /// One sentence for people: what one run does, and what an operation is.
    pub about: &'static str,
    /// The number of elements, or 0 where there is no such number.
    pub size: u64,
    /// What tells two groups of one workload and size apart (`String` keys, say); often empty.
    pub key: String,
    /// How many threads work at once.
    pub threads: usize,
    /// Its part of the run's time, relative to other groups; 1 unless there is a reason.
    pub weight: f64,
    /// The contenders.
    pub backends: Vec<Backend>,
}

/// How large the groups are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// A look in some 20 seconds: few sizes.
    Quick,
    /// The report of some 2 minutes.
    Normal,
    /// The same with the sizes that take long.
    Full,
    /// What targets are judged by: exactly the sizes and threads that the rows name.
    Targets,
}

/// What is asked of a family.
#[derive(Clone, Debug)]
pub struct Scale {
    /// How large.
    pub extent: Extent,
    /// The numbers of threads to run with, ascending. A workload for one thread only ignores them.
    pub threads: Vec<usize>,
    /// Whether these numbers were asked for; if not, a family may prefer others.
    pub asked: bool,
}

/// A family of workloads.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Its groups.
    pub groups: fn(&Scale) -> Vec<Group>,
}

/// The families, in the order in which they are shown.
pub fn families() -> Vec<Family> {
    vec![
        Family { name: "regions", groups: regions },
        Family { name: "locks", groups: crate::locks::groups },
        Family { name: "references", groups: crate::references::groups },
        Family { name: "dicts", groups: crate::dicts::groups },
        Family { name: "persistent", groups: crate::persistent::groups },
    ]
}

/// Arenas and graphs, and the lock around a region, which is measured with the harness of the locks.
fn regions(scale: &Scale) -> Vec<Group> {
    let mut groups = crate::regions::groups(scale);
    groups.push(crate::locks::region_mutex());
    groups
}
