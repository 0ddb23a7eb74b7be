/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "json/json_int.h"
#include "json/toml_int.h"

/* Values: strings, numbers, dates, arrays, inline tables. */

enum { WORD_MAX = 128 };
#define INTEGER_MAX INT64_C(9007199254740991)

/* --- strings --- */

/* How many quotes stand at p, at most max. */
static size_t quotes(const struct toml *t, char quote, size_t max)
{
    size_t n = 0;

    while (n < max && t->p + n < t->end && t->p[n] == quote)
        n++;
    return n;
}

static void put_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
    } else if (c < 0x800) {
        buf_putc(out, (char)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            buf_putc(out, (char)(0xe0 | c >> 12));
        } else {
            buf_putc(out, (char)(0xf0 | c >> 18));
            buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
        }
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    if (c >= 0x80)
        buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The digits behind \u or \U. */
static int unicode(struct toml *t, size_t digits, struct buf *out)
{
    uint32_t c = 0;

    for (; digits > 0; digits--) {
        int d = t->p < t->end ? hex_digit(*t->p) : -1;

        if (d < 0)
            return toml__bad(t, "\\u takes 4 and \\U takes 8 hex digits");
        c = c << 4 | (uint32_t)d;
        t->p++;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return toml__bad(t, "an escape names no character");
    put_utf8(out, c);
    return 0;
}

/* A backslash at the end of a line takes the line end and all blanks after it away. */
static bool line_continues(struct toml *t)
{
    const char *p = t->p;

    while (p < t->end && (*p == ' ' || *p == '\t'))
        p++;
    if (p < t->end && *p == '\r')
        p++;
    if (p == t->end || *p != '\n')
        return false;
    for (; t->p < t->end && strchr(" \t\r\n", *t->p) && *t->p; t->p++)
        t->line += *t->p == '\n';
    return true;
}

/* p is behind the backslash. */
static int escape(struct toml *t, bool multi, struct buf *out)
{
    static const char from[] = "btnfr\"\\";
    static const char to[] = "\b\t\n\f\r\"\\";
    char c = toml__peek(t);
    const char *at = c ? strchr(from, c) : NULL;

    if (multi && line_continues(t))
        return 0;
    t->p++;
    if (at)
        buf_putc(out, to[at - from]);
    else if (c == 'u' || c == 'U')
        return unicode(t, c == 'u' ? 4 : 8, out);
    else
        return toml__bad(t, "\\%c is no escape; write \\\\ for a backslash",
                         c > ' ' && c < 0x7f ? c : '?');
    return 0;
}

/* One character as it stands. */
static int plain(struct toml *t, bool multi, struct buf *out)
{
    unsigned char c = (unsigned char)*t->p;
    size_t n = c < 0x80 ? 1 : json__utf8_len(t->p, t->end);

    if (c == '\r' && multi && t->p + 1 < t->end && t->p[1] == '\n') {
        t->p++;
        return 0;
    }
    if (c == '\n' && multi)
        t->line++;
    else if ((c < ' ' && c != '\t') || c == 0x7f)
        return toml__bad(t, c == '\n' || c == '\r' ? "a string must end on its line"
                                                   : "a string holds a control character");
    if (n == 0)
        return toml__bad(t, "invalid UTF-8");
    buf_add(out, t->p, n);
    t->p += n;
    return 0;
}

/* Up to the closing quotes, of which a multi-line string may have two more as its own. */
static int string_rest(struct toml *t, char quote, bool multi, struct buf *out)
{
    while (t->p < t->end) {
        size_t n = quotes(t, quote, multi ? 5 : 1);

        if (n >= (multi ? 3U : 1U)) {
            buf_add(out, t->p, multi ? n - 3 : 0);
            t->p += n;
            return 0;
        }
        if (*t->p == '\\' && quote == '"') {
            t->p++;
            if (escape(t, multi, out) < 0)
                return -1;
        } else if (plain(t, multi, out) < 0) {
            return -1;
        }
    }
    return toml__bad(t, "a string has no end");
}

int toml__string(struct toml *t, bool multi, const char **ret, size_t *ret_len)
{
    _buf_ struct buf out = BUF_INIT(TOML_TEXT_MAX);
    char quote = *t->p;

    multi = multi && quotes(t, quote, 3) == 3;
    t->p += multi ? 3 : 1;
    if (multi && t->end - t->p >= 2 && memcmp(t->p, "\r\n", 2) == 0)
        t->p++;
    if (multi && toml__peek(t) == '\n') { /* the first line end is not part of it */
        t->p++;
        t->line++;
    }
    if (string_rest(t, quote, multi, &out) < 0)
        return -1;
    *ret = arena_strndup(t->a, buf_str(&out), out.len);
    *ret_len = out.len;
    return 0;
}

/* --- numbers and dates --- */

static bool is_decimal_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies the digits of a number without "_", which must stand between two of them. */
static bool without_underscores(const char *word, char *out)
{
    bool hex = word[0] == '0' && word[1] == 'x';
    const char *s;

    for (s = word; *s; s++)
        if (*s != '_')
            *out++ = *s;
        else if (s == word || (hex ? hex_digit(s[-1]) < 0 || hex_digit(s[1]) < 0
                                   : !is_decimal_digit(s[-1]) || !is_decimal_digit(s[1])))
            return false;
    *out = '\0';
    return true;
}

static bool radix_number(const char *digits, unsigned base, int64_t *ret)
{
    int64_t v = 0;

    if (!*digits)
        return false;
    for (; *digits; digits++) {
        int d = hex_digit(*digits);

        if (d < 0 || (unsigned)d >= base)
            return false;
        if (v <= INTEGER_MAX) /* more is too much whatever follows */
            v = v * base + d;
    }
    *ret = v;
    return true;
}

/* Decimal numbers are JSON's, but for a plus sign, and ".5" and "5." are neither's. */
static int decimal_number(struct toml *t, const char *s, struct json **ret)
{
    struct err why;
    int64_t n;

    if (*s == '+' && is_decimal_digit(s[1]))
        s++;
    if (json_parse(t->a, s, strlen(s), ret, &why) < 0 || !json_is(*ret, JSON_NUMBER))
        return toml__bad(t, "'%s' is no value; texts stand in quotes", s);
    if (!strpbrk(s, ".eE") && (!json_int(*ret, &n) || n > INTEGER_MAX || n < -INTEGER_MAX))
        return toml__bad(t, "%s is beyond 2^53", s);
    if (!isfinite(json_num(*ret, 0)))
        return toml__bad(t, "%s is beyond the largest number", s);
    return 0;
}

static int number(struct toml *t, const char *word, struct json **ret)
{
    static const struct {
        char letter;
        unsigned base;
    } radix[] = {{'x', 16}, {'o', 8}, {'b', 2}};
    char s[WORD_MAX];
    int64_t v;
    size_t i;

    if (!without_underscores(word, s))
        return toml__bad(t, "'%s': _ stands between two digits", word);
    if (s[0] != '0' || !s[1] || !strchr("xob", s[1]))
        return decimal_number(t, s, ret);
    for (i = 0; radix[i].letter != s[1];)
        i++;
    if (word[2] == '_' || !radix_number(s + 2, radix[i].base, &v))
        return toml__bad(t, "'%s' is no number", word);
    if (v > INTEGER_MAX)
        return toml__bad(t, "%s is beyond 2^53", word);
    *ret = json_new_int(t->a, v);
    return 0;
}

/* Two digits up to max, then what `after` says; NULL when it is something else. */
static const char *two(const char *s, unsigned min, unsigned max, unsigned *ret)
{
    if (!s || !is_decimal_digit(s[0]) || !is_decimal_digit(s[1]))
        return NULL;
    *ret = (unsigned)((s[0] - '0') * 10 + s[1] - '0');
    return *ret >= min && *ret <= max ? s + 2 : NULL;
}

static const char *one(const char *s, const char *set)
{
    return s && *s && strchr(set, *s) ? s + 1 : NULL;
}

/* "1979-05-27": behind it, NULL when it is none. */
static const char *date(const char *s)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned century, year, month, day;
    unsigned leap;

    s = two(two(s, 0, 99, &century), 0, 99, &year);
    s = one(two(one(s, "-"), 1, 12, &month), "-");
    s = two(s, 1, 31, &day);
    if (!s || century + year == 0)
        return NULL;
    year += century * 100;
    leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 ? leap : 0) ? s : NULL;
}

