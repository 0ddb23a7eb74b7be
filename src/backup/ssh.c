/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a server: the node's own key pair, host keys that are pinned when a server is added,
 * and what goes wrong on the way. Host keys are always checked; there is no switch for that.
 */
#include <string.h>
#include <sys/stat.h>

#include "backup/backup_int.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/program.h"
#include "base/str.h"
#include "config/env.h"

enum {
    WORDS_MAX = 65536,
    TRY_MS = 60000,
    DELETE_MS = 3600000,
    KEY_LINE_MAX = 16384,
    FULL_KIB = 1024, /* less is as good as nothing */
    REASON_MAX = 300
};

const char *const *ssh__env(struct arena *a, const char *dir)
{
    const char **env = arena_calloc(a, 7, sizeof(*env));

    env[0] = env_line(a, "PATH");
    env[1] = arena_printf(a, "HOME=%s", dir);
    env[2] = arena_printf(a, "TMPDIR=%s", dir);
    env[3] = "LC_ALL=C";
    env[4] = "TZ=UTC";
    env[5] = "GOGC=25"; /* restic's heap would double with each index it reads */
    return env;
}

struct said {
    const char *out;
    const char *errors;
    int status;
};

/* Runs a small program in a folder of ours; what it said in the arena. */
static int run(struct backup *b, struct arena *a, const char *cwd, const char *const *argv,
               struct said *ret, struct err *e)
{
    const struct program_spec spec = {.argv = argv,
                                      .env = ssh__env(a, cwd),
                                      .cwd = cwd,
                                      .output_max = WORDS_MAX,
                                      .stop_fd = b->stop_fd};
    _program_ struct program *p = NULL;

    if (program_start(&spec, &p, e) < 0 || program_end(p, TRY_MS, &ret->status, e) < 0)
        return err_wrap(e, "%s", argv[0]);
    ret->out = arena_strdup(a, program_output(p, NULL));
    ret->errors = arena_strdup(a, program_errors(p));
    return 0;
}

/* The public half of a key that somebody has put there. */
static int write_public(struct backup *b, struct arena *a, const char *file,
                        const char *public_file, struct err *e)
{
    const char *const argv[] = {"ssh-keygen", "-y", "-P", "", "-f", file, NULL};
    struct said said;

    if (run(b, a, b->o.dir, argv, &said, e) < 0)
        return -1;
    if (said.status != 0)
        return failed(e, INVALID, "%s is no ssh key without a passphrase", file);
    return fs_write(public_file, said.out, strlen(said.out), 0600, e);
}

int ssh__key(struct backup *b, struct arena *a, const char **ret, struct err *e)
{
    const char *file = arena_printf(a, "%s/id_ed25519", b->o.dir);
    const char *public_file = arena_printf(a, "%s.pub", file);
    const char *const argv[] = {"ssh-keygen", "-q",    "-t", "ed25519", "-N", "",
                                "-C",         "atoll", "-f", file,      NULL};
    struct said said = {0};
    struct bytes line;
    const char *rest;

    lock_scope(&b->key_lock);
    if (fs_size(file) < 0 && run(b, a, b->o.dir, argv, &said, e) < 0)
        return -1;
    if (said.status != 0)
        return failed(e, FAILED, "ssh-keygen: %.*s", REASON_MAX, said.errors);
    if (fs_size(public_file) < 0 && write_public(b, a, file, public_file, e) < 0)
        return -1;
    if (fs_read(a, public_file, KEY_LINE_MAX, &line, e) < 0)
        return -1;
    rest = (const char *)line.p;
    *ret = str_next(a, &rest, '\n');
    return 0;
}

/* "host type base64" of a line of ssh-keyscan -> "type base64". */
static const char *scanned_key(struct arena *a, const char *out, const char *type)
{
    const char *rest = out;
    const char *line;

    while ((line = str_next(a, &rest, '\n'))) {
        const char *key = strchr(line, ' ');

        if (*line != '#' && key && (!type || str_starts(key + 1, type)))
            return key + 1;
    }
    return NULL;
}

int ssh__scan(struct backup *b, struct arena *a, const char *host, int port, const char **ret,
              struct err *e)
{
    const char *const argv[] = {"ssh-keyscan", "-T", "15", "-p", arena_printf(a, "%d", port),
                                "--",          host, NULL};
    struct said said;
    const char *key;

    if (run(b, a, b->o.dir, argv, &said, e) < 0)
        return -1;
    key = scanned_key(a, said.out, "ssh-ed25519 ");
    if (!key)
        key = scanned_key(a, said.out, NULL);
    if (!key || !*servers__fingerprint(a, key)) {
        (void)refused(e, BACKUP_UNREACHABLE, host, "no sshd answers there");
        return err_transient(e);
    }
    *ret = key;
    return 0;
}

/* The last line that says something, without the warnings around it. */
static const char *last_line(struct arena *a, const char *words)
{
    const char *line = "no reason given";
    const char *rest = words;
    char *next;

    while ((next = str_next(a, &rest, '\n'))) {
        next[strcspn(next, "\r")] = '\0';
        if (*next && *next != '@' && !str_starts(next, "Connection closed"))
            line = next;
    }
    return line;
}

