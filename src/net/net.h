/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NET_NET_H
#define ATOLL_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Outbound HTTP over libcurl: RPC endpoints, Docker's socket, origins of files, gateways.
 * Two ways to call:
 *   net_call()   waits in the calling thread; small answers, bounded by max_body.
 *   net_open()   starts a transfer on the net thread; the body flows through a bounded ring and
 *                is read blocking (stream_read) or without blocking (stream_pull).
 * Any thread may call; a stream is used by one thread at a time.
 */
struct net;    /* the net thread and its connections; one for each process */
struct stream; /* a body that is arriving */

struct net *net_new(void);

/*
 * A PEM file of authorities that servers' certificates may be signed by, beside the system's own.
 * Before the first request; the text is borrowed, NULL is allowed.
 */
void net_trust(struct net *n, const char *ca_file);

/*
 * Ends calls and streams with UNAVAILABLE, now and from now on: for the end of the process. Calls
 * notice within a second, streams at once.
 */
void net_stop(struct net *n);

/* Calls have returned and streams are closed before this; NULL is allowed. */
void net_free(struct net *n);

struct net_header {
    const char *name;
    const char *value;
};

/*
 * Feeds a request's body: up to cap bytes into out; 0 at the end, -1 to abort the request. It is
 * called in the thread that called net_call() or net_open(), may block, and is never rewound.
 */
struct net_source {
    int64_t (*read)(void *ctx, void *out, size_t cap);
    void *ctx;
    int64_t size; /* bytes, or -1: sent chunked */
};

enum net_flags {
    NET_GUARD = 1,     /* a foreign URL: apply the guard (guard.h), also to every redirect */
    NET_REDIRECTS = 2, /* follow at most 5 */
    NET_EXACT_PATH = 4 /* send "/a/../b" as it is: the path was signed */
};

/*
 * What FTP has beside a URL. HEAD asks for the size, a request with a source is a STOR. The path
 * of the URL goes to the server in one piece, so that "/%2Fa/b" means its /a/b.
 */
struct net_ftp {
    const char *user;
    const char *password;
    bool tls;       /* ftp URL: AUTH TLS or nothing (a ftps URL is TLS from the first byte) */
    int64_t offset; /* of the first byte wanted */
};

struct net_request {
    const char *method;      /* "GET" when NULL */
    const char *url;         /* http, https, ftp, ftps */
    const char *unix_socket; /* path, or NULL */
    const struct net_header *headers;
    size_t header_count;
    const void *body; /* or NULL */
    size_t body_len;
    const struct net_source *source; /* instead of body */
    const struct net_ftp *ftp;       /* required for ftp and ftps URLs, else NULL */
    size_t max_body;                 /* of the answer, for net_call; 0 = 16 MiB */
    int timeout_ms;         /* whole call (net_call) or silence (net_open); 0 = 30 s, <0 = none */
    int connect_timeout_ms; /* 0 = 10 s */
    unsigned flags;         /* enum net_flags */
};

struct net_response {
    int status;                       /* 200 for FTP */
    const struct net_header *headers; /* names in lower case; of the last response; FTP: the size */
    size_t header_count;
    struct bytes_view {
        const char *p; /* NUL-terminated */
        size_t n;
    } body;
};

/*
 * Any HTTP status is success here; -1 is FAILED (transient), TIMEOUT (transient), TOO_LARGE,
 * UNAVAILABLE after net_stop, INVALID for a malformed request, or UNSAFE_URL when the guard refuses
 * the URL, a redirect or the address.
 * The response lives in the arena. Connections are kept and reused. Error texts name the host,
 * never the path or query of the URL.
 */
int net_call(struct net *n, struct arena *a, const struct net_request *r, struct net_response *ret,
             struct err *e) must_check;

/* The value of a header (its first occurrence), NULL when absent. */
const char *net_header_get(const struct net_response *r, const char *lower_case_name);

/*
 * Starts a transfer and waits (at most connect + silence time) for the status line and headers,
 * which go to *ret (its body is empty). A source is read to its end before this returns, unless
 * the answer is an error (4xx, 5xx) or ends earlier; meanwhile the answer's body must fit the
 * stream's ring (512 KiB), or the silence time applies. The stream must be closed.
 */
int net_open(struct net *n, struct arena *a, const struct net_request *r, struct net_response *ret,
             struct stream **ret_stream, struct err *e) must_check;

/* Blocks for the next bytes: > 0, 0 at the end, -1 on failure. */
int64_t stream_read(struct stream *s, void *out, size_t cap, struct err *e) must_check;

/*
 * Without blocking: > 0, 0 at the end, -1 on failure, STREAM_WAIT when nothing is there yet; then
 * the function given to stream_notify() is called once from the net thread when that changes, or
 * by stream_notify() itself when it has changed already. It must be quick and must not call
 * functions of the stream.
 */
enum { STREAM_WAIT = -2 };
int64_t stream_pull(struct stream *s, void *out, size_t cap, struct err *e) must_check;
void stream_notify(struct stream *s, void (*ready)(void *arg), void *arg);

/*
 * Drops the next n bytes, those that are there and those to come. They pass through the net thread
 * only, so that going to the middle of a large answer costs its reader nothing.
 */
void stream_skip(struct stream *s, int64_t n);

/* Ends the transfer; after it returns `ready` is not called again. NULL is allowed. */
void stream_close(struct stream *s);

static inline void cleanup_stream(struct stream **s)
{
    stream_close(*s);
}
/* A stream that is closed at scope exit. */
#define _stream_ cleanup_(cleanup_stream)

#endif
