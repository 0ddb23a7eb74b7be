/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>

#include "auth_fixture.h"
#include "base/clock.h"
#include "base/thread.h"
#include "crypto/jwt.h"
#include "crypto/random.h"

/* What somebody would send who wants to be somebody else, or to be somebody twice. */

/* A request with an address text and a nonce text of one's own, signed over `nonce_signed`. */
static struct auth_request written(struct fixture *f, const char *address, const char *nonce,
                                   const char *nonce_signed)
{
    const char *message = arena_printf(f->arena, "%s%sdownload", address, nonce_signed);

    return (struct auth_request){
        .command = "download",
        .address = address,
        .nonce = nonce,
        .signature = sign(f, &f->key, message, FORM_BYTES),
    };
}

static const char *upper(struct fixture *f, const char *address)
{
    char *s = arena_strdup(f->arena, address);
    size_t i;

    for (i = 2; s[i]; i++)
        if (s[i] >= 'a' && s[i] <= 'f')
            s[i] = (char)(s[i] - 'a' + 'A');
    return s;
}

static void one_counter_for_all_spellings(void **state)
{
    struct fixture *f = *state;
    const char *lower = str_lower(f->arena, f->address);
    struct auth_request r = written(f, lower, "1", "1");

    accepted(f, &r);
    r = written(f, f->address, "1", "1");
    refused_as(f, &r, AUTH_NONCE, "nonce: 1 is not a valid nonce");
    r = written(f, upper(f, f->address), "1", "1");
    refused_as(f, &r, AUTH_NONCE, "nonce: 1 is not a valid nonce");
    r = written(f, upper(f, f->address), "2", "2");
    accepted(f, &r);
    r = written(f, lower, "3", "3");
    r.address = f->address; /* the message has the text as it is sent */
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
}

static void wrong_addresses(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {
        "0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9C", /* checksum */
        "5050A4F4b3f9338C3472dcC01A87C76A144b3c9c",
        "0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9",
        "0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c ",
        " 0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c",
        "0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c1",
        "0X5050A4F4B3F9338C3472DCC01A87C76A144B3C9C",
        "alice.eth",
        "*",
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++) {
        struct auth_request r = written(f, texts[i], "1", "1");

        refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    }
    assert_int_equal(nonce_of(f), 0);
    assert_int_equal(f->world.asked, 0);
}

static void nonce_texts(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sent;
        const char *means;
    } good[] = {
        {"1", "1"},          {"12abc", "12"},      {"13.9", "13"},
        {" \t14", "14"},     {"+15", "15"},        {"0x1f", "31"},
        {"000000032", "32"}, {"33e21", "33"},      {"34,5", "34"},
        {"0X23", "35"},      {"36\xc2\xa0", "36"}, {"9007199254740991", "9007199254740991"}};
    static const char *const bad[] = {
        "9007199254740992",
        "9007199254740993",
        "18446744073709551617",
        "99999999999999999999999999999999999999999999999999999999999999",
        "0x20000000000000",
        "0xffffffffffffffffffffffffffffffffffffffffff",
        "-1",
        "-9007199254740991",
        "- 1",
        "0",
        "-0",
        "0x",
        "+",
        "+-1",
        "NaN",
        "Infinity",
        "true",
        "[1]",
        " ",
        ".5",
        "\xd9\xa3",
        "abc12",
    };
    struct addr who;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(bad); i++) {
        struct auth_request r = written(f, f->address, bad[i], bad[i]);

        err_is(auth_check(f->auth, &r, &who, &e), e, AUTH_NONCE);
        assert_true(str_ends(e.msg, " is not a valid nonce"));
    }
    for (i = 0; i < ARRAY_LEN(good); i++) {
        struct auth_request r = written(f, f->address, good[i].sent, good[i].means);

        accepted(f, &r);
        refused_as(f, &r, AUTH_NONCE,
                   arena_printf(f->arena, "nonce: %s is not a valid nonce", good[i].means));
    }
}

