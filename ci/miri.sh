#!/usr/bin/env bash
# Is there undefined behaviour, a data race, a deadlock or a leak that Miri sees, under several schedules?
#   ci/miri.sh                 both aliasing models
#   ci/miri.sh stacked|tree    one of them
# About 6 minutes with stacked borrows and 4 with tree borrows on 2 cores. POLDER_MIRI_SEEDS sets the schedules per test file
# (default 1; with tree borrows half as many, which is about aliasing and not about schedules).
#
# The preemption rate is Miri's own: raising it makes a wide window harder to hit, not easier.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
nightly miri rust-src || skip "needs: rustup toolchain install $NIGHTLY --component miri rust-src"
use_target miri

all_seeds=${POLDER_MIRI_SEEDS:-1}
limit=${POLDER_MIRI_SECONDS:-1200}
case ${1:-both} in
  stacked) models=(stacked) ;;
  tree) models=(tree) ;;
  both) models=(stacked tree) ;;
  *) echo "usage: ci/miri.sh [stacked|tree]" >&2 && exit 2 ;;
esac

step 300 "Miri's own standard library" cargo "+$NIGHTLY" miri setup

mapfile -t region_tests < <(runtime_tests tests)
for model in "${models[@]}"; do
  seeds=$all_seeds
  [[ $model == stacked ]] || seeds=$(((all_seeds + 1) / 2))
  flags="-Zmiri-strict-provenance -Zmiri-many-seeds=0..$seeds"
  [[ $model == stacked ]] || flags+=" -Zmiri-tree-borrows"
  export MIRIFLAGS=$flags
  mapfile -t sync_tests < <(runtime_tests sync/tests)
  tests "$limit" "polder-sync, $model borrows, $seeds seeds" \
    cargo "+$NIGHTLY" miri test --locked --no-fail-fast -p polder-sync --lib ${sync_tests[@]+"${sync_tests[@]}"}
  tests "$limit" "polder, $model borrows, $seeds seeds" \
    cargo "+$NIGHTLY" miri test --locked --no-fail-fast -p polder --lib ${region_tests[@]+"${region_tests[@]}"}
done
finish
