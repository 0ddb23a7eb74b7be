/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Search among 100,000 made-up assets, in this process and without HTTP: docs a second while they
 * are written, then for each class of query p50 and p99 beside its floor, which is the bare FTS5
 * (or index) statement on the same file in the same run. A line of JSON for each figure.
 *
 *     bench_search [ASSETS [DIR [full]]]   DIR is kept; "full": it was filled before
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/must.h"
#include "indexer/index.h"
#include "indexer/rows.h"

enum { WORDS = 150, BATCH = 100, RUNS = 400, TAGS = 1000 };

static uint64_t seed = 88172645463325252ULL;

static uint32_t rnd(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 11) % below);
}

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/*
 * Each text draws three of twelve common words ("common0" ...: a quarter of the assets each), seven
 * of 200 middling ones ("some0" ...: 3.4 %) and the rest from 40,000.
 */
static void add_text(struct buf *b)
{
    int i;

    for (i = 0; i < 3; i++)
        buf_printf(b, "common%u ", rnd(12));
    for (i = 0; i < 7; i++)
        buf_printf(b, "some%u ", rnd(200));
    for (i = 0; i < WORDS - 10; i++)
        buf_printf(b, "w%x%c ", rnd(40000) * 2654435761u >> 8, (char)('a' + rnd(2)));
}

static const char *document(struct arena *a, int n)
{
    _buf_ struct buf b = BUF_INIT(65536);

    buf_printf(
        &b,
        "{\"id\":\"did:op:%064x\",\"version\":\"4.7.0\",\"chainId\":%d,\"nftAddress\":\"0x%040x\",",
        n, (int[]){1, 137, 11155111}[n % 3], n);
    buf_printf(
        &b,
        "\"metadata\":{\"created\":\"2024-01-01T%02d:%02d:%02dZ\",\"updated\":"
        "\"2024-02-01T00:00:00Z\",\"type\":\"%s\",\"name\":\"some%u number "
        "%d\",\"author\":\"author%u\","
        "\"license\":\"MIT\",\"tags\":[\"tag%u\",\"tag%u\",\"Tag%u\",\"tag%u\"],\"description\":\"",
        n / 3600 % 24, n / 60 % 60, n % 60, n % 10 ? "dataset" : "algorithm", rnd(200), n, rnd(500),
        rnd(TAGS), rnd(TAGS), rnd(TAGS / 10), rnd(TAGS / 100));
    add_text(&b);
    buf_printf(&b,
               "\"},\"services\":[{\"id\":\"s%d\",\"type\":\"%s\",\"name\":\"Service\","
               "\"datatokenAddress\":\"0x%040x\","
               "\"serviceEndpoint\":\"https://node.example\",\"files\":\"0x",
               n, n % 4 ? "access" : "compute", n + 1000000);
    for (int i = 0; i < 300; i++)
        buf_printf(&b, "%08x", rnd(0xffffffff));
    buf_printf(&b,
               "\",\"timeout\":86400}],\"datatokens\":[{\"address\":\"0x%040x\",\"name\":\"Token "
               "%d\",\"symbol\":\"T%d\"}],",
               n + 1000000, n, n);
    buf_printf(
        &b,
        "\"indexedMetadata\":{\"nft\":{\"state\":%d,\"address\":\"0x%040x\",\"owner\":\"0x%040x\","
        "\"name\":\"N\",\"symbol\":\"S\","
        "\"created\":\"2024-01-01T00:00:00Z\"},\"event\":{\"txid\":\"0x%064x\",\"block\":%d,"
        "\"from\":\"0x%040x\"},"
        "\"stats\":[{\"datatokenAddress\":\"0x%040x\",\"name\":\"Token "
        "%d\",\"symbol\":\"T%d\",\"orders\":%u,"
        "\"prices\":[{\"type\":\"fixedrate\",\"price\":\"%u.5\"}]}],\"purgatory\":{\"state\":%s}}}",
        n % 50 ? 0 : 5, n, rnd(500), n, n, rnd(500), n + 1000000, n, n, rnd(10) ? 0 : rnd(1000),
        rnd(100), n % 1000 ? "false" : "true");
    must(!b.full);
    return arena_strdup(a, buf_str(&b));
}

