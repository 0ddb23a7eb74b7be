/* SPDX-License-Identifier: Apache-2.0 */
#include "wizard_world.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "package/package.h"

/* Wizards: who may, in which order, how often, what is kept, what happens when it is interrupted.
 */

const char owner_a[] = "u000000000000000000000000000000aa";
const char owner_b[] = "u000000000000000000000000000000bb";

static const char package_toml[] =
    "name = \"site\"\nversion = \"1.0.0\"\ntitle = \"A site\"\nsummary = \"For tests\"\n"
    "[[sizes]]\nname = \"small\"\nlabel = \"Small\"\ncpu = 0.5\nram = \"256 MiB\"\ndisk = \"1 "
    "GiB\"\n"
    "[[sizes]]\nname = \"large\"\nlabel = \"Large\"\ncpu = 1\nram = \"1 GiB\"\ndisk = \"2 GiB\"\n"
    "[[steps]]\nname = \"app\"\ntitle = \"The site\"\n"
    "[[steps]]\nname = \"more\"\ntitle = \"More of it\"\n"
    "[[questions]]\nname = \"kind\"\ntype = \"choice\"\nlabel = \"Kind\"\nstep = \"app\"\n"
    "options = [{ value = \"wiki\", label = \"Wiki\" }, { value = \"blog\", label = \"Blog\" }]\n"
    "required = true\n"
    "[[questions]]\nname = \"password\"\ntype = \"secret\"\nlabel = \"Password\"\nstep = \"app\"\n"
    "required = true\nmin_length = 4\n"
    "[[questions]]\nname = \"count\"\ntype = \"int\"\nlabel = \"How many\"\nstep = \"more\"\n"
    "min = 1\nmax = 9\nrequired = true\nwhen = { question = \"kind\", is = [\"blog\"] }\n"
    "[[containers]]\nname = \"web\"\n"
    "image = \"web@sha256:"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\nuser = \"1000:1000\"\n";

/* --- the world --- */

static int give_package(void *ctx, struct arena *a, const char *name, const char *version,
                        const struct package **ret, struct err *e)
{
    struct world *w = ctx;

    (void)a;
    if (!str_eq(name, "site"))
        return refused(e, PACKAGE_UNKNOWN, name);
    if (version && !str_eq(version, w->package->version))
        return refused(e, PACKAGE_VERSION_UNKNOWN, name, version);
    *ret = w->package;
    return 0;
}

static int give_pools(void *ctx, struct arena *a, const char *owner, struct json **ret,
                      struct err *e)
{
    struct world *w = ctx;
    struct json *o = json_new_object(a);

    (void)e;
    *ret = json_new_array(a);
    if (w->pool_gone)
        return 0;
    json_set_str(a, o, "value", str_eq(owner, owner_a) ? "pool-a" : "pool-b");
    json_set_str(a, o, "label", "A pool");
    json_push(a, *ret, o);
    return 0;
}

static int is_taken(void *ctx, const struct wizard_order *o, const struct package_question *q,
                    const struct json *answer, const char **ret_why, struct err *e)
{
    struct world *w = ctx;

    (void)o;
    (void)e;
    (void)answer;
    *ret_why = w->name_taken && str_eq(q->name, "name") ? "is taken: choose another one" : NULL;
    return 0;
}

static int give_quote(void *ctx, struct arena *a, const struct wizard_order *o, struct json **ret,
                      struct err *e)
{
    struct world *w = ctx;
    struct json *money = json_new_object(a);

    (void)e;
    *ret = json_new_object(a);
    json_set_str(a, money, "amount",
                 arena_printf(a, "%lld", (long long)w->price * (str_eq(o->size, "large") ? 2 : 1)));
    json_set_int(a, money, "decimals", 0);
    json_set_str(a, money, "symbol", "TOK");
    json_set(a, *ret, "perHour", money);
    json_set_int(a, *ret, "lastsUntil", clock_ms()); /* not part of what is agreed */
    return 0;
}

static bool has_key(const struct world *w, const char *key)
{
    int i;

    for (i = 0; i < w->deployments; i++)
        if (str_eq(w->keys[i], key))
            return true;
    return false;
}

static int find_deployed(void *ctx, struct arena *a, const struct wizard_order *o, const char **ret,
                         struct err *e)
{
    struct world *w = ctx;

    (void)e;
    lock_scope(&w->lock);
    *ret = has_key(w, o->key) ? arena_printf(a, "d-%s", o->key) : NULL;
    return 0;
}

static int do_deploy(void *ctx, struct arena *a, const struct wizard_order *o, const char **ret,
                     struct err *e)
{
    struct world *w = ctx;

