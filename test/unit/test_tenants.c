/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/str.h"
#include "crypto/random.h"
#include "docker/deploy.h"
#include "service/firewall.h"
#include "test.h"

/*
 * Who reaches whom: containers of two owners on real bridges, against the machine's engine. Also
 * docker/deploy.h, which they are made with.
 */
#define SOCKET "/var/run/docker.sock"

enum { OWNERS = 2, HOST_PORT_TRIES = 50 };

struct world {
    struct net *net;
    struct docker *docker;
    struct firewall *firewall;
    struct arena *arena;
    const char *image;
    char node[43];
    char tag[9];
    const char *network[OWNERS];
    const char *gateway[OWNERS]; /* the host's address on the bridge */
    const char *box[OWNERS];
    const char *ip[OWNERS];
    const char *neighbour; /* of the first owner, too */
    int listener;
    int port;
};

static void must(int r, const struct err *e)
{
    if (r < 0)
        fail_msg("%s", e->msg);
}

static struct docker_label *labels(struct world *w, int owner)
{
    struct docker_label *l = arena_calloc(w->arena, 4, sizeof(*l));

    l[0] = (struct docker_label){"atoll.node", w->node};
    l[1] = (struct docker_label){"atoll.owner", arena_printf(w->arena, "u%s%d", w->tag, owner)};
    return l;
}

/* Subnets of a range that tests alone use; other runs may be at it as well. */
static void make_network(struct world *w, int owner)
{
    char bridge[FIREWALL_BRIDGE_SIZE];
    unsigned char at[2];
    struct err e;
    bool made;
    int i;

    w->network[owner] = arena_printf(w->arena, "atoll-n-%s%d", w->tag, owner);
    firewall_bridge(w->firewall, true, owner, bridge);
    for (i = 0; i < HOST_PORT_TRIES; i++) {
        struct docker_network n = {w->network[owner], bridge, NULL, labels(w, owner)};

        random_bytes(at, sizeof(at));
        n.subnet = arena_printf(w->arena, "10.219.%d.%d/26", at[0], at[1] & 0xc0);
        w->gateway[owner] = arena_printf(w->arena, "10.219.%d.%d", at[0], (at[1] & 0xc0) + 1);
        if (docker_network_make(w->docker, &n, &made, &e) == 0)
            return;
        assert_int_equal(e.code, ERR_INVALID);
    }
    fail_msg("no subnet is free: %s", e.msg);
}

static const char *run_box(struct world *w, int owner, const char *name)
{
    static const char *const command[] = {"/bin/busybox", "sh", "-c",
                                          "mkdir -p /tmp/w; echo here > /tmp/w/index.html;"
                                          "exec /bin/busybox httpd -f -p 80 -h /tmp/w",
                                          NULL};
    static const char *const capabilities[] = {"NET_BIND_SERVICE", NULL};
    const struct docker_port port = {80, "tcp", "127.0.0.1", 0};
    struct docker_spec c = {.name = arena_printf(w->arena, "atoll-s-%s-%s", w->tag, name),
                            .image = w->image,
                            .hostname = name,
                            .entrypoint = command,
                            .labels = labels(w, owner),
                            .network = w->network[owner],
                            .capabilities = capabilities,
                            .ports = &port,
                            .port_count = 1,
                            .memory = 64 << 20,
                            .cpu_quota_us = 50000,
                            .pids_max = 64,
                            .log_bytes_max = 1 << 20};
    char id[DOCKER_ID_SIZE], again[DOCKER_ID_SIZE];
    struct err e;

    must(docker_spec_create(w->docker, &c, id, &e), &e);
    must(docker_spec_create(w->docker, &c, again, &e), &e); /* repeated: the same one */
    assert_string_equal(id, again);
    must(docker_start(w->docker, c.name, &e), &e);
    return c.name;
}

static void look(struct world *w, const char *name, struct docker_look *ret)
{
    struct err e;

    assert_int_equal(docker_look(w->docker, w->arena, name, ret, &e), 1);
}

