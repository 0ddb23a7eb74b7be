/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/must.h"
#include "compute/compute_int.h"

/*
 * One thread for the output of all containers: the net thread says which stream has something,
 * this one takes the frames apart and appends to algorithm.log. Readers along (HTTP) have a
 * descriptor of their own and are told when the file grows. One lock for all of it: it is never
 * held across a read or a write of more than a few kilobytes.
 */

enum { LOG_MAX = 64 << 20, PIECE = 16384 };
static const char cut_note[] = "\n[the log is cut here]\n";

struct logs {
    pthread_mutex_t lock;
    pthread_cond_t wake;  /* of the thread */
    pthread_cond_t quiet; /* a log is not being moved any more */
    pthread_t thread;
    struct list ready; /* logs with something to move */
    bool ending;
};

struct job_log {
    struct list link; /* in ready; alone otherwise */
    struct logs *logs;
    struct list followers;
    int fd;
    char *path;
    int64_t size;
    bool moving; /* the thread is at it */
    bool closing;
    struct stream *stream;
    struct frames frames; /* of whoever moves */
    bool cut;
};

struct compute_follow {
    struct list link;
    struct logs *logs;
    struct job_log *log; /* NULL: it has ended */
    int fd;
    int64_t at;
    int64_t size;
    void (*ready)(void *arg);
    void *arg;
};

static void tell_locked(struct compute_follow *f)
{
    void (*ready)(void *arg) = f->ready;

    f->ready = NULL;
    if (ready)
        ready(f->arg);
}

static void grown(struct job_log *log, int64_t by)
{
    struct list *item, *next;

    lock_scope(&log->logs->lock);
    log->size += by;
    list_for_each(item, next, &log->followers)
    {
        struct compute_follow *f = container_of(item, struct compute_follow, link);

        f->size = log->size;
        tell_locked(f);
    }
}

/* What does not fit any more is dropped; the container must not be able to fill the disk. */
static int append(void *ctx, int kind, const char *p, size_t n)
{
    struct job_log *log = ctx;
    struct err ignored;

    (void)kind;
    if (log->cut)
        return 0;
    if (log->size + (int64_t)n > LOG_MAX) {
        log->cut = true;
        p = cut_note;
        n = sizeof(cut_note) - 1;
    }
    if (fs_write_all(log->fd, p, n, &ignored) < 0)
        return -1;
    grown(log, (int64_t)n);
    return 0;
}

/* Moves what is there: STREAM_WAIT when more will come, else the stream is over. */
static int64_t move(struct job_log *log)
{
    char some[PIECE];
    struct err ignored;
    int64_t n;

    while ((n = stream_pull(log->stream, some, sizeof(some), &ignored)) > 0) {
        if (frames_feed(&log->frames, some, (size_t)n, append, log, &ignored) < 0)
            return -1;
    }
    return n;
}

static void make_ready(struct job_log *log)
{
    lock_scope(&log->logs->lock);
    list_remove(&log->link);
    list_push(&log->logs->ready, &log->link);
    pthread_cond_signal(&log->logs->wake);
}

static void stream_ready(void *arg)
{
    make_ready(arg);
}

