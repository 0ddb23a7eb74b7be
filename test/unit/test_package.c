/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "package/catalogue.h"
#include "package/package.h"
#include "package/render.h"
#include "test.h"

/* package.toml: what is taken, what is refused and how that is said; what is made of it. */

#define IMAGE "repo@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD                                                                                       \
    "name = \"p\"\nversion = \"1\"\n[[sizes]]\nname = \"s\"\ncpu = 1\nram = \"512 MiB\"\ndisk = "  \
    "\"1 GiB\"\n"
#define BOX "[[containers]]\nname = \"a\"\nimage = \"" IMAGE "\"\nuser = \"1:1\"\n"

static int parse_with(struct arena *a, const char *toml, const struct package_rules *rules,
                      struct package **ret, struct err *e)
{
    struct package_file files[] = {{"package.toml", toml, strlen(toml)},
                                   {"conf/x.conf", "a = ${answer.q}\n", 16},
                                   {"icon.svg", "<svg/>", 6}};
    struct package_files list = {files, 3};

    return package_parse(a, "", &list, rules, ret, e);
}

static int parse(struct arena *a, const char *toml, struct package **ret, struct err *e)
{
    static const struct package_rules strict = {.allow_tags = false};

    return parse_with(a, toml, &strict, ret, e);
}

