#!/usr/bin/env bash
# Do the protocols of polder-sync and polder-collections hold in every interleaving and under the weak memory model, within a bound?
# About 5 minutes on 2 cores, two of them the builds. LOOM_MAX_PREEMPTIONS sets the bound (default 2, of polder-collections 3, where it costs seconds;
# empty: none).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_target loom

# A bare `loom` cfg would leak into dependencies that react to it, hence the private one. The other makes it the build of
# ci/mutate-orderings.sh, which so finds it done; here no edge is weakened.
export RUSTFLAGS="--cfg polder_loom --cfg polder_mutate"
unset POLDER_WEAKEN
# Loom reads the variable itself; set but empty would be a parse error, so no bound means no variable.
choose_bound() {
  bound=$1
  if [[ -n $bound ]]; then export LOOM_MAX_PREEMPTIONS=$bound; else unset LOOM_MAX_PREEMPTIONS; fi
}
given=${LOOM_MAX_PREEMPTIONS-default}
choose_bound "${given/default/2}"
[[ -z $bound || $bound -gt 2 ]] || left_out "polder-sync, schedules of more than $bound preemptions: ci/nightly.sh has them"
mapfile -t models < <(loom_tests sync/tests)
tests "${POLDER_LOOM_SECONDS:-1200}" "loom models of polder-sync, preemptions: ${bound:-unbounded}" \
  cargo test --locked --no-fail-fast -p polder-sync --release "${models[@]}"
# The engine of the dicts is modelled from within.
choose_bound "${given/default/3}"
mapfile -t models < <(loom_tests collections/tests)
tests "${POLDER_LOOM_SECONDS:-1200}" "loom models of polder-collections, preemptions: ${bound:-unbounded}" \
  cargo test --locked --no-fail-fast -p polder-collections --release --lib ${models[@]+"${models[@]}"}
finish
