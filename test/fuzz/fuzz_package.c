/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "package/answers.h"
#include "package/package.h"
#include "package/render.h"

/*
 * "package.toml NUL answers": whatever is read as a package is asked with whatever is read as
 * answers, and what is accepted is made containers of. Nothing that was accepted holds a control
 * character.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const struct json *v)
{
    const char *s = json_str(v, "");
    size_t i;

    for (i = 0; i < json_str_len(v); i++)
        if ((unsigned char)s[i] < ' ' && s[i] != '\n' && s[i] != '\t')
            abort();
    for (i = 0; json_is(v, JSON_OBJECT) && i < json_len(v); i++)
        check_clean(json_value(v, i));
    for (i = 0; json_is(v, JSON_ARRAY) && i < json_len(v); i++)
        check_clean(json_at(v, i));
}

static void render(struct arena *a, const struct package *p, const struct json *normal)
{
    const struct package_vars vars = {.answers = normal,
                                      .secrets = package_secrets_make(a, p),
                                      .name = "n",
                                      .host = "n.example.org",
                                      .url = "https://n.example.org"};
    struct package_container *containers;
    struct package_backup *backups;
    struct json *rows;
    size_t n;
    struct err e;

    (void)!package_render(a, p, &vars, &containers, &n, &e);
    (void)!package_render_backups(a, p, &vars, &backups, &n, &e);
    (void)!package_render_results(a, p, &vars, true, &rows, &e);
    (void)answers_review(a, p, normal);
    (void)answers_shown(a, p, normal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = memchr(text, '\0', size);
    size_t len = end ? (size_t)(end - text) : size;
    const struct package_rules rules = {.allow_tags = true};
    struct arena *a = arena_new();
    struct package_file file = {"package.toml", arena_strndup(a, text, len), len};
    const struct package_files files = {&file, 1};
    struct answers_ask ask = {.now_ms = 1800000000000};
    struct json *answers, *normal, *errors;
    struct package *p;
    struct err e;

    if (package_parse(a, "", &files, &rules, &p, &e) == 0) {
        (void)package_json(a, p);
        ask.package = p;
        if (!end || json_parse(a, end + 1, size - len - 1, &answers, &e) < 0)
            answers = json_new_object(a);
        if (answers_check(a, &ask, answers, &normal, &errors, &e) == 0) {
            check_clean(normal);
            render(a, p, normal);
        }
    } else if (e.code != ERR_PACKAGE_INVALID) {
        abort();
    }
    arena_free(a);
    return 0;
}
