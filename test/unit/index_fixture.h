/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_INDEX_FIXTURE_H
#define ATOLL_TEST_UNIT_INDEX_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "indexer/index.h"
#include "indexer/rows.h"
#include "test.h"

/* An index of its own for each test, and assets to put into it. */

enum { CHAIN = 8996 };

struct fixture {
    char dir[32];
    struct store *store;
    struct arena *a;
};

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e;

    store_close(f->store);
    arena_free(f->a);
    ok(fs_remove_tree(f->dir, &e), e);
    free(f);
    return 0;
}

static inline struct json *parse(struct arena *a, const char *text)
{
    struct json *v = NULL;
    struct err e;

    ok(json_parse(a, text, strlen(text), &v, &e), e);
    return v;
}

static inline const char *nft_of(struct arena *a, int n)
{
    return arena_printf(a, "0x%040x", 0xabc0 + n);
}

/* An asset as the indexer would store it; type, name and tag vary. */
static inline struct asset_row asset(struct arena *a, int n, const char *type, const char *name,
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

static inline void put(struct fixture *f, const struct asset_row *row)
{
    _db_ struct db *db = store_lend(f->store);
    _tx_ struct tx tx = {0};
    struct err e;

    ok(tx_begin(db, &tx, &e), e);
    ok(asset_row_remember(db, row->chain, row->nft, row->block, &e), e);
    ok(asset_row_put(db, f->a, row, ROW_WHOLE, &e), e);
    ok(tx_commit(&tx, &e), e);
}

static inline void put_five(struct fixture *f)
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

/* The answer of a search, parsed. */
static inline struct json *answer_of(struct fixture *f, const char *query, enum index_route route)
{
    _db_ struct db *db = store_lend(f->store);
    _buf_ struct buf out = BUF_INIT(1 << 20);
    struct err e;

    ok(index_query(db, parse(f->a, query), route, &out, &e), e);
    return parse(f->a, buf_str(&out));
}

/* The numbers of the documents found, e.g. "1 3", whatever the answer's shape. */
static inline const char *found(struct fixture *f, const char *query)
{
    struct json *answer = answer_of(f, query, ROUTE_NODE);
    struct json *list = json_at(answer, 0);
    const char *text = "";
    struct json *it;
    size_t i;

    if (json_is(list, JSON_OBJECT))
        list = json_get(list, "hits");
    else if (json_is(answer, JSON_OBJECT))
        list = json_path(answer, "hits.hits");
    for (i = 0; i < json_len(list); i++) {
        it = json_at(list, i);
        if (json_get(it, "document"))
            it = json_get(it, "document");
        if (json_get(it, "_source"))
            it = json_get(it, "_source");
        text = arena_printf(f->a, "%s%s%s", text, i ? " " : "",
                            json_get_str(it, "id", "?") + strlen("did:op:"));
    }
    return text;
}

#define Q(text) "{\"query\":" text "}"
#define FILTER(text) "{\"query\":{\"bool\":{\"filter\":[" text "]}}}"
#define TS(text) "{\"q\":\"*\",\"filter_by\":\"" text "\"}"
#define LUCENE(text) "{\"query\":{\"query_string\":{\"query\":\"" text "\"}}}"
#define FINDS(query, which) assert_string_equal(found(f, query), which)
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
