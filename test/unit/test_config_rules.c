/* SPDX-License-Identifier: Apache-2.0 */
/* Every rule of the configuration: what it refuses, with which words, and what it makes of the
 * rest. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "config/config.h"
#include "test.h"

#define KEY "PRIVATE_KEY=0x0101010101010101010101010101010101010101010101010101010101010101"
#define RPCS "RPCS={\"8996\":{\"rpc\":\"http://127.0.0.1:8545\"},\"1\":{\"rpc\":\"https://r/k/\"}}"
#define OCEAN "0x967da4048cD07aB37855c090aAF366e4ce1b9F48"
#define LIST "0x5FbDB2315678afecb367f032d93F642f64180aa3"
#define DISK "\"resources\":[{\"id\":\"disk\",\"total\":1}]"

static int load(const char *const *more, const char *const *args, struct config **ret,
                struct err *e)
{
    const char *env[12] = {KEY, RPCS, "HOME=/home/op"};
    struct config_input in = {.env = env, .args = args};
    size_t i;

    for (i = 0; more && more[i]; i++)
        env[i + 3] = more[i];
    return config_load(&in, ret, e);
}

#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The engine list with one environment of these members. */
#define ENVIRONMENT(members)                                                                       \
    "DOCKER_COMPUTE_ENVIRONMENTS=[{\"socketPath\":\"/s\",\"environments\":[{" members "}]}]"

