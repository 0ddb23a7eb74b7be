/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { HEX_SECRET = 128, HEX_SHOWN = 8, TOKEN_MIN = 20 };

struct output {
    char *p;
    size_t cap;
    size_t n;
};

static void put(struct output *o, const char *s, size_t n)
{
    size_t room = o->cap - 1 - o->n;

    if (n > room)
        n = room;
    memcpy(o->p + o->n, s, n);
    o->n += n;
}

static void put_mask(struct output *o)
{
    put(o, MASK, sizeof(MASK) - 1);
}

/* Where a URL in running text ends, at the latest: it is better to hide too much. */
static size_t url_span(const char *s)
{
    return strcspn(s, " \t\r\n\"<>");
}

/* s follows "://". Answers how much of it was used. */
static size_t mask_url(struct output *o, const char *s, bool keep_path)
{
    size_t n = url_span(s);
    size_t host = strcspn(s, "/?#");
    size_t end;
    const char *at;

    if (host > n)
        host = n;
    at = memrchr(s, '@', host);
    if (at) {
        put_mask(o);
        put(o, at, (size_t)(s + host - at));
    } else {
        put(o, s, host);
    }
    if (keep_path) {
        end = strcspn(s, "?#");
        end = end < n ? end : n;
        put(o, s + host, end - host);
        if (end < n) {
            put(o, s + end, 1);
            put_mask(o);
        }
    } else if (n - host > 1) {
        put(o, "/", 1);
        put_mask(o);
    } else {
        put(o, s + host, n - host);
    }
    return n;
}

static size_t token_span(const char *s)
{
    size_t n = 0;

    while (isalnum((unsigned char)s[n]) || s[n] == '-' || s[n] == '_' || s[n] == '.')
        n++;
    return n;
}

/* A word that may be a secret begins here; how much of the text was used, 0: nothing special. */
static size_t mask_word(struct output *o, const char *s)
{
    size_t n = 0;

    if (strncmp(s, "eyJ", 3) == 0 && (n = token_span(s)) >= TOKEN_MIN) {
        put(o, s, 3);
        put_mask(o);
        return n;
    }
    for (n = 0; isxdigit((unsigned char)s[n]);)
        n++;
    if (n < HEX_SECRET) {
        put(o, s, n);
        return n;
    }
    put(o, s, HEX_SHOWN);
    put_mask(o);
    return n;
}

static void mask(char *out, size_t cap, const char *text, bool keep_path)
{
    struct output o = {out, cap, 0};

    while (*text && o.n + 1 < cap) {
        size_t used = 0;

        if (strncmp(text, "://", 3) == 0) {
            put(&o, text, 3);
            text += 3;
            text += mask_url(&o, text, keep_path);
            continue;
        }
        used = mask_word(&o, text);
        if (used == 0)
            put(&o, text, used = 1);
        text += used;
    }
    out[o.n] = '\0';
}

void mask_text(char *out, size_t cap, const char *text)
{
    mask(out, cap, text, false);
}

void mask_credentials(char *out, size_t cap, const char *text)
{
    mask(out, cap, text, true);
}
