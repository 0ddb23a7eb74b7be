/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_SERVICE_H
#define ATOLL_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

/*
 * Deployments: solutions that run. A deployment is a row whose step says how far it is
 * (steps.def); workers run one step after the other, each is written before its side effect and
 * may run again, so that a restart goes on.
 *
 * An owner is an id of auth ("u" and 32 hex digits). Every function that takes one touches rows of
 * that owner only: a deployment of somebody else is as one that does not exist (SERVICE_UNKNOWN,
 * 404). `owner` NULL is the operator. Any thread may call; calls wait for the database, never for
 * Docker unless they say so. JSON lives in the arena.
 */
struct service;
struct compute;
struct compute_env;
struct net;
struct store;
struct packages;
struct pools;
struct gateway;
struct backup;
struct seckey;
struct config_registry_auth;
struct config_texts;

enum {
    SERVICE_ID_SIZE = 33,          /* 32 hex digits and NUL */
    SERVICE_NAME_MAX = 32,         /* answers_is_name(): it becomes a host name */
    SERVICE_ANSWERS_MAX = 1 << 20, /* bytes of the stored answers, ANSWERS_MAX of package/ */
    SERVICE_LIVE_MAX = 100,        /* of an owner */
    SERVICE_LOG_READERS = 16, /* of a deployment at a time, and as many who follow its changes */
};

/* What the operator decides, as it is now. */
struct service_policy {
    int64_t grace_s;     /* a deployment whose pool is empty keeps its volumes so long */
    int64_t retention_s; /* one that its owner stopped keeps them so long; 0: for ever */
    int64_t forget_s;    /* one that has failed or was deleted is shown so long */
    bool shell;          /* owners may have a shell in their containers */
    const char *subnets; /* "10.200.0.0/14": where private networks are taken from */
    const char *bind;    /* address of raw TCP and UDP ports */
    const char *host;    /* how clients reach that address */
    int64_t port_first;  /* range of raw ports */
    int64_t port_last;
};

struct service_options {
    struct net *net;
    struct store *store;
    struct compute *compute;
    struct packages *packages;
    struct pools *pools;     /* NULL only in tests: everything is free */
    struct gateway *gateway; /* NULL: no host names, no routes */
    struct backup *backup;   /* NULL: no backups */
    const struct config_registry_auth *registry_auths;
    size_t registry_auth_count;
    const struct config_texts *image_registries; /* whose images people may name */
    int pull_timeout_s;                          /* 0: 900 */
    const struct seckey *key;                    /* the node's: seals answers and secrets */
    const char *node; /* the node's address in lower case: label atoll.node */
    /* The policy as it is now; the texts live as long as the service. */
    void (*policy)(void *ctx, struct service_policy *ret);
    void *ctx;
};

/*
 * Borrows everything. Nothing runs yet. It listens to the pools from here on and tells backups
 * what to save, so it is made before pools_run() and backup_start().
 */
int service_new(const struct service_options *o, struct service **ret, struct err *e) must_check;
/*
 * Before pools_run(): what did not run while the node was down is not charged. Asks the engines,
 * one call for each container.
 */
int service_look_back(struct service *s, struct err *e) must_check;
/* Goes on with the deployments of the store; after compute, pools, gateway and backups run. */
int service_run(struct service *s, struct err *e) must_check;
/*
 * Ends its threads after the steps under way; containers run on. Others may go on telling it things
 * until it is freed. NULL and twice are allowed, as with the next.
 */
void service_stop(struct service *s);
void service_free(struct service *s);

/* --- what an owner asks for --- */

struct service_request {
    const char *id; /* 32 hex digits: asked again, it is the same deployment; NULL: a new one */
    const char *owner;
    const char *package;
    const char *version; /* NULL: the newest */
    const char *name;    /* unique among the owner's deployments */
    const char *size;    /* name of one of the package's sizes */
    const char *pool;
    const char *env;            /* environment of compute; NULL: the first one that has room */
    const struct json *answers; /* {name: value}, checked again here; secrets in the clear */
    int64_t ends;               /* wall clock ms; 0: until the pool is empty */
    const char *import;         /* of an adopted backup: what fills its volumes; else NULL */
    const struct json *secrets; /* likewise; NULL: new ones */
};
/*
 * Checks everything, writes the row and answers its id; the rest goes on by itself. SERVICE_NAME
 * (409) when the owner has one of that name, the errors of package/ and pool/ for the rest.
 */
int service_deploy(struct service *s, const struct service_request *r, char ret_id[SERVICE_ID_SIZE],
                   struct err *e) must_check;

/* Which deployment is meant, and on whose behalf. */
struct service_key {
    const char *owner; /* NULL: the operator's */
    const char *id;
};

/* Whether the owner has a deployment of this name; one of this id does not count. */
int service_name_taken(struct service *s, const struct service_key *k, const char *name, bool *ret,
                       struct err *e) must_check;
