/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLIENT_CLIENT_H
#define ATOLL_CLIENT_CLIENT_H

#include "base/arena.h"
#include "base/err.h"
#include "config/client.h"
#include "json/json.h"

/*
 * libatoll: what a publisher, a buyer and a program of theirs do with a node and a chain. The
 * command line is a thin layer over these functions; each answers a JSON object that `--json`
 * prints as it is. Answers live until client_reset() or client_close().
 *
 * Money is checked before it moves: a shortage of tokens, allowance or native coin is refused
 * with both figures. Amounts are decimal texts in whole units ("1.5"); in answers they stand in
 * base units beside, as `wei`.
 *
 * A client is used by one thread at a time.
 */
struct client;

struct client_watch {
    /* Told what is being done ("order: transaction 0x... sent"), for people. NULL: silent. */
    void (*progress)(void *ctx, const char *text);
    void *ctx;
};

/* Reaches nothing yet. The configuration is borrowed for the client's life. */
int client_open(const struct client_config *config, const struct client_watch *watch,
                struct client **ret, struct err *e) must_check;
void client_close(struct client *c); /* NULL is allowed; the key is wiped */
/* Frees all answers given so far. */
void client_reset(struct client *c);

/* --- what a person asks of a marketplace: commands whose "auth" is session (api/) --- */

struct client_question {
    const char *method;      /* NULL: GET */
    const char *path;        /* from the first slash on, with its query */
    const struct json *body; /* NULL: none */
};
/*
 * One command as the person whose key is configured. The first one makes an auth token, which
 * serves the rest of this client's life. NO_KEY, NODE_REFUSED.
 */
int client_ask(struct client *c, const struct client_question *q, struct json **ret, struct err *e)
    must_check;
/* The same, and every status with an answer in JSON is success. */
int client_ask_any(struct client *c, const struct client_question *q, int *ret_status,
                   struct json **ret, struct err *e) must_check;
/* An answer that is no JSON, as it comes, into a descriptor. NO_KEY, NODE_REFUSED. */
int client_read(struct client *c, const char *path, int fd, struct err *e) must_check;
/* Percent-encoded, for a path or a query; until client_reset(). */
const char *client_escape(struct client *c, const char *text);
/* Accepts the terms as they are now: without that, most of these commands are refused (403). */
int client_accept_terms(struct client *c, struct err *e) must_check;
/*
 * Reads a stream of events (text/event-stream) until event() answers 1, or the stream ends. What
 * event() is given lives until it returns; -1 with *e ends it as well.
 */
int client_events(struct client *c, const char *path,
                  int (*event)(void *ctx, const struct json *v, struct err *e), void *ctx,
                  struct err *e) must_check;

/* --- pools: prepaid capacity; amounts in whole units --- */

/* {pools: [...]}; all: everybody's, for an administrator. */
int client_pool_list(struct client *c, bool all, struct json **ret, struct err *e) must_check;
/* The pool with its ledger. */
int client_pool_info(struct client *c, const char *id, struct json **ret, struct err *e) must_check;
/* Has the node read the wallet's funds and authorisation again. */
int client_pool_refresh(struct client *c, const char *id, struct json **ret, struct err *e)
    must_check;
struct client_pool {
    const char *name;
    const char *token;  /* address or symbol; NULL: the first that the node takes */
    const char *owner;  /* whom an administrator gives it; NULL: it pays from the own wallet */
    const char *amount; /* of an administrator's gift; NULL: 0 */
    const char *note;
};
int client_pool_create(struct client *c, const struct client_pool *p, struct json **ret,
                       struct err *e) must_check;
/* An administrator's: adds to a granted pool, or takes away with a leading -. */
int client_pool_grant(struct client *c, const char *id, const char *amount, const char *note,
                      struct json **ret, struct err *e) must_check;

int client_voucher_redeem(struct client *c, const char *code, struct json **ret, struct err *e)
    must_check;
struct client_voucher {
    const char *amount;
    const char *token; /* as above */
    int64_t uses;
    int64_t expires; /* ms since 1970, 0: never */
    const char *note;
};
/* For administrators. {code}, told once. */
int client_voucher_make(struct client *c, const struct client_voucher *v, struct json **ret,
                        struct err *e) must_check;
int client_voucher_list(struct client *c, struct json **ret, struct err *e) must_check;
int client_voucher_end(struct client *c, const char *code, struct json **ret, struct err *e)
    must_check;

/* --- domains of deployments (by id), guests of their login --- */

/* {domains: [{host, custom, txt, cname, state, reason}]}; one of them from add and verify. */
int client_domain_list(struct client *c, const char *deployment, struct json **ret, struct err *e)
    must_check;