static const struct {
    const char *toml;
    const char *why;
} refusals[] = {
    {"", "package.toml:1: a package needs the key 'name'"},
    {"name = \"p\"\nversoin = \"1\"\n",
     "package.toml:2: a package has no key 'versoin'; the nearest is 'version'"},
    {"name = \"p\"\nversion = 1\n", "package.toml:2: 'version' must be a text in quotes"},
    {"name = \"P\"\nversion = \"1\"\n",
     "package.toml:1: 'name' must be at most 32 of a-z, 0-9, '-' and '_', a letter first"},
    {"name = \"service-on-demand\"\nversion = \"1\"\n",
     "package.toml:1: 'service-on-demand' is the name of no package; choose another"},
    {"name = \"p\"\nversion = \"../1\"\n",
     "package.toml:2: 'version' must be at most 40 letters, digits, '.', '+' and '-'"},
    {"name = \"p\nversion = \"1\"\n", "package.toml: line 1: a string must end on its line"},
    {"name = \"p\"\nversion = \"1\"\ntitle = \"\\u001b[2J\"\n",
     "package.toml:3: 'title' holds a control character; remove it"},
    {"name = \"p\"\nversion = \"1\"\ntitle = \"a\\u202eb\"\n",
     "package.toml:3: 'title' holds a control character; remove it"},
    {"name = \"p\"\nversion = \"1\"\nicon = \"../../etc/x.svg\"\n",
     "package.toml:3: 'icon' leads out of the package; name a file of its folder"},
    {"name = \"p\"\nversion = \"1\"\nicon = \"none.svg\"\n",
     "package.toml:3: the package has no file 'none.svg'"},
    {"name = \"p\"\nversion = \"1\"\npermissions = [\"internet\", \"docker-socket\"]\n",
     "package.toml:3: 'docker-socket' is never granted; a package may ask for internet, "
     "host-port, root and any-image"},
    {"name = \"p\"\nversion = \"1\"\noffered = false\n",
     "package.toml:3: a package that is not offered says why: add 'reason'"},
    {HEAD, "package.toml:1: the package has no [[containers]]"},
    {"name = \"p\"\nversion = \"1\"\n" BOX, "package.toml:1: the package has no [[sizes]]"},
    {"name = \"p\"\nversion = \"1\"\n[sizes]\n",
     "package.toml:3: 'sizes' is a list of tables: write [[sizes]]"},
    {"name = \"p\"\nversion = \"1\"\n[[sizes]]\nname = \"s\"\ncpu = 1\nram = \"512\"\ndisk = "
     "\"1 GiB\"\n",
     "package.toml:6: 'ram' must be like \"512 MiB\" or \"2 GiB\""},
    {HEAD "[[sizes]]\nname = \"s\"\ncpu = 1\nram = \"1 GiB\"\ndisk = \"1 GiB\"\n" BOX,
     "package.toml:8: there are two sizes of the name 's'; give one another name"},
    {HEAD "[[containers]]\nname = \"a\"\nimage = \"nginx:1.27\"\nuser = \"1:1\"\n",
     "package.toml:10: image 'nginx:1.27' has no digest, so it may change under you; write "
     "name@sha256:... (`docker buildx imagetools inspect` shows it)"},
    {HEAD "[[containers]]\nname = \"a\"\nimage = \"" IMAGE "\"\nuser = \"root\"\n",
     "package.toml:11: 'user' must be \"UID:GID\" in digits"},
    {HEAD "[[containers]]\nname = \"a\"\nimage = \"" IMAGE "\"\n",
     "package.toml:8: container 'a' may run as root; add user = \"1000:1000\", or ask for "
     "permissions = [\"root\"]"},
    {HEAD "[[containers]]\nname = \"a\"\nimage = \"" IMAGE "\"\nuser = \"00:5\"\n",
     "package.toml:8: container 'a' may run as root; add user = \"1000:1000\", or ask for "
     "permissions = [\"root\"]"},
    {HEAD BOX "privileged = true\n",
     "package.toml:12: [[containers]] has no key 'privileged'; it has: name image pinned_by "
     "entrypoint command "
     "command_from env env_from ports volumes files health after user capabilities read_only "
     "weight"},
    {HEAD BOX "capabilities = [\"SYS_ADMIN\"]\n",
     "package.toml:12: capability 'SYS_ADMIN' is never granted; the others are those a process "
     "needs to give up root: docs/packages.md lists them"},
    {HEAD BOX "capabilities = [\"CHOWN\"]\n",
     "package.toml:12: 'capabilities' need permissions = [\"root\"]"},
    {HEAD BOX "after = [\"b\"]\n",
     "package.toml:12: container 'a' waits for 'b', which is not there"},
    {HEAD BOX "after = [\"a\"]\n",
     "package.toml:12: container 'a' waits for itself in the end: a cycle of 'after'"},
    {HEAD BOX "ports = [{name = \"x\", port = 70000}]\n",
     "package.toml:12: 'port' must be a whole number from 1 to 65535"},
    {HEAD BOX "ports = [{name = \"x\", port = 5, protocol = \"tcp\", public = true}]\n",
     "package.toml:12: a public tcp port needs permissions = [\"host-port\"]"},
    {HEAD BOX "ports = [{name = \"x\", port = 5, public = true}, {name = \"y\", port = 6, "
              "public = true}]\n",
     "package.toml:8: there are two public http ports; the address can only lead to one"},
    {HEAD BOX "volumes = [{name = \"v\", path = \"/data/../etc\"}]\n",
     "package.toml:12: 'path' must be absolute, without '..', and not '/'"},
    {HEAD BOX "volumes = [{name = \"v\", path = \"/\"}]\n",
     "package.toml:12: 'path' must be absolute, without '..', and not '/'"},
    {HEAD BOX "files = [{path = \"/x\", from = \"../secret\"}]\n",
     "package.toml:12: 'from' leads out of the package; name a file of its folder"},
    {HEAD BOX "files = [{path = \"/x\", from = \"conf/x.conf\", expand = true}]\n",
     "package.toml:8: nothing is known of '${answer.q}'; write $${...} for a shell's own"},
    {HEAD BOX "env = {\"A-B\" = \"x\"}\n", "package.toml:12: 'A-B' is no name of a variable: "
                                           "letters, digits and '_', no digit first"},
    {HEAD BOX "[containers.health]\nkind = \"http\"\nport = \"web\"\n",
     "package.toml:8: the health check of container 'a' asks port 'web', which is no tcp or "
     "http port of it"},
    {HEAD BOX "[containers.health]\nkind = \"command\"\n",
     "package.toml:12: 'command' goes with kind = \"command\", and only with that"},
    {HEAD BOX "[[backup]]\nvolume = \"v\"\n", "package.toml:12: no container mounts volume 'v'"},
    {HEAD BOX "[[questions]]\nname = \"pool\"\ntype = \"string\"\nlabel = \"x\"\n",
     "package.toml:12: every package asks for 'pool' by itself; use another name"},
    {HEAD BOX "[[questions]]\nname = \"q\"\ntype = \"color\"\nlabel = \"x\"\n",
     "package.toml:14: there is no type 'color' of questions; docs/packages.md lists them"},
    {HEAD BOX "[[questions]]\nname = \"q\"\ntype = \"int\"\nlabel = \"x\"\nmin = 5\ndefault = 1\n",
     "package.toml:17: the default would be refused: must be a number, at least 5"},
    {HEAD BOX "[[questions]]\nname = \"q\"\ntype = \"int\"\nlabel = \"x\"\npattern = \"a\"\n",
     "package.toml:16: 'pattern' means nothing for a question of type int"},
    {HEAD BOX
     "[[questions]]\nname = \"q\"\ntype = \"string\"\nlabel = \"x\"\npattern = \"(a)\\\\1\"\n",
     "package.toml:16: 'pattern' has a back reference; write it without"},
    {HEAD BOX
     "[[questions]]\nname = \"q\"\ntype = \"secret\"\nlabel = \"x\"\ndefault = \"secret12\"\n",
     "package.toml:16: a secret has no default; use [[secrets]] for a random one"},
    {HEAD BOX "[[questions]]\nname = \"q\"\ntype = \"string\"\nlabel = \"x\"\nstep = \"more\"\n",
     "package.toml:12: there is no step 'more'; add it as [[steps]]"},
    {HEAD BOX "[[questions]]\nname = \"q\"\ntype = \"string\"\nlabel = \"x\"\nwhen = {question "
              "= \"r\", is = \"a\"}\n",
     "package.toml:12: 'when' of question 'q' looks at 'r', which is not asked before it"},
    {HEAD BOX "[[servers]]\nname = \"s\"\ndomain = \"not a host\"\nincludes = []\n",
     "package.toml:12: 'domain' must be a host name, such as market.example.org, or \"\" for "
     "none"},
    {HEAD BOX "[[secrets]]\nname = \"s\"\nlength = 4\n",
     "package.toml:14: 'length' must be a whole number from 16 to 128"},
    {HEAD BOX "[[secrets]]\nname = \"s\"\n[[results]]\nlabel = \"x\"\nvalue = \"${secret.s}\"\n",
     "package.toml:14: a result with a secret needs secret = true"},
    {HEAD BOX "[hooks.install]\nimage = \"x:1\"\n",
     "package.toml:13: image 'x:1' has no digest, so it may change under you; write "
     "name@sha256:... (`docker buildx imagetools inspect` shows it)"},
};

