#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the SSH server where there is none, keeps its host keys on a volume, and becomes it.
set -eu
if ! [ -x /usr/sbin/sshd ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends openssh-server >/dev/null
fi
keys=/etc/ssh/host-keys
mkdir -p /run/sshd "$keys"
chmod 700 "$keys" /root
[ -s "$keys/ed25519" ] || ssh-keygen -q -t ed25519 -N '' -f "$keys/ed25519"
exec /usr/sbin/sshd -D -e -f /dev/null -h "$keys/ed25519" \
    -o Port=22 -o PermitRootLogin=prohibit-password -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no \
    -o UsePAM=no -o 'AuthorizedKeysFile=/etc/ssh/owner-keys .ssh/authorized_keys' -o 'Subsystem=sftp internal-sftp' \
    -o PrintMotd=no
