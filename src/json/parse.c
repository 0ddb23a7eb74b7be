/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "json/json_int.h"

/*
 * One pass over the text. All strings go into one piece of memory as long as the text: an
 * unescaped string with its NUL is never longer than its source with its quotes. The elements
 * of the open containers wait on one stack and are copied out when their container ends.
 */
struct entry {
    const char *key;
    uint32_t key_len;
    struct json value;
};

struct parser {
    struct arena *a;
    const char *start;
    const char *p;
    const char *end;
    char *out; /* where the next string goes; never ahead of p in its text */
    struct entry *stack;
    size_t top;
    size_t cap;
    size_t values;
    size_t max_values;
    const char *why;
};

static bool stop(struct parser *s, const char *why)
{
    s->why = why;
    return false;
}

static void skip_blanks(struct parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
        s->p++;
}

/* --- strings --- */

/* Copies plain characters; afterwards *p is a quote, a backslash, a control or no ASCII. */
static void copy_plain(struct parser *s)
{
    uint64_t w;
    size_t n;

    while (s->end - s->p >= 8) {
        memcpy(&w, s->p, 8);
        memcpy(s->out, &w, 8);
        n = json__plain_bytes(w);
        s->p += n;
        s->out += n;
        if (n < 8)
            return;
    }
    while (s->p < s->end && (unsigned char)*s->p >= 0x20 && (unsigned char)*s->p < 0x80 &&
           *s->p != '"' && *s->p != '\\')
        *s->out++ = *s->p++;
}

