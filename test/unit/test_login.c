/* SPDX-License-Identifier: Apache-2.0 */
/* People, sessions and the texts that logins are made of; logins as a whole are in test/api. */
#include <string.h>

#include "auth/connect.h"
#include "auth/session.h"
#include "auth/siwe.h"
#include "auth_fixture.h"
#include "base/clock.h"
#include "crypto/nacl.h"
#include "store/db.h"

/* --- people --- */

static struct auth_person enter(struct fixture *f, const char *name)
{
    const struct auth_identity who = {.kind = "dev", .name = name, .email = ""};
    struct auth_person p;
    struct err e;

    ok(auth_person_login(f->auth, f->arena, &who, &p, &e), e);
    return p;
}

static void a_person_is_one_for_ever(void **state)
{
    struct fixture *f = *state;
    struct auth_person p = enter(f, "alice");
    struct auth_person again;
    struct err e;
    bool found;

    assert_int_equal(strlen(p.id), PERSON_ID_TEXT - 1);
    reopen(f, NULL);
    again = enter(f, "alice");
    assert_string_equal(again.id, p.id);
    assert_string_not_equal(enter(f, "bob").id, p.id);
    ok(auth_person_find(f->auth, f->arena, p.id, &found, &again, &e), e);
    assert_true(found && !again.admin && !again.terms && !again.blocked);
    ok(auth_person_find(f->auth, f->arena, "u00", &found, &again, &e), e);
    assert_false(found);
}

/* The same name of another kind is somebody else, whatever an administrator's list says. */
static void kinds_do_not_mix(void **state)
{
    struct fixture *f = *state;
    const char *names[] = {"alice.3bot", f->address};
    const struct auth_identity phone = {
        .kind = "connect", .name = "alice.3bot", .email = "", .public_key = "k"};
    struct auth_person p;
    struct auth_person wallet;
    struct err e;

    auth_set_admin_names(f->auth, names, 2);
    auth_set_admins(f->auth, NULL, 0);
    ok(auth_person_login(f->auth, f->arena, &phone, &p, &e), e);
    assert_true(p.admin);
    ok(auth_person_of_wallet(f->auth, f->arena, &f->who, &wallet, &e), e);
    assert_true(wallet.admin);
    assert_string_equal(wallet.name, f->address);
    assert_string_not_equal(wallet.id, p.id);
    assert_false(enter(f, "alice").admin);
    auth_set_admin_names(f->auth, NULL, 0);
    ok(auth_person_of_wallet(f->auth, f->arena, &f->who, &wallet, &e), e);
    assert_false(wallet.admin);
    auth_set_admins(f->auth, &f->who, 1);
    ok(auth_person_of_wallet(f->auth, f->arena, &f->who, &wallet, &e), e);
    assert_true(wallet.admin);
}

/* An access list is asked only for who is judged, once for a while, and its chain may be away. */
static void lists_make_admins(void **state)
{
    struct fixture *f = *state;
    struct auth_person p;
    struct auth_person other;
    struct addr stranger;
    struct err e;

    memset(&f->world.listed, 7, sizeof(f->world.listed));
    memset(&stranger, 8, sizeof(stranger));
    ok(auth_person_of_wallet(f->auth, f->arena, &f->world.listed, &p, &e), e);
    ok(auth_person_of_wallet(f->auth, f->arena, &stranger, &other, &e), e);
    assert_false(p.admin);
    auth_person_judge(f->auth, &p);
    assert_true(p.admin);
    f->world.chain_down = true; /* what it said lately counts, and a silent one is a no */
    ok(auth_person_of_wallet(f->auth, f->arena, &f->world.listed, &p, &e), e);
    assert_true(p.admin);
    auth_person_judge(f->auth, &p);
    assert_true(p.admin);
    auth_person_judge(f->auth, &other);
    assert_false(other.admin);
}

static void keys_are_pinned(void **state)
{
    struct fixture *f = *state;
    struct auth_identity who = {
        .kind = "connect", .name = "alice.3bot", .email = "a@b", .public_key = "one"};
    struct auth_person p;
    struct err e;
    bool found;

    ok(auth_person_login(f->auth, f->arena, &who, &p, &e), e);
    who.public_key = "two";
    err_is(auth_person_login(f->auth, f->arena, &who, &p, &e), e, CONNECT_KEY);
    who.public_key = NULL;
    err_is(auth_person_login(f->auth, f->arena, &who, &p, &e), e, CONNECT_KEY);
    ok(auth_person_unpin(f->auth, p.id, &found, &e), e);
    who.public_key = "two";
    ok(auth_person_login(f->auth, f->arena, &who, &p, &e), e);
    who.public_key = "one";
    err_is(auth_person_login(f->auth, f->arena, &who, &p, &e), e, CONNECT_KEY);
}

