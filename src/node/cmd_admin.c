/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "api.gen.h"
#include "base/log.h"
#include "base/str.h"
#include "node/admin.h"
#include "node/api.h"
#include "node/chains.h"
#include "node/collect.h"
#include "node/index_jobs.h"

/* The commands of administrators (wire/http-api.md 3.2), but for logs and configuration. */

int admin_check(struct task *t, const struct admin_asker *asker, struct err *e)
{
    const struct auth_request r = {.command = t->command->name,
                                   .address = asker->address,
                                   .nonce = asker->nonce,
                                   .signature = asker->signature,
                                   .rule = AUTH_ADMIN};
    struct addr who;

    if (auth_check(t->node->auth, &r, &who, e) < 0)
        return -1;
    log_info("node", "%s by administrator %s", t->command->name, addr_text(t->arena, &who));
    return 0;
}

/* --- the node --- */

/* The main thread waits for this signal; this request is answered first, like all that run. */
int cmd_stop_node(struct task *t, const struct args_stop_node *args, struct err *e)
{
    if (admin_check(t, ADMIN_ASKER(args), e) < 0)
        return -1;
    (void)kill(getpid(), SIGTERM);
    return reply_text(t, "EXIT OK");
}

/* --- jobs --- */

int cmd_stop_job(struct task *t, const struct args_stop_job *args, struct err *e)
{
    const struct compute_filter f = {.job_id = args->job_id};
    const char *dash = strchr(args->job_id, '-');
    struct compute_job job;
    struct json *list;
    int r;

    if (admin_check(t, ADMIN_ASKER(args), e) < 0)
        return -1;
    if (!dash || dash == args->job_id || !dash[1])
        return refused(e, ADMIN_JOB_ID);
    if (!t->node->compute)
        return refused(e, ADMIN_NO_ENGINES);
    if (!compute_has_cluster(t->node->compute,
                             arena_strndup(t->arena, args->job_id, (size_t)(dash - args->job_id))))
        return refused(e, ADMIN_ENVIRONMENT);
    r = compute_job_find(t->node->compute, t->arena, args->job_id, &job, e);
    if (r < 0)
        return -1;
    if (r == 0)
        return reply_json(t, json_new_array(t->arena));
    if (compute_stop(t->node->compute, args->job_id, e) < 0 ||
        compute_status(t->node->compute, t->arena, &f, &list, e) < 0)
        return -1;
    return reply_json(t, list);
}

/* --- the indexer --- */

static int need_chain(struct task *t, int64_t chain_id, struct err *e)
{
    if (!node_chain_find(t->node, (uint64_t)chain_id))
        return refused(e, ADMIN_CHAIN, arena_printf(t->arena, "%lld", (long long)chain_id));
    return t->node->indexer ? 0 : refused(e, ADMIN_NO_INDEXER);
}

static int start_job(struct task *t, const struct index_job *job, struct err *e)
{
    struct json *record;
    struct err why;

    if (index_job_start(t->node, t->arena, job, &record, &why) == 0)
        return reply_json(t, record);
    return job->tx ? refused(e, ADMIN_TX_FAILED, why.msg) : refused(e, ADMIN_CHAIN_FAILED, why.msg);
}

int cmd_reindex_tx(struct task *t, const struct args_reindex_tx *args, struct err *e)
{
    struct hash32 hash;
    struct index_job job = {.command = "reindexTx", .chain_id = (uint64_t)args->chain_id};

    if (admin_check(t, ADMIN_ASKER(args), e) < 0)
        return -1;
    if (!str_starts(args->tx_id, "0x") || strlen(args->tx_id) != 66 ||
        !hash32_parse(args->tx_id, &hash))
        return refused(e, ADMIN_TX);
    if (need_chain(t, args->chain_id, e) < 0)
        return -1;
    if (!indexer_is_running(t->node->indexer, job.chain_id))
        return refused(e, ADMIN_TX_THREAD, args->tx_id);
    job.tx = hash32_text(t->arena, &hash);
    return start_job(t, &job, e);
}

int cmd_reindex_chain(struct task *t, const struct args_reindex_chain *args, struct err *e)
{
    const struct index_job job = {.command = "reindexChain",
                                  .chain_id = (uint64_t)args->chain_id,
                                  .block = (uint64_t)args->block};

    if (admin_check(t, ADMIN_ASKER(args), e) < 0 || need_chain(t, args->chain_id, e) < 0)
        return -1;
    if (!indexer_is_running(t->node->indexer, job.chain_id))
        return refused(e, ADMIN_CHAIN_THREAD);
    return start_job(t, &job, e);
}

static int bad_thread(struct task *t, const struct args_handle_indexing_thread *args, struct err *e)
{
    struct json *v = json_new_object(t->arena);

    json_set_str(t->arena, v, "command", t->command->name);
    if (args->action)
        json_set_str(t->arena, v, "action", args->action);
    if (args->has_chain_id)
        json_set_int(t->arena, v, "chainId", args->chain_id);
    return refused(e, ADMIN_THREAD, json_text(t->arena, v));
}

