/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "docker/untar.h"
#include "storage/buckets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
    const uint8_t *p;
    size_t n, at;
};

static int64_t text_read(void *ctx, void *out, size_t cap, struct err *e)
{
    struct text *t = ctx;
    size_t n = t->n - t->at < cap ? t->n - t->at : cap;

    (void)e;
    memcpy(out, t->p + t->at, n);
    t->at += n;
    return (int64_t)n;
}

/* Archives of an algorithm's making: names of a sane length, no more bytes than there are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text t = {data, size, 0};
    struct untar *u = untar_new(text_read, &t);
    struct untar_entry entry;
    size_t all = 0;
    char some[300];
    struct err e;
    int64_t n;

    while (untar_next(u, &entry, &e) > 0) {
        must(entry.path[0] && strlen(entry.path) < UNTAR_PATH_MAX && entry.size >= 0);
        (void)bucket_is_name(entry.path);
        if (entry.path[0] & 1)
            continue; /* skipped */
        while ((n = untar_read(u, some, sizeof(some), &e)) > 0)
            all += (size_t)n;
        must(all <= size);
    }
    untar_free(u);
    return 0;
}
