/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "service/demand_int.h"

/* A service as the wire has it. */

enum { TIME_TEXT = 32 };

/* As the reference numbers them; those that have to do with building never come. */
enum status {
    STARTING = 10,
    PULL_IMAGE = 11,
    PULL_IMAGE_FAILED = 12,
    LOCKING = 20,
    RUNNING = 40,
    RESTARTING = 45,
    STOPPING = 50,
    STOPPED = 70,
    EXPIRED = 75,
    ERROR = 99
};

static const struct {
    enum status status;
    const char *text;
    bool holds; /* resources, ports, or money */
} statuses[] = {
    {STARTING, "Starting", true},
    {PULL_IMAGE, "PullImage", true},
    {PULL_IMAGE_FAILED, "PullImageFailed", false},
    {13, "BuildImage", false},
    {14, "BuildImageFailed", false},
    {15, "VulnerableImage", false},
    {LOCKING, "Locking", true},
    {30, "Claiming", false},
    {RUNNING, "Running", true},
    {RESTARTING, "Restarting", true},
    {STOPPING, "Stopping", true},
    {STOPPED, "Stopped", true},
    {EXPIRED, "Expired", false},
    {ERROR, "Error", true},
};

static size_t index_of(int64_t n)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(statuses) && statuses[i].status != (enum status)n; i++)
        ;
    return i;
}

bool demand_is_status(int64_t n)
{
    return n > 0 && n <= ERROR && index_of(n) < ARRAY_LEN(statuses);
}

/* --- how it is --- */

struct state {
    enum status status;
    const char *text; /* why, where something went wrong; else NULL */
};

static const char *event(const struct json *events, size_t back, const char *key)
{
    size_t n = json_len(events);

    return back < n ? json_get_str(json_at(events, n - 1 - back), key, "") : "";
}

/* The step that a service failed in is the one before it was taken back. */
static bool failed_to_pull(const struct json *events)
{
    size_t i;

    for (i = 0; i < json_len(events); i++)
        if (str_eq(event(events, i, "step"), "undo"))
            return str_eq(event(events, i + 1, "step"), "pull");
    return false;
}

/* Since when the container is not there, and what is done about it. */
static const char *last_restart(const struct json *events)
{
    size_t i;

    for (i = 0; i < json_len(events); i++)
        if (str_eq(event(events, i, "step"), "restart"))
            return event(events, i, "reason");
    return "the container is not running";
}

static int starting(struct service *s, struct arena *a, const struct service_row *row,
                    struct state *ret, struct err *e)
{
    struct pool_meter meter;
    int found = s->o.pools ? pool_meter_find(s->o.pools, a, row->id, &meter, e) : 0;

    if (found < 0)
        return -1;
    ret->status = row->mode == MODE_START                     ? RESTARTING
                  : found > 0 && meter.state == METER_FUNDING ? LOCKING
                                                              : STARTING;
    return 0;
}

/* A time that is over and a service that was given up are the same thing. */
static bool is_expired(const struct service_row *row)
{
    return row->gone != 0;
}

/* What needs no more than the step to be told. */
static enum status status_of(const struct service_row *row)
{
    switch (row->step) {
    case STEP_PULL:
        return PULL_IMAGE;
    case STEP_STOP:
    case STEP_PAUSE:
    case STEP_DELETE:
        return STOPPING;
    case STEP_DELETED:
        return EXPIRED;
    default:
        return row->mode == MODE_CREATE ? STARTING : RESTARTING;
    }
}

static int state_of(struct service *s, struct arena *a, const struct service_row *row,
                    const struct json *events, struct state *ret, struct err *e)
{
    *ret = (struct state){.status = status_of(row)};
    if (row->wish == WISH_DELETE && !row->gone) {
        ret->status = STOPPING;
        return 0;
    }
    switch (row->step) {
    case STEP_FUND:
        return starting(s, a, row, ret, e);
    case STEP_RUNNING:
        ret->text = str_eq(row->health, "unhealthy") ? last_restart(events) : NULL;
        ret->status = ret->text ? ERROR : RUNNING;
        return 0;
    case STEP_STOPPED:
    case STEP_GRACE:
        ret->text = *row->reason ? row->reason : NULL;
        ret->status = ret->text ? ERROR : STOPPED;
        return 0;
    case STEP_UNDO:
    case STEP_FAILED:
        ret->text = row->reason;
        ret->status = failed_to_pull(events) ? PULL_IMAGE_FAILED : ERROR;
        return 0;
    default:
        return 0;
    }
}

