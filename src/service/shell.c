/* SPDX-License-Identifier: Apache-2.0 */
#include "service/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/random.h"
#include "service/demand_int.h"
#include "service/shell_int.h"

/* Shells as their readers see them: opened, asked, closed. */

enum {
    WORKERS = 4,
    BACKLOG = 2 * SERVICE_SHELLS,
    COLUMNS = 80,
    ROWS = 24,
    STOP_MS = 4000,
    REFUSAL_MAX = 1024
};

/* bash where there is one; a command of the client's instead of it. */
static const char script[] = "[ $# -gt 0 ] && exec \"$@\"\n"
                             "command -v bash >/dev/null 2>&1 && exec bash\n"
                             "exec sh";

/* --- the words of a client --- */

static bool side(const struct json *v, int *ret)
{
    int64_t n;

    if (!json_int(v, &n) || n < 1 || n > SERVICE_SHELL_SIDE)
        return false;
    *ret = (int)n;
    return true;
}

bool shell__word(const char *p, size_t n, struct shell_word *ret)
{
    enum { WORD_MAX = 256 };
    _arena_ struct arena *a = arena_new();
    struct shell_word w = {0};
    struct json *v;
    struct err ignored;

    if (n > WORD_MAX || json_parse(a, p, n, &v, &ignored) < 0 || !json_is(v, JSON_OBJECT))
        return false;
    w.eof = json_get_bool(v, "eof", false);
    if (!w.eof &&
        (!side(json_get(v, "columns"), &w.columns) || !side(json_get(v, "rows"), &w.rows)))
        return false;
    *ret = w;
    return true;
}

/* --- all of them --- */

void shells__wake(struct shells *s)
{
    uint64_t one = 1;

    must(write(s->wake, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN);
}

struct shells *shells__new(struct service *service)
{
    struct shells *s = xcalloc(1, sizeof(*s));

    s->service = service;
    pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->gone);
    list_init(&s->open);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(s->wake >= 0);
    return s;
}

void service_shells_stop(struct service *service)
{
    struct shells *s = service ? service->shells : NULL;
    int64_t end = clock_mono_ms() + STOP_MS;
    struct list *item, *next;

    if (!s)
        return;
    lock_scope(&s->lock);
    s->ending = true;
    list_for_each(item, next, &s->open) container_of(item, struct service_shell, link)->ending =
        true;
    shells__wake(s);
    while (s->count > 0 && clock_mono_ms() < end)
        (void)cond_wait_ms(&s->gone, &s->lock, end - clock_mono_ms());
}

