/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>

#include "auth_fixture.h"
#include "base/clock.h"
#include "base/thread.h"
#include "crypto/jwt.h"

static void nonces_grow(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = request(f, "1", "download");
    int64_t n;

    assert_false(auth_nonce_peek(f->auth, &f->who, &n));
    assert_int_equal(nonce_of(f), 0);
    accepted(f, &r);
    assert_int_equal(nonce_of(f), 1);
    refused_as(f, &r, AUTH_NONCE, "nonce: 1 is not a valid nonce");
    r = request(f, "1", "encrypt"); /* the counter is shared by all commands */
    refused_as(f, &r, AUTH_NONCE, "nonce: 1 is not a valid nonce");
    r = request(f, "9007199254740990", "encrypt"); /* gaps are allowed */
    accepted(f, &r);
    r = request(f, "9007199254740991", "encrypt");
    accepted(f, &r);
    reopen(f, "ocean-node-secret");
    assert_int_equal(nonce_of(f), 9007199254740991);
    refused_as(f, &r, AUTH_NONCE, "nonce: 9007199254740991 is not a valid nonce");
}

static void bad_signature_keeps_nonce(void **state)
{
    struct fixture *f = *state;
    struct auth_request good = request(f, "7", "download");
    struct auth_request bad = good;

    bad.signature = request(f, "7", "encrypt").signature;
    refused_as(f, &bad, AUTH_SIGNATURE, MISMATCH);
    bad.signature = request(f, "8", "download").signature;
    refused_as(f, &bad, AUTH_SIGNATURE, MISMATCH);
    assert_int_equal(nonce_of(f), 0);
    accepted(f, &good);
}

/* The constants of wire/auth.md 11. */
static void signature_forms(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = {
        .command = "startCompute",
        .address = "0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c",
        .nonce = "1",
        .signature = "0x2e73b02bdb5bd77e6cdf773ab8ce6f27b762fab66b0daa136323df57b8061b77"
                     "3cd1e44cd0422b11ec5af379f6294d5376754a5def900bdf22cfcef5631593341b",
    };

    accepted(f, &r);
    r.nonce = "268"; /* its hash starts with a zero byte */
    r.command = "download";
    r.signature = "0x4acbac330049d45516b26ba080c69f94b09b08f630c79e296444ea9309ad4145"
                  "498412ffdca76a57a634831a1747114f0a435a913c6ba92d9d32683ef02d2d151b";
    accepted(f, &r);
    r.nonce = "269";
    r.signature = sign(f, &f->key, arena_printf(f->arena, "%s269download", f->address), FORM_TEXT);
    accepted(f, &r);
}

static void every_form_of_a_zero_hash(void **state)
{
    struct fixture *f = *state;
    const enum form forms[] = {FORM_BYTES, FORM_TEXT, FORM_STRIPPED};
    int found = 0;
    int nonce;

    for (nonce = 1; found < 6; nonce++) {
        const char *message = arena_printf(f->arena, "%s%ddownload", f->address, nonce);
        struct hash32 k = keccak256(message, strlen(message));
        struct auth_request r = request(f, arena_printf(f->arena, "%d", nonce), "download");

        if (k.b[0] != 0)
            continue;
        r.signature = sign(f, &f->key, message, forms[found++ % 3]);
        accepted(f, &r);
    }
}

static void form_a_constant(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = request(f, "1", "startCompute");

    r.signature = "0x6b5530c59e979e818294b7d350c9ba2e0073873348afe09d17d2171e93fb0c1c"
                  "50d6dc276c04e8e2a4daa0a10d8543d028ea431d8d6a671802ba9b1df69041361b";
    accepted(f, &r);
}

static void what_is_absent(void **state)
{
    struct fixture *f = *state;
    struct auth_request good = request(f, "1", "download");
    static const char *const none[] = {NULL, "", "undefined", "null"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(none); i++) {
        struct auth_request r = good;

        r.nonce = none[i];
        refused_as(f, &r, AUTH_MISSING, MISSING);
        r = good;
        r.signature = none[i];
        r.token = none[3 - i];
        refused_as(f, &r, AUTH_MISSING, MISSING);
        r = good;
        r.address = none[i];
        refused_as(f, &r, AUTH_MISSING, MISSING);
    }
    good.token = "undefined"; /* as ocean.js sends it */
    accepted(f, &good);
}

