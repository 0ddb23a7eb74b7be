/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/random.h"
#include "service/demand_int.h"

/* What wallets ask of services on demand. */

/* Whoever stops many at a time must not hold up everybody's commands: few are waited for. */
enum { SETTLE_MS = 15000, SETTLERS_MAX = 4, TITLE_MAX = 100 };

/* --- a new one --- */

/* The wallet pays from a pool of its own, which is made when it comes for the first time. */
static int find_pool(struct service *s, struct arena *a, const struct demand_request *r,
                     char ret_id[POOL_ID], struct err *e)
{
    struct pool_new n = {
        .owner = r->owner, .chain = r->chain, .token = r->token, .payer = &r->payer, .note = ""};

    n.name = arena_printf(a, "Services on demand, %.10s of chain %llu", addr_text(a, &r->token),
                          (unsigned long long)r->chain);
    return pool_of_wallet(s->o.pools, &n, ret_id, e);
}

/* The texts that the reference has where compute's have a status of its own. */
static int pricing(struct arena *a, const struct demand_request *r, struct err *e)
{
    if (e->code != ERR_COMPUTE_TOKEN && e->code != ERR_COMPUTE_CHAIN)
        return -1;
    return refused(e, DEMAND_PRICE, addr_text(a, &r->token),
                   arena_printf(a, "%llu", (unsigned long long)r->chain));
}

static int check_money(struct service *s, struct arena *a, const struct demand_request *r,
                       struct err *e)
{
    const struct pool_prepay q = {.env = r->env,
                                  .resources = r->resources,
                                  .chain = r->chain,
                                  .token = r->token,
                                  .payer = r->payer,
                                  .seconds = r->duration_s};
    struct u256 cost;

    if (!s->o.pools)
        return 0;
    return pool_prepay_check(s->o.pools, &q, &cost, e) < 0 ? pricing(a, r, e) : 0;
}

static void set_names(struct arena *a, const struct demand_request *r, struct service_row *row)
{
    uint8_t id[16];

    random_bytes(id, sizeof(id));
    row->id = hex_dup(a, id, sizeof(id));
    row->name = arena_printf(a, "svc-%.12s", row->id);
    row->title = arena_printf(a, "%.*s", TITLE_MAX, demand_image(a, r->spec));
    str_copy(row->version, sizeof(row->version), "1");
    str_copy(row->size, sizeof(row->size), "custom");
    str_copy(row->health, sizeof(row->health), "none");
}

static int write_down(struct service *s, struct arena *a, const struct demand_request *r,
                      struct service_row *row, struct err *e)
{
    struct demand_row demand = {.consumer = r->consumer,
                                .chain = r->chain,
                                .token = addr_text(a, &r->token),
                                .duration_s = r->duration_s};

    set_names(a, r, row);
    if (demand__seal(s, a, r->spec, demand__resources_json(a, r->resources), &demand.spec, e) < 0 ||
        seal__text(s, a, "{}", &row->answers, e) < 0)
        return -1;
    row->secrets = row->answers;
    row->demand = &demand;
    if (asks__insert(s, a, row, e) < 0)
        return -1;
    row->demand = NULL;
    asks__set_live(s, row);
    return 0;
}

/* The service as its owner sees it. */
static int show(struct service *s, struct arena *a, const struct service_key *k, struct json **ret,
                struct err *e)
{
    const struct demand_filter all = {.all = true};
    struct service_row row;
    int found = rows_get(s->o.store, a, k->owner, k->id, &row, e);

    if (found < 0)
        return -1;
    if (found == 0 || !demand__is(&row))
        return refused(e, DEMAND_UNKNOWN, k->id);
    return demand__json(s, a, &row, &all, ret, e);
}

int demand_start(struct service *s, struct arena *a, const struct demand_request *r,
                 struct json **ret, struct err *e)
{
    const struct compute_env_info *info = compute_env_info(r->env);
    struct service_row row = {.owner = r->owner,
                              .package = DEMAND_PACKAGE,
                              .env = info->id,
                              .cluster = info->cluster,
                              .pool = "",
                              .step = STEP_FUND,
                              .mode = MODE_CREATE,
                              .created = clock_ms(),
                              .entered = clock_ms()};
    char pool[POOL_ID];
    struct service_key k = {r->owner, NULL};

