/* SPDX-License-Identifier: Apache-2.0 */
/* How searches are run: their plans, and that all ways to an answer agree. */
#include <sqlite3.h>

#include "index_fixture.h"
#include "indexer/query.h"

/* EXPLAIN QUERY PLAN, a line for each step. */
static const char *explain(struct fixture *f, const char *sql)
{
    const char *text = "";
    sqlite3_stmt *s = NULL;
    sqlite3 *h = NULL;

    assert_int_equal(sqlite3_open(arena_printf(f->a, "%s/atoll.sqlite", f->dir), &h), SQLITE_OK);
    sql = arena_printf(f->a, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW)
        text = arena_printf(f->a, "%s%s\n", text, (const char *)sqlite3_column_text(s, 3));
    sqlite3_finalize(s);
    sqlite3_close(h);
    return text;
}

/* The plan of the statement that finds the page. */
static const char *plan_of(struct fixture *f, const char *body)
{
    struct query q = {.a = f->a};
    struct query_sql w = {.a = f->a, .text = BUF_INIT(QUERY_SQL_MAX)};
    struct page_plan plan;
    const char *text;
    struct err e;

    w.db = store_lend(f->store);
    ok(query_parse(&q, parse(f->a, body), ROUTE_NODE, &e), e);
    ok(query_simplify(&q, &e), e);
    query_plan(&q, &plan);
    ok(query_write_page(&w, &q, &plan, &e), e);
    store_return(w.db);
    text = explain(f, buf_str(&w.text));
    buf_done(&w.text);
    return text;
}

/* What is asked of one asset after the other makes no list for each. */
static void looks_make_no_lists(void **state)
{
    static const char *const wheres[] = {"{\"term\":{\"metadata.type\":\"algorithm\"}}",
                                         "{\"term\":{\"nft.state\":5}}",
                                         "{\"range\":{\"event.block\":{\"gte\":2000}}}",
                                         "{\"prefix\":{\"metadata.tags\":\"o\"}}",
                                         "{\"match\":{\"metadata.name\":\"rain\"}}",
                                         "{\"exists\":{\"field\":\"metadata.license\"}}"};
    struct fixture *f = *state;
    struct query_sql w = {.a = f->a, .text = BUF_INIT(QUERY_SQL_MAX), .at_hand = true};
    struct err e;
    size_t i;

    for (i = 0; i < sizeof(wheres) / sizeof(wheres[0]); i++) {
        struct query q = {.a = f->a};
        const char *plan;

        ok(query_parse(&q, parse(f->a, arena_printf(f->a, Q("%s"), wheres[i])), ROUTE_NODE, &e), e);
        ok(query_simplify(&q, &e), e);
        query_sql_reset(&w);
        w.db = store_lend(f->store);
        buf_puts(&w.text, "SELECT 1 FROM asset a WHERE ");
        ok(query_write_clause(&w, q.where, &e), e);
        buf_puts(&w.text, " AND a.id = 1");
        store_return(w.db);
        plan = explain(f, buf_str(&w.text));
        assert_non_null(strstr(plan, "SEARCH a USING INTEGER PRIMARY KEY (rowid=?)"));
        if (strstr(plan, "LIST") || strstr(plan, "SCAN asset_term") || strstr(plan, "SCAN a\n"))
            fail_msg("%s:\n%s", wheres[i], plan);
    }
    buf_done(&w.text);
}

/* The plan has the step, and no asset is looked at unless a step before has chosen it. */
static void plan_is(struct fixture *f, const char *body, const char *step, bool walks)
{
    const char *plan = plan_of(f, body);

    if (!strstr(plan, step))
        fail_msg("%s:\n%slacks \"%s\"", body, plan, step);
    if (!walks && (strstr(plan, "SCAN a\n") || strstr(plan, "SCAN a USING")))
        fail_msg("%s:\n%slooks at every asset", body, plan);
    if (walks && strstr(plan, "USE TEMP B-TREE FOR ORDER BY"))
        fail_msg("%s:\n%ssorts what an index has in order", body, plan);
    if (strstr(plan, "SCAN asset_term") || strstr(plan, "AUTOMATIC"))
        fail_msg("%s:\n%shas no index to use", body, plan);
}

