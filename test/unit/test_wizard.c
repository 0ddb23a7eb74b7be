/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "package/package.h"
#include "test.h"
#include "wizard/wizard.h"

/* Wizards: who may, in which order, how often, what is kept, what happens when it is interrupted.
 */

enum { WAIT_MS = 60000, THREADS = 8 };

static const char owner_a[] = "u000000000000000000000000000000aa";
static const char owner_b[] = "u000000000000000000000000000000bb";

/* The world that a wizard asks, with knobs. */
struct world {
    pthread_mutex_t lock;
    const struct package *package;
    int64_t price;
    bool name_taken;
    bool pool_gone;
    int deploy_calls;
    int deployments; /* different ones */
    char keys[64][WIZARD_ID_SIZE];
    char seen_size[32];
    char seen_secret[64];
    int64_t seen_count;
    enum { WELL, REFUSES, FAILS, FAILS_AFTERWARDS } deploys;
};

struct fixture {
    char dir[32];
    struct store *store;
    struct arena *arena;
    struct seckey key;
    struct wizards *wizards;
    struct world world;
    int64_t lifetime_ms;
};

static const char package_toml[] =
    "name = \"site\"\nversion = \"1.0.0\"\ntitle = \"A site\"\nsummary = \"For tests\"\n"
    "[[sizes]]\nname = \"small\"\nlabel = \"Small\"\ncpu = 0.5\nram = 0.25\ndisk = 1\n"
    "[[sizes]]\nname = \"large\"\nlabel = \"Large\"\ncpu = 1\nram = 1\ndisk = 2\n"
    "[[steps]]\nname = \"app\"\ntitle = \"The site\"\n"
    "[[steps]]\nname = \"more\"\ntitle = \"More of it\"\n"
    "[[questions]]\nname = \"kind\"\ntype = \"choice\"\nlabel = \"Kind\"\nstep = \"app\"\n"
    "options = [{ value = \"wiki\", label = \"Wiki\" }, { value = \"blog\", label = \"Blog\" }]\n"
    "required = true\n"
    "[[questions]]\nname = \"password\"\ntype = \"secret\"\nlabel = \"Password\"\nstep = \"app\"\n"
    "required = true\nmin_length = 4\n"
    "[[questions]]\nname = \"count\"\ntype = \"int\"\nlabel = \"How many\"\nstep = \"more\"\n"
    "min = 1\nmax = 9\nrequired = true\nwhen = { question = \"kind\", values = [\"blog\"] }\n"
    "[[containers]]\nname = \"web\"\n"
    "image = \"web@sha256:"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\n";

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
                    const struct json *answer, bool *ret, struct err *e)
{
    struct world *w = ctx;

    (void)o;
    (void)e;
    (void)answer;
    *ret = w->name_taken && str_eq(q->name, "name");
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
static void reopen(struct fixture *f)
{
    wizards_free(f->wizards);
    open_wizards(f);
}

static int setup(void **state)
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

static int teardown(void **state)
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

static struct json *parse(struct fixture *f, const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(f->arena, text, strlen(text), &v, &e), e);
    return v;
}

static struct wizard_at begin(struct fixture *f, const char *owner)
{
    struct wizard_at at = {f->arena, owner, NULL};
    struct json *v;
    struct err e;

    ok(wizard_begin(f->wizards, &at, "site", NULL, &v, &e), e);
    at.id = json_get_str(v, "id", NULL);
    assert_string_equal(json_get_str(v, "state", ""), "asking");
    return at;
}

static struct json *answer(struct fixture *f, const struct wizard_at *at, const char *step,
                           const char *answers)
{
    struct json *v;
    struct err e;

    ok(wizard_answer(f->wizards, at, step, parse(f, answers), &v, &e), e);
    return v;
}

static const char name_answers[] = "{\"name\": \"my-site\"}";
static const char app_answers[] = "{\"kind\": \"wiki\", \"password\": \"pass-word-1\"}";
static const char size_answers[] = "{\"size\": \"small\", \"pool\": \"pool-a\"}";