static void tokens_speak_for_their_address(void **state)
{
    struct fixture *f = *state;
    const char *token = make_token(f, "1", 0);
    struct auth_request r = {.command = "download", .token = token};
    const char *payload = jwt_verify(f->arena, "ocean-node-secret", token);

    assert_non_null(payload);
    assert_true(str_starts(
        payload,
        arena_printf(f->arena, "{\"address\":\"%s\",\"nonce\":\"1\",\"createdAt\":", f->address)));
    accepted(f, &r);
    accepted(f, &r); /* any number of times */
    r.address = f->address;
    accepted(f, &r);
    r.address = str_lower(f->arena, f->address);
    accepted(f, &r);
    r.nonce = "undefined"; /* as ocean.js sends them beside a token */
    r.signature = "undefined";
    accepted(f, &r);
    r.rule = AUTH_COMPUTE_START;
    accepted(f, &r);
    assert_int_equal(nonce_of(f), 1);
    reopen(f, "ocean-node-secret");
    accepted(f, &r);
    reopen(f, "another secret");
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
}

static void a_token_ends(void **state)
{
    struct fixture *f = *state;
    const char *token = make_token(f, "1", 0);
    const char *other = make_token(f, "2", clock_ms() + 60000);
    struct auth_request r = {.command = "download", .token = token};
    struct addr who;
    struct err e;

    accepted(f, &r);
    ok(auth_token_invalidate(f->auth, token, &e), e);
    ok(auth_token_invalidate(f->auth, token, &e), e); /* twice is harmless */
    ok(auth_token_invalidate(f->auth, "never made", &e), e);
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    ok(auth_token_find(f->auth, other, &who, &e), e);
    reopen(f, "ocean-node-secret");
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    err_is(auth_token_find(f->auth, token, &who, &e), e, AUTH_TOKEN);
    ok(auth_token_find(f->auth, other, &who, &e), e);
}

static void a_secret_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = {.command = "download"};

    reopen(f, NULL);
    r.token = make_token(f, "1", 0);
    assert_null(jwt_verify(f->arena, "ocean-node-secret", r.token));
    reopen(f, NULL);
    accepted(f, &r);
}

static void smart_accounts(void **state)
{
    struct fixture *f = *state;
    const char *message = arena_printf(f->arena, "%s1download", f->address);
    struct auth_request r = request(f, "1", "download");

    r.chain = 8996;
    r.signature = "0x010203";
    f->world.account = f->who;
    f->world.accepted = keccak256(message, strlen(message));
    accepted(f, &r);
    assert_int_equal(f->world.asked, 1);
    r.nonce = "2"; /* the plain message, as ocean.js signs with a contract wallet */
    message = arena_printf(f->arena, "%s2download", f->address);
    f->world.accepted = eip191_digest(message, strlen(message));
    accepted(f, &r);
    assert_int_equal(f->world.asked, 2);
    refused_as(f, &r, AUTH_NONCE, "nonce: 2 is not a valid nonce");
    assert_int_equal(f->world.asked, 2);
    r.nonce = "3";
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    f->world.chain_down = true;
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    assert_int_equal(nonce_of(f), 2);
}

static void admins(void **state)
{
    struct fixture *f = *state;
    struct seckey stranger = seckey_new();
    struct addr address = seckey_addr(&stranger);
    const char *text = addr_text(f->arena, &address);
    struct auth_request r = request(f, "1", "stopNode");
    struct addr who;
    struct err e;

    r.rule = AUTH_ADMIN;
    accepted(f, &r);
    refused_as(f, &r, AUTH_ADMIN, "Signature check failed: nonce: 1 is not a valid nonce");
    r.nonce = "2";
    refused_as(f, &r, AUTH_ADMIN, "Signature check failed: " MISMATCH);
    r = (struct auth_request){.command = "stopNode", .rule = AUTH_ADMIN};
    r.token = make_token(f, "3", 0); /* tokens do not make admins */
    refused_as(f, &r, AUTH_ADMIN, "Signature check failed: " MISSING);
    r = (struct auth_request){
        .command = "stopNode", .address = text, .nonce = "1", .rule = AUTH_ADMIN};
    r.signature = sign(f, &stranger, arena_printf(f->arena, "%s1stopNode", text), FORM_BYTES);
    refused_as(f, &r, AUTH_ADMIN,
               arena_printf(f->arena,
                            "Signature check failed: The address which signed the message is not "
                            "on the allowed admins list. Therefore signature %s is rejected",
                            r.signature));
    f->world.listed = address;
    r.nonce = "2"; /* the first one is used up */
    r.signature = sign(f, &stranger, arena_printf(f->arena, "%s2stopNode", text), FORM_BYTES);
    ok(auth_check(f->auth, &r, &who, &e), e);
    assert_true(addr_eq(&who, &address));
}

