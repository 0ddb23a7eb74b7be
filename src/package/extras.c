/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* The smaller tables: links, sizes, secrets, backups, results, servers, hooks. */

static int read_links(struct reader *r, const struct json *root)
{
    const struct json *list;
    size_t i;

    if (package__tables(r, root, "links", PACKAGE_LIST_MAX, &list) < 0)
        return -1;
    r->p->links = arena_calloc(r->a, json_len(list) + 1, sizeof(*r->p->links));
    for (i = 0; i < json_len(list); i++) {
        struct package_link *l = &r->p->links[i];
        const struct json *t = json_at(list, i);

        if (package__keys(r, t, "[[links]]", "label url") < 0 ||
            package__need(r, t, "[[links]]", "label") < 0 ||
            package__need(r, t, "[[links]]", "url") < 0 ||
            package__line(r, t, "label", &l->label) < 0 || package__line(r, t, "url", &l->url) < 0)
            return -1;
        if (!str_starts(l->url, "https://"))
            return package__bad(r, json_get(t, "url"), "'url' must begin with https://");
    }
    r->p->link_count = i;
    return 0;
}

/* "cpu = 0.5": a number of cores, kept in thousandths. */
static int read_cpu(struct reader *r, const struct json *t, int64_t *ret)
{
    enum { CORES_MAX = 1024 };
    const struct json *v = json_get(t, "cpu");
    double cores = json_num(v, 0);

    if (!json_is(v, JSON_NUMBER) || cores < 0.01 || cores > CORES_MAX)
        return package__bad(r, v, "'cpu' must be a number of cores from 0.01 to %d", CORES_MAX);
    *ret = (int64_t)(cores * 1000 + 0.5);
    return 0;
}

static int read_size(struct reader *r, const struct json *t, struct package_size *s)
{
    static const struct int_rule gpus = {0, 64};
    static const char *const needed[] = {"name", "cpu", "ram", "disk"};
    int64_t disk = 0;
    size_t i;

    if (package__keys(r, t, "[[sizes]]", "name label cpu ram disk gpu") < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(needed); i++)
        if (package__need(r, t, "[[sizes]]", needed[i]) < 0)
            return -1;
    if (package__name(r, t, "name", &s->name) < 0)
        return -1;
    s->label = s->name;
    if (package__line(r, t, "label", &s->label) < 0 || read_cpu(r, t, &s->cpu_milli) < 0 ||
        package__mib(r, t, "ram", &s->ram_mib) < 0 || package__mib(r, t, "disk", &disk) < 0 ||
        package__int(r, t, "gpu", &gpus, &s->gpu) < 0)
        return -1;
    if (disk % 1024)
        return package__bad(r, json_get(t, "disk"), "'disk' must be whole GiB");
    s->disk_gib = disk / 1024;
    return 0;
}

static int read_sizes(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    const struct json *list;
    size_t i;

    if (package__tables(r, root, "sizes", PACKAGE_SIZES_MAX, &list) < 0)
        return -1;
    p->sizes = arena_calloc(r->a, json_len(list) + 1, sizeof(*p->sizes));
    for (i = 0; i < json_len(list); i++) {
        if (read_size(r, json_at(list, i), &p->sizes[i]) < 0)
            return -1;
        if (package_size_find(p, p->sizes[i].name))
            return package__twice(r, json_at(list, i), "sizes", p->sizes[i].name);
        p->size_count = i + 1;
    }
    p->default_size = i ? json_new_str(r->a, p->sizes[0].name) : NULL;
    return 0;
}