/* How long a UTF-8 sequence is by its first byte, 0 when none starts so (ASCII is not asked). */
static size_t utf8_need(unsigned char first)
{
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

size_t json__utf8_len(const char *text, const char *end)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t need = utf8_need(p[0]);
    size_t i;

    if (need == 0 || (size_t)(end - text) < need)
        return 0;
    for (i = 1; i < need; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (p[0] == 0xe0 || p[0] == 0xf0) /* longer than it need be */
        return p[1] >= (p[0] == 0xe0 ? 0xa0 : 0x90) ? need : 0;
    if (p[0] == 0xed || p[0] == 0xf4) /* a surrogate; beyond U+10FFFF */
        return p[1] <= (p[0] == 0xed ? 0x9f : 0x8f) ? need : 0;
    return need;
}

/* The four digits of \uXXXX at p; -1 when they are not there. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t code = 0;
    int i;

    if (end - p < 4)
        return -1;
    for (i = 0; i < 4; i++) {
        int c = (unsigned char)p[i];

        if (c >= '0' && c <= '9')
            c -= '0';
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            c = (c | 32) - 'a' + 10;
        else
            return -1;
        code = code * 16 + c;
    }
    return code;
}

static char *put_code(char *out, int32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | (code >> 6));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) { /* lone surrogates too: WTF-8 */
        *out++ = (char)(0xe0 | (code >> 12));
        *out++ = (char)(0x80 | ((code >> 6) & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | (code >> 18));
        *out++ = (char)(0x80 | ((code >> 12) & 0x3f));
        *out++ = (char)(0x80 | ((code >> 6) & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* p stands behind "\u". */
static bool unicode_escape(struct parser *s)
{
    int32_t code = hex4(s->p, s->end);
    int32_t low;

    if (code < 0)
        return stop(s, "bad \\u escape");
    s->p += 4;
    if (code >= 0xd800 && code < 0xdc00 && s->end - s->p >= 6 && s->p[0] == '\\' &&
        s->p[1] == 'u') {
        low = hex4(s->p + 2, s->end);
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            s->p += 6;
        }
    }
    s->out = put_code(s->out, code);
    return true;
}

/* p stands on the backslash. */
static bool escape(struct parser *s)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const char *name;

    if (s->end - s->p < 2)
        return stop(s, "unterminated string");
    s->p++;
    if (*s->p == 'u') {
        s->p++;
        return unicode_escape(s);
    }
    name = *s->p ? strchr(names, *s->p) : NULL;
    if (!name)
        return stop(s, "bad escape");
    *s->out++ = values[name - names];
    s->p++;
    return true;
}

/* p stands behind the opening quote; afterwards behind the closing one. */
static bool string(struct parser *s, const char **ret, uint32_t *ret_len)
{
    char *first = s->out;
    size_t n;

    for (;;) {
        copy_plain(s);
        if (s->p == s->end)
            return stop(s, "unterminated string");
        if (*s->p == '"')
            break;
        if (*s->p == '\\') {
            if (!escape(s))
                return false;
            continue;
        }
        if ((unsigned char)*s->p < 0x20)
            return stop(s, "control character in a string");
        n = json__utf8_len(s->p, s->end);
        if (n == 0)
            return stop(s, "invalid UTF-8");
        memcpy(s->out, s->p, n);
        s->out += n;
        s->p += n;
    }
    s->p++;
    *ret = first;
    *ret_len = (uint32_t)(s->out - first);
    *s->out++ = '\0';
    return true;
}

/* --- numbers --- */

static bool is_digit(const struct parser *s, const char *p)
{
    return p < s->end && *p >= '0' && *p <= '9';
}

/* What has been read of a number: mantissa * 10^exponent while `exact`. */
struct decimal {
    uint64_t mantissa;
    int exponent;
    bool exact;
};

static void digit_add(struct decimal *d, char c)
{
    if (d->mantissa > (UINT64_C(1) << 53) / 10)
        d->exact = false;
    else
        d->mantissa = d->mantissa * 10 + (uint64_t)(c - '0');
}

/* The grammar of the exponent at p ("e+5"); returns its end, NULL when it is broken. */
static const char *exponent(const struct parser *s, const char *p, struct decimal *d)
{
    bool negative = false;
    int value = 0;

    p++;
    if (p < s->end && (*p == '+' || *p == '-'))
        negative = *p++ == '-';
    if (!is_digit(s, p))
        return NULL;
    for (; is_digit(s, p); p++)
        if (value < 10000)
            value = value * 10 + (*p - '0');
    d->exponent += negative ? -value : value;
    return p;
}

/* The end of the number at p, NULL when it is none. */
static const char *number_scan(const struct parser *s, const char *p, struct decimal *d)
{
    if (!is_digit(s, p))
        return NULL;
    if (*p == '0')
        p++;
    else
        for (; is_digit(s, p); p++)
            digit_add(d, *p);
    if (p < s->end && *p == '.') {
        p++;
        if (!is_digit(s, p))
            return NULL;
        for (; is_digit(s, p); p++) {
            digit_add(d, *p);
            d->exponent -= d->exact;
        }
    }
    if (p < s->end && (*p | 32) == 'e')
        return exponent(s, p, d);
    return p;
}

static bool number(struct parser *s, struct json *ret)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal d = {.exact = true};
    const char *first = s->p;
    bool negative = *first == '-';
    const char *end = number_scan(s, first + negative, &d);

    if (!end)
        return stop(s, "bad number");
    s->p = end;
    ret->type = JSON_NUMBER;
    if (d.exact && d.mantissa <= UINT64_C(1) << 53 && d.exponent >= -22 && d.exponent <= 22) {
        /* both factors are exact, so one rounding gives the nearest double */
        ret->u.num = (double)d.mantissa;
        ret->u.num =
            d.exponent < 0 ? ret->u.num / power[-d.exponent] : ret->u.num * power[d.exponent];
        if (negative)
            ret->u.num = -ret->u.num;
        return true;
    }
    memcpy(s->out, first, (size_t)(end - first)); /* strtod wants its NUL */
    s->out[end - first] = '\0';
    ret->u.num = strtod(s->out, NULL);
    return true;
}

/* --- containers --- */

static bool value(struct parser *s, struct json *ret, int depth);

static struct entry *push(struct parser *s)
{
    if (s->top == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->stack = xrealloc(s->stack, s->cap * sizeof(*s->stack));
    }
    return &s->stack[s->top++];
}

static void array_make(struct parser *s, size_t base, struct json *ret)
{
    size_t n = s->top - base;
    struct json *values = arena_alloc(s->a, n * (sizeof(*values) + sizeof(struct json *)));
    struct json **items = (struct json **)(void *)(values + n);
    size_t i;

    for (i = 0; i < n; i++) {
        values[i] = s->stack[base + i].value;
        items[i] = &values[i];
    }
    ret->len = ret->cap = (uint32_t)n;
    ret->u.items = items;
    s->top = base;
}

static void object_make(struct parser *s, size_t base, struct json *ret)
{
    size_t n = s->top - base;
    struct object *o =
        arena_alloc(s->a, sizeof(*o) + n * (sizeof(struct member) + sizeof(struct json)));
    struct member *members = (struct member *)(void *)(o + 1);
    struct json *values = (struct json *)(void *)(members + n);
    size_t i;

    for (i = 0; i < n; i++) {
        const struct entry *e = &s->stack[base + i];

        values[i] = e->value;
        members[i] = (struct member){.key = e->key, .key_len = e->key_len, .value = &values[i]};
    }
    json__object_make(s->a, ret, o, members, n);
    s->top = base;
}

/* The key and the colon of a member. */
static bool member_key(struct parser *s, const char **ret_key, uint32_t *ret_len)
{
    skip_blanks(s);
    if (s->p == s->end || *s->p != '"')
        return stop(s, "expected a key");
    s->p++;
    if (!string(s, ret_key, ret_len))
        return false;
    skip_blanks(s);
    if (s->p == s->end || *s->p != ':')
        return stop(s, "expected ':'");
    s->p++;
    return true;
}

/* p stands behind the opening bracket. */
static bool container(struct parser *s, struct json *ret, char close, int depth)
{
    size_t base = s->top;

    ret->type = close == ']' ? JSON_ARRAY : JSON_OBJECT;
    skip_blanks(s);
    if (s->p < s->end && *s->p == close) {
        s->p++;
        return true;
    }
    for (;;) {
        struct entry e = {.key = NULL};

        if (close == '}' && !member_key(s, &e.key, &e.key_len))
            return false;
        if (!value(s, &e.value, depth))
            return false;
        if (++s->values > s->max_values)
            return stop(s, "too many values");
        *push(s) = e;
        skip_blanks(s);
        if (s->p == s->end || (*s->p != ',' && *s->p != close))
            return stop(s, close == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
        if (*s->p++ == close)
            break;
    }
    if (close == ']')
        array_make(s, base, ret);
    else
        object_make(s, base, ret);
    return true;
}

static bool word(struct parser *s, const char *text, size_t n)
{
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, text, n) != 0)
        return stop(s, "expected a value");
    s->p += n;
    return true;
}

