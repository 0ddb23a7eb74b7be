#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh demo|run: finds a node image for the algorithm and hands over to build/atoll. It is
# node:20 of Docker Hub where that is in reach, else one made from this machine's own node.
set -euo pipefail
cd "$(dirname "$0")/.."

# Asks Docker Hub for the manifest of node:20, three seconds at most for each of the two requests.
hub_answers() {
    local token
    token=$(curl -sf --max-time 3 'https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/node:pull' |
        sed -n 's/.*"token":"\([^"]*\)".*/\1/p') && [ -n "$token" ] &&
        curl -sf -o /dev/null --max-time 3 -I -H "Authorization: Bearer $token" \
            -H 'Accept: application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json' \
            https://registry-1.docker.io/v2/library/node/manifests/20
}

if hub_answers; then
    image=node:20
else
    read -r how address image < <(scripts/registry.sh start)
    [ "$how" = running ] || trap 'scripts/registry.sh stop' EXIT
    image=$address/$image
    echo "demo: Docker Hub is out of reach, the image $image is this machine's own node"
fi

# A signal is for the program, once: it ends in order, and its status is ours. In a session of its own
# it does not hear Ctrl-C as well, for which a second one would be the end at once.
setsid build/atoll "$1" --image "$image" &
child=$!
trap 'kill -TERM "$child" 2>/dev/null' TERM HUP INT
status=0
while :; do
    wait "$child" && status=0 || status=$?
    kill -0 "$child" 2>/dev/null || break # else it was only the signal that ended the waiting
done
exit "$status"
