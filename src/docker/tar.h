/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_DOCKER_TAR_H
#define ATOLL_DOCKER_TAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/net.h"

/*
 * Writes a ustar archive as it is being sent: nothing is kept on disk, and of each file only the
 * bytes under way are in memory. Paths over 100 bytes use GNU's long name entries, sizes over
 * 8 GiB GNU's binary sizes; every tar and Docker's Go library read both.
 */
enum tar_kind { TAR_DIR, TAR_MEMORY, TAR_READER, TAR_LINK };

struct tar_entry {
    const char *path; /* relative, no leading "/", at most 4095 bytes */
    enum tar_kind kind;
    unsigned mode; /* permission bits */
    unsigned uid;
    unsigned gid;
    const void *data; /* TAR_MEMORY */
    int64_t size;     /* TAR_MEMORY */
    /*
     * TAR_LINK: a second name (path) of the file that an earlier entry wrote to `link`, below 512
     * bytes. Left out when path is empty at its turn.
     */
    const char *link;
    /*
     * TAR_READER: open is called when the entry's turn comes and says how many bytes follow (it
     * may still write what path points to);
     * read then gives exactly so many: > 0, 0 at the end, -1 on failure. A file that is
     * shorter or longer than it said fails the archive.
     */
    int (*open)(void *ctx, int64_t *ret_size, struct err *e);
    int64_t (*read)(void *ctx, void *out, size_t cap, struct err *e);
    void *ctx;
};

/* One archive under way; read by one thread. The entries are borrowed. */
struct tar_writer;
struct tar_writer *tar_writer_new(const struct tar_entry *entries, size_t count);
void tar_writer_free(struct tar_writer *w); /* NULL is allowed */

/* Up to cap bytes of the archive: > 0, 0 at the end, -1 on failure. cap >= 1. */
int64_t tar_writer_read(struct tar_writer *w, void *out, size_t cap, struct err *e) must_check;

/* The archive as a request's body. A failure of an entry aborts the request; see below. */
struct net_source tar_writer_source(struct tar_writer *w);

/* Why the source gave up: 0 when it did not, -1 with the error of the entry. */
int tar_writer_failed(const struct tar_writer *w, struct err *e) must_check;

#endif
