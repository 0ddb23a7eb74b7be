/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "docker/deploy.h"
#include "package/store_int.h"

/* Hooks: containers that run once, hardened like any other, and leave nothing behind. */

enum { PIDS_MAX = 256, CPU_QUOTA_US = 100000, OUTPUT_MAX = 300, PULL_S = 900 };
#define HOOK_MEMORY (INT64_C(512) << 20)
#define HOOK_LOG (INT64_C(4) << 20)

struct running {
    struct packages *ps;
    struct arena *a;
    const struct package *p;
    const struct package_hook *hook;
    const char *name; /* of the container */
    struct err *e;
};

static int make_image(struct running *r, const char *image)
{
    const struct docker_pull pull = {.ref = image, .timeout_s = PULL_S};
    struct docker_image there;
    int found = docker_image_find(r->ps->o.docker, r->a, image, &there, r->e);

    if (found != 0)
        return found < 0 ? -1 : 0;
    return docker_image_pull(r->ps->o.docker, &pull, r->e);
}

static const char *const *variables(struct running *r)
{
    const char **env = arena_calloc(r->a, r->hook->env_count + 1, sizeof(*env));
    size_t i;

    for (i = 0; i < r->hook->env_count; i++)
        env[i] = arena_printf(r->a, "%s=%s", r->hook->env[i].name, r->hook->env[i].value);
    return env;
}

static int create(struct running *r, const char *image, char ret_id[DOCKER_ID_SIZE])
{
    const struct docker_label labels[] = {{"atoll.hook", r->p->name}, {NULL, NULL}};
    const bool root = (r->p->permissions & PERMISSION_ROOT) != 0;
    const bool internet = (r->p->permissions & PERMISSION_INTERNET) != 0;
    const struct docker_spec spec = {.name = r->name,
                                     .image = image,
                                     .command =
                                         r->hook->command.count > 0 ? r->hook->command.items : NULL,
                                     .env = variables(r),
                                     .user = root ? NULL : "65534:65534",
                                     .labels = labels,
                                     .network = internet ? "bridge" : NULL,
                                     .memory = HOOK_MEMORY,
                                     .cpu_quota_us = CPU_QUOTA_US,
                                     .pids_max = PIDS_MAX,
                                     .log_bytes_max = HOOK_LOG,
                                     .init = true};

    return docker_spec_create(r->ps->o.docker, &spec, ret_id, r->e);
}

/* --- what it printed last, for the message --- */

struct tail {
    char text[OUTPUT_MAX + 1];
    size_t len;
};

static int keep(void *ctx, int kind, const char *p, size_t n)
{
    struct tail *t = ctx;
    size_t i;

    (void)kind;
    for (i = 0; i < n; i++) {
        if (t->len == OUTPUT_MAX) {
            memmove(t->text, t->text + OUTPUT_MAX / 2, OUTPUT_MAX / 2);
            t->len = OUTPUT_MAX / 2;
        }
        t->text[t->len++] = (unsigned char)p[i] < ' ' || (unsigned char)p[i] > 0x7e ? ' ' : p[i];
    }
    t->text[t->len] = '\0';
    return 0;
}

static void read_tail(struct running *r, const char *id, struct tail *ret)
{
    const struct docker_tail last = {.tail = 10};
    struct frames frames = {.stamped = true};
    struct stream *s;
    struct err ignored;
    char part[1024];
    int64_t n;

    if (docker_tail_open(r->ps->o.docker, id, &last, &s, &ignored) < 0)
        return;
    while ((n = stream_read(s, part, sizeof(part), &ignored)) > 0)
        if (frames_feed(&frames, part, (size_t)n, keep, ret, &ignored) < 0)
            break;
    stream_close(s);
}

/* --- one run --- */

static int run(struct running *r, const char *id)
{
    struct tail tail = {.len = 0};
    int status = 0;

    if (docker_start(r->ps->o.docker, id, r->e) < 0 ||
        docker_wait(r->ps->o.docker, id, (int)r->hook->timeout_s * 1000, &status, r->e) < 0)
        return -1;
    if (status == 0)
        return 0;
    read_tail(r, id, &tail);
    return failed(r->e, FAILED, "it ended with status %d%s%s", status, tail.len ? ": " : "",
                  tail.text);
}

/* A container that a crash has left there is not this run's. */
static int clear_and_run(struct running *r)
{
    const char *image = package_image(&r->ps->images, r->hook->image);
    char id[DOCKER_ID_SIZE];
    struct err ignored;
    int rc;

    if (make_image(r, image) < 0 || docker_remove(r->ps->o.docker, r->name, r->e) < 0 ||
        create(r, image, id) < 0)
        return -1;
    rc = run(r, id);
    if (docker_remove(r->ps->o.docker, id, &ignored) < 0 && rc == 0)
        return failed(r->e, FAILED, "%s", ignored.msg);
    return rc;
}

int packages__hook(struct packages *ps, const struct package *p, const char *which, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct package_hook *hook = str_eq(which, "install") ? &p->install : &p->remove;
    struct err why;
    struct running r = {.ps = ps,
                        .a = a,
                        .p = p,
                        .hook = hook,
                        .name = arena_printf(a, "atoll-hook-%s-%s", p->name, which),
                        .e = &why};

    if (!hook->image)
        return 0;
    if (!ps->o.docker)
        return refused(e, PACKAGE_HOOK, which, p->name, "there is no engine to run it on");
    if (clear_and_run(&r) < 0)
        return refused(e, PACKAGE_HOOK, which, p->name, why.msg);
    return 0;
}