/* The same for an answer to a question of a package, in its normal form. */
struct service_answer {
    const char *package;
    const char *question;
    const struct json *value;
};
int service_answer_taken(struct service *s, const struct service_key *k,
                         const struct service_answer *answer, bool *ret, struct err *e) must_check;

/* What is asked of a deployment that is there. SERVICE_STATE (409) when it cannot be now. */
enum service_wish {
    SERVICE_START,
    SERVICE_STOP,
    SERVICE_RESTART,
    SERVICE_ROLLBACK, /* to the version before the last update; volumes stay */
    SERVICE_WISH_COUNT
};
int service_ask(struct service *s, const struct service_key *k, enum service_wish wish,
                struct err *e) must_check;
int service_resize(struct service *s, const struct service_key *k, const char *size, struct err *e)
    must_check;
/* version NULL: the newest. A version whose health check does not pass is rolled back by itself. */
int service_update(struct service *s, const struct service_key *k, const char *version,
                   struct err *e) must_check;
/* ends: wall clock ms, later than now; 0: until the pool is empty. Nothing is charged for it. */
int service_extend(struct service *s, const struct service_key *k, int64_t ends, struct err *e)
    must_check;
/*
 * Removes everything, in every state; confirm must be the deployment's name: SERVICE_CONFIRM (400).
 * Answers at once {id, name, state: "deleting", removed: null}; asked again it changes nothing, and
 * once all is gone the answer is what was really deleted: state "deleted" with removed =
 * {containers: [...], volumes: [...], networks: [...], routes: [...]}, as in the full D.
 */
int service_delete(struct service *s, struct arena *a, const struct service_key *k,
                   const char *confirm, struct json **ret, struct err *e) must_check;

/*
 * Everything that the node of that address has left in an engine: containers (of jobs as well),
 * volumes, networks, and the rules of its host that guard them: {node, containers, volumes,
 * networks}. Needs no service: for a node that is no more; one that runs loses its deployments.
 */
struct docker;
int service_clean(struct docker *d, struct arena *a, const char *node, struct json **ret,
                  struct err *e) must_check;

/* --- what is shown --- */

/* [D], newest first; owner NULL: everybody's, each with its "owner". */
int service_list(struct service *s, struct arena *a, const char *owner, struct json **ret,
                 struct err *e) must_check;
/* The full D of one. SERVICE_UNKNOWN. */
int service_find(struct service *s, struct arena *a, const struct service_key *k, struct json **ret,
                 struct err *e) must_check;
/* Whether there is one of that owner: SERVICE_UNKNOWN (404) when not. */
int service_check(struct service *s, const struct service_key *k, struct err *e) must_check;
/* How many deployments the owner (NULL: everybody) has of a package (NULL: of all). */
int service_count(struct service *s, const char *owner, const char *package, int64_t *ret,
                  struct err *e) must_check;
/* [{label, value}] of secrets that the package shows; each deployment answers once. */
int service_credentials(struct service *s, struct arena *a, const struct service_key *k,
                        struct json **ret, struct err *e) must_check;
/* {step_s, cpu, memory, disk, rx, tx} of "hour", "day" or "week". */
int service_metrics(struct service *s, struct arena *a, const struct service_key *k,
                    const char *range, struct json **ret, struct err *e) must_check;

/*
 * Streams in the shape of net.h: pull, notify and close never block and may be called from the
 * loop. service_follow() gives "data: D\n\n" at once and at each change; service_logs() the
 * plain text of a container (NULL: the first one), waits for Docker to open it.
 */
struct service_stream;
struct service_logs {
    const char *container; /* name in the package */
    int64_t since;         /* wall clock ms; 0: the last 1000 lines */
    bool follow;
};
int service_follow(struct service *s, const struct service_key *k, struct service_stream **ret,
                   struct err *e) must_check;
int service_logs(struct service *s, const struct service_key *k, const struct service_logs *l,
                 struct service_stream **ret, struct err *e) must_check;
int64_t service_stream_pull(struct service_stream *f, void *out, size_t cap);
void service_stream_notify(struct service_stream *f, void (*ready)(void *arg), void *arg);
void service_stream_close(struct service_stream *f); /* NULL is allowed */

/* Something of the deployment that others keep (domains, certificates) has changed. Any thread,
 * never waits. */
void service_changed(struct service *s, const char *deployment);

/* What a deployment of this size takes from an environment: for the price and for room. */
struct package_size;
struct compute_resources;
int service_resources(const struct compute_env *env, const struct package_size *size,
                      struct compute_resources *ret, struct err *e) must_check;
/* The environment of that id, or (NULL) the first one where the size has room now, takes the
 * token, and is not for some only. SERVICE_ENV. */
struct service_place {
    const char *env;
    const struct package_size *size;
    uint64_t chain;    /* 0: any */
    const void *token; /* struct addr, or NULL */
};
int service_place_find(struct compute *c, const struct service_place *p,
                       const struct compute_env **ret, struct err *e) must_check;

#endif
