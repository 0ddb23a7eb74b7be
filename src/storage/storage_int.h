/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_STORAGE_INT_H
#define ATOLL_STORAGE_STORAGE_INT_H

#include <stdatomic.h>

#include "crypto/secp.h"
#include "storage/storage.h"

/* Inside storage/: what a type of storage is, and the bodies that files are read through. */
struct storage {
    struct net *net;
    struct buckets *buckets; /* NULL: none are kept here */
    char *ipfs_gateway;      /* without slashes at the end; NULL: not configured */
    char *arweave_gateway;
    int64_t checksum_max;
    char *peer_id; /* NULL: nothing is decrypted */
    struct seckey key;
    uint8_t iv[16]; /* of the protocol's AES: the start of the node's public key */
    const struct storage_own *own;
    atomic_llong held; /* bytes of decrypted files in memory, waiting for their readers */
};

/* --- types --- */

/* Which file is meant; the file object has been checked. */
struct storage_place {
    const struct json *file;
    const struct json *userdata; /* or NULL */
    const char *append; /* for an upload: the name that a target like "dir/" lacks; else NULL */
};

/* Where it is; all texts in the caller's arena or in the file object. */
struct storage_target {
    const struct storage_ops *ops;
    const struct json *file;
    const char *method; /* "GET" or "POST" */
    const char *url;
    const struct net_header *headers;
    size_t header_count;
    const struct net_ftp *ftp; /* NULL: HTTP */
    bool own;                  /* the URL leads to this node */
    const char *mark;          /* of the requests that this node makes; NULL: none */
    const char *name;
};

/*
 * A type of storage. One whose files are behind a URL says where and needs no more; any other has
 * `info` and `open` of its own instead of `locate`.
 */
struct storage_ops {
    const char *type;   /* compared without regard to case */
    const char *prefix; /* of the texts of `check`: "the URL file" */
    /* STORAGE with the reference's text when the file object is malformed. Asks nobody. */
    int (*check)(const struct storage *s, const struct json *file, struct err *e);
    /* Where a file is fetched, or put. STORAGE when there is no such place. */
    int (*locate)(struct arena *a, const struct storage *s, const struct storage_place *p,
                  struct storage_target *ret, struct err *e);
    /* Signs a request to the target, whose method is set; NULL: it goes as it is. */
    void (*sign)(struct arena *a, const struct storage_target *t, struct net_request *r);
    /* Sends a file to the target; NULL: nothing can be put there. */
    int (*upload)(struct storage *s, struct arena *a, const struct storage_target *t,
                  const struct net_source *source, struct err *e);
    /* As storage_info_get and storage_open for what is behind no URL; NULL otherwise. */
    int (*info)(struct storage *s, struct arena *a, const struct json *file, bool checksum,
                struct storage_info *ret, struct err *e);
    int (*open)(struct storage *s, struct arena *a, const struct storage_request *r,
                struct storage_opened *ret, struct err *e);
};

extern const struct storage_ops storage_url;
extern const struct storage_ops storage_ipfs;
extern const struct storage_ops storage_arweave;
extern const struct storage_ops storage_s3;
extern const struct storage_ops storage_ftp;
extern const struct storage_ops storage_bucket;

/* The type's operations once the file object has been checked. STORAGE. */
int storage__find(const struct storage *s, const struct json *file, const struct storage_ops **ret,
                  struct err *e) must_check;
/* Checks the file object and finds out where it is. STORAGE when either fails. */
int storage__locate(const struct storage *s, struct arena *a, const struct storage_place *p,
                    struct storage_target *ret, struct err *e) must_check;

/* A request to the target, signed; range NULL or a Range header's value for a GET over HTTP. */
struct net_request storage__request(struct arena *a, const struct storage_target *t,
                                    const char *method, const char *range);

/* What an origin says about a file, without its name and type: the answer to a HEAD, or a GET. */
int storage__ask(struct storage *s, struct arena *a, const struct storage_target *t,
                 struct storage_info *info, struct err *e) must_check;

/* --- own.c: URLs that lead to this node --- */

/* What the node calls "/path?query", NULL when the URL is another's. In the arena. */
const char *storage__own_target(const struct storage *s, struct arena *a, const char *url);
/*
 * As storage_open and storage__ask for such a target. UNSAFE_URL when the answer would need yet
 * another request to this node.
 */
int storage__own_open(struct storage *s, struct arena *a, const struct storage_request *r,
                      const struct storage_target *t, struct storage_opened *ret, struct err *e)
    must_check;
int storage__own_ask(struct storage *s, struct arena *a, const struct storage_target *t,
                     struct storage_info *ret, struct err *e) must_check;

/* What the guard refuses is a fault of the file object: STORAGE; other errors stay. Always -1. */
int storage__unsafe(struct err *e);

/* "Request failed with status code 404", transient when the origin may change its mind. */
int storage__status_failed(int status, struct err *e);
static inline bool storage__is_success(int status)
{
    return status >= 200 && status < 300;
}

/* --- bodies --- */

/*
 * A file that is being read. `read` answers as stream_read does, and without `wait` as
 * stream_pull; `notify` and `close` are stream_notify and stream_close.
 */
struct body_ops {
    int64_t (*read)(struct storage_body *b, void *out, size_t cap, bool wait, struct err *e);
    void (*notify)(struct storage_body *b, void (*ready)(void *arg), void *arg);
    void (*close)(struct storage_body *b);
};
struct storage_body {
    const struct body_ops *ops; /* the first member of each kind */
};

/* At most `left` bytes of a stream (-1: all); takes the stream. */
struct storage_body *storage__stream_body(struct stream *s, int64_t left);
/* Reads what is pulled, and closes it. */
struct storage_body *storage__pulled_body(const struct storage_pulled *from);
/*
 * n bytes from `at` on of a text that buf_take() gave; takes it, NULL for n = 0. `cost` is
 * subtracted from *held at the end; held may be NULL.
 */
struct storage_body *storage__bytes_body(char *text, size_t at, size_t n, atomic_llong *held,
                                         int64_t cost);
/* A body without a byte. */
static inline struct storage_body *storage__no_body(void)
{
    return storage__bytes_body(NULL, 0, 0, NULL, 0);
}
/* The content of `inner` through AES-256-CBC, decrypted or encrypted; takes inner. */
struct storage_body *storage__cipher_body(struct storage_body *inner, const uint8_t key[32],
                                          const uint8_t iv[16], bool encrypt);

/* Bytes through AES-256-CBC while somebody reads them; between bodies, and for uploads. */
struct cipher;
typedef int64_t cipher_reader(void *ctx, void *out, size_t cap, struct err *e);
struct cipher *cipher__new(const uint8_t key[32], const uint8_t iv[16], bool encrypt);
/* What the reader's bytes become: as the reader answers, > 0, 0, -1 or STREAM_WAIT. */
int64_t cipher__read(struct cipher *c, cipher_reader *reader, void *ctx, void *out, size_t cap,
                     struct err *e);
void cipher__free(struct cipher *c); /* NULL is allowed */

/* --- texts --- */

/* "http://" or "https://" in front, in any case. */
bool storage__is_http(const char *s);

/* Not an http URL, and with a slash behind the first character. */
bool storage__is_path(const char *s);

/* Appends s percent-encoded but for letters, digits and `keep`; a space becomes `space`. */
void storage__encode(struct buf *out, const char *s, const char *keep, const char *space);

/* The last segment of a path; "" when it ends with a slash. */
const char *storage__last_segment(const char *path);

#endif