static void put(struct db *db, int n)
{
    _arena_ struct arena *a = arena_new();
    const char *text = document(a, n);
    struct asset_row row = {.chain = (uint64_t)(int[]){1, 137, 11155111}[n % 3],
                            .block = (uint64_t)n};
    struct err e;

    row.nft = arena_printf(a, "0x%040x", n);
    row.did = arena_printf(a, "did:op:%064x", n);
    row.tx = arena_printf(a, "0x%064x", n);
    row.state = n % 50 ? 0 : 5;
    must(json_parse(a, text, strlen(text), &row.document, &e) == 0);
    must(asset_row_put(db, a, &row, ROW_WHOLE, &e) == 0);
}

static void put_batch(struct store *store, int from, int to)
{
    _db_ struct db *db = store_lend(store);
    _tx_ struct tx tx = {0};
    struct err e;

    must(tx_begin(db, &tx, &e) == 0);
    for (; from < to; from++)
        put(db, from);
    must(tx_commit(&tx, &e) == 0);
}

static void fill(struct store *store, int assets)
{
    double start = now_ms();
    int n;

    for (n = 0; n < assets; n += BATCH)
        put_batch(store, n, n + BATCH < assets ? n + BATCH : assets);
    printf("{\"name\":\"documents written a second\",\"value\":%.0f,\"unit\":\"docs/s\"}\n",
           assets / ((now_ms() - start) / 1e3));
}

static double cpu_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

struct class
{
    const char *name;
    const char *body;  /* %1$u ... numbers of words and of filters */
    const char *floor; /* SQL with the same numbers */
    double goal;       /* ms, p99 */
    uint32_t words;    /* below which numbers are drawn */
};

#define MARKET                                                                                     \
    "{\"terms\":{\"chainId\":[1,137]}},{\"term\":{\"indexedMetadata.purgatory.state\":false}},"    \
    "{\"bool\":{\"must_not\":[{\"term\":{\"indexedMetadata.nft.state\":5}}]}}"
#define FTS "SELECT count(*) FROM asset_search WHERE asset_search MATCH "

#define FILTERED_FACETS                                                                            \
    "{\"size\":0,\"track_total_hits\":true,\"query\":{\"bool\":{\"filter\":[" MARKET "]}},"        \
    "\"aggs\":{\"tags\":{\"terms\":{\"field\":\"metadata.tags.keyword\",\"size\":1000}}}}"
#define TERMS_FLOOR "SELECT count(*) FROM asset_term WHERE field = 9"

