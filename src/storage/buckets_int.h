/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_BUCKETS_INT_H
#define ATOLL_STORAGE_BUCKETS_INT_H

#include <pthread.h>

#include "base/list.h"
#include "storage/buckets.h"

/* Inside storage/: what the files about buckets share. */

struct bucket_usage {
    int64_t bytes;
    int64_t files;
};

enum { BUCKET_MEMOS = 16 };
struct bucket_memo {
    char id[BUCKET_ID];
    int64_t changed_ns; /* of the folder, when it was counted */
    struct bucket_usage usage;
};

struct buckets {
    struct buckets_options o; /* folder: our own copy */
    int root;                 /* FOLDER/buckets */
    int temp;                 /* FOLDER/uploads */
    pthread_mutex_t lock;     /* guards the next one, and each commit */
    struct list uploads;
    pthread_mutex_t memo_lock; /* guards the rest; may be taken under `lock` */
    struct bucket_memo memo[BUCKET_MEMOS];
};

/*
 * The bucket's folder, which must not be a link; made when it is missing and `make` says so.
 * *ret_fd is -1 when it is missing: no files.
 */
int bucket__folder(struct buckets *b, const char *id, bool make, int *ret_fd, struct err *e)
    must_check;

/* Adds up everything in a bucket, file by file. */
int bucket__count(struct buckets *b, const char *id, struct bucket_usage *ret, struct err *e)
    must_check;

/* --- bucket_usage.c --- */
/* What is in a bucket, apart from the file of that name. */
int bucket__usage(struct buckets *b, const char *id, const char *except, struct bucket_usage *ret,
                  struct err *e) must_check;
/* The caller, who holds `lock`, has changed the bucket; `folder` is open. */
void bucket__remember(struct buckets *b, const char *id, int folder,
                      const struct bucket_usage *usage);
void bucket__forget(struct buckets *b, const char *id);

/* Two words for a bucket that nobody has named; "brave-otter". */
const char *bucket__label(struct arena *a);

#endif
