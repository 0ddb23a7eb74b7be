/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_AUTH_FIXTURE_H
#define ATOLL_TEST_UNIT_AUTH_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "base/fs.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/secp.h"
#include "test.h"

/* The contract that says yes to one hash and one signature, and the list with one admin. */
struct world {
    struct addr account;
    struct hash32 accepted;
    struct addr listed;
    int asked;
    bool chain_down;
};

struct fixture {
    char dir[32];
    struct store *store;
    struct auth *auth;
    struct world world;
    struct arena *arena;
    struct seckey key; /* 02 x 32, as in wire/auth.md 11 */
    struct addr who;
    const char *address;
};

static inline int smart_account(void *ctx, const struct smart_signature *s, bool *ret,
                                struct err *e)
{
    struct world *w = ctx;

    w->asked++;
    if (w->chain_down)
        return failed(e, FAILED, "no endpoint answers");
    *ret = s->chain == 8996 && addr_eq(&s->account, &w->account) &&
           (hash32_eq(&s->hashes[0], &w->accepted) || hash32_eq(&s->hashes[1], &w->accepted)) &&
           s->signature.n == 3 && memcmp(s->signature.p, "\x01\x02\x03", 3) == 0;
    return 0;
}

static inline int admin_list(void *ctx, const struct addr *who, bool *ret, struct err *e)
{
    struct world *w = ctx;

    if (w->chain_down)
        return failed(e, FAILED, "no endpoint answers");
    *ret = addr_eq(who, &w->listed);
    return 0;
}

static inline void open_auth(struct fixture *f, const char *secret)
{
    struct auth_callbacks callbacks = {&f->world, smart_account, admin_list};
    struct auth_options options = {.token_secret = secret, .admins = &f->who, .admins_count = 1};
    struct err e;

    ok(store_open(f->dir, &f->store, &e), e);
    ok(auth_new(f->store, &options, &callbacks, &f->auth, &e), e);
}

static inline void close_auth(struct fixture *f)
{
    auth_free(f->auth);
    store_close(f->store);
}

static inline void reopen(struct fixture *f, const char *secret)
{
    close_auth(f);
    open_auth(f, secret);
}

static inline int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    strcpy(f->dir, "/tmp/atoll-auth-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    memset(f->key.b, 2, sizeof(f->key.b));
    f->who = seckey_addr(&f->key);
    f->arena = arena_new();
    f->address = addr_text(f->arena, &f->who);
    open_auth(f, "ocean-node-secret");
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    close_auth(f);
    ok(fs_remove_tree(f->dir, &e), e);
    arena_free(f->arena);
    free(f);
    return 0;
}

enum form { FORM_BYTES, FORM_TEXT, FORM_STRIPPED };

static inline const char *sign(struct fixture *f, const struct seckey *key, const char *message,
                               enum form form)
{
    struct hash32 k = keccak256(message, strlen(message));
    size_t zeros = 0;
    struct sig s;

    if (form == FORM_TEXT) {
        const char *text = hash32_text(f->arena, &k);

        s = eip191_sign(key, text, strlen(text));
    } else {
        while (form == FORM_STRIPPED && k.b[zeros] == 0)
            zeros++;
        s = eip191_sign(key, k.b + zeros, sizeof(k.b) - zeros);
    }
    return sig_text(f->arena, &s);
}

/* A request of f->key, signed over the address text and the decimal nonce. */
static inline struct auth_request request(struct fixture *f, const char *nonce, const char *command)
{
    const char *message = arena_printf(f->arena, "%s%s%s", f->address, nonce, command);

    return (struct auth_request){
        .command = command,
        .address = f->address,
        .nonce = nonce,
        .signature = sign(f, &f->key, message, FORM_BYTES),
    };
}

static inline void accepted(struct fixture *f, const struct auth_request *r)
{
    struct addr who;
    struct err e;

    ok(auth_check(f->auth, r, &who, &e), e);
    assert_true(addr_eq(&who, &f->who));
}

#define refused_as(f, r, NAME, text)                                                               \
    do {                                                                                           \
        struct addr who_;                                                                          \
        struct err e_;                                                                             \
                                                                                                   \
        err_is(auth_check((f)->auth, (r), &who_, &e_), e_, NAME);                                  \
        assert_string_equal(e_.msg, (text));                                                       \
    } while (0)

#define MISMATCH "consumer address and nonce signature mismatch"
#define MISSING                                                                                    \
    "Invalid authentication, you need to provide either a token or an address, signature, "        \
    "message and nonce"

static inline int64_t nonce_of(struct fixture *f)
{
    int64_t peeked;
    int64_t n;
    struct err e;

    ok(auth_nonce_get(f->auth, &f->who, &n, &e), e);
    assert_true(auth_nonce_peek(f->auth, &f->who, &peeked));
    assert_int_equal(n, peeked);
    return n;
}

static inline const char *make_token(struct fixture *f, const char *nonce, int64_t valid_until)
{
    struct auth_request r = request(f, nonce, "createAuthToken");
    const char *token;
    struct err e;

    r.rule = AUTH_SIGNED;
    ok(auth_token_create(f->auth, f->arena, &r, valid_until, &token, &e), e);
    return arena_strdup(f->arena, token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
