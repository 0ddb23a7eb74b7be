/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/events.h"

#include <pthread.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"

enum { FIELDS_MAX = 10, TYPE_MAX = 16, NAME_MAX_ = 24, TYPES_TEXT = 160 };

/* One row of the table, taken apart. */
struct shape {
    const char *name;
    struct hash32 topic;
    struct {
        char type[TYPE_MAX]; /* "(address)": alone, to decode a topic */
        char name[NAME_MAX_];
        bool indexed;
    } fields[FIELDS_MAX];
    size_t count;
    size_t indexed;
    char data[TYPES_TEXT]; /* "(uint8,string)": what is not indexed */
};

static struct shape shapes[EVENT_COUNT];
static struct hash32 crawled[EVENT_COUNT];
static size_t crawled_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Takes "address indexed payer" off the list of fields. */
static void add_field(struct arena *a, struct shape *s, const char *text)
{
    const char *words[3] = {0};
    size_t n = 0;
    bool indexed;

    while (*text == ' ')
        text++;
    while (n < 3 && (words[n] = str_next(a, &text, ' ')))
        n++;
    indexed = n == 3;
    must(s->count < FIELDS_MAX && n >= 2);
    must(str_copy(s->fields[s->count].type, TYPE_MAX, arena_printf(a, "(%s)", words[0])));
    must(str_copy(s->fields[s->count].name, NAME_MAX_, words[n - 1]));
    s->fields[s->count].indexed = indexed;
    s->count++;
    s->indexed += indexed;
}

static void take_apart(struct shape *s, const char *name, const char *fields, const char *topic)
{
    _arena_ struct arena *a = arena_new();
    const char *types = "";
    const char *field;
    size_t i;

    s->name = name;
    must(hash32_parse(topic, &s->topic));
    while ((field = str_next(a, &fields, ',')))
        add_field(a, s, field);
    for (i = 0; i < s->count; i++) {
        const char *type = s->fields[i].type;

        if (!s->fields[i].indexed)
            types = arena_printf(a, "%s%s%.*s", types, *types ? "," : "", (int)strlen(type) - 2,
                                 type + 1);
    }
    must(str_copy(s->data, sizeof(s->data), arena_printf(a, "(%s)", types)));
}

static void prepare(void)
{
#define X(ID, NAME, FIELDS, TOPIC, CRAWLED)                                                        \
    take_apart(&shapes[EVENT_##ID], NAME, FIELDS, TOPIC);                                          \
    if (CRAWLED)                                                                                   \
        crawled[crawled_count++] = shapes[EVENT_##ID].topic;
#include "chain/events.def"
#undef X
}

static const struct shape *shape_of(enum event_id id)
{
    pthread_once(&once, prepare);
    must(id < EVENT_COUNT);
    return &shapes[id];
}

const char *event_name(enum event_id id)
{
    return shape_of(id)->name;
}

const struct hash32 *event_topic(enum event_id id)
{
    return &shape_of(id)->topic;
}

size_t event_crawled(const struct hash32 **ret)
{
    pthread_once(&once, prepare);
    *ret = crawled;
    return crawled_count;
}

static enum event_id find(const struct rpc_log *log)
{
    size_t i;

    pthread_once(&once, prepare);
    for (i = 0; log->topic_count > 0 && i < EVENT_COUNT; i++) {
        if (hash32_eq(&shapes[i].topic, &log->topics[0]) &&
            shapes[i].indexed + 1 == log->topic_count)
            return (enum event_id)i;
    }
    return EVENT_NONE;
}

int event_decode(struct arena *a, const struct rpc_log *log, struct event *ret, struct err *e)
{
    enum event_id id = find(log);
    struct abi_value *out;
    struct abi_value data;
    const struct shape *s;
    size_t in_data = 0;
    size_t topic = 1;
    size_t i;

    *ret = (struct event){.id = EVENT_NONE};
    if (id == EVENT_NONE)
        return 0;
    s = &shapes[id];
    out = arena_calloc(a, s->count, sizeof(*out));
    if (abi_decode(a, s->data, log->data.p, log->data.n, &data, e) < 0)
        return err_wrap(e, "event %s", s->name);
    for (i = 0; i < s->count; i++) {
        struct abi_value one;

        if (!s->fields[i].indexed) {
            out[i] = data.list.v[in_data++];
            continue;
        }
        if (abi_decode(a, s->fields[i].type, log->topics[topic].b, sizeof(log->topics[topic].b),
                       &one, e) < 0)
            return err_wrap(e, "event %s", s->name);
        out[i] = one.list.v[0];
        topic++;
    }
    *ret = (struct event){.id = id, .fields = out};
    return 0;
}

static const struct abi_value *field_of(const struct event *ev, const char *field, int kind)
{
    const struct shape *s = shape_of(ev->id);
    size_t i = 0;

    while (i < s->count && strcmp(s->fields[i].name, field) != 0)
        i++;
    must(i < s->count && (int)ev->fields[i].kind == kind);
    return &ev->fields[i];
}

struct addr event_addr(const struct event *ev, const char *field)
{
    return field_of(ev, field, ABI_ADDR)->addr;
}

struct u256 event_num(const struct event *ev, const char *field)
{
    return field_of(ev, field, ABI_NUM)->num;
}

struct bytes event_bytes(const struct event *ev, const char *field)
{
    return field_of(ev, field, ABI_BYTES)->bytes;
}

struct hash32 event_hash(const struct event *ev, const char *field)
{
    struct bytes b = event_bytes(ev, field);
    struct hash32 h;

    must(b.n == sizeof(h.b));
    memcpy(h.b, b.p, sizeof(h.b));
    return h;
}

uint64_t event_u64(const struct event *ev, const char *field)
{
    struct u256 v = event_num(ev, field);
    uint64_t small;

    return u256_to_u64(&v, &small) ? small : UINT64_MAX;
}

const char *event_text(struct arena *a, const struct event *ev, const char *field)
{
    struct bytes b = event_bytes(ev, field);

    return arena_strndup(a, (const char *)b.p, b.n);
}