static void says_where_and_what_to_do(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct package *p;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(refusals); i++) {
        if (parse(a, refusals[i].toml, &p, &e) == 0)
            fail_msg("was taken:\n%s", refusals[i].toml);
        assert_int_equal(e.code, ERR_PACKAGE_INVALID);
        assert_string_equal(e.msg, refusals[i].why);
    }
}

/* Regression 17: what a person answers is never read by a shell. */
static void no_shell_reads_an_answer(void **state)
{
    static const char *const bad[] = {
        "command = [\"sh\", \"-c\", \"git clone ${answer.q}\"]",
        "command = [\"/bin/bash\", \"-ec\", \"echo ${name}\"]",
        "entrypoint = [\"/usr/bin/env\", \"sh\"]\ncommand = [\"-c\", \"${answer.q}\"]",
        "command = [\"python3\", \"-c\", \"print('${answer.q}')\"]",
        "command = [\"node\", \"-e\", \"${answer.q}\"]",
        "[containers.health]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"ping ${answer.q}\"]",
    };
    static const char *const good[] = {
        "command = [\"sh\", \"-c\", \"git clone \\\"$URL\\\"\"]\nenv = {URL = \"${answer.q}\"}",
        "command = [\"sh\", \"-c\", \"exec \\\"$@\\\"\", \"x\", \"${answer.q}\"]",
        "command = [\"postgres\", \"-c\", \"max_connections=${answer.q}\"]",
        "command = [\"sh\", \"-c\", \"echo $${answer.q}\"]",
    };
    _arena_ struct arena *a = arena_new();
    struct package *p;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad) + ARRAY_LEN(good); i++) {
        bool wanted = i >= ARRAY_LEN(bad);
        const char *lines = wanted ? good[i - ARRAY_LEN(bad)] : bad[i];
        const char *toml = arena_printf(
            a, "%s%s%s\n[[questions]]\nname = \"q\"\ntype = \"string\"\nlabel = \"q\"\n", HEAD, BOX,
            lines);
        int rc = parse(a, toml, &p, &e);

        if (wanted && rc < 0)
            fail_msg("%s: %s", lines, e.msg);
        if (!wanted && (rc == 0 || !strstr(e.msg, "become part of a program")))
            fail_msg("%s: %s", lines, rc == 0 ? "was taken" : e.msg);
    }
}

