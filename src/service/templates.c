/* SPDX-License-Identifier: Apache-2.0 */
#include "service/templates.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "service/template_int.h"

/* The folder: which files there are, and which of them can be used. */

struct templates {
    const char *folder;
    pthread_mutex_t lock;
    struct arena *arena; /* of what follows; NULL: never read */
    const char *stamp;   /* names, sizes and times of the files */
    struct json *list;
};

/* --- one file --- */

const struct json *templates_find(const struct json *list, const char *id)
{
    size_t i;

    for (i = 0; i < json_len(list); i++)
        if (str_eq(json_get_str(json_at(list, i), "id", ""), id))
            return json_at(list, i);
    return NULL;
}

static void complain(struct arena *a, struct json *problems, const char *file, const char *text)
{
    json_push(a, problems, json_new_str(a, arena_printf(a, "%s: %s", file, text)));
}

static void add_one(struct arena *a, const char *file, struct json *v, struct json *list,
                    struct json *problems)
{
    const char *id = json_get_str(v, "id", "");
    struct err e;

    if (template__check(a, v, &e) < 0)
        complain(a, problems, file, e.msg);
    else if (templates_find(list, id))
        complain(
            a, problems, file,
            arena_printf(a, "the id \"%s\" is taken by an earlier template; give it another", id));
    else if (json_len(list) >= TEMPLATES_MAX)
        complain(a, problems, file,
                 arena_printf(a, "there are %d templates already; remove some", TEMPLATES_MAX));
    else
        json_push(a, list, v);
}

void templates_parse(struct arena *a, const char *file, struct bytes text, struct json *list,
                     struct json *problems)
{
    struct json *v;
    struct err e;
    size_t i;

    if (json_parse_most(a, (const char *)text.p, text.n, TEMPLATES_VALUES_MAX, &v, &e) < 0) {
        complain(a, problems, file, arena_printf(a, "is no JSON: %s", e.msg));
        return;
    }
    if (!json_is(v, JSON_ARRAY)) {
        add_one(a, file, v, list, problems);
        return;
    }
    for (i = 0; i < json_len(v); i++)
        add_one(a, file, json_at(v, i), list, problems);
}

/* --- the folder --- */

static bool is_json_file(const char *name)
{
    size_t n = strlen(name);

    return n > 5 && name[0] != '.' && str_ieq(name + n - 5, ".json");
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Names in order; a folder that is not there is an empty one. */
static int read_names(struct arena *a, const char *folder, const char **names, size_t *ret,
                      struct err *e)
{
    DIR *d = opendir(folder);
    const struct dirent *entry;
    size_t n = 0;

    *ret = 0;
    if (!d && errno == ENOENT)
        return 0;
    if (!d)
        return failed(e, FAILED, "serviceTemplatesPath %s: %s", folder, strerror(errno));
    while ((entry = readdir(d)))
        if (is_json_file(entry->d_name) && n <= TEMPLATES_FILES_MAX)
            names[n++] = arena_strdup(a, entry->d_name);
    closedir(d);
    if (n > TEMPLATES_FILES_MAX)
        return failed(e, FAILED,
                      "serviceTemplatesPath %s has more than %d files; put several templates into "
                      "one file, as a list",
                      folder, TEMPLATES_FILES_MAX);
    qsort(names, n, sizeof(*names), by_text);
    *ret = n;
    return 0;
}

static const char *path_of(struct arena *a, const struct templates *t, const char *name)
{
    return arena_printf(a, "%s/%s", t->folder, name);
}

static const char *stamp_of(struct arena *a, const struct templates *t, const char *const *names,
                            size_t n)
{
    _buf_ struct buf text = BUF_INIT(TEMPLATES_FILES_MAX * 512);
    struct stat st;
    size_t i;

    for (i = 0; i < n; i++)
        if (stat(path_of(a, t, names[i]), &st) == 0)
            buf_printf(&text, "%s/%lld/%lld.%09ld/%llu\n", names[i], (long long)st.st_size,
                       (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                       (unsigned long long)st.st_ino);
    return arena_strdup(a, buf_str(&text));
}

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* io_left: bytes that may still be read. */
static void read_file(struct arena *a, const struct templates *t, const char *name,
                      struct json *list, struct json *problems, size_t *io_left)
{
    struct bytes text;
    struct err e;

    if (!is_file(path_of(a, t, name)))
        complain(a, problems, name, "is no file");
    else if (fs_read(a, path_of(a, t, name), TEMPLATES_FILE_MAX, &text, &e) < 0)
        complain(a, problems, name, e.msg);
    else if (text.n > *io_left)
        complain(a, problems, name,
                 arena_printf(a, "all files together are larger than %d MiB; remove some",
                              TEMPLATES_ALL_MAX >> 20));
    else {
        *io_left -= text.n;
        templates_parse(a, name, text, list, problems);
    }
}

/* Under the lock. */
static void read_anew(struct templates *t, const char *const *names, size_t n, const char *stamp,
                      struct json **ret_problems)
{
    struct arena *a = arena_new();
    struct json *list = json_new_array(a);
    size_t left = TEMPLATES_ALL_MAX;
    size_t i;

    *ret_problems = json_new_array(a);
    for (i = 0; i < n; i++)
        read_file(a, t, names[i], list, *ret_problems, &left);
    arena_free(t->arena);
    t->arena = a;
    t->stamp = arena_strdup(a, stamp);
    t->list = list;
}

int templates_list(struct templates *t, struct arena *a, struct json **ret, struct json **ret_news,
                   struct err *e)
{
    const char **names = arena_calloc(a, TEMPLATES_FILES_MAX + 1, sizeof(*names));
    struct json *problems = NULL;
    const char *stamp;
    size_t n;

    *ret_news = NULL;
    if (read_names(a, t->folder, names, &n, e) < 0)
        return -1;
    stamp = stamp_of(a, t, names, n);
    {
        lock_scope(&t->lock);
        if (!t->arena || !str_eq(stamp, t->stamp))
            read_anew(t, names, n, stamp, &problems);
        *ret = json_copy(a, t->list);
        if (json_len(problems) > 0)
            *ret_news = json_copy(a, problems);
    }
    return 0;
}

struct json *templates_public(struct arena *a, const struct json *list)
{
    struct json *out = json_new_array(a);
    size_t i, k;

    for (i = 0; i < json_len(list); i++) {
        struct json *v = json_copy(a, json_at(list, i));
        const struct json *fixed = json_get(json_at(list, i), "envVars");
        struct json *keys = json_new_array(a);

        json_remove(v, "envVars");
        for (k = 0; k < json_len(fixed); k++)
            json_push(a, keys, json_new_str(a, json_key(fixed, k)));
        if (fixed)
            json_set(a, v, "envVarKeys", keys);
        json_push(a, out, v);
    }
    return out;
}

struct templates *templates_new(const char *folder)
{
    struct templates *t = xcalloc(1, sizeof(*t));

    t->folder = xstrdup(folder);
    must(pthread_mutex_init(&t->lock, NULL) == 0);
    return t;
}

void templates_free(struct templates *t)
{
    if (!t)
        return;
    arena_free(t->arena);
    pthread_mutex_destroy(&t->lock);
    free((void *)(uintptr_t)t->folder);
    free(t);
}
