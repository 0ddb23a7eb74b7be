/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BACKUP_BACKUP_INT_H
#define ATOLL_BACKUP_BACKUP_INT_H

#include <pthread.h>

#include "backup/backup.h"
#include "backup/retain.h"
#include "base/list.h"
#include "base/thread.h"
#include "crypto/hash.h"
#include "crypto/secp.h"

/*
 * What the files of this folder share. Names: a deployment, a server and a repository are plain
 * words (names.c) by the time they get here. Texts that come back are in the arena that was given.
 * Whatever runs a program waits for it, and may be called from any thread that the node can spare.
 */

enum {
    BACKUP_ID_SIZE = 17,   /* of a snapshot: 16 hex digits and NUL */
    BACKUP_KEY_TEXT = 44,  /* 32 bytes as base64url and NUL */
    BACKUP_NAME_MAX = 32,  /* of a server */
    BACKUP_TEXT_MAX = 600, /* of an error that is kept */
    BACKUP_PARTS_MAX = BACKUP_SOURCES_MAX,
    BACKUP_MANIFEST_MAX = 1 << 20
};

struct backup {
    struct arena *life; /* the texts of the options */
    struct backup_options o;
    struct backup_deployments d;
    struct backup_state state;
    struct seckey key;
    struct pubkey pubkey;
    struct retain retention; /* the default */
    const char *prefix;      /* of this node's repositories: ten hex digits */
    bool has_deployments;

    pthread_mutex_t key_lock; /* one makes the key pair */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t clock;
    bool started;
    bool ending;      /* under lock */
    bool changed;     /* under lock: the clock looks again */
    struct list busy; /* struct op: waiting or running, one for each deployment; under lock */
    struct pool *pool;
    int stop_fd; /* readable when it ends */
};

/* --- servers.c --- */

/* A row of backup_server. */
struct server {
    const char *name;
    const char *host;
    int port;
    const char *login;
    const char *path;
    const char *host_key; /* "ssh-ed25519 AAAA..." */
};
/* In the arena. BACKUP_SERVER when there is none of that name. */
int servers__find(struct backup *b, struct arena *a, const char *name, struct server *ret,
                  struct err *e) must_check;
int servers__all(struct backup *b, struct arena *a, struct server **ret, size_t *ret_count,
                 struct err *e) must_check;
/* The folder in which ssh and restic run for it: ssh_config, known_hosts. In the arena. */
const char *servers__dir(struct backup *b, struct arena *a, const char *name);
/* "SHA256:..." as ssh-keygen -l shows it; "" when it is no key. */
const char *servers__fingerprint(struct arena *a, const char *host_key);
/* What an administrator says of one, with the key that it shows; BACKUP_FINGERPRINT. */
int servers__meet(struct backup *b, struct arena *a, const struct backup_server *s,
                  struct server *ret, struct err *e) must_check;
/* Writes the files of a server; they are made again at each start. */
int servers__write(struct backup *b, const struct server *s, struct err *e) must_check;
/* How the last question to it ended; err NULL: well. */
void servers__note(struct backup *b, const char *name, const struct err *why);

/* --- ssh.c --- */

/* The environment of the programs that we run in a folder of ours: all they have. */
const char *const *ssh__env(struct arena *a, const char *dir);
/* Makes the node's key pair when there is none; the public line in the arena. */
int ssh__key(struct backup *b, struct arena *a, const char **ret, struct err *e) must_check;
/* The key that a host shows now: "ssh-ed25519 AAAA...". */
int ssh__scan(struct backup *b, struct arena *a, const char *host, int port, const char **ret,
              struct err *e) must_check;
/* Logs in and out; the error says what is wrong with the way there. */
int ssh__try(struct backup *b, const struct server *s, struct err *e) must_check;
/* Deletes a repository with all that is in it; one that is not there is success. */
int ssh__delete(struct backup *b, const struct server *s, const char *repository, struct err *e)
    must_check;
/* Whether the disk behind it has no room; false when it does not say. */
bool ssh__is_full(struct backup *b, const struct server *s);
/* The error that a failed ssh's words mean. */
int ssh__explain(const char *server, const char *words, struct err *e);

/* --- keys.c --- */

/* The password of an owner's repositories; made when there is none. BACKUP_NODE: derived from the
 * node's key, so that whoever has that needs nothing else. */
int keys__get(struct backup *b, struct arena *a, const char *owner, const char **ret, struct err *e)
    must_check;
