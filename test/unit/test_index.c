/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index_fixture.h"

static const char *document(struct fixture *f, const char *did)
{
    _db_ struct db *db = store_lend(f->store);
    const char *text;
    struct err e;

    ok(index_ddo_get(db, f->a, did, &text, &e), e);
    return text;
}

static void document_comes_back_verbatim(void **state)
{
    struct fixture *f = *state;
    struct asset_row row = asset(f->a, 1, "dataset", "x", "y");

    put(f, &row);
    assert_string_equal(document(f, "did:op:1"), json_text(f->a, row.document));
    assert_string_equal(document(f, "did:OP:1"), json_text(f->a, row.document));
    assert_null(document(f, "did:op:2"));
}

static void attempts_are_found_by_each_key(void **state)
{
    struct fixture *f = *state;
    struct state_row row = {.chain = CHAIN,
                            .did = "did:op:1",
                            .nft = "0xN",
                            .tx = "0xt1",
                            .block = 5,
                            .error = "it \"failed\""};
    struct index_state_key keys[] = {{.did = "did:op:1"}, {.nft = "0xn"}, {.tx = "0xT1"}};
    _db_ struct db *db = store_lend(f->store);
    struct json *v;
    struct err e;
    size_t i;

    ok(state_row_put(db, &row, &e), e);
    for (i = 0; i < 3; i++) {
        ok(index_state_get(db, f->a, &keys[i], &v, &e), e);
        assert_string_equal(json_text(f->a, v),
                            "{\"chainId\":8996,\"did\":\"did:op:1\",\"nft\":\"0xN\","
                            "\"txId\":\"0xt1\",\"valid\":false,\"error\":\"it \\\"failed\\\"\"}");
    }
    row.error = NULL;
    ok(state_row_put(db, &row, &e), e);
    ok(index_state_get(db, f->a, &keys[0], &v, &e), e);
    assert_true(json_get_bool(v, "valid", false));
    ok(index_state_get(db, f->a, &(struct index_state_key){.did = "x"}, &v, &e), e);
    assert_null(v);
}

/* Blocks 10 to 12 are replaced: what they wrote goes, what they overwrote comes back. */
static void roll_back_restores(void **state)
{
    struct fixture *f = *state;
    struct asset_row old = asset(f->a, 1, "dataset", "Old name", "x");
    struct asset_row row = asset(f->a, 1, "dataset", "First name", "x");
    struct asset_row later = asset(f->a, 2, "dataset", "Not for long", "x");
    struct order_row order = {.chain = CHAIN,
                              .tx = "0x1",
                              .block = 11,
                              .type = "startOrder",
                              .consumer = "0xc",
                              .payer = "0xc",
                              .datatoken = "0xd",
                              .nft = "0xn",
                              .did = "did:op:1",
                              .amount = "1",
                              .start_tx = ""};
    struct err e;
    bool is_new;

    old.block = 9;
    put(f, &old);
    row.block = 10;
    put(f, &row);
    row = asset(f->a, 1, "dataset", "Second name", "x");
    row.block = 12;
    put(f, &row);
    later.block = 11;
    put(f, &later);
    FINDS("{\"q\":\"second\"}", "1");
    FINDS("{\"q\":\"long\"}", "2");
    {
        _db_ struct db *db = store_lend(f->store);
        _tx_ struct tx tx = {0};

        ok(order_row_put(db, &order, &is_new, &e), e);
        assert_true(is_new);
        ok(order_row_put(db, &order, &is_new, &e), e);
        assert_false(is_new);
        ok(tx_begin(db, &tx, &e), e);
        ok(rows_roll_back(db, CHAIN, 9, &e), e);
        ok(tx_commit(&tx, &e), e);
    }
    assert_null(document(f, "did:op:2"));
    assert_string_equal(document(f, "did:op:1"), json_text(f->a, old.document));
    FINDS("{\"q\":\"second\"}", "");
    FINDS("{\"q\":\"old\"}", "1");
    FINDS("{\"q\":\"long\"}", "");
    {
        _db_ struct db *db = store_lend(f->store);

        ok(order_row_put(db, &order, &is_new, &e), e);
        assert_true(is_new);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(document_comes_back_verbatim),
        WITH(attempts_are_found_by_each_key),
        WITH(roll_back_restores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
