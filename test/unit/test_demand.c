/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "compute_world.h"
#include "crypto/ecies.h"
#include "docker/registry.h"
#include "service/demand_int.h"
#include "service/shell.h"
#include "service/template_int.h"

/* Services on demand without an engine: what is asked for, templates, and what is shown when. */

static struct service *service;
static struct pools *pools;
static struct seckey key;

static void policy(void *ctx, struct service_policy *ret)
{
    (void)ctx;
    *ret = (struct service_policy){.bind = "127.0.0.1",
                                   .host = "host.test",
                                   .port_first = 30000,
                                   .port_last = 30010,
                                   .shell = true};
}

static int setup(void **state)
{
    static const struct config_on_demand rules = {.enabled = true, .max_duration = 900};
    struct service_options o = {.policy = policy, .key = &key, .node = "0x0"};
    const struct pools_callbacks nothing = {0};
    struct err e;

    if (world_setup(state) < 0)
        return -1;
    w.env.on_demand = &rules;
    key = seckey_new();
    o.store = w.store;
    o.compute = w.compute;
    pools = pools_new(&(struct pools_options){.store = w.store, .compute = w.compute}, &nothing);
    o.pools = pools;
    ok(service_new(&o, &service, &e), e);
    return 0;
}

static int teardown(void **state)
{
    service_free(service);
    pools_free(pools);
    return world_teardown(state);
}

static const char *sealed(const char *text)
{
    _buf_ struct buf out = BUF_INIT(1 << 20);
    struct pubkey to = pubkey_of(&key);
    struct err e;

    ok(ecies_encrypt(&to, text, strlen(text), &out, &e), e);
    return hex_dup(w.arena, buf_str(&out), out.len);
}

/* --- what is asked for --- */

static void is_wrong(const struct demand_spec *spec, const char *text)
{
    struct err e = {0};

    assert_int_equal(demand_spec_check(w.arena, &key, spec, &e), -1);
    if (!strstr(e.msg, text))
        fail_msg("not \"%s\" but \"%s\"", text, e.msg);
}

static void test_spec(void **state)
{
    const char *sum = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct err e;

    (void)state;
    ok(demand_spec_check(w.arena, &key,
                         &(struct demand_spec){.image = "a/b",
                                               .tag = "1",
                                               .ports = json_of("[80,65535]"),
                                               .command = json_of("[\"\",\"x y\"]")},
                         &e),
       e);
    ok(demand_spec_check(w.arena, &key, &(struct demand_spec){.image = "a", .checksum = sum}, &e),
       e);
    is_wrong(&(struct demand_spec){.image = "a", .checksum = "sha256:0"}, "checksum must be");
    is_wrong(&(struct demand_spec){.image = "a:1", .tag = "2"}, "of its own");
    is_wrong(&(struct demand_spec){.image = "A b"}, "no name of an image");
    is_wrong(&(struct demand_spec){.image = "-v/etc:/x"}, "image");
    is_wrong(&(struct demand_spec){.image = "a", .ports = json_of("[0]")}, "exposedPorts[0]");
    is_wrong(&(struct demand_spec){.image = "a", .ports = json_of("[1.5]")}, "exposedPorts[0]");
    is_wrong(&(struct demand_spec){.image = "a", .ports = json_of("[80,80]")}, "80 twice");
    is_wrong(&(struct demand_spec){.image = "a",
                                   .ports = json_of("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]")},
             "at most 16");
    is_wrong(&(struct demand_spec){.image = "a", .command = json_of("[1]")}, "dockerCmd[0]");
    is_wrong(&(struct demand_spec){.image = "a", .command = json_of("[\"a\\u0000b\"]")},
             "dockerCmd[0]");
    is_wrong(&(struct demand_spec){.image = "a", .entrypoint = json_of("{}")}, "dockerEntrypoint");
}

static void test_images(void **state)
{
    static const struct {
        struct demand_spec spec;
        const char *name;
    } cases[] = {
        {{.image = "a/b"}, "a/b:latest"},
        {{.image = "a/b", .tag = "1"}, "a/b:1"},
        {{.image = "a/b:2"}, "a/b:2"},
        {{.image = "127.0.0.1:5000/b"}, "127.0.0.1:5000/b:latest"},
        {{.image = "a", .checksum = "sha256:12"}, "a@sha256:12"},
        {{.image = "a@sha256:12"}, "a@sha256:12"},
    };
    struct image_name name;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(demand_image(w.arena, &cases[i].spec), cases[i].name);
    ok(image_name_parse(w.arena, "127.example.org/b", &name, &e), e);
    assert_string_equal(name.registry, "https://127.example.org");
    ok(image_name_parse(w.arena, "127.0.0.1:5000/b", &name, &e), e);
    assert_string_equal(name.registry, "http://127.0.0.1:5000");
}

