/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "compute/compute_int.h"

enum {
    ENTRYPOINT_MAX = 64,
    ENTRYPOINT_TEXT_MAX = 16384,
    ENV_MAX = 256,
    PIDS_MAX = 512,
    MILLI = 1000,
    QUOTA_US_A_CORE = 100000,
    LOG_BYTES_MAX = 128 << 20
};
#define ALGORITHM "/data/transformations/algorithm"

/* --- the entrypoint --- */

struct split {
    struct arena *arena;
    const char **word;
    size_t count;
    char *text; /* of the word under way */
    size_t len;
    bool open;
};

static void end_word(struct split *s)
{
    if (!s->open)
        return;
    s->text[s->len++] = '\0';
    s->word[s->count++] = s->text;
    s->text += s->len;
    s->len = 0;
    s->open = false;
}

/* One character or a quoted run; answers how many characters it took, 0 for an open quote. */
static size_t take(struct split *s, const char *p)
{
    size_t i;

    if (*p == '\\' && p[1]) {
        s->text[s->len++] = p[1];
        return 2;
    }
    if (*p != '\'' && *p != '"') {
        s->text[s->len++] = *p;
        return 1;
    }
    for (i = 1; p[i] && p[i] != *p; i++) {
        if (*p == '"' && p[i] == '\\' && (p[i + 1] == '"' || p[i + 1] == '\\'))
            i++;
        s->text[s->len++] = p[i];
    }
    return p[i] ? i + 1 : 0;
}

/* All of $ALGO becomes the absolute path, so that the image's working folder does not matter. */
static const char *with_algorithm(struct arena *a, const char *text)
{
    const char *at = strstr(text, "$ALGO");

    if (!at)
        return text;
    return arena_printf(a, "%.*s%s%s", (int)(at - text), text, ALGORITHM,
                        with_algorithm(a, at + 5));
}

int container__split(struct arena *a, const char *entrypoint, const char *const **ret,
                     struct err *e)
{
    struct split s = {.arena = a};
    const char *p;

    if (strlen(entrypoint) > ENTRYPOINT_TEXT_MAX)
        return failed(e, INVALID, "the entrypoint is too long");
    p = with_algorithm(a, entrypoint);
    s.word = arena_calloc(a, ENTRYPOINT_MAX + 1, sizeof(*s.word));
    s.text = arena_alloc(a, strlen(p) * 2 + 2);
    while (*p) {
        size_t n = 1;

        if (*p == ' ' || *p == '\t' || *p == '\n') {
            end_word(&s);
        } else {
            s.open = true;
            n = take(&s, p);
        }
        if (n == 0)
            return failed(e, INVALID, "the entrypoint has a quote that is not closed");
        if (s.count == ENTRYPOINT_MAX)
            return failed(e, INVALID, "the entrypoint has more than %d words", ENTRYPOINT_MAX - 1);
        p += n;
    }
    end_word(&s);
    if (s.count == 0)
        return failed(e, INVALID, "the algorithm has no entrypoint");
    *ret = s.word;
    return 0;
}

/* --- devices --- */

/* "/dev/dri/card0" or "/dev/a:/dev/b" as Docker wants it. */
static struct json *device_json(struct arena *a, const char *path)
{
    struct json *v = json_new_object(a);
    const char *colon = strchr(path, ':');

    json_set_str(a, v, "PathOnHost", colon ? arena_strndup(a, path, (size_t)(colon - path)) : path);
    json_set_str(a, v, "PathInContainer", colon ? colon + 1 : path);
    json_set_str(a, v, "CgroupPermissions", "rwm");
    return v;
}

static struct json *member_array(struct arena *a, struct json *object, const char *key)
{
    struct json *list = json_get(object, key);

    if (!list) {
        list = json_new_array(a);
        json_set(a, object, key, list);
    }
    return list;
}

/* Appends the texts of `from`, an array, to the array of that name; devices become objects. */
static void append_texts(struct arena *a, struct json *all, const char *key,
                         const struct json *from)
{
    size_t i;

    for (i = 0; i < json_len(from); i++) {
        const char *text = json_str(json_at(from, i), NULL);

        if (text)
            json_push(a, member_array(a, all, key),
                      str_eq(key, "Devices") ? device_json(a, text) : json_new_str(a, text));
    }
}

