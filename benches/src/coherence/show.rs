//! The tables on the terminal.

use comfy_table::{Cell, CellAlignment};

use super::budget::{BUDGET, Bounds};
use super::figures::Row;
use super::workload::{Side, Workload};
use crate::table::{number, ruled};

/// A table per size of line: a line per workload, its transfers at each number of cores, and more about the largest.
pub(super) fn tables(chosen: &[Workload], rows: &[Row], cores: &[usize], lines: &[u64]) -> String {
    let mut text = String::new();
    for &line in lines {
        text += &format!("Cache lines of {line} bytes; all figures are per operation, from a model, not measured\n");
        text += &table(chosen, rows, cores, line);
        text.push('\n');
    }
    text
}

fn table(chosen: &[Workload], rows: &[Row], cores: &[usize], line: u64) -> String {
    let most = cores.iter().copied().max().unwrap_or(0);
    let mut table = ruled();
    let mut header = vec![Cell::new("workload"), Cell::new("whose")];
    let columns = cores.iter().map(|cores| format!("transfers\n@{cores}")).chain([
        "allowed".to_owned(),
        format!("invalidated\n@{most}"),
        format!("contended\nRMW @{most}"),
        format!("hottest\nline @{most}"),
        format!("hot\nlines @{most}"),
        "instr.".to_owned(),
        "accesses".to_owned(),
    ]);
    header.extend(columns.map(right));
    table.set_header(header);
    for workload in chosen {
        let at = |cores: usize| {
            rows.iter().find(|row| row.workload == workload.name && row.cores == cores && row.line == line)
        };
        let of = |figure: &dyn Fn(&Row) -> String| at(most).map_or_else(|| "–".to_owned(), figure);
        let mut cells = vec![Cell::new(workload.name), Cell::new(side(workload.side))];
        let transfers =
            cores.iter().map(|&cores| at(cores).map_or_else(|| "–".to_owned(), |row| number(row.transfers)));
        let others = [
            allowed(workload.name, cores),
            of(&|row| number(row.invalidations)),
            of(&|row| number(row.contended)),
            of(&|row| number(row.hottest)),
            of(&|row| row.hot_lines.to_string()),
            of(&|row| number(row.instructions)),
            of(&|row| number(row.accesses)),
        ];
        cells.extend(transfers.chain(others).map(right));
        table.add_row(cells);
    }
    format!("{table}\n")
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Control => "control",
        Side::Ours => "polder",
        Side::Rival => "rival",
    }
}

/// The bounds of a workload at these numbers of cores.
fn allowed(workload: &str, cores: &[usize]) -> String {
    let bounds = BUDGET.iter().find(|allowance| allowance.workload == workload).map(|allowance| allowance.transfers);
    let range = |bound: super::budget::Bound| match (bound.least, bound.most) {
        (0.0, most) => number(most),
        (least, most) => format!("{} to {}", number(least), number(most)),
    };
    match bounds {
        None => "no allowance".to_owned(),
        Some(Bounds::Any(bound)) => range(bound),
        Some(Bounds::At([])) => "–".to_owned(),
        Some(bounds @ Bounds::At(_)) => {
            let each = cores.iter().map(|&cores| bounds.at(cores).map_or_else(|| "–".to_owned(), range));
            each.collect::<Vec<_>>().join(" | ")
        }
    }
}

/// What `--list` shows.
pub(super) fn list(workloads: &[Workload]) -> String {
    workloads.iter().map(|workload| format!("{:<22} {}\n", workload.name, workload.about)).collect()
}
