/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_SIGV4_H
#define ATOLL_STORAGE_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/net.h"

/* AWS Signature Version 4: the Authorization header of a request. Pure computation. */

struct sigv4_key {
    const char *access_key;
    const char *secret;
    const char *region;  /* "us-east-1" */
    const char *service; /* "s3" */
};

struct sigv4_request {
    const char *method;
    const char *path;                 /* as on the wire, percent-encoded */
    const char *query;                /* encoded, ordered by name; "" for none */
    const struct net_header *headers; /* that are signed: lower-case names in order */
    size_t header_count;
    const char *payload_hash; /* sha256 of the body as hex, or "UNSIGNED-PAYLOAD" */
    const char *stamp;        /* "20130524T000000Z", as in the header x-amz-date */
};

enum { SIGV4_STAMP = 17 };
/* The stamp of a time in seconds since 1970. */
void sigv4_stamp(int64_t seconds, char out[SIGV4_STAMP]);

/* "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...", in the arena. */
const char *sigv4_authorization(struct arena *a, const struct sigv4_key *k,
                                const struct sigv4_request *r);

#endif
