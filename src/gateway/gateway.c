/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "gateway/dns.h"
#include "gateway/gateway_int.h"
#include "gateway/host.h"

/* The whole: its life, settings, and what is asked of its state. */

enum { FOLDER_MODE = 0700, END_MS = 2500 };

/* --- settings and servers, replaced whole --- */

static const char *dup_text(struct arena *a, const char *text)
{
    return text ? arena_strdup(a, text) : NULL;
}

static struct gateway_settings copy_settings(struct arena *a, const struct gateway_settings *s)
{
    const char **leads = arena_calloc(a, s->lead_count + 1, sizeof(*leads));
    size_t i;

    for (i = 0; i < s->lead_count; i++)
        leads[i] = arena_strdup(a, s->leads[i]);
    return (struct gateway_settings){.test_cert = s->test_cert,
                                     .acme = dup_text(a, s->acme),
                                     .acme_staging = dup_text(a, s->acme_staging),
                                     .acme_ca = dup_text(a, s->acme_ca),
                                     .acme_email = dup_text(a, s->acme_email),
                                     .resolver = dup_text(a, s->resolver),
                                     .leads = leads,
                                     .lead_count = s->lead_count};
}

struct gateway_settings gateway__settings(struct gateway *g, struct arena *a)
{
    lock_scope(&g->lock);
    return copy_settings(a, &g->settings);
}

static void put_settings(struct gateway *g, const struct gateway_settings *s)
{
    struct arena *a = arena_new();
    struct gateway_settings copy = copy_settings(a, s);

    lock_scope(&g->lock);
    arena_free(g->settings_texts);
    g->settings_texts = a;
    g->settings = copy;
}

void gateway_change(struct gateway *g, const struct gateway_settings *s)
{
    put_settings(g, s);
    gateway__touch(g, false);
}

void gateway_servers(struct gateway *g, const struct gateway_server *servers, size_t count)
{
    struct arena *a = arena_new();
    struct gateway_server *copy = arena_calloc(a, count + 1, sizeof(*copy));
    size_t i, n = 0;

    for (i = 0; i < count; i++) {
        const char *host = host_parse_any(a, servers[i].domain);

        if (host)
            copy[n++] =
                (struct gateway_server){host, dup_text(a, servers[i].email), servers[i].page};
    }
    {
        lock_scope(&g->lock);
        arena_free(g->server_texts);
        g->server_texts = a;
        g->servers = copy;
        g->server_count = n;
    }
    gateway__touch(g, false);
}

/* --- hosts that lead to the node --- */

static bool has_server(const struct gateway_server *servers, size_t count, const char *host)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (str_eq(servers[i].domain, host))
            return true;
    return false;
}

/* The node's own name, when it is https on the port that the gateway serves. */
static const char *public_host(const struct gateway *g, struct arena *a)
{
    int port;
    const char *host = host_of_url(a, g->o.public_url, &port);

    return host && (port < 0 ? 443 : port) == g->o.https_port ? host : NULL;
}

void gateway__market(struct gateway *g, struct arena *a, struct gateway_server **ret,
                     size_t *ret_count)
{
    const char *public = public_host(g, a);
    struct gateway_server *all;
    size_t count, i;

    lock_scope(&g->lock);
    all = arena_calloc(a, g->server_count + 2, sizeof(*all));
    for (count = 0, i = 0; i < g->server_count; i++)
        if (!has_server(all, count, g->servers[i].domain))
            all[count++] =
                (struct gateway_server){arena_strdup(a, g->servers[i].domain),
                                        dup_text(a, g->servers[i].email), g->servers[i].page};
    if (public && !has_server(all, count, public))
        all[count++] = (struct gateway_server){public, NULL, false};
    if (str_eq(g->o.base_domain, "localhost") && !has_server(all, count, "localhost"))
        all[count++] = (struct gateway_server){"localhost", NULL, true};
    *ret = all;
    *ret_count = count;
}

