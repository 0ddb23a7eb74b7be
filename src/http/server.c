/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "crypto/random.h"
#include "http/http_int.h"

/* The listener, the loop thread, its clock, and the way in from other threads. */

enum { TICK_MS = 500, LISTEN_BACKLOG = 1024 };

const char *server_date(struct http_server *s)
{
    time_t now = (time_t)clock_s();
    struct tm tm;

    if (now != s->date_s) {
        (void)gmtime_r(&now, &tm);
        (void)strftime(s->date, sizeof(s->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        s->date_s = now;
    }
    return s->date;
}

/* The loop ends when its handles are closed: the last connection and the last worker gone. */
static void end_if_done(struct http_server *s)
{
    if (!s->stopping || s->conn_count > 0 || s->working > 0)
        return;
    if (uv_is_closing((uv_handle_t *)&s->wake))
        return;
    uv_close((uv_handle_t *)&s->wake, NULL);
    uv_close((uv_handle_t *)&s->tick, NULL);
}

void server_conn_gone(struct http_server *s)
{
    s->conn_count--;
    if (s->conn_count == 0 && !s->stopping)
        uv_timer_stop(&s->tick);
    end_if_done(s);
}

static void on_tick(uv_timer_t *t)
{
    struct http_server *s = container_of(t, struct http_server, tick);
    int64_t now = (int64_t)uv_now(&s->loop);
    bool over = s->stopping && now >= s->stop_at;
    struct list *item;
    struct list *following;

    list_for_each(item, following, &s->conns)
    {
        struct conn *c = container_of(item, struct conn, link);

        if (over)
            conn_close(c);
        else
            conn_tick(c, now);
    }
    end_if_done(s);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct http_server *s = container_of(listener, struct http_server, listener);

    if (status < 0) {
        log_warn("http", "accept: %s", uv_strerror(status));
        return;
    }
    if (s->conn_count == 0)
        must(uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS) == 0);
    conn_accept(s);
}

struct tls *server_tls(struct http_server *s)
{
    lock_scope(&s->lock);
    return s->tls ? tls_new(s->tls) : NULL;
}

int http_server_renew(struct http_server *s, const struct http_tls *tls, struct err *e)
{
    struct ssl_ctx_st *fresh;
    struct ssl_ctx_st *old;

    if (tls_context_new(tls, &fresh, e) < 0)
        return -1;
    pthread_mutex_lock(&s->lock);
    old = s->tls;
    s->tls = fresh;
    pthread_mutex_unlock(&s->lock);
    tls_context_free(old); /* connections hold on to it by themselves */
    return 0;
}

void server_ready(void *exchange)
{
    struct exchange *x = exchange;
    struct http_server *s = x->server;

    pthread_mutex_lock(&s->lock);
    if (list_empty(&x->ready))
        list_push(&s->ready, &x->ready);
    uv_async_send(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

static struct list *pop(struct http_server *s, struct list *queue)
{
    lock_scope(&s->lock);
    return list_pop(queue);
}

static void begin_stop(struct http_server *s, int limit_ms)
{
    struct list *item;
    struct list *following;

    s->stopping = true;
    s->stop_at = (int64_t)uv_now(&s->loop) + limit_ms;
    uv_close((uv_handle_t *)&s->listener, NULL);
    must(uv_timer_start(&s->tick, on_tick, 50, 50) == 0);
    list_for_each(item, following, &s->conns)
    {
        struct conn *c = container_of(item, struct conn, link);

        c->last = true;
        if (c->state == CONN_IDLE || c->state == CONN_LINGER)
            conn_close(c);
        else if (c->state == CONN_SOCKET)
            socket_stop(c);
    }
}

/* Before answers are sent: who changed the limits knows that they hold. */
static void take_limits(struct http_server *s)
{
    struct gate *limits;

    pthread_mutex_lock(&s->lock);
    limits = s->limits;
    s->limits = NULL;
    pthread_mutex_unlock(&s->lock);
    if (limits)
        gate_take(s->gate, limits);
}

static void on_wake(uv_async_t *h)
{
    struct http_server *s = container_of(h, struct http_server, wake);
    struct list *item;
    int limit;

    take_limits(s);

    while ((item = pop(s, &s->done))) {
        s->working--;
        exchange_done(container_of(item, struct exchange, done));
    }
    while ((item = pop(s, &s->ready)))
        send_more(container_of(item, struct exchange, ready)->conn);
    pthread_mutex_lock(&s->lock);
    limit = s->stop_limit_ms;
    pthread_mutex_unlock(&s->lock);
    if (limit >= 0 && !s->stopping)
        begin_stop(s, limit);
    end_if_done(s);
}

static void *loop_main(void *arg)
{
    struct http_server *s = arg;

    uv_run(&s->loop, UV_RUN_DEFAULT);
    return NULL;
}

static int try_listen(struct http_server *s, const char *address, int *ret_code)
{
    struct sockaddr_storage where;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&where;

    *ret_code = uv_ip6_addr(address, s->options.port, six);
    if (*ret_code < 0)
        *ret_code = uv_ip4_addr(address, s->options.port, (struct sockaddr_in *)&where);
    if (*ret_code < 0)
        return -1;
    *ret_code = uv_tcp_bind(&s->listener, (struct sockaddr *)&where, 0);
    if (*ret_code == 0)
        *ret_code = uv_listen((uv_stream_t *)&s->listener, LISTEN_BACKLOG, on_connection);
    return *ret_code < 0 ? -1 : 0;
}

static void find_port(struct http_server *s)
{
    struct sockaddr_storage bound;
    int n = sizeof(bound);

    must(uv_tcp_getsockname(&s->listener, (struct sockaddr *)&bound, &n) == 0);
    s->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                : ((struct sockaddr_in *)&bound)->sin_port);
}

static void forget_handle(uv_handle_t *h)
{
    (void)h;
}

static int listen_on(struct http_server *s, struct err *e)
{
    const char *address = s->options.bind;
    int code;

    if (try_listen(s, address ? address : "::", &code) < 0) {
        bool v4 = !address && code != UV_EADDRINUSE; /* a machine without IPv6 */

        uv_close((uv_handle_t *)&s->listener, forget_handle);
        (void)uv_run(&s->loop, UV_RUN_NOWAIT);
        must(uv_tcp_init(&s->loop, &s->listener) == 0);
        if (!v4 || try_listen(s, "0.0.0.0", &code) < 0)
            return failed(e, FAILED, "cannot listen on %s port %d: %s", address ? address : "*",
                          s->options.port, uv_strerror(code));
    }
    find_port(s);
    return 0;
}

static void set_default(int *v, int otherwise)
{
    if (*v == 0)
        *v = otherwise;
}

static void options_take(struct http_server *s, const struct http_options *o)
{
    s->options = *o;
    set_default(&s->options.header_timeout_ms, 10000);
    set_default(&s->options.idle_timeout_ms, 65000);
    set_default(&s->options.body_timeout_ms, 30000);
    set_default(&s->options.write_timeout_ms, 60000);
    if (s->options.workers == 0)
        s->options.workers = 16;
    if (s->options.backlog == 0)
        s->options.backlog = 1024;
    if (s->options.max_connections == 0)
        s->options.max_connections = 4096;
    if (s->options.body_memory == 0)
        s->options.body_memory = (size_t)256 << 20;
    s->gate = gate_new(o); /* with copies of the lists */
    s->options.denied = s->options.proxies = NULL;
}

static void close_all(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, forget_handle);
}

static void server_free(struct http_server *s)
{
    size_t i;

    uv_walk(&s->loop, close_all, NULL);
    (void)uv_run(&s->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&s->loop) == 0);
    gate_free(s->gate);
    if (s->limits)
        gate_free(s->limits);
    for (i = 0; i < HTTP_LANES; i++)
        pool_free(s->lanes[i]);
    pthread_mutex_destroy(&s->lock);
    tls_context_free(s->tls);
    free(s->read_buf);
    free(s->plain_buf);
    free(s);
}

