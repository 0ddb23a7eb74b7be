/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "gateway/gateway_int.h"

/*
 * The gateway's thread: keeps a Caddy running, gives it the configuration when that has changed,
 * and listens to what it says of certificates. It sleeps until one of those happens.
 */

enum {
    CONFIG_MAX = 64 * 1048576,
    ANSWER_MAX = 65536,
    LOAD_MS = 60000,
    PAUSE_FIRST_MS = 1000,
    PAUSE_MOST_MS = 60000,
    PATIENCE_MS = 8000
};

void gateway__wake(struct gateway *g)
{
    const uint64_t one = 1;

    if (write(g->wake, &one, sizeof(one)) < 0)
        must(errno == EAGAIN); /* it is awake already */
}

/* --- what Caddy says --- */

struct told {
    struct arena *arena;
    struct json *hosts;
};

static void take_note(void *ctx, const char *host)
{
    struct told *t = ctx;

    json_push(t->arena, t->hosts, json_new_str(t->arena, host));
}

static void tell(struct gateway *g, const char *host)
{
    _arena_ struct arena *a = arena_new();
    struct gateway_owner owner;
    bool found = false;
    struct err e;

    if (g->o.changed && gateway_host_find(g, a, host, &found, &owner, &e) == 0 && found)
        g->o.changed(g->o.ctx, owner.deployment);
}

static void listen_to_caddy(struct gateway *g)
{
    _arena_ struct arena *a = arena_new();
    struct told told = {a, json_new_array(a)};
    size_t i;

    {
        lock_scope(&g->lock);
        gateway__watch_read(&g->watch, g->log, take_note, &told);
    }
    for (i = 0; i < json_len(told.hosts); i++)
        tell(g, json_str(json_at(told.hosts, i), ""));
}

/* --- the configuration --- */

struct asking {
    struct gateway *g;
    const struct gateway_settings *settings;
    struct arena *arena;
    bool strict; /* leave out what waits, also if Caddy is busy with it by itself */
};

static bool is_asked(const struct gateway *g, const char *host)
{
    size_t i;

    for (i = 0; i < json_len(g->asked); i++)
        if (str_eq(json_str(json_at(g->asked, i), ""), host))
            return true;
    return false;
}

/*
 * A new configuration makes Caddy ask for everything it lacks at once, whatever it had been told
 * about waiting. So a name that was refused is left out until its time has come.
 */
static bool is_wanted(void *ctx, const char *host)
{
    const struct asking *k = ctx;
    const struct gateway_trouble *t;

    if (!k->strict && is_asked(k->g, host))
        return true;
    lock_scope(&k->g->lock);
    t = gateway__trouble(&k->g->watch, host, gateway__issuer(k->arena, k->settings, host));
    return !t || t->retry_at <= clock_ms();
}

static int make(struct gateway *g, struct arena *a, bool strict, struct json **ret, struct err *e)
{
    const struct gateway_settings settings = gateway__settings(g, a);
    struct asking asking = {g, &settings, a, strict};
    struct gateway_server *servers;
    struct gateway_picture p = {.o = &g->o,
                                .settings = &settings,
                                .node = &g->node,
                                .folder = g->folder,
                                .wanted = is_wanted,
                                .ctx = &asking};

    gateway__market(g, a, &servers, &p.server_count);
    p.servers = servers;
    if (gateway__routes(g, a, NULL, &p.rows, e) < 0 ||
        gateway__claims(g, a, NULL, &p.claims, e) < 0)
        return -1;
    *ret = gateway__config(a, &p);
    return 0;
}

/* Caddy's own words, when it answers with any. */
static int not_loaded(struct arena *a, const struct net_response *r, struct err *e)
{
    struct json *j;
    struct err ignored;
    const char *text = "";

    if (json_parse(a, r->body.p, r->body.n, &j, &ignored) == 0)
        text = json_get_str(j, "error", "");
    return failed(e, FAILED, "Caddy refuses its configuration: %.600s", text);
}

