/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wizard.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/answer.h"
#include "cli/cli.h"
#include "json/toml.h"

/*
 * `atoll service deploy`: a package's wizard by hand, by a file of answers, or by both; whatever
 * is given is not asked.
 */

enum { PRESET_MAX = 4 << 20 };

/* --- what was given beforehand --- */

static int read_file(struct cli_call *call, const char *path, struct json **ret, struct err *e)
{
    struct bytes text;
    int r;

    if (fs_read(call->arena, path, PRESET_MAX, &text, e) < 0)
        return -1;
    if (str_ends(path, ".toml"))
        r = toml_parse(call->arena, (const char *)text.p, text.n, ret, e);
    else
        r = json_parse(call->arena, (const char *)text.p, text.n, ret, e);
    if (r < 0)
        return err_wrap(e, "%s", path);
    return json_is(*ret, JSON_OBJECT) ? 0 : failed(e, INVALID, "%s: NAME = VALUE is wanted", path);
}

static int read_preset(struct cli_call *call, struct json **ret, struct err *e)
{
    const struct json *sets = json_get(call->options, "set");
    const char *path = cli_option(call, "answers", NULL);
    struct json *preset = json_new_object(call->arena);
    size_t i;

    if (path && read_file(call, path, &preset, e) < 0)
        return -1;
    for (i = 0; i < json_len(sets); i++) {
        const char *pair = json_str(json_at(sets, i), "");
        const char *equals = strchr(pair, '=');

        if (!equals || equals == pair)
            return failed(e, INVALID, "--set %s: NAME=VALUE is wanted", pair);
        json_set_str(call->arena, preset, arena_strndup(call->arena, pair, (size_t)(equals - pair)),
                     equals + 1);
    }
    *ret = preset;
    return 0;
}

/* Its value for a question; a text is read as if it were typed. */
int wizard_ui_given(struct wizard_ui *ui, struct arena *a, const struct json *question,
                    struct json **ret, struct err *e)
{
    const char *name = json_get_str(question, "name", "");
    const struct json *v = json_get(ui->preset, name);

    *ret = NULL;
    if (!v)
        return 0;
    json_set_bool(ui->arena, ui->used, name, true);
    if (!json_is(v, JSON_STRING)) {
        *ret = json_copy(a, v);
        return 0;
    }
    return answer_from_text(a, question, json_str(v, ""), ret, e) < 0 ? err_wrap(e, "%s", name) : 0;
}

static int check_used(struct wizard_ui *ui, struct err *e)
{
    size_t i;

    for (i = 0; i < json_len(ui->preset); i++)
        if (!json_get(ui->used, json_key(ui->preset, i)))
            return failed(e, INVALID, "%s: this was not asked", json_key(ui->preset, i));
    return 0;
}

/* --- by a script --- */

static int ask_script(void *ctx, struct arena *a, const struct json *wizard,
                      enum client_choice *ret_choice, struct json **ret, struct err *e)
{
    const struct json *questions = json_get(wizard, "questions");
    const struct json *errors = json_get(wizard, "errors");
    struct json *answers = json_new_object(a);
    struct wizard_ui *ui = ctx;
    size_t i;

    for (i = 0; i < json_len(questions); i++) {
        const struct json *q = json_at(questions, i);
        const char *name = json_get_str(q, "name", "");
        struct json *v;

        if (json_get(errors, name))
            return failed(e, INVALID, "%s: %s", name, json_get_str(errors, name, ""));
        if (wizard_ui_given(ui, a, q, &v, e) < 0)
            return -1;
        if (!v) /* what is the same each time this wizard is taken up */
            v = json_get(q, "value") && !json_get(q, "answered")
                    ? json_copy(a, json_get(q, "value"))
                    : NULL;
        if (v)
            json_set(a, answers, name, v);
    }
    *ret_choice = CLIENT_GO;
    *ret = answers;
    return 0;
}

static int confirm_script(void *ctx, const struct json *wizard, enum client_choice *ret_choice,
                          struct err *e)
{
    const char *hash = json_get_str(json_get(wizard, "quote"), "hash", NULL);
    const struct json *errors = json_get(wizard, "errors");
    struct wizard_ui *ui = ctx;

    if (check_used(ui, e) < 0)
        return -1;
    if (!hash)
        return failed(e, FAILED, "there is no quote%s%s", json_len(errors) ? ": " : "",
                      json_str(json_value(errors, 0), ""));
    if (ui->agreed && !str_eq(ui->agreed, hash))
        return failed(e, FAILED, "the price has changed meanwhile: ask again");
    *ret_choice = ui->yes ? CLIENT_GO : CLIENT_QUIT;
    ui->agreed = arena_strdup(ui->arena, hash);
    return 0;
}

/* --- the verb --- */

/* Credentials are shown once, and this is the time. */
static void add_credentials(struct cli_call *call, struct json *result)
{
    const char *id = json_get_str(result, "id", "");
    const char *path = arena_printf(call->arena, "/marketplace/api/deployments/%s/credentials", id);
    struct json *answer;
    struct err ignored;

    if (client_ask(call->client, &(struct client_question){"POST", path, NULL}, &answer,
                   &ignored) == 0 &&
        json_len(json_get(answer, "credentials")) > 0)
        json_set(call->arena, result, "credentials", json_get(answer, "credentials"));
}

static int check_usage(struct cli_call *call, bool interactive, const char *resume, struct err *e)
{
    if (!call->args[0] && !resume)
        return failed(e, INVALID, "expected: PACKAGE, or --resume WIZARD");
    if (interactive && !isatty(STDIN_FILENO) && !isatty(STDERR_FILENO) &&
        json_get_bool(call->options, "json", false))
        return failed(e, INVALID, "--interactive wants a terminal; --answers and --set do not");
    return 0;
}

int cli_service_deploy(struct cli_call *call, struct json **ret, struct err *e)
{
    const char *resume = cli_option(call, "resume", NULL);
    bool interactive = json_get_bool(call->options, "interactive", false);
    struct wizard_ui ui = {.arena = call->arena,
                           .used = json_new_object(call->arena),
                           .yes = json_get_bool(call->options, "yes", false)};
    const struct client_wizard what = {.package = call->args[0],
                                       .resume = resume,
                                       .version = cli_option(call, "version", NULL),
                                       .no_wait = json_get_bool(call->options, "no-wait", false),
                                       .forget = !interactive};
    const struct client_answers script = {&ui, ask_script, confirm_script, wizard_ui_progress};
    const struct client_answers person = {&ui, wizard_ui_ask, wizard_ui_confirm,
                                          wizard_ui_progress};

    ui.quiet =
        json_get_bool(call->options, "quiet", false) || json_get_bool(call->options, "json", false);
    if (check_usage(call, interactive, resume, e) < 0 || read_preset(call, &ui.preset, e) < 0)
        return -1;
    if (client_deploy(call->client, &what, interactive ? &person : &script, ret, e) < 0)
        return -1;
    if (json_get(*ret, "deployment"))
        add_credentials(call, *ret);
    if (interactive && !json_get(*ret, "id"))
        terminal_say("Go on later with: atoll service deploy --interactive --resume %s\n",
                     terminal_safe(call->arena, json_get_str(*ret, "wizard", ""), false));
    return 0;
}
