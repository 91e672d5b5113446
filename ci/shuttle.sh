#!/usr/bin/env bash
# Do the protocols of polder-sync hold with four to six threads, in a random sample of schedules?
# About 3 minutes on 2 cores, most of them the build. POLDER_SHUTTLE_ITERATIONS sets how many schedules of each kind a test runs.
#
# Sequentially consistent schedules only; weaker orderings are loom's part (ci/loom.sh) and Miri's. A failure prints its
# schedule; see sync/tests/shuttle.rs for how to run it again.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_target shuttle

# "Modelled", as for loom, and by which checker.
export RUSTFLAGS="--cfg polder_loom --cfg polder_shuttle"
# Optimised, as schedules are many; with the crate's own assertions, as they are what a model may break.
tests "${POLDER_SHUTTLE_SECONDS:-800}" "shuttle models, schedules: ${POLDER_SHUTTLE_ITERATIONS:-the default}" \
  cargo test --locked --no-fail-fast -p polder-sync --release --test shuttle --test shuttle_when \
  --config 'profile.release.package.polder-sync.debug-assertions=true'
finish