static struct json *to_review(struct fixture *f, const struct wizard_at *at)
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

static const char *quote_hash(const struct json *v)
{
    const char *hash = json_get_str(json_get(v, "quote"), "hash", NULL);

    assert_non_null(hash);
    return hash;
}

static struct json *get(struct fixture *f, const struct wizard_at *at)
{
    struct json *v;
    struct err e;

    ok(wizard_get(f->wizards, at, &v, &e), e);
    return v;
}

/* --- the whole way --- */

static void from_the_first_question_to_a_deployment(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v = to_review(f, &at);
    struct json *list;
    struct err e;

    assert_string_equal(json_get_str(json_path(v, "quote.perHour"), "amount", ""), "10");
    assert_int_equal(f->world.deploy_calls, 0);
    ok(wizard_deploy(f->wizards, &at, quote_hash(v), &v, &e), e);
    assert_string_equal(json_get_str(v, "state", ""), "deployed");
    assert_string_equal(json_get_str(v, "deployment", ""), arena_printf(f->arena, "d-%s", at.id));
    assert_string_equal(f->world.seen_secret, "pass-word-1");
    assert_int_equal(json_len(json_get(v, "questions")), 0);
    ok(wizard_list(f->wizards, &at, &list, &e), e);
    assert_int_equal(json_len(list), 0);
    err_is(wizard_answer(f->wizards, &at, "name", parse(f, name_answers), &v, &e), e, WIZARD_OVER);
    err_is(wizard_back(f->wizards, &at, "review", NULL, &v, &e), e, WIZARD_OVER);
}

static void a_question_that_depends_on_another_is_asked_then(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v;
    struct err e;

    answer(f, &at, "name", name_answers);
    v = answer(f, &at, "app", "{\"kind\": \"blog\", \"password\": \"pass-word-1\"}");
    assert_string_equal(json_get_str(v, "step", ""), "more");
    err_is(wizard_answer(f->wizards, &at, "more", parse(f, "{\"count\": 10}"), &v, &e), e,
           WIZARD_ANSWERS);
    assert_non_null(json_path(v, "errors.count"));
    assert_string_equal(json_get_str(v, "step", ""), "more");
    answer(f, &at, "more", "{\"count\": 7}");
    v = answer(f, &at, "size", size_answers);
    ok(wizard_deploy(f->wizards, &at, quote_hash(v), &v, &e), e);
    assert_int_equal(f->world.seen_count, 7);
}

/* Another choice later: what depended on the first one is forgotten, not deployed. */
static void what_is_no_longer_asked_is_not_deployed(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v;
    struct err e;

    answer(f, &at, "name", name_answers);
    answer(f, &at, "app", "{\"kind\": \"blog\", \"password\": \"pass-word-1\"}");
    answer(f, &at, "more", "{\"count\": 7}");
    ok(wizard_back(f->wizards, &at, "size", "app", &v, &e), e);
    v = answer(f, &at, "app", "{\"kind\": \"wiki\"}");
    assert_string_equal(json_get_str(v, "step", ""), "size");
    v = answer(f, &at, "size", size_answers);
    ok(wizard_deploy(f->wizards, &at, quote_hash(v), &v, &e), e);
    assert_int_equal(f->world.seen_count, 0);
}

/* --- who --- */

static void regression_2_a_wizard_of_somebody_else_does_not_exist(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct wizard_at other = {f->arena, owner_b, at.id};
    struct json *v = to_review(f, &at);
    const char *hash = quote_hash(v);
    struct json *list;
    struct err e;

    err_is(wizard_get(f->wizards, &other, &v, &e), e, WIZARD_UNKNOWN);
    err_is(wizard_answer(f->wizards, &other, "name", parse(f, "{\"name\": \"theirs\"}"), &v, &e), e,
           WIZARD_UNKNOWN);
    err_is(wizard_back(f->wizards, &other, "review", NULL, &v, &e), e, WIZARD_UNKNOWN);
    err_is(wizard_deploy(f->wizards, &other, hash, &v, &e), e, WIZARD_UNKNOWN);
    err_is(wizard_drop(f->wizards, &other, &e), e, WIZARD_UNKNOWN);
    ok(wizard_list(f->wizards, &other, &list, &e), e);
    assert_int_equal(json_len(list), 0);
    assert_string_equal(quote_hash(get(f, &at)), hash);
    assert_int_equal(f->world.deploy_calls, 0);
}

