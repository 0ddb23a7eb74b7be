/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_DOCKER_DEPLOY_H
#define ATOLL_DOCKER_DEPLOY_H

#include "docker/docker.h"
#include "json/json.h"
#include "net/tunnel.h"

/*
 * What running services need of the engine beside docker.h: networks, volumes, containers with
 * ports, mounts and limits, commands inside them, their statistics. Threads and errors as there.
 * Everything that makes something may be repeated: what is there already is taken as ours when
 * its labels are the same, and is CONFLICT when they are not.
 */

/* Lists of labels end with {NULL, NULL}. */

/* --- networks --- */

struct docker_network {
    const char *name;
    const char *bridge; /* name of its interface on the host, 15 characters at most; or NULL */
    const char *subnet; /* "10.200.0.64/26", or NULL for one that the engine chooses */
    const struct docker_label *labels;
};
/*
 * A bridge of its own. *ret_made tells whether it was made now. CONFLICT when one of that name has
 * other labels, INVALID (with the engine's text) when the subnet is taken.
 */
int docker_network_make(struct docker *d, const struct docker_network *n, bool *ret_made,
                        struct err *e) must_check;
/* Whether it is gone: one with containers stays (*ret_gone false). A missing one is gone. */
int docker_network_remove(struct docker *d, const char *name, bool *ret_gone, struct err *e)
    must_check;
/* The names of those with a label ("atoll.node=0x...") as an array of texts. */
int docker_network_list(struct docker *d, struct arena *a, const char *label, struct json **ret,
                        struct err *e) must_check;

/* --- volumes --- */

int docker_volume_make(struct docker *d, const char *name, const struct docker_label *labels,
                       struct err *e) must_check;
/* A missing one is success; CONFLICT while a container has it. */
int docker_volume_remove(struct docker *d, const char *name, struct err *e) must_check;
int docker_volume_list(struct docker *d, struct arena *a, const char *label, struct json **ret,
                       struct err *e) must_check;
/* {name: bytes} of all volumes. The engine walks through them: seconds. */
int docker_volume_sizes(struct docker *d, struct arena *a, struct json **ret, struct err *e)
    must_check;

/* --- containers --- */

struct docker_port {
    int port;             /* inside */
    const char *protocol; /* "tcp", "udp" */
    const char *address;  /* of the host: "127.0.0.1" */
    int host_port;        /* 0: any free one */
};
struct docker_mount {
    const char *volume; /* name of a volume, or an absolute path of the host */
    const char *path;   /* inside */
    bool read_only;
};
struct docker_spec {
    const char *name;
    const char *image;
    const char *hostname;          /* inside, and among its network's containers; or NULL */
    const char *const *entrypoint; /* NULL-terminated; NULL keeps the image's, like the next */
    const char *const *command;
    const char *const *env; /* NULL-terminated "K=V"; may be NULL */
    const char *user;       /* NULL: the image's */
    const struct docker_label *labels;
    const char *network;             /* name, "host", or NULL for none at all */
    const char *const *capabilities; /* beside none; NULL-terminated; may be NULL */
    const struct docker_port *ports;
    size_t port_count;
    const struct docker_mount *mounts;
    size_t mount_count;
    int64_t memory;       /* bytes, swap included; 0 = no limit, like the next ones */
    int64_t cpu_quota_us; /* of each 100 ms */
    int64_t pids_max;
    int64_t log_bytes_max;       /* of the engine's copy of the log */
    int64_t shm_bytes;           /* of /dev/shm */
    bool init;                   /* a first process of the engine's that reaps others */
    const char *host_extra_json; /* as in docker_create */
};
/*
 * Makes a container, hardened: no capabilities but those named, no new privileges, hard limits.
 * The engine never starts it by itself.
 */
int docker_spec_create(struct docker *d, const struct docker_spec *c, char ret_id[DOCKER_ID_SIZE],
                       struct err *e) must_check;

