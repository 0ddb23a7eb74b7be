#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# standins.sh start|there|map|forget [DIR]: images that stand in for those of the catalogue where no
# registry can be reached: one root file system of Debian packages (nginx, git, sshd, gitweb,
# dokuwiki, PostgreSQL, Redis, Prometheus, Jupyter, Prosody) and of s3rver from npm, under the names
# of scripts/standins/images.json. Ports, volumes, users, commands and health checks are those of the
# real images, so that the packages of solutions/ run on them unchanged.
#
# start makes what the engine does not have yet and prints the map, {"image": "stand-in"}, which the
# option imageMap (IMAGE_MAP) takes; map only prints it; there
# says by its status whether the engine has them all; forget removes the images from the engine.
# What was downloaded stays under DIR, run/standins by default. The packages are only unpacked, not
# installed: it takes seconds, and nothing of them runs here. amd64 and arm64, Debian's own archive.
set -euo pipefail
cd "$(dirname "$0")/.."
verb=${1:-start}
dir=$(realpath -m "${2:-run/standins}")
socket=${DOCKER_SOCKET:-/var/run/docker.sock}
recipe=$PWD/scripts/standins
mirror=${ATOLL_DEBIAN_MIRROR:-http://deb.debian.org/debian}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
die() { echo "standins: $*" >&2; exit 1; }

packages=(base-files base-passwd bash ca-certificates coreutils curl dash debianutils diffutils findutils
    grep gzip hostname libc-bin login mawk media-types netbase openssl passwd perl-base procps sed tar tzdata util-linux
    nginx-light git gitweb fcgiwrap openssh-server dokuwiki php-fpm php-xml postgresql redis-server prometheus
    jupyter-notebook prosody nodejs)
# what is never looked at and makes most of the bytes
without=('./usr/share/doc/*' './usr/share/man/*' './usr/share/locale/*' './usr/share/i18n/*' './usr/share/info/*'
    './usr/share/javascript/moment-timezone/data' './usr/share/javascript/mathjax/*' './usr/share/fonts/*'
    './usr/lib/*/libLLVM*' './usr/lib/*/libz3*' './usr/lib/llvm*' './usr/lib/postgresql/*/lib/bitcode' './usr/bin/promtool'
    './usr/bin/gdb*' './usr/share/gdb' './usr/lib/apache2' './lib/systemd' './usr/lib/systemd' './usr/lib/*/perl/*/CORE'
    './usr/share/zoneinfo/right' './usr/bin/fincore' './etc/systemd' './usr/share/postgresql/*/man')

tag=$({ cat scripts/standins.sh; cd scripts && find standins -type f -not -path '*/node_modules/*' | sort | xargs sha256sum; } | sha256sum | cut -c1-12)

engine() { curl -sf --unix-socket "$socket" "$@"; }
names() { python3 -c 'import json, sys
for name in json.load(open(sys.argv[1])): print(name)' "$recipe/images.json"; }
map() { python3 -c 'import json, sys
images = json.load(open(sys.argv[1]))
print(json.dumps({real: f"atoll-standin/{name}:{sys.argv[2]}" for name, i in images.items() for real in i["for"]}))' \
    "$recipe/images.json" "$tag"; }

all_there() {
    local name
    for name in $(names); do
        engine -o /dev/null "http://docker/images/atoll-standin/$name:$tag/json" || return 1
    done
}

# unpack ROOT: the packages and what they depend on, without running anything of theirs
unpack() {
    local apt=$dir/apt deb
    mkdir -p "$apt/lists/partial" "$dir/debs/partial"
    : >"$apt/status"
    echo "deb [signed-by=$keyring] $mirror bookworm main" >"$apt/sources"
    local options=(-qq -o Dir::State::status="$apt/status" -o Dir::State::lists="$apt/lists"
        -o Dir::Cache::archives="$dir/debs" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
        -o Dir::Etc::sourcelist="$apt/sources" -o Dir::Etc::sourceparts=/dev/null
        -o APT::Install-Recommends=false -o APT::Sandbox::User= -o Debug::NoLocking=1)
    apt-get "${options[@]}" update
    apt-get "${options[@]}" install -y --download-only "${packages[@]}" >/dev/null
    mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/usr/lib64"
    ln -s usr/bin "$1/bin"; ln -s usr/sbin "$1/sbin"; ln -s usr/lib "$1/lib"; ln -s usr/lib64 "$1/lib64"
    for deb in "$dir"/debs/*.deb; do
        # two packages of PHP have a folder where another has a link: who comes first wins
        dpkg-deb --fsys-tarfile "$deb" |
            tar -x -C "$1" --keep-directory-symlink --no-same-owner "${without[@]/#/--exclude=}" 2>>"$dir/unpack.log" || true
    done
    [ -x "$1/usr/bin/git" ] && [ -x "$1/usr/bin/redis-server" ] || die "unpacking failed; see $dir/unpack.log"
}

# settle ROOT: what the packages would have done when they were installed
settle() {
    ln -sf dash "$1/usr/bin/sh"
    ln -sf mawk "$1/usr/bin/awk"
    ln -sf php8.2 "$1/usr/bin/php"
    cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"
    cp "$1/usr/share/base-passwd/group.master" "$1/etc/group"
    mkdir -p "$1/tmp" "$1/var/log/nginx" "$1/run/sshd" "$1/run/postgresql" "$1/var/lib/nginx" "$1/root" "$1/etc/ssl/certs"
    rm -rf "$1/var/run"
    ln -s /run "$1/var/run"
    chmod 1777 "$1/tmp"
    chmod 777 "$1/run/postgresql" "$1/var/log" "$1/var/log/nginx" "$1/var/lib/nginx"
    cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
    {
        echo 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin'
        echo 'postgres:x:999:999::/var/lib/postgresql:/bin/sh'
        echo 'git:x:1000:1000::/data/git:/usr/bin/git-shell'
        echo 'jovyan:x:1001:100::/home/jovyan:/bin/bash'
    } >>"$1/etc/passwd"
    printf 'postgres:x:999:\ngit:x:1000:\n' >>"$1/etc/group"
    ldconfig -r "$1" 2>/dev/null || true
}

# site FOLDER: a small web site as a bare repository, always with the same commits
site() {
    git init -q --bare --initial-branch=main "$1"
    git -C "$1" fast-import --quiet <<'STREAM'
commit refs/heads/main
committer Atoll <atoll@example.org> 0 +0000
data 4
site
M 100644 inline index.html
data 74
<!doctype html><title>A site of Atoll</title><h1>It works</h1><p>main</p>

M 100644 inline docs/index.html
data 57
<!doctype html><title>Docs</title><h1>Documentation</h1>
STREAM
    rm -rf "$1/hooks" "$1/description"
}

# archive ROOT: an archive as `docker load` takes it: two layers, and a configuration for each image
archive() {
    tar -C "$1" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$dir/base.tar" .
    (cd "$recipe" && npm ci --silent --ignore-scripts --omit=dev >/dev/null)
    rm -rf "$dir/own"
    mkdir -p "$dir/own/opt/standin"
    cp -r "$recipe/root/." "$dir/own/opt/standin/"
    cp -r "$recipe/node_modules" "$dir/own/opt/standin/"
    mkdir -p "$dir/own/etc" "$dir/own/usr/bin"
    ln -s /opt/standin/gitea-entrypoint "$dir/own/usr/bin/entrypoint"
    site "$dir/own/opt/standin/site.git"
    # https://git.example.org/site.git is there without a network
    printf '[safe]\n\tdirectory = *\n[url "file:///opt/standin/site.git"]\n\tinsteadOf = https://git.example.org/site.git\n' \
        >"$dir/own/etc/gitconfig"
    chmod -R a+rX "$dir/own"
    tar -C "$dir/own" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$dir/own.tar" .
    python3 - "$recipe/images.json" "$dir" "$tag" <<'PY'
import hashlib, json, os, subprocess, sys
images, folder, tag = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3]
def digest(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()
layers = ['base.tar', 'own.tar']
ids = ['sha256:' + digest(f'{folder}/{l}') for l in layers]
arch = subprocess.run(['dpkg', '--print-architecture'], capture_output=True, text=True).stdout.strip() or 'amd64'
path = 'PATH=/opt/standin:/usr/local/bin:/usr/bin:/usr/sbin:/usr/lib/postgresql/15/bin'
manifest = []
for name, i in images.items():
    config = {'architecture': arch, 'os': 'linux', 'created': '1970-01-01T00:00:00Z',
              'config': {'Env': [path, 'LANG=C.UTF-8'] + i.get('env', []), 'Entrypoint': i.get('entrypoint'),
                         'Cmd': i.get('cmd'), 'User': i.get('user', ''), 'WorkingDir': i.get('workdir', '/'),
                         'ExposedPorts': {p: {} for p in i.get('ports', [])}},
              'rootfs': {'type': 'layers', 'diff_ids': ids}}
    with open(f'{folder}/{name}.json', 'w') as f:
        json.dump(config, f)
    manifest.append({'Config': f'{name}.json', 'RepoTags': [f'atoll-standin/{name}:{tag}'], 'Layers': layers})
with open(f'{folder}/manifest.json', 'w') as f:
    json.dump(manifest, f)
PY
    (cd "$dir" && tar -cf - manifest.json $(names | sed 's/$/.json/') base.tar own.tar) |
        engine -X POST -H 'Content-Type: application/x-tar' -T - -o "$dir/load.log" 'http://docker/images/load?quiet=1' ||
        die "the engine did not take the images"
    ! grep -q '"error"' "$dir/load.log" || die "$(tail -1 "$dir/load.log")"
}

make() {
    local root=$dir/root
    rm -rf "$root"
    mkdir -p "$dir"
    unpack "$root"
    settle "$root"
    archive "$root"
    rm -rf "$root" "$dir/own" "$dir"/*.tar "$dir/apt"
}

case $verb in
start)
    mkdir -p "$dir"
    exec 9<"$dir"
    flock 9
    all_there || make >&2
    all_there || die "the engine does not show the images it took; see $dir/load.log"
    map
    ;;
there) all_there ;;
map) map ;;
forget)
    for name in $(names); do
        engine -o /dev/null -X DELETE "http://docker/images/atoll-standin/$name:$tag" || true
    done
    ;;
*) die "usage: standins.sh start|there|map|forget [DIR]" ;;
esac