/* --- sessions --- */

static const struct auth_visit visit = {"agent", "127.0.0.1", NULL};

static const char *open_session(struct fixture *f, const struct auth_person *p)
{
    const char *token;
    struct err e;

    ok(auth_session_open(f->auth, f->arena, p, &visit, &token, &e), e);
    return token;
}

static bool is_logged_in(struct fixture *f, const char *token, const char *scope,
                         struct auth_person *ret)
{
    const struct auth_pass pass = {token, scope};
    bool found;
    struct err e;

    ok(auth_session_find(f->auth, f->arena, &pass, &found, ret, &e), e);
    return found;
}

/* As if so many milliseconds had passed since the sessions began and were used. */
static void let_time_pass(struct fixture *f, const char *column, int64_t ms)
{
    const struct sql sql = {"age", arena_printf(f->arena, "UPDATE session SET %s = %s - %lld",
                                                column, column, (long long)ms)};
    _db_ struct db *db = store_lend(f->store);
    _stmt_ struct stmt *q = db_query_once(db, &sql);
    struct err e;

    ok(stmt_run(q, &e), e);
}

static void sessions_end_by_themselves(void **state)
{
    struct fixture *f = *state;
    struct auth_person p = enter(f, "alice");
    const char *token = open_session(f, &p);
    struct auth_person who;

    assert_true(is_logged_in(f, token, "", &who));
    assert_string_equal(who.id, p.id);
    let_time_pass(f, "seen", 86400000);
    assert_true(is_logged_in(f, token, "", &who)); /* and is seen now */
    let_time_pass(f, "seen", INT64_C(172800000) - 10000);
    assert_true(is_logged_in(f, token, "", &who));
    let_time_pass(f, "seen", 172800001);
    assert_false(is_logged_in(f, token, "", &who));
    token = open_session(f, &p);
    let_time_pass(f, "expires", INT64_C(604800000) - 10000);
    assert_true(is_logged_in(f, token, "", &who));
    let_time_pass(f, "expires", 10000);
    assert_false(is_logged_in(f, token, "", &who));
}

static void tokens_that_are_none(void **state)
{
    struct fixture *f = *state;
    const char *bad[] = {NULL, "", "x", "' OR 1=1 --"};
    struct auth_person who;
    char large[400];
    size_t i;
    struct err e;

    memset(large, 'a', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(is_logged_in(f, bad[i], "", &who));
        ok(auth_session_end(f->auth, bad[i], &e), e);
    }
    assert_false(is_logged_in(f, large, "", &who));
}

/* --- to another host --- */

static const char *hand_over(struct fixture *f, const char *token, const char *host)
{
    const struct auth_pass pass = {token, host};
    const char *session;
    struct err e;

    ok(auth_handover_take(f->auth, f->arena, &pass, &session, &e), e);
    return session;
}

static const char *make_handover(struct fixture *f, const struct auth_person *p, const char *host)
{
    const char *token;
    struct err e;

    ok(auth_handover_make(f->auth, f->arena, p, host, &token, &e), e);
    return token;
}

static void sessions_are_handed_over_once(void **state)
{
    struct fixture *f = *state;
    struct auth_person p = enter(f, "alice");
    const char *token = open_session(f, &p);
    struct auth_person here;
    struct auth_person there;
    const char *over;
    const char *session;
    struct err e;

    assert_true(is_logged_in(f, token, "", &here));
    over = make_handover(f, &here, "wiki.test");
    assert_null(hand_over(f, over, "other.test"));
    session = hand_over(f, over, "wiki.test");
    assert_non_null(session);
    assert_null(hand_over(f, over, "wiki.test"));
    assert_null(hand_over(f, "x", "wiki.test"));
    assert_null(hand_over(f, NULL, "wiki.test"));
    err_is(auth_handover_make(f->auth, f->arena, &p, "wiki.test", &over, &e), e, LOGIN_NEEDED);

    assert_true(is_logged_in(f, session, "wiki.test", &there));
    assert_string_equal(there.id, p.id);
    assert_false(is_logged_in(f, session, "", &there)); /* what a solution sees is of no use */
    assert_false(is_logged_in(f, session, "other.test", &there));
    assert_false(is_logged_in(f, token, "wiki.test", &there));

    let_time_pass(f, "seen", 100000);
    assert_true(is_logged_in(f, session, "wiki.test", &there)); /* keeps its parent alive too */
    let_time_pass(f, "seen", 172800000 - 50000);
    assert_true(is_logged_in(f, token, "", &here));

    over = make_handover(f, &here, "wiki.test");
    ok(auth_session_end(f->auth, token, &e), e);
    assert_false(is_logged_in(f, session, "wiki.test", &there));
    assert_null(hand_over(f, over, "wiki.test"));
}

