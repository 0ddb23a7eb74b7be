/* SPDX-License-Identifier: Apache-2.0 */
/* Login by phone: who is asked, and in which order. What an answer holds is connect.c's. */
#include <string.h>

#include "auth/auth_int.h"
#include "auth/connect.h"
#include "auth/login.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"

enum { ANSWER_MAX = 16384, WAIT_MS = 8000, CONNECT_MS = 4000 };

bool auth_connect_is_on(const struct auth *auth)
{
    return auth->connect.url != NULL;
}

/* For a query: everything but letters, digits and -._~ */
static const char *escape(struct arena *a, const char *s)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = arena_alloc(a, 3 * strlen(s) + 1);
    char *to = out;

    for (; *s; s++) {
        char hex[3];

        if (strchr(plain, *s)) {
            *to++ = *s;
            continue;
        }
        hex_encode(s, 1, hex);
        *to++ = '%';
        *to++ = hex[0];
        *to++ = hex[1];
    }
    *to = '\0';
    return out;
}

int auth_connect_begin(struct auth *auth, struct arena *a, const struct auth_begin *begin,
                       const char **ret_url, const char **ret_cookie, struct err *e)
{
    struct attempt t = {.kind = "connect", .host = begin->host, .next = begin->next};
    const char *scope =
        auth->connect.verification ? "{\"user\":true,\"email\":true}" : "{\"user\":true}";
    const struct box_keys *keys = &auth->box;

    must(auth_connect_is_on(auth) && auth_next_is_ours(begin->next));
    if (attempt__begin(auth, a, &t, e) < 0)
        return -1;
    *ret_url = arena_printf(a, "%s?state=%s&appid=%s&scope=%s&redirecturl=%s&publickey=%s",
                            auth->connect.url, t.secret, escape(a, begin->host), escape(a, scope),
                            escape(a, "/auth/3bot_callback"),
                            escape(a, base64_dup(a, keys->public_key, sizeof(keys->public_key))));
    *ret_cookie = t.cookie;
    return 0;
}

/* --- asking others --- */

/* The operator's servers, so that they may be private; a redirect would lead elsewhere. */
static int ask(struct auth *auth, struct arena *a, struct net_request *r, struct net_response *ret,
               struct err *e)
{
    static const struct net_header headers[] = {{"content-type", "application/json"},
                                                {"accept", "application/json"}};
    struct err why;

    r->headers = headers;
    r->header_count = ARRAY_LEN(headers);
    r->max_body = ANSWER_MAX;
    r->timeout_ms = WAIT_MS;
    r->connect_timeout_ms = CONNECT_MS;
    if (net_call(auth->connect.net, a, r, ret, &why) == 0)
        return 0;
    log_debug("login", "%s", why.msg);
    return refused(e, CONNECT_AWAY);
}

static bool json_of(struct arena *a, const struct net_response *r, struct json **ret)
{
    struct err ignored;

    return json_parse_most(a, r->body.p, r->body.n, 1000, ret, &ignored) == 0;
}

/* The key that the directory has for a name; *ret_text is as it will be pinned. */
static int find_key(struct auth *auth, struct arena *a, const char *name, struct bytes *ret,
                    const char **ret_text, struct err *e)
{
    struct net_request r = {
        .url = arena_printf(a, "%s/api/users/%s", auth->connect.url, escape(a, name))};
    struct net_response response;
    struct json *v;
    const char *key;

    if (ask(auth, a, &r, &response, e) < 0)
        return -1;
    if (response.status == 404)
        return refused(e, CONNECT_NAME);
    if (response.status != 200 || !json_of(a, &response, &v))
        return refused(e, CONNECT_AWAY);
    key = json_get_str(v, "publicKey", "");
    if (!str_eq(json_get_str(v, "doublename", name), name) ||
        !base64_parse(a, key, strlen(key), ret) || ret->n != NACL_KEY)
        return refused(e, CONNECT_AWAY);
    *ret_text = base64_dup(a, ret->p, ret->n);
    return 0;
}

/* The attestation must be for this name and this address, not only be one. */
static int check_email(struct auth *auth, struct arena *a, const char *name,
                       const struct connect_data *data, struct err *e)
{
    struct json *question = json_new_object(a);
    struct net_request r = {
        .method = "POST",
        .url = arena_printf(a, "%s/verification/verify-sei", auth->connect.verification)};
    struct net_response response;
    struct json *v;

    if (!data->attestation || !connect_is_email(data->email))
        return refused(e, CONNECT_EMAIL);
    json_set_str(a, question, "signedEmailIdentifier", data->attestation);
    r.body = json_text(a, question);
    r.body_len = strlen(r.body);
    if (ask(auth, a, &r, &response, e) < 0)
        return -1;
    if (response.status != 200 || !json_of(a, &response, &v) ||
        !str_eq(json_get_str(v, "identifier", ""), name) ||
        !str_eq(json_get_str(v, "email", ""), data->email))
        return refused(e, CONNECT_EMAIL);
    return 0;
}

/* --- the answer --- */

static int verify(struct auth *auth, struct arena *a, const struct connect_answer *answer,
                  const char *host, struct auth_identity *ret, struct err *e)
{
    struct auth_identity who = {.kind = "connect", .name = answer->name, .email = ""};
    struct bytes key;
    struct connect_data data;

    if (find_key(auth, a, answer->name, &key, &who.public_key, e) < 0)
        return -1;
    const struct connect_keys keys = {key.p, auth->box, host};

    if (connect_open(a, answer, &keys, &data, e) < 0)
        return -1;
    if (auth->connect.verification && data.email) {
        if (check_email(auth, a, answer->name, &data, e) < 0)
            return -1;
        who.email = data.email;
    }
    *ret = who;
    return 0;
}

int auth_connect_finish(struct auth *auth, struct arena *a, const struct auth_return *back,
                        struct auth_identity *ret, const char **ret_next, struct err *e)
{
    struct connect_answer answer;
    bool found;

    if (!back->answer)
        return refused(e, CONNECT_ANSWER);
    if (connect_read(a, back->answer, &answer, e) < 0)
        return -1;
    const struct attempt t = {
        .kind = "connect", .secret = answer.state, .cookie = back->cookie, .host = back->host};

    /* Before anybody else is asked: whoever has no attempt makes the node ask nobody. */
    if (attempt__take(auth, a, &t, &found, ret_next, e) < 0)
        return -1;
    return found ? verify(auth, a, &answer, back->host, ret, e) : refused(e, CONNECT_STATE);
}
