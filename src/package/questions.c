/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "package/package_int.h"

/* [[steps]] and [[questions]], and the questions that every package asks. */

enum { PATTERN_MAX = 200, TEXT_DEFAULT_MAX = 256, LONG_DEFAULT_MAX = 4096, SECRET_MIN = 8 };

static const struct {
    const char *name;
    bool is_text; /* has lengths and a pattern */
    bool has_options;
    bool has_range;
} types[] = {
    [QUESTION_STRING] = {"string", true, false, false},
    [QUESTION_SECRET] = {"secret", true, false, false},
    [QUESTION_TEXT] = {"text", true, false, false},
    [QUESTION_INT] = {"int", false, false, true},
    [QUESTION_NUMBER] = {"number", false, false, true},
    [QUESTION_BOOL] = {"bool", false, false, false},
    [QUESTION_CHOICE] = {"choice", false, true, false},
    [QUESTION_DROPDOWN] = {"dropdown", false, true, false},
    [QUESTION_MULTI] = {"multi", false, true, true},
    [QUESTION_DATETIME] = {"datetime", false, false, true},
    [QUESTION_DURATION] = {"duration", false, false, true},
    [QUESTION_KEYVALUE] = {"keyvalue", false, false, true},
    [QUESTION_FILE] = {"file", false, false, false},
    [QUESTION_DOMAIN] = {"domain", false, false, false},
    [QUESTION_SSHKEY] = {"sshkey", false, false, false},
    [QUESTION_GITURL] = {"giturl", false, false, false},
    [QUESTION_SIZE] = {"size", false, false, false},
    [QUESTION_POOL] = {"pool", false, false, false},
    [QUESTION_NOTE] = {"note", false, false, false},
    [QUESTION_CONFIRM] = {"confirm", false, false, false},
};

const char *package_question_type_name(enum package_question_type type)
{
    return types[type].name;
}

/* --- one question --- */

static int read_type(struct reader *r, const struct json *t, struct package_question *q)
{
    const char *name = NULL;
    size_t i;

    if (package__need(r, t, "[[questions]]", "type") < 0 || package__name(r, t, "type", &name) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq(types[i].name, name) && i != QUESTION_SIZE && i != QUESTION_POOL) {
            q->type = (enum package_question_type)i;
            return 0;
        }
    return package__bad(r, json_get(t, "type"),
                        "there is no type '%s' of questions; docs/packages.md lists them", name);
}

/* A key that only some types have. */
static int only_for(struct reader *r, const struct json *t, const char *key, bool allowed,
                    const struct package_question *q)
{
    if (allowed || !json_get(t, key))
        return 0;
    return package__bad(r, json_get(t, key), "'%s' means nothing for a question of type %s", key,
                        types[q->type].name);
}

static int read_bound(struct reader *r, const struct json *t, const char *key, bool *ret_has,
                      double *ret)
{
    const struct json *v = json_get(t, key);

    if (!v)
        return 0;
    if (!json_is(v, JSON_NUMBER))
        return package__bad(r, v, "'%s' must be a number", key);
    *ret_has = true;
    *ret = json_num(v, 0);
    return 0;
}

static int read_range(struct reader *r, const struct json *t, struct package_question *q)
{
    bool has = types[q->type].has_range;

    if (only_for(r, t, "min", has, q) < 0 || only_for(r, t, "max", has, q) < 0 ||
        read_bound(r, t, "min", &q->has_min, &q->min) < 0 ||
        read_bound(r, t, "max", &q->has_max, &q->max) < 0)
        return -1;
    if (q->has_min && q->has_max && q->min > q->max)
        return package__bad(r, json_get(t, "min"), "'min' is above 'max'");
    return 0;
}

/*
 * The pattern is tried on texts of strangers: no back references (they make matching slow), and
 * few repetitions with counts (they make the compiled form large).
 */
static int check_pattern(struct reader *r, const struct json *at, const char *pattern)
{
    const char *s;
    regex_t compiled;
    int braces = 0;

    for (s = pattern; *s; s++) {
        braces += *s == '{';
        if (*s == '\\' && s[1] >= '0' && s[1] <= '9')
            return package__bad(r, at, "'pattern' has a back reference; write it without");
        if (*s == '\\' && s[1])
            s++;
    }
    if (strlen(pattern) > PATTERN_MAX || braces > 2)
        return package__bad(r, at, "'pattern' may have %d bytes and two {counts}", PATTERN_MAX);
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return package__bad(r, at, "'pattern' is no extended regular expression");
    regfree(&compiled);
    return 0;
}

