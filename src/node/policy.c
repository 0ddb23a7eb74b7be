/* SPDX-License-Identifier: Apache-2.0 */
#include "node/policy.h"

#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "node/node.h"
#include "node/task.h"

enum {
    ANSWER_MAX = 1 << 20,
    CONNECT_MS = 3000,
    ASKING_MAX = 8,
    OK = 200,
    SILENT = 400, /* as ocean-node has it */
    NOBODY = 404, /* likewise */
    DENIED = 403  /* for a status that would be no refusal on the wire */
};

bool policy_is_configured(const struct node *n)
{
    return n->config->policy_server_url != NULL;
}

static struct bytes text_bytes(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static struct policy_answer silence(const char *why)
{
    return (struct policy_answer){
        .result = POLICY_SILENT, .status = SILENT, .said = text_bytes(why)};
}

/* The reason in words for strangers: they learn nothing of the operator's network. */
static const char *why_silent(const struct err *e)
{
    if (e->code == ERR_TIMEOUT)
        return "the policy server did not answer in time";
    if (e->code == ERR_TOO_LARGE)
        return "the policy server's answer is too large";
    return "the policy server cannot be reached";
}

static struct policy_answer judge(const struct net_response *r)
{
    struct policy_answer answer = {.result = r->status == OK ? POLICY_ALLOWED : POLICY_DENIED,
                                   .status = r->status,
                                   .said = {(const uint8_t *)r->body.p, r->body.n},
                                   .type = net_header_get(r, "content-type")};

    if (r->status >= 300 && r->status < 400)
        return silence("the policy server answered with a redirect");
    if (r->status != OK && (r->status < 400 || r->status > 599))
        answer.status = DENIED;
    return answer;
}

/* The URL is the operator's, so it may be a private one; a redirect would be somebody else's. */
static struct policy_answer ask(struct node *n, struct arena *a, struct json *question)
{
    const struct config *c = n->config;
    const struct net_header headers[] = {{"content-type", "application/json"},
                                         {"x-api-key", c->policy_server_api_key}};
    struct net_request request = {.method = "POST",
                                  .url = c->policy_server_url,
                                  .headers = headers,
                                  .header_count = c->policy_server_api_key ? 2 : 1,
                                  .max_body = ANSWER_MAX,
                                  .timeout_ms = (int)c->policy_server_timeout,
                                  .connect_timeout_ms = CONNECT_MS};
    struct net_response response;
    struct policy_answer answer;
    struct err e = {0};

    json_set_str(a, question, "nodeAddress", n->address_text);
    request.body = json_text(a, question);
    request.body_len = strlen(request.body);
    answer = net_call(n->net, a, &request, &response, &e) < 0 ? silence(why_silent(&e))
                                                              : judge(&response);
    if (answer.result == POLICY_SILENT)
        log_warn("policy", "%s: %s%s%s", json_get_str(question, "action", "passthrough"),
                 (const char *)answer.said.p, e.code == ERR_NONE ? "" : ": ", e.msg);
    return answer;
}

/* How many commands may ask at once: a slow server must not occupy all workers. */
static int asking_most(const struct node *n)
{
    int64_t half = (n->config->workers + 1) / 2;

    return half > 0 && half < ASKING_MAX ? (int)half : ASKING_MAX;
}

struct policy_answer policy_ask(struct node *n, struct arena *a, struct json *question)
{
    static atomic_int asking;
    struct policy_answer answer;

    if (!policy_is_configured(n))
        return (struct policy_answer){.status = NOBODY, .said = text_bytes("")};
    if (atomic_fetch_add(&asking, 1) >= asking_most(n))
        answer = silence("too many questions wait for the policy server");
    else
        answer = ask(n, a, question);
    atomic_fetch_sub(&asking, 1);
    return answer;
}

struct json *policy_question(struct arena *a, const char *action)
{
    struct json *q = json_new_object(a);

    json_set_str(a, q, "action", action);
    return q;
}

void policy_add(struct arena *a, struct json *question, const char *name, const struct json *value)
{
    if (value)
        json_set(a, question, name, json_copy(a, value));
}

int policy_demand(struct task *t, struct json *question, const struct err *denial, struct err *e)
{
    struct policy_answer answer = policy_ask(t->node, t->arena, question);

    if (answer.result == POLICY_ALLOWED)
        return 0;
    if (answer.result == POLICY_SILENT)
        return refused(e, POLICY_SILENT, denial->msg, (const char *)answer.said.p);
    *e = *denial;
    return -1;
}

/* --- documents that are about to be indexed --- */

/* The log as ethers prints it. */
static struct json *raw_event(struct arena *a, const struct rpc_log *log)
{
    struct json *v = json_new_object(a);
    struct json *topics = json_new_array(a);
    size_t i;

    for (i = 0; i < log->topic_count; i++)
        json_push(a, topics, json_new_str(a, hash32_text(a, &log->topics[i])));
    json_set_str(a, v, "_type", "log");
    json_set_str(a, v, "address", addr_text(a, &log->address));
    json_set_str(a, v, "blockHash", hash32_text(a, &log->block_hash));
    json_set_int(a, v, "blockNumber", (int64_t)log->block);
    json_set_str(a, v, "data", hex0x_dup(a, log->data.p, log->data.n));
    json_set_int(a, v, "index", (int64_t)log->index);
    json_set_bool(a, v, "removed", false);
    json_set(a, v, "topics", topics);
    json_set_str(a, v, "transactionHash", hash32_text(a, &log->tx));
    json_set_int(a, v, "transactionIndex", (int64_t)log->tx_index);
    return v;
}

void policy_review(void *node, struct arena *a, const struct indexer_news *news,
                   struct indexer_verdict *ret)
{
    struct json *q = policy_question(a, news->is_update ? "updateDDO" : "newDDO");
    struct policy_answer answer;

    policy_add(a, q, "rawDDO", news->document);
    json_set_int(a, q, "chainId", (int64_t)news->chain_id);
    json_set_str(a, q, "txId", hash32_text(a, &news->log->tx));
    json_set(a, q, "eventRaw", raw_event(a, news->log));
    answer = ask(node, a, q);
    ret->why = answer.said;
    ret->answer = answer.result == POLICY_ALLOWED  ? REVIEW_WELCOME
                  : answer.result == POLICY_SILENT ? REVIEW_SILENT
                  : answer.status >= 500           ? REVIEW_LATER
                                                   : REVIEW_DENIED;
}
