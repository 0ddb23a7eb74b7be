/* SPDX-License-Identifier: Apache-2.0 */
#include "client/socket.h"

#include <poll.h>
#include <string.h>
#include <wslay/wslay.h>

#include "base/must.h"
#include "base/str.h"
#include "client/client_int.h"
#include "crypto/random.h"
#include "crypto/wskey.h"
#include "net/tunnel.h"

enum { MESSAGE_MAX = 1 << 20 };

struct client_socket {
    struct tunnel *tunnel;
    wslay_event_context_ptr ws;
    struct client_ears ears;
    bool over; /* the connection has ended */
};

/* --- what wslay calls --- */

static ssize_t result(struct client_socket *s, wslay_event_context_ptr ws, int64_t n)
{
    if (n > 0)
        return (ssize_t)n;
    s->over = s->over || n != TUNNEL_WAIT;
    wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
    return -1;
}

static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *buf, size_t len, int flags, void *ctx)
{
    struct client_socket *s = ctx;

    (void)flags;
    return result(s, ws, tunnel_read(s->tunnel, buf, len));
}

static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *p, size_t n, int flags, void *ctx)
{
    struct client_socket *s = ctx;

    (void)flags;
    return result(s, ws, tunnel_write(s->tunnel, p, n));
}

static int on_mask(wslay_event_context_ptr ws, uint8_t *buf, size_t len, void *ctx)
{
    (void)ws;
    (void)ctx;
    random_bytes(buf, len);
    return 0;
}

static void on_message(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *m,
                       void *ctx)
{
    struct client_socket *s = ctx;

    (void)ws;
    if (!wslay_is_ctrl_frame(m->opcode))
        s->ears.message(s->ears.ctx, m->opcode == WSLAY_TEXT_FRAME, m->msg, m->msg_length);
}

static const struct wslay_event_callbacks callbacks = {
    .recv_callback = on_recv,
    .send_callback = on_send,
    .genmask_callback = on_mask,
    .on_msg_recv_callback = on_message,
};

/* --- the handshake --- */

static int shake_hands(struct client *c, const struct net_request *r, const char *key,
                       struct tunnel **ret, struct err *e)
{
    char accept[WSACCEPT_SIZE];
    struct net_response response;
    struct tunnel *t;

    if (net_upgrade(c->net, c->arena, r, &response, &t, e) < 0)
        return err_wrap(e, "no answer from the node");
    if (!t)
        return client__refusal(response.status, response.body.p, e);
    wskey_accept(key, accept);
    if (!str_eq(net_header_get(&response, "sec-websocket-accept"), accept)) {
        tunnel_close(t);
        return failed(e, FAILED, "the node's answer is no WebSocket");
    }
    *ret = t;
    return 0;
}

int client_socket_open(struct client *c, const char *path, const struct client_ears *ears,
                       struct client_socket **ret, struct err *e)
{
    char key[WSKEY_SIZE];
    const struct net_header headers[] = {{"Authorization", client__token(c, e)},
                                         {"Upgrade", "websocket"},
                                         {"Connection", "Upgrade"},
                                         {"Sec-WebSocket-Version", "13"},
                                         {"Sec-WebSocket-Key", key}};
    const struct net_request r = {.url = arena_printf(c->arena, "%s%s", c->config->node_url, path),
                                  .headers = headers,
                                  .header_count = ARRAY_LEN(headers)};
    struct client_socket *s;
    struct tunnel *t = NULL;

    wskey_new(key);
    if (!headers[0].value || shake_hands(c, &r, key, &t, e) < 0)
        return -1;
    s = xcalloc(1, sizeof(*s));
    s->tunnel = t;
    s->ears = *ears;
    must(wslay_event_context_client_init(&s->ws, &callbacks, s) == 0);
    wslay_event_config_set_max_recv_msg_length(s->ws, MESSAGE_MAX);
    *ret = s;
    return 0;
}

/* --- messages --- */

int client_socket_fd(const struct client_socket *s)
{
    return tunnel_fd(s->tunnel);
}

short client_socket_events(const struct client_socket *s)
{
    return (short)(POLLIN | (wslay_event_want_write(s->ws) ? POLLOUT : 0));
}

int client_socket_go(struct client_socket *s, struct err *e)
{
    bool sound = wslay_event_recv(s->ws) == 0 && wslay_event_send(s->ws) == 0;

    if (!s->over && sound && (wslay_event_want_read(s->ws) || wslay_event_want_write(s->ws)))
        return 1;
    if (wslay_event_get_close_received(s->ws))
        return 0;
    return failed(e, FAILED, "the connection to the node has ended");
}

void client_socket_send(struct client_socket *s, bool text, const void *p, size_t n)
{
    const struct wslay_event_msg m = {
        .opcode = text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, .msg = p, .msg_length = n};

    (void)wslay_event_queue_msg(s->ws, &m); /* after a goodbye nothing is sent */
}

size_t client_socket_waiting(const struct client_socket *s)
{
    return wslay_event_get_queued_msg_length(s->ws);
}

void client_socket_close(struct client_socket *s)
{
    if (!s)
        return;
    wslay_event_context_free(s->ws);
    tunnel_close(s->tunnel);
    free(s);
}