struct docker_look {
    char id[DOCKER_ID_SIZE];
    const char *image; /* id of its image */
    const char *ip;    /* in its network while it runs, else "" */
    bool running;
    bool started;
    bool oom_killed;
    int exit_code;
    int64_t started_ms;  /* the last time; 0: never */
    int64_t finished_ms; /* the last time that it ended; 0: never */
    const struct json *labels;
    const struct json *ports; /* {"80/tcp": [{"HostIp", "HostPort"}]} while it runs */
    const char *error;        /* why it did not start, "" */
};
/* 1 = there, 0 = no such container, -1 = failed. By id or name. */
int docker_look(struct docker *d, struct arena *a, const char *id, struct docker_look *ret,
                struct err *e) must_check;
/* The host's port for one of the container's; 0 when it is not published. */
int docker_look_port(const struct docker_look *l, int port, const char *protocol);

/* The names of all containers, running or not, with a label, as an array of texts. */
int docker_container_names(struct docker *d, struct arena *a, const char *label, struct json **ret,
                           struct err *e) must_check;

/* Waits for the container's end; TIMEOUT. */
int docker_wait(struct docker *d, const char *id, int timeout_ms, int *ret_exit_code, struct err *e)
    must_check;

/* What a container uses now; totals since it started. */
struct docker_stats {
    int64_t at_ms;
    uint64_t cpu_ns; /* of all cores */
    int64_t memory;  /* bytes, without what is only cached */
    uint64_t rx;     /* bytes */
    uint64_t tx;
};
/* 1 = it runs, 0 = it does not, -1 = failed. One call without the engine's second of waiting. */
int docker_stats_get(struct docker *d, const char *id, struct docker_stats *ret, struct err *e)
    must_check;

/* The last `tail` lines (negative: all) after since_ms, as stamped frames (frames.h). */
struct docker_tail {
    int tail;
    int64_t since_ms; /* wall clock; 0: from the beginning */
    bool follow;
};
int docker_tail_open(struct docker *d, const char *id, const struct docker_tail *t,
                     struct stream **ret, struct err *e) must_check;

/* --- commands inside a running container --- */

struct docker_exec {
    const char *const *command; /* NULL-terminated */
    const char *const *env;     /* may be NULL */
    const char *user;           /* NULL: the container's */
    bool input;                 /* for docker_exec_open(): it reads what is written to the tunnel */
    bool tty;                   /* likewise: it has a terminal */
    int timeout_ms;             /* it runs on when the time is over */
    size_t output_max;          /* bytes kept of its output; the rest is read and dropped */
};
/*
 * Waits for it, and answers its exit status. The output (both streams) is in the arena; ret_output
 * may be NULL. TIMEOUT; CONFLICT when the container does not run.
 */
int docker_exec_run(struct docker *d, struct arena *a, const char *id, const struct docker_exec *x,
                    const char **ret_output, struct err *e) must_check;

/*
 * Starts it and answers at once: its input and output are the tunnel, as they are with a terminal,
 * else the output comes in frames (frames.h). What runs does not end with the tunnel.
 */
int docker_exec_open(struct docker *d, const char *id, const struct docker_exec *x,
                     char ret_exec[DOCKER_ID_SIZE], struct tunnel **ret, struct err *e) must_check;
int docker_exec_resize(struct docker *d, const char *exec, int columns, int rows, struct err *e)
    must_check;
/* *ret_exit_code is only meant when it does not run any more. */
int docker_exec_look(struct docker *d, const char *exec, bool *ret_running, int *ret_exit_code,
                     struct err *e) must_check;

/* --- images --- */

/* An image made of a tar of its files; replaces one of that name. */
int docker_image_import(struct docker *d, const char *repository, const char *tag,
                        const struct net_source *tar, struct err *e) must_check;
int docker_image_remove(struct docker *d, const char *ref, struct err *e) must_check;

#endif
