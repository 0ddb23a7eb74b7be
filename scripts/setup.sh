#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# setup.sh [build|lint|fuzz|devnet|demo|test|bench|all]: makes a bare Debian 12 ready. Installs only what is missing and
# says so; run again it finds nothing to do. Needs root or sudo only when there is something to
# install or an engine to start. Never touches a Docker Engine that answers.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-all}

# ---- what is needed, and for what: the one list of Debian packages
build=(gcc libc6-dev make git pkg-config meson ninja-build python3 ccache
    libcurl4-openssl-dev libssl-dev libsecp256k1-dev libsodium-dev libsqlite3-dev libuv1-dev libwslay-dev
    liblzma-dev node-llhttp libcmocka-dev nettle-dev ca-certificates curl)
lint=(clang-format-14 pmccabe codespell)
fuzz=(clang-14 libclang-rt-14-dev)
images=(docker-registry busybox-static) # what tests and the demo run in containers
# what tests talk to: an origin and gateway, FTP with users, FTP with TLS, and the certificate for it
peers=(nginx-light python3-pyftpdlib vsftpd openssl)
browser=(chromium fonts-dejavu-core) # the page is tested in it
gateway=(caddy)                 # serves names with HTTPS; the node does without it
authority=(pebble)              # an ACME authority for tests
backups=(restic openssh-client openssh-server) # backups go by SFTP to sshd of the tests' own
bench=(wrk)
engine=(docker.io iptables) # only where no engine answers
nodejs=(nodejs npm)         # only where there is no node >= 18 with npm

socket=${DOCKER_SOCKET:-/var/run/docker.sock}
installed=()

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }

# as_root CMD...: directly, or with sudo, which asks for a password only on a terminal
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && [ "${CI:-}" != true ]; }; }; then
        sudo "$@"
    else
        die "needs root for: $*"
    fi
}

# install PACKAGE...: those that dpkg does not know as installed
install() {
    local missing=() p
    command -v dpkg-query >/dev/null || { say "no dpkg here; needed in Debian's names: $*"; return; }
    for p in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null || true)" = installed ] || missing+=("$p")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    as_root apt-get update -qq
    case " ${missing[*]} " in *" openssh-server "*) forbid_start ;; esac
    as_root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
    allow_start
    installed+=("${missing[@]}")
    quiet_services "${missing[@]}"
}

# A machine that had no sshd is not to have one, not for a moment: Debian asks this file before it starts anything.
policy=/usr/sbin/policy-rc.d forbidden=0
forbid_start() {
    [ -e $policy ] && return
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    forbidden=1
    trap allow_start EXIT
}
allow_start() {
    [ $forbidden = 1 ] || return 0
    as_root rm -f $policy
    forbidden=0
}

# Debian starts a daemon with its package; we start our own copies on ports of our own.
quiet_services() {
    local p
    [ -d /run/systemd/system ] || return 0
    for p in "$@"; do
        case $p in
        docker-registry) as_root systemctl disable -q --now docker-registry ;;
        nginx-light) as_root systemctl disable -q --now nginx ;;
        openssh-server) as_root systemctl disable -q ssh ;;
        vsftpd) as_root systemctl disable -q --now vsftpd ;;
        caddy) as_root systemctl disable -q --now caddy ;; # it would take ports 80 and 443
        esac
    done
}

node_ok() {
    command -v npm >/dev/null && command -v node >/dev/null &&
        node -e 'process.exit(+process.versions.node.split(".")[0] >= 18 ? 0 : 1)'
}

# modules DIR: npm ci, when the lock file is not the one that node_modules was made from
modules() {
    local sum stamp=$1/node_modules/.atoll-lock try force=()
    sum=$(sha256sum <"$1/package-lock.json")
    [ "$(cat "$stamp" 2>/dev/null || true)" != "$sum" ] || return 0
    say "npm ci in $1/"
    # The lock file names anvil for amd64, as a plain dependency: as an optional one, npm would
    # leave it out in silence under node 18. Elsewhere npm has to be told to go on without it.
    [ "$(uname -m)" = x86_64 ] || force=(--force)
    for try in 1 2 3; do
        (cd "$1" && npm ci "${force[@]}" --ignore-scripts --loglevel=error >/dev/null) && break
        [ "$try" != 3 ] || die "npm ci failed in $1/"
        sleep 2
    done
    if [ "$1" = devnet ] && [ "$(uname -m)" = aarch64 ]; then
        (cd devnet && npm install --no-save --ignore-scripts --loglevel=error \
            @foundry-rs/anvil-linux-arm64@1.7.1 >/dev/null)
    fi
    echo "$sum" >"$stamp"
}

engine_answers() { curl -s -o /dev/null --max-time 5 --unix-socket "$socket" http://docker/_ping; }

start_engine() {
    if engine_answers; then
        return
    fi
    # a socket that refuses us belongs to an engine that is already there
    if [ -S "$socket" ] && [ ! -w "$socket" ]; then
        die "$socket is there but not for $(id -un): add the user to the group docker and log in again"
    fi
    [ "$socket" = /var/run/docker.sock ] || die "no Docker Engine answers on $socket"
    command -v dockerd >/dev/null || install "${engine[@]}"
    if [ -d /run/systemd/system ]; then
        say "starting the Docker Engine (systemctl start docker)"
        as_root systemctl start docker
    elif ! engine_answers; then
        say "starting the Docker Engine (dockerd, log in /var/log/atoll-dockerd.log)"
        as_root sh -c 'setsid dockerd --pidfile /var/run/docker.pid \
            >/var/log/atoll-dockerd.log 2>&1 </dev/null 9>&- &'
    fi
    for _ in $(seq 150); do
        engine_answers && return
        sleep 0.2
    done
    tail -5 /var/log/atoll-dockerd.log >&2 2>/dev/null || true
    die "no Docker Engine answers on $socket after 30 s"
}

# two runs at once (a test and a demo) wait for each other
exec 9<scripts/setup.sh
flock 9

packages=("${build[@]}")
case $what in
build | devnet) ;;
lint) packages+=("${lint[@]}") ;;
fuzz) packages+=("${fuzz[@]}") ;;
demo) packages+=("${images[@]}" "${gateway[@]}") ;;
test | all) packages+=("${lint[@]}" "${images[@]}" "${peers[@]}" "${browser[@]}" "${gateway[@]}" "${authority[@]}"
    "${backups[@]}") ;;
bench) packages+=("${images[@]}" "${peers[@]}" "${backups[@]}" "${bench[@]}") ;;
*) die "usage: setup.sh [build|lint|fuzz|devnet|demo|test|bench|all]" ;;
esac
case $what in
build | lint | fuzz) ;;
*) node_ok || packages+=("${nodejs[@]}") ;;
esac
install "${packages[@]}"
case $what in
build | lint | fuzz) ;;
*)
    node_ok || die "node 18 or newer with npm is needed"
    modules devnet
    ;;
esac
case $what in
demo | test | all | bench) modules web ;; # the page; the program is built without it too
esac
case $what in
test | all | bench) modules test ;;
esac
case $what in
demo | test | all | bench) start_engine ;;
esac
[ ${#installed[@]} = 0 ] || say "ready"
