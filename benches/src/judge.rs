//! `--targets`: holds paired rounds against the bars.

use comfy_table::{Cell, CellAlignment};

use crate::figures::{Measured, Row, advantage};
use crate::stats::{self, Interval};
use crate::table::{number, ruled};
use crate::targets::{Bar, ELSEWHERE, Elsewhere, Peer, Target};

/// From this ratio on two figures are level.
pub const LEVEL: f64 = 0.95;
/// Fewer paired rounds than this judge nothing.
pub const ENOUGH: usize = 15;

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The end of the interval on the good side reaches the bar.
    Met,
    /// It does not.
    Missed,
    /// Too few rounds, or no figure.
    NotMeasured,
}

impl Verdict {
    /// For people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::NotMeasured => "not measured",
        }
    }
}

/// A target with what came out.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The target.
    pub target: Target,
    /// Whom it was held against, in the end, and which of the rivals that it names had no figure.
    pub peer: String,
    /// The paired ratio, as an advantage, or the figure itself for an absolute bar.
    pub interval: Option<Interval>,
    /// Rounds that have it.
    pub rounds: usize,
    /// What came out.
    pub verdict: Verdict,
}

/// Judges one target.
pub fn judge(target: &Target, measured: &[Measured]) -> Judgement {
    let ours = measured.iter().find(|one| is_ours(target, &one.row));
    let theirs = opponent(target, target.peer, measured);
    let values: Vec<f64> = match (ours, theirs) {
        (Some(ours), _) if target.peer == Peer::Nobody => ours.values.iter().copied().flatten().collect(),
        (Some(ours), Some(theirs)) => paired(ours, theirs),
        _ => Vec::new(),
    };
    let missing = ours.map(|_| missing(target, measured)).unwrap_or_default();
    let peer = peer(target, theirs, &missing);
    let rounds = values.len();
    let interval = stats::bootstrap(&values).filter(|_| rounds >= ENOUGH);
    let verdict = match interval {
        None => Verdict::NotMeasured,
        Some(interval) if reaches(target.bar, good_end(target.bar, interval)) => Verdict::Met,
        Some(_) => Verdict::Missed,
    };
    Judgement { target: *target, peer, interval, rounds, verdict }
}

/// Whether a figure reaches the bar.
fn reaches(bar: Bar, figure: f64) -> bool {
    match bar {
        Bar::Parity => figure >= LEVEL,
        Bar::Times(times) => figure >= times,
        Bar::CostAtMost(times) => figure >= 1.0 / times,
        Bar::AtMost(most) => figure <= most,
        Bar::AtLeast(least) => figure >= least,
    }
}

/// The end of the interval that is better for us: ours is the benefit of the doubt.
fn good_end(bar: Bar, interval: Interval) -> f64 {
    match bar {
        Bar::AtMost(_) => interval.low,
        Bar::Parity | Bar::Times(_) | Bar::CostAtMost(_) | Bar::AtLeast(_) => interval.high,
    }
}

fn is_ours(target: &Target, row: &Row) -> bool {
    row.backend == target.backend && is_there(target, row) && is_size(target.size, row)
}

fn is_there(target: &Target, row: &Row) -> bool {
    row.family == target.family
        && row.workload == target.workload
        && row.threads == target.threads
        && row.metric == target.metric
        && target.key.is_none_or(|key| key == row.key)
}

fn is_size(size: Option<u64>, row: &Row) -> bool {
    size.is_none_or(|size| size == row.size)
}

/// The peer with the best median. It is chosen once and not per round: the best of several noisy figures is better
/// than any of them.
fn opponent<'a>(target: &Target, peer: Peer, measured: &'a [Measured]) -> Option<&'a Measured> {
    let there = measured.iter().filter(|one| is_there(target, &one.row) && one.row.median.is_some());
    let best = there.filter(|one| match peer {
        Peer::Nobody => false,
        Peer::Named(name) => one.row.backend == name && is_size(target.size, &one.row),
        Peer::BestOf(names) => names.contains(&one.row.backend.as_str()) && is_size(target.size, &one.row),
        Peer::ItselfAt(size) => one.row.backend == target.backend && one.row.size == size,
    });
    best.reduce(|best, one| match one.row.advantage(&best.row) {
        Some(advantage) if advantage > 1.0 => one,
        _ => best,
    })
}

/// The rivals that the target names and that have no figure here.
fn missing(target: &Target, measured: &[Measured]) -> Vec<&'static str> {
    let named = match target.peer {
        Peer::Nobody | Peer::ItselfAt(_) => Vec::new(),
        Peer::Named(name) => vec![name],
        Peer::BestOf(names) => names.to_vec(),
    };
    let has_figure = |name: &&str| {
        let there = |row: &Row| row.backend == *name && is_there(target, row) && is_size(target.size, row);
        measured.iter().any(|one| there(&one.row) && one.row.median.is_some())
    };
    named.into_iter().filter(|name| !has_figure(name)).collect()
}

