/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_SERVICE_INT_H
#define ATOLL_SERVICE_SERVICE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "backup/backup.h"
#include "base/list.h"
#include "base/thread.h"
#include "compute/compute.h"
#include "docker/deploy.h"
#include "gateway/gateway.h"
#include "package/render.h"
#include "package/store.h"
#include "pool/pool.h"
#include "service/firewall.h"
#include "service/rows.h"
#include "service/service.h"

/* What the files of service/ share. See README.md for who runs on which thread. */

enum service_step {
#define STEP(name, function, text) STEP_##name,
#include "service/steps.def"
};

/*
 * A step's function answers the next step, STEP_WAIT when something must happen first (it is
 * called again after a kick, or when the time of life__wake_in() has come), or -1: life.c decides
 * by the mode where a failure leads, unless it is transient; then the step is tried again.
 */
enum { STEP_BROKEN = -1, STEP_WAIT = -2 };

/* One Docker host. */
struct service_engine {
    struct service *service;
    const char *cluster;
    struct docker *docker;
    struct docker_events *events;
    struct firewall *firewall;
    pthread_mutex_t network; /* making and removing networks, one at a time */
};

enum { ENGINES_MAX = 64 };

struct service {
    struct service_options o;
    struct arena *arena; /* lives as long; written before threads start */
    struct service_engine *engine;
    size_t engine_count;
    struct pool *pool;

    pthread_mutex_t lock;
    pthread_cond_t wake;  /* of the clock */
    pthread_cond_t ended; /* a restore or a deployment has ended, or the service does */
    pthread_t clock;
    bool started;
    bool ending;
    int settling;          /* callers who wait for what they asked for */
    struct list live;      /* struct live, everything that is not gone */
    struct list followers; /* struct service_stream of changes */
    int64_t beat_at;       /* monotonic ms: the next sign of life for followers */
    int64_t purge_at;
    struct pool_item round; /* guards and measures, on a worker */
    bool rounding;
    int64_t round_at; /* monotonic ms of the next one */
    struct shells *shells;
    pthread_mutex_t asks; /* held while a wish is written down; before `lock` */
};

/* What a running container is watched by. */
struct watch {
    const char *name;      /* in the package */
    const char *container; /* in the engine */
    enum package_health_kind kind;
    int port;
    const char *path;
    const char *const *command;
    int64_t interval_ms, timeout_ms, start_ms;
    int retries;
    size_t after[PACKAGE_CONTAINERS_MAX]; /* indices of those that must be healthy first */
    size_t after_count;
    /* as it is */
    bool running;
    bool healthy;
    int failures;              /* of its check, in a row */
    int restarts;              /* in a row; counted again after an hour without */
    int64_t ran_from;          /* wall clock ms: when the engine started it */
    int64_t started;           /* monotonic ms when it was last started, 0: not by this process */
    int64_t restart_at;        /* monotonic ms: not earlier; 0: no restart is due */
    int64_t probe_at;          /* monotonic ms */
    struct docker_stats stats; /* at the last sample; at_ms 0: none */
};

/*
 * A deployment. `row` and everything below it belong to the one worker that runs its steps; what
 * is above is under service.lock.
 */
struct live {
    struct list link;
    struct service *service;
    struct service_engine *engine;
    char id[SERVICE_ID_SIZE];
    char owner[40];
    bool busy;
    bool again;
    int64_t due; /* monotonic ms; 0: not by time */
    int step;    /* copies of the row's, for those who ask */
    int mode;
    int wish; /* asked for, in the store as well */
    char wish_arg[ROW_TEXT];
    int64_t ends;     /* wall clock ms; 0: none */
    int resized;      /* what the pool said: 1 yes, -1 no, 0 nothing yet */
    int readers;      /* of logs */
    int64_t disk;     /* bytes of its volumes, as last measured; -1: not yet */
    bool wants_again; /* restore_end waits until it runs on the new volumes */
    int outcome;      /* of that: 0 under way, 1 well, -1 went back */
    struct {
        const char *health;
        int restarts;
    } shown[PACKAGE_CONTAINERS_MAX]; /* of the containers, in their order */