bool gateway__is_ours(struct gateway *g, struct arena *a, const char *host)
{
    struct gateway_server *servers;
    size_t count;

    gateway__market(g, a, &servers, &count);
    return str_eq(host, g->o.base_domain) || has_server(servers, count, host);
}

const char *gateway_url(const struct gateway *g, struct arena *a, const char *host)
{
    if (g->o.https_port == 443)
        return arena_printf(a, "https://%s", host);
    return arena_printf(a, "https://%s:%d", host, g->o.https_port);
}

const char *gateway_market_url(struct gateway *g, struct arena *a)
{
    struct gateway_server *servers;
    size_t count, i;

    gateway__market(g, a, &servers, &count);
    for (i = 0; i < count; i++)
        if (servers[i].page)
            return gateway_url(g, a, servers[i].domain);
    if (count == 0 && g->o.public_url)
        return arena_strdup(a, g->o.public_url);
    return gateway_url(g, a, count ? servers[0].domain : "localhost");
}

/* --- what is asked of its state --- */

const char *gateway__explain(struct arena *a, const struct gateway_trouble *t)
{
    char when[CLOCK_ISO_SIZE];
    const char *again = "it is asked again now";

    clock_iso_s(t->retry_at / 1000, when);
    if (t->retry_at > clock_ms())
        again = arena_printf(a, "it is asked again at %s", when);
    if (strstr(t->text, ":rateLimited"))
        return arena_printf(a, "the authority has been asked too often (%.400s); %s", t->text,
                            again);
    return arena_printf(a, "the authority gave no certificate (%.400s); %s", t->text, again);
}

static const char *what_is_missing(struct gateway *g, struct arena *a)
{
    if (!g->o.enabled)
        return "the gateway of this node is off";
    lock_scope(&g->lock);
    if (g->problem)
        return arena_printf(a, "the gateway does not run: %s", g->problem);
    return g->running ? NULL : "the gateway is starting";
}

enum gateway_state gateway__state(struct gateway *g, struct arena *a, const char *host,
                                  const char **ret_reason)
{
    const struct gateway_settings s = gateway__settings(g, a);
    const char *issuer = gateway__issuer(a, &s, host);
    const char *missing = what_is_missing(g, a);
    const char *trouble = NULL;
    struct gateway_cert cert;

    if (missing) {
        *ret_reason = missing;
        return GATEWAY_READY;
    }
    {
        lock_scope(&g->lock);
        const struct gateway_trouble *t = gateway__trouble(&g->watch, host, issuer);

        trouble = t ? gateway__explain(a, t) : NULL;
    }
    if (gateway__cert(a, g->storage, issuer, host, &cert) && cert.not_after > clock_ms()) {
        *ret_reason = trouble ? arena_printf(a, "the certificate is not renewed: %s", trouble) : "";
        return GATEWAY_SERVING;
    }
    *ret_reason = trouble ? trouble : "its certificate is on the way";
    return trouble ? GATEWAY_FAILED : GATEWAY_READY;
}

/* --- life --- */

static struct gateway_options copy_options(struct arena *a, const struct gateway_options *o)
{
    struct gateway_options copy = *o;

    copy.folder = dup_text(a, o->folder);
    copy.caddy = dup_text(a, o->caddy);
    copy.bind = dup_text(a, o->bind);
    copy.public_url = dup_text(a, o->public_url);
    copy.settings = (struct gateway_settings){.acme = NULL};
    return copy;
}

static int check(struct gateway *g, const struct gateway_options *o, struct err *e)
{
    const char *base = host_parse_any(g->texts, o->base_domain);

    if (!base)
        return failed(e, INVALID, "BASE_DOMAIN: \"%.100s\" is no domain name", o->base_domain);
    if (o->settings.resolver && !dns_resolver_is_valid(o->settings.resolver))
        return failed(e, INVALID, "DNS_RESOLVER: \"%.100s\" is neither ADDRESS nor ADDRESS:PORT",
                      o->settings.resolver);
    if (o->http_port == o->https_port)
        return failed(e, INVALID, "GATEWAY_HTTP_PORT and GATEWAY_HTTPS_PORT must differ");
    g->o.base_domain = base;
    return 0;
}

