/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/log.h"
#include "service/service_int.h"

/*
 * Time that is not charged: a container ended while this node, or its engine, was down, and nobody
 * started it again. Containers that ran on meanwhile did what they are paid for.
 */

/* When it was alive for the last time, as far as we know. */
static int64_t last_sign(const struct service_row *row)
{
    return row->seen > row->entered ? row->seen : row->entered;
}

/*
 * Since when the container did not run, of the time since `seen`; 0: it ran on. The engine's word
 * counts, but for a machine that was started anew: there it took it for running until then.
 */
static int64_t since(const struct docker_look *look, int64_t seen)
{
    if (look && look->running && look->started_ms <= seen)
        return 0;
    if (!look || clock_boot_ms() > seen || look->finished_ms < seen)
        return seen;
    return look->finished_ms;
}

static int pause_meter(struct service *s, const char *id, int64_t from, struct err *e)
{
    return from && s->o.pools ? pool_meter_pause(s->o.pools, id, from, e) : 0;
}

int idle__found(struct live *l, const struct docker_look *look, struct err *e)
{
    return l->blind ? pause_meter(l->service, l->id, since(look, last_sign(&l->row)), e) : 0;
}

int idle__over(struct live *l, struct err *e)
{
    char from[CLOCK_ISO_SIZE], until[CLOCK_ISO_SIZE];
    _arena_ struct arena *a = arena_new();
    int64_t at = 0;
    size_t i;

    l->blind = false;
    if (!l->idle_from)
        return 0;
    for (i = 0; i < l->watch_count; i++)
        at = l->watch[i].ran_from > at ? l->watch[i].ran_from : at;
    if (pool_meter_resume(l->service->o.pools, l->id, at, e) < 0)
        return -1;
    l->sample_at = 0; /* a sign of life at once: who dies now must not find this pause again */
    clock_iso_s(l->idle_from / 1000, from);
    clock_iso_s(at / 1000, until);
    life__note(l, "idle",
               arena_printf(a, "it did not run from %s to %s: that is not charged", from, until));
    l->idle_from = 0;
    return 0;
}

/* --- before anything runs --- */

/* Whether its engine answers at all. */
static bool look_back(struct service *s, struct service_engine *g, const struct service_row *row,
                      struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *label = arena_printf(a, "atoll.deployment=%s", row->id);
    int64_t seen = last_sign(row), from = 0;
    struct json *names;
    size_t i;

    if (docker_container_names(g->docker, a, label, &names, e) < 0)
        return false;
    if (json_len(names) == 0)
        from = seen;
    for (i = 0; i < json_len(names); i++) {
        struct docker_look look;
        int found = docker_look(g->docker, a, json_str(json_at(names, i), ""), &look, e);
        int64_t t;

        if (found < 0)
            return false;
        t = since(found > 0 ? &look : NULL, seen);
        if (t && (!from || t < from))
            from = t;
    }
    if (pause_meter(s, row->id, from, e) < 0)
        log_warn("service", "deployment %s: %s", row->id, e->msg);
    return true;
}

static bool is_metered(int step)
{
    return step != STEP_STOPPED && step != STEP_GRACE && step != STEP_FAILED;
}

int service_look_back(struct service *s, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    bool silent[ENGINES_MAX] = {false};
    struct service_rows rows;
    size_t i;

    if (rows_list(s->o.store, a, NULL, &rows, e) < 0)
        return -1;
    for (i = 0; i < rows.count; i++) {
        const struct service_row *row = &rows.item[i];
        struct service_engine *g = engine__of(s, row->cluster);
        struct err why;

        if (!is_metered(row->step))
            continue;
        if (g && !silent[g - s->engine])
            silent[g - s->engine] = !look_back(s, g, row, &why);
        /* nothing is known: what it did will be seen later, nothing is charged before */
        if ((!g || silent[g - s->engine]) && pause_meter(s, row->id, last_sign(row), &why) < 0)
            log_warn("service", "deployment %s: %s", row->id, why.msg);
    }
    return 0;
}