int ssh__explain(const char *server, const char *words, struct err *e)
{
    static const char *const host_key[] = {"Host key verification failed", "host key is known for",
                                           "IDENTIFICATION HAS CHANGED", NULL};
    _arena_ struct arena *a = arena_new();
    size_t i;

    for (i = 0; host_key[i]; i++)
        if (strstr(words, host_key[i]))
            return refused(e, BACKUP_HOST_KEY, server, "another one", server);
    if (strstr(words, "Permission denied"))
        return refused(e, BACKUP_LOGIN, server);
    (void)refused(e, BACKUP_UNREACHABLE, server,
                  arena_printf(a, "%.*s", REASON_MAX, last_line(a, words)));
    return err_transient(e);
}

int ssh__try(struct backup *b, const struct server *s, struct err *e)
{
    static const char *const argv[] = {"ssh",          "-F",   "ssh_config", "-s",
                                       "atoll-backup", "sftp", NULL};
    _arena_ struct arena *a = arena_new();
    struct said said;

    if (run(b, a, servers__dir(b, a, s->name), argv, &said, e) < 0)
        return -1;
    return said.status == 255 ? ssh__explain(s->name, said.errors, e) : 0;
}

/* sftp's own quoting: it splits and unquotes its lines itself. */
static void quote(struct buf *out, const char *s)
{
    buf_putc(out, '"');
    for (; *s; s++) {
        if (strchr("\"\\", *s))
            buf_putc(out, '\\');
        buf_putc(out, *s);
    }
    buf_putc(out, '"');
}

/* The third number behind sftp's headline: Size, Used, Avail. */
static uint64_t available_kib(const char *table)
{
    const char *at = table;
    uint64_t n = UINT64_MAX;
    int i;

    for (i = 0; i < 3; i++) {
        char *end;

        at += strcspn(at, "0123456789");
        n = strtoull(at, &end, 10);
        if (end == at)
            return UINT64_MAX;
        at = end;
    }
    return n;
}

/* A repository's files by restic's layout; what is not there is skipped ('-'). */
static void write_batch(struct buf *out, const char *repository)
{
    static const char *const flat[] = {"index", "keys", "locks", "snapshots"};
    size_t i;
    int two;

    for (two = 0; two < 256; two++)
        buf_printf(out, "-rm %s/data/%02x/*\n-rmdir %s/data/%02x\n", repository, (unsigned)two,
                   repository, (unsigned)two);
    buf_printf(out, "-rmdir %s/data\n", repository);
    for (i = 0; i < ARRAY_LEN(flat); i++)
        buf_printf(out, "-rm %s/%s/*\n-rmdir %s/%s\n", repository, flat[i], repository, flat[i]);
    /* its configuration goes last: what is not gone yet is still a repository */
    buf_printf(out, "-rm %s/config\n-rmdir %s\nls -1\n", repository, repository);
}

struct sftp {
    const struct buf *batch;
    int64_t limit_ms;
    int *ret_status;
};

/* Has sftp run a batch of commands; what it said is the program's, which the caller frees. */
static int run_sftp(struct backup *b, const struct server *s, const struct sftp *what,
                    struct program **ret, struct err *e)
{
    static const char *const argv[] = {"sftp", "-q", "-F",           "ssh_config",
                                       "-b",   "-",  "atoll-backup", NULL};
    _arena_ struct arena *a = arena_new();
    const char *dir = servers__dir(b, a, s->name);
    const struct program_spec spec = {.argv = argv,
                                      .env = ssh__env(a, dir),
                                      .cwd = dir,
                                      .feed = true,
                                      .output_max = WORDS_MAX,
                                      .stop_fd = b->stop_fd};

    if (program_start(&spec, ret, e) < 0 ||
        program_feed(ret, 1, what->batch->data, what->batch->len, TRY_MS, e) < 0 ||
        program_end(*ret, what->limit_ms, what->ret_status, e) < 0)
        return err_wrap(e, "sftp");
    return 0;
}

bool ssh__is_full(struct backup *b, const struct server *s)
{
    _buf_ struct buf batch = BUF_INIT(2048);
    _program_ struct program *p = NULL;
    const char *line;
    struct err ignored;
    int status;

    buf_puts(&batch, "df ");
    quote(&batch, s->path);
    buf_putc(&batch, '\n');
    if (run_sftp(b, s, &(struct sftp){&batch, TRY_MS, &status}, &p, &ignored) < 0)
        return false;
    line = strstr(program_output(p, NULL), "Capacity");
    return line && available_kib(line) < FULL_KIB;
}

int ssh__delete(struct backup *b, const struct server *s, const char *repository, struct err *e)
{
    _buf_ struct buf batch = BUF_INIT(65536);
    _program_ struct program *p = NULL;
    int status;

    buf_puts(&batch, "cd ");
    quote(&batch, s->path);
    buf_putc(&batch, '\n');
    write_batch(&batch, repository);
    if (run_sftp(b, s, &(struct sftp){&batch, DELETE_MS, &status}, &p, e) < 0)
        return -1;
    if (status == 255)
        return ssh__explain(s->name, program_errors(p), e);
    if (strstr(program_output(p, NULL), repository) &&
        strstr(strstr(program_output(p, NULL), "sftp> ls -1"), repository))
        return failed(e, FAILED, "backup server \"%s\": \"%s\" could not be deleted whole", s->name,
                      repository);
    return 0;
}
