/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/asset.h"
#include "base/str.h"

enum { RULES_MAX = 256 }; /* a longer list lets nobody in: each rule may ask a chain */

/* How the rules of one list came out. */
struct outcome {
    size_t known;
    size_t matched;
    size_t unknown;
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

static int has_token(const struct json *rule, const struct addr *who,
                     const struct asset_lists *lists, bool *ret, struct err *e)
{
    int64_t chain = json_get_int(rule, "chainId", -1);
    struct addr list;

    *ret = false;
    if (chain < 0 || !addr_parse_any(json_get_str(rule, "accessList", ""), &list))
        return 0;
    return lists->has(lists->ctx, (uint64_t)chain, &list, who, ret, e);
}

static int judge(const struct json *rules, const struct addr *who, const struct asset_lists *lists,
                 struct outcome *o, struct err *e)
{
    size_t i;

    *o = (struct outcome){0};
    for (i = 0; i < json_len(rules); i++) {
        const struct json *rule = json_at(rules, i);
        const char *type = json_get_str(rule, "type", "");
        bool match = false;

        if (str_ieq(type, "address")) {
            match = has_address(json_get(rule, "values"), who);
        } else if (str_ieq(type, "accessList")) {
            if (has_token(rule, who, lists, &match, e) < 0)
                return -1;
        } else {
            o->unknown++;
            continue;
        }
        o->known++;
        o->matched += match;
    }
    return 0;
}

int asset_credentials_check(const struct json *credentials, const struct addr *consumer,
                            const struct asset_lists *lists, bool *ret, struct err *e)
{
    const struct json *deny = json_get(credentials, "deny");
    const struct json *allow = json_get(credentials, "allow");
    bool deny_all = str_ieq(json_get_str(credentials, "match_deny", "any"), "all");
    bool allow_any = str_ieq(json_get_str(credentials, "match_allow", "all"), "any");
    struct outcome o;

    if (json_len(deny) > RULES_MAX || json_len(allow) > RULES_MAX) {
        *ret = false;
        return 0;
    }
    if (judge(deny, consumer, lists, &o, e) < 0)
        return -1;
    if (o.known > 0 && o.matched >= (deny_all ? o.known : 1)) {
        *ret = false;
        return 0;
    }
    if (json_len(allow) == 0) {
        *ret = true;
        return 0;
    }
    if (judge(allow, consumer, lists, &o, e) < 0)
        return -1;
    *ret = o.known > 0 && (allow_any ? o.matched > 0 : o.unknown == 0 && o.matched == o.known);
    return 0;
}
