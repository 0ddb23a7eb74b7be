/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_HTTP_HTTP_H
#define ATOLL_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"

/*
 * The HTTP/1.1 listener. One loop thread moves bytes; requests are answered inline on that
 * thread (when the answer needs no I/O) or by a worker as straight-line code. A reply is bytes,
 * a range of an open file, or a stream that the loop pulls while the socket drains, so that a
 * slow client never holds a worker. It knows nothing of commands: see struct http_app.
 */
struct http_server;

struct http_header {
    const char *name; /* of requests: in lower case */
    const char *value;
};

/* A query parameter, percent-decoded. The name is as sent: "a", "a[]", "a[b]". */
struct http_param {
    const char *name;
    const char *value;
};

struct http_reply;

/*
 * A slash that came as %2F belongs to its segment. In a path it is this byte, which no UTF-8 text
 * has.
 */
#define HTTP_PATH_SLASH '\xff'

/* One request. Everything lives in `arena`, until the reply has been written or the client left. */
struct http_request {
    struct arena *arena;
    const char *method; /* "GET"; HEAD arrives as GET with `head` set */
    bool head;
    const char *target; /* as sent, with the query */
    const char *path;   /* decoded but for %2F, repeated slashes collapsed, starts with "/" */
    const struct http_param *query;
    size_t query_count;
    const struct http_header *headers;
    size_t header_count;
    struct bytes body; /* NUL follows the last byte */
    bool streamed;     /* set by http_app.admit: the body is not collected, see struct http_sink */
    const char *peer;  /* the client's address (of the socket, or told by a trusted proxy) */
    bool http10;       /* an old client, which knows no upgrade */
    bool secure;       /* it came by TLS, here or to a trusted proxy (X-Forwarded-Proto) */
    bool forwarded; /* a proxy that is not trusted says that it passes this on: peer is the proxy */
    unsigned budget; /* below HTTP_BUDGETS; http_app.admit may set it */
    void *plan;      /* what http_app.admit left there */
    unsigned lane;   /* below HTTP_LANES; `handle` may set it before it offloads */
};

/* The value of a header (name in lower case), NULL when absent. */
const char *http_header_get(const struct http_request *r, const char *lower_case_name);
/* The first query parameter of that name, NULL when absent. */
const char *http_query_get(const struct http_request *r, const char *name);

/*
 * Fills path and query from r->target, as the listener does for what it receives; -1 when it is no
 * path, or a %-escape is broken.
 */
int http_target_parse(struct http_request *r) must_check;

/* pull() answers, besides the number of bytes given (1..cap) and 0 for the end: */
enum { HTTP_PULL_FAILED = -1, HTTP_PULL_WAIT = -2 };

/*
 * A body that arrives piece by piece. All three run on the loop thread and must not block.
 * After pull() answered HTTP_PULL_WAIT, notify() is called once and `ready` is to be called once,
 * from any thread, when pull() is worth calling again (at once is allowed). close() ends the
 * stream, also when the client left early; after it returns `ready` is not called any more.
 * The shape is that of net.h's stream_pull, stream_notify and stream_close.
 */
struct http_stream {
    int64_t (*pull)(void *ctx, void *out, size_t cap);
    void (*notify)(void *ctx, void (*ready)(void *arg), void *arg);
    void (*close)(void *ctx);
    void *ctx;
    int64_t size; /* bytes in all, or -1: unknown, sent chunked */
};

/*
 * Where a streamed body goes, piece by piece. All three run on workers, one at a time, and may
 * block: meanwhile the next piece arrives, and then the client waits. write() takes n bytes, or
 * answers -1 and has left the reply that refuses the rest. end() follows the last byte and leaves
 * the reply. close() is told that the body broke off. The sink ends with the first of: end(), a
 * write() that failed, close(). A sink that never began may be closed on the loop.
 */
struct http_sink {
    int (*write)(void *ctx, const void *p, size_t n, struct http_reply *reply);
    void (*end)(void *ctx, struct http_reply *reply);
    void (*close)(void *ctx);
    void *ctx;
};

/*
 * A WebSocket: messages both ways, in the place of an answer. All run on the loop and must not
 * block. take() gets a whole message of the client, up to HTTP_MESSAGE_MAX bytes; after
 * HTTP_TAKEN_FULL at most one message and 4 KiB more come until room() has answered true.
 * HTTP_TAKEN_WRONG ends it. pull() is as of a stream, a message at a time: 0 says goodbye.
 * notify() is called when pull() had nothing, or take() had enough: `ready` is to be called once,
 * from any thread, when there is something again, or room. close() is as of a stream.
 */
enum { HTTP_MESSAGE_MAX = 65536 };
enum http_taken { HTTP_TAKEN, HTTP_TAKEN_FULL, HTTP_TAKEN_WRONG };
struct http_socket {
    enum http_taken (*take)(void *ctx, bool text, const void *p, size_t n);
    bool (*room)(void *ctx);
    int64_t (*pull)(void *ctx, void *out, size_t cap, bool *ret_text);
    void (*notify)(void *ctx, void (*ready)(void *arg), void *arg);
    void (*close)(void *ctx);
    void *ctx;
    int idle_ms; /* without a message either way it ends; 0: never */
};

/*
 * Whether a request is a WebSocket's handshake, before anything is done for it: WEBSOCKET (426) for
 * any other request, WEBSOCKET_HANDSHAKE (400). Where it comes from is not looked at.
 */
int http_socket_check(const struct http_request *r, struct err *e) must_check;

/* HTTP_SINK is no answer yet: it asks for the body of a streamed request. */
enum http_body { HTTP_BYTES, HTTP_FILE, HTTP_STREAM, HTTP_SINK, HTTP_SOCKET };