static void test_variables(void **state)
{
    struct json *v;
    struct err e;

    (void)state;
    ok(demand_variables(w.arena, &key,
                        sealed("{\"A\":\"x=y\\n\",\"N\":1.5,\"T\":true,\"Z\":null,\"L\":[1]}"), &v,
                        &e),
       e);
    assert_string_equal(json_text(w.arena, v),
                        "{\"A\":\"x=y\\n\",\"N\":\"1.5\",\"T\":\"true\",\"L\":\"[1]\"}");
    ok(demand_variables(w.arena, &key, NULL, &v, &e), e);
    assert_int_equal(json_len(v), 0);
    err_is(demand_variables(w.arena, &key, "zz", &v, &e), e, DEMAND_SEALED);
    err_is(demand_variables(w.arena, &key, "", &v, &e), e, DEMAND_SEALED);
    err_is(demand_variables(w.arena, &key, sealed("[]"), &v, &e), e, DEMAND_VARIABLES);
    err_is(demand_variables(w.arena, &key, sealed("{\"\":1}"), &v, &e), e, DEMAND_VARIABLES);
    err_is(demand_variables(w.arena, &key, sealed("{\"A=B\":1}"), &v, &e), e, DEMAND_VARIABLES);
    err_is(demand_variables(w.arena, &key, sealed("{\"A\":\"\\u0000\"}"), &v, &e), e,
           DEMAND_VARIABLES);
}

/* --- templates --- */

#define GOOD "\"id\":\"t\",\"image\":\"x\",\"exposedPorts\":[80]"

static void test_template_files(void **state)
{
    static const struct {
        const char *text;
        const char *says; /* NULL: it is good */
    } cases[] = {
        {"{" GOOD "}", NULL},
        {"[{" GOOD "},{" GOOD "}]", "taken"},
        {"[]", NULL},
        {"{" GOOD, "is no JSON"},
        {"3", "is an object"},
        {"{\"image\":\"x\",\"exposedPorts\":[80]}", "id is missing"},
        {"{\"id\":\"-t\",\"image\":\"x\",\"exposedPorts\":[80]}", "id is missing"},
        {"{" GOOD ",\"colour\":1}", "\"colour\" is no member"},
        {"{" GOOD ",\"tag\":\"\"}", "tag and checksum"},
        {"{" GOOD ",\"tag\":\"1\",\"checksum\":\"sha256:0\"}", "exclude each other"},
        {"{" GOOD ",\"dockerfile\":\"FROM x\"}", "push one to a registry"},
        {"{\"id\":\"t\",\"image\":\"x\",\"exposedPorts\":[]}", "at least one port"},
        {"{\"id\":\"t\",\"image\":\"x\",\"exposedPorts\":[0]}", "exposedPorts[0]"},
        {"{" GOOD ",\"envVars\":{\"A\":1}}", "envVars.A"},
        {"{" GOOD ",\"userConfigurableEnvVars\":[{\"key\":\"\"}]}", "key must be"},
        {"{" GOOD ",\"userConfigurableEnvVars\":[{\"key\":\"A\",\"validation\":\"(\"}]}",
         "no regular expression"},
        {"{" GOOD ",\"userConfigurableEnvVars\":[{\"key\":\"A\",\"validation\":\"(?=x)\"}]}",
         "(?...)"},
        {"{" GOOD ",\"entrypoint\":[\"sh\",\"-c\"],\"command\":[\"echo ${A}\"],"
         "\"userConfigurableEnvVars\":[{\"key\":\"A\"}]}",
         "give the variable a validation"},
        {"{" GOOD ",\"entrypoint\":[\"sh\",\"-c\",\"echo ${A}\"],"
         "\"userConfigurableEnvVars\":[{\"key\":\"A\"}]}",
         "give the variable a validation"},
        {"{" GOOD ",\"command\":[\"bash\",\"-euxc\",\"echo ${A}\"],"
         "\"userConfigurableEnvVars\":[{\"key\":\"A\"}]}",
         "give the variable a validation"},
        {"{" GOOD ",\"command\":[\"serve\",\"-config\",\"${A}\"],"
         "\"userConfigurableEnvVars\":[{\"key\":\"A\"}]}",
         NULL},
        {"{" GOOD ",\"entrypoint\":[\"sh\",\"-c\"],\"command\":[\"echo ${A} ${HOME}\"],"
         "\"userConfigurableEnvVars\":[{\"key\":\"A\",\"validation\":\"^x$\"}]}",
         NULL},
        {"{" GOOD ",\"requiredResources\":[{\"id\":\"cpu\",\"kind\":\"fungible\",\"min\":1}]}",
         "either an id or a kind"},
        {"{" GOOD ",\"requiredResources\":[{\"id\":\"cpu\",\"min\":-1}]}", "min must be"},
        {"{" GOOD ",\"requiredResources\":[{\"id\":\"cpu\",\"min\":2,\"recommended\":1}]}",
         "recommended must be"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *list = json_new_array(w.arena), *problems = json_new_array(w.arena);
        const struct bytes text = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};

        templates_parse(w.arena, "f.json", text, list, problems);
        assert_int_equal(json_len(problems), cases[i].says ? 1 : 0);
        if (cases[i].says && (!strstr(json_str(json_at(problems, 0), ""), cases[i].says) ||
                              !strstr(json_str(json_at(problems, 0), ""), "f.json: ")))
            fail_msg("%s: %s", cases[i].text, json_str(json_at(problems, 0), ""));
    }
}

