/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that the operator's reviewer is asked about before they are indexed. */
#include "follow_world.h"

struct reviewer {
    enum indexer_answer answer;
    const char *why;
    int asked;
    bool update; /* of the last question */
    char name[32];
    uint64_t block;
};

static void review(void *ctx, struct arena *a, const struct indexer_news *news,
                   struct indexer_verdict *ret)
{
    struct reviewer *r = ctx;

    (void)a;
    assert_int_equal(news->chain_id, CHAIN);
    assert_non_null(json_path(news->document, "indexedMetadata.event.txid"));
    r->asked++;
    r->update = news->is_update;
    r->block = news->log->block;
    strcpy(r->name, json_str(json_path(news->document, "metadata.name"), ""));
    *ret =
        (struct indexer_verdict){r->answer, {(const uint8_t *)r->why, r->why ? strlen(r->why) : 0}};
}

static void reviewer_has_the_last_word(void **state)
{
    struct fixture *f = *state;
    struct reviewer r = {.answer = REVIEW_DENIED, .why = "no, thank you"};

    f->o.review = (struct indexer_review){review, &r};
    f->on.head = 1;
    fake_publish(&f->on, 1, &(struct fake_document){.text = fake_ddo(&f->on, "One document")});
    steps_until(f, 2);
    assert_string_equal(attempt(f), "no, thank you");
    assert_null(indexed(f));
    assert_int_equal(r.asked, 1);
    assert_false(r.update);
    r.answer = REVIEW_WELCOME;
    f->on.head = 2;
    fake_publish(
        &f->on, 2,
        &(struct fake_document){.text = fake_ddo(&f->on, "Two documents"), .update = true});
    steps_until(f, 3);
    assert_true(r.update);
    assert_int_equal(r.block, 2);
    assert_string_equal(name(f), "Two documents");
    /* a second creation is none and nobody is asked; a denied update leaves what is there */
    f->on.head = 3;
    fake_publish(&f->on, 3, &(struct fake_document){.text = fake_ddo(&f->on, "Again")});
    steps_until(f, 4);
    assert_int_equal(r.asked, 2);
    r = (struct reviewer){.answer = REVIEW_DENIED, .why = "\xff"}; /* no text */
    f->on.head = 4;
    fake_publish(
        &f->on, 4,
        &(struct fake_document){.text = fake_ddo(&f->on, "Four documents"), .update = true});
    steps_until(f, 5);
    assert_string_equal(attempt(f), "The policy server denies it.");
    assert_string_equal(name(f), "Two documents");
}

/* At most 1,000 bytes of a reason are kept, and whole characters. */
static void long_reasons_are_cut(void **state)
{
    static const struct {
        size_t before, kept; /* bytes of one each, then signs of three bytes */
    } cases[] = {{0, 999}, {1, 1000}, {2, 998}};
    struct fixture *f = *state;
    struct reviewer r = {.answer = REVIEW_DENIED};
    char why[1200];
    size_t i;

    f->o.review = (struct indexer_review){review, &r};
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n;

        memset(why, '-', sizeof(why));
        for (n = cases[i].before; n + 3 < sizeof(why); n += 3)
            memcpy(why + n, "\xe2\x82\xac", 3);
        why[n] = '\0';
        r.why = why;
        f->on.head = 1 + i;
        fake_publish(&f->on, f->on.head,
                     &(struct fake_document){.text = fake_ddo(&f->on, "A document")});
        steps_until(f, f->on.head + 1);
        assert_int_equal(strlen(attempt(f)), cases[i].kept);
        assert_memory_equal(attempt(f), why, cases[i].kept);
    }
    f->o.review = (struct indexer_review){0};
}

static void silent_reviewer_is_asked_again(void **state)
{
    struct fixture *f = *state;
    struct reviewer r = {.answer = REVIEW_SILENT, .why = "down"};

    f->o.review = (struct indexer_review){review, &r};
    f->on.head = 1;
    fake_publish(&f->on, 1, &(struct fake_document){.text = fake_ddo(&f->on, "One document")});
    fake_publish(
        &f->on, 1,
        &(struct fake_document){.text = fake_ddo(&f->on, "Two documents"), .update = true});
    steps_until(f, 2);
    assert_string_equal(attempt(f), "down");
    assert_null(indexed(f));
    assert_int_equal(r.asked, 1); /* not for each document of a window */
    r.answer = REVIEW_LATER;
    r.why = "busy";
    look_again(f); /* not due yet */
    assert_int_equal(r.asked, 1);
    meddle(f, "UPDATE index_again SET due = 0");
    r.answer = REVIEW_WELCOME;
    look_again(f);
    assert_int_equal(r.asked, 3);
    assert_string_equal(name(f), "Two documents");
    assert_string_equal(attempt(f), "valid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(reviewer_has_the_last_word),
        WITH(long_reasons_are_cut),
        WITH(silent_reviewer_is_asked_again),
    };

    return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
