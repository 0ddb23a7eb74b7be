/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/validate.h"

#include <math.h>
#include <string.h>

#include "asset/ddo.h"
#include "base/str.h"

/*
 * The published schemas are SHACL over the RDF that a document stands for. What that means for
 * JSON, and is done here: null and [] count as absent; a single value is a list of one; equal
 * values of a list count once; lists within lists are one list; a value that is no object has no
 * members; texts are measured in UTF-16 units.
 */
enum { MESSAGES_MAX = 100, LISTS_DEEP = 8 };

/* Versions 4, oldest first: a rule holds from one on. */
enum version { V4_1, V4_3, V4_5, V4_7, V5, DEPRECATED };

enum kind { STRING, INTEGER, BOOLEAN, LITERAL, OBJECT, SHAPE, TRUSTED };

/* Which characters a text may have. */
enum pattern { ANY, ONE_LINE, LINES, DID_OP, DID_OPE };

struct rule {
    const char *name; /* NULL ends a shape */
    enum kind kind;
    unsigned min; /* how many values */
    unsigned max; /* 0: any number */
    enum pattern pattern;
    unsigned shortest;
    unsigned longest; /* 0: any length */
    enum version since;
    const struct rule *shape;
};

/* Lengths and list sizes came with 4.3.0, these smallest lengths with 4.5.0. */
static const char *const shortest_since_4_5[] = {"description", "name", "entrypoint", "image",
                                                 "tag"};

