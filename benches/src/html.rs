//! `--html`: one page that needs nothing but itself.

use std::fmt::Write;

use plotters::style::RGBColor;

use crate::figures::{Block, Row, blocks, title, unique};
use crate::machine::Machine;
use crate::plot::{self, Bar, Line};
use crate::table::{number, ratio, with_spread, without_result};
use crate::workload::{Better, is_polder};

/// What goes on the page.
#[derive(Debug)]
pub struct Page<'a> {
    /// Where the figures come from.
    pub machine: &'a Machine,
    /// What makes them less than they seem.
    pub caveats: &'a [String],
    /// What printed the page.
    pub command: &'a str,
    /// The figures.
    pub rows: &'a [Row],
}

const STYLE: &str = include_str!("page.css");

impl Page<'_> {
    /// The page.
    pub fn text(&self, abouts: &dyn Fn(&Row) -> Option<&'static str>) -> String {
        let mut page = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
        page += "<title>contention: polder and its rivals</title>\n<style>\n";
        page += STYLE;
        page += "</style>\n</head>\n<body>\n<main>\n<h1>polder and its rivals</h1>\n";
        page += "<p>All backends of a workload ran in interleaved rounds of one run; figures are medians with half of \
                 the interquartile range. A ratio above 1 means better than the best rival, whichever way the figure \
                 goes. Limits (marked) give a weaker guarantee and are not ranked.</p>\n";
        self.machine(&mut page);
        let blocks = blocks(self.rows);
        glance(&mut page, &blocks);
        for workload in unique(blocks.iter().map(|block| series(block.any()))) {
            let blocks: Vec<&Block<'_>> = blocks.iter().filter(|block| series(block.any()) == workload).collect();
            section(&mut page, &blocks, self.machine.cores, abouts);
        }
        all_figures(&mut page, &blocks);
        page += "</main>\n</body>\n</html>\n";
        page
    }

    fn machine(&self, page: &mut String) {
        let machine = self.machine;
        let load = machine.load.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
        let facts = [
            ("processor", machine.cpu.clone()),
            ("cores", machine.cores.to_string()),
            ("system", machine.kernel.clone()),
            ("compiler", machine.rustc.clone()),
            ("polder", machine.polder.clone()),
            ("load average", load),
        ];
        *page += "<dl>\n";
        for (name, fact) in facts {
            put(page, format_args!("<dt>{name}</dt><dd>{}</dd>\n", escape(&fact)));
        }
        put(page, format_args!("<dt>command</dt><dd><code>{}</code></dd>\n</dl>\n", escape(self.command)));
        for note in self.caveats {
            put(page, format_args!("<p class=\"note\">{}</p>\n", escape(note)));
        }
    }
}

/// What one section of the page is about: groups that differ in their threads alone.
fn series(row: &Row) -> (&str, &str, u64, &str) {
    (&row.family, &row.workload, row.size, &row.key)
}

