/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "service/shell_int.h"

/* Shells from the inside: bytes from and to Docker, and their end. */

enum {
    PIECE = 16384,
    HANG_UP_MS = 1500, /* what ran may put its things away */
    HURRY_MS = 300,    /* when the node is stopping */
    LOOK_MS = 100,
    KILL_MS = 10000
};

/*
 * Sends a signal to whatever was started with a mark in its environment; all of it runs as the
 * container's user. Nothing but a shell is needed. The mark is an argument, so that this one is not
 * found.
 */
static const char hunt[] = "for d in /proc/[0-9]*; do\n"
                           "e=; while IFS= read -r l || [ -n \"$l\" ]; do e=$e$l; l=; done "
                           "2>/dev/null <$d/environ\n"
                           "case $e in *ATOLL_SHELL=$1*) kill -$2 ${d#/proc/} 2>/dev/null; esac\n"
                           "done; :";

/* --- the thread --- */

static int add_output(void *ctx, int kind, const char *p, size_t n)
{
    struct service_shell *h = ctx;
    char record[SHELL_RECORD] = {(char)(kind == 2 ? SHELL_ERRORS : SHELL_OUTPUT)};
    uint32_t len = (uint32_t)n;

    memcpy(record + 1, &len, sizeof(len));
    buf_add(&h->out, record, sizeof(record));
    buf_add(&h->out, p, n);
    return h->out.full ? -1 : 0;
}

static size_t waiting(const struct service_shell *h)
{
    return h->out.len - h->out_at;
}

static void let_go(struct service_shell *h)
{
    tunnel_close(h->tunnel);
    h->tunnel = NULL;
    shell__work_locked(h);
}

static void read_some(struct service_shell *h)
{
    char piece[PIECE];
    struct err ignored;
    int64_t n = 1;

    while (n > 0 && waiting(h) < SHELL_ROOM) {
        n = tunnel_read(h->tunnel, piece, sizeof(piece));
        if (n > 0 && h->tty)
            (void)add_output(h, 1, piece, (size_t)n);
        else if (n > 0 && frames_feed(&h->frames, piece, (size_t)n, add_output, h, &ignored) < 0)
            n = -1;
    }
    if (n != TUNNEL_WAIT && n <= 0)
        h->ending = true;
}

static void write_some(struct service_shell *h)
{
    int64_t n = 1;

    while (n > 0 && h->in.len > 0) {
        n = tunnel_write(h->tunnel, h->in.data, h->in.len);
        if (n > 0)
            buf_shift(&h->in, (size_t)n);
    }
    if (n < 0 && n != TUNNEL_WAIT) /* its output may still come */
        buf_reset(&h->in);
    if (h->in_ends && h->in.len == 0 && !h->in_ended) {
        h->in_ended = true;
        tunnel_end(h->tunnel);
    }
}

static void serve(struct service_shell *h)
{
    if (!h->ending)
        write_some(h);
    if (!h->ending)
        read_some(h);
    if (h->ending)
        let_go(h);
    shell__tell_locked(h);
}

/* Where nothing is wanted the end is not either, which poll() would tell again and again. */
static struct pollfd wanted(const struct service_shell *h)
{
    short events = (short)((h->in.len > 0 ? POLLOUT : 0) | (waiting(h) < SHELL_ROOM ? POLLIN : 0));

    return (struct pollfd){.fd = events ? tunnel_fd(h->tunnel) : -1, .events = events};
}

/* Serves all that may go on, and lists what the others wait for. */
static nfds_t round_locked(struct shells *s, struct pollfd *list)
{
    struct list *item, *next;
    nfds_t n = 1;

    list[0] = (struct pollfd){.fd = s->wake, .events = POLLIN};
    list_for_each(item, next, &s->open)
    {
        struct service_shell *h = container_of(item, struct service_shell, link);

        if (h->tunnel)
            serve(h);
        if (h->tunnel)
            list[n++] = wanted(h);
    }
    return n;
}

