/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "net/net_int.h"

enum { IDLE_MAX = 16, BODY_DEFAULT_MAX = 16 * 1048576, KEY_MAX = 160, READ_SIZE = 32 * 1024 };

/* An easy handle and its connections; `key` names the peer it talked to last. */
struct handle {
    struct list link;
    CURL *easy;
    char key[KEY_MAX];
};

struct call {
    struct transfer t;
    struct buf body;
    const struct net_source *source;
};

static void handle_free(struct handle *h)
{
    curl_easy_cleanup(h->easy);
    free(h);
}

/* A handle that has a connection to this peer, else a new one. */
static struct handle *handle_take(struct net *n, const struct net_request *r)
{
    char key[KEY_MAX];
    const char *host = strstr(r->url, "://");
    struct list *item;
    struct list *next;
    struct handle *h;

    host = host ? host + 3 : r->url;
    (void)snprintf(key, sizeof(key), "%s|%.*s", r->unix_socket ? r->unix_socket : "",
                   (int)(host - r->url) + (int)strcspn(host, "/?#"), r->url);
    pthread_mutex_lock(&n->lock);
    list_for_each(item, next, &n->idle)
    {
        h = container_of(item, struct handle, link);
        if (str_eq(h->key, key)) {
            list_remove(item);
            n->idle_count--;
            pthread_mutex_unlock(&n->lock);
            return h;
        }
    }
    pthread_mutex_unlock(&n->lock);
    h = xcalloc(1, sizeof(*h));
    list_init(&h->link);
    (void)str_copy(h->key, sizeof(h->key), key);
    h->easy = curl_easy_init();
    must(h->easy);
    return h;
}

static void handle_put(struct net *n, struct handle *h)
{
    struct list *oldest = NULL;

    curl_easy_reset(h->easy);
    pthread_mutex_lock(&n->lock);
    list_push(&n->idle, &h->link);
    if (++n->idle_count > IDLE_MAX) {
        oldest = list_pop(&n->idle);
        n->idle_count--;
    }
    pthread_mutex_unlock(&n->lock);
    if (oldest)
        handle_free(container_of(oldest, struct handle, link));
}

void net__idle_free(struct net *n)
{
    struct list *item;

    while ((item = list_pop(&n->idle)))
        handle_free(container_of(item, struct handle, link));
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct call *c = arg;

    buf_add(&c->body, p, size * n);
    return c->body.full ? 0 : size * n;
}

static size_t on_source(char *out, size_t size, size_t n, void *arg)
{
    const struct call *c = arg;
    int64_t got = c->source->read(c->source->ctx, out, size * n);

    return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
}

static int perform(struct call *c, struct arena *a, const struct net_request *r,
                   struct net_response *ret, struct err *e)
{
    CURL *easy = c->t.easy;
    CURLcode rc;

    must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request_timeout(r)) == CURLE_OK);
    /* Refused when the handle still has the buffer of an earlier transfer: that one does too. */
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)READ_SIZE);
    must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, c) == CURLE_OK);
    if (r->source) {
        must(curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_source) == CURLE_OK);
        must(curl_easy_setopt(easy, CURLOPT_READDATA, c) == CURLE_OK);
    }
    rc = curl_easy_perform(easy);
    if (c->body.full)
        return failed(e, TOO_LARGE, "%s: the answer is larger than %zu bytes", c->t.host,
                      c->body.max);
    if (rc != CURLE_OK)
        return transfer_failed(&c->t, rc, e);
    transfer_note_size(&c->t);
    transfer_response(&c->t, a, ret);
    ret->body.n = c->body.len;
    ret->body.p = arena_strndup(a, buf_str(&c->body), c->body.len);
    return 0;
}

int net_call(struct net *n, struct arena *a, const struct net_request *r, struct net_response *ret,
             struct err *e)
{
    struct call c = {.body = BUF_INIT(r->max_body ? r->max_body : BODY_DEFAULT_MAX),
                     .source = r->source};
    struct handle *h = handle_take(n, r);
    int rc;

    rc = transfer_init(&c.t, n, h->easy, r, e);
    if (rc == 0)
        rc = perform(&c, a, r, ret, e);
    transfer_done(&c.t);
    buf_done(&c.body);
    handle_put(n, h);
    return rc;
}
