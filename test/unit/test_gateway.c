/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/thread.h"
#include "gateway/dns.h"
#include "gateway/gateway_int.h"
#include "gateway/host.h"
#include "test.h"

/* The gateway without Caddy: names and who has them, what Caddy's log says, what it is told. */

struct fixture {
    char dir[32];
    struct store *store;
    struct gateway *g;
    struct arena *arena;
};

static const char *const leads[] = {"192.0.2.1"};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct gateway_options o = {.enabled = false,
                                .caddy = "caddy",
                                .http_port = 80,
                                .https_port = 443,
                                .base_domain = "Solutions.Example.",
                                .renew_interval_ms = 600000,
                                .settings = {.acme = "https://acme.example/directory",
                                             .acme_staging = "https://staging.example:14000/dir/",
                                             .resolver = "127.0.0.1:1",
                                             .leads = leads,
                                             .lead_count = 1}};
    struct err e;

    strcpy(f->dir, "/tmp/gatewayXXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_new();
    ok(store_open(f->dir, &f->store, &e), e);
    o.store = f->store;
    o.folder = arena_printf(f->arena, "%s/gateway", f->dir);
    o.public_url = "https://node.example/";
    ok(gateway_new(&o, &f->g, &e), e);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct err e;

    gateway_free(f->g);
    store_close(f->store);
    ok(fs_remove_tree(f->dir, &e), e);
    arena_free(f->arena);
    free(f);
    return 0;
}

static int set_name(struct fixture *f, const char *deployment, const char *name, struct err *e)
{
    const struct gateway_route r = {
        .deployment = deployment, .owner = "u1", .name = name, .port = 8080};
    const char *host;

    return gateway_set(f->g, f->arena, &r, &host, e);
}

/* --- hosts --- */

static void test_hosts(void **state)
{
    struct fixture *f = *state;
    struct arena *a = f->arena;
    static const char *const bad[] = {"",        ".",         "a",     "a..b",        "-a.b",
                                      "a-.b",    "a b.c",     "a_b.c", "1.2.3.4",     "a.4",
                                      "a.b:80",  "*.a.b",     "a/b.c", "\xc3\xbc.de", "[::1]",
                                      "a.b\x01", "http://a.b"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(bad); i++)
        if (host_parse(a, bad[i]))
            fail_msg("%s is a host", bad[i]);
    assert_string_equal(host_parse(a, " \tWWW.Example.ORG. "), "www.example.org");
    assert_string_equal(host_parse(a, "xn--mnchen-3ya.de"), "xn--mnchen-3ya.de");
    assert_null(host_parse(a, "localhost"));
    assert_string_equal(host_parse_any(a, "localhost"), "localhost");
    assert_true(host_is_under("a.b.c", "b.c"));
    assert_true(host_is_under("b.c", "b.c"));
    assert_false(host_is_under("ab.c", "b.c"));
    assert_true(host_is_private("x.localhost") && host_is_private("box"));
    assert_false(host_is_private("localhost.example"));
}

static void test_urls(void **state)
{
    struct fixture *f = *state;
    int port = 0;

    assert_string_equal(host_of_url(f->arena, "https://A.b:8443/x", &port), "a.b");
    assert_int_equal(port, 8443);
    assert_string_equal(host_of_url(f->arena, "https://a.b?x", &port), "a.b");
    assert_int_equal(port, -1);
    assert_null(host_of_url(f->arena, "http://a.b", &port));
    assert_null(host_of_url(f->arena, "https://a.b:x", &port));
    assert_null(host_of_url(f->arena, NULL, &port));
    assert_string_equal(gateway_market_url(f->g, f->arena), "https://node.example");
}

/* --- names --- */