/* A text that Caddy has already is nothing to it (nobody's connection ends), unless `again`. */
static int load(struct gateway *g, struct arena *a, const char *text, bool again, struct err *e)
{
    static const struct net_header headers[] = {{"Content-Type", "application/json"},
                                                {"Cache-Control", "must-revalidate"}};
    const struct net_request q = {.method = "POST",
                                  .url = "http://localhost/load",
                                  .unix_socket = g->socket,
                                  .headers = headers,
                                  .header_count = again ? ARRAY_LEN(headers) : 1,
                                  .body = text,
                                  .body_len = strlen(text),
                                  .max_body = ANSWER_MAX,
                                  .timeout_ms = LOAD_MS};
    struct net_response r;

    if (net_call(g->o.net, a, &q, &r, e) < 0)
        return err_wrap(e, "Caddy");
    return r.status == 200 ? 0 : not_loaded(a, &r, e);
}

static void remember(struct gateway *g, struct json *config, const char *text)
{
    struct arena *a = arena_new();

    g->asked = json_copy(a, json_path(config, "apps.tls.certificates.automate"));
    g->loaded = arena_strdup(a, text);
    arena_free(g->loaded_texts);
    g->loaded_texts = a;
}

/* Makes it, and loads it unless Caddy has it. */
static int bring_up_to_date(struct gateway *g, bool force, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *config;
    const char *text;

    if (!force && g->loaded) {
        if (make(g, a, false, &config, e) < 0)
            return -1;
        if (str_eq(json_text(a, config), g->loaded))
            return 0;
    }
    if (make(g, a, true, &config, e) < 0)
        return -1;
    text = json_text(a, config);
    if (load(g, a, text, force, e) < 0)
        return -1;
    remember(g, config, text);
    return 0;
}

/* --- the process --- */

static int ensure_caddy(struct gateway *g, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *first;

    if (g->caddy.pid)
        return 0;
    g->loaded = NULL;
    g->asked = NULL;
    if (gateway__process_take(g->socket, &g->caddy) == 0) {
        log_info("gateway", "Caddy (process %d) serves already, taken over", (int)g->caddy.pid);
        return 0;
    }
    first = json_text(a, gateway__config_first(a, g->folder));
    if (fs_write(arena_printf(a, "%s/first.json", g->folder), first, strlen(first), 0600, e) < 0 ||
        gateway__process_start(g->o.caddy, g->folder, &g->caddy, e) < 0)
        return -1;
    log_info("gateway", "Caddy started (process %d)", (int)g->caddy.pid);
    lock_scope(&g->lock);
    gateway__watch_idle(&g->watch); /* what an earlier one was about to do */
    return 0;
}

static void note_end(struct gateway *g)
{
    struct pollfd look = {.fd = g->caddy.pidfd, .events = POLLIN};

    if (!g->caddy.pid || poll(&look, 1, 0) <= 0)
        return;
    log_warn("gateway", "Caddy (process %d) has ended", (int)g->caddy.pid);
    gateway__process_gone(&g->caddy);
    lock_scope(&g->lock);
    gateway__watch_idle(&g->watch);
    g->running = false;
    g->dirty = true;
}

/* What is due and was not asked for, though all that is served was: hosts that are gone. */
static void forget_the_gone(struct gateway *g)
{
    int64_t now = clock_ms();
    struct list *item;
    struct list *following;

    list_for_each(item, following, &g->watch.troubles)
    {
        struct gateway_trouble *t = container_of(item, struct gateway_trouble, link);

        if (t->times > 0 && t->retry_at <= now && !is_asked(g, t->host))
            gateway__trouble_forget(&g->watch, t->host);
    }
}

static void note_success(struct gateway *g)
{
    g->failures = 0;
    g->again_at = 0;
    lock_scope(&g->lock);
    forget_the_gone(g);
    if (!g->running)
        log_info("gateway", "serving on ports %d and %d", g->o.https_port, g->o.http_port);
    g->running = true;
    free(g->problem);
    g->problem = NULL;
}