static void add(struct buf *b, const char *text, int n)
{
    while (n-- > 0)
        buf_puts(b, text);
}

static void has_ceilings(void **state)
{
    static const struct {
        const char *table;
        int n;
        const char *why;
    } rows[] = {
        {"[[questions]]\nname = \"q\"\ntype = \"string\"\nlabel = \"q\"\n", 10000, "tables"},
        {"[[questions]]\nname = \"q\"\ntype = \"string\"\nlabel = \"q\"\n", 65,
         "more than 64 [[questions]]; leave some out"},
        {"[[containers]]\nname = \"c\"\nimage = \"" IMAGE "\"\nuser = \"1:1\"\n", 13,
         "more than 12 [[containers]]; leave some out"},
        {"[[sizes]]\n", 20, "more than 16 [[sizes]]; leave some out"},
        {"[[links]]\n", 65, "more than 64 [[links]]; leave some out"},
    };
    _arena_ struct arena *a = arena_new();
    struct package *p;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        _buf_ struct buf toml = BUF_INIT(8 << 20);

        buf_puts(&toml, "name = \"p\"\nversion = \"1\"\n");
        add(&toml, rows[i].table, rows[i].n);
        err_is(parse(a, buf_str(&toml), &p, &e), e, PACKAGE_INVALID);
        if (!strstr(e.msg, rows[i].why))
            fail_msg("%s", e.msg);
    }
}

static void containers_come_in_their_order(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct package *p;
    struct err e;

    (void)state;
    ok(parse(a,
             HEAD BOX "after = [\"b\", \"c\"]\n"
                      "[[containers]]\nname = \"b\"\nimage = \"" IMAGE
                      "\"\nuser = \"1:1\"\nafter = [\"c\"]\n"
                      "[[containers]]\nname = \"c\"\nimage = \"" IMAGE
                      "\"\nuser = \"1:1\"\nweight = 6\n",
             &p, &e),
       e);
    assert_string_equal(p->containers[0].name, "c");
    assert_string_equal(p->containers[1].name, "b");
    assert_string_equal(p->containers[2].name, "a");
    assert_int_equal(package_share_of(p, &p->sizes[0], 0).cpu_milli, 750);
    assert_int_equal(package_share_of(p, &p->sizes[0], 1).cpu_milli, 125);
    assert_int_equal(package_share_of(p, &p->sizes[0], 2).memory, 64 << 20);
}