static int read_text_rules(struct reader *r, const struct json *t, struct package_question *q)
{
    static const char *const keys[] = {"min_length", "max_length", "pattern"};
    static const struct int_rule length = {0, PACKAGE_LONG_MAX};
    bool is_text = types[q->type].is_text;
    size_t i;

    for (i = 0; i < ARRAY_LEN(keys); i++)
        if (only_for(r, t, keys[i], is_text, q) < 0)
            return -1;
    q->min_length = q->type == QUESTION_SECRET ? SECRET_MIN : 0;
    q->max_length = q->type == QUESTION_TEXT ? LONG_DEFAULT_MAX : TEXT_DEFAULT_MAX;
    if (package__int(r, t, "min_length", &length, &q->min_length) < 0 ||
        package__int(r, t, "max_length", &length, &q->max_length) < 0 ||
        package__line(r, t, "pattern", &q->pattern) < 0)
        return -1;
    if (q->min_length > q->max_length)
        return package__bad(r, t, "'min_length' is above 'max_length'");
    return q->pattern ? check_pattern(r, json_get(t, "pattern"), q->pattern) : 0;
}

static int read_option(struct reader *r, const struct json *v, struct package_option *o)
{
    if (json_is(v, JSON_STRING)) { /* "a" is short for {value = "a"} */
        if (!*json_str(v, "") || json_str_len(v) > PACKAGE_TEXT_MAX ||
            !package__is_clean(json_str(v, ""), json_str_len(v), false))
            return package__bad(r, v, "an option must be a text of one line");
        o->value = o->label = json_str(v, "");
        return 0;
    }
    if (!json_is(v, JSON_OBJECT))
        return package__bad(r, v, "an option is a text or {value = \"...\", label = \"...\"}");
    if (package__keys(r, v, "an option", "value label note disabled") < 0 ||
        package__need(r, v, "an option", "value") < 0 ||
        package__line(r, v, "value", &o->value) < 0)
        return -1;
    o->label = o->value;
    if (package__line(r, v, "label", &o->label) < 0 || package__line(r, v, "note", &o->note) < 0)
        return -1;
    return package__bool(r, v, "disabled", &o->disabled);
}

static int read_options(struct reader *r, const struct json *t, struct package_question *q)
{
    const struct json *list = json_get(t, "options");
    bool has = types[q->type].has_options;
    size_t i;
    size_t k;

    if (only_for(r, t, "options", has, q) < 0)
        return -1;
    if (!has)
        return 0;
    if (!json_is(list, JSON_ARRAY) || json_len(list) == 0 || json_len(list) > PACKAGE_OPTIONS_MAX)
        return package__bad(r, list ? list : t, "'options' must be a list of 1 to %d options",
                            PACKAGE_OPTIONS_MAX);
    q->options = arena_calloc(r->a, json_len(list), sizeof(*q->options));
    for (i = 0; i < json_len(list); i++) {
        q->options[i].note = "";
        if (read_option(r, json_at(list, i), &q->options[i]) < 0)
            return -1;
        for (k = 0; k < i; k++)
            if (str_eq(q->options[k].value, q->options[i].value))
                return package__twice(r, json_at(list, i), "options", q->options[i].value);
    }
    q->option_count = i;
    return 0;
}

static int read_file_rules(struct reader *r, const struct json *t, struct package_question *q)
{
    static const struct int_rule size = {1, ANSWER_FILE_MAX};
    bool is_file = q->type == QUESTION_FILE;

    if (only_for(r, t, "max_size", is_file, q) < 0 ||
        only_for(r, t, "allowed_types", is_file, q) < 0)
        return -1;
    q->max_size = ANSWER_FILE_MAX;
    if (package__int(r, t, "max_size", &size, &q->max_size) < 0)
        return -1;
    return package__texts(r, t, "allowed_types", PACKAGE_TEXT_MAX, &q->allowed_types);
}

/* A text, or true or false as a question of type bool has them. */
static int when_value(struct reader *r, const struct json *v, const char **ret)
{
    if (json_is(v, JSON_BOOL))
        *ret = json_bool(v, false) ? "true" : "false";
    else if (json_is(v, JSON_STRING))
        *ret = json_str(v, "");
    else
        return package__bad(r, v, "'when' compares with texts, true or false");
    return 0;
}