static void test_names(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "",    "A",      "a_b", "-a",       "a-",
        "a.b", "ab--cd", "a b", "\xc3\xbc", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    const char *host;
    struct err e;
    bool taken;
    size_t i;

    for (i = 0; i < ARRAY_LEN(bad); i++)
        err_is(gateway_name_check(f->g, bad[i], &e), e, GATEWAY_NAME);
    err_is(gateway_name_check(f->g, "www", &e), e, GATEWAY_RESERVED);
    err_is(set_name(f, "d1", "wpad", &e), e, GATEWAY_RESERVED);
    ok(gateway_name_check(f->g, "blog", &e), e);
    ok(set_name(f, "d1", "blog", &e), e);
    ok(set_name(f, "d1", "blog", &e), e); /* again is nothing */
    ok(gateway_name_taken(f->g, "blog", &taken, &e), e);
    assert_true(taken);
    err_is(gateway_name_check(f->g, "blog", &e), e, GATEWAY_TAKEN);
    assert_string_equal(e.msg, "blog.solutions.example is taken");
    err_is(set_name(f, "d2", "blog", &e), e, GATEWAY_TAKEN);
    /* a part of one is a name like any other */
    ok(set_name(f, "d2", "blog-admin", &e), e);
    err_is(gateway_set(
               f->g, f->arena,
               &(struct gateway_route){
                   .deployment = "d1", .owner = "u1", .name = "blog", .part = "admin", .port = 1},
               &host, &e),
           e, GATEWAY_TAKEN);
    ok(set_name(f, "d1", "diary", &e), e); /* renamed: the old name is free */
    ok(gateway_name_check(f->g, "blog", &e), e);
    ok(gateway_remove(f->g, "d1", &e), e);
    ok(gateway_remove(f->g, "d1", &e), e);
    ok(gateway_name_check(f->g, "diary", &e), e);
}

static void test_names_of_the_marketplace(void **state)
{
    struct fixture *f = *state;
    const struct gateway_server servers[] = {{"Shop.Solutions.example", "a@b.example", true}};
    struct err e;

    ok(gateway_name_check(f->g, "shop", &e), e);
    gateway_servers(f->g, servers, 1);
    err_is(gateway_name_check(f->g, "shop", &e), e, GATEWAY_TAKEN);
    err_is(set_name(f, "d1", "shop", &e), e, GATEWAY_TAKEN);
    assert_string_equal(gateway_market_url(f->g, f->arena), "https://shop.solutions.example");
}

enum { RACERS = 8, ROUNDS = 20 };

struct racer {
    pthread_t thread;
    struct fixture *f;
    int id;
    atomic_int *won;
    atomic_int *lost;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        _arena_ struct arena *a = arena_new();
        const struct gateway_route route = {.deployment = arena_printf(a, "d%d-%d", r->id, i),
                                            .owner = "u1",
                                            .name = arena_printf(a, "name%d", i),
                                            .port = 1};
        const char *host;
        struct err e;

        if (gateway_set(r->f->g, a, &route, &host, &e) == 0)
            r->won[i]++;
        else if (e.code == ERR_GATEWAY_TAKEN)
            r->lost[i]++;
    }
    return NULL;
}

/* Regression 12: a name is had by one, however many ask at the same time. */
static void test_names_race(void **state)
{
    struct fixture *f = *state;
    atomic_int won[ROUNDS] = {0};
    atomic_int lost[ROUNDS] = {0};
    struct racer racers[RACERS];
    int i;

    for (i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.f = f, .id = i, .won = won, .lost = lost};
        thread_start(&racers[i].thread, "racer", race, &racers[i]);
    }
    for (i = 0; i < RACERS; i++)
        pthread_join(racers[i].thread, NULL);
    for (i = 0; i < ROUNDS; i++) {
        assert_int_equal(won[i], 1);
        assert_int_equal(lost[i], RACERS - 1);
    }
}