static void test_patterns(void **state)
{
    static const struct {
        const char *pattern, *yes, *no;
    } cases[] = {
        {"^hf_[A-Za-z0-9]{4,}$", "hf_abcd", "hf_a"},
        {"^\\d+$", "123", "12a"},
        {"^[\\w-]+$", "a_b-1", "a b"},
        {"\\.json$", "x.json", "xjson"},
        {"^a\\sb$", "a b", "ab"},
        {"^.{1,3}$", "abc", "a\nb"},
        {"^[.]$", ".", "a"},
    };
    static const char *const bad[] = {"\\b", "[\\]]", "(?:a)", "a{2", "\\", "[]a]", "[[:alpha:]]"};
    regex_t r;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(template__pattern(cases[i].pattern, &r, &e), e);
        assert_int_equal(regexec(&r, cases[i].yes, 0, NULL, 0), 0);
        assert_int_not_equal(regexec(&r, cases[i].no, 0, NULL, 0), 0);
        regfree(&r);
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        err_is(template__pattern(bad[i], &r, &e), e, INVALID);
}

static void test_template_use(void **state)
{
    struct template_use use = {
        .template_json =
            json_of("{" GOOD ",\"command\":[\"--model=${MODEL}\",\"${MODEL}/${KEEP} ${FIX}\"],"
                    "\"envVars\":{\"FIX\":\"f\"},\"userConfigurableEnvVars\":"
                    "[{\"key\":\"MODEL\",\"validation\":\"^[a-z]+$\"},{\"key\":\"MORE\"}],"
                    "\"requiredResources\":[{\"id\":\"cpu\",\"min\":2},"
                    "{\"kind\":\"fungible\",\"type\":\"ram\",\"min\":3},"
                    "{\"kind\":\"discrete\",\"type\":\"npu\",\"min\":1}]}"),
        .env = &w.env};
    struct demand_spec spec;
    struct json *list;
    struct err e;

    (void)state;
    use.variables = json_of("{\"MODEL\":\"abc\"}");
    ok(template_spec(w.arena, &use, &spec, &e), e);
    assert_string_equal(json_text(w.arena, spec.command), "[\"--model=abc\",\"abc/${KEEP} f\"]");
    assert_string_equal(spec.template_name, "t");
    use.variables = json_of("{\"MODEL\":\"a;b\"}");
    err_is(template_spec(w.arena, &use, &spec, &e), e, DEMAND_TEMPLATE_VALUE);
    use.variables = json_of("{\"FIX\":\"g\",\"MODEL\":\"a\"}");
    err_is(template_spec(w.arena, &use, &spec, &e), e, DEMAND_TEMPLATE_VALUE);
    use.variables = json_of("{}");
    err_is(template_spec(w.arena, &use, &spec, &e), e, DEMAND_TEMPLATE_VALUE);
    ok(template_resources(w.arena, &use, &list, &e), e);
    assert_string_equal(json_text(w.arena, list),
                        "[{\"id\":\"cpu\",\"amount\":2},{\"id\":\"ram\",\"amount\":3},"
                        "{\"id\":\"chip\",\"amount\":1}]");
    use.resources = json_of("[{\"id\":\"cpu\",\"amount\":1}]");
    err_is(template_resources(w.arena, &use, &list, &e), e, DEMAND_TEMPLATE_NEEDS);
    use.resources = NULL;
    use.template_json =
        json_of("{" GOOD ",\"requiredResources\":[{\"kind\":\"discrete\",\"type\":\"gpu\","
                "\"min\":1}]}");
    err_is(template_resources(w.arena, &use, &list, &e), e, DEMAND_TEMPLATE_NEEDS);
}

