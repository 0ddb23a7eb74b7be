/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_DOCKER_FRAMES_H
#define ATOLL_DOCKER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Docker's multiplexed log stream: frames of {kind, 0, 0, 0, length BE32} + payload, cut anywhere
 * by the network. Embedded in its owner and set to zero at first; one thread.
 *
 * With `stamped` (logs asked for with timestamps=1) each payload begins with an RFC 3339 time and
 * a blank; they are taken off, and `last_stamp` holds the time of the newest frame, so that a
 * broken stream can be opened again from there.
 */
enum { FRAMES_STAMP_SIZE = 40 };
struct frames {
    uint8_t head[8];
    size_t have;   /* bytes of head */
    uint32_t left; /* bytes of payload still to come */
    bool stamped;
    bool in_stamp;
    size_t stamp_len;
    char stamp[FRAMES_STAMP_SIZE];
    char last_stamp[FRAMES_STAMP_SIZE]; /* "" before the first frame */
};

/* Pieces of payload: kind 1 is stdout, 2 is stderr. A negative answer ends frames_feed with -1. */
typedef int frames_out(void *ctx, int kind, const char *p, size_t n);

/* Takes n bytes of the stream. FAILED when they are no log frames, or `out` did not want more. */
int frames_feed(struct frames *f, const void *p, size_t n, frames_out *out, void *ctx,
                struct err *e) must_check;

#endif
