/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "auth/siwe.h"
#include "base/must.h"

/* A stranger's message to sign in: what is read has all that a login looks at. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_new();
    char *text = arena_strndup(a, (const char *)data, n);
    struct siwe m;
    struct err e;

    if (siwe_parse(a, text, &m, &e) == 0) {
        must(*m.domain && *m.uri && strlen(m.nonce) >= 8 && m.issued > 0);
        must(!strchr(m.domain, '\n') && !strchr(m.uri, '\n') && !strchr(m.nonce, '\n'));
        must(m.chain_id >= 0 && m.expires >= 0 && m.not_before >= 0);
    } else {
        must(e.code == ERR_SIWE);
    }
    arena_free(a);
    return 0;
}
