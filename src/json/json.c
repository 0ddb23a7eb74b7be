/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "json/json_int.h"

/* --- reading --- */

enum json_type json_type(const struct json *v)
{
    return v ? v->type : JSON_NULL;
}

bool json_is(const struct json *v, enum json_type type)
{
    return v && v->type == type;
}

size_t json_len(const struct json *v)
{
    return json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT) ? v->len : 0;
}

struct json *json_get(const struct json *object, const char *key)
{
    int64_t at = json__object_find(object, key, strlen(key));

    return at >= 0 ? object->u.object->members[at].value : NULL;
}

struct json *json_at(const struct json *array, size_t i)
{
    return json_is(array, JSON_ARRAY) && i < array->len ? array->u.items[i] : NULL;
}

const char *json_key(const struct json *object, size_t i)
{
    return json_is(object, JSON_OBJECT) && i < object->len ? object->u.object->members[i].key
                                                           : NULL;
}

struct json *json_value(const struct json *object, size_t i)
{
    return json_is(object, JSON_OBJECT) && i < object->len ? object->u.object->members[i].value
                                                           : NULL;
}

const char *json_str(const struct json *v, const char *otherwise)
{
    return json_is(v, JSON_STRING) ? v->u.str : otherwise;
}

size_t json_str_len(const struct json *v)
{
    return json_is(v, JSON_STRING) ? v->len : 0;
}

double json_num(const struct json *v, double otherwise)
{
    return json_is(v, JSON_NUMBER) ? v->u.num : otherwise;
}

bool json_bool(const struct json *v, bool otherwise)
{
    return json_is(v, JSON_BOOL) ? v->u.flag : otherwise;
}

bool json_int(const struct json *v, int64_t *ret)
{
    if (!json_is(v, JSON_NUMBER) || !(fabs(v->u.num) <= 9007199254740992.0) ||
        v->u.num != floor(v->u.num))
        return false;
    *ret = (int64_t)v->u.num;
    return true;
}

const char *json_get_str(const struct json *object, const char *key, const char *otherwise)
{
    return json_str(json_get(object, key), otherwise);
}

int64_t json_get_int(const struct json *object, const char *key, int64_t otherwise)
{
    int64_t v;

    return json_int(json_get(object, key), &v) ? v : otherwise;
}

bool json_get_bool(const struct json *object, const char *key, bool otherwise)
{
    return json_bool(json_get(object, key), otherwise);
}

static struct json *step(const struct json *v, const char *name, size_t n)
{
    int64_t at;
    uint32_t i;

    if (json_is(v, JSON_ARRAY)) {
        i = json__key_number(name, n);
        return i == NOT_A_NUMBER ? NULL : json_at(v, i);
    }
    at = json__object_find(v, name, n);
    return at >= 0 ? v->u.object->members[at].value : NULL;
}

struct json *json_path(const struct json *v, const char *path)
{
    const char *dot;
    struct json *next;

    for (;;) {
        dot = strchrnul(path, '.');
        next = step(v, path, (size_t)(dot - path));
        if (!next || !*dot)
            return next;
        v = next;
        path = dot + 1;
    }
}

static bool objects_equal(const struct json *a, const struct json *b)
{
    size_t i;

    for (i = 0; i < a->len; i++) {
        const struct member *m = &a->u.object->members[i];
        int64_t at = json__object_find(b, m->key, m->key_len);

        if (at < 0 || !json_equal(m->value, b->u.object->members[at].value))
            return false;
    }
    return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
    size_t i;

    if (json_type(a) != json_type(b))
        return false;
    switch (json_type(a)) {
    case JSON_NULL:
        return true;
    case JSON_BOOL:
        return a->u.flag == b->u.flag;
    case JSON_NUMBER:
        return a->u.num == b->u.num;
    case JSON_STRING:
        return a->len == b->len && memcmp(a->u.str, b->u.str, a->len) == 0;
    case JSON_ARRAY:
        if (a->len != b->len)
            return false;
        for (i = 0; i < a->len; i++)
            if (!json_equal(a->u.items[i], b->u.items[i]))
                return false;
        return true;
    case JSON_OBJECT:
    default:
        return a->len == b->len && objects_equal(a, b);
    }
}

