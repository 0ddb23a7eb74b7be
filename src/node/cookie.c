/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cookie.h"

#include <string.h>

#include "base/str.h"

enum { VALUE_MAX = 512 };

static const char *full_name(const struct http_request *r, const char *name)
{
    return r->secure ? arena_printf(r->arena, "__Host-%s", name) : name;
}

/* The value of one "name=value"; NULL when it is another's. */
static const char *value_of(const struct http_request *r, const char *pair, size_t n,
                            const char *name)
{
    size_t len = strlen(name);

    if (n <= len || n > len + VALUE_MAX || strncmp(pair, name, len) != 0 || pair[len] != '=')
        return NULL;
    return arena_strndup(r->arena, pair + len + 1, n - len - 1);
}

const char *cookie_get(const struct http_request *r, const char *name)
{
    const char *full = full_name(r, name);
    const char *found = NULL;
    size_t i;

    for (i = 0; i < r->header_count; i++) {
        const char *s = r->headers[i].value;

        if (!str_eq(r->headers[i].name, "cookie"))
            continue;
        while (*s) {
            size_t n;
            const char *value;

            s += strspn(s, "; ");
            n = strcspn(s, ";");
            value = value_of(r, s, n, full);
            if (value && found && !str_eq(value, found))
                return NULL; /* which of them is ours cannot be said */
            found = value ? value : found;
            s += n;
        }
    }
    return found && *found ? found : NULL;
}

void cookie_set(struct task *t, const char *name, const char *value, int64_t seconds)
{
    const struct http_request *r = t->request;

    reply_header(t, "Set-Cookie",
                 arena_printf(t->arena, "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
                              full_name(r, name), value, (long long)seconds,
                              r->secure ? "; Secure" : ""));
}