static void cycles_are_found(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct package *p;
    struct err e;

    (void)state;
    err_is(parse(a,
                 HEAD BOX "after = [\"c\"]\n"
                          "[[containers]]\nname = \"b\"\nimage = \"" IMAGE
                          "\"\nuser = \"1:1\"\nafter = [\"a\"]\n"
                          "[[containers]]\nname = \"c\"\nimage = \"" IMAGE
                          "\"\nuser = \"1:1\"\nafter = [\"b\"]\n",
                 &p, &e),
           e, PACKAGE_INVALID);
    assert_string_equal(e.msg,
                        "package.toml:12: container 'a' waits for itself in the end: a cycle "
                        "of 'after'");
}

static int64_t host_port(void *ctx, const char *port)
{
    (void)ctx;
    return str_eq(port, "raw") ? 31000 : 0;
}

static const char *container_host(void *ctx, struct arena *a, const char *container)
{
    (void)ctx;
    return arena_printf(a, "atoll-s-1-%s", container);
}

static const char generic[] =
    "name = \"p\"\nversion = \"1\"\npermissions = [\"any-image\", \"host-port\", \"root\"]\n"
    "[[sizes]]\nname = \"s\"\ncpu = 1\nram = \"512 MiB\"\ndisk = \"1 GiB\"\n"
    "[[secrets]]\nname = \"pw\"\nshow = true\nlabel = \"Password\"\n"
    "[[questions]]\nname = \"image\"\ntype = \"string\"\nlabel = \"i\"\n"
    "[[questions]]\nname = \"port\"\ntype = \"int\"\nlabel = \"p\"\n"
    "[[questions]]\nname = \"path\"\ntype = \"string\"\nlabel = \"p\"\n"
    "[[questions]]\nname = \"args\"\ntype = \"text\"\nlabel = \"a\"\n"
    "[[questions]]\nname = \"vars\"\ntype = \"keyvalue\"\nlabel = \"v\"\n"
    "[[questions]]\nname = \"yes\"\ntype = \"bool\"\nlabel = \"y\"\n"
    "[[containers]]\nname = \"a\"\nimage = \"${answer.image}\"\ncommand_from = \"args\"\n"
    "env_from = \"vars\"\nenv = {A = \"$HOME ${name}.${host} ${answer.yes} $${x}\", B = "
    "\"${secret.pw}\"}\n"
    "ports = [{name = \"web\", port = \"${answer.port}\", public = true}, "
    "{name = \"raw\", port = 9, protocol = \"tcp\", public = true}]\n"
    "volumes = [{name = \"v\", path = \"${answer.path}\"}]\n"
    "files = [{path = \"/etc/c\", text = \"to=${container.a} port=${port.raw}\", expand = true}]\n"
    "[containers.health]\nkind = \"tcp\"\nport = \"web\"\n"
    "[[backup]]\nvolume = \"v\"\n"
    "[[results]]\nlabel = \"URL\"\nvalue = \"${url}/\"\n"
    "[[results]]\nlabel = \"DB\"\nvalue = \"db://${secret.pw}@${host}:${port.raw}\"\nsecret = "
    "true\n";

static const char hostile[] = "x; rm -rf / $(id) `id` ${secret.pw} \\\" '";

