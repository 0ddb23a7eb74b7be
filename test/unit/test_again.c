/* SPDX-License-Identifier: Apache-2.0 */
/* What is found out later than its block: foreign decryptors, hostile ones, purgatory. */
#include "asset/published.h"
#include "follow_world.h"

/* An encrypted document that the fake chain's own server decrypts. */
static struct fake_document remote(struct fixture *f, const char *text)
{
    f->on.remote = text;
    return (struct fake_document){.text = text, .data = "x", .flags = 2, .decryptor = f->url};
}

static void publish_remote(struct fixture *f, uint64_t block, const char *title)
{
    struct fake_document p = remote(f, fake_ddo(&f->on, title));

    fake_publish(&f->on, block, &p);
}

static int64_t waiting(struct fixture *f)
{
    return count(f, "SELECT count(*) AS n FROM index_again");
}

static void another_node_decrypts(void **state)
{
    struct fixture *f = *state;

    f->on.head = 3;
    publish_remote(f, 3, "Elsewhere");
    steps_until(f, 4); /* the chain does not wait */
    assert_non_null(strstr(attempt(f), "is being asked"));
    assert_int_equal(waiting(f), 1);
    look_again(f);
    assert_string_equal(attempt(f), "valid");
    assert_string_equal(name(f), "Elsewhere");
    assert_int_equal(waiting(f), 0);
}

/* Nothing is asked while blocks are missing: what they say of the document would be lost. */
static void second_looks_wait_for_the_chain(void **state)
{
    struct fixture *f = *state;
    struct err e;
    bool more;

    f->on.head = 10;
    f->f.width = f->f.width_max = 4;
    publish_remote(f, 3, "Elsewhere");
    step(f);
    assert_int_equal(f->f.next, 5);
    ok(again_step(&f->f, &more, &e), e);
    assert_false(more);
    assert_int_equal(waiting(f), 1);
    steps_until(f, 11);
    look_again(f);
    assert_string_equal(name(f), "Elsewhere");
}

/* A decryptor that is down is asked later, not again and again. */
static void document_comes_later(void **state)
{
    struct fixture *f = *state;

    f->on.head = 4;
    f->on.remote_status = 503;
    publish_remote(f, 3, "Late");
    publish_remote(f, 4, "Late");
    steps_until(f, 5);
    look_again(f);
    assert_non_null(strstr(attempt(f), "did not answer a moment ago"));
    assert_int_equal(waiting(f), 2);
    assert_int_equal(count(f, "SELECT count(*) AS n FROM index_again WHERE attempts = 1"), 2);
    f->on.remote_status = 200;
    look_again(f); /* not due yet */
    assert_null(indexed(f));
    f->f.shunned = (struct shunned){0};
    meddle(f, "UPDATE index_again SET due = 0");
    look_again(f);
    assert_string_equal(name(f), "Late");
    assert_int_equal(waiting(f), 0);
}

/* Some day nobody asks any more; the reason stays. */
static void attempts_end(void **state)
{
    struct fixture *f = *state;
    int i;

    f->on.head = 3;
    f->on.remote_status = 500;
    publish_remote(f, 3, "Never");
    steps_until(f, 4);
    for (i = 0; i < AGAIN_MAX; i++) {
        f->f.shunned = (struct shunned){0};
        meddle(f, "UPDATE index_again SET due = 0");
        look_again(f);
    }
    assert_int_equal(waiting(f), 0);
    assert_non_null(strstr(attempt(f), "Provider validation failed: 500"));
}

/* What happened while the document was missing has happened. */
static void orders_and_states_of_a_late_document(void **state)
{
    struct fixture *f = *state;

    f->on.head = 6;
    publish_remote(f, 2, "Late");
    fake_order(&f->on, 3);
    fake_order(&f->on, 4);
    fake_state(&f->on, 5, 4);
    f->on.state = 4;
    fake_order(&f->on, 6);
    steps_until(f, 7);
    assert_null(indexed(f));
    look_again(f);
    assert_int_equal(orders(f), 3);
    assert_int_equal(json_get_int(json_path(indexed(f), "indexedMetadata.nft"), "state", -1), 4);
    assert_int_equal(count(f, "SELECT count(*) AS n FROM asset_order WHERE did LIKE 'did:op:%'"),
                     3);
    f->on.head = 7;
    fake_order(&f->on, 7);
    steps_until(f, 8);
    assert_int_equal(orders(f), 4);
}

