/* SPDX-License-Identifier: Apache-2.0 */
#include "package/answers.h"

#include <math.h>
#include <string.h>

#include "base/date.h"
#include "base/str.h"
#include "package/package_int.h"

/* One answer of each type, then all answers of a step. answers_text.c has the kinds of texts. */

bool answers_is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t n = strlen(text);

    return n >= 2 && n <= 32 && strspn(text, letters) == n && text[0] >= 'a' && text[0] <= 'z' &&
           text[n - 1] != '-' && !strstr(text, "--");
}

/* --- numbers and times --- */

static const char *out_of_range(struct arena *a, const struct package_question *q, const char *what)
{
    if (q->has_min && q->has_max)
        return arena_printf(a, "%s from %.15g to %.15g", what, q->min, q->max);
    return q->has_min ? arena_printf(a, "%s, at least %.15g", what, q->min)
                      : arena_printf(a, "%s, at most %.15g", what, q->max);
}

static bool in_range(const struct package_question *q, double v)
{
    return (!q->has_min || v >= q->min) && (!q->has_max || v <= q->max);
}

/* A JSON number, or its text as an input field has it. */
static bool number_of(const struct json *value, double *ret)
{
    enum { DIGITS_MAX = 24 };
    const char *s = json_str(value, "");
    char *end;

    if (json_is(value, JSON_NUMBER)) {
        *ret = json_num(value, 0);
        return true;
    }
    if (!*s || strlen(s) > DIGITS_MAX || strspn(s, "0123456789.-eE+") != strlen(s))
        return false;
    *ret = strtod(s, &end);
    return !*end && isfinite(*ret);
}

static const char *answer_number(struct arena *a, const struct package_question *q,
                                 const struct json *value, struct json **ret)
{
    const bool whole = q->type == QUESTION_INT;
    const double safe = 9007199254740991.0;
    double v;

    if (!number_of(value, &v) || (whole && (v != floor(v) || fabs(v) > safe)))
        return whole ? "must be a whole number" : "must be a number";
    if (!in_range(q, v))
        return out_of_range(a, q, "must be a number");
    *ret = json_new_num(a, v == 0 ? 0 : v);
    return NULL;
}

/* Ms since 1970 as a number or its digits, or a date as date_parse() reads it. */
static const char *answer_datetime(struct arena *a, const struct package_question *q,
                                   const struct json *value, int64_t now_ms, struct json **ret)
{
    const int64_t far_ms = INT64_C(253402300799999); /* the year 9999 */
    int64_t ms;
    double v;

    if (number_of(value, &v) && v == floor(v) && fabs(v) < (double)far_ms)
        ms = (int64_t)v;
    else if (!json_is(value, JSON_STRING) || !date_parse(json_str(value, ""), &ms))
        return "must be a date and a time";
    if (ms < 0 || ms > far_ms)
        return "must be a date and a time";
    if (q->has_min && (double)(ms - now_ms) < q->min * 1000)
        return q->min > 0
                   ? arena_printf(a, "must be at least %.0f minutes from now", ceil(q->min / 60))
                   : "is too early";
    if (q->has_max && (double)(ms - now_ms) > q->max * 1000)
        return arena_printf(a, "must be at most %.0f days from now", floor(q->max / 86400));
    *ret = json_new_int(a, ms);
    return NULL;
}

bool answers_duration(const char *text, int64_t *ret_s)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {
        {'Y', 365 * 86400}, {'M', 30 * 86400}, {'w', 7 * 86400}, {'d', 86400}, {'h', 3600}};
    enum { DIGITS_MAX = 5 };
    int64_t sum = 0;
    size_t next = 0;

    if (!*text)
        return false;
    for (;;) {
        size_t digits = strspn(text, "0123456789");
        int64_t n = 0;
        size_t i;

        if (digits == 0 || digits > DIGITS_MAX)
            return false;
        for (i = 0; i < digits; i++)
            n = n * 10 + (text[i] - '0');
        while (next < ARRAY_LEN(units) && units[next].unit != text[digits])
            next++;
        if (next == ARRAY_LEN(units))
            return false;
        sum += n * units[next++].seconds;
        text += digits + 1;
        if (!*text)
            break;
        if (*text++ != ' ')
            return false;
    }
    *ret_s = sum;
    return true;
}

static const char *answer_duration(struct arena *a, const struct package_question *q,
                                   const struct json *value, struct json **ret)
{
    const char *text = json_str(value, "");
    int64_t s;

    if (!answers_duration(text, &s) || s == 0)
        return "must be like 1Y 2M 1w 3d 4h: years, months, weeks, days, hours";
    if (q->has_min && (double)s < q->min)
        return arena_printf(a, "must be at least %.0f hours", ceil(q->min / 3600));
    if (q->has_max && (double)s > q->max)
        return arena_printf(a, "must be at most %.0f hours", floor(q->max / 3600));
    *ret = json_new_str(a, text);
    return NULL;
}

