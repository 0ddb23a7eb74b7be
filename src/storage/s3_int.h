/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_S3_INT_H
#define ATOLL_STORAGE_S3_INT_H

#include "storage/storage_int.h"

/* What the two files of S3 share, and what its tests look at. */

/*
 * A signed request to the object; query "" or encoded and in order of names ("partNumber=1&..."),
 * body NULL or n bytes that live as long as the request.
 */
struct net_request s3__request(struct arena *a, const struct storage_target *t, const char *method,
                               const char *query, struct bytes_view body);

/* Writes the object: one PUT, or a multipart upload that is aborted when it fails. */
int s3__upload(struct storage *s, struct arena *a, const struct storage_target *t,
               const struct net_source *source, struct err *e) must_check;

enum { S3_UPLOAD_ID_MAX = 1024 };
/*
 * The text of <UploadId> in the answer to "initiate multipart upload", NULL when there is none
 * that can be sent back in a query. In the arena.
 */
const char *s3__upload_id(struct arena *a, const char *xml, size_t n);
/* The text of <Code> in an error's document, "" when there is none. In the arena. */
const char *s3__error_code(struct arena *a, const char *xml, size_t n);

#endif
