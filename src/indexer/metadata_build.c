/* SPDX-License-Identifier: Apache-2.0 */
/* What the indexer adds to a document. */
#include "base/str.h"
#include "indexer/fields.h"
#include "indexer/metadata.h"
#include "indexer/read.h"

/* A service's datatoken; NULL for none ("0x0", the zero address, no address at all). */
static const struct token *token_of(const struct window *w, const struct json *service)
{
    struct addr addr;

    if (!addr_parse_any(json_get_str(service, "datatokenAddress", ""), &addr))
        return NULL;
    return token_find(w, &addr);
}

static struct json *datatoken(const struct window *w, const struct json *service, size_t i)
{
    const struct token *t = token_of(w, service);
    struct json *v = json_new_object(w->a);

    json_set_str(w->a, v, "address", json_get_str(service, "datatokenAddress", ""));
    json_set_str(w->a, v, "name", t ? t->name : arena_printf(w->a, "Datatoken%zu", i));
    json_set_str(w->a, v, "symbol", t ? t->symbol : arena_printf(w->a, "DT%zu", i));
    json_set_str(w->a, v, "serviceId", json_get_str(service, "id", ""));
    return v;
}

bool metadata_owns_token(const struct window *w, const struct entry *it, const struct json *service,
                         const struct token **ret)
{
    *ret = token_of(w, service);
    return *ret && addr_eq(&(*ret)->nft, &it->log->address);
}

/* How often the service was ordered before this update; `ordered` when it was not there. */
static int64_t old_orders(const struct json *old, const struct json *service, int64_t ordered)
{
    const struct json *stats = json_path(old, "indexedMetadata.stats");
    const struct json *it;
    size_t i;

    for (i = 0; i < json_len(stats); i++) {
        it = json_at(stats, i);
        if (str_eq(json_get_str(it, "serviceId", ""), json_get_str(service, "id", "")) &&
            str_ieq(json_get_str(it, "datatokenAddress", ""),
                    json_get_str(service, "datatokenAddress", "")))
            return json_get_int(it, "orders", 0);
    }
    return ordered;
}

static struct json *stats(const struct window *w, const struct json *service, const struct token *t,
                          int64_t orders)
{
    struct json *v = json_new_object(w->a);

    json_set_str(w->a, v, "datatokenAddress", json_get_str(service, "datatokenAddress", ""));
    json_set_str(w->a, v, "name", t->name);
    json_set_str(w->a, v, "symbol", t->symbol);
    json_set_str(w->a, v, "serviceId", json_get_str(service, "id", ""));
    json_set_int(w->a, v, "orders", orders);
    json_set(w->a, v, "prices", json_copy(w->a, t->prices));
    return v;
}

static struct json *nft(const struct window *w, const struct entry *it, const struct json *old)
{
    const struct nft_facts *facts = it->facts;
    struct addr creator = event_addr(&it->ev, "createdBy");
    const char *now = time_text(w->a, field_small(&it->ev, "timestamp"));
    struct json *v = json_new_object(w->a);

    json_set_int(w->a, v, "state", facts->state);
    json_set_str(w->a, v, "address", addr_text(w->a, &it->log->address));
    json_set_str(w->a, v, "name", facts->name);
    json_set_str(w->a, v, "symbol", facts->symbol);
    json_set_str(w->a, v, "owner", facts->owner ? facts->owner : addr_text(w->a, &creator));
    json_set_str(w->a, v, "created", json_str(json_path(old, "indexedMetadata.nft.created"), now));
    json_set_str(w->a, v, "tokenURI", facts->token_uri);
    return v;
}

static struct json *event(const struct window *w, const struct entry *it)
{
    struct addr from = event_addr(&it->ev, "createdBy");
    struct json *v = json_new_object(w->a);

    json_set_str(w->a, v, "txid", it->tx);
    json_set_str(w->a, v, "from", addr_text(w->a, &from));
    json_set_str(w->a, v, "contract", addr_text(w->a, &it->log->address));
    json_set_int(w->a, v, "block", (int64_t)it->log->block);
    json_set_str(w->a, v, "datetime", time_text(w->a, field_small(&it->ev, "timestamp")));
    return v;
}

struct json *metadata_build(const struct window *w, const struct entry *it, const struct json *old,
                            const int64_t *ordered)
{
    const struct nft_facts *facts = it->facts;
    struct json *document = json_copy(w->a, facts->document);
    struct json *body = document_body(document);
    const struct json *services = json_get(body, "services");
    struct json *tokens = json_new_array(w->a);
    struct json *all_stats = json_new_array(w->a);
    struct json *indexed = json_new_object(w->a);
    struct json *purgatory = json_new_object(w->a);
    const struct token *t;
    size_t i;

    for (i = 0; i < json_len(services); i++) {
        t = token_of(w, json_at(services, i));
        json_push(w->a, tokens, datatoken(w, json_at(services, i), i));
        if (t)
            json_push(w->a, all_stats,
                      stats(w, json_at(services, i), t,
                            old_orders(old, json_at(services, i), ordered ? ordered[i] : 0)));
    }
    json_set_bool(w->a, purgatory, "state", false);
    json_set(w->a, indexed, "stats", all_stats);
    json_set(w->a, indexed, "nft", nft(w, it, old));
    json_set(w->a, indexed, "event", event(w, it));
    json_set(w->a, indexed, "purgatory", purgatory);
    json_set_int(w->a, body, "chainId", (int64_t)w->chain->chain_id);
    json_set_str(w->a, body, "nftAddress", addr_text(w->a, &it->log->address));
    json_set(w->a, body, "datatokens", tokens);
    json_remove(document, "indexedMetadata");
    json_set(w->a, document, "indexedMetadata", indexed);
    return document;
}
