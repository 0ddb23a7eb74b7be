/* SPDX-License-Identifier: Apache-2.0 */
/* The queue, the thread that empties it, and the memory of the last lines. */
#include "logbook/logbook.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cron.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "logbook/logbook_int.h"

enum {
    GATHER_MS = 100,     /* lines that come together are written together */
    FLUSH_MS = 5000,     /* how long a reader waits for what was said before */
    RETRY_MS = 60000,    /* a failure of the disk is told once a minute */
    FILE_MAX = 20 << 20, /* bytes */
    FILES_MAX = 14,
    HOUR_S = 3600
};

struct logbook {
    struct store *store;
    struct log_files *files;

    pthread_mutex_t lock; /* guards what follows, but for the thread's own */
    pthread_cond_t woken;
    pthread_cond_t written;
    struct logbook_options o;
    struct cron cron;
    struct list queue;
    size_t queued;  /* bytes */
    uint64_t lost;  /* lines that found it full, not told yet */
    uint64_t taken; /* lines ever put into the queue */
    uint64_t done;  /* lines of those that were written, or could not be */
    bool ending;
    bool hurry;         /* somebody waits for `done` */
    int64_t next_clean; /* wall clock, seconds; -1: never */
    struct list memory; /* the oldest first */
    size_t remembered;
    int64_t last_id;

    pthread_t thread;
    int64_t told_ms; /* the thread's own: when a failure was last told, monotonic */
};

/* --- on the thread that speaks --- */

static void take(void *ctx, const struct log_record *r)
{
    struct logbook *lb = ctx;
    struct line *l = line__new(r);

    lock_scope(&lb->lock);
    if (lb->queued + l->size > LOGBOOK_QUEUE_MAX) {
        lb->lost++;
        free(l);
        return;
    }
    if (list_empty(&lb->queue))
        pthread_cond_signal(&lb->woken);
    list_push(&lb->queue, &l->link);
    lb->queued += l->size;
    lb->taken++;
}

/* --- the thread --- */

/* A line of our own, which does not go through the queue: that may be what it is about. */
static void say(struct list *batch, const char *text)
{
    const struct log_record r = {clock_ms(), LOG_WARN, "logbook", text};

    list_push(batch, &line__new(&r)->link);
}

static void say_lost(struct list *batch, uint64_t lost)
{
    char text[100];

    if (lost == 0)
        return;
    (void)snprintf(text, sizeof(text),
                   "%llu lines came faster than they could be written and are lost",
                   (unsigned long long)lost);
    say(batch, text);
}

/* What cannot be written is told on stderr and remembered; the thread's own lines would circle. */
static void tell_failure(struct logbook *lb, struct list *batch, const struct err *e)
{
    char text[sizeof(e->msg) + 40];

    if (lb->told_ms && clock_mono_ms() - lb->told_ms < RETRY_MS)
        return;
    lb->told_ms = clock_mono_ms();
    (void)snprintf(text, sizeof(text), "log lines could not be written: %s", e->msg);
    say(batch, text);
}

static void move_all(struct list *to, struct list *from)
{
    struct list *item;

    while ((item = list_pop(from)))
        list_push(to, item);
}

static void remember_locked(struct logbook *lb, struct list *batch)
{
    struct list *item;

    while ((item = list_pop(batch))) {
        container_of(item, struct line, link)->id = ++lb->last_id;
        list_push(&lb->memory, item);
        if (++lb->remembered > LOGBOOK_LINES_MAX) {
            free(container_of(list_pop(&lb->memory), struct line, link));
            lb->remembered--;
        }
    }
}

static void write_batch(struct logbook *lb, struct list *batch, const struct logbook_options *o)
{
    struct err e;

    if (list_empty(batch))
        return;
    if (o->files && log_files__write(lb->files, batch, o, &e) < 0)
        tell_failure(lb, batch, &e);
    if (o->db && log_rows__add(lb->store, batch, &e) < 0)
        tell_failure(lb, batch, &e);
}

static void clean(struct logbook *lb, const struct logbook_options *o, bool files,
                  struct list *batch)
{
    int64_t before = o->retention_ms > 0 ? clock_ms() - o->retention_ms : 0;
    struct err e;

