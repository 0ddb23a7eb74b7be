/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_FOLLOW_WORLD_H
#define ATOLL_TEST_UNIT_FOLLOW_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "chain/abi.h"
#include "fake_chain.h"
#include "indexer/follow.h"
#include "indexer/index.h"
#include "indexer/purgatory.h"
#include "indexer/rows.h"
#include "net/guard.h"
#include "test.h"

/* A follower of the fake chain, its database and what it sees of itself; driven step by step. */
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

/* --- the node --- */

/* "Encryption" of this test: the plain text behind "enc:". */
static inline int decrypt(void *ctx, struct arena *a, struct bytes blob, struct bytes *ret,
                          struct err *e)
{
    (void)ctx;
    (void)a;
    if (blob.n < 4 || memcmp(blob.p, "enc:", 4) != 0)
        return failed(e, INVALID, "not for this node");
    *ret = (struct bytes){blob.p + 4, blob.n - 4};
    return 0;
}

static inline int sign(void *ctx, struct arena *a, const char *message, const char **ret,
                       struct err *e)
{
    (void)ctx;
    (void)e;
    *ret = arena_printf(a, "signed %s", message);
    return 0;
}

/* As after a crash: nothing but the database is left. */
static inline void new_follower(struct fixture *f)
{
    const struct purgatory_options p = {f->store, f->net, f->o.policy.asset_purgatory_url,
                                        f->o.policy.account_purgatory_url};

    purgatory_free(f->f.purgatory);
    if (f->f.o)
        follow_done(&f->f);
    follow_init(&f->f, &f->o, &f->chain, purgatory_new(&p));
}

static inline int set_up(void **state)
{
    static const char *const own[] = {"HTTP://own.test"};
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e;

    guard_set(&(struct guard_rules){.allow_private = true});
    strcpy(f->dir, "/tmp/atoll-follow-XXXXXX");
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
    f->o = (struct indexer_options){.store = f->store,
                                    .net = f->net,
                                    .chains = &f->chain,
                                    .chain_count = 1,
                                    .keys = {.decrypt = decrypt, .sign = sign},
                                    .own_names = own,
                                    .own_name_count = 1};
    f->on.remote_status = 200;
    new_follower(f);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    purgatory_free(f->f.purgatory);
    follow_done(&f->f);
    rpc_free(f->rpc);
    net_free(f->net);
    server_free(f->server);
    store_close(f->store);
    arena_free(f->a);
    ok(fs_remove_tree(f->dir, &e), e);
    free(f);
    return 0;
}

static inline void step(struct fixture *f)
{
    struct err e;
    bool more;

    ok(follow_step(&f->f, &more, &e), e);
}

static inline void steps_until(struct fixture *f, uint64_t next)
{
    int i;

    for (i = 0; f->f.next != next && i < 100; i++)
        step(f);
    assert_int_equal(f->f.next, next);
}

/* Second looks, until none is due. */
static inline void look_again(struct fixture *f)
{
    struct err e;
    bool more = true;

    while (more)
        ok(again_step(&f->f, &more, &e), e);
}

/* Runs a statement behind the indexer's back. */
static inline void meddle(struct fixture *f, const char *text)
{
    const struct sql sql = {"meddle", text};
    _db_ struct db *db = store_lend(f->store);
    _stmt_ struct stmt *q = db_query_once(db, &sql);
    struct err e;

    ok(stmt_run(q, &e), e);
}

/* What an admin does: transaction n is to be looked at once more. */
static inline void ask_again(struct fixture *f, uint64_t n)
{
    const struct again again = {.tx = fake_tx(&f->on, n)};
    _db_ struct db *db = store_lend(f->store);
    struct err e;

    ok(again_put(db, CHAIN, &again, &e), e);
}

/* The number that a statement selects as n. */
static inline int64_t count(struct fixture *f, const char *text)
{
    const struct sql sql = {"count", text};
    _db_ struct db *db = store_lend(f->store);
    _stmt_ struct stmt *q = db_query_once(db, &sql);
    struct err e;

    assert_int_equal(stmt_step(q, &e), 1);
    return col_i64(q, "n");
}

static inline struct json *indexed(struct fixture *f)
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

static inline const char *name(struct fixture *f)
{
    return json_str(json_path(indexed(f), "metadata.name"), "none");
}

/* A text of indexedMetadata; "none" when it is not there. */
static inline const char *seen(struct fixture *f, const char *path)
{
    return json_str(json_path(json_get(indexed(f), "indexedMetadata"), path), "none");
}

static inline int64_t orders(struct fixture *f)
{
    return json_get_int(json_path(indexed(f), "indexedMetadata.stats.0"), "orders", -1);
}

static inline const char *attempt(struct fixture *f)
{
    _db_ struct db *db = store_lend(f->store);
    struct json *v;
    struct err e;

    ok(index_state_get(db, f->a, &(struct index_state_key){.nft = NFT}, &v, &e), e);
    if (!v)
        return "nothing";
    return json_get_bool(v, "valid", false) ? "valid" : json_get_str(v, "error", "?");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
