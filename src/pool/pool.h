/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_POOL_POOL_H
#define ATOLL_POOL_POOL_H

#include "chain/u256.h"
#include "compute/compute.h"
#include "escrow/escrow.h"
#include "json/json.h"
#include "store/db.h"

/*
 * Prepaid capacity, and the meter that pays deployments from it period by period.
 *
 * A pool has an owner (a person's id) and the unit of one (chain, token). It is GRANTED, a budget
 * that the operator gives (quota, voucher) and that lives in the ledger alone, or a WALLET's: the
 * person's funds in the escrow and the authorisation they gave this node. Amounts are integers in
 * base units. Whatever moves is a ledger entry, written in one transaction with its cause.
 *
 * Any thread may call. What asks the chain says so; everything else is the database alone.
 */
struct pools;

enum {
    POOL_ID = 34,        /* "p" and 32 hex digits, and NUL */
    POOL_NAME_MAX = 60,  /* characters */
    POOL_NOTE_MAX = 200, /* likewise */
    POOL_CODE = 33,      /* a voucher's code and NUL */
    POOL_LINES_MAX = COMPUTE_RESOURCES_MAX
};

/* --- life --- */

struct pool_token {
    char symbol[32]; /* printable; of the token's own saying */
    unsigned decimals;
};

enum pool_event {
    POOL_FUNDED,   /* the first period is paid for: start, then pool_meter_begin() */
    POOL_FAILED,   /* it could not be, or the service did not begin in time: nothing was charged */
    POOL_LOW,      /* a warning: less is left than the option says, or the next period failed */
    POOL_EMPTY,    /* the period is over and the next is not paid: stop the containers */
    POOL_REFILLED, /* money came back: start again, then pool_meter_begin() */
    POOL_RESIZED,  /* the new size is paid for from now on */
    POOL_REFUSED,  /* the new size could not be paid: the old one goes on */
    POOL_CLOSED    /* after pool_meter_stop(): every period is settled, spent is final */
};

struct pools_callbacks {
    void *ctx;
    /* A token's symbol and decimals; remembered by the node, may ask the chain the first time. */
    int (*token)(void *ctx, uint64_t chain, const struct addr *token, struct pool_token *ret,
                 struct err *e);
    /* Refuses when nothing may be locked on a chain now; NULL: it always may. */
    int (*may_lock)(void *ctx, uint64_t chain, struct err *e);
};

struct pools_options {
    struct store *store;
    struct escrow *escrow;   /* NULL: granted pools only */
    struct compute *compute; /* NULL: nothing can be quoted */
    int64_t period_s;        /* 0: 3600 */
    int64_t low_s;           /* LOW when a pool lasts no longer than this; 0: a day */
    int64_t claim_s;         /* time to claim before a lock expires; 0: 3600 */
};

/* Listens to the escrow from here on, so it is made before escrow_start(). Callbacks are copied. */
struct pools *pools_new(const struct pools_options *o, const struct pools_callbacks *callbacks);
/*
 * Who is told of deployments, on a thread of the pools, without locks held. Every event can also
 * be read off pool_meter_find() after a restart: a missed one is not lost. Before pools_run().
 */
void pools_listen(struct pools *p,
                  void (*changed)(void *ctx, const char *deployment, enum pool_event what,
                                  const char *reason),
                  void *ctx);
/* Goes on with the meters of the store, starts the clock. After escrow_start(). */
int pools_run(struct pools *p, struct err *e) must_check;
/* Ends its threads and frees; after escrow_stop(), before escrow_free(). NULL is allowed. */
void pools_free(struct pools *p);

/* --- pools --- */

enum pool_kind { POOL_GRANTED, POOL_WALLET };

struct pool_info {
    const char *id;
    const char *owner;
    const char *name;
    enum pool_kind kind;
    uint64_t chain;
    struct addr token;
    struct addr payer;    /* WALLET */
    const char *standing; /* of a wallet: what the escrow said of it last; for pool/ alone */
    struct u256 balance;  /* free to be reserved; of a wallet: as last read from the escrow */
    struct u256 locked;   /* in periods under way */
    struct u256 burn;     /* an hour, of its running deployments */
    int64_t empty_at;     /* ms; 0: nothing burns */
    const char *warning;  /* "", "low", "empty" */
    int64_t created;
};

/* A pool as people see it (P of the contract), and with its ledger, newest entry first. */
struct json *pool_json(struct pools *p, struct arena *a, const struct pool_info *pool);
int pool_list_json(struct pools *p, struct arena *a, const char *owner, struct json **ret,
                   struct err *e) must_check; /* owner NULL: everybody's, each with "owner" */
/* How many the owner has. */
int pool_count(struct pools *p, const char *owner, int64_t *ret, struct err *e) must_check;
/* before: entries with a smaller id only (0: the newest), 100 at a time. */
int pool_entries_json(struct pools *p, struct arena *a, const struct pool_info *pool,
                      int64_t before, struct json **ret, struct err *e) must_check;

