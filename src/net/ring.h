/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NET_RING_H
#define ATOLL_NET_RING_H

#include <stddef.h>

/*
 * A fixed ring of bytes between two threads, one writing and one reading. The owner locks around
 * every call; only the room that ring_space() gave may be filled without the lock, as readers
 * never touch it and do not move it. Free `data` in the end.
 */
struct ring {
    unsigned char *data; /* NULL until the first byte */
    size_t cap;
    size_t head; /* where the oldest byte is */
    size_t len;  /* bytes held */
};

/* The free room that lies in one piece; add what was filled to r->len. 0 when the ring is full. */
size_t ring_space(struct ring *r, unsigned char **ret);

/* Copies n bytes in; n <= cap - len, anything else is a bug. */
void ring_put(struct ring *r, const void *p, size_t n);

/* Forgets the n <= len oldest bytes; how many. */
size_t ring_drop(struct ring *r, size_t n);

/* Copies up to cap bytes out, oldest first; how many. */
size_t ring_get(struct ring *r, void *out, size_t cap);

#endif
