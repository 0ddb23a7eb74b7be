/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of each DDO version, as tables, and the walk through a document with them. */
#include "asset/validate.h"

#include <string.h>

#include "asset/ddo.h"
#include "base/str.h"

enum { V41 = 1, V43 = 2, V45 = 4, V47 = 8, V50 = 16 };
enum { V4 = V41 | V43 | V45 | V47, SIZED = V43 | V45 | V47 };

enum rule_kind { TEXT, LINE, INTEGER, BOOLEAN, OBJECT, ANY, LINES, OBJECTS };
enum { REQUIRED = 1, EASED = 2 /* no minimum in version 4.3 */ };

/* One property of an object. Sizes hold for texts (and for each text of LINES). */
struct rule {
    const char *key;
    enum rule_kind kind; /* TEXT may have several lines */
    unsigned flags;
    size_t min;               /* characters; not in version 4.1 */
    size_t max;               /* characters, 0: any; not in version 4.1 */
    size_t many;              /* how many of LINES or OBJECTS */
    const struct rule *inner; /* of OBJECT and OBJECTS */
};

static const struct rule container[] = {
    {"entrypoint", LINE, REQUIRED | EASED, 3, 256, 0, NULL},
    {"image", LINE, REQUIRED | EASED, 1, 256, 0, NULL},
    {"tag", LINE, REQUIRED | EASED, 1, 256, 0, NULL},
    {"checksum", LINE, REQUIRED, 7, 512, 0, NULL},
    {0},
};
static const struct rule parameter[] = {
    {"name", LINE, REQUIRED, 0, 256, 0, NULL},
    {"type", LINE, REQUIRED, 0, 256, 0, NULL},
    {"label", LINE, REQUIRED, 0, 256, 0, NULL},
    {"required", BOOLEAN, REQUIRED, 0, 0, 0, NULL},
    {"description", TEXT, REQUIRED, 0, 7000, 0, NULL},
    {"default", LINE, REQUIRED, 0, 256, 0, NULL},
    {0},
};
static const struct rule algorithm[] = {
    {"version", LINE, 0, 0, 256, 0, NULL},
    {"language", LINE, 0, 0, 256, 0, NULL},
    {"container", OBJECT, REQUIRED, 0, 0, 0, container},
    {"consumerParameters", OBJECTS, 0, 0, 0, 64, parameter},
    {0},
};
static const struct rule metadata[] = {
    {"description", TEXT, REQUIRED | EASED, 10, 7000, 0, NULL},
    {"name", TEXT, REQUIRED | EASED, 4, 512, 0, NULL},
    {"type", TEXT, REQUIRED, 0, 256, 0, NULL},
    {"author", TEXT, REQUIRED, 0, 256, 0, NULL},
    {"license", TEXT, REQUIRED, 0, 256, 0, NULL},
    {"created", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"updated", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"copyrightHolder", TEXT, 0, 0, 512, 0, NULL},
    {"links", LINES, 0, 0, 512, 64, NULL},
    {"tags", LINES, 0, 0, 256, 64, NULL},
    {"categories", LINES, 0, 0, 256, 64, NULL},
    {"contentLanguage", TEXT, 0, 0, 256, 0, NULL},
    {"algorithm", OBJECT, 0, 0, 0, 0, algorithm},
    {0},
};
static const struct rule compute[] = {
    {"allowRawAlgorithm", BOOLEAN, REQUIRED, 0, 0, 0, NULL},
    {"allowNetworkAccess", BOOLEAN, REQUIRED, 0, 0, 0, NULL},
    {"publisherTrustedAlgorithmPublishers", LINES, 0, 0, 256, 0, NULL},
    {0},
};
static const struct rule trusted[] = {
    {"did", LINE, REQUIRED, 0, 256, 0, NULL},
    {"filesChecksum", LINE, REQUIRED, 0, 1024, 0, NULL},
    {"containerSectionChecksum", LINE, REQUIRED, 0, 1024, 0, NULL},
    {"serviceId", LINE, 0, 0, 1024, 0, NULL},
    {0},
};
static const struct rule service[] = {
    {"id", LINE, REQUIRED, 0, 256, 0, NULL},
    {"type", LINE, REQUIRED, 0, 256, 0, NULL},
    {"name", LINE, 0, 4, 256, 0, NULL},
    {"description", TEXT, 0, 10, 7000, 0, NULL},
    {"datatokenAddress", LINE, REQUIRED, 42, 42, 0, NULL},
    {"serviceEndpoint", LINE, REQUIRED, 10, 2048, 0, NULL},
    {"files", LINE, REQUIRED, 0, 8192, 0, NULL},
    {"timeout", INTEGER, REQUIRED, 0, 0, 0, NULL},
    {"compute", OBJECT, 0, 0, 0, 0, compute},
    {0},
};
static const struct rule document[] = {
    {"id", LINE, REQUIRED, 71, 71, 0, NULL},
    {"version", LINE, REQUIRED, 0, 16, 0, NULL},
    {"chainId", INTEGER, REQUIRED, 0, 0, 0, NULL},
    {"nftAddress", LINE, REQUIRED, 42, 42, 0, NULL},
    {"metadata", OBJECT, REQUIRED, 0, 0, 0, metadata},
    {"services", OBJECTS, 0, 0, 0, 64, service},
    {0},
};

