/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/connect.h"

#include <string.h>

#include "base/str.h"
#include "json/json.h"

enum { NAME_MAX_CHARS = 50, VALUES_MAX = 500, EMAIL_MAX = 254 };

bool connect_is_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return n >= 1 && n <= NAME_MAX_CHARS && str_eq(s + n, ".3bot");
}

bool connect_is_email(const char *s)
{
    const char *at = strchr(s, '@');
    const char *c;

    for (c = s; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c > '~' || strchr("<>\"'`\\", *c))
            return false;
    return at && at > s && at[1] && !strchr(at + 1, '@') && strlen(s) <= EMAIL_MAX;
}

/* A text that is one: a NUL in the middle would show its readers different things. */
static const char *text_of(const struct json *object, const char *key)
{
    const struct json *v = json_get(object, key);
    const char *s = json_str(v, NULL);

    return s && strlen(s) == json_str_len(v) ? s : NULL;
}

static bool object_of(struct arena *a, struct bytes text, struct json **ret)
{
    struct err ignored;

    return json_parse_most(a, (const char *)text.p, text.n, VALUES_MAX, ret, &ignored) == 0 &&
           json_is(*ret, JSON_OBJECT);
}

static bool decode(struct arena *a, const char *s, struct bytes *ret)
{
    return s && base64_parse(a, s, strlen(s), ret);
}

/* The inner layer of a signed one. */
static bool inner_of(struct arena *a, struct bytes signed_one, struct json **ret)
{
    return signed_one.n > NACL_SIGNATURE &&
           object_of(a,
                     (struct bytes){signed_one.p + NACL_SIGNATURE, signed_one.n - NACL_SIGNATURE},
                     ret);
}

int connect_read(struct arena *a, const char *text, struct connect_answer *ret, struct err *e)
{
    const struct bytes all = {(const uint8_t *)text, strnlen(text, CONNECT_ANSWER_MAX + 1)};
    struct connect_answer answer = {0};
    struct json *outer;
    struct json *inner;

    if (all.n > CONNECT_ANSWER_MAX || !object_of(a, all, &outer) ||
        !decode(a, text_of(outer, "signedAttempt"), &answer.signed_one) ||
        !inner_of(a, answer.signed_one, &inner))
        return refused(e, CONNECT_ANSWER);
    answer.name = text_of(outer, "doubleName");
    answer.state = text_of(inner, "signedState");
    if (!answer.name || !answer.state)
        return refused(e, CONNECT_ANSWER);
    if (!connect_is_name(answer.name))
        return refused(e, CONNECT_NAME);
    *ret = answer;
    return 0;
}

/* The e-mail of the scope, in the box. It may be absent: people untick it. */
static bool read_scope(struct arena *a, struct bytes text, struct connect_data *ret)
{
    struct json *scope;
    const struct json *email;

    if (!object_of(a, text, &scope))
        return false;
    email = json_get(scope, "email");
    *ret = (struct connect_data){text_of(email, "email"), text_of(email, "sei")};
    return json_type(email) == JSON_NULL || json_is(email, JSON_OBJECT);
}

static int open_box(struct arena *a, const struct json *data, const struct connect_keys *keys,
                    struct connect_data *ret, struct err *e)
{
    struct bytes nonce;
    struct nacl_box box = {.from = keys->user};
    struct bytes text;

    if (!decode(a, text_of(data, "nonce"), &nonce) || nonce.n != NACL_NONCE ||
        !decode(a, text_of(data, "ciphertext"), &box.sealed))
        return refused(e, CONNECT_BOX);
    box.nonce = nonce.p;
    if (!nacl_box_open(a, &box, &keys->node, &text) || !read_scope(a, text, ret))
        return refused(e, CONNECT_BOX);
    return 0;
}

int connect_open(struct arena *a, const struct connect_answer *answer,
                 const struct connect_keys *keys, struct connect_data *ret, struct err *e)
{
    struct bytes message;
    struct json *inner;

    if (!nacl_sign_open(answer->signed_one, keys->user, &message))
        return refused(e, CONNECT_SIGNATURE);
    if (!object_of(a, message, &inner))
        return refused(e, CONNECT_ANSWER);
    /* the same bytes as before, but what counts is what was signed */
    if (!str_eq(text_of(inner, "doubleName"), answer->name) ||
        !str_eq(text_of(inner, "signedState"), answer->state) ||
        !str_eq(text_of(inner, "appId"), keys->app))
        return refused(e, CONNECT_SIGNATURE);
    return open_box(a, json_get(inner, "data"), keys, ret, e);
}
