/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"

enum { CELL_MAX = 4096, COLUMNS_MAX = 12, WIDEST_COLUMN = 72 };

/*
 * A value in one line. Texts come from strangers: control characters would reach the terminal,
 * so they are shown as a dot.
 */
static const char *cell(struct arena *a, const struct json *v)
{
    char *s;
    char *p;

    if (json_is(v, JSON_NULL))
        return "-";
    s = arena_strdup(a, json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v));
    if (strlen(s) > CELL_MAX)
        s[CELL_MAX] = '\0';
    for (p = s; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '.';
    return s;
}

static void print_object(struct arena *a, const struct json *v)
{
    size_t widest = 0;
    size_t i;

    for (i = 0; i < json_len(v); i++)
        if (strlen(json_key(v, i)) > widest)
            widest = strlen(json_key(v, i));
    for (i = 0; i < json_len(v); i++)
        (void)printf("%-*s  %s\n", (int)widest, json_key(v, i), cell(a, json_value(v, i)));
}

static void print_row(struct arena *a, const struct json *head, const struct json *row,
                      const size_t *widths)
{
    size_t n = json_len(head) < COLUMNS_MAX ? json_len(head) : COLUMNS_MAX;
    size_t i;

    for (i = 0; i < n; i++) {
        const char *text = row ? cell(a, json_get(row, json_key(head, i))) : json_key(head, i);

        (void)printf("%s%-*s", i ? "  " : "", i + 1 < n ? (int)widths[i] : 0, text);
    }
    (void)printf("\n");
}

/* The first row's members are the columns. */
static void print_table(struct arena *a, const struct json *v)
{
    const struct json *head = json_at(v, 0);
    size_t widths[COLUMNS_MAX] = {0};
    size_t i;
    size_t k;

    for (k = 0; k < json_len(head) && k < COLUMNS_MAX; k++) {
        widths[k] = strlen(json_key(head, k));
        for (i = 0; i < json_len(v); i++) {
            size_t n = strlen(cell(a, json_get(json_at(v, i), json_key(head, k))));

            if (n > widths[k])
                widths[k] = n < WIDEST_COLUMN ? n : WIDEST_COLUMN;
        }
    }
    print_row(a, head, NULL, widths);
    for (i = 0; i < json_len(v); i++)
        print_row(a, head, json_at(v, i), widths);
}

void cli_print(const struct json *v)
{
    _arena_ struct arena *a = arena_new();

    if (json_is(v, JSON_OBJECT) && json_len(v) == 1 && json_is(json_value(v, 0), JSON_ARRAY))
        v = json_value(v, 0); /* {"assets": [...]} */
    if (json_is(v, JSON_OBJECT))
        print_object(a, v);
    else if (json_is(v, JSON_ARRAY) && json_is(json_at(v, 0), JSON_OBJECT))
        print_table(a, v);
    else if (json_is(v, JSON_ARRAY) && json_len(v) == 0)
        (void)printf("none\n");
    else
        (void)printf("%s\n", cell(a, v));
}
