/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_DOCKER_DOCKER_INT_H
#define ATOLL_DOCKER_DOCKER_INT_H

#include <pthread.h>

#include "docker/docker.h"
#include "json/json.h"
#include "net/tunnel.h"

enum { DOCKER_API_OURS = 45, DOCKER_API_LEAST = 40 }; /* minors of version 1 */

struct docker {
    struct net *net;
    char *socket;
    pthread_mutex_t lock;
    int api; /* agreed minor version, 0 = not asked yet; under lock */
};

/* One call: path and query begin behind "/v1.NN". */
struct docker__req {
    const char *method; /* NULL: GET */
    const char *path;
    const struct json *json; /* body, or NULL */
    const struct net_source *source;
    const struct net_header *headers;
    size_t header_count;
    int timeout_ms; /* 0: 60 s; <0: none */
    size_t max_body;
};

/*
 * Makes the call. 2xx and 304 are success and answer the status; other statuses become errors
 * with the engine's own message. docker__open() leaves the body to be read.
 */
int docker__call(struct docker *d, struct arena *a, const struct docker__req *r,
                 struct json **ret_json, struct err *e) must_check;
int docker__open(struct docker *d, struct arena *a, const struct docker__req *r,
                 struct stream **ret, struct err *e) must_check;

/* The call that turns into bytes both ways (net/tunnel.h). */
int docker__upgrade(struct docker *d, struct arena *a, const struct docker__req *r,
                    struct tunnel **ret, struct err *e) must_check;

/* The request's parts that may hold anything: percent-encoded, "/" too. */
const char *docker__escape(struct arena *a, const char *s);

/* Merges a JSON object into HostConfig: lists are appended, the rest is set. */
int docker__merge(struct arena *a, struct json *host, const char *extra_json, struct err *e)
    must_check;

/* Milliseconds of "2026-11-21T01:02:03.123456789Z"; 0 for Docker's year 1 and for nonsense. */
int64_t docker__time_ms(const char *text);

/* A stream that can be read with a time-out, and whose reader can be woken. */
struct docker__reader {
    struct stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ready;
};
void docker__reader_init(struct docker__reader *r, struct stream *s);
void docker__reader_done(struct docker__reader *r); /* closes the stream */
void docker__reader_wake(struct docker__reader *r); /* any thread: ends the wait */
/* As stream_pull, after waiting at most ms (negative: until something comes or it is woken). */
int64_t docker__reader_read(struct docker__reader *r, void *out, size_t cap, int64_t ms,
                            struct err *e) must_check;

#endif