int cmd_handle_indexing_thread(struct task *t, const struct args_handle_indexing_thread *args,
                               struct err *e)
{
    uint64_t chain = (uint64_t)args->chain_id;
    bool start = str_eq(args->action, "START_THREAD");

    if (admin_check(t, ADMIN_ASKER(args), e) < 0)
        return -1;
    if (!start && !str_eq(args->action, "STOP_THREAD"))
        return bad_thread(t, args, e);
    if (!t->node->indexer)
        return refused(e, ADMIN_NO_INDEXER);
    if (args->has_chain_id && chain == 0) /* no chain; without the field it is all of them */
        return bad_thread(t, args, e);
    if (start && !indexer_resume(t->node->indexer, chain))
        return refused(e, ADMIN_THREAD_START);
    if (!start && !indexer_pause(t->node->indexer, chain))
        return refused(e, ADMIN_THREAD_STOP);
    return reply_text(t, "OK");
}

/* --- money --- */

static int other_node(struct task *t, struct err *e)
{
    struct json *v = json_copy(t->arena, t->args);

    json_remove(v, "signature");
    return refused(e, ADMIN_OTHER_NODE, json_text(t->arena, v));
}

static int read_transfer(struct task *t, const struct args_collect_fees *args,
                         struct collect_request *r, struct err *e)
{
    unsigned decimals = 18;
    struct err why;

    r->chain = node_chain_find(t->node, (uint64_t)args->chain_id);
    if (!r->chain)
        return refused(e, ADMIN_CHAIN, arena_printf(t->arena, "%lld", (long long)args->chain_id));
    if (!addr_parse(args->token_address, &r->token) ||
        !addr_parse(args->destination_address, &r->to) || addr_is_zero(&r->to) ||
        addr_eq(&r->token, &r->to))
        return refused(e, ADMIN_FEES_ADDRESS);
    r->everything = args->token_amount == NULL;
    if (r->everything)
        return 0;
    if (!addr_is_zero(&r->token) &&
        node_decimals(t->node, (uint64_t)args->chain_id, &r->token, &decimals, &why) < 0)
        return refused(e, ADMIN_FEES, why.msg);
    if (decimals > 77 || !units_parse(args->token_amount, decimals, &r->amount) ||
        u256_is_zero(&r->amount))
        return refused(e, ADMIN_FEES_AMOUNT, arena_printf(t->arena, "%.80s", args->token_amount),
                       decimals);
    return 0;
}

static int reply_transfer(struct task *t, const struct hash32 *tx)
{
    struct json *v = json_new_object(t->arena);

    json_set_str(t->arena, v, "tx", hash32_text(t->arena, tx));
    json_set_str(t->arena, v, "message", "Fees successfully transfered to admin!"); /* sic */
    return reply_json(t, v);
}

/* The error as an answer, since an answer can say which transaction it is about. */
static int reply_unfinished(struct task *t, enum collect_outcome outcome, const struct hash32 *tx)
{
    struct err why;

    if (outcome == COLLECT_REVERTED)
        refused(&why, ADMIN_FEES_REVERTED, "[]"); /* a reverted transaction has no logs */
    else if (outcome == COLLECT_REFUSED)
        refused(&why, ADMIN_FEES_REVERTED, "the token has moved nothing");
    else
        refused(&why, ADMIN_FEES_RECEIPT);
    reply_header(t, "Access-Control-Expose-Headers", "X-Transaction");
    reply_header(t, "X-Transaction", hash32_text(t->arena, tx));
    reply_status(t, err_status(why.code));
    return reply_text(t, why.msg);
}

int cmd_collect_fees(struct task *t, const struct args_collect_fees *args, struct err *e)
{
    struct collect_request r = {.everything = true};
    enum collect_outcome outcome;
    struct hash32 tx;
    struct err why;

    if (admin_check(t, ADMIN_ASKER(args), e) < 0)
        return -1;
    if (args->node && *args->node && !str_eq(args->node, t->node->peer_id))
        return other_node(t, e);
    if (read_transfer(t, args, &r, e) < 0)
        return -1;
    if (collect_transfer(t->node, &r, &tx, &outcome, &why) < 0) {
        *e = why;
        return why.code == ERR_ADMIN_FEES_HIGH || why.code == ERR_ADMIN_FEES_NATIVE_HIGH
                   ? -1
                   : refused(e, ADMIN_FEES, why.msg);
    }
    log_info("node", "collectFees: %s", hash32_text(t->arena, &tx));
    return outcome == COLLECT_MINED ? reply_transfer(t, &tx) : reply_unfinished(t, outcome, &tx);
}
