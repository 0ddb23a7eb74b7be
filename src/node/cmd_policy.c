/* SPDX-License-Identifier: Apache-2.0 */
#include <strings.h>

#include "api.gen.h"
#include "base/str.h"
#include "node/node.h"
#include "node/policy.h"

/* What clients ask the policy server through the node (wire/http-api.md 11). */

/* Its status and its words, whatever they are. */
static int reply_answer(struct task *t, const struct policy_answer *answer)
{
    bool is_json = answer->type && strncasecmp(answer->type, "application/json", 16) == 0;

    reply_status(t, answer->status);
    return reply_bytes(t, is_json ? "application/json; charset=utf-8" : "text/plain; charset=utf-8",
                       answer->said.p, answer->said.n);
}

/* What JavaScript takes for absent, as ocean-node does. */
static bool is_nothing(const struct json *v)
{
    return json_type(v) == JSON_NULL || (json_is(v, JSON_STRING) && json_str_len(v) == 0) ||
           (json_is(v, JSON_BOOL) && !json_bool(v, false)) ||
           (json_is(v, JSON_NUMBER) && !(json_num(v, 0) < 0 || json_num(v, 0) > 0));
}

int cmd_policy_server_passthrough(struct task *t, const struct args_policy_server_passthrough *args,
                                  struct err *e)
{
    struct arena *a = t->arena;
    struct json *question = json_copy(a, args->policy_server_passthrough);
    struct policy_answer answer;
    struct asset asset;
    bool found;

    if (!args->policy_server_passthrough)
        return refused(e, POLICY_PASSTHROUGH);
    if (node_asset_find(t->node, a, json_get_str(question, "documentId", ""), &found, &asset, e) <
        0)
        return -1;
    json_set(a, question, "ddo", found ? json_copy(a, asset.json) : json_new_null(a));
    answer = policy_ask(t->node, a, question);
    return reply_answer(t, &answer);
}

int cmd_initialize_ps_verification(struct task *t,
                                   const struct args_initialize_ps_verification *args,
                                   struct err *e)
{
    struct arena *a = t->arena;
    struct json *question = policy_question(a, "initiate");
    struct policy_answer answer;
    struct asset asset;
    bool found;

    if (is_nothing(args->policy_server))
        return refused(e, POLICY_FIELD);
    if (node_asset_find(t->node, a, args->document_id, &found, &asset, e) < 0)
        return -1;
    if (!found)
        return refused(e, DDO_NOT_FOUND);
    json_set_str(a, question, "documentId", args->document_id);
    json_set_str(a, question, "serviceId", args->service_id);
    policy_add(a, question, "ddo", asset.json);
    json_set_str(a, question, "consumerAddress", args->consumer_address);
    policy_add(a, question, "policyServer", args->policy_server);
    answer = policy_ask(t->node, a, question);
    return reply_answer(t, &answer);
}
