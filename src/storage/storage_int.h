/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_STORAGE_INT_H
#define ATOLL_STORAGE_STORAGE_INT_H

#include "storage/storage.h"

/* Inside storage/: what a type of storage is, and the HTTP request that its files become. */
struct storage {
    struct net *net;
    char *ipfs_gateway; /* without slashes at the end; NULL: not configured */
    char *arweave_gateway;
    int64_t checksum_max;
};

/* Where a file is fetched; all texts in the caller's arena or in the file object. */
struct storage_target {
    const char *method; /* "GET" or "POST" */
    const char *url;
    const struct net_header *headers;
    size_t header_count;
    const char *name;
};

struct storage_ops {
    const char *type;   /* compared without regard to case */
    const char *prefix; /* of the texts of `why`: "the URL file" */
    /* NULL when the file object is well-formed, else the reference's text. */
    const char *(*why)(const struct storage *s, const struct json *file);
    /* Only after `why` said NULL. userdata may be NULL; false when it makes the URL too long. */
    bool (*locate)(const struct storage *s, struct arena *a, const struct json *file,
                   const struct json *userdata, struct storage_target *ret);
};

extern const struct storage_ops storage_url;
extern const struct storage_ops storage_ipfs;
extern const struct storage_ops storage_arweave;

/* Checks the file object and finds out where it is fetched. STORAGE when either fails. */
int storage__locate(const struct storage *s, struct arena *a, const struct storage_request *r,
                    struct storage_target *ret, struct err *e) must_check;

/* "http://" or "https://" in front, in any case. */
bool storage__is_http(const char *s);

/* Not an http URL, and with a slash behind the first character. */
bool storage__is_path(const char *s);

/* Appends n bytes percent-encoded; a space becomes `space`. */
void storage__encode(struct buf *out, const char *s, const char *space);

#endif
