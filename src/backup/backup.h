/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BACKUP_BACKUP_H
#define ATOLL_BACKUP_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "crypto/secp.h"
#include "json/json.h"
#include "net/net.h"
#include "store/db.h"

/*
 * Backups of deployments and of the node's own state: restic over SFTP, one repository for each
 * deployment on each server, encrypted with a key of the deployment's owner. What a deployment
 * consists of is the business of whoever gives the callbacks (service/); here it is a list of
 * named sources that are read and written as tar streams.
 *
 * A snapshot is complete or does not exist: its parts are written first, then a manifest that names
 * them with their hashes. What has no manifest is swept away by the next run.
 *
 * Any thread may call; what says "waits" runs restic, for as long as that takes. A caller holds no
 * connection of the store.
 */
struct backup;

/* --- what the owner of deployments gives --- */

enum {
    BACKUP_SOURCES_MAX = 32,
    BACKUP_ID_MAX = 64, /* of a deployment or a source: [a-z0-9._-], not beginning with '.' */
    BACKUP_SERVERS_MAX = 8
};

/* One thing to keep: a path in a container, or a volume. */
struct backup_source {
    const char *name;      /* unique in the deployment, [a-z0-9._-]; its tar is NAME.tar */
    const char *container; /* for the callbacks alone, may be NULL */
    const char *volume;    /* likewise */
    const char *path;      /* likewise */
};

struct backup_sources {
    const struct backup_source *items;
    size_t count; /* 1..BACKUP_SOURCES_MAX */
    /*
     * What another node needs to make the deployment anew (package, version, size, answers ...),
     * kept in the snapshot and given to adopt(). Encrypted like all else. May be NULL.
     */
    const struct json *definition;
};

struct backup_adoption {
    const char *owner;
    const char *import;            /* to be kept with the deployment, for backup_fill() */
    const struct json *definition; /* as sources() gave it on the other node */
    const struct json *wishes;     /* {name, pool, size, ends} as sent, not yet checked */
};

/* A tar being read. read: > 0, 0 at the end, -1. close is called once, also after a failure. */
struct backup_stream {
    int64_t (*read)(void *ctx, void *out, size_t cap, struct err *e);
    void (*close)(void *ctx);
    void *ctx;
};
/* The stream of docker_archive_get(), which belongs to it afterwards. */
struct backup_stream backup_stream_of(struct stream *s);

/*
 * All are called on threads of the backup or of whoever called a function that waits, one backup or
 * restore of a deployment at a time. `target` is what restore_begin gave.
 */
struct backup_deployments {
    void *ctx;

    /* What to save. Called between begin and end. NOT_FOUND: there is no such deployment. */
    int (*sources)(void *ctx, struct arena *a, const char *deployment, struct backup_sources *ret,
                   struct err *e);
    /* Before and after the sources are read: hooks, a pause. end is called when begin succeeded.
     * Both may be NULL. */
    int (*begin)(void *ctx, const char *deployment, struct err *e);
    void (*end)(void *ctx, const char *deployment);
    /* The tar of a source, from its beginning. */
    int (*open)(void *ctx, const char *deployment, const struct backup_source *s,
                struct backup_stream *ret, struct err *e);

    /*
     * A restore in place: begin makes fresh, empty volumes and touches nothing else; write fills
     * one from a tar; end with ok switches over to them (containers stop, change volumes, start),
     * without ok throws them away. names: the parts that the snapshot has. end may fail with ok;
     * then it has left the old state running.
     */
    int (*restore_begin)(void *ctx, const char *deployment, const char *const *names, size_t count,
                         void **ret_target, struct err *e);
    int (*restore_write)(void *ctx, void *target, const char *name, const struct net_source *tar,
                         struct err *e);
    int (*restore_end)(void *ctx, void *target, bool ok, struct err *e);

    /*
     * A deployment that another node saved, to be made here: gives the id of a new deployment of
     * the owner, whose start calls backup_fill() with the import's id once its volumes exist.
     */
    int (*adopt)(void *ctx, struct arena *a, const struct backup_adoption *adoption,
                 const char **ret_deployment, struct err *e);
};

/* A copy of the node's own state for the node's own backups. NULL: it is not backed up. */
struct backup_state {
    void *ctx;
    /* Opens the tar of what to keep (a consistent copy, without private keys). */
    int (*open)(void *ctx, struct backup_stream *ret, struct err *e);
};

