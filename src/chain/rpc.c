/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/rpc.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "chain/abi.h"
#include "chain/rpc_int.h"

enum {
    ENDPOINTS_MAX = 16,
    BATCH_MAX = 1000,
    CALL_TIMEOUT_MS = 20000,
    STALL_MS = 3000, /* as the reference has it */
    CHECK_MS = 2000,
    CONNECT_TIMEOUT_MS = 3000,
    ROUNDS = 2, /* of all endpoints, the second only where the first failed quickly */
    QUICK_MS = 1000,
    REQUEST_MAX = 16 * 1048576,
    ANSWER_MAX = 64 * 1048576,
    CODE_INTERNAL = -32603, /* the endpoint's trouble, not the chain's word */
    CODE_REVERTED = 3,      /* geth and anvil; its data holds the reason */
    CODE_LIMITED = -32005   /* EIP-1474: limit exceeded */
};

struct rpc {
    struct net *net;
    uint64_t chain_id;
    const char *endpoints[ENDPOINTS_MAX];
    size_t count;
    atomic_size_t good;               /* the endpoint that answered last */
    atomic_bool known[ENDPOINTS_MAX]; /* it answers for this chain */
};

struct rpc *rpc_new(struct net *net, uint64_t chain_id, const char *const *endpoints, size_t n)
{
    struct rpc *r = xcalloc(1, sizeof(*r));
    size_t i;

    must(n > 0 && n <= ENDPOINTS_MAX);
    r->net = net;
    r->chain_id = chain_id;
    r->count = n;
    for (i = 0; i < n; i++)
        r->endpoints[i] = endpoints[i];
    return r;
}

void rpc_free(struct rpc *r)
{
    free(r);
}

uint64_t rpc_chain_id(const struct rpc *r)
{
    return r->chain_id;
}

/* --- errors of the chain --- */

/* "execution reverted: why" -> "why"; the data of Error(string) says it best. */
static const char *revert_reason(struct arena *a, const struct json *error)
{
    static const uint8_t error_string[4] = {0x08, 0xc3, 0x79, 0xa0};
    static const char *const prefixes[] = {"execution reverted: ", "execution reverted",
                                           "VM Exception while processing transaction: revert "};
    const char *message = json_get_str(error, "message", "");
    struct abi_value v;
    struct bytes data;
    struct err ignored;
    size_t i;

    if (rpc__bytes(a, json_get(error, "data"), &data) && data.n >= sizeof(error_string) &&
        memcmp(data.p, error_string, sizeof(error_string)) == 0 &&
        abi_decode(a, "(string)", data.p + 4, data.n - 4, &v, &ignored) == 0)
        return arena_strndup(a, (const char *)v.list.v[0].bytes.p, v.list.v[0].bytes.n);
    for (i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (str_starts(message, prefixes[i]) && message[strlen(prefixes[i])])
            return message + strlen(prefixes[i]);
    }
    return *message ? message : "execution reverted";
}

static bool is_limit(const struct json *error)
{
    return json_get_int(error, "code", 0) == CODE_LIMITED ||
           strcasestr(json_get_str(error, "message", ""), "rate limit");
}

/* An error object is the chain's answer, unless the endpoint only says that it is busy. */
static int chain_error(struct arena *a, const char *method, const struct json *error, struct err *e)
{
    const char *message = json_get_str(error, "message", "unknown error");

    if (is_limit(error)) {
        failed(e, FAILED, "%s: %s", method, message);
        return err_transient(e);
    }
    if (json_get_int(error, "code", 0) == CODE_REVERTED || strcasestr(message, "revert"))
        return refused(e, REVERTED, revert_reason(a, error));
    return failed(e, FAILED, "%s: %s", method, message);
}

/* --- one request to one endpoint --- */

static const char *request_text(struct arena *a, const struct rpc_item *items, size_t n)
{
    struct json *batch = json_new_array(a);
    size_t i;

    for (i = 0; i < n; i++) {
        struct json *call = json_new_object(a);

        json_set_str(a, call, "jsonrpc", "2.0");
        json_set_int(a, call, "id", (int64_t)i);
        json_set_str(a, call, "method", items[i].method);
        json_set(a, call, "params", items[i].params ? items[i].params : json_new_array(a));
        json_push(a, batch, call);
    }
    return json_text(a, n == 1 ? json_at(batch, 0) : batch);
}

/* One answer object to its item. */
static int take_answer(struct arena *a, const struct json *answer, struct rpc_item *item,
                       struct err *e)
{
    const struct json *error = json_get(answer, "error");

    item->result = json_get(answer, "result");
    item->code = json_get_int(error, "code", 0);
    if (json_is(error, JSON_OBJECT)) {
        item->result = NULL;
        return item->may_fail && !is_limit(error) ? 0 : chain_error(a, item->method, error, e);
    }
    return item->result ? 0 : rpc__malformed(e, item->method);
}