static void regression_5_a_pool_of_somebody_else_is_refused(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v;
    struct err e;

    answer(f, &at, "name", name_answers);
    answer(f, &at, "app", app_answers);
    err_is(wizard_answer(f->wizards, &at, "size",
                         parse(f, "{\"size\": \"small\", \"pool\": \"pool-b\"}"), &v, &e),
           e, WIZARD_ANSWERS);
    assert_string_equal(json_get_str(json_get(v, "errors"), "pool", ""), "is no pool of yours");
}

/* --- order --- */

static void steps_out_of_order_are_refused_with_the_wizard_as_it_is(void **state)
{
    static const char *const wrong[] = {"size", "review", "nonsense", ""};
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(wrong); i++) {
        err_is(wizard_answer(f->wizards, &at, wrong[i], parse(f, "{}"), &v, &e), e, WIZARD_STEP);
        assert_string_equal(json_get_str(v, "step", ""), "name");
        err_is(wizard_back(f->wizards, &at, wrong[i], "nonsense", &v, &e), e, WIZARD_STEP);
    }
    err_is(wizard_deploy(f->wizards, &at, "x", &v, &e), e, WIZARD_STEP);
    assert_string_equal(json_get_str(v, "step", ""), "name");
    err_is(wizard_back(f->wizards, &at, "name", "size", &v, &e), e, WIZARD_STEP);
    ok(wizard_back(f->wizards, &at, "name", NULL, &v, &e), e); /* the first one: nowhere to go */
    assert_string_equal(json_get_str(v, "step", ""), "name");
}

/* A second tab that shows an older step, a form that was sent twice. */
static void a_second_tab_hears_what_the_step_is_and_a_double_click_counts_once(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v;
    struct err e;

    answer(f, &at, "name", name_answers);
    v = answer(f, &at, "name", name_answers);
    assert_string_equal(json_get_str(v, "step", ""), "app");
    err_is(wizard_answer(f->wizards, &at, "name", parse(f, "{\"name\": \"another\"}"), &v, &e), e,
           WIZARD_STEP);
    assert_string_equal(json_get_str(v, "step", ""), "app");
    answer(f, &at, "app", app_answers);
    v = answer(f, &at, "app", "{\"kind\": \"wiki\"}"); /* the secret left out is the one there is */
    assert_string_equal(json_get_str(v, "step", ""), "size");
    ok(wizard_back(f->wizards, &at, "size", NULL, &v, &e), e);
    ok(wizard_back(f->wizards, &at, "size", NULL, &v, &e), e); /* twice: one step */
    assert_string_equal(json_get_str(v, "step", ""), "app");
    err_is(wizard_back(f->wizards, &at, "review", NULL, &v, &e), e, WIZARD_STEP);
}

struct racer {
    struct fixture *f;
    struct wizard_at at;
    const char *answers;
    const char *hash;
    struct err e;
    int result;
    pthread_t thread;
    char deployment[64];
};

static void *race_answer(void *arg)
{
    struct racer *r = arg;
    struct json *v, *given;

    must(json_parse(r->at.arena, r->answers, strlen(r->answers), &given, &r->e) == 0);
    r->result = wizard_answer(r->f->wizards, &r->at, "name", given, &v, &r->e);
    return NULL;
}