enum { MANY = 2100 }; /* above what counts as rare */

static void put_many(struct fixture *f)
{
    _db_ struct db *db = store_lend(f->store);
    _tx_ struct tx tx = {0};
    struct asset_row row;
    struct err e;
    int i;

    ok(tx_begin(db, &tx, &e), e);
    for (i = 1; i <= MANY; i++) {
        _arena_ struct arena *a = arena_new();

        row = asset(a, i, i % 700 ? "dataset" : "algorithm", i % 2 ? "Wind" : "Wind and rain",
                    i % 3 ? "common" : "third");
        ok(asset_row_put(db, a, &row, ROW_WHOLE, &e), e);
    }
    ok(tx_commit(&tx, &e), e);
}

static void plans_use_indexes(void **state)
{
    struct fixture *f = *state;

    put_many(f);
    /* what names one asset */
    plan_is(f, FILTER("{\"term\":{\"id\":\"did:op:1\"}}"), "sqlite_autoindex_asset_1 (did=?)",
            false);
    plan_is(f, FILTER("{\"term\":{\"nftAddress\":\"0xabc1\"}}"), "asset_by_nft (nft=?)", false);
    plan_is(f, FILTER("{\"term\":{\"event.txid\":\"0x1\"}}"), "asset_by_tx (tx=?)", false);
    plan_is(f, FILTER("{\"term\":{\"metadata.name\":\"wind\"}}"), "asset_by_name (<expr>=?)",
            false);
    /* what is rare, whatever the order */
    plan_is(f, FILTER("{\"term\":{\"metadata.type\":\"algorithm\"}}"),
            "USING PRIMARY KEY (field=? AND value=?)", false);
    plan_is(f,
            "{\"query\":{\"term\":{\"metadata.type\":\"algorithm\"}},\"sort\":{\"stats.orders\":"
            "\"desc\"}}",
            "USING PRIMARY KEY (field=? AND value=?)", false);
    plan_is(f, FILTER("{\"term\":{\"chainId\":1}},{\"term\":{\"metadata.author\":\"alice\"}}"),
            "chain=?", false);
    plan_is(f, FILTER("{\"range\":{\"event.block\":{\"gte\":2000}}}"), "asset_by_block (block>?)",
            false);
    plan_is(f, Q("{\"prefix\":{\"services.datatokenAddress\":\"0xda00\"}}"),
            "USING PRIMARY KEY (field=? AND value>? AND value<?)", false);
    plan_is(f,
            Q("{\"bool\":{\"should\":[{\"term\":{\"id\":\"did:op:1\"}},{\"term\":{\"metadata."
              "type\":\"algorithm\"}}]}}"),
            "MULTI-INDEX OR", false);
    plan_is(f, Q("{\"exists\":{\"field\":\"metadata.license\"}}"), "USING PRIMARY KEY (field=?)",
            false);
    /* words */
    plan_is(f, "{\"q\":\"wind rain\"}", "SCAN asset_search VIRTUAL TABLE", false);
    plan_is(f, "{\"q\":\"nothing\",\"sort_by\":\"stats.orders:desc\"}",
            "SCAN asset_search VIRTUAL TABLE", false);
    /* what is common: an order's index is walked until the page is full */
    plan_is(f, "{\"q\":\"wind\",\"sort_by\":\"stats.orders:desc\"}", "asset_by_orders", true);
    plan_is(
        f,
        "{\"q\":\"*\",\"filter_by\":\"metadata.author:=alice\",\"sort_by\":\"event.block:desc\"}",
        "asset_by_block", true);
    plan_is(f,
            "{\"q\":\"*\",\"filter_by\":\"chainId:=8996\",\"sort_by\":\"stats.prices.price:asc\"}",
            "asset_by_price", true);
    plan_is(f, "{\"q\":\"*\",\"filter_by\":\"stats.orders:>0\",\"sort_by\":\"stats.orders:asc\"}",
            "asset_by_orders (orders>?)", true);
    plan_is(f, "{\"sort\":{\"metadata.created\":\"asc\"}}", "asset_by_created", true);
    plan_is(f, "{\"sort\":{\"metadata.name\":\"asc\"}}", "asset_by_name", true);
    plan_is(f, FILTER("{\"term\":{\"chainId\":8996}}"), "SCAN a", true);
}