static void note_failure(struct gateway *g, bool force, const struct err *e)
{
    int64_t pause = PAUSE_FIRST_MS << (g->failures < 6 ? g->failures : 6);

    if (g->failures++ == 0)
        log_warn("gateway", "%s", e->msg);
    g->again_at = clock_mono_ms() + (pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS);
    lock_scope(&g->lock);
    g->dirty = true;
    g->force = g->force || force;
    free(g->problem);
    g->problem = xstrdup(e->msg);
}

/* One that does not answer, though it listens, is of no use to anybody. */
static void end_the_deaf(struct gateway *g, const struct err *e)
{
    if (e->code != ERR_TIMEOUT || !g->caddy.pid)
        return;
    log_warn("gateway", "Caddy (process %d) does not answer and is ended", (int)g->caddy.pid);
    gateway__process_end(&g->caddy, 0);
}

/*
 * A new configuration breaks off what Caddy is asking for, and the authority counts what was begun.
 * So changes wait a little for each other, and are given when it is idle.
 */
static bool has_to_wait(struct gateway *g, bool force)
{
    int64_t now = clock_mono_ms();

    if (!g->dirty_since)
        g->dirty_since = now;
    return !force && g->loaded && g->watch.asking > 0 && now < g->dirty_since + PATIENCE_MS;
}

/* Whether there is something to do now; what waits stays marked. */
static bool take_work(struct gateway *g, bool *ret_force)
{
    lock_scope(&g->lock);
    if (g->again_at && clock_mono_ms() < g->again_at && !g->news)
        return false;
    if (!g->dirty && g->caddy.pid)
        return false;
    if (has_to_wait(g, g->force))
        return false;
    *ret_force = g->force;
    g->dirty = g->force = g->news = false;
    g->dirty_since = 0;
    return true;
}

static void work(struct gateway *g)
{
    bool force;
    struct err e;

    note_end(g);
    if (!take_work(g, &force))
        return;
    if (ensure_caddy(g, &e) == 0 && bring_up_to_date(g, force, &e) == 0) {
        note_success(g);
        return;
    }
    note_failure(g, force, &e);
    end_the_deaf(g, &e);
}

/* --- sleeping --- */

/* When a name that was left out may be asked for again; -1: there is none. In ms from now. */
static int64_t next_due(struct gateway *g)
{
    int64_t now = clock_ms();
    int64_t least = -1;
    struct list *item;
    struct list *following;

    lock_scope(&g->lock);
    list_for_each(item, following, &g->watch.troubles)
    {
        const struct gateway_trouble *t = container_of(item, struct gateway_trouble, link);

        if (t->times == 0 || is_asked(g, t->host)) /* Caddy does that by itself */
            continue;
        if (t->retry_at <= now)
            g->dirty = true;
        if (least < 0 || t->retry_at - now < least)
            least = t->retry_at > now ? t->retry_at - now : 0;
    }
    return least;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t until_then(int64_t monotonic)
{
    int64_t left = monotonic - clock_mono_ms();

    return left > 0 ? left : 0;
}

static int sleep_ms(struct gateway *g)
{
    int64_t ms = next_due(g);

    if (g->again_at) /* nothing else is done before, unless there is news */
        return (int)until_then(g->again_at);
    if (g->dirty_since)
        ms = sooner(ms, until_then(g->dirty_since + PATIENCE_MS));
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void sleep_until_something(struct gateway *g)
{
    struct pollfd on[] = {{.fd = g->wake, .events = POLLIN},
                          {.fd = g->inotify, .events = POLLIN},
                          {.fd = g->caddy.pidfd, .events = POLLIN}};
    char drain[4096];
    size_t i;

    (void)poll(on, ARRAY_LEN(on), sleep_ms(g));
    for (i = 0; i < 2; i++)
        while (on[i].fd >= 0 && read(on[i].fd, drain, sizeof(drain)) > 0)
            ;
}

static bool is_stopping(struct gateway *g)
{
    lock_scope(&g->lock);
    return g->stopping;
}

void *gateway__run(void *arg)
{
    struct gateway *g = arg;

    while (!is_stopping(g)) {
        listen_to_caddy(g);
        work(g);
        sleep_until_something(g);
    }
    return NULL;
}
