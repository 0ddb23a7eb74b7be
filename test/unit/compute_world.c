/* SPDX-License-Identifier: Apache-2.0 */
#include "compute_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/thread.h"
#include "docker/docker.h"
#include "net/guard.h"

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
    else if (strstr(text, " /dead"))
        (void)0; /* not a word */
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

struct world w;

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

void compute_begin(void)
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

int world_setup(void **state)
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

/* Jobs that were still clearing up leave their containers to a restart that does not come. */
static void remove_containers(void)
{
    struct docker *d = docker_new(w.net, "/var/run/docker.sock");
    struct docker_found *found;
    struct compute_job job;
    size_t i, count;
    struct err e;

    ok(docker_list(d, w.arena, "atoll.job", &found, &count, &e), e);
    for (i = 0; i < count; i++)
        if (compute_job_find(w.compute, w.arena, found[i].label, &job, &e) > 0)
            ok(docker_remove(d, found[i].id, &e), e);
    docker_free(d);
}

int world_teardown(void **state)
{
    struct err e;

    (void)state;
    remove_containers();
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

struct json *json_of(const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(w.arena, text, strlen(text), &v, &e), e);
    return v;
}

int try_start(const struct want *want, struct json **ret, struct err *e)
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

    json_set_str(a, container, "image",
                 want->image ? want->image : arena_printf(a, "%s/bb", test_registry()));
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

const char *start(const struct want *want)
{
    struct json *job;
    struct err e;

    ok(try_start(want, &job, &e), e);
    return json_get_str(job, "jobId", "");
}

struct json *status(const char *id)
{
    const struct compute_filter f = {.job_id = id};
    struct json *list;
    struct err e;

    ok(compute_status(w.compute, w.arena, &f, &list, &e), e);
    assert_int_equal(json_len(list), 1);
    return json_at(list, 0);
}

/* Waits until the job has that status; 0: until dateFinished is set. */
struct json *await(const char *id, int64_t wanted)
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

const char *result(const char *id, const char *name)
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
void has_output(const char *id, const char *name, const char *content)
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

void ends_as(const struct json *job, int64_t status_number, const char *name)
{
    if (json_get_int(job, "status", -1) != status_number ||
        !str_eq(json_get_str(job, "statusName", ""), name))
        fail_msg("not %d %s: %s", (int)status_number, name, json_text(w.arena, job));
}

void no_container(const char *id)
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
