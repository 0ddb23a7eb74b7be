/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "config/config.h"
#include "test.h"

/* What an administrator may change, what it costs, and what never gets out or in. */

#define KEY "PRIVATE_KEY=0x0101010101010101010101010101010101010101010101010101010101010101"
#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ADMIN "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"

struct world {
    struct arena *a;
    char dir[64];
    const char *path;
    const char *data; /* the variable ATOLL_DATA */
    struct config *c;
};

static void world_open(struct world *w, const char *file)
{
    struct err e;

    w->a = arena_new();
    (void)str_copy(w->dir, sizeof(w->dir), "/tmp/atoll-push-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    assert_int_equal(chdir(w->dir), 0); /* where no config.json is */
    w->path = arena_printf(w->a, "%s/node.json", w->dir);
    w->data = arena_printf(w->a, "ATOLL_DATA=%s/data", w->dir);
    ok(fs_mkdirs(w->data + 11, 0700, &e), e);
    if (file)
        ok(fs_write(w->path, file, strlen(file), 0600, &e), e);
}

static void world_load(struct world *w, const char *const *more)
{
    const char **env = arena_calloc(w->a, 12, sizeof(*env));
    const struct config_input in = {.env = env};
    size_t n = 0;
    struct err e;

    env[n++] = KEY;
    env[n++] = w->data;
    if (fs_size(w->path) >= 0)
        env[n++] = arena_printf(w->a, "CONFIG_PATH=%s", w->path);
    while (more && *more)
        env[n++] = *more++;
    ok(config_load(&in, &w->c, &e), e);
}

static void world_close(struct world *w)
{
    struct err e;

    config_free(w->c);
    assert_int_equal(chdir("/"), 0);
    ok(fs_remove_tree(w->dir, &e), e);
    arena_free(w->a);
}

static struct json *parse(struct world *w, const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(w->a, text, strlen(text), &v, &e), e);
    return v;
}

static int push(struct world *w, const char *patch, struct config_change *ret, struct err *e)
{
    return config_push(w->a, w->c, parse(w, patch), ret, e);
}

static void members_replace_those_of_the_file(void **state)
{
    struct config_change change;
    struct config *again;
    struct world w;
    struct err e;

    (void)state;
    world_open(
        &w, "{\"rateLimit\": 5, \"mine\": {\"a\": 1}, \"denyList\": {\"ips\": [\"192.0.2.1\"]}}");
    world_load(&w, NULL);
    ok(push(&w, "{\"rateLimit\": 7, \"allowedAdmins\": [\"" ADMIN "\"], \"httpPort\": 99}", &change,
            &e),
       e);
    assert_int_equal(change.config->rate_limit, 7);
    assert_int_equal(change.config->allowed_admins.count, 1);
    assert_int_equal(change.config->denied_ips.count, 1);
    assert_int_equal(w.c->rate_limit, 5); /* the old one is untouched */
    assert_string_equal(change.file, w.path);
    assert_int_equal(change.keys.count, 3);
    assert_int_equal(change.overridden.count, 0);
    assert_int_equal(config_restart_keys(w.a, w.c, change.config).count, 1);
    assert_string_equal(config_restart_keys(w.a, w.c, change.config).items[0], "httpPort");
    /* what is to be written is what the next start reads */
    ok(fs_write(change.file, change.text, strlen(change.text), 0600, &e), e);
    ok(config_load(&w.c->input, &again, &e), e);
    assert_int_equal(again->rate_limit, 7);
    assert_int_equal(again->http_port, 99);
    assert_int_equal(json_get_int(json_get(parse(&w, change.text), "mine"), "a", 0), 1);
    config_free(again);
    config_free(change.config);
    world_close(&w);
}

static void what_is_shown_may_come_back(void **state)
{
    struct config_change change;
    struct json *seen;
    struct world w;
    struct err e;

    (void)state;
    world_open(&w, "{\"rateLimit\": 5, \"jwtSecret\": \"top secret\"}");
    world_load(&w,
               ENV("MAX_CONNECTIONS_PER_MINUTE=9", "RPCS={\"1\":{\"rpc\":\"https://r/v3/KEY\"}}"));
    seen = config_json(w.a, w.c);
    json_set_int(w.a, seen, "rateLimit", 6);
    ok(config_push(w.a, w.c, seen, &change, &e), e);
    assert_int_equal(change.keys.count, 1);
    assert_string_equal(change.keys.items[0], "rateLimit");
    assert_int_equal(change.config->rate_limit, 6);
    assert_string_equal(change.config->jwt_secret, "top secret");
    assert_string_equal(change.config->networks[0].rpc, "https://r/v3/KEY");
    assert_null(strstr(change.text, "KEY")); /* the environment stays out of the file */
    config_free(change.config);
    world_close(&w);
}

