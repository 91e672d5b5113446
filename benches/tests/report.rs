//! What comes out: figures, tables, files, the page, verdicts.

use polder_bench::figures::{self, Measured, Row};
use polder_bench::html::Page;
use polder_bench::json::File;
use polder_bench::judge::{self, Verdict};
use polder_bench::machine::Machine;
use polder_bench::runner::{self, Plan};
use polder_bench::table;
use polder_bench::targets::{Bar, Peer, TARGETS, Target};
use polder_bench::workload::{Backend, Group, Metric, Report};

const RATE: Metric = Metric::higher("throughput", "Mops/s");
const TIME: Metric = Metric::lower("latency p99", "µs");
const P50: Metric = Metric::lower("latency p50", "µs");

fn machine() -> Machine {
    Machine {
        cpu: "A <fast> one & more".to_owned(),
        cores: 2,
        kernel: "linux".to_owned(),
        rustc: "rustc".to_owned(),
        optimised: true,
        load: Some(0.25),
        polder: "0.1.0".to_owned(),
    }
}

/// A backend with this rate, and a latency of 10 µs over it; the rates of rounds are a little apart.
fn backend(name: &'static str, rate: f64, checksum: u64) -> Backend {
    Backend::new(name, move |budget| {
        let mut report = Report::new(checksum);
        report.push(RATE, rate + budget.round as f64 / 100.0);
        report.push(P50, 5.0 / rate);
        report.push_maybe(TIME, (name != "std").then_some(10.0 / rate));
        Ok(report)
    })
}

fn group(threads: usize, backends: Vec<Backend>) -> Group {
    let about = "Something <done>.";
    Group { family: "locks", workload: "short", about, size: 8, key: "k".to_owned(), threads, weight: 1.0, backends }
}

const PLAN: Plan = Plan { seconds: 0.0, exactly: Some(15), wanted: 1, at_least: 1, at_most: 15 };

fn run(groups: &mut [Group]) -> Result<Vec<Measured>, String> {
    runner::run(groups, &PLAN)
}

fn measured() -> Vec<Measured> {
    let backends = || {
        let mut bare = backend("bare", 9.0, 7);
        bare.limit = true;
        vec![backend("std", 2.0, 7), backend("polder", 3.0, 7), backend("usync", 4.0, 7), bare]
    };
    run(&mut [group(1, backends()), group(4, backends())]).expect("the checksums agree")
}

fn rows() -> Vec<Row> {
    measured().into_iter().map(|one| one.row).collect()
}

#[test]
fn the_warm_up_is_dropped_and_backends_rotate() {
    use std::cell::RefCell;
    use std::rc::Rc;
    let order = Rc::new(RefCell::new(Vec::new()));
    let spy = |name: &'static str| {
        let order = Rc::clone(&order);
        Backend::new(name, move |budget| {
            order.borrow_mut().push((budget.round, name));
            let mut report = Report::new(1);
            report.push(RATE, if budget.round == 0 { 1e9 } else { 1.0 });
            Ok(report)
        })
    };
    let plan = Plan { exactly: Some(2), ..PLAN };
    let measured = runner::run(&mut [group(1, vec![spy("a"), spy("b")])], &plan).unwrap();
    assert_eq!(*order.borrow(), [(0, "a"), (0, "b"), (1, "b"), (1, "a"), (2, "a"), (2, "b")]);
    assert!(measured.iter().all(|one| one.row.median == Some(1.0) && one.row.rounds == 2));
}

#[test]
fn a_backend_that_computes_something_else_ends_the_run() {
    let wrong = run(&mut [group(1, vec![backend("std", 1.0, 7), backend("polder", 1.0, 8)])]).unwrap_err();
    assert!(wrong.contains("polder computed 0x8 where std computed 0x7"), "{wrong}");
    let broken = Backend::new("std", |_| Err("a coin is missing".to_owned()));
    assert!(run(&mut [group(1, vec![broken])]).unwrap_err().contains("a coin is missing"));
}

#[test]
fn a_figure_that_most_rounds_lack_is_no_result() {
    let seldom = Backend::new("std", |budget| {
        let mut report = Report::new(0);
        report.push_maybe(RATE, budget.round.is_multiple_of(3).then_some(1.0));
        report.push(TIME, f64::INFINITY);
        Ok(report)
    });
    let measured = run(&mut [group(1, vec![seldom])]).unwrap();
    assert_eq!((measured[0].row.median, measured[0].row.rounds), (None, 5));
    assert_eq!((measured[1].row.median, measured[1].row.rounds), (None, 0), "infinity is no figure");
}

#[test]
fn tables_put_polder_first_and_mark_limits() {
    let text = table::tables(&rows(), &|_| Some("Something done."));
    let line = |name: &str| text.lines().position(|line| line.trim_start().starts_with(name)).expect(name);
    assert!(line("polder") < line("std") && line("std") < line("usync"));
    assert!(text.contains("bare (limit)"));
    assert!(text.contains("no result"));
    let ours = text.lines().nth(line("polder")).unwrap();
    // 3.08 against usync's 4.08: limits are not ranked.
    assert!(ours.contains("3.08") && ours.contains("0.75"), "{ours}");
}