/* --- options --- */

static const struct package_option *option_find(const struct package_question *q,
                                                const struct json *value)
{
    const char *s = json_str(value, NULL);
    size_t i;

    for (i = 0; s && i < q->option_count; i++)
        if (strlen(q->options[i].value) == json_str_len(value) && str_eq(q->options[i].value, s))
            return q->options[i].disabled ? NULL : &q->options[i];
    return NULL;
}

static const char *answer_choice(struct arena *a, const struct package_question *q,
                                 const struct json *value, struct json **ret)
{
    const struct package_option *o = option_find(q, value);

    if (!o)
        return "must be one of the options";
    *ret = json_new_str(a, o->value);
    return NULL;
}

static const char *answer_multi(struct arena *a, const struct package_question *q,
                                const struct json *value, struct json **ret)
{
    struct json *chosen = json_new_array(a);
    size_t i;
    size_t k;

    if (!json_is(value, JSON_ARRAY) || json_len(value) > q->option_count)
        return "must be a list of options";
    for (i = 0; i < json_len(value); i++) {
        if (!option_find(q, json_at(value, i)))
            return "must be a list of options";
        for (k = 0; k < i; k++)
            if (json_equal(json_at(value, i), json_at(value, k)))
                return "has an option twice";
    }
    for (k = 0; k < q->option_count; k++) /* in the package's order */
        for (i = 0; i < json_len(value); i++)
            if (str_eq(json_str(json_at(value, i), ""), q->options[k].value))
                json_push(a, chosen, json_new_str(a, q->options[k].value));
    if (!in_range(q, (double)json_len(chosen)))
        return out_of_range(a, q, "must have a number of options");
    *ret = chosen;
    return NULL;
}

static const char *answer_size(struct arena *a, const struct package *p, const struct json *value,
                               struct json **ret)
{
    const struct package_size *s = package_size_find(p, json_str(value, ""));

    if (!s)
        return "must be one of the sizes";
    *ret = json_new_str(a, s->name);
    return NULL;
}

/* --- the others --- */

static const char *answer_bool(struct arena *a, const struct package_question *q,
                               const struct json *value, struct json **ret)
{
    const char *s = json_str(value, "");
    bool yes = json_bool(value, str_eq(s, "true"));

    if (!json_is(value, JSON_BOOL) && !str_eq(s, "true") && !str_eq(s, "false"))
        return "must be yes or no";
    if (q->type == QUESTION_CONFIRM && !yes)
        return "must be confirmed";
    *ret = json_new_bool(a, yes);
    return NULL;
}

static const char *answer_pairs(struct arena *a, const struct package_question *q,
                                const struct json *value, struct json **ret)
{
    struct json *pairs = json_new_object(a);
    size_t i;

    if (!json_is(value, JSON_OBJECT))
        return "must be pairs of a name and a value";
    if (json_len(value) > PACKAGE_LIST_MAX || !in_range(q, (double)json_len(value)))
        return q->has_min || q->has_max
                   ? out_of_range(a, q, "must have a number of pairs")
                   : arena_printf(a, "has more than %d pairs", PACKAGE_LIST_MAX);
    for (i = 0; i < json_len(value); i++) {
        const struct json *v = json_value(value, i);

        if (!package__is_variable(json_key(value, i)))
            return "a name must be letters, digits and '_', no digit first";
        if (!json_is(v, JSON_STRING) || json_str_len(v) > PACKAGE_LONG_MAX ||
            !package__is_clean(json_str(v, ""), json_str_len(v), true))
            return "a value must be a text without control characters";
        json_set_str(a, pairs, json_key(value, i), json_str(v, ""));
    }
    *ret = pairs;
    return NULL;
}

static const char *answer_none(struct arena *a, const struct package_question *q,
                               const struct json *value, struct json **ret)
{
    (void)a;
    (void)q;
    (void)value;
    (void)ret;
    return "takes no answer";
}

const char *package__answer(struct arena *a, const struct package *p,
                            const struct package_question *q, const struct json *value,
                            int64_t now_ms, struct json **ret)
{
    static const char *(*const checks[])(struct arena *, const struct package_question *,
                                         const struct json *, struct json **) = {
        [QUESTION_STRING] = package__answer_text,
        [QUESTION_SECRET] = package__answer_text,
        [QUESTION_TEXT] = package__answer_text,
        [QUESTION_INT] = answer_number,
        [QUESTION_NUMBER] = answer_number,
        [QUESTION_BOOL] = answer_bool,
        [QUESTION_CHOICE] = answer_choice,
        [QUESTION_DROPDOWN] = answer_choice,
        [QUESTION_MULTI] = answer_multi,
        [QUESTION_DATETIME] = answer_none,
        [QUESTION_DURATION] = answer_duration,
        [QUESTION_KEYVALUE] = answer_pairs,
        [QUESTION_FILE] = package__answer_file,
        [QUESTION_DOMAIN] = package__answer_text,
        [QUESTION_SSHKEY] = package__answer_text,
        [QUESTION_GITURL] = package__answer_text,
        [QUESTION_SIZE] = answer_none,
        [QUESTION_POOL] = package__answer_text,
        [QUESTION_NOTE] = answer_none,
        [QUESTION_CONFIRM] = answer_bool,
    };

    if (q->type == QUESTION_DATETIME) /* these two need to know more */
        return answer_datetime(a, q, value, now_ms, ret);
    if (q->type == QUESTION_SIZE)
        return answer_size(a, p, value, ret);
    return checks[q->type](a, q, value, ret);
}

