/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/thread.h"
#include "compute/compute.h"
#include "docker/docker.h"
#include "fake_escrow.h"
#include "net/guard.h"
#include "test.h"

/* Real jobs on the machine's engine with the registry's busybox; only the escrow is a fake. */
#define OWNER "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
#define OTHER "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"

/* --- an origin of files --- */

static int origin_port;

static void answer(int fd, const char *head, const char *body)
{
    char text[512];
    int n = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nConnection: close\r\n\r\n%s", head, body);

    (void)!write(fd, text, (size_t)n);
}

static void *origin_serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char text[2048];
    static char junk[65536];
    ssize_t n = read(fd, text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    if (strstr(text, " /data.txt"))
        answer(fd, "200 OK\r\nContent-Length: 6", strncmp(text, "HEAD", 4) == 0 ? "" : "input\n");
    else if (strstr(text, " /unknown/size.txt"))
        answer(fd, "200 OK", "no size\n");
    else if (strstr(text, " /endless")) {
        answer(fd, "200 OK", "");
        while (write(fd, junk, sizeof(junk)) > 0)
            ;
    } else
        answer(fd, "404 Not Found\r\nContent-Length: 0", "");
    close(fd);
    return NULL;
}

static void *origin_run(void *arg)
{
    int listener = (int)(intptr_t)arg;
    int fd;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        pthread_t t;

        thread_start(&t, "origin", origin_serve, (void *)(intptr_t)fd);
        pthread_detach(t);
    }
    return NULL;
}

static void origin_start(void)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sa);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t t;

    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    origin_port = ntohs(sa.sin_port);
    thread_start(&t, "origin", origin_run, (void *)(intptr_t)fd);
    pthread_detach(t);
}

/* --- the world --- */

static const struct config_resource free_resources[] = {
    {.id = "cpu", .total = 4, .max = 1, .min = 1},
    {.id = "ram", .total = 8, .max = 1, .min = 1},
    {.id = "disk", .total = 10, .max = 2, .min = 0},
};
static const struct config_constraint needs_ram[] = {{"ram", 2, 4}};
static const struct config_resource resources[] = {
    {.id = "chip",
     .type = "npu",
     .total = 2,
     .max = -1,
     .min = -1,
     .constraints = needs_ram,
     .constraint_count = 1},
    {.id = "cpu", .total = 4, .max = 2, .min = 1},
    {.id = "ram", .total = 8, .max = 4, .min = 1},
    {.id = "disk", .total = 10, .max = 5, .min = 0},
};
static const struct config_price prices[] = {{"cpu", "1"}, {"ram", "0.5"}, {"disk", "0"}};

static struct world {
    char dir[64];
    struct arena *arena;
    struct net *net;
    struct store *store;
    struct storage *storage;
    struct config_fee fee;
    struct config_environment env;
    struct config_engine engine;
    struct compute *compute;
    const struct compute_env *at;
} w;

static int take_file(void *ctx, struct arena *a, const struct json *stored,
                     const struct json **ret_file, struct err *e)
{
    (void)ctx, (void)a, (void)e;
    *ret_file = json_get(stored, "file");
    return 0;
}

static const char *take_ddo(void *ctx, struct arena *a, const char *did)
{
    (void)ctx;
    return arena_printf(a, "{\"id\":\"%s\"}", did);
}

static int take_decimals(void *ctx, uint64_t chain, const struct addr *token, unsigned *ret,
                         struct err *e)
{
    (void)ctx, (void)chain, (void)token, (void)e;
    *ret = 18;
    return 0;
}

static void compute_begin(void)
{
    const struct compute_callbacks cb = {
        .input = take_file, .ddo = take_ddo, .decimals = take_decimals};
    const struct compute_options o = {
        .net = w.net,
        .store = w.store,
        .storage = w.storage,
        .escrow = escrow_new(NULL, NULL, 0),
        .data_dir = w.dir,
        .consumer_address = OTHER,
        .engines = &w.engine,
        .engine_count = 1,
    };
    struct err e;

    ok(compute_new(&o, &cb, &w.compute, &e), e);
    w.at = compute_env_find(
        w.compute,
        json_get_str(json_at(compute_environments_json(w.compute, w.arena, 0), 0), "id", ""));
    assert_non_null(w.at);
    ok(compute_run(w.compute, &e), e);
}