static void *logs_run(void *arg)
{
    struct logs *l = arg;

    pthread_mutex_lock(&l->lock);
    while (!l->ending) {
        struct list *item = list_pop(&l->ready);
        struct job_log *log;

        if (!item) {
            (void)cond_wait_ms(&l->wake, &l->lock, -1);
            continue;
        }
        log = container_of(item, struct job_log, link);
        if (log->closing)
            continue;
        log->moving = true;
        pthread_mutex_unlock(&l->lock);
        (void)move(log);
        pthread_mutex_lock(&l->lock);
        log->moving = false;
        pthread_cond_broadcast(&l->quiet);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

struct logs *logs__new(void)
{
    struct logs *l = xcalloc(1, sizeof(*l));

    pthread_mutex_init(&l->lock, NULL);
    cond_init(&l->wake);
    cond_init(&l->quiet);
    list_init(&l->ready);
    thread_start(&l->thread, "job-logs", logs_run, l);
    return l;
}

void logs__free(struct logs *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->ending = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->wake);
    pthread_cond_destroy(&l->quiet);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

int logs__open(struct logs *l, const char *path, struct job_log **ret, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    struct job_log *log;

    if (fd < 0)
        return failed(e, FAILED, "%s cannot be written: %m", path);
    log = xcalloc(1, sizeof(*log));
    log->logs = l;
    log->fd = fd;
    log->path = xstrdup(path);
    log->frames.stamped = true;
    list_init(&log->link);
    list_init(&log->followers);
    *ret = log;
    return 0;
}

/* Takes the stream from the thread; afterwards the caller is alone with the log. */
static void detach(struct job_log *log)
{
    pthread_mutex_lock(&log->logs->lock);
    log->closing = true;
    list_remove(&log->link);
    while (log->moving)
        (void)cond_wait_ms(&log->logs->quiet, &log->logs->lock, -1);
    pthread_mutex_unlock(&log->logs->lock);
    stream_close(log->stream); /* no more calls of stream_ready */
    log->stream = NULL;
    lock_scope(&log->logs->lock);
    list_remove(&log->link);
    log->closing = false;
}

/* A broken stream may have ended within a frame: the next one starts afresh, after its stamp. */
static struct frames fresh(const struct frames *old)
{
    struct frames f = {.stamped = true};

    memcpy(f.last_stamp, old->last_stamp, sizeof(f.last_stamp));
    return f;
}

int logs__follow(struct job_log *log, struct docker *d, const char *container, struct err *e)
{
    detach(log);
    if (docker_logs_open(d, container, log->frames.last_stamp, true, &log->stream, e) < 0)
        return -1;
    log->frames = fresh(&log->frames);
    stream_notify(log->stream, stream_ready, log);
    make_ready(log);
    return 0;
}

static void fetch_rest(struct job_log *log, struct docker *d, const char *container)
{
    struct stream *s;
    char some[PIECE];
    struct err ignored;
    int64_t n;

    if (docker_logs_open(d, container, log->frames.last_stamp, false, &s, &ignored) < 0)
        return;
    log->frames = fresh(&log->frames);
    while ((n = stream_read(s, some, sizeof(some), &ignored)) > 0 &&
           frames_feed(&log->frames, some, (size_t)n, append, log, &ignored) == 0)
        ;
    stream_close(s);
}

void logs__close(struct job_log *log, struct docker *d, const char *container)
{
    struct list *item;

    if (!log)
        return;
    detach(log);
    if (d)
        fetch_rest(log, d, container);
    pthread_mutex_lock(&log->logs->lock);
    while ((item = list_pop(&log->followers))) {
        struct compute_follow *f = container_of(item, struct compute_follow, link);

        f->log = NULL;
        f->size = log->size;
        tell_locked(f);
    }
    pthread_mutex_unlock(&log->logs->lock);
    close(log->fd);
    free(log->path);
    free(log);
}

/* --- those who read along --- */

int logs__attach(struct job_log *log, struct compute_follow **ret, struct err *e)
{
    int fd = open(log->path, O_RDONLY | O_CLOEXEC);
    struct compute_follow *f;

    if (fd < 0)
        return failed(e, FAILED, "%s cannot be read: %m", log->path);
    f = xcalloc(1, sizeof(*f));
    f->fd = fd;
    f->log = log;
    f->logs = log->logs;
    lock_scope(&log->logs->lock);
    f->size = log->size;
    list_push(&log->followers, &f->link);
    *ret = f;
    return 0;
}

int64_t compute_follow_pull(struct compute_follow *f, void *out, size_t cap)
{
    int64_t size, n;
    bool over;

    pthread_mutex_lock(&f->logs->lock);
    size = f->size;
    over = !f->log;
    pthread_mutex_unlock(&f->logs->lock);
    if (f->at >= size)
        return over ? 0 : STREAM_WAIT;
    if ((int64_t)cap > size - f->at)
        cap = (size_t)(size - f->at);
    n = pread(f->fd, out, cap, f->at);
    if (n <= 0)
        return -1;
    f->at += n;
    return n;
}

void compute_follow_notify(struct compute_follow *f, void (*ready)(void *arg), void *arg)
{
    lock_scope(&f->logs->lock);
    f->ready = ready;
    f->arg = arg;
    if (f->at < f->size || !f->log)
        tell_locked(f);
}

void compute_follow_close(struct compute_follow *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->logs->lock);
    list_remove(&f->link);
    pthread_mutex_unlock(&f->logs->lock);
    close(f->fd);
    free(f);
}
