/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_SHELL_H
#define ATOLL_SERVICE_SHELL_H

#include "service/service.h"

/*
 * A shell in a container of a running deployment, for its owner, while service_policy.shell is on.
 * It runs as the container's user and ends, with all that it started, when it is closed.
 *
 * What both sides say are messages. The client: binary, the byte SHELL_INPUT and what is typed; or
 * text, {"columns": n, "rows": n} for the size of its terminal, {"eof": true} for the end of the
 * input of a command without one. The shell: binary, the byte SHELL_OUTPUT or SHELL_ERRORS (only
 * without a terminal) and what is shown; and text, once, as the last: {"exit": status} or
 * {"error": text}.
 */
struct service_shell;

enum shell_channel { SHELL_INPUT = 0, SHELL_OUTPUT = 1, SHELL_ERRORS = 2 };

enum {
    SERVICE_SHELLS = 64,        /* open at a time, */
    SERVICE_SHELLS_OF = 4,      /* of an owner */
    SERVICE_SHELL_SIDE = 1000,  /* columns or rows of a terminal */
    SERVICE_SHELL_WORDS = 64,   /* of a command */
    SERVICE_SHELL_BYTES = 16384 /* of all of them */
};

struct service_shell_ask {
    const char *container;      /* name in the package; NULL: the first one */
    const struct json *command; /* array of texts; NULL or empty: a shell that asks */
    bool tty;
    int columns, rows; /* 0: 80 by 24 */
};
/*
 * Waits for Docker. SERVICE_UNKNOWN, SHELL_OFF, SHELL_STATE, SHELL_MANY, SERVICE_CONTAINER,
 * SHELL_COMMAND. service_shell_check() is the part of it that does not ask Docker.
 */
int service_shell_check(struct service *s, const struct service_key *k, struct err *e) must_check;
int service_shell_open(struct service *s, const struct service_key *k,
                       const struct service_shell_ask *q, struct service_shell **ret, struct err *e)
    must_check;

/* None of these blocks; one reader. The shapes are those of http.h's struct http_socket. */
enum { SHELL_TAKEN, SHELL_TAKEN_FULL, SHELL_TAKEN_WRONG };
int service_shell_take(struct service_shell *h, bool text, const void *p, size_t n);
bool service_shell_room(struct service_shell *h);
int64_t service_shell_pull(struct service_shell *h, void *out, size_t cap, bool *ret_text);
void service_shell_notify(struct service_shell *h, void (*ready)(void *arg), void *arg);
/* What runs is ended in the background; the shell is not to be used any more. NULL is allowed. */
void service_shell_close(struct service_shell *h);

/* Any thread: ends it, and says why to its reader, who still has to close it. */
void service_shell_end(struct service_shell *h, const char *why);
/* Whether something was typed since this was asked last. Any thread. */
bool service_shell_used(struct service_shell *h);

/* Ends all of them and waits (for seconds at most) until what runs is gone. No more can be opened.
 */
void service_shells_stop(struct service *s);

#endif
