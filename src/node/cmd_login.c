/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api.gen.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "node/cookie.h"
#include "node/login.h"
#include "node/settings.h"
#include "node/who.h"

/* Ways to log in: a phone, a wallet, and a name alone for who develops. */

#define PAGE "/marketplace/"

static int redirect(struct task *t, const char *url)
{
    reply_status(t, 302);
    reply_header(t, "Location", url);
    reply_header(t, "Referrer-Policy", "no-referrer"); /* where we are holds the phone's answer */
    return 0;
}

/* --- what there is --- */

static struct json *providers(struct task *t)
{
    struct json *list = json_new_array(t->arena);
    const struct {
        const char *id;
        bool there;
    } all[] = {{"wallet", true},
               {"connect", auth_connect_is_on(t->node->auth)},
               {"dev", t->node->config->dev_login && login_is_local(t->request)}};
    size_t i;

    for (i = 0; i < ARRAY_LEN(all); i++) {
        struct json *v = json_new_object(t->arena);

        json_set_str(t->arena, v, "id", all[i].id);
        if (all[i].there)
            json_push(t->arena, list, v);
    }
    return list;
}

static struct json *chain_ids(struct task *t)
{
    struct json *list = json_new_array(t->arena);
    size_t i;

    for (i = 0; i < t->node->chain_count; i++)
        json_push(t->arena, list,
                  json_new_int(t->arena, (int64_t)t->node->chains[i].network->chain_id));
    return list;
}

int cmd_marketplace_options(struct task *t, const struct args_marketplace_options *args,
                            struct err *e)
{
    _settings_ struct settings *s = settings_take(t->node);
    struct json *v = json_new_object(t->arena);
    struct json *terms = json_new_object(t->arena);
    struct json *connect = json_new_object(t->arena);

    (void)args;
    (void)e;
    json_set_str(t->arena, terms, "hash", auth_terms_hash(t->node->auth));
    json_set_str(t->arena, terms, "url", "/auth/terms");
    json_set_str(t->arena, connect, "url", t->node->config->connect_url);
    json_set(t->arena, v, "providers", providers(t));
    json_set(t->arena, v, "terms", terms);
    json_set(t->arena, v, "connect", connect);
    json_set_bool(t->arena, v, "testCert", s->config->test_cert);
    json_set_str(t->arena, v, "version", ATOLL_VERSION);
    json_set_str(t->arena, v, "baseDomain", t->node->config->base_domain);
    json_set(t->arena, v, "chains", chain_ids(t));
    return reply_json(t, v);
}

/* --- 3Bot Connect --- */

int cmd_marketplace_login(struct task *t, const struct args_marketplace_login *args, struct err *e)
{
    struct auth_begin begin = {.next = auth_is_given(args->next_url) ? args->next_url : PAGE};
    struct login_site site;
    const char *cookie;
    const char *url;

    if ((args->provider && !str_eq(args->provider, "3bot")) || !auth_connect_is_on(t->node->auth))
        return refused(e, LOGIN_PROVIDER);
    if (!auth_next_is_ours(begin.next))
        return refused(e, LOGIN_NEXT);
    if (login_site_of(t, &site, e) < 0)
        return -1;
    begin.host = site.host;
    if (auth_connect_begin(t->node->auth, t->arena, &begin, &url, &cookie, e) < 0)
        return -1;
    cookie_set(t, COOKIE_LOGIN, cookie, ATTEMPT_S);
    return redirect(t, url);
}

static int connect_finish(struct task *t, const struct args_marketplace_connect_callback *args,
                          const char **ret_next, struct err *e)
{
    struct auth_return back = {.cookie = cookie_get(t->request, COOKIE_LOGIN),
                               .answer = args->signed_attempt};
    struct auth_identity who;
    struct auth_person p;
    struct login_site site;

    if (!auth_connect_is_on(t->node->auth))
        return refused(e, LOGIN_PROVIDER);
    if (auth_is_given(args->error) && !args->signed_attempt)
        return refused(e, CONNECT_CANCELLED);
    if (login_site_of(t, &site, e) < 0)
        return -1;
    back.host = site.host;
    if (auth_connect_finish(t->node->auth, t->arena, &back, &who, ret_next, e) < 0)
        return -1;
    return login_finish(t, &who, &p, e);
}

