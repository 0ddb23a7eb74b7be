/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_ROWS_H
#define ATOLL_SERVICE_ROWS_H

#include "service/service.h"
#include "store/db.h"

/*
 * The tables of migration 0019. Any thread; each call borrows a connection for its time, and what
 * belongs together is one transaction. Times are wall clock ms, 0 stands for none.
 */

enum { ROW_TEXT = 128, ROW_REASON = 400 };

/* What a deployment is on the way to. Stored as numbers. */
enum service_mode {
    MODE_CREATE,  /* the first time: a failure takes everything back */
    MODE_START,   /* again after a stop or an empty pool: a failure stops it */
    MODE_RESTART, /* the same containers */
    MODE_UPDATE,  /* another version; a failure goes back to the old one, as with the next two */
    MODE_RESIZE,
    MODE_RESTORE, /* other volumes */
    MODE_BACK,    /* to what was before a change that failed: a failure stops it */
    MODE_HEAL     /* containers that had ended */
};

/* Asked for and not yet begun; the numbers are in the table. */
enum {
    WISH_NONE = 0,
    WISH_START = SERVICE_START + 1, /* enum service_wish in its order */
    WISH_STOP = SERVICE_STOP + 1,
    WISH_RESTART = SERVICE_RESTART + 1,
    WISH_ROLLBACK = SERVICE_ROLLBACK + 1,
    WISH_UPDATE = SERVICE_WISH_COUNT + 1,
    WISH_RESIZE,
    WISH_DELETE
};

/* One deployment. Pointers are of the arena it was read into. */
struct service_row {
    const char *id;
    const char *owner;
    const char *name;
    const char *package;
    const char *title;
    const char *pool;
    const char *env;
    const char *cluster;             /* the Docker host, by compute's hash */
    const char *answers;             /* sealed; only when it is inserted */
    const char *secrets;             /* likewise */
    const char *import;              /* or NULL */
    const struct demand_row *demand; /* a service on demand's; only when it is inserted */
    int64_t created;
    /* what changes */
    int step; /* of steps.def */
    int mode; /* enum service_mode */
    int wish;
    char wish_arg[ROW_TEXT];    /* the size or version that is wished for */
    char version[ROW_TEXT];     /* of the package */
    char old_version[ROW_TEXT]; /* before the last update; "": there was none */
    char size[ROW_TEXT];
    char old_size[ROW_TEXT];
    int64_t generation; /* of its volumes: a restore makes new ones */
    int64_t old_generation;
    bool proven; /* it has been healthy once */
    bool told;   /* the credentials have been shown */
    char health[16];
    char reason[ROW_REASON];
    int64_t ends;    /* the end asked for */
    int64_t entered; /* when the step began */
    int64_t due;     /* until when it rests */
    int64_t gone;    /* when it was deleted */
    int64_t seen;    /* when all of it was seen to run; written with samples */
};

struct service_rows {
    struct service_row *item;
    size_t count;
};

/* CONFLICT when the owner has one of that name, or the short id is taken (*ret_name tells). */
int rows_insert(struct store *s, const struct service_row *r, bool *ret_name, struct err *e)
    must_check;
/*
 * Writes what changes, but for the wish, which is cleared when it still is `taken`; with an event
 * when state is not NULL.
 */
struct rows_change {
    const char *state;
    const char *step;
    int taken;
};
int rows_update(struct store *s, const struct service_row *r, const struct rows_change *c,
                struct err *e) must_check;
/* A line of the timeline alone; the last 200 are kept. */
int rows_note(struct store *s, const char *id, const struct rows_change *c, const char *reason,
              struct err *e) must_check;
/* What is asked for next; enum WISH_NONE takes it back. */
int rows_wish(struct store *s, const char *id, int wish, const char *arg, struct err *e) must_check;
/* 0: none. */
int rows_set_ends(struct store *s, const char *id, int64_t ends, struct err *e) must_check;
/* What a deletion has removed so far, as JSON. */
int rows_set_removed(struct store *s, const char *id, const char *json, struct err *e) must_check;
/* *ret NULL: nothing yet. */
int rows_removed(struct store *s, struct arena *a, const char *id, struct json **ret, struct err *e)
    must_check;
