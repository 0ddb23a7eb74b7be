/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "auth/auth_int.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/hash.h"

enum { SESSION_S = 7 * 86400, IDLE_S = 2 * 86400 };

/* What people accept where the operator says nothing else. */
static const char default_terms[] =
    "You may use what this marketplace offers for anything that the law allows.\n"
    "\n"
    "What you put into a solution stays yours, and you answer for it. Solutions run on the "
    "operator's machines: the operator can see what is not encrypted, stops what harms others, and "
    "removes what is not paid for after the waits that are shown to you.\n"
    "\n"
    "Backups are made where you ask for them; keep a copy of what you cannot lose. There is no "
    "warranty.\n";

static void set_terms(struct auth *auth, const char *text)
{
    struct hash32 h;

    auth->terms = xstrdup(text ? text : default_terms);
    h = sha256(auth->terms, strlen(auth->terms));
    hash32_write(&h, auth->terms_hash);
}

int auth_new(struct store *store, const struct auth_options *options,
             const struct auth_callbacks *callbacks, struct auth **ret, struct err *e)
{
    struct tokens *tokens;
    struct auth *auth;

    if (tokens__new(store, options->token_secret, &tokens, e) < 0)
        return -1;
    auth = xcalloc(1, sizeof(*auth));
    auth->store = store;
    auth->ask = *callbacks;
    auth->session_ms = 1000 * (options->session_s ? options->session_s : SESSION_S);
    auth->idle_ms = 1000 * (options->idle_s ? options->idle_s : IDLE_S);
    set_terms(auth, options->terms);
    if (options->connect) {
        auth->connect = *options->connect;
        auth->box = box_keys_of(auth->connect.seed);
        auth->connect.seed = NULL;
    }
    auth->nonces = nonces__new(store);
    auth->tokens = tokens;
    must(pthread_mutex_init(&auth->admins_lock, NULL) == 0);
    auth_set_admins(auth, options->admins, options->admins_count);
    auth_set_admin_names(auth, options->admin_names, options->admin_names_count);
    *ret = auth;
    return 0;
}

void auth_set_admins(struct auth *auth, const struct addr *admins, size_t count)
{
    struct addr *copy = xcalloc(count, sizeof(*copy));

    if (count)
        memcpy(copy, admins, count * sizeof(*copy));
    lock_scope(&auth->admins_lock);
    free(auth->admins);
    auth->admins = copy;
    auth->admins_count = count;
}

void auth_free(struct auth *auth)
{
    if (!auth)
        return;
    auth_set_admin_names(auth, NULL, 0);
    free(auth->admin_names);
    free(auth->terms);
    box_keys_wipe(&auth->box);
    nonces__free(auth->nonces);
    tokens__free(auth->tokens);
    pthread_mutex_destroy(&auth->admins_lock);
    free(auth->admins);
    free(auth);
}

bool auth_is_given(const char *text)
{
    return text && *text && !str_eq(text, "undefined") && !str_eq(text, "null");
}

static int bad_nonce(int64_t nonce, struct err *e)
{
    char text[NONCE_TEXT];

    (void)snprintf(text, sizeof(text), "%lld", (long long)nonce);
    return refused(e, AUTH_NONCE, text);
}

/* Nonce and signature; the counter moves only when both are right. */
static int check_signed(struct auth *auth, const struct auth_request *request, struct addr *ret_who,
                        int64_t *ret_nonce, struct err *e)
{
    struct addr who;
    int64_t nonce;
    int64_t stored;
    bool good;

    if (!addr_parse(request->address, &who))
        return refused(e, AUTH_SIGNATURE);
    if (!nonce__parse(request->nonce, &nonce))
        return refused(e, AUTH_NONCE, request->nonce);
    if (nonces__get(auth->nonces, &who, &stored, e) < 0)
        return -1;
    if (nonce <= stored)
        return bad_nonce(nonce, e);
    if (signature__check(&auth->ask, request, &who, nonce, &good, e) < 0)
        return -1;
    if (!good)
        return refused(e, AUTH_SIGNATURE);
    if (nonces__advance(auth->nonces, &who, nonce, &good, e) < 0)
        return -1;
    if (!good) /* another request was quicker */
        return bad_nonce(nonce, e);
    *ret_who = who;
    *ret_nonce = nonce;
    return 0;
}

