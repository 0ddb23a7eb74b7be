/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NET_STREAM_INT_H
#define ATOLL_NET_STREAM_INT_H

#include "net/net_int.h"
#include "net/ring.h"

/* What other threads ask of the net thread. */
enum todo { TODO_START = 1, TODO_RESUME = 2, TODO_CLOSE = 4 };

/*
 * For FTP the "net thread" below is the transfer's own (ftp.c), and there is nothing to do for it.
 * The net thread owns `t`, `link` and the time-outs from START to CLOSE; what the two sides share
 * is under `lock`. The transfer is detached by stream_close and freed by the net thread.
 */
struct stream {
    struct net *net;
    struct transfer t;
    struct list link;       /* net->streams */
    struct list fresh_link; /* net->fresh; net thread */
    bool running;           /* in the multi handle */
    int silence_ms;         /* 0: none */
    int64_t last;           /* when something moved */

    struct list todo_link; /* net->todo; with `todo` under net->lock */
    unsigned todo;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ring down;
    bool down_paused;
    int64_t skip; /* bytes still to be dropped */
    struct ring up;
    bool up_paused;
    bool up_open; /* the source has not ended */
    bool up_broken;
    bool head_done;
    bool done; /* no more bytes will come; rc and err say why */
    bool failed;
    bool closed;
    bool ended;  /* FTP: its thread is through with it */
    bool silent; /* FTP: nothing moved for too long */
    struct err err;
    bool armed; /* stream_pull said STREAM_WAIT */
    void (*ready)(void *arg);
    void *ready_arg;
};

/* Asks the net thread to look at the stream. */
void stream__ask(struct stream *s, enum todo what);

/* Tells whoever waits that something changed; s->lock is held. */
void stream__announce(struct stream *s);

/* Runs an FTP transfer on a thread of its own, which frees the stream when it is closed early. */
int ftp__start(struct stream *s, const struct net_request *r, struct err *e) must_check;

/* Sets the easy handle's functions for the net thread. */
void stream__prepare(struct stream *s, const struct net_request *r);

/* Frees a stream that no other thread knows any more. */
void stream__free(struct stream *s);

#endif