    if (files && o->files && log_files__clean(lb->files, o, &e) < 0)
        tell_failure(lb, batch, &e);
    if (o->db && log_rows__clean(lb->store, before, LOGBOOK_ROWS_MAX, &e) < 0)
        tell_failure(lb, batch, &e);
}

/* Waits for lines, and a moment longer for those that come with them. */
static void wait_locked(struct logbook *lb)
{
    while (!lb->ending && list_empty(&lb->queue)) {
        int64_t left = lb->next_clean < 0 ? INT64_MAX : lb->next_clean - clock_s();

        if (left <= 0)
            return;
        (void)cond_wait_ms(&lb->woken, &lb->lock, left > HOUR_S ? HOUR_S * 1000 : left * 1000);
    }
    if (!lb->ending && !lb->hurry && lb->queued < LOGBOOK_QUEUE_MAX / 2)
        (void)cond_wait_ms(&lb->woken, &lb->lock, GATHER_MS);
}

/* What one turn of the thread has to do. */
struct turn {
    struct logbook_options o;
    struct list batch;
    uint64_t count; /* lines of the queue in the batch */
    uint64_t lost;
    bool clean;
    bool last;
};

static void begin_turn(struct logbook *lb, struct turn *t)
{
    lock_scope(&lb->lock);
    wait_locked(lb);
    move_all(&t->batch, &lb->queue);
    lb->queued = 0;
    t->count = lb->taken - lb->done;
    t->lost = lb->lost;
    lb->lost = 0;
    t->last = lb->ending;
    t->o = lb->o;
    t->clean = lb->next_clean >= 0 && lb->next_clean <= clock_s();
    if (t->clean)
        lb->next_clean = cron_next(&lb->cron, clock_s());
}

static void end_turn(struct logbook *lb, struct turn *t)
{
    lock_scope(&lb->lock);
    remember_locked(lb, &t->batch);
    lb->done += t->count;
    lb->hurry = lb->hurry && lb->done < lb->taken;
    pthread_cond_broadcast(&lb->written);
}

/* What became old while the node was down. */
static void begin_clean(struct logbook *lb, struct turn *t)
{
    {
        lock_scope(&lb->lock);
        t->o = lb->o;
    }
    clean(lb, &t->o, false, &t->batch);
}

static void *run(void *arg)
{
    struct logbook *lb = arg;
    struct turn t = {.last = false};

    list_init(&t.batch);
    begin_clean(lb, &t);
    while (!t.last) {
        begin_turn(lb, &t);
        say_lost(&t.batch, t.lost);
        write_batch(lb, &t.batch, &t.o);
        if (t.clean && !t.last)
            clean(lb, &t.o, true, &t.batch);
        end_turn(lb, &t);
    }
    return NULL;
}

/* --- life --- */

static void set_locked(struct logbook *lb, const struct logbook_options *o)
{
    struct err e;

    lb->o = *o;
    lb->o.cron = NULL;
    if (lb->o.file_max == 0)
        lb->o.file_max = FILE_MAX;
    if (lb->o.files_max == 0)
        lb->o.files_max = FILES_MAX;
    must(cron_parse(o->cron, &lb->cron, &e) == 0);
    lb->next_clean = cron_next(&lb->cron, clock_s());
}

int logbook_open(struct store *store, const char *dir, const struct logbook_options *o,
                 struct logbook **ret, struct err *e)
{
    struct logbook *lb = xcalloc(1, sizeof(*lb));

    lb->store = store;
    lb->files = log_files__new(dir);
    if (o->files && log_files__prepare(lb->files, e) < 0) {
        log_files__free(lb->files);
        free(lb);
        return -1;
    }
    must(pthread_mutex_init(&lb->lock, NULL) == 0);
    cond_init(&lb->woken);
    cond_init(&lb->written);
    list_init(&lb->queue);
    list_init(&lb->memory);
    set_locked(lb, o);
    thread_start(&lb->thread, "logbook", run, lb);
    log_set_sink(take, lb);
    *ret = lb;
    return 0;
}

int logbook_prepare(struct logbook *lb, const struct logbook_options *o, struct err *e)
{
    return o->files ? log_files__prepare(lb->files, e) : 0;
}

