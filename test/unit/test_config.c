/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "config/config.h"
#include "test.h"

#define KEY "PRIVATE_KEY=0x0101010101010101010101010101010101010101010101010101010101010101"
#define RPCS                                                                                       \
    "RPCS={\"8996\":{\"rpc\":\"http://127.0.0.1:8545/\",\"chainId\":8996,\"network\":\"dev\"}}"
#define OCEAN "0xCfDdA22C9837aE76E0faA845354f33C62E03653a"
#define ENVIRONMENT                                                                                \
    "\"environments\":[{\"storageExpiry\":604800,\"maxJobDuration\":3600,\"minJobDuration\":60,"   \
    "\"fees\":{\"8996\":[{\"feeToken\":\"" OCEAN                                                   \
    "\",\"prices\":[{\"id\":\"cpu\",\"price\":0.5}]}]},"                                           \
    "\"resources\":[{\"id\":\"cpu\",\"total\":2,\"max\":2,\"min\":1},{\"id\":\"disk\",\"total\":"  \
    "10}],\"free\":{\"maxJobDuration\":60,\"resources\":[{\"id\":\"cpu\",\"max\":1}]}}]"
#define ENGINES                                                                                    \
    "DOCKER_COMPUTE_ENVIRONMENTS=[{\"socketPath\":\"/var/run/docker.sock\"," ENVIRONMENT "}]"

/* Loads with PRIVATE_KEY and up to five more variables. */
static int load(const char *const *more, struct config **ret, struct err *e)
{
    const char *env[8] = {KEY};
    struct config_input in = {.env = env};
    size_t i;

    for (i = 0; more && more[i]; i++)
        env[i + 1] = more[i];
    return config_load(&in, ret, e);
}

#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool noticed(const struct config *c, const char *text)
{
    size_t i;

    for (i = 0; i < c->notices.count; i++) {
        if (strstr(c->notices.items[i], text))
            return true;
    }
    return false;
}

static void a_key_is_enough(void **state)
{
    struct config *c;
    struct err e;

    (void)state;
    ok(load(NULL, &c, &e), e);
    assert_int_equal(c->http_port, 8030);
    assert_int_equal(c->rate_limit, 30);
    assert_int_equal(c->network_count, 0);
    assert_int_equal(c->max_checksum_length, 10485760);
    assert_string_equal(c->fee_amount, "0");
    assert_false(c->allow_private_urls);
    assert_true(c->has_indexer);
    config_free(c);
    config_free(NULL);
}

