/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asset/ddo.h"
#include "base/str.h"
#include "client/client_int.h"
#include "market/erc20.h"
#include "market/funds.h"

/* Quotes and starts: `atoll compute environments|quote|start`. */

static const int64_t DEFAULT_SECONDS = 60;

/* A job's request while it is put together. */
struct plan {
    const struct client_job *job;
    const struct json *environment;
    const char *token; /* NULL for free jobs */
    struct json *resources;
    struct json *ddo;           /* dataset's; NULL without */
    struct json *algorithm_ddo; /* NULL for raw code */
    struct json *datasets;      /* as sent */
    struct json *algorithm;     /* as sent */
    size_t service_index;       /* of the dataset */
    size_t algorithm_service;   /* of the algorithm */
    struct json *quote;         /* initializeCompute's answer */
    int64_t seconds;
};

int client_compute_environments(struct client *c, struct json **ret, struct err *e)
{
    return client__get(c, c->config->provider_url, "/api/services/computeEnvironments", ret, e);
}

/* The first currency that the environment takes on this chain, or NULL. */
static const char *first_token(struct client *c, struct arena *a, const struct json *environment)
{
    const char *chain = arena_printf(a, "%llu", (unsigned long long)c->chain_id);
    const struct json *fees = json_get(json_get(environment, "fees"), chain);

    return json_get_str(json_at(fees, 0), "feeToken", NULL);
}

static int pick_environment(struct client *c, struct arena *a, struct plan *p, struct err *e)
{
    struct json *all;
    size_t i;

    if (client_compute_environments(c, &all, e) < 0)
        return -1;
    for (i = 0; i < json_len(all); i++) {
        const struct json *x = json_at(all, i);
        const char *token = first_token(c, a, x);

        if (p->job->environment && !str_eq(json_get_str(x, "id", ""), p->job->environment))
            continue;
        if (p->job->free ? !json_is(json_get(x, "free"), JSON_OBJECT) : !token)
            continue;
        p->environment = x;
        p->token = p->job->token ? p->job->token : token;
        return 0;
    }
    return refused(e, NO_ENVIRONMENT, p->job->free ? "free" : "paid",
                   p->job->environment ? p->job->environment : "any");
}

/* The least of everything: min, but one of what is needed to run at all. */
static struct json *least(struct arena *a, const struct json *list)
{
    struct json *out = json_new_array(a);
    size_t i;

    for (i = 0; i < json_len(list); i++) {
        const struct json *r = json_at(list, i);
        const char *id = json_get_str(r, "id", "");
        int64_t amount = json_get_int(r, "min", 0);
        struct json *one;

        if (!str_eq(id, "cpu") && !str_eq(id, "ram") && !str_eq(id, "disk"))
            continue;
        if (amount == 0 && !str_eq(id, "disk"))
            amount = 1;
        one = json_new_object(a);
        json_set_str(a, one, "id", id);
        json_set_int(a, one, "amount", amount);
        json_push(a, out, one);
    }
    return out;
}

/* {documentId, serviceId[, transferTxId]} of a service of an asset. */
static struct json *asset_entry(struct arena *a, const struct json *ddo, const struct json *service,
                                const char *tx)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "documentId", json_get_str(ddo, "id", ""));
    json_set_str(a, v, "serviceId", json_get_str(service, "id", ""));
    if (tx)
        json_set_str(a, v, "transferTxId", tx);
    return v;
}

static int plan_dataset(struct client *c, struct arena *a, struct plan *p, struct err *e)
{
    struct json *service;

    p->datasets = json_new_array(a);
    if (!p->job->did)
        return 0;
    if (client_asset_resolve(c, p->job->did, &p->ddo, e) < 0 ||
        client__service(p->ddo, p->job->service ? p->job->service : "compute", &service,
                        &p->service_index, e) < 0)
        return -1;
    json_push(a, p->datasets, asset_entry(a, p->ddo, service, p->job->order_tx));
    return 0;
}

static int plan_algorithm(struct client *c, struct arena *a, struct plan *p, struct err *e)
{
    struct json *meta;

    if (p->job->algorithm_did) {
        if (client_asset_resolve(c, p->job->algorithm_did, &p->algorithm_ddo, e) < 0)
            return -1;
        p->algorithm = asset_entry(a, p->algorithm_ddo,
                                   json_at(json_get(p->algorithm_ddo, "services"), 0), NULL);
        meta = json_path(p->algorithm_ddo, "metadata.algorithm");
    } else {
        p->algorithm = json_new_object(a);
        meta = json_new_object(a);
        json_set_str(a, meta, "rawcode", p->job->raw_code);
        json_set(a, meta, "container", json_copy(a, p->job->container));
    }
    json_set(a, p->algorithm, "meta", json_copy(a, meta));
    return 0;
}

