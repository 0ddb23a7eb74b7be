/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/thread.h"
#include "crypto/random.h"
#include "docker/docker.h"
#include "docker/registry.h"
#include "docker/tar.h"
#include "test.h"

/* Against the machine's engine, and the registry of test_registry(). */
#define SOCKET "/var/run/docker.sock"
#define LABEL "atoll.test"

struct seen {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    char id[DOCKER_ID_SIZE];
    int died;
    int exit_code;
};

struct world {
    struct net *net;
    struct docker *docker;
    struct docker_events *events;
    struct seen seen;
    char name[40];
    char image[80]; /* bb:1 of the registry */
    char none[80];  /* what it does not have */
};

static void on_event(void *ctx, const struct docker_event *ev)
{
    struct seen *s = ctx;

    lock_scope(&s->lock);
    if (ev->what != DOCKER_DIED || strcmp(ev->id, s->id) != 0)
        return;
    s->died++;
    s->exit_code = ev->exit_code;
    pthread_cond_signal(&s->wake);
}

static int setup(void **state)
{
    static struct world w;
    struct arena *a = arena_new();
    uint8_t salt[8];
    struct err e;

    w.net = net_new();
    w.docker = docker_new(w.net, SOCKET);
    pthread_mutex_init(&w.seen.lock, NULL);
    cond_init(&w.seen.wake);
    ok(docker_events_open(w.docker, LABEL, on_event, &w.seen, &w.events, &e), e);
    random_bytes(salt, sizeof(salt));
    snprintf(w.name, sizeof(w.name), "atoll-test-%s", hex_dup(a, salt, sizeof(salt)));
    snprintf(w.image, sizeof(w.image), "%s/bb:1", test_registry());
    snprintf(w.none, sizeof(w.none), "%s/none:1", test_registry());
    arena_free(a);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    struct err e;

    ok(docker_remove(w->docker, w->name, &e), e);
    docker_events_close(w->events);
    docker_free(w->docker);
    net_free(w->net);
    return 0;
}

/* The id is known to the event thread before the container can end. */
static void make(struct world *w, const char *const *entrypoint, char id[DOCKER_ID_SIZE])
{
    struct docker_create c = {
        .name = w->name,
        .image = w->image,
        .entrypoint = entrypoint,
        .user = "1000:1000",
        .labels = {{LABEL, w->name}},
        .label_count = 1,
        .memory = 64 << 20,
        .cpu_quota_us = 50000,
        .pids_max = 64,
        .log_bytes_max = 1 << 20,
    };
    struct err e;

    ok(docker_create(w->docker, &c, id, &e), e);
    lock_scope(&w->seen.lock);
    memcpy(w->seen.id, id, DOCKER_ID_SIZE);
    w->seen.died = 0;
}

static int wait_end(struct world *w)
{
    int64_t until = clock_mono_ms() + 30000;

    lock_scope(&w->seen.lock);
    while (!w->seen.died && clock_mono_ms() < until)
        (void)cond_wait_ms(&w->seen.wake, &w->seen.lock, 1000);
    assert_int_equal(w->seen.died, 1);
    return w->seen.exit_code;
}

static int join(void *ctx, int kind, const char *p, size_t n)
{
    (void)kind;
    buf_add(ctx, p, n);
    return 0;
}

static void read_logs(struct world *w, const char *id, const char *since, struct frames *f,
                      struct buf *b)
{
    struct stream *s;
    char some[100];
    int64_t n;
    struct err e;

    ok(docker_logs_open(w->docker, id, since, true, &s, &e), e);
    *f = (struct frames){.stamped = true};
    while ((n = stream_read(s, some, sizeof(some), &e)) > 0)
        ok(frames_feed(f, some, (size_t)n, join, b, &e), e);
    stream_close(s);
}

static void test_info(void **state)
{
    struct world *w = *state;
    _arena_ struct arena *a = arena_new();
    struct docker_info info;
    struct docker *nobody = docker_new(w->net, "/nonexistent.sock");
    struct err e;

    ok(docker_ping(w->docker, &e), e);
    ok(docker_info_get(w->docker, a, &info, &e), e);
    assert_true(info.cpus >= 1 && info.memory > 0);
    assert_string_equal(info.os, "linux");
    err_is(docker_ping(nobody, &e), e, UNAVAILABLE);
    assert_true(e.transient);
    docker_free(nobody);
}