static int make_folders(struct gateway *g, struct err *e)
{
    struct sockaddr_un limit;
    _free_ char *absolute = NULL;

    if (fs_mkdirs(arena_printf(g->texts, "%s/log", g->o.folder), FOLDER_MODE, e) < 0)
        return err_wrap(e, "gateway");
    absolute = realpath(g->o.folder, NULL);
    if (!absolute)
        return failed(e, FAILED, "gateway: %s: %m", g->o.folder);
    g->folder = arena_strdup(g->texts, absolute);
    g->socket = arena_printf(g->texts, "%s/admin.sock", g->folder);
    g->log = arena_printf(g->texts, "%s/log/tls.log", g->folder);
    g->storage = arena_printf(g->texts, "%s/storage", g->folder);
    if (g->o.enabled && strlen(g->socket) >= sizeof(limit.sun_path))
        return failed(e, INVALID, "gateway: the path %s is too long for a socket", g->socket);
    return 0;
}

int gateway_new(const struct gateway_options *o, struct gateway **ret, struct err *e)
{
    struct gateway *g = xcalloc(1, sizeof(*g));

    must(pthread_mutex_init(&g->lock, NULL) == 0);
    g->texts = arena_new();
    g->loaded_texts = arena_new();
    g->o = copy_options(g->texts, o);
    g->caddy.pidfd = g->inotify = -1;
    g->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(g->wake >= 0);
    gateway__watch_init(&g->watch);
    if (check(g, o, e) < 0 || make_folders(g, e) < 0) {
        gateway_free(g);
        return -1;
    }
    put_settings(g, &o->settings);
    *ret = g;
    return 0;
}

void gateway_start(struct gateway *g, const struct gateway_node *node)
{
    struct gateway_process old;
    const char *log = arena_printf(g->texts, "%s/log", g->folder);

    if (!g->o.enabled) { /* one that was kept, and is not wanted any more */
        if (gateway__process_take(g->socket, &old) == 0)
            gateway__process_end(&old, END_MS);
        return;
    }
    g->node = (struct gateway_node){arena_strdup(g->texts, node->address), node->port, node->tls};
    g->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (g->inotify >= 0)
        (void)inotify_add_watch(g->inotify, log, IN_MODIFY | IN_CREATE | IN_MOVED_TO);
    {
        lock_scope(&g->lock);
        g->dirty = true;
    }
    g->started = true;
    thread_start(&g->thread, "gateway", gateway__run, g);
}

void gateway_stop(struct gateway *g)
{
    if (!g || !g->started)
        return;
    {
        lock_scope(&g->lock);
        g->stopping = true;
    }
    gateway__wake(g);
    (void)pthread_join(g->thread, NULL);
    g->started = false;
    if (!g->o.keep)
        gateway__process_end(&g->caddy, END_MS);
    else if (g->caddy.pidfd >= 0)
        close(g->caddy.pidfd);
}

void gateway_free(struct gateway *g)
{
    if (!g)
        return;
    gateway_stop(g);
    close(g->wake);
    if (g->inotify >= 0)
        close(g->inotify);
    gateway__watch_done(&g->watch);
    arena_free(g->settings_texts);
    arena_free(g->server_texts);
    arena_free(g->loaded_texts);
    arena_free(g->texts);
    free(g->problem);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

void gateway__touch(struct gateway *g, bool force)
{
    {
        lock_scope(&g->lock);
        g->dirty = g->news = true;
        g->force = g->force || force;
    }
    gateway__wake(g);
}

bool gateway_is_on(const struct gateway *g)
{
    return g->o.enabled;
}

void gateway_refresh(struct gateway *g)
{
    gateway__touch(g, true);
}
