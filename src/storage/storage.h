/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_STORAGE_H
#define ATOLL_STORAGE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/secp.h"
#include "json/json.h"
#include "net/net.h"

/*
 * Where files live. A file object in the clear ({"type": "url", ...}, wire/ddo.md 5.1) is checked,
 * asked about, opened, or written to. Every access goes through the guard of net/ (private
 * addresses), and what it refuses says by which rule. Thread-safe; the calls wait for the origin.
 */
struct storage;
struct buckets;

/*
 * Bytes that somebody else has: the shape of net.h's stream_pull, stream_notify and stream_close.
 * pull: > 0, 0 at the end, -1 on failure, STREAM_WAIT, after which notify is called once.
 */
struct storage_pulled {
    int64_t (*pull)(void *ctx, void *out, size_t cap);
    void (*notify)(void *ctx, void (*ready)(void *arg), void *arg);
    void (*close)(void *ctx);
    void *ctx;
};

/* A request to this node itself, and its answer. */
struct storage_own_request {
    const char *method;
    const char *target; /* "/path?query" */
    const struct net_header *headers;
    size_t header_count;
    bool head; /* only the head of a GET is wanted */
};
struct storage_own_answer {
    int status;
    int64_t size;             /* -1: unknown */
    const char *content_type; /* or NULL, like the next two */
    const char *content_range;
    const char *disposition;
    struct storage_pulled body;
};

/*
 * Requests for files say in this header which node makes them. One that comes back to that node,
 * by a name that it does not know for its own, is to be refused before it takes a worker.
 */
#define STORAGE_MARK "X-Atoll-Node"

/*
 * URLs that lead to this node are answered in the thread that asks, without the network: a
 * request that waited for another worker of the same node could wait for ever.
 */
struct storage_own {
    const char *const *names; /* "https://node.example/base", without a slash at the end */
    size_t name_count;
    void (*answer)(void *ctx, struct arena *a, const struct storage_own_request *r,
                   struct storage_own_answer *ret);
    void *ctx;
};

struct storage_options {
    struct net *net;
    struct buckets *buckets;  /* borrowed, as net is; NULL: none are kept here */
    const char *ipfs_gateway; /* NULL: not configured; with or without a slash at the end */
    const char *arweave_gateway;
    int64_t checksum_max; /* bytes that a checksum covers at the most */
    /* this node: files with its "encryptedBy" are decrypted while they are read; or both NULL */
    const char *peer_id;
    const struct seckey *key;
    const struct storage_own *own; /* lives as long as the storage; NULL: no URL is this node's */
};
/* Texts and key are copied, net is borrowed. */
struct storage *storage_new(const struct storage_options *o);
void storage_free(struct storage *s); /* NULL is allowed */

/* Refuses a malformed file object: STORAGE with the reference's text. Asks nobody. */
int storage_check(const struct storage *s, const struct json *file, struct err *e) must_check;

struct storage_info {
    bool valid;               /* the origin has it */
    int status;               /* of its HTTP answer; 0: it gave none */
    int64_t size;             /* bytes as they are stored; -1: unknown */
    const char *content_type; /* or NULL, like the next four */
    const char *etag;
    const char *modified;     /* Last-Modified */
    const char *checksum;     /* sha256 as hex when it was asked for; else S3's ETag */
    const char *name;         /* last segment of the path; "" when the type has none */
    const char *type;         /* as the file object spells it */
    const char *encrypted_by; /* as in the file object, or NULL */
    const char *encrypt_method;
};

/*
 * What the origin says about a file: by HEAD, else by a GET for its first byte. With checksum the
 * content is read once instead, its first checksum_max bytes hashed. Encrypted content is
 * described as it is stored. An origin that does not answer or says no gives valid = false, which
 * is success. STORAGE for a malformed file object, or when the guard refuses where it leads;
 * UNAVAILABLE when the node is ending.
 */
int storage_info_get(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                     struct storage_info *ret, struct err *e) must_check;

/*
 * The same for a file of a bucket, whose reader the caller has checked: storage_info_get() refuses
 * those. STORAGE, BUCKET_ID, BUCKET_UNKNOWN, BUCKET_NAME, BUCKET_FILE.
 */
int storage_bucket_info(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                        struct storage_info *ret, struct err *e) must_check;

/* As fileInfo answers: {valid, contentLength, contentType, checksum, name, type, ...}. */
struct json *storage_info_json(struct arena *a, const struct storage_info *info);

/* --- reading --- */

struct storage_body; /* a file that is being read */

struct storage_request {
    const struct json *file;
    const struct json *userdata; /* object: appended to the query of url files; or NULL */
    const char *range;           /* a Range header's value; or NULL */
    const char *if_range;        /* the same of If-Range: the range only of this very content */
    bool head;                   /* nothing but what is known of it: no body is opened */
    bool bucket_allowed;         /* a file of a bucket may be read: who wants it has been checked */
};

struct storage_opened {
    int status;               /* 200; 206 or 416 when a range was asked for and honoured */
    bool ranges;              /* parts of it can be asked for */
    int64_t size;             /* bytes that will come; -1: unknown */
    const char *content_type; /* or NULL, like the next five */
    const char *content_range;
    const char *content_encoding; /* the origin's, of bytes that pass as they are */
    const char *disposition;      /* the origin's Content-Disposition */
    const char *etag;
    const char *modified;
    const char *name; /* as in storage_info */
    struct storage_body *body;
};

/*
 * Opens a file. A range is passed on to the origin, and cut out here when the origin knows none
 * and tells the size. Content that breaks off ends with a failure, never with an end. STORAGE for
 * a malformed file object; "Request failed with status code 404" as FAILED when the origin
 * refuses; what net_open says otherwise. Close ret->body.
 */
int storage_open(struct storage *s, struct arena *a, const struct storage_request *r,
                 struct storage_opened *ret, struct err *e) must_check;

/* As stream_read, stream_pull, stream_notify and stream_close of net.h. */
int64_t storage_read(struct storage_body *b, void *out, size_t cap, struct err *e) must_check;
int64_t storage_pull(struct storage_body *b, void *out, size_t cap, struct err *e) must_check;
void storage_notify(struct storage_body *b, void (*ready)(void *arg), void *arg);
void storage_close(struct storage_body *b); /* NULL is allowed */

/* The same content encrypted on its way, AES-256-CBC: aes_cbc_size() bytes. Takes b. */
struct storage_body *storage_encrypt(struct storage_body *b, const uint8_t key[32],
                                     const uint8_t iv[16]);

/* --- writing --- */

/* Whether there are files of this type; whether they can be written at all: url, s3, ftp. */
bool storage_is_known(const struct json *file);
bool storage_can_upload(const struct json *file);

struct storage_upload {
    const struct json *file; /* where to; a URL, key or path that ends with "/" is a folder */
    const char *name;        /* the file's name in a folder */
    /* The content, of known size. A read that answers -1 ends the upload as a failure. */
    const struct net_source *source;
    const uint8_t *key; /* 32 bytes: encrypted by the protocol's AES on its way; NULL: as it is */
};

/*
 * Writes a file: PUT, S3's multipart upload in parts of 5 MiB, or STOR. The call lasts as long as
 * the transfer, with 30 s of patience for a peer that takes nothing. On failure S3 and HTTP keep
 * nothing, FTP what it has got. STORAGE for a malformed or unfit target; "Request failed with
 * status code 403" as FAILED; transient when trying again makes sense.
 */
int storage_upload(struct storage *s, struct arena *a, const struct storage_upload *u,
                   struct err *e) must_check;

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