/* {question = "kind", is = "a"}, {..., is = ["a", "b"]} or {..., is_not = ...} */
static int read_when(struct reader *r, const struct json *t, struct package_question *q)
{
    const struct json *when = json_get(t, "when");
    const struct json *is;
    const char **values;
    size_t n;
    size_t i;

    if (!when)
        return 0;
    if (!json_is(when, JSON_OBJECT))
        return package__bad(r, when, "write when = {question = \"...\", is = \"...\"}");
    if (package__keys(r, when, "'when'", "question is is_not") < 0 ||
        package__need(r, when, "'when'", "question") < 0 ||
        package__name(r, when, "question", &q->when.question) < 0)
        return -1;
    q->when.negated = json_get(when, "is_not") != NULL;
    is = json_get(when, q->when.negated ? "is_not" : "is");
    if (!is || json_len(when) != 2)
        return package__bad(r, when, "'when' needs one of 'is' and 'is_not'");
    n = json_is(is, JSON_ARRAY) ? json_len(is) : 1;
    if (n == 0 || n > PACKAGE_LIST_MAX)
        return package__bad(r, is, "'when' compares with 1 to %d values", PACKAGE_LIST_MAX);
    values = arena_calloc(r->a, n + 1, sizeof(*values));
    for (i = 0; i < n; i++)
        if (when_value(r, json_is(is, JSON_ARRAY) ? json_at(is, i) : is, &values[i]) < 0)
            return -1;
    q->when.values = (struct package_texts){values, n};
    return 0;
}

/* A default must be an answer that would be accepted. */
static int read_default(struct reader *r, const struct json *t, struct package_question *q)
{
    const struct json *v = json_get(t, "default");
    struct json *normal;
    const char *why;

    if (!v)
        return 0;
    if (q->type == QUESTION_SECRET)
        return package__bad(r, v, "a secret has no default; use [[secrets]] for a random one");
    if (q->type == QUESTION_NOTE || q->type == QUESTION_CONFIRM || q->type == QUESTION_FILE)
        return only_for(r, t, "default", false, q);
    why = package__answer(r->a, r->p, q, v, clock_ms(), &normal);
    if (why)
        return package__bad(r, v, "the default would be refused: %s", why);
    q->otherwise = normal;
    return 0;
}

static int read_identity(struct reader *r, const struct json *t, struct package_question *q)
{
    if (package__need(r, t, "[[questions]]", "name") < 0 ||
        package__need(r, t, "[[questions]]", "label") < 0 || read_type(r, t, q) < 0 ||
        package__name(r, t, "name", &q->name) < 0)
        return -1;
    return package__line(r, t, "label", &q->label);
}

static int read_question(struct reader *r, const struct json *t, struct package_question *q)
{
    static const struct text_rule help = {.max = 2048, .lines = true};

    q->help = "";
    q->step = "settings";
    if (package__keys(r, t, "[[questions]]",
                      "name type label help step required default min max min_length max_length "
                      "pattern options max_size allowed_types when unique") < 0 ||
        read_identity(r, t, q) < 0 || package__text(r, t, "help", &help, &q->help) < 0 ||
        package__name(r, t, "step", &q->step) < 0 ||
        package__bool(r, t, "required", &q->required) < 0 ||
        package__bool(r, t, "unique", &q->unique) < 0)
        return -1;
    if (read_range(r, t, q) < 0 || read_text_rules(r, t, q) < 0 || read_options(r, t, q) < 0 ||
        read_file_rules(r, t, q) < 0 || read_when(r, t, q) < 0)
        return -1;
    return read_default(r, t, q);
}

/* --- all of them --- */

static const struct package_question standard[] = {
    {.name = "name",
     .type = QUESTION_STRING,
     .label = "Name",
     .help = "Becomes part of the address: 2 to 32 of a-z, 0-9 and '-', a letter first.",
     .step = "name",
     .required = true,
     .standard = true,
     .unique = true,
     .min_length = 2,
     .max_length = 32},
    {.name = "size",
     .type = QUESTION_SIZE,
     .label = "Size",
     .help = "",
     .step = "size",
     .required = true,
     .standard = true},
    {.name = "pool",
     .type = QUESTION_POOL,
     .label = "Pool that pays",
     .help = "",
     .step = "size",
     .required = true,
     .standard = true},
    {.name = "ends",
     .type = QUESTION_DATETIME,
     .label = "Ends",
     .help = "Leave it open to run until the pool is empty or you stop it.",
     .step = "size",
     .standard = true,
     .has_min = true,
     .min = 3600},
};