/* --- money --- */

static struct json *payment_json(struct arena *a, const struct demand_row *d,
                                 const struct pool_payment *p, unsigned decimals)
{
    struct json *v = json_new_object(a);

    json_set_int(a, v, "chainId", (int64_t)d->chain);
    json_set_str(a, v, "token", d->token);
    json_set_str(a, v, "lockTx", p->lock_tx);
    json_set_str(a, v, "claimTx", p->claim_tx);
    json_set_str(a, v, "cancelTx", p->cancel_tx);
    /* a number, as the reference has it: for eyes only; the next ones are exact */
    json_set(a, v, "cost", json_new_num(a, strtod(units_text(a, &p->amount, decimals), NULL)));
    json_set_str(a, v, "amountWei", u256_text(a, &p->amount));
    json_set_str(a, v, "paidWei", p->over ? u256_text(a, &p->cost) : NULL);
    return v;
}

static unsigned decimals_of(struct service *s, struct arena *a, const struct demand_row *d)
{
    const struct u256 nothing = u256_from(0);
    struct addr token = {0};
    struct json *money;

    if (!s->o.pools || !addr_parse_any(d->token, &token))
        return 18;
    money = pool_money_json(s->o.pools, a, d->chain, &token, &nothing);
    return (unsigned)json_get_int(money, "decimals", 18);
}

/* What it will cost, before anything is under way: what the first lock is asked for. */
static int expected(struct service *s, struct arena *a, const struct service_row *row,
                    const struct demand_row *d, struct pool_payment *ret, struct err *e)
{
    struct compute_resources r;
    struct compute_price price = {.chain = d->chain, .resources = &r};
    const char *terms;
    struct err ignored;

    *ret = (struct pool_payment){.lock_tx = "", .claim_tx = "", .cancel_tx = ""};
    if (plan__resources(s, a, row, &price.env, &r, e) < 0)
        return -1;
    if (!price.env || !addr_parse_any(d->token, &price.token) ||
        compute_terms(a, &price, false, &terms, &ignored) < 0)
        return 0; /* prices have changed since: it is not known */
    return compute_terms_cost(terms, d->duration_s, &ret->amount, e);
}

static int add_payments(struct service *s, struct arena *a, const struct service_row *row,
                        const struct demand_row *d, struct json *v, struct err *e)
{
    unsigned decimals = decimals_of(s, a, d);
    struct pool_payment *list = NULL, first;
    struct json *more = json_new_array(a);
    size_t count = 0;
    size_t i;

    if (s->o.pools && pool_payments(s->o.pools, a, row->id, &list, &count, e) < 0)
        return -1;
    if (count == 0) {
        if (expected(s, a, row, d, &first, e) < 0)
            return -1;
        list = &first;
    }
    json_set(a, v, "payment", payment_json(a, d, &list[0], decimals));
    for (i = 1; i < count; i++)
        json_push(a, more, payment_json(a, d, &list[i], decimals));
    if (json_len(more) > 0)
        json_set(a, v, "extendPayments", more);
    return 0;
}

/* --- what it is made of --- */

static void set_given(struct arena *a, struct json *v, const char *key, const char *text)
{
    if (text)
        json_set_str(a, v, key, text);
}

static void set_list(struct arena *a, struct json *v, const char *key, const struct json *list)
{
    if (json_len(list) > 0)
        json_set(a, v, key, json_copy(a, list));
}

