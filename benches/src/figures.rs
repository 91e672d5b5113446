//! What the rounds add up to: one [`Row`] per backend and metric of a group.

use serde::{Deserialize, Serialize};

use crate::stats;
use crate::workload::{Better, Group, Metric, Report, is_polder};

/// A figure with its spread over the rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The family.
    pub family: String,
    /// The workload.
    pub workload: String,
    /// The number of elements, or 0 where there is no such number.
    pub size: u64,
    /// What tells two groups of one workload and size apart.
    pub key: String,
    /// Threads at work.
    pub threads: usize,
    /// Who did it.
    pub backend: String,
    /// What was measured.
    pub metric: String,
    /// In which unit.
    pub unit: String,
    /// Which way it gets better.
    pub better: Better,
    /// The median over the rounds; `None` is "no result".
    pub median: Option<f64>,
    /// The first quartile.
    pub q1: Option<f64>,
    /// The third quartile.
    pub q3: Option<f64>,
    /// Rounds that gave a figure.
    pub rounds: usize,
    /// Whether the backend is a limit and not a rival.
    pub limit: bool,
}

impl Row {
    /// Whether this is one of ours.
    pub fn is_polder(&self) -> bool {
        is_polder(&self.backend)
    }

    /// How much better this figure is than `other`: above 1 is better, whichever way the metric goes.
    pub fn advantage(&self, other: &Self) -> Option<f64> {
        advantage(self.better, self.median?, other.median?)
    }
}

/// How much better `ours` is than `theirs`: above 1 is better, whichever way the metric goes. `None` where a zero
/// makes the question void.
pub fn advantage(better: Better, ours: f64, theirs: f64) -> Option<f64> {
    let ratio = match better {
        Better::Higher => ours / theirs,
        Better::Lower => theirs / ours,
    };
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

/// A row with the figures of its rounds, in round order: what paired comparisons need.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The summary.
    pub row: Row,
    /// Per round, the figure.
    pub values: Vec<Option<f64>>,
}

/// The rows of one group. `reports` has, per backend, its reports in round order.
pub fn sum_up(group: &Group, reports: &[Vec<Report>]) -> Vec<Measured> {
    let mut measured = Vec::new();
    for (backend, reports) in group.backends.iter().zip(reports) {
        for metric in metrics(reports) {
            let values: Vec<Option<f64>> = reports.iter().map(|report| value(report, metric)).collect();
            let known: Vec<f64> = values.iter().copied().flatten().collect();
            // A figure that most rounds could not give is no figure.
            let spread = stats::spread(&known).filter(|_| known.len() * 2 > reports.len());
            measured.push(Measured {
                row: Row {
                    family: group.family.to_owned(),
                    workload: group.workload.to_owned(),
                    size: group.size,
                    key: group.key.clone(),
                    threads: group.threads,
                    backend: backend.name.to_owned(),
                    metric: metric.name.to_owned(),
                    unit: metric.unit.to_owned(),
                    better: metric.better,
                    median: spread.map(|spread| spread.median),
                    q1: spread.map(|spread| spread.q1),
                    q3: spread.map(|spread| spread.q3),
                    rounds: known.len(),
                    limit: backend.limit,
                },
                values,
            });
        }
    }
    measured
}

/// The metrics of some reports, in the order in which they first appear.
fn metrics(reports: &[Report]) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for sample in reports.iter().flat_map(|report| &report.samples) {
        if !metrics.contains(&sample.metric) {
            metrics.push(sample.metric);
        }
    }
    metrics
}

fn value(report: &Report, metric: Metric) -> Option<f64> {
    report.samples.iter().find(|sample| sample.metric == metric)?.value
}

/// The rows of one group, as tables and pages show them.
#[derive(Debug)]
pub struct Block<'a> {
    /// The rows, polder's first.
    pub rows: Vec<&'a Row>,
}

impl<'a> Block<'a> {
    /// Any row: what all rows of a block have in common is read from it.
    pub fn any(&self) -> &'a Row {
        self.rows[0]
    }

    /// What the block is about, in one line.
    pub fn title(&self) -> String {
        let Row { family, workload, size, key, threads, .. } = self.any();
        title(family, workload, *size, key, Some(*threads))
    }

    /// The backends, polder's first, then in the order measured.
    pub fn backends(&self) -> Vec<&'a str> {
        unique(self.rows.iter().map(|row| row.backend.as_str()))
    }

    /// The metrics, leading one first, without those that no backend has a figure for.
    pub fn metrics(&self) -> Vec<&'a str> {
        let all = unique(self.rows.iter().map(|row| row.metric.as_str()));
        let known = |metric: &&str| self.rows.iter().any(|row| row.metric == **metric && row.median.is_some());
        all.into_iter().filter(known).collect()
    }

    /// The metrics for which no backend has a figure.
    pub fn without_result(&self) -> Vec<&'a str> {
        let known = self.metrics();
        unique(self.rows.iter().map(|row| row.metric.as_str())).into_iter().filter(|m| !known.contains(m)).collect()
    }

    /// The row of `backend` and `metric`.
    pub fn row(&self, backend: &str, metric: &str) -> Option<&'a Row> {
        self.rows.iter().copied().find(|row| row.backend == backend && row.metric == metric)
    }

    /// The rival with the best figure; limits and our own are none.
    pub fn best_rival(&self, metric: &str) -> Option<&'a Row> {
        let rivals = self.rows.iter().copied().filter(|row| row.metric == metric && !row.limit && !row.is_polder());
        rivals.filter(|row| row.median.is_some()).reduce(|best, row| match row.advantage(best) {
            Some(advantage) if advantage > 1.0 => row,
            _ => best,
        })
    }
}

/// Cuts rows into blocks, one per group, in the order measured.
pub fn blocks(rows: &[Row]) -> Vec<Block<'_>> {
    let same = |a: &Row, b: &Row| {
        (&a.family, &a.workload, a.size, &a.key, a.threads) == (&b.family, &b.workload, b.size, &b.key, b.threads)
    };
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for row in rows {
        match blocks.iter_mut().find(|block| same(block.any(), row)) {
            Some(block) => block.rows.push(row),
            None => blocks.push(Block { rows: vec![row] }),
        }
    }
    for block in &mut blocks {
        // Stable: within ours and within the others the order stays.
        block.rows.sort_by_key(|row| !row.is_polder());
    }
    blocks
}

/// `family / workload, size, key, threads`, without what does not apply.
pub fn title(family: &str, workload: &str, size: u64, key: &str, threads: Option<usize>) -> String {
    let mut title = format!("{family} / {workload}");
    if size > 0 {
        title += &format!(", {size} element{}", if size == 1 { "" } else { "s" });
    }
    if !key.is_empty() {
        title += &format!(", {key}");
    }
    if let Some(threads) = threads {
        title += &format!(", {threads} thread{}", if threads == 1 { "" } else { "s" });
    }
    title
}

/// The different items, in the order in which they first appear.
pub fn unique<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}