static int setup(void **state)
{
    const struct guard_rules rules = {.allow_private = true};
    const struct storage_options so = {.checksum_max = 1 << 20};
    struct storage_options o = so;
    struct err e;

    (void)state;
    snprintf(w.dir, sizeof(w.dir), "/tmp/atoll-compute-XXXXXX");
    assert_non_null(mkdtemp(w.dir));
    guard_set(&rules);
    origin_start();
    w.arena = arena_new();
    w.net = net_new();
    o.net = w.net;
    w.storage = storage_new(&o);
    ok(store_open(w.dir, &w.store, &e), e);
    w.fee = (struct config_fee){
        .chain_id = 8996, .token = fake_token, .prices = prices, .price_count = ARRAY_LEN(prices)};
    w.env = (struct config_environment){
        .storage_expiry = 604800,
        .min_job_duration = 60,
        .max_job_duration = 3600,
        .fees = &w.fee,
        .fee_count = 1,
        .resources = resources,
        .resource_count = ARRAY_LEN(resources),
        .free = {.offered = true,
                 .storage_expiry = 604800,
                 .min_job_duration = 0,
                 .max_job_duration = 600,
                 .max_jobs = 3,
                 .resources = free_resources,
                 .resource_count = ARRAY_LEN(free_resources)},
    };
    w.engine = (struct config_engine){.connection = "{\"socketPath\":\"/var/run/docker.sock\"}",
                                      .socket_path = "/var/run/docker.sock",
                                      .environments = &w.env,
                                      .environment_count = 1};
    compute_begin();
    return 0;
}

static int teardown(void **state)
{
    struct err e;

    (void)state;
    compute_free(w.compute);
    storage_free(w.storage);
    store_close(w.store);
    net_stop(w.net);
    net_free(w.net);
    arena_free(w.arena);
    ok(fs_remove_tree(w.dir, &e), e);
    return 0;
}

/* --- jobs --- */

struct want {
    const char *script;
    const char *entrypoint; /* NULL: "sh $ALGO" */
    const char *image;      /* NULL: bb */
    const char *path;       /* of an input, or NULL */
    const char *resources;  /* JSON, or NULL */
    int64_t seconds;        /* 0: 60 */
    int64_t queue_s;
    bool paid;
};

static struct json *json_of(const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(w.arena, text, strlen(text), &v, &e), e);
    return v;
}

static int try_start(const struct want *want, struct json **ret, struct err *e)
{
    struct arena *a = w.arena;
    struct json *algorithm = json_new_object(a), *container = json_new_object(a);
    struct json *inputs = json_new_array(a);
    struct compute_resources r;
    struct compute_request q = {
        .env = w.at,
        .free_job = !want->paid,
        .owner = OWNER,
        .resources = &r,
        .max_duration_s = want->seconds ? want->seconds : 60,
        .queue_wait_s = want->queue_s,
        .inputs = inputs,
        .algorithm = algorithm,
        .chain = 8996,
        .token = fake_token,
    };

    json_set_str(a, container, "image", want->image ? want->image : "127.0.0.1:5005/bb");
    json_set_str(a, container, "tag", "1");
    json_set_str(a, container, "entrypoint", want->entrypoint ? want->entrypoint : "sh $ALGO");
    json_set(a, algorithm, "container", container);
    json_set_str(a, algorithm, "rawcode", want->script);
    json_set(a, algorithm, "envs", json_of("{\"GREETING\":\"hello there\"}"));
    json_set(a, algorithm, "algocustomdata", json_of("{\"answer\":42}"));
    if (want->path)
        json_push(
            a, inputs,
            json_of(arena_printf(a,
                                 "{\"did\":\"did:op:1\",\"file\":{\"type\":\"url\",\"method\":"
                                 "\"GET\",\"url\":\"http://127.0.0.1:%d%s\"}}",
                                 origin_port, want->path)));
    if (compute_fill(w.at, q.free_job, want->resources ? json_of(want->resources) : NULL, &r, e) <
        0)
        return -1;
    return compute_start(w.compute, a, &q, ret, e);
}

