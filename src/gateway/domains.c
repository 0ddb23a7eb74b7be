/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/random.h"
#include "gateway/dns.h"
#include "gateway/gateway.sql.h"
#include "gateway/gateway_int.h"
#include "gateway/host.h"

/*
 * Custom domains. Two things are asked of the DNS: the proof, a TXT record that only the domain's
 * owner can set, and that the name leads here, without which no authority would issue. An answer
 * that did not come proves nothing and disproves nothing: the row stays as it is.
 */

enum { TOKEN_BYTES = 16 };

static const char *proof_name(struct arena *a, const char *host)
{
    return arena_printf(a, "_atoll.%s", host);
}

/* --- what people see --- */

static struct gateway_domain describe(struct gateway *g, struct arena *a,
                                      const struct gateway_claim *c, const char *main_host)
{
    struct gateway_domain d = {.host = c->host,
                               .deployment = c->deployment,
                               .part = "",
                               .custom = true,
                               .txt_name = proof_name(a, c->host),
                               .txt_value = c->token,
                               .cname_value = main_host,
                               .state = GATEWAY_UNPROVEN,
                               .reason = c->reason};

    if (c->proven && !*c->reason)
        d.state = gateway__state(g, a, c->host, &d.reason);
    else if (c->proven) /* it has begun to lead elsewhere, or that could not be asked */
        d.state = gateway__state(g, a, c->host, &(const char *){NULL});
    return d;
}

int gateway_domains(struct gateway *g, struct arena *a, const char *deployment,
                    struct gateway_domain **ret, size_t *ret_count, struct err *e)
{
    struct gateway_rows rows;
    struct gateway_claims claims;
    struct gateway_domain *all;
    size_t count = 0;
    size_t i;

    if (gateway__routes(g, a, deployment, &rows, e) < 0 ||
        gateway__claims(g, a, deployment, &claims, e) < 0)
        return -1;
    all = arena_calloc(a, rows.count + claims.count + 1, sizeof(*all));
    for (i = 0; i < rows.count; i++) {
        struct gateway_domain *d = &all[count++];

        *d = (struct gateway_domain){
            .host = rows.items[i].host, .deployment = deployment, .part = rows.items[i].part};
        d->state = gateway__state(g, a, d->host, &d->reason);
    }
    for (i = 0; i < claims.count && rows.count > 0; i++)
        all[count++] = describe(g, a, &claims.items[i], rows.items[0].host);
    *ret = all;
    *ret_count = count;
    return 0;
}

struct json *gateway_domain_json(struct arena *a, const struct gateway_domain *d)
{
    static const char *const names[] = {[GATEWAY_UNPROVEN] = "unproven",
                                        [GATEWAY_READY] = "ready",
                                        [GATEWAY_SERVING] = "serving",
                                        [GATEWAY_FAILED] = "failed"};
    struct json *j = json_new_object(a);
    struct json *record;

    json_set_str(a, j, "host", d->host);
    json_set_bool(a, j, "custom", d->custom);
    if (d->custom) {
        record = json_new_object(a);
        json_set_str(a, record, "name", d->txt_name);
        json_set_str(a, record, "value", d->txt_value);
        json_set(a, j, "txt", record);
        record = json_new_object(a);
        json_set_str(a, record, "name", d->host);
        json_set_str(a, record, "value", d->cname_value);
        json_set(a, j, "cname", record);
    }
    json_set_str(a, j, "state", names[d->state]);
    json_set_str(a, j, "reason", d->reason ? d->reason : "");
    return j;
}

/* --- claiming --- */

static int parse_host(struct gateway *g, struct arena *a, const char *text, const char **ret,
                      struct err *e)
{
    const char *host = host_parse(a, text);

    if (!host || strlen(host) > HOST_MAX - strlen("_atoll."))
        return refused(e, GATEWAY_HOST, text);
    if (host_is_under(host, g->o.base_domain) || gateway__is_ours(g, a, host))
        return refused(e, GATEWAY_HOST_OWN, host);
    *ret = host;
    return 0;
}

/* An owner proves a host once, whichever deployment it goes to. */
static int known_token(struct gateway *g, struct arena *a, const char *host, const char *owner,
                       const char **ret, struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_gateway_domain_token);
    uint8_t bytes[TOKEN_BYTES];
    bool found;

    bind_text(q, host);
    bind_text(q, owner);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found) {
        *ret = col_dup(a, q, "token");
        return 0;
    }
    random_bytes(bytes, sizeof(bytes));
    *ret = arena_printf(a, "atoll-%s", hex_dup(a, bytes, sizeof(bytes)));
    return 0;
}