static void an_operator_of_the_reference_starts_unchanged(void **state)
{
    _arena_ struct arena *a = arena_new();
    const struct config_environment *env;
    _buf_ struct buf text = BUF_INIT(100000);
    struct config *c;
    struct err e;

    (void)state;
    ok(load(ENV(RPCS, ENGINES, "P2P_ipV4BindTcpPort=9000", "UNSAFE_URLS=[\"^http://x\"]",
                "ALLOW_PRIVATE_URLS=10.0.0.0/8, ::1"),
            &c, &e),
       e);
    assert_string_equal(config_network(c, 8996)->rpc, "http://127.0.0.1:8545");
    assert_null(config_network(c, 1));
    assert_true(noticed(c, "peer-to-peer"));
    assert_int_equal(c->engine_count, 1);
    assert_string_equal(c->engines[0].connection, "{\"socketPath\":\"/var/run/docker.sock\"}");
    env = &c->engines[0].environments[0];
    assert_int_equal(env->fee_count, 1);
    assert_string_equal(env->fees[0].prices[0].price, "0.5");
    assert_true(env->free.offered);
    assert_int_equal(c->unsafe_urls.count, 1);
    assert_int_equal(c->allow_private_cidrs.count, 2);
    config_explain(c, &text);
    assert_null(strstr(buf_str(&text), "0101010101"));
    assert_null(strstr(json_text(a, config_json(a, c)), "0101010101"));
    config_free(c);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *variable;
        const char *text;
    } rows[] = {
        {"HTTP_API_PORT=99999", "HTTP_API_PORT"},
        {"HTTP_API_PORT=eighty", "HTTP_API_PORT"},
        {"RPCS={\"8996\":{}}", "RPCS"},
        {"RPCS=not json", "RPCS"},
        {"ALLOWED_ADMINS=[\"0x1\"]", "ALLOWED_ADMINS"},
        {"UNSAFE_URLS=[\"(\"]", "UNSAFE_URLS"},
        {"ALLOW_PRIVATE_URLS=10.0.0.0/99", "ALLOW_PRIVATE_URLS"},
        {"INTERFACES=[\"P2P\"]", "INTERFACES"},
        {"HTTP_CERT_PATH=/x", "HTTP_KEY_PATH"},
        {"LOG_LEVEL=loud", "LOG_LEVEL"},
        {"DOCKER_COMPUTE_ENVIRONMENTS=[{}]", "DOCKER_COMPUTE_ENVIRONMENTS"},
        {"DOCKER_COMPUTE_ENVIRONMENTS=[{\"socketPath\":\"/x\",\"environments\":[]}]",
         "environments"},
        {"DOCKER_REGISTRY_AUTHS={\"https://r\":{}}", "DOCKER_REGISTRY_AUTHS"},
        {"CONFIG_PATH=/does/not/exist.json", "Config file not found at path: /does/not/exist.json"},
        {"CONFIG_PATH=relative.json", "Config path must be absolute. Got: relative.json"},
    };
    struct config *c;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        err_is(load(ENV(rows[i].variable), &c, &e), e, INVALID);
        if (!strstr(e.msg, rows[i].text))
            fail_msg("%s: %s", rows[i].variable, e.msg);
    }
    err_is(config_load(&(struct config_input){.env = ENV("PRIVATE_KEY=0x12")}, &c, &e), e, INVALID);
    assert_non_null(strstr(e.msg, "Invalid PRIVATE_KEY"));
    err_is(config_load(&(struct config_input){.env = ENV("HOME=/")}, &c, &e), e, INVALID);
    assert_non_null(strstr(e.msg, "PRIVATE_KEY"));
    err_is(config_load(&(struct config_input){.env = ENV(KEY), .args = ENV("--no-such")}, &c, &e),
           e, INVALID);
    assert_non_null(strstr(e.msg, "--no-such"));
}

static void flags_beat_variables_beat_files(void **state)
{
    _arena_ struct arena *a = arena_new();
    const char *path = arena_printf(a, "/tmp/atoll-test-config-%d.json", (int)getpid());
    const char *text =
        "{\"httpPort\":1,\"rateLimit\":2,\"maxConnections\":3,\"keys\":{\"privateKey\":"
        "\"0x00\"},\"oddKey\":true}";
    struct config_input in = {.env = ENV(KEY, arena_printf(a, "CONFIG_PATH=%s", path),
                                         "MAX_REQ_PER_MINUTE=20", "HTTP_API_PORT=10"),
                              .args = ENV("--http-port", "100")};
    struct config *c;
    struct err e;

    (void)state;
    ok(fs_write(path, text, strlen(text), 0600, &e), e);
    ok(config_load(&in, &c, &e), e);
    assert_int_equal(c->http_port, 100);
    assert_int_equal(c->rate_limit, 20);
    assert_int_equal(c->max_connections, 3);
    assert_true(noticed(c, "oddKey"));
    config_free(c);
    (void)unlink(path);
}

static void contracts_come_from_the_book(void **state)
{
    _arena_ struct arena *a = arena_new();
    const char *path = arena_printf(a, "/tmp/atoll-test-book-%d.json", (int)getpid());
    const char *text = "{\"development\":{\"chainId\":8996,\"Ocean\":\"" OCEAN "\"}}";
    struct config_contracts k;
    struct addr ocean;
    struct err e;

    (void)state;
    ok(fs_write(path, text, strlen(text), 0600, &e), e);
    ok(config_contracts_find(a, NULL, 1, &k, &e), e);
    assert_true(k.known);
    assert_true(addr_parse("0x967da4048cD07aB37855c090aAF366e4ce1b9F48", &ocean));
    assert_true(addr_eq(&k.ocean, &ocean));
    ok(config_contracts_find(a, path, 8996, &k, &e), e);
    assert_string_equal(k.network, "development");
    assert_false(addr_is_zero(&k.ocean));
    ok(config_contracts_find(a, path, 4242, &k, &e), e);
    assert_false(k.known);
    assert_int_equal(config_contracts_find(a, "/does/not/exist", 1, &k, &e), -1);
    (void)unlink(path);
}

