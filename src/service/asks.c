/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/random.h"
#include "package/answers.h"
#include "service/demand_int.h"

/* What people ask for: a new deployment, and changes of one. */

enum { ID_TRIES = 5 };

/* --- a new one --- */

/* The answers with the standard ones as the request has them. */
static struct json *all_answers(struct arena *a, const struct service_request *r)
{
    struct json *v = r->answers ? json_copy(a, r->answers) : json_new_object(a);

    json_set_str(a, v, "name", r->name);
    json_set_str(a, v, "size", r->size);
    json_set_str(a, v, "pool", r->pool);
    if (r->ends)
        json_set_int(a, v, "ends", r->ends);
    else
        json_remove(v, "ends");
    return v;
}

static int check_answers(struct arena *a, const struct package *p, const struct service_request *r,
                         struct json **ret, struct err *e)
{
    const struct answers_ask ask = {.package = p, .now_ms = clock_ms()};
    struct json *errors;

    if (r->answers && !json_is(r->answers, JSON_OBJECT))
        return refused(e, SERVICE_ANSWER, "answers", "is no object");
    if (answers_check(a, &ask, all_answers(a, r), ret, &errors, e) < 0)
        return -1;
    if (json_len(errors) > 0)
        return refused(e, SERVICE_ANSWER, json_key(errors, 0), json_str(json_value(errors, 0), ""));
    return 0;
}

/* The pool must be the owner's and able to pay a first period in a place that has room. */
static int check_pool(struct service *s, struct arena *a, const struct service_request *r,
                      const struct package_size *size, const struct compute_env **ret,
                      struct err *e)
{
    struct service_place place = {.env = r->env, .size = size};
    struct pool_quote_request ask = {0};
    struct compute_resources resources;
    struct pool_quote quote;
    struct pool_info pool;
    int found;

    if (!s->o.pools)
        return service_place_find(s->o.compute, &place, ret, e);
    found = pool_find(s->o.pools, a, r->owner, r->pool, &pool, e);
    if (found <= 0)
        return found < 0 ? -1 : refused(e, SERVICE_POOL, r->pool);
    place.chain = pool.chain;
    place.token = &pool.token;
    if (service_place_find(s->o.compute, &place, ret, e) < 0 ||
        service_resources(*ret, size, &resources, e) < 0)
        return -1;
    ask.env = *ret;
    ask.resources = &resources;
    ask.chain = pool.chain;
    ask.token = pool.token;
    if (pool_quote(s->o.pools, &ask, &quote, e) < 0)
        return -1;
    return pool_can_pay(s->o.pools, &quote, &pool, e);
}

int asks__check_count(struct service *s, const char *owner, struct err *e)
{
    int64_t count;

    if (rows_count(s->o.store, owner, NULL, &count, e) < 0)
        return -1;
    return count < SERVICE_LIVE_MAX ? 0 : refused(e, SERVICE_MANY, (int)SERVICE_LIVE_MAX);
}

static int check_owner(struct service *s, const struct service_request *r, struct err *e)
{

    if (!answers_is_name(r->name))
        return refused(e, SERVICE_ANSWER, "name",
                       "must be 2 to 32 letters a-z, digits and single hyphens");
    if (r->ends && r->ends <= clock_ms())
        return refused(e, SERVICE_ANSWER, "ends", "is over already");
    if (asks__check_count(s, r->owner, e) < 0)
        return -1;
    return s->o.gateway ? gateway_name_check(s->o.gateway, r->name, e) : 0;
}

static int seal_json(struct service *s, struct arena *a, const struct json *v, const char **ret,
                     struct err *e)
{
    const char *text = json_text(a, v);

    if (strlen(text) > SERVICE_ANSWERS_MAX)
        return failed(e, TOO_LARGE, "the answers are too large");
    return seal__text(s, a, text, ret, e);
}

/* An id nobody has, in ten thousand million years of trying once a second all but surely. */
int asks__insert(struct service *s, struct arena *a, struct service_row *row, struct err *e)
{
    const bool given = row->id != NULL;
    uint8_t id[16];
    bool name;
    int i;

    for (i = 0; i < ID_TRIES; i++) {
        random_bytes(id, sizeof(id));
        if (!given)
            row->id = hex_dup(a, id, sizeof(id));
        if (rows_insert(s->o.store, row, &name, e) == 0)
            return 0;
        if (name)
            return refused(e, SERVICE_NAME, row->name);
        if (e->code != ERR_CONFLICT || given)
            return -1;
    }
    return -1;
}

/* Whether it was asked for before, by this id. */
static int find_again(struct service *s, const struct service_request *r, bool *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row;
    int found = r->id ? rows_get(s->o.store, a, r->owner, r->id, &row, e) : 0;

    *ret = found > 0;
    return found < 0 ? -1 : 0;
}