static void start_lanes(struct http_server *s)
{
    static const char *const names[HTTP_LANES] = {"work", "wait", "ask"};
    size_t half = s->options.workers > 1 ? s->options.workers / 2 : 1;
    size_t i;

    for (i = 0; i < HTTP_LANES; i++)
        s->lanes[i] = pool_new(names[i], i == 0 ? s->options.workers : half, s->options.backlog);
}

int http_server_start(const struct http_options *o, const struct http_app *app,
                      struct http_server **ret, struct err *e)
{
    struct http_server *s = xcalloc(1, sizeof(*s));

    (void)signal(SIGPIPE, SIG_IGN);
    options_take(s, o);
    s->app = *app;
    s->stop_limit_ms = -1;
    list_init(&s->conns);
    list_init(&s->done);
    list_init(&s->ready);
    list_init(&s->sinks_queued);
    must(pthread_mutex_init(&s->lock, NULL) == 0);
    random_bytes(s->etag_key, sizeof(s->etag_key));
    s->read_buf = xmalloc(READ_SIZE);
    must(uv_loop_init(&s->loop) == 0);
    must(uv_tcp_init(&s->loop, &s->listener) == 0);
    must(uv_async_init(&s->loop, &s->wake, on_wake) == 0);
    must(uv_timer_init(&s->loop, &s->tick) == 0);
    if ((o->tls && tls_context_new(o->tls, &s->tls, e) < 0) || listen_on(s, e) < 0) {
        server_free(s);
        return -1;
    }
    s->plain_buf = s->tls ? xmalloc(READ_SIZE) : NULL;
    s->options.bind = NULL;
    s->options.tls = NULL;
    start_lanes(s);
    thread_start(&s->thread, "http", loop_main, s);
    *ret = s;
    return 0;
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

void http_server_set_limits(struct http_server *s, const struct http_options *o)
{
    struct gate *limits = gate_new(o);
    struct gate *unused;

    pthread_mutex_lock(&s->lock);
    unused = s->limits;
    s->limits = limits;
    uv_async_send(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (unused)
        gate_free(unused);
}

void http_server_stop(struct http_server *s, int limit_ms)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop_limit_ms = limit_ms;
    pthread_mutex_unlock(&s->lock);
    uv_async_send(&s->wake);
    pthread_join(s->thread, NULL);
    server_free(s);
}