static void the_others_end_but_not_what_came_from_this_one(void **state)
{
    struct fixture *f = *state;
    struct auth_person p = enter(f, "alice");
    const char *mine = open_session(f, &p);
    const char *other = open_session(f, &p);
    struct auth_person here;
    struct auth_person who;
    const char *gate;
    struct json *list;
    struct err e;

    assert_true(is_logged_in(f, mine, "", &here));
    gate = hand_over(f, make_handover(f, &here, "wiki.test"), "wiki.test");
    ok(auth_session_list(f->auth, f->arena, &here, &list, &e), e);
    assert_int_equal(json_len(list), 2); /* those of the marketplace */
    ok(auth_session_end_all(f->auth, p.id, here.session, &e), e);
    assert_true(is_logged_in(f, mine, "", &who));
    assert_true(is_logged_in(f, gate, "wiki.test", &who));
    assert_false(is_logged_in(f, other, "", &who));
}

static void the_blocked_are_out(void **state)
{
    struct fixture *f = *state;
    struct auth_person p = enter(f, "alice");
    const struct auth_identity who = {.kind = "dev", .name = "alice", .email = ""};
    const char *token = open_session(f, &p);
    struct auth_person here;
    const char *gate;
    bool found;
    struct err e;

    assert_true(is_logged_in(f, token, "", &here));
    gate = hand_over(f, make_handover(f, &here, "wiki.test"), "wiki.test");
    ok(auth_person_block(f->auth, p.id, true, &found, &e), e);
    assert_true(found);
    assert_false(is_logged_in(f, token, "", &here));
    assert_false(is_logged_in(f, gate, "wiki.test", &here));
    err_is(auth_person_login(f->auth, f->arena, &who, &here, &e), e, LOGIN_BLOCKED);
    ok(auth_person_block(f->auth, "u00", true, &found, &e), e);
    assert_false(found);
}

/* --- terms and audit --- */

static void terms_are_accepted_by_hash(void **state)
{
    struct fixture *f = *state;
    struct auth_person p = enter(f, "alice");
    struct json *list;
    struct err e;

    err_is(auth_terms_accept(f->auth, p.id, "0x00", &e), e, TERMS_CHANGED);
    assert_false(enter(f, "alice").terms);
    ok(auth_terms_accept(f->auth, p.id, auth_terms_hash(f->auth), &e), e);
    ok(auth_terms_accept(f->auth, p.id, auth_terms_hash(f->auth), &e), e);
    assert_true(enter(f, "alice").terms);
    assert_false(enter(f, "bob").terms);
    ok(auth_audit(f->auth, p.id, "did something", &e), e);
    ok(auth_audit(f->auth, "node", "did more", &e), e);
    ok(auth_audit_json(f->auth, f->arena, 0, 10, &list, &e), e);
    assert_int_equal(json_len(list), 2);
    assert_string_equal(json_get_str(json_at(list, 0), "what", ""), "did more");
}

/* --- the message of a wallet (EIP-4361) --- */

/* The example of the standard itself. */
static const char eip4361[] =
    "example.com wants you to sign in with your Ethereum account:\n"
    "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n"
    "\n"
    "I accept the ExampleOrg Terms of Service: https://example.com/tos\n"
    "\n"
    "URI: https://example.com/login\n"
    "Version: 1\n"
    "Chain ID: 1\n"
    "Nonce: 32891756\n"
    "Issued At: 2021-09-30T16:25:24Z\n"
    "Resources:\n"
    "- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/\n"
    "- https://example.com/my-web2-claim.json";