static const struct rule metadata5[] = {
    {"created", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"updated", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"name", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"providedBy", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"tags", LINES, 0, 0, 0, 64, NULL},
    {"additionalInformation", OBJECT, 0, 0, 0, 0, NULL},
    {0},
};
static const struct rule service5[] = {
    {"id", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"type", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"datatokenAddress", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"serviceEndpoint", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"timeout", INTEGER, REQUIRED, 0, 0, 0, NULL},
    {0},
};
static const struct rule subject5[] = {
    {"chainId", INTEGER, REQUIRED, 0, 0, 0, NULL},
    {"nftAddress", LINE, REQUIRED, 42, 42, 0, NULL},
    {"metadata", OBJECT, REQUIRED, 0, 0, 0, metadata5},
    {"services", OBJECTS, REQUIRED, 0, 0, 64, service5},
    {0},
};
static const struct rule further5[] = {
    {"type", ANY, REQUIRED, 0, 0, 0, NULL},
    {"data", ANY, REQUIRED, 0, 0, 0, NULL},
    {0},
};
static const struct rule document5[] = {
    {"id", LINE, REQUIRED, 72, 72, 0, NULL},
    {"type", ANY, REQUIRED, 0, 0, 0, NULL},
    {"version", LINE, REQUIRED, 0, 16, 0, NULL},
    {"issuer", TEXT, REQUIRED, 0, 0, 0, NULL},
    {"credentialSubject", OBJECT, REQUIRED, 0, 0, 0, subject5},
    {"additionalDdos", OBJECTS, 0, 0, 0, 64, further5},
    {0},
};

static const struct rule state[] = {{"state", INTEGER, REQUIRED, 0, 0, 0, NULL}, {0}};
static const struct rule nft[] = {{"nft", OBJECT, REQUIRED, 0, 0, 0, state}, {0}};
static const struct rule deprecated[] = {
    {"id", LINE, REQUIRED, 71, 72, 0, NULL},
    {"nftAddress", LINE, REQUIRED, 42, 42, 0, NULL},
    {"chainId", INTEGER, REQUIRED, 0, 0, 0, NULL},
    {"indexedMetadata", OBJECT, REQUIRED, 0, 0, 0, nft},
    {0},
};

struct check {
    struct arena *a;
    unsigned version;
    struct json *errors;
};

static void report(const struct check *c, const char *path, const char *message)
{
    struct json *list = json_get(c->errors, path);

    if (!list) {
        list = json_new_array(c->a);
        json_set(c->a, c->errors, path, list);
    }
    json_push(c->a, list, json_new_str(c->a, message));
}

/* Absent values as NULL, a list of one as the one. */
static const struct json *settled(const struct json *v, bool list)
{
    if (json_type(v) == JSON_NULL || (json_is(v, JSON_ARRAY) && json_len(v) == 0))
        return NULL;
    if (!list && json_is(v, JSON_ARRAY) && json_len(v) == 1)
        return settled(json_at(v, 0), false);
    return v;
}