static void answers_are_put_in_as_they_are(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct package_vars vars = {.name = "n",
                                .host = "n.example.org",
                                .url = "https://n.example.org",
                                .host_port = host_port,
                                .container_host = container_host};
    struct json *answers = json_new_object(a);
    struct json *pairs = json_new_object(a);
    struct package_container *c;
    struct package_backup *b;
    struct json *rows;
    struct package *p;
    size_t n;
    struct err e;

    (void)state;
    ok(parse(a, generic, &p, &e), e);
    vars.secrets = package_secrets_make(a, p);
    json_set_str(a, answers, "image", "busybox:1");
    json_set_int(a, answers, "port", 8080);
    json_set_str(a, answers, "path", "/var/x");
    json_set_str(a, answers, "args", arena_printf(a, "serve\n\n%s", hostile));
    json_set_bool(a, answers, "yes", true);
    json_set_str(a, pairs, "A", "mine");
    json_set_str(a, pairs, "C", hostile);
    json_set(a, answers, "vars", pairs);
    vars.answers = answers;
    ok(package_render(a, p, &vars, &c, &n, &e), e);
    assert_int_equal(n, 1);
    assert_string_equal(c->image, "busybox:1");
    assert_int_equal(c->command.count, 2);
    assert_string_equal(c->command.items[0], "serve");
    assert_string_equal(c->command.items[1], hostile);
    assert_int_equal(c->env_count, 4);
    assert_string_equal(c->env[1].value, hostile); /* what is answered is not expanded again */
    assert_string_equal(c->env[2].name, "A");      /* the package's own comes last and wins */
    assert_string_equal(c->env[2].value, "$HOME n.n.example.org true ${x}");
    assert_string_equal(c->env[3].value, json_get_str(vars.secrets, "pw", ""));
    assert_int_equal(c->ports[0].port, 8080);
    assert_string_equal(c->volumes[0].path, "/var/x");
    assert_string_equal(c->files[0].text, "to=atoll-s-1-a port=31000");
    assert_int_equal(c->files[0].len, strlen(c->files[0].text));
    ok(package_render_backups(a, p, &vars, &b, &n, &e), e);
    assert_string_equal(b[0].path, "/var/x");
    ok(package_render_results(a, p, &vars, false, &rows, &e), e);
    assert_int_equal(json_len(rows), 1);
    assert_string_equal(json_get_str(json_at(rows, 0), "value", ""), "https://n.example.org/");
    ok(package_render_results(a, p, &vars, true, &rows, &e), e);
    assert_int_equal(json_len(rows), 2);

    json_set_str(a, answers, "path", "");
    ok(package_render(a, p, &vars, &c, &n, &e), e);
    assert_int_equal(c->volume_count, 0); /* left open: no volume */
    json_set_str(a, answers, "path", "/a/../../etc");
    err_is(package_render(a, p, &vars, &c, &n, &e), e, INVALID);
    json_set_str(a, answers, "path", "/x");
    json_set_str(a, answers, "image", "--privileged");
    err_is(package_render(a, p, &vars, &c, &n, &e), e, INVALID);
    json_set_str(a, answers, "image", "x");
    json_set_int(a, answers, "port", 0);
    err_is(package_render(a, p, &vars, &c, &n, &e), e, INVALID);
}

/* Regression 14: random secrets, never defaults. */
static void secrets_are_random(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct package *p;
    const char *first;
    struct err e;
    size_t i, k;

    (void)state;
    ok(parse(a, HEAD BOX "[[secrets]]\nname = \"s\"\nlength = 64\nalphabet = \"hex\"\n", &p, &e),
       e);
    first = json_get_str(package_secrets_make(a, p), "s", "");
    for (i = 0; i < 100; i++) {
        const char *s = json_get_str(package_secrets_make(a, p), "s", "");
        int seen[256] = {0}, kinds = 0;

        assert_int_equal(strlen(s), 64);
        assert_int_equal(strspn(s, "0123456789abcdef"), 64);
        assert_string_not_equal(s, first);
        for (k = 0; s[k]; k++)
            kinds += seen[(unsigned char)s[k]]++ == 0;
        assert_true(kinds > 6);
    }
}

