/* SPDX-License-Identifier: Apache-2.0 */
#include "indexer/fields.h"

#include <string.h>

#include "base/str.h"

/* Numbers are in databases: append, never renumber. */
static const struct field fields[] = {
    {1, "id", "a.did", FIELD_KEY, NULL},
    {2, "nftAddress", "a.nft", FIELD_KEY, NULL},
    {3, "chainId", "a.chain", FIELD_INT, NULL},
    {4, "version", NULL, FIELD_TEXT, NULL},
    {5, "metadata.type", NULL, FIELD_TEXT, NULL},
    {6, "metadata.name", "lower(a.name)", FIELD_TEXT, "name"},
    {7, "metadata.author", NULL, FIELD_TEXT, "author"},
    {8, "metadata.license", NULL, FIELD_TEXT, NULL},
    {FIELD_TAGS, "metadata.tags", NULL, FIELD_TEXT, "tags"},
    {10, "metadata.categories", NULL, FIELD_TEXT, "tags"},
    {11, "metadata.copyrightHolder", NULL, FIELD_TEXT, NULL},
    {12, "metadata.contentLanguage", NULL, FIELD_TEXT, NULL},
    {13, "metadata.created", "a.created", FIELD_TIME, NULL},
    {14, "metadata.updated", "a.updated", FIELD_TIME, NULL},
    {15, "metadata.algorithm.language", NULL, FIELD_TEXT, NULL},
    {16, "metadata.algorithm.container.image", NULL, FIELD_TEXT, NULL},
    {17, "metadata.algorithm.container.checksum", NULL, FIELD_KEY, NULL},
    {18, "services.id", NULL, FIELD_TEXT, NULL},
    {19, "services.type", NULL, FIELD_TEXT, NULL},
    {FIELD_DATATOKEN, "services.datatokenAddress", NULL, FIELD_KEY, NULL},
    {21, "services.serviceEndpoint", NULL, FIELD_TEXT, NULL},
    {22, "services.compute.publisherTrustedAlgorithms.did", NULL, FIELD_KEY, NULL},
    {23, "services.compute.publisherTrustedAlgorithmPublishers", NULL, FIELD_KEY, NULL},
    {24, "datatokens.address", NULL, FIELD_KEY, NULL},
    {25, "datatokens.symbol", NULL, FIELD_TEXT, "token"},
    {26, "datatokens.name", NULL, FIELD_TEXT, "token"},
    {27, "nft.owner", NULL, FIELD_KEY, NULL},
    {28, "nft.state", "a.state", FIELD_INT, NULL},
    {29, "nft.address", "a.nft", FIELD_KEY, NULL},
    {30, "nft.name", NULL, FIELD_TEXT, "token"},
    {31, "nft.symbol", NULL, FIELD_TEXT, "token"},
    {32, "nft.created", "a.published", FIELD_TIME, NULL},
    {33, "event.txid", "a.tx", FIELD_KEY, NULL},
    {34, "event.block", "a.block", FIELD_INT, NULL},
    {FIELD_EVENT_FROM, "event.from", NULL, FIELD_KEY, NULL},
    {36, "event.contract", "a.nft", FIELD_KEY, NULL},
    {37, "stats.orders", "a.orders", FIELD_INT, NULL},
    {38, "stats.prices.price", "a.price", FIELD_REAL, NULL},
    {39, "stats.prices.type", NULL, FIELD_TEXT, NULL},
    {40, "stats.prices.token", NULL, FIELD_KEY, NULL},
    {41, "stats.prices.exchangeId", NULL, FIELD_KEY, NULL},
    {42, "stats.datatokenAddress", NULL, FIELD_KEY, NULL},
    {43, "purgatory.state", NULL, FIELD_TEXT, NULL},
    {44, "services.name", NULL, FIELD_TEXT, NULL},
    {45, "metadata.additionalInformation.saas.redirectUrl", NULL, FIELD_TEXT, NULL},
    {46, "metadata.description", NULL, FIELD_WORDS, "description"},
    /* Named by clients of older metadata stores; no document of ours has them. */
    {47, "content", NULL, FIELD_ABSENT, NULL},
    {48, "stats.allocated", NULL, FIELD_ABSENT, NULL},
    {49, "_index", NULL, FIELD_EVERY, NULL},
};

