/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json_int.h"

/* --- numbers --- */

/* Digits (no leading or trailing zero) and the place of the point: 0.DIGITS * 10^point. */
struct digits {
    char text[24];
    int count;
    int point;
};

/* Adds one to the last digit before the exponent; false when all digits are nines. */
static bool digits_increment(char *text)
{
    char *p = strchr(text, 'e') - 1;

    if (strspn(text, "9.") > (size_t)(p - text))
        return false;
    while (*p == '9' || *p == '.') {
        if (*p == '9')
            *p = '0';
        p--;
    }
    ++*p;
    return true;
}

/*
 * v in the given number of digits, when that reads back as v. Below a power of two doubles lie
 * closer than above it, so there the decimal above v may do where the nearest one does not.
 */
static bool digits_try(double v, int precision, char *text, size_t size)
{
    int exponent;

    (void)snprintf(text, size, "%.*e", precision - 1, v);
    if (strtod(text, NULL) == v)
        return true;
    if (frexp(v, &exponent) != 0.5)
        return false;
    return digits_increment(text) && strtod(text, NULL) == v;
}

/*
 * The shortest of 15 to 17 digits that reads back as v (shorter ones end in zeros, dropped);
 * numbers below the normal range have fewer digits to give.
 */
static void digits_of(double v, struct digits *d)
{
    char text[40];
    const char *e;
    int precision;
    const char *p;

    for (precision = v < DBL_MIN ? 1 : 15; precision < 17; precision++)
        if (digits_try(v, precision, text, sizeof(text)))
            break;
    if (precision == 17)
        (void)snprintf(text, sizeof(text), "%.16e", v); /* always reads back */
    e = strchr(text, 'e');
    d->count = 0;
    for (p = text; p < e; p++)
        if (*p != '.')
            d->text[d->count++] = *p;
    while (d->count > 1 && d->text[d->count - 1] == '0')
        d->count--;
    d->point = (int)strtol(e + 1, NULL, 10) + 1;
}

/* As Number.prototype.toString lays digits out. */
static void digits_write(struct buf *out, const struct digits *d)
{
    int i;

    if (d->point > 21 || d->point <= -6) {
        buf_putc(out, d->text[0]);
        if (d->count > 1) {
            buf_putc(out, '.');
            buf_add(out, d->text + 1, (size_t)d->count - 1);
        }
        buf_printf(out, "e%+d", d->point - 1);
    } else if (d->point <= 0) {
        buf_puts(out, "0.");
        for (i = d->point; i < 0; i++)
            buf_putc(out, '0');
        buf_add(out, d->text, (size_t)d->count);
    } else if (d->point >= d->count) {
        buf_add(out, d->text, (size_t)d->count);
        for (i = d->count; i < d->point; i++)
            buf_putc(out, '0');
    } else {
        buf_add(out, d->text, (size_t)d->point);
        buf_putc(out, '.');
        buf_add(out, d->text + d->point, (size_t)(d->count - d->point));
    }
}

static void write_u64(struct buf *out, uint64_t v)
{
    char text[20];
    size_t at = sizeof(text);

    do
        text[--at] = (char)('0' + v % 10);
    while (v /= 10);
    buf_add(out, text + at, sizeof(text) - at);
}

/*
 * v = whole / 10^places with at most 15 digits, which is what most fractions in documents are:
 * such a decimal is the only one of its length that reads back as v. False when there is none.
 */