static void count_lines(void *ctx, const char *line)
{
    assert_true(*line);
    ++*(int *)ctx;
}

static void test_images(void **state)
{
    struct world *w = *state;
    _arena_ struct arena *a = arena_new();
    struct docker_info info;
    struct docker_image image;
    int lines = 0;
    struct docker_pull pull = {
        .ref = w->image, .timeout_s = 60, .line = count_lines, .ctx = &lines};
    struct err e;

    ok(docker_info_get(w->docker, a, &info, &e), e);
    ok(docker_image_pull(w->docker, &pull, &e), e);
    assert_true(lines > 0);
    assert_int_equal(docker_image_find(w->docker, a, w->image, &image, &e), 1);
    assert_true(docker_same_architecture(image.architecture, info.architecture));
    assert_int_equal(docker_image_find(w->docker, a, w->none, &image, &e), 0);
    err_is(docker_image_find(w->docker, a, "../containers/json?x=", &image, &e), e, INVALID);
    pull.ref = w->none;
    assert_int_equal(docker_image_pull(w->docker, &pull, &e), -1);
    ok(registry_check(w->net, w->image, "linux", info.architecture, NULL, &e), e);
    err_is(registry_check(w->net, w->none, "linux", "x86_64", NULL, &e), e, NOT_FOUND);
    err_is(registry_check(w->net, w->image, "linux", "s390x", NULL, &e), e, INVALID);
    err_is(registry_check(w->net, "127.0.0.1:1/bb:1", "linux", "x86_64", NULL, &e), e, UNAVAILABLE);
}

static void test_names(void **state)
{
    static const struct {
        const char *ref, *registry, *repository, *reference;
    } good[] = {
        {"node:20", "https://registry-1.docker.io", "library/node", "20"},
        {"node", "https://registry-1.docker.io", "library/node", "latest"},
        {"docker.io/a/b:c", "https://registry-1.docker.io", "a/b", "c"},
        {"a/b@sha256:0a", "https://registry-1.docker.io", "a/b", "sha256:0a"},
        {"a/b:1@sha256:0a", "https://registry-1.docker.io", "a/b", "sha256:0a"},
        {"ghcr.io/a/b/c:1", "https://ghcr.io", "a/b/c", "1"},
        {"localhost/x", "http://localhost", "x", "latest"},
        {"localhost:5000/x:2", "http://localhost:5000", "x", "2"},
        {"127.0.0.1:5005/bb:1", "http://127.0.0.1:5005", "bb", "1"},
        {"127.example.org/bb", "https://127.example.org", "bb", "latest"},
    };
    static const char *const bad[] = {
        "",   ":1", "A:1",  "a/../b:1", "a b:1",      "a?b:1", "x.y/",    "a:1/b c",
        "a@", "a:", "/a:1", "a//b:1",   "h:1:2/a%2f", "a#b",   "a:t?x=1", "sha256:0a"};
    _arena_ struct arena *a = arena_new();
    struct image_name n;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(good); i++) {
        ok(image_name_parse(a, good[i].ref, &n, &e), e);
        assert_string_equal(n.registry, good[i].registry);
        assert_string_equal(n.repository, good[i].repository);
        assert_string_equal(n.reference, good[i].reference);
    }
    for (i = 0; i < ARRAY_LEN(bad); i++)
        if (image_name_parse(a, bad[i], &n, &e) == 0)
            fail_msg("'%s' was taken as an image name", bad[i]);
    assert_string_equal(image_ref(a, "x", "1", "sha256:00"), "x@sha256:00");
    assert_string_equal(image_ref(a, "x", "", NULL), "x:latest");
}

