/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "wizard_world.h"

/* Wizards: who may, in which order, what is kept, and until when. */

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
    wizard_again(f);
    v = get(f, &at);
    assert_string_equal(json_get_str(v, "step", ""), "app");
    answer(f, &at, "app", app_answers);
    wizard_again(f);
    hash = quote_hash(answer(f, &at, "size", size_answers));
    wizard_again(f);
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
    struct wizard_at at = {f->arena, owner_a, NULL};
    struct json *v;
    struct err e;

    f->lifetime_ms = 1;
    wizard_again(f);
    ok(wizard_begin(f->wizards, &at, "site", NULL, &v, &e), e);
    at.id = json_get_str(v, "id", NULL);
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

#define wizard_test(name) cmocka_unit_test_setup_teardown(name, wizard_setup, wizard_teardown)

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
        wizard_test(a_person_has_few_wizards_and_small_answers),
        wizard_test(strange_answers_are_errors_and_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
