/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_GATEWAY_GATEWAY_INT_H
#define ATOLL_GATEWAY_GATEWAY_INT_H

#include <pthread.h>
#include <sys/types.h>

#include "base/list.h"
#include "gateway/gateway.h"

/* What the files of this folder share; nobody else includes it. */

enum {
    GATEWAY_DOMAINS_MAX = 20, /* of a deployment */
    GATEWAY_GUESTS_MAX = 50,
    GATEWAY_ROWS_MAX = 100000
};

/* --- rows.c: the tables --- */

struct gateway_row {
    const char *deployment;
    const char *part;
    const char *owner;
    const char *host;
    const char *address;
    int port;
    bool login;
};
struct gateway_claim {
    const char *host;
    const char *deployment;
    const char *owner;
    const char *token;
    bool proven;
    const char *reason;
};
/* What the tables hold, in the arena. */
struct gateway_rows {
    struct gateway_row *items;
    size_t count;
};
struct gateway_claims {
    struct gateway_claim *items;
    size_t count;
};

/* The routes of a deployment, main part first; of all with NULL. */
int gateway__routes(struct gateway *g, struct arena *a, const char *deployment,
                    struct gateway_rows *ret, struct err *e) must_check;
int gateway__route_by_host(struct gateway *g, struct arena *a, const char *host, bool *ret_found,
                           struct gateway_row *ret, struct err *e) must_check;
/* The domains of a deployment; the proven ones of all with NULL. */
int gateway__claims(struct gateway *g, struct arena *a, const char *deployment,
                    struct gateway_claims *ret, struct err *e) must_check;
/* One domain: of a deployment, or with NULL the one that has proven it; ret->host NULL: none. */
int gateway__claim_find(struct gateway *g, struct arena *a, const char *host,
                        const char *deployment, struct gateway_claim *ret, struct err *e)
    must_check;
/* GATEWAY_NO_DEPLOYMENT unless the deployment is known and is the owner's. */
int gateway__owned(struct gateway *g, struct arena *a, const char *deployment, const char *owner,
                   struct gateway_rows *ret, struct err *e) must_check;

/* --- watch.c: what Caddy says of certificates --- */

/* What is known of a host: that it is being asked for, that it was refused, or both. */
struct gateway_trouble {
    struct list link;
    char *host;
    bool asking;
    unsigned times; /* refused in a row; 0: not at all, then the rest means nothing */
    char *issuer;   /* as Caddy names it */
    char *text;
    int64_t retry_at; /* ms; not asked for again earlier */
};
struct gateway_watch {
    struct list troubles;
    size_t count;
    size_t asking;  /* how many hosts are being asked for */
    int64_t offset; /* of the log, what has been read */
    ino_t file;
};
void gateway__watch_init(struct gateway_watch *w);
void gateway__watch_done(struct gateway_watch *w);
/*
 * Reads what is new in the log; told() is called with each host whose state changed. Under
 * g->lock.
 */
void gateway__watch_read(struct gateway_watch *w, const char *path,
                         void (*told)(void *ctx, const char *host), void *ctx);
/* One line of the log. The host whose state it changes, in the arena, or NULL. */
const char *gateway__watch_line(struct gateway_watch *w, struct arena *a, const char *line,
                                size_t n);
/* Why this issuer refused the host; NULL when it did not. */
const struct gateway_trouble *gateway__trouble(const struct gateway_watch *w, const char *host,
                                               const char *issuer);
void gateway__trouble_forget(struct gateway_watch *w, const char *host); /* NULL: all */
/* The Caddy that was asking has ended. */
void gateway__watch_idle(struct gateway_watch *w);

/* --- caddy_config.c: the configuration --- */

/* Everything it is made from; borrowed. */
struct gateway_picture {
    const struct gateway_options *o;
    const struct gateway_settings *settings;
    const struct gateway_node *node;
    const struct gateway_server *servers; /* and whatever else leads to the node */
    size_t server_count;
    struct gateway_rows rows;
    struct gateway_claims claims; /* proven ones */
    const char *folder;           /* absolute */
    const char *market_url;
    /* Whether a certificate for the host may be asked for now. */
    bool (*wanted)(void *ctx, const char *host);
    void *ctx;
};
struct json *gateway__config(struct arena *a, const struct gateway_picture *p);
/* What a Caddy has before it is told the rest: where to tell it. */
struct json *gateway__config_first(struct arena *a, const char *folder);
/* "internal", or the directory URL in use. */
const char *gateway__directory(const struct gateway_settings *s);
/* The authority of a host: "local", or "acme-v02.api.letsencrypt.org-directory". As Caddy names
 * it in its log, and as the folder of its storage. */