void asks__set_live(struct service *s, const struct service_row *row)
{
    struct live *l = live__new(s, engine__of(s, row->cluster), row);

    life__note(l, life__step_name(row->step), "");
    lock_scope(&s->lock);
    list_push(&s->live, &l->link);
    life__kick_locked(l);
}

static int deploy(struct service *s, const struct service_request *r, char ret_id[SERVICE_ID_SIZE],
                  struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row = {.id = r->id,
                              .owner = r->owner,
                              .name = r->name,
                              .import = r->import,
                              .step = STEP_FUND,
                              .mode = MODE_CREATE,
                              .ends = r->ends,
                              .created = clock_ms(),
                              .entered = clock_ms()};
    const struct compute_env *env;
    struct package *p;
    struct json *answers;
    const struct package_size *size;

    if (check_owner(s, r, e) < 0 ||
        packages_find(s->o.packages, a, r->package, r->version, &p, e) < 0)
        return -1;
    if (!p->offered)
        return refused(e, PACKAGE_NOT_OFFERED, p->name, p->reason);
    size = package_size_find(p, r->size);
    if (!size)
        return refused(e, SERVICE_ANSWER, "size", "is none of the package's sizes");
    if (check_answers(a, p, r, &answers, e) < 0 || image__check_answers(s, a, p, answers, e) < 0 ||
        check_pool(s, a, r, size, &env, e) < 0 || seal_json(s, a, answers, &row.answers, e) < 0 ||
        seal_json(s, a, r->secrets ? r->secrets : package_secrets_make(a, p), &row.secrets, e) < 0)
        return -1;
    row.package = p->name;
    row.title = p->title;
    row.pool = r->pool ? r->pool : "";
    row.env = compute_env_info(env)->id;
    row.cluster = compute_env_info(env)->cluster;
    str_copy(row.version, sizeof(row.version), p->version);
    str_copy(row.size, sizeof(row.size), size->name);
    str_copy(row.health, sizeof(row.health), "none");
    if (asks__insert(s, a, &row, e) < 0)
        return -1;
    asks__set_live(s, &row);
    str_copy(ret_id, SERVICE_ID_SIZE, row.id);
    return 0;
}

int service_deploy(struct service *s, const struct service_request *r, char ret_id[SERVICE_ID_SIZE],
                   struct err *e)
{
    struct err ignored;
    bool found;

    if (find_again(s, r, &found, e) < 0)
        return -1;
    if (!found && deploy(s, r, ret_id, e) < 0) {
        /* somebody else may have been faster with the same id */
        if (find_again(s, r, &found, &ignored) < 0 || !found)
            return -1;
    }
    if (found)
        str_copy(ret_id, SERVICE_ID_SIZE, r->id);
    return 0;
}

/* --- changes --- */

/* The owner's live deployment; NULL with the error when it cannot be asked now. lock is held. */
static struct live *find_locked(struct service *s, const struct service_key *k, struct err *e)
{
    struct live *l = live__find_locked(s, k->id);

    if (!l || (k->owner && !str_eq(k->owner, l->owner))) {
        refused(e, SERVICE_UNKNOWN, k->id);
        return NULL;
    }
    return l;
}

static bool may(const struct live *l, int wish)
{
    switch (wish) {
    case WISH_START:
        return l->step == STEP_STOPPED;
    case WISH_STOP:
        return l->step == STEP_RUNNING || l->step == STEP_GRACE;
    case WISH_UPDATE:
        return l->step == STEP_RUNNING || (l->step == STEP_STOPPED && demand__is(&l->row));
    default:
        return l->step == STEP_RUNNING;
    }
}

/* Writes a wish down and wakes the deployment. `asks` is held from the look to the kick. */
int asks__wish(struct service *s, const struct service_key *k, int what, const char *arg,
               struct err *e)
{
    static const char *const names[] = {
        [WISH_START] = "started",        [WISH_STOP] = "stopped",   [WISH_RESTART] = "restarted",
        [WISH_ROLLBACK] = "rolled back", [WISH_UPDATE] = "updated", [WISH_RESIZE] = "resized",
        [WISH_DELETE] = "deleted"};
    struct live *l;

    lock_scope(&s->asks);
    {
        lock_scope(&s->lock);
        l = find_locked(s, k, e);
        if (!l)
            return -1;
        if (what != WISH_DELETE && (!may(l, what) || l->wish || l->wants_again))
            return refused(e, SERVICE_STATE, life__state(l->step, l->mode), names[what]);
    }
    if (rows_wish(s->o.store, k->id, what, arg, e) < 0)
        return -1;
    lock_scope(&s->lock);
    l = live__find_locked(s, k->id);
    if (!l)
        return 0; /* deleted meanwhile */
    l->wish = what;
    str_copy(l->wish_arg, sizeof(l->wish_arg), arg ? arg : "");
    if (what == WISH_DELETE)
        atomic_store(&l->stop, true);
    life__kick_locked(l);
    return 0;
}

