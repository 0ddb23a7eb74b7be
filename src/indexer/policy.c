/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the operator believes: validators and publishers. */
#include <stdlib.h>

#include "base/must.h"
#include "base/str.h"
#include "indexer/follow.h"
#include "indexer/read.h"
#include "indexer/window.h"

#define COPY(a, items, count) (count) ? arena_memdup(a, items, (count) * sizeof(*(items))) : NULL

struct policy_copy *policy_copy(const struct indexer_policy *from)
{
    struct policy_copy *c = xcalloc(1, sizeof(*c));
    struct indexer_policy *p = &c->policy;

    c->a = arena_new();
    *p = *from;
    p->validators = COPY(c->a, from->validators, from->validator_count);
    p->validator_lists = COPY(c->a, from->validator_lists, from->validator_list_count);
    p->publishers = COPY(c->a, from->publishers, from->publisher_count);
    p->publisher_lists = COPY(c->a, from->publisher_lists, from->publisher_list_count);
    return c;
}

void policy_copy_free(struct policy_copy *c)
{
    if (!c)
        return;
    arena_free(c->a);
    free(c);
}

static bool is_in_group(const struct addr *group, size_t n, const struct addr *who)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (addr_eq(&group[i], who))
            return true;
    return false;
}

/* --- access lists --- */

struct lists {
    const struct indexer_list *v;
    size_t n;
};

static size_t count_lists(const struct window *w, struct lists lists)
{
    size_t n = 0;
    size_t i;

    for (i = 0; i < lists.n; i++)
        n += lists.v[i].chain_id == w->chain->chain_id;
    return n;
}

static int is_on_list(const struct window *w, struct lists lists, const struct addr *who, bool *ret,
                      struct err *e)
{
    struct rpc_reading *r = arena_calloc(w->a, lists.n, sizeof(*r));
    struct abi_value arg = abi_addr(who);
    struct abi_value v;
    size_t n = 0;
    size_t i;

    *ret = false;
    for (i = 0; i < lists.n; i++)
        if (lists.v[i].chain_id == w->chain->chain_id)
            r[n++] = reading(w->a, &lists.v[i].contract, "balanceOf(address)", &arg, 1);
    if (n > 0 && rpc_read_many(w->chain->rpc, w->a, r, n, e) < 0)
        return -1;
    for (i = 0; i < n; i++)
        if (read_values(w->a, &r[i], "(uint256)", &v) && !u256_is_zero(&v.list.v[0].num))
            *ret = true;
    return 0;
}

int policy_validated(const struct window *w, const struct entry *it, bool *ret, struct err *e)
{
    const struct indexer_policy *p = w->policy;
    const struct lists lists = {p->validator_lists, p->validator_list_count};
    const struct entry *other;
    struct addr validator;
    size_t i;

    *ret = p->validator_count == 0 && count_lists(w, lists) == 0;
    for (i = 0; i < w->count && !*ret; i++) {
        other = &w->entries[i];
        if (other->ev.id != EVENT_METADATA_VALIDATED || !str_eq(other->tx, it->tx) ||
            !str_eq(other->emitter, it->emitter))
            continue;
        validator = event_addr(&other->ev, "validator");
        *ret = is_in_group(p->validators, p->validator_count, &validator);
        if (!*ret && is_on_list(w, lists, &validator, ret, e) < 0)
            return -1;
    }
    return 0;
}

int policy_check(const struct window *w, const struct addr *publisher, struct err *e)
{
    const struct indexer_policy *p = w->policy;
    const struct lists lists = {p->publisher_lists, p->publisher_list_count};
    const char *who = addr_text(w->a, publisher);
    bool listed;

    if (p->publisher_count > 0 && !is_in_group(p->publishers, p->publisher_count, publisher))
        return failed(e, INVALID, "DDO owner %s is NOT part of the AUTHORIZED_PUBLISHERS group.",
                      who);
    if (count_lists(w, lists) == 0)
        return 0;
    if (is_on_list(w, lists, publisher, &listed, e) < 0)
        return -1;
    return listed ? 0
                  : failed(e, INVALID,
                           "DDO owner %s is NOT part of the AUTHORIZED_PUBLISHERS_LIST access "
                           "group.",
                           who);
}