static const struct rule credential_item[] = {
    {"type", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
    {"values", STRING, 1, 0, ONE_LINE, 0, 1024, V4_1, NULL},
    {0}};

/* As ddo-js 0.4 has it: an access list instead of values. */
static const struct rule credential_list[] = {
    {"type", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
    {"chainId", INTEGER, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"accessList", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
    {0}};

static const struct rule credentials[] = {{"deny", SHAPE, 0, 0, ANY, 0, 0, V4_1, credential_item},
                                          {"allow", SHAPE, 0, 0, ANY, 0, 0, V4_1, credential_item},
                                          {0}};

static const struct rule trusted_algorithm[] = {
    {"did", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
    {"serviceId", STRING, 0, 1, ONE_LINE, 0, 1024, V4_7, NULL},
    {"filesChecksum", STRING, 1, 1, ONE_LINE, 0, 1024, V4_1, NULL},
    {"containerSectionChecksum", STRING, 1, 1, ONE_LINE, 0, 1024, V4_1, NULL},
    {0}};

static const struct rule compute[] = {
    {"allowRawAlgorithm", BOOLEAN, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"allowNetworkAccess", BOOLEAN, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"publisherTrustedAlgorithmPublishers", STRING, 0, 0, ONE_LINE, 0, 256, V4_1, NULL},
    {"publisherTrustedAlgorithms", TRUSTED, 0, 0, ANY, 0, 0, V4_1, trusted_algorithm},
    {0}};

static const struct rule parameter[] = {{"name", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
                                        {"type", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
                                        {"label", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
                                        {"required", BOOLEAN, 1, 1, ANY, 0, 0, V4_1, NULL},
                                        {"description", STRING, 1, 1, LINES, 0, 7000, V4_1, NULL},
                                        {"default", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
                                        {"options", STRING, 0, 0, ONE_LINE, 0, 256, V4_1, NULL},
                                        {0}};

static const struct rule container[] = {{"entrypoint", STRING, 1, 1, ONE_LINE, 3, 256, V4_1, NULL},
                                        {"image", STRING, 1, 1, ONE_LINE, 1, 256, V4_1, NULL},
                                        {"tag", STRING, 1, 1, ONE_LINE, 1, 256, V4_1, NULL},
                                        {"checksum", STRING, 1, 1, ONE_LINE, 7, 512, V4_1, NULL},
                                        {0}};

static const struct rule algorithm[] = {
    {"version", STRING, 0, 1, ONE_LINE, 0, 256, V4_1, NULL},
    {"language", STRING, 0, 1, ONE_LINE, 0, 256, V4_1, NULL},
    {"container", SHAPE, 1, 1, ANY, 0, 0, V4_1, container},
    {"consumerParameters", SHAPE, 0, 64, ANY, 0, 0, V4_1, parameter},
    {0}};

static const struct rule service[] = {
    {"id", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
    {"type", STRING, 1, 1, ONE_LINE, 0, 256, V4_1, NULL},
    {"name", STRING, 0, 1, ONE_LINE, 4, 256, V4_1, NULL},
    {"description", STRING, 0, 1, LINES, 10, 7000, V4_1, NULL},
    {"datatokenAddress", STRING, 1, 1, ONE_LINE, 42, 42, V4_1, NULL},
    {"serviceEndpoint", STRING, 1, 1, ONE_LINE, 10, 2048, V4_1, NULL},
    {"files", STRING, 1, 1, ONE_LINE, 0, 8192, V4_1, NULL},
    {"timeout", INTEGER, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"compute", SHAPE, 0, 1, ANY, 0, 0, V4_1, compute},
    {"credentials", SHAPE, 0, 64, ANY, 0, 0, V4_7, credentials},
    {"consumerParameters", SHAPE, 0, 0, ANY, 0, 0, V4_1, parameter},
    {0}};

static const struct rule metadata[] = {{"description", STRING, 1, 1, LINES, 10, 7000, V4_1, NULL},
                                       {"copyrightHolder", STRING, 0, 1, ANY, 0, 512, V4_1, NULL},
                                       {"name", STRING, 1, 1, ANY, 4, 512, V4_1, NULL},
                                       {"type", STRING, 1, 1, ANY, 0, 256, V4_1, NULL},
                                       {"author", STRING, 1, 1, ANY, 0, 256, V4_1, NULL},
                                       {"license", STRING, 1, 1, ANY, 0, 256, V4_1, NULL},
                                       {"links", STRING, 0, 64, ANY, 0, 512, V4_1, NULL},
                                       {"tags", STRING, 0, 64, ANY, 0, 256, V4_1, NULL},
                                       {"categories", STRING, 0, 64, ANY, 0, 256, V4_1, NULL},
                                       {"contentLanguage", STRING, 0, 1, ANY, 0, 256, V4_1, NULL},
                                       {"created", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
                                       {"updated", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
                                       {"algorithm", SHAPE, 0, 1, ANY, 0, 0, V4_1, algorithm},
                                       {0}};

static const struct rule document_v4[] = {
    {"id", STRING, 1, 1, DID_OP, 71, 71, V4_1, NULL},
    {"version", STRING, 1, 1, ONE_LINE, 0, 16, V4_1, NULL},
    {"chainId", INTEGER, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"nftAddress", STRING, 1, 1, ANY, 42, 42, V4_1, NULL},
    {"metadata", SHAPE, 1, 1, ANY, 0, 0, V4_1, metadata},
    {"services", SHAPE, 0, 64, ANY, 0, 0, V4_1, service},
    {"credentials", SHAPE, 0, 64, ANY, 0, 0, V4_1, credentials},
    {0}};

static const struct rule metadata_v5[] = {
    {"created", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"updated", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"name", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"providedBy", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"tags", STRING, 0, 64, ANY, 0, 0, V4_1, NULL},
    {"additionalInformation", OBJECT, 0, 0, ANY, 0, 0, V4_1, NULL},
    {0}};

static const struct rule service_v5[] = {{"id", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
                                         {"type", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
                                         {"datatokenAddress", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
                                         {"serviceEndpoint", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
                                         {"timeout", INTEGER, 1, 1, ANY, 0, 0, V4_1, NULL},
                                         {0}};

static const struct rule event_v5[] = {{"txid", STRING, 0, 1, ANY, 0, 0, V4_1, NULL},
                                       {"block", INTEGER, 0, 1, ANY, 0, 0, V4_1, NULL},
                                       {"from", STRING, 0, 1, ANY, 0, 0, V4_1, NULL},
                                       {"contract", STRING, 0, 1, ANY, 0, 0, V4_1, NULL},
                                       {"datetime", STRING, 0, 1, ANY, 0, 0, V4_1, NULL},
                                       {0}};

static const struct rule subject_v5[] = {{"metadata", SHAPE, 1, 1, ANY, 0, 0, V4_1, metadata_v5},
                                         {"services", SHAPE, 1, 64, ANY, 0, 0, V4_1, service_v5},
                                         {"chainId", INTEGER, 1, 1, ANY, 0, 0, V4_1, NULL},
                                         {"nftAddress", STRING, 1, 1, ANY, 42, 42, V4_1, NULL},
                                         {"event", SHAPE, 0, 1, ANY, 0, 0, V4_1, event_v5},
                                         {0}};

static const struct rule additional_v5[] = {{"type", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
                                            {"data", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
                                            {0}};

static const struct rule document_v5[] = {
    {"id", STRING, 1, 1, DID_OPE, 72, 72, V4_1, NULL},
    {"type", LITERAL, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"credentialSubject", SHAPE, 1, 1, ANY, 0, 0, V4_1, subject_v5},
    {"issuer", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"version", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"additionalDdos", SHAPE, 0, 64, ANY, 0, 0, V4_1, additional_v5},
    {0}};

static const struct rule document_deprecated[] = {
    {"id", STRING, 1, 1, DID_OP, 0, 0, V4_1, NULL},
    {"nftAddress", STRING, 1, 1, ANY, 0, 0, V4_1, NULL},
    {"chainId", INTEGER, 1, 1, ANY, 0, 0, V4_1, NULL},
    {0}};

/* --- messages --- */

struct check {
    struct arena *a;
    enum version version;
    struct json *errors;
    size_t count;
};

static void complain(struct check *c, const char *place, const char *message)
{
    struct json *list = json_get(c->errors, place);

    if (c->count++ >= MESSAGES_MAX)
        return;
    if (!list) {
        list = json_new_array(c->a);
        json_set(c->a, c->errors, place, list);
    }
    json_push(c->a, list, json_new_str(c->a, message));
}

static const char *below(struct check *c, const char *place, const char *name)
{
    return arena_printf(c->a, "%s%s%s", place, *place ? "." : "", name);
}

/* --- values of a member --- */

/* Appends the values that v stands for; equal literals once (`seen`). */
static void values_add(struct check *c, const struct json *v, struct json *list, struct json *seen,
                       int depth)
{
    const char *key;
    size_t i;

    switch (json_type(v)) {
    case JSON_NULL:
        return;
    case JSON_ARRAY:
        for (i = 0; i < json_len(v) && depth < LISTS_DEEP; i++)
            values_add(c, json_at(v, i), list, seen, depth + 1);
        return;
    case JSON_OBJECT:
        break;
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_STRING:
    default:
        key = json_text(c->a, v);
        if (json_get(seen, key))
            return;
        json_set_bool(c->a, seen, key, true);
        break;
    }
    json_push(c->a, list, (struct json *)v);
}

static struct json *values_of(struct check *c, const struct json *v)
{
    struct json *list = json_new_array(c->a);

    values_add(c, v, list, json_new_object(c->a), 0);
    return list;
}

/* --- texts --- */

static size_t utf16_len(const char *s, size_t n)
{
    size_t units = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        unsigned char b = (unsigned char)s[i];

        units += (b & 0xc0) != 0x80; /* not a continuation */
        units += b >= 0xf0;          /* a pair of surrogates */
    }
    return units;
}

/* Whether a text has one of JavaScript's line ends; \n only counts when `newline`. */
static bool has_line_end(const char *s, size_t n, bool newline)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (s[i] == '\r' || (newline && s[i] == '\n'))
            return true;
        if (n - i >= 3 &&
            (memcmp(s + i, "\xe2\x80\xa8", 3) == 0 || memcmp(s + i, "\xe2\x80\xa9", 3) == 0))
            return true;
    }
    return false;
}

static void check_pattern(struct check *c, const struct rule *r, const char *place,
                          const struct json *v)
{
    const char *text = json_str(v, "");
    size_t n = json_str_len(v);

    if (r->pattern == DID_OP && !str_starts(text, "did:op:"))
        complain(c, place, "must start with did:op:");
    if (r->pattern == DID_OPE && !str_starts(text, "did:ope:"))
        complain(c, place, "must start with did:ope:");
    if (r->pattern != ANY && has_line_end(text, n, r->pattern != LINES))
        complain(c, place,
                 r->pattern == LINES ? "must have no line ends but \\n" : "must be a single line");
}

static bool has_shortest(const struct check *c, const struct rule *r)
{
    size_t i;

    for (i = 0; c->version == V4_3 && i < ARRAY_LEN(shortest_since_4_5); i++)
        if (str_eq(r->name, shortest_since_4_5[i]))
            /* a service's name and description had theirs before; those are optional */
            return r->min == 0;
    return true;
}

static void check_text(struct check *c, const struct rule *r, const char *place,
                       const struct json *v)
{
    size_t n = utf16_len(json_str(v, ""), json_str_len(v));
    unsigned least = has_shortest(c, r) ? r->shortest : 0;

    check_pattern(c, r, place, v);
    if (!r->longest || c->version == V4_1 || (n >= least && n <= r->longest))
        return;
    if (least == r->longest)
        complain(c, place, arena_printf(c->a, "must have %u characters", r->longest));
    else
        complain(c, place, arena_printf(c->a, "must have %u to %u characters", least, r->longest));
}

/* --- shapes --- */

static void check_shape(struct check *c, const struct rule *shape, const char *place,
                        const struct json *v);

static bool is_integer(const struct json *v)
{
    double n = json_num(v, 0.5);

    return n == floor(n) && fabs(n) < 1e21;
}

/* The shape of a value: an item of credentials may name an access list instead of values. */
static const struct rule *shape_of(const struct rule *r, const struct json *v)
{
    if (r->shape == credential_item && str_ieq(json_get_str(v, "type", ""), "accessList") &&
        json_type(json_get(v, "values")) == JSON_NULL)
        return credential_list;
    return r->shape;
}

static void check_value(struct check *c, const struct rule *r, const char *place,
                        const struct json *v)
{
    switch (r->kind) {
    case STRING:
        if (json_is(v, JSON_STRING))
            check_text(c, r, place, v);
        else
            complain(c, place, "must be a text");
        break;
    case INTEGER:
        if (!is_integer(v))
            complain(c, place, "must be an integer");
        break;
    case BOOLEAN:
        if (!json_is(v, JSON_BOOL))
            complain(c, place, "must be true or false");
        break;
    case LITERAL:
        if (json_is(v, JSON_OBJECT))
            complain(c, place, "must not be an object");
        break;
    case OBJECT:
        if (!json_is(v, JSON_OBJECT))
            complain(c, place, "must be an object");
        break;
    case TRUSTED:
        if (str_eq(json_str(v, NULL), "*"))
            break;
        check_shape(c, r->shape, place, v);
        break;
    case SHAPE:
    default:
        check_shape(c, shape_of(r, v), place, v);
        break;
    }
}

/* How few and how many values a version wants. */
static unsigned fewest(const struct check *c, const struct rule *r)
{
    return r->shape == service && c->version < V4_5 ? 1 : r->min;
}

static unsigned most(const struct check *c, const struct rule *r)
{
    return c->version == V4_1 && r->max > 1 ? 0 : r->max;
}

static void check_rule(struct check *c, const struct rule *r, const char *place,
                       const struct json *v)
{
    const struct json *given = json_get(v, r->name);
    struct json *values = values_of(c, given);
    size_t n = json_len(values);
    const char *here = below(c, place, r->name);
    size_t i;

    if (n < fewest(c, r))
        complain(c, here, "is missing");
    if (most(c, r) && n > most(c, r))
        complain(c, here,
                 r->max == 1 ? "must be one value"
                             : arena_printf(c->a, "must have at most %u values", r->max));
    for (i = 0; i < n && c->count < MESSAGES_MAX; i++)
        check_value(c, r, json_is(given, JSON_ARRAY) ? arena_printf(c->a, "%s.%zu", here, i) : here,
                    json_at(values, i));
}

/* Something that is no object has no members, which is wrong only where some must be there. */
static bool is_required(const struct check *c, const struct rule *shape)
{
    const struct rule *r;

    for (r = shape; r->name; r++)
        if (fewest(c, r) > 0)
            return true;
    return false;
}

static void check_shape(struct check *c, const struct rule *shape, const char *place,
                        const struct json *v)
{
    const struct rule *r;

    if (!json_is(v, JSON_OBJECT)) {
        if (is_required(c, shape))
            complain(c, place, "must be an object");
        return;
    }
    for (r = shape; r->name; r++)
        if (c->version >= r->since)
            check_rule(c, r, place, v);
}

/* --- what no schema says --- */

static void check_identity(struct check *c, const struct json *ddo, const struct json *body,
                           const char *place)
{
    const struct json *id = json_get(ddo, "id");
    struct addr nft;
    int64_t chain;
    const char *want;

    if (!json_is(id, JSON_STRING) || !json_int(json_get(body, "chainId"), &chain))
        return; /* said already */
    if (chain <= 0) {
        complain(c, below(c, place, "chainId"), "must be above 0");
        return;
    }
    if (!addr_parse(json_get_str(body, "nftAddress", NULL), &nft)) {
        complain(c, below(c, place, "nftAddress"), "must be an address with a right checksum");
        return;
    }
    want = c->version == V5 ? asset_did_v5(c->a, &nft, (uint64_t)chain)
                            : asset_did(c->a, &nft, (uint64_t)chain);
    if (!str_eq(json_str(id, ""), want))
        complain(c, "id", arena_printf(c->a, "must be %s for this NFT and chain", want));
}

static void check_costs(struct check *c, const struct json *body, const char *place)
{
    const struct json *services = json_get(body, "services");
    struct err e;
    unsigned cost;
    size_t i;

    for (i = 0; i < json_len(services); i++)
        if (asset_dt_cost(json_at(services, i), &cost, &e) < 0)
            complain(c,
                     arena_printf(c->a, "%s.%zu.additionalInformation.dtCost",
                                  below(c, place, "services"), i),
                     e.msg);
}

static bool version_of(const struct json *ddo, enum version *ret)
{
    static const char *const names[] = {"4.1.0", "4.3.0", "4.5.0", "4.7.0", "5.0.0", "deprecated"};
    const char *text = json_get_str(ddo, "version", NULL);
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(text, names[i])) {
            *ret = (enum version)i;
            return true;
        }
    return false;
}

int asset_validate(struct arena *a, const struct json *ddo, struct json **ret_errors, struct err *e)
{
    static const struct rule *const documents[] = {
        [V4_1] = document_v4, [V4_3] = document_v4, [V4_5] = document_v4,
        [V4_7] = document_v4, [V5] = document_v5,   [DEPRECATED] = document_deprecated};
    struct check c = {.a = a, .errors = json_new_object(a)};
    const struct json *body = ddo;
    const char *place = "";

    if (!version_of(ddo, &c.version))
        return refused(e, ASSET_VERSION, json_str(json_get(ddo, "version"), "undefined"));
    check_shape(&c, documents[c.version], "", ddo);
    if (c.version == V5) {
        body = json_get(ddo, "credentialSubject");
        place = "credentialSubject";
    }
    check_identity(&c, ddo, body, place);
    check_costs(&c, body, place);
    *ret_errors = json_len(c.errors) ? c.errors : NULL;
    return 0;
}
