#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh all|NAME SECONDS: runs libFuzzer targets of build-fuzz, each for SECONDS, as many at a
# time as there are processors. New inputs go to build-fuzz/found/NAME; one that crashes is kept
# there as crash-*, and the run fails. Ends with one line: N passed, N failed.
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:-all} seconds=${2:-30}
if [ "$which" = all ]; then
    names=(test/fuzz/fuzz_*.c)
else
    names=("test/fuzz/fuzz_$which.c")
fi
status=$(mktemp -d)
trap 'rm -rf "$status"' EXIT

# one NAME: what it printed is kept beside what it found, and shown in one piece
one() {
    local name=$1 found=build-fuzz/found/$1 result=0
    mkdir -p "$found"
    "build-fuzz/test/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$found/" "$found" "test/fuzz/corpus/$name" \
        >"$found.log" 2>&1 || result=$?
    {
        echo "== $name: $(grep -Eo '^Done [0-9]+ runs' "$found.log" || echo "ended with $result")"
        [ $result = 0 ] || tail -60 "$found.log"
    } >"$status/$name.out"
    cat "$status/$name.out"
    touch "$status/$name.$([ $result = 0 ] && echo passed || echo failed)"
}

for source in "${names[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    name=${source#test/fuzz/fuzz_}
    one "${name%.c}" &
done
wait
count() { find "$status" -name "*.$1" | wc -l; }
echo "$(count passed) passed, $(count failed) failed"
[ "$(count failed)" = 0 ] && [ "$(count passed)" = ${#names[@]} ]