static bool write_short_fraction(struct buf *out, double v)
{
    double power = 10;
    double whole;
    uint64_t rest;
    int places;
    char text[20];
    int i;

    for (places = 1; places <= 12; places++) {
        whole = round(v * power);
        if (whole >= 1e15)
            return false;
        if (whole / power == v)
            break;
        power *= 10;
    }
    if (places > 12)
        return false;
    rest = (uint64_t)whole;
    for (i = places; i > 0; i--) {
        text[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    text[0] = '.';
    write_u64(out, rest);
    buf_add(out, text, (size_t)places + 1);
    return true;
}

void json_write_number(struct buf *out, double v)
{
    struct digits d;

    if (!isfinite(v)) {
        buf_puts(out, "null");
        return;
    }
    if (v < 0) {
        buf_putc(out, '-');
        v = -v;
    }
    if (v < 9007199254740992.0 && v == floor(v)) {
        write_u64(out, (uint64_t)v); /* -0 prints as 0 */
        return;
    }
    if (v >= 1e-5 && v < 1e15 && write_short_fraction(out, v))
        return;
    digits_of(v, &d);
    digits_write(out, &d);
}

/* --- strings --- */

static void write_escape(struct buf *out, unsigned char c)
{
    static const char letters[] = "btn?fr"; /* for 8 to 13; there is none for 11 */

    if (c == '"' || c == '\\')
        buf_printf(out, "\\%c", c);
    else if (c >= 8 && c <= 13 && c != 11)
        buf_printf(out, "\\%c", letters[c - 8]);
    else
        buf_printf(out, "\\u%04x", c);
}

/* WTF-8's three bytes of a surrogate start with ed a0..bf. */
static bool is_surrogate(const char *s, size_t n)
{
    return n >= 3 && (unsigned char)s[0] == 0xed && (unsigned char)s[1] >= 0xa0;
}

/* Where the plain characters from i on end; perhaps early, never late. */
static size_t plain_run(const char *s, size_t n, size_t i)
{
    uint64_t w;
    size_t plain;

    while (i < n && n - i >= 8) {
        memcpy(&w, s + i, 8);
        plain = json__plain_bytes(w);
        i += plain;
        if (plain < 8)
            break;
    }
    return i;
}

void json_write_string(struct buf *out, const char *s, size_t n)
{
    size_t from = 0;
    size_t i;

    buf_putc(out, '"');
    for (i = plain_run(s, n, 0); i < n; i = plain_run(s, n, i + 1)) {
        unsigned char c = (unsigned char)s[i];

        if (c >= 0x20 && c != '"' && c != '\\' && c != 0xed)
            continue;
        if (c == 0xed && !is_surrogate(s + i, n - i))
            continue;
        buf_add(out, s + from, i - from);
        if (c == 0xed) {
            buf_printf(out, "\\u%04x",
                       0xd000u | (((unsigned)s[i + 1] & 0x3f) << 6) | ((unsigned)s[i + 2] & 0x3f));
            i += 2;
        } else {
            write_escape(out, c);
        }
        from = i + 1;
    }
    buf_add(out, s + from, n - from);
    buf_putc(out, '"');
}

/* --- values --- */

static void new_line(struct buf *out, int indent, int depth)
{
    int i;

    if (indent <= 0)
        return;
    buf_putc(out, '\n');
    for (i = 0; i < indent * depth; i++)
        buf_putc(out, ' ');
}

static void write_value(struct buf *out, const struct json *v, int indent, int depth);

static void write_members(struct buf *out, const struct json *v, int indent, int depth)
{
    size_t i;

    buf_putc(out, '{');
    for (i = 0; i < v->len; i++) {
        const struct member *m = &v->u.object->members[i];

        if (i)
            buf_putc(out, ',');
        new_line(out, indent, depth + 1);
        json_write_string(out, m->key, m->key_len);
        buf_putc(out, ':');
        if (indent > 0)
            buf_putc(out, ' ');
        write_value(out, m->value, indent, depth + 1);
    }
    if (v->len)
        new_line(out, indent, depth);
    buf_putc(out, '}');
}

static void write_items(struct buf *out, const struct json *v, int indent, int depth)
{
    size_t i;

    buf_putc(out, '[');
    for (i = 0; i < v->len; i++) {
        if (i)
            buf_putc(out, ',');
        new_line(out, indent, depth + 1);
        write_value(out, v->u.items[i], indent, depth + 1);
    }
    if (v->len)
        new_line(out, indent, depth);
    buf_putc(out, ']');
}

static void write_value(struct buf *out, const struct json *v, int indent, int depth)
{
    switch (json_type(v)) {
    case JSON_BOOL:
        buf_puts(out, v->u.flag ? "true" : "false");
        break;
    case JSON_NUMBER:
        json_write_number(out, v->u.num);
        break;
    case JSON_STRING:
        json_write_string(out, v->u.str, v->len);
        break;
    case JSON_ARRAY:
        write_items(out, v, indent, depth);
        break;
    case JSON_OBJECT:
        write_members(out, v, indent, depth);
        break;
    case JSON_NULL:
    default:
        buf_puts(out, "null");
        break;
    }
}

void json_write(struct buf *out, const struct json *v, int indent)
{
    write_value(out, v, indent > 10 ? 10 : indent, 0);
}

const char *json_text(struct arena *a, const struct json *v)
{
    _buf_ struct buf b = BUF_INIT(SIZE_MAX / 2);

    json_write(&b, v, 0);
    return arena_strndup(a, buf_str(&b), b.len);
}
