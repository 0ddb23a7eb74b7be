/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "gateway/gateway_int.h"
#include "gateway/host.h"

/*
 * Caddy's configuration, whole, as a function of what the tables and settings say. Its own
 * automation is told exactly which names to get certificates for, and from whom; servers do nothing
 * by themselves. Why managed names and not on-demand ones: docs/design/014-gateway.md.
 */

enum { GRACE_S = 2, DIAL_S = 5, LOG_MB = 1, LOGS_KEPT = 2 };
static const int64_t second = 1000000000; /* Caddy's durations are in ns */

/* --- shorthands --- */

static struct json *strings(struct arena *a, const char *one)
{
    struct json *v = json_new_array(a);

    json_push(a, v, json_new_str(a, one));
    return v;
}

static struct json *array_of(struct arena *a, struct json *one)
{
    struct json *v = json_new_array(a);

    json_push(a, v, one);
    return v;
}

/* {"name": {}}, and the inner one. */
static struct json *child(struct arena *a, struct json *object, const char *name)
{
    struct json *v = json_new_object(a);

    json_set(a, object, name, v);
    return v;
}

static struct json *handler(struct arena *a, const char *name)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "handler", name);
    return v;
}

static struct json *route(struct arena *a, struct json *match, struct json *handle)
{
    struct json *v = json_new_object(a);

    if (match)
        json_set(a, v, "match", array_of(a, match));
    json_set(a, v, "handle", handle);
    json_set_bool(a, v, "terminal", true);
    return v;
}

static struct json *match_path(struct arena *a, const char *path)
{
    struct json *m = json_new_object(a);

    json_set(a, m, "path", strings(a, path));
    return m;
}

static struct json *says(struct arena *a, int status, const char *text)
{
    struct json *h = handler(a, "static_response");

    json_set_int(a, h, "status_code", status);
    json_set_str(a, h, "body", text);
    return array_of(a, h);
}

static struct json *moves(struct arena *a, int status, const char *to)
{
    struct json *h = handler(a, "static_response");

    json_set_int(a, h, "status_code", status);
    json_set(a, child(a, h, "headers"), "Location", strings(a, to));
    return array_of(a, h);
}

