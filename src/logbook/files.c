/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "logbook/logbook_int.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, BATCH_MAX = 16 << 20, NAMES_MAX = 4096 };

struct log_files {
    char *dir;  /* .../logs */
    char *path; /* of the current file */
    int fd;     /* -1: not open */
    int64_t size;
};

struct log_files *log_files__new(const char *dir)
{
    struct log_files *f = xcalloc(1, sizeof(*f));

    f->dir = xasprintf("%s/logs", dir);
    f->path = xasprintf("%s/atoll.log", f->dir);
    f->fd = -1;
    return f;
}

static void shut(struct log_files *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}

void log_files__free(struct log_files *f)
{
    if (!f)
        return;
    shut(f);
    free(f->dir);
    free(f->path);
    free(f);
}

int log_files__prepare(struct log_files *f, struct err *e)
{
    return fs_mkdirs(f->dir, FOLDER_MODE, e);
}

static int open_current(struct log_files *f, struct err *e)
{
    struct stat st;

    if (f->fd >= 0 && stat(f->path, &st) == 0)
        return 0;
    shut(f); /* somebody took the file away: a new one */
    if (log_files__prepare(f, e) < 0)
        return -1;
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (f->fd < 0 || fstat(f->fd, &st) < 0)
        return failed(e, FAILED, "%s: %m", f->path);
    f->size = st.st_size;
    return 0;
}

/* --- old files --- */

static bool is_old_file(const char *name)
{
    return str_starts(name, "atoll-") && str_ends(name, ".log");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Their names hold the date, so the order of names is that of time. */
static size_t old_files(struct log_files *f, struct arena *a, char **names)
{
    DIR *d = opendir(f->dir);
    struct dirent *entry;
    size_t n = 0;

    while (d && n < NAMES_MAX && (entry = readdir(d)))
        if (is_old_file(entry->d_name))
            names[n++] = arena_strdup(a, entry->d_name);
    if (d)
        (void)closedir(d);
    qsort(names, n, sizeof(*names), by_name);
    return n;
}

static void remove_old(struct log_files *f, const struct logbook_options *o)
{
    _arena_ struct arena *a = arena_new();
    char **names = arena_calloc(a, NAMES_MAX, sizeof(*names));
    size_t n = old_files(f, a, names);
    int64_t oldest = o->retention_ms ? clock_s() - o->retention_ms / 1000 : 0;
    struct stat st;
    size_t i;

    for (i = 0; i < n; i++) {
        const char *path = arena_printf(a, "%s/%s", f->dir, names[i]);

        if (i + o->files_max < n || (stat(path, &st) == 0 && st.st_mtime < oldest))
            (void)unlink(path);
    }
}

/* The full file gets a name with the date; a second one of the same millisecond, a later one. */
static int rotate(struct log_files *f, const struct logbook_options *o, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    char when[CLOCK_ISO_SIZE];
    int64_t at = clock_ms();
    const char *to;

    do {
        clock_iso(at++, when);
        to = arena_printf(a, "%s/atoll-%s.log", f->dir, when);
    } while (fs_size(to) >= 0);
    shut(f);
    if (rename(f->path, to) < 0)
        return failed(e, FAILED, "%s: %m", to);
    remove_old(f, o);
    return open_current(f, e);
}

int log_files__clean(struct log_files *f, const struct logbook_options *o, struct err *e)
{
    if (open_current(f, e) < 0)
        return -1;
    return f->size > 0 ? rotate(f, o, e) : 0;
}

/* --- writing --- */

static void add_line(struct buf *out, const struct line *l)
{
    _arena_ struct arena *a = arena_new();
    const struct line_view v = {.at_ms = l->at_ms,
                                .level = l->level,
                                .module = line__module(l->part),
                                .part = l->part,
                                .text = l->text};

    json_write(out, line__json(a, &v), 0);
    buf_putc(out, '\n');
}

static int append(struct log_files *f, struct buf *b, struct err *e)
{
    if (fs_write_all(f->fd, buf_str(b), b->len, e) < 0)
        return -1;
    f->size += (int64_t)b->len;
    buf_reset(b);
    return 0;
}

int log_files__write(struct log_files *f, const struct list *batch, const struct logbook_options *o,
                     struct err *e)
{
    _buf_ struct buf b = BUF_INIT(BATCH_MAX);
    const struct list *item;

    if (open_current(f, e) < 0)
        return -1;
    for (item = batch->next; item != batch; item = item->next) {
        add_line(&b, container_of(item, struct line, link));
        if (f->size + (int64_t)b.len < (int64_t)o->file_max)
            continue;
        if (append(f, &b, e) < 0 || rotate(f, o, e) < 0)
            return -1;
    }
    return append(f, &b, e);
}
