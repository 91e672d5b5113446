#!/usr/bin/env bash
# Is the source in order: format, lints, documentation, the lock file, the words of the safety comments?
# About 2 minutes from nothing on 2 cores. cargo-deny and shellcheck run only where they are installed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_target check
component "" rustfmt clippy || fail "needs: rustup component add rustfmt clippy"

step 120 "the lock file is up to date" bash -c 'cargo metadata --locked --format-version 1 >/dev/null'
step 60 "format" cargo fmt --all --check
step 900 "lints" cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
# Another code again, and one that has to do with fewer names in scope.
step 300 "lints without std" cargo clippy --locked -p polder -p polder-collections --no-default-features --lib -- -D warnings
# These cfgs select other code, which needs linting of its own.
step 400 "lints under polder_loom" env RUSTFLAGS="--cfg polder_loom --cfg polder_mutate" \
  CARGO_TARGET_DIR="$CARGO_TARGET_DIR/loom" cargo clippy --locked -p polder-sync -p polder-collections --all-targets -- -D warnings
step 400 "lints under polder_shuttle" env RUSTFLAGS="--cfg polder_loom --cfg polder_shuttle" \
  CARGO_TARGET_DIR="$CARGO_TARGET_DIR/shuttle" cargo clippy --locked -p polder-sync --all-targets -- -D warnings
step 400 "lints under polder_symmetric" env RUSTFLAGS="--cfg polder_symmetric" \
  CARGO_TARGET_DIR="$CARGO_TARGET_DIR/symmetric" cargo clippy --locked -p polder-sync --all-targets -- -D warnings

# Comments that name a private function are checked too: that is how a comment is kept from outliving the code.
export RUSTDOCFLAGS="-D warnings -D rustdoc::broken_intra_doc_links"
step 600 "public documentation" cargo doc --locked --workspace --no-deps
step 600 "private documentation" cargo doc --locked --workspace --no-deps --document-private-items
unset RUSTDOCFLAGS

if have python3; then
  step 60 "safety comments" python3 ci/safety_comments.py
else
  left_out "safety comments: python3 is not installed"
fi
step 60 "every named ordering is in the table" bash ci/mutate-orderings.sh --check
if debian shellcheck shellcheck; then
  step 60 "shell scripts" shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR ci/*.sh .ci/run
else
  left_out "shell scripts: shellcheck is not installed"
fi
if cargo deny --version >/dev/null 2>&1; then
  # Advisories need a database from the network; the other three answer from the lock file.
  step 120 "licences, sources and duplicates" cargo deny --locked check --config ci/deny.toml bans licenses sources
else
  left_out "licences, sources and duplicates: cargo-deny is not installed"
fi
finish
