/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_BACKUP_WORLD_H
#define ATOLL_TEST_UNIT_BACKUP_WORLD_H

#include <stdbool.h>
#include <sys/types.h>

#include "backup/backup.h"
#include "store/db.h"

/*
 * Two backup servers (sshd on loopback, with ports and host keys of their own, for the user who
 * runs the test), and deployments that are pieces of memory.
 */
struct sshd {
    char dir[128];  /* its configuration, keys and log */
    char repo[160]; /* where repositories go */
    int port;
    pid_t pid; /* 0: not running */
};
void sshd_start(struct sshd *s);
void sshd_stop(struct sshd *s);
/* A new host key; takes effect at the next start. */
void sshd_new_key(struct sshd *s);

enum { BLOBS = 3, BLOB_NAME = 16 };
struct blob {
    char name[BLOB_NAME];
    char *p;
    size_t n;
};

struct backup_world {
    char dir[32];
    char data[64]; /* the node's folder */
    struct sshd server[2];
    struct store *store;
    struct backup *backup;
    struct seckey key;
    const char *webhook;
    int64_t test_every_ms; /* the automatic restore test */
    int64_t gone_ms;       /* what is deleted is kept so long */
    bool unwatched;        /* "d1" is deleted, and stays so */
    struct net *net;

    /* the one deployment, "d1", and what the callbacks did */
    struct blob live[BLOBS];
    struct blob fresh[BLOBS]; /* a restore under way */
    size_t count;
    size_t break_at;  /* reading any blob fails behind so many bytes; 0 = never */
    bool break_write; /* a restore's writing fails */
    int begun;
    int ended;
    int switched;
    int thrown_away;
    char adopted_import[64];
    char adopted_name[64];
};

/* Nothing but folders, servers and a store; world_node() starts the backup part on it. */
struct backup_world *world_new(void);
void world_free(struct backup_world *w);
void world_node(struct backup_world *w);
/* Ends the backup part and its store, as a node that stops. */
void world_node_stop(struct backup_world *w);
/* A node of its own folder and key, with the same servers. */
struct backup_world *world_other(struct backup_world *w);

/* Authorises the node's key on a server and adds it under the name. */
int world_add(struct backup_world *w, const char *name, struct sshd *s, struct err *e);
/* n bytes that do not compress, the same for the same seed. */
void world_fill(struct backup_world *w, size_t i, const char *name, size_t n, unsigned seed);
/* {servers, snapshots ...} of "d1". */
struct json *world_json(struct backup_world *w, struct arena *a);

#endif
