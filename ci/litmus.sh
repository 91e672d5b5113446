#!/usr/bin/env bash
# Do the protocols with asymmetric fences hold on x86-TSO and on a machine weaker than Arm? loom and Miri know no
# membarrier; here Spin visits every state of the models in `ci/litmus/`. Three minutes on 2 cores.
#   ci/litmus.sh               every row of the table below
#   ci/litmus.sh WORD…         the rows that contain every word
#
# Each weakening has to be found: a model that cannot fail proves nothing. The files say what is modelled and what is not.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# model | machines | expected | what is changed | how
TABLE='
fence       | tso weak | holds | store buffering                               | SHAPE=1
fence       | tso weak | holds | message passing                               | SHAPE=2
fence       | tso weak | holds | message passing, light() on the writing side  | SHAPE=3
fence       | tso weak | holds | two writes                                    | SHAPE=4
fence       | tso weak | holds | the mode is set meanwhile                     | SHAPE=5
fence       | tso weak | holds | full fences on both sides                     | SHAPE=1 LIGHT=FENCE HEAVY=FENCE
fence       | tso weak | holds | full fence against membarrier                 | SHAPE=1 LIGHT=FENCE
fence       | tso weak | found | SB: no light()                                | SHAPE=1 REORDERED
fence       | tso weak | found | MP: no light()                                | SHAPE=2 REORDERED
fence       | tso weak | found | MP on the writing side: no light()            | SHAPE=3 REORDERED
fence       | tso weak | found | two writes: no light()                        | SHAPE=4 REORDERED
fence       | tso weak | found | SB: no heavy()                                | SHAPE=1 HEAVY=NOTHING
fence       | weak     | found | MP: no heavy()                                | SHAPE=2 HEAVY=NOTHING
fence       | weak     | found | MP on the writing side: no heavy()            | SHAPE=3 HEAVY=NOTHING
fence       | tso weak | found | two writes: no heavy()                        | SHAPE=4 HEAVY=NOTHING
fence       | tso weak | found | SB: heavy() is only a full fence              | SHAPE=1 HEAVY=FENCE
fence       | weak     | found | MP: heavy() is only a full fence              | SHAPE=2 HEAVY=FENCE
fence       | weak     | found | MP on the writing side: only a full fence     | SHAPE=3 HEAVY=FENCE
fence       | weak     | found | two writes: heavy() is only a full fence      | SHAPE=4 HEAVY=FENCE
fence       | tso weak | found | SB: membarrier without a fence of the caller  | SHAPE=1 HEAVY=OTHERS
fence       | tso weak | found | heavy() fences only while the mode is symmetric | SHAPE=5 TRUSTING
atomic_ref  | tso weak | holds | 3 loads, 2 stores, an address is used again   |
atomic_ref  | tso weak | holds | 2 loads with a second try, 2 stores             | RETRY ROUNDS=2
atomic_ref  | tso weak | holds | full fences on both sides                     | LIGHT=FENCE HEAVY=FENCE
atomic_ref  | tso weak | holds | two readers                                   | READERS=2 ROUNDS=1 STORES=1
atomic_ref  | tso weak | found | no light()                                    | REORDERED
atomic_ref  | tso weak | found | no heavy()                                    | HEAVY=NOTHING
atomic_ref  | tso weak | found | heavy() is only a full fence                  | HEAVY=FENCE
atomic_ref  | weak     | found | membarrier without a fence of the caller      | HEAVY=OTHERS
atomic_ref  | tso weak | found | publishes after the validation                | LATE
atomic_ref  | tso weak | found | no validation                                 | TRUSTING
atomic_ref  | tso weak | found | the scan reads the slot before heavy()        | HASTY
atomic_ref  | weak     | found | relaxed: the publication in the slot          | PUBLISH=RELAXED
atomic_ref  | weak     | found | relaxed: the validating load                  | VALIDATE=RELAXED
atomic_ref  | weak     | found | relaxed: clearing the slot                    | CLEAR=RELAXED
atomic_ref  | weak     | found | relaxed: the exchange of the pointer          | EXCHANGE=RELAXED
alone       | tso weak | holds | comes twice, 2 stores, an address is used again |
alone       | tso weak | holds | 3 loads in one stay                           | STAYS=1 ROUNDS=3
alone       | tso weak | holds | comes twice, 3 stores                         | STORES=3
alone       | tso weak | holds | two readers                                   | READERS=2 STAYS=1 STORES=1
alone       | tso weak | holds | full fences on both sides                     | LIGHT=FENCE HEAVY=FENCE
alone       | tso weak | holds | the slot is cleared after the owner has left  | UNCLEARED
alone       | tso weak | holds | the node goes to the next owner, still counted | HANDED READERS=2 STORES=1
alone       | tso      | holds | no fence in the registration                  | ENTER=NOTHING
alone       | weak     | holds | full fences, none in the registration         | LIGHT=FENCE HEAVY=FENCE ENTER=NOTHING
alone       | weak     | found | no fence in the registration                  | ENTER=NOTHING
alone       | weak     | found | no fence after the exchange                   | AFTER=NOTHING
alone       | weak     | found | no fence after an exchange that acquires      | AFTER=NOTHING TAKE=ACQUIRE
alone       | tso weak | found | no heavy() for those who are not alone        | HEAVY=NOTHING
alone       | tso weak | found | reads the number of owners before the exchange | HASTY
alone       | tso weak | found | registers after its first load                | LATE
alone       | tso weak | found | leaves while a guard is in use                | LINGERING
alone       | tso weak | found | the next owner does not wait for the guard    | HANDED READERS=2 STORES=1 TRUSTING
alone       | weak     | found | relaxed: clearing the slot of the handed node | HANDED READERS=2 STORES=1 CLEAR=RELAXED
alone       | weak     | found | relaxed: the end of the registration          | LEAVE=RELAXED
reservation | tso weak | holds | 3 loads, 1 store                              |
reservation | tso weak | holds | full fences on both sides                     | LIGHT=FENCE HEAVY=FENCE
reservation | tso weak | found | no light()                                    | REORDERED
reservation | tso weak | found | no heavy()                                    | HEAVY=NOTHING
reservation | tso weak | found | heavy() is only a full fence                  | HEAVY=FENCE
reservation | weak     | found | membarrier without a fence of the caller      | HEAVY=OTHERS
reservation | tso weak | found | reserves after the load                       | LATE
reservation | tso weak | found | the scan reads the number before heavy()      | HASTY
reservation | tso weak | found | "changed" since a number read before heavy()  | BASELINE
reservation | tso weak | found | any number will do                            | ANY
reservation | weak     | found | relaxed: the start of the reservation         | RESERVE=RELAXED
reservation | weak     | found | relaxed: the load of the pointer              | LOAD=RELAXED
reservation | weak     | found | relaxed: the end of the reservation           | END=RELAXED
reservation | weak     | found | relaxed: the exchange of the pointer          | EXCHANGE=RELAXED
pin         | tso weak | holds | 3 pins, 2 stores, an address is used again    |
pin         | tso weak | holds | repin                                         | REPIN
pin         | tso weak | holds | full fences on both sides                     | LIGHT=FENCE HEAVY=FENCE
pin         | tso weak | found | no light()                                    | REORDERED
pin         | tso weak | found | no heavy()                                    | HEAVY=NOTHING
pin         | tso weak | found | heavy() is only a full fence                  | HEAVY=FENCE
pin         | weak     | found | membarrier without a fence of the caller      | HEAVY=OTHERS
pin         | tso weak | found | pins after the load                           | LATE
pin         | tso weak | found | the scan reads the number before heavy()      | HASTY
pin         | tso weak | found | "changed" since a number read before heavy()  | BASELINE
pin         | tso weak | found | any number will do                            | ANY
pin         | tso weak | found | repin: uses what was loaded before            | REPIN KEPT
pin         | weak     | found | relaxed: the start of the pin                 | BEGIN=RELAXED
pin         | weak     | found | relaxed: the load of the pointer              | LOAD=RELAXED
pin         | weak     | found | relaxed: the end of the pin                   | END=RELAXED
pin         | weak     | found | relaxed: repin                                | REPIN BEGIN=RELAXED
pin         | weak     | found | relaxed: the exchange of the pointer          | EXCHANGE=RELAXED
lock        | tso weak | holds | a holder, two sleepers                        |
lock        | tso weak | holds | a holder, a sleeper, one who barges           | THIRD=BARGER
lock        | tso      | holds | one may give up; they starve; fair releases   | THIRD=TIMED STARVE FAIR
lock        | tso      | holds | the same, awake for nothing                   | THIRD=TIMED STARVE FAIR SPURIOUS AWAKE
lock        | tso weak | holds | two come again and again, one may give up     | THREADS=2 SECOND=TIMED STARVE FAIR AGAIN=1 ROUNDS=2
lock        | tso weak | holds | full fences on both sides                     | THREADS=2 AGAIN=1 LIGHT=FENCE HEAVY=FENCE
lock        | tso weak | holds | an entry, a holder that comes again           | THREADS=2 SECOND=ENTRY AGAIN=1
lock        | tso weak | holds | the same, the lock is crowded                 | THREADS=2 SECOND=ENTRY AGAIN=1 CROWD=CROWDED
lock        | tso      | holds | two entries                                   | SECOND=ENTRY THIRD=ENTRY
lock        | tso      | holds | an entry, and one who may starve or give up   | SECOND=TIMED STARVE FAIR THIRD=ENTRY
lock        | tso weak | holds | one who is called, a holder that comes again   | THREADS=2 SECOND=CALLER AGAIN=1
lock        | tso      | holds | one who is called by a third thread     | SECOND=NOTIFIER THIRD=WAITER
lock        | tso      | holds | one who is called, and an entry               | SECOND=CALLER THIRD=ENTRY
lock        | tso      | holds | one who is called, and one who may starve or give up | SECOND=TIMED STARVE FAIR THIRD=CALLER
lock        | tso      | holds | who calls forgets one that starves: a latency only | SECOND=TIMED STARVE THIRD=CALLER LOST
lock        | tso      | holds | one who is called, a sleeper, a holder that comes again | SECOND=CALLER AGAIN=1
lock        | tso      | holds | CROWDED before heavy()                        | THIRD=TIMED STARVE FAIR EAGER
lock        | tso      | holds | entries: CROWDED before heavy()               | SECOND=ENTRY THIRD=ENTRY EAGER
lock        | tso      | holds | calm beside sleepers, who stay counted        | THIRD=TIMED STARVE FAIR BOLD
lock        | weak     | holds | no fence when a sleeper is told: the answer has one | THREADS=2 CROWD=CROWDED TOLD=NOTHING
lock        | weak     | holds | no fence after starving: delist has one       | THREADS=2 SECOND=TIMED STARVE STARVED=NOTHING
lock        | tso      | holds | no last look, nothing is reserved             | THIRD=TIMED HASTY
lock        | tso weak | found | no light()                                    | THREADS=2 REORDERED
lock        | tso weak | found | no heavy()                                    | THREADS=2 HEAVY=NOTHING
lock        | tso weak | found | heavy() is only a full fence                  | THREADS=2 HEAVY=FENCE
lock        | weak     | found | membarrier without a fence of the caller      | THREADS=2 HEAVY=OTHERS
lock        | tso weak | found | entries: no heavy()                           | THREADS=2 SECOND=ENTRY HEAVY=NOTHING
lock        | weak     | found | entries: no fence when told                   | THREADS=2 SECOND=ENTRY CROWD=CROWDED TOLD=NOTHING
lock        | tso weak | found | no fence after a quiet release that sees somebody | THIRD=TIMED UNSEEN=NOTHING
lock        | weak     | found | no fence after a careful release              | THREADS=2 CROWD=CROWDED FREED_=NOTHING
lock        | weak     | found | no fence after the answer                     | THREADS=2 CROWD=CROWDED ANSWERED=NOTHING
lock        | weak     | found | no fence after reserving, for one who starves | THREADS=2 SECOND=TIMED STARVE RESERVED_=NOTHING
lock        | weak     | found | no fence after reserving, for a sleeper       | THREADS=2 SECOND=TIMED FAIR RESERVED_=NOTHING
lock        | weak     | found | no fence after delist                         | THREADS=2 SECOND=TIMED FAIR DELISTED=NOTHING
lock        | tso      | found | who announces an entry leaves CROWDED behind  | SECOND=CALLER MARKING AGAIN=1
lock        | tso      | found | calm forgets who has come meanwhile           | RASH
lock        | tso weak | found | reserves for a sleeper, and does not look     | THREADS=2 SECOND=TIMED FAIR UNCHECKED
lock        | tso weak | found | reserves for one who starves, and does not look | THREADS=2 SECOND=TIMED STARVE UNCHECKED
lock        | tso weak | found | gives up without a last look                  | THREADS=2 SECOND=TIMED FAIR HASTY
lock        | tso weak | found | stops starving without a last look            | THREADS=2 SECOND=TIMED STARVE HASTY
lock        | tso      | found | takes the lock, and a call with it            | AWAKE MUTE
'

