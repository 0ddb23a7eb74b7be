/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "auth/auth_int.h"
#include "auth/login.h"
#include "auth/siwe.h"
#include "base/clock.h"
#include "base/str.h"

enum { SKEW_MS = 60000 }; /* clocks of wallets and nodes differ */

int auth_siwe_begin(struct auth *auth, struct arena *a, const char *host, const char **ret_nonce,
                    const char **ret_cookie, struct err *e)
{
    struct attempt t = {.kind = "wallet", .host = host, .next = ""};

    if (attempt__begin(auth, a, &t, e) < 0)
        return -1;
    *ret_nonce = t.secret;
    *ret_cookie = t.cookie;
    return 0;
}

static bool is_of_origin(const char *uri, const char *origin)
{
    size_t n = strlen(origin);

    return str_starts(uri, origin) && strchr("/?#", uri[n]) != NULL; /* the end counts too */
}

static bool is_of_chain(const struct auth_siwe *s, int64_t chain)
{
    size_t i;

    for (i = 0; i < s->chain_count; i++)
        if (s->chains[i] == chain)
            return true;
    return s->chain_count == 0;
}

/* Whether the message is one for here and now. */
static int check(struct arena *a, const struct auth_siwe *s, const struct siwe *m, struct err *e)
{
    int64_t now = clock_ms();

    if (!str_eq(str_lower(a, m->domain), s->host) ||
        (m->scheme && !str_starts(s->origin, arena_printf(a, "%s://", m->scheme))))
        return refused(e, SIWE, "it is for another site");
    if (!is_of_origin(m->uri, s->origin))
        return refused(e, SIWE, "its URI is of another site");
    if (!is_of_chain(s, m->chain_id))
        return refused(e, SIWE, "its chain is not one of this node's");
    if (m->issued > now + SKEW_MS || m->not_before > now + SKEW_MS)
        return refused(e, SIWE, "it is not valid yet");
    if ((m->expires && m->expires <= now) || m->issued < now - (int64_t)ATTEMPT_S * 1000 - SKEW_MS)
        return refused(e, SIWE, "it has expired");
    return 0;
}

int auth_siwe_finish(struct auth *auth, struct arena *a, const struct auth_siwe *s,
                     struct auth_identity *ret, struct err *e)
{
    struct siwe m;
    const char *next;
    char *name = arena_alloc(a, ADDR_TEXT);
    bool good;

    if (siwe_parse(a, s->message, &m, e) < 0 || check(a, s, &m, e) < 0)
        return -1;
    const struct attempt t = {
        .kind = "wallet", .secret = m.nonce, .cookie = s->cookie, .host = s->host};
    const struct auth_signed_text text = {m.address, s->message, s->signature, m.chain_id};

    if (attempt__take(auth, a, &t, &good, &next, e) < 0)
        return -1;
    if (!good)
        return refused(e, SIWE_NONCE);
    if (signature__check_text(&auth->ask, &text, &good, e) < 0)
        return -1;
    if (!good)
        return refused(e, SIWE_SIGNATURE);
    addr_lower(&m.address, name);
    *ret = (struct auth_identity){.kind = "wallet", .name = name, .email = ""};
    return 0;
}
