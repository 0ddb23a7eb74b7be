/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "crypto/ecies.h"
#include "node/node_compute.h"

/* Where a buyer wants the results of a job to go (wire/compute.md 8.3). */

enum { OUTPUT_MAX = 64 * 1024, VALUES_MAX = 1000 };

/* As Node's Buffer.from(text, "hex"): the pairs of digits up to the first that is none. */
static size_t lenient_hex(const char *s, uint8_t *out, size_t max)
{
    uint8_t byte;
    size_t n;

    for (n = 0; s[2 * n] && s[2 * n + 1] && hex_decode(s + 2 * n, 1, &byte); n++) {
        if (n < max)
            out[n] = byte;
    }
    return n;
}

static int read_key(const struct json *encryption, struct compute_output *ret, struct err *e)
{
    const char *key = json_get_str(encryption, "key", "");
    size_t n;

    if (!json_is(encryption, JSON_OBJECT))
        return 0;
    if (!key[0])
        return refused(e, COMPUTE_OUTPUT_KEY);
    if (!str_eq(json_get_str(encryption, "encryptMethod", ""), "AES"))
        return refused(e, COMPUTE_OUTPUT_METHOD);
    n = lenient_hex(key, ret->key, sizeof(ret->key));
    if (n < sizeof(ret->key))
        return refused(e, COMPUTE_OUTPUT_KEY_SHORT, n);
    ret->encrypted = true;
    return 0;
}

static int read_output(const struct node *n, const struct json *v, struct compute_output *ret,
                       struct err *e)
{
    struct err why;

    *ret = (struct compute_output){.file = json_get(v, "remoteStorage")};
    if (storage_is_known(ret->file) && !storage_can_upload(ret->file))
        return refused(e, COMPUTE_OUTPUT_UPLOAD);
    if (storage_check(n->storage, ret->file, &why) < 0)
        return refused(e, COMPUTE_OUTPUT, why.msg);
    return read_key(json_get(v, "encryption"), ret, e);
}

int node_compute_output(struct node *n, struct arena *a, const char *sealed,
                        struct compute_output *ret, struct err *e)
{
    _buf_ struct buf plain = BUF_INIT(OUTPUT_MAX);
    struct bytes blob;
    struct json *v;
    struct err why;

    if (strlen(sealed) > 2 * OUTPUT_MAX || !hex_parse(a, sealed, &blob))
        return refused(e, COMPUTE_OUTPUT, "it is not hex, or too long");
    if (ecies_decrypt(&n->config->private_key, blob.p, blob.n, &plain, &why) < 0 ||
        json_parse_most(a, buf_str(&plain), plain.len, VALUES_MAX, &v, &why) < 0)
        return refused(e, COMPUTE_OUTPUT, why.msg);
    return read_output(n, v, ret, e);
}