static void of_different_answers_at_once_one_counts(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct racer racers[THREADS];
    int good = 0;
    int i;

    for (i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.f = f, .at = {arena_new(), owner_a, at.id}};
        racers[i].answers = arena_printf(f->arena, "{\"name\": \"site-%d\"}", i);
        thread_start(&racers[i].thread, "racer", race_answer, &racers[i]);
    }
    for (i = 0; i < THREADS; i++) {
        must(pthread_join(racers[i].thread, NULL) == 0);
        good += racers[i].result == 0;
        if (racers[i].result < 0)
            assert_string_equal(err_name(racers[i].e.code), "WIZARD_STEP");
        arena_free(racers[i].at.arena);
    }
    assert_int_equal(good, 1);
    assert_string_equal(json_get_str(get(f, &at), "step", ""), "app");
}

/* --- back --- */

static void regression_4_back_and_forth_makes_nothing_grow(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v = to_review(f, &at);
    struct err e;
    int i;

    for (i = 0; i < 5; i++) {
        ok(wizard_back(f->wizards, &at, "review", NULL, &v, &e), e);
        ok(wizard_back(f->wizards, &at, "size", NULL, &v, &e), e);
        assert_string_equal(json_get_str(v, "step", ""), "app");
        answer(f, &at, "app", "{\"kind\": \"wiki\"}");
        v = answer(f, &at, "size", size_answers);
        assert_string_equal(json_get_str(json_path(v, "quote.perHour"), "amount", ""), "10");
    }
    assert_int_equal(f->world.deploy_calls, 0);
    ok(wizard_deploy(f->wizards, &at, quote_hash(v), &v, &e), e);
    assert_string_equal(f->world.seen_size, "small");
    assert_string_equal(f->world.seen_secret, "pass-word-1");
    assert_int_equal(f->world.deploy_calls, 1);
}

/* --- time --- */

static void regression_3_a_wizard_survives_a_restart(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    const char *hash;
    struct json *v;
    struct err e;

    answer(f, &at, "name", name_answers);
    reopen(f);
    v = get(f, &at);
    assert_string_equal(json_get_str(v, "step", ""), "app");
    answer(f, &at, "app", app_answers);
    reopen(f);
    hash = quote_hash(answer(f, &at, "size", size_answers));
    reopen(f);
    assert_string_equal(quote_hash(get(f, &at)), hash);
    ok(wizard_deploy(f->wizards, &at, hash, &v, &e), e);
    assert_string_equal(f->world.seen_secret, "pass-word-1");
}

static bool row_is_there(struct fixture *f, const struct wizard_at *at)
{
    struct json *v;
    struct err e;

    return wizard_get(f->wizards, at, &v, &e) == 0;
}

static void regression_3_a_wizard_expires_and_is_freed(void **state)
{
    struct fixture *f = *state;
    int64_t until = clock_mono_ms() + WAIT_MS;
    struct wizard_at at;
    struct json *v;
    struct err e;

    f->lifetime_ms = 1;
    reopen(f);
    at = begin(f, owner_a);
    clock_sleep_ms(5);
    v = get(f, &at);
    assert_string_equal(json_get_str(v, "state", ""), "expired");
    assert_int_equal(json_len(json_get(v, "questions")), 0);
    err_is(wizard_answer(f->wizards, &at, "name", parse(f, name_answers), &v, &e), e,
           WIZARD_EXPIRED);
    err_is(wizard_deploy(f->wizards, &at, "x", &v, &e), e, WIZARD_EXPIRED);
    wizards_start(f->wizards);
    while (row_is_there(f, &at) && clock_mono_ms() < until)
        clock_sleep_ms(20);
    err_is(wizard_get(f->wizards, &at, &v, &e), e, WIZARD_UNKNOWN);
}

/* --- secrets --- */

static bool file_holds(const char *path, const char *needle)
{
    _arena_ struct arena *a = arena_new();
    struct bytes content;
    struct err e;

    if (fs_read(a, path, 64 << 20, &content, &e) < 0)
        return false;
    return memmem(content.p, content.n, needle, strlen(needle)) != NULL;
}

