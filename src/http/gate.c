/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "crypto/random.h"
#include "http/http_int.h"
#include "net/guard.h"

/*
 * Counts requests for each client address in fixed windows of a minute. The table is bounded: a
 * client that is refused is not remembered, and the client unseen for longest makes room.
 */
enum { WINDOW_MS = 60000, BUCKETS = 1024, CLIENTS_MAX = 16384 };

struct client {
    struct list chain; /* of its bucket */
    struct list age;   /* of the gate, least recently seen first */
    int64_t window;    /* when it opened */
    int64_t seen;
    bool asks; /* in budget 0, and so counts among the clients */
    unsigned count[HTTP_BUDGETS];
    char peer[PEER_TEXT];
};

struct gate {
    unsigned rate[HTTP_BUDGETS];
    unsigned max_clients;
    char **denied;
    size_t denied_count;
    char **proxies;
    size_t proxy_count;
    uint64_t seed; /* strangers must not be able to aim at one bucket */
    struct list buckets[BUCKETS];
    struct list age;
    size_t count;
    size_t asking; /* of them */
};

static char **copy_texts(const char *const *from, size_t n)
{
    char **to = xcalloc(n + 1, sizeof(*to));
    size_t i;

    for (i = 0; i < n; i++)
        to[i] = xstrdup(from[i]);
    return to;
}

static void free_texts(char **texts)
{
    size_t i;

    for (i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
}

struct gate *gate_new(const struct http_options *o)
{
    struct gate *g = xcalloc(1, sizeof(*g));
    size_t i;

    memcpy(g->rate, o->rate_limits, sizeof(g->rate));
    g->max_clients = o->max_clients;
    g->denied = copy_texts(o->denied, o->denied_count);
    g->denied_count = o->denied_count;
    g->proxies = copy_texts(o->proxies, o->proxy_count);
    g->proxy_count = o->proxy_count;
    random_bytes(&g->seed, sizeof(g->seed));
    for (i = 0; i < BUCKETS; i++)
        list_init(&g->buckets[i]);
    list_init(&g->age);
    return g;
}

static void forget(struct gate *g, struct client *c)
{
    list_remove(&c->chain);
    list_remove(&c->age);
    g->count--;
    g->asking -= c->asks;
    free(c);
}

void gate_free(struct gate *g)
{
    while (!list_empty(&g->age))
        forget(g, container_of(g->age.next, struct client, age));
    free_texts(g->denied);
    free_texts(g->proxies);
    free(g);
}

/* The texts are addresses and networks. */
static bool listed(char *const *texts, size_t n, const char *s)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (str_ieq(texts[i], s) || (strchr(texts[i], '/') && guard_network_has(texts[i], s)))
            return true;
    return false;
}

/* The last header of that name: a proxy may add a line of its own below the client's. */
static const char *last_header(const struct http_request *r, const char *name)
{
    size_t i;

    for (i = r->header_count; i > 0; i--)
        if (str_eq(r->headers[i - 1].name, name))
            return r->headers[i - 1].value;
    return NULL;
}

static const char *told_peer(const struct gate *g, const struct http_request *r, const char *chain)
{
    const char *end;
    char peer[PEER_TEXT];
    bool found = false;

    /* From the right: the last address that is not one of our own proxies. */
    for (end = chain + strlen(chain); end;) {
        const char *comma = memrchr(chain, ',', (size_t)(end - chain));
        const char *first = comma ? comma + 1 : chain;
        size_t n;

        first += strspn(first, " \t");
        n = strcspn(first, " \t,");
        if (n == 0 || n >= sizeof(peer))
            break;
        memcpy(peer, first, n);
        peer[n] = '\0';
        found = true;
        end = listed(g->proxies, g->proxy_count, peer) ? comma : NULL;
    }
    return found ? arena_strdup(r->arena, peer) : r->peer;
}

