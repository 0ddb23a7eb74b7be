#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test.sh [--sanitize|--threads] [--smoke] [FILE...]: builds, then unit tests, vectors and fuzz corpora, then
# the black-box tests (all, the smoke test only, or the files given). --sanitize uses the
# build with ASan and UBSan, --threads the one with TSan; both imply --smoke. Ends with one line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
shopt -s nullglob
build=build smoke=0 files=()
for arg in "$@"; do
    case $arg in
    --sanitize) build=build-asan smoke=1 ;;
    --threads) build=build-tsan smoke=1 ;;
    --smoke) smoke=1 ;;
    *) files+=("$arg") ;;
    esac
done

none() { echo "0 passed, 1 failed"; exit 1; }

make -s "$build/build.ninja" || none
ninja -C "$build" || none
# the first report of a sanitizer ends the process, so that a test cannot miss it
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:abort_on_error=1
tap=$build/tap
rm -rf "$tap" && mkdir -p "$tap"
rm -f "$build"/meson-logs/testlog.json

# One registry and one set of the catalogue's images serve all files; what this run has made goes with it.
leave() {
    [ "$how" = running ] || scripts/registry.sh stop
    [ "$standins" = there ] || scripts/standins.sh forget
}
read -r how ATOLL_TEST_REGISTRY ATOLL_TEST_NODE_IMAGE < <(scripts/registry.sh start) || none
scripts/standins.sh there && standins=there || standins=none
trap leave EXIT
export ATOLL_TEST_REGISTRY ATOLL_TEST_NODE_IMAGE

if [ ${#files[@]} = 0 ]; then
    meson test -C "$build" --no-rebuild --print-errorlogs
    [ $smoke = 1 ] && files=(test/api/*smoke.test.ts) || files=(test/api/*.test.ts test/web/*.test.ts)
fi

export ATOLL_BIN=$PWD/$build/atoll
# types FOLDER WHAT: TypeScript that does not fit together is one failed case
types() {
    if "$1/node_modules/.bin/tsc" --noEmit -p "$1" >"$tap/types-$1.tap" 2>&1; then
        echo "ok 1 - types of the $2" | tee "$tap/types-$1.tap"
    else
        cat "$tap/types-$1.tap"
        echo "not ok 1 - types of the $2" | tee "$tap/types-$1.tap"
    fi
}
types test 'black-box tests'
types web page
# play NAME FILE: once, into NAME.tap
play() {
    (cd test && node --import tsx --test --test-reporter=tap "../$2") >"$tap/$1.tap" 2>&1
}
# one FILE: a world of its own on free ports, so that two can run at a time. On a machine of CI, which may be
# anyhow busy, a file that fails is played once more; what failed the first time is still said, as unstable.
one() {
    local name status
    name=$(basename "$1" .test.ts)
    play "$name" "$1"
    status=$?
    if [ $status != 0 ] && [ -n "${CI:-}" ]; then
        mv "$tap/$name.tap" "$tap/$name.first"
        play "$name" "$1"
        status=$?
    fi
    {
        echo "== $1"
        if [ $status = 0 ]; then
            grep -E '^ *(ok|not ok) ' "$tap/$name.tap"
        else
            cat "$tap/$name.tap"
            grep -q '^ *not ok ' "$tap/$name.tap" ||
                echo "not ok 1 - $1 ended with status $status" | tee -a "$tap/$name.tap"
        fi
    } >"$tap/$name.out"
    cat "$tap/$name.out"
}

for file in "${files[@]}"; do
    [ -f "$file" ] || { echo "not ok 1 - $file is missing" | tee "$tap/missing.tap"; continue; }
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
    one "$file" &
done
wait
python3 tools/tally.py "$build/meson-logs/testlog.json" "$tap"/*.tap "$tap"/*.first
