#!/usr/bin/env bash
# Do the dicts answer as the standard map does, to the calls that a fuzzer makes up?
#   ci/fuzz.sh
# POLDER_FUZZ_SECONDS sets how long it looks (default 120); building it takes about 4 minutes on 2 cores. What it finds is in
# collections/fuzz/artifacts, and its corpus, which makes the next run better, in collections/fuzz/corpus.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
have cargo-fuzz || skip "needs: cargo install cargo-fuzz"
nightly || skip "needs: rustup toolchain install $NIGHTLY"
use_target fuzz

seconds=${POLDER_FUZZ_SECONDS:-120}
step 900 "the targets build" cargo "+$NIGHTLY" fuzz build --fuzz-dir collections/fuzz
step "$((seconds + 60))" "calls to a dict and to the standard map, for $seconds s" \
  cargo "+$NIGHTLY" fuzz run --fuzz-dir collections/fuzz standard -- "-max_total_time=$seconds" -max_len=1025
finish
