/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/answer.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/date.h"
#include "base/fs.h"
#include "base/str.h"

typedef int (*reader)(struct arena *a, const struct json *question, const char *text,
                      struct json **ret, struct err *e);

static int as_text(struct arena *a, const struct json *question, const char *text,
                   struct json **ret, struct err *e)
{
    (void)question;
    (void)e;
    *ret = json_new_str(a, text);
    return 0;
}

static int as_number(struct arena *a, const struct json *question, const char *text,
                     struct json **ret, struct err *e)
{
    char *end;
    double v = strtod(text, &end);

    (void)question;
    if (end == text || *end || !isfinite(v))
        return failed(e, INVALID, "a number is wanted");
    *ret = json_new_num(a, v);
    return 0;
}

static int as_bool(struct arena *a, const struct json *question, const char *text,
                   struct json **ret, struct err *e)
{
    static const char *const words[] = {"n", "no", "false", "y", "yes", "true"};
    size_t i;

    (void)question;
    for (i = 0; i < ARRAY_LEN(words); i++)
        if (str_ieq(text, words[i])) {
            *ret = json_new_bool(a, i >= 3);
            return 0;
        }
    return failed(e, INVALID, "yes or no is wanted");
}

/* An option by its value, else by its place. A value that looks like a place comes first. */
static const char *option_of(const struct json *question, const char *text)
{
    const struct json *options = json_get(question, "options");
    uint64_t place;
    size_t i;

    for (i = 0; i < json_len(options); i++)
        if (str_eq(json_get_str(json_at(options, i), "value", NULL), text))
            return text;
    if (str_u64(text, json_len(options), &place) && place > 0)
        return json_get_str(json_at(options, (size_t)place - 1), "value", NULL);
    return NULL;
}

static int as_option(struct arena *a, const struct json *question, const char *text,
                     struct json **ret, struct err *e)
{
    const char *value = option_of(question, text);

    if (!value)
        return failed(e, INVALID, "one of the options is wanted");
    *ret = json_new_str(a, value);
    return 0;
}

static const char *trimmed(struct arena *a, const char *s)
{
    size_t n;

    while (isspace((unsigned char)*s))
        s++;
    for (n = strlen(s); n > 0 && isspace((unsigned char)s[n - 1]);)
        n--;
    return arena_strndup(a, s, n);
}

static int as_options(struct arena *a, const struct json *question, const char *text,
                      struct json **ret, struct err *e)
{
    struct json *list = json_new_array(a);
    const char *rest = text;
    const char *word;

    while ((word = str_next(a, &rest, ','))) {
        struct json *v;

        word = trimmed(a, word);
        if (!*word)
            continue;
        if (as_option(a, question, word, &v, e) < 0)
            return -1;
        json_push(a, list, v);
    }
    *ret = list;
    return 0;
}

/* "90m", "12h", "3d", "2w" from now. */
static bool from_now(const char *text, int64_t *ret)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
    size_t n = strspn(text, "0123456789");
    int64_t count = 0;
    size_t i;

    if (n == 0 || n > 6 || !text[n] || text[n + 1])
        return false;
    for (i = 0; i < n; i++)
        count = 10 * count + (text[i] - '0');
    for (i = 0; i < ARRAY_LEN(units); i++)
        if (units[i].unit == text[n]) {
            *ret = clock_ms() + count * units[i].ms;
            return true;
        }
    return false;
}

static int as_moment(struct arena *a, const struct json *question, const char *text,
                     struct json **ret, struct err *e)
{
    int64_t ms;

    (void)question;
    if (!from_now(text, &ms) && !date_parse(text, &ms))
        return failed(e, INVALID, "a time is wanted: 2026-12-01 12:00 (UTC), or 3d from now");
    *ret = json_new_int(a, ms);
    return 0;
}

static int as_pairs(struct arena *a, const struct json *question, const char *text,
                    struct json **ret, struct err *e)
{
    char separator = strchr(text, '\n') ? '\n' : ',';
    struct json *pairs = json_new_object(a);
    const char *rest = text;
    const char *word;

