/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_int.h"

/* Decodes Transfer-Encoding: chunked; CRLF and nothing else ends a line. */

void chunked_done(struct chunked *c)
{
    buf_done(&c->trailers);
}

static int hex_value(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch |= 0x20;
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* One byte of the line with the size. */
static int size_byte(struct chunked *c, char ch)
{
    int v = hex_value(ch);

    if (v >= 0) {
        if (++c->digits > 12) /* 256 TiB */
            return -1;
        c->left = c->left * 16 + (uint64_t)v;
        return 0;
    }
    if (c->digits == 0)
        return -1;
    if (ch == ';')
        c->state = CHUNK_EXTENSION;
    else if (ch == '\r')
        c->state = CHUNK_SIZE_LF;
    else
        return -1;
    return 0;
}

static int extension_byte(struct chunked *c, char ch)
{
    if (++c->overhead > HEAD_MAX || ch == '\n')
        return -1;
    if (ch == '\r')
        c->state = CHUNK_SIZE_LF;
    return 0;
}

/* The trailers are checked and thrown away: nothing here reads them. */
static int trailer_byte(struct chunked *c, char ch)
{
    size_t end;

    buf_putc(&c->trailers, ch);
    switch (guard_scan(&c->guard, c->trailers.data, c->trailers.len, &end)) {
    case GUARD_MORE:
        return 0;
    case GUARD_DONE:
        c->state = CHUNK_END;
        return 0;
    case GUARD_BAD:
    case GUARD_LONG:
        break;
    }
    return -1;
}

static int framing_byte(struct chunked *c, char ch)
{
    switch (c->state) {
    case CHUNK_SIZE:
        return size_byte(c, ch);
    case CHUNK_EXTENSION:
        return extension_byte(c, ch);
    case CHUNK_SIZE_LF:
        c->state = c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
        c->trailers.max = HEAD_MAX;
        return ch == '\n' ? 0 : -1;
    case CHUNK_DATA_CR:
        c->state = CHUNK_DATA_LF;
        return ch == '\r' ? 0 : -1;
    case CHUNK_DATA_LF:
        c->state = CHUNK_SIZE;
        c->digits = 0;
        return ch == '\n' ? 0 : -1;
    case CHUNK_TRAILER:
        return trailer_byte(c, ch);
    case CHUNK_DATA:
    case CHUNK_END:
        break;
    }
    return -1;
}

int64_t chunked_feed(struct chunked *c, const char *p, size_t n, struct buf *out)
{
    size_t at = 0;

    while (at < n && c->state != CHUNK_END && !out->full) {
        if (c->state == CHUNK_DATA) {
            size_t part = n - at < c->left ? n - at : (size_t)c->left;

            buf_add(out, p + at, part);
            at += part;
            c->left -= part;
            if (c->left == 0)
                c->state = CHUNK_DATA_CR;
        } else if (framing_byte(c, p[at++]) < 0) {
            return -1;
        }
    }
    return (int64_t)at;
}
