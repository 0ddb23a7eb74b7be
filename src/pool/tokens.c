/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols and decimals: asked of the chain once for ever, since pages show amounts all the time. */
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "pool/pool_int.h"
#include "pool/pools.sql.h"

enum { ASK_AGAIN_MS = 10000 };

static struct token_fact *find_locked(struct pools *p, uint64_t chain, const struct addr *token)
{
    size_t i;

    for (i = 0; i < p->token_count; i++)
        if (p->tokens[i].chain == chain && addr_eq(&p->tokens[i].token, token))
            return &p->tokens[i];
    return NULL;
}

/* A table that is full forgets what came first; whoever needs that reads it again. */
static void keep(struct pools *p, const struct token_fact *fact)
{
    struct token_fact *f;

    lock_scope(&p->lock);
    f = find_locked(p, fact->chain, &fact->token);
    if (!f && p->token_count < POOL_TOKENS_KEPT)
        f = &p->tokens[p->token_count++];
    if (!f)
        f = &p->tokens[p->token_next++ % POOL_TOKENS_KEPT];
    *f = *fact;
}

static bool recall(struct pools *p, struct token_fact *fact)
{
    const struct token_fact *f;

    lock_scope(&p->lock);
    f = find_locked(p, fact->chain, &fact->token);
    if (!f || (!f->known && f->asked + ASK_AGAIN_MS < clock_mono_ms()))
        return false;
    *fact = *f;
    return true;
}

static int read_row(struct pools *p, struct token_fact *fact, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_pool_token_get);
    char text[ADDR_TEXT];

    addr_lower(&fact->token, text);
    bind_i64(q, (int64_t)fact->chain);
    bind_text(q, text);
    if (stmt_find(q, &fact->known, e) < 0)
        return -1;
    if (fact->known) {
        (void)str_copy(fact->unit.symbol, sizeof(fact->unit.symbol), col_text(q, "symbol"));
        fact->unit.decimals = (unsigned)col_i64(q, "decimals");
    }
    return 0;
}

static int write_row(struct pools *p, const struct token_fact *fact, struct err *e)
{
    _db_ struct db *db = store_lend(p->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_pool_token_add);
    char text[ADDR_TEXT];

    addr_lower(&fact->token, text);
    bind_i64(q, (int64_t)fact->chain);
    bind_text(q, text);
    bind_text(q, fact->unit.symbol);
    bind_i64(q, fact->unit.decimals);
    return stmt_run(q, e);
}

bool tokens__known(struct pools *p, uint64_t chain, const struct addr *token,
                   struct pool_token *ret)
{
    struct token_fact fact = {.chain = chain, .token = *token};
    struct err e;

    if (!recall(p, &fact)) {
        fact.asked = clock_mono_ms();
        if (read_row(p, &fact, &e) < 0)
            log_debug("pool", "token: %s", e.msg);
        if (!fact.known && p->cb.token) {
            fact.known = p->cb.token(p->cb.ctx, chain, token, &fact.unit, &e) == 0;
            if (!fact.known || write_row(p, &fact, &e) < 0)
                log_debug("pool", "token: %s", e.msg);
        }
        keep(p, &fact);
    }
    *ret = fact.unit;
    return fact.known;
}
