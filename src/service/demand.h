/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_DEMAND_H
#define ATOLL_SERVICE_DEMAND_H

#include "chain/u256.h"
#include "crypto/secp.h"
#include "package/package.h"
#include "service/service.h"

/*
 * Services on demand, as Ocean's nodes have them: a deployment of one container whose image a
 * wallet names, for a time that it pays in one lock of the escrow. A service is a deployment like
 * any other, of a package that is made from its spec; what is special is here.
 *
 * Threads, owners and errors as in service.h; somebody else's service, and a deployment that is
 * none, are DEMAND_UNKNOWN. JSON is a service as the wire has it (docs/services.md).
 */

enum {
    DEMAND_ARGUMENTS_MAX = 256,
    DEMAND_TEXTS_MAX = 65536, /* bytes of all arguments */
    DEMAND_PORTS_MAX = 16,
    DEMAND_VARIABLES_MAX = 256,
    DEMAND_USER_DATA_MAX = 131072, /* bytes in the clear */
    DEMAND_LIST_MAX = 1000
};
#define DEMAND_PACKAGE PACKAGE_RESERVED

/* What is run. Lists are JSON arrays or NULL. */
struct demand_spec {
    const char *image;
    const char *tag;      /* NULL, like the next: none */
    const char *checksum; /* "sha256:..." */
    const struct json *command;
    const struct json *entrypoint;
    const struct json *ports;
    const struct json *fixed;  /* variables of the operator's: {name: text}, or NULL */
    const char *user_data;     /* {name: value}, ECIES for the node's key, hex; or NULL */
    const char *template_name; /* what it was made from, or NULL */
};

/*
 * Everything that can be known of it without running it: DEMAND_SPEC (what is wrong with the image,
 * an argument, a port), DEMAND_SEALED and DEMAND_VARIABLES for user_data.
 */
int demand_spec_check(struct arena *a, const struct seckey *key, const struct demand_spec *spec,
                      struct err *e) must_check;
/* The variables of user_data as texts, {} without; DEMAND_SEALED, DEMAND_VARIABLES. */
int demand_variables(struct arena *a, const struct seckey *key, const char *user_data,
                     struct json **ret, struct err *e) must_check;
/* The name that the engine knows the image by. */
const char *demand_image(struct arena *a, const struct demand_spec *spec);

struct demand_request {
    const char *owner;    /* id of the wallet's person */
    const char *consumer; /* the wallet, as clients see it */
    struct addr payer;    /* the same */
    const struct compute_env *env;
    struct compute_resources *resources; /* by compute_fill() */
    const struct demand_spec *spec;
    uint64_t chain;
    struct addr token;
    int64_t duration_s;
};
/*
 * Writes it down and answers the service; the rest goes on by itself. Nothing is locked yet, but
 * whether it could be is asked: ESCROW_..., COMPUTE_AVAILABLE, DEMAND_PRICE, SERVICE_MANY.
 */
int demand_start(struct service *s, struct arena *a, const struct demand_request *r,
                 struct json **ret, struct err *e) must_check;

/*
 * Ends the containers; what was not used returns. `release`: for good, the service is over; else
 * it can be started again until its time is over. Waits for the containers, not for the chain.
 * DEMAND_BUSY while it is being started or changed and is not to be released.
 */
int demand_stop(struct service *s, struct arena *a, const struct service_key *k, bool release,
                struct json **ret, struct err *e) must_check;

/*
 * New containers, from the spec or (NULL) from the one it has; one that was stopped is paid for
 * again, up to its end. When the new ones do not run, those before are made again.
 * DEMAND_BUSY, DEMAND_OVER, DEMAND_UNPAID.
 */
int demand_restart(struct service *s, struct arena *a, const struct service_key *k,
                   const struct demand_spec *spec, struct json **ret, struct err *e) must_check;

/*
 * More time, paid for in a lock of its own at once; `payment` may name the token that it is paid
 * with already. DEMAND_OVER, DEMAND_STARTING, DEMAND_TOO_LONG, DEMAND_TOKEN, ESCROW_...
 */
struct demand_more {
    int64_t seconds;
    uint64_t chain;
    struct addr token;
    struct addr payer;
};
int demand_extend(struct service *s, struct arena *a, const struct service_key *k,
                  const struct demand_more *more, struct json **ret, struct err *e) must_check;

/* The environment that it runs in, NULL when it is not offered any more. */
int demand_env(struct service *s, const struct service_key *k, const struct compute_env **ret,
               struct err *e) must_check;

/* --- what is shown --- */

/* 10 starting ... 99 error, as on the wire. */
bool demand_is_status(int64_t n);

struct demand_filter {
    const char *owner; /* NULL: everybody's */
    const char *id;    /* or NULL */
    int64_t status;    /* 0: see `all` */
    bool all;          /* false: those that hold something */
    int64_t from_ms;   /* created at or after */
    int64_t since_ms;  /* changed at or after */
    bool brief;        /* without what says how it is configured */
    bool metrics;
};
/* Newest first, at most DEMAND_LIST_MAX; those that are over are there until they are forgotten. */
int demand_list(struct service *s, struct arena *a, const struct demand_filter *f,
                struct json **ret, struct err *e) must_check;

/* The container's output, as service_logs(). DEMAND_NOT_RUNNING. */
int demand_logs(struct service *s, const struct service_key *k, int64_t since_ms,
                struct service_stream **ret, struct err *e) must_check;

#endif