static void secrets_are_not_shown(void **state)
{
    static const char *const secrets[] = {"0101010101", "jwt-one", "user-one",   "pass-one",
                                          "key-one",    "key-two", "key-three",  "db-one",
                                          "db-two",     "gw-one",  "policy-one", "s3-one"};
    struct world w;
    const char *text;
    _buf_ struct buf lines = BUF_INIT(100000);
    size_t i;

    (void)state;
    world_open(
        &w, "{\"jwtSecret\": \"jwt-one\", \"dbConfig\": {\"password\": \"db-two\"},"
            "\"ipfsGateway\": \"https://gw-one@ipfs.io/ipfs\","
            "\"persistentStorage\": {\"enabled\": false, \"options\": {"
            "\"secretAccessKey\": \"s3-one\"}},"
            "\"supportedNetworks\": {\"1\": {\"rpc\": \"https://user-one:pass-one@h/v3/key-one\","
            "\"fallbackRPCs\": [\"https://f/?apikey=key-two\"]}}}");
    world_load(&w, ENV("DOCKER_REGISTRY_AUTHS={\"https://r\":{\"auth\":\"key-three\"}}",
                       "DB_URL=http://u:db-one@h/", "POLICY_SERVER_API_KEY=policy-one"));
    text = json_text(w.a, config_json(w.a, w.c));
    config_explain(w.c, &lines);
    for (i = 0; i < ARRAY_LEN(secrets); i++) {
        if (strstr(text, secrets[i]))
            fail_msg("%s is shown in %s", secrets[i], text);
        if (strstr(buf_str(&lines), secrets[i]))
            fail_msg("%s is shown in %s", secrets[i], buf_str(&lines));
    }
    assert_non_null(strstr(text, "\"privateKey\":\"[*** HIDDEN CONTENT ***]\""));
    assert_non_null(strstr(text, "https://***@h/***"));
    assert_non_null(strstr(text, "https://***@ipfs.io/ipfs"));
    world_close(&w);
}

static void hidden_parts_of_the_file_are_kept(void **state)
{
    struct config_change change;
    struct json *seen;
    struct json *chain;
    struct world w;
    struct err e;

    (void)state;
    world_open(&w,
               "{\"supportedNetworks\": {\"1\": {\"rpc\": \"https://h/v3/key\", \"fallbackRPCs\":"
               "[\"https://f/a\", \"https://g/b\"]}}}");
    world_load(&w, NULL);
    seen = config_json(w.a, w.c);
    chain = json_path(seen, "supportedNetworks.1");
    json_set_int(w.a, chain, "chunkSize", 7);
    json_replace(json_get(chain, "fallbackRPCs"), 0, json_new_str(w.a, "https://new/"));
    ok(config_push(w.a, w.c, seen, &change, &e), e);
    assert_string_equal(change.config->networks[0].rpc, "https://h/v3/key");
    assert_string_equal(change.config->networks[0].fallback_rpcs.items[0], "https://new");
    assert_string_equal(change.config->networks[0].fallback_rpcs.items[1], "https://g/b");
    assert_int_equal(change.config->networks[0].chunk_size, 7);
    config_free(change.config);
    /* moved to another place, it would be a guess */
    json_replace(json_get(chain, "fallbackRPCs"), 0, json_new_str(w.a, "https://g/***"));
    err_is(config_push(w.a, w.c, seen, &change, &e), e, INVALID);
    assert_non_null(strstr(e.msg, "supportedNetworks.1.fallbackRPCs.0"));
    world_close(&w);
}

static void the_environment_still_wins(void **state)
{
    struct config_change change;
    struct world w;
    struct err e;

    (void)state;
    world_open(&w, "{}");
    world_load(&w, ENV("MAX_REQ_PER_MINUTE=9"));
    ok(push(&w, "{\"rateLimit\": 7, \"maxConnections\": 8}", &change, &e), e);
    assert_int_equal(change.config->rate_limit, 9);
    assert_int_equal(change.config->max_connections, 8);
    assert_int_equal(change.overridden.count, 1);
    assert_string_equal(change.overridden.items[0], "rateLimit");
    config_free(change.config);
    /* what they hide must be right all the same */
    err_is(push(&w, "{\"rateLimit\": \"x\"}", &change, &e), e, INVALID);
    assert_non_null(strstr(e.msg, "rateLimit: must be"));
    world_close(&w);
}