/* Other names that clients have for them. */
static const struct alias {
    const char *path;
    const char *field;
} aliases[] = {
    {"_id", "id"},
    {"did", "id"},
    {"events.block", "event.block"},
    {"price.type", "stats.prices.type"},
    {"price.value", "stats.prices.price"},
    {"stats.name", "datatokens.name"},
    {"stats.symbol", "datatokens.symbol"},
    {"stats.price.type", "stats.prices.type"},
    {"stats.price.value", "stats.prices.price"},
};

bool field_has_terms(const struct field *f)
{
    return !f->column && (f->kind == FIELD_TEXT || f->kind == FIELD_KEY);
}

const struct field *field_at(size_t i)
{
    return i < ARRAY_LEN(fields) ? &fields[i] : NULL;
}

static const char *without(const char *path, const char *prefix)
{
    return str_starts(path, prefix) ? path + strlen(prefix) : path;
}

const struct field *field_find(const char *path)
{
    size_t len;
    size_t i;

    path = without(without(path, "credentialSubject."), "indexedMetadata.");
    len = strlen(path);
    if (str_ends(path, ".keyword"))
        len -= strlen(".keyword");
    for (i = 0; i < ARRAY_LEN(aliases); i++)
        if (strlen(aliases[i].path) == len && !strncmp(aliases[i].path, path, len))
            return field_find(aliases[i].field);
    for (i = 0; i < ARRAY_LEN(fields); i++)
        if (strlen(fields[i].path) == len && !strncmp(fields[i].path, path, len))
            return &fields[i];
    return NULL;
}

struct json *document_body(struct json *document)
{
    struct json *subject = json_get(document, "credentialSubject");

    return json_is(subject, JSON_OBJECT) ? subject : document;
}

const char *field_text(struct arena *a, const struct json *v)
{
    switch (json_type(v)) {
    case JSON_STRING:
        return str_lower(a, json_str(v, ""));
    case JSON_NUMBER:
    case JSON_BOOL:
        return json_text(a, v);
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return NULL;
}

struct walk {
    struct arena *a;
    const struct field *field;
    field_fn *fn;
    void *ctx;
};

/* Version 5 writes some texts as objects: {"@value": text}, {"name": text}. */
static const struct json *plain(const struct json *v)
{
    const struct json *inner;

    if (!json_is(v, JSON_OBJECT))
        return v;
    inner = json_get(v, "@value");
    return inner ? inner : json_get(v, "name");
}

/* The values at the end of the path; arrays on the way mean each of their elements. */
static int walk(const struct walk *w, const struct json *v, const char *path, struct err *e)
{
    const char *dot;
    const char *text;
    char *key;
    size_t i;

    if (json_is(v, JSON_ARRAY)) {
        for (i = 0; i < json_len(v); i++)
            if (!json_is(json_at(v, i), JSON_ARRAY) && walk(w, json_at(v, i), path, e) < 0)
                return -1;
        return 0;
    }
    if (*path) {
        dot = strchr(path, '.');
        key = dot ? arena_strndup(w->a, path, (size_t)(dot - path)) : arena_strdup(w->a, path);
        v = json_get(v, key);
        return v ? walk(w, v, dot ? dot + 1 : "", e) : 0;
    }
    text = field_text(w->a, plain(v));
    if (!text || strlen(text) > FIELD_VALUE_MAX)
        return 0;
    return w->fn(w->ctx, w->field, (struct field_value){text, json_str(plain(v), text)}, e);
}

int field_values(struct arena *a, const struct field *f, struct json *document, field_fn *fn,
                 void *ctx, struct err *e)
{
    static const char *const indexed[] = {"nft.", "event.", "stats.", "purgatory."};
    struct walk w = {a, f, fn, ctx};
    const struct json *root = document_body(document);
    size_t i;

    for (i = 0; i < ARRAY_LEN(indexed); i++)
        if (str_starts(f->path, indexed[i]))
            root = json_get(document, "indexedMetadata");
    if (str_eq(f->path, "id") || str_eq(f->path, "version"))
        root = document;
    return walk(&w, root, f->path, e);
}
