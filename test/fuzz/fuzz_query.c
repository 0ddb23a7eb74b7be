/* SPDX-License-Identifier: Apache-2.0 */
/* What strangers send to search: it is refused, or it becomes SQL that runs. */
#include <stdlib.h>

#include "base/fs.h"
#include "base/must.h"
#include "indexer/index.h"

static char dir[] = "/tmp/atoll-fuzz-query-XXXXXX";
static struct store *store;

static void clean_up(void)
{
    struct err e;

    store_close(store);
    must(fs_remove_tree(dir, &e) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = NULL;
    _buf_ struct buf out = BUF_INIT(65536);
    struct json *body;
    struct err e;

    if (!store) {
        must(mkdtemp(dir) != NULL);
        must(store_open(dir, &store, &e) == 0);
        (void)atexit(clean_up);
    }
    if (json_parse(a, (const char *)data, size, &body, &e) < 0)
        return 0;
    db = store_lend(store);
    if (index_query(db, body, ROUTE_AQUARIUS, &out, &e) < 0)
        must(e.code == ERR_INVALID);
    return 0;
}