/// The leading figure of every group, ours beside the best rival's.
fn glance(page: &mut String, blocks: &[Block<'_>]) {
    *page += "<h2>At a glance</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>workload</th><th>figure</th>\
              <th class=\"num\">ratio</th><th>polder</th><th>best rival</th></tr></thead>\n<tbody>\n";
    for block in blocks {
        let ours = |metric: &str| {
            block.rows.iter().find(|row| row.is_polder() && row.metric == metric && row.median.is_some())
        };
        let both = |metric: &str| Some((*ours(metric)?, block.best_rival(metric)?));
        let Some((ours, best)) = block.metrics().into_iter().find_map(both) else { continue };
        put(
            page,
            format_args!(
                "<tr><td class=\"wrap\">{}</td><td>{}, {}</td><td class=\"num\">{}</td><td>{}: {}</td><td>{}: {}</td></tr>\n",
                escape(&block.title()),
                escape(&ours.metric),
                escape(&ours.unit),
                times(&ratio(block, ours)),
                ours.backend,
                with_spread(ours),
                best.backend,
                with_spread(best),
            ),
        );
    }
    *page += "</tbody></table></div>\n";
}

fn section(page: &mut String, blocks: &[&Block<'_>], cores: usize, abouts: &dyn Fn(&Row) -> Option<&'static str>) {
    let first = blocks[0].any();
    let (family, workload, size, key) = series(first);
    let title = escape(&title(family, workload, size, key, None));
    put(
        page,
        format_args!(
            "<section>
<h2>{title}</h2>
"
        ),
    );
    if let Some(about) = abouts(first) {
        put(page, format_args!("<p>{}</p>\n", escape(about)));
    }
    let several = blocks.len() > 1;
    let percentiles = |metric: &&str| percentile(metric).is_some();
    let plain: Vec<&str> =
        unique(blocks.iter().flat_map(|block| block.metrics())).into_iter().filter(|m| !percentiles(m)).collect();
    if several || blocks.iter().any(|block| block.metrics().iter().any(percentiles)) {
        legend(page, blocks);
    }
    *page += "<div class=\"plots\">\n";
    for metric in plain.iter().filter(|metric| !metric.ends_with(" wall")) {
        if several { against_threads(page, blocks, metric, cores) } else { bars(page, blocks[0], metric) }
    }
    for block in blocks {
        latencies(page, block);
    }
    *page += "</div>\n";
    for block in blocks {
        if let Some(none) = without_result(block) {
            put(page, format_args!("<p class=\"note\">{}</p>\n", escape(&none)));
        }
    }
    *page += "</section>\n";
}

/// The colour of a backend: the same throughout a section.
fn colour(backends: &[&str], backend: &str) -> RGBColor {
    let ours = is_polder(backend);
    let place = backends.iter().filter(|name| is_polder(name) == ours).position(|name| *name == backend);
    let palette: &[RGBColor] = if ours { &plot::OURS } else { &plot::THEIRS };
    palette[place.unwrap_or(0) % palette.len()]
}

fn backends<'a>(blocks: &[&Block<'a>]) -> Vec<&'a str> {
    unique(blocks.iter().flat_map(|block| block.backends()))
}

fn legend(page: &mut String, blocks: &[&Block<'_>]) {
    let names = backends(blocks);
    *page += "<ul class=\"legend\">\n";
    for name in &names {
        let RGBColor(red, green, blue) = colour(&names, name);
        let limit = blocks.iter().any(|block| block.rows.iter().any(|row| row.backend == *name && row.limit));
        let mark = if limit { " (limit)" } else { "" };
        put(page, format_args!("<li><i style=\"background:rgb({red},{green},{blue})\"></i>{name}{mark}</li>\n"));
    }
    *page += "</ul>\n";
}

fn figure(page: &mut String, caption: &str, drawing: &str) {
    put(page, format_args!("<figure><figcaption>{}</figcaption>\n{drawing}</figure>\n", escape(caption)));
}

fn direction(row: &Row) -> &'static str {
    match row.better {
        Better::Higher => "higher is better",
        Better::Lower => "lower is better",
    }
}

