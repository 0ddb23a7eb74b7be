/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ring.h"

#include <string.h>

#include "base/must.h"

size_t ring_space(struct ring *r, unsigned char **ret)
{
    size_t tail;

    if (!r->data)
        r->data = xmalloc(r->cap);
    if (r->len == 0)
        r->head = 0;
    tail = (r->head + r->len) % r->cap;
    *ret = r->data + tail;
    if (r->len == r->cap)
        return 0;
    return tail >= r->head ? r->cap - tail : r->head - tail;
}

void ring_put(struct ring *r, const void *p, size_t n)
{
    while (n > 0) {
        unsigned char *to;
        size_t room = ring_space(r, &to);

        must(room > 0);
        room = room < n ? room : n;
        memcpy(to, p, room);
        r->len += room;
        p = (const unsigned char *)p + room;
        n -= room;
    }
}

size_t ring_get(struct ring *r, void *out, size_t cap)
{
    size_t total = 0;

    while (r->len > 0 && total < cap) {
        size_t n = r->cap - r->head;

        n = n < r->len ? n : r->len;
        n = n < cap - total ? n : cap - total;
        memcpy((unsigned char *)out + total, r->data + r->head, n);
        r->head = (r->head + n) % r->cap;
        r->len -= n;
        total += n;
    }
    return total;
}

size_t ring_drop(struct ring *r, size_t n)
{
    must(n <= r->len);
    r->head = (r->head + n) % r->cap;
    r->len -= n;
    return n;
}
