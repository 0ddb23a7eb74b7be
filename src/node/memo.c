/* SPDX-License-Identifier: Apache-2.0 */
#include "node/memo.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/thread.h"

enum { SLOTS = 256 };

struct slot {
    uint64_t chain;
    struct addr addr;
    unsigned value;
    int64_t until; /* monotonic ms; 0: empty */
};

struct node_memo {
    pthread_mutex_t lock;
    struct slot slots[MEMO_KINDS][SLOTS];
};

struct node_memo *node_memo_new(void)
{
    struct node_memo *m = xcalloc(1, sizeof(*m));

    must(pthread_mutex_init(&m->lock, NULL) == 0);
    return m;
}

void node_memo_free(struct node_memo *m)
{
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* The only place that a fact can have. */
static struct slot *slot_of(struct node_memo *m, const struct memo_key *key)
{
    const uint8_t *b = key->addr.b;

    return &m->slots[key->kind][(key->chain + b[0] + 7u * b[9] + 31u * b[19]) % SLOTS];
}

bool node_memo_get(struct node_memo *m, const struct memo_key *key, unsigned *ret)
{
    const struct slot *s = slot_of(m, key);

    lock_scope(&m->lock);
    if (s->chain != key->chain || !addr_eq(&s->addr, &key->addr) || s->until < clock_mono_ms())
        return false;
    if (ret)
        *ret = s->value;
    return true;
}

void node_memo_put(struct node_memo *m, const struct memo_key *key, unsigned value, int64_t for_ms)
{
    int64_t until = for_ms == MEMO_FOR_EVER ? for_ms : clock_mono_ms() + for_ms;

    lock_scope(&m->lock);
    *slot_of(m, key) = (struct slot){key->chain, key->addr, value, until};
}
