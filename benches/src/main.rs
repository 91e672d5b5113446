//! `contention`: polder side by side with its rivals.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use polder_bench::cli::{self, Options};
use polder_bench::figures::Row;
use polder_bench::machine::Machine;
use polder_bench::workload::Group;
use polder_bench::{dicts, html, json, judge, persistent, references, regions, runner, table, targets};

fn main() -> ExitCode {
    if regions::served_as_child()
        || references::served_as_child()
        || dicts::served_as_child()
        || persistent::served_as_child()
    {
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    let machine = Machine::look();
    let groups = match options.groups(&options.scale(&machine)) {
        Ok(groups) => groups,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    if options.list {
        print!("{}", cli::list(&groups));
        return ExitCode::SUCCESS;
    }
    match measure(&options, machine, groups) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options, machine: Machine, mut groups: Vec<Group>) -> Result<(), String> {
    println!("{}", machine.line());
    let most_threads = groups.iter().map(|group| group.threads).max().unwrap_or(1);
    let caveats = machine.caveats(most_threads);
    for note in &caveats {
        println!("{note}");
    }
    println!();
    let measured = runner::run(&mut groups, &options.plan())?;
    let rows: Vec<Row> = measured.iter().map(|one| one.row.clone()).collect();
    let abouts = |row: &Row| {
        let ours = |group: &&Group| group.family == row.family && group.workload == row.workload;
        groups.iter().find(ours).map(|group| group.about)
    };
    print!("{}", table::tables(&rows, &abouts));
    if options.targets {
        let judgements: Vec<_> = targets::TARGETS.iter().map(|target| judge::judge(target, &measured)).collect();
        print!("{}", judge::table(&judgements));
    }
    if let Some(path) = &options.html {
        let page = html::Page { machine: &machine, caveats: &caveats, command: &command(), rows: &rows };
        write(path, &page.text(&abouts))?;
    }
    if let Some(path) = &options.json {
        write(path, &json::File { machine, rows }.text())?;
    }
    Ok(())
}

/// How this program was called, for the page.
fn command() -> String {
    let words: Vec<String> = std::env::args().skip(1).collect();
    format!("cargo run --release -p polder-bench -- {}", words.join(" ")).trim_end_matches([' ', '-']).to_owned()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