static int make_plan(struct client *c, struct arena *a, const struct client_job *job,
                     struct plan *ret, struct err *e)
{
    struct plan p = {.job = job, .seconds = job->seconds ? job->seconds : DEFAULT_SECONDS};

    if (!job->algorithm_did && (!job->raw_code || !job->container))
        return refused(e, NO_ALGORITHM);
    if (pick_environment(c, a, &p, e) < 0 || plan_dataset(c, a, &p, e) < 0 ||
        plan_algorithm(c, a, &p, e) < 0)
        return -1;
    p.resources =
        job->resources
            ? json_copy(a, job->resources)
            : least(a, json_get(job->free ? json_get(p.environment, "free") : p.environment,
                                "resources"));
    *ret = p;
    return 0;
}

/* What initializeCompute and the start have in common. */
static struct json *base_body(struct client *c, struct arena *a, const struct plan *p)
{
    struct json *v = json_new_object(a);
    struct json *payment;

    json_set_str(a, v, "consumerAddress", addr_text(a, &c->wallet.addr));
    json_set_str(a, v, "environment", json_get_str(p->environment, "id", ""));
    json_set(a, v, "datasets", p->datasets);
    json_set(a, v, "algorithm", p->algorithm);
    json_set_int(a, v, "maxJobDuration", p->seconds);
    json_set(a, v, "resources", p->resources);
    if (p->job->free)
        return v;
    payment = json_new_object(a);
    json_set_int(a, payment, "chainId", (int64_t)c->chain_id);
    json_set_str(a, payment, "token", p->token);
    json_set(a, payment, "resources", p->resources);
    json_set_int(a, payment, "maxJobDuration", p->seconds);
    json_set(a, v, "payment", payment);
    return v;
}

static int ask_quote(struct client *c, struct arena *a, struct plan *p, struct err *e)
{
    return client__post(c, c->config->provider_url, "/api/services/initializeCompute",
                        base_body(c, a, p), &p->quote, e);
}

int client_compute_quote(struct client *c, const struct client_job *job, struct json **ret,
                         struct err *e)
{
    struct arena *a = c->arena;
    struct addr token;
    struct u256 amount;
    struct plan p;
    struct json *v;

    if (client__signer(c, e) < 0 || make_plan(c, a, job, &p, e) < 0 || ask_quote(c, a, &p, e) < 0)
        return -1;
    v = json_copy(a, json_get(p.quote, "payment"));
    if (!addr_parse_any(json_get_str(v, "token", ""), &token) ||
        !u256_parse(json_get_str(v, "amount", ""), &amount))
        return failed(e, FAILED, "the node's quote is malformed");
    json_set_str(a, v, "environment", json_get_str(p.environment, "id", ""));
    json_set(a, v, "resources", p.resources);
    json_set_int(a, v, "maxJobDuration", p.seconds);
    json_set(a, v, "datasets", json_get(p.quote, "datasets"));
    json_set(a, v, "algorithm", json_get(p.quote, "algorithm"));
    *ret = v;
    return client__put_amount(c, v, "price", &token, &amount, e);
}

/* Money of a start, read out of the quote. */
struct bill {
    struct addr token;
    struct addr payee;
    struct addr escrow;
    struct u256 amount;
    struct u256 seconds;
    struct u256 missing; /* to be deposited */
};

static int read_bill(const struct plan *p, struct bill *ret, struct err *e)
{
    const struct json *v = json_get(p->quote, "payment");

    ret->seconds = u256_from((uint64_t)json_get_int(v, "minLockSeconds", 0));
    if (!addr_parse_any(json_get_str(v, "token", ""), &ret->token) ||
        !addr_parse_any(json_get_str(v, "payee", ""), &ret->payee) ||
        !addr_parse_any(json_get_str(v, "escrowAddress", ""), &ret->escrow) ||
        !u256_parse(json_get_str(v, "amount", ""), &ret->amount))
        return failed(e, FAILED, "the node's quote is malformed");
    return 0;
}

static int require_gas(struct client *c, const char *whose, const struct addr *who, struct err *e)
{
    struct u256 coins;
    char text[ADDR_TEXT];

    if (rpc_balance(c->rpc, who, &coins, e) < 0)
        return -1;
    addr_checksum(who, text);
    return u256_is_zero(&coins) ? refused(e, NO_GAS, whose, text) : 0;
}

/* Everything that could make the start fail for want of money, before any of it moves. */
static int check_money(struct client *c, struct bill *b, struct err *e)
{
    struct funds funds;

    if (!addr_eq(&b->escrow, &c->contracts.escrow))
        return refused(e, OTHER_ESCROW);
    if (require_gas(c, "your account", &c->wallet.addr, e) < 0 ||
        require_gas(c, "the environment's account", &b->payee, e) < 0 ||
        funds_get(c->rpc, &b->escrow, &c->wallet.addr, &b->token, &funds, e) < 0)
        return -1;
    if (!u256_sub(&b->amount, &funds.available, &b->missing))
        b->missing = u256_from(0);
    return erc20_require(&c->wallet, &b->token, &b->missing, e);
}

