/* SPDX-License-Identifier: Apache-2.0 */
#include "node/page.h"

#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "base/str.h"

#define PAGE_ROOT "/marketplace"

static const struct http_header guards[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
     "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
};

static const struct page_file *find(const char *path)
{
    size_t i;

    for (i = 0; i < page_file_count; i++)
        if (str_eq(page_files[i].path, path))
            return &page_files[i];
    return NULL;
}

static bool is_under(const char *path, const char *root)
{
    size_t n = strlen(root);

    return strncasecmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool is_login(const char *path)
{
    return is_under(path, "/auth/login") || is_under(path, "/auth/3bot_callback") ||
           is_under(path, "/auth/siwe") || is_under(path, "/auth/dev");
}

enum page_budget page_budget(const char *path)
{
    if (str_eq(path, "/.atoll/check"))
        return PAGE_BUDGET_GATE;
    if (is_login(path))
        return PAGE_BUDGET_LOGIN;
    if (is_under(path, PAGE_ROOT "/api") || is_under(path, "/auth") || is_under(path, "/chatflows"))
        return PAGE_BUDGET_CALLS;
    return is_under(path, PAGE_ROOT) ? PAGE_BUDGET_FILES : PAGE_BUDGET_NONE;
}

bool page_has(const char *path)
{
    return str_eq(path, PAGE_ROOT) || find(path) != NULL;
}

/* "q=0", "q=0.0": the client does not want what stands before it. */
static bool is_unwanted(const char *parameter)
{
    parameter += strspn(parameter, "; \t");
    if (strncasecmp(parameter, "q=0", 3) != 0)
        return false;
    parameter += 3;
    return parameter[strspn(parameter, ".0")] == '\0';
}

/* Whether Accept-Encoding names a coding; "*" is as good as nothing here. */
static bool accepts(const struct http_request *r, const char *coding)
{
    const char *rest = http_header_get(r, "accept-encoding");
    size_t n = strlen(coding);
    char *item;

    while (rest && (item = str_next(r->arena, &rest, ','))) {
        item += strspn(item, " \t");
        if (strncasecmp(item, coding, n) == 0 && strchr("; \t", item[n]))
            return !is_unwanted(item + n);
    }
    return false;
}

static void set_body(const struct http_request *r, const struct page_file *f,
                     struct http_reply *reply)
{
    reply->bytes = f->plain;
    if (f->gzip.n == 0 && f->brotli.n == 0)
        return;
    http_reply_header(reply, "Vary", "Accept-Encoding");
    if (f->brotli.n > 0 && accepts(r, "br")) {
        reply->bytes = f->brotli;
        http_reply_header(reply, "Content-Encoding", "br");
    } else if (f->gzip.n > 0 && accepts(r, "gzip")) {
        reply->bytes = f->gzip;
        http_reply_header(reply, "Content-Encoding", "gzip");
    }
}

void page_answer(const struct http_request *r, struct http_reply *reply)
{
    const struct page_file *f = find(r->path);
    size_t i;

    for (i = 0; i < ARRAY_LEN(guards); i++)
        http_reply_header(reply, guards[i].name, guards[i].value);
    if (!f) {
        reply->status = 301;
        http_reply_header(reply, "Location", PAGE_ROOT "/");
        return;
    }
    http_reply_header(reply, "Content-Type", f->type);
    http_reply_header(reply, "Cache-Control",
                      f->fixed ? "public, max-age=31536000, immutable" : "no-cache");
    set_body(r, f, reply);
}