    (void)question;
    while ((word = str_next(a, &rest, separator))) {
        const char *equals = strchr(word, '=');

        if (!*trimmed(a, word))
            continue;
        if (!equals || equals == word)
            return failed(e, INVALID, "NAME=VALUE is wanted");
        json_set_str(a, pairs, trimmed(a, arena_strndup(a, word, (size_t)(equals - word))),
                     equals + 1);
    }
    *ret = pairs;
    return 0;
}

/* @PATH is the file's content; a text that begins with @ is written @@. */
static int as_long_text(struct arena *a, const struct json *question, const char *text,
                        struct json **ret, struct err *e)
{
    struct bytes content;

    if (*text != '@' || text[1] == '@')
        return as_text(a, question, *text == '@' ? text + 1 : text, ret, e);
    if (fs_read(a, text + 1, ANSWER_FILE_MAX_BYTES, &content, e) < 0)
        return -1;
    *ret = json_new_strn(a, (const char *)content.p, content.n);
    return 0;
}

static const char *type_of(const char *path)
{
    static const struct {
        const char *end;
        const char *type;
    } types[] = {{".txt", "text/plain"},        {".md", "text/markdown"},  {".csv", "text/csv"},
                 {".json", "application/json"}, {".html", "text/html"},    {".png", "image/png"},
                 {".jpg", "image/jpeg"},        {".svg", "image/svg+xml"}, {".pem", "text/plain"},
                 {".pub", "text/plain"},        {".toml", "text/plain"},   {".yaml", "text/plain"},
                 {".yml", "text/plain"},        {".conf", "text/plain"}};
    size_t i;

    for (i = 0; i < ARRAY_LEN(types); i++)
        if (str_ends(path, types[i].end))
            return types[i].type;
    return "application/octet-stream";
}

static int as_file(struct arena *a, const struct json *question, const char *text,
                   struct json **ret, struct err *e)
{
    struct bytes content;
    const char *slash = strrchr(text, '/');
    struct json *v = json_new_object(a);

    (void)question;
    if (fs_read(a, text, ANSWER_FILE_MAX_BYTES, &content, e) < 0)
        return -1;
    json_set_str(a, v, "name", slash ? slash + 1 : text);
    json_set_str(a, v, "type", type_of(text));
    json_set_str(a, v, "content", base64_dup(a, content.p, content.n));
    *ret = v;
    return 0;
}

int answer_from_text(struct arena *a, const struct json *question, const char *text,
                     struct json **ret, struct err *e)
{
    static const struct {
        const char *type;
        reader read;
    } readers[] = {{"int", as_number},      {"number", as_number},   {"bool", as_bool},
                   {"confirm", as_bool},    {"choice", as_option},   {"dropdown", as_option},
                   {"size", as_option},     {"pool", as_option},     {"multi", as_options},
                   {"datetime", as_moment}, {"keyvalue", as_pairs},  {"file", as_file},
                   {"text", as_long_text},  {"sshkey", as_long_text}};
    const char *type = json_get_str(question, "type", "string");
    size_t i;

    for (i = 0; i < ARRAY_LEN(readers); i++)
        if (str_eq(readers[i].type, type))
            return readers[i].read(a, question, text, ret, e);
    return as_text(a, question, text, ret, e);
}

/* An answer as `when` compares it: texts as they are, what else there is as JSON prints it. */
static const char *as_word(struct arena *a, const struct json *v)
{
    if (json_type(v) == JSON_NULL)
        return "";
    return json_is(v, JSON_STRING) ? json_str(v, "") : json_text(a, v);
}

bool answer_is_asked(const struct json *question, const struct json *answers)
{
    const struct json *when = json_get(question, "when");
    const struct json *but = json_get(when, "is_not");
    const struct json *values = but ? but : json_get(when, "is");
    _arena_ struct arena *a = arena_new();
    const char *answer;
    bool found = false;
    size_t i;

    if (!json_is(when, JSON_OBJECT))
        return true;
    answer = as_word(a, json_get(answers, json_get_str(when, "question", "")));
    for (i = 0; i < json_len(values); i++)
        found = found || str_eq(as_word(a, json_at(values, i)), answer);
    return found == !but;
}
