/* SPDX-License-Identifier: Apache-2.0 */
/* Asks another node to decrypt a document (wire/ddo.md 4.2). Its URL comes from a stranger. */
#include <string.h>

#include "asset/published.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "indexer/read.h"
#include "indexer/window.h"

enum { ANSWER_MAX = PUBLISHED_MAX, NONCE_MAX = 4096, NONCE_MS = 20000, DECRYPT_MS = 30000 };
enum { CONNECT_MS = 3000, SHUN_MS = 60000 };

/* The next nonce of this node there; the time when it does not say. */
static const char *next_nonce(const struct window *w, const char *url, const char *node)
{
    const struct net_request request = {
        .url = arena_printf(w->a, "%s/api/services/nonce?userAddress=%s", url, node),
        .max_body = NONCE_MAX,
        .timeout_ms = NONCE_MS,
        .connect_timeout_ms = CONNECT_MS,
        .flags = NET_GUARD | NET_REDIRECTS};
    struct net_response response;
    struct json *answer;
    struct json *nonce;
    struct err ignored;
    uint64_t n;

    if (net_call(w->o->net, w->a, &request, &response, &ignored) == 0 && response.status == 200 &&
        json_parse(w->a, response.body.p, response.body.n, &answer, &ignored) == 0) {
        nonce = json_is(answer, JSON_OBJECT) ? json_get(answer, "nonce") : answer;
        if (str_u64(json_is(nonce, JSON_STRING) ? json_str(nonce, "") : json_text(w->a, nonce),
                    INT64_MAX - 1, &n))
            return arena_printf(w->a, "%llu", (unsigned long long)n + 1);
    }
    return arena_printf(w->a, "%lld", (long long)clock_ms());
}

static int request_body(const struct window *w, const struct entry *it, const char *url,
                        const char **ret, struct err *e)
{
    const char *node = addr_text(w->a, &w->o->node_address);
    const char *nonce = next_nonce(w, url, node);
    const struct hash32 hash = event_hash(&it->ev, "hash");
    const char *signature;
    struct json *body = json_new_object(w->a);

    if (w->o->keys.sign(w->o->keys.ctx, w->a, arena_printf(w->a, "%s%sdecryptDDO", node, nonce),
                        &signature, e) < 0)
        return -1;
    json_set_str(w->a, body, "transactionId", it->tx);
    json_set_int(w->a, body, "chainId", (int64_t)w->chain->chain_id);
    json_set_str(w->a, body, "decrypterAddress", node);
    json_set_str(w->a, body, "dataNftAddress", addr_text(w->a, &it->log->address));
    json_set_str(w->a, body, "signature", signature);
    json_set_str(w->a, body, "nonce", nonce);
    /* Which of several of a transaction; a reference node takes the first and does not look. */
    json_set_str(w->a, body, "documentHash", hash32_text(w->a, &hash));
    *ret = json_text(w->a, body);
    return 0;
}

/* The place of a URL among those that are shunned: its own, or the one that is over first. */
static size_t place_of(const struct shunned *s, uint64_t name)
{
    size_t best = 0;
    size_t i;

    for (i = 0; i < ARRAY_LEN(s->v); i++) {
        if (s->v[i].name == name)
            return i;
        if (s->v[i].until < s->v[best].until)
            best = i;
    }
    return best;
}

static uint64_t name_of(const char *url)
{
    struct hash32 h = sha256(url, strlen(url));
    uint64_t name;

    memcpy(&name, h.b, sizeof(name));
    return name;
}

static int ask(const struct window *w, const struct entry *it, const char *url, struct bytes *ret,
               struct err *e)
{
    static const struct net_header type = {"content-type", "application/json"};
    struct net_request request = {.method = "POST",
                                  .url = arena_printf(w->a, "%s/api/services/decrypt", url),
                                  .headers = &type,
                                  .header_count = 1,
                                  .max_body = ANSWER_MAX,
                                  .timeout_ms = DECRYPT_MS,
                                  .connect_timeout_ms = CONNECT_MS,
                                  .flags = NET_GUARD | NET_REDIRECTS};
    struct net_response response;
    const char *body;

    if (request_body(w, it, url, &body, e) < 0)
        return -1;
    request.body = body;
    request.body_len = strlen(body);
    if (net_call(w->o->net, w->a, &request, &response, e) < 0)
        return -1;
    if (response.status == 200 || response.status == 201) {
        *ret = (struct bytes){(const uint8_t *)response.body.p, response.body.n};
        return 0;
    }
    (void)failed(
        e, FAILED, "Provider validation failed: %d %.200s", response.status,
        text_of_bytes(w->a, (struct bytes){(const uint8_t *)response.body.p, response.body.n}));
    return response.status == 400 || response.status == 403 ? -1 : err_transient(e);
}

int decrypt_remote(const struct window *w, const struct entry *it, const char *url,
                   struct bytes *ret, struct err *e)
{
    uint64_t name = name_of(url);
    size_t i = place_of(w->shunned, name);

    if (w->shunned->v[i].name == name && w->shunned->v[i].until > clock_mono_ms()) {
        (void)failed(e, FAILED, "%.200s did not answer a moment ago", url);
        return err_transient(e);
    }
    if (ask(w, it, url, ret, e) == 0)
        return 0;
    if (e->transient) {
        w->shunned->v[i].name = name;
        w->shunned->v[i].until = clock_mono_ms() + SHUN_MS;
    }
    return -1;
}
