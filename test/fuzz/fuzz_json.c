/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever parses must print to a text that parses to the same value and the same text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct json *again;
    struct err e;
    const char *text;

    if (json_parse(a, (const char *)data, size, &v, &e) < 0)
        return 0;
    text = json_text(a, v);
    must(json_parse(a, text, strlen(text), &again, &e) == 0);
    must(strcmp(text, json_text(a, again)) == 0);
    must(strcmp(text, json_text(a, json_copy(a, v))) == 0);
    return 0;
}