static const char *start(const struct want *want)
{
    struct json *job;
    struct err e;

    ok(try_start(want, &job, &e), e);
    return json_get_str(job, "jobId", "");
}

static struct json *status(const char *id)
{
    const struct compute_filter f = {.job_id = id};
    struct json *list;
    struct err e;

    ok(compute_status(w.compute, w.arena, &f, &list, &e), e);
    assert_int_equal(json_len(list), 1);
    return json_at(list, 0);
}

/* Waits until the job has that status; 0: until dateFinished is set. */
static struct json *await(const char *id, int64_t wanted)
{
    int64_t until = clock_mono_ms() + 40000;

    for (;;) {
        struct json *job = status(id);

        if (wanted ? json_get_int(job, "status", -1) == wanted
                   : json_is(json_get(job, "dateFinished"), JSON_STRING))
            return job;
        if (clock_mono_ms() > until)
            fail_msg("job %s stays at %s", id, json_text(w.arena, job));
        clock_sleep_ms(2);
    }
}

static const char *result(const char *id, const char *name)
{
    const char *path = arena_printf(w.arena, "%s/c2d_storage", w.dir);
    struct json *env = json_at(compute_environments_json(w.compute, w.arena, 0), 0);
    const char *cluster = json_get_str(env, "id", "");
    struct bytes text;
    struct err e;

    path = arena_printf(w.arena, "%s/%.*s/%s/%s", path, (int)strcspn(cluster, "-"), cluster,
                        strchr(id, '-') + 1, name);
    ok(fs_read(w.arena, path, 64 << 20, &text, &e), e);
    return (const char *)text.p;
}

/* A file of outputs.tar: its header is followed by its content. */
static void has_output(const char *id, const char *name, const char *content)
{
    struct compute_result r;
    struct json *job = status(id);
    char *tar;
    int64_t at;
    struct err e;

    ok(compute_result_open(w.compute, w.arena, id, (int64_t)json_len(json_get(job, "results")) - 1,
                           &r, &e),
       e);
    assert_string_equal(r.name, "outputs.tar");
    tar = arena_alloc(w.arena, (size_t)r.size);
    assert_int_equal(read(r.fd, tar, (size_t)r.size), r.size);
    close(r.fd);
    for (at = 0; at + 512 < r.size; at += 512)
        if (strcmp(tar + at, name) == 0) {
            assert_memory_equal(tar + at + 512, content, strlen(content));
            return;
        }
    fail_msg("no %s in outputs.tar", name);
}

static void ends_as(const struct json *job, int64_t status_number, const char *name)
{
    if (json_get_int(job, "status", -1) != status_number ||
        !str_eq(json_get_str(job, "statusName", ""), name))
        fail_msg("not %d %s: %s", (int)status_number, name, json_text(w.arena, job));
}

static void no_container(const char *id)
{
    struct docker *d = docker_new(w.net, "/var/run/docker.sock");
    int64_t until = clock_mono_ms() + 10000;
    struct docker_state st;
    struct err e;
    int r;

    while (
        (r = docker_inspect(d, w.arena, arena_printf(w.arena, "%s-algorithm", strchr(id, '-') + 1),
                            false, &st, &e)) > 0 &&
        clock_mono_ms() < until)
        clock_sleep_ms(20);
    assert_int_equal(r, 0);
    docker_free(d);
}

/* --- tests --- */

static const char *deaf_job; /* started early: it needs the ten seconds of grace */

static void test_start_deaf(void **state)
{
    const struct want want = {.script = "trap '' TERM; echo here; while :; do sleep 1; done",
                              .seconds = 1};

    (void)state;
    deaf_job = start(&want);
}

static void test_deaf(void **state)
{
    struct json *job = await(deaf_job, 0);

    (void)state;
    ends_as(job, 70, "AlgorithmFailed");
    assert_int_equal(json_num(json_path(job, "terminationDetails.exitCode"), -1), 137);
    assert_string_equal(result(deaf_job, "algorithm.log"), "here\n");
    no_container(deaf_job);
}