static void test_run(void **state)
{
    static const char *const entrypoint[] = {"sh", "/data/algorithm", NULL};
    static const char script[] =
        "cat /data/in; sleep 0.1; echo err >&2; sleep 0.1; echo more; exit 7\n";
    struct world *w = *state;
    _arena_ struct arena *a = arena_new();
    const struct tar_entry entries[] = {
        {.path = "data", .kind = TAR_DIR, .mode = 0755, .uid = 1000, .gid = 1000},
        {.path = "data/algorithm",
         .kind = TAR_MEMORY,
         .mode = 0755,
         .data = script,
         .size = sizeof(script) - 1},
        {.path = "data/in", .kind = TAR_MEMORY, .mode = 0644, .data = "input\n", .size = 6},
    };
    struct tar_writer *tar = tar_writer_new(entries, ARRAY_LEN(entries));
    struct net_source source = tar_writer_source(tar);
    char id[DOCKER_ID_SIZE], again[DOCKER_ID_SIZE];
    struct docker_state st;
    struct docker_found *found;
    size_t i, count;
    _buf_ struct buf all = BUF_INIT(65536), rest = BUF_INIT(65536);
    struct frames f;
    struct stream *s;
    char some[512];
    struct err e;

    make(w, entrypoint, id);
    make(w, entrypoint, again);
    assert_string_equal(id, again);
    ok(docker_archive_put(w->docker, id, "/", &source, &e), e);
    tar_writer_free(tar);
    assert_int_equal(docker_inspect(w->docker, a, id, true, &st, &e), 1);
    assert_true(!st.running && !st.started && st.size_rw > 0);
    ok(docker_start(w->docker, id, &e), e);
    ok(docker_start(w->docker, id, &e), e);
    read_logs(w, id, NULL, &f, &all);
    assert_string_equal(buf_str(&all), "input\nerr\nmore\n");
    assert_int_equal(wait_end(w), 7);
    assert_int_equal(docker_inspect(w->docker, a, id, false, &st, &e), 1);
    assert_true(!st.running && st.started && !st.oom_killed);
    assert_int_equal(st.exit_code, 7);
    assert_true(st.finished_ms >= st.started_ms && clock_ms() - st.finished_ms < 60000);
    read_logs(w, id, f.last_stamp, &f, &rest);
    assert_string_equal(buf_str(&rest), "");
    ok(docker_archive_get(w->docker, id, "/data/in", &s, &e), e);
    assert_true(stream_read(s, some, sizeof(some), &e) > 0);
    assert_string_equal(some, "in");
    stream_close(s);
    err_is(docker_archive_get(w->docker, id, "/nothing", &s, &e), e, NOT_FOUND);
    ok(docker_list(w->docker, a, LABEL, &found, &count, &e), e);
    for (i = 0; i < count && strcmp(found[i].id, id) != 0; i++)
        ;
    assert_true(i < count);
    assert_string_equal(found[i].label, w->name);
    ok(docker_remove(w->docker, id, &e), e);
    ok(docker_remove(w->docker, id, &e), e);
    assert_int_equal(docker_inspect(w->docker, a, id, false, &st, &e), 0);
}

static void test_stop(void **state)
{
    static const char *const deaf[] = {"sh", "-c", "trap '' TERM; while :; do sleep 1; done", NULL};
    struct world *w = *state;
    char id[DOCKER_ID_SIZE];
    struct err e;

    make(w, deaf, id);
    ok(docker_start(w->docker, id, &e), e);
    ok(docker_kill(w->docker, id, "SIGTERM", &e), e);
    ok(docker_stop(w->docker, id, 1, &e), e);
    assert_int_equal(wait_end(w), 137);
    ok(docker_kill(w->docker, id, "SIGKILL", &e), e);
    ok(docker_remove(w->docker, id, &e), e);
    ok(docker_stop(w->docker, id, 1, &e), e);
}

static void test_broken_archive(void **state)
{
    static const char *const entrypoint[] = {"true", NULL};
    struct world *w = *state;
    const struct tar_entry entry = {.path = "/absolute", .kind = TAR_DIR};
    struct tar_writer *tar = tar_writer_new(&entry, 1);
    struct net_source source = tar_writer_source(tar);
    char id[DOCKER_ID_SIZE];
    struct err e, why;

    make(w, entrypoint, id);
    assert_int_equal(docker_archive_put(w->docker, id, "/", &source, &e), -1);
    err_is(tar_writer_failed(tar, &why), why, INVALID);
    tar_writer_free(tar);
    tar = tar_writer_new(NULL, 0);
    source = tar_writer_source(tar);
    err_is(docker_archive_put(w->docker, "0123", "/", &source, &e), e, NOT_FOUND);
    tar_writer_free(tar);
    ok(docker_remove(w->docker, id, &e), e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),  cmocka_unit_test(test_info),
        cmocka_unit_test(test_images), cmocka_unit_test(test_run),
        cmocka_unit_test(test_stop),   cmocka_unit_test(test_broken_archive),
    };

    if (!test_registry())
        return test_skip("no registry: ATOLL_TEST_REGISTRY");
    return cmocka_run_group_tests(tests, setup, teardown);
}
