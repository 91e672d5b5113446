#!/usr/bin/env bash
# Is there undefined behaviour, a data race, a deadlock or a leak that Miri sees, under several schedules?
#   ci/miri.sh                 both aliasing models
#   ci/miri.sh stacked|tree    one of them
# About 7 minutes with stacked borrows and 4 with tree borrows on 2 cores: Miri uses one core, so that many test files run at
# a time as there are cores. POLDER_MIRI_SEEDS sets the schedules per test file (default 1; with tree borrows half as many, which
# is about aliasing and not about schedules).
#
# The second pass has the test files of what makes references from pointers that others have too, about which the two models differ: with
# POLDER_ALL=1 those of all modules in which something is unsafe. An aliasing model has nothing to say about the rest.
#
# The preemption rate is Miri's own: raising it makes a wide window harder to hit, not easier.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# run_file MODEL PACKAGE OPTION: one test file, or `--lib`, in a log of its own; says what came of it, and leaves the code.
run_file() {
  local model=$1 package=$2 option=$3 code=0 begun=$SECONDS result log
  log=$LOGS/$model-$package-${option##*[-=]}.txt
  cargo "+$NIGHTLY" miri test --locked --no-fail-fast -p "$package" "$option" >"$log" 2>&1 || code=$?
  result=$(grep -o '[0-9]* passed; [0-9]* failed; [0-9]* ignored' "$log" | paste -sd ',') || true
  # One write, as others write too.
  printf '   %s\n' "$package ${option#--}: ${result:-no result}, ended with $code ($((SECONDS - begun)) s)"
  echo "$code" >"$log.code"
}

if [[ ${1:-} == --file ]]; then
  run_file "$2" "$3" "$4"
  exit
fi

nightly miri rust-src || skip "needs: rustup toolchain install $NIGHTLY --component miri rust-src"
use_target miri
export LOGS

all_seeds=${POLDER_MIRI_SEEDS:-1}
limit=${POLDER_MIRI_SECONDS:-1200}
case ${1:-both} in
  stacked) models=(stacked) ;;
  tree) models=(tree) ;;
  both) models=(stacked tree) ;;
  *) echo "usage: ci/miri.sh [stacked|tree]" >&2 && exit 2 ;;
esac

# Long runs of what loom, shuttle and the thread sanitizer have as well.
SLOW=(when channel lock_many)
# Of polder-sync, what frees memory or hands it over while others may have pointers to it.
POINTERS=(atomic_ref atomic_ref_destructors atomic_ref_regressions reclaim reclaim_regressions registry seq_cell stress_quarantine)
# Of polder-collections, what is about entries behind pointers.
ENTRIES=(dict_once dict_panics dict_raw dict_transact)

# is_chosen MODEL TEST: whether a test file of polder-sync has its turn.
is_chosen() {
  if thorough; then
    [[ $1 == stacked ]] || ! is_of_safe_code "$2"
  elif [[ $1 == stacked ]]; then
    ! among "$2" "${SLOW[@]}"
  else
    among "$2" "${POINTERS[@]}"
  fi
}

# sync_files MODEL: the options that choose the test files of polder-sync, those with most in them first: the last ones to be
# started should be short.
sync_files() {
  local option
  echo --lib
  runtime_tests sync/tests | while read -r option; do
    is_chosen "$1" "${option#--test=}" || continue
    echo "$(wc -c <"sync/tests/${option#--test=}.rs") $option"
  done | sort -rn | cut -d ' ' -f 2
}

region_files() {
  echo --lib
  runtime_tests tests
}

# Long runs, for which a run of all has no time: the same code is under loom, under the sanitizers with these tests, and under Miri with
# the others. `cargo miri test -p polder-collections --test NAME` has hours.
LONG=(
  dict dict_regressions differential frozen_join frozen_map frozen_panics linearizable memory_returns panics persistent_map
  persistent_map_memory persistent_map_panics persistent_ord persistent_ord_pairs persistent_ord_panics reentrance regressions
  snapshot_meets_merges stress transact vector vector_panics word_dict word_dict_features word_dict_foreign
)

# collections_files MODEL: likewise for polder-collections. Under tree borrows only what has entries behind pointers.
collections_files() {
  echo --lib
  if [[ $1 == tree ]]; then
    printf -- '--test=%s\n' "${ENTRIES[@]}"
  else
    local option
    runtime_tests collections/tests | while read -r option; do
      among "${option#--test=}" "${LONG[@]}" || echo "$option"
    done
  fi
}

for name in "${LONG[@]}"; do left_out "$name of polder-collections: Miri takes too long for it"; done
thorough || {
  among tree "${models[@]}" && left_out "tree borrows: all but units, regions, ${POINTERS[*]}, ${ENTRIES[*]}; ci/nightly.sh has more"
  among stacked "${models[@]}" && left_out "stacked borrows: ${SLOW[*]} of polder-sync; ci/nightly.sh has them"
  true
}
step 300 "Miri's own standard library" cargo "+$NIGHTLY" miri setup

for model in "${models[@]}"; do
  seeds=$all_seeds
  [[ $model == stacked ]] || seeds=$(((all_seeds + 1) / 2))
  flags="-Zmiri-strict-provenance -Zmiri-many-seeds=0..$seeds"
  [[ $model == stacked ]] || flags+=" -Zmiri-tree-borrows"
  export MIRIFLAGS=$flags
  # Many schedules of one file run beside each other by themselves.
  jobs=$(nproc)
  [[ $seeds -eq 1 ]] || jobs=1

  mapfile -t sync_options < <(sync_files "$model")
  mapfile -t region_options < <(region_files)
  mapfile -t collections_options < <(collections_files "$model")
  # Once, before several look whether there is anything to build.
  step 600 "polder-sync builds" cargo "+$NIGHTLY" miri test --locked --no-run -p polder-sync "${sync_options[@]}"
  step 600 "polder-collections builds" \
    cargo "+$NIGHTLY" miri test --locked --no-run -p polder-collections "${collections_options[@]}"
  step 600 "polder builds" cargo "+$NIGHTLY" miri test --locked --no-run -p polder "${region_options[@]}"
  [[ ${#FAILED[@]} -eq 0 ]] || finish

  files=$((${#sync_options[@]} + ${#collections_options[@]} + ${#region_options[@]}))
  rm -f "$LOGS/$model-"*
  {
    for option in "${sync_options[@]}"; do printf '%s\0' "$model" polder-sync "$option"; done
    for option in "${collections_options[@]}"; do printf '%s\0' "$model" polder-collections "$option"; done
    for option in "${region_options[@]}"; do printf '%s\0' "$model" polder "$option"; done
  } >"$LOGS/queue"
  step "$limit" "$model borrows, $seeds seeds, $files test files, $jobs at a time" \
    xargs -0 -n 3 -P "$jobs" -a "$LOGS/queue" bash ci/miri.sh --file

  while read -r -d '' _ && read -r -d '' package && read -r -d '' option; do
    log=$LOGS/$model-$package-${option##*[-=]}.txt code='nothing, in time'
    [[ ! -e $log.code ]] || read -r code <"$log.code"
    [[ $code != 0 ]] || continue
    [[ ! -e $log ]] || cat "$log"
    fail "$package ${option#--}, $model borrows: ended with $code"
  done <"$LOGS/queue"
  executed "$model borrows" "$LOGS/$model-"*.txt
done
finish
