/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Variables of the environment, a line each. What is accepted can be shown, and never shows the
 * key. Paths are left out: a fuzzer has no business with files.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char secret[] = "4242424242424242424242424242424242424242424242424242424242424242";
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf shown = BUF_INIT(1 << 20);
    const char *env[32] = {arena_printf(a, "PRIVATE_KEY=0x%s", secret)};
    const char *rest = arena_strndup(a, (const char *)data, size);
    struct config_input in = {.env = env};
    struct config *c;
    const char *line;
    struct err e;
    size_t n = 1;

    if (strstr(rest, secret)) /* other values may be shown */
        return 0;
    while (n < ARRAY_LEN(env) - 1 && (line = str_next(a, &rest, '\n'))) {
        if (!str_starts(line, "PRIVATE_KEY") && !str_starts(line, "CONFIG_PATH") &&
            !str_starts(line, "ADDRESS_FILE"))
            env[n++] = line;
    }
    if (config_load(&in, &c, &e) < 0) {
        must(e.code == ERR_INVALID && e.msg[0]);
        return 0;
    }
    config_explain(c, &shown);
    must(!strstr(buf_str(&shown), secret));
    must(!strstr(json_text(a, config_json(a, c)), secret));
    config_free(c);
    return 0;
}