/* A chain that does not answer costs no attempt, and others have their turn. */
static void silent_chain_is_no_attempt(void **state)
{
    struct fixture *f = *state;
    struct err e;
    bool more;

    f->on.head = 4;
    publish_remote(f, 3, "Late");
    steps_until(f, 5);
    fake_emit(&f->on, 4, NFT, "Other()")->tx = 3; /* in two blocks at a time */
    assert_int_equal(again_step(&f->f, &more, &e), -1);
    assert_int_equal(count(f, "SELECT count(*) AS n FROM index_again WHERE due > 0"), 1);
    ask_again(f, 99);
    ok(again_step(&f->f, &more, &e), e);
    assert_int_equal(waiting(f), 1);
    f->on.log_count--;
    meddle(f, "UPDATE index_again SET due = 0");
    look_again(f);
    assert_string_equal(name(f), "Late");
}

/* The first of two documents comes after the second: it is history. */
static void older_document_changes_nothing(void **state)
{
    struct fixture *f = *state;
    const char *text = fake_ddo(&f->on, "Newer");

    f->on.head = 4;
    publish_remote(f, 3, "Older");
    fake_publish(&f->on, 4, &(struct fake_document){.text = text, .update = true});
    steps_until(f, 5);
    assert_string_equal(name(f), "Newer");
    look_again(f);
    assert_string_equal(name(f), "Newer");
    assert_string_equal(attempt(f), "valid");
    assert_int_equal(waiting(f), 0);
}

/* A block was taken back while the document was on its way: what is known of it is not written. */
static void late_document_of_a_block_that_went(void **state)
{
    struct fixture *f = *state;

    f->on.head = 3;
    steps_until(f, 4);
    f->on.head = 4;
    publish_remote(f, 4, "Gone");
    steps_until(f, 5);
    f->on.branch[4] = f->on.branch[5] = 1;
    f->on.log_count = 0;
    f->on.head = 5;
    step(f);
    steps_until(f, 6);
    look_again(f);
    assert_null(indexed(f));
    assert_int_equal(waiting(f), 0);
}

/* --- hostile decryptors and documents --- */

static void private_decryptors_are_refused(void **state)
{
    struct fixture *f = *state;
    size_t before;

    guard_set(&(struct guard_rules){.allow_private = false});
    f->on.head = 3;
    publish_remote(f, 3, "Inside");
    steps_until(f, 4);
    before = server_connections(f->server);
    look_again(f);
    guard_set(&(struct guard_rules){.allow_private = true});
    assert_non_null(strstr(attempt(f), "loopback"));
    assert_null(strstr(attempt(f), "api/services"));
    assert_null(indexed(f));
    /* It will not become public: asked once, by an admin perhaps again. (One for the chain's own.)
     */
    assert_int_equal(waiting(f), 0);
    assert_true(server_connections(f->server) <= before + 1);
}

static void redirects_are_checked(void **state)
{
    struct fixture *f = *state;
    static const char *const allowed[] = {"127.0.0.1"};

    guard_set(&(struct guard_rules){.allow = allowed, .allow_count = 1});
    f->on.redirect = "http://[::1]:1/api/services/decrypt";
    f->on.head = 3;
    publish_remote(f, 3, "Elsewhere");
    steps_until(f, 4);
    look_again(f);
    guard_set(&(struct guard_rules){.allow_private = true});
    assert_non_null(strstr(attempt(f), "loopback"));
    assert_int_equal(waiting(f), 0);
}

static void garbage_is_told(void **state)
{
    struct fixture *f = *state;
    static const char *const answers[] = {"", "[]", "{", "\xff\xfe", "null", "{\"id\":1}"};
    struct fake_document p;
    size_t i;

    for (i = 0; i < ARRAY_LEN(answers); i++) {
        f->on.head = 3 + i;
        p = remote(f, fake_ddo(&f->on, "x"));
        f->on.remote = answers[i];
        fake_publish(&f->on, f->on.head, &p);
        steps_until(f, f->on.head + 1);
        look_again(f);
        assert_true(str_starts(attempt(f), "Provider exception on decrypt DDO. Status: "));
        assert_int_equal(waiting(f), 0);
    }
    assert_null(indexed(f));
}