static void test_who_may_pass(void **state)
{
    struct fixture *f = *state;
    struct gateway_owner o;
    struct json *guests;
    struct err e;
    bool is;

    ok(set_name(f, "d1", "blog", &e), e);
    ok(gateway_host_find(f->g, f->arena, "blog.solutions.example", &is, &o, &e), e);
    assert_true(is);
    ok(gateway_may_pass(f->g, &o, "u1", "alice.3bot", &is, &e), e);
    assert_true(is);
    ok(gateway_may_pass(f->g, &o, "u2", "bob.3bot", &is, &e), e);
    assert_false(is);
    err_is(gateway_guest_add(f->g, "d1", "u2", "bob.3bot", &e), e, GATEWAY_NO_DEPLOYMENT);
    err_is(gateway_guest_add(f->g, "d1", "u1", "bob '--", &e), e, GATEWAY_GUEST);
    ok(gateway_guest_add(f->g, "d1", "u1", "Bob.3bot", &e), e);
    ok(gateway_may_pass(f->g, &o, "u2", "bob.3bot", &is, &e), e);
    assert_true(is);
    ok(gateway_remove(f->g, "d1", &e), e);
    ok(set_name(f, "d1", "blog", &e), e);
    ok(gateway_guests(f->g, f->arena, "d1", "u1", &guests, &e), e);
    assert_int_equal(json_len(guests), 0); /* a new deployment has none of the old one's */
    ok(gateway_host_find(f->g, f->arena, "nobody.example", &is, &o, &e), e);
    assert_false(is);
}

/* --- what Caddy says --- */

static const char *say(struct gateway_watch *w, struct arena *a, const char *line)
{
    const char *host = gateway__watch_line(w, a, line, strlen(line));

    return host ? host : "";
}

#define REFUSED                                                                                    \
    "{\"ts\":1000.5,\"msg\":\"could not get certificate from issuer\",\"identifier\":\"a.b\","     \
    "\"issuer\":\"acme.example-directory\",\"error\":\"HTTP 429 "                                  \
    "urn:ietf:params:acme:error:rateLimited - slowly\"}"

static void test_watch(void **state)
{
    struct fixture *f = *state;
    struct arena *a = f->arena;
    struct gateway_watch w;
    const struct gateway_trouble *t;

    gateway__watch_init(&w);
    assert_string_equal(
        say(&w, a, "{\"ts\":1,\"msg\":\"obtaining certificate\",\"identifier\":\"a.b\"}"), "");
    assert_int_equal(w.asking, 1);
    assert_string_equal(say(&w, a, REFUSED), "a.b");
    t = gateway__trouble(&w, "a.b", "acme.example-directory");
    assert_non_null(t);
    assert_int_equal(t->retry_at, 1000500 + 60000);
    assert_null(gateway__trouble(&w, "a.b", "another"));
    assert_string_equal(say(&w, a,
                            "{\"ts\":1000.5,\"msg\":\"will retry\",\"error\":\"[a.b] Obtain: "
                            "x\",\"retrying_in\":120}"),
                        "a.b");
    assert_int_equal(t->retry_at, 1000500 + 120000);
    assert_int_equal(w.asking, 0);
    say(&w, a, REFUSED);
    say(&w, a, REFUSED);
    assert_int_equal(t->retry_at, 1000500 + 240000); /* longer each time */
    assert_non_null(strstr(gateway__explain(a, t), "asked too often"));
    assert_string_equal(
        say(&w, a,
            "{\"ts\":2000,\"msg\":\"certificate obtained successfully\",\"identifier\":\"a.b\"}"),
        "a.b");
    assert_int_equal(w.count, 0);
    gateway__watch_done(&w);
}

/* A configuration that replaces another breaks off what is asked for: that is no refusal. */
static void test_watch_canceled(void **state)
{
    struct fixture *f = *state;
    struct gateway_watch w;

    gateway__watch_init(&w);
    say(&w, f->arena, "{\"ts\":1,\"msg\":\"obtaining certificate\",\"identifier\":\"a.b\"}");
    assert_string_equal(
        say(&w, f->arena,
            "{\"ts\":1,\"msg\":\"could not get certificate from issuer\",\"identifier\":\"a.b\","
            "\"issuer\":\"i\",\"error\":\"[a.b] solving challenges: [a.b] context canceled\"}"),
        "");
    say(&w, f->arena, "{\"ts\":1,\"msg\":\"releasing lock\",\"identifier\":\"a.b\"}");
    assert_int_equal(w.count, 0);
    assert_int_equal(w.asking, 0);
    gateway__watch_done(&w);
}

