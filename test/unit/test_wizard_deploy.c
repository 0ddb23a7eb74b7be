/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "wizard_world.h"

/* Wizards: the price that is agreed to, and the one deployment that follows. */

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
    assert_non_null(strstr(json_text(f->arena, json_get(v, "questions")), "You have none yet"));
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
        struct wizard_at at;
        const char *hash;

        wizard_again(f); /* nobody else goes on with it */
        at = begin(f, owner_a);
        hash = quote_hash(to_review(f, &at));
        f->world.deploys = how[i];
        err_is(wizard_deploy(f->wizards, &at, hash, &v, &e), e, FAILED);
        assert_string_equal(json_get_str(v, "state", ""), "deploying");
        err_is(wizard_drop(f->wizards, &at, &e), e, WIZARD_OVER);
        f->world.deploys = WELL;
        wizard_again(f);
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
    wizard_again(f);
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

#define wizard_test(name) cmocka_unit_test_setup_teardown(name, wizard_setup, wizard_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        wizard_test(regression_7_a_price_that_changed_is_shown_before_it_is_charged),
        wizard_test(a_quote_is_of_the_answers_it_was_shown_with),
        wizard_test(regression_5_all_answers_are_checked_again_before_the_deployment),
        wizard_test(many_clicks_make_one_deployment),
        wizard_test(what_deploying_refuses_is_told_and_can_be_changed),
        wizard_test(an_interrupted_deployment_is_gone_on_with_once),
        wizard_test(a_price_that_changed_in_a_restart_is_asked_again),
        wizard_test(a_deployment_that_had_begun_is_found_whatever_the_price),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
