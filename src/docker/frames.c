/* SPDX-License-Identifier: Apache-2.0 */
#include "docker/frames.h"

#include <string.h>

enum { KIND_MAX = 2 };

static int head_done(struct frames *f, struct err *e)
{
    if (f->head[0] > KIND_MAX || f->head[1] || f->head[2] || f->head[3])
        return failed(e, FAILED, "the log stream of Docker has no frame where one should start");
    f->left = (uint32_t)f->head[4] << 24 | (uint32_t)f->head[5] << 16 | (uint32_t)f->head[6] << 8 |
              f->head[7];
    f->in_stamp = f->stamped && f->left > 0;
    f->stamp_len = 0;
    if (f->left == 0)
        f->have = 0;
    return 0;
}

/* Collects the time in front of a payload; what is too long for one is cut, not an error. */
static size_t take_stamp(struct frames *f, const char *p, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (p[i] == ' ') {
            memcpy(f->last_stamp, f->stamp, f->stamp_len);
            f->last_stamp[f->stamp_len] = '\0';
            f->in_stamp = false;
            return i + 1;
        }
        if (f->stamp_len < FRAMES_STAMP_SIZE - 1)
            f->stamp[f->stamp_len++] = p[i];
    }
    return n;
}

int frames_feed(struct frames *f, const void *p, size_t n, frames_out *out, void *ctx,
                struct err *e)
{
    const char *at = p;
    const char *const end = at + n;

    while (at < end) {
        size_t here = (size_t)(end - at);

        if (f->have < sizeof(f->head)) {
            f->head[f->have++] = (uint8_t)*at++;
            if (f->have == sizeof(f->head) && head_done(f, e) < 0)
                return -1;
            continue;
        }
        if (here > f->left)
            here = f->left;
        if (f->in_stamp)
            here = take_stamp(f, at, here);
        else if (out(ctx, f->head[0], at, here) < 0)
            return failed(e, FAILED, "the reader of the log stopped");
        at += here;
        f->left -= (uint32_t)here;
        if (f->left == 0)
            f->have = 0;
    }
    return 0;
}