static void regression_14_secrets_are_neither_shown_nor_readable_in_the_database(void **state)
{
    static const char *const files[] = {"atoll.sqlite", "atoll.sqlite-wal"};
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v = to_review(f, &at);
    struct err e;
    size_t i;

    assert_null(strstr(json_text(f->arena, v), "pass-word-1"));
    ok(wizard_back(f->wizards, &at, "review", "app", &v, &e), e);
    assert_null(strstr(json_text(f->arena, v), "pass-word-1"));
    assert_non_null(strstr(json_text(f->arena, v), "\"answered\":true"));
    for (i = 0; i < ARRAY_LEN(files); i++)
        assert_false(file_holds(arena_printf(f->arena, "%s/%s", f->dir, files[i]), "pass-word-1"));
    err_is(wizard_answer(f->wizards, &at, "app",
                         parse(f, "{\"kind\": \"wiki\", \"password\": \"abc\"}"), &v, &e),
           e, WIZARD_ANSWERS);
    assert_null(strstr(e.msg, "abc"));
}

/* --- money --- */

static void regression_7_a_price_that_changed_is_shown_before_it_is_charged(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v = to_review(f, &at);
    const char *hash = quote_hash(v);
    struct err e;

    f->world.price = 11;
    err_is(wizard_deploy(f->wizards, &at, hash, &v, &e), e, WIZARD_QUOTE);
    assert_string_equal(json_get_str(json_path(v, "quote.perHour"), "amount", ""), "11");
    assert_string_not_equal(quote_hash(v), hash);
    assert_int_equal(f->world.deploy_calls, 0);
    ok(wizard_deploy(f->wizards, &at, quote_hash(v), &v, &e), e);
}

/* What was shown for other answers is not what is agreed to. */
static void a_quote_is_of_the_answers_it_was_shown_with(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    const char *hash = quote_hash(to_review(f, &at));
    struct json *v;
    struct err e;

    ok(wizard_back(f->wizards, &at, "review", "name", &v, &e), e);
    answer(f, &at, "name", "{\"name\": \"other\"}");
    answer(f, &at, "app", "{\"kind\": \"wiki\"}");
    answer(f, &at, "size", size_answers);
    err_is(wizard_deploy(f->wizards, &at, hash, &v, &e), e, WIZARD_QUOTE);
    assert_int_equal(f->world.deploy_calls, 0);
}

/* --- deploying --- */

static void regression_5_all_answers_are_checked_again_before_the_deployment(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    const char *hash = quote_hash(to_review(f, &at));
    struct json *v;
    struct err e;

    f->world.name_taken = true;
    err_is(wizard_deploy(f->wizards, &at, hash, &v, &e), e, WIZARD_ANSWERS);
    assert_string_equal(json_get_str(v, "step", ""), "name");
    assert_non_null(json_path(v, "errors.name"));
    f->world.name_taken = false;
    v = to_review(f, &at);
    f->world.pool_gone = true;
    err_is(wizard_deploy(f->wizards, &at, quote_hash(v), &v, &e), e, WIZARD_ANSWERS);
    assert_string_equal(json_get_str(v, "step", ""), "size");
    assert_int_equal(f->world.deploy_calls, 0);
}

static void *race_deploy(void *arg)
{
    struct racer *r = arg;
    struct json *v;

    r->result = wizard_deploy(r->f->wizards, &r->at, r->hash, &v, &r->e);
    if (r->result == 0)
        (void)str_copy(r->deployment, sizeof(r->deployment), json_get_str(v, "deployment", ""));
    return NULL;
}

static void many_clicks_make_one_deployment(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    const char *hash = quote_hash(to_review(f, &at));
    struct racer racers[THREADS];
    struct json *v;
    struct err e;
    int i;

    for (i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.f = f, .at = {arena_new(), owner_a, at.id}, .hash = hash};
        thread_start(&racers[i].thread, "racer", race_deploy, &racers[i]);
    }
    for (i = 0; i < THREADS; i++) {
        must(pthread_join(racers[i].thread, NULL) == 0);
        if (racers[i].result < 0)
            fail_msg("%s", racers[i].e.msg);
        assert_string_equal(racers[i].deployment, arena_printf(f->arena, "d-%s", at.id));
        arena_free(racers[i].at.arena);
    }
    ok(wizard_deploy(f->wizards, &at, hash, &v, &e), e); /* and later, too */
    assert_int_equal(f->world.deployments, 1);
}

