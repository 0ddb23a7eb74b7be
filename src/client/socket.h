/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLIENT_SOCKET_H
#define ATOLL_CLIENT_SOCKET_H

#include "client/client.h"

/*
 * A WebSocket of a marketplace, as the person whose key is configured. Nothing blocks but opening:
 * poll() its descriptor for what client_socket_events() says, then let it go on. One thread.
 */
struct client_socket;

struct client_ears {
    /* A whole message; called by client_socket_go(). */
    void (*message)(void *ctx, bool text, const void *p, size_t n);
    void *ctx;
};

/* NO_KEY, NODE_REFUSED; FAILED when the other side is no WebSocket. */
int client_socket_open(struct client *c, const char *path, const struct client_ears *ears,
                       struct client_socket **ret, struct err *e) must_check;
int client_socket_fd(const struct client_socket *s);
short client_socket_events(const struct client_socket *s);
/* Hears and sends what can be now: 1 = goes on, 0 = it has ended well, -1 = it broke. */
int client_socket_go(struct client_socket *s, struct err *e) must_check;
void client_socket_send(struct client_socket *s, bool text, const void *p, size_t n);
/* Bytes that wait to be sent: a sender with many waits himself. */
size_t client_socket_waiting(const struct client_socket *s);
void client_socket_close(struct client_socket *s); /* NULL is allowed */

#endif