static void huge_answer_is_cut_off(void **state)
{
    struct fixture *f = *state;
    char *huge = malloc(PUBLISHED_MAX + 2);
    struct fake_document p = remote(f, fake_ddo(&f->on, "x"));

    memset(huge, ' ', PUBLISHED_MAX + 1);
    huge[PUBLISHED_MAX + 1] = '\0';
    f->on.remote = huge;
    f->on.head = 3;
    fake_publish(&f->on, 3, &p);
    steps_until(f, 4);
    look_again(f);
    assert_non_null(strstr(attempt(f), "larger than"));
    assert_int_equal(waiting(f), 0);
    server_rest(f->server);
    free(huge);
}

/* A document with a member of n bytes. */
static const char *padded(struct fixture *f, size_t n)
{
    const char *text = fake_ddo(&f->on, "Large");
    char *pad = arena_alloc(f->a, n + 1);

    memset(pad, 'p', n);
    pad[n] = '\0';
    return arena_printf(f->a, "{\"pad\":\"%s\",%s", pad, text + 1);
}

static void large_documents(void **state)
{
    struct fixture *f = *state;
    const char *text = padded(f, 10 << 20);

    f->on.head = 2;
    fake_publish(&f->on, 2, &(struct fake_document){.text = text, .hash_text = true});
    steps_until(f, 3);
    assert_string_equal(attempt(f), "valid");
    assert_int_equal(json_str_len(json_get(indexed(f), "pad")), 10 << 20);
}

/* No state of an asset lets a document ask the chain a million questions, or fill the index. */
static void documents_of_many_parts(void **state)
{
    struct fixture *f = *state;
    _buf_ struct buf services = BUF_INIT(1 << 24);
    _buf_ struct buf tags = BUF_INIT(1 << 24);
    const char *did = fake_did(&f->on);
    const char *text;
    int i;

    for (i = 0; i < 65; i++)
        buf_printf(&services, "%s{\"id\":\"%d\",\"datatokenAddress\":\"0x%040d\"}", i ? "," : "", i,
                   i);
    for (i = 0; i < 100000; i++)
        buf_printf(&tags, "%s\"tag %d\"", i ? "," : "", i);
    f->on.head = 2;
    text = arena_printf(f->a, "{\"id\":\"%s\",\"version\":\"4.1.0\",\"services\":[%s]}", did,
                        buf_str(&services));
    fake_publish(&f->on, 2, &(struct fake_document){.text = text, .state = 5});
    steps_until(f, 3);
    assert_string_equal(attempt(f), "the document has more than 64 services");
    f->on.head = 3;
    text = arena_printf(f->a,
                        "{\"id\":\"%s\",\"version\":\"4.1.0\",\"metadata\":{\"tags\":[%s]},"
                        "\"services\":[]}",
                        did, buf_str(&tags));
    fake_publish(&f->on, 3, &(struct fake_document){.text = text, .state = 5});
    steps_until(f, 4);
    assert_string_equal(attempt(f), "valid");
    assert_int_equal(count(f, "SELECT count(*) AS n FROM asset_term WHERE field = 9"), 256);
    f->on.head = 4;
    text = arena_strdup(f->a, buf_str(&tags));
    buf_printf(&tags, ",%s,%s", text, text);
    text =
        arena_printf(f->a, "{\"id\":\"%s\",\"version\":\"4.1.0\",\"x\":[%s]}", did, buf_str(&tags));
    fake_publish(&f->on, 4, &(struct fake_document){.text = text, .state = 5, .update = true});
    steps_until(f, 5);
    assert_non_null(strstr(attempt(f), "the document is not JSON"));
}

static void bytes_that_are_no_text(void **state)
{
    struct fixture *f = *state;
    const char *text = "{\"id\":\"\xff\"}";

    f->on.head = 3;
    fake_publish(&f->on, 2, &(struct fake_document){.text = text});
    fake_publish(&f->on, 3,
                 &(struct fake_document){.text = "x", .flags = 2, .decryptor = "\xff\x01"});
    steps_until(f, 4);
    assert_string_equal(attempt(f),
                        "Provider exception on decrypt DDO. Status: the decryptor \"\" is "
                        "another node's peer id, which this node cannot reach");
}

