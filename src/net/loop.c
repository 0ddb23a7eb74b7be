/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "base/must.h"
#include "net/stream_int.h"

/* The net thread: all streams of a process over one multi handle. */
enum {
    READ_SIZE = 128 * 1024, /* of one recv(2); curl hands it on in pieces of 16 KiB */
    ANNOUNCE_AT = 128 * 1024,
    CONNECTIONS_MAX = 32, /* kept idle */
    IDLE_WAIT_MS = 60000  /* when nothing is going on */
};

void stream__ask(struct stream *s, enum todo what)
{
    struct net *n = s->net;
    bool first;

    if (s->t.is_ftp) { /* whoever asks holds s->lock */
        pthread_cond_broadcast(&s->changed);
        return;
    }
    pthread_mutex_lock(&n->lock);
    s->todo |= (unsigned)what;
    first = list_empty(&s->todo_link);
    if (first)
        list_push(&n->todo, &s->todo_link);
    pthread_mutex_unlock(&n->lock);
    if (first)
        (void)curl_multi_wakeup(n->multi);
}

void stream__announce(struct stream *s)
{
    pthread_cond_broadcast(&s->changed);
    if (s->armed && s->ready) {
        s->armed = false;
        s->ready(s->ready_arg);
    }
}

static void on_head(struct transfer *t)
{
    struct stream *s = container_of(t, struct stream, t);

    s->last = clock_mono_ms();
    s->net->next_check = 0; /* it had the time for connecting on top */
    lock_scope(&s->lock);
    s->head_done = true;
    stream__announce(s);
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct stream *s = arg;

    n *= size;
    s->last = clock_mono_ms();
    lock_scope(&s->lock);
    if (s->closed)
        return 0;
    if (s->skip >= (int64_t)n) {
        s->skip -= (int64_t)n;
        return n;
    }
    if (s->down.cap - s->down.len < n) {
        s->down_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    ring_put(&s->down, p + s->skip, n - (size_t)s->skip);
    s->skip = 0;
    if (s->down.len >= ANNOUNCE_AT)
        stream__announce(s);
    else if (list_empty(&s->fresh_link))
        list_push(&s->net->fresh, &s->fresh_link); /* told when this read is through */
    return n;
}

static size_t on_upload(char *out, size_t size, size_t n, void *arg)
{
    struct stream *s = arg;
    size_t got;

    s->last = clock_mono_ms();
    lock_scope(&s->lock);
    if (s->closed || s->up_broken)
        return CURL_READFUNC_ABORT;
    got = ring_get(&s->up, out, size * n);
    if (got == 0 && s->up_open) {
        s->up_paused = true;
        return CURL_READFUNC_PAUSE;
    }
    stream__announce(s);
    return got;
}

/* Wakes the readers of what has arrived: once for a read, not for each of its pieces. */
static void announce_fresh(struct net *n)
{
    struct list *item;

    while ((item = list_pop(&n->fresh))) {
        struct stream *s = container_of(item, struct stream, fresh_link);

        lock_scope(&s->lock);
        stream__announce(s);
    }
}

static void finish(struct stream *s, CURLcode rc)
{
    struct err e;

    if (s->running) {
        (void)curl_multi_remove_handle(s->net->multi, s->t.easy);
        list_remove(&s->link);
        s->running = false;
    }
    lock_scope(&s->lock);
    s->failed = rc != CURLE_OK;
    if (s->failed) {
        (void)transfer_failed(&s->t, rc, &e);
        s->err = e;
    }
    s->done = true;
    stream__announce(s);
}

static void start(struct stream *s)
{
    if (atomic_load(&s->net->stopping)) {
        finish(s, CURLE_ABORTED_BY_CALLBACK);
        return;
    }
    must(curl_multi_add_handle(s->net->multi, s->t.easy) == CURLM_OK);
    list_push(&s->net->streams, &s->link);
    s->running = true;
    s->net->next_check = 0;
}

void stream__free(struct stream *s)
{
    if (s->running) {
        (void)curl_multi_remove_handle(s->net->multi, s->t.easy);
        list_remove(&s->link);
    }
    list_remove(&s->fresh_link);
    curl_easy_cleanup(s->t.easy);
    transfer_done(&s->t);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->down.data);
    free(s->up.data);
    free(s);
}

/* Lets paused directions go on that have room or bytes again. */
static void resume(struct stream *s)
{
    int mask = CURLPAUSE_CONT;

    if (!s->running)
        return;
    pthread_mutex_lock(&s->lock);
    if (s->down_paused && s->down.len > s->down.cap / 2)
        mask |= CURLPAUSE_RECV;
    else
        s->down_paused = false;
    if (s->up_paused && s->up.len == 0 && s->up_open && !s->up_broken)
        mask |= CURLPAUSE_SEND;
    else
        s->up_paused = false;
    pthread_mutex_unlock(&s->lock);
    s->last = clock_mono_ms();
    (void)curl_easy_pause(s->t.easy, mask); /* calls on_body with what curl held back */
}