/* --- life --- */

struct backup_options {
    struct store *store;
    struct net *net;           /* for the webhook */
    const char *dir;           /* DATA/backup, made with mode 0700 */
    const struct seckey *key;  /* the node's: seals the owners' keys */
    const char *node;          /* the node's address: names its repositories' folder */
    const char *webhook;       /* POST {alert} when a backup fails; NULL or "": none */
    const char *schedule;      /* of deployments without one of their own; "" = none */
    const char *node_schedule; /* of the node's own state; "" = none */
    const char *retention;     /* "last=3 daily=7 weekly=4 monthly=6" */
    int64_t gone_ms;           /* what is deleted is kept so long; 0: until it is purged */
    int64_t stall_ms;          /* a server that takes no bytes for so long has failed */
    int64_t check_every_ms;    /* `restic check` of each repository; 0 = never */
    int64_t test_every_ms;     /* the automatic restore test; 0 = never */
    const struct backup_state *state;
};

int backup_new(const struct backup_options *o, struct backup **ret, struct err *e) must_check;
/* Before backup_start(); copied. Without it only the node itself is backed up. */
void backup_set_deployments(struct backup *b, const struct backup_deployments *d);
/* Starts the clock and the workers. */
int backup_start(struct backup *b, struct err *e) must_check;
/* What runs ends soon, with UNAVAILABLE; nothing new begins. NULL is allowed. */
void backup_stop(struct backup *b);
/* Ends what runs (it is taken up at the next start or swept away). NULL is allowed. */
void backup_free(struct backup *b);

/* --- deployments (called by service/) --- */

/* The deployment of the node's own state, whose owner is the node. */
#define BACKUP_NODE "node"

/*
 * From now on the deployment is backed up. schedule: cron (base/cron.h, UTC), "" = only by hand,
 * NULL = the node's default; retention likewise ("last=3 daily=7 weekly=4 monthly=6 yearly=0").
 * INVALID when either cannot be read. Again: changes nothing but what is not NULL.
 */
int backup_watch(struct backup *b, const char *deployment, const char *owner, const char *schedule,
                 const char *retention, struct err *e) must_check;
/*
 * The deployment, whose name was this, is gone. Its snapshots stay for gone_ms, or until they are
 * purged. Again: changes nothing.
 */
int backup_forget(struct backup *b, const char *deployment, const char *name, struct err *e)
    must_check;
/*
 * Deletes the snapshots of a deployment that is gone on every server, as soon as each can be
 * reached; then nothing is known of it any more. BACKUP_LIVE. Again: the same.
 */
int backup_purge(struct backup *b, const char *deployment, struct err *e) must_check;
/*
 * [{deployment, name, repository, deletedAt, purgeAt, purging, snapshots, lastAt}] of an owner's
 * deployments that are gone; purgeAt null: not by itself. Newest first, at most 1000.
 */
int backup_gone_json(struct backup *b, struct arena *a, const char *owner, struct json **ret,
                     struct err *e) must_check;

/* Queues a backup; CONFLICT when one runs or waits, UNAVAILABLE without any server. */
int backup_now(struct backup *b, const char *deployment, struct err *e) must_check;
/* Queues a restore in place of a snapshot ("latest" or its id); server: where from, NULL = any. */
int backup_restore(struct backup *b, const char *deployment, const char *snapshot,
                   const char *server, struct err *e) must_check;
/* Queues a restore test of a snapshot on each server that has it: every byte is read and compared.
 */
int backup_verify(struct backup *b, const char *deployment, const char *snapshot, struct err *e)
    must_check;
/* True while a backup, restore or test of the deployment runs or waits. */
bool backup_busy(struct backup *b, const char *deployment);

/* Runs the same at once and waits. For updates ("back up first") and for tests. */
int backup_now_wait(struct backup *b, const char *deployment, struct err *e) must_check;
int backup_restore_wait(struct backup *b, const char *deployment, const char *snapshot,
                        const char *server, struct err *e) must_check;
int backup_verify_wait(struct backup *b, const char *deployment, const char *snapshot,
                       struct err *e) must_check;