static const struct class classes[] = {
    {"two words of 3.4 % + filter (Typesense)",
     "{\"q\":\"some%1$u "
     "some%2$u\",\"query_by\":\"metadata.name,metadata.description\",\"prefix\":false,"
     "\"filter_by\":\"metadata.type:=dataset && chainId:=[1,137]\"}",
     FTS "'some%1$u AND some%2$u'", 20, 200},
    {"two words of 3.4 % + filter (Typesense, last is a prefix)",
     "{\"q\":\"some%1$u some%2$u\",\"query_by\":\"metadata.name,metadata.description\","
     "\"filter_by\":\"metadata.type:=dataset && chainId:=[1,137]\"}",
     FTS "'some%1$u AND some%2$u*'", 20, 200},
    {"two words of 3.4 %, both, + filters (Elasticsearch)",
     "{\"query\":{\"bool\":{\"must\":[{\"query_string\":{\"query\":\"some%1$u "
     "some%2$u\",\"fields\":"
     "[\"metadata.name^10\",\"metadata.description\"],\"default_operator\":\"AND\"}}],\"filter\":"
     "[" MARKET "]}}}",
     FTS "'some%1$u AND some%2$u'", 20, 200},
    {"two words of 3.4 %, either, + filters (Elasticsearch)",
     "{\"query\":{\"bool\":{\"must\":[{\"match\":{\"metadata.description\":\"some%1$u "
     "some%2$u\"}}],"
     "\"filter\":[" MARKET "]}}}",
     FTS "'some%1$u OR some%2$u'", 20, 200},
    {"the same, newest first",
     "{\"query\":{\"bool\":{\"must\":[{\"match\":{\"metadata.description\":\"some%1$u "
     "some%2$u\"}}],"
     "\"filter\":[" MARKET "]}},\"sort\":{\"indexedMetadata.event.block\":\"desc\"},\"size\":20}",
     FTS "'some%1$u OR some%2$u'", 20, 200},
    {"two words of 25 %, both, + filter (Typesense)",
     "{\"q\":\"common%1$u "
     "common%2$u\",\"query_by\":\"metadata.name,metadata.description\",\"prefix\":false,"
     "\"filter_by\":\"metadata.type:=dataset && chainId:=[1,137]\"}",
     FTS "'common%1$u AND common%2$u'", 250, 12},
    {"two words of 25 %, either, + filters (Elasticsearch)",
     "{\"query\":{\"bool\":{\"must\":[{\"match\":{\"metadata.description\":\"common%1$u "
     "common%2$u\"}}],"
     "\"filter\":[" MARKET "]}}}",
     FTS "'common%1$u OR common%2$u'", 250, 12},
    {"tag facets",
     "{\"size\":0,\"track_total_hits\":true,\"aggs\":{\"tags\":{\"terms\":{\"field\":\"metadata."
     "tags.keyword\",\"size\":1000}}}}",
     "SELECT count(*) FROM asset_term WHERE field = 9", 50, 1},
    {"tag facets + filters", FILTERED_FACETS, TERMS_FLOOR, 50, 1},
    {"tag facets (Typesense) of two words",
     "{\"q\":\"some%1$u "
     "some%2$u\",\"query_by\":\"metadata.description\",\"facet_by\":\"metadata.tags\"}",
     FTS "'some%1$u AND some%2$u'", 50, 200},
    {"one tag, most orders first",
     "{\"query\":{\"bool\":{\"filter\":[{\"term\":{\"metadata.tags.keyword\":\"tag%1$u\"}}," MARKET
     "]}},\"sort\":{\"indexedMetadata.stats.orders\":\"desc\"},\"size\":20}",
     "SELECT count(*) FROM asset_term WHERE field = 9 AND value = 'tag%1$u'", 20, 1000},
    {"newest first + filters",
     "{\"query\":{\"bool\":{\"filter\":[" MARKET
     "]}},\"sort\":{\"indexedMetadata.event.block\":\"desc\"},"
     "\"size\":20}",
     "SELECT count(*) FROM (SELECT id FROM asset ORDER BY block DESC LIMIT %1$u)", 20, 20},
    {"all, counted (Typesense)", "{\"q\":\"*\",\"filter_by\":\"metadata.type:=dataset\"}",
     "SELECT count(*) FROM asset_term WHERE field = 5 AND value = 'dataset'", 250, 1},
};

/* Sets of filters are remembered until the index changes. */
static const struct class after_a_change = {
    "tag facets + filters, each after a change of the index", FILTERED_FACETS, TERMS_FLOOR, 50, 1};

static void print_times(const char *key, double *ms, int n)
{
    qsort(ms, (size_t)n, sizeof(*ms), by_size);
    printf(",\"%s\":[%.2f,%.2f]", key, ms[n / 2], ms[n * 99 / 100]);
}