static void refusals_say_what_and_where(void **state)
{
    static const struct {
        const char *variable;
        const char *message;
    } rows[] = {
        {"HTTP_API_PORT=65536",
         "HTTP_API_PORT: must be a whole number from 0 to 65535, not \"65536\""},
        {"HTTP_API_PORT=80.5",
         "HTTP_API_PORT: must be a whole number from 0 to 65535, not \"80.5\""},
        {"HTTP_API_PORT=0x50",
         "HTTP_API_PORT: must be a whole number from 0 to 65535, not \"0x50\""},
        {"HAS_INDEXER=perhaps", "HAS_INDEXER: must be true or false, not \"perhaps\""},
        {"PUBLIC_URL=node.example",
         "PUBLIC_URL: must be an http:// or https:// URL, not \"node.example\""},
        {"IPFS_GATEWAY=http://",
         "IPFS_GATEWAY: must be an http:// or https:// URL, not \"http://\""},
        {"ALLOWED_ADMINS=0x1",
         "ALLOWED_ADMINS: invalid JSON at line 1 column 2: text after the value"},
        {"ALLOWED_ADMINS={}", "ALLOWED_ADMINS: must be a list, not {}"},
        {"ALLOWED_ADMINS=[\"" LIST "\",\"0x5fbDB2315678afecb367f032d93F642f64180aa3\"]",
         "ALLOWED_ADMINS [1]: must be an address, 0x and 40 hex digits with a right checksum, not "
         "\"0x5fbDB2315678afecb367f032d93F642f64180aa3\""},
        {"AUTHORIZED_PUBLISHERS_LIST={\"x\":[]}",
         "AUTHORIZED_PUBLISHERS_LIST: must have chain ids as keys, not \"x\""},
        {"AUTHORIZED_PUBLISHERS_LIST=[\"" LIST "\"]",
         "AUTHORIZED_PUBLISHERS_LIST: must be an object, not [\"" LIST "\"]"},
        {"AUTHORIZED_PUBLISHERS_LIST={\"1\":[5]}",
         "AUTHORIZED_PUBLISHERS_LIST 1[0]: must be an address, 0x and 40 hex digits, not 5"},
        {"POOL_QUOTA={\"1\":{\"amount\":\"1.5\",\"token\":\"" LIST "\"}}",
         "POOL_QUOTA 1.amount: must be base units of the token as digits in a text"},
        {"UNSAFE_URLS=[5]", "UNSAFE_URLS [0]: must be a string, not 5"},
        {"POLICY_SERVER_URL=policy.example",
         "POLICY_SERVER_URL: must be an http:// or https:// URL, not \"policy.example\""},
        {"POLICY_SERVER_TIMEOUT=0",
         "POLICY_SERVER_TIMEOUT: must be a whole number from 100 to 60000, not \"0\""},
        {"POLICY_SERVER_API_KEY=a\nX-Admin: 1", "POLICY_SERVER_API_KEY: it must be one line"},
        {"DB_URL=postgresql://db/x", "DB_URL: PostgreSQL is not served yet"},
        {"INTERFACES=[]", "INTERFACES: HTTP must be in it: it is the only interface there is"},
        {"INTERFACES=[\"HTTP\",\"FTP\"]", "INTERFACES [1]: must be \"HTTP\" or \"P2P\""},
        {"RATE_DENY_LIST=[]", "RATE_DENY_LIST: must be an object, not []"},
        {"OVER_PROVISIONING=0.9", "OVER_PROVISIONING: must be from 1 to 16, not \"0.9\""},
        {"OVER_PROVISIONING={\"cpu\":17}", "OVER_PROVISIONING cpu: must be from 1 to 16, not 17"},
        {"OVER_PROVISIONING={\"disk\":2}", "OVER_PROVISIONING disk: is never given away twice"},
        {"OVER_PROVISIONING={\"chip\":2}", "OVER_PROVISIONING chip: must be \"cpu\" or \"ram\""},
        {"OVER_PROVISIONING=some", "OVER_PROVISIONING: must be true or false, not \"some\""},
        {"SERVICE_PERIOD=3", "SERVICE_PERIOD: must be a whole number from 4 to 2592000, not \"3\""},
        {"IDENTITY_GUARD=maybe", "IDENTITY_GUARD: must be off, warn or refuse, not \"maybe\""},
        {"ALLOW_PRIVATE_URLS=maybe", "ALLOW_PRIVATE_URLS: must be true or false, not \"maybe\""},
        {"ALLOW_PRIVATE_URLS=[\"10.0.0.0/33\"]",
         "ALLOW_PRIVATE_URLS [0]: must be an address or a CIDR like 10.0.0.0/8, not "
         "\"10.0.0.0/33\""},
        {"ADDRESS_FILE=/none", "ADDRESS_FILE: open /none: No such file or directory"},
        {"INDEXER_NETWORKS=[5]", "INDEXER_NETWORKS [0]: chain 5 is not among the supported "
                                 "networks"},
        {"FEE_TOKENS={\"1\":\"0x0\"}",
         "FEE_TOKENS 1: must be an address, 0x and 40 hex digits, not \"0x0\""},
        {"FEE_AMOUNT={\"amount\":-1}",
         "FEE_AMOUNT amount: must be a decimal number of at least 0, not -1"},
        {"PERSISTENT_STORAGE={\"enabled\":true}",
         "PERSISTENT_STORAGE: persistentStorage.options.folder is required for localfs"},
        {"PERSISTENT_STORAGE={\"enabled\":true,\"type\":\"s3\"}",
         "PERSISTENT_STORAGE type: must be \"localfs\"; there is no \"s3\" storage"},
        {"DOCKER_REGISTRY_AUTHS={\"https://r\":{\"username\":\"u\"}}",
         "DOCKER_REGISTRY_AUTHS https://r: Either 'auth' must be provided, or both 'username' and "
         "'password' must be provided"},
        {"DOCKER_REGISTRY_AUTHS={\"https://r\":\"geheim\"}",
         "DOCKER_REGISTRY_AUTHS https://r: must be an object, not what is there"},
    };
    struct config *c;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        err_is(load(ENV(rows[i].variable), NULL, &c, &e), e, INVALID);
        assert_string_equal(e.msg, rows[i].message);
    }
}