static void test_echo(void **state)
{
    static const int64_t course[] = {10, 20, 20, 30, 40, 60, 70};
    const struct want want = {
        .script = "echo \"$GREETING\"; cat /data/inputs/algoCustomData.json /data/ddos/*; id -u; "
                  "ls /data; echo out > /data/outputs/a.txt",
        .path = "/data.txt"};
    int64_t began = clock_mono_ms();
    const char *id = start(&want);
    struct json *job = await(id, 0), *line;
    struct err e;
    size_t i;

    (void)state;
    print_message("echo: %d ms\n", (int)(clock_mono_ms() - began));
    ends_as(job, 70, "JobFinished");
    assert_int_equal(json_num(json_path(job, "terminationDetails.exitCode"), -1), 0);
    assert_true(
        strncmp(result(id, "algorithm.log"),
                "hello there\n{\"answer\":42}{\"id\":\"did:op:1\"}1000\nddos\ninputs\nlogs\n",
                60) == 0);
    has_output(id, "outputs/a.txt", "out\n");
    ok(compute_timeline(w.compute, w.arena, id, &line, &e), e);
    for (i = 0; i < ARRAY_LEN(course); i++)
        assert_int_equal(json_get_int(json_at(line, i), "status", -1), course[i]);
    assert_string_equal(json_str(json_path(job, "results.3.type"), ""), "output");
    assert_string_equal(json_str(json_path(job, "inputDID.0"), ""), "did:op:1");
    assert_non_null(json_str(json_get(job, "outputHash"), NULL));
    no_container(id);
}

static void test_failing(void **state)
{
    const struct want want = {.script = "echo bad >&2; exit 3"};
    const char *id = start(&want);
    struct json *job = await(id, 0);

    (void)state;
    ends_as(job, 70, "AlgorithmFailed");
    assert_int_equal(json_num(json_path(job, "terminationDetails.exitCode"), -1), 3);
    assert_string_equal(result(id, "algorithm.log"), "bad\n");
}

static void test_inputs(void **state)
{
    const struct want known = {.script = "cat /data/inputs/data.txt > /data/outputs/copy",
                               .path = "/data.txt"};
    const struct want unknown = {.script = "cat /data/inputs/size.txt > /data/outputs/copy",
                                 .path = "/unknown/size.txt"};
    const struct want missing = {.script = "true", .path = "/missing"};
    const struct want endless = {
        .script = "true", .path = "/endless", .resources = "[{\"id\":\"disk\",\"amount\":0.02}]"};
    const char *id = start(&known);
    struct json *job;

    (void)state;
    ends_as(await(id, 0), 70, "JobFinished");
    has_output(id, "outputs/copy", "input\n");
    id = start(&unknown);
    ends_as(await(id, 0), 70, "JobFinished");
    has_output(id, "outputs/copy", "no size\n");
    job = await(start(&missing), 0);
    ends_as(job, 31, "DataProvisioningFailed");
    assert_non_null(strstr(json_get_str(job, "statusReason", ""), "404"));
    job = await(start(&endless), 0);
    ends_as(job, 31, "DataProvisioningFailed");
    assert_non_null(strstr(json_get_str(job, "statusReason", ""), "disk resource"));
}

static void test_stop(void **state)
{
    const struct want want = {.script = "trap 'echo bye; exit 5' TERM; echo up; sleep 30 & wait"};
    const char *id = start(&want);
    struct json *job;
    struct err e;

    (void)state;
    await(id, 40);
    while (strcmp(result(id, "algorithm.log"), "up\n") != 0)
        clock_sleep_ms(5);
    ok(compute_stop(w.compute, id, &e), e);
    job = await(id, 0);
    ends_as(job, 70, "AlgorithmFailed");
    assert_true(json_get_bool(job, "stopRequested", false));
    assert_string_equal(result(id, "algorithm.log"), "up\nbye\n");
}