# rows: the table, one line for each machine: model|machine|expected|title|definitions
rows() {
  local model machines machine expected title how
  while IFS='|' read -r model machines expected title how; do
    [[ -n $model ]] || continue
    read -r model <<<"$model"
    read -r expected <<<"$expected"
    read -r title <<<"$title"
    read -r how <<<"$how"
    # What x86-TSO does the weaker machine can do as well.
    [[ $expected != found || -n $EVERY_MACHINE ]] || machines=${machines/tso weak/tso}
    for machine in $machines; do echo "$model|$machine|$expected|$title|$how"; done
  done <<<"$TABLE"
}

# verify ROW FOLDER: visits all states of one row, and leaves `verdict` in its folder: holds, found or error; states.
verify() {
  local model machine expected how folder=$2 verdict=error states name level=-O0 definitions=()
  IFS='|' read -r model machine expected _ how <<<"$1"
  # Most of the time goes into the compiler; only a search that is to be complete pays for better code.
  [[ $expected != holds ]] || level=-O1
  definitions=("-D${machine^^}")
  for name in $how; do definitions+=("-D$name"); done
  rm -rf "$folder" && mkdir -p "$folder" && cd "$folder"
  echo "spin -a ${definitions[*]} ci/litmus/$model.pml" >recipe
  # A depth or a memory (in MB) that does not suffice ends the search early, which is no pass.
  if spin -a "${definitions[@]}" "$ROOT/ci/litmus/$model.pml" >spin.log 2>&1 &&
    gcc "$level" -w -DSAFETY -DMEMLIM=1700 -o pan pan.c >gcc.log 2>&1; then
    ./pan -w22 -m100000 >pan.log 2>&1 || true
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored$/\1/p' pan.log)
    if grep -q 'assertion violated' pan.log && grep -q 'errors: 1$' pan.log; then
      verdict=found
    elif grep -q 'errors: 0$' pan.log && ! grep -qE 'not completed|too small|-DMEMLIM' pan.log; then
      verdict=holds
    fi
  fi
  rm -f pan pan.[bchmpt]
  echo "$verdict ${states:-0}" >verdict
}