    struct arena *arena; /* texts of the row that do not change */
    struct pool_item item;
    atomic_bool look; /* something happened to its containers */
    atomic_bool tell; /* what others keep of it has changed: followers are told */
    atomic_bool stop; /* it is to be deleted: what takes long ends */
    struct service_row row;
    int tries;
    bool asked;        /* the pool has been asked, in this step */
    bool low_told;     /* the owner has been warned that the pool is low */
    bool blind;        /* it has not been seen to run since this process or its engine came up */
    int64_t idle_from; /* since when time is not charged, as the meter says; 0: it is */
    bool fault;        /* what fails now is ours: the period returns whole */
    struct arena *watch_arena;
    struct watch watch[PACKAGE_CONTAINERS_MAX];
    size_t watch_count;
    int64_t sample_at; /* monotonic ms */
    int64_t layer;     /* bytes in the containers' own layers */
    int64_t layer_at;
    atomic_int percent; /* of the images that are here; -1: nothing is being fetched */
    int over_disk;      /* measures in a row above its size */
};

/* --- life.c --- */
void life__run(struct live *l);
void life__kick(struct live *l);
void life__kick_locked(struct live *l);
void life__wake_in(struct live *l, int64_t ms);
/* Persists the row as it stands, without an event. */
int life__save(struct live *l, struct err *e) must_check;
/* A line of the timeline beside the steps. */
void life__note(struct live *l, const char *step, const char *reason);
const char *life__state(int step, int mode);
const char *life__step_name(int step); /* "fund" */
const char *life__step_text(int step);
/* The end that is asked for, wall clock ms; 0: none. */
int64_t life__ends(struct live *l);
/* A resting step: nothing is under way. */
bool life__rests(int step);
/* Whether what fails while it is changed or started is nobody's to pay. */
bool life__is_ours(const struct service_row *row);
void life__set_reason(struct live *l, const char *reason);

#define STEP(name, function, text)                                                                 \
    int life_step_##function(struct live *l, struct err *e) must_check;
#include "service/steps.def"

/* --- engine.c --- */
struct live *live__new(struct service *s, struct service_engine *g, const struct service_row *row);
void live__free(struct live *l);
struct live *live__find_locked(struct service *s, const char *id);
struct service_engine *engine__of(struct service *s, const char *cluster);
void service__policy(const struct service *s, struct service_policy *ret);

/* --- asks.c --- */
/* Writes a new one down; an id of its own when row->id is NULL. SERVICE_NAME. */
int asks__insert(struct service *s, struct arena *a, struct service_row *row, struct err *e)
    must_check;
/* It lives from here on. */
void asks__set_live(struct service *s, const struct service_row *row);
/* SERVICE_MANY when the owner has enough. */
int asks__check_count(struct service *s, const char *owner, struct err *e) must_check;
/* Asks for something of a live one, "" or NULL: without an argument. SERVICE_UNKNOWN,
 * SERVICE_STATE. */
int asks__wish(struct service *s, const struct service_key *k, int what, const char *arg,
               struct err *e) must_check;

/* --- plan.c: what the package and the answers make of a deployment --- */
struct plan {
    struct package *package;
    const struct package_size *size;
    struct package_container *containers; /* in the order in which they start */
    size_t count;
    struct json *answers;
    struct json *secrets;
    const char *host; /* "" when it has none */
    const char *url;
};
/* The package of the row's version: of the store, or made from what was asked for (demand_int.h).
 */
int plan__package(struct service *s, struct arena *a, const struct service_row *row,
                  struct package **ret, struct err *e) must_check;
/* The policy, with the range and the name of raw ports as they are for this one. */
void plan__ports(struct service *s, const struct service_row *row, struct service_policy *ret);
/* Of the row's version and size. In the arena. */
int plan__load(struct service *s, struct arena *a, const struct service_row *row, struct plan *ret,
               struct err *e) must_check;
/* A container of a deployment: where it is, and its name in the package, in the arena. */
struct plan_found {
    struct docker *docker;
    const char *name;
};
/* That of this name, NULL: the first one. SERVICE_CONTAINER when there is none, or no engine. */
int plan__find(struct service *s, struct arena *a, const struct service_row *row, const char *name,
               struct plan_found *ret, struct err *e) must_check;