static void siwe_is_read(void **state)
{
    struct fixture *f = *state;
    struct siwe m;
    struct err e;

    ok(siwe_parse(f->arena, eip4361, &m, &e), e);
    assert_null(m.scheme);
    assert_string_equal(m.domain, "example.com");
    assert_string_equal(addr_text(f->arena, &m.address),
                        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");
    assert_string_equal(m.statement,
                        "I accept the ExampleOrg Terms of Service: https://example.com/tos");
    assert_string_equal(m.uri, "https://example.com/login");
    assert_int_equal(m.chain_id, 1);
    assert_string_equal(m.nonce, "32891756");
    assert_int_equal(m.issued, INT64_C(1633019124000));
    assert_int_equal(m.expires, 0);
}

/* Every message that lacks a line, has one twice, or has two changed about, is another one. */
static void siwe_is_strict(void **state)
{
    struct fixture *f = *state;
    const char *lines[16];
    size_t n = 0;
    const char *rest = eip4361;
    char *line;
    size_t i;
    size_t k;
    struct siwe m;
    struct err e;

    while ((line = str_next(f->arena, &rest, '\n')))
        lines[n++] = line;
    for (i = 0; i + 3 < n; i++) { /* the resources may come and go */
        _buf_ struct buf doubled = BUF_INIT(4096);
        _buf_ struct buf missing = BUF_INIT(4096);

        for (k = 0; k < n; k++) {
            buf_printf(&doubled, "%s%s%s%s", k ? "\n" : "", lines[k], k == i ? "\n" : "",
                       k == i ? lines[k] : "");
            if (k != i)
                buf_printf(&missing, "%s%s", missing.len ? "\n" : "", lines[k]);
        }
        if (strlen(lines[i]) > 0)
            assert_int_equal(siwe_parse(f->arena, buf_str(&doubled), &m, &e), -1);
        if (i != 3 && i != 4) /* a statement may be absent, and then the blank line is the second */
            assert_int_equal(siwe_parse(f->arena, buf_str(&missing), &m, &e), -1);
    }
    for (i = 0; i < strlen(eip4361) - 160; i += 7) { /* cut off anywhere */
        char *cut = arena_strndup(f->arena, eip4361, i);

        err_is(siwe_parse(f->arena, cut, &m, &e), e, SIWE);
    }
}

/* --- a phone's answer --- */

static void names_and_addresses(void **state)
{
    static const char *names[] = {"a.3bot", "alice_1.3bot",
                                  "12345678901234567890123456789012345678901234567890.3bot"};
    static const char *no_names[] = {"",
                                     ".3bot",
                                     "alice",
                                     "Alice.3bot",
                                     "a-b.3bot",
                                     "a.3bot ",
                                     "a.3bot.3bot",
                                     "a.3BOT",
                                     "a/b.3bot",
                                     "123456789012345678901234567890123456789012345678901.3bot"};
    static const char *no_addresses[] = {"",      "a",     "@",     "a@",    "@b",
                                         "a@b@c", "a b@c", "<a>@c", "a@b\n", "\"a\"@b"};
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(names); i++)
        assert_true(connect_is_name(names[i]));
    for (i = 0; i < ARRAY_LEN(no_names); i++)
        assert_false(connect_is_name(no_names[i]));
    for (i = 0; i < ARRAY_LEN(no_addresses); i++)
        assert_false(connect_is_email(no_addresses[i]));
    assert_true(connect_is_email("a.b+c@example.org"));
}

static void nobody_elses_answer(void **state)
{
    struct fixture *f = *state;
    static const char text[] =
        "{\"doubleName\":\"a.3bot\",\"signedAttempt\":\""
        "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQX"
        "sic2lnbmVkU3RhdGUiOiJ4In0=\"}"; /* 64 times "A", then {"signedState":"x"} */
    const uint8_t key[NACL_KEY] = {1};
    const struct connect_keys keys = {key, box_keys_of(key), "host"};
    struct connect_answer answer;
    struct connect_data data;
    struct err e;

    ok(connect_read(f->arena, text, &answer, &e), e);
    assert_string_equal(answer.name, "a.3bot");
    assert_string_equal(answer.state, "x");
    err_is(connect_open(f->arena, &answer, &keys, &data, &e), e, CONNECT_SIGNATURE);
    err_is(connect_read(f->arena, "{\"doubleName\":\"a\\u0000.3bot\",\"signedAttempt\":\"\"}",
                        &answer, &e),
           e, CONNECT_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_person_is_one_for_ever),
        TEST(kinds_do_not_mix),
        TEST(lists_make_admins),
        TEST(keys_are_pinned),
        TEST(sessions_end_by_themselves),
        TEST(tokens_that_are_none),
        TEST(sessions_are_handed_over_once),
        TEST(the_others_end_but_not_what_came_from_this_one),
        TEST(the_blocked_are_out),
        TEST(terms_are_accepted_by_hash),
        TEST(siwe_is_read),
        TEST(siwe_is_strict),
        TEST(names_and_addresses),
        TEST(nobody_elses_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