static void networks_are_checked(void **state)
{
    static const struct {
        const char *variable;
        const char *message;
    } rows[] = {
        {"RPCS={\"1\":{}}", "RPCS 1.rpc: is missing"},
        {"RPCS={\"1\":{\"rpc\":\"ws://x\"}}",
         "RPCS 1.rpc: must be an http:// or https:// URL, not \"ws://x\""},
        {"RPCS={\"one\":{\"rpc\":\"http://x\"}}", "RPCS: must have chain ids as keys, not \"one\""},
        {"RPCS={\"1\":{\"rpc\":\"http://x\",\"chainId\":2}}",
         "RPCS 1.chainId: must be 1 like its key, not 2"},
        {"RPCS={\"1\":{\"rpc\":\"http://x\",\"chunkSize\":0}}",
         "RPCS 1.chunkSize: must be a whole number from 1 to 9007199254740991, not 0"},
        {"RPCS={\"1\":{\"rpc\":\"http://x\",\"fallbackRPCs\":[\"y\"]}}",
         "RPCS 1.fallbackRPCs[0]: must be an http:// or https:// URL, not \"y\""},
        {"RPCS=[]", "RPCS: must be an object, not []"},
    };
    struct config_input in = {.env = NULL};
    struct config *c;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        in.env = ENV(KEY, rows[i].variable);
        err_is(config_load(&in, &c, &e), e, INVALID);
        assert_string_equal(e.msg, rows[i].message);
    }
    in.env = ENV(KEY,
                 "RPCS={\"8996\":{\"rpc\":\"http://x\"},\"137\":{\"rpc\":\"http://y/\","
                 "\"startBlock\":5,\"chunkSize\":\"7\",\"fallbackRPCs\":[\"http://z\"]}}",
                 "INDEXER_NETWORKS=[137]");
    ok(config_load(&in, &c, &e), e);
    assert_int_equal(c->networks[0].chain_id, 137);
    assert_string_equal(c->networks[0].name, "polygon");
    assert_string_equal(c->networks[0].rpc, "http://y");
    assert_int_equal(c->networks[0].start_block, 5);
    assert_int_equal(c->networks[0].chunk_size, 7);
    assert_true(c->networks[0].indexed);
    assert_string_equal(c->networks[0].fallback_rpcs.items[0], "http://z");
    assert_false(c->networks[1].indexed);
    assert_false(c->networks[1].contracts.known);
    assert_int_equal(c->networks[1].chunk_size, 100);
    assert_string_equal(c->notices.items[0],
                        "the contracts of chain 8996 are not known; ADDRESS_FILE can name them");
    config_free(c);
}

static void environments_are_checked(void **state)
{
#define AT "DOCKER_COMPUTE_ENVIRONMENTS [0].environments[0]"
    static const struct {
        const char *variable;
        const char *message;
    } rows[] = {
        {ENVIRONMENT(DISK), AT ": Each environment must have either a non-empty \"fees\" "
                               "configuration or a \"free\" configuration"},
        {ENVIRONMENT("\"free\":{}"),
         AT ": There is no \"disk\" resource configured. This is mandatory"},
        {ENVIRONMENT("\"free\":{},\"storageExpiry\":60,\"maxJobDuration\":61," DISK),
         AT ": \"storageExpiry\" should be greater than \"maxJobDuration\""},
        {ENVIRONMENT("\"free\":{},\"resources\":[{\"id\":\"disk\",\"total\":1},{\"id\":\"disk\"}]"),
         AT ".resources[1]: \"disk\" is there twice"},
        {ENVIRONMENT("\"free\":{},\"resources\":[{\"total\":1}]"),
         AT ".resources[0].id: is missing"},
        {ENVIRONMENT("\"free\":{},\"resources\":[{\"id\":\"cpu\",\"min\":2,\"max\":1}]"),
         AT ".resources[0].min: must not be above max"},
        {ENVIRONMENT("\"free\":{},\"resources\":[{\"id\":\"cpu\",\"total\":-1}]"),
         AT ".resources[0].total: must be a number of at least 0, not -1"},
        {ENVIRONMENT("\"free\":{\"maxJobs\":0}," DISK),
         AT ".free.maxJobs: must be a whole number from 1 to 9007199254740991, not 0"},
        {ENVIRONMENT("\"free\":{},\"billing\":\"hour\"," DISK),
         AT ".billing: must be \"minute\" or \"second\", not \"hour\""},
        {ENVIRONMENT("\"fees\":{\"1\":[{\"prices\":[{\"id\":\"cpu\",\"price\":\"1e3\"}]}]}," DISK),
         AT ".fees.1[0].prices[0].price: must be a decimal number of at least 0, not \"1e3\""},
        {ENVIRONMENT("\"fees\":{\"1\":[{\"prices\":[{\"price\":1}]}]}," DISK),
         AT ".fees.1[0].prices[0].id: is missing"},
        {ENVIRONMENT("\"free\":{},\"access\":{\"addresses\":[\"0x\"]}," DISK),
         AT ".access.addresses[0]: must be an address, 0x and 40 hex digits, not \"0x\""},
        {"DOCKER_COMPUTE_ENVIRONMENTS=[{\"environments\":[{}]}]",
         "DOCKER_COMPUTE_ENVIRONMENTS [0]: needs socketPath, or protocol, host and port"},
        {"DOCKER_COMPUTE_ENVIRONMENTS=[{\"socketPath\":\"/s\"}]",
         "DOCKER_COMPUTE_ENVIRONMENTS [0].environments: must be a list of at least one "
         "environment"},
        {"DOCKER_COMPUTE_ENVIRONMENTS=[{\"socketPath\":\"/s\",\"free\":{}}]",
         "DOCKER_COMPUTE_ENVIRONMENTS [0].environments: must be a list of at least one "
         "environment; fees, free and resources belong into it"},
        {"DOCKER_COMPUTE_ENVIRONMENTS=[{\"socketPath\":\"/s\",\"imageCleanupInterval\":60}]",
         "DOCKER_COMPUTE_ENVIRONMENTS [0].imageCleanupInterval: must be a whole number from 3600 "
         "to 9007199254740991, not 60"},
    };
    struct config *c;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        err_is(load(ENV(rows[i].variable), NULL, &c, &e), e, INVALID);
        assert_string_equal(e.msg, rows[i].message);
    }
}

