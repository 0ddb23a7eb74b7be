/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_BUCKETS_INT_H
#define ATOLL_STORAGE_BUCKETS_INT_H

#include <pthread.h>

#include "base/list.h"
#include "storage/buckets.h"

/* Inside storage/: what the files about buckets share. */
struct buckets {
    struct buckets_options o; /* folder: our own copy */
    int root;                 /* FOLDER/buckets */
    int temp;                 /* FOLDER/uploads */
    pthread_mutex_t lock;     /* guards the next one, and each commit */
    struct list uploads;
};

/*
 * The bucket's folder, which must not be a link; made when it is missing and `make` says so.
 * -1 without an error when it is missing: no files.
 */
int bucket__folder(struct buckets *b, const char *id, bool make, int *ret_fd, struct err *e)
    must_check;

/* What is in a bucket, apart from the file of that name (NULL: everything). */
struct bucket_usage {
    int64_t bytes;
    int64_t files;
};
int bucket__usage(struct buckets *b, const char *id, const char *except, struct bucket_usage *ret,
                  struct err *e) must_check;

/* Two words for a bucket that nobody has named; "brave-otter". */
const char *bucket__label(struct arena *a);

#endif
