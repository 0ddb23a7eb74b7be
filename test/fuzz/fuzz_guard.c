/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "net/guard.h"

/* A URL of a stranger, against no rules: what passes has an allowed scheme. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *url = xmalloc(n + 1);
    struct err e;

    memcpy(url, data, n);
    url[n] = '\0';
    (void)guard_network_valid(url);
    if (guard_check_url(url, &e) == 0)
        must(strcasestr(url, "http") || strcasestr(url, "ftp"));
    free(url);
    return 0;
}