/* Somebody names the datatoken of another asset as their own: its orders are not theirs. */
static void datatokens_are_not_stolen(void **state)
{
    struct fixture *f = *state;

    f->on.head = 4;
    f->on.token_nft = FACTORY;
    fake_publish(&f->on, 3, &(struct fake_document){.text = fake_ddo(&f->on, "Thief")});
    fake_order(&f->on, 4);
    steps_until(f, 5);
    assert_int_equal(orders(f), 0);
}

/* --- purgatory --- */

static void refresh(struct fixture *f, bool fails)
{
    bool changed;
    struct err e;

    if (fails)
        assert_int_equal(purgatory_refresh(f->f.purgatory, &changed, &e), -1);
    else
        ok(purgatory_refresh(f->f.purgatory, &changed, &e), e);
    f->f.sweep = changed;
    step(f);
    look_again(f);
}

static void banned_assets_go_and_come_back(void **state)
{
    struct fixture *f = *state;

    f->o.policy.asset_purgatory_url = arena_printf(f->a, "%s/purgatory", f->url);
    new_follower(f);
    f->on.purgatory = "[]";
    f->on.head = 3;
    fake_publish(&f->on, 2, &(struct fake_document){.text = fake_ddo(&f->on, "Here")});
    fake_order(&f->on, 3);
    steps_until(f, 4);
    refresh(f, false);
    assert_string_equal(name(f), "Here");
    f->on.purgatory = arena_printf(
        f->a, "[{\"did\":\"%s\",\"reason\":\"x\"},{\"did\":\"did:op:1\"}]", fake_did(&f->on));
    refresh(f, false);
    assert_null(indexed(f));
    assert_non_null(strstr(attempt(f), "is in purgatory"));
    /* Events of the banned: kept out, orders counted. */
    f->on.head = 4;
    fake_publish(&f->on, 4,
                 &(struct fake_document){.text = fake_ddo(&f->on, "Again"), .update = true});
    fake_order(&f->on, 4);
    steps_until(f, 5);
    assert_null(indexed(f));
    /* A list that cannot be had, or is none, frees nobody; nor does a new start. */
    f->on.purgatory_status = 500;
    refresh(f, true);
    f->on.purgatory_status = 0;
    f->on.purgatory = "{\"error\":\"moved\"}";
    refresh(f, true);
    f->on.purgatory = "[{\"address\":\"0x\"}]";
    refresh(f, true);
    new_follower(f);
    step(f);
    refresh(f, true);
    assert_null(indexed(f));
    f->on.purgatory = "[]";
    refresh(f, false);
    assert_string_equal(name(f), "Again");
    assert_int_equal(orders(f), 2);
    assert_string_equal(attempt(f), "valid");
}

static void assets_of_banned_accounts_go(void **state)
{
    struct fixture *f = *state;

    f->o.policy.account_purgatory_url = arena_printf(f->a, "%s/purgatory", f->url);
    new_follower(f);
    f->on.purgatory = "[{\"address\":\"" OWNER "\",\"reason\":\"x\"}]";
    f->on.head = 3;
    fake_publish(&f->on, 2, &(struct fake_document){.text = fake_ddo(&f->on, "Here")});
    steps_until(f, 4);
    assert_string_equal(name(f), "Here");
    refresh(f, false);
    assert_null(indexed(f));
    assert_string_equal(attempt(f), OWNER " is in purgatory");
    f->on.head = 4;
    fake_publish(&f->on, 4,
                 &(struct fake_document){.text = fake_ddo(&f->on, "Again"), .update = true});
    steps_until(f, 5);
    assert_null(indexed(f));
    assert_string_equal(attempt(f), OWNER " is in purgatory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(another_node_decrypts),
        WITH(second_looks_wait_for_the_chain),
        WITH(document_comes_later),
        WITH(attempts_end),
        WITH(orders_and_states_of_a_late_document),
        WITH(silent_chain_is_no_attempt),
        WITH(older_document_changes_nothing),
        WITH(late_document_of_a_block_that_went),
        WITH(private_decryptors_are_refused),
        WITH(redirects_are_checked),
        WITH(garbage_is_told),
        WITH(huge_answer_is_cut_off),
        WITH(large_documents),
        WITH(documents_of_many_parts),
        WITH(bytes_that_are_no_text),
        WITH(datatokens_are_not_stolen),
        WITH(banned_assets_go_and_come_back),
        WITH(assets_of_banned_accounts_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