/* "07:32:00.999": behind it, NULL when it is none. */
static const char *time_of_day(const char *s)
{
    unsigned ignored;

    s = one(two(s, 0, 23, &ignored), ":");
    s = one(two(s, 0, 59, &ignored), ":");
    s = two(s, 0, 59, &ignored);
    if (!s || *s != '.')
        return s;
    if (!is_decimal_digit(*++s))
        return NULL;
    while (is_decimal_digit(*s))
        s++;
    return s;
}

/* "Z" or "-07:00" or nothing. */
static const char *offset(const char *s)
{
    unsigned ignored;

    if (!s || !*s || *s == 'Z' || *s == 'z')
        return s && *s ? s + 1 : s;
    s = one(two(one(s, "+-"), 0, 23, &ignored), ":");
    return two(s, 0, 59, &ignored);
}

/* A date, a time, or both with a "T" or one blank between them. */
static bool is_date(const char *s)
{
    const char *rest = date(s);

    if (!rest)
        rest = time_of_day(s);
    else if (*rest)
        rest = offset(time_of_day(one(rest, "Tt ")));
    return rest && !*rest;
}

static bool in_word(char c)
{
    return is_decimal_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("_+-.:", c));
}

static size_t word_len(const struct toml *t, size_t from)
{
    size_t n = from;

    while (t->p + n < t->end && n < WORD_MAX && in_word(t->p[n]))
        n++;
    return n;
}