static bool has_step(const struct package *p, const char *name)
{
    size_t i;

    for (i = 0; i < p->step_count; i++)
        if (str_eq(p->steps[i].name, name))
            return true;
    return false;
}

static void add_step(struct package *p, const char *name, const char *title)
{
    p->steps[p->step_count++] = (struct package_step){name, title};
}

static int read_steps(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    const struct json *list;
    size_t i;

    if (package__tables(r, root, "steps", PACKAGE_SIZES_MAX, &list) < 0)
        return -1;
    p->steps = arena_calloc(r->a, json_len(list) + 3, sizeof(*p->steps));
    add_step(p, "name", "Name");
    for (i = 0; i < json_len(list); i++) {
        const struct json *t = json_at(list, i);
        const char *name = NULL;
        const char *title = NULL;

        if (package__keys(r, t, "[[steps]]", "name title") < 0 ||
            package__need(r, t, "[[steps]]", "name") < 0 ||
            package__need(r, t, "[[steps]]", "title") < 0 ||
            package__name(r, t, "name", &name) < 0 || package__line(r, t, "title", &title) < 0)
            return -1;
        if (has_step(p, name) || str_eq(name, "size") || str_eq(name, "review"))
            return package__bad(r, t, "there is a step '%s' already; give this one another name",
                                name);
        add_step(p, name, title);
    }
    return 0;
}

static void add_standard(struct package *p, const char *step)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(standard); i++)
        if (str_eq(standard[i].step, step)) {
            p->questions[p->question_count] = standard[i];
            if (standard[i].type == QUESTION_SIZE)
                p->questions[p->question_count].otherwise = p->default_size;
            p->question_count++;
        }
}

/* Puts the questions that were read into the order of their steps. */
static void order(struct package *p, const struct package_question *read, size_t n)
{
    size_t s;
    size_t i;

    for (s = 0; s < p->step_count; s++) {
        add_standard(p, p->steps[s].name);
        for (i = 0; i < n; i++)
            if (str_eq(read[i].step, p->steps[s].name))
                p->questions[p->question_count++] = read[i];
    }
}

/* `when` looks back, at a question whose answer is a text of some kind. */
static int check_when(struct reader *r, const struct json *list)
{
    struct package *p = r->p;
    size_t i;
    size_t k;

    for (i = 0; i < p->question_count; i++) {
        const struct package_question *q = &p->questions[i];
        const struct package_question *other;

        if (!q->when.question)
            continue;
        for (k = 0; k < i && !str_eq(p->questions[k].name, q->when.question); k++)
            ;
        other = &p->questions[k];
        if (k == i)
            return package__bad(r, list,
                                "'when' of question '%s' looks at '%s', which is not "
                                "asked before it",
                                q->name, q->when.question);
        if (other->type == QUESTION_SECRET || other->type == QUESTION_NOTE ||
            other->type == QUESTION_FILE || other->type == QUESTION_KEYVALUE)
            return package__bad(r, list, "'when' of question '%s' looks at a %s", q->name,
                                types[other->type].name);
    }
    return 0;
}

static int check_new(struct reader *r, const struct json *t, const struct package_question *read,
                     size_t n)
{
    const char *name = read[n].name;
    size_t i;

    for (i = 0; i < ARRAY_LEN(standard); i++)
        if (str_eq(standard[i].name, name))
            return package__bad(r, t, "every package asks for '%s' by itself; use another name",
                                name);
    for (i = 0; i < n; i++)
        if (str_eq(read[i].name, name))
            return package__twice(r, t, "questions", name);
    if (!has_step(r->p, read[n].step) || str_eq(read[n].step, "name"))
        return package__bad(r, t, "there is no step '%s'; add it as [[steps]]", read[n].step);
    return 0;
}

int package__read_questions(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    struct package_question *read;
    const struct json *list;
    size_t i;

    if (read_steps(r, root) < 0 ||
        package__tables(r, root, "questions", PACKAGE_QUESTIONS_MAX, &list) < 0)
        return -1;
    if (list && p->step_count == 1)
        add_step(p, "settings", "Settings");
    read = arena_calloc(r->a, json_len(list) + 1, sizeof(*read));
    for (i = 0; i < json_len(list); i++)
        if (read_question(r, json_at(list, i), &read[i]) < 0 ||
            check_new(r, json_at(list, i), read, i) < 0)
            return -1;
    add_step(p, "size", "Size and payment");
    p->questions = arena_calloc(r->a, i + ARRAY_LEN(standard), sizeof(*p->questions));
    order(p, read, i);
    return check_when(r, list);
}
