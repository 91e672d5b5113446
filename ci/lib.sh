# shellcheck shell=bash
# Shared by every script in this folder; sourced, never run.
#
# A checker is a script that answers one question. It ends with 0 (yes), 1 (no), or 77 (it could not be asked here: a
# tool is missing). It never ends with 0 without having asked.
#
#   POLDER_TARGET   where builds go; a folder per checker inside it      (default: target/ci)
#   POLDER_INSTALL  1: install missing tools (rustup, apt); else say what is missing   (default: 0)
#   POLDER_NIGHTLY  the nightly toolchain for Miri and the sanitizers    (default: nightly)
#   POLDER_ALL      1: also what takes long and finds little, which is ci/nightly.sh's part and else shown as skipped   (default: 0)

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

NIGHTLY=${POLDER_NIGHTLY:-nightly}
TARGET_BASE=${POLDER_TARGET:-$ROOT/target/ci}
# Relative folders are meant from the root of the repository.
[[ $TARGET_BASE == /* ]] || TARGET_BASE=$ROOT/$TARGET_BASE
FAILED=()
LEFT_OUT=()
CHILD=

# The packages that a user can depend on.
# shellcheck disable=SC2034 # read by the scripts that source this file
LIBRARIES=(polder-sync polder-collections polder)

# use_target NAME: builds of this checker go to their own folder. Two sets of compiler flags in one folder would
# rebuild everything at each switch.
use_target() {
  export CARGO_TARGET_DIR=$TARGET_BASE/$1
  mkdir -p "$CARGO_TARGET_DIR"
  LOGS=$CARGO_TARGET_DIR/logs
  mkdir -p "$LOGS"
}

# limited SECONDS COMMAND…: runs the command under a time limit that reaches its children too. From a terminal Ctrl-C
# has to reach it; without one, ending this script has to end it (`timeout` starts a process group of its own).
limited() {
  if [[ -t 0 ]]; then
    timeout --foreground --kill-after=10 "$@" </dev/null
  else
    timeout --kill-after=10 "$@" </dev/null &
    CHILD=$!
    local code=0
    wait "$CHILD" || code=$?
    CHILD=
    return "$code"
  fi
}
trap '[[ -z $CHILD ]] || kill -TERM "$CHILD" 2>/dev/null; exit 143' TERM

# step SECONDS TITLE COMMAND…: runs the command under a time limit; a failure is remembered and the script goes on.
step() {
  local limit=$1 title=$2 begun=$SECONDS code=0
  shift 2
  echo "── $title"
  limited "$limit" "$@" || code=$?
  case $code in
    0) echo "   ok: $title ($((SECONDS - begun)) s)" ;;
    124 | 137) fail "$title: stopped after $((SECONDS - begun)) s (the limit is $limit s)" ;;
    *) fail "$title: ended with $code after $((SECONDS - begun)) s" ;;
  esac
  return 0
}

# tests SECONDS TITLE COMMAND…: a step that must also have executed at least one test. A filter that matches nothing,
# or a file that configures itself away, is a failure and not a pass.
tests() {
  local limit=$1 title=$2 log=$LOGS/tests.log before=${#FAILED[@]}
  shift 2
  step "$limit" "$title" bash -o pipefail -c 'log=$1; shift; "$@" 2>&1 | tee "$log"' tests "$log" "$@"
  [[ ${#FAILED[@]} -eq $before ]] || return 0
  executed "$title" "$log"
}

# executed TITLE LOG…: at least one test was, as the logs say.
executed() {
  local title=$1 ran
  shift
  # Not anchored: many-seed Miri prints from several threads and its lines run into each other.
  ran=$(cat "$@" | grep -oE '[0-9]+ passed;' | awk '{ n += $1 } END { print n + 0 }') || ran=0
  if [[ $ran -gt 0 ]]; then echo "   tests executed: $ran"; else fail "$title: no test was executed"; fi
}

# fail TEXT: remembers a failure.
fail() {
  echo "   FAILED: $1"
  FAILED+=("$1")
}

# left_out TEXT: an optional part that cannot run here; shown again at the end, so that it is never a silent pass.
left_out() {
  echo "   SKIPPED PART: $1"
  LEFT_OUT+=("$1")
}

# skip TEXT: the question cannot be asked on this machine.
skip() {
  echo "SKIPPED: $1"
  exit 77
}

# thorough: whether this run has time for everything.
thorough() { [[ ${POLDER_ALL:-0} == 1 ]]; }

# among WORD WORD…: whether the first word is one of the others.
among() {
  local wanted=$1 word
  shift
  for word in "$@"; do [[ $word != "$wanted" ]] || return 0; done
  return 1
}

# finish: the last line of a checker.
finish() {
  local line
  for line in ${LEFT_OUT[@]+"${LEFT_OUT[@]}"}; do echo "SKIPPED PART: $line"; done
  if [[ ${#FAILED[@]} -eq 0 ]]; then
    echo "ok: $(basename "$0" .sh)"
    exit 0
  fi
  for line in "${FAILED[@]}"; do echo "FAILED: $line"; done
  exit 1
}

# installing: whether this run may install what is missing.
installing() { [[ ${POLDER_INSTALL:-0} == 1 ]]; }

# debian COMMAND PACKAGE…: true when the command (a name or a path) is there, after installing the packages if allowed.
debian() {
  local command=$1
  shift
  have "$command" && return 0
  installing && command -v apt-get >/dev/null || return 1
  local sudo=()
  if [[ $(id -u) -ne 0 ]]; then
    sudo -n true 2>/dev/null || return 1
    sudo=(sudo -n)
  fi
  # The package lists of a new machine are empty or old: refresh them once per run.
  local mark=$TARGET_BASE/apt-updated
  if [[ -z $(find "$mark" -mmin -120 2>/dev/null) ]]; then
    timeout 180 "${sudo[@]}" apt-get update -qq </dev/null >&2 || return 1
    mkdir -p "$TARGET_BASE" && touch "$mark"
  fi
  echo "   installing: $*" >&2
  timeout 420 "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" </dev/null >"$TARGET_BASE/apt.log" 2>&1 || {
    tail -n 5 "$TARGET_BASE/apt.log" >&2
    return 1
  }
  have "$command"
}

# have COMMAND: a command by name, or a file by path.
have() {
  if [[ $1 == /* ]]; then [[ -e $1 ]]; else command -v "$1" >/dev/null; fi
}

# component TOOLCHAIN NAME…: rustup components, added if allowed. An empty toolchain is the default one.
component() {
  local toolchain=${1:+--toolchain=$1} name missing=() installed
  shift
  installed=$(rustup component list --installed ${toolchain:+"$toolchain"} 2>/dev/null) || return 1
  # `rust-src` is listed bare, the others with the host's name behind.
  for name in "$@"; do grep -qE "^$name(-x86_64|-aarch64|-preview|$)" <<<"$installed" || missing+=("$name"); done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  installing || return 1
  timeout 300 rustup component add ${toolchain:+"$toolchain"} "${missing[@]}" </dev/null >&2
}

# nightly COMPONENT…: the nightly toolchain with these components.
nightly() {
  if ! rustup run "$NIGHTLY" rustc --version >/dev/null 2>&1; then
    installing || return 1
    timeout 400 rustup toolchain install "$NIGHTLY" --profile minimal --no-self-update </dev/null >&2 || return 1
  fi
  component "$NIGHTLY" "$@"
}

# rust_target TRIPLE: the standard library for a target, of the default toolchain.
rust_target() {
  rustup target list --installed | grep -qx "$1" && return 0
  installing || return 1
  timeout 300 rustup target add "$1" </dev/null >&2
}

# runtime_tests FOLDER: `--test=NAME` for each integration test in the folder that exercises the library in its own
# process. A file that opens with `#![cfg(not(miri))]` drives compilers or reads the source tree instead: a sanitizer or
# an emulator learns nothing from it. One that opens with `polder_loom` or `polder_shuttle` is empty outside the models.
runtime_tests() {
  local file
  for file in "$1"/*.rs; do
    [[ -e $file ]] || continue
    grep -qE '^#!\[cfg\((.*not\(.*miri|(all\()?polder_(loom|shuttle))' "$file" || echo "--test=$(basename "$file" .rs)"
  done
}

# is_of_safe_code TEST: whether there is a module of polder-sync by this name, without the word `unsafe`.
is_of_safe_code() {
  local module=sync/src/$1
  [[ -d $module ]] || module+=.rs
  [[ -e $module ]] && ! grep -rqw unsafe "$module"
}

# tests_without_std FOLDER: `--test=NAME` for each integration test in the folder that has something to say of a library without std.
tests_without_std() {
  local file
  for file in "$1"/*.rs; do
    grep -qxF '#![cfg(feature = "std")]' "$file" || echo "--test=$(basename "$file" .rs)"
  done
}

# loom_tests FOLDER: `--test=NAME` for each file of loom models in the folder.
loom_tests() {
  local file
  for file in "$1"/loom*.rs; do echo "--test=$(basename "$file" .rs)"; done
}

# process_tests FOLDER…: the tests that start processes, which they declare by `#[cfg_attr(miri, ignore = "starts a
# process")]` above the function.
process_tests() {
  local folder
  for folder in "$@"; do
    cat "$folder"/*.rs 2>/dev/null | awk '
      /ignore = "starts a process"/ { found = 1 }
      found && match($0, /fn [a-z0-9_]+/) { print substr($0, RSTART + 3, RLENGTH - 3); found = 0 }
    '
  done
}

# readme_command NAME: the command in the first fenced block after the line `<!-- ci: NAME -->` of README.md. Exactly
# one marker, and a block that is not empty, or nothing is printed and the result is 1.
readme_command() {
  awk -v marker="<!-- ci: $1 -->" '
    { sub(/\r$/, "") }
    index($0, marker) { markers++; seen = 1; next }
    seen && !inside && /^[ \t]*```/ { inside = 1; next }
    inside && /^[ \t]*```/ { inside = 0; seen = 0; next }
    inside && /[^ \t]/ && !/^[ \t]*#/ { sub(/^[ \t]*\$ /, ""); print; lines++ }
    END { exit !(markers == 1 && lines > 0 && !inside) }
  ' README.md
}
