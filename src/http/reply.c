/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "base/str.h"
#include "http/http_int.h"

void http_reply_header(struct http_reply *reply, const char *name, const char *value)
{
    must(reply->header_count < ARRAY_LEN(reply->headers));
    reply->headers[reply->header_count++] = (struct http_header){name, value};
}

void http_reply_text(struct http_reply *reply, int status, const char *type, const char *text)
{
    reply->status = status;
    reply->kind = HTTP_BYTES;
    reply->bytes = (struct bytes){(const uint8_t *)text, strlen(text)};
    http_reply_header(reply, "Content-Type", type);
}

void reply_refused(const struct http_request *r, struct http_reply *reply, const struct err *e)
{
    http_reply_text(reply, err_status(e->code), "text/plain; charset=utf-8",
                    arena_strdup(r->arena, e->msg));
}

void http_reply_drop(struct http_reply *reply)
{
    if (reply->kind == HTTP_FILE && reply->file.fd >= 0)
        close(reply->file.fd);
    if (reply->kind == HTTP_STREAM && reply->stream.close)
        reply->stream.close(reply->stream.ctx);
    *reply = (struct http_reply){.status = 200};
}

/* Digits up to a '-' or the end; false when there are none or too many. */
static bool number(const char **s, int64_t *ret)
{
    size_t n = strspn(*s, "0123456789");
    int64_t v = 0;
    size_t i;

    if (n == 0 || n > 18)
        return false;
    for (i = 0; i < n; i++)
        v = v * 10 + ((*s)[i] - '0');
    *s += n;
    *ret = v;
    return true;
}

int http_range_parse(const char *header, int64_t total, int64_t *ret_offset, int64_t *ret_size)
{
    const char *s = header;
    int64_t first = 0;
    int64_t last = total - 1;

    if (!s || !str_starts(s, "bytes="))
        return 0;
    s += strlen("bytes=");
    if (*s == '-') { /* the last n bytes */
        s++;
        if (!number(&s, &first) || *s)
            return 0;
        if (first == 0 || total == 0)
            return -1;
        first = first < total ? total - first : 0;
    } else {
        if (!number(&s, &first) || *s++ != '-')
            return 0;
        if (*s && (!number(&s, &last) || *s || last < first))
            return 0;
        if (first >= total)
            return -1;
        if (last >= total)
            last = total - 1;
    }
    *ret_offset = first;
    *ret_size = last - first + 1;
    return 1;
}

void http_reply_range(const struct http_request *r, struct http_reply *reply)
{
    int64_t total = reply->file.size;
    int64_t offset = 0;
    int64_t size = 0;
    int found = http_range_parse(http_header_get(r, "range"), total, &offset, &size);

    must(reply->kind == HTTP_FILE);
    http_reply_header(reply, "Accept-Ranges", "bytes");
    if (found == 0)
        return;
    if (found < 0) {
        close(reply->file.fd);
        reply->kind = HTTP_BYTES;
        reply->bytes = (struct bytes){0};
        reply->status = 416;
        http_reply_header(reply, "Content-Range",
                          arena_printf(r->arena, "bytes */%lld", (long long)total));
        return;
    }
    reply->status = 206;
    http_reply_header(reply, "Content-Range",
                      arena_printf(r->arena, "bytes %lld-%lld/%lld", (long long)offset,
                                   (long long)(offset + size - 1), (long long)total));
    reply->file.offset += offset;
    reply->file.size = size;
}
