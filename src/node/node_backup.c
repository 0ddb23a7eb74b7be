/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "docker/tar.h"
#include "docker/untar.h"
#include "node/settings.h"

/*
 * What a node's own state is: its database, its configuration file, and the options as they are in
 * force (without secrets), for people. The private key is in none of them: it comes from the
 * environment, and it is what opens the backup.
 */

#define DATABASE "atoll.sqlite"
#define CONFIG "config.json"

enum { DAY_MS = 86400000, CONFIG_MAX = 16 * 1048576, PIECE = 65536, ENTRIES = 3 };

/* --- saving --- */

struct state {
    struct arena *arena;
    struct tar_writer *tar;
    const char *copy; /* file of the database's copy */
    int fd;
    struct tar_entry entries[ENTRIES];
};

static void state_free(void *ctx)
{
    struct state *s = ctx;
    struct err ignored;

    tar_writer_free(s->tar);
    if (s->fd >= 0)
        close(s->fd);
    (void)!fs_remove_tree(s->copy, &ignored);
    arena_free(s->arena);
    free(s);
}

static int open_copy(void *ctx, int64_t *ret_size, struct err *e)
{
    struct state *s = ctx;
    struct stat st;

    s->fd = open(s->copy, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        return failed(e, FAILED, "%s: %s", s->copy, strerror(errno));
    *ret_size = st.st_size;
    return 0;
}

static int64_t read_copy(void *ctx, void *out, size_t cap, struct err *e)
{
    struct state *s = ctx;
    ssize_t n = read(s->fd, out, cap);

    return n < 0 ? failed(e, FAILED, "%s: %s", s->copy, strerror(errno)) : n;
}

static struct tar_entry memory_entry(const char *path, const void *p, size_t n)
{
    return (struct tar_entry){
        .path = path, .kind = TAR_MEMORY, .mode = 0600, .data = p, .size = (int64_t)n};
}

static size_t list_entries(struct node *n, struct state *s)
{
    _settings_ struct settings *now = settings_take(n);
    const char *options = json_text(s->arena, config_json(s->arena, now->config));
    const char *file = n->config->file;
    struct bytes text;
    struct err ignored;
    size_t count = 0;

    s->entries[count++] = (struct tar_entry){.path = DATABASE,
                                             .kind = TAR_READER,
                                             .mode = 0600,
                                             .open = open_copy,
                                             .read = read_copy,
                                             .ctx = s};
    s->entries[count++] = memory_entry("options.json", options, strlen(options));
    if (file && fs_read(s->arena, file, CONFIG_MAX, &text, &ignored) == 0)
        s->entries[count++] = memory_entry(CONFIG, text.p, text.n);
    return count;
}

static int64_t read_state(void *ctx, void *out, size_t cap, struct err *e)
{
    struct state *s = ctx;

    return tar_writer_read(s->tar, out, cap, e);
}

/* One at a time: the backup part runs one backup of the node at once. */
static int open_state(void *ctx, struct backup_stream *ret, struct err *e)
{
    struct node *n = ctx;
    struct state *s = xcalloc(1, sizeof(*s));

    s->arena = arena_new();
    s->fd = -1;
    s->copy = arena_printf(s->arena, "%s/backup/state.sqlite", n->config->data);
    if (fs_remove_tree(s->copy, e) < 0 || store_copy(n->store, s->copy, e) < 0) {
        state_free(s);
        return -1;
    }
    s->tar = tar_writer_new(s->entries, list_entries(n, s));
    *ret = (struct backup_stream){read_state, state_free, s};
    return 0;
}

static const char *schedule(const char *option)
{
    return !option || str_ieq(option, "none") ? "" : option;
}

int node_backup_open(struct node *n, struct err *e)
{
    const struct config *c = n->config;
    const struct backup_state state = {n, open_state};
    const struct backup_options o = {.store = n->store,
                                     .net = n->net,
                                     .dir = arena_printf(n->arena, "%s/backup", c->data),
                                     .key = &c->private_key,
                                     .node = n->address_text,
                                     .webhook = c->backup_alert_url,
                                     .schedule = schedule(c->backup_schedule),
                                     .node_schedule = schedule(c->backup_node_schedule),
                                     .retention = c->backup_retention,
                                     .gone_ms = c->backup_gone_days * DAY_MS,
                                     .stall_ms = c->backup_stall * 1000,
                                     .check_every_ms = c->backup_check_days * DAY_MS,
                                     .test_every_ms = c->backup_test_days * DAY_MS,
                                     .state = &state};

    return backup_new(&o, &n->backup, e);
}

/* --- restoring --- */

struct unpacking {
    const char *dir; /* a new folder */
    struct arena *arena;
    struct json *files;
};

struct source {
    const struct net_source *tar;
};

static int64_t read_tar(void *ctx, void *out, size_t cap, struct err *e)
{
    const struct source *s = ctx;
    int64_t n = s->tar->read(s->tar->ctx, out, cap);

    return n < 0 ? failed(e, FAILED, "the archive broke off") : n;
}

static int write_file(struct untar *u, const char *path, struct err *e)
{
    _close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    _free_ char *piece = xmalloc(PIECE);
    int64_t n;

    if (fd < 0)
        return failed(e, FAILED, "%s: %s", path, strerror(errno));
    while ((n = untar_read(u, piece, PIECE, e)) > 0)
        if (fs_write_all(fd, piece, (size_t)n, e) < 0)
            return -1;
    if (n < 0)
        return -1;
    return fsync(fd) < 0 ? failed(e, FAILED, "%s: %s", path, strerror(errno)) : 0;
}

/* The archive's names are ours: any other is left out. */
static bool is_wanted(const struct untar_entry *entry)
{
    return entry->kind == UNTAR_FILE &&
           (str_eq(entry->path, DATABASE) || str_eq(entry->path, CONFIG) ||
            str_eq(entry->path, "options.json"));
}

static int unpack(void *ctx, const char *name, const struct net_source *tar, struct err *e)
{
    struct unpacking *u = ctx;
    struct source s = {tar};
    struct untar *archive = untar_new(read_tar, &s);
    struct untar_entry entry;
    int r;

    (void)name;
    while ((r = untar_next(archive, &entry, e)) > 0) {
        if (!is_wanted(&entry))
            continue;
        if (write_file(archive, arena_printf(u->arena, "%s/%s", u->dir, entry.path), e) < 0) {
            r = -1;
            break;
        }
        json_push(u->arena, u->files, json_new_str(u->arena, entry.path));
    }
    untar_free(archive);
    return r;
}

/* Everything arrived and is as it was: now it may have its name. The database comes last. */
static int put_in_place(struct arena *a, const struct unpacking *u, const char *dir, struct err *e)
{
    size_t i;

    for (i = json_len(u->files); i-- > 0;) {
        const char *name = json_str(json_at(u->files, i), "");
        const char *from = arena_printf(a, "%s/%s", u->dir, name);
        const char *to = arena_printf(a, "%s/%s", dir, name);

        if (link(from, to) < 0) /* unlike rename() it never replaces */
            return failed(e, CONFLICT, "%s: %s", to, strerror(errno));
    }
    return 0;
}

static int check_folder(struct arena *a, const char *dir, struct err *e)
{
    static const char *const names[] = {DATABASE, CONFIG, "options.json"};
    size_t i;

    if (fs_mkdirs(dir, 0700, e) < 0)
        return -1;
    for (i = 0; i < ARRAY_LEN(names); i++)
        if (fs_size(arena_printf(a, "%s/%s", dir, names[i])) >= 0)
            return failed(e, CONFLICT,
                          "%s has a %s already: a node's state is restored to a new folder", dir,
                          names[i]);
    return 0;
}

int node_backup_restore(struct arena *a, const struct node_restore *r, struct json **ret,
                        struct err *e)
{
    const struct addr address = seckey_addr(r->key);
    const struct backup_options o = {
        .dir = arena_printf(a, "%s/backup", r->dir), .key = r->key, .node = addr_text(a, &address)};
    struct unpacking u = {arena_printf(a, "%s/backup/restoring", r->dir), a, json_new_array(a)};
    const struct backup_sink to = {unpack, &u};
    const struct backup_state_from from = {
        .server = &r->server, .identity = r->identity, .snapshot = r->snapshot};
    struct backup *b;
    struct json *v;
    struct err ignored;
    int rc;

    if (check_folder(a, r->dir, e) < 0 || backup_new(&o, &b, e) < 0)
        return -1;
    rc = fs_remove_tree(u.dir, e) < 0 || fs_mkdirs(u.dir, 0700, e) < 0 ? -1 : 0;
    if (rc == 0)
        rc = backup_state_restore(b, a, &from, &to, &v, e);
    if (rc == 0)
        rc = put_in_place(a, &u, r->dir, e);
    (void)!fs_remove_tree(u.dir, &ignored);
    backup_free(b);
    if (rc < 0)
        return -1;
    json_set(a, v, "files", u.files);
    *ret = v;
    return 0;
}
