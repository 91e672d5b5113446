//! The program: record, replay, show, judge.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use std::{env, fs, thread};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use super::budget::{self, BUDGET, Fault};
use super::figures::{self, Row};
use super::mark::MOST_CORES;
use super::options::Options;
use super::replay::Model;
use super::workload::{Workload, workloads};
use super::{show, turns, valgrind};

/// Does what this process was started for: to be recorded, or what the options say. The code is 0 when everything is
/// within the budget, 1 when it is not or could not be found out, 2 when the options make no sense.
pub fn main() -> ExitCode {
    // Before the options are parsed: every instruction of a recorded process is written down.
    if env::args_os().nth(1).is_some_and(|word| word == valgrind::CAPTURE) {
        return done(capture());
    }
    let options = Options::parse();
    let chosen = match options.workloads() {
        Ok(chosen) => chosen,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    if options.list {
        print!("{}", show::list(&chosen));
        return ExitCode::SUCCESS;
    }
    done(examine(&options, &chosen))
}

fn done(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn capture() -> Result<(), String> {
    let words: Vec<String> = env::args().skip(2).collect();
    let [name, cores, operations] = words.as_slice() else { return Err("a workload, cores and operations".to_owned()) };
    let (cores, operations) = match (cores.parse(), operations.parse()) {
        (Ok(cores @ 1..=MOST_CORES), Ok(operations)) => (cores, operations),
        _ => return Err(format!("1 to {MOST_CORES} cores, and a number of operations")),
    };
    let all = workloads();
    let workload = all.iter().find(|workload| workload.name == *name).ok_or_else(|| format!("no workload `{name}`"))?;
    turns::perform(workload, cores, operations).map_err(|error| error.to_string())
}

fn examine(options: &Options, chosen: &[Workload]) -> Result<(), String> {
    let (cores, lines) = (options.cores(), options.lines());
    let program = env::current_exe().map_err(|error| format!("this program is not found: {error}"))?;
    let rows = record_all(&program, chosen, &cores, &lines, &options.seed)?;
    print!("{}", show::tables(chosen, &rows, &cores, &lines));
    if let Some(path) = &options.json {
        let mut text = serde_json::to_string_pretty(&rows).expect("strings and numbers only");
        text.push('\n');
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let known: Vec<&str> = workloads().iter().map(|workload| workload.name).collect();
    let asked: Vec<&str> = chosen.iter().map(|workload| workload.name).collect();
    let mut faults = budget::unbudgeted(BUDGET, &known);
    faults.extend(budget::judge(BUDGET, &asked, &cores, &lines, &rows));
    if faults.is_empty() {
        println!("{} figures, all within the budget", rows.len());
        return Ok(());
    }
    let list: Vec<String> = faults.iter().map(Fault::to_string).collect();
    Err(format!("not within the budget:\n{}", list.join("\n")))
}

/// Records each workload on each number of cores, several at a time: nothing in a trace depends on time.
fn record_all(
    program: &Path,
    chosen: &[Workload],
    cores: &[usize],
    lines: &[u64],
    seeds: &[u64],
) -> Result<Vec<Row>, String> {
    // The long ones first, so that none of them is left alone at the end.
    let mut jobs: Vec<(usize, &Workload)> =
        cores.iter().flat_map(|&cores| chosen.iter().map(move |workload| (cores, workload))).collect();
    jobs.sort_by_key(|(cores, workload)| std::cmp::Reverse(*cores as u64 * workload.operations));
    let progress = progress(jobs.len() as u64);
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<Result<Vec<Row>, String>>> = Mutex::new(Vec::new());
    let work = || {
        // Relaxed, here and below: a number to draw and a wish to stop; the results are behind the lock.
        while !stopped.load(Ordering::Relaxed)
            && let Some((cores, workload)) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let trace = valgrind::record(program, workload, *cores);
            let rows = trace.map(|trace| {
                let row = |&line| figures::row(workload.name, &trace, line, &Model::USUAL, seeds);
                lines.iter().map(row).collect()
            });
            stopped.fetch_or(rows.is_err(), Ordering::Relaxed);
            results.lock().expect("nobody panics with it").push(rows);
            progress.inc(1);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    progress.finish_and_clear();
    let results = results.into_inner().expect("nobody panicked with it");
    Ok(results.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

/// A bar over the recordings; hidden by itself where standard error is no terminal.
fn progress(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let style = ProgressStyle::with_template("{elapsed_precise} {bar:24} {pos}/{len}");
    bar.set_style(style.expect("the template is a constant"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
