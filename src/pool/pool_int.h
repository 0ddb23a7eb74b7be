/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_POOL_POOL_INT_H
#define ATOLL_POOL_POOL_INT_H

#include <pthread.h>

#include "base/list.h"
#include "base/thread.h"
#include "pool/pool.h"

/*
 * What the files of pool/ share: pools.c (life, clock, workers), ledger.c (pools and entries),
 * wallet.c (what the escrow says of a payer), voucher.c, quote.c, json.c, meter.c (what others ask
 * of a meter), meter_rows.c (its rows), advance.c (its next state), step.c (a worker on a meter).
 */

enum { POOL_DECIMAL = 80, /* a signed amount's text and NUL */ POOL_TOKENS_KEPT = 64 };

/* What a token says of itself; not known: since when it is not asked again. */
struct token_fact {
    uint64_t chain;
    struct addr token;
    bool known;
    int64_t asked; /* monotonic ms */
    struct pool_token unit;
};

struct pools {
    struct pools_options o;
    struct pools_callbacks cb;
    void (*changed)(void *ctx, const char *deployment, enum pool_event what, const char *reason);
    void *ctx;
    struct pool *workers;

    pthread_mutex_t lock; /* guards what follows; never held across a call of store or chain */
    pthread_cond_t wake;
    pthread_t clock;
    bool started;
    bool ending;
    struct list meters; /* those that live */
    struct token_fact tokens[POOL_TOKENS_KEPT];
    size_t token_count;
    size_t token_next;
};

/* A meter that lives, in memory: only when it is to be looked at. Under pools.lock. */
struct meter {
    struct list link;
    struct pools *pools;
    struct pool_item item;
    bool busy;   /* with a worker, or queued for one */
    bool again;  /* something happened meanwhile */
    int64_t due; /* wall clock ms; 0: not by time */
    /* the worker's own: */
    int tries;        /* of the pool's money, since it did not suffice */
    int failures;     /* rounds that failed one after the other */
    int64_t next_due; /* what `due` becomes when the worker is through */
    bool over;        /* nothing is left to be done */
    char deployment[65];
};

/* --- pools.c --- */
/* Has a worker look at the meter, which is made if need be. Any thread. */
void pools__kick(struct pools *p, const char *deployment);
/* The same for all that live on a pool. */
int pools__kick_pool(struct pools *p, const char *pool, struct err *e) must_check;
void pools__tell(struct pools *p, const char *deployment, enum pool_event what, const char *reason);

/* --- ledger.c; inside a transaction of the caller's --- */
struct ledger_entry {
    const char *pool;
    const char *kind; /* grant, take, voucher, reserve, return */
    struct u256 amount;
    bool minus;
    const char *deployment; /* NULL: of no period */
    int64_t number;
    const char *note;
};
/* A granted pool's balance moves with it: POOL_EMPTY when it does not suffice. */
int ledger__add(struct db *db, const struct ledger_entry *entry, struct err *e) must_check;
/* 1 = found, 0 = none, -1 = failed; reads the row alone. */
int ledger__pool(struct db *db, struct arena *a, const char *id, struct pool_info *ret,
                 struct err *e) must_check;
/* What is in it: locked, burn, empty_at, warning. */
int ledger__facts(struct pools *p, struct db *db, struct arena *a, struct pool_info *pool,
                  struct err *e) must_check;
/* The owner's granted pool of a token, made when there is none. */
int ledger__granted(struct db *db, struct arena *a, const struct pool_new *n, const char **ret_id,
                    struct err *e) must_check;
bool ledger__amount(const char *text, struct u256 *ret); /* decimal digits alone */
void ledger__new_id(char prefix, char out[POOL_ID]);
/* POOL_TOKEN unless an environment takes it. */
int ledger__check_token(struct pools *p, uint64_t chain, const struct addr *token, struct err *e)
    must_check;

/* --- tokens.c --- */
/* False (and zeros) when neither the store nor the chain says. May ask the chain. */
bool tokens__known(struct pools *p, uint64_t chain, const struct addr *token,
                   struct pool_token *ret);

/* --- wallet.c: what asks the chain --- */
/* Reads what the payer has and writes it down. */
int wallet__read(struct pools *p, const struct pool_info *pool, struct err *e) must_check;
/* How long the lock of a period lives, in seconds. */
int64_t wallet__lock_seconds(const struct pools *p, int64_t period_s);
/* The same of a prepaid one that begins in a while: no longer than a client expects it to be. */
int64_t wallet__prepaid_seconds(const struct pools *p, int64_t period_s, int64_t wait_ms);
/* "escrow" of a wallet's pool, from its row. */
struct json *wallet__json(struct pools *p, struct arena *a, const struct pool_info *pool);
struct wallet_needs {
    struct u256 amount;
    int64_t seconds;
    int64_t locks;
};
/* What the deployments that live on a pool need of an authorisation. */
int wallet__needs(struct pools *p, struct db *db, const char *pool, struct wallet_needs *ret,
                  struct err *e) must_check;

