/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "client/client_int.h"
#include "crypto/random.h"

/*
 * What a person asks of a marketplace. A wallet's key makes a token once for each run, and the
 * token stands for it.
 */

enum {
    TOKEN_TRIES = 10,
    TOKEN_PAUSE_MS = 40,
    TOKEN_MS = 6 * 3600 * 1000,
    EVENT_MAX = 1048576, /* bytes of one event */
    CHUNK = 16384,
    SILENCE_MS = 120000 /* the node says something at least every half minute */
};

static int ask_token(struct client *c, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct json *body = json_new_object(a);
    struct client_signature s;

    if (client__sign(c, "createAuthToken", &s, e) < 0)
        return -1;
    json_set_str(a, body, "address", s.address);
    json_set_str(a, body, "nonce", s.nonce);
    json_set_str(a, body, "signature", s.signature);
    json_set_int(a, body, "validUntil", clock_ms() + TOKEN_MS);
    return client__post(c, c->config->node_url, "/api/services/auth/token", body, ret, e);
}

/* Another program may log in with the same key just now, and be faster with the same nonce. */
static int make_token(struct client *c, struct err *e)
{
    struct json *answer;
    uint8_t dice;
    int tries = 0;

    if (c->token)
        return 0;
    while (ask_token(c, &answer, e) < 0) {
        if (++tries == TOKEN_TRIES || !strstr(e->msg, "is not a valid nonce"))
            return err_wrap(e, "log in");
        random_bytes(&dice, sizeof(dice));
        clock_sleep_ms(dice % (TOKEN_PAUSE_MS * tries));
    }
    c->token = arena_strdup(c->life, json_get_str(answer, "token", ""));
    return 0;
}

const char *client__token(struct client *c, struct err *e)
{
    return make_token(c, e) < 0 ? NULL : c->token;
}

/* A question of client.h as net has it; headers has room for two. */
static void fill(struct client *c, const struct client_question *q, struct net_header *headers,
                 struct net_request *r)
{
    *r = (struct net_request){.method = q->method ? q->method : "GET",
                              .url = arena_printf(c->arena, "%s%s", c->config->node_url, q->path),
                              .headers = headers,
                              .header_count = 1};
    headers[0] = (struct net_header){"Authorization", c->token};
    if (q->body || !str_eq(r->method, "GET")) {
        headers[r->header_count++] = (struct net_header){"Content-Type", "application/json"};
        r->body = q->body ? json_text(c->arena, q->body) : "{}";
        r->body_len = strlen(r->body);
    }
}

int client_ask_any(struct client *c, const struct client_question *q, int *ret_status,
                   struct json **ret, struct err *e)
{
    struct net_header headers[2];
    struct net_response response;
    struct net_request r;

    if (make_token(c, e) < 0)
        return -1;
    fill(c, q, headers, &r);
    if (net_call(c->net, c->arena, &r, &response, e) < 0)
        return err_wrap(e, "no answer from the node");
    if (json_parse(c->arena, response.body.p, response.body.n, ret, e) < 0)
        return response.status >= 400 ? client__refusal(response.status, response.body.p, e)
                                      : err_wrap(e, "the node's answer");
    *ret_status = response.status;
    return 0;
}

int client_ask(struct client *c, const struct client_question *q, struct json **ret, struct err *e)
{
    struct json *answer;
    int status;

    if (client_ask_any(c, q, &status, &answer, e) < 0)
        return -1;
    if (status >= 400)
        return client__refusal(status, json_text(c->arena, answer), e);
    *ret = answer;
    return 0;
}

int client_accept_terms(struct client *c, struct err *e)
{
    struct json *body = json_new_object(c->arena);
    struct json *answer;

    if (client__get(c, c->config->node_url, "/auth/terms", &answer, e) < 0)
        return -1;
    json_set_str(c->arena, body, "hash", json_get_str(answer, "hash", ""));
    return client_ask(c, &(struct client_question){"POST", "/auth/terms", body}, &answer, e);
}

/* --- events --- */

struct events {
    struct client *c;
    struct buf line;
    int (*event)(void *ctx, const struct json *v, struct err *e);
    void *ctx;
};

/* One line of an event stream; 1 when the reader has seen enough. */
static int take_line(struct events *s, struct err *e)
{
    const char *text = buf_str(&s->line);
    _arena_ struct arena *a = arena_new();
    struct json *v;

    if (!str_starts(text, "data:")) /* comments keep the connection open */
        return 0;
    text += 5;
    if (json_parse(a, text, strlen(text), &v, e) < 0)
        return err_wrap(e, "the node's event");
    return s->event(s->ctx, v, e);
}

static int take(struct events *s, const char *p, size_t n, struct err *e)
{
    size_t i;
    int r;

    for (i = 0; i < n; i++) {
        if (p[i] != '\n') {
            buf_putc(&s->line, p[i]);
            continue;
        }
        r = s->line.full ? failed(e, TOO_LARGE, "the node's event is too large") : take_line(s, e);
        buf_reset(&s->line);
        if (r != 0)
            return r;
    }
    return 0;
}

int client_events(struct client *c, const char *path,
                  int (*event)(void *ctx, const struct json *v, struct err *e), void *ctx,
                  struct err *e)
{
    struct events s = {.c = c, .line = BUF_INIT(EVENT_MAX), .event = event, .ctx = ctx};
    struct net_header headers[2];
    struct net_response response;
    _stream_ struct stream *stream = NULL;
    struct net_request r;
    char chunk[CHUNK];
    int64_t n = 0;
    int done = 0;

    if (make_token(c, e) < 0)
        return -1;
    fill(c, &(struct client_question){"GET", path, NULL}, headers, &r);
    r.timeout_ms = SILENCE_MS;
    if (net_open(c->net, c->arena, &r, &response, &stream, e) < 0)
        return err_wrap(e, "no answer from the node");
    if (response.status >= 400)
        return client__refusal(response.status, "", e);
    while (done == 0 && (n = stream_read(stream, chunk, sizeof(chunk), e)) > 0)
        done = take(&s, chunk, (size_t)n, e);
    buf_done(&s.line);
    return n < 0 || done < 0 ? -1 : 0;
}

const char *client_escape(struct client *c, const char *text)
{
    return client__escape(c->arena, text);
}

int client_read(struct client *c, const char *path, int fd, struct err *e)
{
    struct net_header headers[2];
    struct net_response response;
    _stream_ struct stream *stream = NULL;
    _buf_ struct buf refusal = BUF_INIT(CHUNK);
    struct net_request r;
    char chunk[CHUNK];
    int64_t n;

    if (make_token(c, e) < 0)
        return -1;
    fill(c, &(struct client_question){"GET", path, NULL}, headers, &r);
    r.timeout_ms = -1;
    if (net_open(c->net, c->arena, &r, &response, &stream, e) < 0)
        return err_wrap(e, "no answer from the node");
    while ((n = stream_read(stream, chunk, sizeof(chunk), e)) > 0) {
        if (response.status >= 400)
            buf_add(&refusal, chunk, (size_t)n);
        else if (fs_write_all(fd, chunk, (size_t)n, e) < 0)
            return -1;
    }
    if (response.status >= 400)
        return client__refusal(response.status, buf_str(&refusal), e);
    return n < 0 ? -1 : 0;
}
