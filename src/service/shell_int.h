/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_SHELL_INT_H
#define ATOLL_SERVICE_SHELL_INT_H

#include "base/buf.h"
#include "docker/frames.h"
#include "net/tunnel.h"
#include "service/service_int.h"
#include "service/shell.h"

/*
 * Inside: one thread ("shells") moves bytes between Docker and the buffers, workers do what has to
 * wait for Docker, readers take and give under the lock. A shell is freed when its reader has
 * closed it, the thread has let go of its tunnel, and a worker has ended what ran.
 */
enum {
    SHELL_ROOM = 65536,                        /* below this more is taken, either way */
    SHELL_BUFFER = SHELL_ROOM + 65536 + 16384, /* a message, or a read in small frames, on top */
    SHELL_RECORD = 5                           /* channel and length before a piece of output */
};

struct shells {
    struct service *service;
    pthread_mutex_t lock;
    pthread_cond_t gone; /* one was freed */
    struct list open;    /* struct service_shell */
    size_t count;
    struct pool *pool;
    pthread_t thread;
    int wake; /* an eventfd */
    bool started;
    bool ending;
    bool over; /* the thread returns */
};

struct service_shell {
    struct list link;
    struct shells *of;
    struct docker *docker;
    char id[SERVICE_ID_SIZE]; /* of the deployment */
    char owner[40];
    char *name;      /* of the container in the package */
    char *container; /* in the engine */
    char exec[DOCKER_ID_SIZE];
    char mark[33]; /* in the environment of all that it starts */
    bool tty;
    /* everything below is under shells.lock */
    struct tunnel *tunnel; /* NULL: the thread has let go of it */
    struct frames frames;
    struct buf in, out;
    size_t out_at;
    bool in_ends; /* the client has no more input */
    bool in_ended;
    bool used;
    bool fresh;   /* none of its output was told yet */
    bool ending;  /* the thread is to let go */
    bool reaped;  /* what ran is gone, `last` says how it ended */
    bool closed;  /* nobody reads it */
    bool at_work; /* a worker has it, or will */
    bool resize;
    int columns, rows;
    char *why;  /* it was ended by us */
    char *last; /* the last message; NULL: not yet, or told */
    bool told;
    struct pool_item work;
    void (*ready)(void *arg);
    void *arg;
    bool want_out, want_room;
};

/* What a client's text says. False: nothing that is understood. */
struct shell_word {
    bool eof;
    int columns, rows; /* 0: nothing of them */
};
bool shell__word(const char *p, size_t n, struct shell_word *ret);

/* Tells the reader, if there is something that it waits for. */
void shell__tell_locked(struct service_shell *h);
/* Gives it to a worker, if it has anything to do. */
void shell__work_locked(struct service_shell *h);
/* The thread looks again. */
void shells__wake(struct shells *s);
/* Whether it begins with what Docker writes in the place of a program that it could not start. */
bool shell__is_refusal(const struct service_shell *h);
/* A worker has finished with it; it may be gone afterwards. */
void shell__done_locked(struct service_shell *h);
void shell__run(struct pool_item *item);
void *shells__thread(void *arg);

#endif
