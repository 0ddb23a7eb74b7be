#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# screens.sh [NAME]: pictures of the page's views whose name has NAME, into run/screens; first with made-up answers, then
# of a node that runs. Ends with a failure when axe finds something or something does not fit.
set -euo pipefail
cd "$(dirname "$0")/.."
read -r how ATOLL_TEST_REGISTRY ATOLL_TEST_NODE_IMAGE < <(scripts/registry.sh start)
[ "$how" = running ] || trap 'scripts/registry.sh stop' EXIT
export ATOLL_TEST_REGISTRY ATOLL_TEST_NODE_IMAGE ATOLL_BIN=$PWD/build/atoll
cd test
status=0
node --import tsx web/screens.ts "$@" || status=$?
node --import tsx web/screens_real.ts "$@" || status=$?
exit $status
