/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_VISITS_H
#define ATOLL_NODE_VISITS_H

#include "node/task.h"

/*
 * Answers that go on for as long as somebody is logged in: event streams, logs, shells. What let
 * them begin is looked at again every few seconds, and at once when somebody logs out here: a
 * session that has ended (also by another node of the same database, by time, by an operator's
 * block) or an auth token that is worth nothing any more ends them.
 */
struct node;
struct visits;
struct visit;

struct visits *visits_new(struct node *n);
/* After the last reply has gone. NULL is allowed. */
void visits_free(struct visits *v);
/* A session may have ended. Any thread. */
void visits_look(struct node *n);

/*
 * Called on the thread of visits, under its lock: they must not block, nor call anything of here.
 * ask() is called at each look: a reason of its own to end, or NULL; *ret_used says that the person
 * was at work, which keeps the session from ending for idleness. It may be NULL. end() is called
 * once, unless visit_leave() was first.
 */
struct visit_watch {
    const char *(*ask)(void *ctx, bool *ret_used);
    void (*end)(void *ctx, const char *why);
    void *ctx;
};
/* On a worker, of a command with a person. */
struct visit *visit_begin(struct task *t, const struct visit_watch *w);
/* Any thread; afterwards nothing of the watch is called. NULL is allowed. */
void visit_leave(struct visit *v);

/* Makes the stream that the task has replied with end with its session. */
void visits_stream(struct task *t);

#endif