static int insert(struct gateway *g, const struct gateway_claim *c, struct err *e)
{
    _db_ struct db *db = store_lend(g->o.store);
    _tx_ struct tx tx = {0};
    bool found;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    {
        _stmt_ struct stmt *count = db_query(db, &sql_gateway_domain_count);

        bind_text(count, c->deployment);
        if (stmt_find(count, &found, e) < 0)
            return -1;
        if (col_i64(count, "n") >= GATEWAY_DOMAINS_MAX)
            return refused(e, GATEWAY_DOMAINS_MANY, GATEWAY_DOMAINS_MAX);
    }
    _stmt_ struct stmt *q = db_query(db, &sql_gateway_domain_insert);
    bind_text(q, c->host);
    bind_text(q, c->deployment);
    bind_text(q, c->owner);
    bind_text(q, c->token);
    bind_i64(q, clock_ms());
    if (stmt_run(q, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

int gateway_domain_add(struct gateway *g, struct arena *a, const struct gateway_domain_key *k,
                       struct gateway_domain *ret, struct err *e)
{
    struct gateway_claim c = {.deployment = k->deployment, .owner = k->owner, .reason = ""};
    struct gateway_claim before;
    struct gateway_rows rows;

    if (gateway__owned(g, a, k->deployment, k->owner, &rows, e) < 0 ||
        parse_host(g, a, k->host, &c.host, e) < 0 ||
        known_token(g, a, c.host, k->owner, &c.token, e) < 0 ||
        gateway__claim_find(g, a, c.host, k->deployment, &before, e) < 0 ||
        (!before.host && insert(g, &c, e) < 0))
        return -1;
    *ret = describe(g, a, before.host ? &before : &c, rows.items[0].host);
    return 0;
}

/* --- proving --- */

static bool contains(const struct dns_answer *answer, const char *text)
{
    size_t i;

    for (i = 0; i < answer->count; i++)
        if (str_eq(answer->items[i], text))
            return true;
    return false;
}

/* IPv4 and IPv6 addresses of a name. */
static int addresses(struct arena *a, const struct gateway_settings *s, const char *host,
                     struct dns_answer *ret, struct err *e)
{
    struct dns_answer v6;
    size_t i;

    if (dns_ask(a, s->resolver, host, DNS_A, ret, e) < 0 ||
        dns_ask(a, s->resolver, host, DNS_AAAA, &v6, e) < 0)
        return -1;
    for (i = 0; i < v6.count && ret->count < DNS_ITEMS_MAX; i++)
        ret->items[ret->count++] = v6.items[i];
    return 0;
}

/* Where it should lead. */
static int here(struct arena *a, const struct gateway_settings *s, const char *main_host,
                struct dns_answer *ret, struct err *e)
{
    size_t i;

    if (s->lead_count == 0)
        return addresses(a, s, main_host, ret, e);
    ret->count = 0;
    for (i = 0; i < s->lead_count && ret->count < DNS_ITEMS_MAX; i++)
        ret->items[ret->count++] = s->leads[i];
    return 0;
}

/* *ret_reason NULL when it leads here; an authority and visitors take any of its addresses. */
static int leads_here(struct arena *a, const struct gateway_settings *s, const char *host,
                      const char *main_host, const char **ret_reason, struct err *e)
{
    struct dns_answer at;
    struct dns_answer want;
    size_t i;

    if (addresses(a, s, host, &at, e) < 0 || here(a, s, main_host, &want, e) < 0)
        return -1;
    *ret_reason = NULL;
    if (want.count == 0)
        *ret_reason = arena_printf(a,
                                   "%s itself has no address in the DNS; the operator of this "
                                   "marketplace has to set that up",
                                   main_host);
    else if (at.count == 0)
        *ret_reason = arena_printf(a, "%s has no address: make it a CNAME of %s", host, main_host);
    for (i = 0; i < at.count && want.count > 0; i++)
        if (!contains(&want, at.items[i]))
            *ret_reason =
                arena_printf(a, "%s leads to %s, which is not here: make it a CNAME of %s", host,
                             at.items[i], main_host);
    return 0;
}

/* *ret_reason NULL when both hold. */
static int judge(struct arena *a, const struct gateway_settings *s, const struct gateway_claim *c,
                 const char *main_host, const char **ret_reason, struct err *e)
{
    const char *name = proof_name(a, c->host);
    struct dns_answer proof;

    if (dns_ask(a, s->resolver, name, DNS_TXT, &proof, e) < 0)
        return -1;
    if (contains(&proof, c->token))
        return leads_here(a, s, c->host, main_host, ret_reason, e);
    *ret_reason = proof.count == 0 ? arena_printf(a, "%s has no TXT record yet", name)
                                   : arena_printf(a, "the TXT record of %s is another text", name);
    return 0;
}

static int write_verdict(struct gateway *g, const struct gateway_claim *c,
                         const struct gateway_claim *loser, struct err *e)
{
    const struct gateway_claim *rows[] = {loser, c};
    _db_ struct db *db = store_lend(g->o.store);
    _tx_ struct tx tx = {0};
    size_t i;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        _stmt_ struct stmt *q = NULL;

        if (!rows[i])
            continue;
        q = db_query(db, &sql_gateway_domain_judge);
        bind_text(q, rows[i]->host);
        bind_text(q, rows[i]->deployment);
        bind_i64(q, rows[i]->proven);
        bind_text(q, rows[i]->reason);
        if (stmt_run(q, e) < 0)
            return e->code == ERR_CONFLICT ? refused(e, GATEWAY_TAKEN, c->host) : -1;
    }
    return tx_commit(&tx, e);
}

/*
 * Somebody else has proven it before. Whose token still stands in the DNS has it: domains are
 * sold, and deployments moved.
 */
static int displace(struct gateway *g, struct arena *a, const struct gateway_settings *s,
                    struct gateway_claim *c, struct err *e)
{
    struct gateway_claim holder;
    struct dns_answer proof;

    if (gateway__claim_find(g, a, c->host, NULL, &holder, e) < 0)
        return -1;
    if (!holder.host || str_eq(holder.deployment, c->deployment))
        return write_verdict(g, c, NULL, e);
    if (!str_eq(holder.owner, c->owner)) {
        if (dns_ask(a, s->resolver, proof_name(a, c->host), DNS_TXT, &proof, e) < 0)
            return -1;
        if (contains(&proof, holder.token))
            return refused(e, GATEWAY_TAKEN, c->host);
    }
    holder.proven = false;
    holder.reason = "it was proven for another deployment";
    return write_verdict(g, c, &holder, e);
}

/* A proven one that has trouble with its certificate: that is tried again now. */
static void try_again(struct gateway *g, const char *host)
{
    {
        lock_scope(&g->lock);
        gateway__trouble_forget(&g->watch, host);
    }
    gateway__touch(g, true);
}

/* What an answer that did not come means: it is told, not believed, and the row stays. */
static int told_only(struct arena *a, struct gateway_claim *c, const struct err *e)
{
    if (!e->transient)
        return -1;
    c->reason = arena_strdup(a, e->msg);
    return 0;
}

/* Once proven it stays proven, until somebody else proves it: only where it leads is looked at. */
static int look_again(struct gateway *g, struct arena *a, struct gateway_claim *c,
                      const char *main_host, struct err *e)
{
    struct gateway_settings s = gateway__settings(g, a);
    const char *reason;
    const char *ignored;

    if (leads_here(a, &s, c->host, main_host, &reason, e) < 0)
        return told_only(a, c, e);
    c->reason = reason ? reason : "";
    if (write_verdict(g, c, NULL, e) < 0)
        return -1;
    if (!reason && gateway__state(g, a, c->host, &ignored) == GATEWAY_FAILED)
        try_again(g, c->host);
    return 0;
}

static int prove(struct gateway *g, struct arena *a, struct gateway_claim *c, const char *main_host,
                 struct err *e)
{
    struct gateway_settings s = gateway__settings(g, a);
    const char *reason;

    if (judge(a, &s, c, main_host, &reason, e) < 0)
        return told_only(a, c, e);
    c->proven = reason == NULL;
    c->reason = reason ? reason : "";
    if (!c->proven)
        return write_verdict(g, c, NULL, e);
    if (displace(g, a, &s, c, e) < 0) {
        c->proven = false;
        return told_only(a, c, e);
    }
    gateway__touch(g, false);
    return 0;
}

static int find_own(struct gateway *g, struct arena *a, const struct gateway_domain_key *k,
                    struct gateway_claim *ret, const char **ret_main, struct err *e)
{
    const char *host = host_parse(a, k->host);
    struct gateway_rows rows;

    ret->host = NULL;
    if (gateway__owned(g, a, k->deployment, k->owner, &rows, e) < 0 ||
        (host && gateway__claim_find(g, a, host, k->deployment, ret, e) < 0))
        return -1;
    if (!ret->host)
        return refused(e, GATEWAY_NO_DOMAIN, host ? host : k->host);
    *ret_main = rows.items[0].host;
    return 0;
}

int gateway_domain_verify(struct gateway *g, struct arena *a, const struct gateway_domain_key *k,
                          struct gateway_domain *ret, struct err *e)
{
    struct gateway_claim c;
    const char *main_host;

    if (find_own(g, a, k, &c, &main_host, e) < 0)
        return -1;
    if (c.proven ? look_again(g, a, &c, main_host, e) < 0 : prove(g, a, &c, main_host, e) < 0)
        return -1;
    *ret = describe(g, a, &c, main_host);
    return 0;
}

int gateway_domain_remove(struct gateway *g, struct arena *a, const struct gateway_domain_key *k,
                          struct err *e)
{
    struct gateway_claim c;
    const char *main_host;

    if (find_own(g, a, k, &c, &main_host, e) < 0)
        return -1;
    {
        _db_ struct db *db = store_lend(g->o.store);
        _tx_ struct tx tx = {0};

        if (tx_begin(db, &tx, e) < 0)
            return -1;
        _stmt_ struct stmt *q = db_query(db, &sql_gateway_domain_delete);
        bind_text(q, c.host);
        bind_text(q, c.deployment);
        if (stmt_run(q, e) < 0 || tx_commit(&tx, e) < 0)
            return -1;
    }
    gateway__touch(g, false);
    return 0;
}
