/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "chain/u256.h"
#include "cli/cli.h"

/* Results for people: what fits stays in one line, what does not is laid out as an outline. */

enum {
    CELL_MAX = 4096,
    COLUMNS_MAX = 12,
    WIDTH_OTHERWISE = 80, /* of a terminal that does not say */
    WORD_MAX = 200,       /* longer ones are ciphertext; every identifier is shorter */
    WORD_SHOWN = 40,
    NESTED_MAX = 8 /* deeper levels are shown as JSON */
};

static size_t terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return WIDTH_OTHERWISE;
    return size.ws_col;
}

/* An amount of a token as the marketplace has them: "-0.25 OCEAN"; NULL for anything else. */
static const char *money(struct arena *a, const struct json *v)
{
    const char *amount = json_get_str(v, "amount", NULL);
    const char *symbol = json_get_str(v, "symbol", NULL);
    int64_t decimals = json_get_int(v, "decimals", -1);
    struct u256 n;

    if (!amount || !symbol || !json_get(v, "token") || decimals < 0 || decimals > 77 ||
        !u256_parse(amount + (*amount == '-'), &n))
        return NULL;
    return arena_printf(a, "%s%s %s", *amount == '-' ? "-" : "",
                        units_text(a, &n, (unsigned)decimals), symbol);
}

/*
 * A value in one line. Texts come from strangers: control characters would reach the terminal,
 * so they are shown as a dot.
 */
static const char *cell(struct arena *a, const struct json *v)
{
    const char *m;
    char *s;
    char *p;

    if (json_is(v, JSON_NULL))
        return "-";
    m = money(a, v);
    s = arena_strdup(a, m ? m : json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v));
    if (json_is(v, JSON_STRING) && strlen(s) > WORD_MAX && !strchr(s, ' '))
        s = arena_printf(a, "%.*s... (%zu characters)", WORD_SHOWN, s, strlen(s));
    if (strlen(s) > CELL_MAX)
        s[CELL_MAX] = '\0';
    for (p = s; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '.';
    return s;
}

static void print_object(struct arena *a, const struct json *v, size_t depth, bool item);

static bool is_plain(struct arena *a, const struct json *v)
{
    return json_len(v) == 0 || money(a, v); /* scalars, {} and [] */
}

/* A list under its name: one "- " for each element. */
static void print_list(struct arena *a, const struct json *v, size_t depth)
{
    size_t i;

    for (i = 0; i < json_len(v); i++)
        if (json_is(json_at(v, i), JSON_OBJECT) && depth < NESTED_MAX)
            print_object(a, json_at(v, i), depth + 1, true);
        else
            (void)printf("%*s- %s\n", (int)(2 * depth), "", cell(a, json_at(v, i)));
}

/* item: the first line carries the "- " of a list's element. */
static void print_object(struct arena *a, const struct json *v, size_t depth, bool item)
{
    size_t indent = 2 * depth;
    size_t widest = 0;
    size_t i;

    for (i = 0; i < json_len(v); i++)
        if (strlen(json_key(v, i)) > widest)
            widest = strlen(json_key(v, i));
    for (i = 0; i < json_len(v); i++) {
        const struct json *value = json_value(v, i);
        const char *text = cell(a, value);
        bool first = item && i == 0;

        (void)printf("%*s%s", (int)(first ? indent - 2 : indent), "", first ? "- " : "");
        if (is_plain(a, value) || depth >= NESTED_MAX ||
            indent + widest + 2 + strlen(text) <= terminal_width()) {
            (void)printf("%-*s  %s\n", (int)widest, json_key(v, i), text);
            continue;
        }
        (void)printf("%s\n", json_key(v, i));
        if (json_is(value, JSON_OBJECT))
            print_object(a, value, depth + 1, false);
        else
            print_list(a, value, depth + 1);
    }
}

static void print_row(struct arena *a, const struct json *head, const struct json *row,
                      const size_t *widths)
{
    size_t n = json_len(head);
    size_t i;

    for (i = 0; i < n; i++) {
        const char *text = row ? cell(a, json_get(row, json_key(head, i))) : json_key(head, i);

        (void)printf("%s%-*s", i ? "  " : "", i + 1 < n ? (int)widths[i] : 0, text);
    }
    (void)printf("\n");
}

/* Columns as wide as their widest cell; false when they do not fit side by side. */
static bool measure(struct arena *a, const struct json *v, size_t widths[COLUMNS_MAX])
{
    const struct json *head = json_at(v, 0);
    size_t total = 0;
    size_t i;
    size_t k;

    if (json_len(head) > COLUMNS_MAX)
        return false;
    for (k = 0; k < json_len(head); k++) {
        widths[k] = strlen(json_key(head, k));
        for (i = 0; i < json_len(v); i++) {
            size_t n = strlen(cell(a, json_get(json_at(v, i), json_key(head, k))));

            if (n > widths[k])
                widths[k] = n;
        }
        total += widths[k] + (k ? 2 : 0);
    }
    return total <= terminal_width();
}

/* A table, whose columns are the first row's members; or, where that is too wide, one by one. */
static void print_rows(struct arena *a, const struct json *v)
{
    size_t widths[COLUMNS_MAX];
    bool fits = measure(a, v, widths);
    size_t i;

    if (fits)
        print_row(a, json_at(v, 0), NULL, widths);
    for (i = 0; i < json_len(v); i++) {
        if (fits) {
            print_row(a, json_at(v, 0), json_at(v, i), widths);
            continue;
        }
        if (i)
            (void)printf("\n");
        print_object(a, json_at(v, i), 0, false);
    }
}

void cli_print(const struct json *v)
{
    _arena_ struct arena *a = arena_new();

    if (json_is(v, JSON_OBJECT) && json_len(v) == 1 && json_is(json_value(v, 0), JSON_ARRAY))
        v = json_value(v, 0); /* {"assets": [...]} */
    if (json_is(v, JSON_OBJECT))
        print_object(a, v, 0, false);
    else if (json_is(v, JSON_ARRAY) && json_is(json_at(v, 0), JSON_OBJECT))
        print_rows(a, v);
    else if (json_is(v, JSON_ARRAY) && json_len(v) == 0)
        (void)printf("none\n");
    else
        (void)printf("%s\n", cell(a, v));
}
