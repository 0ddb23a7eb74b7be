/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "chain/u256.h"
#include "package/answers.h"
#include "wizard/wizard_int.h"

/* A wizard as the page and the command line show it. */

/* --- steps --- */

int wizard__place(const struct package *p, const char *step)
{
    size_t i;

    for (i = 0; i < p->step_count; i++)
        if (str_eq(p->steps[i].name, step))
            return (int)i;
    return str_eq(step, WIZARD_REVIEW) ? (int)p->step_count : -1;
}

/* A question that depends on another one of its step is shown when that one is answered so. */
static bool may_ask(const struct wizard_seen *s, const struct package_question *q)
{
    const struct package_question *on =
        q->when.question ? package_question_find(s->package, q->when.question) : NULL;

    return (on && str_eq(on->step, q->step)) || answers_asked(s->package, q, s->row.answers);
}

bool wizard__asks(const struct wizard_seen *s, const char *step)
{
    const struct package *p = s->package;
    size_t i;

    for (i = 0; i < p->question_count; i++)
        if (str_eq(p->questions[i].step, step) &&
            answers_asked(p, &p->questions[i], s->row.answers))
            return true;
    return str_eq(step, WIZARD_REVIEW);
}

const char *wizard__next(const struct wizard_seen *s, const char *step)
{
    const struct package *p = s->package;
    size_t i = (size_t)(wizard__place(p, step) + 1);

    while (i < p->step_count && !wizard__asks(s, p->steps[i].name))
        i++;
    return i < p->step_count ? p->steps[i].name : WIZARD_REVIEW;
}

const char *wizard__previous(const struct wizard_seen *s, const char *step)
{
    const struct package *p = s->package;
    int i = wizard__place(p, step) - 1;

    while (i >= 0 && !wizard__asks(s, p->steps[i].name))
        i--;
    return i >= 0 ? p->steps[i].name : NULL;
}

static struct json *step_json(struct arena *a, const char *name, const char *title, bool done)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "name", name);
    json_set_str(a, v, "title", title);
    json_set_bool(a, v, "done", done);
    return v;
}

static struct json *steps_json(struct arena *a, const struct wizard_seen *s)
{
    const struct package *p = s->package;
    struct json *list = json_new_array(a);
    bool over = s->row.state == WIZARD_DEPLOYED || s->row.state == WIZARD_DEPLOYING;
    int place = wizard__place(p, s->row.step);
    size_t i;

    for (i = 0; i < p->step_count; i++)
        if (wizard__asks(s, p->steps[i].name))
            json_push(a, list,
                      step_json(a, p->steps[i].name, p->steps[i].title, over || (int)i < place));
    json_push(a, list, step_json(a, WIZARD_REVIEW, "Review", over));
    return list;
}

/* --- questions --- */

/* "0.5 OCEAN an hour" of a MONEY. */
static const char *money_text(struct arena *a, const struct json *money)
{
    const char *amount = json_get_str(money, "amount", "");
    struct u256 v;

    if (!u256_parse(amount, &v))
        return "";
    return arena_printf(a, "%s %s an hour",
                        units_plain(a, &v, (unsigned)json_get_int(money, "decimals", 0)),
                        json_get_str(money, "symbol", ""));
}

/* The sizes with their prices; one that cannot be had says why. */
static struct json *size_options(struct wizards *w, struct arena *a, const struct wizard_seen *s)
{
    const struct wizard_world *world = &w->o.world;
    const struct package *p = s->package;
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < p->size_count; i++) {
        struct json *o = json_new_object(a);
        struct json *quote;
        struct wizard_order order;
        struct err why;

        wizard__order(a, s, &order);
        order.size = p->sizes[i].name;
        json_set_str(a, o, "value", order.size);
        json_set_str(a, o, "label", p->sizes[i].label);
        if (world->quote(world->ctx, a, &order, &quote, &why) == 0) {
            json_set_str(a, o, "note", money_text(a, json_get(quote, "perHour")));
            json_set(a, o, "perHour", json_copy(a, json_get(quote, "perHour")));
        } else {
            json_set_str(a, o, "note", why.msg);
            json_set_bool(a, o, "disabled", true);
        }
        json_push(a, list, o);
    }
    return list;
}

