/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "chain/u256.h"
#include "cli/answer.h"
#include "cli/wizard.h"

/* The questions of a wizard at a terminal: `<` goes back, `?` explains, an empty line takes what
 * stands in brackets. */

enum { LINES_MAX = 2000, TEXT_MAX = 786432 };

enum given { GIVEN, NOTHING, BACK };

static const char *safe(struct arena *a, const struct json *v, const char *key)
{
    return terminal_safe(a, json_get_str(v, key, ""), false);
}

static bool is_type(const struct json *q, const char *type)
{
    return str_eq(json_get_str(q, "type", ""), type);
}

/* --- money and times --- */

static const char *money(struct arena *a, const struct json *v)
{
    struct u256 amount;

    if (!u256_parse(json_get_str(v, "amount", ""), &amount))
        return "?";
    return terminal_safe(
        a,
        arena_printf(a, "%s %s", units_text(a, &amount, (unsigned)json_get_int(v, "decimals", 0)),
                     json_get_str(v, "symbol", "")),
        false);
}

static const char *moment(struct arena *a, int64_t ms)
{
    char iso[CLOCK_ISO_SIZE];

    clock_iso_s(ms / 1000, iso);
    return arena_strdup(a, iso);
}

/* --- one question --- */

/* What an empty line means: the answer that is there, else the default; NULL: nothing. */
static const struct json *otherwise(const struct json *q)
{
    const struct json *v = json_get(q, "value");

    return v ? v : json_get(q, "default");
}

/* The option with this value, as people know it; the value itself when there is none. */
static const char *label_of(struct arena *a, const struct json *q, const char *value)
{
    const struct json *options = json_get(q, "options");
    size_t i;

    for (i = 0; i < json_len(options); i++)
        if (str_eq(json_get_str(json_at(options, i), "value", ""), value))
            return safe(a, json_at(options, i), "label");
    return terminal_safe(a, value, false);
}

static const char *shown(struct arena *a, const struct json *q)
{
    const struct json *v = otherwise(q);

    if (is_type(q, "secret") || is_type(q, "file"))
        return json_get_bool(q, "answered", false) ? "unchanged" : NULL;
    if (!v)
        return NULL;
    if (json_len(json_get(q, "options")) && json_is(v, JSON_STRING))
        return label_of(a, q, json_str(v, ""));
    if (is_type(q, "datetime") && json_is(v, JSON_NUMBER))
        return moment(a, (int64_t)json_num(v, 0));
    if (json_is(v, JSON_BOOL))
        return json_bool(v, false) ? "yes" : "no";
    return terminal_safe(a, json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v), false);
}

static void show_options(struct arena *a, const struct json *q)
{
    const struct json *options = json_get(q, "options");
    size_t i;

    for (i = 0; i < json_len(options); i++) {
        const struct json *o = json_at(options, i);
        const char *note = safe(a, o, "note");

        terminal_say("  %2zu  %s%s%s%s%s\n", i + 1, safe(a, o, "label"), *note ? "  (" : "", note,
                     *note ? ")" : "",
                     json_get_bool(o, "disabled", false) ? "  not available" : "");
    }
}

static const char *form_of(const struct json *q)
{
    static const char *const forms[][2] = {
        {"text", "several lines, a single . ends them; @FILE takes a file"},
        {"sshkey", "a line of authorized_keys; several end with a single .; @FILE takes a file"},
        {"bool", "y or n"},
        {"confirm", "y to agree"},
        {"multi", "numbers with commas"},
        {"datetime", "2026-12-01 12:00 (UTC), or 3d from now"},
        {"duration", "such as 1w 2d 12h"},
        {"keyvalue", "NAME=VALUE lines, an empty line ends them"},
        {"file", "the path of a file"}};
    size_t i;

    for (i = 0; i < ARRAY_LEN(forms); i++)
        if (is_type(q, forms[i][0]))
            return forms[i][1];
    return NULL;
}

static void show_question(struct arena *a, const struct json *q)
{
    const char *form = form_of(q);
    const char *help = terminal_safe(a, json_get_str(q, "help", ""), true);
    const char *now = shown(a, q);

    terminal_say("\n%s%s\n", safe(a, q, "label"),
                 json_get_bool(q, "required", false) || is_type(q, "note") ? "" : " (optional)");
    if (*help)
        terminal_say("  %s\n", help);
    show_options(a, q);
    if (form)
        terminal_say("  %s\n", form);
    if (now)
        terminal_say("[%s] ", now);
    terminal_say("> ");
}