/* --- building --- */

static struct json *new_value(struct arena *a, enum json_type type)
{
    struct json *v = arena_calloc(a, 1, sizeof(*v));

    v->type = type;
    return v;
}

struct json *json_new_null(struct arena *a)
{
    return new_value(a, JSON_NULL);
}

struct json *json_new_bool(struct arena *a, bool flag)
{
    struct json *v = new_value(a, JSON_BOOL);

    v->u.flag = flag;
    return v;
}

struct json *json_new_num(struct arena *a, double num)
{
    struct json *v = new_value(a, JSON_NUMBER);

    v->u.num = num;
    return v;
}

struct json *json_new_int(struct arena *a, int64_t num)
{
    return json_new_num(a, (double)num);
}

struct json *json_new_strn(struct arena *a, const char *s, size_t n)
{
    struct json *v = new_value(a, JSON_STRING);

    must(n < UINT32_MAX);
    v->u.str = arena_strndup(a, s, n);
    v->len = (uint32_t)n;
    return v;
}

struct json *json_new_str(struct arena *a, const char *s)
{
    return s ? json_new_strn(a, s, strlen(s)) : json_new_null(a);
}

struct json *json_new_array(struct arena *a)
{
    return new_value(a, JSON_ARRAY);
}

struct json *json_new_object(struct arena *a)
{
    return new_value(a, JSON_OBJECT);
}

static void copy_members(struct arena *a, struct json *to, const struct json *from)
{
    struct object *o = arena_alloc(a, sizeof(*o));
    struct member *members = arena_alloc(a, from->len * sizeof(*members));
    size_t i;

    for (i = 0; i < from->len; i++) {
        members[i] = from->u.object->members[i];
        members[i].key = arena_strndup(a, members[i].key, members[i].key_len);
        members[i].value = json_copy(a, members[i].value);
    }
    json__object_make(a, to, o, members, from->len);
}

struct json *json_copy(struct arena *a, const struct json *v)
{
    struct json *copy;
    size_t i;

    if (!v)
        return json_new_null(a);
    if (v->type == JSON_STRING)
        return json_new_strn(a, v->u.str, v->len);
    copy = new_value(a, v->type);
    if (v->type == JSON_ARRAY)
        for (i = 0; i < v->len; i++)
            json_push(a, copy, json_copy(a, v->u.items[i]));
    else if (v->type == JSON_OBJECT && v->len)
        copy_members(a, copy, v);
    else if (v->type != JSON_OBJECT)
        copy->u = v->u;
    return copy;
}

void json_set_str(struct arena *a, struct json *object, const char *key, const char *s)
{
    json_set(a, object, key, json_new_str(a, s));
}

void json_set_int(struct arena *a, struct json *object, const char *key, int64_t v)
{
    json_set(a, object, key, json_new_int(a, v));
}

void json_set_bool(struct arena *a, struct json *object, const char *key, bool v)
{
    json_set(a, object, key, json_new_bool(a, v));
}

void json_replace(struct json *array, size_t i, struct json *value)
{
    must(json_is(array, JSON_ARRAY) && i < array->len && value);
    array->u.items[i] = value;
}

void json_push(struct arena *a, struct json *array, struct json *value)
{
    struct json **more;

    must(array && array->type == JSON_ARRAY);
    if (array->len == array->cap) {
        must(array->cap < UINT32_MAX / 4);
        array->cap = array->cap ? array->cap * 2 : 8;
        more = arena_alloc(a, array->cap * sizeof(struct json *));
        if (array->len)
            memcpy(more, array->u.items, array->len * sizeof(struct json *));
        array->u.items = more;
    }
    array->u.items[array->len++] = value ? value : json_new_null(a);
}