void *shells__thread(void *arg)
{
    struct shells *s = arg;
    struct pollfd list[SERVICE_SHELLS + 1];

    for (;;) {
        uint64_t count;
        nfds_t n;
        bool over;

        pthread_mutex_lock(&s->lock);
        n = round_locked(s, list);
        over = s->over;
        pthread_mutex_unlock(&s->lock);
        if (over)
            return NULL;
        (void)poll(list, n, -1);
        (void)!read(s->wake, &count, sizeof(count));
    }
}

/* --- a worker --- */

void shell__work_locked(struct service_shell *h)
{
    if (h->at_work || (!(h->resize && h->tunnel) && (h->tunnel || h->reaped)))
        return;
    h->at_work = pool_run(h->of->pool, &h->work); /* the backlog has room for all */
}

static void send_signal(struct service_shell *h, const char *name)
{
    const char *const command[] = {"/bin/sh", "-c", hunt, "sh", h->mark, name, NULL};
    const struct docker_exec x = {.command = command, .timeout_ms = KILL_MS};
    _arena_ struct arena *a = arena_new();
    struct err e;

    if (docker_exec_run(h->docker, a, h->container, &x, NULL, &e) < 0)
        log_debug("service", "the end of a shell: %s", e.msg); /* so is its container, mostly */
}

static bool runs(struct service_shell *h, int *ret_status)
{
    struct err ignored;
    bool running;

    return docker_exec_look(h->docker, h->exec, &running, ret_status, &ignored) == 0 && running;
}

/* Hangs up, and then kills what does not listen. Returns the exit status. */
static int end_all(struct service_shell *h, int64_t patience_ms)
{
    int64_t end = clock_mono_ms() + patience_ms;
    int status = 255;

    if (runs(h, &status)) {
        send_signal(h, "HUP");
        while (runs(h, &status) && clock_mono_ms() < end)
            clock_sleep_ms(LOOK_MS);
    }
    send_signal(h, "KILL");
    if (status == 255)
        (void)runs(h, &status);
    return status;
}

bool shell__is_refusal(const struct service_shell *h)
{
    static const char text[] = "OCI runtime exec failed";
    size_t n = sizeof(text) - 1;

    return h->fresh && h->out.len > SHELL_RECORD + n &&
           memcmp(h->out.data + SHELL_RECORD, text, n) == 0;
}

static char *last_message(struct service_shell *h, int status)
{
    _arena_ struct arena *a = arena_new();
    struct json *v = json_new_object(a);
    struct err e;

    if (h->why) {
        json_set_str(a, v, "error", h->why);
    } else if ((status == 126 || status == 127) && shell__is_refusal(h)) {
        buf_reset(&h->out);
        (void)refused(&e, SHELL_NONE, h->name);
        json_set_str(a, v, "error", e.msg);
    } else {
        json_set_int(a, v, "exit", status);
    }
    return xstrdup(json_text(a, v));
}

void shell__run(struct pool_item *item)
{
    struct service_shell *h = container_of(item, struct service_shell, work);
    struct shells *s = h->of;
    struct err e;
    int columns, rows, status;
    bool resize, gone, hurry;

    pthread_mutex_lock(&s->lock);
    resize = h->resize && h->tunnel;
    gone = !h->tunnel;
    columns = h->columns;
    rows = h->rows;
    h->resize = false;
    hurry = s->ending;
    pthread_mutex_unlock(&s->lock);
    if (resize && docker_exec_resize(h->docker, h->exec, columns, rows, &e) < 0)
        log_debug("service", "a shell's size: %s", e.msg);
    status = gone ? end_all(h, hurry ? HURRY_MS : HANG_UP_MS) : 0;
    lock_scope(&s->lock);
    if (gone) {
        h->reaped = true;
        h->last = last_message(h, status);
        shell__tell_locked(h);
    }
    shell__done_locked(h);
}
