/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/str.h"
#include "base/thread.h"
#include "gateway/gateway_int.h"

/* The operator's list of certificates. */

struct lister {
    struct gateway *g;
    struct arena *a;
    struct gateway_settings settings;
    struct json *list;
};

static void add_cert(const struct lister *l, struct json *j, const char *host)
{
    const char *issuer = gateway__issuer(l->a, &l->settings, host);
    struct gateway_cert cert;
    bool there = gateway__cert(l->a, l->g->storage, issuer, host, &cert);

    json_set_str(l->a, j, "issuer", there ? cert.issuer : NULL);
    json_set(l->a, j, "notBefore", there ? json_new_int(l->a, cert.not_before) : NULL);
    json_set(l->a, j, "notAfter", there ? json_new_int(l->a, cert.not_after) : NULL);
    json_set_bool(l->a, j, "staging", l->settings.test_cert && !str_eq(issuer, "local"));
}

static void add_trouble(const struct lister *l, struct json *j, const char *host)
{
    const char *issuer = gateway__issuer(l->a, &l->settings, host);
    const struct gateway_trouble *t;

    lock_scope(&l->g->lock);
    t = gateway__trouble(&l->g->watch, host, issuer);
    json_set_str(l->a, j, "error", t ? gateway__explain(l->a, t) : "");
    json_set(l->a, j, "retryAt", t ? json_new_int(l->a, t->retry_at) : NULL);
}

static void add(const struct lister *l, const char *host, const char *owner)
{
    static const char *const names[] = {[GATEWAY_UNPROVEN] = "unproven",
                                        [GATEWAY_READY] = "waiting",
                                        [GATEWAY_SERVING] = "serving",
                                        [GATEWAY_FAILED] = "failed"};
    struct json *j = json_new_object(l->a);
    const char *reason;
    enum gateway_state state = gateway__state(l->g, l->a, host, &reason);

    json_set_str(l->a, j, "host", host);
    json_set_str(l->a, j, "owner", owner);
    json_set_str(l->a, j, "state", names[state]);
    add_cert(l, j, host);
    add_trouble(l, j, host);
    json_push(l->a, l->list, j);
}

static struct json *gateway_json(struct gateway *g, struct arena *a)
{
    struct json *j = json_new_object(a);

    lock_scope(&g->lock);
    json_set_bool(a, j, "enabled", g->o.enabled);
    json_set_bool(a, j, "running", g->running);
    json_set_str(a, j, "problem", g->problem ? g->problem : "");
    json_set_str(a, j, "baseDomain", g->o.base_domain);
    json_set_int(a, j, "httpsPort", g->o.https_port);
    return j;
}

int gateway_certificates(struct gateway *g, struct arena *a, struct json **ret, struct err *e)
{
    struct lister l = {g, a, gateway__settings(g, a), json_new_array(a)};
    struct json *all = json_new_object(a);
    struct gateway_rows rows;
    struct gateway_claims claims;
    struct gateway_server *servers;
    size_t count, i;

    if (gateway__routes(g, a, NULL, &rows, e) < 0 || gateway__claims(g, a, NULL, &claims, e) < 0)
        return -1;
    gateway__market(g, a, &servers, &count);
    for (i = 0; i < count; i++)
        add(&l, servers[i].domain, "node");
    for (i = 0; i < rows.count; i++)
        add(&l, rows.items[i].host, rows.items[i].owner);
    for (i = 0; i < claims.count; i++)
        add(&l, claims.items[i].host, claims.items[i].owner);
    json_set_bool(a, all, "testCert", l.settings.test_cert);
    json_set_str(a, all, "directory", gateway__directory(&l.settings));
    json_set(a, all, "gateway", gateway_json(g, a));
    json_set(a, all, "certificates", l.list);
    *ret = all;
    return 0;
}
