/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/program.h"
#include "base/str.h"
#include "config/env.h"
#include "docker/untar.h"
#include "package/store_int.h"

/*
 * A commit of a git repository as a list of files. The objects go into an empty bare repository and
 * come out of it as an archive that is read with ceilings: nothing is checked out, no hook, filter
 * or configuration of anybody runs, and no file of the repository touches the disk under its name.
 */

enum {
    LIMIT_MS = 60000,
    PATIENCE_MS = 2000,
    WORDS_MAX = 400,
    OBJECTS_MAX = 64 << 20, /* bytes of a pack */
    ENTRIES_MAX = 1000      /* of the archive, folders included */
};

/* --- running git --- */

struct git {
    struct arena *a;
    const struct git_source *source;
    const char *const *env;
};

/* A git that runs, and until when it may (monotonic ms). */
struct running {
    struct program *program;
    int64_t until;
};

static const char *const *environment(struct arena *a, const struct git_source *g)
{
    const char **env = arena_calloc(a, 12, sizeof(*env));
    size_t n = 0;

    env[n++] = env_line(a, "PATH");
    env[n++] = arena_printf(a, "HOME=%s", g->work);
    env[n++] = arena_printf(a, "GIT_DIR=%s", g->work);
    env[n++] = arena_printf(a, "GIT_ALLOW_PROTOCOL=%s", g->allow_file ? "https:file" : "https");
    env[n++] = "GIT_CONFIG_NOSYSTEM=1";
    env[n++] = "GIT_CONFIG_GLOBAL=/dev/null";
    env[n++] = "GIT_TERMINAL_PROMPT=0";
    env[n++] = "GIT_ASKPASS=/bin/false";
    env[n++] = "GIT_ATTR_NOSYSTEM=1";
    env[n++] = "LC_ALL=C";
    return env;
}

static int start(struct git *g, const char *const *args, bool drain, struct program **ret,
                 struct err *e)
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
    const char **argv = arena_calloc(g->a, 32, sizeof(*argv));
    const struct program_spec spec = {
        .argv = argv, .env = g->env, .file_max = OBJECTS_MAX, .drain = drain, .stop_fd = -1};
    size_t n = 0;
    size_t i;

    for (i = 0; i < ARRAY_LEN(always); i++)
        argv[n++] = always[i];
    for (; *args; args++)
        argv[n++] = *args;
    return program_start(&spec, ret, e);
}

static int refuse(struct git *g, const char *why, struct err *e)
{
    const char *text = arena_strdup(g->a, why);

    return refused(e, PACKAGE_SOURCE, arena_printf(g->a, "git: %s", text));
}

/* The end of its complaints in one line: what would move a terminal's cursor is a blank. */
static const char *complaints(struct git *g, const struct program *p)
{
    const char *all = program_errors(p);
    size_t n = strlen(all);
    char *text = arena_strdup(g->a, all + (n > WORDS_MAX ? n - WORDS_MAX : 0));
    char *c;

    for (c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return *text ? text : "it did not end well";
}

/* Waits for its end, which has to be a good one. */
static int end(struct git *g, struct program *p, int64_t limit_ms, struct err *e)
{
    int status;

    if (program_end(p, limit_ms, &status, e) < 0)
        return refuse(g, e->msg, e);
    return status == 0 ? 0 : refuse(g, complaints(g, p), e);
}

/* A command whose output nobody reads. */
static int run(struct git *g, const char *const *args, struct err *e)
{
    _program_ struct program *p = NULL;

    return start(g, args, false, &p, e) < 0 ? -1 : end(g, p, LIMIT_MS, e);
}

/* --- the archive --- */

static int64_t from_program(void *ctx, void *out, size_t cap, struct err *e)
{
    const struct running *r = ctx;
    int64_t left = r->until - clock_mono_ms();

    if (left <= 0)
        return failed(e, TIMEOUT, "it took too long");
    return program_read(r->program, out, cap, left, e);
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

static int read_archive(struct git *g, struct running *r, struct package_files *ret, struct err *e)
{
    struct untar *u = untar_new(from_program, r);
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
    _program_ struct program *p = NULL;
    struct running r = {.until = clock_mono_ms() + LIMIT_MS};

    if (start(g, args, true, &p, e) < 0)
        return -1;
    r.program = p;
    if (read_archive(g, &r, ret, e) < 0) {
        struct err how;

        if (e->code == ERR_PACKAGE_INVALID)
            return -1;
        /* why the archive was cut short, if git knows */
        return end(g, p, PATIENCE_MS, &how) < 0 ? refuse(g, how.msg, e) : refuse(g, e->msg, e);
    }
    return end(g, p, LIMIT_MS, e);
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
