#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh all|NAME SECONDS: runs libFuzzer targets of build-fuzz, each for SECONDS. New inputs go
# to build-fuzz/found/NAME; one that crashes is kept there as crash-* and ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
which=${1:-all} seconds=${2:-30}
if [ "$which" = all ]; then
    targets=(build-fuzz/test/fuzz/fuzz_*[a-z0-9])
else
    targets=("build-fuzz/test/fuzz/fuzz_$which")
fi
for target in "${targets[@]}"; do
    if [ ! -f "$target" ]; then continue; fi
    name=${target##*/fuzz_}
    found=build-fuzz/found/$name
    mkdir -p "$found"
    echo "== $name, $seconds s"
    set +e
    "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$found/" "$found" "test/fuzz/corpus/$name" 2>&1 |
        grep -E '^(==|stat::number|stat::new|SUMMARY|.*ERROR)|crash-|DONE'
    status=${PIPESTATUS[0]}
    set -e
    [ "$status" = 0 ] || exit "$status"
done
