/* SPDX-License-Identifier: Apache-2.0 */
#include "indexer/purgatory.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "indexer/index.sql.h"
#include "json/json.h"

enum { LIST_MAX = 8 * 1048576, VALUES_MAX = 200000, FETCH_MS = 2000 };

/* One published list: the banned values in lower case, as members of an object. */
struct banned {
    const char *url;
    const char *key;
    struct arena *a; /* of what follows, new with each list */
    struct json *values;
};

struct purgatory {
    struct store *store;
    struct net *net;
    pthread_mutex_t lock;
    struct banned lists[2];
};

/* INVALID when it is no list of objects: it is not believed, whatever else it is. */
static int read_list(struct arena *a, const char *key, struct bytes_view text, struct json **ret,
                     struct err *e)
{
    struct json *list;
    const char *value;
    size_t i;

    if (json_parse_most(a, text.p, text.n, VALUES_MAX, &list, e) < 0)
        return -1;
    if (!json_is(list, JSON_ARRAY))
        return failed(e, INVALID, "it is no list");
    *ret = json_new_object(a);
    for (i = 0; i < json_len(list); i++) {
        value = json_get_str(json_at(list, i), key, NULL);
        if (!value)
            return failed(e, INVALID, "entry %zu has no \"%s\"", i, key);
        json_set_bool(a, *ret, str_lower(a, value), true);
    }
    return 0;
}

/* Takes a list over when it is another one. */
static void adopt(struct purgatory *p, struct banned *b, struct arena **io_arena,
                  struct json *values, bool *io_changed)
{
    lock_scope(&p->lock);

    if (json_equal(b->values, values))
        return;
    *io_changed = true;
    arena_free(b->a);
    b->a = *io_arena;
    b->values = values;
    *io_arena = NULL;
}

static void load(struct purgatory *p, struct banned *b)
{
    struct arena *a = arena_new();
    _db_ struct db *db = store_lend(p->store);
    _stmt_ struct stmt *q = db_query(db, &sql_purgatory_get);
    struct json *values;
    bool changed = false;
    bool found;
    struct err e;

    bind_text(q, b->url);
    if (stmt_find(q, &found, &e) == 0 && found) {
        const char *text = col_text(q, "list");

        if (read_list(a, b->key, (struct bytes_view){text, strlen(text)}, &values, &e) == 0)
            adopt(p, b, &a, values, &changed);
    }
    arena_free(a);
}

struct purgatory *purgatory_new(const struct purgatory_options *o)
{
    struct purgatory *p = xcalloc(1, sizeof(*p));
    size_t i;

    p->store = o->store;
    p->net = o->net;
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    p->lists[0] = (struct banned){.url = o->asset_url, .key = "did"};
    p->lists[1] = (struct banned){.url = o->account_url, .key = "address"};
    for (i = 0; i < ARRAY_LEN(p->lists); i++)
        if (p->lists[i].url)
            load(p, &p->lists[i]);
    return p;
}

void purgatory_free(struct purgatory *p)
{
    size_t i;

    if (!p)
        return;
    for (i = 0; i < ARRAY_LEN(p->lists); i++)
        arena_free(p->lists[i].a);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static int keep(struct purgatory *p, const char *url, const char *text, struct err *e)
{
    _db_ struct db *db = store_lend(p->store);
    _stmt_ struct stmt *q = db_query(db, &sql_purgatory_put);

    bind_text(q, url);
    bind_text(q, text);
    return stmt_run(q, e);
}

static int refresh(struct purgatory *p, struct banned *b, bool *io_changed, struct err *e)
{
    const struct net_request request = {.url = b->url,
                                        .max_body = LIST_MAX,
                                        .timeout_ms = FETCH_MS,
                                        .connect_timeout_ms = FETCH_MS,
                                        .flags = NET_REDIRECTS};
    struct arena *a = arena_new();
    struct net_response response;
    struct json *values;
    bool changed = false;
    int r;

    r = net_call(p->net, a, &request, &response, e);
    if (r == 0 && response.status != 200)
        r = failed(e, FAILED, "it answered %d", response.status);
    if (r == 0)
        r = read_list(a, b->key, response.body, &values, e);
    if (r == 0)
        adopt(p, b, &a, values, &changed);
    if (r == 0 && changed)
        r = keep(p, b->url, response.body.p, e);
    *io_changed = *io_changed || changed;
    arena_free(a);
    return r < 0 ? err_wrap(e, "the list of banned %ss", b->key) : 0;
}

int purgatory_refresh(struct purgatory *p, bool *ret_changed, struct err *e)
{
    int r = 0;
    size_t i;

    *ret_changed = false;
    for (i = 0; i < ARRAY_LEN(p->lists); i++)
        if (p->lists[i].url && refresh(p, &p->lists[i], ret_changed, e) < 0)
            r = -1;
    return r;
}

static bool has(const struct banned *b, struct arena *a, const char *value)
{
    return b->values && value && json_get(b->values, str_lower(a, value));
}

const char *purgatory_find(struct purgatory *p, struct arena *a, const char *did,
                           const char *account)
{
    lock_scope(&p->lock);

    if (has(&p->lists[0], a, did))
        return arena_strdup(a, did);
    return has(&p->lists[1], a, account) ? arena_strdup(a, account) : NULL;
}

size_t purgatory_entries(struct purgatory *p, struct arena *a, struct purgatory_entry **ret)
{
    lock_scope(&p->lock);
    size_t n = json_len(p->lists[0].values);
    size_t m = json_len(p->lists[1].values);
    size_t i;

    *ret = arena_calloc(a, n + m, sizeof(**ret));
    for (i = 0; i < n; i++)
        (*ret)[i].value = arena_strdup(a, json_key(p->lists[0].values, i));
    for (i = 0; i < m; i++)
        (*ret)[n + i] =
            (struct purgatory_entry){arena_strdup(a, json_key(p->lists[1].values, i)), true};
    return n + m;
}