/* Characters as JavaScript counts them. */
static size_t count_units(const char *s, size_t n)
{
    size_t units = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        if (((unsigned char)s[i] & 0xc0) != 0x80)
            units++;
        if (((unsigned char)s[i] & 0xf8) == 0xf0) /* beyond the 16 bits of one unit */
            units++;
    }
    return units;
}

static void check_text(const struct check *c, const struct rule *r, const struct json *v,
                       const char *path)
{
    bool eased = (r->flags & EASED) && (c->version & V43);
    size_t min = c->version & (SIZED | V50) && !eased ? r->min : 0;
    size_t max = c->version & (SIZED | V50) ? r->max : 0;
    const char *s = json_str(v, NULL);
    size_t n;

    if (!s) {
        report(c, path, "must be a text");
        return;
    }
    n = count_units(s, json_str_len(v));
    if (n < min || (max && n > max))
        report(c, path,
               min == max ? arena_printf(c->a, "must have %zu characters", max)
                          : arena_printf(c->a, "must have %zu to %zu characters", min, max));
    if (r->kind == LINE && max && memchr(s, '\n', json_str_len(v)))
        report(c, path, "must be a single line");
}

static void check_object(const struct check *c, const struct rule *rules, const struct json *v,
                         const char *path);

static void check_value(const struct check *c, const struct rule *r, const struct json *v,
                        const char *path)
{
    int64_t number;

    switch (r->kind) {
    case TEXT:
    case LINE:
    case LINES:
        check_text(c, r, v, path);
        break;
    case INTEGER:
        if (!json_int(v, &number))
            report(c, path, "must be an integer");
        break;
    case BOOLEAN:
        if (!json_is(v, JSON_BOOL))
            report(c, path, "must be true or false");
        break;
    case OBJECT:
    case OBJECTS:
        if (!json_is(v, JSON_OBJECT))
            report(c, path, "must be an object");
        else if (r->inner)
            check_object(c, r->inner, v, path);
        break;
    case ANY:
        if (json_is(v, JSON_ARRAY))
            report(c, path, "must be one value");
        break;
    }
}

static void check_list(const struct check *c, const struct rule *r, const struct json *v,
                       const char *path)
{
    size_t n = json_is(v, JSON_ARRAY) ? json_len(v) : 1;
    size_t i;

    if (r->many && n > r->many && !(c->version & V41)) {
        report(c, path, arena_printf(c->a, "must have at most %zu values", r->many));
        return;
    }
    for (i = 0; i < n; i++) {
        const struct json *it = settled(json_is(v, JSON_ARRAY) ? json_at(v, i) : v, true);

        if (it)
            check_value(c, r, it, arena_printf(c->a, "%s.%zu", path, i));
    }
}

static void check_rule(const struct check *c, const struct rule *r, const struct json *object,
                       const char *path)
{
    bool list = r->kind == LINES || r->kind == OBJECTS;
    const struct json *v = settled(json_get(object, r->key), list);

    path = *path ? arena_printf(c->a, "%s.%s", path, r->key) : r->key;
    if (!v) {
        if (r->flags & REQUIRED)
            report(c, path, "is missing");
    } else if (list) {
        check_list(c, r, v, path);
    } else {
        check_value(c, r, v, path);
    }
}

static void check_object(const struct check *c, const struct rule *rules, const struct json *v,
                         const char *path)
{
    for (; rules->key; rules++)
        check_rule(c, rules, v, path);
}

/* --- what a table cannot say --- */

/* Algorithms to trust are objects, or "*" for all. */
static void check_trusted(const struct check *c, const struct json *v, const char *path)
{
    static const struct rule one = {"", OBJECT, 0, 0, 0, 0, trusted};
    const struct json *list = settled(json_path(v, "compute.publisherTrustedAlgorithms"), true);
    const struct json *it;
    size_t n = json_is(list, JSON_ARRAY) ? json_len(list) : list != NULL;
    size_t i;

    for (i = 0; i < n; i++) {
        it = json_is(list, JSON_ARRAY) ? json_at(list, i) : list;
        if (!str_eq(json_str(it, ""), "*"))
            check_value(c, &one, it,
                        arena_printf(c->a, "%s.compute.publisherTrustedAlgorithms.%zu", path, i));
    }
}