/* A service of the host that listens everywhere, as sshd does. */
static void listen_everywhere(struct world *w)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof(at);

    w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(w->listener, 16), 0);
    assert_int_equal(getsockname(w->listener, (struct sockaddr *)&at, &n), 0);
    w->port = ntohs(at.sin_port);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    unsigned char random[20];
    struct docker_look l;
    struct err e;
    int i;

    *state = w;
    w->arena = arena_new();
    w->net = net_new();
    w->docker = docker_new(w->net, SOCKET);
    w->image = arena_printf(w->arena, "%s/bb:1", test_registry());
    random_bytes(random, sizeof(random));
    str_copy(w->node, sizeof(w->node), hex0x_dup(w->arena, random, sizeof(random)));
    str_copy(w->tag, sizeof(w->tag), w->node + 2);
    must(docker_image_pull(w->docker, &(struct docker_pull){.ref = w->image, .timeout_s = 120}, &e),
         &e);
    listen_everywhere(w);
    w->firewall = firewall_new(w->docker, w->node);
    must(firewall_ensure(w->firewall, &e), &e);
    for (i = 0; i < OWNERS; i++) {
        make_network(w, i);
        w->box[i] = run_box(w, i, i ? "theirs" : "mine");
        look(w, w->box[i], &l);
        w->ip[i] = l.ip;
    }
    w->neighbour = run_box(w, 0, "neighbour");
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    struct err e;
    bool gone;
    int i;

    if (w->docker) {
        (void)!docker_remove(w->docker, w->neighbour ? w->neighbour : "none", &e);
        for (i = 0; i < OWNERS; i++) {
            if (w->box[i])
                (void)!docker_remove(w->docker, w->box[i], &e);
            if (w->network[i]) {
                must(docker_network_remove(w->docker, w->network[i], &gone, &e), &e);
                assert_true(gone);
            }
        }
        must(firewall_remove(w->firewall, &e), &e);
        close(w->listener);
    }
    firewall_free(w->firewall);
    docker_free(w->docker);
    if (w->net) {
        net_stop(w->net);
        net_free(w->net);
        arena_free(w->arena);
    }
    free(w);
    return 0;
}

/* Whether a connection from inside a box is made, within a second or two. */
static bool reaches(struct world *w, const char *box, const char *host, int port)
{
    const char *const command[] = {
        "/bin/busybox", "nc",           "-w",   "2", host, arena_printf(w->arena, "%d", port),
        "-e",           "/bin/busybox", "true", NULL};
    const struct docker_exec x = {.command = command, .timeout_ms = 20000, .output_max = 200};
    const char *output;
    struct err e;
    int status = docker_exec_run(w->docker, w->arena, box, &x, &output, &e);

    must(status, &e);
    if (status > 1)
        fail_msg("nc: %s", output);
    return status == 0;
}

static void test_neighbours_of_an_owner_talk(void **state)
{
    struct world *w = *state;
    struct docker_look l;

    look(w, w->neighbour, &l);
    assert_true(reaches(w, w->box[0], l.ip, 80));
    assert_true(reaches(w, w->box[0], "neighbour", 80)); /* by the name of the engine's DNS */
}

static void test_owners_do_not_reach_each_other(void **state)
{
    struct world *w = *state;

    assert_false(reaches(w, w->box[0], w->ip[1], 80));
    assert_false(reaches(w, w->box[1], w->ip[0], 80));
    assert_false(reaches(w, w->box[0], w->gateway[1], 80));
}

static void test_the_host_is_not_reached(void **state)
{
    struct world *w = *state;
    struct docker_look l;

    assert_false(reaches(w, w->box[0], w->gateway[0], w->port)); /* its own bridge */
    assert_false(reaches(w, w->box[0], w->gateway[1], w->port)); /* another one */
    assert_false(reaches(w, w->box[0], "172.17.0.1", w->port));  /* the engine's own bridge */
    look(w, w->box[1], &l);
    /* the published port of somebody else, where the host listens for it */
    assert_false(reaches(w, w->box[0], w->gateway[0], docker_look_port(&l, 80, "tcp")));
}

static void test_private_addresses_are_refused(void **state)
{
    struct world *w = *state;

    assert_false(reaches(w, w->box[0], "169.254.169.254", 80));
    assert_false(reaches(w, w->box[0], "10.0.0.1", 80));
    assert_false(reaches(w, w->box[0], "192.168.0.1", 80));
}