/* 1 = found, 0 = there is none, or it is another's (owner NULL: anybody's), -1 = failed. */
int pool_find(struct pools *p, struct arena *a, const char *owner, const char *id,
              struct pool_info *ret, struct err *e) must_check;

struct pool_new {
    const char *owner;
    const char *name; /* unique among the owner's: CONFLICT */
    uint64_t chain;
    struct addr token;
    const char *amount;       /* GRANTED: base units, decimal text, may be "0" */
    const struct addr *payer; /* WALLET: the owner's own, proven address; NULL: GRANTED */
    const char *note;
};
/* POOL_TOKEN unless an environment takes the token. A wallet's asks the chain. */
int pool_create(struct pools *p, const struct pool_new *n, char ret_id[POOL_ID], struct err *e)
    must_check;
/* Adds to a granted pool; a leading "-" takes away what is there. INVALID for a wallet's. */
int pool_grant(struct pools *p, const char *id, const char *amount, const char *note, struct err *e)
    must_check;
/* Reads a wallet's funds and authorisation from the chain, and lets empty meters try again. */
int pool_refresh(struct pools *p, const char *id, struct err *e) must_check;

/* --- vouchers --- */

struct pool_voucher {
    const char *amount; /* each use, base units */
    uint64_t chain;
    struct addr token;
    int64_t uses;
    int64_t expires; /* ms, 0: never */
    const char *note;
    const char *by; /* who made it */
};
/* The code is told once; the store keeps its hash. */
int pool_voucher_make(struct pools *p, const struct pool_voucher *v, char ret_code[POOL_CODE],
                      struct err *e) must_check;
/* [{id, amount, uses, used, expires, created, note, revoked}] */
int pool_voucher_list_json(struct pools *p, struct arena *a, struct json **ret, struct err *e)
    must_check;
/* By its code or its id; what was redeemed stays. NOT_FOUND. */
int pool_voucher_revoke(struct pools *p, const char *code, struct err *e) must_check;
/* Once for each person: into their granted pool of that token, which is made if need be. */
int pool_voucher_redeem(struct pools *p, const char *owner, const char *code, char ret_id[POOL_ID],
                        struct err *e) must_check;

/*
 * The operator's quota: a voucher of this amount (its uses, expires and by are not looked at) that
 * nobody has to type. False when the person had it already, or the operator has revoked it.
 */
int pool_quota_give(struct pools *p, const char *owner, const struct pool_voucher *quota,
                    bool *ret_given, struct err *e) must_check;

/* --- quotes --- */

struct pool_quote_request {
    const struct compute_env *env;
    const struct compute_resources *resources; /* of everything: side-cars and overhead included */
    uint64_t chain;
    struct addr token;
};
struct pool_line {
    const char *id; /* of the resource */
    int64_t milli;
    struct u256 amount; /* a period; the lines add up to per_period exactly */
};
struct pool_quote {
    uint64_t chain;
    struct addr token;
    struct pool_token unit;
    const struct compute_resources *resources; /* of the request, borrowed */
    int64_t period_s;
    struct u256 per_period; /* what the meter charges for a whole one */
    struct u256 per_hour;
    struct pool_line line[POOL_LINES_MAX];
    size_t line_count;
    struct u256 needed_amount; /* of a wallet's authorisation: this deployment alone */
    int64_t needed_seconds;    /* longest lock */
    int64_t needed_locks;      /* at a time */
};
/* By compute's price function, as the meter bills. POOL_TOKEN when the environment refuses it. */
int pool_quote(struct pools *p, const struct pool_quote_request *r, struct pool_quote *ret,
               struct err *e) must_check;
/*
 * QUOTE of the contract without its hash: {period_s, perPeriod, perHour, lines, upfront, pool,
 * lastsUntil, ends}; pool may be NULL, ends 0. For a wallet's pool also {needed: {amount, seconds,
 * locks}}: what the authorisation must allow, this deployment and those that run included.
 */
struct json *pool_quote_json(struct pools *p, struct arena *a, const struct pool_quote *q,
                             const struct pool_info *pool, int64_t ends);
/* Whether the pool pays a first period now; a wallet's asks the chain. POOL_EMPTY, ESCROW_... */
int pool_can_pay(struct pools *p, const struct pool_quote *q, const struct pool_info *pool,
                 struct err *e) must_check;
/* MONEY of the contract. */
struct json *pool_money_json(struct pools *p, struct arena *a, uint64_t chain,
                             const struct addr *token, const struct u256 *amount);
/* {tokens: [{chain, token, symbol, decimals}], period_s} */
int pool_offers_json(struct pools *p, struct arena *a, struct json **ret, struct err *e) must_check;

/* --- the meter of a deployment --- */

enum pool_meter_state {
    METER_FUNDING, /* the next period is being paid for; nothing runs */
    METER_FUNDED,  /* paid for, and not begun */
    METER_RUNNING,
    METER_EMPTY,
    METER_CLOSING, /* asked to stop; the money is on its way back */
    METER_CLOSED,
    METER_FAILED
};

