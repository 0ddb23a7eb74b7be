/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NET_TUNNEL_H
#define ATOLL_NET_TUNNEL_H

#include "net/net.h"

/*
 * A connection that stops being HTTP: a request that asks for another protocol, and bytes both ways
 * after "101 Switching Protocols". Docker's exec and WebSockets begin like this. One thread at a
 * time; nothing here blocks but net_upgrade().
 */
struct tunnel;

/*
 * Sends the request (a small body is allowed, no source; the headers must ask for the upgrade) and
 * waits for the answer's head, at most the request's timeout. Any status but 101 is an answer too:
 * then *ret_tunnel is NULL and the response has a body, cut at TUNNEL_ANSWER_MAX. Errors as of
 * net_call().
 */
enum { TUNNEL_ANSWER_MAX = 16384 };
int net_upgrade(struct net *n, struct arena *a, const struct net_request *r,
                struct net_response *ret, struct tunnel **ret_tunnel, struct err *e) must_check;

/* What poll() looks at. Bytes may wait behind it: read until TUNNEL_WAIT first. */
int tunnel_fd(const struct tunnel *t);

/* > 0 bytes; 0: the peer sends no more; TUNNEL_WAIT: nothing now; -1: the connection broke. */
enum { TUNNEL_WAIT = -2 };
int64_t tunnel_read(struct tunnel *t, void *out, size_t cap);
/* Bytes that were taken, TUNNEL_WAIT, or -1. */
int64_t tunnel_write(struct tunnel *t, const void *p, size_t n);
/* Nothing more will be written; the peer may go on. Not through TLS, where it does nothing. */
void tunnel_end(struct tunnel *t);
void tunnel_close(struct tunnel *t); /* NULL is allowed */

#endif
