/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "http/http_int.h"

/*
 * Weak validators of answers that lie in memory: a client that asks again for what it has gets a
 * 304 without a body. The hash is fast rather than strong, and its key is the process's own, so
 * nobody can make two documents that look the same.
 */

static uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t m = (__uint128_t)a * b;

    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t hash(const struct http_server *s, const uint8_t *p, size_t n)
{
    uint64_t h = s->etag_key[0] ^ n;
    uint64_t word[2];

    for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
        memcpy(word, p, sizeof(word));
        h = mix(word[0] ^ s->etag_key[1], word[1] ^ h);
    }
    memset(word, 0, sizeof(word));
    memcpy(word, p, n);
    h = mix(word[0] ^ s->etag_key[1], word[1] ^ h);
    return mix(h ^ s->etag_key[0], s->etag_key[1]);
}

static bool is_known(const struct http_request *r, const char *etag)
{
    const char *known = http_header_get(r, "if-none-match");

    /* a quoted tag within a list of them; whether it is weak does not matter */
    return known && (str_eq(known, "*") || strstr(known, etag + strlen("W/")));
}

static void drop_header(struct http_reply *reply, const char *name)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < reply->header_count; i++)
        if (!str_ieq(reply->headers[i].name, name))
            reply->headers[kept++] = reply->headers[i];
    reply->header_count = kept;
}

void etag_apply(struct exchange *x)
{
    struct http_reply *reply = &x->reply;

    if (reply->status != 200 || reply->kind != HTTP_BYTES || reply->bytes.n == 0 ||
        !str_eq(x->request.method, "GET"))
        return;
    (void)snprintf(x->etag, sizeof(x->etag), "W/\"%zx-%016llx\"", reply->bytes.n,
                   (unsigned long long)hash(x->server, reply->bytes.p, reply->bytes.n));
    if (!is_known(&x->request, x->etag))
        return;
    reply->status = 304;
    reply->bytes = (struct bytes){0};
    drop_header(reply, "Content-Type");
}
