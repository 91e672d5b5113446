//! `coherence`: how many cache lines an operation moves between cores, and whether that is more than allowed.

use std::process::ExitCode;

use polder_bench::coherence;

fn main() -> ExitCode {
    coherence::main()
}
