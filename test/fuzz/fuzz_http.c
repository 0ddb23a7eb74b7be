/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No text that a request is made of holds what could end a line. */
static void check_text(const char *s)
{
    must(s[strcspn(s, "\r\n")] == '\0');
}

static void check_request(const struct http_request *r)
{
    size_t i;

    must(r->method && r->path[0] == '/' && r->target);
    must(!strstr(r->path, "//"));
    for (i = 0; i < r->header_count; i++) {
        must(*r->headers[i].name);
        check_text(r->headers[i].name);
        check_text(r->headers[i].value);
        must(strcspn(r->headers[i].name, " \t:") == strlen(r->headers[i].name));
    }
    for (i = 0; i < r->query_count; i++)
        must(r->query[i].name && r->query[i].value);
}

/* The body in pieces of every size must come out as it does at once. */
static void check_chunks(const char *p, size_t n)
{
    _buf_ struct buf whole = BUF_INIT(1 << 20);
    _buf_ struct buf pieces = BUF_INIT(1 << 20);
    struct chunked one = {0};
    struct chunked many = {0};
    int64_t used = chunked_feed(&one, p, n, &whole);
    int64_t sum = 0;
    int64_t part = 0;
    size_t at;

    for (at = 0; at < n && part >= 0 && many.state != CHUNK_END; at++) {
        part = chunked_feed(&many, p + at, 1, &pieces);
        sum += part;
    }
    must((used < 0) == (part < 0));
    if (used >= 0)
        must(used == sum && whole.len == pieces.len &&
             memcmp(buf_str(&whole), buf_str(&pieces), whole.len) == 0);
    chunked_done(&one);
    chunked_done(&many);
}

/* The way of bytes up to the request: guard, parser, path and query, chunks. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    struct http_request r = {.arena = a};
    const char *p = (const char *)data;
    struct guard g = {0};
    struct guard slow = {0};
    struct head head;
    size_t end = 0;
    size_t slow_end = 0;
    size_t n = 0;
    enum guard_verdict verdict = guard_scan(&g, p, size, &end);
    enum guard_verdict again = GUARD_MORE;

    while (again == GUARD_MORE && n < size)
        again = guard_scan(&slow, p, ++n, &slow_end);
    must(again == verdict && (verdict != GUARD_DONE || slow_end == end));
    if (verdict != GUARD_DONE || end <= 2)
        return 0;
    if (head_parse(arena_strndup(a, p, end), end, g.lines, &r, &head) < 0)
        return 0;
    check_request(&r);
    must(r.header_count == g.lines - 2); /* all but the request's line and the empty one */
    if (head.chunked)
        check_chunks(p + end, size - end);
    return 0;
}