/// One metric over the numbers of threads.
fn against_threads(page: &mut String, blocks: &[&Block<'_>], metric: &str, cores: usize) {
    let names = backends(blocks);
    let places: Vec<usize> = blocks.iter().map(|block| block.any().threads).collect();
    let lines = names.iter().map(|name| Line {
        colour: colour(&names, name),
        ours: is_polder(name),
        points: blocks
            .iter()
            .enumerate()
            .filter_map(|(at, block)| Some((at, ends(block.row(name, metric)?)?)))
            .collect(),
    });
    let lines: Vec<Line> = lines.filter(|line| !line.points.is_empty()).collect();
    let Some(row) = blocks.iter().find_map(|block| block.rows.iter().find(|row| row.metric == metric)) else { return };
    let beyond = places.iter().position(|&threads| threads > cores);
    // Two figures of one plot that are 20 times apart hide each other on a plain axis.
    let middles: Vec<f64> = lines.iter().flat_map(|line| line.points.iter().map(|(_, ends)| ends[1])).collect();
    let (low, high) = middles.iter().fold((f64::INFINITY, 0.0f64), |(l, h), &m| (l.min(m), h.max(m)));
    let logarithmic = high > low * 20.0;
    let mut caption = format!("{metric}, {}, against threads; {}", row.unit, direction(row));
    if logarithmic {
        caption += "; logarithmic";
    } else if beyond.is_some() {
        caption += "; shaded: more threads than cores";
    }
    let labels: Vec<String> = places.iter().map(usize::to_string).collect();
    figure(page, &caption, &plot::lines(&labels, &lines, beyond, logarithmic));
}

fn ends(row: &Row) -> Option<[f64; 3]> {
    Some([row.q1?, row.median?, row.q3?])
}

/// One metric of one group.
fn bars(page: &mut String, block: &Block<'_>, metric: &str) {
    let rows: Vec<&Row> = block.rows.iter().copied().filter(|row| row.metric == metric).collect();
    let bars = rows.iter().filter_map(|row| {
        let ratio = ratio(block, row);
        let ratio = if ratio.is_empty() { ratio } else { format!("  ({ratio}×)") };
        Some(Bar {
            label: if row.limit { format!("{} (limit)", row.backend) } else { row.backend.clone() },
            colour: if row.is_polder() { plot::OURS[0] } else { plot::THEIRS[0] },
            hollow: row.limit,
            value: row.median?,
            text: format!("{}{ratio}", number(row.median?)),
        })
    });
    let bars: Vec<Bar> = bars.collect();
    if !bars.is_empty() {
        figure(page, &format!("{metric}, {}; {}", rows[0].unit, direction(rows[0])), &plot::bars(&bars));
    }
}

/// `hand-off p99.9` is the percentile `p99.9` of `hand-off`.
fn percentile(metric: &str) -> Option<(&str, &str)> {
    let (of, which) = metric.rsplit_once(' ')?;
    let number = which.strip_prefix('p').is_some_and(|number| number.parse::<f64>().is_ok());
    (number || which == "max").then_some((of, which))
}

/// The percentiles of each latency of one group.
fn latencies(page: &mut String, block: &Block<'_>) {
    let known = block.metrics();
    for latency in unique(known.iter().filter_map(|metric| Some(percentile(metric)?.0))) {
        let metrics: Vec<&str> =
            known.iter().copied().filter(|m| percentile(m).is_some_and(|(of, _)| of == latency)).collect();
        let names = backends(&[block]);
        let line = |name: &&str| Line {
            colour: colour(&names, name),
            ours: is_polder(name),
            points: metrics.iter().enumerate().filter_map(|(at, m)| Some((at, ends(block.row(name, m)?)?))).collect(),
        };
        let lines: Vec<Line> = names.iter().map(line).filter(|line| !line.points.is_empty()).collect();
        let places: Vec<String> = metrics.iter().filter_map(|metric| Some(percentile(metric)?.1.to_owned())).collect();
        let row = block.any();
        let caption = format!(
            "{latency} with {} threads, {}, by percentile; lower is better; logarithmic",
            row.threads,
            block.rows.iter().find(|row| row.metric == metrics[0]).map_or("", |row| row.unit.as_str())
        );
        figure(page, &caption, &plot::lines(&places, &lines, None, true));
    }
}

/// Every figure there is.
fn all_figures(page: &mut String, blocks: &[Block<'_>]) {
    *page += "<h2>All figures</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>workload</th><th>metric</th>\
              <th>backend</th><th class=\"num\">median</th><th class=\"num\">q1</th><th class=\"num\">q3</th>\
              <th>unit</th><th class=\"num\">ratio</th><th class=\"num\">rounds</th></tr></thead>\n<tbody>\n";
    for block in blocks {
        let title = escape(&block.title());
        for row in &block.rows {
            let cell = |value: Option<f64>| value.map_or_else(|| "no result".to_owned(), number);
            let class = if row.is_polder() { " class=\"ours\"" } else { "" };
            let mark = if row.limit { " (limit)" } else { "" };
            put(
                page,
                format_args!(
                    "<tr{class}><td>{title}</td><td>{}</td><td>{}{mark}</td><td class=\"num\">{}</td>\
                     <td class=\"num\">{}</td><td class=\"num\">{}</td><td>{}</td><td class=\"num\">{}</td>\
                     <td class=\"num\">{}</td></tr>\n",
                    escape(&row.metric),
                    escape(&row.backend),
                    cell(row.median),
                    cell(row.q1),
                    cell(row.q3),
                    escape(&row.unit),
                    times(&ratio(block, row)),
                    row.rounds
                ),
            );
        }
    }
    *page += "</tbody></table></div>\n";
}

fn times(ratio: &str) -> String {
    if ratio.is_empty() { String::new() } else { format!("{ratio}×") }
}

fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a string takes everything");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