static void test_watch_nonsense(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {
        "",
        "x",
        "{}",
        "[]",
        "null",
        "{\"ts\":1e300,\"msg\":\"will retry\"}",
        "{\"ts\":1,\"msg\":\"will retry\",\"error\":\"[a\",\"retrying_in\":1}",
        "{\"ts\":1,\"msg\":\"will retry\",\"error\":\"[a] x\",\"retrying_in\":1e99}",
        "{\"ts\":1,\"msg\":\"could not get certificate from issuer\"}",
        "{\"ts\":1,\"msg\":\"obtaining certificate\",\"identifier\":7}",
        "{\"ts\":1,\"msg\":\"releasing lock\",\"identifier\":\"a\"}"};
    struct gateway_watch w;
    size_t i;

    gateway__watch_init(&w);
    for (i = 0; i < ARRAY_LEN(lines); i++)
        assert_string_equal(say(&w, f->arena, lines[i]), "");
    assert_int_equal(w.count, 0);
    gateway__watch_done(&w);
}

static void count_host(void *ctx, const char *host)
{
    (void)host;
    ++*(int *)ctx;
}

/* Lines that are half there wait; a file that Caddy began anew is read from its beginning. */
static void test_watch_file(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_printf(f->arena, "%s/log", f->dir);
    struct gateway_watch w;
    struct err e;
    int told = 0;
    FILE *file;

    gateway__watch_init(&w);
    gateway__watch_read(&w, path, count_host, &told); /* none yet */
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n%.20s", REFUSED, REFUSED);
    fflush(file);
    gateway__watch_read(&w, path, count_host, &told);
    assert_int_equal(told, 1);
    fprintf(file, "%s\n", REFUSED + 20);
    fclose(file);
    gateway__watch_read(&w, path, count_host, &told);
    assert_int_equal(told, 2);
    gateway__watch_read(&w, path, count_host, &told);
    assert_int_equal(told, 2);
    ok(fs_write(path, REFUSED "\n", strlen(REFUSED) + 1, 0600, &e), e);
    gateway__watch_read(&w, path, count_host, &told);
    assert_int_equal(told, 3);
    gateway__watch_done(&w);
}

/* --- what Caddy is told --- */

static bool all_wanted(void *ctx, const char *host)
{
    return !str_eq(host, ctx);
}

static bool holds(const struct json *list, const char *text)
{
    size_t i;

    for (i = 0; i < json_len(list); i++)
        if (str_eq(json_str(json_at(list, i), ""), text))
            return true;
    return false;
}

static void test_config(void **state)
{
    struct fixture *f = *state;
    struct gateway_row rows[] = {
        {"d1", "", "u1", "blog.solutions.example", "127.0.0.1", 8080, false},
        {"d2", "", "u2", "wiki.solutions.example", "127.0.0.1", 8081, true}};
    struct gateway_claim claims[] = {{"www.alice.example", "d1", "u1", "t", true, ""}};
    const struct gateway_server servers[] = {{"market.example", "ops@market.example", true},
                                             {"localhost", NULL, true}};
    const struct gateway_node node = {"127.0.0.1", 8030, false};
    struct gateway_settings s = {.acme = "https://acme.example/directory",
                                 .acme_staging = "https://staging.example/dir"};
    const struct gateway_picture p = {.o = &f->g->o,
                                      .settings = &s,
                                      .node = &node,
                                      .servers = servers,
                                      .server_count = 2,
                                      .rows = {rows, 2},
                                      .claims = {claims, 1},
                                      .folder = "/x",
                                      .wanted = all_wanted,
                                      .ctx = "wiki.solutions.example"};
    struct json *j = gateway__config(f->arena, &p);
    const struct json *names = json_path(j, "apps.tls.certificates.automate");

    assert_int_equal(json_len(names), 4); /* all but the one that is not wanted now */
    assert_true(holds(names, "www.alice.example") && holds(names, "market.example"));
    assert_true(
        holds(json_path(j, "apps.http.servers.https.routes.2.match.0.host"), "www.alice.example"));
    assert_string_equal(
        json_str(json_path(j, "apps.tls.automation.policies.1.issuers.0.email"), ""),
        "ops@market.example");
    assert_string_equal(json_str(json_path(j, "apps.tls.automation.policies.2.issuers.0.ca"), ""),
                        "https://acme.example/directory");
    s.test_cert = true; /* regression 16: for all, the node's own included */
    j = gateway__config(f->arena, &p);
    assert_null(strstr(json_text(f->arena, j), "acme.example/directory"));
    assert_string_equal(json_str(json_path(j, "apps.tls.automation.policies.1.issuers.0.ca"), ""),
                        "https://staging.example/dir");
}

