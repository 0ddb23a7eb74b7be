/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_HTTP_HTTP_INT_H
#define ATOLL_HTTP_HTTP_INT_H

#include <pthread.h>
#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/thread.h"
#include "http/http.h"

/* What the files of this folder share. Everything here runs on the loop thread unless said. */

enum {
    HEAD_MAX = 16384,     /* bytes of a header block */
    READ_SIZE = 65536,    /* one read; the buffer is the server's, not the connection's */
    AHEAD_MAX = 65536,    /* bytes of later requests kept while one is answered */
    FILE_CHUNK = 262144,  /* bytes of a file in one write */
    STREAM_CHUNK = 65536, /* bytes pulled from a stream at once */
    SINK_PIECE = 262144,  /* bytes given to a sink at once; as many arrive meanwhile */
    LINGER_MS = 2000,     /* how long a refused client may go on sending */
    REFUSED_MAX = 64,     /* connections beyond the most that are told so; more are just closed */
    KEEPALIVE_S = 60,     /* silence before the system asks whether the client is there */
    PEER_TEXT = 64
};

/* --- guard.c: what llhttp 8.1.0 would let through --- */

/* Progress through a header block that arrives in pieces; zeroed at its start. */
struct guard {
    size_t at;     /* bytes looked at */
    size_t lines;  /* line ends seen */
    bool in_line;  /* the current line has a byte already */
    bool after_cr; /* the last byte was CR */
};

enum guard_verdict { GUARD_MORE, GUARD_DONE, GUARD_BAD, GUARD_LONG };

/*
 * Looks at p[g->at..n), where p is the start of the block. GUARD_DONE: *ret_end is the block's
 * length with its empty line. GUARD_BAD: a bare CR or LF, a folded line, a leading blank.
 */
enum guard_verdict guard_scan(struct guard *g, const char *p, size_t n, size_t *ret_end);

/* --- head.c: a complete header block -> the request --- */

struct head {
    bool keep_alive;
    bool http10;
    bool chunked;
    bool has_length;
    bool expects; /* Expect: 100-continue */
    uint64_t length;
};

/* text[n] lies in r->arena and is written to. -1: answer 400 and close. */
int head_parse(char *text, size_t n, size_t lines, struct http_request *r, struct head *ret);

/* --- chunked.c: bodies of unknown length --- */

struct chunked {
    enum {
        CHUNK_SIZE,
        CHUNK_EXTENSION,
        CHUNK_SIZE_LF,
        CHUNK_DATA,
        CHUNK_DATA_CR,
        CHUNK_DATA_LF,
        CHUNK_TRAILER,
        CHUNK_END
    } state;
    unsigned digits;
    size_t overhead; /* bytes of extensions and trailers, all together */
    uint64_t left;
    struct guard guard; /* of the trailers */
    struct buf trailers;
};

void chunked_done(struct chunked *c);
/*
 * Takes bytes of the body from p[n] and appends its content to out. Answers how many bytes it
 * used, -1 when the framing is wrong. c->state is CHUNK_END when the body is complete. Stops
 * when out is full.
 */
int64_t chunked_feed(struct chunked *c, const char *p, size_t n, struct buf *out);

/* --- gate.c: who may ask, and how often --- */

struct gate;
struct gate *gate_new(const struct http_options *o);
void gate_free(struct gate *g);
/* Limits and lists of a new gate, which is freed; what was counted stays. */
void gate_take(struct gate *g, struct gate *limits);
/*
 * Who asks, and whether by TLS: from the socket (r->peer, r->secure are its), or as a trusted proxy
 * says.
 */
void gate_look(const struct gate *g, struct http_request *r);
/* True when the request, which counts against a budget, may pass at now_ms; otherwise the reply
 * says why not. */
bool gate_pass(struct gate *g, const struct http_request *r, unsigned budget, int64_t now_ms,
               struct http_reply *reply);

/* --- reply.c --- */

/* Makes the error the answer, as text. */
void reply_refused(const struct http_request *r, struct http_reply *reply, const struct err *e);

/* --- etag.c --- */

/* Gives an answer of bytes to a GET its ETag, or makes it a 304 where the client has it. */
struct exchange;
void etag_apply(struct exchange *x);

/* --- one request and its answer --- */

/* A streamed body on its way to its sink; x->body is the piece that fills. */
struct sinking {
    struct http_sink sink; /* close is NULL when it has ended */
    struct exchange *x;
    struct buf piece; /* with the worker, or queued for one */
    bool last;        /* it is the last one */
    bool at_work;     /* counts in server->sinks_at_work */
    bool queued;      /* in server->sinks_queued */
    struct list queue;
    uint64_t received;
    bool complete; /* all of the body is here */
    bool broken;   /* it is nonsense: `why` is the answer once the worker is back */
    struct err why;
};

