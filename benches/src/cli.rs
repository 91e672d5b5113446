//! The options of `contention`.

use std::path::PathBuf;

use clap::Parser;

use crate::figures::title;
use crate::filter::Filter;
use crate::machine::Machine;
use crate::runner::Plan;
use crate::targets::Target;
use crate::workload::{Extent, Group, Scale, families};

/// Measures polder beside its rivals: interleaved rounds, medians, ratios.
#[derive(Clone, Debug, Parser)]
#[command(name = "contention", version)]
pub struct Options {
    /// A look in some 20 seconds instead of a report in some 2 minutes
    #[arg(long)]
    pub quick: bool,
    /// Every size of every workload, also those that take minutes each
    #[arg(long, conflicts_with = "quick")]
    pub full: bool,
    /// Run only these families, workloads or backends; names of one kind add up, kinds restrict each other
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub filter: Vec<String>,
    /// Numbers of threads [default: powers of two up to twice the cores; locks: 1, 2 and 8]
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = threads)]
    pub threads: Vec<usize>,
    /// Seconds to share among the workloads; those of a fixed size may take longer than their share
    /// [default: 90; 10 with --quick; 600 with --full; 1800 with --targets]
    #[arg(long, value_parser = seconds)]
    pub secs: Option<f64>,
    /// Rounds per workload, exactly [default: as many as fit, 3 to 15; 15 to 31 with --targets]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub rounds: Option<u64>,
    /// Write the figures to this file, for programs
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the figures to this file, as a page with plots
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Show what there is to run, and run nothing
    #[arg(long)]
    pub list: bool,
    /// Judge the project's targets: only what they name, at least 15 paired rounds
    #[arg(long, conflicts_with_all = ["quick", "threads"])]
    pub targets: bool,
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=256) => Ok(count),
        _ => Err("a number of threads is 1 to 256".to_owned()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(count) if (1.0..=86_400.0).contains(&count) => Ok(count),
        _ => Err("seconds are 1 to 86400".to_owned()),
    }
}

impl Options {
    /// What the families are asked for.
    pub fn scale(&self, machine: &Machine) -> Scale {
        let mut threads = self.threads.clone();
        let asked = !threads.is_empty();
        if !asked {
            threads = powers_up_to(machine.cores * 2);
        }
        threads.sort_unstable();
        threads.dedup();
        let extent = match self {
            Self { targets: true, .. } => Extent::Targets,
            Self { quick: true, .. } => Extent::Quick,
            Self { full: true, .. } => Extent::Full,
            _ => Extent::Normal,
        };
        Scale { extent, threads, asked }
    }

    /// How much to run.
    pub fn plan(&self) -> Plan {
        let (seconds, wanted, at_least, at_most) = match self {
            Self { targets: true, .. } => (1800.0, crate::judge::ENOUGH, crate::judge::ENOUGH, 31),
            Self { quick: true, .. } => (10.0, 3, 3, 15),
            Self { full: true, .. } => (600.0, 5, 3, 15),
            _ => (90.0, 5, 3, 15),
        };
        let exactly = self.rounds.map(|rounds| rounds as usize);
        Plan { seconds: self.secs.unwrap_or(seconds), exactly, wanted, at_least, at_most }
    }

    /// What is to be run.
    ///
    /// # Errors
    ///
    /// When a filter names nothing, or the filters leave nothing: the message says what there is.
    pub fn groups(&self, scale: &Scale) -> Result<Vec<Group>, String> {
        let mut groups: Vec<Group> = families().iter().flat_map(|family| (family.groups)(scale)).collect();
        if self.targets {
            groups = Target::needed(groups);
        }
        Filter::parse(&self.filter, &groups)?.apply(groups)
    }
}

/// 1, 2, 4, … and no more than `most`, which is at least 1.
fn powers_up_to(most: usize) -> Vec<usize> {
    (0..).map(|power| 1 << power).take_while(|&threads| threads <= most.max(1)).collect()
}

/// What `--list` shows.
pub fn list(groups: &[Group]) -> String {
    let mut text = String::new();
    for group in groups {
        let names: Vec<&str> = group.backends.iter().map(|backend| backend.name).collect();
        let title = title(group.family, group.workload, group.size, &group.key, Some(group.threads));
        text += &format!("{title}\n    {}\n    {}\n", group.about, names.join(", "));
    }
    text
}
