/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of connections and the writer's turn. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/must.h"
#include "base/thread.h"
#include "store/engine.h"

enum {
    CONNECTIONS_MAX = 12,
    LOCK_TRIES = 20, /* a second, for a process that is ending */
    LOCK_PAUSE_MS = 50
};

struct store {
    const struct db_ops *ops;
    char *where;
    int folder; /* holds the lock on the folder */

    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct list idle; /* the one used last is first: the others' memory may sleep */
    size_t opened;
    size_t lent;

    pthread_mutex_t writer_lock;
    pthread_cond_t writer_free;
    bool writing;
    pthread_t writer;
    _Atomic uint64_t commits;

    struct memory memory;
};

struct memory *store__memory(struct store *s)
{
    return &s->memory;
}

void store__committed(struct store *s)
{
    s->commits++;
}

uint64_t store_commits(struct store *s)
{
    return s->commits;
}

void store__writer_take(struct store *s)
{
    lock_scope(&s->writer_lock);
    must(!(s->writing && pthread_equal(s->writer, pthread_self())));
    while (s->writing)
        (void)cond_wait_ms(&s->writer_free, &s->writer_lock, -1);
    s->writing = true;
    s->writer = pthread_self();
}

void store__writer_give(struct store *s)
{
    lock_scope(&s->writer_lock);
    must(s->writing);
    s->writing = false;
    pthread_cond_signal(&s->writer_free);
}

/* SQLite would make the file readable for the group; its companions take its mode. */
static int make_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return failed(e, FAILED, "%s: %m", path);
    (void)close(fd);
    return 0;
}

/* Two nodes on one folder would run its jobs and send its payments twice. */
static int lock_folder(struct store *s, const char *dir, struct err *e)
{
    char *path = xasprintf("%s/atoll.lock", dir);
    int tries = LOCK_TRIES;

    s->folder = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (s->folder < 0)
        return failed(e, FAILED, "%s/atoll.lock: %m", dir);
    while (flock(s->folder, LOCK_EX | LOCK_NB) < 0) {
        if (tries-- == 0)
            return failed(e, CONFLICT, "another process uses the folder %s", dir);
        clock_sleep_ms(LOCK_PAUSE_MS);
    }
    return 0;
}

static struct store *store_new(const char *dir)
{
    struct store *s = xcalloc(1, sizeof(*s));

    s->ops = &sqlite_ops;
    s->folder = -1;
    s->where = xasprintf("%s/atoll.sqlite", dir);
    list_init(&s->idle);
    pthread_mutex_init(&s->lock, NULL);
    cond_init(&s->returned);
    pthread_mutex_init(&s->writer_lock, NULL);
    cond_init(&s->writer_free);
    store__memory_init(&s->memory);
    return s;
}

static int open_first(struct store *s, const char *dir, struct err *e)
{
    struct db *db;

    if (fs_mkdirs(dir, 0700, e) < 0 || lock_folder(s, dir, e) < 0 || make_file(s->where, e) < 0)
        return -1;
    if (s->ops->open(s->where, &db, e) < 0)
        return -1;
    db->store = s;
    s->opened = 1;
    list_push(&s->idle, &db->link);
    return store__migrate(db, s->where, e);
}

int store_open(const char *dir, struct store **ret, struct err *e)
{
    struct store *s = store_new(dir);

    if (open_first(s, dir, e) < 0) {
        store_close(s);
        return err_wrap(e, "open the database");
    }
    *ret = s;
    return 0;
}

static void close_connection(struct db *db)
{
    size_t i;

    for (i = 0; i < db->cached; i++)
        db->ops->finalize(db->cache[i]);
    db->ops->close(db);
}

int store_copy(struct store *s, const char *path, struct err *e)
{
    return s->ops->copy(s->where, path, e);
}

void store_close(struct store *s)
{
    struct list *item;

    if (!s)
        return;
    must(s->lent == 0);
    while ((item = list_pop(&s->idle)))
        close_connection(container_of(item, struct db, link));
    pthread_cond_destroy(&s->returned);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->writer_free);
    pthread_mutex_destroy(&s->writer_lock);
    if (s->folder >= 0)
        (void)close(s->folder);
    store__memory_done(&s->memory);
    free(s->where);
    free(s);
}

/* One more connection when the limit allows; NULL when not, or when the machine says no. */
static struct db *open_more(struct store *s)
{
    struct db *db;
    struct err e;

    if (s->opened == CONNECTIONS_MAX)
        return NULL;
    if (s->ops->open(s->where, &db, &e) < 0) {
        must(s->opened > 0); /* with one there, the caller can wait for it */
        log_debug("store", "no further connection: %s", e.msg);
        return NULL;
    }
    db->store = s;
    s->opened++;
    return db;
}

/* Connections that this thread holds: more than one, and all threads may wait for each other. */
static _Thread_local size_t held;

struct db *store_lend(struct store *s)
{
    struct list *item;
    struct db *db = NULL;

    if (held++ > 0)
        log_broken("store", "a thread borrows a second connection");
    lock_scope(&s->lock);
    while (!db) {
        item = list_pop(&s->idle);
        db = item ? container_of(item, struct db, link) : open_more(s);
        if (!db)
            (void)cond_wait_ms(&s->returned, &s->lock, -1);
    }
    s->lent++;
    return db;
}

void store_return(struct db *db)
{
    struct store *s = db->store;
    size_t i;

    if (db->tx_file)
        log_broken("store", "returned inside the transaction of %s:%d", db->tx_file, db->tx_line);
    must(!db->tx_file);
    for (i = 0; i < db->cached; i++)
        must(!db->cache[i]->busy);
    held--;
    lock_scope(&s->lock);
    s->lent--;
    list_push(s->idle.next, &db->link); /* before the first */
    pthread_cond_signal(&s->returned);
}