/* A file's text, and what loading it says before and after the file's name; NULL: it loads. */
static void toml_says(const char *text, const char *before, const char *after)
{
    char path[] = "/tmp/atoll-config-XXXXXX.toml";
    int fd = mkstemps(path, 5);
    const char *const args[] = {"--config", path, NULL};
    const char *const env[] = {KEY, NULL};
    struct config_input in = {.env = env, .args = args};
    char want[512];
    struct config *c;
    struct err e;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    if (before) {
        (void)snprintf(want, sizeof(want), "%s%s%s", before, path, after);
        err_is(config_load(&in, &c, &e), e, INVALID);
        assert_string_equal(e.msg, want);
    } else {
        ok(config_load(&in, &c, &e), e);
        assert_int_equal(c->http_port, 8040);
        assert_string_equal(config_network(c, 8996)->rpc, "http://127.0.0.1:8545");
        assert_string_equal(c->fee_amount, "0.5");
        assert_int_equal(c->allow_private_cidrs.count, 1);
        assert_false(noticed(c, "no such key"));
        config_free(c);
    }
    unlink(path);
}

/* Empty lists are "none" in the file that ocean-node ships. */
static void the_shipped_file_is_understood(void **state)
{
    char path[] = "/tmp/atoll-config-XXXXXX";
    const char text[] = "{\"authorizedDecryptersList\": [], \"allowedAdminsList\": [],"
                        "\"allowedAdmins\": [], \"hasControlPanel\": true, \"keys\": {},"
                        "\"assetPurgatoryUrl\": null, \"feeStrategy\": {}, \"c2dClusters\": [],"
                        "\"unsafeURLs\": [], \"denyList\": {\"peers\": [], \"ips\": []}}";
    int fd = mkstemp(path);
    const char *const args[] = {"--config", path, NULL};
    const char *const env[] = {KEY, NULL};
    struct config_input in = {.env = env, .args = args};
    struct config *c;
    struct err e;

    (void)state;
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    ok(config_load(&in, &c, &e), e);
    assert_int_equal(c->allowed_admins_list.count, 0);
    assert_int_equal(c->authorized_decrypters_list.count, 0);
    assert_false(noticed(c, "no such key"));
    config_free(c);
    unlink(path);
}

static void toml_has_the_same_keys_and_no_others(void **state)
{
    (void)state;
    toml_says("httpPort = 8040 # mine\nallowPrivateUrls = ['10.0.0.0/8']\n"
              "[supportedNetworks.8996]\nrpc = 'http://127.0.0.1:8545'\n"
              "[feeStrategy]\nfeeTokens = {8996 = '" OCEAN "'}\n[feeStrategy.feeAmount]\n"
              "amount = 0.5\nunit = 'MB'\n",
              NULL, NULL);
    toml_says(
        "httpPort = ", "Invalid TOML in config file: ", ". Error: line 1: a value is missing");
    toml_says("htpPort = 1", "htpPort in ", ": there is no such key; the nearest is httpPort");
    toml_says("[feeStrategy]\nfeeToken = []", "feeStrategy.feeToken in ",
              ": there is no such key; the nearest is "
              "feeStrategy.feeTokens");
    toml_says("feeStrategy = 5", "feeStrategy in ", ": must be a table");
    toml_says("httpPort = 99999", "httpPort in ",
              ": must be a whole number from 0 to 65535, not 99999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_enough),
        cmocka_unit_test(an_operator_of_the_reference_starts_unchanged),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(flags_beat_variables_beat_files),
        cmocka_unit_test(contracts_come_from_the_book),
        cmocka_unit_test(the_shipped_file_is_understood),
        cmocka_unit_test(toml_has_the_same_keys_and_no_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