static void test_template_folder(void **state)
{
    const char *folder = arena_printf(w.arena, "%s/templates", w.dir);
    const char *good = "{" GOOD ",\"envVars\":{\"A\":\"secret\"}}", *bad = "{";
    struct templates *t = templates_new(folder);
    struct json *list, *news;
    struct err e;

    (void)state;
    ok(templates_list(t, w.arena, &list, &news, &e), e); /* it is not there */
    assert_int_equal(json_len(list), 0);
    ok(fs_mkdirs(folder, 0700, &e), e);
    ok(fs_write(arena_printf(w.arena, "%s/a.json", folder), good, strlen(good), 0600, &e), e);
    ok(fs_write(arena_printf(w.arena, "%s/b.json", folder), bad, strlen(bad), 0600, &e), e);
    ok(fs_write(arena_printf(w.arena, "%s/c.txt", folder), bad, strlen(bad), 0600, &e), e);
    ok(templates_list(t, w.arena, &list, &news, &e), e);
    assert_int_equal(json_len(list), 1);
    assert_int_equal(json_len(news), 1);
    assert_non_null(templates_find(list, "t"));
    assert_string_equal(json_text(w.arena, json_at(templates_public(w.arena, list), 0)),
                        "{" GOOD ",\"envVarKeys\":[\"A\"]}");
    ok(templates_list(t, w.arena, &list, &news, &e), e);
    assert_null(news); /* told once */
    assert_int_equal(unlink(arena_printf(w.arena, "%s/a.json", folder)), 0);
    ok(templates_list(t, w.arena, &list, &news, &e), e);
    assert_int_equal(json_len(list), 0);
    templates_free(t);
}

/* --- what is shown --- */

static struct service_row add_service(const char *id, const char *owner)
{
    const struct demand_spec spec = {.image = "a/b",
                                     .tag = "1",
                                     .ports = json_of("[8080,9090]"),
                                     .command = json_of("[\"run\"]"),
                                     .user_data = sealed("{\"A\":\"b\",\"F\":\"user\"}"),
                                     .fixed = json_of("{\"F\":\"operator\"}")};
    struct demand_row d = {.consumer = "0xC",
                           .chain = 8996,
                           .token = "0x0000000000000000000000000000000000000001",
                           .duration_s = 60};
    struct service_row row = {.id = id,
                              .owner = owner,
                              .name = arena_printf(w.arena, "svc-%.8s", id),
                              .package = DEMAND_PACKAGE,
                              .title = "a/b:1",
                              .pool = "",
                              .env = compute_env_info(w.at)->id,
                              .cluster = compute_env_info(w.at)->cluster,
                              .answers = "",
                              .secrets = "",
                              .created = clock_ms(),
                              .entered = clock_ms(),
                              .ends = clock_ms() + 60000,
                              .version = "1",
                              .size = "custom",
                              .health = "none",
                              .demand = &d};
    struct err e;
    bool name;

    ok(demand__seal(service, w.arena, &spec,
                    json_of("[{\"id\":\"cpu\",\"amount\":1},{\"id\":\"ram\",\"amount\":1.5}]"),
                    &d.spec, &e),
       e);
    ok(rows_insert(w.store, &row, &name, &e), e);
    row.demand = NULL;
    return row;
}

static int64_t status_of(struct service_row *row, const char **ret_text)
{
    const struct demand_filter f = {.all = true};
    struct json *v;
    struct err e;

    ok(demand__json(service, w.arena, row, &f, &v, &e), e);
    *ret_text = json_get_str(v, "statusText", "");
    return json_get_int(v, "status", 0);
}

static void enters(struct service_row *row, int step, const char *state, const char *name)
{
    const struct rows_change c = {state, name, 0};
    struct err e;

    row->step = step;
    ok(rows_update(w.store, row, &c, &e), e);
}