void logbook_set(struct logbook *lb, const struct logbook_options *o)
{
    lock_scope(&lb->lock);
    set_locked(lb, o);
    pthread_cond_signal(&lb->woken);
}

static void free_lines(struct list *lines)
{
    struct list *item;

    while ((item = list_pop(lines)))
        free(container_of(item, struct line, link));
}

void logbook_close(struct logbook *lb)
{
    if (!lb)
        return;
    log_set_sink(NULL, NULL);
    pthread_mutex_lock(&lb->lock);
    lb->ending = true;
    pthread_cond_signal(&lb->woken);
    pthread_mutex_unlock(&lb->lock);
    pthread_join(lb->thread, NULL);
    free_lines(&lb->queue);
    free_lines(&lb->memory);
    log_files__free(lb->files);
    pthread_cond_destroy(&lb->woken);
    pthread_cond_destroy(&lb->written);
    pthread_mutex_destroy(&lb->lock);
    free(lb);
}

/* --- reading --- */

/* Waits until what was said before is written; answers whether the rows hold it. */
static bool catch_up(struct logbook *lb)
{
    int64_t end = clock_mono_ms() + FLUSH_MS;
    uint64_t until;
    int64_t left;

    lock_scope(&lb->lock);
    until = lb->taken;
    while (lb->done < until && (left = end - clock_mono_ms()) > 0) {
        lb->hurry = true;
        pthread_cond_signal(&lb->woken);
        (void)cond_wait_ms(&lb->written, &lb->lock, left);
    }
    return lb->o.db;
}

static struct json *memory_json(struct arena *a, const struct line *l)
{
    const struct line_view v = {.id = l->id,
                                .at_ms = l->at_ms,
                                .level = l->level,
                                .module = line__module(l->part),
                                .part = l->part,
                                .text = l->text};

    return line__json(a, &v);
}

static bool fits(const struct line *l, const struct logbook_query *q)
{
    return l->at_ms >= q->from_ms && l->at_ms <= q->to_ms &&
           (!q->module || str_eq(line__module(l->part), q->module)) &&
           (!q->level || l->level == line__level_parse(q->level));
}

static void find_in_memory(struct logbook *lb, struct arena *a, const struct logbook_query *q,
                           struct json *list)
{
    int64_t skip = q->offset;
    struct list *item;

    lock_scope(&lb->lock);
    for (item = lb->memory.prev; item != &lb->memory; item = item->prev) {
        const struct line *l = container_of(item, struct line, link);

        if (!fits(l, q) || skip-- > 0)
            continue;
        if (json_len(list) == (size_t)q->limit)
            return;
        json_push(a, list, memory_json(a, l));
    }
}

static const char *upper(struct arena *a, const char *s)
{
    char *copy = arena_strdup(a, s);
    char *p;

    for (p = copy; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    return copy;
}

int logbook_find(struct logbook *lb, struct arena *a, const struct logbook_query *query,
                 struct json **ret, struct err *e)
{
    struct logbook_query q = *query;
    struct json *list = json_new_array(a);

    *ret = list;
    if (q.limit > LOGBOOK_LINES_MAX)
        q.limit = LOGBOOK_LINES_MAX;
    if (q.level && line__level_parse(q.level) < 0)
        return 0;
    if (q.module)
        q.module = upper(a, q.module);
    if (catch_up(lb))
        return log_rows__find(lb->store, a, &q, list, e);
    find_in_memory(lb, a, &q, list);
    return 0;
}

int logbook_get(struct logbook *lb, struct arena *a, const char *text, struct json **ret,
                struct err *e)
{
    struct list *item;
    uint64_t id;

    *ret = NULL;
    if (!str_u64(text, INT64_MAX, &id))
        return 0;
    if (catch_up(lb))
        return log_rows__get(lb->store, a, (int64_t)id, ret, e);
    lock_scope(&lb->lock);
    for (item = lb->memory.next; item != &lb->memory; item = item->next)
        if (container_of(item, struct line, link)->id == (int64_t)id)
            *ret = memory_json(a, container_of(item, struct line, link));
    return 0;
}