static const char *address(struct arena *a, const char *host, int port)
{
    return arena_printf(a, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
}

/* --- upstreams --- */

static struct json *proxy(struct arena *a, const char *to, bool tls)
{
    struct json *h = handler(a, "reverse_proxy");
    struct json *up = json_new_object(a);
    struct json *transport = child(a, h, "transport");

    json_set_str(a, up, "dial", to);
    json_set(a, h, "upstreams", array_of(a, up));
    json_set_str(a, transport, "protocol", "http");
    json_set_int(a, transport, "dial_timeout", DIAL_S * second);
    if (tls) /* the node beside us, by its address: its certificate is for other names */
        json_set_bool(a, child(a, transport, "tls"), "insecure_skip_verify", true);
    return h;
}

static struct json *to_node(struct arena *a, const struct gateway_picture *p)
{
    return proxy(a, address(a, p->node->address, p->node->port), p->node->tls);
}

/* What the solution need not see: the visitor's pass. */
static struct json *hide_pass(struct arena *a)
{
    struct json *h = handler(a, "headers");
    struct json *change = json_new_object(a);

    json_set_str(a, change, "search_regexp", "__Host-atoll_pass=[^;]*(; )?");
    json_set_str(a, change, "replace", "");
    json_set(a, child(a, child(a, h, "request"), "replace"), "Cookie", array_of(a, change));
    return h;
}

/*
 * The node is asked first, with everything but the body; whatever it says that is not a success
 * (go and log in, this is not for you) is the answer.
 */
static struct json *ask_node(struct arena *a, const struct gateway_picture *p)
{
    static const char *const dropped[] = {"Upgrade", "Connection", "Sec-WebSocket-Key",
                                          "Sec-WebSocket-Version", "Sec-WebSocket-Extensions"};
    struct json *h = to_node(a, p);
    struct json *rewrite = child(a, h, "rewrite");
    struct json *request = child(a, child(a, h, "headers"), "request");
    struct json *set = child(a, request, "set");
    struct json *drop = json_new_array(a);
    struct json *good = json_new_object(a);
    struct json *match = child(a, good, "match");
    struct json *on = json_new_object(a);
    size_t i;

    json_set_str(a, rewrite, "method", "GET");
    json_set_str(a, rewrite, "uri", "/.atoll/check");
    json_set(a, set, "X-Forwarded-Method", strings(a, "{http.request.method}"));
    json_set(a, set, "X-Forwarded-Uri", strings(a, "{http.request.uri}"));
    for (i = 0; i < ARRAY_LEN(dropped); i++)
        json_push(a, drop, json_new_str(a, dropped[i]));
    json_set(a, request, "delete", drop);
    json_set(a, match, "status_code", array_of(a, json_new_int(a, 2)));
    json_set(a, on, "handle", array_of(a, hide_pass(a))); /* and on to the next handler */
    json_set(a, good, "routes", array_of(a, on));
    json_set(a, h, "handle_response", array_of(a, good));
    return h;
}

/* --- who is served --- */

static struct json *match_hosts(struct arena *a, const struct gateway_picture *p,
                                const struct gateway_row *row)
{
    struct json *m = json_new_object(a);
    struct json *hosts = strings(a, row->host);
    size_t i;

    for (i = 0; i < p->claims.count && *row->part == '\0'; i++)
        if (str_eq(p->claims.items[i].deployment, row->deployment))
            json_push(a, hosts, json_new_str(a, p->claims.items[i].host));
    json_set(a, m, "host", hosts);
    return m;
}

static struct json *subroute(struct arena *a, struct json *routes)
{
    struct json *h = handler(a, "subroute");

    json_set(a, h, "routes", routes);
    return array_of(a, h);
}

static struct json *solution(struct arena *a, const struct gateway_picture *p,
                             const struct gateway_row *row)
{
    struct json *routes = json_new_array(a);
    struct json *handle = json_new_array(a);

    if (row->login) {
        json_push(a, routes, route(a, match_path(a, "/.atoll/enter"), array_of(a, to_node(a, p))));
        json_push(a, handle, ask_node(a, p));
    }
    if (row->port)
        json_push(a, handle, proxy(a, address(a, row->address, row->port), false));
    else
        json_push(a, handle, json_at(says(a, 503, "This solution is stopped.\n"), 0));
    json_push(a, routes, route(a, NULL, handle));
    return route(a, match_hosts(a, p, row), subroute(a, routes));
}

static struct json *market(struct arena *a, const struct gateway_picture *p,
                           const struct gateway_server *s)
{
    struct json *routes = json_new_array(a);
    struct json *m = json_new_object(a);

    json_set(a, m, "host", strings(a, s->domain));
    if (s->page)
        json_push(a, routes, route(a, match_path(a, "/"), moves(a, 302, "/marketplace/")));
    json_push(a, routes, route(a, NULL, array_of(a, to_node(a, p))));
    return route(a, m, subroute(a, routes));
}

/* --- the two servers --- */

static struct json *server(struct arena *a, const struct gateway_picture *p, int port)
{
    struct json *s = json_new_object(a);
    struct json *protocols = strings(a, "h1");
    const char *listen = p->o->bind ? address(a, p->o->bind, port) : arena_printf(a, ":%d", port);

    json_push(a, protocols, json_new_str(a, "h2"));
    json_set(a, s, "listen", strings(a, listen));
    json_set(a, s, "protocols", protocols);
    json_set_bool(a, child(a, s, "automatic_https"), "disable", true);
    return s;
}

/* What Caddy itself has to say: a solution that does not answer. */
static struct json *on_errors(struct arena *a)
{
    struct json *h = handler(a, "static_response");
    struct json *errors = json_new_object(a);

    json_set_str(a, h, "status_code", "{http.error.status_code}");
    json_set_str(a, h, "body", "This solution does not answer.\n");
    json_set(a, errors, "routes", array_of(a, route(a, NULL, array_of(a, h))));
    return errors;
}

static struct json *https_server(struct arena *a, const struct gateway_picture *p)
{
    struct json *s = server(a, p, p->o->https_port);
    struct json *routes = json_new_array(a);
    size_t i;

    for (i = 0; i < p->server_count; i++)
        json_push(a, routes, market(a, p, &p->servers[i]));
    for (i = 0; i < p->rows.count; i++)
        json_push(a, routes, solution(a, p, &p->rows.items[i]));
    json_push(a, routes, route(a, NULL, says(a, 404, "There is nothing here.\n")));
    json_set_bool(a, s, "strict_sni_host", true);
    json_set(a, s, "tls_connection_policies", array_of(a, json_new_object(a)));
    json_set(a, s, "routes", routes);
    json_set(a, s, "errors", on_errors(a));
    return s;
}

static struct json *all_hosts(struct arena *a, const struct gateway_picture *p)
{
    struct json *hosts = json_new_array(a);
    size_t i;

    for (i = 0; i < p->server_count; i++)
        json_push(a, hosts, json_new_str(a, p->servers[i].domain));
    for (i = 0; i < p->rows.count; i++)
        json_push(a, hosts, json_new_str(a, p->rows.items[i].host));
    for (i = 0; i < p->claims.count; i++)
        json_push(a, hosts, json_new_str(a, p->claims.items[i].host));
    return hosts;
}

/* The authority's questions are answered by Caddy before any of these routes. */
static struct json *http_server_of(struct arena *a, const struct gateway_picture *p)
{
    struct json *s = server(a, p, p->o->http_port);
    struct json *routes = json_new_array(a);
    struct json *hosts = all_hosts(a, p);
    struct json *m = json_new_object(a);
    const char *port = p->o->https_port == 443 ? "" : arena_printf(a, ":%d", p->o->https_port);

    if (json_len(hosts) > 0) {
        json_set(a, m, "host", hosts);
        json_push(
            a, routes,
            route(a, m,
                  moves(a, 308,
                        arena_printf(a, "https://{http.request.host}%s{http.request.uri}", port))));
    }
    json_push(a, routes, route(a, NULL, says(a, 404, "There is nothing here.\n")));
    json_set(a, s, "routes", routes);
    return s;
}

static struct json *http_app(struct arena *a, const struct gateway_picture *p)
{
    struct json *app = json_new_object(a);
    struct json *servers = child(a, app, "servers");

    json_set_int(a, app, "http_port", p->o->http_port);
    json_set_int(a, app, "https_port", p->o->https_port);
    json_set_int(a, app, "grace_period", GRACE_S * second);
    json_set(a, servers, "https", https_server(a, p));
    json_set(a, servers, "http", http_server_of(a, p));
    return app;
}

/* --- certificates --- */

const char *gateway__directory(const struct gateway_settings *s)
{
    const char *url = s->test_cert ? s->acme_staging : s->acme;

    return url ? url : "internal";
}

const char *gateway__issuer(struct arena *a, const struct gateway_settings *s, const char *host)
{
    const char *url = gateway__directory(s);
    const char *after = strstr(url, "://");
    char *name;
    size_t n;
    size_t i;

    if (host_is_private(host) || !after)
        return "local";
    name = arena_strdup(a, after + 3);
    n = strcspn(name, "?#");
    while (n > 0 && name[n - 1] == '/')
        n--;
    name[n] = '\0';
    for (i = 0; i < n; i++)
        if (name[i] == '/')
            name[i] = '-';
    return name;
}

/* certmagic's KeyBuilder: what a file system may dislike is left out or spelt. */
const char *gateway__issuer_folder(struct arena *a, const char *issuer)
{
    char *name = str_lower(a, issuer);
    char *out = name;
    const char *p;

    for (p = name; *p; p++)
        if (*p == ':')
            *out++ = '-';
        else if (strchr("abcdefghijklmnopqrstuvwxyz0123456789._-@", *p))
            *out++ = *p;
    *out = '\0';
    return name;
}

static struct json *acme_issuer(struct arena *a, const struct gateway_picture *p, const char *email)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "module", "acme");
    json_set_str(a, v, "ca", gateway__directory(p->settings));
    if (email)
        json_set_str(a, v, "email", email);
    if (p->settings->acme_ca)
        json_set(a, v, "trusted_roots_pem_files", strings(a, p->settings->acme_ca));
    if (p->o->bind)
        json_set_str(a, child(a, v, "challenges"), "bind_host", p->o->bind);
    return v;
}

