#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# registry.sh start|stop|address [DIR]: a registry of our own on a free loopback port, with the
# images that tests and the demo run: bb:1 (a static busybox) and node:MAJOR (this machine's own
# node and the libraries it is linked with). Everything lives under DIR, run/registry by default.
#
# stop also removes what the engine has pulled from it.
# start prints `started HOST:PORT NODE_TAG`, or `running HOST:PORT NODE_TAG` when it was there.
# The images go into the registry as plain uploads: no engine, no docker build, nothing left
# behind in the engine's own store.
set -euo pipefail
cd "$(dirname "$0")/.."
verb=${1:-start}
dir=$(realpath -m "${2:-run/registry}")
die() { echo "registry: $*" >&2; exit 1; }

alive() {
    [ -s "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null &&
        curl -sf -o /dev/null --max-time 5 "http://$(cat "$dir/address")/v2/"
}

launch() {
    local port tries
    mkdir -p "$dir/data"
    for tries in 1 2 3 4 5; do
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        cat >"$dir/config.yml" <<EOF
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $dir/data}}
http: {addr: "127.0.0.1:$port"}
EOF
        setsid docker-registry serve "$dir/config.yml" >"$dir/log" 2>&1 </dev/null &
        echo $! >"$dir/pid"
        echo "127.0.0.1:$port" >"$dir/address"
        for _ in $(seq 50); do
            alive && return
            kill -0 "$(cat "$dir/pid")" 2>/dev/null || break
            sleep 0.1
        done
        [ "$tries" != 5 ] || { tail -3 "$dir/log" >&2; die "docker-registry does not start"; }
    done
}

sum() { sha256sum "$1" | cut -d' ' -f1; }

# upload NAME FILE: one blob, unless the registry has it
upload() {
    local digest url
    digest=sha256:$(sum "$2")
    curl -sf -o /dev/null -I "http://$address/v2/$1/blobs/$digest" && return
    url=$(curl -sf -i -X POST "http://$address/v2/$1/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    case $url in *\?*) url="$url&digest=$digest" ;; *) url="$url?digest=$digest" ;; esac
    curl -sf -X PUT -H 'Content-Type: application/octet-stream' -T "$2" "$url" ||
        die "the upload of $1 failed"
}

# push NAME TAG ROOT: one image whose only layer is the folder ROOT
push() {
    local layer=$dir/layer.tar config=$dir/config.json arch
    arch=$(dpkg --print-architecture 2>/dev/null || echo amd64)
    # fixed order, owner and time: the same files give the same digest
    tar -C "$3" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$layer" .
    printf '{"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Env":["PATH=/usr/local/bin:/usr/bin:/bin"],"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
        "$arch" "$(sum "$layer")" >"$config"
    gzip -1 -n "$layer"
    upload "$1" "$layer.gz"
    upload "$1" "$config"
    printf '{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":%d,"digest":"sha256:%s"},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":%d,"digest":"sha256:%s"}]}' \
        "$(stat -c %s "$config")" "$(sum "$config")" "$(stat -c %s "$layer.gz")" "$(sum "$layer.gz")" |
        curl -sf -X PUT -H 'Content-Type: application/vnd.docker.distribution.manifest.v2+json' \
            --data-binary @- "http://$address/v2/$1/manifests/$2" || die "the manifest of $1:$2 is refused"
    rm -rf "$layer.gz" "$config" "$3"
}

# busybox ROOT: a root file system with a shell and the usual small tools
busybox_root() {
    local tool
    mkdir -p "$1/bin" "$1/tmp" "$1/etc"
    chmod 1777 "$1/tmp"
    cp "$(command -v busybox)" "$1/bin/busybox"
    for tool in $("$1/bin/busybox" --list); do
        [ "$tool" = busybox ] || ln -s busybox "$1/bin/$tool"
    done
    printf 'root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n' >"$1/etc/passwd"
    printf 'root:x:0:\nnode:x:1000:\n' >"$1/etc/group"
}

# node_root ROOT: the same with this machine's node in /usr/local/bin
node_root() {
    local node lib libs part
    node=$(node -p 'process.execPath')
    busybox_root "$1"
    mkdir -p "$1/usr/local/bin"
    cp "$node" "$1/usr/local/bin/node"
    libs=$(ldd "$node" | grep -o '/[^ ]*')
    for lib in $libs; do
        mkdir -p "$1$(dirname "$lib")"
        cp -L "$lib" "$1$lib"
    done
    # Debian's node keeps a few of its own modules in files, which it cannot start without
    for part in $(cat "$node" $libs | grep -ao '/usr/share/nodejs/[A-Za-z0-9/_.-]*\.js' | sort -u); do
        [ -f "$part" ] || continue
        mkdir -p "$1$(dirname "$part")"
        cp -L "$part" "$1$part"
    done
}

has() { curl -sf -o /dev/null -I -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$address/v2/$1/manifests/$2"; }

images() {
    local tag
    tag=$(node -p 'process.versions.node.split(".")[0]')
    if ! has bb 1; then
        file -L "$(command -v busybox)" 2>/dev/null | grep -q dynamic && die "busybox is not static: install busybox-static"
        busybox_root "$dir/root"
        push bb 1 "$dir/root"
    fi
    if ! has node "$tag"; then
        node_root "$dir/root"
        push node "$tag" "$dir/root"
    fi
    echo "node:$tag" >"$dir/node"
}

# forget: removes what the engine has pulled from this registry, under its tags and digests
forget() {
    local socket=${DOCKER_SOCKET:-/var/run/docker.sock} address name
    address=$(cat "$dir/address")
    curl -s --unix-socket "$socket" "http://docker/images/json?digests=1" | python3 -c '
import json, sys
for image in json.load(sys.stdin):
    for name in (image["RepoTags"] or []) + (image["RepoDigests"] or []):
        if name.startswith(sys.argv[1] + "/") and "<none>" not in name:
            print(name)' "$address" | while read -r name; do
        curl -s -o /dev/null -X DELETE --unix-socket "$socket" "http://docker/images/$name"
    done
}

case $verb in
start)
    mkdir -p "$dir"
    exec 9<"$dir"
    flock 9
    how=running
    alive || { how=started; launch 9<&-; }
    address=$(cat "$dir/address")
    rm -rf "$dir/root" "$dir"/layer.tar*
    images
    echo "$how $address $(cat "$dir/node")"
    ;;
stop)
    [ -s "$dir/pid" ] || exit 0
    kill "$(cat "$dir/pid")" 2>/dev/null || true
    forget || true
    rm -f "$dir/pid"
    ;;
address)
    alive || die "not running"
    cat "$dir/address"
    ;;
*) die "usage: registry.sh start|stop|address [DIR]" ;;
esac