static void images_are_mapped(void **state)
{
    struct package_image_pair pairs[] = {{"postgres", "here/pg:1"},
                                         {"docker.io/library/redis", "here/redis:1"},
                                         {"reg:5000/a/b", "here/b:1"},
                                         {"nginx@sha256:aa", "here/one:1"}};
    const struct package_images map = {pairs, 4};
    static const char *const rows[][2] = {
        {"postgres", "here/pg:1"},
        {"postgres:16", "here/pg:1"},
        {"postgres@sha256:12", "here/pg:1"},
        {"docker.io/library/postgres:16@sha256:12", "here/pg:1"},
        {"other/postgres:16", "other/postgres:16"},
        {"redis:7", "here/redis:1"},
        {"reg:5000/a/b:2", "here/b:1"},
        {"reg:5000/a/c", "reg:5000/a/c"},
        {"nginx@sha256:aa", "here/one:1"},
        {"nginx@sha256:ab", "nginx@sha256:ab"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(package_image(&map, rows[i][0]), rows[i][1]);
    assert_string_equal(package_image(NULL, "x"), "x");
}

static void tags_are_for_development(void **state)
{
    static const char toml[] =
        HEAD "[[containers]]\nname = \"a\"\nimage = \"nginx:1\"\nuser = \"1:1\"\n";
    static const char pinned[] = HEAD "[[containers]]\nname = \"a\"\nimage = "
                                      "\"nginx:1\"\npinned_by = \"operator\"\nuser = \"1:1\"\n";
    const struct package_rules any = {.allow_tags = true};
    _arena_ struct arena *a = arena_new();
    struct package *p;
    struct err e;

    (void)state;
    err_is(parse(a, toml, &p, &e), e, PACKAGE_INVALID);
    ok(parse_with(a, toml, &any, &p, &e), e);
    ok(parse(a, pinned, &p, &e), e);
    assert_true(p->containers[0].unpinned);
}

/* Everything that ships: complete, under its folder's name, and without anybody's address in it. */
static void the_catalogue_is_fine(void **state)
{
    static const struct package_rules strict = {.allow_tags = false};
    _arena_ struct arena *a = arena_new();
    size_t i, k;

    (void)state;
    assert_true(catalogue_count() >= 13);
    for (i = 0; i < catalogue_count(); i++) {
        struct package_files files;
        struct package *p;
        struct err e;
        const char *folder = catalogue_get(a, i, &files);

        ok(package_parse(a, arena_printf(a, "%s/", folder), &files, &strict, &p, &e), e);
        assert_string_equal(p->name, folder);
        assert_true(*p->summary);
        if (p->container_count > 0) {
            assert_true(p->size_count > 0);
            assert_true(p->containers[p->container_count - 1].health.kind != HEALTH_NONE);
        }
        for (k = 0; k < p->server_count; k++) { /* regression 23 */
            assert_string_equal(p->servers[k].domain, "");
            assert_string_equal(p->servers[k].email, "");
        }
    }
}

static void digests_tell_contents_apart(void **state)
{
    struct package_file one[] = {{"b", "y", 1}, {"a", "x", 1}};
    struct package_file same[] = {{"a", "x", 1}, {"b", "y", 1}};
    struct package_file other[] = {{"a", "x\nb\n1\ny", 7}};
    struct package_files x = {one, 2}, y = {same, 2}, z = {other, 1};
    _arena_ struct arena *a = arena_new();

    (void)state;
    assert_string_equal(package_digest(a, &x), package_digest(a, &y));
    assert_string_not_equal(package_digest(a, &x), package_digest(a, &z));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_and_what_to_do),
        cmocka_unit_test(no_shell_reads_an_answer),
        cmocka_unit_test(has_ceilings),
        cmocka_unit_test(containers_come_in_their_order),
        cmocka_unit_test(cycles_are_found),
        cmocka_unit_test(answers_are_put_in_as_they_are),
        cmocka_unit_test(secrets_are_random),
        cmocka_unit_test(images_are_mapped),
        cmocka_unit_test(tags_are_for_development),
        cmocka_unit_test(the_catalogue_is_fine),
        cmocka_unit_test(digests_tell_contents_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
