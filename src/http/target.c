/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "http/http_int.h"

enum { PARAMS_MAX = 1000 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Undoes %XX (and '+' in a query) from s[n] into the arena. A broken escape stays as it is in a
 * query, as clients of the protocol do not escape; in a path, and for a NUL, it is an error.
 */
static char *decode(struct arena *a, const char *s, size_t n, bool query)
{
    char *out = arena_alloc(a, n + 1);
    size_t len = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        char ch = s[i];

        if (ch == '%') {
            int hi = i + 2 < n ? hex_digit(s[i + 1]) : -1;
            int lo = i + 2 < n ? hex_digit(s[i + 2]) : -1;

            if (hi >= 0 && lo >= 0) {
                ch = (char)(hi * 16 + lo);
                if (ch == '/' && !query)
                    ch = HTTP_PATH_SLASH;
                i += 2;
            } else if (!query) {
                return NULL;
            }
            if (ch == '\0')
                return NULL;
        } else if (ch == '+' && query) {
            ch = ' ';
        }
        out[len++] = ch;
    }
    out[len] = '\0';
    return out;
}

static void collapse_slashes(char *path)
{
    char *to = path;
    const char *from;

    for (from = path; *from; from++)
        if (*from != '/' || to == path || to[-1] != '/')
            *to++ = *from;
    *to = '\0';
}

static size_t count_params(const char *q)
{
    size_t n = 1;

    for (; *q; q++)
        n += *q == '&';
    return n < PARAMS_MAX ? n : PARAMS_MAX;
}

static int parse_query(struct http_request *r, const char *q)
{
    size_t max = count_params(q);
    struct http_param *params = arena_calloc(r->arena, max, sizeof(*params));

    while (*q && r->query_count < max) {
        size_t n = strcspn(q, "&");
        const char *eq = memchr(q, '=', n);
        size_t name_len = eq ? (size_t)(eq - q) : n;
        struct http_param *p = &params[r->query_count];

        if (n > 0) {
            p->name = decode(r->arena, q, name_len, true);
            p->value = eq ? decode(r->arena, eq + 1, n - name_len - 1, true) : "";
            if (!p->name || !p->value)
                return -1;
            r->query_count++;
        }
        q += n + (q[n] == '&');
    }
    r->query = params;
    return 0;
}

int http_target_parse(struct http_request *r)
{
    const char *s = r->target;
    const char *end;
    char *path;

    if (str_starts(s, "http://") || str_starts(s, "https://")) { /* as sent to a proxy */
        s = strchr(s + strlen(s[4] == 's' ? "https://" : "http://"), '/');
        if (!s)
            s = "/";
    }
    if (*s != '/')
        return -1;
    end = s + strcspn(s, "?#");
    path = decode(r->arena, s, (size_t)(end - s), false);
    if (!path)
        return -1;
    collapse_slashes(path);
    r->path = path;
    if (*end != '?')
        return 0;
    return parse_query(r, arena_strndup(r->arena, end + 1, strcspn(end + 1, "#")));
}