static void without_a_file_the_folder_has_one(void **state)
{
    struct config_change change;
    struct config *again;
    const char *own;
    struct world w;
    struct err e;

    (void)state;
    world_open(&w, NULL);
    world_load(&w, NULL);
    own = arena_printf(w.a, "%s/data/config.json", w.dir);
    ok(push(&w, "{\"rateLimit\": 7}", &change, &e), e);
    assert_string_equal(change.file, own);
    ok(fs_write(own, change.text, strlen(change.text), 0600, &e), e);
    config_free(change.config);
    ok(config_load(&w.c->input, &again, &e), e);
    assert_int_equal(again->rate_limit, 7);
    assert_string_equal(again->file, own);
    config_free(again);
    /* a second change before the restart adds to the first */
    ok(push(&w, "{\"maxConnections\": 8}", &change, &e), e);
    assert_int_equal(change.config->rate_limit, 7);
    assert_int_equal(change.config->max_connections, 8);
    config_free(change.config);
    err_is(push(&w, "{\"data\": \"/elsewhere\"}", &change, &e), e, INVALID);
    assert_non_null(strstr(e.msg, "data: must not be in"));
    world_close(&w);
}

static void what_is_wrong_changes_nothing(void **state)
{
    static const char *const cases[][2] = {
        {"{\"rateLimit\": -1}", "rateLimit: must be a whole number from 0 to 1000000000, not -1"},
        {"{\"rateLimit\": 7, \"maxConnections\": \"x\"}", "maxConnections: must be"},
        {"{\"allowedAdmins\": [\"0x12\"]}", "allowedAdmins [0]: must be"},
        {"{\"denyList\": []}", "denyList: must be an object, not []"},
        {"{\"keys\": {\"privateKey\": \"0x02\"}}",
         "keys.privateKey: is only read from the environment (PRIVATE_KEY)"},
        {"{\"hasHttp\": false}", "hasHttp: must be true"},
        {"{\"httpCertPath\": \"/x\"}", "HTTP_KEY_PATH: is missing"},
        {"{\"cronDeleteDbLogs\": \"* *\"}", "cronDeleteDbLogs: a cron expression has 5 fields"},
        {"{\"cronCleanupC2dStorage\": \"61 * * * *\"}",
         "cronCleanupC2dStorage: \"61\" is no minute"},
        {"{\"logLevel\": \"loud\"}", "logLevel: must be error, warn"},
        {"{\"jwtSecret\": \"[*** HIDDEN CONTENT ***]\"}", "jwtSecret: has a part that is hidden"},
        {"{\"supportedNetworks\": {\"x\": {\"rpc\": \"http://h\"}}}", "supportedNetworks"},
        {"{\"unsafeURLs\": [\"(\"]}", "unsafeURLs [0]: \"(\" is no extended regular expression"},
    };
    struct config_change change;
    struct world w;
    struct err e;
    size_t i;

    (void)state;
    world_open(&w, "{\"rateLimit\": 5}");
    world_load(&w, NULL);
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        err_is(push(&w, cases[i][0], &change, &e), e, INVALID);
        if (!strstr(e.msg, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], e.msg);
    }
    assert_int_equal(w.c->rate_limit, 5);
    world_close(&w);
}

static void a_broken_file_is_not_the_patchs_fault(void **state)
{
    struct config_change change;
    struct world w;
    struct err e;

    (void)state;
    world_open(&w, "{}");
    world_load(&w, NULL);
    ok(fs_write(w.path, "{\"a\":", 5, 0600, &e), e);
    err_is(push(&w, "{\"rateLimit\": 7}", &change, &e), e, FAILED);
    assert_int_equal(unlink(w.path), 0);
    err_is(push(&w, "{\"rateLimit\": 7}", &change, &e), e, FAILED);
    assert_non_null(strstr(e.msg, "Config file not found at path"));
    world_close(&w);
}

static void a_file_has_a_ceiling(void **state)
{
    struct config_change change;
    struct json *patch;
    struct world w;
    struct err e;
    char *big;

    (void)state;
    world_open(&w, "{}");
    world_load(&w, NULL);
    patch = json_new_object(w.a);
    big = arena_alloc(w.a, 5 << 20);
    memset(big, 'x', (5 << 20) - 1);
    big[(5 << 20) - 1] = '\0';
    json_set_str(w.a, patch, "mine", big);
    err_is(config_push(w.a, w.c, patch, &change, &e), e, INVALID);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_replace_those_of_the_file),
        cmocka_unit_test(what_is_shown_may_come_back),
        cmocka_unit_test(secrets_are_not_shown),
        cmocka_unit_test(hidden_parts_of_the_file_are_kept),
        cmocka_unit_test(the_environment_still_wins),
        cmocka_unit_test(without_a_file_the_folder_has_one),
        cmocka_unit_test(what_is_wrong_changes_nothing),
        cmocka_unit_test(a_broken_file_is_not_the_patchs_fault),
        cmocka_unit_test(a_file_has_a_ceiling),
    };

    return cmocka_run_group_tests_name("config_push", tests, NULL, NULL);
}
