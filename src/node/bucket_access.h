/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_BUCKET_ACCESS_H
#define ATOLL_NODE_BUCKET_ACCESS_H

#include "node/node.h"
#include "node/task.h"
#include "storage/buckets.h"
#include "storage/storage.h"

/* Who may use a bucket: its owner, and whoever holds a token of one of its access lists. */

enum { BUCKET_ASKED_MAX = 256 };

/*
 * One account and what the chains have said of it, for as long as a request lasts. After
 * BUCKET_ASKED_MAX different contracts, or some seconds, no more are asked, and the answer is no.
 */
struct bucket_reader {
    struct node *node;
    struct addr who;
    int64_t until; /* monotonic ms; set with the first question */
    size_t count;
    struct bucket_asked {
        uint64_t chain;
        struct addr contract;
        bool has;
    } asked[BUCKET_ASKED_MAX];
};
bool bucket_is_open_to(struct bucket_reader *r, const struct bucket *b);

/*
 * The bucket, if the account may use it: BUCKETS_OFF, BUCKET_ID, BUCKET_UNKNOWN, BUCKET_DENIED.
 * In the arena.
 */
int bucket_use(struct node *n, struct arena *a, const char *id, const struct addr *who,
               struct bucket *ret, struct err *e) must_check;

/* The same for a job, where a bucket that does not exist is one that is closed: BUCKET_DENIED. */
int bucket_for_job(struct node *n, struct arena *a, const char *id, const struct addr *who,
                   struct bucket *ret, struct err *e) must_check;

/* --- file objects of the type nodePersistentStorage --- */

bool bucket_is_file(const struct json *file);

/*
 * Whether the account may have the file in a job: COMPUTE_BUCKET_ID, COMPUTE_BUCKETS,
 * BUCKET_DENIED, BUCKET_NAME, BUCKET_FILE_GONE; STORAGE for a malformed one.
 */
int bucket_check_file(struct node *n, struct arena *a, const struct json *file,
                      const struct addr *who, struct err *e) must_check;

/*
 * storage_info_get() of any file object on behalf of an account (NULL: of nobody, who may read no
 * bucket). Refused: BUCKETS_OFF and the others of bucket_use().
 */
struct bucket_info_request {
    const struct json *file;
    const struct addr *who;
    bool checksum;
};
int bucket_info_get(struct node *n, struct arena *a, const struct bucket_info_request *r,
                    struct storage_info *ret, struct err *e) must_check;

#endif