static struct u256 larger(struct u256 x, struct u256 y)
{
    return u256_cmp(&x, &y) >= 0 ? x : y;
}

/* Limits that allow one more lock of this size, never lower than they were. */
static int allow_lock(struct client *c, const struct bill *b, struct err *e)
{
    const struct funds_parties who = {b->escrow, b->token, c->wallet.addr, b->payee};
    struct funds_authorization now = {0};
    struct funds_limits want;
    const struct u256 one = u256_from(1);
    bool found;

    if (funds_authorization(c->rpc, &who, &found, &now, e) < 0)
        return -1;
    if (!u256_add(&now.locked, &b->amount, &want.amount) ||
        !u256_add(&now.locks, &one, &want.locks))
        return failed(e, INVALID, "the amount is too large");
    if (found && u256_cmp(&now.max.amount, &want.amount) >= 0 &&
        u256_cmp(&now.max.locks, &want.locks) >= 0 && u256_cmp(&now.max.seconds, &b->seconds) >= 0)
        return 0;
    want.amount = larger(want.amount, now.max.amount);
    want.locks = larger(want.locks, now.max.locks);
    want.seconds = larger(b->seconds, now.max.seconds);
    return funds_authorize(&c->wallet, &b->escrow, &b->token, &b->payee, &want, e);
}

static int fund(struct client *c, const struct bill *b, struct err *e)
{
    struct hash32 tx;

    if (!u256_is_zero(&b->missing) &&
        funds_deposit(&c->wallet, &b->escrow, &b->token, &b->missing, &tx, e) < 0)
        return -1;
    return allow_lock(c, b, e);
}

/* An asset of the job and what the node quoted for it. */
struct part {
    const struct json *ddo;
    size_t service_index;
    const struct json *quoted;
    struct json *entry; /* as sent; gets its transferTxId here */
};

/* Orders one asset, unless the quote says that its order is good. */
static int order_part(struct client *c, const struct part *p, struct err *e)
{
    struct client_order o = {.ddo = p->ddo,
                             .service = json_at(json_get(p->ddo, "services"), p->service_index),
                             .service_index = p->service_index,
                             .fee = json_get(p->quoted, "providerFee"),
                             .rest = json_get(p->quoted, "providerFeeRest"),
                             .reuse = json_str(json_get(p->quoted, "validOrder"), NULL)};
    const char *tx = o.reuse;

    if (!addr_parse_any(json_get_str(p->quoted, "consumerAddress", ""), &o.consumer))
        return failed(e, FAILED, "the node's quote names no consumer");
    if ((!o.reuse || o.fee) && client__order(c, &o, &tx, e) < 0)
        return -1;
    json_set_str(c->arena, p->entry, "transferTxId", tx);
    return 0;
}

static int order_assets(struct client *c, struct plan *p, struct err *e)
{
    const struct part dataset = {p->ddo, p->service_index,
                                 json_at(json_get(p->quote, "datasets"), 0),
                                 json_at(p->datasets, 0)};
    const struct part algorithm = {p->algorithm_ddo, p->algorithm_service,
                                   json_get(p->quote, "algorithm"), p->algorithm};

    if (p->ddo && order_part(c, &dataset, e) < 0)
        return err_wrap(e, "dataset");
    if (p->algorithm_ddo && order_part(c, &algorithm, e) < 0)
        return err_wrap(e, "algorithm");
    return 0;
}

/* Signs and sends the start itself. */
static int send_start(struct client *c, struct arena *a, struct plan *p, struct json **ret,
                      struct err *e)
{
    struct json *body = base_body(c, a, p);
    struct client_signature s;
    struct json *jobs;

    if (client__sign(c, p->job->free ? "freeStartCompute" : "startCompute", &s, e) < 0)
        return -1;
    json_set_str(a, body, "nonce", s.nonce);
    json_set_str(a, body, "signature", s.signature);
    if (client__post(c, c->config->provider_url,
                     p->job->free ? "/api/services/freeCompute" : "/api/services/compute", body,
                     &jobs, e) < 0)
        return -1;
    *ret = json_at(jobs, 0);
    if (!*ret)
        return failed(e, FAILED, "the node's answer holds no job");
    return 0;
}

int client_compute_start(struct client *c, const struct client_job *job, struct json **ret,
                         struct err *e)
{
    struct arena *a = c->arena;
    struct bill bill;
    struct plan p;

    if (client__signer(c, e) < 0 || make_plan(c, a, job, &p, e) < 0)
        return -1;
    if (!job->free &&
        (ask_quote(c, a, &p, e) < 0 || read_bill(&p, &bill, e) < 0 ||
         check_money(c, &bill, e) < 0 || order_assets(c, &p, e) < 0 || fund(c, &bill, e) < 0))
        return -1;
    return send_start(c, a, &p, ret, e);
}