static int check_token(struct auth *auth, const struct auth_request *request, struct addr *ret_who,
                       struct err *e)
{
    struct addr who;
    struct addr claimed;

    if (tokens__find(auth->tokens, request->token, &who, e) < 0)
        return -1;
    if (auth_is_given(request->address) &&
        (!addr_parse_any(request->address, &claimed) || !addr_eq(&claimed, &who)))
        return refused(e, AUTH_TOKEN);
    *ret_who = who;
    return 0;
}

static bool is_signed(const struct auth_request *request)
{
    return auth_is_given(request->address) && auth_is_given(request->nonce) &&
           auth_is_given(request->signature);
}

static int check_any(struct auth *auth, const struct auth_request *request, struct addr *ret_who,
                     int64_t *ret_nonce, struct err *e)
{
    bool takes_tokens = request->rule == AUTH_COMMAND || request->rule == AUTH_COMPUTE_START;

    if (is_signed(request))
        return check_signed(auth, request, ret_who, ret_nonce, e);
    if (takes_tokens && auth_is_given(request->token))
        return check_token(auth, request, ret_who, e);
    return refused(e, AUTH_MISSING);
}

bool auth__is_named_admin(struct auth *auth, const struct addr *who)
{
    size_t i;

    lock_scope(&auth->admins_lock);
    for (i = 0; i < auth->admins_count; i++)
        if (addr_eq(&auth->admins[i], who))
            return true;
    return false;
}

static int check_admin(struct auth *auth, const struct auth_request *request,
                       const struct addr *who, struct err *e)
{
    bool listed = false;

    if (auth__is_named_admin(auth, who))
        return 0;
    if (auth->ask.is_listed_admin && auth->ask.is_listed_admin(auth->ask.ctx, who, &listed, e) < 0)
        return -1;
    if (listed)
        return 0;
    return err_set(e, ERR_FORBIDDEN,
                   "The address which signed the message is not on the allowed admins list. "
                   "Therefore signature %.200s is rejected",
                   request->signature);
}

/* The refusal as the command's users know it. */
static int refuse_by_rule(enum auth_rule rule, struct err *e)
{
    bool doubtful = e->code == ERR_AUTH_NONCE || e->code == ERR_AUTH_SIGNATURE;
    struct err reason = *e;

    if (rule == AUTH_COMPUTE_START && doubtful)
        return refused(e, AUTH_COMPUTE);
    if (rule == AUTH_ADMIN && (doubtful || e->code == ERR_AUTH_MISSING || e->code == ERR_FORBIDDEN))
        return refused(e, AUTH_ADMIN, reason.msg);
    return -1;
}

static int check(struct auth *auth, const struct auth_request *request, struct addr *ret_who,
                 int64_t *ret_nonce, struct err *e)
{
    struct addr who;

    if (check_any(auth, request, &who, ret_nonce, e) < 0)
        return refuse_by_rule(request->rule, e);
    if (request->rule == AUTH_ADMIN && check_admin(auth, request, &who, e) < 0)
        return refuse_by_rule(request->rule, e);
    *ret_who = who;
    return 0;
}

int auth_check(struct auth *auth, const struct auth_request *request, struct addr *ret_who,
               struct err *e)
{
    int64_t nonce;

    return check(auth, request, ret_who, &nonce, e);
}

int auth_nonce_get(struct auth *auth, const struct addr *who, int64_t *ret, struct err *e)
{
    return nonces__get(auth->nonces, who, ret, e);
}

bool auth_nonce_peek(struct auth *auth, const struct addr *who, int64_t *ret)
{
    return nonces__peek(auth->nonces, who, ret);
}

int auth_token_create(struct auth *auth, struct arena *a, const struct auth_request *request,
                      int64_t valid_until, const char **ret_token, struct err *e)
{
    struct token_claim claim = {.address = request->address, .valid_until = valid_until};

    must(request->rule == AUTH_SIGNED);
    if (check(auth, request, &claim.who, &claim.nonce, e) < 0)
        return -1;
    return tokens__create(auth->tokens, a, &claim, ret_token, e);
}

int auth_token_invalidate(struct auth *auth, const char *token, struct err *e)
{
    return tokens__invalidate(auth->tokens, token, e);
}

int auth_token_find(struct auth *auth, const char *token, struct addr *ret_who, struct err *e)
{
    return tokens__find(auth->tokens, token, ret_who, e);
}