static void test_disk(void **state)
{
    const struct want want = {.script = "echo on; cat /dev/zero > /data/outputs/big",
                              .resources = "[{\"id\":\"disk\",\"amount\":0.02}]"};
    const char *id = start(&want);
    struct json *job = await(id, 0);

    (void)state;
    ends_as(job, 42, "DiskQuotaExceeded");
    assert_string_equal(json_get_str(job, "statusReason", ""), "the job wrote more than 0.02 GB");
    assert_string_equal(result(id, "algorithm.log"), "on\n");
    no_container(id);
}

static void test_refusals(void **state)
{
    const struct want no_image = {.script = "", .image = "127.0.0.1:5005/none"};
    const struct want no_entry = {.script = "", .entrypoint = "sh 'open"};
    const struct want no_name = {.script = "", .image = "A b"};
    const struct want much = {.script = "", .resources = "[{\"id\":\"cpu\",\"amount\":3}]"};
    const struct want alien = {.script = "", .resources = "[{\"id\":\"tpu\",\"amount\":1}]"};
    struct json *job;
    struct err e;

    (void)state;
    err_is(try_start(&no_image, &job, &e), e, COMPUTE_IMAGE);
    assert_true(str_starts(e.msg, "Unable to validate docker image: Cannot find image "
                                  "127.0.0.1:5005/none:1 for x86_64") ||
                strstr(e.msg, "aarch64"));
    err_is(try_start(&no_entry, &job, &e), e, COMPUTE_IMAGE);
    err_is(try_start(&no_name, &job, &e), e, COMPUTE_IMAGE);
    err_is(try_start(&much, &job, &e), e, COMPUTE_RESOURCES);
    assert_string_equal(e.msg, "Not enough resources: cpu: requested 3, but max is 1");
    err_is(try_start(&alien, &job, &e), e, COMPUTE_NO_RESOURCE);
}

static void test_bad_program(void **state)
{
    const struct want want = {.script = "true", .entrypoint = "/nothing here"};
    struct json *job = await(start(&want), 0);

    (void)state;
    ends_as(job, 41, "AlgorithmFailed");
    assert_non_null(json_str(json_get(job, "statusReason"), NULL));
}

static void test_no_outputs(void **state)
{
    const struct want want = {.script = "rm -r /data/outputs"};

    (void)state;
    ends_as(await(start(&want), 0), 61, "ResultsFetchFailed");
}

/* One free job more than there may be: refused, or queued and served in turn. */
static void test_queue(void **state)
{
    const struct want shorts = {.script = "sleep 1"};
    const struct want queued = {.script = "echo turn", .queue_s = 30};
    const struct want hasty = {.script = "echo never", .queue_s = 1};
    const struct want longs = {.script = "sleep 3"};
    struct json *job, *env;
    const char *id, *late;
    struct err e;
    int i;

    (void)state;
    /* the deaf job still runs: it is one of three */
    for (i = 0; i < 2; i++)
        (void)start(i ? &shorts : &longs);
    err_is(try_start(&shorts, &job, &e), e, COMPUTE_MANY_FREE_JOBS);
    id = start(&queued);
    late = start(&hasty);
    ends_as(status(id), 1, "JobQueued");
    env = json_at(compute_environments_json(w.compute, w.arena, 0), 0);
    assert_int_equal(json_get_int(env, "runningfreeJobs", -1), 3);
    assert_int_equal(json_get_int(env, "queuedFreeJobs", -1), 2);
    assert_int_equal(json_get_int(json_path(env, "resources.1"), "inUse", -1), 3);
    ends_as(await(id, 0), 70, "JobFinished");
    job = await(late, 0);
    assert_true(json_get_int(job, "status", -1) == 2 || json_get_int(job, "status", -1) == 70);
}

static void on_ready(void *arg)
{
    atomic_store((atomic_bool *)arg, true);
}

