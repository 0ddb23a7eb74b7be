/* SPDX-License-Identifier: Apache-2.0 */
/* Which logs a window of blocks is made of. */
#include <string.h>

#include "indexer/follow.h"
#include "indexer/index.sql.h"
#include "indexer/rows.h"

/*
 * Every contract's events are asked for by their topics. Transfers are not: each coin has them.
 * They are asked of the contracts that matter here, as long as those are not too many; of data NFTs
 * beyond that by the one number that their tokens have.
 */
enum { NFTS_MAX = 1000, LISTS_MAX = 10000, ADDRESSES_MAX = 1000 };

/* The filters of a request, which live in the window's arena. */
struct asked {
    struct arena *a;
    struct rpc_log_filter v[RPC_FILTERS_MAX];
    size_t n;
    uint64_t from;
    uint64_t to;
};

static struct rpc_log_filter *add(struct asked *q)
{
    struct rpc_log_filter *filter = &q->v[q->n++];

    *filter = (struct rpc_log_filter){.from = q->from, .to = q->to};
    return filter;
}

/* Who vouches for metadata matters only where an operator named them. */
static void ask_events(struct asked *q, const struct indexer_policy *policy)
{
    struct rpc_log_filter *filter = add(q);
    const struct hash32 *crawled;
    size_t n = event_crawled(&crawled);
    struct hash32 *all = arena_calloc(q->a, n + 1, sizeof(*all));

    memcpy(all, crawled, n * sizeof(*all));
    if (policy->validator_count > 0 || policy->validator_list_count > 0)
        all[n++] = *event_topic(EVENT_METADATA_VALIDATED);
    filter->topics = all;
    filter->topic_count = n;
}

static void ask_transfers(struct asked *q, const struct addr *contracts, size_t n)
{
    struct rpc_log_filter *filter;
    size_t at;

    for (at = 0; at < n && q->n < RPC_FILTERS_MAX; at += ADDRESSES_MAX) {
        filter = add(q);
        filter->topics = event_topic(EVENT_TRANSFER);
        filter->topic_count = 1;
        filter->addresses = contracts + at;
        filter->address_count = n - at < ADDRESSES_MAX ? n - at : ADDRESSES_MAX;
    }
}

static void ask_first_tokens(struct asked *q)
{
    struct rpc_log_filter *filter = add(q);
    struct hash32 *one = arena_calloc(q->a, 1, sizeof(*one));

    one->b[sizeof(one->b) - 1] = 1;
    filter->topics = event_topic(EVENT_TRANSFER);
    filter->topic_count = 1;
    filter->fourth = one;
}

static int read_lists(struct db *db, uint64_t chain, struct addr *lists, size_t *ret_count,
                      struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_access_list_transferable);
    size_t n = 0;
    int r;

    bind_i64(q, (int64_t)chain);
    bind_i64(q, LISTS_MAX);
    while ((r = stmt_step(q, e)) > 0 && n < LISTS_MAX)
        n += addr_parse_any(col_text(q, "address"), &lists[n]);
    *ret_count = n;
    return r < 0 ? -1 : 0;
}

/* Asks for the transfers of what is known. */
static int ask_known(const struct follower *f, struct asked *q, struct err *e)
{
    _db_ struct db *db = store_lend(f->o->store);
    struct addr *lists = arena_calloc(q->a, LISTS_MAX, sizeof(*lists));
    struct addr *nfts = arena_calloc(q->a, NFTS_MAX + 1, sizeof(*nfts));
    size_t n;

    if (read_lists(db, f->chain->chain_id, lists, &n, e) < 0)
        return -1;
    ask_transfers(q, lists, n);
    if (asset_rows_nfts(db, f->chain->chain_id, nfts, NFTS_MAX + 1, &n, e) < 0)
        return -1;
    if (n > NFTS_MAX)
        ask_first_tokens(q);
    else
        ask_transfers(q, nfts, n);
    return 0;
}

/* Lists that are made in the window itself have had no place in the question. */
static size_t new_lists(struct arena *a, const struct rpc_logs *logs, struct addr **ret)
{
    struct event ev;
    struct err ignored;
    size_t count = 0;
    size_t i;

    *ret = arena_calloc(a, ADDRESSES_MAX, sizeof(**ret));
    for (i = 0; i < logs->n && count < ADDRESSES_MAX; i++)
        if (logs->v[i].topic_count > 0 &&
            hash32_eq(&logs->v[i].topics[0], event_topic(EVENT_NEW_ACCESS_LIST)) &&
            event_decode(a, &logs->v[i], &ev, &ignored) == 0 && ev.id == EVENT_NEW_ACCESS_LIST)
            (*ret)[count++] = event_addr(&ev, "contract");
    return count;
}

int follow_logs(const struct follower *f, struct arena *a, uint64_t to, struct rpc_logs *ret,
                struct err *e)
{
    struct asked q = {.a = a, .from = f->next, .to = to};
    struct addr *lists;
    size_t n;

    ask_events(&q, follow_policy(f));
    if (ask_known(f, &q, e) < 0 || rpc_logs_of(f->chain->rpc, a, q.v, q.n, ret, e) < 0)
        return -1;
    n = new_lists(a, ret, &lists);
    if (n == 0)
        return 0;
    ask_transfers(&q, lists, n);
    return rpc_logs_of(f->chain->rpc, a, q.v, q.n, ret, e);
}