void stream__prepare(struct stream *s, const struct net_request *r)
{
    CURL *easy = s->t.easy;

    s->t.on_head = on_head;
    must(curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)(void *)s) == CURLE_OK);
    /* Refused when the handle still has the buffer of an earlier transfer: that one does too. */
    (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)READ_SIZE);
    must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, s) == CURLE_OK);
    if (r->source) {
        must(curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload) == CURLE_OK);
        must(curl_easy_setopt(easy, CURLOPT_READDATA, s) == CURLE_OK);
    } else if (r->body) { /* the answer's head may come before the body has gone out */
        must(curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, r->body) == CURLE_OK);
    }
}

static void take_todo(struct net *n)
{
    for (;;) {
        struct list *item;
        struct stream *s;
        unsigned todo;

        pthread_mutex_lock(&n->lock);
        item = list_pop(&n->todo);
        if (!item) {
            pthread_mutex_unlock(&n->lock);
            return;
        }
        s = container_of(item, struct stream, todo_link);
        todo = s->todo;
        s->todo = 0;
        pthread_mutex_unlock(&n->lock);
        if (todo & TODO_CLOSE) {
            stream__free(s);
            continue;
        }
        if (todo & TODO_START)
            start(s);
        if (todo & TODO_RESUME)
            resume(s);
    }
}

static void take_results(struct net *n)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(n->multi, &left))) {
        CURLcode rc = msg->data.result;
        char *s = NULL;

        if (msg->msg != CURLMSG_DONE)
            continue;
        must(curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &s) == CURLE_OK);
        finish((struct stream *)(void *)s, rc);
    }
}

/* Whether the peer is the one that everybody waits for. */
static bool peer_is_due(struct stream *s)
{
    lock_scope(&s->lock);
    return !s->up_paused && (!s->down_paused || s->up_open);
}

/* Ends transfers whose peer has been silent for too long; sets when to look again. */
static void check_silence(struct net *n)
{
    int64_t now = clock_mono_ms();
    struct list *item;
    struct list *next;

    if (now < n->next_check && !atomic_load(&n->stopping))
        return;
    n->next_check = now + IDLE_WAIT_MS;
    list_for_each(item, next, &n->streams)
    {
        struct stream *s = container_of(item, struct stream, link);
        int64_t due;

        if (atomic_load(&n->stopping)) {
            finish(s, CURLE_ABORTED_BY_CALLBACK);
            continue;
        }
        if (s->silence_ms == 0)
            continue;
        if (!peer_is_due(s))
            s->last = now;
        due = s->last + s->silence_ms;
        if (now >= due) {
            (void)snprintf(s->t.text, sizeof(s->t.text), "nothing came for %d ms", s->silence_ms);
            finish(s, CURLE_OPERATION_TIMEDOUT);
        } else if (due < n->next_check) {
            n->next_check = due;
        }
    }
}

static void *net_thread(void *arg)
{
    struct net *n = arg;
    bool ending = false;

    while (!ending) {
        int running;
        int64_t wait;

        take_todo(n);
        (void)curl_multi_perform(n->multi, &running);
        announce_fresh(n);
        take_results(n);
        check_silence(n);
        wait = n->next_check - clock_mono_ms();
        (void)curl_multi_poll(n->multi, NULL, 0, wait < 0 ? 0 : (int)wait, NULL);
        pthread_mutex_lock(&n->lock);
        ending = n->ending;
        pthread_mutex_unlock(&n->lock);
    }
    take_todo(n); /* streams that were closed a moment ago */
    return NULL;
}

static void curl_start(void)
{
    must(curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK);
}

struct net *net_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct net *n = xcalloc(1, sizeof(*n));

    must(pthread_once(&once, curl_start) == 0);
    must(pthread_mutex_init(&n->lock, NULL) == 0);
    cond_init(&n->ftp_ended);
    list_init(&n->todo);
    list_init(&n->streams);
    list_init(&n->fresh);
    list_init(&n->idle);
    n->multi = curl_multi_init();
    must(n->multi);
    must(curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX) == CURLM_OK);
    thread_start(&n->thread, "net", net_thread, n);
    return n;
}

void net_trust(struct net *n, const char *ca_file)
{
    n->ca_file = ca_file;
}

void net_stop(struct net *n)
{
    atomic_store(&n->stopping, true);
    (void)curl_multi_wakeup(n->multi);
}

void net_free(struct net *n)
{
    if (!n)
        return;
    ftp__await_all(n);
    pthread_mutex_lock(&n->lock);
    n->ending = true;
    pthread_mutex_unlock(&n->lock);
    (void)curl_multi_wakeup(n->multi);
    (void)pthread_join(n->thread, NULL);
    must(list_empty(&n->streams));
    net__idle_free(n);
    (void)curl_multi_cleanup(n->multi);
    (void)pthread_cond_destroy(&n->ftp_ended);
    (void)pthread_mutex_destroy(&n->lock);
    free(n);
}
