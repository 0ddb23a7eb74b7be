/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/asset.h"
#include "base/str.h"

enum {
    RULES_MAX = 256, /* a longer list lets nobody in, */
    LISTS_MAX = 32   /* nor does one that asks chains more often */
};

/* One question: does the consumer meet the rules of a list? */
struct question {
    uint64_t chain; /* the asset's: where a rule that names no chain has its access list */
    const struct addr *who;
    const struct asset_lists *lists;
    bool in_doubt; /* whether a rule that cannot be decided is met */
};

/* How the rules of one list come out without asking a chain. */
struct outcome {
    size_t known;
    size_t matched;
    size_t unknown;
    size_t lists; /* known rules that a chain must be asked about */
};

/* Values are addresses or "*"; version 5 also writes {"address": "0x..."}. */
static bool has_address(const struct json *values, const struct addr *who)
{
    size_t i;

    for (i = 0; i < json_len(values); i++) {
        const struct json *v = json_at(values, i);
        const char *text =
            json_is(v, JSON_OBJECT) ? json_get_str(v, "address", "") : json_str(v, "");
        struct addr listed;

        if (str_eq(text, "*") || (addr_parse_any(text, &listed) && addr_eq(&listed, who)))
            return true;
    }
    return false;
}

static bool is_list(const struct json *rule)
{
    return str_ieq(json_get_str(rule, "type", ""), "accessList");
}

static bool read_chain(const struct question *q, const struct json *rule, uint64_t *ret)
{
    const struct json *v = json_get(rule, "chainId");
    int64_t number;

    if (json_type(v) == JSON_NULL) {
        *ret = q->chain;
        return true;
    }
    if (json_is(v, JSON_STRING))
        return str_u64(json_str(v, ""), INT64_MAX, ret);
    if (!json_int(v, &number) || number < 0)
        return false;
    *ret = (uint64_t)number;
    return true;
}

static bool has_token(const struct question *q, const struct json *rule)
{
    struct addr list;
    uint64_t chain;
    struct err ignored;
    bool has;

    if (!read_chain(q, rule, &chain) ||
        !addr_parse_any(json_get_str(rule, "accessList", ""), &list) ||
        q->lists->has(q->lists->ctx, chain, &list, q->who, &has, &ignored) < 0)
        return q->in_doubt;
    return has;
}

static struct outcome look(const struct question *q, const struct json *rules)
{
    struct outcome o = {0};
    size_t i;

    for (i = 0; i < json_len(rules); i++) {
        const struct json *rule = json_at(rules, i);

        if (is_list(rule)) {
            o.known++;
            o.lists++;
        } else if (str_ieq(json_get_str(rule, "type", ""), "address")) {
            o.known++;
            o.matched += has_address(json_get(rule, "values"), q->who);
        } else {
            o.unknown++;
        }
    }
    return o;
}

/* Chains are asked only where the rest does not decide. */
static bool meets(const struct question *q, const struct json *rules, const struct outcome *o,
                  bool any)
{
    size_t i;

    if (any && o->matched > 0)
        return true;
    if (!any && o->matched + o->lists < o->known)
        return false;
    if (o->lists > LISTS_MAX)
        return q->in_doubt;
    for (i = 0; i < json_len(rules); i++)
        if (is_list(json_at(rules, i)) && has_token(q, json_at(rules, i)) == any)
            return any;
    return !any && o->known > 0;
}

static bool is_denied(struct question q, const struct json *rules, bool any)
{
    struct outcome o = look(&q, rules);

    q.in_doubt = true;
    return meets(&q, rules, &o, any);
}

static bool is_allowed(struct question q, const struct json *rules, bool any)
{
    struct outcome o = look(&q, rules);

    q.in_doubt = false;
    if (json_len(rules) == 0)
        return true;
    if (o.known == 0 || (!any && o.unknown > 0))
        return false;
    return meets(&q, rules, &o, any);
}

/* Absent, or a list that is not too long. */
static bool is_readable(const struct json *rules)
{
    return json_type(rules) == JSON_NULL ||
           (json_is(rules, JSON_ARRAY) && json_len(rules) <= RULES_MAX);
}

bool asset_credentials_grant(const struct json *credentials, uint64_t chain,
                             const struct addr *consumer, const struct asset_lists *lists)
{
    const struct question q = {.chain = chain, .who = consumer, .lists = lists};
    const struct json *deny = json_get(credentials, "deny");
    const struct json *allow = json_get(credentials, "allow");
    bool deny_any = !str_ieq(json_get_str(credentials, "match_deny", "any"), "all");
    bool allow_any = str_ieq(json_get_str(credentials, "match_allow", "all"), "any");

    if (json_type(credentials) == JSON_NULL ||
        (json_is(credentials, JSON_ARRAY) && json_len(credentials) == 0)) /* as none, in JSON-LD */
        return true;
    if (!json_is(credentials, JSON_OBJECT) || !is_readable(deny) || !is_readable(allow))
        return false;
    return !is_denied(q, deny, deny_any) && is_allowed(q, allow, allow_any);
}