struct conn;
struct exchange {
    struct arena *arena; /* holds this struct too */
    struct http_server *server;
    struct conn *conn; /* NULL when the client left while a worker had the request */
    struct http_request request;
    struct http_reply reply;
    struct head head;
    size_t body_max;
    struct buf body;
    size_t held; /* of server->body_bytes */
    struct chunked chunked;
    struct sinking *sinking; /* NULL: its body is none of a sink's */
    struct socket *socket;   /* NULL: it is no WebSocket */
    bool working;            /* a worker has it */
    struct pool_item item;   /* the worker's */
    struct list done;        /* in server->done, by the worker */
    struct list ready;       /* in server->ready, by the stream's notifier */
    uv_write_t write;
    char etag[40]; /* "" when there is none */
    char *chunk;   /* a piece of a file or stream on its way out */
    size_t chunk_cap;
    int64_t left;
    bool framed;   /* the stream goes out in chunks */
    bool finished; /* the last piece has been handed to the socket */
};

enum conn_state {
    CONN_IDLE,   /* between requests */
    CONN_HEAD,   /* a header block is arriving */
    CONN_BODY,   /* its body is arriving */
    CONN_SINK,   /* its body is arriving and goes to a sink */
    CONN_ANSWER, /* being answered */
    CONN_SOCKET, /* a WebSocket: nothing here is HTTP any more */
    CONN_LINGER, /* answered, the client's rest is thrown away */
    CONN_CLOSING /* uv_close has been called */
};

struct conn {
    uv_tcp_t tcp;
    struct list link; /* in server->conns */
    struct http_server *server;
    enum conn_state state;
    bool reading;
    bool eof;         /* the client sends no more */
    bool running;     /* conn_run is on the stack */
    bool last;        /* close after this answer */
    int64_t deadline; /* monotonic ms; 0 = none */
    size_t unsent;    /* bytes the socket had not taken when the deadline was set */
    struct guard guard;
    struct buf in;  /* bytes that no request has used yet */
    const char *at; /* while running: the bytes to work on, in `in` or the server's buffer */
    size_t left;
    uv_shutdown_t shut;
    struct exchange *x;
    struct tls *tls;    /* NULL: in the clear */
    struct bytes plain; /* of the answer, not encrypted yet */
    char peer[PEER_TEXT];
};

struct http_server {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t wake;
    uv_timer_t tick;
    pthread_t thread;
    struct http_options options;
    struct http_app app;
    struct gate *gate;
    struct pool *lanes[HTTP_LANES];
    int port;
    struct list conns;
    size_t conn_count;
    size_t working;       /* requests that workers have */
    size_t sinks_at_work; /* those of them that write to a sink: half of the workers at the most */
    struct list sinks_queued;
    size_t body_bytes; /* of all requests being read or answered */
    uint64_t etag_key[2];
    char date[40];
    int64_t date_s;
    pthread_mutex_t lock; /* guards done, ready, stop_limit_ms, tls, limits */
    struct gate *limits;  /* of http_server_set_limits(), on their way to the loop */
    struct list done;
    struct list ready;
    int stop_limit_ms; /* -1 until http_server_stop */
    bool stopping;
    int64_t stop_at;
    struct ssl_ctx_st *tls; /* certificate and key; NULL: no TLS; under the lock */
    char *read_buf;
    char *plain_buf; /* what TLS made of it */
};

/* --- conn.c --- */
void conn_accept(struct http_server *s);
/* n bytes have arrived / no more will. */
void conn_input(struct conn *c, const char *p, size_t n);
void conn_eof(struct conn *c);
/* Whether something has arrived that no request has used yet. */
bool conn_has_input(const struct conn *c);
/* Works on what has arrived, as far as it goes. */
void conn_run(struct conn *c);
/* The answer in c->x has left: on to the next request, or to the end. */
void conn_answered(struct conn *c);
/* Ends the connection at once; closing twice is harmless. */
void conn_close(struct conn *c);
/* The client has to speak TLS here and does not: told so in the clear. */
void conn_refuse_plain(struct conn *c);
/* Nothing that the client sends can be read any more. */
void conn_give_up(struct conn *c);
/* The client may be silent from here on for as long as between two requests. */
void conn_wait(struct conn *c);
/* Called twice a second for each connection. */
void conn_tick(struct conn *c, int64_t now);
/* The error is the answer, and the end of the connection. */
void conn_refuse(struct conn *c, const struct err *e);
/* n of the bytes to work on have been used. */
void conn_use(struct conn *c, size_t n);
/* Gives x to a worker; false when there are too many already. */
bool exchange_offload(struct exchange *x, void (*run)(struct pool_item *item)) must_check;
/* On the worker, as its last act: it has finished with x. */
void exchange_report(struct exchange *x);
/* On the loop: a worker has finished with x. */
void exchange_done(struct exchange *x);
void exchange_free(struct exchange *x);

