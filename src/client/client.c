/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "chain/keystore.h"
#include "client/client_int.h"
#include "crypto/random.h"
#include "market/erc20.h"

enum { PROGRESS_TEXT = 512 };

void client__say(const struct client *c, const char *fmt, ...)
{
    char text[PROGRESS_TEXT];
    va_list ap;

    if (!c->watch.progress)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    c->watch.progress(c->watch.ctx, text);
}

/* Short, for one line of a terminal; the result has the whole hash. */
static void transaction_sent(void *ctx, const char *what, const struct hash32 *tx)
{
    char text[HASH32_TEXT];

    hash32_write(tx, text);
    client__say(ctx, "%s: transaction %.10s...%s", what, text, text + strlen(text) - 8);
}

int client_open(const struct client_config *config, const struct client_watch *watch,
                struct client **ret, struct err *e)
{
    struct client *c = xcalloc(1, sizeof(*c));

    c->config = config;
    if (watch)
        c->watch = *watch;
    if (config->private_key) {
        if (keystore_read(config->private_key, strlen(config->private_key), config->key_password,
                          &c->wallet.key, e) < 0) {
            client_close(c);
            return err_wrap(e, "private key");
        }
        c->wallet.addr = seckey_addr(&c->wallet.key);
        c->has_key = true;
    }
    c->life = arena_new();
    c->arena = arena_new();
    c->net = net_new();
    c->wallet.sent = transaction_sent;
    c->wallet.ctx = c;
    *ret = c;
    return 0;
}

void client_reset(struct client *c)
{
    arena_free(c->arena);
    c->arena = arena_new();
}

void client_close(struct client *c)
{
    if (!c)
        return;
    seckey_wipe(&c->wallet.key);
    rpc_free(c->rpc);
    net_free(c->net);
    arena_free(c->arena);
    arena_free(c->life);
    free(c);
}

/* The chain's own id: rpc_new wants one, so the first question goes out by hand. */
static int ask_chain_id(struct client *c, uint64_t *ret, struct err *e)
{
    const char *const endpoints[] = {c->config->rpc_url};
    struct rpc *r = rpc_new(c->net, 0, endpoints, 1);
    _arena_ struct arena *a = arena_new();
    struct json *answer;
    struct u256 id;
    int rc = rpc_call(r, a, "eth_chainId", NULL, &answer, e);

    rpc_free(r);
    if (rc < 0)
        return err_wrap(e, "chain at %s", c->config->rpc_url);
    if (!u256_parse(json_str(answer, ""), &id) || !u256_to_u64(&id, ret))
        return failed(e, FAILED, "chain at %s: no chain id", c->config->rpc_url);
    return 0;
}

int client__chain(struct client *c, struct err *e)
{
    const char *const endpoints[] = {c->config->rpc_url};
    uint64_t id;

    if (c->chain_id)
        return 0;
    if (ask_chain_id(c, &id, e) < 0 ||
        config_contracts_find(c->life, c->config->address_file, id, &c->contracts, e) < 0)
        return -1;
    if (!c->contracts.known)
        return refused(e, UNKNOWN_CHAIN, (unsigned long long)id);
    c->rpc = rpc_new(c->net, id, endpoints, 1);
    c->wallet.rpc = c->rpc;
    c->chain_id = id;
    return 0;
}

int client__signer(struct client *c, struct err *e)
{
    if (!c->has_key)
        return refused(e, NO_KEY);
    return client__chain(c, e);
}

int client__address(struct client *c, const char *what, const char *text, struct addr *ret,
                    struct err *e)
{
    const struct {
        const char *name;
        const struct addr *addr;
    } names[] = {
        {"market", &c->contracts.fixed_price},
        {"escrow", &c->contracts.escrow},
        {"ocean", &c->contracts.ocean},
        {"me", &c->wallet.addr},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++)
        if (str_ieq(text, names[i].name)) {
            *ret = *names[i].addr;
            return 0;
        }
    if (!addr_parse(text, ret))
        return refused(e, NOT_AN_ADDRESS, what);
    return 0;
}

int client__amount(struct client *c, const struct addr *token, const char *text, struct u256 *ret,
                   struct err *e)
{
    unsigned decimals;

    if (erc20_decimals(c->rpc, token, &decimals, e) < 0)
        return -1;
    if (!units_parse(text, decimals, ret) || u256_is_zero(ret))
        return refused(e, BAD_AMOUNT, text, decimals);
    return 0;
}

int client__put_amount(struct client *c, struct json *object, const char *key,
                       const struct addr *token, const struct u256 *v, struct err *e)
{
    struct arena *a = c->arena;
    unsigned decimals;

    if (erc20_decimals(c->rpc, token, &decimals, e) < 0)
        return -1;
    json_set_str(a, object, key, units_text(a, v, decimals));
    json_set_str(a, object, arena_printf(a, "%sWei", key), u256_text(a, v));
    return 0;
}
