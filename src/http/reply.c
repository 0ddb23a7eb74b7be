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
    if (reply->kind == HTTP_SINK)
        reply->sink.close(reply->sink.ctx);
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

/* The part behind "bytes=-": the last n bytes. */
static int suffix_range(const char *s, int64_t total, int64_t *ret_first)
{
    int64_t n;

    if (!number(&s, &n) || *s)
        return 0;
    if (n == 0 || total == 0)
        return -1;
    *ret_first = n < total ? total - n : 0;
    return 1;
}

static int plain_range(const char *s, int64_t total, int64_t *ret_first, int64_t *ret_last)
{
    if (!number(&s, ret_first) || *s++ != '-')
        return 0;
    if (*s && (!number(&s, ret_last) || *s || *ret_last < *ret_first))
        return 0;
    if (*ret_first >= total)
        return -1;
    if (*ret_last >= total)
        *ret_last = total - 1;
    return 1;
}

int http_range_parse(const char *header, int64_t total, int64_t *ret_offset, int64_t *ret_size)
{
    int64_t first = 0;
    int64_t last = total - 1;
    int found;

    if (!header || !str_starts(header, "bytes="))
        return 0;
    header += strlen("bytes=");
    if (*header == '-')
        found = suffix_range(header + 1, total, &first);
    else
        found = plain_range(header, total, &first, &last);
    if (found != 1)
        return found;
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