static void long_texts(void **state)
{
    struct fixture *f = *state;
    size_t n = 1 << 20;
    char *digits = arena_alloc(f->arena, n + 1);
    struct auth_request r = request(f, "1", "download");
    struct addr who;
    struct err e;

    memset(digits, '1', n);
    digits[n] = '\0';
    r.nonce = digits;
    err_is(auth_check(f->auth, &r, &who, &e), e, AUTH_NONCE);
    r.nonce = "1";
    r.signature = arena_printf(f->arena, "0x%s", digits);
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    assert_int_equal(f->world.asked, 0); /* no chain is bothered with that */
    r.signature = NULL;
    r.token = digits;
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    r.token = arena_printf(f->arena, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.%s.x", digits);
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
}

/* Nobody's key gives the zero address, nor any for a signature of zeros. */
static void signatures_of_nobody(void **state)
{
    struct fixture *f = *state;
    static const char *const nobody[] = {
        "0x0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0"
        "0000000000000000000000000000000000000001b",
        "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff000000000000000000000000"
        "0"
        "0000000000000000000000000000000000000011b",
        "0x",
        "0x00",
        "signature",
        "[object Object]",
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(nobody); i++) {
        struct auth_request r = written(f, "0x0000000000000000000000000000000000000000", "1", "1");

        r.signature = nobody[i];
        refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
        r.address = f->address;
        refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    }
}

/* The same signature in another dress does not count as another request. */
static void malleable_signatures(void **state)
{
    struct fixture *f = *state;
    struct auth_request good = request(f, "5", "download");
    struct auth_request r = good;
    struct sig sig;
    uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                         0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                         0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    int borrow = 0;
    int i;

    assert_true(sig_parse(good.signature, &sig));
    for (i = 31; i >= 0; i--) { /* s becomes order - s, v the other one */
        int d = order[i] - sig.s[i] - borrow;

        borrow = d < 0;
        sig.s[i] = (uint8_t)d;
    }
    sig.v = (uint8_t)(55 - sig.v);
    r.signature = sig_text(f->arena, &sig);
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    accepted(f, &good);
    assert_true(sig_parse(good.signature, &sig));
    if (sig.v == 28)
        sig.s[0] |= 0x80;
    r.signature = arena_strndup(f->arena, sig_text(f->arena, &sig), 130); /* EIP-2098 */
    refused_as(f, &r, AUTH_NONCE, "nonce: 5 is not a valid nonce");
}

static void signatures_for_something_else(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = request(f, "12", "download");
    struct seckey thief = seckey_new();

    r.command = "encrypt";
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    r.command = "Download";
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    r.command = "";
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    r.command = "download";
    r.nonce = "1"; /* "1" + "2download" would be the same message */
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    r.nonce = "12";
    r.signature = sign(f, &thief, arena_printf(f->arena, "%s12download", f->address), FORM_BYTES);
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    /* An ordinary transaction or typed-data digest is no message: the prefix is missing. */
    {
        const char *message = arena_printf(f->arena, "%s12download", f->address);
        struct hash32 k = keccak256(message, strlen(message));
        struct sig sig = secp_sign(&f->key, &k);

        r.signature = sig_text(f->arena, &sig);
        refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    }
}

static void a_bad_signature_beats_a_good_token(void **state)
{
    struct fixture *f = *state;
    const char *token = make_token(f, "1", 0);
    struct auth_request r = request(f, "2", "download");

    r.token = token;
    r.signature = request(f, "3", "download").signature;
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
    r.signature = "x";
    refused_as(f, &r, AUTH_SIGNATURE, MISMATCH);
}

static const char *payload_of(struct fixture *f, const char *address)
{
    return arena_printf(f->arena, "{\"address\":\"%s\",\"nonce\":\"1\",\"createdAt\":1,\"iat\":1}",
                        address);
}

static void forged_tokens(void **state)
{
    struct fixture *f = *state;
    const char *token = make_token(f, "1", 0);
    const char *body = strchr(token, '.') + 1;
    struct auth_request r = {.command = "download", .address = f->address};
    char *changed = arena_strdup(f->arena, token);
    size_t i;

    /* The reference's secret is known to everybody; a token must have been made here as well. */
    r.token = jwt_sign(f->arena, "ocean-node-secret", payload_of(f, f->address));
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    r.token = jwt_sign(f->arena, "guess", payload_of(f, f->address));
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    /* {"alg":"none","typ":"JWT"} and {"alg":"HS512","typ":"JWT"} */
    r.token = arena_printf(f->arena, "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.%s", body);
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    r.token = arena_printf(f->arena, "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.%s", body);
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    for (i = 0; changed[i]; i++) {
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        r.token = changed;
        if (!str_eq(changed, token))
            refused_as(f, &r, AUTH_TOKEN, "Invalid token");
        changed[i] = token[i];
    }
    r.token = arena_printf(f->arena, "Bearer %s", token);
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    r.token = token;
    accepted(f, &r);
}

static void tokens_of_others(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = {.command = "download", .token = make_token(f, "1", 0)};

    r.address = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1";
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    r.address = "0x5050";
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    r.address = NULL;
    accepted(f, &r);
    r.rule = AUTH_SIGNED; /* a token does not make tokens */
    refused_as(f, &r, AUTH_MISSING, MISSING);
    r.rule = AUTH_ADMIN;
    refused_as(f, &r, AUTH_ADMIN, "Signature check failed: " MISSING);
}

static void tokens_expire(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = {.command = "download"};
    int64_t soon = clock_ms() + 300;

    r.token = make_token(f, "1", soon);
    accepted(f, &r);
    while (clock_ms() <= soon)
        clock_sleep_ms(20);
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    (void)make_token(f, "2", 0); /* clears what has expired */
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    r.token = make_token(f, "3", 1);
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
    r.token = make_token(f, "4", -5);
    refused_as(f, &r, AUTH_TOKEN, "Invalid token");
}

static void a_dead_chain_makes_nobody_admin(void **state)
{
    struct fixture *f = *state;
    struct seckey stranger = seckey_new();
    struct addr address = seckey_addr(&stranger);
    const char *text = addr_text(f->arena, &address);
    struct auth_request r = {
        .command = "stopNode", .address = text, .nonce = "1", .rule = AUTH_ADMIN};
    struct addr who;
    struct err e;

    f->world.listed = address;
    f->world.chain_down = true;
    r.signature = sign(f, &stranger, arena_printf(f->arena, "%s1stopNode", text), FORM_BYTES);
    err_is(auth_check(f->auth, &r, &who, &e), e, FAILED);
}

/* --- the disk says no --- */

static const struct sql break_nonces = {
    "break_nonces", "CREATE TRIGGER broken BEFORE INSERT ON nonce BEGIN SELECT RAISE(ABORT, "
                    "'the disk is gone'); END"};
static const struct sql mend_nonces = {"mend_nonces", "DROP TRIGGER broken"};

static void run_sql(struct fixture *f, const struct sql *sql)
{
    _db_ struct db *db = store_lend(f->store);
    _stmt_ struct stmt *q = db_query(db, sql);
    struct err e;

    ok(stmt_run(q, &e), e);
}

static void nothing_is_accepted_that_is_not_stored(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = request(f, "1", "download");
    struct addr who;
    struct err e;

    run_sql(f, &break_nonces);
    assert_int_equal(auth_check(f->auth, &r, &who, &e), -1);
    assert_true(str_starts(e.msg, "error updating nonce to: 1: "));
    assert_int_equal(nonce_of(f), 0);
    run_sql(f, &mend_nonces);
    accepted(f, &r);
}

/* --- many at once --- */

enum { STRANGERS = 20000, READERS = 4, STEPS = 400, ASKERS = 12 };

/* The memory of recent values is small; what falls out of it is still known. */
static void forgotten_nonces(void **state)
{
    struct fixture *f = *state;
    struct auth_request r = request(f, "3", "download");
    struct addr stranger;
    struct err e;
    int64_t n;
    int i;

    accepted(f, &r);
    for (i = 0; i < STRANGERS; i++) {
        random_bytes(stranger.b, sizeof(stranger.b));
        ok(auth_nonce_get(f->auth, &stranger, &n, &e), e);
        assert_int_equal(n, 0);
    }
    refused_as(f, &r, AUTH_NONCE, "nonce: 3 is not a valid nonce");
    assert_int_equal(nonce_of(f), 3);
}

struct watch {
    struct fixture *f;
    atomic_int done;
    atomic_int backwards;
};

static void *watch_run(void *arg)
{
    struct watch *w = arg;
    struct addr stranger;
    int64_t last = 0;
    int64_t n;
    struct err e;

    while (!w->done) {
        ok(auth_nonce_get(w->f->auth, &w->f->who, &n, &e), e);
        if (n < last)
            w->backwards++;
        last = n;
        random_bytes(stranger.b, sizeof(stranger.b)); /* pushes others out of memory */
        ok(auth_nonce_get(w->f->auth, &stranger, &n, &e), e);
    }
    return NULL;
}

static void nonces_never_go_back(void **state)
{
    struct fixture *f = *state;
    struct watch w = {.f = f};
    pthread_t thread[READERS];
    int i;

    for (i = 0; i < READERS; i++)
        thread_start(&thread[i], "reader", watch_run, &w);
    for (i = 1; i <= STEPS; i++) {
        struct auth_request r = request(f, arena_printf(f->arena, "%d", i), "download");

        accepted(f, &r);
    }
    w.done = 1;
    for (i = 0; i < READERS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(w.backwards, 0);
    assert_int_equal(nonce_of(f), STEPS);
}

/* A contract that thinks for a while; strangers must not be able to occupy all workers with it. */
struct slow {
    struct auth *auth;
    atomic_int inside;
    atomic_int most;
    atomic_int unavailable;
    atomic_int refused;
};

static int slow_contract(void *ctx, const struct smart_signature *s, bool *ret, struct err *e)
{
    struct slow *slow = ctx;
    int now = ++slow->inside;

    (void)s;
    (void)e;
    if (now > slow->most)
        slow->most = now;
    clock_sleep_ms(100);
    slow->inside--;
    *ret = false;
    return 0;
}

static void *asker_run(void *arg)
{
    struct slow *slow = arg;
    struct auth_request r = {.command = "download", .nonce = "1", .signature = "0x1234"};
    char address[ADDR_TEXT];
    struct addr stranger;
    struct addr who;
    struct err e;

    random_bytes(stranger.b, sizeof(stranger.b));
    addr_checksum(&stranger, address);
    r.address = address;
    if (auth_check(slow->auth, &r, &who, &e) == 0)
        return NULL;
    if (e.code == ERR_UNAVAILABLE && e.transient)
        slow->unavailable++;
    else if (e.code == ERR_AUTH_SIGNATURE)
        slow->refused++;
    return NULL;
}

static void slow_contracts_take_few_workers(void **state)
{
    struct fixture *f = *state;
    struct slow slow = {0};
    struct auth_callbacks callbacks = {&slow, slow_contract, NULL};
    struct auth_options options = {.token_secret = "secret", .admins = NULL, .admins_count = 0};
    pthread_t thread[ASKERS];
    struct err e;
    int i;

    ok(auth_new(f->store, &options, &callbacks, &slow.auth, &e), e);
    for (i = 0; i < ASKERS; i++)
        thread_start(&thread[i], "asker", asker_run, &slow);
    for (i = 0; i < ASKERS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(slow.refused + slow.unavailable, ASKERS);
    assert_true(slow.refused >= 1);
    assert_true(slow.most <= 4);
    auth_free(slow.auth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_counter_for_all_spellings),
        TEST(wrong_addresses),
        TEST(nonce_texts),
        TEST(long_texts),
        TEST(signatures_of_nobody),
        TEST(malleable_signatures),
        TEST(signatures_for_something_else),
        TEST(a_bad_signature_beats_a_good_token),
        TEST(forged_tokens),
        TEST(tokens_of_others),
        TEST(tokens_expire),
        TEST(a_dead_chain_makes_nobody_admin),
        TEST(nothing_is_accepted_that_is_not_stored),
        TEST(forgotten_nonces),
        TEST(nonces_never_go_back),
        TEST(slow_contracts_take_few_workers),
    };

    return cmocka_run_group_tests_name("auth_attack", tests, NULL, NULL);
}
