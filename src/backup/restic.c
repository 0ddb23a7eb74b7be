/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restic, by its arguments: no shell sees them, the password comes from a descriptor, and the way
 * to the server is a file of ssh's configuration in the folder that restic runs in, so that nothing
 * of a person's making stands in the command that starts ssh.
 */
#include <string.h>

#include "backup/backup_int.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/program.h"
#include "base/str.h"
#include "crypto/random.h"

enum {
    ARGS_MAX = 256,
    LIST_MAX = 16 * 1048576,
    TAIL_MAX = 65536,
    SHORT_MS = 120000,     /* cat, init, snapshots, unlock, forget */
    FINISH_STALLS = 5,     /* for the last packs and the index */
    LONG_MS = 6 * 3600000, /* prune, check */
    REASON_MAX = 300
};

const char *restic__cache(struct arena *a, const struct repo *r)
{
    return arena_printf(a, "%s/cache/%s/%s", r->b->o.dir, r->server->name, r->name);
}

/* What restic said last, without the lines that a person does not need. */
static const char *reason(struct arena *a, const char *errors)
{
    const char *line = "";
    const char *rest = errors;
    const char *next;

    while ((next = str_next(a, &rest, '\n'))) {
        if (!*next || str_starts(next, "Is there a repository") || str_starts(next, "sftp:"))
            continue;
        line = next;
    }
    if (str_starts(line, "Fatal: "))
        line += strlen("Fatal: ");
    return arena_printf(a, "%.*s", REASON_MAX, line);
}

static bool says_any(const char *errors, const char *const *words)
{
    for (; *words; words++)
        if (strstr(errors, *words))
            return true;
    return false;
}

/* What a failed restic's words mean. */
static int explain(const struct repo *r, const char *errors, struct err *e)
{
    static const char *const key[] = {"wrong password or no key found", NULL};
    static const char *const full[] = {"no space left on device", "No space left on device",
                                       "Disk quota exceeded", NULL};
    static const char *const locked[] = {"already locked", NULL};
    static const char *const way[] = {"subprocess ssh", "unable to start the sftp session",
                                      "connection lost", "unexpected EOF", NULL};
    static const char *const damaged[] = {"ciphertext verification failed",
                                          "does not match",
                                          "invalid data returned",
                                          "not found in index",
                                          "config cannot be loaded",
                                          "invalid header",
                                          "repository contains errors",
                                          "unexpected pack",
                                          "object not found",
                                          NULL};
    _arena_ struct arena *a = arena_new();
    const char *why = reason(a, errors);

    if (says_any(errors, key))
        return refused(e, BACKUP_KEY, r->name, r->server->name);
    if (says_any(errors, full))
        return refused(e, BACKUP_FULL, r->server->name);
    if (says_any(errors, locked)) {
        (void)refused(e, BACKUP_LOCKED, r->name, r->server->name);
        return err_transient(e);
    }
    if (strstr(errors, "SSH_FX_FAILURE")) /* all that SFTP says of what it could not write */
        return ssh__is_full(r->b, r->server)
                   ? refused(e, BACKUP_FULL, r->server->name)
                   : failed(e, FAILED, "backup server \"%s\": it could not write", r->server->name);
    if (says_any(errors, way)) {
        if (ssh__try(r->b, r->server, e) < 0)
            return -1;
        (void)refused(e, BACKUP_UNREACHABLE, r->server->name, "the connection broke");
        return err_transient(e);
    }
    if (says_any(errors, damaged))
        return refused(e, BACKUP_DAMAGED, r->name, r->server->name, why);
    return failed(e, FAILED, "backup server \"%s\": restic: %s", r->server->name,
                  *why ? why : "it failed without a word");
}

/* Starts restic with these arguments behind those that it always has. */
static int start(const struct repo *r, const char *const *args, struct program_spec spec,
                 struct program **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *argv[ARGS_MAX + 16] = {
        "restic",
        "--repo",
        arena_printf(a, "sftp:atoll-backup:%s/%s", r->server->path, r->name),
        "--option",
        "sftp.command=ssh -F ssh_config -s atoll-backup sftp",
        "--password-file",
        "/dev/fd/3",
        "--cache-dir",
        restic__cache(a, r)};
    size_t n = 9;

    for (; *args; args++) {
        must(n < ARRAY_LEN(argv) - 1);
        argv[n++] = *args;
    }
    spec.argv = argv;
    spec.cwd = servers__dir(r->b, a, r->server->name);
    spec.env = ssh__env(a, spec.cwd);
    spec.secret = r->key;
    spec.stop_fd = r->b->stop_fd;
    spec.hopeless = "returned error, retrying after";
    return program_start(&spec, ret, e);
}

