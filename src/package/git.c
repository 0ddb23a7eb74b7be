/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "config/env.h"
#include "docker/untar.h"
#include "package/command.h"
#include "package/store_int.h"

/*
 * A commit of a git repository as a list of files. The objects go into an empty bare repository and
 * come out of it as an archive that is read with ceilings: nothing is checked out, no hook, filter
 * or configuration of anybody runs, and no file of the repository touches the disk under its name.
 */

enum {
    LIMIT_MS = 60000,
    OBJECTS_MAX = 64 << 20, /* bytes of a pack */
    ENTRIES_MAX = 1000      /* of the archive, folders included */
};

/* --- running git --- */

struct git {
    struct arena *a;
    const struct git_source *source;
    char *const *env;
};

static char *const *environment(struct arena *a, const struct git_source *g)
{
    const char *path = env_get("PATH");
    char **env = arena_calloc(a, 12, sizeof(*env));
    size_t n = 0;

    env[n++] = arena_printf(a, "PATH=%s", path ? path : "/usr/bin:/bin");
    env[n++] = arena_printf(a, "HOME=%s", g->work);
    env[n++] = arena_printf(a, "GIT_DIR=%s", g->work);
    env[n++] = arena_printf(a, "GIT_ALLOW_PROTOCOL=%s", g->allow_file ? "https:file" : "https");
    env[n++] = arena_strdup(a, "GIT_CONFIG_NOSYSTEM=1");
    env[n++] = arena_strdup(a, "GIT_CONFIG_GLOBAL=/dev/null");
    env[n++] = arena_strdup(a, "GIT_TERMINAL_PROMPT=0");
    env[n++] = arena_strdup(a, "GIT_ASKPASS=/bin/false");
    env[n++] = arena_strdup(a, "GIT_ATTR_NOSYSTEM=1");
    env[n++] = arena_strdup(a, "LC_ALL=C");
    return env;
}

static int start(struct git *g, const char *const *args, struct command *c, struct err *e)
{
    static const char *const always[] = {"git",
                                         "-c",
                                         "http.followRedirects=false",
                                         "-c",
                                         "transfer.fsckObjects=true",
                                         "-c",
                                         "core.hooksPath=/dev/null",
                                         "-c",
                                         "safe.directory=*",
                                         "-c",
                                         "gc.auto=0"};
    char **argv = arena_calloc(g->a, 32, sizeof(*argv));
    size_t n = 0;
    size_t i;

    for (i = 0; i < ARRAY_LEN(always); i++)
        argv[n++] = arena_strdup(g->a, always[i]);
    for (; *args; args++)
        argv[n++] = arena_strdup(g->a, *args);
    return command_start(
        c,
        &(struct command_options){
            .argv = argv, .env = g->env, .limit_ms = LIMIT_MS, .file_max = OBJECTS_MAX},
        e);
}

static int refuse(struct git *g, const char *why, struct err *e)
{
    const char *text = arena_strdup(g->a, why);

    return refused(e, PACKAGE_SOURCE, arena_printf(g->a, "git: %s", text));
}

/* A command whose output nobody reads. */
static int run(struct git *g, const char *const *args, struct err *e)
{
    char ignored[512];
    struct command c;
    struct err end;
    int64_t n;

    if (start(g, args, &c, e) < 0)
        return -1;
    while ((n = command_read(&c, ignored, sizeof(ignored), e)) > 0)
        ;
    if (n < 0) {
        (void)!command_end(&c, &end);
        return refuse(g, e->msg, e);
    }
    return command_end(&c, e) < 0 ? refuse(g, e->msg, e) : 0;
}

/* --- the archive --- */

static int64_t from_command(void *ctx, void *out, size_t cap, struct err *e)
{
    return command_read(ctx, out, cap, e);
}

static int bad(struct git *g, const char *path, const char *why, struct err *e)
{
    const char *shown = package__is_clean(path, strlen(path), false) ? path : "?";

    return refused(e, PACKAGE_INVALID, arena_printf(g->a, "%.200s: %s", shown, why));
}

static int read_file(struct git *g, struct untar *u, const struct untar_entry *entry,
                     struct package_file *ret, struct err *e)
{
    char *data = arena_alloc(g->a, (size_t)entry->size + 1);
    size_t got = 0;
    int64_t n;

    ret->path = arena_strdup(g->a, entry->path);
    while (got < (size_t)entry->size &&
           (n = untar_read(u, data + got, (size_t)entry->size - got, e)) != 0) {
        if (n < 0)
            return -1;
        got += (size_t)n;
    }
    data[got] = '\0';
    ret->data = data;
    ret->len = got;
    return 0;
}

/* Hidden files and folders (.gitignore, .github) are no part of a package. */
static bool is_hidden(const char *path)
{
    return path[0] == '.' || strstr(path, "/.");
}

static int take_entry(struct git *g, struct untar *u, const struct untar_entry *entry,
                      struct package_files *io, struct err *e)
{
    size_t all = arena_used(g->a);

    if (entry->kind == UNTAR_DIR || is_hidden(entry->path))
        return 0;
    if (entry->kind != UNTAR_FILE)
        return bad(g, entry->path, "a package holds files and folders, no links", e);
    if (!package__is_inside(entry->path))
        return bad(g, entry->path, "that is no path of a package", e);
    if (entry->size > PACKAGE_FILE_MAX || all > 2 * (size_t)PACKAGE_SIZE_MAX)
        return bad(g, entry->path, "the package is larger than it may be", e);
    if (io->count == PACKAGE_FILES_MAX)
        return bad(g, entry->path, "the package has more than 256 files", e);
    if (read_file(g, u, entry, &io->items[io->count], e) < 0)
        return -1;
    io->count++;
    return 0;
}

static int read_archive(struct git *g, struct command *c, struct package_files *ret, struct err *e)
{
    struct untar *u = untar_new(from_command, c);
    struct package_files files = {arena_calloc(g->a, PACKAGE_FILES_MAX, sizeof(*files.items)), 0};
    struct untar_entry entry;
    size_t entries = 0;
    int rc = 0;

    while (rc == 0 && (rc = untar_next(u, &entry, e)) > 0)
        rc = ++entries > ENTRIES_MAX ? bad(g, entry.path, "the repository has too many files", e)
                                     : take_entry(g, u, &entry, &files, e);
    untar_free(u);
    *ret = files;
    return rc;
}

static int archive(struct git *g, struct package_files *ret, struct err *e)
{
    const char *const args[] = {"archive", "--format=tar", g->source->commit, NULL};
    struct command c;
    struct err end;
    int rc;

    if (start(g, args, &c, e) < 0)
        return -1;
    rc = read_archive(g, &c, ret, e);
    if (rc < 0) {
        bool ours = e->code == ERR_PACKAGE_INVALID;

        (void)!command_end(&c, &end);
        return ours ? -1 : refuse(g, c.tail_len ? c.tail : e->msg, e);
    }
    return command_end(&c, e) < 0 ? refuse(g, e->msg, e) : 0;
}

int packages__git(struct arena *a, const struct git_source *source, struct package_files *ret,
                  struct err *e)
{
    struct git g = {a, source, environment(a, source)};
    const char *const init[] = {"init", "-q", "--bare", "--template=", source->work, NULL};
    const char *const fetch[] = {
        "fetch", "-q",        "--depth=1",    "--no-tags", "--no-write-fetch-head",
        "--",    source->url, source->commit, NULL};

    if (fs_mkdirs(source->work, 0700, e) < 0 || run(&g, init, e) < 0 || run(&g, fetch, e) < 0)
        return -1;
    return archive(&g, ret, e);
}
