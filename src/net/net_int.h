/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NET_NET_INT_H
#define ATOLL_NET_NET_INT_H

#include <curl/curl.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/thread.h"
#include "net/net.h"

/* Inside net/: one transfer over one easy handle, whichever thread drives it. */
struct net {
    CURLM *multi;
    const char *ca_file; /* or NULL */
    pthread_t thread;
    _Atomic bool stopping; /* set by net_stop */
    bool ending;           /* under lock: the net thread returns */
    pthread_mutex_t lock;
    struct list todo;    /* under lock: streams with something for the net thread to do */
    struct list streams; /* net thread: transfers in the multi handle */
    struct list fresh;   /* net thread: streams whose reader is to be told of new bytes */
    int64_t next_check;  /* net thread: when the first stream may have been silent too long */
    unsigned ftp_count;  /* under lock: FTP transfers, each with a thread */
    pthread_cond_t ftp_ended;
    struct list idle; /* under lock: easy handles between calls, oldest first */
    size_t idle_count;
};

struct transfer {
    struct net *net;
    CURL *easy;
    struct curl_slist *headers; /* of the request */
    bool guard;
    bool follow;
    bool is_ftp;                         /* its replies are no headers */
    int64_t ftp_size;                    /* of the file from the offset on; -1: unknown */
    int status;                          /* of the last response; 0 before it and for FTP */
    bool head_done;                      /* the last response's headers are complete */
    struct buf head;                     /* their raw lines */
    void (*on_head)(struct transfer *t); /* told when head_done becomes true; or NULL */
    char host[128];                      /* for messages */
    char refusal[256];                   /* the guard's, or empty */
    char text[CURL_ERROR_SIZE];
};

/*
 * Sets all of the request on t->easy but its body's functions, timeouts and write function.
 * On failure transfer_done() is still due.
 */
int transfer_init(struct transfer *t, struct net *n, CURL *easy, const struct net_request *r,
                  struct err *e) must_check;
/* Frees all but the easy handle. */
void transfer_done(struct transfer *t);
/* Asks curl for the size of an FTP transfer; in the thread that drives it. */
void transfer_note_size(struct transfer *t);
/* Status and headers into the arena. */
void transfer_response(const struct transfer *t, struct arena *a, struct net_response *ret);
/* Fills *e for a failed transfer; returns -1. */
int transfer_failed(const struct transfer *t, CURLcode rc, struct err *e);

/* The time limits of a request with its defaults, in ms; 0 means none. */
int request_timeout(const struct net_request *r);
int request_connect_timeout(const struct net_request *r);

/* Waits for the threads of FTP transfers, which net_stop() ends within a second or so (ftp.c). */
void ftp__await_all(struct net *n);

/* Frees the easy handles between calls (call.c). */
void net__idle_free(struct net *n);

#endif
