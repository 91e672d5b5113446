#!/usr/bin/env bash
# Does an operation move more cache lines between cores than the budget allows, at 2, 8 and 32 simulated cores?
# About 2 minutes on 2 cores, without the release build, which it shares with bench-smoke.sh. A model counts; no clock is
# read, so that a busy machine gives the same figures.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[[ $(uname -sm) == "Linux x86_64" ]] || skip "the budget is for Linux on x86-64, this is $(uname -sm)"
debian valgrind valgrind || skip "needs: apt-get install valgrind"
use_target bench-smoke

step 600 "the program" cargo build --locked --release -p polder-bench --bin coherence
if [[ ${#FAILED[@]} -eq 0 ]]; then
  step 400 "lines of 64 and of 128 bytes" "$CARGO_TARGET_DIR/release/coherence" --line 64,128
fi
finish