/* What clients see of fees, and what is reckoned with. */
static void fees_are_settled_for_the_chains_there_are(void **state)
{
    _arena_ struct arena *a = arena_new();
    const struct config_environment *env;
    struct config *c;
    struct err e;

    (void)state;
    ok(load(
           ENV(ENVIRONMENT("\"fees\":{\"8996\":[{\"prices\":[{\"id\":\"cpu\",\"price\":1}]}],"
                           "\"1\":[{\"prices\":[{\"id\":\"cpu\",\"price\":1e-7},{\"id\":\"ram\","
                           "\"price\":\"0.10\"},{\"id\":\"gpu\",\"price\":1e21}]},{\"prices\":[]}],"
                           "\"5\":[{\"prices\":[{\"id\":\"cpu\",\"price\":1}]}]}," DISK)),
           NULL, &c, &e),
       e);
    env = &c->engines[0].environments[0];
    assert_int_equal(env->fee_count, 1);
    assert_int_equal(env->fees[0].chain_id, 1);
    assert_string_equal(addr_text(a, &env->fees[0].token), OCEAN);
    assert_string_equal(env->fees[0].prices[0].price, "0.0000001");
    assert_string_equal(env->fees[0].prices[1].price, "0.10");
    assert_string_equal(env->fees[0].prices[2].price, "1000000000000000000000");
    assert_string_equal(json_text(a, env->fees_json),
                        "{\"1\":[{\"prices\":[{\"id\":\"cpu\",\"price\":1e-7},{\"id\":\"ram\","
                        "\"price\":\"0.10\"},{\"id\":\"gpu\",\"price\":1e+21}],\"feeToken\":"
                        "\"" OCEAN "\"}]}");
    assert_int_equal(c->notices.count, 4); /* chain 8996 twice, an entry without prices, chain 5 */
    config_free(c);
    ok(load(ENV(ENVIRONMENT("\"free\":{\"access\":{\"accessLists\":[{\"1\":[\"" LIST
                            "\"]}]}}," DISK)),
            NULL, &c, &e),
       e);
    env = &c->engines[0].environments[0];
    assert_null(env->fees_json);
    assert_true(env->free.access.lists_given);
    assert_int_equal(env->free.access.lists.items[0].chain_id, 1);
    assert_false(env->access.lists_given);
    assert_int_equal(env->free.max_jobs, 3);
    assert_int_equal(env->storage_expiry, 604800);
    config_free(c);
}

