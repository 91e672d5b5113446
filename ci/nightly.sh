#!/usr/bin/env bash
# The same questions with more patience: many schedules, no preemption bound, stress until something gives?
# Three to five hours on 2 cores. Meant for a weekly job or a change to a protocol; no other script calls it. It has all that the other
# scripts leave out for want of time.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_target nightly

# call TITLE SECONDS SCRIPT…: another checker; its 77 means that the question could not be asked.
call() {
  local title=$1 limit=$2 code=0
  shift 2
  echo "── $title"
  limited "$limit" bash "$@" || code=$?
  case $code in
    0) ;;
    77) left_out "$title" ;;
    *) fail "$title: ended with $code" ;;
  esac
}

export POLDER_ALL=1 POLDER_FUZZ_SECONDS=600 POLDER_MIRI_SEEDS=64 POLDER_MIRI_SECONDS=5400 POLDER_LOOM_SECONDS=7200
LOOM_MAX_PREEMPTIONS=3 call "loom, three preemptions" 7300 ci/loom.sh
call "every ordering, and the tests of all unweakened" 3600 ci/mutate-orderings.sh
call "litmus models on every machine" 1800 ci/litmus.sh
call "the address sanitizer, all tests" 2400 ci/sanitize.sh address
call "aarch64, all tests" 2400 ci/cross.sh aarch64
call "fuzzing, ten minutes a target" 5400 ci/fuzz.sh
call "Miri, 64 schedules" 22000 ci/miri.sh
LOOM_MAX_PREEMPTIONS='' call "loom without a bound" 7300 ci/loom.sh
POLDER_SHUTTLE_ITERATIONS=200000 POLDER_SHUTTLE_SECONDS=5400 call "shuttle, 200000 schedules of each kind" 5500 ci/shuttle.sh

# One pass of a test hits a narrow window rarely; the schedule differs from pass to pass.
stress() {
  local rounds=${POLDER_STRESS_ROUNDS:-50} round
  cargo test --locked --release -p polder-sync -p polder --lib --tests --no-run
  for ((round = 1; round <= rounds; round++)); do
    cargo test --quiet --locked --release -p polder-sync -p polder --lib --tests >"$LOGS/stress.txt" 2>&1 || {
      echo "round $round of $rounds"
      cat "$LOGS/stress.txt"
      return 1
    }
  done
  echo "$rounds rounds"
}
export -f stress
export LOGS
step 5400 "stress, optimised, round after round" bash -e -c stress
finish
