/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_DEMO_INT_H
#define ATOLL_CLI_DEMO_INT_H

#include <stdatomic.h>

#include "cli/ledger.h"
#include "cli/stage.h"
#include "client/client.h"
#include "http/http.h"

/* The pieces of `atoll demo`: the stage (demo.c), the story, the books, the data. */
struct demo {
    struct arena *arena;
    struct client_watch watch;
    struct stage stage;
    const char *image; /* that runs the algorithm */
    const char *tag;
    const char *results;  /* folder of the job's results */
    const char *data_url; /* of the file that Alice sells */
    struct http_server *files;
    struct client *alice;
    struct client *bob;
    const struct client_config *bob_config;
    bool keep; /* the folder, whatever happens */
    /* what the story finds out */
    const char *datatoken;
    const char *did;
    const char *lock_tx;
    const char *claim_tx;
    const char *output;        /* of the algorithm */
    _Atomic(const char *) job; /* once it is started */
    /* the books */
    struct net *net;
    struct rpc *rpc;
    struct ledger ocean;
    struct ledger coin;
    struct ledger tokens;
};

/* A numbered heading. */
void demo_title(const char *text);
/* Indented lines under it; the clients' progress goes there. */
void demo_progress(void *ctx, const char *text);

/* SIGINT, SIGTERM and SIGHUP wait from here on (before any thread) ... */
void demo_hold_signals(void);
/* ... and from here on end the job, the stage, which must be up, and the process. */
void demo_watch_signals(struct demo *d);
/* Until here: afterwards a signal no longer interferes. */
void demo_end_watch(void);

/* A file server on loopback: the data that Alice sells. */
int demo_serve_data(struct demo *d, struct err *e) must_check;

/* Balances of everybody who could have money, before and after. */
int demo_books_open(struct demo *d, struct err *e) must_check;
int demo_books_close(struct demo *d, struct err *e) must_check;
/* Prints the three sheets; FAILED when one does not add up. */
int demo_books_print(const struct demo *d, struct err *e) must_check;

/* Alice publishes and offers; Bob buys, computes, gets the result; the last screen. */
int demo_story(struct demo *d, struct err *e) must_check;

#endif