/* Waits for the end; a status other than 0 becomes the error that its words mean. */
static int end(const struct repo *r, struct program *p, int64_t limit_ms, struct err *e)
{
    int status;

    if (program_end(p, limit_ms, &status, e) < 0)
        return err_wrap(e, "backup server \"%s\"", r->server->name);
    return status == 0 ? 0 : explain(r, program_errors(p), e);
}

static int run(const struct repo *r, const char *const *args, int64_t limit_ms, struct err *e)
{
    _program_ struct program *p = NULL;
    const struct program_spec spec = {.output_max = TAIL_MAX};

    if (start(r, args, spec, &p, e) < 0)
        return -1;
    return end(r, p, limit_ms, e);
}

int restic__open(const struct repo *r, bool *ret_there, struct err *e)
{
    static const char *const args[] = {"cat", "config", "--no-lock", NULL};
    _program_ struct program *p = NULL;
    const struct program_spec spec = {.output_max = TAIL_MAX};
    int status;

    if (start(r, args, spec, &p, e) < 0)
        return -1;
    if (program_end(p, 2 * r->b->o.stall_ms, &status, e) < 0)
        return err_wrap(e, "backup server \"%s\"", r->server->name);
    *ret_there = status == 0;
    if (status == 0)
        return 0;
    if (strstr(program_errors(p), "unable to open config file") &&
        strstr(program_errors(p), "does not exist"))
        return 0;
    return explain(r, program_errors(p), e);
}

int restic__init(const struct repo *r, struct err *e)
{
    static const char *const args[] = {"init", NULL};

    return run(r, args, SHORT_MS, e);
}

/*
 * A process of this node that was killed left its lock behind. `restic unlock` removes those alone
 * whose process, on this host, is no more, or that nobody has refreshed for half an hour.
 */
static int run_unlocked(const struct repo *r, const char *const *args, int64_t limit_ms,
                        struct err *e)
{
    static const char *const unlock[] = {"unlock", NULL};
    struct err why;

    if (run(r, args, limit_ms, &why) == 0)
        return 0;
    if (why.code == ERR_BACKUP_LOCKED && run(r, unlock, SHORT_MS, e) == 0)
        return run(r, args, limit_ms, e);
    *e = why;
    return -1;
}

int restic__do(const struct repo *r, const char *what, struct err *e)
{
    const char *const args[] = {what, NULL};

    return run_unlocked(r, args, LONG_MS, e);
}

/* --- saving --- */

int restic__save(const struct repo *r, const char *file, const struct save_tags *tags,
                 struct program **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    char when[CLOCK_ISO_SIZE];
    const char *tag;
    const struct program_spec spec = {.feed = true, .output_max = TAIL_MAX};

    clock_iso_s(tags->at / 1000, when);
    when[10] = ' '; /* "2026-11-25 10:30:00", in the zone that proc.c sets: UTC */
    when[19] = '\0';
    tag = tags->size < 0 ? arena_printf(a, "atoll,id=%s", tags->id)
                         : arena_printf(a, "atoll,id=%s,at=%lld,size=%lld", tags->id,
                                        (long long)tags->at, (long long)tags->size);
    {
        const char *const args[] = {"backup", "--json", "--stdin", "--stdin-filename",
                                    file,     "--host", "atoll",   "--time",
                                    when,     "--tag",  tag,       NULL};

        return start(r, args, spec, ret, e);
    }
}

/* restic's id in the line of its summary, the last one that it prints. */
static const char *saved_id(struct arena *a, struct program *p)
{
    const char *rest = program_output(p, NULL);
    const char *found = NULL;
    const char *line;

    while ((line = str_next(a, &rest, '\n'))) {
        struct json *v;
        struct err ignored;

        if (strstr(line, "\"summary\"") && json_parse(a, line, strlen(line), &v, &ignored) == 0)
            found = json_get_str(v, "snapshot_id", found);
    }
    return found;
}

int restic__saved(const struct repo *r, struct arena *a, struct program *p, const char **ret_id,
                  struct err *e)
{
    const char *id;

    if (end(r, p, FINISH_STALLS * r->b->o.stall_ms, e) < 0)
        return -1;
    id = program_alive(p) ? saved_id(a, p) : NULL;
    if (!id)
        return failed(e, FAILED, "backup server \"%s\": restic did not say what it saved",
                      r->server->name);
    *ret_id = id;
    return 0;
}

