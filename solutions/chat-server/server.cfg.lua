-- SPDX-License-Identifier: Apache-2.0
pidfile = "/tmp/prosody.pid"
data_path = "/var/lib/prosody"
plugin_paths = { "/opt/prosody-modules" }
log = { { levels = { min = "info" }, to = "console" } }
run_as_root = false
modules_enabled = {
    "roster", "saslauth", "disco", "private", "blocklist", "vcard_legacy", "version", "uptime", "time", "ping", "register",
    "mam", "carbons", "smacks", "admin_adhoc", "bosh", "websocket",
}
modules_disabled = { "s2s", "tls" }
-- mod_websocket is built on c2s, which has no port of its own
c2s_ports = { }
c2s_direct_tls_ports = { }
certificates = "/tmp"
allow_registration = ${answer.register}
-- the gateway ends TLS, in front of the only way in
consider_websocket_secure = true
consider_bosh_secure = true
c2s_require_encryption = true
authentication = "internal_hashed"
storage = "internal"
http_ports = { 5280 }
http_interfaces = { "*" }
https_ports = { }
http_external_url = "${url}/"
http_default_host = "${host}"
trusted_proxies = { "127.0.0.1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16" }
admins = { "${answer.admin}@${host}" }

VirtualHost "${host}"
    http_host = "${host}"
    http_paths = { bosh = "/http-bind", websocket = "/xmpp-websocket" }

Component "rooms.${host}" "muc"
    name = "Rooms"
    restrict_room_creation = "local"
    modules_enabled = { "muc_mam" }
