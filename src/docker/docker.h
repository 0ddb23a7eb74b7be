/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_DOCKER_DOCKER_H
#define ATOLL_DOCKER_DOCKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "docker/frames.h"
#include "net/net.h"

/*
 * Docker's Engine API over its unix socket. Every call waits in the calling thread; any thread
 * may call. The API version is agreed on at the first call: the lower of ours and the engine's.
 * Errors: UNAVAILABLE (transient) when the engine does not answer; NOT_FOUND, CONFLICT, INVALID
 * as the engine says, with its text; FAILED for the rest.
 */
struct docker;

struct docker *docker_new(struct net *n, const char *socket_path);
void docker_free(struct docker *d); /* NULL is allowed */

int docker_ping(struct docker *d, struct err *e) must_check;

struct docker_info {
    const char *os;           /* "linux" */
    const char *architecture; /* as the kernel names it: "x86_64" */
    const char *root_dir;     /* where images and containers live */
    int64_t cpus;
    int64_t memory; /* bytes */
};
int docker_info_get(struct docker *d, struct arena *a, struct docker_info *ret, struct err *e)
    must_check;

/* --- images --- */

struct docker_image {
    const char *id;           /* "sha256:..." of the configuration */
    const char *digest;       /* "repo@sha256:..." of the manifest; NULL for one built here */
    const char *os;           /* "linux" */
    const char *architecture; /* "amd64" */
};
/* 1 = the image is here, 0 = it is not, -1 = failed. */
int docker_image_find(struct docker *d, struct arena *a, const char *ref, struct docker_image *ret,
                      struct err *e) must_check;

/* True when both name the same machine: "amd64" is "x86_64", "arm64" is "aarch64". */
bool docker_same_architecture(const char *a, const char *b);

struct docker_pull {
    const char *ref;           /* "repo:tag" or "repo@sha256:..." */
    const char *platform;      /* "linux/amd64", or NULL for the engine's own */
    const char *auth_json;     /* {"username":..,"password":..} or {"auth":..}; NULL for none */
    int timeout_s;             /* for the whole pull */
    const atomic_bool *cancel; /* looked at while it runs; may be NULL */
    void (*line)(void *ctx, const char *line); /* progress: "<layer> : <status>"; may be NULL */
    void *ctx;
};
/* TIMEOUT when it took too long; CONFLICT when cancelled. */
int docker_image_pull(struct docker *d, const struct docker_pull *p, struct err *e) must_check;

/* --- containers --- */

enum { DOCKER_ID_SIZE = 65, DOCKER_LABELS_MAX = 4 };

struct docker_label {
    const char *name;
    const char *value;
};

struct docker_create {
    const char *name;
    const char *image;
    const char *platform;          /* or NULL */
    const char *const *entrypoint; /* NULL-terminated; NULL keeps the image's */
    const char *const *env;        /* NULL-terminated "K=V"; may be NULL */
    const char *user;              /* "1000:1000" */
    const char *working_dir;       /* or NULL */
    struct docker_label labels[DOCKER_LABELS_MAX];
    size_t label_count;
    bool network;          /* false: none at all */
    int64_t memory;        /* bytes, swap included; 0 = no limit */
    int64_t cpu_quota_us;  /* of each 100 ms; 0 = no limit */
    const char *cpuset;    /* "0,1", or NULL */
    int64_t pids_max;      /* 0 = no limit */
    int64_t log_bytes_max; /* of the engine's own copy of the log; 0 = no limit */
    /* a JSON object merged into HostConfig (devices, GPU requests), lists appended; or NULL */
    const char *host_extra_json;
};
/*
 * Makes a hardened container: all capabilities dropped, no new privileges. A container of that
 * name that is there already is taken as ours (a step that is repeated after a crash).
 */
int docker_create(struct docker *d, const struct docker_create *c, char ret_id[DOCKER_ID_SIZE],
                  struct err *e) must_check;

/* Unpacks a tar into a folder of the container; the call lasts as long as the source does. */
int docker_archive_put(struct docker *d, const char *id, const char *folder,
                       const struct net_source *tar, struct err *e) must_check;

/* A path of the container as a tar; NOT_FOUND when it is not there. Close the stream. */
int docker_archive_get(struct docker *d, const char *id, const char *path, struct stream **ret,
                       struct err *e) must_check;

int docker_start(struct docker *d, const char *id, struct err *e) must_check; /* running is fine */
/* SIGTERM, then SIGKILL after the grace; an ended or missing container is success. */
int docker_stop(struct docker *d, const char *id, int grace_s, struct err *e) must_check;
/* Sends "SIGTERM" or "SIGKILL"; an ended or missing container is success. */
int docker_kill(struct docker *d, const char *id, const char *signal, struct err *e) must_check;
/* With force and its anonymous volumes; a missing container is success. */
int docker_remove(struct docker *d, const char *id, struct err *e) must_check;

struct docker_state {
    char id[DOCKER_ID_SIZE];
    bool running;
    bool started; /* has run or is running */
    bool oom_killed;
    int exit_code;
    int64_t started_ms;  /* wall clock, 0 = never */
    int64_t finished_ms; /* 0 = not yet */
    int64_t size_rw;     /* bytes written to its layer; -1 unless asked for */
    const char *error;   /* why it did not start, "" */
};
/* 1 = there, 0 = no such container, -1 = failed. `sized` makes the engine measure the layer. */
int docker_inspect(struct docker *d, struct arena *a, const char *id, bool sized,
                   struct docker_state *ret, struct err *e) must_check;

struct docker_found {
    const char *id;
    const char *label; /* the value of the label asked for */
    bool running;
};
/* All containers, running or not, that have a label. */
int docker_list(struct docker *d, struct arena *a, const char *label, struct docker_found **ret,
                size_t *ret_count, struct err *e) must_check;

/* --- streams --- */

/*
 * A container's output as stamped frames (frames.h), what is there or (follow) until it ends.
 * since: a stamp of frames.h to go on after, or NULL for all.
 */
int docker_logs_open(struct docker *d, const char *id, const char *since, bool follow,
                     struct stream **ret, struct err *e) must_check;

enum docker_what { DOCKER_DIED, DOCKER_OOM, DOCKER_DESTROYED, DOCKER_RECONNECTED };
struct docker_event {
    enum docker_what what;
    const char *id;    /* of the container; "" for DOCKER_RECONNECTED */
    const char *label; /* value of the label asked for */
    int exit_code;     /* DOCKER_DIED */
};
/*
 * Listens to the containers that have a label, on a thread of its own; `event` is called there
 * and must not block for long. A broken stream is opened again and what was missed is replayed;
 * DOCKER_RECONNECTED says that an event may come twice, or that the engine was restarted and
 * states should be looked at. Returns when the engine is listening.
 */
struct docker_events;
int docker_events_open(struct docker *d, const char *label,
                       void (*event)(void *ctx, const struct docker_event *ev), void *ctx,
                       struct docker_events **ret, struct err *e) must_check;
void docker_events_close(struct docker_events *ev); /* NULL is allowed */

#endif
