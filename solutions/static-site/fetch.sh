#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Clones REPOSITORY into /site/repo and looks at it again every MINUTES; /site/www is what is served.
set -eu
export GIT_TERMINAL_PROMPT=0 GIT_ALLOW_PROTOCOL="${GIT_ALLOW_PROTOCOL:-https}" HOME=/tmp
trap 'exit 0' TERM INT
cd /site

look() {
    if [ ! -d repo/.git ]; then
        rm -rf repo
        git clone --quiet --depth 1 --no-tags --branch "$BRANCH" -- "$REPOSITORY" repo
    else
        git -C repo fetch --quiet --depth 1 --no-tags -- "$REPOSITORY" "$BRANCH"
        git -C repo reset --quiet --hard FETCH_HEAD
    fi
}

show() {
    if [ ! -d "repo/$FOLDER" ]; then
        echo "the repository has no folder '$FOLDER'" >&2
        return 1
    fi
    rm -rf www.new
    mkdir www.new
    (cd "repo/$FOLDER" && tar -cf - --exclude=.git .) | tar -C www.new -xf -
    rm -rf www.old
    [ ! -e www ] || mv www www.old
    mv www.new www
    rm -rf www.old
}

# without the first copy there is nothing to serve: it is tried again, and then given up
for try in 1 2 3; do
    look && break
    [ "$try" != 3 ] || exit 1
    sleep 2
done
show
echo "serving $(git -C repo rev-parse HEAD)"
while :; do
    sleep $((MINUTES * 60)) &
    wait $!
    before=$(git -C repo rev-parse HEAD)
    look || continue
    [ "$(git -C repo rev-parse HEAD)" = "$before" ] || show || continue
done
