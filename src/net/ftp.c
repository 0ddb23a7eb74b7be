/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/must.h"
#include "net/stream_int.h"

/*
 * FTP transfers, each on a thread of its own. libcurl waits inside its functions for what an FTP
 * server says after the data and to QUIT; on the net thread one server that says nothing would
 * hold up every other transfer. Connections are not kept, for the same reason.
 */

enum {
    TRANSFERS_MAX = 64,
    LOOK_MS = 500 /* how often a thread that waits looks whether it should go on */
};

static bool is_over(const struct stream *s)
{
    return s->closed || s->up_broken || atomic_load(&s->net->stopping);
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct stream *s = arg;

    n *= size;
    lock_scope(&s->lock);
    if (!s->head_done) {
        transfer_note_size(&s->t);
        s->t.head_done = true;
        s->head_done = true;
    }
    while (s->down.cap - s->down.len < n && !is_over(s)) {
        s->down_paused = true;
        (void)cond_wait_ms(&s->changed, &s->lock, LOOK_MS);
    }
    s->down_paused = false;
    s->last = clock_mono_ms();
    if (is_over(s))
        return 0;
    if (s->skip >= (int64_t)n) {
        s->skip -= (int64_t)n;
        return n;
    }
    ring_put(&s->down, p + s->skip, n - (size_t)s->skip);
    s->skip = 0;
    stream__announce(s);
    return n;
}

static size_t on_upload(char *out, size_t size, size_t n, void *arg)
{
    struct stream *s = arg;
    size_t got;

    lock_scope(&s->lock);
    while (s->up.len == 0 && s->up_open && !is_over(s)) {
        s->up_paused = true;
        (void)cond_wait_ms(&s->changed, &s->lock, LOOK_MS);
    }
    s->up_paused = false;
    s->last = clock_mono_ms();
    if (is_over(s))
        return CURL_READFUNC_ABORT;
    got = ring_get(&s->up, out, size * n);
    stream__announce(s);
    return got;
}

/* Called by libcurl at least once a second, whatever it waits for. */
static int on_progress(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
                       curl_off_t ulnow)
{
    struct stream *s = arg;

    (void)dltotal;
    (void)dlnow;
    (void)ultotal;
    (void)ulnow;
    lock_scope(&s->lock);
    s->silent = s->silence_ms > 0 && clock_mono_ms() - s->last > s->silence_ms;
    return is_over(s) || s->silent ? 1 : 0;
}

/* The stream's last breath; what its owner has closed already is freed here. */
static void finish(struct stream *s, CURLcode rc)
{
    struct net *n = s->net;
    struct err e;
    bool closed;

    pthread_mutex_lock(&s->lock);
    if (!s->head_done)
        transfer_note_size(&s->t);
    s->failed = rc != CURLE_OK;
    if (s->silent)
        rc = CURLE_OPERATION_TIMEDOUT;
    if (s->failed) {
        (void)transfer_failed(&s->t, rc, &e);
        s->err = e;
    }
    curl_easy_cleanup(s->t.easy);
    s->t.easy = NULL;
    s->done = true;
    s->ended = true;
    stream__announce(s);
    closed = s->closed;
    pthread_mutex_unlock(&s->lock);
    if (closed)
        stream__free(s);
    pthread_mutex_lock(&n->lock);
    n->ftp_count--;
    pthread_cond_broadcast(&n->ftp_ended);
    pthread_mutex_unlock(&n->lock);
}

static void *run(void *arg)
{
    struct stream *s = arg;

    finish(s, curl_easy_perform(s->t.easy));
    return NULL;
}

static bool take_place(struct net *n)
{
    lock_scope(&n->lock);
    if (n->ftp_count == TRANSFERS_MAX)
        return false;
    n->ftp_count++;
    return true;
}

int ftp__start(struct stream *s, const struct net_request *r, struct err *e)
{
    CURL *easy = s->t.easy;
    pthread_t thread;

    must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, s) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_XFERINFODATA, s) == CURLE_OK);
    if (r->source) {
        must(curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload) == CURLE_OK);
        must(curl_easy_setopt(easy, CURLOPT_READDATA, s) == CURLE_OK);
    }
    if (!take_place(s->net)) {
        (void)failed(e, FAILED, "%d FTP transfers are under way already", TRANSFERS_MAX);
        return err_transient(e);
    }
    thread_start(&thread, "net-ftp", run, s);
    (void)pthread_detach(thread);
    return 0;
}

void ftp__await_all(struct net *n)
{
    lock_scope(&n->lock);
    while (n->ftp_count > 0)
        (void)cond_wait_ms(&n->ftp_ended, &n->lock, -1);
}