/* Whether the credentials had not been told; from now on they are. */
int rows_tell(struct store *s, const char *id, bool *ret_first, struct err *e) must_check;

/* 1 = found, 0 = none of that owner (NULL: anybody's), -1 = failed. */
int rows_get(struct store *s, struct arena *a, const char *owner, const char *id,
             struct service_row *ret, struct err *e) must_check;
/* Those that are not gone, newest first, at most 10,000; owner NULL: everybody's. */
int rows_list(struct store *s, struct arena *a, const char *owner, struct service_rows *ret,
              struct err *e) must_check;
/* Either may be NULL, not both. */
int rows_count(struct store *s, const char *owner, const char *package, int64_t *ret, struct err *e)
    must_check;
/* The sealed answers and secrets. */
int rows_sealed(struct store *s, struct arena *a, const char *id, const char **ret_answers,
                const char **ret_secrets, struct err *e) must_check;
/* Forgets those that are gone since before `gone`. */
int rows_purge(struct store *s, int64_t gone, struct err *e) must_check;

/* [{at, state, step, reason}], oldest first, at most the last 200. */
int rows_events(struct store *s, struct arena *a, const char *id, struct json **ret, struct err *e)
    must_check;

/* --- networks: one for each owner, engine and kind; numbers are unique in an engine --- */
struct rows_network {
    const char *cluster;
    const char *owner;
    bool open; /* whether the world can be reached from it */
};
/* The number of the owner's network, a new one near `first` when there is none. */
int rows_network(struct store *s, const struct rows_network *n, int64_t first, int64_t count,
                 int64_t *ret, struct err *e) must_check;
/* Gives it another number than this: its subnet is taken by somebody else. */
int rows_network_next(struct store *s, const struct rows_network *n, int64_t count, int64_t *io,
                      struct err *e) must_check;
/* When the network is gone: the number is free again. */
int rows_network_delete(struct store *s, const struct rows_network *n, struct err *e) must_check;
/* How many other deployments of its owner and cluster there are that hold something. */
int rows_others(struct store *s, const struct service_row *r, int64_t *ret, struct err *e)
    must_check;

/* --- ports of the host; (address, protocol, port) is unique --- */
struct rows_port {
    const char *id;
    const char *container;
    const char *name;
    const char *address;  /* of the host */
    const char *protocol; /* "tcp", "udp" */
};
/* The port that leads there, taken from first..last when there is none yet; UNAVAILABLE. */
int rows_port(struct store *s, const struct rows_port *p, int64_t first, int64_t last, int64_t *ret,
              struct err *e) must_check;
/* Moves it to another port of the range than this one. */
int rows_port_next(struct store *s, const struct rows_port *p, int64_t first, int64_t last,
                   int64_t *io, struct err *e) must_check;
/* All of a deployment. */
int rows_ports_free(struct store *s, const char *id, struct err *e) must_check;
/* [{name, container, host (address), port, protocol}] */
int rows_ports(struct store *s, struct arena *a, const char *id, struct json **ret, struct err *e)
    must_check;

/* --- samples: rings of a fixed number of slots, in three resolutions --- */
struct rows_sample {
    int64_t at;  /* wall clock ms */
    int64_t cpu; /* thousandths of a percent of a core */
    int64_t memory;
    int64_t disk;
    int64_t rx; /* bytes a second */
    int64_t tx;
    bool runs; /* all of it: this is when it was seen */
};
/* Adds it to the slots of its time in all ranges; a slot of an earlier round begins anew. */
int rows_sample(struct store *s, const char *id, const struct rows_sample *v, struct err *e)
    must_check;
/* {step_s, cpu, memory, disk, rx, tx}; false when there is no such range. */
bool rows_range(const char *name, int *ret);
int rows_samples(struct store *s, struct arena *a, const char *id, int range, struct json **ret,
                 struct err *e) must_check;

#endif
