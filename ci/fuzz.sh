#!/usr/bin/env bash
# Do dicts, persistent and frozen collections answer as those of std do, to the calls that a fuzzer makes up?
#   ci/fuzz.sh             every target of collections/fuzz
#   ci/fuzz.sh TARGET…     some
# POLDER_FUZZ_SECONDS sets how long it looks with each (default 120); building takes about 4 minutes on 2 cores. What it finds is in
# collections/fuzz/artifacts, and its corpus, which makes the next run better, in collections/fuzz/corpus.
#
# Built by cargo alone, with the flags that cargo-fuzz would give.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
host=$(rustc -vV | sed -n 's/^host: //p')
[[ $host == *-linux-gnu ]] || skip "the flags are those for Linux with glibc, this is $host"
nightly || skip "needs: rustup toolchain install $NIGHTLY"
have c++ || skip "needs a C++ compiler, for libFuzzer"
use_target fuzz

folder=collections/fuzz
mapfile -t targets < <(if [[ $# -gt 0 ]]; then printf '%s\n' "$@"; else basename -s .rs "$folder"/fuzz_targets/*.rs; fi)
seconds=${POLDER_FUZZ_SECONDS:-120}
flags="--cfg fuzzing -Zsanitizer=address -Cdebug-assertions -Ccodegen-units=1 -Cpasses=sancov-module"
for flag in level=4 inline-8bit-counters pc-table trace-compares; do flags+=" -Cllvm-args=-sanitizer-coverage-$flag"; done
step 1200 "the targets build" env RUSTFLAGS="$flags" \
  cargo "+$NIGHTLY" build --manifest-path "$folder/Cargo.toml" --release --target "$host" "${targets[@]/#/--bin=}"
[[ ${#FAILED[@]} -eq 0 ]] || finish

# Shadow memory wants its addresses free: with much address randomisation a kernel may place a mapping there.
runner=()
if setarch "$(uname -m)" -R true 2>/dev/null; then runner=(setarch "$(uname -m)" -R); fi
for target in "${targets[@]}"; do
  mkdir -p "$folder/corpus/$target" "$folder/artifacts/$target"
  step "$((seconds + 60))" "$target, for $seconds s" ${runner[@]+"${runner[@]}"} "$CARGO_TARGET_DIR/$host/release/$target" \
    "-max_total_time=$seconds" -max_len=1025 -print_final_stats=1 "-artifact_prefix=$folder/artifacts/$target/" "$folder/corpus/$target"
done
finish
