/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api.gen.h"
#include "asset/validate.h"
#include "base/buf.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "indexer/index.h"
#include "node/ddo_cache.h"
#include "node/node.h"
#include "node/policy.h"
#include "node/settings.h"

/* Documents: reading, searching, validating. */

enum { ANSWER_MAX = 64 << 20 };

/* A copy of our own that lives in the request's arena. */
static int reply_document(struct task *t, const char *text)
{
    t->reply->bytes = (struct bytes){(const uint8_t *)text, strlen(text)};
    http_reply_header(t->reply, "Content-Type", "application/json; charset=utf-8");
    return 0;
}

static int read_ddo(struct task *t, const char *did, const char **ret, struct err *e)
{
    uint64_t commits = store_commits(t->node->store);
    _db_ struct db *db = store_lend(t->node->store);

    if (index_ddo_get(db, t->arena, did, ret, e) < 0)
        return -1;
    if (*ret)
        ddo_cache_put(t->node->ddos, did, *ret, commits);
    return 0;
}

int cmd_get_ddo(struct task *t, const struct args_get_ddo *args, struct err *e)
{
    const char *did = str_lower(t->arena, args->id);
    const char *text;

    if (!str_starts(args->id, "did:op"))
        return t->direct ? refused(e, DDO_ID) : refused(e, DDO_DID);
    text = ddo_cache_find(t->node->ddos, t->arena, did);
    if (!text && t->on_loop)
        return TASK_OFFLOAD;
    if (!text && read_ddo(t, did, &text, e) < 0)
        return -1;
    if (!text)
        return t->direct ? refused(e, DDO_NOT_FOUND) : refused(e, DDO_NOT_HERE);
    return reply_document(t, text);
}

/* lastUpdateTime is the document's own word, lastUpdateTx the chain's. */
static struct json *found_here(struct task *t, const struct json *ddo)
{
    const struct json *subject = json_get(ddo, "credentialSubject"); /* 5.0 */
    const struct json *body = json_is(subject, JSON_OBJECT) ? subject : ddo;
    struct json *v = json_new_object(t->arena);

    json_set_str(t->arena, v, "id", json_get_str(ddo, "id", ""));
    json_set_str(t->arena, v, "lastUpdateTx",
                 json_str(json_path(ddo, "indexedMetadata.event.txid"), ""));
    json_set_str(t->arena, v, "lastUpdateTime",
                 json_get_str(json_get(body, "metadata"), "updated", ""));
    json_set_str(t->arena, v, "provider", t->node->peer_id);
    return v;
}

int cmd_find_ddo(struct task *t, const struct args_find_ddo *args, struct err *e)
{
    _db_ struct db *db = store_lend(t->node->store);
    struct json *list = json_new_array(t->arena);
    struct json *ddo;
    const char *text;

    if (!str_starts(args->id, "did:op"))
        return refused(e, DDO_ID);
    if (index_ddo_get(db, t->arena, args->id, &text, e) < 0)
        return -1;
    if (text && json_parse(t->arena, text, strlen(text), &ddo, e) < 0)
        return -1;
    if (text)
        json_push(t->arena, list, found_here(t, ddo));
    return reply_json(t, list);
}

static int reply_buf(struct task *t, struct buf *out)
{
    return reply_bytes(t, "application/json; charset=utf-8", buf_str(out), out->len);
}

/* Aquarius's route, rather than Ocean Node's or /directCommand. */
static enum index_route route_of(const struct task *t)
{
    const char *path = t->request->path;

    return !t->direct && strcasestr(path, "/assets/query") ? ROUTE_AQUARIUS : ROUTE_NODE;
}

int cmd_query(struct task *t, const struct args_query *args, struct err *e)
{
    _db_ struct db *db = store_lend(t->node->store);
    _buf_ struct buf out = BUF_INIT(ANSWER_MAX);

    if (index_query(db, args->query, route_of(t), &out, e) < 0)
        return -1;
    return reply_buf(t, &out);
}

int cmd_get_ddo_state(struct task *t, const struct args_get_ddo_state *args, struct err *e)
{
    const struct index_state_key key = {args->did, args->nft, args->tx_id};
    _db_ struct db *db = store_lend(t->node->store);
    struct json *state;

    if (!key.did && !key.nft && !key.tx)
        return refused(e, STATE_KEY);
    if (index_state_get(db, t->arena, &key, &state, e) < 0)
        return -1;
    return state ? reply_json(t, state) : refused(e, DDO_NOT_FOUND);
}