void gate_look(const struct gate *g, struct http_request *r)
{
    const char *chain = last_header(r, "x-forwarded-for");
    const char *scheme = last_header(r, "x-forwarded-proto");
    bool others =
        last_header(r, "forwarded") || last_header(r, "x-real-ip") || last_header(r, "via");

    if (!listed(g->proxies, g->proxy_count, r->peer)) {
        r->forwarded = chain || scheme || others;
        return;
    }
    r->forwarded = others && !chain; /* it does not say for whom in a way that we know */
    if (chain)
        r->peer = told_peer(g, r, chain);
    if (scheme)
        r->secure = str_eq(scheme, "https");
}

void gate_take(struct gate *g, struct gate *limits)
{
    free_texts(g->denied);
    free_texts(g->proxies);
    memcpy(g->rate, limits->rate, sizeof(g->rate));
    g->max_clients = limits->max_clients;
    g->denied = limits->denied;
    g->denied_count = limits->denied_count;
    g->proxies = limits->proxies;
    g->proxy_count = limits->proxy_count;
    limits->denied = limits->proxies = NULL;
    gate_free(limits);
}

static struct list *bucket(struct gate *g, const char *peer)
{
    uint64_t h = g->seed;

    for (; *peer; peer++)
        h = (h ^ (unsigned char)*peer) * UINT64_C(0x100000001b3);
    return &g->buckets[(h ^ h >> 29) % BUCKETS];
}

static struct client *find(struct gate *g, const char *peer)
{
    struct list *head = bucket(g, peer);
    struct list *item;
    struct list *following;

    list_for_each(item, following, head)
    {
        struct client *c = container_of(item, struct client, chain);

        if (str_eq(c->peer, peer))
            return c;
    }
    return NULL;
}

static void forget_old(struct gate *g, int64_t now_ms)
{
    while (!list_empty(&g->age)) {
        struct client *c = container_of(g->age.next, struct client, age);

        if (g->count < CLIENTS_MAX && now_ms - c->seen < WINDOW_MS)
            break;
        forget(g, c);
    }
}

static struct client *remember(struct gate *g, const char *peer, int64_t now_ms)
{
    struct client *c = xcalloc(1, sizeof(*c));

    (void)str_copy(c->peer, sizeof(c->peer), peer);
    list_push(bucket(g, c->peer), &c->chain);
    list_init(&c->age);
    c->window = now_ms;
    g->count++;
    return c;
}

/* The answer is the error; false, for `return refuse(...)`. */
static bool refuse(const struct http_request *r, struct http_reply *reply, const struct err *e)
{
    reply_refused(r, reply, e);
    return false;
}

/* The client's entry, counted among the clients if it is to be; NULL when there are too many. */
static struct client *client_of(struct gate *g, const struct http_request *r, unsigned budget,
                                int64_t now_ms)
{
    struct client *c = find(g, r->peer);
    bool asks = budget == 0 && !(c && c->asks);

    if (asks && g->max_clients > 0 && g->asking >= g->max_clients)
        return NULL;
    if (!c)
        c = remember(g, r->peer, now_ms);
    if (asks) {
        c->asks = true;
        g->asking++;
    }
    c->seen = now_ms;
    list_remove(&c->age);
    list_push(&g->age, &c->age);
    return c;
}

bool gate_pass(struct gate *g, const struct http_request *r, unsigned budget, int64_t now_ms,
               struct http_reply *reply)
{
    unsigned rate = g->rate[budget];
    struct client *c;
    struct err e;

    if (listed(g->denied, g->denied_count, r->peer)) {
        refused(&e, REQUEST_DENIED);
        return refuse(r, reply, &e);
    }
    if (rate == 0 && (g->max_clients == 0 || budget > 0))
        return true;
    forget_old(g, now_ms);
    c = client_of(g, r, budget, now_ms);
    if (!c) {
        refused(&e, TOO_MANY_CLIENTS, g->asking + 1, g->max_clients);
        return refuse(r, reply, &e);
    }
    if (now_ms - c->window >= WINDOW_MS) {
        c->window = now_ms;
        memset(c->count, 0, sizeof(c->count));
    }
    if (rate > 0 && c->count[budget] >= rate) {
        refused(&e, RATE_LIMIT, (long long)((c->window + WINDOW_MS - now_ms + 999) / 1000));
        return refuse(r, reply, &e);
    }
    c->count[budget]++;
    return true;
}
