//! Programs that must not compile, with the error that each must give: one file a crime, in `tests/compile_fail/`.
//!
//! Each file holds its twin, the smallest change that makes the program right: the feature `crime` of a package that this
//! test generates switches between the two. The twins must all compile; then each crime must fail, with errors of the
//! kind that the file's second line names and no others.
#![cfg(not(miri))]
#![cfg(feature = "std")]

mod scratch;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use scratch::Scratch;
use serde_json::Value;

/// The line that names the error, by its code or by a part of its text.
const HEADER: &str = "//@ error: ";

fn files() -> BTreeMap<String, PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

fn headers(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter_map(|line| line.strip_prefix(HEADER)).map(str::to_owned).collect()
}

/// What the compiler said of one target.
#[derive(Default)]
struct Verdict {
    compiled: bool,
    errors: Vec<Value>,
}

/// Checks all targets, and tells what became of each, and what cargo itself said.
fn check(scratch: &Scratch, features: &[&str]) -> (BTreeMap<String, Verdict>, String) {
    let args = ["check", "--quiet", "--keep-going", "--examples", "--message-format=json"];
    let output = scratch.cargo(&[&args, features].concat());
    let mut verdicts = BTreeMap::<String, Verdict>::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(report) = serde_json::from_str::<Value>(line) else { continue };
        let verdict = verdicts.entry(text(&report["target"]["name"]).to_owned()).or_default();
        let message = &report["message"];
        verdict.compiled |= report["reason"] == "compiler-artifact";
        if message["level"] == "error" && !text(&message["message"]).starts_with("aborting due to") {
            verdict.errors.push(message.clone());
        }
    }
    (verdicts, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether an error is the one that a header names.
fn is_expected(error: &Value, expected: &str) -> bool {
    match error["code"]["code"].as_str() {
        Some(code) => code == expected,
        None => text(&error["message"]).contains(expected),
    }
}

fn rendered(errors: &[Value]) -> String {
    errors.iter().map(|error| text(&error["rendered"])).collect()
}

#[test]
fn each_crime_is_refused_and_its_twin_compiles() {
    let files = files();
    let targets: String =
        files.iter().map(|(name, path)| format!("[[example]]\nname = \"{name}\"\npath = {path:?}\n\n")).collect();
    let rest = format!("[features]\ncrime = []\n\n[lib]\npath = \"lib.rs\"\n\n{targets}");
    let scratch = Scratch::new("compile-fail", "", &rest);
    fs::write(scratch.dir.join("lib.rs"), "").unwrap();

    let (mut twins, stderr) = check(&scratch, &[]);
    let mut complaints = Vec::new();
    for name in files.keys() {
        let twin = twins.remove(name).unwrap_or_default();
        if !twin.compiled {
            complaints.push(format!("{name}: the twin does not compile\n{}", rendered(&twin.errors)));
        }
    }
    assert!(complaints.is_empty(), "{}\ncargo says:\n{stderr}", complaints.join("\n"));

    let (mut crimes, _) = check(&scratch, &["--features=crime"]);
    for (name, path) in &files {
        let expected = headers(path).concat();
        let came = crimes.remove(name).unwrap_or_default();
        if came.compiled {
            complaints.push(format!("{name}: THE CRIME COMPILES; {expected} expected"));
        } else if came.errors.is_empty() || !came.errors.iter().all(|error| is_expected(error, &expected)) {
            complaints.push(format!("{name}: {expected} expected, and instead:\n{}", rendered(&came.errors)));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn each_file_names_one_error_and_holds_its_twin() {
    let files = files();
    assert!(files.len() >= 40, "the list of crimes has 40, but there are {} files", files.len());
    for (name, path) in &files {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("//! "), "{name} does not say what the crime is");
        assert!(text.lines().nth(1).is_some_and(|line| line.starts_with(HEADER)), "{name} does not name its error");
        assert!(text.contains("feature = \"crime\""), "{name} does not tell the crime from its twin");
    }
    let named: usize = files.values().map(|path| headers(path).len()).sum();
    assert_eq!(named, files.len(), "a file names exactly one error");
}