    lock_scope(&w->lock);
    w->deploy_calls++;
    if (w->deploys == REFUSES)
        return failed(e, CONFLICT, "no room");
    if (w->deploys == FAILS)
        return failed(e, FAILED, "the disk is full");
    if (!has_key(w, o->key))
        (void)str_copy(w->keys[w->deployments++], WIZARD_ID_SIZE, o->key);
    (void)str_copy(w->seen_size, sizeof(w->seen_size), o->size);
    (void)str_copy(w->seen_secret, sizeof(w->seen_secret),
                   json_get_str(o->answers, "password", ""));
    w->seen_count = json_get_int(o->answers, "count", 0);
    if (w->deploys == FAILS_AFTERWARDS) /* as a process that is killed before it hears of it */
        return failed(e, FAILED, "killed");
    *ret = arena_printf(a, "d-%s", o->key);
    return 0;
}

/* --- the fixture --- */

static void open_wizards(struct fixture *f)
{
    const struct wizards_options o = {.store = f->store,
                                      .key = &f->key,
                                      .world = {&f->world, give_package, give_pools, is_taken,
                                                give_quote, find_deployed, do_deploy},
                                      .lifetime_ms = f->lifetime_ms,
                                      .per_owner_max = 3};

    f->wizards = wizards_new(&o);
}

/* As after a restart: nothing is left but the database. */
void wizard_again(struct fixture *f)
{
    wizards_free(f->wizards);
    open_wizards(f);
}

int wizard_setup(void **state)
{
    const struct package_file file = {"package.toml", package_toml, sizeof(package_toml) - 1};
    struct package_file items[1] = {file};
    const struct package_files files = {items, 1};
    const struct package_rules rules = {false};
    struct fixture *f = calloc(1, sizeof(*f));
    struct package *p;
    struct err e;

    strcpy(f->dir, "/tmp/wizardXXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_new();
    f->key = seckey_new();
    f->lifetime_ms = 3600000;
    f->world.price = 10;
    must(pthread_mutex_init(&f->world.lock, NULL) == 0);
    ok(package_parse(f->arena, "", &files, &rules, &p, &e), e);
    f->world.package = p;
    ok(store_open(f->dir, &f->store, &e), e);
    open_wizards(f);
    *state = f;
    return 0;
}

int wizard_teardown(void **state)
{
    struct fixture *f = *state;
    struct err e;

    wizards_free(f->wizards);
    store_close(f->store);
    ok(fs_remove_tree(f->dir, &e), e);
    arena_free(f->arena);
    pthread_mutex_destroy(&f->world.lock);
    free(f);
    return 0;
}

struct json *parse(struct fixture *f, const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(f->arena, text, strlen(text), &v, &e), e);
    return v;
}

struct wizard_at begin(struct fixture *f, const char *owner)
{
    struct wizard_at at = {f->arena, owner, NULL};
    struct json *v;
    struct err e;

    ok(wizard_begin(f->wizards, &at, "site", NULL, &v, &e), e);
    at.id = json_get_str(v, "id", NULL);
    assert_string_equal(json_get_str(v, "state", ""), "asking");
    return at;
}

struct json *answer(struct fixture *f, const struct wizard_at *at, const char *step,
                    const char *answers)
{
    struct json *v;
    struct err e;

    ok(wizard_answer(f->wizards, at, step, parse(f, answers), &v, &e), e);
    return v;
}

const char name_answers[] = "{\"name\": \"my-site\"}";
const char app_answers[] = "{\"kind\": \"wiki\", \"password\": \"pass-word-1\"}";
const char size_answers[] = "{\"size\": \"small\", \"pool\": \"pool-a\"}";

struct json *to_review(struct fixture *f, const struct wizard_at *at)
{
    struct json *v;

    v = answer(f, at, "name", name_answers);
    assert_string_equal(json_get_str(v, "step", ""), "app");
    v = answer(f, at, "app", app_answers);
    assert_string_equal(json_get_str(v, "step", ""), "size"); /* "more" has nothing to ask */
    v = answer(f, at, "size", size_answers);
    assert_string_equal(json_get_str(v, "state", ""), "review");
    return v;
}

const char *quote_hash(const struct json *v)
{
    const char *hash = json_get_str(json_get(v, "quote"), "hash", NULL);

    assert_non_null(hash);
    return hash;
}

struct json *get(struct fixture *f, const struct wizard_at *at)
{
    struct json *v;
    struct err e;

    ok(wizard_get(f->wizards, at, &v, &e), e);
    return v;
}
