#!/usr/bin/env bash
# Does the workspace hold on another machine: weakly ordered and 64 bits, 32 bits, other systems?
#   ci/cross.sh                                   all five
#   ci/cross.sh aarch64|i686|windows|macos|bare   one of them
# About a minute each on 2 cores.
#
# aarch64 runs the tests under qemu's user mode (which executes on the host's memory model: it finds wrong system calls
# and layouts, not weak orderings), i686 runs them on this processor, windows and macos are type-checked only. bare is
# two machines without an operating system and without std: a program for them is built, which runs as a test in ci/test.sh.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mapfile -t region_tests < <(runtime_tests tests)
mapfile -t sync_tests < <(runtime_tests sync/tests)

# run_tests TRIPLE SKIP…: the tests of the substrate and of the regions, for a target whose linker is set; without the
# tests named after the target.
run_tests() {
  local triple=$1 name options=()
  shift
  for name in "$@"; do
    left_out "$name on $triple: it starts itself again, and the kernel does not run foreign programs"
    options+=(--skip "$name")
  done
  for name in ${SLOW[@]+"${SLOW[@]}"}; do
    left_out "$name on $triple: an emulator is too slow for it, or orders memory by itself"
    options+=(--skip "$name")
  done
  tests 900 "polder-sync on $triple" cargo test --locked --no-fail-fast --target "$triple" \
    -p polder-sync --lib ${sync_tests[@]+"${sync_tests[@]}"} -- ${options[@]+"${options[@]}"}
  tests 900 "polder on $triple" cargo test --locked --no-fail-fast --target "$triple" \
    -p polder --lib ${region_tests[@]+"${region_tests[@]}"} -- ${options[@]+"${options[@]}"}
}

check_libraries() {
  step 600 "the libraries and their tests on $1" \
    cargo check --locked --target "$1" "${LIBRARIES[@]/#/--package=}" --lib --tests
}

aarch64() {
  local triple=aarch64-unknown-linux-gnu
  rust_target $triple || skip "needs: rustup target add $triple"
  debian aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross ||
    skip "needs: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
  debian qemu-aarch64 qemu-user || skip "needs: apt-get install qemu-user"
  use_target cross
  export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
  export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
  check_libraries $triple
  local alone
  mapfile -t alone < <(process_tests sync/tests tests)
  SLOW=(many_short_threads_leave_nothing a_full_fence_on_one_side_is_not_enough)
  if ! thorough; then
    # Emulation is slow, and what it can find is in what speaks to the system; 32 bits find the layouts.
    sync_tests=(--test=parker --test=fences --test=registry --test=timed --test=blocking_hooks)
    left_out "polder-sync on $triple: all but the unit tests and ${sync_tests[*]#--test=}; ci/nightly.sh has the others"
  fi
  run_tests $triple ${alone[@]+"${alone[@]}"}
}

i686() {
  local triple=i686-unknown-linux-gnu lib=/usr/i686-linux-gnu/lib
  [[ $(uname -m) == x86_64 ]] || skip "32-bit x86 programs do not run on $(uname -m)"
  rust_target $triple || skip "needs: rustup target add $triple"
  # Debian's gcc-multilib conflicts with its cross compilers for other processors; this cross compiler does not.
  debian i686-linux-gnu-gcc gcc-i686-linux-gnu libc6-dev-i386-cross ||
    skip "needs: apt-get install gcc-i686-linux-gnu libc6-dev-i386-cross"
  use_target cross
  export CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_LINKER=i686-linux-gnu-gcc
  # The programs name the loader and libraries of the cross compiler, so that they run (and start themselves) as they are.
  export CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-Wl,--dynamic-linker=$lib/ld-linux.so.2 -Clink-arg=-Wl,-rpath,$lib"
  check_libraries $triple
  run_tests $triple
}

windows() {
  local triple=x86_64-pc-windows-gnu
  rust_target $triple || skip "needs: rustup target add $triple"
  use_target cross
  check_libraries $triple
}

macos() {
  local triple=x86_64-apple-darwin
  rust_target $triple || skip "needs: rustup target add $triple"
  use_target cross
  check_libraries $triple
  # The README promises that the report runs there.
  step 600 "the report on $triple" cargo check --locked --target $triple -p polder-bench
}

bare() {
  use_target cross
  local triple
  # One of 32 bits whose atomics have no more, and one whose registers for vectors are not to be used.
  for triple in thumbv7em-none-eabi x86_64-unknown-none; do
    if rust_target $triple; then
      step 300 "a program for $triple" cargo build --locked --target $triple -p polder-no-std
    else
      left_out "$triple: needs rustup target add $triple"
    fi
  done
  [[ ${#LEFT_OUT[@]} -lt 2 ]] || skip "needs: rustup target add thumbv7em-none-eabi x86_64-unknown-none"
}

case ${1:-all} in
  aarch64 | i686 | windows | macos | bare) "$1" ;;
  all)
    # Each in a process of its own: one that has to be skipped does not end the others.
    for name in aarch64 i686 windows macos bare; do
      code=0
      bash "$ROOT/ci/cross.sh" "$name" || code=$?
      case $code in
        0) ;;
        77) left_out "$name: see above" ;;
        *) fail "$name" ;;
      esac
    done
    [[ ${#LEFT_OUT[@]} -lt 5 ]] || skip "none of the targets can be built here"
    ;;
  *) echo "usage: ci/cross.sh [aarch64|i686|windows|macos|bare]" >&2 && exit 2 ;;
esac
finish
