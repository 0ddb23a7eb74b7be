/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cron.h"
#include "base/date.h"
#include "base/mask.h"
#include "base/must.h"

enum { OUT = 300 };

/* A date and a cron expression of strangers, and what a log line makes of a text. */
static void check_date(const char *text)
{
    struct date d;
    int64_t ms;

    if (!date_parse(text, &ms))
        return;
    must(ms >= 0);
    if (ms / 1000 > INT64_C(253402300799)) /* digits may name any moment */
        return;
    d = date_of(ms / 1000);
    must(date_seconds(&d) == ms / 1000);
}

static void check_cron(const char *text)
{
    struct cron c;
    struct err e;
    int64_t at;

    if (cron_parse(text, &c, &e) < 0)
        return;
    at = cron_next(&c, 1795602605);
    must(at > 1795602605);
    must(cron_next(&c, at - 1) == at);
}

static void check_mask(const char *text)
{
    char out[OUT];
    char cut[OUT / 3];
    const char *url;

    mask_text(out, sizeof(out), text);
    must(strlen(out) < sizeof(out));
    mask_text(cut, sizeof(cut), text);
    must(strncmp(out, cut, strlen(cut)) == 0);
    for (url = strstr(out, "://"); url; url = strstr(url + 3, "://")) {
        const char *slash = url + 3 + strcspn(url + 3, "/ \t\r\n\"<>");

        must(*slash != '/' || strncmp(slash, "/" MASK, 4) == 0 || !slash[1] ||
             strchr(" \t\r\n\"<>", slash[1]) || strlen(out) == sizeof(out) - 1);
    }
    mask_credentials(out, sizeof(out), text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = xmalloc(n + 1);

    memcpy(text, data, n);
    text[n] = '\0';
    check_date(text);
    check_cron(text);
    check_mask(text);
    free(text);
    return 0;
}