static void test_statuses(void **state)
{
    struct service_row row = add_service("0123456789abcdef0123456789abcdef", "u1");
    const char *text;

    (void)state;
    assert_int_equal(status_of(&row, &text), 10);
    assert_string_equal(text, "Starting");
    enters(&row, STEP_PULL, "creating", "pull");
    assert_int_equal(status_of(&row, &text), 11);
    str_copy(row.reason, sizeof(row.reason), "no such image");
    enters(&row, STEP_UNDO, "stopping", "undo");
    assert_int_equal(status_of(&row, &text), 12);
    assert_string_equal(text, "no such image");
    row.reason[0] = '\0';
    enters(&row, STEP_CONTAINERS, "creating", "containers");
    assert_int_equal(status_of(&row, &text), 10);
    row.mode = MODE_UPDATE;
    assert_int_equal(status_of(&row, &text), 45);
    enters(&row, STEP_RUNNING, "running", "running");
    assert_int_equal(status_of(&row, &text), 40);
    str_copy(row.health, sizeof(row.health), "unhealthy");
    enters(&row, STEP_RUNNING, "running", "restart");
    assert_int_equal(status_of(&row, &text), 99);
    row.wish = WISH_DELETE;
    assert_int_equal(status_of(&row, &text), 50);
    row.wish = 0;
    enters(&row, STEP_STOPPED, "stopped", "stopped");
    assert_int_equal(status_of(&row, &text), 70);
    str_copy(row.reason, sizeof(row.reason), "why");
    assert_int_equal(status_of(&row, &text), 99);
    assert_string_equal(text, "why");
    enters(&row, STEP_FAILED, "failed", "failed");
    assert_int_equal(status_of(&row, &text), 12); /* it was taken back after the pull, above */
    row.gone = clock_ms();
    enters(&row, STEP_DELETED, "deleted", "deleted");
    assert_int_equal(status_of(&row, &text), 75);
    assert_true(demand_is_status(99) && demand_is_status(30) && !demand_is_status(41) &&
                !demand_is_status(0) && !demand_is_status(INT64_C(1) << 32 | 40));
}

static void test_json(void **state)
{
    struct service_row row = add_service("1123456789abcdef0123456789abcdef", "u2");
    const struct demand_filter all = {.all = true}, brief = {.all = true, .brief = true},
                               running = {.status = 40}, later = {.from_ms = clock_ms() + 9999};
    struct demand_filter of_owner = {.owner = "u2"};
    struct json *v;
    struct err e;

    (void)state;
    ok(demand__json(service, w.arena, &row, &all, &v, &e), e);
    assert_string_equal(json_get_str(v, "containerImage", ""), "a/b:1");
    assert_string_equal(json_get_str(v, "owner", ""), "0xC");
    assert_string_equal(json_text(w.arena, json_get(v, "dockerCmd")), "[\"run\"]");
    assert_string_equal(json_text(w.arena, json_get(v, "endpoints")), "[]");
    assert_null(json_get(v, "userData"));
    assert_int_equal(json_get_int(v, "expiresAt", 0), row.ends);
    ok(demand__json(service, w.arena, &row, &brief, &v, &e), e);
    assert_null(json_get(v, "dockerCmd"));
    ok(demand__json(service, w.arena, &row, &running, &v, &e), e);
    assert_null(v);
    ok(demand__json(service, w.arena, &row, &later, &v, &e), e);
    assert_null(v);
    ok(demand_list(service, w.arena, &of_owner, &v, &e), e);
    assert_int_equal(json_len(v), 1);
    of_owner.owner = "u3"; /* somebody else */
    of_owner.id = row.id;
    ok(demand_list(service, w.arena, &of_owner, &v, &e), e);
    assert_int_equal(json_len(v), 0);
}

static void test_package(void **state)
{
    struct service_row row = add_service("2123456789abcdef0123456789abcdef", "u4");
    const struct package_container *c;
    struct package *p;
    struct err e;

    (void)state;
    ok(demand__package(service, w.arena, &row, &p, &e), e);
    assert_int_equal(p->container_count, 1);
    c = p->containers;
    assert_string_equal(c->image, "a/b:1");
    assert_true(c->has_command && !c->has_entrypoint && c->command.count == 1);
    assert_int_equal(c->port_count, 2);
    assert_true(c->ports[1].port == 9090 && c->ports[1].public && c->ports[1].protocol == PORT_TCP);
    assert_int_equal(c->env_count, 2);
    assert_string_equal(c->env[1].value, "operator"); /* not the user's */
    assert_int_equal(p->sizes->cpu_milli, 1000);
    assert_int_equal(p->sizes->ram_mib, 1536);
    assert_int_equal(p->sizes->disk_gib, 1);
}

