//! Records a workload: this program once more, under valgrind.

use std::io::{self, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::lackey;
use super::mark::MOST_CORES;
use super::trace::Trace;
use super::workload::{Heap, Workload};

/// The word that makes this program the one that is recorded.
pub const CAPTURE: &str = "capture";

/// A stream that is left alone for a moment before each look. valgrind writes line by line, and who waits for the next
/// line is woken for each of them.
struct Patient<R>(R);

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(1));
        self.0.read(buffer)
    }
}

/// Records a workload on so many threads of `program`, which is this one.
///
/// # Errors
///
/// When valgrind is missing or stops, or the trace is none: the message says which.
pub fn record(program: &Path, workload: &Workload, cores: usize) -> Result<Trace, String> {
    let context = |what: String| format!("{} on {cores} cores: {what}", workload.name);
    let heaps = match workload.heap {
        Heap::One => 1,
        Heap::PerThread => MOST_CORES + 1,
    };
    let mut child = Command::new("valgrind")
        .args(["--tool=lackey", "--trace-mem=yes", "--log-fd=2", "--fair-sched=try"])
        // What the debugging information would be read for, nobody asks.
        .args(["--read-inline-info=no", "--read-var-info=no", "--max-threads=600"])
        .arg(program)
        .args([CAPTURE, workload.name, &cores.to_string(), &workload.operations.to_string()])
        // Left to itself glibc would count the cores of this machine.
        .env("GLIBC_TUNABLES", format!("glibc.malloc.arena_max={heaps}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| context(format!("valgrind does not start: {error}")))?;
    let stream = child.stderr.take().expect("it is piped");
    let trace = lackey::read(BufReader::with_capacity(1 << 18, Patient(stream)), cores);
    // Reading may have ended early, and then nobody reads what valgrind goes on to write.
    let _ = trace.is_err().then(|| child.kill());
    let status = child.wait().map_err(|error| context(error.to_string()))?;
    let trace = trace.map_err(|error| context(error.to_string()))?;
    if status.success() { Ok(trace) } else { Err(context(format!("valgrind ended with {status}"))) }
}