static int set_options(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                       const struct package_question *q, struct json *v, struct err *e)
{
    const struct wizard_world *world = &w->o.world;
    struct arena *a = at->arena;
    struct json *options = NULL;

    if (q->type == QUESTION_SIZE)
        options = size_options(w, a, s);
    else if (q->type == QUESTION_POOL && world->pools(world->ctx, a, at->owner, &options, e) < 0)
        return -1;
    if (!options)
        return 0;
    json_set(a, v, "options", options);
    if (json_len(options) == 1 && !json_get(v, "default"))
        json_set(a, v, "default", json_copy(a, json_get(json_at(options, 0), "value")));
    if (json_len(options) == 0 && q->type == QUESTION_POOL)
        json_set_str(a, v, "help",
                     "You have none yet: redeem a voucher under Pools, or ask the operator.");
    return 0;
}

/* What was answered, as far as it may be shown. */
static void set_value(struct arena *a, struct json *v, const struct package_question *q,
                      const struct json *answer)
{
    struct json *shown;

    if (!answer)
        return;
    if (q->type == QUESTION_SECRET) {
        json_set_bool(a, v, "answered", true);
        return;
    }
    shown = json_copy(a, answer);
    if (q->type == QUESTION_FILE) {
        size_t n = json_str_len(json_get(shown, "content"));

        json_remove(shown, "content");
        json_set_int(a, shown, "size", (int64_t)(n / 4 * 3));
        json_set_bool(a, v, "answered", true);
    }
    json_set(a, v, "value", shown);
}

static int questions_json(struct wizards *w, const struct wizard_at *at,
                          const struct wizard_seen *s, struct json **ret, struct err *e)
{
    const struct package *p = s->package;
    struct json *list = json_new_array(at->arena);
    size_t i;

    for (i = 0; i < p->question_count; i++) {
        const struct package_question *q = &p->questions[i];
        struct json *v;

        if (!str_eq(q->step, s->row.step) || !may_ask(s, q))
            continue;
        v = package_question_json(at->arena, q);
        if (set_options(w, at, s, q, v, e) < 0)
            return -1;
        set_value(at->arena, v, q, json_get(s->row.answers, q->name));
        json_push(at->arena, list, v);
    }
    *ret = list;
    return 0;
}

/* --- the whole --- */

static const char *state_name(const struct wizard_seen *s)
{
    switch (s->row.state) {
    case WIZARD_ASKING:
        return str_eq(s->row.step, WIZARD_REVIEW) ? "review" : "asking";
    case WIZARD_DEPLOYING:
        return "deploying";
    case WIZARD_DEPLOYED:
        return "deployed";
    case WIZARD_EXPIRED:
        break;
    }
    return "expired";
}

/* The price; why there is none stands among the errors. */
static void set_quote(struct wizards *w, struct arena *a, const struct wizard_seen *s,
                      struct json *v, struct json *errors)
{
    const char *blame = json_get(s->row.answers, "pool") ? "pool" : "size";
    struct json *quote;
    struct err why;

    if (!json_get(s->row.answers, "size"))
        return;
    if (wizard__quote(w, a, s, &quote, &why) == 0)
        json_set(a, v, "quote", quote);
    else if (!json_get(errors, blame))
        json_set_str(a, errors, blame, why.msg);
}

int wizard__view(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                 struct json *errors, struct json **ret, struct err *e)
{
    bool open = s->row.state == WIZARD_ASKING;
    struct arena *a = at->arena;
    struct json *v = json_new_object(a);
    struct json *questions = json_new_array(a);

    if (!errors)
        errors = json_new_object(a);
    if (open && questions_json(w, at, s, &questions, e) < 0)
        return -1;
    json_set_str(a, v, "id", s->row.id);
    json_set_str(a, v, "package", s->row.package);
    json_set_str(a, v, "version", s->row.version);
    json_set_str(a, v, "title", s->row.title);
    json_set_str(a, v, "state", state_name(s));
    json_set_str(a, v, "step", s->row.step);
    json_set(a, v, "steps", steps_json(a, s));
    json_set(a, v, "questions", questions);
    json_set(a, v, "errors", errors);
    json_set_int(a, v, "expires", s->row.expires);
    if (open)
        set_quote(w, a, s, v, errors);
    if (open && str_eq(s->row.step, WIZARD_REVIEW))
        json_set(a, v, "review", answers_review(a, s->package, s->row.answers));
    if (s->row.deployment)
        json_set_str(a, v, "deployment", s->row.deployment);
    *ret = v;
    return 0;
}