/// Whom it is held against, for people, with those who should be there and are not.
fn peer(target: &Target, theirs: Option<&Measured>, missing: &[&str]) -> String {
    let there = theirs.map(|theirs| match target.peer {
        Peer::BestOf(_) => format!("{} (best)", theirs.row.backend),
        Peer::ItselfAt(size) => format!("itself at {size}"),
        Peer::Nobody | Peer::Named(_) => theirs.row.backend.clone(),
    });
    let missing = (!missing.is_empty()).then(|| format!("no figure: {}", missing.join(", ")));
    there.into_iter().chain(missing).collect::<Vec<_>>().join("; ")
}

/// Round by round, how much better ours is.
fn paired(ours: &Measured, theirs: &Measured) -> Vec<f64> {
    let rounds = ours.values.iter().zip(&theirs.values);
    rounds.filter_map(|(one, other)| advantage(ours.row.better, (*one)?, (*other)?)).collect()
}

/// The table of all judgements, and what is judged elsewhere.
pub fn table(judgements: &[Judgement]) -> String {
    let mut table = ruled();
    table.set_header(["target", "against", "bar", "figure", "95 % interval", "rounds", "verdict"]);
    for judgement in judgements {
        let target = &judgement.target;
        let threads = if target.threads > 1 { format!(", {} threads", target.threads) } else { String::new() };
        let size = target.size.map_or_else(String::new, |size| format!(", {size}"));
        // A family with several of ours says whose figure it is.
        let ours = if target.backend == "polder" { String::new() } else { format!(" of {}", target.backend) };
        let key = target.key.map_or_else(String::new, |key| format!(", {key}"));
        let figure = |value: f64| match target.bar {
            Bar::CostAtMost(_) => format!("costs {}×", number(1.0 / value)),
            Bar::AtMost(_) | Bar::AtLeast(_) => number(value),
            Bar::Times(_) | Bar::Parity => format!("{}×", number(value)),
        };
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let (median, interval) = match judgement.interval {
            None => ("–".to_owned(), String::new()),
            Some(Interval { low, median, high }) => {
                let (low, high) = if matches!(target.bar, Bar::CostAtMost(_)) { (high, low) } else { (low, high) };
                (figure(median), format!("{} … {}", figure(low), figure(high)))
            }
        };
        table.add_row(vec![
            Cell::new(format!("{} / {}{size}{key}{threads}: {}{ours}", target.family, target.workload, target.metric)),
            Cell::new(&judgement.peer),
            right(bar(target.bar)),
            right(median),
            right(interval),
            right(judgement.rounds.to_string()),
            Cell::new(verdict(judgement)),
        ]);
    }
    let mut text = format!("{table}\n");
    for Elsewhere { family, what, why } in ELSEWHERE {
        text += &format!("{}: {family}: {what} ({why})\n", Verdict::NotMeasured.word());
    }
    text
}

/// The verdict. Where the median is short of the bar and only the end of the interval reaches it, it says so.
fn verdict(judgement: &Judgement) -> String {
    let Target { bar, control, .. } = judgement.target;
    let what = if control { "control: " } else { "" };
    let word = judgement.verdict.word();
    let short = judgement.interval.filter(|interval| !reaches(bar, interval.median));
    match (judgement.verdict, short) {
        (Verdict::Met, Some(Interval { median, .. })) => {
            format!("{what}{word} by the interval (median {})", against(bar, median))
        }
        _ => format!("{what}{word}"),
    }
}

/// A figure that is short of the bar beside it, in the terms in which the bar is given.
fn against(bar: Bar, figure: f64) -> String {
    let (figure, sign, bar) = match bar {
        Bar::Parity => (figure, '<', LEVEL),
        Bar::Times(bar) | Bar::AtLeast(bar) => (figure, '<', bar),
        Bar::CostAtMost(bar) => (1.0 / figure, '>', bar),
        Bar::AtMost(bar) => (figure, '>', bar),
    };
    // A difference that three digits do not show is shown all the same.
    match (number(figure), number(bar)) {
        (shown, limit) if shown != limit => format!("{shown} {sign} {limit}"),
        _ => format!("{figure:.5} {sign} {bar:.5}"),
    }
}

fn bar(bar: Bar) -> String {
    match bar {
        Bar::Times(times) => format!("≥ {times}×"),
        Bar::Parity => format!("level (≥ {LEVEL}×)"),
        Bar::CostAtMost(times) => format!("costs ≤ {times}×"),
        Bar::AtMost(most) => format!("≤ {}", number(most)),
        Bar::AtLeast(least) => format!("≥ {}", number(least)),
    }
}