/* Rules are {type, values} or {type: "accessList", chainId, accessList}. */
static void check_credentials(const struct check *c, const struct json *v, const char *path)
{
    static const char *const lists[] = {"allow", "deny"};
    const struct json *list;
    const struct json *it;
    size_t i;
    size_t k;

    for (i = 0; i < ARRAY_LEN(lists); i++) {
        list = json_get(v, lists[i]);
        for (k = 0; k < json_len(list); k++) {
            const char *at = arena_printf(c->a, "%s.%s.%zu", path, lists[i], k);

            it = json_at(list, k);
            if (!json_get_str(it, "type", NULL))
                report(c, at, "must have a type");
            else if (!settled(json_get(it, "values"), true) && !json_get(it, "accessList"))
                report(c, at, "must have values");
        }
    }
}

static void check_services(const struct check *c, const struct json *body, const char *prefix)
{
    const struct json *services = json_get(body, "services");
    const struct json *it;
    const char *path;
    struct err e;
    unsigned cost;
    size_t i;

    if ((c->version & (V41 | V43)) && json_len(services) == 0)
        report(c, "services", "must have at least one value");
    for (i = 0; i < json_len(services); i++) {
        it = json_at(services, i);
        path = arena_printf(c->a, "%sservices.%zu", prefix, i);
        if (asset_dt_cost(it, &cost, &e) < 0)
            report(c, arena_printf(c->a, "%s.additionalInformation.dtCost", path), e.msg);
        if (c->version & V4)
            check_trusted(c, it, path);
        if (c->version & V47)
            check_credentials(c, json_get(it, "credentials"),
                              arena_printf(c->a, "%s.credentials", path));
    }
}

static void check_id(const struct check *c, const struct json *ddo, const struct json *body)
{
    struct addr addr;
    int64_t chain = json_get_int(body, "chainId", -1);
    const char *did;

    if (chain < 0 || !addr_parse_any(json_get_str(body, "nftAddress", ""), &addr)) {
        report(c, "nftAddress", "must be an address");
        return;
    }
    did = c->version & V50 ? asset_did_v5(c->a, &addr, (uint64_t)chain)
                           : asset_did(c->a, &addr, (uint64_t)chain);
    if (!str_eq(json_get_str(ddo, "id", ""), did))
        report(c, "id",
               arena_printf(c->a, "must be %s, which follows from the NFT and its chain", did));
}

int asset_validate(struct arena *a, const struct json *ddo, struct json **ret_errors, struct err *e)
{
    static const struct {
        const char *name;
        unsigned version;
        const struct rule *rules;
    } versions[] = {{"4.1.0", V41, document},  {"4.3.0", V43, document},
                    {"4.5.0", V45, document},  {"4.7.0", V47, document},
                    {"5.0.0", V50, document5}, {"deprecated", 0, deprecated}};
    struct check c = {a, 0, json_new_object(a)};
    const char *version = json_get_str(ddo, "version", "");
    const struct json *body = ddo;
    size_t i;

    for (i = 0; i < ARRAY_LEN(versions) && !str_eq(versions[i].name, version);)
        i++;
    if (i == ARRAY_LEN(versions))
        return refused(e, ASSET_VERSION, version);
    c.version = versions[i].version;
    check_object(&c, versions[i].rules, ddo, "");
    if (c.version & V50)
        body = json_get(ddo, "credentialSubject");
    if (c.version) {
        check_services(&c, body, c.version & V50 ? "credentialSubject." : "");
        check_credentials(&c, json_get(body, "credentials"), "credentials");
        check_id(&c, ddo, body);
    }
    *ret_errors = json_len(c.errors) ? c.errors : NULL;
    return 0;
}
