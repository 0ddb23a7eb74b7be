/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_SERVER_H
#define ATOLL_TEST_UNIT_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * A small HTTP server for unit tests: a thread for each connection, on 127.0.0.1 or a unix socket.
 * It answers what the test's handler says, and can misbehave in every way: the handler may write
 * any bytes to c->fd, sleep, or stop in the middle. A request with the header "X-Early" is handled
 * before its body is read.
 */
struct server;

struct server_conn {
    struct server *server;
    void *arg; /* of server_new */
    int fd;
    size_t nth; /* request of this connection, from 0 */
    char method[16];
    char path[2048]; /* with the query */
    struct buf head; /* the raw request line and headers */
    struct buf body;
    bool close; /* set by the handler: no further request on this connection */
};

/* unix_path NULL: a free port of 127.0.0.1. */
struct server *server_new(const char *unix_path, void (*handle)(struct server_conn *c), void *arg);
/* Ends the connections, joins the threads. */
void server_free(struct server *s);
/* "http://127.0.0.1:1234", or "http://localhost" for a unix socket. */
const char *server_url(const struct server *s);
/*
 * Waits until no request is being answered: what a handler reads may be changed, or freed, only
 * then. A client that has the whole answer may still be ahead of the handler's return.
 */
void server_rest(struct server *s);
/* Connections accepted so far. */
size_t server_connections(const struct server *s);

/* A whole answer with Content-Length; headers NULL or "Name: value\r\n" lines. */
void server_reply(struct server_conn *c, int status, const char *headers, const void *body,
                  size_t n);
void server_reply_text(struct server_conn *c, int status, const char *headers, const char *text);
/* All n bytes; false when the peer is gone. */
bool server_write(struct server_conn *c, const void *p, size_t n);
/* The value of a request header into out, false when absent. */
bool server_header(const struct server_conn *c, const char *name, char *out, size_t cap);

#endif
