#!/usr/bin/env bash
# Does each memory ordering that carries a proof have a test that fails without it, or a reason why none can?
#   ci/mutate-orderings.sh              every row of ci/orderings.tsv and ci/orderings-collections.tsv
#   ci/mutate-orderings.sh fence_ …     the rows whose edge begins with one of the words
#   ci/mutate-orderings.sh --killed     the rows of edges that are killed; that their tests pass unweakened is left to ci/loom.sh
#   ci/mutate-orderings.sh --check      only that rows, source and docs/orderings.md of each crate agree; runs nothing
#   ci/mutate-orderings.sh --table      prints the tables of these pages
#   ci/mutate-orderings.sh --write      writes them into the pages
# With --killed, after ci/loom.sh, whose build it is, a minute or two on 2 cores; else some 6 more. The log of each run stays in
# target/ci/loom/logs.
#
# An ordering is named in the source by `edge!("name", …)` or `edge_fence!("name", …)` and has one row here. In a build with
# `--cfg polder_mutate` the environment variable POLDER_WEAKEN makes the edge of that name the weaker one. A row's verdict
# says what has to happen then:
#   killed     the test fails, which is the evidence that the ordering is needed
#   masked     something else in the checked build orders the same accesses; if a test is named, it passes
#   argument   no checker here can tell; if a test is named, it passes
# Each test named has to pass unweakened first. A test that does not end in time has not failed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export CARGO_TERM_COLOR=never
# The table has one order, whatever the language of the machine.
export LC_ALL=C

# The crates with named orderings: the folder, which is the package's name less `polder-`, and the rows.
CRATES=(sync:ci/orderings.tsv collections:ci/orderings-collections.tsv)
# Seconds for one run of one test.
LOOM_LIMIT=${POLDER_MUTATE_LOOM_SECONDS:-120}
MIRI_LIMIT=${POLDER_MUTATE_MIRI_SECONDS:-300}
# Schedules of a Miri test that names no number.
SEEDS=16

# Only edges that are killed, and nothing unweakened.
QUICK=

# choose CRATE: what follows is about this one of CRATES.
choose() {
  local folder=${1%%:*}
  ROWS=${1#*:} PAGE=$folder/docs/orderings.md SOURCE=$folder/src PACKAGE=polder-$folder
}

# rows: the rows without comments and empty lines.
rows() { grep -vE '^(#|[[:space:]]*$)' "$ROWS" || true; }

# edges: the names of the edges in the source, one a line. Comments are taken out, and a call may span lines.
edges() {
  find "$SOURCE" -name '*.rs' -exec cat {} + | sed -E 's#(^|[[:space:]])//.*##' | tr '\n' ' ' |
    grep -oE 'edge(_fence)?!\([[:space:]]*"[^"]+"' | sed -E 's/^[^"]*"(.*)"$/\1/' | sort -u
}

table() {
  echo '| edge | site | strong → weak | verdict | test | why |'
  echo '|---|---|---|---|---|---|'
  rows | sort -t "$(printf '\t')" -k1,1 | awk -F '\t' '{
    for (i = 1; i <= 6; i++) gsub(/\|/, "\\|", $i)
    test = $5 == "-" ? "–" : "`" $5 "`"
    print "| `" $1 "` | `" $2 "` | " $3 " | " $4 " | " test " | " $6 " |"
  }'
}

