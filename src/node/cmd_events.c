/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "base/buf.h"
#include "base/str.h"
#include "crypto/eth.h"
#include "indexer/index.h"
#include "node/node.h"

/* What the index has seen besides assets: escrow events and access lists (wire/http-api.md 9). */

enum { EVENTS_DEFAULT = 100, EVENTS_BYTES_MAX = 4 << 20, TYPES_BYTES_MAX = 256 };

/* A chain's number; 0, which is no chain, stays 0 for "any" when nothing was given. */
static int read_chain(const char *text, uint64_t *ret, struct err *e)
{
    *ret = 0;
    return !text || str_u64(text, INT64_MAX, ret) ? 0 : refused(e, CHAIN_NUMBER);
}

static int check_type(const char *type, struct err *e)
{
    _buf_ struct buf known = BUF_INIT(TYPES_BYTES_MAX);
    size_t i;

    for (i = 0; index_escrow_types[i]; i++) {
        if (!type || str_eq(type, index_escrow_types[i]))
            return 0;
        buf_printf(&known, "%s%s", i ? ", " : "", index_escrow_types[i]);
    }
    return refused(e, EVENT_TYPE, buf_str(&known));
}

int cmd_get_escrow_events(struct task *t, const struct args_get_escrow_events *args, struct err *e)
{
    struct index_escrow_filter filter = {.type = args->event_type,
                                         .payer = args->payer,
                                         .payee = args->payee,
                                         .token = args->token,
                                         .job_id = args->job_id,
                                         .tx = args->tx_id,
                                         .offset = args->offset,
                                         .size = args->has_size ? args->size : EVENTS_DEFAULT};
    _buf_ struct buf out = BUF_INIT(EVENTS_BYTES_MAX);
    _db_ struct db *db = store_lend(t->node->store);

    if (read_chain(args->chain_id, &filter.chain_id, e) < 0 || check_type(filter.type, e) < 0 ||
        index_escrow_events(db, &filter, &out, e) < 0)
        return -1;
    return reply_bytes(t, "application/json; charset=utf-8", buf_str(&out), out.len);
}

int cmd_search_access_list(struct task *t, const struct args_search_access_list *args,
                           struct err *e)
{
    _db_ struct db *db = store_lend(t->node->store);
    struct json *lists;
    struct addr wallet;
    uint64_t chain;

    if (!addr_parse_any(args->wallet, &wallet))
        return refused(e, LIST_WALLET_INVALID);
    if (read_chain(args->chain_id, &chain, e) < 0 ||
        index_access_lists_of(db, t->arena, chain, args->wallet, &lists, e) < 0)
        return -1;
    return reply_json(t, lists);
}

int cmd_get_access_list(struct task *t, const struct args_get_access_list *args, struct err *e)
{
    _db_ struct db *db = store_lend(t->node->store);
    struct json *list;
    uint64_t chain;

    if (read_chain(args->chain_id, &chain, e) < 0 ||
        index_access_list(db, t->arena, chain, args->contract_address, &list, e) < 0)
        return -1;
    return list ? reply_json(t, list) : refused(e, LIST_NOT_FOUND);
}
