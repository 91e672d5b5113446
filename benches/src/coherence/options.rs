//! The options of `coherence`.

use std::path::PathBuf;

use clap::Parser;

use super::mark::MOST_CORES;
use super::workload::{Side, Workload, workloads};

/// Counts the cache lines that an operation moves between simulated cores, and compares with the budget.
#[derive(Clone, Debug, Parser)]
#[command(name = "coherence", version)]
pub struct Options {
    /// Only these workloads, and the controls, which always run
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub filter: Vec<String>,
    /// Numbers of simulated cores
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [2, 8, 32], value_parser = cores)]
    pub cores: Vec<usize>,
    /// Sizes of a cache line in bytes
    #[arg(long, value_name = "BYTES", value_delimiter = ',', default_values_t = [64], value_parser = line)]
    pub line: Vec<u64>,
    /// Seeds of the interleavings; the figures are the largest over them
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 2, 3])]
    pub seed: Vec<u64>,
    /// Write the figures to this file, for programs
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Show what there is to record, and record nothing
    #[arg(long)]
    pub list: bool,
}

fn cores(text: &str) -> Result<usize, String> {
    match text.parse() {
        // One core shares nothing with nobody.
        Ok(count @ 2..=MOST_CORES) => Ok(count),
        _ => Err(format!("a number of cores is 2 to {MOST_CORES}")),
    }
}

fn line(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(size @ 16..=4096) if u64::is_power_of_two(size) => Ok(size),
        _ => Err("the size of a line is a power of two from 16 to 4096".to_owned()),
    }
}

impl Options {
    /// What is to be recorded.
    ///
    /// # Errors
    ///
    /// When a filter names nothing: the message says what there is.
    pub fn workloads(&self) -> Result<Vec<Workload>, String> {
        let all = workloads();
        if let Some(unknown) = self.filter.iter().find(|name| all.iter().all(|workload| workload.name != **name)) {
            let names: Vec<&str> = all.iter().map(|workload| workload.name).collect();
            return Err(format!("unknown workload `{unknown}`\nworkloads: {}", names.join(", ")));
        }
        let wanted = |workload: &Workload| {
            self.filter.is_empty()
                || workload.side == Side::Control
                || self.filter.iter().any(|name| name == workload.name)
        };
        Ok(all.into_iter().filter(wanted).collect())
    }

    /// The numbers of cores, each once and in order.
    pub fn cores(&self) -> Vec<usize> {
        sorted(&self.cores)
    }

    /// The sizes of a line, each once and in order.
    pub fn lines(&self) -> Vec<u64> {
        sorted(&self.line)
    }
}

fn sorted<T: Ord + Copy>(values: &[T]) -> Vec<T> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.dedup();
    values
}