    if (asks__check_count(s, r->owner, e) < 0 ||
        compute_available(r->env, false, r->resources, e) < 0 || check_money(s, a, r, e) < 0)
        return -1;
    if (s->o.pools) {
        if (find_pool(s, a, r, pool, e) < 0)
            return -1;
        row.pool = pool;
    }
    row.ends = clock_ms() + r->duration_s * 1000;
    if (write_down(s, a, r, &row, e) < 0)
        return -1;
    k.id = row.id;
    return show(s, a, &k, ret, e);
}

/* --- one that is there --- */

static int load(struct service *s, struct arena *a, const struct service_key *k,
                struct service_row *ret, struct err *e)
{
    int found = rows_get(s->o.store, a, k->owner, k->id, ret, e);

    if (found < 0)
        return -1;
    return found > 0 && demand__is(ret) ? 0 : refused(e, DEMAND_UNKNOWN, k->id);
}

static bool is_over(const struct service_row *row)
{
    return row->gone || row->step >= STEP_DELETE || row->ends <= clock_ms();
}

/* What asks__wish() refuses, in this protocol's words. */
static int ask(struct service *s, const struct service_key *k, int what, const char *arg,
               struct err *e)
{
    if (asks__wish(s, k, what, arg, e) == 0)
        return 0;
    if (e->code == ERR_SERVICE_STATE)
        return refused(e, DEMAND_BUSY, k->id);
    return e->code == ERR_SERVICE_UNKNOWN ? refused(e, DEMAND_UNKNOWN, k->id) : -1;
}

/* Waits until what was asked for is done, if it is soon: a client can ask how it is. */
static void settle(struct service *s, const char *id)
{
    int64_t end = clock_mono_ms() + SETTLE_MS;
    const struct live *l;

    lock_scope(&s->lock);
    if (s->settling >= SETTLERS_MAX)
        return;
    s->settling++;
    while ((l = live__find_locked(s, id)) && (l->wish || !life__rests(l->step)) && !s->ending &&
           clock_mono_ms() < end)
        (void)cond_wait_ms(&s->ended, &s->lock, 1000);
    s->settling--;
}

int demand_stop(struct service *s, struct arena *a, const struct service_key *k, bool release,
                struct json **ret, struct err *e)
{
    struct service_row row;

    if (load(s, a, k, &row, e) < 0)
        return -1;
    if (!row.gone && row.step != STEP_DELETE && (release || row.step != STEP_STOPPED) &&
        (release || row.step != STEP_FAILED)) {
        if (ask(s, k, release ? WISH_DELETE : WISH_STOP, NULL, e) < 0)
            return -1;
        settle(s, k->id);
    }
    return show(s, a, k, ret, e);
}

/* --- restart --- */

/* Number of the new spec, or of the one that it has. */
static int choose_spec(struct service *s, struct arena *a, const struct service_row *row,
                       const struct demand_spec *spec, char ret_number[ROW_TEXT], struct err *e)
{
    struct demand_new_spec n = {row->id, NULL, row->version, row->old_version};
    struct demand_spec old, new;
    struct json *resources;

    str_copy(ret_number, ROW_TEXT, row->version);
    if (!spec)
        return 0;
    if (demand__spec(s, a, row, &old, &resources, e) < 0)
        return -1;
    new = *spec;
    new.ports = old.ports; /* its endpoints stay */
    if (demand__seal(s, a, &new, resources, &n.sealed, e) < 0)
        return -1;
    return demand_rows_add_spec(s->o.store, &n, ret_number, e);
}

int demand_restart(struct service *s, struct arena *a, const struct service_key *k,
                   const struct demand_spec *spec, struct json **ret, struct err *e)
{
    char number[ROW_TEXT];
    struct service_row row;

    if (load(s, a, k, &row, e) < 0)
        return -1;
    if (is_over(&row))
        return refused(e, DEMAND_OVER);
    if (row.step == STEP_FAILED || row.step == STEP_UNDO)
        return refused(e, DEMAND_UNPAID);
    if (row.step != STEP_RUNNING && row.step != STEP_STOPPED)
        return refused(e, DEMAND_BUSY, k->id);
    if (choose_spec(s, a, &row, spec, number, e) < 0 || ask(s, k, WISH_UPDATE, number, e) < 0)
        return -1;
    return show(s, a, k, ret, e);
}

/* --- more time --- */

