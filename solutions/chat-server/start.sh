#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the administrator's account at the first start and becomes the server.
set -eu
config=/etc/prosody/server.cfg.lua
folder=/var/lib/prosody/$(printf %s "$XMPP_HOST" | sed 's/\./%2e/g; s/-/%2d/g')/accounts
if ! [ -s "$folder/$ADMIN_NAME.dat" ]; then
    prosodyctl --config "$config" register "$ADMIN_NAME" "$XMPP_HOST" "$ADMIN_PASSWORD"
fi
exec prosody --config "$config" -F