static int add_spec(struct service *s, struct arena *a, const struct service_row *row,
                    const struct demand_filter *f, struct json *v, struct err *e)
{
    struct demand_spec spec;
    struct json *resources;

    if (demand__spec(s, a, row, &spec, &resources, e) < 0)
        return -1;
    json_set_str(a, v, "image", spec.image);
    set_given(a, v, "tag", spec.tag);
    set_given(a, v, "checksum", spec.checksum);
    set_given(a, v, "templateId", spec.template_name);
    if (!f->brief && !spec.template_name) { /* a template's may hold what the operator hides */
        set_list(a, v, "dockerCmd", spec.command);
        set_list(a, v, "dockerEntrypoint", spec.entrypoint);
    }
    json_set_str(a, v, "containerImage", demand_image(a, &spec));
    json_set(a, v, "exposedPorts", spec.ports ? json_copy(a, spec.ports) : json_new_array(a));
    json_set(a, v, "resources", json_copy(a, resources));
    return 0;
}

/* Names are as good as ids, wherever the engine asks for one. */
static void add_engine(struct arena *a, const struct service_row *row, struct json *v)
{
    bool there = row->step > STEP_CONTAINERS && row->step <= STEP_RUNNING;
    struct live l = {.row = *row};

    json_set_str(a, v, "containerId", there ? plan__container(a, row->id, "main") : "");
    json_set_str(a, v, "networkId", there ? plan__network(a, &l, true) : "");
}

/* The port of the host that leads to one of the container's; 0: none yet. */
static int64_t host_port(struct arena *a, const struct json *ports, int64_t port)
{
    const char *name = demand__port_name(a, port);
    size_t i;

    for (i = 0; i < json_len(ports); i++)
        if (str_eq(json_get_str(json_at(ports, i), "name", ""), name))
            return json_get_int(json_at(ports, i), "port", 0);
    return 0;
}

/* In the order in which they were asked for. */
static int add_endpoints(struct service *s, struct arena *a, const struct service_row *row,
                         struct json *v, struct err *e)
{
    const struct json *exposed = json_get(v, "exposedPorts");
    struct json *list = json_new_array(a), *ports;
    struct service_policy policy;
    size_t i;

    plan__ports(s, row, &policy);
    if (rows_ports(s->o.store, a, row->id, &ports, e) < 0)
        return -1;
    for (i = 0; i < json_len(exposed); i++) {
        struct json *point = json_new_object(a);
        int64_t port = (int64_t)json_num(json_at(exposed, i), 0);
        int64_t host = host_port(a, ports, port);

        if (!host)
            continue;
        json_set_int(a, point, "containerPort", port);
        json_set_int(a, point, "hostPort", host);
        json_set_str(a, point, "url",
                     arena_printf(a, "http://%s:%lld", policy.host, (long long)host));
        json_push(a, list, point);
    }
    json_set(a, v, "endpoints", list);
    return 0;
}

/* --- the whole --- */

static double last_of(const struct json *points)
{
    return json_num(json_at(json_at(points, json_len(points) - 1), 1), 0);
}

/* The last sample of the charts. */
static int add_metrics(struct service *s, struct arena *a, const struct service_row *row,
                       struct json *v, struct err *e)
{
    struct json *m = json_new_object(a), *cpu = json_new_object(a), *memory = json_new_object(a),
                *disk = json_new_object(a), *samples;
    char at[TIME_TEXT];

    if (row->step != STEP_RUNNING)
        return 0;
    if (rows_samples(s->o.store, a, row->id, 0, &samples, e) < 0)
        return -1;
    if (json_len(json_get(samples, "cpu")) == 0)
        return 0;
    clock_iso(
        (int64_t)json_num(
            json_at(json_at(json_get(samples, "cpu"), json_len(json_get(samples, "cpu")) - 1), 0),
            0),
        at);
    json_set_str(a, m, "collectedAt", at);
    json_set(a, cpu, "usagePercent", json_new_num(a, last_of(json_get(samples, "cpu"))));
    json_set(a, memory, "usageBytes", json_new_num(a, last_of(json_get(samples, "memory"))));
    json_set(a, disk, "usedBytes", json_new_num(a, last_of(json_get(samples, "disk"))));
    json_set(a, m, "cpu", cpu);
    json_set(a, m, "memory", memory);
    json_set(a, m, "disk", disk);
    json_set(a, v, "runtimeMetrics", m);
    return 0;
}