/* Pages of any order, put together, hold each document once; counts agree with what is listed. */
static void pages_add_up(void **state)
{
    static const char *const bodies[] = {
        "\"q\":\"wind\",\"sort_by\":\"metadata.created:desc\"",
        "\"q\":\"wind\"",
        "\"q\":\"rain\",\"filter_by\":\"metadata.tags:=third\"",
        "\"q\":\"*\",\"filter_by\":\"metadata.tags:!=third\"",
        "\"q\":\"*\",\"filter_by\":\"metadata.tags:=third || "
        "stats.orders:<100\",\"sort_by\":\"metadata.created:asc\"",
        "\"q\":\"*\",\"filter_by\":\"metadata.type:=algorithm && metadata.tags:!=third\""};
    struct fixture *f = *state;
    static bool seen[MANY + 1];
    struct json *v;
    size_t i;
    size_t k;
    int64_t total;
    int page;
    int64_t n;

    put_many(f);
    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        memset(seen, 0, sizeof(seen));
        for (page = 1, n = 0;; page++) {
            v = json_at(
                answer_of(f,
                          arena_printf(
                              f->a, "{%s,\"per_page\":397,\"page\":%d,\"include_fields\":\"id\"}",
                              bodies[i], page),
                          ROUTE_NODE),
                0);
            total = json_get_int(v, "found", -1);
            v = json_get(v, "hits");
            for (k = 0; k < json_len(v); k++, n++) {
                long id = strtol(json_str(json_path(json_at(v, k), "document.id"), "") +
                                     strlen("did:op:"),
                                 NULL, 10);

                assert_true(id > 0 && id <= MANY && !seen[id]);
                seen[id] = true;
            }
            if (!json_len(v))
                break;
        }
        assert_int_equal(n, total);
        assert_true(total > 0);
    }
}

/* What the other conditions leave of the best fits is less than a page: more are looked at. */
static void rare_among_common_words(void **state)
{
    struct fixture *f = *state;

    put_many(f);
    FINDS("{\"q\":\"wind\",\"filter_by\":\"metadata.type:=algorithm\",\"per_page\":1,\"page\":3}",
          "2100");
    FINDS("{\"q\":\"wind\",\"filter_by\":\"metadata.type:=algorithm\",\"per_page\":2,\"page\":2}",
          "2100");
    FINDS("{\"q\":\"wind\",\"filter_by\":\"metadata.type:=other\",\"per_page\":1}", "");
}

/* Facets by any of the ways to count them. */
static void facets_agree(void **state)
{
    struct fixture *f = *state;
    struct json *v;

    put_many(f);
    v = answer_of(f, "{\"q\":\"*\",\"per_page\":0,\"facet_by\":\"metadata.tags\"}", ROUTE_NODE);
    v = json_path(v, "0.facet_counts.0.counts");
    assert_string_equal(json_text(f->a, v),
                        "[{\"count\":2100,\"highlighted\":\"ocean\",\"value\":\"ocean\"},"
                        "{\"count\":1400,\"highlighted\":\"common\",\"value\":\"common\"},"
                        "{\"count\":700,\"highlighted\":\"third\",\"value\":\"third\"}]");
    v = answer_of(f, "{\"q\":\"rain\",\"per_page\":0,\"facet_by\":\"metadata.tags\"}", ROUTE_NODE);
    v = json_path(v, "0.facet_counts.0.counts");
    assert_string_equal(json_text(f->a, v),
                        "[{\"count\":1050,\"highlighted\":\"ocean\",\"value\":\"ocean\"},"
                        "{\"count\":700,\"highlighted\":\"common\",\"value\":\"common\"},"
                        "{\"count\":350,\"highlighted\":\"third\",\"value\":\"third\"}]");
}

static int64_t count_of(struct fixture *f, const char *body)
{
    return json_get_int(json_at(answer_of(f, body, ROUTE_NODE), 0), "found", -1);
}