#[test]
fn advantages_follow_the_direction() {
    let rows = rows();
    let blocks = figures::blocks(&rows);
    assert_eq!(blocks.len(), 2);
    assert_eq!(blocks[0].title(), "locks / short, 8 elements, k, 1 thread");
    assert_eq!(blocks[0].best_rival("throughput").map(|row| row.backend.as_str()), Some("usync"));
    let best = blocks[0].best_rival("latency p50").expect("there are rivals");
    let ours = blocks[0].row("polder", "latency p50").expect("it was measured");
    assert_eq!(best.backend, "usync");
    assert!((ours.advantage(best).unwrap() - 0.75).abs() < 1e-9);
}

#[test]
fn the_json_has_exactly_these_fields() {
    let file = File { machine: machine(), rows: rows() };
    let value: serde_json::Value = serde_json::from_str(&file.text()).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&value), ["machine", "rows"]);
    let mut expected = vec![
        "family", "workload", "size", "key", "threads", "backend", "metric", "unit", "better", "median", "q1", "q3",
        "rounds", "limit",
    ];
    expected.sort_unstable();
    for row in value["rows"].as_array().unwrap() {
        let mut found = keys(row);
        found.sort_unstable();
        assert_eq!(found, expected);
        assert!(row["better"] == "higher" || row["better"] == "lower");
        assert!(row["limit"].is_boolean() && row["size"] == 8 && row["rounds"].is_u64());
        let none = row["backend"] == "std" && row["metric"] == "latency p99";
        assert!(if none { row["median"].is_null() } else { row["median"].is_number() });
    }
    assert_eq!(serde_json::from_str::<File>(&file.text()).unwrap(), file, "it can be read back");
}

#[test]
fn the_page_needs_nothing_else() {
    let rows = rows();
    let caveats = ["Rows & notes".to_owned()];
    let page = Page { machine: &machine(), caveats: &caveats, command: "contention --filter <x>", rows: &rows };
    let text = page.text(&|_| Some("Something <done>."));
    for outside in ["http", "src=", "href", "url(", "@import", "<script"] {
        assert!(!text.contains(outside), "the page has {outside}");
    }
    for part in ["A &lt;fast&gt; one &amp; more", "--filter &lt;x&gt;", "Rows &amp; notes", "Something &lt;done&gt;."] {
        assert!(text.contains(part), "the page lacks {part}");
    }
    assert!(text.contains("prefers-color-scheme: dark") && text.contains("currentColor"));
    assert!(!text.contains("#010203") && !text.contains("#040506"), "no place-holder colour is left");
    // Throughput over threads, and the percentiles at each number of threads.
    assert_eq!(text.matches("<svg").count(), 3);
    assert_eq!(text.matches("<tr class=\"ours\">").count(), 6);
    assert!(text.contains("no result"));
}

#[test]
fn one_number_of_threads_is_shown_as_bars() {
    let measured = run(&mut [group(1, vec![backend("std", 2.0, 7), backend("polder", 3.0, 7)])]).unwrap();
    let rows: Vec<Row> = measured.into_iter().map(|one| one.row).collect();
    let text = Page { machine: &machine(), caveats: &[], command: "contention", rows: &rows }.text(&|_| None);
    assert!(text.contains("3.08  (1.48×)"), "a bar has its figure and its ratio");
}

fn target(metric: &'static str, peer: Peer, bar: Bar) -> Target {
    let (family, workload, backend) = ("locks", "short", "polder");
    Target { family, workload, size: Some(8), key: None, threads: 1, metric, backend, peer, bar, control: false }
}

fn verdict(metric: &'static str, peer: Peer, bar: Bar) -> Verdict {
    judge::judge(&target(metric, peer, bar), &measured()).verdict
}

#[test]
fn verdicts_follow_the_bars() {
    use Verdict::{Met, Missed, NotMeasured};
    let rate = |peer, bar| verdict("throughput", peer, bar);
    let best = Peer::BestOf(&["std", "usync"]);
    // polder has 3.08 Mops/s, std 2.08, usync 4.08, the limit 9.08: 1.48 and 0.75 times.
    assert_eq!(rate(Peer::Named("std"), Bar::Times(1.45)), Met);
    assert_eq!(rate(Peer::Named("std"), Bar::Times(1.55)), Missed);
    assert_eq!(rate(best, Bar::Parity), Missed);
    assert_eq!(rate(best, Bar::Times(0.7)), Met);
    assert_eq!(rate(Peer::Named("bare"), Bar::Times(0.3)), Met);
    assert_eq!(rate(Peer::Named("nobody"), Bar::Times(0.3)), NotMeasured);
    assert_eq!(rate(Peer::Nobody, Bar::AtLeast(3.0)), Met);
    assert_eq!(rate(Peer::Nobody, Bar::AtLeast(3.2)), Missed);
    // Latencies: 5/3 µs against 5/4 µs is 1.33 times the cost.
    let time = |peer, bar| verdict("latency p50", peer, bar);
    assert_eq!(time(Peer::Named("usync"), Bar::CostAtMost(1.4)), Met);
    assert_eq!(time(Peer::Named("usync"), Bar::CostAtMost(1.3)), Missed);
    assert_eq!(time(Peer::Nobody, Bar::AtMost(1.7)), Met);
    assert_eq!(time(Peer::Nobody, Bar::AtMost(1.6)), Missed);
    assert_eq!(verdict("latency p99", Peer::Named("std"), Bar::Parity), NotMeasured, "std has no result");
}