static int check_extension(struct service *s, struct arena *a, const struct service_row *row,
                           const struct demand_more *more, struct err *e)
{
    struct pool_prepay q = {.chain = more->chain,
                            .token = more->token,
                            .payer = more->payer,
                            .seconds = more->seconds,
                            .wait_s = (row->ends - clock_ms()) / 1000 + 1};
    struct compute_resources resources;
    struct demand_row demand;
    struct u256 cost;
    int found = demand_rows_get(s->o.store, a, row->id, &demand, e);
    struct addr token;

    if (found <= 0)
        return found < 0 ? -1 : refused(e, DEMAND_UNKNOWN, row->id);
    if (demand.chain != more->chain || !addr_parse_any(demand.token, &token) ||
        !addr_eq(&token, &more->token))
        return refused(e, DEMAND_TOKEN, demand.token,
                       arena_printf(a, "%llu", (unsigned long long)demand.chain));
    if (row->step == STEP_STOPPED || !s->o.pools)
        return 0; /* it is paid for when it is started */
    found = plan__resources(s, a, row, &q.env, &resources, e);
    if (found <= 0)
        return found < 0 ? -1 : refused(e, DEMAND_ENV_GONE, row->env);
    q.resources = &resources;
    return pool_prepay_check(s->o.pools, &q, &cost, e);
}

/* The time that it may be extended in, and how far. */
static int check_time(struct service *s, struct arena *a, const struct service_row *row,
                      int64_t seconds, struct err *e)
{
    const struct compute_env *env = compute_env_find(s->o.compute, row->env);
    int64_t left = (row->ends - clock_ms()) / 1000 + seconds;
    int64_t most;

    if (is_over(row) || row->step == STEP_FAILED || row->step == STEP_UNDO)
        return refused(e, DEMAND_ENDED, row->id);
    if (row->step != STEP_RUNNING && row->step != STEP_STOPPED)
        return refused(e, DEMAND_STARTING, row->id);
    if (!env)
        return refused(e, DEMAND_ENV_GONE, row->env);
    most = compute_env_info(env)->conf->on_demand->max_duration;
    if (left > most)
        return refused(e, DEMAND_TOO_LONG, arena_printf(a, "%lld", (long long)left),
                       arena_printf(a, "%lld", (long long)most));
    return 0;
}

int demand_extend(struct service *s, struct arena *a, const struct service_key *k,
                  const struct demand_more *more, struct json **ret, struct err *e)
{
    struct demand_row demand;
    struct service_row row;

    if (load(s, a, k, &row, e) < 0 || check_time(s, a, &row, more->seconds, e) < 0 ||
        check_extension(s, a, &row, more, e) < 0)
        return -1;
    {
        lock_scope(&s->asks); /* two at a time would be one */
        if (load(s, a, k, &row, e) < 0 || check_time(s, a, &row, more->seconds, e) < 0 ||
            service_extend(s, k, row.ends + more->seconds * 1000, e) < 0 ||
            demand_rows_get(s->o.store, a, k->id, &demand, e) < 0 ||
            demand_rows_set_duration(s->o.store, k->id, demand.duration_s + more->seconds, e) < 0)
            return -1;
    }
    return show(s, a, k, ret, e);
}

int demand_env(struct service *s, const struct service_key *k, const struct compute_env **ret,
               struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row;

    if (load(s, a, k, &row, e) < 0)
        return -1;
    *ret = compute_env_find(s->o.compute, row.env);
    return *ret ? 0 : refused(e, DEMAND_ENV_GONE, row.env);
}

/* --- output --- */

int demand_logs(struct service *s, const struct service_key *k, int64_t since_ms,
                struct service_stream **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    /* since the first millisecond there was: all of it */
    const struct service_logs q = {.since = since_ms > 0 ? since_ms : 1, .follow = true};
    struct service_row row;

    if (load(s, a, k, &row, e) < 0)
        return -1;
    if (row.gone || row.step == STEP_STOPPED || row.step == STEP_FAILED ||
        row.step < STEP_CONTAINERS || row.step >= STEP_DELETE)
        return refused(e, DEMAND_NOT_RUNNING);
    if (service_logs(s, k, &q, ret, e) == 0)
        return 0;
    return e->code == ERR_SERVICE_CONTAINER ? refused(e, DEMAND_NOT_RUNNING) : -1;
}