static void variables_are_read_as_the_reference_does(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct config *c;
    struct err e;

    (void)state;
    ok(load(ENV("HTTP_API_PORT=undefined", "MAX_REQ_PER_MINUTE=", "VALIDATE_UNSIGNED_DDO=No",
                "PERSISTENT_STORAGE={'enabled':true,'options':{'folder':'$HOME/b'},'accessLists':"
                "[{'1':['" LIST "']}]}",
                "FEE_TOKENS={\"1\":\"" OCEAN "\"}", "FEE_AMOUNT={\"amount\":1.5,\"unit\":\"GB\"}",
                "LOG_LEVEL=warn", "DB_URL=http://localhost:9200"),
            NULL, &c, &e),
       e);
    assert_int_equal(c->http_port, 8030);
    assert_int_equal(c->rate_limit, 30);
    assert_false(c->validate_unsigned_ddo);
    assert_string_equal(c->persistent_storage_folder, "/home/op/b");
    assert_int_equal(c->persistent_storage_lists.count, 1);
    assert_string_equal(addr_text(a, &c->fee_tokens[0].token), OCEAN);
    assert_string_equal(c->fee_amount, "1.5");
    assert_string_equal(c->fee_unit, "GB");
    assert_int_equal(c->log_level, LOG_WARN);
    assert_null(c->db_url);
    config_free(c);
    ok(load(ENV("JWT_SECRET=ocean-node-secret", "NODE_ENV=development",
                "PERSISTENT_STORAGE=\"{\\\"enabled\\\":false}\"", "ELASTICSEARCH_MAX_RETRIES=3",
                "ELASTICSEARCH_SNIFF_INTERVAL=5", "DB_TYPE=typesense"),
            NULL, &c, &e),
       e);
    assert_int_equal(c->log_level, LOG_DEBUG);
    assert_false(c->persistent_storage);
    assert_int_equal(c->notices.count, 4); /* chain 8996, DB_TYPE, ELASTICSEARCH_*, the secret */
    config_free(c);
}

static void flags_have_two_forms(void **state)
{
    struct config *c;
    struct err e;

    (void)state;
    ok(load(NULL,
            ENV("--data=/d", "--http-port", "5", "--strict-trusted-algorithms",
                "--has-indexer=false", "--unsafe-urls", "[\"x\"]"),
            &c, &e),
       e);
    assert_string_equal(c->data, "/d");
    assert_int_equal(c->http_port, 5);
    assert_true(c->strict_trusted_algorithms);
    assert_false(c->has_indexer);
    assert_int_equal(c->unsafe_urls.count, 1);
    config_free(c);
    err_is(load(NULL, ENV("--http-port"), &c, &e), e, INVALID);
    assert_string_equal(e.msg, "--http-port: needs a value");
    err_is(load(NULL, ENV("--http-port", "x"), &c, &e), e, INVALID);
    assert_string_equal(e.msg, "--http-port: must be a whole number from 0 to 65535, not \"x\"");
    err_is(load(NULL, ENV("--jwt-secret", "x"), &c, &e), e, INVALID);
    assert_string_equal(e.msg, "--jwt-secret: there is no such flag");
    err_is(load(NULL, ENV("data"), &c, &e), e, INVALID);
    err_is(load(NULL, ENV("--config", "/none.json"), &c, &e), e, INVALID);
    assert_string_equal(e.msg, "Config file not found at path: /none.json");
}

/* Both forms of an option are checked alike, and the file is named. */
static void files_are_checked_like_variables(void **state)
{
    _arena_ struct arena *a = arena_new();
    static const struct {
        const char *text;
        const char *message; /* behind it comes the path and the rest */
        const char *rest;
    } rows[] = {
        {"{\"httpPort\":\"x\"}", "httpPort in ",
         ": must be a whole number from 0 to 65535, not \"x\""},
        {"{\"dockerComputeEnvironments\":[{\"socketPath\":\"/s\",\"environments\":[{" DISK "}]}]}",
         "dockerComputeEnvironments in ",
         " [0].environments[0]: Each environment must have either a non-empty \"fees\" "
         "configuration or a \"free\" configuration"},
        {"{\"allowedAdmins\":[\"\"]}", "allowedAdmins in ",
         " [0]: must be an address, 0x and 40 hex digits, not \"\""},
        {"{\"feeStrategy\":{\"feeAmount\":5}}", "feeStrategy.feeAmount in ",
         ": must be an object, not 5"},
        {"{,}", "Invalid JSON in config file: ",
         ". Error: invalid JSON at line 1 column 2: expected a key"},
    };
    char *path = arena_printf(a, "/tmp/atoll-test-rules-%d.json", (int)getpid());
    struct config *c;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        ok(fs_write(path, rows[i].text, strlen(rows[i].text), 0600, &e), e);
        err_is(load(NULL, ENV("--config", path), &c, &e), e, INVALID);
        assert_string_equal(e.msg, arena_printf(a, "%s%s%s", rows[i].message, path, rows[i].rest));
    }
    (void)unlink(path);
}