int cmd_index_queue(struct task *t, const struct args_index_queue *args, struct err *e)
{
    _db_ struct db *db = store_lend(t->node->store);
    struct json *v = json_new_object(t->arena);
    struct json *queue;

    (void)args;
    if (index_queue(db, t->arena, &queue, e) < 0)
        return -1;
    json_set(t->arena, v, "queue", queue);
    return reply_json(t, v);
}

/* --- validateDDO --- */

/* Whoever shows a credential must prove it; whoever shows none may be let in. */
static int authenticate(struct task *t, const struct args_validate_ddo *args, bool *ret_signed,
                        struct addr *ret_who, struct err *e)
{
    const struct auth_request r = {.command = "validateDDO",
                                   .address = args->publisher_address,
                                   .nonce = args->nonce,
                                   .signature = args->signature,
                                   .token = t->authorization};

    *ret_signed = auth_is_given(r.address) || auth_is_given(r.nonce) ||
                  auth_is_given(r.signature) || auth_is_given(r.token);
    return *ret_signed ? auth_check(t->node->auth, &r, ret_who, e) : 0;
}

/* who: NULL when nobody said who asks. */
static int check_policy(struct task *t, const struct args_validate_ddo *args,
                        const struct addr *who, struct err *e)
{
    struct json *q = policy_question(t->arena, "validateDDO");
    const char *name = auth_is_given(args->publisher_address) ? args->publisher_address
                       : who                                  ? addr_text(t->arena, who)
                                                              : "undefined";
    struct err denial;

    policy_add(t->arena, q, "rawDDO", args->ddo);
    if (who)
        json_set_str(t->arena, q, "publisherAddress", name);
    policy_add(t->arena, q, "policyServer", args->policy_server);
    (void)refused(&denial, VALIDATE_DENIED, name);
    return policy_demand(t, q, &denial, e);
}

/* {hash, publicKey, r, s, v} over the document's text as it was sent (wire/ddo.md 3). */
static struct json *sign_document(struct task *t, const struct json *ddo)
{
    struct arena *a = t->arena;
    const char *text = json_text(a, ddo);
    struct hash32 hash = sha256(text, strlen(text));
    const char *hash_hex = hash32_text(a, &hash);
    struct hash32 m = keccak256(hash_hex, strlen(hash_hex));
    struct json *v = json_new_object(a);
    size_t zeros = 0;
    struct sig sig;

    while (zeros < sizeof(m.b) && m.b[zeros] == 0)
        zeros++;
    sig = eip191_sign(&t->node->config->private_key, m.b + zeros, sizeof(m.b) - zeros);
    json_set_str(a, v, "hash", hash_hex);
    json_set_str(a, v, "publicKey", t->node->address_text);
    json_set_str(a, v, "r", hex0x_dup(a, sig.r, sizeof(sig.r)));
    json_set_str(a, v, "s", hex0x_dup(a, sig.s, sizeof(sig.s)));
    json_set_int(a, v, "v", sig.v);
    return v;
}

int cmd_validate_ddo(struct task *t, const struct args_validate_ddo *args, struct err *e)
{
    _settings_ struct settings *settings = settings_take(t->node);
    struct json *ddo = json_copy(t->arena, args->ddo);
    struct json *errors;
    struct addr who;
    bool is_signed;
    struct err why;

    if (!str_starts(json_get_str(ddo, "id", ""), "did:op"))
        return refused(e, DDO_ID);
    if (authenticate(t, args, &is_signed, &who, e) < 0)
        return -1;
    if (!*json_get_str(ddo, "version", ""))
        return refused(e, DDO_VERSION);
    json_remove(ddo, "indexedMetadata");
    if (asset_validate(t->arena, ddo, &errors, &why) < 0)
        return refused(e, DDO_ERROR, why.msg);
    if (errors)
        return refused(e, DDO_INVALID, json_text(t->arena, errors));
    if (policy_is_configured(t->node) && check_policy(t, args, is_signed ? &who : NULL, e) < 0)
        return -1;
    if (!is_signed && !settings->config->validate_unsigned_ddo)
        return reply_text(t, "");
    return reply_json(t, sign_document(t, args->ddo));
}