/* --- sink.c: bodies that are not collected --- */

/* The reply asks for the body. */
void sink_begin(struct conn *c);
/* Works on what has arrived; true when the request is over. */
bool sink_step(struct conn *c);
/* A worker has come back from x; lets the next piece in the queue have one. */
void sink_back(struct exchange *x);
/* The worker that had a piece has finished with it. */
void sink_done(struct conn *c);
/* It is not the client that is waited for. */
bool sink_is_busy(const struct conn *c);
/* Whether the answer may still come although the client sends no more. */
bool sink_outlives_eof(const struct conn *c);
/* True when a worker has to close the sink first; exchange_free() is called again then. */
bool sink_release(struct exchange *x);

/* --- socket.c: WebSockets --- */
/* The reply is one. */
void socket_begin(struct conn *c);
/* Works on what has arrived; true when the state is another. */
bool socket_step(struct conn *c);
/* What it gave to wire_write() has left. */
void socket_written(struct conn *c);
/* The application has something, or room. */
void socket_ready(struct conn *c);
void socket_tick(struct conn *c, int64_t now);
/* The server ends: says so. */
void socket_stop(struct conn *c);
void socket_free(struct exchange *x);

/* --- send.c --- */
/* Sends c->x->reply; conn_answered() follows, now or later. */
void send_reply(struct conn *c);
/* Goes on after the stream said that there is more. */
void send_more(struct conn *c);
/* Goes on when the socket has taken what wire.c was given. */
void send_written(struct conn *c);
/* Memory for n bytes of an answer on their way out; what was there before is lost. */
char *exchange_room(struct exchange *x, size_t n);

/* --- wire.c: the socket, with TLS or without --- */
/* Whether conn_input() is wanted. */
void wire_read(struct conn *c, bool want);
/*
 * Sends a head, which may go when this returns, and a body, which stays. True when all of it is
 * gone; otherwise send_written() follows, or the connection ends.
 */
bool wire_send(struct conn *c, const struct buf *head, struct bytes body);
/* Sends p[n], which stays; send_written() follows, later. */
void wire_write(struct conn *c, const void *p, size_t n);
/* A raw piece of text, e.g. "100 Continue"; it may be lost when the socket is full. */
void wire_say(struct conn *c, const char *text);
/* Nothing more will be sent. */
void wire_end(struct conn *c);

/* --- tls.c --- */
struct tls;
int tls_context_new(const struct http_tls *t, struct ssl_ctx_st **ret, struct err *e) must_check;
void tls_context_free(struct ssl_ctx_st *ctx);

/* A server's side of a connection, before its handshake. */
struct tls *tls_new(struct ssl_ctx_st *ctx);
void tls_free(struct tls *t);

enum {
    TLS_ENDED = -1,  /* the client has said that nothing more comes */
    TLS_BROKEN = -2, /* this is not, or no more, the protocol; an alert waits in tls_out() */
    TLS_IS_HTTP = -3 /* the first bytes are a request in the clear */
};
/* p[n] came from the socket; it must stay until tls_read() has answered 0 or less. */
void tls_feed(struct tls *t, const char *p, size_t n);
/* Decrypts: bytes put into out, 0 when more input is needed, or one of the above. */
int64_t tls_read(struct tls *t, char *out, size_t cap);
bool tls_established(const struct tls *t);
/* Encrypts p[n] into tls_out(); false when the connection is of no use any more. */
bool tls_write(struct tls *t, const void *p, size_t n);
/* Says that nothing more comes. */
void tls_end(struct tls *t);
/* What waits for the socket: the caller takes it away. */
struct buf *tls_out(struct tls *t);

/* --- server.c --- */
const char *server_date(struct http_server *s);
/* A TLS end for a new connection; NULL when the server speaks plain HTTP. */
struct tls *server_tls(struct http_server *s);
/* Any thread: the exchange's stream has more. */
void server_ready(void *exchange);
/* A connection is gone; the server may be waiting for the last. */
void server_conn_gone(struct http_server *s);

#endif