static double ask(struct store *store, const char *body)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = store_lend(store);
    _buf_ struct buf out = BUF_INIT(64 << 20);
    double start = now_ms();
    struct json *v;
    struct err e;

    must(json_parse(a, body, strlen(body), &v, &e) == 0);
    if (index_query(db, v, ROUTE_NODE, &out, &e) < 0) {
        fprintf(stderr, "%s: %s\n", body, e.msg);
        exit(1);
    }
    return now_ms() - start;
}

static double ask_bare(sqlite3 *h, const char *sql)
{
    double start = now_ms();
    sqlite3_stmt *q;

    must(sqlite3_prepare_v2(h, sql, -1, &q, NULL) == SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW)
        (void)sqlite3_column_int64(q, 0);
    must(sqlite3_finalize(q) == SQLITE_OK);
    return now_ms() - start;
}

static const char *filled(struct arena *a, const char *text, uint32_t x, uint32_t y)
{
    _buf_ struct buf b = BUF_INIT(65536);

    for (; *text; text++) {
        if (text[0] == '%' && (text[1] == '1' || text[1] == '2') && text[2] == '$') {
            buf_printf(&b, "%u", text[1] == '1' ? x : y);
            text += 3;
        } else {
            buf_putc(&b, *text);
        }
    }
    return arena_strdup(a, buf_str(&b));
}

static void measure(struct store *store, sqlite3 *h, const struct class *c)
{
    static double ours[RUNS];
    static double floors[RUNS];
    double cpu = cpu_ms();
    int i;

    for (i = 0; i < RUNS; i++) {
        _arena_ struct arena *a = arena_new();
        uint32_t x = rnd(c->words);
        uint32_t y = rnd(c->words);

        if (c == &after_a_change)
            put_batch(store, i, i + 1);
        floors[i] = ask_bare(h, filled(a, c->floor, x, y));
        ours[i] = ask(store, filled(a, c->body, x, y));
    }
    printf("{\"name\":\"%s\",\"goal\":%.0f", c->name, c->goal);
    print_times("ms", ours, RUNS);
    print_times("floor", floors, RUNS);
    printf(",\"cpu\":%.2f}\n", (cpu_ms() - cpu) / RUNS);
    (void)fflush(stdout);
}

/* What this process holds after all that: VmRSS of /proc/self/status. */
static void print_memory(void)
{
    _arena_ struct arena *a = arena_new();
    struct bytes status;
    struct err e;
    const char *line;

    must(fs_read(a, "/proc/self/status", 65536, &status, &e) == 0);
    line = strstr((const char *)status.p, "VmRSS:");
    must(line != NULL);
    printf(
        "{\"name\":\"memory of the process after all of them\",\"value\":%ld,\"unit\":\"KiB\"}\n",
        strtol(line + strlen("VmRSS:"), NULL, 10));
}

int main(int argc, char **argv)
{
    char temporary[] = "/tmp/atoll-bench-search-XXXXXX";
    int assets = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100000;
    const char *dir = argc > 2 ? argv[2] : mkdtemp(temporary);
    _arena_ struct arena *a = arena_new();
    struct store *store;
    sqlite3 *h = NULL;
    struct err e;
    size_t i;

    must(dir != NULL);
    must(fs_mkdirs(dir, 0700, &e) == 0);
    must(store_open(dir, &store, &e) == 0);
    must(sqlite3_open_v2(arena_printf(a, "%s/atoll.sqlite", dir), &h, SQLITE_OPEN_READWRITE,
                         NULL) == SQLITE_OK);
    must(sqlite3_exec(h, "PRAGMA cache_size = -512", NULL, NULL, NULL) == SQLITE_OK);
    if (argc < 4) /* a third argument: the folder is full already */
        fill(store, assets);
    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        measure(store, h, &classes[i]);
    measure(store, h, &after_a_change);
    print_memory();
    must(sqlite3_close(h) == SQLITE_OK);
    store_close(store);
    if (argc < 3)
        must(fs_remove_tree(dir, &e) == 0);
    return 0;
}