/* For the node's key, and back. open: FAILED for what was sealed for another. */
int keys__seal(struct backup *b, struct arena *a, const char *text, struct bytes *ret,
               struct err *e) must_check;
int keys__open(struct backup *b, struct arena *a, struct bytes sealed, const char **ret,
               struct err *e) must_check;

/* --- restic.c --- */

struct program;

/* One repository, and what opens it. */
struct repo {
    struct backup *b;
    const struct server *server;
    const char *name; /* folder below the server's path */
    const char *key;
};

/* A snapshot in a repository, whole: it has a manifest. */
struct snap {
    const char *id;
    int64_t at;
    int64_t size;
    const char *manifest; /* restic's id */
};
/* What a repository holds, and what is left over of snapshots that were never finished. */
struct snaps {
    struct snap *items; /* newest first */
    size_t count;
    /* restic's ids of all that carries our mark, with the snapshot that each belongs to */
    struct snap_piece {
        const char *restic_id;
        const char *id;
    } * pieces;
    size_t piece_count;
};

/* Opens it. *ret_there false: there is none. Refused: BACKUP_KEY and what is wrong with the way. */
int restic__open(const struct repo *r, bool *ret_there, struct err *e) must_check;
/* Makes it; about a second, for restic measures how hard its key derivation may be. */
int restic__init(const struct repo *r, struct err *e) must_check;
/* What carries our mark; snapshots that an owner made by hand are left alone. */
int restic__list(const struct repo *r, struct arena *a, struct snaps *ret, struct err *e)
    must_check;
/* The snapshot of that id; the newest for NULL and "latest". NULL: there is none. */
const struct snap *restic__pick(const struct snaps *s, const char *id);
/* Starts `restic backup --stdin` of a file; feed it, then restic__saved(). */
struct save_tags {
    const char *id;
    int64_t at;
    int64_t size; /* of a manifest: of all parts; -1 for a part */
};
int restic__save(const struct repo *r, const char *file, const struct save_tags *tags,
                 struct program **ret, struct err *e) must_check;
/* Waits for its end; restic's id of what was saved, in the arena. */
int restic__saved(const struct repo *r, struct arena *a, struct program *p, const char **ret_id,
                  struct err *e) must_check;
/* Starts `restic dump` of a file; read it, then restic__dumped(). */
int restic__dump(const struct repo *r, const char *restic_id, const char *file,
                 struct program **ret, struct err *e) must_check;
int restic__dumped(const struct repo *r, struct program *p, struct err *e) must_check;
/* Takes restic's snapshots out of the list; their data goes with the next prune. */
int restic__forget(const struct repo *r, const char *const *ids, size_t count, struct err *e)
    must_check;
/* "prune", "check". */
int restic__do(const struct repo *r, const char *what, struct err *e) must_check;
/* The folder of its cache, to be removed with it. */
const char *restic__cache(struct arena *a, const struct repo *r);

/* --- manifest.c --- */

struct part {
    const char *name;      /* of the source; its file in restic is /NAME.tar */
    const char *restic_id; /* of the restic snapshot that holds that file */
    int64_t size;          /* bytes of the tar */
    struct hash32 sha256;  /* of the tar */
};
struct manifest {
    const char *id;
    const char *deployment;
    int64_t at;
    struct part *parts;
    size_t part_count;
    const struct json *definition; /* or NULL */
};
const char *manifest__text(struct arena *a, const struct manifest *m);
/* INVALID when it is none. */
int manifest__parse(struct arena *a, const char *text, size_t n, struct manifest *ret,
                    struct err *e) must_check;
/* The same from a repository: restic_id is the snapshot that holds the manifest alone. */
int manifest__read(const struct repo *r, struct arena *a, const char *restic_id,
                   struct manifest *ret, struct err *e) must_check;

/* --- plans.c --- */

struct plan {
    const char *deployment;
    const char *owner;
    const char *schedule;    /* in force: its own or the node's; "" = none */
    struct retain retention; /* in force */
    int64_t next_at;         /* ms since 1970, 0 = not by itself */
    int gone;                /* 1: the deployment is no more; 2: its backups are to go, too */
    int64_t gone_at;         /* since when, ms; 0: it is there */
};
/* The clock looks again. */
void plans__changed(struct backup *b);
/* A cron expression that is not too frequent; "" and NULL are well. */
int plans__check_schedule(const char *schedule, struct err *e) must_check;
int plans__find(struct backup *b, struct arena *a, const char *deployment, bool *ret_found,
                struct plan *ret, struct err *e) must_check;
