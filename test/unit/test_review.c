/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that the operator's reviewer is asked about before they are indexed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "fake_chain.h"
#include "indexer/follow.h"
#include "indexer/index.h"
#include "test.h"

struct fixture {
    char dir[32];
    struct store *store;
    struct arena *a;
    struct net *net;
    struct server *server;
    struct rpc *rpc;
    const char *url;
    struct indexer_chain chain;
    struct indexer_options o;
    struct follower f;
    struct fake_chain on;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e;

    strcpy(f->dir, "/tmp/atoll-review-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    ok(store_open(f->dir, &f->store, &e), e);
    f->a = arena_new();
    f->on.a = f->a;
    f->net = net_new();
    f->server = server_new(NULL, fake_chain_handle, &f->on);
    f->url = server_url(f->server);
    f->rpc = rpc_new(f->net, CHAIN, &f->url, 1);
    f->chain = (struct indexer_chain){
        .chain_id = CHAIN, .rpc = f->rpc, .start_block = 1, .factory = fake_address(FACTORY)};
    f->o = (struct indexer_options){
        .store = f->store, .net = f->net, .chains = &f->chain, .chain_count = 1};
    f->f = (struct follower){.o = &f->o,
                             .chain = &f->chain,
                             .width = WIDTH_START,
                             .patience_ms = PATIENCE_MS,
                             .purgatory = purgatory_new()};
    pthread_mutex_init(&f->f.lock, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    purgatory_free(f->f.purgatory);
    pthread_mutex_destroy(&f->f.lock);
    rpc_free(f->rpc);
    net_free(f->net);
    server_free(f->server);
    store_close(f->store);
    arena_free(f->a);
    ok(fs_remove_tree(f->dir, &e), e);
    free(f);
    return 0;
}

static void step(struct fixture *f)
{
    struct err e;
    bool more;

    ok(follow_step(&f->f, &more, &e), e);
}

static void steps_until(struct fixture *f, uint64_t next)
{
    int i;

    for (i = 0; f->f.next != next && i < 100; i++)
        step(f);
    assert_int_equal(f->f.next, next);
}

static struct json *indexed(struct fixture *f)
{
    _db_ struct db *db = store_lend(f->store);
    struct json *v = NULL;
    const char *text;
    struct err e;

    ok(index_ddo_get(db, f->a, fake_did(&f->on), &text, &e), e);
    if (text)
        ok(json_parse(f->a, text, strlen(text), &v, &e), e);
    return v;
}

static const char *attempt(struct fixture *f)
{
    _db_ struct db *db = store_lend(f->store);
    struct json *v;
    struct err e;

    ok(index_state_get(db, f->a, &(struct index_state_key){.nft = NFT}, &v, &e), e);
    if (!v)
        return "nothing";
    return json_get_bool(v, "valid", false) ? "valid" : json_get_str(v, "error", "?");
}

struct reviewer {
    enum indexer_answer answer;
    const char *why;
    int asked;
    bool update; /* of the last question */
    char name[32];
    uint64_t block;
};

static void review(void *ctx, struct arena *a, const struct indexer_news *news,
                   struct indexer_verdict *ret)
{
    struct reviewer *r = ctx;

    (void)a;
    assert_int_equal(news->chain_id, CHAIN);
    assert_non_null(json_path(news->document, "indexedMetadata.event.txid"));
    r->asked++;
    r->update = news->is_update;
    r->block = news->log->block;
    strcpy(r->name, json_str(json_path(news->document, "metadata.name"), ""));
    *ret =
        (struct indexer_verdict){r->answer, {(const uint8_t *)r->why, r->why ? strlen(r->why) : 0}};
}

static const char *name_of(const struct json *document)
{
    return json_str(json_path(document, "metadata.name"), "none");
}

static void reviewer_has_the_last_word(void **state)
{
    struct fixture *f = *state;
    struct reviewer r = {.answer = REVIEW_DENIED, .why = "no, thank you"};

    f->o.review = (struct indexer_review){review, &r};
    f->on.head = 1;
    fake_publish(&f->on, 1, &(struct published){.text = fake_ddo(&f->on, "One document")});
    steps_until(f, 2);
    assert_string_equal(attempt(f), "no, thank you");
    assert_null(indexed(f));
    assert_int_equal(r.asked, 1);
    assert_false(r.update);
    r.answer = REVIEW_WELCOME;
    f->on.head = 2;
    fake_publish(&f->on, 2,
                 &(struct published){.text = fake_ddo(&f->on, "Two documents"), .update = true});
    steps_until(f, 3);
    assert_true(r.update);
    assert_int_equal(r.block, 2);
    assert_string_equal(name_of(indexed(f)), "Two documents");
    /* a second creation is none and nobody is asked; a denied update leaves what is there */
    f->on.head = 3;
    fake_publish(&f->on, 3, &(struct published){.text = fake_ddo(&f->on, "Again")});
    steps_until(f, 4);
    assert_int_equal(r.asked, 2);
    r = (struct reviewer){.answer = REVIEW_DENIED, .why = "\xff"}; /* no text */
    f->on.head = 4;
    fake_publish(&f->on, 4,
                 &(struct published){.text = fake_ddo(&f->on, "Four documents"), .update = true});
    steps_until(f, 5);
    assert_string_equal(attempt(f), "The policy server denies it.");
    assert_string_equal(name_of(indexed(f)), "Two documents");
}

static void silent_reviewer_is_asked_again(void **state)
{
    struct fixture *f = *state;
    static const struct sql now = {"now", "UPDATE index_again SET due = 0"};
    struct reviewer r = {.answer = REVIEW_SILENT, .why = "down"};
    struct err e;

    f->o.review = (struct indexer_review){review, &r};
    f->on.head = 1;
    fake_publish(&f->on, 1, &(struct published){.text = fake_ddo(&f->on, "One document")});
    fake_publish(&f->on, 1,
                 &(struct published){.text = fake_ddo(&f->on, "Two documents"), .update = true});
    steps_until(f, 2);
    assert_string_equal(attempt(f), "down");
    assert_null(indexed(f));
    assert_int_equal(r.asked, 1); /* not for each document of a window */
    r.answer = REVIEW_LATER;
    r.why = "busy";
    step(f); /* not due yet */
    assert_int_equal(r.asked, 1);
    {
        _db_ struct db *db = store_lend(f->store);
        _stmt_ struct stmt *q = db_query(db, &now);

        ok(stmt_run(q, &e), e);
    }
    r.answer = REVIEW_WELCOME;
    while (r.asked < 3)
        step(f);
    assert_string_equal(name_of(indexed(f)), "Two documents");
    assert_string_equal(attempt(f), "valid");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(reviewer_has_the_last_word),
        WITH(silent_reviewer_is_asked_again),
    };

    return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