/* Behind the program's back: what is remembered is not read again, and so does not see this. */
static void meddle(struct fixture *f, const char *sql)
{
    sqlite3 *h = NULL;

    assert_int_equal(sqlite3_open(arena_printf(f->a, "%s/atoll.sqlite", f->dir), &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
}

/* Deletes an asset, or all; whether that is kept. */
static void delete_assets(struct fixture *f, const char *nft, bool keep)
{
    _db_ struct db *db = store_lend(f->store);
    _tx_ struct tx tx = {0};
    struct err e;

    ok(tx_begin(db, &tx, &e), e);
    if (nft)
        ok(asset_row_delete(db, f->a, CHAIN, nft, &e), e);
    else
        ok(rows_reset(db, CHAIN, &e), e);
    if (keep)
        ok(tx_commit(&tx, &e), e);
}

/* The sets of filters are remembered, until a transaction changes what they are made of. */
static void filters_are_remembered(void **state)
{
    static const char body[] = "{\"q\":\"*\",\"filter_by\":\"metadata.author:=alice\"}";
    static const char others[] = "{\"q\":\"*\",\"filter_by\":\"metadata.author:!=alice\"}";
    struct fixture *f = *state;
    struct asset_row row = asset(f->a, 7, "dataset", "Wind", "third");

    put_many(f);
    assert_int_equal(count_of(f, body), MANY);
    meddle(f, "DELETE FROM asset_term WHERE field = 7 AND asset = 5");
    assert_int_equal(count_of(f, body), MANY);
    assert_int_equal(count_of(f, others), 0);
    delete_assets(f, nft_of(f->a, 7), false);
    assert_int_equal(count_of(f, body), MANY);
    delete_assets(f, nft_of(f->a, 7), true);
    assert_int_equal(count_of(f, body), MANY - 2);
    assert_int_equal(count_of(f, others), 1);
    put(f, &row);
    assert_int_equal(count_of(f, body), MANY - 1);
    delete_assets(f, NULL, true);
    assert_int_equal(count_of(f, body), 0);
    assert_int_equal(count_of(f, others), 0);
}

/* More assets than are looked at one by one, and more tags than the table of buckets begins with.
 */
static void tags_of_many_assets(void **state)
{
    enum { ASSETS = 5600, TAGS = 700 };
    static const char body[] =
        "{\"q\":\"*\",\"per_page\":0,\"facet_by\":\"metadata.tags\",\"max_facet_values\":1000}";
    struct fixture *f = *state;
    const struct json *counts;
    struct json *v;
    size_t i;

    {
        _db_ struct db *db = store_lend(f->store);
        _tx_ struct tx tx = {0};
        struct asset_row row;
        struct err e;

        ok(tx_begin(db, &tx, &e), e);
        for (i = 0; i < ASSETS; i++) {
            _arena_ struct arena *a = arena_new();

            row = asset(a, (int)i, "dataset", "Wind", arena_printf(a, "T%zu", i % TAGS));
            ok(asset_row_put(db, a, &row, ROW_WHOLE, &e), e);
        }
        ok(tx_commit(&tx, &e), e);
    }
    v = json_path(answer_of(f, body, ROUTE_NODE), "0.facet_counts.0");
    assert_int_equal(json_get_int(json_get(v, "stats"), "total_values", 0), TAGS + 1);
    counts = json_get(v, "counts");
    assert_int_equal(json_len(counts), TAGS + 1);
    assert_string_equal(json_text(f->a, json_at(counts, 0)),
                        "{\"count\":5600,\"highlighted\":\"ocean\",\"value\":\"ocean\"}");
    for (i = 1; i <= TAGS; i++)
        assert_int_equal(json_get_int(json_at(counts, i), "count", 0), ASSETS / TAGS);
    assert_string_equal(json_get_str(json_at(counts, 1), "value", ""), "T0");
    assert_string_equal(json_get_str(json_at(counts, 2), "value", ""), "T1");
    assert_string_equal(json_get_str(json_at(counts, 3), "value", ""), "T10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(plans_use_indexes),       WITH(looks_make_no_lists), WITH(pages_add_up),
        WITH(rare_among_common_words), WITH(facets_agree),        WITH(filters_are_remembered),
        WITH(tags_of_many_assets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