int client_domain_add(struct client *c, const char *deployment, const char *host, struct json **ret,
                      struct err *e) must_check;
int client_domain_verify(struct client *c, const char *deployment, const char *host,
                         struct json **ret, struct err *e) must_check;
int client_domain_remove(struct client *c, const char *deployment, const char *host,
                         struct json **ret, struct err *e) must_check;
/* {guests: [name]}, also from add and remove. */
int client_guest_list(struct client *c, const char *deployment, struct json **ret, struct err *e)
    must_check;
int client_guest_add(struct client *c, const char *deployment, const char *name, struct json **ret,
                     struct err *e) must_check;
int client_guest_remove(struct client *c, const char *deployment, const char *name,
                        struct json **ret, struct err *e) must_check;
/* For administrators: {testCert, certificates: [...], ...}. */
int client_certificates(struct client *c, struct json **ret, struct err *e) must_check;

/* --- the node's configuration, for its administrators --- */

/* {key: value}; everything for NULL. A key may be written as its variable: OVER_PROVISIONING. */
int client_config_get(struct client *c, const char *key, struct json **ret, struct err *e)
    must_check;
/* The value as JSON, or else a text; {key: value} as the node has it now. */
int client_config_set(struct client *c, const char *key, const char *value, struct json **ret,
                      struct err *e) must_check;

/* --- wizards: from the questions of a package to a deployment --- */

enum client_choice { CLIENT_GO, CLIENT_BACK, CLIENT_QUIT };

/* Who answers: a person at a terminal, a file. What is given lives until the next call. */
struct client_answers {
    void *ctx;
    /*
     * The questions of a wizard's current step ("questions", "errors": as api/chatflowsGet has
     * them). GO with the answers in *ret, an object in the arena; BACK to the step before; QUIT
     * leaves the wizard as it is, to be taken up later.
     */
    int (*ask)(void *ctx, struct arena *a, const struct json *wizard,
               enum client_choice *ret_choice, struct json **ret, struct err *e);
    /* A wizard at its review, with its quote: GO deploys at that price. */
    int (*confirm)(void *ctx, const struct json *wizard, enum client_choice *ret_choice,
                   struct err *e);
    /* The deployment has changed (D of api/marketplaceDeployment); may be NULL. */
    void (*progress)(void *ctx, const struct json *deployment);
};

struct client_wizard {
    const char *package; /* or: */
    const char *resume;  /* the id of a wizard that was begun */
    const char *version; /* NULL: the newest */
    bool no_wait;        /* do not wait until it runs */
    bool forget;         /* when it fails before the deployment, the wizard goes, too */
};
/*
 * Drives a wizard to its end and follows the deployment until it runs: {id, wizard, deployment}
 * where deployment is how it is now, without it when nobody waits. When the person quit: {wizard},
 * with the quote if there was one. FAILED when the deployment failed, with its reason.
 */
int client_deploy(struct client *c, const struct client_wizard *what,
                  const struct client_answers *answers, struct json **ret, struct err *e)
    must_check;

/* --- datatokens --- */

/* {datatoken, nft, tx}. cap: whole tokens, NULL = 100000. */
int client_datatoken_create(struct client *c, const char *name, const char *symbol, const char *cap,
                            struct json **ret, struct err *e) must_check;
/* {datatoken, to, amount, tx}. to NULL = the own account. */
int client_datatoken_mint(struct client *c, const char *datatoken, const char *amount,
                          const char *to, struct json **ret, struct err *e) must_check;
/*
 * Lets a spender take exactly this amount. spender "market" is the fixed-rate exchange: there the
 * amount becomes what is for sale (at once when an offer stands, else when it is made).
 */
int client_datatoken_approve(struct client *c, const char *datatoken, const char *spender,
                             const char *amount, struct json **ret, struct err *e) must_check;
/* {token, symbol, account, balance, wei}. who NULL = the own account; token "native" = the coin. */
int client_token_balance(struct client *c, const char *token, const char *who, struct json **ret,
                         struct err *e) must_check;

/* --- assets --- */

/*
 * Publishes. spec is the quickstart's form: {name, dtAddress, services: [{id, type, dtCost,
 * timeout, files: [{url}]}], ...} (docs/quickstart.md). Checks that dtAddress is a datatoken,
 * encrypts the files through the node, has the node validate the document, publishes it on chain
 * and waits until the node has indexed it. {did, nft, datatoken, tx}.
 */
int client_asset_create(struct client *c, const struct json *spec, struct json **ret, struct err *e)
    must_check;
