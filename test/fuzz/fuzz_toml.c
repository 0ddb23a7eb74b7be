/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "json/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read can be printed, and reading it again gives the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct json *again;
    struct err e;
    const char *text;

    if (toml_parse(a, (const char *)data, size, &v, &e) < 0)
        return 0;
    text = json_text(a, v);
    must(json_parse(a, text, strlen(text), &again, &e) == 0 && json_equal(v, again));
    return 0;
}
