#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# backup-server.sh: makes this machine a place where an Atoll node may keep backups. Run it again to add a node or to
# repair; it changes nothing that is as it should be.
#
#   as root       sudo scripts/backup-server.sh --key 'ssh-ed25519 AAAA... node'
#                 a user without password and shell, locked into ROOT, who can do SFTP and nothing else
#   ordinary      scripts/backup-server.sh --ordinary --key-file node.pub
#                 the same key for your own account: SFTP only, but not locked into a folder (that needs root)
#
#   --key KEY | --key-file FILE   the node's public key, as `atoll backup server list` shows it; may be given again
#   --user NAME      the user to make                   (atoll-backup)
#   --root DIR       where it is locked in              (/srv/atoll-backup; --ordinary: ~/atoll-backup)
#   --sshd-config F  the sshd configuration             (/etc/ssh/sshd_config)
#   --keys DIR       where its keys are kept            (/etc/ssh/atoll-backup)
#   --no-reload      leave the running sshd alone
set -euo pipefail
umask 022
PATH=$PATH:/usr/sbin:/sbin

user=atoll-backup root='' config=/etc/ssh/sshd_config keys_dir=/etc/ssh/atoll-backup reload=1 ordinary=0
keys=()

say() { echo "backup-server: $*"; }
die() { echo "backup-server: $*" >&2; exit 1; }
usage() { sed -n '3,17s/^# \{0,1\}//p' "$0"; }
wrong() { echo "backup-server: $*" >&2; usage >&2; exit 2; }

# ---- arguments
need() { [ $# -ge 2 ] || wrong "$1 needs a value"; }
while [ $# -gt 0 ]; do
    case $1 in
    --key) need "$@"; keys+=("$2"); shift ;;
    --key-file) need "$@"; [ -r "$2" ] || die "$2 cannot be read"; keys+=("$(head -c 16384 "$2")"); shift ;;
    --user) need "$@"; user=$2; shift ;;
    --root) need "$@"; root=$2; shift ;;
    --sshd-config) need "$@"; config=$2; shift ;;
    --keys) need "$@"; keys_dir=$2; shift ;;
    --no-reload) reload=0 ;;
    --ordinary) ordinary=1 ;;
    --password*) die "there are no passwords here: a node logs in with its key" ;;
    -h | --help) usage; exit 0 ;;
    *) wrong "unknown argument $1" ;;
    esac
    shift
done
if [ $ordinary = 1 ]; then
    root=${root:-$HOME/atoll-backup}
else
    root=${root:-/srv/atoll-backup}
fi
# a name that no option, path or configuration can be made of; absolute paths without anything to quote
[[ $user =~ ^[a-z][a-z0-9_-]{0,30}$ ]] || die "'$user' is no user name (a-z, 0-9, - and _)"
[ "$user" != root ] || die "root is not to be a backup user"
for path in "$root" "$config" "$keys_dir"; do
    [[ $path =~ ^/[A-Za-z0-9._/+@-]*[A-Za-z0-9._+@-]$ && ! $path =~ (^|/)\.\.(/|$) ]] ||
        die "'$path' is not an absolute path of plain characters"