/* *ret is cleared memory. */
static bool value(struct parser *s, struct json *ret, int depth)
{
    skip_blanks(s);
    if (s->p == s->end)
        return stop(s, "unexpected end");
    switch (*s->p) {
    case '{':
    case '[':
        if (depth >= JSON_DEPTH_MAX)
            return stop(s, "nested too deeply");
        s->p++;
        return container(s, ret, s->p[-1] == '{' ? '}' : ']', depth + 1);
    case '"':
        s->p++;
        ret->type = JSON_STRING;
        return string(s, &ret->u.str, &ret->len);
    case 't':
    case 'f':
        ret->type = JSON_BOOL;
        ret->u.flag = *s->p == 't';
        return ret->u.flag ? word(s, "true", 4) : word(s, "false", 5);
    case 'n':
        return word(s, "null", 4);
    default:
        if (*s->p == '-' || is_digit(s, s->p))
            return number(s, ret);
        return stop(s, "expected a value");
    }
}

/* Line and column of p, both from 1; columns count bytes. */
static int failure(const struct parser *s, struct err *e)
{
    size_t line = 1;
    const char *line_start = s->start;
    const char *p;

    for (p = s->start; p < s->p; p++)
        if (*p == '\n') {
            line++;
            line_start = p + 1;
        }
    return failed(e, INVALID, "invalid JSON at line %zu column %zu: %s", line,
                  (size_t)(s->p - line_start) + 1, s->why);
}

int json_parse(struct arena *a, const char *text, size_t len, struct json **ret, struct err *e)
{
    return json_parse_most(a, text, len, JSON_VALUES_MAX, ret, e);
}

int json_parse_most(struct arena *a, const char *text, size_t len, size_t max_values,
                    struct json **ret, struct err *e)
{
    struct parser s = {
        .a = a, .start = text, .p = text, .end = text + len, .max_values = max_values};
    struct json *root;
    bool good;

    if (len > JSON_TEXT_MAX)
        return failed(e, TOO_LARGE, "a JSON text of %zu bytes; at most %d are read", len,
                      JSON_TEXT_MAX);
    s.out = arena_alloc(a, len + 1);
    root = arena_calloc(a, 1, sizeof(*root));
    good = value(&s, root, 0);
    free(s.stack);
    if (s.values > max_values)
        return failed(e, TOO_LARGE, "a JSON text of more than %zu values", max_values);
    if (!good)
        return failure(&s, e);
    skip_blanks(&s);
    if (s.p != s.end) {
        s.why = "text after the value";
        return failure(&s, e);
    }
    *ret = root;
    return 0;
}