static struct json *policy(struct arena *a, struct json *subjects, struct json *issuer)
{
    struct json *v = json_new_object(a);

    if (subjects)
        json_set(a, v, "subjects", subjects);
    json_set(a, v, "issuers", array_of(a, issuer));
    return v;
}

static const char *email_of(const struct gateway_picture *p)
{
    size_t i;

    if (p->settings->acme_email)
        return p->settings->acme_email;
    for (i = 0; i < p->server_count; i++)
        if (p->servers[i].email)
            return p->servers[i].email;
    return NULL;
}

/* Policies in order: the first whose subjects name a host decides; the last is for the rest. */
static struct json *policies(struct arena *a, const struct gateway_picture *p,
                             const struct json *hosts)
{
    struct json *list = json_new_array(a);
    struct json *internal = json_new_object(a);
    struct json *subjects = json_new_array(a);
    bool no_acme = !strstr(gateway__directory(p->settings), "://");
    size_t i;

    json_set_str(a, internal, "module", "internal");
    for (i = 0; i < json_len(hosts); i++)
        if (host_is_private(json_str(json_at(hosts, i), "")))
            json_push(a, subjects, json_copy(a, json_at(hosts, i)));
    if (json_len(subjects) > 0)
        json_push(a, list, policy(a, subjects, internal));
    for (i = 0; i < p->server_count && !no_acme; i++)
        if (p->servers[i].email && !host_is_private(p->servers[i].domain))
            json_push(a, list,
                      policy(a, strings(a, p->servers[i].domain),
                             acme_issuer(a, p, p->servers[i].email)));
    json_push(a, list, policy(a, NULL, no_acme ? internal : acme_issuer(a, p, email_of(p))));
    return list;
}