/*
 * {schedule, retention, next, running, deletedAt, purgeAt, servers:[{name, ok, lastAt, error}],
 *  snapshots:[{id, at, size, servers:[names], ok}]} of a deployment; owner NULL: of anybody.
 * *ret NULL when the owner has none of that id. Newest first. In the arena; from the database
 * alone.
 */
int backup_json(struct backup *b, struct arena *a, const char *deployment, const char *owner,
                struct json **ret, struct err *e) must_check;
/* Changes schedule and retention (NULL: as it is); INVALID. */
int backup_plan(struct backup *b, const char *deployment, const char *schedule,
                const char *retention, struct err *e) must_check;
/* The owner's key as text, made at the first call; and in the arena. Show it to the owner only. */
int backup_key(struct backup *b, struct arena *a, const char *owner, const char **ret,
               struct err *e) must_check;

/* --- moving to another node --- */

struct backup_origin {
    const char *owner;      /* whose the new deployment will be */
    const char *server;     /* a name known here */
    const char *repository; /* as shown where it was made */
    const char *key;        /* the owner's key there */
    const char *snapshot;   /* an id, or NULL = the latest */
    const struct json *wishes;
};
/*
 * Waits. Reads the manifest and has the deployments' adopt() make a deployment, whose volumes
 * backup_fill() will take from there. Refused: BACKUP_KEY, BACKUP_NONE.
 */
int backup_adopt(struct backup *b, struct arena *a, const struct backup_origin *from,
                 const char **ret_deployment, struct err *e) must_check;
/*
 * Called by an adopted deployment when its volumes are there and empty, before its containers
 * start; as often as that step is repeated. Waits. Every part goes to write, whose tars are those
 * of open(). -1: the volumes are to be made anew before the next try.
 */
struct backup_sink {
    int (*write)(void *ctx, const char *name, const struct net_source *tar, struct err *e);
    void *ctx;
};
int backup_fill(struct backup *b, const char *import, const char *deployment,
                const struct backup_sink *to, struct err *e) must_check;

/* --- the node's own state, brought back to a machine that has nothing --- */

struct backup_state_from {
    const struct backup_server *server; /* its name does not matter */
    const char *identity;               /* file of a key that it lets in; NULL: the folder's own */
    const char *snapshot;               /* an id, or NULL = the latest */
};
/*
 * Waits. Needs the options dir, key and node alone: no store, no start. The tar goes to the sink,
 * which must not believe it before this succeeds. {snapshot, at, fingerprint}. BACKUP_LOGIN says
 * which key the server has to let in; BACKUP_NONE when the node has no backup there.
 */
int backup_state_restore(struct backup *b, struct arena *a, const struct backup_state_from *from,
                         const struct backup_sink *to, struct json **ret, struct err *e) must_check;

/* --- servers (called by node/ for administrators) --- */

struct backup_server {
    const char *name; /* [a-z0-9-], 1..32 */
    const char *host; /* a host name or address */
    int port;         /* 0 = 22 */
    const char *user; /* NULL = "atoll-backup" */
    const char *path; /* NULL = "/repositories" */
    /* "SHA256:..." that the host key must have; NULL: the one that the host shows now is pinned. */
    const char *fingerprint;
};

/* Waits: asks the host for its key, pins it, logs in and makes the node's own repository there. A
 * server that does not work is not added. */
int backup_server_add(struct backup *b, struct arena *a, const struct backup_server *s,
                      struct json **ret, struct err *e) must_check;
/* What is stored there stays. */
int backup_server_remove(struct backup *b, const char *name, struct err *e) must_check;
/* Waits: logs in and checks the node's own repository. */
int backup_server_check(struct backup *b, struct arena *a, const char *name, struct json **ret,
                        struct err *e) must_check;
/*
 * Waits: pins the key that the host shows now, if it is the one of the fingerprint; with NULL
 * nothing is pinned and the error names the fingerprint that is offered.
 */
int backup_server_accept(struct backup *b, struct arena *a, const char *name,
                         const char *fingerprint, struct json **ret, struct err *e) must_check;
/* {publicKey, servers:[{name, host, port, user, path, fingerprint, state, error, checkedAt,
 * lastOk}], alerts:[{at, deployment, server, kind, text}]}. */
int backup_servers_json(struct backup *b, struct arena *a, struct json **ret, struct err *e)
    must_check;

#endif