static void what_deploying_refuses_is_told_and_can_be_changed(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    const char *hash = quote_hash(to_review(f, &at));
    struct json *v;
    struct err e;

    f->world.deploys = REFUSES;
    err_is(wizard_deploy(f->wizards, &at, hash, &v, &e), e, CONFLICT);
    assert_string_equal(e.msg, "no room");
    assert_string_equal(json_get_str(v, "state", ""), "review");
    f->world.deploys = WELL;
    ok(wizard_deploy(f->wizards, &at, quote_hash(v), &v, &e), e);
    assert_int_equal(f->world.deployments, 1);
}

static const char *wait_for_state(struct fixture *f, const struct wizard_at *at, const char *state)
{
    int64_t until = clock_mono_ms() + WAIT_MS;
    const char *now = "";

    while (clock_mono_ms() < until) {
        now = json_get_str(get(f, at), "state", "");
        if (str_eq(now, state))
            break;
        clock_sleep_ms(20);
    }
    return now;
}

/* Killed before or after the deployment began: the next process makes it one. */
static void an_interrupted_deployment_is_gone_on_with_once(void **state)
{
    static const int how[] = {FAILS, FAILS_AFTERWARDS};
    struct fixture *f = *state;
    struct json *v;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(how); i++) {
        struct wizard_at at = begin(f, owner_a);
        const char *hash = quote_hash(to_review(f, &at));

        f->world.deploys = how[i];
        err_is(wizard_deploy(f->wizards, &at, hash, &v, &e), e, FAILED);
        assert_string_equal(json_get_str(v, "state", ""), "deploying");
        err_is(wizard_drop(f->wizards, &at, &e), e, WIZARD_OVER);
        f->world.deploys = WELL;
        reopen(f);
        wizards_start(f->wizards);
        assert_string_equal(wait_for_state(f, &at, "deployed"), "deployed");
        assert_int_equal(f->world.deployments, (int)i + 1);
        assert_string_equal(f->world.seen_secret, "pass-word-1");
    }
}

/* Between the agreement and the deployment lies a restart, and with it another price. */
static void a_price_that_changed_in_a_restart_is_asked_again(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    const char *hash = quote_hash(to_review(f, &at));
    struct json *v;
    struct err e;

    f->world.deploys = FAILS;
    err_is(wizard_deploy(f->wizards, &at, hash, &v, &e), e, FAILED);
    f->world.deploys = WELL;
    f->world.price = 12;
    reopen(f);
    wizards_start(f->wizards);
    assert_string_equal(wait_for_state(f, &at, "review"), "review");
    assert_int_equal(f->world.deployments, 0);
}

/* One that had begun is there at the old price, whatever it is now. */
static void a_deployment_that_had_begun_is_found_whatever_the_price(void **state)
{
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    const char *hash = quote_hash(to_review(f, &at));
    struct json *v;
    struct err e;

    f->world.deploys = FAILS_AFTERWARDS;
    err_is(wizard_deploy(f->wizards, &at, hash, &v, &e), e, FAILED);
    f->world.deploys = WELL;
    f->world.price = 12;
    ok(wizard_deploy(f->wizards, &at, hash, &v, &e), e);
    assert_string_equal(json_get_str(v, "state", ""), "deployed");
    assert_int_equal(f->world.deployments, 1);
}

/* --- ceilings --- */