/* The answer. Zeroed (status 200, no body) before the application sees it. */
struct http_reply {
    int status;
    struct http_header headers[16]; /* in the request's arena, or constants */
    size_t header_count;
    enum http_body kind;
    struct bytes bytes; /* HTTP_BYTES: in the request's arena, or constant */
    struct {
        int fd; /* HTTP_FILE: closed by the server when it has been sent */
        int64_t offset;
        int64_t size;
    } file;
    struct http_stream stream; /* HTTP_STREAM */
    struct http_sink sink;     /* HTTP_SINK */
    struct http_socket socket; /* HTTP_SOCKET, of a request that http_socket_check() lets pass */
    bool close;                /* end the connection after this answer */
};

/* Adds a header; name and value must live as long as the request. Beyond 16 is a bug. */
void http_reply_header(struct http_reply *reply, const char *name, const char *value);
/* Sets Content-Type and the body. */
void http_reply_text(struct http_reply *reply, int status, const char *type, const char *text);
/* Drops what the reply holds (a file, a stream, a sink) and makes it empty again. */
void http_reply_drop(struct http_reply *reply);

/*
 * Applies the request's Range header to a file reply of `total` bytes: sets 206 with
 * Content-Range, or 416 with an empty body, or leaves 200 for an absent, malformed or multiple
 * range, and for an If-Range that is not the reply's ETag. Adds "Accept-Ranges: bytes".
 */
void http_reply_range(const struct http_request *r, struct http_reply *reply);

/* What `admit` answers for a request whose body, if there is one, nobody will read. */
#define HTTP_BODY_UNWANTED SIZE_MAX

enum http_verdict { HTTP_ANSWERED, HTTP_OFFLOAD };

/*
 * Workers stand in lanes: `work` is called on one of the request's lane, whatever the others do, so
 * that what may wait long keeps nobody waiting but its like. Requests of a lane wait for each other
 * in the order they came.
 */
enum { HTTP_LANES = 3 };

/*
 * What a client may ask for in a minute is counted in budgets, each with a rate of its own, so that
 * much of one keeps nobody from the others.
 */
enum { HTTP_BUDGETS = 5 };

/*
 * The application. `budget` runs on the loop before anything else and says which budget a request
 * counts against, from its method and path; NULL: the first. `admit` runs on the loop when the
 * header block is complete: it answers how many bytes of body the request may have and may set
 * r->plan; with HTTP_BODY_UNWANTED `handle` has to answer at once, and the connection ends where a
 * body would follow. `handle` runs on the loop when the body is complete: it fills the reply, or
 * answers HTTP_OFFLOAD to have `work` called on a worker. `work` may block; it always leaves a
 * reply.
 *
 * When admit sets r->streamed, handle and work run before the body, and nothing of it is read (nor
 * "100 Continue" said) until they answer with a sink. Any other answer ends the connection where
 * a body would follow. The bytes that admit answers are the most that goes to the sink.
 */
struct http_app {
    unsigned (*budget)(void *ctx, const struct http_request *r);
    size_t (*admit)(void *ctx, struct http_request *r);
    enum http_verdict (*handle)(void *ctx, struct http_request *r, struct http_reply *reply);
    void (*work)(void *ctx, struct http_request *r, struct http_reply *reply);
    void *ctx;
};

/* Certificate chain and key, files in PEM form; the names of the options stand in errors. */
struct http_tls {
    const char *cert;
    const char *key;
    const char *cert_option;
    const char *key_option;
};

/* 0 in a number means its default. */
struct http_options {
    const char *bind;       /* numeric address; NULL = every interface */
    int port;               /* 0 = any free one, see http_server_port() */
    size_t workers;         /* threads of lane 0, the others have half as many each; 16 */
    size_t backlog;         /* requests waiting for a worker, beyond it 503; 1024 */
    size_t max_connections; /* open at once, beyond it idle ones end, or 503; 4096 */
    size_t body_memory;     /* bytes of all bodies at a time, beyond it 503, uploads beyond its
                               half; 256 MiB */
    int header_timeout_ms;  /* first byte to end of the header block; 10 s */
    int idle_timeout_ms;    /* between requests; 65 s */
    int body_timeout_ms;    /* silence while a body arrives; 30 s */
    int write_timeout_ms;   /* a client that takes nothing; 60 s */
    unsigned rate_limits[HTTP_BUDGETS]; /* requests of a client a minute; 0 = no limit */
    unsigned max_clients;               /* different clients a minute in budget 0; 0 = no limit */
    const char *const *denied;          /* addresses and networks that get 403 */
    size_t denied_count;
    const char *const *proxies; /* the same, whose X-Forwarded-For is believed */
    size_t proxy_count;
    const struct http_tls *tls; /* NULL: plain HTTP; else TLS 1.2 or newer and nothing else */
};

/* Listens and starts the loop thread. The strings of the options are copied. */
int http_server_start(const struct http_options *o, const struct http_app *app,
                      struct http_server **ret, struct err *e) must_check;

int http_server_port(const struct http_server *s);

/*
 * Reads certificate and key again, for connections from now on; on an error the old ones stay.
 * Only for a server that was started with TLS. Any thread.
 */
int http_server_renew(struct http_server *s, const struct http_tls *tls, struct err *e) must_check;

/*
 * From the next request on: rate_limits, max_clients, denied and proxies of the options; the others
 * are not looked at. Who was counted stays counted. The strings are copied. Any thread; a request
 * that is answered afterwards by the caller's worker is answered after the change.
 */
void http_server_set_limits(struct http_server *s, const struct http_options *o);

/*
 * Stops accepting, ends idle connections, lets running requests finish for at most limit_ms, ends
 * the rest and frees the server. NULL is allowed.
 */
void http_server_stop(struct http_server *s, int limit_ms);

#endif