/* --- reading --- */

int restic__dump(const struct repo *r, const char *restic_id, const char *file,
                 struct program **ret, struct err *e)
{
    const char *const args[] = {"dump", "--no-lock", restic_id, file, NULL};
    const struct program_spec spec = {.drain = true};

    return start(r, args, spec, ret, e);
}

int restic__dumped(const struct repo *r, struct program *p, struct err *e)
{
    return end(r, p, SHORT_MS, e);
}

/* The value of a tag "name=value", NULL when there is none. */
static const char *tag_value(const struct json *snapshot, const char *name)
{
    const struct json *tags = json_get(snapshot, "tags");
    size_t len = strlen(name);
    size_t i;

    for (i = 0; i < json_len(tags); i++) {
        const char *t = json_str(json_at(tags, i), "");

        if (strncmp(t, name, len) == 0 && t[len] == '=')
            return t + len + 1;
    }
    return NULL;
}

static bool is_marked(const struct json *snapshot)
{
    const struct json *tags = json_get(snapshot, "tags");
    size_t i;

    for (i = 0; i < json_len(tags); i++)
        if (str_eq(json_str(json_at(tags, i), ""), "atoll"))
            return true;
    return false;
}

/* One line of restic's list; what does not carry our mark is somebody else's and stays as it is. */
static void sort_in(struct arena *a, const struct json *v, struct snaps *s)
{
    const char *restic_id = json_get_str(v, "id", NULL);
    const char *id = tag_value(v, "id");
    const char *at = tag_value(v, "at");
    const char *size = tag_value(v, "size");
    uint64_t when;
    uint64_t bytes;

    if (!restic_id || !id || strlen(id) != BACKUP_ID_SIZE - 1 || !is_marked(v))
        return;
    s->pieces[s->piece_count++] =
        (struct snap_piece){arena_strdup(a, restic_id), arena_strdup(a, id)};
    if (at && size && str_u64(at, INT64_MAX, &when) && str_u64(size, INT64_MAX, &bytes))
        s->items[s->count++] = (struct snap){arena_strdup(a, id), (int64_t)when, (int64_t)bytes,
                                             arena_strdup(a, restic_id)};
}

static int by_time(const void *x, const void *y)
{
    const struct snap *p = x;
    const struct snap *q = y;

    return p->at == q->at ? strcmp(p->id, q->id) : p->at < q->at ? 1 : -1;
}

int restic__list(const struct repo *r, struct arena *a, struct snaps *ret, struct err *e)
{
    static const char *const args[] = {"snapshots", "--json", "--no-lock", "--tag", "atoll", NULL};
    _program_ struct program *p = NULL;
    const struct program_spec spec = {.output_max = LIST_MAX};
    struct snaps s = {0};
    struct json *v;
    const char *text;
    size_t n;
    size_t i;

    if (start(r, args, spec, &p, e) < 0 || end(r, p, 2 * r->b->o.stall_ms, e) < 0)
        return -1;
    text = program_output(p, &n);
    if (program_output_cut(p))
        return failed(e, TOO_LARGE, "backup server \"%s\": too many snapshots in \"%s\"",
                      r->server->name, r->name);
    if (json_parse(a, text, n, &v, e) < 0)
        return err_wrap(e, "restic's list of snapshots");
    s.items = arena_calloc(a, json_len(v) + 1, sizeof(*s.items));
    s.pieces = arena_calloc(a, json_len(v) + 1, sizeof(*s.pieces));
    for (i = 0; i < json_len(v); i++)
        sort_in(a, json_at(v, i), &s);
    qsort(s.items, s.count, sizeof(*s.items), by_time);
    *ret = s;
    return 0;
}

const struct snap *restic__pick(const struct snaps *s, const char *id)
{
    size_t i;

    for (i = 0; i < s->count; i++)
        if (!id || str_eq(id, "latest") || str_eq(s->items[i].id, id))
            return &s->items[i];
    return NULL;
}

int restic__forget(const struct repo *r, const char *const *ids, size_t count, struct err *e)
{
    const char *args[ARGS_MAX + 1];
    size_t done = 0;

    while (done < count) {
        size_t n = 0;

        args[n++] = "forget";
        while (n < ARGS_MAX && done < count)
            args[n++] = ids[done++];
        args[n] = NULL;
        if (run_unlocked(r, args, SHORT_MS, e) < 0)
            return -1;
    }
    return 0;
}