static void add_advanced(struct arena *a, struct json *all, const struct json *advanced)
{
    static const char *const lists[] = {"Devices", "GroupAdd", "Binds", "CapAdd", "CapDrop"};
    static const char *const plain[] = {"IpcMode", "ShmSize"};
    const struct json *security = json_get(advanced, "SecurityOpt");
    size_t i;

    for (i = 0; i < ARRAY_LEN(lists); i++)
        append_texts(a, all, lists[i], json_get(advanced, lists[i]));
    for (i = 0; i < ARRAY_LEN(plain); i++)
        if (json_get(advanced, plain[i]))
            json_set(a, all, plain[i], json_copy(a, json_get(advanced, plain[i])));
    for (i = 0; json_is(security, JSON_OBJECT) && i < json_len(security); i++)
        json_push(a, member_array(a, all, "SecurityOpt"),
                  json_new_str(a, arena_printf(a, "%s=%s", json_key(security, i),
                                               json_str(json_value(security, i), ""))));
}

const char *container__host_extra(struct arena *a, const struct compute_env *env,
                                  const struct compute_resources *r)
{
    struct json *all = json_new_object(a);
    size_t i;

    for (i = 0; i < env->resource_count; i++) {
        const struct config_resource *conf = env->resource[i].conf;
        const struct json *requests;

        if (!conf || !conf->init || fit__amount(r, conf->id) == 0)
            continue;
        add_advanced(a, all, json_get(conf->init, "advanced"));
        requests = json_get(conf->init, "deviceRequests");
        if (requests)
            json_push(a, member_array(a, all, "DeviceRequests"), json_copy(a, requests));
    }
    return json_len(all) ? json_text(a, all) : NULL;
}

/* --- the container --- */

static int env_list(struct arena *a, const struct json *envs, const char *const **ret,
                    struct err *e)
{
    size_t n = json_is(envs, JSON_OBJECT) ? json_len(envs) : 0;
    const char **list = arena_calloc(a, n + 1, sizeof(*list));
    size_t i;

    if (n > ENV_MAX)
        return failed(e, INVALID, "the algorithm has more than %d environment variables", ENV_MAX);
    for (i = 0; i < n; i++) {
        const struct json *v = json_value(envs, i);
        const char *text = json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v);

        list[i] = arena_printf(a, "%s=%s", json_key(envs, i), text);
    }
    *ret = list;
    return 0;
}

const char *job__container_name(struct arena *a, const struct job *j)
{
    return arena_printf(a, "%s-algorithm", j->id);
}

int container__create(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *request, *algorithm;
    int64_t cpu = fit__amount(&j->resources, "cpu");
    int64_t ram = fit__amount(&j->resources, "ram");
    struct docker_create c = {
        .name = job__container_name(a, j),
        .image = j->row.image,
        .user = "1000:1000",
        .labels = {{"atoll.job", j->id}},
        .label_count = 1,
        .network = j->terms.network,
        /* an environment without a cpu or ram of its own still has bounds: one of each */
        .memory = ((ram ? ram : MILLI) << 30) / MILLI,
        .cpu_quota_us = (cpu ? cpu : MILLI) * QUOTA_US_A_CORE / MILLI,
        .pids_max = PIDS_MAX,
        .log_bytes_max = LOG_BYTES_MAX,
        .host_extra_json = j->terms.host_extra,
    };
    char id[DOCKER_ID_SIZE];

    if (json_parse(a, j->row.request, strlen(j->row.request), &request, e) < 0)
        return -1;
    algorithm = json_get(request, "algorithm");
    if (container__split(a, json_str(json_path(algorithm, "container.entrypoint"), ""),
                         &c.entrypoint, e) < 0 ||
        env_list(a, json_get(algorithm, "envs"), &c.env, e) < 0 ||
        docker_create(j->engine->docker, &c, id, e) < 0)
        return -1;
    j->row.container = arena_strdup(j->arena, id);
    return 0;
}