static void test_follow(void **state)
{
    const struct want want = {.script = "for i in 1 2 3; do echo line $i; sleep 0.2; done"};
    const char *id = start(&want);
    struct compute_follow *f;
    char text[256];
    size_t have = 0;
    int64_t n = 0;
    atomic_bool ready = false;
    struct err e;

    (void)state;
    await(id, 40);
    while (compute_log_follow(w.compute, id, &f, &e) < 0)
        clock_sleep_ms(1);
    while ((n = compute_follow_pull(f, text + have, sizeof(text) - have)) != 0) {
        assert_true(n > 0 || n == STREAM_WAIT);
        if (n > 0) {
            have += (size_t)n;
            continue;
        }
        compute_follow_notify(f, on_ready, &ready);
        while (!atomic_exchange(&ready, false))
            clock_sleep_ms(1);
    }
    compute_follow_close(f);
    text[have] = '\0';
    assert_string_equal(text, "line 1\nline 2\nline 3\n");
    await(id, 0);
    err_is(compute_log_follow(w.compute, id, &f, &e), e, COMPUTE_NOT_RUNNING);
}

/* The engine object dies while the container runs; the next one ends the job properly. */
static void test_restart(void **state)
{
    const struct want want = {.script = "echo start >> /data/outputs/count; echo one; sleep 1.5; "
                                        "echo two; exit 4"};
    const struct want quick = {.script = "echo start >> /data/outputs/count; echo one"};
    const char *id = start(&want), *ended = start(&quick);
    struct json *job;

    (void)state;
    await(id, 40);
    await(ended, 40);
    clock_sleep_ms(300);
    compute_free(w.compute);
    compute_begin();
    job = await(id, 0);
    ends_as(job, 70, "AlgorithmFailed");
    assert_int_equal(json_num(json_path(job, "terminationDetails.exitCode"), -1), 4);
    assert_string_equal(result(id, "algorithm.log"), "one\ntwo\n");
    has_output(id, "outputs/count", "start\n");
    ends_as(await(ended, 0), 70, "JobFinished");
    has_output(ended, "outputs/count", "start\n");
    no_container(id);
}

/* Killed at any moment, a job ends as it would have. */
static void test_restarts_anywhere(void **state)
{
    const struct want want = {.script = "echo start >> /data/outputs/count"};
    int delay;

    (void)state;
    for (delay = 0; delay < 400; delay += 35) {
        const char *id = start(&want);
        struct json *job;

        clock_sleep_ms(delay);
        compute_free(w.compute);
        compute_begin();
        job = await(id, 0);
        ends_as(job, 70, "JobFinished");
        has_output(id, "outputs/count", "start\n");
    }
}

static void test_paid(void **state)
{
    const struct want want = {.script = "echo paid",
                              .paid = true,
                              .seconds = 120,
                              .resources = "[{\"id\":\"cpu\",\"amount\":2},{\"id\":\"ram\","
                                           "\"amount\":1}]"};
    const char *id = start(&want), *bare = strchr(id, '-') + 1;
    struct json *job = status(id);

    (void)state;
    ends_as(job, 0, "JobStarted");
    assert_string_equal(json_str(json_path(job, "payment.lockTx"), ""), "0x10c4");
    assert_string_equal(json_str(json_path(job, "payment.amount"), ""), "5000000000000000000");
    assert_string_equal(json_get_str(job, "agreementId", ""), "0x10c4");
    fake_escrow_move(bare, ESCROW_LOCKED, "");
    await(id, 70);
    job = status(id);
    /* a minute is the least that is billed: 2 x 1 + 1 x 0.5 */
    assert_string_equal(fake_escrow_claimed(w.arena, bare), "2500000000000000000");
    assert_string_equal(json_str(json_path(job, "payment.claimTx"), ""), "0xc1a1");
    assert_true(json_num(json_path(job, "payment.cost"), 0) == 2.5);
}

static void test_paid_failures(void **state)
{
    const struct want want = {.script = "echo paid", .paid = true};
    const struct want missing = {.script = "true", .paid = true, .path = "/missing"};
    struct json *job;
    struct err e;
    const char *id;

    (void)state;
    fake_escrow_refuse("No auth found");
    err_is(try_start(&want, &job, &e), e, ESCROW);
    fake_escrow_refuse(NULL);
    id = start(&want);
    fake_escrow_move(strchr(id, '-') + 1, ESCROW_FAILED, "reverted");
    job = await(id, 0);
    ends_as(job, 41, "AlgorithmFailed");
    assert_non_null(strstr(json_get_str(job, "statusReason", ""), "reverted"));
    id = start(&missing);
    fake_escrow_move(strchr(id, '-') + 1, ESCROW_LOCKED, "");
    await(id, 31);
    await(id, 0);
    clock_sleep_ms(300);
    assert_string_equal(fake_escrow_claimed(w.arena, strchr(id, '-') + 1), "0");
    assert_string_equal(json_str(json_path(status(id), "payment.claimTx"), ""), "0xc1a1");
}