static void compute_has_its_own_text(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = request(f, "1", "startCompute");

    r.rule = AUTH_COMPUTE_START;
    accepted(f, &r);
    refused_as(f, &r, AUTH_COMPUTE, "Invalid nonce or signature, unable to proceed.");
    r.nonce = "2";
    refused_as(f, &r, AUTH_COMPUTE, "Invalid nonce or signature, unable to proceed.");
    r.nonce = NULL;
    refused_as(f, &r, AUTH_MISSING, MISSING);
    r.token = "x";
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
}

/* --- many at once --- */

enum { RACERS = 40, ROUNDS = 100, RUNNERS = 16, LAPS = 50 };

struct race {
    struct fixture *f;
    const struct auth_request *request;
    pthread_barrier_t start;
    atomic_int accepted;
    atomic_int refused;
};

static void *race_run(void *arg)
{
    struct race *race = arg;
    struct addr who;
    struct err e;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&race->start);
        if (auth_check(race->f->auth, race->request, &who, &e) == 0)
            race->accepted++;
        else if (e.code == ERR_AUTH_NONCE)
            race->refused++;
        pthread_barrier_wait(&race->start);
    }
    return NULL;
}

static void one_of_many_replays(void **state)
{
    struct fixture *f = *state;
    struct race race = {.f = f};
    struct auth_request r;
    pthread_t thread[RACERS];
    int i;

    pthread_barrier_init(&race.start, NULL, RACERS + 1);
    race.request = &r;
    for (i = 0; i < RACERS; i++)
        thread_start(&thread[i], "racer", race_run, &race);
    for (i = 0; i < ROUNDS; i++) {
        r = request(f, arena_printf(f->arena, "%d", i + 1), "download");
        race.accepted = 0;
        race.refused = 0;
        pthread_barrier_wait(&race.start);
        pthread_barrier_wait(&race.start);
        assert_int_equal(race.accepted, 1);
        assert_int_equal(race.refused, RACERS - 1);
        assert_int_equal(nonce_of(f), i + 1);
    }
    for (i = 0; i < RACERS; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&race.start);
}

struct runner {
    struct fixture *f;
    struct seckey key;
    pthread_t thread;
    int failures;
};

static void *runner_run(void *arg)
{
    struct runner *me = arg;
    _arena_ struct arena *a = arena_new();
    struct addr address = seckey_addr(&me->key);
    const char *text = addr_text(a, &address);
    int i;

    for (i = 1; i <= LAPS; i++) {
        const char *message = arena_printf(a, "%s%ddownload", text, i);
        struct hash32 k = keccak256(message, strlen(message));
        struct sig s = eip191_sign(&me->key, k.b, sizeof(k.b));
        struct auth_request r = {.command = "download", .address = text};
        struct addr who;
        struct err e;

        r.nonce = arena_printf(a, "%d", i);
        r.signature = sig_text(a, &s);
        if (auth_check(me->f->auth, &r, &who, &e) < 0 || !addr_eq(&who, &address))
            me->failures++;
    }
    return NULL;
}

static void many_addresses_at_once(void **state)
{
    struct fixture *f = *state;
    struct runner runner[RUNNERS];
    struct err e;
    int64_t n;
    int i;

    for (i = 0; i < RUNNERS; i++) {
        runner[i] = (struct runner){.f = f, .key = seckey_new()};
        thread_start(&runner[i].thread, "runner", runner_run, &runner[i]);
    }
    for (i = 0; i < RUNNERS; i++) {
        pthread_join(runner[i].thread, NULL);
        assert_int_equal(runner[i].failures, 0);
    }
    reopen(f, "ocean-node-secret"); /* what was accepted is on the disk */
    for (i = 0; i < RUNNERS; i++) {
        struct addr address = seckey_addr(&runner[i].key);

        ok(auth_nonce_get(f->auth, &address, &n, &e), e);
        assert_int_equal(n, LAPS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nonces_grow),
        TEST(bad_signature_keeps_nonce),
        TEST(signature_forms),
        TEST(every_form_of_a_zero_hash),
        TEST(form_a_constant),
        TEST(what_is_absent),
        TEST(tokens_speak_for_their_address),
        TEST(a_token_ends),
        TEST(a_secret_of_its_own),
        TEST(smart_accounts),
        TEST(admins),
        TEST(compute_has_its_own_text),
        TEST(one_of_many_replays),
        TEST(many_addresses_at_once),
    };

    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
