/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/sigv4.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/must.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { CANONICAL_MAX = 64 * 1024, DAY = 8 };

void sigv4_stamp(int64_t seconds, char out[SIGV4_STAMP])
{
    char iso[CLOCK_ISO_SIZE]; /* 2013-05-24T00:00:00Z */
    const char *c;

    clock_iso_s(seconds, iso);
    for (c = iso; *c; c++) {
        if (*c != '-' && *c != ':')
            *out++ = *c;
    }
    *out = '\0';
}

static const char *hex_of(struct arena *a, struct hash32 h)
{
    return hex_dup(a, h.b, sizeof(h.b));
}

static const char *signed_names(struct arena *a, const struct sigv4_request *r)
{
    const char *names = "";
    size_t i;

    for (i = 0; i < r->header_count; i++)
        names = arena_printf(a, "%s%s%s", names, i ? ";" : "", r->headers[i].name);
    return names;
}

/* A header's value as it is signed: no blanks around it, one where several are. */
static void add_value(struct buf *b, const char *v)
{
    while (*v == ' ')
        v++;
    for (; *v; v++) {
        if (*v != ' ' || (v[1] && v[1] != ' '))
            buf_putc(b, *v);
    }
}

static struct hash32 canonical_hash(const struct sigv4_request *r, const char *names)
{
    _buf_ struct buf b = BUF_INIT(CANONICAL_MAX);
    size_t i;

    buf_printf(&b, "%s\n%s\n%s\n", r->method, r->path, r->query);
    for (i = 0; i < r->header_count; i++) {
        buf_printf(&b, "%s:", r->headers[i].name);
        add_value(&b, r->headers[i].value);
        buf_putc(&b, '\n');
    }
    buf_printf(&b, "\n%s\n%s", names, r->payload_hash);
    must(!b.full);
    return sha256(buf_str(&b), b.len);
}

static struct hash32 step(const struct hash32 *key, const char *text)
{
    return hmac_sha256(key->b, sizeof(key->b), text, strlen(text));
}

static struct hash32 signing_key(struct arena *a, const struct sigv4_key *k, const char *day)
{
    char *first = arena_printf(a, "AWS4%s", k->secret);
    struct hash32 key = hmac_sha256(first, strlen(first), day, strlen(day));

    wipe(first, strlen(first));
    key = step(&key, k->region);
    key = step(&key, k->service);
    return step(&key, "aws4_request");
}

const char *sigv4_authorization(struct arena *a, const struct sigv4_key *k,
                                const struct sigv4_request *r)
{
    const char *day = arena_strndup(a, r->stamp, DAY);
    const char *scope = arena_printf(a, "%s/%s/%s/aws4_request", day, k->region, k->service);
    const char *names = signed_names(a, r);
    const char *text = arena_printf(a, "AWS4-HMAC-SHA256\n%s\n%s\n%s", r->stamp, scope,
                                    hex_of(a, canonical_hash(r, names)));
    struct hash32 key = signing_key(a, k, day);
    const char *signature = hex_of(a, step(&key, text));

    wipe(&key, sizeof(key));
    return arena_printf(a, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                        k->access_key, scope, names, signature);
}