/* Names of alphabets, and the letters they stand for. Passwords leave out what looks alike. */
static const struct {
    const char *name;
    const char *letters;
} alphabets[] = {
    {"password", "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"},
    {"alnum", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"},
    {"upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"},
    {"hex", "0123456789abcdef"},
    {"digits", "0123456789"},
};

static int read_alphabet(struct reader *r, const struct json *t, const char **ret)
{
    const char *name = "password";
    size_t i;

    if (package__name(r, t, "alphabet", &name) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(alphabets); i++)
        if (str_eq(alphabets[i].name, name)) {
            *ret = alphabets[i].letters;
            return 0;
        }
    return package__bad(r, json_get(t, "alphabet"),
                        "'alphabet' must be password, alnum, upper, hex or digits");
}

static int read_secrets(struct reader *r, const struct json *root)
{
    static const struct int_rule length = {16, 128};
    struct package *p = r->p;
    const struct json *list;
    size_t i;
    size_t k;

    if (package__tables(r, root, "secrets", PACKAGE_LIST_MAX, &list) < 0)
        return -1;
    p->secrets = arena_calloc(r->a, json_len(list) + 1, sizeof(*p->secrets));
    for (i = 0; i < json_len(list); i++) {
        struct package_secret *s = &p->secrets[i];
        const struct json *t = json_at(list, i);

        s->length = 24;
        if (package__keys(r, t, "[[secrets]]", "name length alphabet show label") < 0 ||
            package__need(r, t, "[[secrets]]", "name") < 0 ||
            package__name(r, t, "name", &s->name) < 0 ||
            package__int(r, t, "length", &length, &s->length) < 0 ||
            package__bool(r, t, "show", &s->show) < 0 || read_alphabet(r, t, &s->alphabet) < 0)
            return -1;
        s->label = s->name;
        if (package__line(r, t, "label", &s->label) < 0)
            return -1;
        for (k = 0; k < i; k++)
            if (str_eq(p->secrets[k].name, s->name))
                return package__twice(r, t, "secrets", s->name);
        p->secret_count = i + 1;
    }
    return 0;
}

static int read_backups(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    const struct json *list;
    size_t i;

    if (package__tables(r, root, "backup", PACKAGE_LIST_MAX, &list) < 0)
        return -1;
    p->backups = arena_calloc(r->a, json_len(list) + 1, sizeof(*p->backups));
    for (i = 0; i < json_len(list); i++) {
        struct package_backup *b = &p->backups[i];
        const struct json *t = json_at(list, i);

        if (package__keys(r, t, "[[backup]]", "volume container before after restored") < 0 ||
            package__need(r, t, "[[backup]]", "volume") < 0 ||
            package__name(r, t, "volume", &b->volume) < 0 ||
            package__name(r, t, "container", &b->container) < 0 ||
            package__texts(r, t, "before", PACKAGE_LONG_MAX, &b->before) < 0 ||
            package__texts(r, t, "after", PACKAGE_LONG_MAX, &b->after) < 0 ||
            package__texts(r, t, "restored", PACKAGE_LONG_MAX, &b->restored) < 0)
            return -1;
    }
    p->backup_count = i;
    return 0;
}

static int read_results(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    const struct json *list;
    size_t i;

    if (package__tables(r, root, "results", PACKAGE_LIST_MAX, &list) < 0)
        return -1;
    p->results = arena_calloc(r->a, json_len(list) + 1, sizeof(*p->results));
    for (i = 0; i < json_len(list); i++) {
        struct package_result *v = &p->results[i];
        const struct json *t = json_at(list, i);

        if (package__keys(r, t, "[[results]]", "label value secret") < 0 ||
            package__need(r, t, "[[results]]", "label") < 0 ||
            package__need(r, t, "[[results]]", "value") < 0 ||
            package__line(r, t, "label", &v->label) < 0 ||
            package__line(r, t, "value", &v->value) < 0 ||
            package__bool(r, t, "secret", &v->secret) < 0)
            return -1;
    }
    p->result_count = i;
    return 0;
}

int package__read_extras(struct reader *r, const struct json *root)
{
    if (read_links(r, root) < 0 || read_sizes(r, root) < 0 || read_secrets(r, root) < 0 ||
        read_backups(r, root) < 0 || read_results(r, root) < 0)
        return -1;
    return package__read_outside(r, root);
}