#[test]
fn parity_is_095_and_the_best_peer_is_named() {
    let level = |rate: f64| {
        let mut groups =
            [group(1, vec![backend("std", 100.0, 7), backend("usync", 90.0, 7), backend("polder", rate, 7)])];
        let measured = run(&mut groups).unwrap();
        judge::judge(&target("throughput", Peer::BestOf(&["std", "usync"]), Bar::Parity), &measured)
    };
    assert_eq!(level(95.5).verdict, Verdict::Met);
    assert_eq!(level(94.5).verdict, Verdict::Missed);
    assert_eq!(level(95.5).peer, "std (best)");
}

#[test]
fn too_few_rounds_judge_nothing() {
    let mut measured = measured();
    for one in &mut measured {
        one.values.truncate(14);
    }
    let judgement = judge::judge(&target("throughput", Peer::Named("std"), Bar::Times(1.0)), &measured);
    assert_eq!((judgement.verdict, judgement.rounds), (Verdict::NotMeasured, 14));
}

#[test]
fn the_verdicts_are_printed() {
    let judgements: Vec<_> = TARGETS.iter().map(|target| judge::judge(target, &measured())).collect();
    let text = judge::table(&judgements);
    assert!(text.matches("not measured").count() > TARGETS.len(), "those judged elsewhere are listed too");
    // A bar between the median and the upper end is reached by the doubt alone.
    let doubtful = judge::judge(&target("throughput", Peer::Named("std"), Bar::Times(1.0)), &measured());
    let interval = doubtful.interval.expect("enough rounds");
    let doubtful = judge::judge(&target("throughput", Peer::Named("std"), Bar::Times(interval.high)), &measured());
    let text = judge::table(&[doubtful]);
    assert!(text.contains("met by the interval (median 1.4") && text.contains(" < 1.4"), "{text}");
    let control = Target { control: true, ..target("throughput", Peer::Named("std"), Bar::Times(1.0)) };
    assert!(judge::table(&[judge::judge(&control, &measured())]).contains("control: met"));
    let ours = Target { backend: "polder-mutex", ..target("throughput", Peer::Nobody, Bar::AtLeast(1.0)) };
    assert!(judge::table(&[judge::judge(&ours, &measured())]).contains("throughput of polder-mutex"));
}

#[test]
fn what_only_the_interval_reaches_is_said_in_the_terms_of_the_bar() {
    // Eight of fifteen rounds cost polder 1.1 µs, seven 0.9 µs; std costs 1 µs.
    let noisy = |name: &'static str| {
        Backend::new(name, move |budget| {
            let mut report = Report::new(7);
            let own = if budget.round.is_multiple_of(2) { 0.9 } else { 1.1 };
            report.push(P50, if name == "polder" { own } else { 1.0 });
            Ok(report)
        })
    };
    let measured = run(&mut [group(1, vec![noisy("std"), noisy("polder")])]).unwrap();
    let said = |peer, bar| judge::table(&[judge::judge(&target("latency p50", peer, bar), &measured)]);
    let std = Peer::Named("std");
    for text in [said(std, Bar::CostAtMost(1.0)), said(Peer::Nobody, Bar::AtMost(1.0))] {
        assert!(text.contains("met by the interval (median 1.10 > 1.00)"), "{text}");
    }
    let level = said(std, Bar::Parity);
    assert!(level.contains("met by the interval (median 0.91 < 0.95)"), "{level}");
    let certain = said(Peer::Nobody, Bar::AtMost(1.1));
    assert!(certain.contains("met") && !certain.contains("by the interval"), "{certain}");
    assert!(said(Peer::Nobody, Bar::AtMost(0.85)).contains("missed"));
}

#[test]
fn a_rival_without_a_figure_is_named_and_not_passed_over() {
    // Of the latencies p99 std has none.
    let judged = |peer| judge::judge(&target("latency p99", peer, Bar::Times(0.1)), &measured());
    let best = judged(Peer::BestOf(&["std", "usync", "absent"]));
    assert_eq!((best.verdict, best.peer.as_str()), (Verdict::Met, "usync (best); no figure: std, absent"));
    let named = judged(Peer::Named("std"));
    assert_eq!((named.verdict, named.peer.as_str()), (Verdict::NotMeasured, "no figure: std"));
    let elsewhere = Target { workload: "long", ..target("latency p99", Peer::Named("std"), Bar::Parity) };
    assert_eq!(judge::judge(&elsewhere, &measured()).peer, "", "what was not run misses nobody");
}
