/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/must.h"
#include "cli/answer.h"
#include "cli/terminal.h"

/* What a node's texts are for a terminal, and what a typed line is for a wizard's question. */

static const char *const types[] = {"string",   "int",   "number", "bool",     "confirm",
                                    "choice",   "multi", "size",   "datetime", "duration",
                                    "keyvalue", "text",  "sshkey", "secret"};

static struct json *question_of(struct arena *a, const char *type)
{
    static const char *const values[] = {"a", "2", "b c"};
    struct json *q = json_new_object(a);
    struct json *options = json_new_array(a);
    size_t i;

    for (i = 0; i < ARRAY_LEN(values); i++) {
        struct json *o = json_new_object(a);

        json_set_str(a, o, "value", values[i]);
        json_push(a, options, o);
    }
    json_set_str(a, q, "type", type);
    json_set(a, q, "options", options);
    return q;
}

static void check_safe(struct arena *a, const char *text)
{
    const char *once = terminal_safe(a, text, false);
    const char *lines = terminal_safe(a, text, true);
    const unsigned char *p;

    for (p = (const unsigned char *)once; *p; p++)
        must(*p >= 0x20 && *p != 0x7f && !(*p == 0xc2 && p[1] < 0xa0));
    must(strcmp(terminal_safe(a, once, false), once) == 0);
    for (p = (const unsigned char *)lines; *p; p++)
        must(*p == '\n' || *p >= 0x20);
    must(strlen(once) <= strlen(text));
}

static void check_answer(struct arena *a, const char *type, const char *text)
{
    const struct json *q = question_of(a, type);
    struct json *v = NULL;
    struct err e;

    if (*text == '@' && text[1] != '@') /* a file of this machine */
        return;
    if (answer_from_text(a, q, text, &v, &e) < 0) {
        must(e.code == ERR_INVALID);
        return;
    }
    must(v != NULL);
    (void)json_text(a, v);
    (void)answer_is_asked(v, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new();
    char *text;

    if (n > 0) {
        text = arena_strndup(a, (const char *)data + 1, n - 1);
        check_safe(a, text);
        check_answer(a, types[data[0] % ARRAY_LEN(types)], text);
    }
    arena_free(a);
    return 0;
}
