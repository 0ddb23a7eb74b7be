/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "gateway/dns.h"
#include "gateway/gateway_int.h"
#include "gateway/host.h"

/* Answers of name servers, lines of Caddy's log (with what authorities say in them), hosts as
 * people write them, certificates: the first byte says which. */

static void try_host(struct arena *a, const char *text)
{
    const char *host = host_parse(a, text);

    if (!host)
        return;
    must(strlen(host) <= HOST_MAX && strchr(host, '.') != NULL);
    must(strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(host));
    must(strcmp(host_parse(a, host), host) == 0);
}

static void try_log(struct arena *a, const char *text, size_t n)
{
    struct gateway_watch w;
    const char *rest = text;

    gateway__watch_init(&w);
    while (n > 0) {
        const char *end = memchr(rest, '\n', n);
        size_t len = end ? (size_t)(end - rest) : n;

        (void)gateway__watch_line(&w, a, rest, len);
        n -= end ? len + 1 : len;
        rest += len + 1;
    }
    gateway__watch_idle(&w);
    must(w.asking == 0);
    gateway__watch_done(&w);
    must(w.count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena *a = arena_new();
    struct gateway_cert cert;
    struct dns_answer answer;
    struct err e;
    char *text;

    if (n == 0)
        return 0;
    text = arena_strndup(a, (const char *)data + 1, n - 1);
    if (data[0] <= DNS_TXT) {
        if (dns_read(a, data + 1, n - 1, (enum dns_type)data[0], &answer, &e) == 0)
            must(answer.count <= DNS_ITEMS_MAX);
    } else if (data[0] == 'h') {
        try_host(a, text);
    } else if (data[0] == 'l') {
        try_log(a, text, strlen(text));
    } else if (data[0] == 'c') {
        (void)gateway__cert_read(a, data + 1, n - 1, &cert);
    }
    return 0;
}