if [[ ${1:-} == --verify ]]; then
  verify "$2" "$3"
  exit
fi

debian spin spin || skip "needs: apt-get install spin"
debian gcc gcc libc6-dev || skip "needs: apt-get install gcc libc6-dev"
use_target litmus

EVERY_MACHINE=
if thorough || [[ $# -gt 0 ]]; then
  EVERY_MACHINE=1
else
  left_out "on the weaker machine, weakenings that are found on x86-TSO: it can do all that TSO can"
fi
mapfile -t selected < <(rows)
for word in "$@"; do mapfile -t selected < <(printf '%s\n' "${selected[@]}" | grep -F -- "$word"); done
[[ ${#selected[@]} -gt 0 && -n ${selected[0]} ]] || { echo "no such row" >&2 && exit 2; }

work=$CARGO_TARGET_DIR/rows
rm -rf "$work"
for index in "${!selected[@]}"; do printf '%s\0%s\0' "${selected[index]}" "$work/$index"; done >"$LOGS/queue"
step 840 "${#selected[@]} rows" xargs -0 -n 2 -P "$(nproc)" -a "$LOGS/queue" bash ci/litmus.sh --verify

printf '%-12s %-5s %-9s %-7s %9s  %s\n' model on expected result states "what is changed"
for index in "${!selected[@]}"; do
  IFS='|' read -r model machine expected title _ <<<"${selected[index]}"
  verdict='error' states=0
  [[ ! -e $work/$index/verdict ]] || read -r verdict states <"$work/$index/verdict"
  printf '%-12s %-5s %-9s %-7s %9s  %s\n' "$model" "$machine" "$expected" "$verdict" "$states" "$title"
  if [[ $verdict != "$expected" ]]; then
    fail "$model on $machine, $title: expected $expected, got $verdict (logs and trail: $work/$index)"
  fi
done
finish