# agreement: rows, source and page against each other. Ends the script if the rows cannot be read.
agreement() {
  local before=${#FAILED[@]} line edge site change verdict test why malformed=
  while IFS= read -r line; do fail "$ROWS, not six fields separated by single tabs: $line"; done < <(
    rows | awk -F '\t' 'NF != 6 || /\t\t/ || /^\t/ || /\t$/'
  )
  [[ ${#FAILED[@]} -eq $before ]] || finish
  while IFS= read -r line; do fail "$ROWS: two rows for $line"; done < <(rows | cut -f 1 | sort | uniq -d)
  while IFS= read -r line; do fail "$ROWS has no row for the edge $line of $SOURCE"; done < <(
    comm -13 <(rows | cut -f 1 | sort -u) <(edges)
  )
  while IFS=$'\t' read -r edge site change verdict test why; do
    grep -qsF "\"$edge\"" "$SOURCE/$site" || fail "$ROWS: $SOURCE/$site has no edge $edge"
    [[ $change == *" → "* && -n $why ]] || fail "$ROWS: $edge: 'strong → weak' and a reason are needed"
    case $verdict:$test in
      killed:loom:?*:?* | masked:loom:?*:?* | argument:loom:?*:?*) ;;
      killed:miri:?*:?* | masked:miri:?*:?* | argument:miri:?*:?*) ;;
      masked:- | argument:-) ;;
      *) fail "$ROWS: $edge: verdict '$verdict' with test '$test'" && malformed=1 ;;
    esac
  done < <(rows)
  [[ -z $malformed ]] || finish
  diff <(table) <(grep '^|' "$PAGE" 2>/dev/null) || fail "$PAGE is not what $ROWS says: ci/mutate-orderings.sh --write"
  [[ ${#FAILED[@]} -gt $before ]] || echo "   ok: $(rows | wc -l) edges; $ROWS, $SOURCE and $PAGE agree"
}

write() {
  local kept
  kept=$(sed '/^|/,$d' "$PAGE")
  printf '%s\n\n' "$kept" >"$PAGE"
  table >>"$PAGE"
}

# split TEST: sets kind, file, name and seeds from `kind:file:name` or `kind:file:name:seeds`; a name may hold `::`.
split() {
  local rest=${1#*:}
  kind=${1%%:*} file=${rest%%:*} name=${rest#*:} seeds=$SEEDS
  if [[ $name =~ ^(.*[^:]):([0-9]+)$ ]]; then name=${BASH_REMATCH[1]} seeds=${BASH_REMATCH[2]}; fi
}

# run_test EDGE TEST LOG: runs the test with the edge weakened (`-`: none) and sets `found` to `passed`, `failed`,
# `too slow` or `not run`. No subshell: `limited` has to see the signal that ends this script.
run_test() {
  local edge=$1 log=$3 kind file name seeds code=0
  split "$2"
  if [[ $edge == - ]]; then unset POLDER_WEAKEN; else export POLDER_WEAKEN=$edge; fi
  if [[ $kind == loom ]]; then
    limited "$LOOM_LIMIT" "${BINARY[$file]}" --exact "$name" >"$log" 2>&1 || code=$?
  else
    MIRIFLAGS="$MIRI_FLAGS -Zmiri-many-seeds=0..$seeds" \
      limited "$MIRI_LIMIT" cargo "+$NIGHTLY" miri test --locked -p "$PACKAGE" "$(which_test "$file")" -- --exact "$name" \
      >"$log" 2>&1 || code=$?
  fi
  unset POLDER_WEAKEN
  # An exact name that matches nothing passes, and a build that fails is no failing test.
  if ! grep -q 'running 1 test' "$log"; then
    found="not run"
  else
    case $code in
      0) found=passed ;;
      124 | 137) found="too slow" ;;
      *) found=failed ;;
    esac
  fi
}

# which_test FILE: the option of cargo that selects a test file; `lib` for the unit tests.
which_test() { if [[ $1 == lib ]]; then echo --lib; else echo "--test=$1"; fi; }

# build TEST…: what the tests need, each test file once.
build() {
  local test kind file name seeds options=() line
  declare -gA BINARY=()
  local -A miri_files=()
  for test in "$@"; do
    split "$test"
    if [[ $kind == loom ]]; then BINARY[$file]=; else miri_files[$file]=; fi
  done
  if [[ ${#BINARY[@]} -gt 0 ]]; then
    for file in "${!BINARY[@]}"; do options+=("$(which_test "$file")"); done
    step 900 "loom models of $PACKAGE, weakenable" env RUSTFLAGS="--cfg polder_loom --cfg polder_mutate" \
      bash -o pipefail -c 'log=$1; shift; "$@" 2>&1 | tee "$log" | tail -n 3' build "$LOGS/build.txt" \
      cargo test --locked -p "$PACKAGE" --release --no-run "${options[@]}"
    while IFS= read -r line; do
      [[ $line =~ ^\ *Executable\ (unittests\ )?[a-z]+/([a-z0-9_]+)\.rs\ \((.*)\)$ ]] || continue
      BINARY[${BASH_REMATCH[2]}]=${BASH_REMATCH[3]}
    done <"$LOGS/build.txt"
  fi
  if [[ ${#miri_files[@]} -gt 0 ]]; then
    nightly miri rust-src || skip "needs: rustup toolchain install $NIGHTLY --component miri rust-src"
    export MIRI_FLAGS="-Zmiri-strict-provenance -Zmiri-env-forward=POLDER_WEAKEN"
    step 300 "Miri's own standard library" cargo "+$NIGHTLY" miri setup
    options=()
    for file in "${!miri_files[@]}"; do options+=("$(which_test "$file")"); done
    # Only here: a global RUSTFLAGS would rebuild what loom has built.
    export RUSTFLAGS="--cfg polder_mutate"
    MIRIFLAGS=$MIRI_FLAGS step 600 "tests of $PACKAGE for Miri, weakenable" \
      cargo "+$NIGHTLY" miri test --locked -p "$PACKAGE" --no-run "${options[@]}"
  fi
}

# matching WORD…: the rows whose edge begins with a word, or all.
matching() {
  rows | awk -F '\t' -v words="$*" '
    BEGIN { n = split(words, word, " ") }
    { hit = n == 0; for (i = 1; i <= n; i++) if (index($1, word[i]) == 1) hit = 1 }
    hit
  ' | if [[ -n $QUICK ]]; then awk -F '\t' '$4 == "killed"'; else cat; fi
}

# run_all: runs the tests of the lines `edge TAB test TAB log` on standard input, as many at a time as there are cores; of each, its outcome
# and the tenths of seconds it took go to the file `log.outcome`. One under Miri has the cores to itself.
run_all() {
  local edge test log jobs
  while IFS=$'\t' read -r edge test log; do
    jobs=$(nproc)
    [[ $test != miri:* ]] || jobs=1
    while [[ $(jobs -rp | wc -l) -ge $jobs ]]; do wait -n || true; done
    (
      # A background shell has no traps of its own.
      trap '[[ -z $CHILD ]] || kill -TERM "$CHILD" 2>/dev/null; exit 143' TERM
      begun=${EPOCHREALTIME/[.,]/}
      run_test "$edge" "$test" "$log"
      echo "$(((${EPOCHREALTIME/[.,]/} - begun) / 100000)) $found" >"$log.outcome"
    ) </dev/null &
  done
  wait
}

# outcome LOG: sets `seconds`, in tenths, and `found`.
outcome() {
  seconds=0 found="not run"
  [[ ! -e $1.outcome ]] || read -r seconds found <"$1.outcome"
}

# mutate WORD…: those rows, if there are any.
mutate() {
  local chosen edge site change verdict test why found wanted seconds mark lines=()
  declare -A whole=()
  chosen=$(matching "$@")
  [[ -n $chosen ]] || return 0
  MATCHED=1
  local tests=()
  mapfile -t tests < <(cut -f 5 <<<"$chosen" | grep -vx -e - | sort -u)
  local before=${#FAILED[@]}
  build ${tests[@]+"${tests[@]}"}
  [[ ${#FAILED[@]} -eq $before ]] || return 0

  rm -f "$LOGS"/*.outcome
  if [[ -z $QUICK ]]; then
    echo "── unweakened"
    for test in ${tests[@]+"${tests[@]}"}; do printf '%s\t%s\t%s\n' - "$test" "$LOGS/whole-${test//:/-}.txt"; done | run_all
    for test in ${tests[@]+"${tests[@]}"}; do
      outcome "$LOGS/whole-${test//:/-}.txt"
      whole[$test]=$found
      [[ $found == passed ]] || fail "$test, nothing weakened: $found"
    done
  fi

  echo "── one edge weakened at a time"
  awk -F '\t' -v logs="$LOGS" '$5 != "-" { print $1 "\t" $5 "\t" logs "/" $1 ".txt" }' <<<"$chosen" | run_all
  while IFS=$'\t' read -r edge site change verdict test why; do
    if [[ $test == - ]]; then
      lines+=("| \`$edge\` | $change | $verdict | – | – | – |")
      continue
    fi
    outcome "$LOGS/$edge.txt"
    wanted=passed
    [[ $verdict != killed ]] || wanted=failed
    mark=
    if [[ $found != "$wanted" || ${whole[$test]-passed} != passed ]]; then
      mark=" **wrong**"
      fail "$edge is '$verdict', but $test with it weakened: $found"
    else
      echo "   ok: $edge, $verdict: $test $found"
    fi
    lines+=("| \`$edge\` | $change | $verdict | \`$test\` | $found$mark | $((seconds / 10)).$((seconds % 10)) |")
  done <<<"$chosen"

  echo
  echo '| edge | strong → weak | verdict | test | weakened | seconds |'
  echo '|---|---|---|---|---|---|'
  printf '%s\n' "${lines[@]}"
}

case ${1:-} in
  --table | --write | --check)
    for crate in "${CRATES[@]}"; do
      choose "$crate"
      case $1 in
        --table) table ;;
        --write) write ;;
        --check) agreement ;;
      esac
    done
    [[ $1 == --check ]] || exit 0
    ;;
  --killed | [!-]* | "")
    if [[ ${1:-} == --killed ]]; then
      QUICK=1
      shift
      left_out "edges that are masked or argued: that their tests still pass, which ci/nightly.sh asks"
      left_out "tests with nothing weakened: ci/loom.sh has them, with fewer preemptions; ci/nightly.sh with as many"
    fi
    # The flags are the same, and so is what is built.
    use_target loom
    export LOOM_MAX_PREEMPTIONS=${LOOM_MAX_PREEMPTIONS:-3}
    MATCHED=
    for crate in "${CRATES[@]}"; do
      choose "$crate"
      agreement
      mutate "$@"
      unset RUSTFLAGS
    done
    [[ -n $MATCHED ]] || fail "no edge begins with: $*"
    ;;
  *) echo "usage: ci/mutate-orderings.sh [--check|--table|--write|--killed|EDGE…]" >&2 && exit 2 ;;
esac
finish
