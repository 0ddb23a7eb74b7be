/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* A package as JSON, for the catalogue and the wizard; and finding things in it. */

const struct package_size *package_size_find(const struct package *p, const char *name)
{
    size_t i;

    for (i = 0; i < p->size_count; i++)
        if (str_eq(p->sizes[i].name, name))
            return &p->sizes[i];
    return NULL;
}

const struct package_question *package_question_find(const struct package *p, const char *name)
{
    size_t i;

    for (i = 0; i < p->question_count; i++)
        if (str_eq(p->questions[i].name, name))
            return &p->questions[i];
    return NULL;
}

static struct json *texts_json(struct arena *a, const struct package_texts *texts)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < texts->count; i++)
        json_push(a, list, json_new_str(a, texts->items[i]));
    return list;
}

struct json *package_permissions_json(struct arena *a, const struct package *p)
{
    static const struct {
        unsigned bit;
        const char *name;
    } all[] = {{PERMISSION_INTERNET, "internet"},
               {PERMISSION_HOST_PORT, "host-port"},
               {PERMISSION_ROOT, "root"},
               {PERMISSION_ANY_IMAGE, "any-image"}};
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < ARRAY_LEN(all); i++)
        if (p->permissions & all[i].bit)
            json_push(a, list, json_new_str(a, all[i].name));
    return list;
}

/* --- questions --- */

static void set_if(struct arena *a, struct json *v, const char *key, const char *text)
{
    if (text && *text)
        json_set_str(a, v, key, text);
}

static struct json *options_json(struct arena *a, const struct package_question *q)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < q->option_count; i++) {
        struct json *o = json_new_object(a);

        json_set_str(a, o, "value", q->options[i].value);
        json_set_str(a, o, "label", q->options[i].label);
        set_if(a, o, "note", q->options[i].note);
        if (q->options[i].disabled)
            json_set_bool(a, o, "disabled", true);
        json_push(a, list, o);
    }
    return list;
}

static void set_when(struct arena *a, struct json *v, const struct package_when *when)
{
    struct json *w;

    if (!when->question)
        return;
    w = json_new_object(a);
    json_set_str(a, w, "question", when->question);
    json_set(a, w, when->negated ? "is_not" : "is", texts_json(a, &when->values));
    json_set(a, v, "when", w);
}

static void set_rules(struct arena *a, struct json *v, const struct package_question *q)
{
    bool text =
        q->type == QUESTION_STRING || q->type == QUESTION_SECRET || q->type == QUESTION_TEXT;

    if (q->has_min)
        json_set(a, v, "min", json_new_num(a, q->min));
    if (q->has_max)
        json_set(a, v, "max", json_new_num(a, q->max));
    if (text && q->min_length > 0)
        json_set_int(a, v, "min_length", q->min_length);
    if (text)
        json_set_int(a, v, "max_length", q->max_length);
    set_if(a, v, "pattern", q->pattern);
    if (q->option_count > 0)
        json_set(a, v, "options", options_json(a, q));
    if (q->type == QUESTION_FILE) {
        json_set_int(a, v, "max_size", q->max_size);
        if (q->allowed_types.count > 0)
            json_set(a, v, "allowed_types", texts_json(a, &q->allowed_types));
    }
}

struct json *package_question_json(struct arena *a, const struct package_question *q)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "name", q->name);
    json_set_str(a, v, "type", package_question_type_name(q->type));
    json_set_str(a, v, "label", q->label);
    set_if(a, v, "help", q->help);
    json_set_str(a, v, "step", q->step);
    json_set_bool(a, v, "required", q->required);
    if (q->otherwise)
        json_set(a, v, "default", json_copy(a, q->otherwise));
    set_rules(a, v, q);
    set_when(a, v, &q->when);
    return v;
}

/* --- the whole --- */

static struct json *sizes_json(struct arena *a, const struct package *p)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < p->size_count; i++) {
        const struct package_size *s = &p->sizes[i];
        struct json *v = json_new_object(a);

        json_set_str(a, v, "name", s->name);
        json_set_str(a, v, "label", s->label);
        json_set(a, v, "cpu", json_new_num(a, (double)s->cpu_milli / 1000));
        json_set(a, v, "ram", json_new_num(a, (double)s->ram_mib / 1024));
        json_set_int(a, v, "disk", s->disk_gib);
        if (s->gpu)
            json_set_int(a, v, "gpu", s->gpu);
        json_push(a, list, v);
    }
    return list;
}

struct json *package_card_json(struct arena *a, const struct package *p)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, "name", p->name);
    json_set_str(a, v, "version", p->version);
    json_set_str(a, v, "title", p->title);
    json_set_str(a, v, "summary", p->summary);
    json_set_str(a, v, "category", p->category);
    set_if(a, v, "icon", p->icon);
    json_set_bool(a, v, "offered", p->offered);
    set_if(a, v, "reason", p->reason);
    json_set(a, v, "sizes", sizes_json(a, p));
    return v;
}

static struct json *pairs_json(struct arena *a, const char *const keys[2], const char *first,
                               const char *second)
{
    struct json *v = json_new_object(a);

    json_set_str(a, v, keys[0], first);
    json_set_str(a, v, keys[1], second);
    return v;
}

struct json *package_json(struct arena *a, const struct package *p)
{
    static const char *const link_keys[2] = {"label", "url"};
    static const char *const step_keys[2] = {"name", "title"};
    struct json *v = package_card_json(a, p);
    struct json *questions = json_new_array(a);
    struct json *links = json_new_array(a);
    struct json *steps = json_new_array(a);
    size_t i;

    for (i = 0; i < p->question_count; i++)
        json_push(a, questions, package_question_json(a, &p->questions[i]));
    for (i = 0; i < p->link_count; i++)
        json_push(a, links, pairs_json(a, link_keys, p->links[i].label, p->links[i].url));
    for (i = 0; i < p->step_count; i++)
        json_push(a, steps, pairs_json(a, step_keys, p->steps[i].name, p->steps[i].title));
    json_set_str(a, v, "description", p->description);
    json_set(a, v, "steps", steps);
    json_set(a, v, "questions", questions);
    json_set(a, v, "links", links);
    json_set(a, v, "permissions", package_permissions_json(a, p));
    return v;
}
