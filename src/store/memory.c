/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of the database: few things, the one used longest ago goes first. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "store/engine.h"

void store__memory_init(struct memory *m)
{
    pthread_mutex_init(&m->lock, NULL);
}

void store__memory_done(struct memory *m)
{
    size_t i;

    for (i = 0; i < MEMORY_THINGS; i++) {
        free(m->things[i].key);
        free(m->things[i].p);
    }
    pthread_mutex_destroy(&m->lock);
}

void store__memory_outdate(struct memory *m)
{
    lock_scope(&m->lock);
    m->generation++;
}

/* NULL when nothing is remembered by that key. */
static struct thing *find(struct memory *m, const char *key)
{
    size_t i;

    for (i = 0; i < MEMORY_THINGS; i++)
        if (m->things[i].key && str_eq(m->things[i].key, key))
            return &m->things[i];
    return NULL;
}

static struct thing *oldest(struct memory *m)
{
    struct thing *t = &m->things[0];
    size_t i;

    for (i = 1; i < MEMORY_THINGS; i++)
        if (m->things[i].used < t->used)
            t = &m->things[i];
    return t;
}

uint64_t db_generation(struct db *db)
{
    struct memory *m = store__memory(db->store);

    lock_scope(&m->lock);
    return m->generation;
}

bool db_recall(struct db *db, const char *key, void *ret, size_t n)
{
    struct memory *m = store__memory(db->store);
    struct thing *t;

    if (db->tx_file)
        return false; /* it may see what nobody else does yet */
    lock_scope(&m->lock);
    t = find(m, key);
    if (!t || t->generation != m->generation || t->n != n)
        return false;
    memcpy(ret, t->p, n);
    t->used = ++m->uses;
    return true;
}

void db_remember(struct db *db, uint64_t generation, const char *key, const void *p, size_t n)
{
    struct memory *m = store__memory(db->store);
    struct thing *t;

    if (db->tx_file || n > MEMORY_SIZE_MAX)
        return;
    lock_scope(&m->lock);
    if (generation != m->generation)
        return;
    t = find(m, key);
    if (!t)
        t = oldest(m);
    free(t->key);
    free(t->p);
    *t = (struct thing){.key = xstrdup(key), .p = xcalloc(1, n), .n = n};
    memcpy(t->p, p, n);
    t->generation = generation;
    t->used = ++m->uses;
}

void db_forget(struct db *db)
{
    must(db->tx_file);
    db->forgets = true;
}