/* Those that are due, and those to be purged. */
int plans__due(struct backup *b, struct arena *a, int64_t now, const char ***ret, size_t *ret_count,
               struct err *e) must_check;
int plans__purges(struct backup *b, struct arena *a, const char ***ret, size_t *ret_count,
                  struct err *e) must_check;
/* When the next is due; 0 = never. */
int plans__next(struct backup *b, int64_t *ret, struct err *e) must_check;
/* Its next time after now. */
void plans__advance(struct backup *b, const struct plan *p);
/* Statements with the same parameters, all or none; both lists end with NULL. */
int plans__run_all(struct backup *b, const struct sql *const *all, const char *const *texts,
                   struct err *e) must_check;
/* The plan itself, when nothing is left. */
int plans__drop(struct backup *b, const char *deployment, struct err *e) must_check;
/* The repository of a deployment, in the arena. */
const char *plans__repository(struct backup *b, struct arena *a, const char *deployment);

/* --- gone.c --- */

/* What was kept long enough is to be purged. */
int gone__expire(struct backup *b, struct err *e) must_check;
/* When the next is; 0: never. */
int gone__next(struct backup *b, int64_t *ret, struct err *e) must_check;
/* deletedAt and purgeAt, null where there are none. */
void gone__json(struct backup *b, struct arena *a, const struct plan *p, struct json *into);

/* --- targets.c --- */

/* Whether a server has, or may have, anything of it. */
int targets__left(struct backup *b, const char *deployment, bool *ret, struct err *e) must_check;

enum target_time { TARGET_CHECKED, TARGET_TESTED, TARGET_PRUNED };
/* A deployment on a server; times are 0 for what has never been. */
struct target {
    int64_t last_ok;  /* ms since 1970, of the last complete snapshot */
    int64_t times[3]; /* enum target_time */
};
int targets__find(struct backup *b, const char *deployment, const char *server, struct target *ret,
                  struct err *e) must_check;
/* How a backup to it ended; err NULL: well. */
void targets__note(struct backup *b, const char *deployment, const char *server,
                   const struct err *why);
void targets__time(struct backup *b, const char *deployment, const char *server,
                   enum target_time which);
/* What its repository holds now. */
int targets__store(struct backup *b, const char *deployment, const char *server,
                   const struct snaps *s, struct err *e) must_check;
void targets__bad(struct backup *b, const char *deployment, const char *server, const char *id,
                  bool bad);
/* Snapshots that servers have, the newest first; id "latest" for the newest one. In the arena. */
struct copy {
    const char *server;
    struct snap snap;
};
struct copies {
    struct copy *items;
    size_t count;
};
int targets__copies(struct backup *b, struct arena *a, const char *deployment, const char *id,
                    struct copies *ret, struct err *e) must_check;

/* --- alerts.c --- */

/* why NULL: it is well again. Row, log line at warn, webhook; each only when it changes. */
void alerts__set(struct backup *b, const char *deployment, const char *server, const char *kind,
                 const struct err *why);
/* [{at, lastAt, count, deployment, server, kind, text}]; deployment NULL: all. */
int alerts__json(struct backup *b, struct arena *a, const char *deployment, struct json **ret,
                 struct err *e) must_check;

/* --- save.c, restore.c: the work, on whose thread it may take its time --- */

int save__run(struct backup *b, const struct plan *p, struct err *e) must_check;
int restore__run(struct backup *b, const char *deployment, const char *snapshot, const char *server,
                 struct err *e) must_check;
/* Reads every byte of a snapshot on a server and compares; server NULL: each that has it. */
int restore__test(struct backup *b, const char *deployment, const char *snapshot,
                  const char *server, struct err *e) must_check;
/* Every part of a snapshot to a sink, hashes compared. */
int restore__parts(const struct repo *r, const struct manifest *m, const struct backup_sink *to,
                   struct err *e) must_check;
/* Deletes what there is of a deployment whose plan says so; a server that is away is asked later.
 */
int purge__run(struct backup *b, const char *deployment, struct err *e) must_check;

/* --- names.c --- */

/* [a-z0-9._-], 1..max, not beginning with '.' or '-'. */
bool names__plain(const char *s, size_t max);
int names__server(const struct backup_server *s, struct err *e) must_check;

#endif
