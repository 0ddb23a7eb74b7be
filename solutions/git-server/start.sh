#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Starts Gitea as its image does, and makes the administrator once it answers.
set -eu
[ "$ALLOW_REGISTRATION" != true ] || export GITEA__service__DISABLE_REGISTRATION=false

make_administrator() {
    for _ in $(seq 120); do
        sleep 1
        su-exec git gitea admin user list >/dev/null 2>&1 || continue
        su-exec git gitea admin user list | grep -qw "$ADMIN_NAME" && return
        su-exec git gitea admin user create --admin --username "$ADMIN_NAME" --password "$ADMIN_PASSWORD" \
            --email "$ADMIN_EMAIL" --must-change-password=false && return
    done
}
make_administrator &
exec /usr/bin/entrypoint /usr/bin/s6-svscan /etc/s6