static int64_t changed_at(const struct service_row *row, const struct json *events)
{
    size_t n = json_len(events);
    int64_t at = n ? json_get_int(json_at(events, n - 1), "at", 0) : 0;

    return at > row->entered ? at : row->entered;
}

static void add_times(struct arena *a, const struct service_row *row, const struct demand_row *d,
                      const struct json *events, struct json *v)
{
    char text[TIME_TEXT];

    clock_iso(row->created, text);
    json_set_str(a, v, "dateCreated", text);
    json_set_int(a, v, "updatedAt", changed_at(row, events));
    json_set_int(a, v, "expiresAt",
                 is_expired(row) && row->gone < row->ends ? row->gone : row->ends);
    json_set_int(a, v, "duration", d->duration_s);
}

static bool is_wanted(const struct demand_filter *f, const struct service_row *row,
                      enum status status, const struct json *events)
{
    if (f->status ? (enum status)f->status != status
                  : !f->all && (!statuses[index_of(status)].holds || row->step == STEP_FAILED ||
                                row->step == STEP_UNDO))
        return false;
    return row->created >= f->from_ms && changed_at(row, events) >= f->since_ms;
}

int demand__json(struct service *s, struct arena *a, const struct service_row *row,
                 const struct demand_filter *f, struct json **ret, struct err *e)
{
    struct json *v = json_new_object(a), *events;
    struct demand_row d;
    struct state state;
    int found = demand_rows_get(s->o.store, a, row->id, &d, e);

    *ret = NULL;
    if (found <= 0)
        return found;
    if (rows_events(s->o.store, a, row->id, &events, e) < 0 ||
        state_of(s, a, row, events, &state, e) < 0)
        return -1;
    if (!is_wanted(f, row, state.status, events))
        return 0;
    json_set_str(a, v, "serviceId", row->id);
    json_set_str(a, v, "clusterHash", row->cluster);
    json_set_str(a, v, "environment", row->env);
    json_set_str(a, v, "owner", d.consumer);
    json_set_int(a, v, "status", state.status);
    json_set_str(a, v, "statusText",
                 state.text ? state.text : statuses[index_of(state.status)].text);
    add_times(a, row, &d, events, v);
    add_engine(a, row, v);
    if (add_spec(s, a, row, f, v, e) < 0 || add_endpoints(s, a, row, v, e) < 0 ||
        add_payments(s, a, row, &d, v, e) < 0 || (f->metrics && add_metrics(s, a, row, v, e) < 0))
        return -1;
    *ret = v;
    return 0;
}

/* One of the list; of somebody else it is none. */
static int add_one(struct service *s, struct arena *a, const struct demand_filter *f,
                   const char *id, struct json *list, struct err *e)
{
    struct service_row row;
    struct json *v;
    int found = rows_get(s->o.store, a, f->owner, id, &row, e);

    if (found <= 0 || !demand__is(&row))
        return found < 0 ? -1 : 0;
    if (demand__json(s, a, &row, f, &v, e) < 0)
        return -1;
    if (v)
        json_push(a, list, v);
    return 0;
}

int demand_list(struct service *s, struct arena *a, const struct demand_filter *f,
                struct json **ret, struct err *e)
{
    struct json *list = json_new_array(a), *ids;
    size_t i;

    if (f->id) {
        ids = json_new_array(a);
        json_push(a, ids, json_new_str(a, f->id));
    } else if (demand_rows_list(s->o.store, a, f->owner, &ids, e) < 0) {
        return -1;
    }
    for (i = 0; i < json_len(ids); i++)
        if (add_one(s, a, f, json_str(json_at(ids, i), ""), list, e) < 0)
            return -1;
    *ret = list;
    return 0;
}