const char *gateway__issuer(struct arena *a, const struct gateway_settings *s, const char *host);
const char *gateway__issuer_folder(struct arena *a, const char *issuer);

/* --- certs.c --- */

struct gateway_cert {
    const char *issuer; /* common name, else the organisation */
    int64_t not_before; /* ms */
    int64_t not_after;
};
/* The host's certificate of that issuer in Caddy's storage; false when there is none. */
bool gateway__cert(struct arena *a, const char *storage, const char *issuer, const char *host,
                   struct gateway_cert *ret);
/* Reads a PEM text; false when it holds no certificate. */
bool gateway__cert_read(struct arena *a, const void *pem, size_t n, struct gateway_cert *ret);

/* --- process.c: a Caddy --- */

/*
 * Takes over the Caddy that listens on the socket, or starts one. *ret_pidfd becomes readable when
 * it ends; *ret_pid is its process; *ret_ours tells that it is our child. -1: none runs.
 */
struct gateway_process {
    pid_t pid; /* 0: none */
    int pidfd;
    bool ours; /* our child, to be reaped */
};
int gateway__process_take(const char *socket, struct gateway_process *ret);
int gateway__process_start(const char *caddy, const char *folder, struct gateway_process *ret,
                           struct err *e) must_check;
/* SIGTERM, after limit_ms SIGKILL; reaps. */
void gateway__process_end(struct gateway_process *p, int limit_ms);
/* It has ended by itself: reaps. */
void gateway__process_gone(struct gateway_process *p);

/* --- the whole --- */

struct gateway {
    struct gateway_options o; /* texts are in `texts`; settings and node excepted */
    struct arena *texts;
    const char *folder; /* absolute */
    const char *socket;
    const char *log;
    const char *storage;

    pthread_mutex_t lock; /* guards what follows */
    struct arena *settings_texts;
    struct gateway_settings settings;
    struct arena *server_texts;
    struct gateway_server *servers;
    size_t server_count;
    struct gateway_watch watch;
    bool dirty;   /* the configuration has to be made again */
    bool news;    /* since it was made last: a reason not to wait after a failure */
    bool force;   /* and given to Caddy even if it is the same, so that it asks again */
    bool running; /* Caddy has a configuration of ours */
    bool stopping;
    char *problem; /* why it does not run, for people; NULL: it does */

    /* the thread's own */
    struct gateway_node node;
    pthread_t thread;
    bool started;
    int wake;    /* eventfd; any thread writes */
    int inotify; /* of the log's folder */
    struct gateway_process caddy;
    struct arena *loaded_texts;
    const char *loaded;       /* the configuration it has, or NULL */
    const struct json *asked; /* names it gets certificates for */
    int64_t dirty_since;      /* monotonic; what waits for Caddy to be idle; 0: nothing does */
    int64_t again_at;         /* monotonic; of what failed; 0: nothing did */
    unsigned failures;        /* in a row */
};

/* Marks the configuration for remaking and wakes the thread. */
void gateway__touch(struct gateway *g, bool force);
/* Hosts that lead to the node: servers, its public URL, localhost; a copy in the arena. */
void gateway__market(struct gateway *g, struct arena *a, struct gateway_server **ret,
                     size_t *ret_count);
/* Whether the host is one of those, or the base domain itself. */
bool gateway__is_ours(struct gateway *g, struct arena *a, const char *host);
/* The settings as they are now; their texts are copied to the arena. */
struct gateway_settings gateway__settings(struct gateway *g, struct arena *a);
/* State and reason of a host that is to be served. */
enum gateway_state gateway__state(struct gateway *g, struct arena *a, const char *host,
                                  const char **ret_reason);
/* Why a host has no certificate and when that is tried again, for people. */
const char *gateway__explain(struct arena *a, const struct gateway_trouble *t);
/* The thread (loop.c). */
void *gateway__run(void *arg);
void gateway__wake(struct gateway *g);

#endif