/* Lines until one that is `end`; the first one is there already. */
static int more_lines(struct arena *a, const char *first, const char *end, const char **ret,
                      struct err *e)
{
    _buf_ struct buf text = BUF_INIT(TEXT_MAX);
    const char *line = first;
    int i;

    for (i = 0; i < LINES_MAX && !str_eq(line, end); i++) {
        buf_puts(&text, line);
        buf_putc(&text, '\n');
        terminal_say(". ");
        if (terminal_line(a, false, &line, e) < 0)
            return -1;
    }
    if (text.full || i == LINES_MAX)
        return failed(e, INVALID, "this is too long");
    *ret = arena_strdup(a, buf_str(&text));
    return 0;
}

static int read_text(struct arena *a, const struct json *q, const char **ret, struct err *e)
{
    const char *line;

    if (terminal_line(a, is_type(q, "secret"), &line, e) < 0)
        return -1;
    *ret = line;
    if (!*line || str_eq(line, "<") || str_eq(line, "?"))
        return 0;
    if ((is_type(q, "text") || is_type(q, "sshkey")) && *line != '@')
        return more_lines(a, line, ".", ret, e);
    if (is_type(q, "keyvalue"))
        return more_lines(a, line, "", ret, e);
    return 0;
}

/* Asks until the answer has the right form. */
static int ask_one(struct arena *a, const struct json *q, enum given *ret_given, struct json **ret,
                   struct err *e)
{
    const struct json *value = json_get(q, "answered") ? NULL : otherwise(q);
    struct err why;
    const char *text;

    for (;;) {
        show_question(a, q);
        if (read_text(a, q, &text, e) < 0)
            return -1;
        *ret_given = str_eq(text, "<") ? BACK : GIVEN;
        if (*ret_given == BACK)
            return 0;
        if (str_eq(text, "?"))
            continue;
        if (!*text) {
            *ret_given = value ? GIVEN : NOTHING;
            *ret = value ? json_copy(a, value) : NULL;
            return 0;
        }
        if (answer_from_text(a, q, text, ret, &why) == 0)
            return 0;
        terminal_say("  %s\n", terminal_safe(a, why.msg, false));
    }
}

/* --- one step --- */

/* Whether it is asked at all: its `when` may hang on a question of the same step. */
static bool is_open(const struct json *questions, const struct json *q, const struct json *answers)
{
    const char *on = json_get_str(json_get(q, "when"), "question", NULL);
    size_t i;

    for (i = 0; on && i < json_len(questions); i++)
        if (str_eq(json_get_str(json_at(questions, i), "name", ""), on))
            return answer_is_asked(q, answers);
    return true;
}

/* What is known without asking: given beforehand, unless it was refused or asked before. */
static int known(struct wizard_ui *ui, struct arena *a, const struct json *wizard,
                 const struct json *q, struct json **ret, struct err *e)
{
    const char *name = json_get_str(q, "name", "");

    *ret = NULL;
    if (json_get(json_get(wizard, "errors"), name) || json_get(ui->used, name))
        return 0;
    return wizard_ui_given(ui, a, q, ret, e);
}

static void show_step(struct arena *a, const struct json *wizard)
{
    const struct json *steps = json_get(wizard, "steps");
    const struct json *errors = json_get(wizard, "errors");
    const char *step = json_get_str(wizard, "step", "");
    size_t i;

    for (i = 0; i < json_len(steps); i++)
        if (str_eq(json_get_str(json_at(steps, i), "name", ""), step))
            terminal_say("\n== %s: %s (%zu of %zu)   < goes back\n", safe(a, wizard, "title"),
                         safe(a, json_at(steps, i), "title"), i + 1, json_len(steps));
    for (i = 0; i < json_len(errors); i++)
        terminal_say("  ! %s: %s\n", terminal_safe(a, json_key(errors, i), false),
                     terminal_safe(a, json_str(json_value(errors, i), ""), false));
}