int service_ask(struct service *s, const struct service_key *k, enum service_wish what,
                struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row;

    if (what == SERVICE_ROLLBACK) {
        int found = rows_get(s->o.store, a, k->owner, k->id, &row, e);

        if (found <= 0)
            return found < 0 ? -1 : refused(e, SERVICE_UNKNOWN, k->id);
        if (!row.old_version[0])
            return refused(e, SERVICE_NO_OLD);
    }
    return asks__wish(s, k, (int)what + 1, NULL, e);
}

static int load_row(struct service *s, struct arena *a, const struct service_key *k,
                    struct service_row *ret, struct err *e)
{
    int found = rows_get(s->o.store, a, k->owner, k->id, ret, e);

    return found > 0 ? 0 : found < 0 ? -1 : refused(e, SERVICE_UNKNOWN, k->id);
}

int service_resize(struct service *s, const struct service_key *k, const char *size, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row;
    struct package *p;

    if (load_row(s, a, k, &row, e) < 0 ||
        packages_find_any(s->o.packages, a, row.package, row.version, &p, e) < 0)
        return -1;
    if (!package_size_find(p, size))
        return refused(e, SERVICE_ANSWER, "size", "is none of the package's sizes");
    if (str_eq(row.size, size))
        return refused(e, SERVICE_ANSWER, "size", "is the size that it has");
    return asks__wish(s, k, WISH_RESIZE, size, e);
}

int service_update(struct service *s, const struct service_key *k, const char *version,
                   struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row;
    struct package *p;
    struct plan plan;

    if (load_row(s, a, k, &row, e) < 0 ||
        packages_find(s->o.packages, a, row.package, version, &p, e) < 0)
        return -1;
    if (str_eq(row.version, p->version))
        return refused(e, SERVICE_ANSWER, "version", "is the version that it has");
    str_copy(row.version, sizeof(row.version), p->version);
    if (plan__load(s, a, &row, &plan, e) < 0) /* it must be able to take the old answers */
        return -1;
    return asks__wish(s, k, WISH_UPDATE, p->version, e);
}

int service_extend(struct service *s, const struct service_key *k, int64_t ends, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct service_row row;
    struct live *l;

    if (load_row(s, a, k, &row, e) < 0)
        return -1;
    if (row.gone || row.step == STEP_FAILED || row.step == STEP_DELETE)
        return refused(e, SERVICE_STATE, life__state(row.step, row.mode), "extended");
    if (ends && ends <= clock_ms())
        return refused(e, SERVICE_ANSWER, "ends", "is over already");
    if (demand__is(&row) && demand__may_end(s, &row, ends, e) < 0)
        return -1;
    /* what is stopped has no meter that lives: the next one begins with this end */
    if (s->o.pools && row.step != STEP_STOPPED &&
        pool_meter_extend(s->o.pools, row.id, ends, e) < 0)
        return -1;
    if (rows_set_ends(s->o.store, row.id, ends, e) < 0)
        return -1;
    {
        lock_scope(&s->lock);
        l = live__find_locked(s, row.id);
        if (l) {
            l->ends = ends;
            life__kick_locked(l);
        }
    }
    stream__changed(s, row.id);
    return 0;
}

/* --- deletion --- */

/* What is known of it: {id, name, state, removed}. */
static int deletion_json(struct service *s, struct arena *a, const struct service_row *row,
                         struct json **ret, struct err *e)
{
    struct json *v = json_new_object(a);
    struct json *removed = NULL;

    if (row->gone && rows_removed(s->o.store, a, row->id, &removed, e) < 0)
        return -1;
    json_set_str(a, v, "id", row->id);
    json_set_str(a, v, "name", row->name);
    json_set_str(a, v, "state", row->gone ? "deleted" : "deleting");
    json_set(a, v, "removed", removed);
    *ret = v;
    return 0;
}

/* Asked for twice it is the same deletion. */
int service_delete(struct service *s, struct arena *a, const struct service_key *k,
                   const char *confirm, struct json **ret, struct err *e)
{
    struct service_row row;

    if (load_row(s, a, k, &row, e) < 0)
        return -1;
    if (!str_eq(confirm, row.name))
        return refused(e, SERVICE_CONFIRM, row.name);
    if (!row.gone && row.wish != WISH_DELETE && row.step < STEP_DELETE) {
        if (asks__wish(s, k, WISH_DELETE, NULL, e) < 0)
            return -1;
        stream__changed(s, k->id);
    }
    return deletion_json(s, a, &row, ret, e);
}
