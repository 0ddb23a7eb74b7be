/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "base/range.h"
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
    if (reply->kind == HTTP_SOCKET)
        reply->socket.close(reply->socket.ctx);
    if (reply->kind == HTTP_SINK)
        reply->sink.close(reply->sink.ctx);
    *reply = (struct http_reply){.status = 200};
}

/* The Range header; If-Range must name the ETag that the reply has. */
static const char *wanted_range(const struct http_request *r, const struct http_reply *reply)
{
    const char *tag = http_header_get(r, "if-range");
    size_t i;

    for (i = 0; tag && i < reply->header_count; i++)
        if (str_ieq(reply->headers[i].name, "etag") && str_eq(reply->headers[i].value, tag))
            tag = NULL;
    return tag ? NULL : http_header_get(r, "range");
}

void http_reply_range(const struct http_request *r, struct http_reply *reply)
{
    int64_t total = reply->file.size;
    int64_t offset = 0;
    int64_t size = 0;
    int found = range_parse(wanted_range(r, reply), total, &offset, &size);

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