static void a_person_has_few_wizards_and_small_answers(void **state)
{
    struct fixture *f = *state;
    struct wizard_at first = begin(f, owner_a);
    struct wizard_at at = {f->arena, owner_a, NULL};
    struct json *large = json_new_object(f->arena);
    char *text = arena_alloc(f->arena, WIZARD_ANSWERS_MAX + 1);
    struct json *v;
    struct err e;

    begin(f, owner_a);
    begin(f, owner_a);
    err_is(wizard_begin(f->wizards, &at, "site", NULL, &v, &e), e, WIZARD_COUNT);
    begin(f, owner_b);
    memset(text, 'x', WIZARD_ANSWERS_MAX);
    text[WIZARD_ANSWERS_MAX] = '\0';
    json_set_str(f->arena, large, "name", text);
    assert_int_equal(wizard_answer(f->wizards, &first, "name", large, &v, &e), -1);
    assert_true(err_status(e.code) == 413 || err_status(e.code) == 422);
    ok(wizard_drop(f->wizards, &first, &e), e);
    err_is(wizard_get(f->wizards, &first, &v, &e), e, WIZARD_UNKNOWN);
    begin(f, owner_a);
    err_is(wizard_begin(f->wizards, &at, "nonsense", NULL, &v, &e), e, PACKAGE_UNKNOWN);
    err_is(wizard_begin(f->wizards, &at, "site", "9", &v, &e), e, PACKAGE_VERSION_UNKNOWN);
}

static void strange_answers_are_errors_and_change_nothing(void **state)
{
    static const char *const strange[] = {"{}",
                                          "[]",
                                          "null",
                                          "{\"name\": 7}",
                                          "{\"name\": null}",
                                          "{\"name\": [\"a\"]}",
                                          "{\"name\": {\"name\": \"x\"}}",
                                          "{\"name\": \"../x\"}",
                                          "{\"name\": \"a b\"}",
                                          "{\"name\": \"x\\u0000y\"}",
                                          "{\"name\": \"my-site\", \"owner\": \"u00\"}",
                                          "{\"name\": \"my-site\", \"size\": \"small\"}",
                                          "{\"__proto__\": {}}"};
    struct fixture *f = *state;
    struct wizard_at at = begin(f, owner_a);
    struct json *v;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(strange); i++) {
        assert_int_equal(wizard_answer(f->wizards, &at, "name", parse(f, strange[i]), &v, &e), -1);
        assert_in_range(err_status(e.code), 400, 499);
        assert_string_equal(json_get_str(get(f, &at), "step", ""), "name");
    }
}

#define wizard_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        wizard_test(from_the_first_question_to_a_deployment),
        wizard_test(a_question_that_depends_on_another_is_asked_then),
        wizard_test(what_is_no_longer_asked_is_not_deployed),
        wizard_test(regression_2_a_wizard_of_somebody_else_does_not_exist),
        wizard_test(regression_5_a_pool_of_somebody_else_is_refused),
        wizard_test(steps_out_of_order_are_refused_with_the_wizard_as_it_is),
        wizard_test(a_second_tab_hears_what_the_step_is_and_a_double_click_counts_once),
        wizard_test(of_different_answers_at_once_one_counts),
        wizard_test(regression_4_back_and_forth_makes_nothing_grow),
        wizard_test(regression_3_a_wizard_survives_a_restart),
        wizard_test(regression_3_a_wizard_expires_and_is_freed),
        wizard_test(regression_14_secrets_are_neither_shown_nor_readable_in_the_database),
        wizard_test(regression_7_a_price_that_changed_is_shown_before_it_is_charged),
        wizard_test(a_quote_is_of_the_answers_it_was_shown_with),
        wizard_test(regression_5_all_answers_are_checked_again_before_the_deployment),
        wizard_test(many_clicks_make_one_deployment),
        wizard_test(what_deploying_refuses_is_told_and_can_be_changed),
        wizard_test(an_interrupted_deployment_is_gone_on_with_once),
        wizard_test(a_price_that_changed_in_a_restart_is_asked_again),
        wizard_test(a_deployment_that_had_begun_is_found_whatever_the_price),
        wizard_test(a_person_has_few_wizards_and_small_answers),
        wizard_test(strange_answers_are_errors_and_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