struct pool_meter_request {
    const char *deployment; /* its id: [A-Za-z0-9-], at most 64 */
    const char *owner;
    const char *pool; /* the owner's, of a token that the environment takes */
    const struct compute_env *env;
    const struct compute_resources *resources;
    int64_t ends; /* ms; 0: until it is stopped or the pool is empty */
    bool prepaid; /* all of the time up to `ends` is one period */
};
/*
 * Asks for the first period and answers at once; FUNDED or FAILED follows. Repeating it does
 * nothing while the meter lives. After CLOSED or FAILED it begins anew, what was spent stays.
 */
int pool_meter_start(struct pools *p, const struct pool_meter_request *r, struct err *e) must_check;
/* The service is healthy: what is paid for runs from now on. Repeating it does nothing. */
int pool_meter_begin(struct pools *p, const char *deployment, struct err *e) must_check;

/*
 * Since `from` (ms) it does not run, which is not its owner's doing: time is not charged until
 * pool_meter_resume(). Of two the earlier one counts; a meter that does not run is left alone.
 */
int pool_meter_pause(struct pools *p, const char *deployment, int64_t from, struct err *e)
    must_check;
/* It runs again, since `at` (ms). */
int pool_meter_resume(struct pools *p, const char *deployment, int64_t at, struct err *e)
    must_check;

enum pool_stop {
    POOL_USED,     /* what ran of the period is paid, the rest returns */
    POOL_OUR_FAULT /* the period under way returns whole */
};
/* In every state; CLOSED follows. A deployment without a meter: success. */
int pool_meter_stop(struct pools *p, const char *deployment, enum pool_stop why, struct err *e)
    must_check;
/*
 * Another size: what ran at the old one is paid, the rest of that period returns, the new size is
 * paid from then on. RESIZED or REFUSED follows; resources are the service's business.
 */
int pool_meter_resize(struct pools *p, const char *deployment, const struct compute_env *env,
                      const struct compute_resources *resources, struct err *e) must_check;
/*
 * Another end (0: none); charges nothing by itself, but for a prepaid meter, which pays for the
 * additional time at once. INVALID when it is past.
 */
int pool_meter_extend(struct pools *p, const char *deployment, int64_t ends, struct err *e)
    must_check;

struct pool_meter {
    const char *deployment;
    const char *owner;
    const char *pool;
    enum pool_meter_state state;
    const char *reason; /* of EMPTY and FAILED; else "" */
    bool low;
    bool resizing; /* RESIZED or REFUSED is to come */
    uint64_t chain;
    struct addr token;
    struct u256 per_hour;
    struct u256 per_period;
    struct u256 spent;  /* settled, and of the running period what ran up to now */
    int64_t paid_until; /* ms; 0: nothing is paid */
    int64_t ends;
    int64_t began;     /* of the first period; 0: it never did */
    int64_t idle_from; /* since when it is paused; 0: it is not */
};
/* 1 = found, 0 = there is none, -1 = failed. */
int pool_meter_find(struct pools *p, struct arena *a, const char *deployment,
                    struct pool_meter *ret, struct err *e) must_check;
/* {pool, perHour, perPeriod, spent, paidUntil, ends, state, reason, low}; null without a meter. */
int pool_meter_json(struct pools *p, struct arena *a, const char *deployment, struct json **ret,
                    struct err *e) must_check;

/* --- prepaid: a wallet pays for all of a service's time in one lock --- */

/* The wallet's pool, made when there is none. POOL_TOKEN, POOL_MANY, ESCROW_CONTRACT; asks the
 * chain when it is made. POOL_TAKEN when somebody else has it, who was proven to own the wallet. */
int pool_of_wallet(struct pools *p, const struct pool_new *n, char ret_id[POOL_ID], struct err *e)
    must_check;

struct pool_prepay {
    const struct compute_env *env;
    const struct compute_resources *resources;
    uint64_t chain;
    struct addr token;
    struct addr payer;
    int64_t seconds;
    int64_t wait_s; /* until they begin */
};
/* What they cost, as the meter bills, and whether the wallet can pay now: asks the chain. */
int pool_prepay_check(struct pools *p, const struct pool_prepay *q, struct u256 *ret_cost,
                      struct err *e) must_check;

/* A period that was asked to be paid for, as its payment stands. In the arena. */
struct pool_payment {
    int64_t number;
    int64_t seconds;
    struct u256 amount; /* locked for it at the most */
    struct u256 cost;   /* what was decided to be owed; 0 before */
    bool failed;        /* nothing was ever locked */
    bool over;
    const char *lock_tx; /* "" before, like the next two */
    const char *claim_tx;
    const char *cancel_tx;
};
/* All of a deployment's, oldest first, at most the first 1000. */
int pool_payments(struct pools *p, struct arena *a, const char *deployment,
                  struct pool_payment **ret, size_t *ret_count, struct err *e) must_check;

#endif