static void what_is_shown_can_be_read_again(void **state)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf text = BUF_INIT(1 << 20);
    struct json *shown;
    struct config *c;
    struct err e;

    (void)state;
    ok(load(ENV("JWT_SECRET=geheim", "HTTP_API_PORT=81", "HAS_INDEXER=no",
                "DOCKER_REGISTRY_AUTHS={\"https://r\":{\"auth\":\"geheim\"}}",
                "FEE_AMOUNT={\"amount\":1}"),
            ENV("--workers", "3"), &c, &e),
       e);
    shown = config_json(a, c);
    assert_int_equal(json_get_int(shown, "httpPort", 0), 81);
    assert_int_equal(json_get_int(shown, "rateLimit", 0), 30);
    assert_string_equal(json_get_str(shown, "jwtSecret", ""), "[*** HIDDEN CONTENT ***]");
    assert_int_equal(json_get_int(json_path(shown, "feeStrategy.feeAmount"), "amount", 0), 1);
    assert_null(strstr(json_text(a, shown), "geheim"));
    config_explain(c, &text);
    assert_null(strstr(buf_str(&text), "geheim"));
    assert_null(strstr(buf_str(&text), "https://r/k"));
    assert_non_null(strstr(buf_str(&text), "httpPort = 81 (HTTP_API_PORT)\n"));
    assert_non_null(strstr(buf_str(&text), "workers = 3 (--workers)\n"));
    assert_null(strstr(buf_str(&text), "rateLimit"));
    buf_reset(&text);
    config_help(&text);
    assert_non_null(strstr(buf_str(&text), "  --http-port N   HTTP_API_PORT   [8030]\n"));
    assert_null(strstr(buf_str(&text), "--jwt-secret"));
    config_free(c);
}

static void factors_of_over_provisioning(void **state)
{
    static const struct {
        const char *variable; /* NULL: unset */
        int cpu, ram;
    } rows[] = {
        {NULL, 1000, 1000},
        {"OVER_PROVISIONING=False", 1000, 1000},
        {"OVER_PROVISIONING=True", 4000, 1500}, /* as the original wrote it */
        {"OVER_PROVISIONING=true", 4000, 1500},
        {"OVER_PROVISIONING=2.5", 2500, 2500},
        {"OVER_PROVISIONING={\"cpu\":1.25}", 1250, 1000},
        {"OVER_PROVISIONING={\"ram\":\"2\",\"cpu\":16}", 16000, 2000},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config *c;
        struct err e;

        ok(load(rows[i].variable ? ENV(rows[i].variable) : NULL, NULL, &c, &e), e);
        assert_int_equal(c->over_cpu_milli, rows[i].cpu);
        assert_int_equal(c->over_ram_milli, rows[i].ram);
        config_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_say_what_and_where),
        cmocka_unit_test(factors_of_over_provisioning),
        cmocka_unit_test(networks_are_checked),
        cmocka_unit_test(environments_are_checked),
        cmocka_unit_test(fees_are_settled_for_the_chains_there_are),
        cmocka_unit_test(variables_are_read_as_the_reference_does),
        cmocka_unit_test(flags_have_two_forms),
        cmocka_unit_test(files_are_checked_like_variables),
        cmocka_unit_test(what_is_shown_can_be_read_again),
    };

    return cmocka_run_group_tests_name("config_rules", tests, NULL, NULL);
}