/* What stands at p without quotes; a blank may stand in "1979-05-27 07:32:00". */
static int bare(struct toml *t, struct json **ret)
{
    char word[WORD_MAX];
    size_t n = word_len(t, 0);

    if (n == 10 && t->end - t->p > 12 && t->p[4] == '-' && t->p[10] == ' ' &&
        is_decimal_digit(t->p[11]))
        n = word_len(t, n + 1);
    if (n == 0 || n == WORD_MAX)
        return toml__bad(t, n ? "a value is too long" : "a value is missing");
    memcpy(word, t->p, n);
    word[n] = '\0';
    t->p += n;
    if (str_eq(word, "true") || str_eq(word, "false"))
        *ret = json_new_bool(t->a, word[0] == 't');
    else if (is_date(word))
        *ret = json_new_str(t->a, word);
    else
        return number(t, word, ret);
    return 0;
}

/* --- arrays and inline tables --- */

static int array(struct toml *t, struct json **ret)
{
    struct json *list = json_new_array(t->a);
    struct json *item;

    for (t->p++;; t->p++) {
        if (toml__lines(t) < 0)
            return -1;
        if (toml__peek(t) == ']')
            break;
        if (toml__value(t, &item) < 0 || toml__lines(t) < 0)
            return -1;
        json_push(t->a, list, item);
        if (toml__peek(t) == ']')
            break;
        if (toml__peek(t) != ',')
            return toml__bad(t, "an array goes on with , or ends with ]");
    }
    t->p++;
    *ret = list;
    return 0;
}

/* On one line, without a comma at the end, closed for ever: TOML 1.0. */
static int inline_table(struct toml *t, struct json **ret)
{
    struct json *table = json_new_object(t->a);
    size_t places = t->place_count;
    int section = t->section;

    t->p++;
    toml__blanks(t);
    while (toml__peek(t) != '}' || json_len(table) > 0) {
        t->section = section + 1;
        if (toml__assign(t, table) < 0)
            return -1;
        toml__blanks(t);
        if (toml__peek(t) == '}')
            break;
        if (toml__peek(t) != ',')
            return toml__bad(t, "an inline table goes on with , or ends with } on its line");
        t->p++;
        toml__blanks(t);
    }
    t->p++;
    t->place_count = places; /* what was dotted in it is closed with it */
    t->section = section;
    *ret = table;
    return 0;
}

int toml__value(struct toml *t, struct json **ret)
{
    int line = t->line;
    const char *text;
    size_t n;
    int rc;

    if (t->depth == TOML_DEPTH_MAX)
        return failed(t->e, TOO_LARGE, "line %d: nested deeper than %d", t->line, TOML_DEPTH_MAX);
    t->depth++;
    switch (toml__peek(t)) {
    case '"':
    case '\'':
        rc = toml__string(t, true, &text, &n);
        if (rc == 0)
            *ret = json_new_strn(t->a, text, n);
        break;
    case '[':
        rc = array(t, ret);
        break;
    case '{':
        rc = inline_table(t, ret);
        break;
    default:
        rc = bare(t, ret);
    }
    t->depth--;
    if (rc == 0)
        (*ret)->line = (uint32_t)line;
    return rc;
}