static void test_issuers(void **state)
{
    struct fixture *f = *state;
    struct gateway_settings s = {.acme = "https://acme-v02.api.letsencrypt.org/directory",
                                 .acme_staging = "https://localhost:14000/dir/"};

    assert_string_equal(gateway__issuer(f->arena, &s, "a.example"),
                        "acme-v02.api.letsencrypt.org-directory");
    assert_string_equal(gateway__issuer(f->arena, &s, "a.localhost"), "local");
    s.test_cert = true;
    assert_string_equal(gateway__issuer(f->arena, &s, "a.example"), "localhost:14000-dir");
    assert_string_equal(gateway__issuer_folder(f->arena, "localhost:14000-dir"),
                        "localhost-14000-dir");
    s.acme_staging = "internal";
    assert_string_equal(gateway__issuer(f->arena, &s, "a.example"), "local");
}

/* --- the DNS --- */

/* Name, class and two records after a question for "a.b". */
#define HEAD(answers) "\x12\x34\x81\x80\0\1\0" answers "\0\0\0\0\1a\1b\0"
#define OWNER "\xc0\x0c"

static void test_dns_read(void **state)
{
    struct fixture *f = *state;
    static const char txt[] = HEAD("\2") "\0\x10\0\1" OWNER "\0\x10\0\1\0\0\0\1\0\6\2ab\2cd" OWNER
                                         "\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1";
    static const char cut[] = HEAD("\1") "\0\x10\0\1" OWNER "\0\x10\0\1\0\0\0\1\0\x20\2ab";
    struct dns_answer r;
    struct err e;

    ok(dns_read(f->arena, (const uint8_t *)txt, sizeof(txt) - 1, DNS_TXT, &r, &e), e);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.items[0], "abcd");
    ok(dns_read(f->arena, (const uint8_t *)txt, sizeof(txt) - 1, DNS_A, &r, &e), e);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.items[0], "127.0.0.1");
    err_is(dns_read(f->arena, (const uint8_t *)cut, sizeof(cut) - 1, DNS_TXT, &r, &e), e,
           UNAVAILABLE);
    assert_true(e.transient);
    err_is(dns_read(f->arena, (const uint8_t *)"", 0, DNS_TXT, &r, &e), e, UNAVAILABLE);
}

/* Regression 13: nobody answers at that port, and that is not "there is none". */
static void test_dns_silence(void **state)
{
    struct fixture *f = *state;
    struct dns_answer r;
    struct err e;

    err_is(dns_ask(f->arena, "127.0.0.1:1", "a.example", DNS_A, &r, &e), e, UNAVAILABLE);
    assert_true(e.transient);
    assert_true(dns_resolver_is_valid("127.0.0.1") && dns_resolver_is_valid("9.9.9.9:5353"));
    assert_false(dns_resolver_is_valid("") || dns_resolver_is_valid("a.b") ||
                 dns_resolver_is_valid("1.2.3.4:0") || dns_resolver_is_valid("1.2.3.4:x"));
}

static void test_domain_unknown(void **state)
{
    struct fixture *f = *state;
    const struct gateway_domain_key k = {"d1", "u1", "www.alice.example"};
    struct gateway_domain d;
    struct err e;

    ok(set_name(f, "d1", "blog", &e), e);
    ok(gateway_domain_add(f->g, f->arena, &k, &d, &e), e);
    ok(gateway_domain_verify(f->g, f->arena, &k, &d, &e), e);
    assert_int_equal(d.state, GATEWAY_UNPROVEN);
    assert_non_null(strstr(d.reason, "DNS cannot be asked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_hosts),          T(test_urls),
        T(test_names),          T(test_names_of_the_marketplace),
        T(test_names_race),     T(test_who_may_pass),
        T(test_watch),          T(test_watch_canceled),
        T(test_watch_nonsense), T(test_watch_file),
        T(test_config),         T(test_issuers),
        T(test_dns_read),       T(test_dns_silence),
        T(test_domain_unknown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
