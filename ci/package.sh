#!/usr/bin/env bash
# Can every publishable crate be packaged, and does each package build on its own, away from the workspace?
#   ci/package.sh                  refuses a work tree with uncommitted changes, as publishing does
#   ci/package.sh --allow-dirty    by hand, before a commit
# About half a minute on 2 cores.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
use_target package

case ${1:-} in
  "" | --allow-dirty) ;;
  *) echo "usage: ci/package.sh [--allow-dirty]" >&2 && exit 2 ;;
esac
if [[ ${CI:-} == true && -n ${1:-} ]]; then
  echo "a CI run packages what is committed, nothing else" >&2
  exit 2
fi

# Cargo unpacks each member once per folder and version, and would go on building against an older member of the same
# version: hence a new folder per run, and the unpacked members are removed again.
base=$CARGO_TARGET_DIR
CARGO_TARGET_DIR=$(mktemp -d "$base/run.XXXXXX")
touch "$base/begun"
tidy() {
  rm -rf "$CARGO_TARGET_DIR"
  # Registries without a host in their name are local, like the one that `cargo package` sets up.
  find "${CARGO_HOME:-$HOME/.cargo}/registry/src" -mindepth 1 -maxdepth 1 -name '-*' -newer "$base/begun" \
    -exec rm -rf -- {} + 2>/dev/null || true
}
trap tidy EXIT

# One command for all: cargo then builds the members against each other's new packages, published or not.
step 900 "packages build" cargo package --locked --workspace --exclude polder-bench --exclude polder-no-std ${1:+"$1"}

# A package that silently lost its sources would still have built as an empty library.
for package in polder-derive "${LIBRARIES[@]}"; do
  list=$(cargo package --locked --list --allow-dirty --package "$package" 2>/dev/null) || list=
  for file in Cargo.toml src/lib.rs; do
    grep -qx "$file" <<<"$list" || fail "$package: the package has no $file"
  done
  if grep -E '^(\.ci|\.github|ci|target)/' <<<"$list"; then fail "$package: the package holds files that serve the repository only"; fi
done
finish
