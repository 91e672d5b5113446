#!/usr/bin/env bash
# Does a data race (thread) or a memory error or leak (address) happen at native speed, optimised?
#   ci/sanitize.sh                   both
#   ci/sanitize.sh thread|address    one of them
# About 4 minutes each on 2 cores (thread: rebuilds the standard library).
#
# A sanitizer sees only what happens in this run, and ThreadSanitizer does not model fences: both add scale to what Miri
# and loom check in depth, and replace neither.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
host=$(rustc -vV | sed -n 's/^host: //p')
[[ $host == *-linux-gnu ]] || skip "the sanitizers are set up for Linux with glibc, this is $host"
nightly rust-src || skip "needs: rustup toolchain install $NIGHTLY --component rust-src"

case ${1:-both} in
  thread) kinds=(thread) ;;
  address) kinds=(address) ;;
  both) kinds=(thread address) ;;
  *) echo "usage: ci/sanitize.sh [thread|address]" >&2 && exit 2 ;;
esac

# Shadow memory wants its addresses free: with much address randomisation a kernel may place a mapping there.
if setarch "$(uname -m)" -R true 2>/dev/null; then
  runner=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$host")_RUNNER
  export "$runner=setarch $(uname -m) -R"
fi

mapfile -t region_tests < <(runtime_tests tests)
mapfile -t sync_tests < <(runtime_tests sync/tests)
# tests_with PATTERN: those of polder-collections in whose file it occurs. Each is a program of its own, and long to build.
tests_with() {
  runtime_tests collections/tests | while read -r option; do
    ! grep -qE "$1" "collections/tests/${option#--test=}.rs" || echo "$option"
  done
}
for kind in "${kinds[@]}"; do
  use_target "sanitize-$kind"
  # Races want threads, and memory errors what lies behind pointers.
  case $kind in
    thread) mapfile -t collections_tests < <(tests_with 'thread::scope|thread::spawn') ;;
    *)
      mapfile -t collections_tests < <(tests_with '\bDict\b|\bpersistent::.*\bMap\b')
      if ! thorough; then
        # Panics, planted errors and many threads lead to memory errors, if anything does; the others make the same calls in order.
        mapfile -t collections_tests < <(printf '%s\n' "${collections_tests[@]}" | grep -E 'panics|regressions|raw|memory|stress')
        left_out "address sanitizer, polder-collections: all but ${collections_tests[*]#--test=}; ci/nightly.sh has the others"
        kept=()
        for option in "${sync_tests[@]}"; do is_of_safe_code "${option#--test=}" || kept+=("$option"); done
        sync_tests=("${kept[@]}")
        left_out "address sanitizer, polder-sync: the tests of modules in which nothing is unsafe; ci/nightly.sh has them"
      fi
      ;;
  esac
  # Frame pointers: without them a report ends at the allocator, and a suppression by test name finds nothing.
  export RUSTFLAGS="-Zsanitizer=$kind -Cforce-frame-pointers=yes"
  options=(--locked --release --target "$host")
  if [[ $kind == thread ]]; then
    # An uninstrumented standard library would hide the happens-before edges inside it.
    options+=(-Zbuild-std)
    export TSAN_OPTIONS="halt_on_error=1 history_size=5"
  else
    export ASAN_OPTIONS="detect_leaks=1 detect_stack_use_after_return=1"
    export LSAN_OPTIONS="suppressions=$ROOT/ci/lsan.supp print_suppressions=0"
  fi
  tests 900 "polder-sync under the $kind sanitizer" \
    cargo "+$NIGHTLY" test --no-fail-fast "${options[@]}" -p polder-sync --lib ${sync_tests[@]+"${sync_tests[@]}"}
  tests 900 "polder-collections under the $kind sanitizer" \
    cargo "+$NIGHTLY" test --no-fail-fast "${options[@]}" -p polder-collections --lib \
    ${collections_tests[@]+"${collections_tests[@]}"}
  tests 900 "polder under the $kind sanitizer" \
    cargo "+$NIGHTLY" test --no-fail-fast "${options[@]}" -p polder --lib ${region_tests[@]+"${region_tests[@]}"}
done
finish
