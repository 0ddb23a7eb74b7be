/* SPDX-License-Identifier: Apache-2.0 */
#include "node/args.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/eth.h"

enum { VALUES_MAX = 200000 }; /* of an object given as text */

struct reader {
    struct arena *a;
    const struct args_spec *spec;
    const struct args_field *field;
    const struct json *value;
    char *ret; /* the struct */
    struct err *e;
};

static int wrong(const struct reader *r, const char *what)
{
    return refused(r->e, ARGUMENT, r->field->name, r->spec->command, what);
}

static void put_pointer(const struct reader *r, const void *p)
{
    memcpy(r->ret + r->field->offset, &p, sizeof(p));
}

static int read_text(const struct reader *r, bool number_too)
{
    const char *s = json_str(r->value, NULL);
    struct buf b = BUF_INIT(64);
    size_t n;

    if (!s && number_too && json_is(r->value, JSON_NUMBER)) {
        json_write_number(&b, json_num(r->value, 0));
        s = arena_strdup(r->a, buf_str(&b));
        buf_done(&b);
    }
    if (!s)
        return wrong(r, "it must be a text");
    n = json_is(r->value, JSON_STRING) ? json_str_len(r->value) : strlen(s);
    if (n != strlen(s))
        return wrong(r, "it must not hold a NUL character");
    if (r->field->max > 0 && n > (size_t)r->field->max)
        return wrong(r, "it is too long");
    put_pointer(r, s);
    return 0;
}

static int read_address(const struct reader *r)
{
    const char *s = json_str(r->value, NULL);
    struct addr parsed;

    if (!addr_parse_any(s, &parsed))
        return refused(r->e, NOT_AN_ADDRESS, r->field->name);
    put_pointer(r, s);
    return 0;
}

/* A number, or a text that is one as a whole. */
static bool number_of(const struct json *v, double *ret)
{
    const char *s = json_str(v, NULL);
    char *end;

    if (json_is(v, JSON_NUMBER)) {
        *ret = json_num(v, 0);
        return true;
    }
    if (!s || *s == '\0' || strlen(s) > 40 || strspn(s, "0123456789+-.eE") != strlen(s))
        return false;
    *ret = strtod(s, &end);
    return *end == '\0' && isfinite(*ret);
}

static int read_number(const struct reader *r)
{
    bool whole = r->field->type == ARGS_INT;
    double v;
    int64_t i;

    if (!number_of(r->value, &v))
        return wrong(r, whole ? "it must be an integer" : "it must be a number");
    if (v < (double)r->field->min || v > (double)r->field->max)
        return wrong(r, "it is out of range");
    if (whole) {
        i = (int64_t)v;
        if ((double)i != v)
            return wrong(r, "it must be an integer");
        memcpy(r->ret + r->field->offset, &i, sizeof(i));
    } else {
        memcpy(r->ret + r->field->offset, &v, sizeof(v));
    }
    return 0;
}

static int read_bool(const struct reader *r)
{
    const char *s = json_str(r->value, NULL);
    bool v = json_bool(r->value, false);

    if (s && (str_ieq(s, "true") || str_eq(s, "1")))
        v = true;
    else if (!json_is(r->value, JSON_BOOL) &&
             !(s && (str_ieq(s, "false") || str_eq(s, "0") || str_eq(s, ""))))
        return wrong(r, "it must be true or false");
    memcpy(r->ret + r->field->offset, &v, sizeof(v));
    return 0;
}

static int read_object(const struct reader *r)
{
    const char *s = json_str(r->value, NULL);
    struct json *parsed = NULL;
    struct err why;

    if (s && json_parse_most(r->a, s, json_str_len(r->value), VALUES_MAX, &parsed, &why) < 0)
        parsed = NULL;
    if (!json_is(s ? parsed : r->value, JSON_OBJECT))
        return wrong(r, "it must be an object");
    put_pointer(r, s ? parsed : r->value);
    return 0;
}

static int read_array(const struct reader *r)
{
    size_t i;

    if (!json_is(r->value, JSON_ARRAY))
        return wrong(r, "it must be an array");
    for (i = 0; r->field->type == ARGS_STRINGS && i < json_len(r->value); i++)
        if (!json_is(json_at(r->value, i), JSON_STRING))
            return wrong(r, "it must be an array of texts");
    put_pointer(r, r->value);
    return 0;
}

static int read_field(const struct reader *r)
{
    switch (r->field->type) {
    case ARGS_STRING:
        return read_text(r, false);
    case ARGS_TEXT:
        return read_text(r, true);
    case ARGS_ADDRESS:
        return read_address(r);
    case ARGS_INT:
    case ARGS_NUMBER:
        return read_number(r);
    case ARGS_BOOL:
        return read_bool(r);
    case ARGS_OBJECT:
        return read_object(r);
    case ARGS_ARRAY:
    case ARGS_STRINGS:
        return read_array(r);
    case ARGS_JSON:
        put_pointer(r, r->value);
        return 0;
    }
    return -1;
}

int args_parse(struct arena *a, const struct json *json, const struct args_spec *spec, void *ret,
               struct err *e)
{
    struct reader r = {.a = a, .spec = spec, .e = e};
    size_t i;

    for (i = 0; i < spec->count; i++)
        if (spec->fields[i].required &&
            json_type(json_get(json, spec->fields[i].name)) == JSON_NULL)
            return refused(e, MISSING_FIELD, spec->fields[i].name, spec->command, spec->required);
    r.ret = arena_calloc(a, 1, spec->size);
    for (i = 0; i < spec->count; i++) {
        r.field = &spec->fields[i];
        r.value = json_get(json, r.field->name);
        if (json_type(r.value) == JSON_NULL)
            continue;
        if (read_field(&r) < 0)
            return -1;
        if (r.field->flag != ARGS_NO_FLAG)
            memcpy(r.ret + r.field->flag, &(bool){true}, sizeof(bool));
    }
    memcpy(ret, r.ret, spec->size);
    return 0;
}
