/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_FS_H
#define ATOLL_BASE_FS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"

/* Files, written so that a crash leaves the old content or the new, never a mixture. */

/* A whole file of at most max bytes, NUL-terminated (the NUL not counted). */
int fs_read(struct arena *a, const char *path, size_t max, struct bytes *ret, struct err *e)
    must_check;

/* Writes path.tmp, syncs it, renames it over path and syncs the folder. */
int fs_write(const char *path, const void *p, size_t n, mode_t mode, struct err *e) must_check;

/*
 * The same for a file that cannot be replaced, because it is a mount of its own (fs_write() fails
 * with errno EBUSY): one write over the old content, with blanks up to its length, then synced and
 * cut. A process that is killed leaves the old content or the new one, perhaps with blanks behind
 * it; only a machine that loses its power may leave a mixture.
 */
int fs_overwrite(const char *path, const void *p, size_t n, struct err *e) must_check;

/* Makes the folder and its parents; an existing folder is success. */
int fs_mkdirs(const char *path, mode_t mode, struct err *e) must_check;

/* Removes a file or a whole tree; nothing there is success. Does not follow symbolic links. */
int fs_remove_tree(const char *path, struct err *e) must_check;

/* All n bytes, through short writes and EINTR. */
int fs_write_all(int fd, const void *p, size_t n, struct err *e) must_check;

/* Size of a regular file, -1 when there is none. */
int64_t fs_size(const char *path);

#endif