/* Brings answers, which may come in any order, to their items. */
static int take_answers(struct arena *a, struct json *answer, struct rpc_item *items, size_t n,
                        struct err *e)
{
    struct json **sorted = arena_calloc(a, n, sizeof(*sorted));
    const struct json *error = json_get(answer, "error");
    int64_t id;
    size_t i;

    if (json_is(answer, JSON_OBJECT) && n == 1) {
        if (!json_is(error, JSON_OBJECT) && json_get_int(answer, "id", -1) != 0)
            return rpc__malformed(e, items[0].method); /* somebody else's */
        return take_answer(a, answer, items, e);
    }
    if (json_is(error, JSON_OBJECT)) /* how an endpoint refuses a whole batch */
        return chain_error(a, items[0].method, error, e);
    for (i = 0; i < json_len(answer); i++) {
        id = json_get_int(json_at(answer, i), "id", -1);
        if (id >= 0 && (size_t)id < n)
            sorted[id] = json_at(answer, i);
    }
    for (i = 0; i < n; i++)
        if (take_answer(a, sorted[i], &items[i], e) < 0)
            return -1;
    return 0;
}

/* One endpoint in the row of those that are asked: where others are left, a silent one has less
 * time. */
struct turn {
    size_t at;
    int timeout_ms;
};

static struct turn turn_of(const struct rpc *r, size_t first, size_t i)
{
    return (struct turn){.at = (first + i) % r->count,
                         .timeout_ms = i + 1 < r->count ? STALL_MS : CALL_TIMEOUT_MS};
}

/* The same for a caller who has only `left` ms. */
static struct turn hurried(struct turn turn, int64_t left)
{
    if (turn.timeout_ms > left)
        turn.timeout_ms = left > 0 ? (int)left : 1;
    return turn;
}

/* Whether a 5xx is the chain's answer all the same: some servers send every error so. */
static bool is_revert(const struct json *error)
{
    return json_get_int(error, "code", 0) == CODE_REVERTED ||
           strcasestr(json_get_str(error, "message", ""), "revert");
}

/* -1 with e->transient: this endpoint is of no use now, another may be. */
static int post(struct rpc *r, struct arena *a, struct turn turn, const char *text,
                struct json **ret, struct err *e)
{
    static const struct net_header type = {"content-type", "application/json"};
    const struct net_request request = {.method = "POST",
                                        .url = r->endpoints[turn.at],
                                        .headers = &type,
                                        .header_count = 1,
                                        .body = text,
                                        .body_len = strlen(text),
                                        .max_body = ANSWER_MAX,
                                        .timeout_ms = turn.timeout_ms,
                                        .connect_timeout_ms = CONNECT_TIMEOUT_MS};
    struct net_response response;
    struct err why;

    if (net_call(r->net, a, &request, &response, e) < 0)
        return err_transient(e);
    if (json_parse(a, response.body.p, response.body.n, ret, &why) == 0 &&
        (response.status == 200 || json_get(*ret, "error")) && response.status != 429 &&
        (response.status < 500 || is_revert(json_get(*ret, "error"))))
        return 0;
    failed(e, FAILED, "RPC endpoint answered %d%s", response.status,
           response.status == 200 ? " without JSON" : "");
    return err_transient(e);
}

/* Which chain an endpoint answers for; r's own when it does not know eth_chainId. */
static int chain_of(struct rpc *r, struct arena *a, struct turn turn, uint64_t *ret, struct err *e)
{
    struct rpc_item item = {.method = "eth_chainId"};
    struct json *answer;
    struct err ignored;

    if (post(r, a, turn, request_text(a, &item, 1), &answer, e) < 0)
        return -1;
    if (take_answers(a, answer, &item, 1, &ignored) < 0 || !rpc__u64(item.result, ret))
        *ret = r->chain_id;
    return 0;
}

/*
 * An endpoint of another chain would show orders and locks that were never paid here. One that
 * does not know eth_chainId is taken at its operator's word.
 */
static int check_chain(struct rpc *r, struct arena *a, struct turn turn, struct err *e)
{
    uint64_t id;

    if (r->chain_id == 0 || atomic_load(&r->known[turn.at]))
        return 0;
    if (chain_of(r, a, turn, &id, e) < 0)
        return -1;
    if (id != r->chain_id) {
        failed(e, FAILED, "the RPC endpoint answers for chain %llu", (unsigned long long)id);
        return err_transient(e);
    }
    atomic_store(&r->known[turn.at], true);
    return 0;
}

