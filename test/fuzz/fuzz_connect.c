/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "auth/connect.h"
#include "base/must.h"

/*
 * A stranger's answer of 3Bot Connect. Nobody has signed it, so that it opens for nobody; the
 * layers below the signature are those of a message that this target has not signed either.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t key[NACL_KEY] = {7};
    struct arena *a = arena_new();
    char *text = arena_strndup(a, (const char *)data, n);
    const struct connect_keys keys = {key, box_keys_of(key), "market.example.org"};
    struct connect_answer answer;
    struct connect_data found;
    struct err e;

    if (connect_read(a, text, &answer, &e) == 0) {
        must(connect_is_name(answer.name) && strlen(answer.name) <= 55);
        must(answer.signed_one.n > NACL_SIGNATURE);
        must(connect_open(a, &answer, &keys, &found, &e) < 0 && e.code == ERR_CONNECT_SIGNATURE);
    } else {
        must(e.code == ERR_CONNECT_ANSWER || e.code == ERR_CONNECT_NAME);
    }
    if (connect_is_email(text))
        must(strchr(text, '@') && !strpbrk(text, "<>\"'\n"));
    arena_free(a);
    return 0;
}
