/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_STORAGE_H
#define ATOLL_STORAGE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"
#include "net/net.h"

/*
 * Where files live. A file object in the clear ({"type": "url", ...}, wire/ddo.md 5.1) is checked,
 * asked about, and opened. Every access goes through the guard of net/ (private addresses).
 * Thread-safe; the calls wait for the origin.
 */
struct storage;

struct storage_options {
    struct net *net;
    const char *ipfs_gateway; /* NULL: not configured; with or without a slash at the end */
    const char *arweave_gateway;
    int64_t checksum_max; /* bytes that a checksum covers at the most */
};
/* The texts are copied, net is borrowed. */
struct storage *storage_new(const struct storage_options *o);
void storage_free(struct storage *s); /* NULL is allowed */

/* Refuses a malformed file object: STORAGE with the reference's text. Asks nobody. */
int storage_check(const struct storage *s, const struct json *file, struct err *e) must_check;

struct storage_info {
    bool valid;               /* the origin has it */
    int64_t size;             /* bytes; -1: unknown */
    const char *content_type; /* or NULL */
    const char *checksum;     /* sha256 as hex; NULL when not asked for */
    const char *name;         /* last segment of the path; "" when the type has none */
    const char *type;         /* as the file object spells it */
    const char *encrypted_by; /* as in the file object, or NULL */
    const char *encrypt_method;
};

/*
 * What the origin says about a file: by HEAD, else by a GET for its first byte. With checksum the
 * content is read once instead, its first checksum_max bytes hashed. An origin that does not
 * answer or says no gives valid = false, which is success. STORAGE for a malformed file object;
 * UNAVAILABLE when the node is ending.
 */
int storage_info_get(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                     struct storage_info *ret, struct err *e) must_check;

/* As fileInfo answers: {valid, contentLength, contentType, checksum, name, type, ...}. */
struct json *storage_info_json(struct arena *a, const struct storage_info *info);

/* --- reading --- */

struct storage_body; /* a file that is being read */

struct storage_request {
    const struct json *file;
    const struct json *userdata; /* object: appended to the query of url files; or NULL */
    const char *range;           /* a Range header's value for the origin; or NULL */
};

struct storage_opened {
    int status;               /* 200; 206 or 416 when a range was asked for and honoured */
    int64_t size;             /* bytes that will come; -1: unknown */
    const char *content_type; /* or NULL */
    const char *content_range;
    const char *disposition; /* the origin's Content-Disposition, or NULL */
    const char *name;        /* as in storage_info */
    struct storage_body *body;
};

/*
 * Opens a file. STORAGE for a malformed file object; "Request failed with status code 404" as
 * FAILED when the origin refuses; what net_open says otherwise. Close ret->body.
 */
int storage_open(struct storage *s, struct arena *a, const struct storage_request *r,
                 struct storage_opened *ret, struct err *e) must_check;

/* As stream_read, stream_pull, stream_notify and stream_close of net.h. */
int64_t storage_read(struct storage_body *b, void *out, size_t cap, struct err *e) must_check;
int64_t storage_pull(struct storage_body *b, void *out, size_t cap, struct err *e) must_check;
void storage_notify(struct storage_body *b, void (*ready)(void *arg), void *arg);
void storage_close(struct storage_body *b);

/* --- names --- */

enum { STORAGE_NAME_MAX = 128 };

/*
 * A name that is safe as a file in a job's folder: letters, digits, "._-+@=%" and spaces and
 * anything beyond ASCII are kept, the rest becomes "_"; no leading dot, never empty ("file"), at
 * most STORAGE_NAME_MAX - 1 bytes with the extension kept. When one of taken[0..n) has it
 * already, "-2", "-3"... goes before the extension. In the arena.
 */
const char *storage_safe_name(struct arena *a, const char *name, const char *const *taken,
                              size_t n);

#endif