int wizard_ui_ask(void *ctx, struct arena *a, const struct json *wizard,
                  enum client_choice *ret_choice, struct json **ret, struct err *e)
{
    const struct json *questions = json_get(wizard, "questions");
    struct json *answers = json_new_object(a);
    struct wizard_ui *ui = ctx;
    size_t i;

    show_step(a, wizard);
    *ret_choice = CLIENT_GO;
    for (i = 0; i < json_len(questions); i++) {
        const struct json *q = json_at(questions, i);
        enum given given = GIVEN;
        struct json *v;

        if (!is_open(questions, q, answers))
            continue;
        if (is_type(q, "note")) {
            terminal_say("\n%s\n", terminal_safe(a, json_get_str(q, "label", ""), true));
            continue;
        }
        if (known(ui, a, wizard, q, &v, e) < 0 || (!v && ask_one(a, q, &given, &v, e) < 0))
            return -1;
        if (given == BACK) {
            *ret_choice = CLIENT_BACK;
            return 0;
        }
        if (v && given == GIVEN)
            json_set(a, answers, json_get_str(q, "name", ""), v);
    }
    *ret = answers;
    return 0;
}

/* --- the end --- */

static void show_review(struct arena *a, const struct json *wizard)
{
    const struct json *review = json_get(wizard, "review");
    const struct json *quote = json_get(wizard, "quote");
    const struct json *lines = json_get(quote, "lines");
    int64_t until = json_get_int(quote, "lastsUntil", 0);
    size_t i;

    terminal_say("\n== %s\n", safe(a, wizard, "title"));
    for (i = 0; i < json_len(review); i++)
        terminal_say("  %-24s %s\n", safe(a, json_at(review, i), "label"),
                     safe(a, json_at(review, i), "value"));
    terminal_say("\n");
    for (i = 0; i < json_len(lines); i++)
        terminal_say("  %-24s %s\n", safe(a, json_at(lines, i), "label"),
                     money(a, json_get(json_at(lines, i), "amount")));
    terminal_say("  %-24s %s\n", "an hour", money(a, json_get(quote, "perHour")));
    terminal_say("  %-24s %s\n", "now, for the first period", money(a, json_get(quote, "upfront")));
    if (until > 0)
        terminal_say("  %-24s %s\n", "the pool lasts until", moment(a, until));
}

int wizard_ui_confirm(void *ctx, const struct json *wizard, enum client_choice *ret_choice,
                      struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct json *errors = json_get(wizard, "errors");
    bool priced = json_get(wizard, "quote") != NULL;
    struct wizard_ui *ui = ctx;
    const char *line;
    size_t i;

    for (i = 0; i < json_len(errors); i++)
        terminal_say("  ! %s: %s\n", terminal_safe(a, json_key(errors, i), false),
                     terminal_safe(a, json_str(json_value(errors, i), ""), false));
    if (priced)
        show_review(a, wizard);
    if (priced && ui->yes && !ui->agreed) {
        ui->agreed = "yes";
        *ret_choice = CLIENT_GO;
        return 0;
    }
    for (;;) {
        terminal_say("\n%s> ", priced ? "Deploy? y, n, or < to go back " : "< goes back, n ends ");
        if (terminal_line(a, false, &line, e) < 0)
            return -1;
        if (priced && (str_ieq(line, "y") || str_ieq(line, "yes")))
            *ret_choice = CLIENT_GO;
        else if (str_eq(line, "<"))
            *ret_choice = CLIENT_BACK;
        else if (str_ieq(line, "n") || str_ieq(line, "no"))
            *ret_choice = CLIENT_QUIT;
        else
            continue;
        return 0;
    }
}

void wizard_ui_progress(void *ctx, const struct json *deployment)
{
    const struct json *p = json_get(deployment, "progress");
    _arena_ struct arena *a = arena_new();
    struct wizard_ui *ui = ctx;
    int64_t percent = json_get_int(p, "percent", -1);
    const char *text;

    if (ui->quiet)
        return;
    text = arena_printf(a, "%lld/%lld %s", (long long)json_get_int(p, "step", 0),
                        (long long)json_get_int(p, "steps", 0), safe(a, p, "text"));
    if (percent >= 0)
        text = arena_printf(a, "%s %lld%%", text, (long long)percent);
    if (ui->told && str_eq(ui->told, text))
        return;
    ui->told = arena_strdup(ui->arena, text);
    terminal_say("  %s\n", text);
}