static void test_specs(void **state)
{
    struct service_row row = add_service("3123456789abcdef0123456789abcdef", "u5");
    struct demand_new_spec n = {row.id, "two", "1", "1"};
    char number[ROW_TEXT];
    const char *text;
    struct err e;

    (void)state;
    ok(demand_rows_add_spec(w.store, &n, number, &e), e);
    assert_string_equal(number, "2");
    n = (struct demand_new_spec){row.id, "three", "2", "1"};
    ok(demand_rows_add_spec(w.store, &n, number, &e), e);
    n = (struct demand_new_spec){row.id, "four", "3", "2"};
    ok(demand_rows_add_spec(w.store, &n, number, &e), e);
    err_is(demand_rows_spec(w.store, w.arena, row.id, "1", &text, &e), e, NOT_FOUND);
    ok(demand_rows_spec(w.store, w.arena, row.id, "2", &text, &e), e);
    ok(demand_rows_spec(w.store, w.arena, row.id, "4", &text, &e), e);
    assert_string_equal(text, "four");
}

/* Nothing is locked for it: what is added is paid for when it starts again. */
static void test_extend_stopped(void **state)
{
    struct service_row row = add_service("5123456789abcdef0123456789abcdef", "u7");
    const struct service_key k = {"u7", row.id};
    struct demand_more more = {.chain = 8996, .seconds = 30};
    struct json *v;
    struct err e;

    (void)state;
    assert_true(addr_parse("0x0000000000000000000000000000000000000001", &more.token));
    enters(&row, STEP_STOPPED, "stopped", "stopped");
    ok(demand_extend(service, w.arena, &k, &more, &v, &e), e);
    assert_int_equal(json_get_int(v, "expiresAt", 0), row.ends + 30000);
    assert_int_equal(json_get_int(v, "duration", 0), 90);
    more.token.b[0] = 1;
    err_is(demand_extend(service, w.arena, &k, &more, &v, &e), e, DEMAND_TOKEN);
}

/* Its owner can make any change fail, after having had all of the time. */
static void test_whose_fault(void **state)
{
    struct service_row row = {.package = DEMAND_PACKAGE, .mode = MODE_BACK};

    (void)state;
    assert_false(life__is_ours(&row));
    row.mode = MODE_UPDATE;
    assert_false(life__is_ours(&row));
    row.package = "wiki";
    assert_true(life__is_ours(&row));
    row.mode = MODE_RESTART;
    assert_false(life__is_ours(&row));
}

static void test_hidden_variables(void **state)
{
    struct service_row row = add_service("6123456789abcdef0123456789abcdef", "u8");
    const struct demand_spec own = {.image = "a/b", .user_data = sealed("{\"F\":\"mine\"}")};
    struct demand_new_spec n = {row.id, NULL, "1", "1"};
    const struct service_key k = {"u8", row.id};
    struct err e;

    (void)state;
    enters(&row, STEP_RUNNING, "running", "running");
    err_is(service_shell_check(service, &k, &e), e, SHELL_OFF);
    ok(demand__seal(service, w.arena, &own, NULL, &n.sealed, &e), e);
    ok(demand_rows_add_spec(w.store, &n, row.version, &e), e);
    enters(&row, STEP_RUNNING, "running", "running");
    ok(service_shell_check(service, &k, &e), e);
}

static void test_enough(void **state)
{
    struct err e;
    int i;

    (void)state;
    for (i = 0; i < SERVICE_LIVE_MAX; i++) {
        ok(asks__check_count(service, "u6", &e), e);
        (void)add_service(arena_printf(w.arena, "%08x%024d", 0x40000000 + i, 0), "u6");
    }
    err_is(asks__check_count(service, "u6", &e), e, SERVICE_MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_template_files),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_template_use),
        cmocka_unit_test(test_template_folder),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_package),
        cmocka_unit_test(test_specs),
        cmocka_unit_test(test_extend_stopped),
        cmocka_unit_test(test_whose_fault),
        cmocka_unit_test(test_hidden_variables),
        cmocka_unit_test(test_enough),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