/* "https://host:port" of a URL: names, paths and queries in it may be secrets. */
static const char *bare_url(struct arena *a, const char *url)
{
    const char *host = strstr(url, "://");
    size_t n;
    const char *at;

    host = host ? host + 3 : url;
    n = strcspn(host, "/?#");
    at = memrchr(host, '@', n);
    if (at) {
        n -= (size_t)(at + 1 - host);
        return arena_printf(a, "%.*s%.*s", (int)(host - url), url, (int)n, at + 1);
    }
    return arena_strndup(a, url, (size_t)(host - url) + n);
}

int rpc_check(struct rpc *r, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct err ignored;
    uint64_t id;
    size_t i;

    for (i = 0; i < r->count; i++) {
        const struct turn turn = {.at = i, .timeout_ms = CHECK_MS};

        if (r->chain_id == 0 || chain_of(r, a, turn, &id, &ignored) < 0)
            continue;
        if (id != r->chain_id)
            return failed(e, INVALID,
                          "the RPC endpoint %s is configured for chain %llu but answers for chain "
                          "%llu",
                          bare_url(a, r->endpoints[i]), (unsigned long long)r->chain_id,
                          (unsigned long long)id);
        atomic_store(&r->known[i], true);
    }
    return 0;
}

static int ask(struct rpc *r, struct arena *a, struct turn turn, const char *text,
               struct json **ret, struct err *e)
{
    return check_chain(r, a, turn, e) < 0 ? -1 : post(r, a, turn, text, ret, e);
}

/*
 * limit_ms: for all endpoints together, 0 = none. The endpoint's part of a failure is told without
 * its URL, which may hold a key.
 */
static int call_items(struct rpc *r, struct arena *a, struct rpc_item *items, size_t n,
                      int limit_ms, struct err *e)
{
    const char *text = request_text(a, items, n);
    size_t first = atomic_load(&r->good);
    int64_t start = clock_mono_ms();
    size_t i;

    for (i = 0; i < ROUNDS * r->count; i++) {
        int64_t gone = clock_mono_ms() - start;
        struct turn turn = turn_of(r, first, i);
        struct json *answer;

        if (i > 0 && ((i >= r->count && gone > QUICK_MS) || (limit_ms > 0 && gone >= limit_ms)))
            break;
        if (limit_ms > 0)
            turn = hurried(turn, limit_ms - gone);
        if (ask(r, a, turn, text, &answer, e) == 0) {
            *e = (struct err){0};
            if (take_answers(a, answer, items, n, e) == 0 || !e->transient) {
                atomic_store(&r->good, turn.at);
                return e->code == ERR_NONE ? 0 : -1;
            }
        }
    }
    err_wrap(e, "chain %llu", (unsigned long long)r->chain_id);
    return err_transient(e);
}

int rpc_call(struct rpc *r, struct arena *a, const char *method, struct json *params,
             struct json **ret, struct err *e)
{
    struct rpc_item item = {.method = method, .params = params};

    if (rpc_batch(r, a, &item, 1, e) < 0)
        return -1;
    *ret = item.result;
    return 0;
}

int rpc__batch_within(struct rpc *r, struct arena *a, int limit_ms, struct rpc_item *items,
                      size_t n, struct err *e)
{
    struct err why = {0};

    must(n > 0 && n <= BATCH_MAX);
    if (call_items(r, a, items, n, limit_ms, &why) == 0)
        return 0;
    *e = why;
    return -1;
}

int rpc_batch(struct rpc *r, struct arena *a, struct rpc_item *items, size_t n, struct err *e)
{
    return rpc__batch_within(r, a, 0, items, n, e);
}

/* Whether an endpoint that failed may have handed the transaction on before. */
static bool may_have_sent(const struct rpc_item *item, const struct err *why)
{
    return why->transient || item->code == CODE_INTERNAL ||
           strcasestr(why->msg, "nonce too low") || /* or it is mined meanwhile */
           strcasestr(why->msg, "timeout") || strcasestr(why->msg, "timed out");
}

int rpc_send_raw(struct rpc *r, struct bytes raw, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *params = json_new_array(a);
    struct rpc_item item = {.method = "eth_sendRawTransaction", .params = params};
    const char *text;
    size_t first = atomic_load(&r->good);
    struct err why = {0};
    bool unknown = false;
    size_t i;

    json_push(a, params, rpc__hex_bytes(a, raw));
    text = request_text(a, &item, 1);
    for (i = 0; i < r->count; i++) {
        struct json *answer;

        why = (struct err){0};
        item.code = 0;
        if (ask(r, a, turn_of(r, first, i), text, &answer, &why) == 0 &&
            take_answers(a, answer, &item, 1, &why) == 0)
            return 0;
        if (strcasestr(why.msg, "already known") || strcasestr(why.msg, "already imported"))
            return 0;
        if (may_have_sent(&item, &why))
            unknown = true;
    }
    *e = why;
    e->transient = unknown;
    return -1;
}
