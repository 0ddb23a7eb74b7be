/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "storage/storage_int.h"

/* URLs that lead to this node itself. */

/* How many answers of this node to itself this thread is inside of. */
static _Thread_local int depth;

const char *storage__own_target(const struct storage *s, struct arena *a, const char *url)
{
    size_t i;

    for (i = 0; s->own && i < s->own->name_count; i++) {
        const char *name = s->own->names[i];
        size_t n = strlen(name);

        if (n == 0 || strncasecmp(url, name, n) != 0 || !strchr("/?#", url[n]))
            continue;
        url += n;
        n = strcspn(url, "#");
        return arena_printf(a, "%s%.*s", url[0] == '/' ? "" : "/", (int)n, url);
    }
    return NULL;
}

static int ask_self(struct storage *s, struct arena *a, const struct storage_own_request *q,
                    struct storage_own_answer *ret, struct err *e)
{
    if (depth > 0)
        return failed(e, UNSAFE_URL, "it leads from this node to itself again");
    depth++;
    s->own->answer(s->own->ctx, a, q, ret);
    depth--;
    return 0;
}

static struct storage_own_request request_of(struct storage *s, struct arena *a,
                                             const struct storage_target *t, const char *range)
{
    struct net_header *headers = arena_calloc(a, t->header_count + 1, sizeof(*headers));
    struct storage_own_request q = {.method = t->method,
                                    .target = storage__own_target(s, a, t->url),
                                    .headers = headers,
                                    .header_count = t->header_count};

    if (t->header_count > 0)
        memcpy(headers, t->headers, t->header_count * sizeof(*headers));
    if (range)
        headers[q.header_count++] = (struct net_header){"range", range};
    return q;
}

int storage__own_open(struct storage *s, struct arena *a, const struct storage_request *r,
                      const struct storage_target *t, struct storage_opened *ret, struct err *e)
{
    const char *range = r->if_range ? NULL : r->range;
    const struct storage_own_request q = request_of(s, a, t, range);
    struct storage_own_answer got;

    if (ask_self(s, a, &q, &got, e) < 0)
        return -1;
    if (!storage__is_success(got.status) && !(got.status == 416 && range)) {
        got.body.close(got.body.ctx);
        return storage__status_failed(got.status, e);
    }
    *ret =
        (struct storage_opened){.status = got.status == 206 || got.status == 416 ? got.status : 200,
                                .ranges = got.content_range != NULL,
                                .size = got.size,
                                .content_type = got.content_type,
                                .content_range = got.content_range,
                                .disposition = got.disposition,
                                .name = t->name,
                                .body = storage__pulled_body(&got.body)};
    return 0;
}

int storage__own_ask(struct storage *s, struct arena *a, const struct storage_target *t,
                     struct storage_info *ret, struct err *e)
{
    struct storage_own_request q = request_of(s, a, t, NULL);
    struct storage_own_answer got;

    q.head = str_eq(t->method, "GET");
    if (ask_self(s, a, &q, &got, e) < 0)
        return -1;
    got.body.close(got.body.ctx);
    ret->status = got.status;
    ret->valid = storage__is_success(got.status);
    ret->size = ret->valid ? got.size : -1;
    ret->content_type = got.content_type;
    return 0;
}