/* --- meter_rows.c; inside a transaction of the caller's --- */
enum period_state { PERIOD_OPENING, PERIOD_OPEN, PERIOD_CLOSING, PERIOD_CLOSED, PERIOD_FAILED };

struct period {
    int64_t number;
    const char *pool;
    const char *job; /* of its payment; "" when it has none */
    const char *terms;
    int64_t seconds;
    struct u256 amount;
    enum period_state state;
    int64_t opened; /* ms, like the next two */
    int64_t starts; /* 0: not begun */
    int64_t until;
    int64_t expiry;    /* of the lock, seconds; 0: none */
    int64_t idle;      /* ms of it that are not charged */
    int64_t idle_from; /* nor is what comes after; 0: it runs */
    struct u256 cost;
    const char *reason;
};

struct meter_row {
    const char *deployment;
    const char *owner;
    const char *pool;
    enum pool_meter_state state;
    const char *reason;
    const char *terms;
    const char *next_terms; /* NULL: no other size is wanted */
    int64_t period_s;
    int64_t current;  /* number of the period that was begun last, 0: none yet */
    int low;          /* 0, or LOW was told: 1 by what is left, 2 by a refusal */
    const char *stop; /* "", "used", "fault" */
    int64_t stop_at;
    int64_t ends;
    int64_t began;
    bool prepaid; /* one period up to the end */
    struct u256 spent;
    int64_t changed;
};

/* A meter with what of its periods is not over. */
enum { PERIODS_LIVE = 32 }; /* the statement's limit */
struct meter_view {
    struct arena *a;
    struct db *db;
    int64_t now;
    struct meter_row row;
    struct pool_info pool;
    struct period period[PERIODS_LIVE];
    size_t count;
    const char *refusal; /* a lock failed in this move, and why; else NULL */
};
/* 1, 0, -1 as above. */
int rows__meter(struct db *db, struct arena *a, const char *deployment, struct meter_row *ret,
                struct err *e) must_check;
int rows__view(struct db *db, struct arena *a, const char *deployment, struct meter_view *ret,
               struct err *e) must_check;
int rows__meter_add(struct db *db, const struct meter_row *row, struct err *e) must_check;
int rows__meter_set(struct db *db, const struct meter_row *row, struct err *e) must_check;
int rows__period_add(struct db *db, const struct meter_row *row, struct period *period,
                     struct err *e) must_check; /* gives it its number and job */
int rows__period_set(struct db *db, const char *deployment, const struct period *period,
                     struct err *e) must_check;
/* The deployment whose period is paid by this job; *ret NULL when none is. */
int rows__by_job(struct db *db, struct arena *a, const char *job, const char **ret, struct err *e)
    must_check;
const char *rows__state_name(enum pool_meter_state s);

/* --- advance.c: from one state to the next, inside a transaction; asks nobody --- */

/* What the escrow says of the payments of periods that are under way. */
struct advance_seen {
    int64_t number; /* of the period */
    bool found;     /* it has a payment: */
    struct escrow_payment payment;
    const char *error; /* it has none and will have none, because; else NULL */
};
/* What the worker has learned outside the transaction. */
struct advance_news {
    struct advance_seen seen[PERIODS_LIVE];
    size_t count;
    bool checked;        /* the wallet can pay what was asked for */
    const char *refusal; /* it cannot, and why; else NULL */
};
enum advance_need {
    ADVANCE_WAIT,  /* nothing until `due` */
    ADVANCE_AGAIN, /* something changed: look again */
    ADVANCE_CHECK  /* ask whether the wallet can pay `amount` for `seconds`, and come back */
};
struct advance {
    enum advance_need need;
    int64_t due; /* wall clock ms; 0: not by time */
    struct u256 amount;
    int64_t seconds; /* of the lock */
    bool refused;    /* by the pool's money: tried again after a while */
    bool tell;       /* once it is committed */
    enum pool_event event;
    const char *reason;
};
/* One move; v is written back. ret->need says how to go on. */
int advance__meter(struct pools *p, struct meter_view *v, const struct advance_news *news,
                   struct advance *ret, struct err *e) must_check;
/* How long the lock of such a period of this meter lives, asked for at `opened`. */
int64_t advance__lock_seconds(const struct pools *p, const struct meter_view *v, int64_t seconds,
                              int64_t opened);
/* Of a paid period: runs from `from` on. */
void advance__begin(struct pools *p, struct meter_view *v, struct period *n, int64_t from);
/* The paid period that has not begun, and the one that runs; NULL when there is none. */
struct period *advance__next(struct meter_view *v);
struct period *advance__current(struct meter_view *v);
/* How long before it expires a lock is claimed at the latest. */
int64_t advance__claim_s(const struct pools *p, const struct meter_row *row);
/* What a period owes that ran until `at`. */
int advance__cost(const struct period *c, int64_t at, struct u256 *ret, struct err *e) must_check;

/* --- step.c --- */
void step__meter(struct meter *m);

#endif
