/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ddo_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"

/* One document in each slot, found by the hash of its DID: the latest comes in, another goes. */
enum { SLOTS = 512, TEXT_MAX = 64 << 10, DID_MAX = 128 };

struct slot {
    char *did;
    char *text;
    size_t len;
    uint64_t commits;
};

struct ddo_cache {
    struct store *store;
    pthread_mutex_t lock;
    struct slot slot[SLOTS];
};

struct ddo_cache *ddo_cache_new(struct store *store)
{
    struct ddo_cache *c = xcalloc(1, sizeof(*c));

    c->store = store;
    must(pthread_mutex_init(&c->lock, NULL) == 0);
    return c;
}

void ddo_cache_free(struct ddo_cache *c)
{
    size_t i;

    if (!c)
        return;
    for (i = 0; i < SLOTS; i++) {
        free(c->slot[i].did);
        free(c->slot[i].text);
    }
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct slot *slot_of(struct ddo_cache *c, const char *did)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (; *did; did++)
        h = (h ^ (unsigned char)*did) * UINT64_C(0x100000001b3);
    return &c->slot[(h ^ h >> 32) % SLOTS];
}

const char *ddo_cache_find(struct ddo_cache *c, struct arena *a, const char *did)
{
    struct slot *s = slot_of(c, did);

    lock_scope(&c->lock);
    if (!s->did || s->commits != store_commits(c->store) || !str_eq(s->did, did))
        return NULL;
    return arena_strndup(a, s->text, s->len);
}

void ddo_cache_put(struct ddo_cache *c, const char *did, const char *text, uint64_t commits)
{
    struct slot *s = slot_of(c, did);
    size_t len = strlen(text);

    if (len > TEXT_MAX || strlen(did) > DID_MAX)
        return;
    lock_scope(&c->lock);
    free(s->did);
    free(s->text);
    *s = (struct slot){xstrdup(did), xstrdup(text), len, commits};
}
