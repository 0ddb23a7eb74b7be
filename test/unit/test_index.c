/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the index and the query language over them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "indexer/index.h"
#include "indexer/rows.h"
#include "test.h"

enum { CHAIN = 8996 };

struct fixture {
    char dir[32];
    struct store *store;
    struct arena *a;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e;

    strcpy(f->dir, "/tmp/atoll-index-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    ok(store_open(f->dir, &f->store, &e), e);
    f->a = arena_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    store_close(f->store);
    arena_free(f->a);
    ok(fs_remove_tree(f->dir, &e), e);
    free(f);
    return 0;
}

static struct json *parse(struct arena *a, const char *text)
{
    struct json *v = NULL;
    struct err e;

    ok(json_parse(a, text, strlen(text), &v, &e), e);
    return v;
}

static const char *nft_of(struct arena *a, int n)
{
    return arena_printf(a, "0x%040x", 0xabc0 + n);
}

/* An asset as the indexer would store it; type, name and tag vary. */
static struct asset_row asset(struct arena *a, int n, const char *type, const char *name,
                              const char *tag)
{
    const char *text = arena_printf(
        a,
        "{\"id\":\"did:op:%d\",\"version\":\"4.7.0\",\"chainId\":%d,\"nftAddress\":\"%s\","
        "\"metadata\":{\"created\":\"2024-01-%02dT00:00:00Z\",\"updated\":\"2024-01-01T00:00:00Z\","
        "\"name\":\"%s\",\"description\":\"All about %s\",\"type\":\"%s\",\"author\":\"Alice\","
        "\"tags\":[\"%s\",\"ocean\"]},"
        "\"services\":[{\"id\":\"s1\",\"type\":\"access\",\"datatokenAddress\":\"0xDA%038d\"}],"
        "\"indexedMetadata\":{\"stats\":[{\"orders\":%d,\"prices\":[{\"type\":\"fixedrate\","
        "\"price\":\"%d.5\"}]}],\"nft\":{\"state\":0,\"owner\":\"0xOWNER%d\"},"
        "\"event\":{\"txid\":\"0x%d\"}}}",
        n, CHAIN, nft_of(a, n), n % 28 + 1, name, name, type, tag, n, n * 3, 10 - n, n % 2, n);

    return (struct asset_row){.chain = CHAIN,
                              .nft = nft_of(a, n),
                              .did = arena_printf(a, "did:op:%d", n),
                              .document = parse(a, text),
                              .tx = arena_printf(a, "0x%d", n),
                              .block = (uint64_t)n,
                              .log_index = 0};
}

static void put(struct fixture *f, const struct asset_row *row)
{
    _db_ struct db *db = store_lend(f->store);
    _tx_ struct tx tx = {0};
    struct err e;

    ok(tx_begin(db, &tx, &e), e);
    ok(asset_row_remember(db, row->chain, row->nft, row->block, &e), e);
    ok(asset_row_put(db, f->a, row, ROW_WHOLE, &e), e);
    ok(tx_commit(&tx, &e), e);
}

static void put_five(struct fixture *f)
{
    static const char *const names[] = {"Rain in Bavaria", "Snow in Bavaria", "Count words",
                                        "Rain in Sweden",
                                        "Gr\xc3\xb6\xc3\x9f"
                                        "e"};
    struct asset_row row;
    int i;

    for (i = 0; i < 5; i++) {
        row =
            asset(f->a, i + 1, i == 2 ? "algorithm" : "dataset", names[i], i % 2 ? "odd" : "even");
        put(f, &row);
    }
}

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

/* The numbers of the documents found, e.g. "1 3". */
static const char *found(struct fixture *f, const char *query)
{
    _db_ struct db *db = store_lend(f->store);
    _buf_ struct buf out = BUF_INIT(1 << 20);
    struct json *answer;
    struct json *list;
    const char *text = "";
    struct err e;
    size_t i;

    ok(index_query(db, parse(f->a, query), &out, &e), e);
    answer = parse(f->a, buf_str(&out));
    assert_true(json_is(answer, JSON_ARRAY));
    list = json_at(answer, 0);
    for (i = 0; i < json_len(list); i++)
        text = arena_printf(f->a, "%s%s%s", text, i ? " " : "",
                            json_get_str(json_at(list, i), "id", "?") + strlen("did:op:"));
    return text;
}

#define FINDS(query, which) assert_string_equal(found(f, query), which)

static void elastic_queries_find(void **state)
{
    struct fixture *f = *state;

    put_five(f);
    FINDS("{\"query\":{\"bool\":{\"filter\":[{\"term\":{\"id\":\"did:op:2\"}}]}}}", "2");
    FINDS("{\"query\":{\"bool\":{\"filter\":{\"term\":{\"metadata.type\":\"algorithm\"}}}}}", "3");
    FINDS("{\"query\":{\"bool\":{\"filter\":[{\"term\":{\"chainId\":8996}},"
          "{\"terms\":{\"id.keyword\":[\"did:op:4\",\"did:op:1\",\"did:op:9\"]}}]}}}",
          "1 4");
    FINDS("{\"query\":{\"bool\":{\"must_not\":[{\"term\":{\"metadata.type\":\"dataset\"}}]}}}",
          "3");
    FINDS("{\"query\":{\"term\":{\"nftAddress\":\"0x000000000000000000000000000000000000ABC1\"}}}",
          "1");
    FINDS("{\"query\":{\"term\":{\"nft.owner\":{\"value\":\"0xowner0\"}}}}", "2 4");
    FINDS("{\"query\":{\"bool\":{\"should\":[{\"term\":{\"id\":\"did:op:1\"}},"
          "{\"term\":{\"id\":\"did:op:3\"}}]}}}",
          "1 3");
    FINDS("{\"query\":{\"bool\":{\"filter\":[{\"term\":{\"metadata.tags\":\"odd\"}}],"
          "\"should\":[{\"term\":{\"id\":\"did:op:1\"}}]}}}",
          "2 4");
    FINDS("{\"query\":{\"range\":{\"stats.orders\":{\"gte\":6,\"lt\":\"12\"}}}}", "2 3");
    FINDS("{\"query\":{\"range\":{\"metadata.created\":{\"gt\":\"2024-01-05T00:00:00Z\"}}}}", "5");
    FINDS("{\"query\":{\"exists\":{\"field\":\"services.id\"}},\"size\":2}", "1 2");
    FINDS("{\"query\":{\"match_all\":{}}}", "1 2 3 4 5");
    FINDS("{}", "1 2 3 4 5");
    FINDS("{\"query\":{\"term\":{\"chainId\":\"eight\"}}}", "");
    FINDS("{\"query\":{\"terms\":{\"metadata.tags\":[]}}}", "");
}

static void words_are_searched(void **state)
{
    struct fixture *f = *state;
    struct asset_row row;

    put_five(f);
    FINDS("{\"query\":{\"match\":{\"metadata.name\":\"rain\"}}}", "1 4");
    FINDS("{\"query\":{\"match\":{\"metadata.name\":{\"query\":\"rain bavaria\","
          "\"operator\":\"and\"}}}}",
          "1");
    FINDS("{\"query\":{\"query_string\":{\"query\":\"snow sweden\"}}}", "2 4");
    FINDS("{\"query\":{\"multi_match\":{\"query\":\"gr\xc3\xb6\xc3\x9f"
          "e\",\"fields\":[\"*\"]}}}",
          "5");
    FINDS("{\"q\":\"rain\",\"query_by\":\"metadata.name\"}", "1 4");
    FINDS("{\"q\":\"Bav*\",\"query_by\":\"metadata.name\"}", "1 2");
    /* What somebody typed is never a search expression. */
    FINDS("{\"q\":\"\\\" OR NEAR(^\",\"query_by\":\"metadata.name\"}", "");
    row = asset(f->a, 1, "dataset", "Sun in Bavaria", "even");
    put(f, &row);
    FINDS("{\"q\":\"rain\",\"query_by\":\"metadata.name\"}", "4");
    FINDS("{\"q\":\"sun\",\"query_by\":\"metadata.name\"}", "1");
}

static void typesense_queries_find(void **state)
{
    struct fixture *f = *state;

    put_five(f);
    FINDS("{\"q\":\"*\",\"filter_by\":\"metadata.type:=dataset && metadata.tags:=[odd, x]\"}",
          "2 4");
    FINDS("{\"q\":\"*\",\"filter_by\":\"metadata.tags:!=odd\"}", "1 3 5");
    FINDS("{\"q\":\"*\",\"filter_by\":\"stats.orders:>=9\",\"sort_by\":\"stats.orders:desc\"}",
          "5 4 3");
    FINDS("{\"q\":\"*\",\"num_hits\":2,\"start\":2}", "3 4");
}

static void pages_and_order(void **state)
{
    struct fixture *f = *state;

    put_five(f);
    FINDS("{\"size\":2}", "1 2");
    FINDS("{\"size\":2,\"from\":0}", "1 2");
    FINDS("{\"size\":2,\"from\":1}", "1 2");
    FINDS("{\"size\":2,\"from\":3}", "5");
    FINDS("{\"size\":2,\"from\":4}", "");
    FINDS("{\"size\":0}", "");
    FINDS("{\"size\":99999}", "1 2 3 4 5");
    FINDS("{\"sort\":{\"indexedMetadata.event.block\":\"desc\"},\"size\":3,\"index\":\"secrets\"}",
          "5 4 3");
    FINDS("{\"sort\":[{\"stats.prices.price\":{\"order\":\"asc\"}},\"_score\"]}", "5 4 3 2 1");
    FINDS("{\"sort\":[\"metadata.name\"]}", "3 5 1 4 2");
}

static const char *refusal(struct fixture *f, const char *query)
{
    _db_ struct db *db = store_lend(f->store);
    _buf_ struct buf out = BUF_INIT(1 << 20);
    struct err e;

    err_is(index_query(db, parse(f->a, query), &out, &e), e, INVALID);
    return arena_strdup(f->a, e.msg);
}

#define REFUSES(query, text) assert_non_null(strstr(refusal(f, query), text))

static void what_is_not_understood_is_named(void **state)
{
    struct fixture *f = *state;
    _buf_ struct buf b = BUF_INIT(1 << 20);
    int i;

    REFUSES("[]", "must be an object");
    REFUSES("{\"query\":{\"wildcard\":{\"id\":\"x\"}}}", "\"wildcard\" is not a supported query");
    REFUSES("{\"query\":{\"term\":{\"a.b\":\"x\"}}}", "\"a.b\" is not a field");
    REFUSES("{\"query\":{\"term\":{\"id\":[1]}}}", "a value to compare with");
    REFUSES("{\"query\":{\"term\":{\"id\":\"a\",\"chainId\":1}}}", "one member");
    REFUSES("{\"query\":{\"bool\":{\"filtre\":[]}}}", "filtre");
    REFUSES("{\"query\":7}", "one member");
    REFUSES("{\"size\":-1}", "\"size\"");
    REFUSES("{\"from\":1.5}", "\"from\"");
    REFUSES("{\"sort\":[{\"metadata.type\":\"asc\"}]}", "sorted by");
    REFUSES("{\"sort\":[{\"id\":\"up\"}]}", "not an order");
    REFUSES("{\"q\":\"*\",\"filter_by\":\"(a:=1 || b:=2)\"}", "filter_by");
    REFUSES("{\"query\":{\"range\":{\"metadata.tags\":{\"gt\":1}}}}", "no order");
    REFUSES("{\"query\":{\"range\":{\"event.block\":{\"gt\":\"x\"}}}}", "no bound");
    buf_puts(&b, "{\"query\":{\"terms\":{\"id\":[");
    for (i = 0; i < 100; i++)
        buf_puts(&b, i ? ",1" : "1");
    buf_puts(&b, "]}}}");
    REFUSES(buf_str(&b), "more than 64");
    buf_reset(&b);
    buf_puts(&b, "{\"query\":");
    for (i = 0; i < 20; i++)
        buf_puts(&b, "{\"bool\":{\"must\":");
    buf_puts(&b, "{\"match_all\":{}}");
    for (i = 0; i < 20; i++)
        buf_puts(&b, "}}");
    buf_puts(&b, "}");
    REFUSES(buf_str(&b), "nested deeper");
}

static void answer_has_a_ceiling(void **state)
{
    struct fixture *f = *state;
    _db_ struct db *db = NULL;
    _buf_ struct buf out = BUF_INIT(1000);
    struct err e;

    put_five(f);
    db = store_lend(f->store);
    err_is(index_query(db, parse(f->a, "{}"), &out, &e), e, TOO_LARGE);
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

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(document_comes_back_verbatim),
        WITH(elastic_queries_find),
        WITH(words_are_searched),
        WITH(typesense_queries_find),
        WITH(pages_and_order),
        WITH(what_is_not_understood_is_named),
        WITH(answer_has_a_ceiling),
        WITH(attempts_are_found_by_each_key),
        WITH(roll_back_restores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
