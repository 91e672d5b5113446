//! The tables on the terminal.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use crate::figures::{Block, Row, blocks};

/// A table per group: a line per backend, polder's first; a column per metric, and for the leading ones of them how
/// much better than the best rival.
pub fn tables(rows: &[Row], abouts: &dyn Fn(&Row) -> Option<&'static str>) -> String {
    let mut text = String::new();
    for block in blocks(rows) {
        text += &format!("{}\n", block.title());
        if let Some(about) = abouts(block.any()) {
            text += &format!("{about}\n");
        }
        text += &table(&block);
        if let Some(none) = without_result(&block) {
            text += &format!("{none}\n");
        }
        text.push('\n');
    }
    text
}

/// Which metrics no backend has a figure for, and why.
pub fn without_result(block: &Block<'_>) -> Option<String> {
    let metrics = block.without_result();
    let threads = block.any().threads;
    // What can be missing altogether: rates in clean windows, hand-offs that never happened, fairness.
    (!metrics.is_empty()).then(|| {
        let metrics = metrics.join(", ");
        format!(
            "No result with {threads} threads: {metrics} (too few moments in which all threads ran or handed over, or too short a run)."
        )
    })
}

/// A table has at most so many columns of figures; the others follow in a table below.
const COLUMNS: usize = 4;

fn table(block: &Block<'_>) -> String {
    let metrics = block.metrics();
    metrics.chunks(COLUMNS).map(|metrics| part(block, metrics)).collect()
}

fn part(block: &Block<'_>, metrics: &[&str]) -> String {
    let mut table = ruled();
    let mut header = vec![Cell::new("backend")];
    for metric in metrics {
        let unit = block.rows.iter().find(|row| row.metric == *metric).map_or("", |row| row.unit.as_str());
        header.push(Cell::new(format!("{metric}\n{unit}")).set_alignment(CellAlignment::Right));
        header.push(Cell::new("× best\nrival").set_alignment(CellAlignment::Right));
    }
    table.set_header(header);
    for backend in block.backends() {
        let limit = block.rows.iter().any(|row| row.backend == backend && row.limit);
        let mut line = vec![Cell::new(if limit { format!("{backend} (limit)") } else { backend.to_owned() })];
        for metric in metrics {
            let (figure, ratio) = match block.row(backend, metric) {
                None => ("–".to_owned(), String::new()),
                Some(row) => (with_spread(row), ratio(block, row)),
            };
            line.push(Cell::new(figure).set_alignment(CellAlignment::Right));
            line.push(Cell::new(ratio).set_alignment(CellAlignment::Right));
        }
        table.add_row(line);
    }
    format!("{table}\n")
}

/// A table with lines above, below and under its header.
pub fn ruled() -> Table {
    let mut table = Table::new();
    let mut style = presets::UTF8_HORIZONTAL_ONLY;
    style.header_separator = style.row_separator;
    style.row_separator = presets::NOTHING.row_separator;
    table.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// How much better than the best rival, for people.
pub fn ratio(block: &Block<'_>, row: &Row) -> String {
    let advantage = block.best_rival(&row.metric).and_then(|best| row.advantage(best));
    advantage.map_or_else(String::new, number)
}

/// A median with half of its interquartile range, for people.
pub fn with_spread(row: &Row) -> String {
    match (row.median, row.q1, row.q3) {
        (Some(median), Some(q1), Some(q3)) => format!("{} ±{}", number(median), number((q3 - q1) / 2.0)),
        _ => "no result".to_owned(),
    }
}

/// Three significant digits, and thousands without a fraction.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if size >= 99.95 {
        format!("{value:.0}")
    } else if size >= 9.995 {
        format!("{value:.1}")
    } else if size >= 0.09995 {
        format!("{value:.2}")
    } else if size >= 0.001 {
        format!("{value:.3}")
    } else {
        format!("{value:.1e}")
    }
}
