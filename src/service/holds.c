/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/random.h"
#include "service/rows.h"
#include "service/rows.sql.h"
#include "store/db_json.h"

/* What deployments hold of the machine: networks and ports; and the rings of their charts. */

static void bind_network(struct stmt *q, const struct rows_network *n)
{
    bind_text(q, n->cluster);
    bind_text(q, n->owner);
    bind_i64(q, n->open);
}

static int get_network(struct db *db, const struct rows_network *n, bool *ret_found, int64_t *ret,
                       struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_network_get);

    bind_network(q, n);
    if (stmt_find(q, ret_found, e) < 0)
        return -1;
    if (*ret_found)
        *ret = col_i64(q, "number");
    return 0;
}

int rows_network(struct store *s, const struct rows_network *n, int64_t first, int64_t count,
                 int64_t *ret, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};
    bool found;
    int64_t i;

    if (tx_begin(db, &tx, e) < 0 || get_network(db, n, &found, ret, e) < 0)
        return -1;
    for (i = 0; !found && i < count; i++) {
        _stmt_ struct stmt *q = db_query(db, &sql_service_network_insert);

        bind_network(q, n);
        *ret = (first + i) % count;
        bind_i64(q, *ret);
        if (stmt_run(q, e) < 0)
            return -1;
        found = db_changes(db) > 0;
    }
    if (!found)
        return failed(e, UNAVAILABLE, "all %lld private networks are in use", (long long)count);
    return tx_commit(&tx, e);
}

int rows_network_next(struct store *s, const struct rows_network *n, int64_t count, int64_t *io,
                      struct err *e)
{
    _db_ struct db *db = store_lend(s);
    int64_t i;

    for (i = 1; i < count; i++) {
        _stmt_ struct stmt *q = db_query(db, &sql_service_network_move);
        int64_t number = (*io + i) % count;

        bind_i64(q, number);
        bind_network(q, n);
        if (stmt_run(q, e) == 0) {
            *io = number;
            return 0;
        }
        if (e->code != ERR_CONFLICT) /* somebody else has that one */
            return -1;
    }
    return failed(e, UNAVAILABLE, "all private networks are in use");
}

int rows_network_delete(struct store *s, const struct rows_network *n, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_network_delete);

    bind_network(q, n);
    return stmt_run(q, e);
}

/* --- ports --- */

static int insert_port(struct db *db, const struct rows_port *p, int64_t port, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_port_insert);

    bind_text(q, p->address);
    bind_text(q, p->protocol);
    bind_i64(q, port);
    bind_text(q, p->id);
    bind_text(q, p->container);
    bind_text(q, p->name);
    return stmt_run(q, e);
}

/* The first free port at or after `from`, then from the beginning of the range; 0: none. */
static int free_port(struct db *db, const struct rows_port *p, const int64_t range[2], int64_t from,
                     int64_t *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_port_taken);
    int64_t before = range[0], after = from;
    int r;

    bind_text(q, p->address);
    bind_text(q, p->protocol);
    while ((r = stmt_step(q, e)) > 0) {
        int64_t port = col_i64(q, "port");

        before += port == before;
        after += port == after;
    }
    *ret = after <= range[1] ? after : before < from ? before : 0;
    return r;
}

static int get_port(struct db *db, const struct rows_port *p, int64_t *ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_port_get);
    bool found;

    bind_text(q, p->id);
    bind_text(q, p->container);
    bind_text(q, p->name);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    *ret = found ? col_i64(q, "port") : 0;
    return 0;
}

static int take_port(struct db *db, const struct rows_port *p, const int64_t range[2], int64_t from,
                     int64_t *ret, struct err *e)
{
    if (free_port(db, p, range, from, ret, e) < 0)
        return -1;
    if (*ret == 0)
        return failed(e, UNAVAILABLE, "all ports from %lld to %lld are in use", (long long)range[0],
                      (long long)range[1]);
    return insert_port(db, p, *ret, e);
}