/* The DDO as the node has it. */
int client_asset_resolve(struct client *c, const char *did, struct json **ret, struct err *e)
    must_check;
/* {assets: [{did, name, type, datatokens, price}]}. text: words to search for, NULL = all. */
int client_asset_list(struct client *c, const char *text, int64_t page, struct json **ret,
                      struct err *e) must_check;
/*
 * Orders a service (its id, its index, or a type such as "compute": the first of that type),
 * paying its dtCost. consumer NULL = the own account. {tx, did, service, cost}.
 */
int client_asset_order(struct client *c, const char *did, const char *service, const char *consumer,
                       struct json **ret, struct err *e) must_check;
struct client_download {
    const char *did;
    const char *service; /* id, index or type */
    const char *order_tx;
    int64_t index; /* of the file */
    const char *folder;
};
/* Downloads a file of an ordered service, whole or not at all. {path, bytes}. */
int client_asset_download(struct client *c, const struct client_download *d, struct json **ret,
                          struct err *e) must_check;

/* --- the market --- */

/* {datatoken, amount, price, wei, currency, symbol, available}. */
int client_market_price(struct client *c, const char *datatoken, const char *amount,
                        struct json **ret, struct err *e) must_check;
/* Approves the currency and buys. {datatoken, amount, paid, wei, currency, tx}. */
int client_market_buy(struct client *c, const char *datatoken, const char *amount,
                      struct json **ret, struct err *e) must_check;
/* Offers at a price for one datatoken; currency NULL = the Ocean token. */
int client_market_offer(struct client *c, const char *datatoken, const char *price,
                        const char *currency, struct json **ret, struct err *e) must_check;

/* --- the escrow --- */

int client_escrow_deposit(struct client *c, const char *token, const char *amount,
                          struct json **ret, struct err *e) must_check;
int client_escrow_withdraw(struct client *c, const char *token, const char *amount,
                           struct json **ret, struct err *e) must_check;
/* {token, available, locked, ...}. who NULL = the own account. */
int client_escrow_funds(struct client *c, const char *token, const char *who, struct json **ret,
                        struct err *e) must_check;
struct client_limits {
    const char *amount; /* whole tokens that may be locked at a time */
    int64_t seconds;    /* longest lock */
    int64_t locks;      /* most locks at a time */
};
int client_escrow_authorize(struct client *c, const char *token, const char *payee,
                            const struct client_limits *limits, struct json **ret, struct err *e)
    must_check;

/* --- compute --- */

/* The node's environments, as it lists them. */
int client_compute_environments(struct client *c, struct json **ret, struct err *e) must_check;

/* What to run, where, on what. */
struct client_job {
    const char *environment;   /* id; NULL = the first that fits */
    const char *did;           /* dataset; NULL = none */
    const char *service;       /* of the dataset: id, index or NULL = the first of type compute */
    const char *order_tx;      /* of the dataset; NULL = ordered when needed */
    const char *algorithm_did; /* or: */
    const char *raw_code;      /* the algorithm's text */
    const struct json *container; /* {entrypoint, image, tag, checksum}; with raw_code */
    const struct json *resources; /* [{id, amount}]; NULL = the environment's least */
    int64_t seconds;              /* longest run; 0 = one minute */
    const char *token;            /* to pay with; NULL = the environment's first on this chain */
    bool free;
};
/* What the job would cost. {amount, wei, token, seconds, escrow, payee, ...}. */
int client_compute_quote(struct client *c, const struct client_job *job, struct json **ret,
                         struct err *e) must_check;
/*
 * Orders what is not ordered yet, fills and authorises the escrow as needed, starts the job.
 * {jobId, lockTx, ...}: the job as the node shows it.
 */
int client_compute_start(struct client *c, const struct client_job *job, struct json **ret,
                         struct err *e) must_check;
int client_compute_status(struct client *c, const char *job_id, struct json **ret, struct err *e)
    must_check;
/* Follows a job until it has ended, telling each new state to the watch; its last status. */
int client_compute_wait(struct client *c, const char *job_id, struct json **ret, struct err *e)
    must_check;
int client_compute_stop(struct client *c, const char *job_id, struct json **ret, struct err *e)
    must_check;
/* Copies the job's log to the descriptor: live while it runs, the stored one afterwards. */
int client_compute_logs(struct client *c, const char *job_id, int fd, struct err *e) must_check;
/* Downloads all results into a folder. {files: [{name, path, bytes}]}. */
int client_compute_results(struct client *c, const char *job_id, const char *folder,
                           struct json **ret, struct err *e) must_check;

#endif
