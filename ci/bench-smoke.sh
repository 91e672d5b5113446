#!/usr/bin/env bash
# Does the program that the README names write a report that can be read: rows of polder and of its rivals, one page?
#   ci/bench-smoke.sh         runs the program in its quick mode and checks the two files
#   ci/bench-smoke.sh page    shows the page in a headless browser and checks that there is something to see
# About 4 minutes on 2 cores, most of it the release build. It judges no number: a busy machine has none to judge.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
have python3 || skip "needs python3"
use_target bench-smoke
json=$CARGO_TARGET_DIR/report.json
page=$CARGO_TARGET_DIR/report.html

report() {
  local command
  rm -f "$json" "$page"
  if ! command=$(readme_command main) || [[ $command == *$'\n'* ]]; then
    fail "README.md has no single command after '<!-- ci: main -->'"
    return
  fi
  # Only where the output goes and how long it takes differ from what the README says.
  local option
  for option in 's/ --quick( |$)/\1/' 's/ --(json|html)[= ][^ ]+//g'; do command=$(sed -E "$option" <<<"$command"); done
  [[ $command == *" -- "* || $command == *" --" || $command != cargo\ * ]] || command+=" --"
  command+=" --quick --json $(printf %q "$json") --html $(printf %q "$page")"
  step 1200 "$command" bash -c "$command"
  step 60 "the rows" python3 ci/report.py json "$json"
  step 60 "the page stands alone" python3 ci/report.py html "$page"
}

picture() {
  local browser=chromium profile shot=$CARGO_TARGET_DIR/report.png
  have chromium-browser && browser=chromium-browser
  debian $browser chromium fonts-dejavu-core || skip "needs: apt-get install chromium fonts-dejavu-core"
  [[ -s $page ]] || report
  [[ ${#FAILED[@]} -eq 0 ]] || return 0
  profile=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is fixed now
  trap "rm -rf '$profile'" EXIT
  rm -f "$shot"
  step 120 "a headless browser draws the page" $browser --headless --no-sandbox --disable-gpu --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
    --hide-scrollbars --window-size=1280,1600 --user-data-dir="$profile" --screenshot="$shot" "file://$page"
  step 60 "the picture shows something" python3 ci/report.py png "$shot"
}

case ${1:-} in
  "") report ;;
  page) picture ;;
  *) echo "usage: ci/bench-smoke.sh [page]" >&2 && exit 2 ;;
esac
finish