int rows_port(struct store *s, const struct rows_port *p, int64_t first, int64_t last, int64_t *ret,
              struct err *e)
{
    const int64_t range[2] = {first, last};
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};

    if (tx_begin(db, &tx, e) < 0 || get_port(db, p, ret, e) < 0)
        return -1;
    if (*ret == 0 && take_port(db, p, range, first, ret, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static int delete_port(struct db *db, const struct rows_port *p, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_port_delete);

    bind_text(q, p->id);
    bind_text(q, p->container);
    bind_text(q, p->name);
    return stmt_run(q, e);
}

int rows_port_next(struct store *s, const struct rows_port *p, int64_t first, int64_t last,
                   int64_t *io, struct err *e)
{
    const int64_t range[2] = {first, last};
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};
    uint16_t jump; /* who has one of our ports often has its neighbours, too */
    int64_t from;

    random_bytes(&jump, sizeof(jump));
    from = first + jump % (last - first + 1);
    if (tx_begin(db, &tx, e) < 0 || delete_port(db, p, e) < 0 ||
        take_port(db, p, range, from, io, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

int rows_ports_free(struct store *s, const char *id, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_port_free);

    bind_text(q, id);
    return stmt_run(q, e);
}

int rows_ports(struct store *s, struct arena *a, const char *id, struct json **ret, struct err *e)
{
    static const struct db_member members[] = {
        {"name", "name", DB_TEXT},         {"container", "container", DB_TEXT},
        {"host", "address", DB_TEXT},      {"port", "port", DB_INT},
        {"protocol", "protocol", DB_TEXT},
    };
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_port_list);
    struct json *list = json_new_array(a);
    int r;

    bind_text(q, id);
    r = stmt_json(q, a, members, ARRAY_LEN(members), list, e);
    *ret = list;
    return r;
}

/* --- samples --- */

static const struct {
    const char *name;
    int64_t step_ms;
    int64_t slots;
} ranges[] = {{"hour", 20000, 180}, {"day", 300000, 288}, {"week", 1800000, 336}};

bool rows_range(const char *name, int *ret)
{
    for (*ret = 0; *ret < (int)ARRAY_LEN(ranges); ++*ret)
        if (str_eq(ranges[*ret].name, name))
            return true;
    return false;
}

static int add_sample(struct db *db, const char *id, int range, const struct rows_sample *v,
                      struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_sample_add);
    int64_t n = v->at / ranges[range].step_ms;

    bind_text(q, id);
    bind_i64(q, range);
    bind_i64(q, n % ranges[range].slots);
    bind_i64(q, n * ranges[range].step_ms);
    bind_i64(q, v->cpu);
    bind_i64(q, v->memory);
    bind_i64(q, v->disk);
    bind_i64(q, v->rx);
    bind_i64(q, v->tx);
    return stmt_run(q, e);
}

static int set_seen(struct db *db, const char *id, int64_t at, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_service_seen);

    bind_i64(q, at);
    bind_text(q, id);
    return stmt_run(q, e);
}

int rows_sample(struct store *s, const char *id, const struct rows_sample *v, struct err *e)
{
    _db_ struct db *db = store_lend(s);
    _tx_ struct tx tx = {0};
    int i;

    if (tx_begin(db, &tx, e) < 0)
        return -1;
    for (i = 0; i < (int)ARRAY_LEN(ranges); i++)
        if (add_sample(db, id, i, v, e) < 0)
            return -1;
    if (v->runs && set_seen(db, id, v->at, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

static void push_point(struct arena *a, struct json *into, const char *key, int64_t at, double v)
{
    struct json *point = json_new_array(a);

    json_push(a, point, json_new_int(a, at));
    json_push(a, point, json_new_num(a, v));
    json_push(a, json_get(into, key), point);
}

int rows_samples(struct store *s, struct arena *a, const char *id, int range, struct json **ret,
                 struct err *e)
{
    static const char *const keys[] = {"cpu", "memory", "disk", "rx", "tx"};
    _db_ struct db *db = store_lend(s);
    _stmt_ struct stmt *q = db_query(db, &sql_service_sample_list);
    struct json *v = json_new_object(a);
    size_t i;
    int r;

    json_set_int(a, v, "step_s", ranges[range].step_ms / 1000);
    for (i = 0; i < ARRAY_LEN(keys); i++)
        json_set(a, v, keys[i], json_new_array(a));
    bind_text(q, id);
    bind_i64(q, range);
    bind_i64(q, clock_ms() - ranges[range].step_ms * ranges[range].slots);
    while ((r = stmt_step(q, e)) > 0) {
        int64_t at = col_i64(q, "at"), n = col_i64(q, "count");

        for (i = 0; i < ARRAY_LEN(keys); i++) {
            double sum = (double)col_i64(q, keys[i]) / (double)n;

            push_point(a, v, keys[i], at, i == 0 ? sum / 1000 : (double)(int64_t)sum);
        }
    }
    *ret = v;
    return r;
}