/* A person looks at this: they are told on the page, not by JSON. */
static int tell_browser(struct task *t, const struct err *e)
{
    log_info("login", "refused: %s %s from %s", err_name(e->code), e->msg, t->request->peer);
    return redirect(t, arena_printf(t->arena, PAGE "#/login?error=%s", err_name(e->code)));
}

int cmd_marketplace_connect_callback(struct task *t,
                                     const struct args_marketplace_connect_callback *args,
                                     struct err *e)
{
    const char *accept = http_header_get(t->request, "accept");
    const char *next;

    if (connect_finish(t, args, &next, e) < 0) {
        if (!accept || !strstr(accept, "text/html") || err_status(e->code) == 500)
            return -1;
        return tell_browser(t, e);
    }
    cookie_set(t, COOKIE_LOGIN, "", 0);
    return redirect(t, next);
}

/* --- a wallet --- */

static const char *iso(struct task *t, int64_t ms)
{
    char *text = arena_alloc(t->arena, CLOCK_ISO_SIZE);

    clock_iso(ms, text);
    return text;
}

int cmd_marketplace_siwe_nonce(struct task *t, const struct args_marketplace_siwe_nonce *args,
                               struct err *e)
{
    struct json *v = json_new_object(t->arena);
    struct json *chains = chain_ids(t);
    struct login_site site;
    const char *cookie;
    const char *nonce;
    int64_t now = clock_ms();

    (void)args;
    if (login_site_of(t, &site, e) < 0 ||
        auth_siwe_begin(t->node->auth, t->arena, site.host, &nonce, &cookie, e) < 0)
        return -1;
    json_set_str(t->arena, v, "nonce", nonce);
    json_set_str(t->arena, v, "domain", site.host);
    json_set_str(t->arena, v, "uri", arena_printf(t->arena, "%s" PAGE, site.origin));
    json_set_str(t->arena, v, "version", "1");
    json_set(t->arena, v, "chainId",
             json_len(chains) ? json_at(chains, 0) : json_new_int(t->arena, 1));
    json_set(t->arena, v, "chainIds", chains);
    json_set_str(t->arena, v, "statement", "Log in to the marketplace.");
    json_set_str(t->arena, v, "issuedAt", iso(t, now));
    json_set_str(t->arena, v, "expirationTime", iso(t, now + (int64_t)ATTEMPT_S * 1000));
    cookie_set(t, COOKIE_LOGIN, cookie, ATTEMPT_S);
    return reply_json(t, v);
}

int cmd_marketplace_siwe(struct task *t, const struct args_marketplace_siwe *args, struct err *e)
{
    int64_t *chains = arena_calloc(t->arena, t->node->chain_count + 1, sizeof(*chains));
    struct auth_siwe s = {.message = args->message,
                          .signature = args->signature,
                          .cookie = cookie_get(t->request, COOKIE_LOGIN),
                          .chains = chains,
                          .chain_count = t->node->chain_count};
    struct auth_identity who;
    struct login_site site;
    struct auth_person p;
    size_t i;

    for (i = 0; i < s.chain_count; i++)
        chains[i] = (int64_t)t->node->chains[i].network->chain_id;
    if (who_same_origin(t->request, false, e) < 0 || login_site_of(t, &site, e) < 0)
        return -1;
    s.host = site.host;
    s.origin = site.origin;
    if (auth_siwe_finish(t->node->auth, t->arena, &s, &who, e) < 0 ||
        login_finish(t, &who, &p, e) < 0)
        return -1;
    cookie_set(t, COOKIE_LOGIN, "", 0);
    return reply_person(t, &p);
}

/* --- developers --- */

static bool is_dev_name(const char *s)
{
    return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(s) &&
           !str_starts(s, "0x");
}

/*
 * To a name of this machine: a page of another name that leads here (DNS rebinding) shall not log
 * itself in.
 */
int cmd_marketplace_dev_login(struct task *t, const struct args_marketplace_dev_login *args,
                              struct err *e)
{
    const struct auth_identity who = {.kind = "dev", .name = args->name, .email = ""};
    struct auth_person p;

    if (!t->node->config->dev_login || !login_is_local(t->request))
        return refused(e, DEV_LOGIN);
    if (who_same_origin(t->request, false, e) < 0)
        return -1;
    if (!is_dev_name(args->name))
        return refused(e, DEV_NAME);
    return login_finish(t, &who, &p, e) < 0 ? -1 : reply_person(t, &p);
}
