/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "crypto/ecies.h"
#include "crypto/random.h"
#include "node/bucket_access.h"
#include "node/compute_parts.h"
#include "node/node.h"
#include "node/node_compute.h"

/* Small questions of the compute commands. */

int compute_ask_env(struct task *t, const char *id, const struct compute_env **ret, struct err *e)
{
    if (!t->node->compute)
        return refused(e, COMPUTE_NONE);
    *ret = compute_env_find(t->node->compute, id);
    return *ret ? 0 : refused(e, COMPUTE_ENVIRONMENT);
}

int compute_ask_access(const struct compute_ask *q, struct err *e)
{
    const struct config_environment *conf = compute_env_info(q->env)->conf;
    const struct config_access *access = q->free_job ? &conf->free.access : &conf->access;
    size_t i;

    if (access->addresses.count == 0 && access->lists.count == 0)
        return 0;
    for (i = 0; i < access->addresses.count; i++)
        if (addr_eq(&access->addresses.items[i], &q->consumer))
            return 0;
    return node_is_listed(q->task->node, &access->lists, &q->consumer) ? 0
                                                                       : refused(e, COMPUTE_ACCESS);
}

/* The chain as a number or as its text: JavaScript's objects have it as a key either way. */
static bool chain_of(const struct json *v, uint64_t *ret)
{
    int64_t n;

    if (json_is(v, JSON_STRING))
        return str_u64(json_str(v, ""), INT64_MAX, ret) && *ret > 0;
    if (!json_int(v, &n) || n <= 0)
        return false;
    *ret = (uint64_t)n;
    return true;
}

int compute_ask_payment(struct task *t, const struct json *payment, uint64_t *ret_chain,
                        struct addr *ret_token, struct err *e)
{
    const char *token = json_get_str(payment, "token", "");

    if (!chain_of(json_get(payment, "chainId"), ret_chain) || !*token)
        return refused(e, COMPUTE_PAYMENT);
    if (addr_parse_any(token, ret_token))
        return 0;
    return refused(e, COMPUTE_TOKEN, arena_printf(t->arena, "%llu", (unsigned long long)*ret_chain),
                   token);
}

int compute_ask_registry(struct task *t, const char *encrypted, const char **ret, struct err *e)
{
    const char *ignored;

    *ret = encrypted && *encrypted ? encrypted : NULL;
    return *ret ? node_compute_login(t->node, t->arena, *ret, &ignored, e) : 0;
}

static int ask_bucket(const struct compute_ask *q, const char *id, struct err *e)
{
    struct task *t = q->task;
    struct bucket bucket;

    if (!t->node->buckets)
        return refused(e, COMPUTE_OUTPUT_BUCKET);
    if (!bucket_is_id(id))
        return refused(e, COMPUTE_OUTPUT_BUCKET_ID);
    return bucket_for_job(t->node, t->arena, id, &q->consumer, &bucket, e);
}

int compute_ask_output(const struct compute_ask *q, const char *output, const char *bucket,
                       struct err *e)
{
    struct task *t = q->task;
    struct compute_output opened;
    bool has_output = output && *output;
    bool has_bucket = bucket && *bucket;
    int rc;

    if (has_output && has_bucket)
        return refused(e, COMPUTE_OUTPUT_BOTH);
    if (has_bucket)
        return ask_bucket(q, bucket, e);
    if (!has_output)
        return 0;
    rc = node_compute_output(t->node, t->arena, output, &opened, e);
    wipe(&opened, sizeof(opened));
    return rc;
}