/* Their readers have closed them; what a worker could not end stays behind. */
void shells__free(struct shells *s)
{
    if (!s)
        return;
    if (s->started) {
        pthread_mutex_lock(&s->lock);
        s->over = true;
        shells__wake(s);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
        pool_free(s->pool);
    }
    must(list_empty(&s->open));
    close(s->wake);
    pthread_cond_destroy(&s->gone);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* --- one is opened --- */

/* Made from a template with variables that the operator shows to nobody: a shell would. */
static int has_hidden(struct service *s, struct arena *a, const struct service_row *row, bool *ret,
                      struct err *e)
{
    struct demand_spec spec = {0};
    struct json *ignored;

    if (demand__is(row) && demand__spec(s, a, row, &spec, &ignored, e) < 0)
        return -1;
    *ret = json_len(spec.fixed) > 0;
    return 0;
}

static int check(struct service *s, struct arena *a, const struct service_key *k,
                 struct service_row *ret, struct err *e)
{
    struct service_policy policy;
    int found = rows_get(s->o.store, a, k->owner, k->id, ret, e);
    bool hidden;

    if (found <= 0)
        return found < 0 ? -1 : refused(e, SERVICE_UNKNOWN, k->id);
    service__policy(s, &policy);
    if (has_hidden(s, a, ret, &hidden, e) < 0)
        return -1;
    if (!policy.shell || hidden)
        return refused(e, SHELL_OFF);
    if (ret->step != STEP_RUNNING)
        return refused(e, SHELL_STATE, life__state(ret->step, ret->mode));
    return 0;
}

int service_shell_check(struct service *s, const struct service_key *k, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row;

    return check(s, a, k, &row, e);
}

/* The whole command line; its words are the client's, and no shell reads them. */
static int words(struct arena *a, const struct json *command, const char *const **ret,
                 struct err *e)
{
    static const char *const start[] = {"/bin/sh", "-c", script, "sh"};
    const char **list = arena_calloc(a, ARRAY_LEN(start) + SERVICE_SHELL_WORDS + 1, sizeof(*list));
    size_t i, bytes = 0, n = json_len(command);

    memcpy(list, start, sizeof(start));
    if (n > SERVICE_SHELL_WORDS)
        return refused(e, SHELL_COMMAND);
    for (i = 0; i < n; i++) {
        const char *word = json_str(json_at(command, i), NULL);

        bytes += word ? strlen(word) : 0;
        if (!word || bytes > SERVICE_SHELL_BYTES)
            return refused(e, SHELL_COMMAND);
        list[ARRAY_LEN(start) + i] = word;
    }
    *ret = list;
    return 0;
}

static int find_container(struct service *s, struct arena *a, const struct service_row *row,
                          const char *name, struct service_shell *h, struct err *e)
{
    struct plan_found c;

    if (plan__find(s, a, row, name, &c, e) < 0)
        return -1;
    h->docker = c.docker;
    h->name = xstrdup(c.name);
    h->container = xstrdup(plan__container(a, row->id, h->name));
    return 0;
}

static int start(struct arena *a, struct service_shell *h, const struct service_shell_ask *q,
                 struct err *e)
{
    struct tunnel *tunnel;
    const char *const env[] = {arena_printf(a, "ATOLL_SHELL=%s", h->mark),
                               q->tty ? "TERM=xterm-256color" : NULL, NULL};
    struct docker_exec x = {.env = env, .input = true, .tty = q->tty};
    struct err ignored;

    if (words(a, q->command, &x.command, e) < 0)
        return -1;
    if (docker_exec_open(h->docker, h->container, &x, h->exec, &tunnel, e) < 0)
        return e->code == ERR_CONFLICT || e->code == ERR_NOT_FOUND
                   ? refused(e, SHELL_STATE, "not running")
                   : -1;
    if (q->tty && docker_exec_resize(h->docker, h->exec, h->columns, h->rows, &ignored) < 0)
        log_debug("service", "a shell's size: %s", ignored.msg);
    lock_scope(&h->of->lock);
    h->tunnel = tunnel; /* from here on it is the thread's */
    shells__wake(h->of);
    return 0;
}

static void free_shell(struct service_shell *h)
{
    tunnel_close(h->tunnel);
    buf_done(&h->in);
    buf_done(&h->out);
    free(h->name);
    free(h->container);
    free(h->why);
    free(h->last);
    free(h);
}

static void ensure_started_locked(struct shells *s)
{
    if (s->started)
        return;
    s->pool = pool_new("shell", WORKERS, BACKLOG);
    thread_start(&s->thread, "shells", shells__thread, s);
    s->started = true;
}

/* Counts it, before anything of it exists in the engine. */
static int enter(struct shells *s, struct service_shell *h, struct err *e)
{
    struct list *item, *next;
    size_t mine = 0;

    lock_scope(&s->lock);
    list_for_each(item, next, &s->open)
    {
        mine += str_eq(container_of(item, struct service_shell, link)->owner, h->owner);
    }
    if (s->ending || mine >= SERVICE_SHELLS_OF || s->count >= SERVICE_SHELLS)
        return refused(e, SHELL_MANY);
    ensure_started_locked(s);
    list_push(&s->open, &h->link);
    s->count++;
    return 0;
}

static void leave_locked(struct service_shell *h)
{
    struct shells *s = h->of;

    list_remove(&h->link);
    s->count--;
    free_shell(h);
    pthread_cond_broadcast(&s->gone);
}

static void note(struct service *s, const struct service_row *row, const char *container)
{
    _arena_ struct arena *a = arena_new();
    const struct rows_change c = {life__state(row->step, row->mode), "shell", 0};
    struct err ignored;

    if (rows_note(s->o.store, row->id, &c, arena_printf(a, "a shell was opened in '%s'", container),
                  &ignored) < 0)
        log_debug("service", "deployment %s: %s", row->id, ignored.msg);
    stream__changed(s, row->id);
}

static struct service_shell *shell_new(struct shells *s, const struct service_row *row,
                                       const struct service_shell_ask *q)
{
    struct service_shell *h = xcalloc(1, sizeof(*h));
    uint8_t mark[16];

    random_bytes(mark, sizeof(mark));
    hex_encode(mark, sizeof(mark), h->mark);
    list_init(&h->link);
    list_init(&h->work.link);
    h->work.run = shell__run;
    h->of = s;
    h->fresh = true;
    str_copy(h->id, sizeof(h->id), row->id);
    str_copy(h->owner, sizeof(h->owner), row->owner);
    h->tty = q->tty;
    h->columns = q->columns > 0 ? q->columns : COLUMNS;
    h->rows = q->rows > 0 ? q->rows : ROWS;
    h->in = BUF_INIT(SHELL_BUFFER);
    h->out = BUF_INIT(SHELL_BUFFER);
    return h;
}

int service_shell_open(struct service *s, const struct service_key *k,
                       const struct service_shell_ask *q, struct service_shell **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_shell *h;
    struct service_row row;

    if (check(s, a, k, &row, e) < 0)
        return -1;
    h = shell_new(s->shells, &row, q);
    if (find_container(s, a, &row, q->container, h, e) < 0 || enter(s->shells, h, e) < 0) {
        free_shell(h);
        return -1;
    }
    if (start(a, h, q, e) < 0) {
        lock_scope(&s->shells->lock);
        leave_locked(h);
        return -1;
    }
    note(s, &row, h->name);
    *ret = h;
    return 0;
}

/* --- its reader --- */

/* A refusal is held back: it becomes a message when the status says that it is one. */
static bool has_output(const struct service_shell *h)
{
    if (h->reaped || h->told)
        return true;
    return h->out.len > h->out_at && !(h->out.len < REFUSAL_MAX && shell__is_refusal(h));
}

static bool has_room(const struct service_shell *h)
{
    return h->in.len < SHELL_ROOM;
}

void shell__tell_locked(struct service_shell *h)
{
    void (*ready)(void *arg) = h->ready;

    if (!ready || !((h->want_out && has_output(h)) || (h->want_room && has_room(h))))
        return;
    h->ready = NULL;
    ready(h->arg);
}

static void take_word(struct service_shell *h, const struct shell_word *w)
{
    if (w->eof) {
        h->in_ends = true;
    } else if (h->tty) {
        h->columns = w->columns;
        h->rows = w->rows;
        h->resize = true;
        shell__work_locked(h);
    }
}

int service_shell_take(struct service_shell *h, bool text, const void *p, size_t n)
{
    const char *bytes = p;
    struct shell_word w;

    lock_scope(&h->of->lock);
    h->used = true;
    if (text ? !shell__word(p, n, &w) : n == 0 || bytes[0] != SHELL_INPUT)
        return SHELL_TAKEN_WRONG;
    if (text)
        take_word(h, &w);
    else if (h->tunnel && !h->in_ends)
        buf_add(&h->in, bytes + 1, n - 1);
    if (h->in.full)
        return SHELL_TAKEN_WRONG;
    shells__wake(h->of);
    h->want_room = !has_room(h);
    return h->want_room ? SHELL_TAKEN_FULL : SHELL_TAKEN;
}

bool service_shell_room(struct service_shell *h)
{
    lock_scope(&h->of->lock);
    h->want_room = !has_room(h);
    return !h->want_room;
}

/* One record of output, or the beginning of it. */
static size_t pull_output(struct service_shell *h, char *out, size_t cap)
{
    char *record = h->out.data + h->out_at;
    uint32_t left;
    size_t n;

    h->fresh = false;
    memcpy(&left, record + 1, sizeof(left));
    n = left < cap - 1 ? left : cap - 1;
    out[0] = record[0];
    memcpy(out + 1, record + SHELL_RECORD, n);
    left -= (uint32_t)n;
    h->out_at += n;
    if (left == 0) {
        h->out_at += SHELL_RECORD;
    } else { /* its head moves behind what was taken */
        memmove(h->out.data + h->out_at, record, 1);
        memcpy(h->out.data + h->out_at + 1, &left, sizeof(left));
    }
    if (h->out_at >= SHELL_ROOM / 2 || h->out_at == h->out.len) {
        buf_shift(&h->out, h->out_at);
        h->out_at = 0;
        shells__wake(h->of);
    }
    return n + 1;
}

int64_t service_shell_pull(struct service_shell *h, void *out, size_t cap, bool *ret_text)
{
    size_t n;

    lock_scope(&h->of->lock);
    h->want_out = !has_output(h);
    if (h->want_out)
        return STREAM_WAIT;
    if (h->out.len > h->out_at)
        return (int64_t)pull_output(h, out, cap);
    if (h->told)
        return 0;
    h->told = true;
    n = strlen(h->last);
    must(n <= cap);
    memcpy(out, h->last, n);
    *ret_text = true;
    return (int64_t)n;
}

void service_shell_notify(struct service_shell *h, void (*ready)(void *arg), void *arg)
{
    lock_scope(&h->of->lock);
    h->ready = ready;
    h->arg = arg;
    shell__tell_locked(h);
}

void service_shell_end(struct service_shell *h, const char *why)
{
    lock_scope(&h->of->lock);
    if (!h->why)
        h->why = xstrdup(why);
    h->ending = true;
    shells__wake(h->of);
}

bool service_shell_used(struct service_shell *h)
{
    bool used;

    lock_scope(&h->of->lock);
    used = h->used;
    h->used = false;
    return used;
}

void service_shell_close(struct service_shell *h)
{
    if (!h)
        return;
    lock_scope(&h->of->lock);
    h->closed = true;
    h->ending = true;
    h->ready = NULL;
    if (h->reaped && !h->at_work && !h->tunnel)
        leave_locked(h);
    else
        shells__wake(h->of);
}

void shell__done_locked(struct service_shell *h)
{
    h->at_work = false;
    if (h->closed && h->reaped && !h->tunnel)
        leave_locked(h);
    else
        shell__work_locked(h);
}
