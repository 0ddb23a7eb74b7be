/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "node/task.h"

static const char json_type_name[] = "application/json; charset=utf-8";

void reply_status(struct task *t, int status)
{
    t->reply->status = status;
}

void reply_header(struct task *t, const char *name, const char *value)
{
    http_reply_header(t->reply, name, arena_strdup(t->arena, value));
}

int reply_bytes(struct task *t, const char *type, const void *p, size_t n)
{
    t->reply->kind = HTTP_BYTES;
    t->reply->bytes = (struct bytes){arena_memdup(t->arena, p, n), n};
    http_reply_header(t->reply, "Content-Type", type);
    return 0;
}

/* Lone surrogates of a request, which JSON's texts keep, are no UTF-8: U+FFFD for each. */
static void replace_surrogates(char *p, size_t n)
{
    size_t i;

    for (i = 0; i + 2 < n; i++)
        if ((unsigned char)p[i] == 0xed && (unsigned char)p[i + 1] >= 0xa0)
            memcpy(p + i, "\xef\xbf\xbd", 3);
}

int reply_text(struct task *t, const char *text)
{
    size_t n = strlen(text);
    char *clean = arena_strndup(t->arena, text, n);

    replace_surrogates(clean, n);
    return reply_bytes(t, "text/plain; charset=utf-8", clean, n);
}

int reply_json(struct task *t, const struct json *v)
{
    const char *text = json_text(t->arena, v);

    t->reply->kind = HTTP_BYTES;
    t->reply->bytes = (struct bytes){(const uint8_t *)text, strlen(text)};
    http_reply_header(t->reply, "Content-Type", json_type_name);
    return 0;
}

int reply_json_text(struct task *t, const char *text)
{
    return reply_bytes(t, json_type_name, text, strlen(text));
}

int reply_json_string(struct task *t, const char *text)
{
    return reply_json(t, json_new_str(t->arena, text));
}

int reply_file_from(struct task *t, int fd, int64_t offset, const struct reply_file *f)
{
    t->reply->kind = HTTP_FILE;
    t->reply->file.fd = fd;
    t->reply->file.offset = offset;
    t->reply->file.size = f->size - offset;
    http_reply_header(t->reply, "Content-Type", arena_strdup(t->arena, f->type));
    if (f->name)
        http_reply_header(t->reply, "Content-Disposition",
                          arena_printf(t->arena, "attachment;filename=%s", f->name));
    http_reply_range(t->request, t->reply);
    return 0;
}

int reply_file(struct task *t, int fd, int64_t size, const char *type, const char *name)
{
    return reply_file_from(t, fd, 0, &(struct reply_file){size, type, name});
}

int reply_stream(struct task *t, const struct http_stream *stream, const char *type)
{
    t->reply->kind = HTTP_STREAM;
    t->reply->stream = *stream;
    http_reply_header(t->reply, "Content-Type", arena_strdup(t->arena, type));
    return 0;
}