static struct json *tls_app(struct arena *a, const struct gateway_picture *p)
{
    struct json *app = json_new_object(a);
    struct json *automation = child(a, app, "automation");
    struct json *hosts = all_hosts(a, p);
    struct json *names = json_new_array(a);
    size_t i;

    for (i = 0; i < json_len(hosts); i++)
        if (p->wanted(p->ctx, json_str(json_at(hosts, i), "")))
            json_push(a, names, json_copy(a, json_at(hosts, i)));
    json_set(a, child(a, app, "certificates"), "automate", names);
    json_set_int(a, automation, "renew_interval", p->o->renew_interval_ms * (second / 1000));
    json_set(a, automation, "policies", policies(a, p, hosts));
    return app;
}

/* --- the rest --- */

static struct json *admin(struct arena *a, const char *folder)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "listen", arena_printf(a, "unix/%s/admin.sock", folder));
    json_set(a, v, "origins", strings(a, "localhost")); /* the host that requests name */
    json_set_bool(a, child(a, v, "config"), "persist", false);
    return v;
}

static struct json *log_to(struct arena *a, const char *file)
{
    struct json *log = json_new_object(a);
    struct json *writer = child(a, log, "writer");

    json_set_str(a, writer, "output", "file");
    json_set_str(a, writer, "filename", file);
    json_set_int(a, writer, "roll_size_mb", LOG_MB);
    json_set_int(a, writer, "roll_keep", LOGS_KEPT);
    json_set_bool(a, writer, "roll_gzip", false);
    json_set_str(a, child(a, log, "encoder"), "format", "json");
    json_set_str(a, log, "level", "INFO");
    return log;
}

static struct json *logging(struct arena *a, const char *folder)
{
    struct json *v = json_new_object(a);
    struct json *logs = child(a, v, "logs");
    struct json *all = log_to(a, arena_printf(a, "%s/log/caddy.log", folder));
    struct json *tls = log_to(a, arena_printf(a, "%s/log/tls.log", folder));

    json_set(a, all, "exclude", strings(a, "tls"));
    json_set(a, tls, "include", strings(a, "tls"));
    json_set(a, logs, "default", all);
    json_set(a, logs, "tls", tls);
    return v;
}

struct json *gateway__config_first(struct arena *a, const char *folder)
{
    struct json *v = json_new_object(a);

    json_set(a, v, "admin", admin(a, folder));
    json_set(a, v, "logging", logging(a, folder));
    return v;
}

struct json *gateway__config(struct arena *a, const struct gateway_picture *p)
{
    struct json *v = gateway__config_first(a, p->folder);
    struct json *storage = child(a, v, "storage");
    struct json *apps = child(a, v, "apps");
    struct json *authorities;

    json_set_str(a, storage, "module", "file_system");
    json_set_str(a, storage, "root", arena_printf(a, "%s/storage", p->folder));
    json_set(a, apps, "http", http_app(a, p));
    json_set(a, apps, "tls", tls_app(a, p));
    authorities = child(a, child(a, apps, "pki"), "certificate_authorities");
    json_set_bool(a, child(a, authorities, "local"), "install_trust", false);
    return v;
}
