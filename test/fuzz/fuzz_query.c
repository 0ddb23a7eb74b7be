/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers send to search: it is refused, or it becomes SQL that runs. A body in JSON; or,
 * behind any other first byte, a text in one of the small languages, put into a body.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/must.h"
#include "indexer/index.h"
#include "indexer/rows.h"

static char dir[] = "/tmp/atoll-fuzz-query-XXXXXX";
static struct store *store;

static void clean_up(void)
{
    struct err e;

    store_close(store);
    must(fs_remove_tree(dir, &e) == 0);
}

static void put(struct db *db, struct arena *a, int n)
{
    const char *text = arena_printf(
        a,
        "{\"id\":\"did:op:%d\",\"version\":\"4.7.0\",\"chainId\":1,\"nftAddress\":\"0x%d\","
        "\"metadata\":"
        "{\"created\":\"2024-01-01T00:00:00Z\",\"name\":\"Rain "
        "%d\",\"type\":\"dataset\",\"author\":\"A\","
        "\"description\":\"snow and "
        "wind\",\"tags\":[\"one\",\"Two\"]},\"services\":[{\"type\":\"access\"}],"
        "\"indexedMetadata\":{\"stats\":[{\"orders\":%d,\"prices\":[{\"price\":\"1.5\"}]}]}}",
        n, n, n, n);
    struct asset_row row = {.chain = 1, .block = (uint64_t)n};
    struct err e;

    row.nft = arena_printf(a, "0x%d", n);
    row.did = arena_printf(a, "did:op:%d", n);
    row.tx = row.nft;
    must(json_parse(a, text, strlen(text), &row.document, &e) == 0);
    must(asset_row_put(db, a, &row, ROW_WHOLE, &e) == 0);
}

static void set_up(void)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = NULL;
    _tx_ struct tx tx = {0};
    struct err e;
    int n;

    must(mkdtemp(dir) != NULL);
    must(store_open(dir, &store, &e) == 0);
    (void)atexit(clean_up);
    db = store_lend(store);
    must(tx_begin(db, &tx, &e) == 0);
    for (n = 1; n <= 3; n++)
        put(db, a, n);
    must(tx_commit(&tx, &e) == 0);
}

/* NULL when it is neither JSON nor text. */
static struct json *body_of(struct arena *a, const uint8_t *data, size_t size)
{
    static const struct {
        const char *before;
        const char *after;
    } forms[] = {
        {"{\"query\":{\"query_string\":{\"query\":", "}}}"},
        {"{\"query\":{\"simple_query_string\":{\"default_operator\":\"and\",\"query\":", "}}}"},
        {"{\"query_by\":\"metadata.name,id,services.type\",\"facet_by\":\"metadata.tags\",\"q\":",
         "}"},
        {"{\"q\":\"*\",\"filter_by\":", "}"},
        {"{\"query\":{\"match\":{\"metadata.name\":{\"query\":\"a b c\",\"minimum_should_match\":",
         "}}}}"},
        {"{\"q\":\"rain\",\"sort_by\":", "}"}};
    size_t form;
    _buf_ struct buf text = BUF_INIT(1 << 20);
    struct json *v;
    struct err e;

    if (size && *data != '{') {
        json_write_string(&text, (const char *)data + 1, size - 1);
        form = *data % (sizeof(forms) / sizeof(forms[0]));
        data = (const uint8_t *)arena_printf(a, "%s%s%s", forms[form].before, buf_str(&text),
                                             forms[form].after);
        size = strlen((const char *)data);
    }
    return json_parse(a, (const char *)data, size, &v, &e) < 0 ? NULL : v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = NULL;
    struct json *body;
    struct err e;
    int route;

    if (!store)
        set_up();
    body = body_of(a, data, size);
    if (!body)
        return 0;
    db = store_lend(store);
    for (route = ROUTE_NODE; route <= ROUTE_AQUARIUS; route++) {
        _buf_ struct buf out = BUF_INIT(65536);
        _arena_ struct arena *b = arena_new();
        struct json *answer;

        if (index_query(db, body, (enum index_route)route, &out, &e) < 0)
            must(e.code == ERR_INVALID || e.code == ERR_TOO_LARGE);
        else
            must(json_parse(b, buf_str(&out), out.len, &answer, &e) == 0);
    }
    return 0;
}
