/* SPDX-License-Identifier: Apache-2.0 */
#include <llhttp.h>
#include <string.h>

#include "base/str.h"
#include "http/http_int.h"

/*
 * llhttp reads the header block, which lies in memory as a whole; the body's framing is our own
 * (chunked.c), stricter than that of 8.1.0.
 */
struct glue {
    char *target;
    size_t target_len;
    struct http_header *headers;
    size_t *name_len;
    size_t *value_len;
    size_t count;
    size_t max;
    bool in_value; /* the last header has a value already */
    bool split;    /* a piece did not follow the one before */
};

static int on_url(llhttp_t *p, const char *at, size_t n)
{
    struct glue *g = p->data;

    if (g->target && g->target + g->target_len != at)
        g->split = true;
    if (!g->target)
        g->target = (char *)(uintptr_t)at;
    g->target_len += n;
    return 0;
}

static int on_field(llhttp_t *p, const char *at, size_t n)
{
    struct glue *g = p->data;

    if (g->count == 0 || g->in_value) {
        if (g->count == g->max)
            return HPE_USER;
        g->headers[g->count].name = at;
        g->count++;
        g->in_value = false;
    } else if (g->headers[g->count - 1].name + g->name_len[g->count - 1] != at) {
        g->split = true;
    }
    g->name_len[g->count - 1] += n;
    return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t n)
{
    struct glue *g = p->data;
    size_t i = g->count - 1;

    g->in_value = true;
    if (g->value_len[i] == 0)
        g->headers[i].value = at;
    else if (g->headers[i].value + g->value_len[i] != at)
        g->split = true;
    g->value_len[i] += n;
    return 0;
}

static int on_value_complete(llhttp_t *p)
{
    ((struct glue *)p->data)->in_value = true;
    return 0;
}

/* The parser stops here: what follows is no business of its. */
static int on_headers_complete(llhttp_t *p)
{
    (void)p;
    return HPE_PAUSED;
}

static void settings_init(llhttp_settings_t *s)
{
    llhttp_settings_init(s);
    s->on_url = on_url;
    s->on_header_field = on_field;
    s->on_header_value = on_value;
    s->on_header_value_complete = on_value_complete;
    s->on_headers_complete = on_headers_complete;
}

/*
 * Ends names and values in place (a ':' or CR follows each) and lowers the names. -1: no name, or a
 * blank in one, which the parser lets through unless it was built to be strict.
 */
static int terminate(struct glue *g)
{
    size_t i;
    size_t k;

    g->target[g->target_len] = '\0';
    for (i = 0; i < g->count; i++) {
        char *name = (char *)(uintptr_t)g->headers[i].name;
        char *value = (char *)(uintptr_t)g->headers[i].value;
        size_t n = g->value_len[i];

        if (g->name_len[i] == 0)
            return -1;
        for (k = 0; k < g->name_len[i]; k++) {
            if (name[k] == ' ' || name[k] == '\t')
                return -1;
            if (name[k] >= 'A' && name[k] <= 'Z')
                name[k] |= 0x20;
        }
        name[k] = '\0';
        if (n == 0) { /* llhttp may have seen it where the next line begins */
            g->headers[i].value = "";
            continue;
        }
        while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
            n--;
        value[n] = '\0';
    }
    return 0;
}

/* One coding, the one that ends the body; no other is undone here. */
static bool is_framed(const llhttp_t *p, const struct http_request *r, bool http10)
{
    const char *coding = http_header_get(r, "transfer-encoding");

    return !coding || (str_ieq(coding, "chunked") && (p->flags & F_CHUNKED) &&
                       !(p->flags & F_CONTENT_LENGTH) && !http10);
}

static int take(const llhttp_t *p, struct http_request *r, struct head *ret)
{
    size_t hosts = 0;
    size_t i;
    const char *expect = http_header_get(r, "expect");
    bool http10 = p->http_major == 1 && p->http_minor == 0;

    for (i = 0; i < r->header_count; i++)
        hosts += str_eq(r->headers[i].name, "host");
    if (p->http_major != 1 || p->http_minor > 1 || hosts > 1 || (!http10 && hosts == 0))
        return -1;
    if (!is_framed(p, r, http10) || p->method == HTTP_CONNECT)
        return -1;
    *ret = (struct head){.keep_alive = llhttp_should_keep_alive(p),
                         .http10 = http10,
                         .chunked = (p->flags & F_CHUNKED) != 0,
                         .has_length = (p->flags & F_CONTENT_LENGTH) != 0,
                         .expects = expect && str_ieq(expect, "100-continue"),
                         .length = p->content_length};
    r->http10 = http10;
    r->head = p->method == HTTP_HEAD;
    r->method = r->head ? "GET" : llhttp_method_name((llhttp_method_t)p->method);
    return 0;
}

int head_parse(char *text, size_t n, size_t lines, struct http_request *r, struct head *ret)
{
    struct glue g = {.max = lines};
    llhttp_settings_t settings;
    llhttp_t parser;
    enum llhttp_errno code;

    g.headers = arena_calloc(r->arena, lines, sizeof(*g.headers));
    g.name_len = arena_calloc(r->arena, 2 * lines, sizeof(*g.name_len));
    g.value_len = g.name_len + lines;
    settings_init(&settings);
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &g;
    code = llhttp_execute(&parser, text, n);
    if (code != HPE_PAUSED || !g.target || g.split || terminate(&g) < 0)
        return -1;
    r->target = g.target;
    r->headers = g.headers;
    r->header_count = g.count;
    if (take(&parser, r, ret) < 0)
        return -1;
    return http_target_parse(r);
}

const char *http_header_get(const struct http_request *r, const char *lower_case_name)
{
    size_t i;

    for (i = 0; i < r->header_count; i++)
        if (str_eq(r->headers[i].name, lower_case_name))
            return r->headers[i].value;
    return NULL;
}

const char *http_query_get(const struct http_request *r, const char *name)
{
    size_t i;

    for (i = 0; i < r->query_count; i++)
        if (str_eq(r->query[i].name, name))
            return r->query[i].value;
    return NULL;
}