static void test_quote(void **state)
{
    static const struct {
        int64_t seconds;
        const char *amounts, *cost;
        bool by_second;
    } cases[] = {
        {60, "[]", "1500000000000000000", false},
        {1, "[]", "1500000000000000000", false},
        {61, "[]", "3000000000000000000", false},
        {120, "[{\"id\":\"cpu\",\"amount\":1.5}]", "4000000000000000000", false},
        {61, "[]", "1525000000000000000", true},
        {60, "[{\"id\":\"cpu\",\"amount\":1.001}]", "1501000000000000000", true},
    };
    struct compute_price p = {.env = w.at, .chain = 8996, .token = fake_token};
    struct compute_resources r;
    struct u256 cost;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        w.env.billing_by_second = cases[i].by_second;
        ok(compute_fill(w.at, false, json_of(cases[i].amounts), &r, &e), e);
        p.resources = &r;
        p.seconds = cases[i].seconds;
        ok(compute_quote(&p, &cost, &e), e);
        assert_string_equal(u256_text(w.arena, &cost), cases[i].cost);
    }
    w.env.billing_by_second = false;
    p.chain = 1;
    err_is(compute_quote(&p, &cost, &e), e, COMPUTE_CHAIN);
    p.chain = 8996;
    memset(&p.token, 9, sizeof(p.token));
    err_is(compute_quote(&p, &cost, &e), e, COMPUTE_TOKEN);
}

static void test_fill(void **state)
{
    struct compute_resources r;
    struct err e;

    (void)state;
    ok(compute_fill(w.at, false, NULL, &r, &e), e);
    assert_int_equal(r.count, 4);
    assert_string_equal(r.item[1].id, "cpu");
    assert_int_equal(r.item[1].milli, 1000);
    assert_int_equal(r.item[3].milli, 0);
    ok(compute_fill(w.at, false, json_of("[{\"id\":\"chip\",\"amount\":2}]"), &r, &e), e);
    assert_int_equal(r.item[2].milli, 4000);
    err_is(compute_fill(w.at, false, json_of("[{\"id\":\"chip\",\"amount\":3}]"), &r, &e), e,
           COMPUTE_RESOURCES);
    err_is(compute_fill(w.at, true, json_of("[{\"id\":\"chip\",\"amount\":1}]"), &r, &e), e,
           COMPUTE_RESOURCES);
    ok(compute_fill(w.at, true, json_of("[{\"id\":\"cpu\",\"amount\":-5},{\"id\":\"ram\"}]"), &r,
                    &e),
       e);
    assert_int_equal(r.item[1].milli, 1000);
}

static void test_environment(void **state)
{
    struct json *env = json_at(compute_environments_json(w.compute, w.arena, 8996), 0);

    (void)state;
    /* free-only environment of the reference: the vector of wire/compute.md */
    assert_string_equal(json_get_str(env, "id", ""),
                        "0xff1004b67de08fc505fbf0a2089010d0f23015338c7def8557697513c4a39935-"
                        "0x2e308d2161642f4fa082602d60e3a0d88bb6a6a8fd9e6ecbd56c92da067e4cb4");
    assert_int_equal(json_len(json_get(env, "resources")), 4);
    assert_int_equal(json_len(json_path(env, "free.resources")), 3);
    assert_int_equal(json_len(compute_environments_json(w.compute, w.arena, 5)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_start_deaf),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_failing),
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_disk),
        cmocka_unit_test(test_bad_program),
        cmocka_unit_test(test_no_outputs),
        cmocka_unit_test(test_follow),
        cmocka_unit_test(test_deaf),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_restarts_anywhere),
        cmocka_unit_test(test_paid),
        cmocka_unit_test(test_paid_failures),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