/* Names in the engine: atoll-s-<id8>-<container>, atoll-v-<id8>-<volume>[-<generation>], ... */
const char *plan__container(struct arena *a, const char *id, const char *container);
const char *plan__volume(struct arena *a, const char *id, const char *volume, int64_t generation);
const char *plan__network(struct arena *a, const struct live *l, bool open);
bool plan__is_open(const struct package *p);
/* The first http port that is public: the one behind the deployment's own name; NULL: none. */
const struct package_port *plan__main_port(const struct plan *p, size_t *ret_container);
int seal__text(struct service *s, struct arena *a, const char *plain, const char **ret,
               struct err *e) must_check;
int seal__open(struct service *s, struct arena *a, const char *sealed, const char **ret,
               struct err *e) must_check;
/* Fills live.watch from the plan. */
int watch__load(struct live *l, struct err *e) must_check;
/* The resources of a row's size in its environment; 0 = the environment is not there any more. */
int plan__resources(struct service *s, struct arena *a, const struct service_row *row,
                    const struct compute_env **ret_env, struct compute_resources *ret,
                    struct err *e) must_check;

/* --- network.c --- */
int network__make(struct live *l, bool open, struct err *e) must_check;
/* Those of the owner that no container uses; their names are added to `gone`, which may be NULL. */
int network__remove_unused(struct live *l, struct arena *a, struct json *gone, struct err *e)
    must_check;

/* --- owner.c --- */
/* Volumes of a container that was made and not started: those of root become its user's. */
int owner__give_volumes(struct live *l, const struct package_container *c, const char *id,
                        struct err *e) must_check;

/* --- containers.c --- */
/* Starts it; network guard first, always. */
int containers__start(struct live *l, size_t i, struct err *e) must_check;
int containers__stop_all(struct live *l, struct err *e) must_check;
/* Removes all; their names are added to `gone`, which may be NULL. */
int containers__remove_all(struct live *l, struct arena *a, struct json *gone, struct err *e)
    must_check;
/* Removes volumes but for those of the generation (negative: all of them). */
int containers__remove_volumes(struct live *l, struct arena *a, int64_t but, struct json *gone,
                               struct err *e) must_check;
void containers__labels(const struct live *l, struct docker_label ret[4]);

/* --- route.c --- */
/* The names are taken, and nothing is served yet. */
int route__reserve(struct live *l, struct err *e) must_check;
/* Leads the names to the ports that the containers have now. */
int route__apply(struct live *l, struct err *e) must_check;

/* --- probe.c --- */
/* Whether the container is healthy now; waits at most its time-out. Why not: in *e. */
bool probe__healthy(struct live *l, const struct watch *w, const char *ip, struct err *e);

/* --- money.c --- */
void money__listen(struct service *s);
/* Asks for what ran to be paid and the rest to return. */
int money__stop(struct live *l, struct err *e) must_check;

/* --- image.c --- */
/* Whether a person's answer names the image of a container of the plan. */
bool image__is_named(const struct plan *p, const struct package_container *rendered);
/* Such an image: from a registry that is allowed, there for everybody, for this machine. */
int image__check(struct live *l, const char *ref, struct err *e) must_check;
/* The registries of all that the answers name, before anything is made: SERVICE_ANSWER. */
int image__check_answers(struct service *s, struct arena *a, const struct package *p,
                         const struct json *answers, struct err *e) must_check;

/* --- idle.c --- */
/* What a container was found to be (NULL: gone) at the first look after nobody could look. */
int idle__found(struct live *l, const struct docker_look *look, struct err *e) must_check;
/* All of them run. */
int idle__over(struct live *l, struct err *e) must_check;

/* --- restore.c --- */
void restore__listen(struct service *s);
/* Fills the volumes of an adopted deployment from its import. */
int restore__fill(struct live *l, struct err *e) must_check;
/* The step that changes to the volumes of a restore that is written. */
int restore__switch(struct live *l);
/* A change to other volumes has come to its end. */
void restore__done(struct live *l, bool well);

/* --- shell.c --- */
struct shells *shells__new(struct service *s);
void shells__free(struct shells *s);

/* --- json.c --- */
int json__deployment(struct service *s, struct arena *a, const struct service_row *row, bool full,
                     struct json **ret, struct err *e) must_check;

/* --- stream.c --- */
/* Tells those who follow a deployment. On a worker or a caller's thread. */
void stream__changed(struct service *s, const char *id);
void stream__beat_locked(struct service *s);

#endif