done
[ ${#keys[@]} -gt 0 ] || die "no key: without one nobody could log in, and nobody may without one (--key, --key-file)"

# check_key TEXT: one public key, on one line, without options in front of it
check_key() {
    [[ $1 =~ ^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa|sk-ssh-ed25519@openssh\.com)\ [A-Za-z0-9+/=]+(\ [A-Za-z0-9._@:+=-]+)?$ ]] ||
        die "this is not one public key (type, base64, at most one word of comment): ${1:0:60}"
    ssh-keygen -l -f /dev/stdin <<<"$1" >/dev/null 2>&1 || die "ssh-keygen does not understand the key: ${1:0:60}"
}
for key in "${keys[@]}"; do check_key "$key"; done
command -v ssh-keygen >/dev/null || die "ssh-keygen is missing (openssh-client)"

# add_key FILE OPTIONS KEY: once, whatever its comment was
add_key() {
    local blob
    blob=$(cut -d' ' -f2 <<<"$3")
    if [ -f "$1" ] && grep -qF -- "$blob" "$1"; then
        return
    fi
    printf '%s %s\n' "$2" "$3" >>"$1"
    say "key added to $1: $(ssh-keygen -l -f /dev/stdin <<<"$3" | cut -d' ' -f2)"
}

# ---- an ordinary user: a forced command in authorized_keys
if [ $ordinary = 1 ]; then
    mkdir -p "$root/repositories"
    chmod 700 "$root" "$root/repositories"
    mkdir -p "$HOME/.ssh"
    chmod 700 "$HOME/.ssh"
    touch "$HOME/.ssh/authorized_keys"
    chmod 600 "$HOME/.ssh/authorized_keys"
    for key in "${keys[@]}"; do
        add_key "$HOME/.ssh/authorized_keys" "restrict,command=\"internal-sftp -d $root\"" "$key"
    done
    say "ready: atoll backup server add NAME HOST --user $(id -un) --path $root/repositories"
    exit 0
fi

# ---- root: a user of its own, locked in
[ "$(id -u)" = 0 ] || die "needs root; --ordinary prepares your own account instead"
command -v sshd >/dev/null || die "sshd is missing (openssh-server)"
[ -f "$config" ] || die "$config is not there"

if ! id "$user" >/dev/null 2>&1; then
    useradd --system --user-group --home-dir / --no-create-home --shell /usr/sbin/nologin "$user"
    say "user $user made"
fi
# '*' is no password at all; '!' would be a locked account, which some sshd refuse altogether
[ "$(getent shadow "$user" | cut -d: -f2)" = '*' ] || usermod -p '*' "$user"
[ "$(id -u "$user")" != 0 ] || die "$user is root by another name"

# sshd insists that every folder down to the root of a chroot belongs to root and nobody else may write
mkdir -p "$root/repositories"
folder=$root
while :; do
    [ "$(stat -c %u "$folder")" = 0 ] || { [ "$folder" = "$root" ] && chown root:root "$root"; } ||
        die "$folder does not belong to root: sshd would refuse to lock anybody in below it"
    [ $((0$(stat -c %a "$folder") & 022)) = 0 ] || { [ "$folder" = "$root" ] && chmod 755 "$root"; } ||
        die "$folder can be written by others: sshd would refuse to lock anybody in below it"
    [ "$folder" != / ] || break
    folder=$(dirname "$folder")
done
chown "$user:$user" "$root/repositories"
chmod 700 "$root/repositories"

# the keys belong to root, so that whoever has one cannot add another
mkdir -p "$keys_dir"
chmod 755 "$keys_dir"
touch "$keys_dir/$user"
chmod 644 "$keys_dir/$user"
for key in "${keys[@]}"; do add_key "$keys_dir/$user" restrict "$key"; done

# ---- sshd
block="# made by Atoll's backup-server.sh for the user $user
Match User $user
    ChrootDirectory $root
    ForceCommand internal-sftp
    AuthenticationMethods publickey
    AuthorizedKeysFile $keys_dir/$user
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    AllowTcpForwarding no
    AllowStreamLocalForwarding no
    AllowAgentForwarding no
    X11Forwarding no
    PermitTunnel no
    PermitTTY no
Match all"
include=$(dirname "$config")/sshd_config.d
grep -qE "^[[:space:]]*Include[[:space:]]+\"?$include/\*\.conf" "$config" ||
    die "$config has no line 'Include $include/*.conf'; put it at its top"
mkdir -p "$include"
file=$include/atoll-$user.conf
changed=0
if [ "$(cat "$file" 2>/dev/null || true)" != "$block" ]; then
    [ ! -f "$file" ] || cp -p "$file" "$file.before"
    printf '%s\n' "$block" >"$file"
    changed=1
fi
undo() {
    [ $changed = 1 ] || return 0
    if [ -f "$file.before" ]; then mv "$file.before" "$file"; else rm -f "$file"; fi
}
# sshd -t wants its folder for privilege separation, which its own start would make
[ -d /run/sshd ] || mkdir -m 755 /run/sshd
why=$(sshd -t -f "$config" 2>&1) || { undo; die "sshd does not accept it: $why"; }
# what counts is what sshd will do, whatever else its configuration says
effective=$(sshd -T -f "$config" -C "user=$user,host=localhost,addr=127.0.0.1") || { undo; die "sshd -T failed"; }
for want in "passwordauthentication no" "kbdinteractiveauthentication no" "pubkeyauthentication yes" \
    "authenticationmethods publickey" "forcecommand internal-sftp" "chrootdirectory $root" \
    "authorizedkeysfile $keys_dir/$user" "allowtcpforwarding no" "permittty no"; do
    grep -qixF "$want" <<<"$effective" ||
        { undo; die "another rule of $config wins over '$want': a server that lets people in otherwise is not set up"; }
done
rm -f "$file.before"
if [ $changed = 1 ] && [ $reload = 1 ]; then
    if [ -d /run/systemd/system ]; then
        systemctl reload ssh 2>/dev/null || systemctl reload sshd
    elif [ -f /run/sshd.pid ]; then
        kill -HUP "$(cat /run/sshd.pid)"
    else
        say "no sshd runs here yet: start it"
    fi
fi
say "no quota is set: the node may fill $(df -h --output=avail "$root" | tail -1 | tr -d ' ') here; a file system of its own for $root limits it"
say "ready: atoll backup server add NAME HOST --user $user --path /repositories"
