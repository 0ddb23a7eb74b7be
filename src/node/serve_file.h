/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_SERVE_FILE_H
#define ATOLL_NODE_SERVE_FILE_H

#include <stdint.h>

#include "node/task.h"

/* A file's content as the answer to a request. */

/* The key that the client wants the content encrypted with. */
struct serve_seal {
    uint8_t key[32];
    uint8_t iv[16];
};

struct serve_file {
    const struct json *file;       /* in the clear */
    const struct json *userdata;   /* or NULL: appended to the query of url files */
    const struct serve_seal *seal; /* or NULL: as it is */
};

/*
 * Streams it from its origin while the client reads. Range, If-Range and HEAD of the request are
 * honoured. DOWNLOAD_STORAGE when the file object or its place is refused, DOWNLOAD_FAILED when
 * the origin fails. Once it flows, an origin that breaks off cuts the client's connection.
 */
int serve_file(struct task *t, const struct serve_file *f, struct err *e) must_check;

/*
 * The seal out of `aes_encrypted_key`: hex of an eth-crypto message for this node. AES_KEY when it
 * holds none.
 */
int serve_seal_open(struct task *t, const char *encrypted, struct serve_seal *ret, struct err *e)
    must_check;

#endif