/* --- all of them --- */

bool answers_asked(const struct package *p, const struct package_question *q,
                   const struct json *normal)
{
    _arena_ struct arena *a = arena_new();
    const struct package_when *when = &q->when;
    const struct package_question *other;
    const char *text = "";
    bool found = false;
    size_t i;

    if (!when->question)
        return true;
    other = package_question_find(p, when->question);
    if (other && answers_asked(p, other, normal))
        text = package__answer_as_text(a, json_get(normal, when->question));
    for (i = 0; i < when->values.count && !found; i++)
        found = str_eq(when->values.items[i], text);
    return found != when->negated;
}

/* Nothing was said: absent, null, or a field that was left empty. */
static bool is_blank(const struct json *v)
{
    if (json_is(v, JSON_STRING))
        return strspn(json_str(v, ""), " \t\r\n") == json_str_len(v);
    if (json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT))
        return json_len(v) == 0;
    return json_type(v) == JSON_NULL; /* also what is absent */
}

struct asking {
    struct arena *a;
    const struct answers_ask *ask;
    const struct json *answers;
    struct json *all; /* known and normal together, for `when` */
    struct json *normal;
    struct json *errors;
};

static bool needs_answer(const struct package_question *q)
{
    return q->required || q->type == QUESTION_CONFIRM;
}

/* The answer in its normal form, or the default; NULL with *ret_why NULL: none, and none needed. */
static struct json *accept(struct asking *s, const struct package_question *q, const char **ret_why)
{
    const struct json *value = json_get(s->answers, q->name);
    struct json *normal = NULL;

    *ret_why = NULL;
    if (!is_blank(value)) {
        *ret_why = package__answer(s->a, s->ask->package, q, value, s->ask->now_ms, &normal);
        return *ret_why ? NULL : normal;
    }
    if (q->otherwise && (!value || needs_answer(q)))
        return json_copy(s->a, q->otherwise);
    if (needs_answer(q))
        *ret_why = q->type == QUESTION_CONFIRM ? "must be confirmed" : "must be answered";
    return NULL;
}

static void ask_one(struct asking *s, const struct package_question *q)
{
    struct json *normal = NULL;
    const char *why = NULL;

    if (answers_asked(s->ask->package, q, s->all) && q->type != QUESTION_NOTE)
        normal = accept(s, q, &why);
    if (why)
        json_set_str(s->a, s->errors, q->name, why);
    if (!normal) {
        json_remove(s->all, q->name);
        return;
    }
    json_set(s->a, s->normal, q->name, normal);
    json_set(s->a, s->all, q->name, normal);
}

/* Members that are no question of this step. */
static void refuse_others(struct asking *s)
{
    size_t i;

    for (i = 0; i < json_len(s->answers); i++) {
        const char *name = json_key(s->answers, i);
        const struct package_question *q = package_question_find(s->ask->package, name);

        if (!q || (s->ask->step && !str_eq(q->step, s->ask->step)))
            json_set_str(s->a, s->errors, package__is_name(name) ? name : "?", "is not asked here");
    }
}

static bool is_small(const struct json *answers)
{
    _buf_ struct buf text = BUF_INIT(ANSWERS_MAX);

    json_write(&text, answers, 0);
    return !text.full;
}

int answers_check(struct arena *a, const struct answers_ask *ask, const struct json *answers,
                  struct json **ret_normal, struct json **ret_errors, struct err *e)
{
    struct asking s = {.a = a,
                       .ask = ask,
                       .answers = answers,
                       .all = json_is(ask->known, JSON_OBJECT) ? json_copy(a, ask->known)
                                                               : json_new_object(a),
                       .normal = json_new_object(a),
                       .errors = json_new_object(a)};
    size_t i;

    if (!json_is(answers, JSON_OBJECT))
        return failed(e, INVALID, "answers must be an object, {question: value}");
    if (!is_small(answers))
        return failed(e, TOO_LARGE, "the answers are larger than %d bytes", ANSWERS_MAX);
    for (i = 0; i < ask->package->question_count; i++) {
        const struct package_question *q = &ask->package->questions[i];

        if (!ask->step || str_eq(q->step, ask->step))
            ask_one(&s, q);
    }
    refuse_others(&s);
    *ret_normal = s.normal;
    *ret_errors = s.errors;
    return 0;
}
