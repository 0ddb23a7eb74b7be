/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_BUCKETS_H
#define ATOLL_STORAGE_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/eth.h"
#include "json/json.h"
#include "store/db.h"

/*
 * Buckets: files that people keep on this node. What a bucket is stands in the table `bucket`;
 * its files are FOLDER/buckets/<id>/<name>, as ocean-node lays them out. Uploads go through
 * FOLDER/uploads/, so that a file is there whole or not at all. This part decides nothing about
 * who may do what: node/ does. Thread-safe; every call may wait for the disk, and borrows a
 * connection of the store, so the caller holds none.
 */
struct buckets;

struct buckets_options {
    struct store *store;
    const char *folder;    /* copied */
    int64_t file_max;      /* bytes of a file */
    int64_t bucket_max;    /* bytes of all files of a bucket */
    int64_t files_max;     /* files of a bucket */
    int64_t per_owner_max; /* buckets of an account */
    int64_t reserve;       /* bytes of the file system that uploads leave free */
};
/* Makes the folders; what earlier uploads left behind goes. */
int buckets_open(const struct buckets_options *o, struct buckets **ret, struct err *e) must_check;
/* No upload may be open. NULL is allowed. */
void buckets_close(struct buckets *b);

/* --- buckets --- */

enum { BUCKET_ID = 37, BUCKET_LABEL_MAX = 256, BUCKET_LISTS_MAX = 64 /* chains and contracts */ };

struct bucket {
    char id[BUCKET_ID]; /* a UUID, version 4, lower case */
    struct addr owner;
    const struct json *lists; /* [{"<chainId>": ["0x..."]}] */
    const char *label;        /* or NULL */
    int64_t created;          /* seconds since 1970 */
};

/*
 * Makes a bucket of owner, lists and label (NULL or blank: one is made up) and fills in the rest.
 * BUCKET_LISTS when lists are not as above, BUCKET_LISTS_MANY, BUCKET_LABEL_LONG; BUCKET_COUNT when
 * the owner has enough.
 */
int bucket_create(struct buckets *b, struct arena *a, struct bucket *bucket, struct err *e)
    must_check;

/*
 * A bucket of another node that this one takes the place of; one that is here already stays as it
 * is. In the caller's transaction. BUCKET_ID, BUCKET_LISTS, BUCKET_LISTS_MANY.
 */
int bucket_import(struct db *db, struct arena *a, const struct bucket *bucket, struct err *e)
    must_check;

/* By id in any letter case: BUCKET_ID when it is no UUID of version 4, BUCKET_UNKNOWN. */
int bucket_find(struct buckets *b, struct arena *a, const char *id, struct bucket *ret,
                struct err *e) must_check;
/* Whether the text has the form of an id. */
bool bucket_is_id(const char *id);

/* All of an owner, oldest first. */
int bucket_list(struct buckets *b, struct arena *a, const struct addr *owner, struct bucket **ret,
                size_t *ret_count, struct err *e) must_check;

/* The label without blanks around it; blank or NULL takes it away. */
int bucket_set_label(struct buckets *b, struct arena *a, struct bucket *bucket, const char *label,
                     struct err *e) must_check;

/* --- files --- */

enum { BUCKET_NAME_MAX = 255, BUCKET_LISTED_MAX = 100000 };

struct bucket_file {
    const char *name;
    int64_t size;
    int64_t modified_ns; /* since 1970 */
};

/*
 * 1 to 255 bytes of UTF-8 without control characters, '/' and '\'; not "." or "..". Anything else
 * is BUCKET_NAME below.
 */
bool bucket_is_name(const char *name);

/* Regular files by name. What else an operator has put there is not shown. */
int bucket_files(struct buckets *b, struct arena *a, const struct bucket *bucket,
                 struct bucket_file **ret, size_t *ret_count, struct err *e) must_check;

/* A file to read; the caller closes the descriptor. BUCKET_NAME, BUCKET_FILE when there is none. */
int bucket_file_open(struct buckets *b, const struct bucket *bucket, const char *name, int *ret_fd,
                     struct bucket_file *ret, struct err *e) must_check;

/* Removes it for good. BUCKET_NAME, BUCKET_FILE. */
int bucket_file_remove(struct buckets *b, const struct bucket *bucket, const char *name,
                       struct err *e) must_check;

/* --- uploads --- */

/*
 * A file on its way into a bucket; nobody sees it before the commit, which replaces a file of
 * that name at once and is on the disk when it returns. One thread at a time.
 *
 * size: what will come, -1 when unknown; only to refuse early. BUCKET_NAME, BUCKET_FILE_LARGE,
 * BUCKET_FULL, BUCKET_FILES, BUCKET_DISK.
 */
struct bucket_upload;
int bucket_upload_begin(struct buckets *b, const struct bucket *bucket, const char *name,
                        int64_t size, struct bucket_upload **ret, struct err *e) must_check;
/* The same refusals; the upload stays to be dropped. */
int bucket_upload_write(struct bucket_upload *u, const void *p, size_t n, struct err *e) must_check;
/* Ends the upload, also when it fails: then nothing has changed. ret->name is the upload's. */
int bucket_upload_commit(struct bucket_upload *u, struct arena *a, struct bucket_file *ret,
                         struct err *e) must_check;
void bucket_upload_drop(struct bucket_upload *u); /* NULL is allowed */

#endif
