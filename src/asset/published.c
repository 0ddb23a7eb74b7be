/* SPDX-License-Identifier: Apache-2.0 */
#include "asset/published.h"

#include <string.h>

#include "asset/unpack.h"
#include "base/must.h"
#include "crypto/hash.h"

enum { UNPACKED_LEAST = 1 << 20, UNPACKED_TIMES = 64 };

unsigned published_flags(struct bytes flags)
{
    return flags.n ? flags.p[flags.n - 1] : 0;
}

/* How large what is packed may become. */
static size_t unpacked_max(size_t packed)
{
    if (packed <= UNPACKED_LEAST / UNPACKED_TIMES)
        return UNPACKED_LEAST;
    return packed < PUBLISHED_MAX / UNPACKED_TIMES ? packed * UNPACKED_TIMES : PUBLISHED_MAX;
}

int published_unpack(struct arena *a, unsigned flags, struct bytes clear, struct bytes *ret,
                     struct err *e)
{
    if ((flags & PUBLISHED_PACKED) && !(clear.n > 0 && clear.p[0] == '{'))
        return asset_unpack(a, clear, unpacked_max(clear.n), ret, e);
    *ret = clear;
    return 0;
}

static size_t service_count(const struct json *document)
{
    const struct json *subject = json_get(document, "credentialSubject"); /* 5.0 */
    size_t n = json_len(json_get(subject, "services"));
    size_t m = json_len(json_get(document, "services"));

    return n > m ? n : m;
}

int published_parse(struct arena *a, struct bytes text, struct json **ret, struct err *e)
{
    struct json *v;

    if (text.n > PUBLISHED_MAX)
        return failed(e, INVALID, "the document is larger than %d bytes", PUBLISHED_MAX);
    if (json_parse_most(a, (const char *)text.p, text.n, PUBLISHED_VALUES_MAX, &v, e) < 0)
        return err_wrap(e, "the document is not JSON");
    if (!json_is(v, JSON_OBJECT))
        return failed(e, INVALID, "the document is not a JSON object");
    if (service_count(v) > PUBLISHED_SERVICES_MAX)
        return failed(e, INVALID, "the document has more than %d services", PUBLISHED_SERVICES_MAX);
    *ret = v;
    return 0;
}

static bool is_hash_of(const struct hash32 *hash, struct bytes b)
{
    struct hash32 h = sha256(b.p, b.n);

    return hash32_eq(&h, hash);
}

static bool is_hash_of_hex(struct arena *a, const struct hash32 *hash, struct bytes b)
{
    const char *hex = hex0x_dup(a, b.p, b.n);

    return is_hash_of(hash, (struct bytes){(const uint8_t *)hex, strlen(hex)});
}

static struct bytes printed(struct arena *a, const struct json *document, bool bare)
{
    struct json *copy = json_copy(a, document);
    const char *text;

    if (bare)
        json_remove(copy, "indexedMetadata");
    text = json_text(a, copy);
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

bool published_has_hash(struct arena *a, const struct published *p, const struct hash32 *hash)
{
    const bool had_index = json_get(p->document, "indexedMetadata") != NULL;
    const struct bytes forms[] = {p->text, p->clear, printed(a, p->document, false),
                                  had_index ? printed(a, p->document, true) : p->text};
    size_t i;

    for (i = 0; i < ARRAY_LEN(forms); i++)
        if (is_hash_of(hash, forms[i]) || is_hash_of_hex(a, hash, forms[i]))
            return true;
    return false;
}
