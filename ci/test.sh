#!/usr/bin/env bash
# Do the tests, the documentation's examples and the example programs pass, as the README tells a reader to run them?
# About 5 minutes from nothing on 2 cores.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_target test

# Word for word what the README says, so that what it promises is what is checked.
if command=$(readme_command test); then
  tests 1500 "README: $command" bash -c "$command"
else
  fail "README.md has no single command block after '<!-- ci: test -->'"
fi

step 600 "the examples build" cargo build --locked --examples
# Each one runs to its end: an example that panics, hangs or prints nothing is no example.
run_example() {
  local out=$LOGS/example-$1.txt
  if ! cargo run --quiet --locked --example "$1" >"$out" 2>&1; then
    cat "$out"
    return 1
  fi
  [[ -s $out ]] || { echo "printed nothing" && return 1; }
}
export -f run_example
export LOGS
count=0
for path in examples/*.rs examples/*/main.rs; do
  [[ -e $path ]] || continue
  name=${path#examples/}
  name=${name%/main.rs}
  name=${name%.rs}
  step 150 "example $name" bash -c 'run_example "$1"' example "$name"
  count=$((count + 1))
done
[[ $count -gt 0 ]] || fail "there are no examples to run"

# What is there by features alone, of which the default has none. Files that are about it name a feature.
mapfile -t options < <(grep -lE 'feature = "(serde|rayon|proptest|arbitrary)"' collections/tests/*.rs | sed 's|.*/\(.*\)\.rs|--test=\1|')
tests 900 "polder-collections with all features" \
  cargo test --locked --no-fail-fast -p polder-collections --all-features --lib "${options[@]}"
tests 600 "examples of polder-collections with all features" \
  cargo test --locked -p polder-collections --all-features --doc -- persistent frozen

# Where the system offers a barrier for whole processes the tests above have used it; here they do without.
tests 600 "polder-sync with symmetric fences" \
  env RUSTFLAGS="--cfg polder_symmetric" CARGO_TARGET_DIR="$CARGO_TARGET_DIR/symmetric" \
  cargo test --locked --no-fail-fast -p polder-sync --lib --tests

# Without std there is less, and the keys of hashes come from elsewhere. Files of which std is the subject say so in front.
mapfile -t options < <(tests_without_std collections/tests)
tests 600 "polder-collections without std" \
  cargo test --locked --no-fail-fast -p polder-collections --no-default-features --features serde --lib "${options[@]}"
mapfile -t options < <(tests_without_std tests)
tests 600 "polder without std" \
  cargo test --locked --no-fail-fast -p polder --no-default-features --features derive --lib "${options[@]}"
# The unit tests do without derives.
tests 600 "polder without features" cargo test --locked -p polder --no-default-features --lib
tests 600 "a program without std" cargo test --locked -p polder-no-std
finish