/* The host reaches the containers, or nobody could serve them. */
static void test_the_host_reaches_them(void **state)
{
    struct world *w = *state;
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct docker_look l;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    look(w, w->box[0], &l);
    assert_int_not_equal(docker_look_port(&l, 80, "tcp"), 0);
    to.sin_port = htons((uint16_t)docker_look_port(&l, 80, "tcp"));
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons(80);
    inet_pton(AF_INET, w->ip[0], &to.sin_addr);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    close(fd);
}

/* Repeated, and made again when somebody flushed the host's tables. */
static void test_the_rules_are_made_again(void **state)
{
    struct world *w = *state;
    struct err e;

    must(firewall_remove(w->firewall, &e), &e);
    assert_true(reaches(w, w->box[0], w->gateway[0], w->port)); /* this is what they are for */
    firewall_doubt(w->firewall);
    must(firewall_ensure(w->firewall, &e), &e);
    assert_false(reaches(w, w->box[0], w->gateway[0], w->port));
    firewall_doubt(w->firewall);
    must(firewall_ensure(w->firewall, &e), &e); /* there already */
    assert_false(reaches(w, w->box[0], w->gateway[0], w->port));
}

static void test_what_a_box_uses(void **state)
{
    struct world *w = *state;
    struct docker_stats s;
    struct json *names;
    struct err e;

    assert_int_equal(docker_stats_get(w->docker, w->box[0], &s, &e), 1);
    assert_true(s.memory > 0 && s.memory < 64 << 20);
    assert_int_equal(docker_stats_get(w->docker, "atoll-none", &s, &e), 0);
    must(docker_container_names(w->docker, w->arena,
                                arena_printf(w->arena, "atoll.node=%s", w->node), &names, &e),
         &e);
    assert_int_equal(json_len(names), 3);
}

static void test_commands_inside(void **state)
{
    static const char *const slow[] = {"/bin/busybox", "sleep", "30", NULL};
    static const char *const bad[] = {"/bin/busybox", "sh", "-c", "echo no; exit 3", NULL};
    struct docker_exec x = {.command = bad, .timeout_ms = 20000, .output_max = 10};
    struct world *w = *state;
    const char *output;
    struct err e;

    assert_int_equal(docker_exec_run(w->docker, w->arena, w->box[0], &x, &output, &e), 3);
    assert_string_equal(output, "no\n");
    x.command = slow;
    x.timeout_ms = 300;
    assert_int_equal(docker_exec_run(w->docker, w->arena, w->box[0], &x, &output, &e), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
}

static void test_volumes(void **state)
{
    struct world *w = *state;
    const char *name = arena_printf(w->arena, "atoll-v-%s-data", w->tag);
    struct json *names;
    struct err e;

    must(docker_volume_make(w->docker, name, labels(w, 0), &e), &e);
    must(docker_volume_make(w->docker, name, labels(w, 0), &e), &e);
    assert_int_equal(docker_volume_make(w->docker, name, labels(w, 1), &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    must(docker_volume_list(w->docker, w->arena, arena_printf(w->arena, "atoll.node=%s", w->node),
                            &names, &e),
         &e);
    assert_int_equal(json_len(names), 1);
    must(docker_volume_remove(w->docker, name, &e), &e);
    must(docker_volume_remove(w->docker, name, &e), &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neighbours_of_an_owner_talk),
        cmocka_unit_test(test_owners_do_not_reach_each_other),
        cmocka_unit_test(test_the_host_is_not_reached),
        cmocka_unit_test(test_private_addresses_are_refused),
        cmocka_unit_test(test_the_host_reaches_them),
        cmocka_unit_test(test_the_rules_are_made_again),
        cmocka_unit_test(test_what_a_box_uses),
        cmocka_unit_test(test_commands_inside),
        cmocka_unit_test(test_volumes),
    };

    if (!test_registry()) {
        printf("1..0 # SKIP no registry: ATOLL_TEST_REGISTRY\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, setup, teardown);
}
