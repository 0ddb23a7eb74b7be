/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "crypto/wskey.h"
#include "http_fixture.h"
#include "service/shell_int.h"

/* WebSockets of the listener: the handshake, frames, and the words of a shell's client. */

/* --- an application that echoes, and says goodbye after "bye" --- */

struct echo {
    struct arena *arena;
    struct buf waiting;
    bool text;
    bool bye;
    void (*ready)(void *arg);
    void *arg;
};

static atomic_int closed_sockets;

static enum http_taken echo_take(void *ctx, bool text, const void *p, size_t n)
{
    struct echo *k = ctx;

    if (n == 5 && memcmp(p, "wrong", 5) == 0)
        return HTTP_TAKEN_WRONG;
    k->bye = n == 3 && memcmp(p, "bye", 3) == 0;
    buf_reset(&k->waiting);
    buf_add(&k->waiting, p, k->bye ? 0 : n);
    k->text = text;
    return k->waiting.len > 0 ? HTTP_TAKEN_FULL : HTTP_TAKEN;
}

static bool echo_room(void *ctx)
{
    return ((struct echo *)ctx)->waiting.len == 0;
}

static int64_t echo_pull(void *ctx, void *out, size_t cap, bool *ret_text)
{
    struct echo *k = ctx;
    size_t n = k->waiting.len < cap ? k->waiting.len : cap;

    if (n == 0)
        return k->bye ? 0 : HTTP_PULL_WAIT;
    memcpy(out, k->waiting.data, n);
    buf_shift(&k->waiting, n);
    *ret_text = k->text;
    return (int64_t)n;
}

static void echo_notify(void *ctx, void (*ready)(void *arg), void *arg)
{
    struct echo *k = ctx;

    k->ready = NULL;
    if (k->waiting.len == 0 && !k->bye) {
        k->ready = ready;
        k->arg = arg;
        return;
    }
    ready(arg);
}

static void echo_close(void *ctx)
{
    struct echo *k = ctx;

    buf_done(&k->waiting);
    atomic_fetch_add(&closed_sockets, 1);
}

static enum http_verdict handle(void *ctx, struct http_request *r, struct http_reply *reply)
{
    struct echo *k;
    struct err e;

    (void)ctx;
    if (http_socket_check(r, &e) < 0) {
        http_reply_text(reply, err_status(e.code), "text/plain", arena_strdup(r->arena, e.msg));
        return HTTP_ANSWERED;
    }
    k = arena_calloc(r->arena, 1, sizeof(*k));
    k->waiting = BUF_INIT(2 * HTTP_MESSAGE_MAX);
    reply->kind = HTTP_SOCKET;
    reply->socket = (struct http_socket){echo_take,
                                         echo_room,
                                         echo_pull,
                                         echo_notify,
                                         echo_close,
                                         k,
                                         .idle_ms = str_eq(r->path, "/idle") ? 600 : 0};
    return HTTP_ANSWERED;
}

static size_t admit(void *ctx, struct http_request *r)
{
    (void)ctx;
    (void)r;
    return 0;
}

static struct http_server *begin(void)
{
    const struct http_options o = {.bind = "127.0.0.1", .workers = 2};
    const struct http_app sockets = {.admit = admit, .handle = handle};
    struct http_server *s;
    struct err e;

    atomic_store(&closed_sockets, 0);
    ok(http_server_start(&o, &sockets, &s, &e), e);
    return s;
}

#define SAMPLE "dGhlIHNhbXBsZSBub25jZQ=="
#define ASK(path)                                                                                  \
    "GET " path " HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"      \
    "Sec-WebSocket-Key: " SAMPLE "\r\nSec-WebSocket-Version: 13\r\n\r\n"
/* Masked by zeros: what is sent can be read here. */
#define MASK "\0\0\0\0"

static int dial_socket(const struct http_server *s, const char *ask)
{
    struct buf b = BUF_INIT(4096);
    int fd = dial(s);
    bool closed;

    say_text(fd, ask);
    hear(fd, &b, "\r\n\r\n", &closed);
    assert_true(str_starts(buf_str(&b), "HTTP/1.1 101 Switching Protocols\r\n"));
    buf_done(&b);
    return fd;
}

/* Exactly these bytes come next. */
static void hear_exactly(int fd, const char *p, size_t n)
{
    char got[512];
    size_t at = 0;

    assert_true(n <= sizeof(got));
    while (at < n) {
        ssize_t r = recv(fd, got + at, n - at, 0);

        assert_true(r > 0);
        at += (size_t)r;
    }
    assert_memory_equal(got, p, n);
}
#define hears(fd, bytes) hear_exactly(fd, bytes, sizeof(bytes) - 1)
#define says(fd, bytes) say(fd, bytes, sizeof(bytes) - 1)

static void ends(int fd)
{
    char more;

    assert_int_equal(recv(fd, &more, 1, 0), 0);
    close(fd);
}

/* --- tests --- */

static void the_key_of_the_rfc(void **state)
{
    char key[WSKEY_SIZE], accept[WSACCEPT_SIZE];

    (void)state;
    wskey_accept(SAMPLE, accept);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    wskey_accept("x3JJHMbDL1EzLkh9GBhXDw==", accept); /* of a widely quoted example */
    assert_string_equal(accept, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
    wskey_new(key);
    assert_true(wskey_is(key) && wskey_is(SAMPLE));
    assert_false(wskey_is(NULL) || wskey_is("") || wskey_is("dGhlIHNhbXBsZSBub25jZQ=") ||
                 wskey_is("dGhlIHNhbXBsZSBub25jZ===") || wskey_is("dGhlIHNhbXBsZSBub25j\nQ=="));
}

static void the_examples_of_the_rfc(void **state)
{
    struct http_server *s = begin();
    int fd = dial_socket(s, ASK("/"));

    (void)state;
    /* 5.7: a masked text "Hello"; its answer is the unmasked one */
    says(fd, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    hears(fd, "\x81\x05Hello");
    /* fragments, with a ping between them */
    says(fd, "\x01\x84" MASK "Hell\x89\x85" MASK "Hello\x80\x81" MASK "o");
    hears(fd, "\x8a\x05Hello\x81\x05Hello");
    /* a pong that nobody asked for, an empty message */
    says(fd, "\x8a\x81" MASK "x\x82\x80" MASK "\x82\x81" MASK "y");
    hears(fd, "\x82\x01y");
    says(fd, "\x88\x82" MASK "\x03\xe8");
    hears(fd, "\x88\x02\x03\xe8");
    ends(fd);
    http_server_stop(s, 3000);
    assert_int_equal(atomic_load(&closed_sockets), 1);
}

static void a_long_message_comes_back(void **state)
{
    struct http_server *s = begin();
    int fd = dial_socket(s, ASK("/"));
    struct buf b = BUF_INIT(1 << 18);
    char *sent = xmalloc(HTTP_MESSAGE_MAX);
    size_t at = 0;
    ssize_t n;

    (void)state;
    memset(sent, 'a', HTTP_MESSAGE_MAX);
    says(fd, "\x82\xff\0\0\0\0\0\x01\0\0" MASK);
    say(fd, sent, HTTP_MESSAGE_MAX);
    while (at < HTTP_MESSAGE_MAX + 8 && (n = recv(fd, sent, HTTP_MESSAGE_MAX, 0)) > 0) {
        buf_add(&b, sent, (size_t)n);
        at += (size_t)n;
    }
    /* two messages of 32 KiB */
    assert_int_equal(at, HTTP_MESSAGE_MAX + 8);
    assert_memory_equal(b.data, "\x82\x7e\x80\0aaaa", 8);
    assert_memory_equal(b.data + 32768 + 4, "\x82\x7e\x80\0aaaa", 8);
    close(fd);
    buf_done(&b);
    free(sent);
    http_server_stop(s, 3000);
    assert_int_equal(atomic_load(&closed_sockets), 1);
}

static void what_is_wrong_ends_it(void **state)
{
    static const struct {
        const char *name, *p;
        size_t n;
        const char *code;
    } bad[] = {
#define BAD(name, bytes, code) {name, bytes, sizeof(bytes) - 1, code}
        BAD("not masked", "\x82\x01x", "\x03\xea"),
        BAD("a reserved bit", "\xc2\x81" MASK "x", "\x03\xea"),
        BAD("a reserved opcode", "\x83\x81" MASK "x", "\x03\xea"),
        BAD("a fragmented ping", "\x09\x81" MASK "x", "\x03\xea"),
        BAD("a long ping", "\x89\xfe\0\x7e" MASK, "\x03\xea"),
        BAD("a continuation of nothing", "\x80\x81" MASK "x", "\x03\xea"),
        BAD("a message within a message", "\x01\x81" MASK "x\x81\x81" MASK "y", "\x03\xea"),
        BAD("a length that is not the shortest", "\x82\xfe\0\x01" MASK "x", "\x03\xea"),
        BAD("no UTF-8", "\x81\x82" MASK "\xff\xfe", "\x03\xef"),
        BAD("half a character at the end", "\x81\x81" MASK "\xc3", "\x03\xef"),
        BAD("too long", "\x82\xff\0\0\0\0\0\x01\0\x01" MASK "x", "\x03\xf1"),
        BAD("a close with a code that is none", "\x88\x82" MASK "\x03\xed", "\x03\xea"),
        BAD("not understood", "\x82\x85" MASK "wrong", "\x03\xf0"),
        BAD("HTTP", "GET / HTTP/1.1\r\n\r\n", "\x03\xea"),
    };
    struct http_server *s = begin();
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        int fd = dial_socket(s, ASK("/"));
        char got[256];
        size_t n = 0;
        ssize_t r;

        say(fd, bad[i].p, bad[i].n);
        while (n < sizeof(got) && (r = recv(fd, got + n, sizeof(got) - n, 0)) > 0)
            n += (size_t)r;
        if (n < 4 || got[0] != '\x88' || memcmp(got + 2, bad[i].code, 2) != 0)
            fail_msg("%s: %zu bytes, %02x %02x %02x %02x", bad[i].name, n, (unsigned char)got[0],
                     (unsigned char)got[1], (unsigned char)got[2], (unsigned char)got[3]);
        close(fd);
    }
    http_server_stop(s, 3000);
    assert_int_equal(atomic_load(&closed_sockets), ARRAY_LEN(bad));
}

static void handshakes(void **state)
{
#define SOME(method, version, more) method " / HTTP/" version "\r\n" H more "\r\n"
#define UP "Upgrade: WebSocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: " SAMPLE "\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"
    static const struct {
        const char *ask, *status;
    } all[] = {
        {SOME("GET", "1.1", UP KEY V13), "101"},
        {SOME("GET", "1.1", ""), "426"},
        {SOME("GET", "1.1", "Connection: Upgrade\r\n" KEY V13), "426"},
        {SOME("GET", "1.1", "Upgrade: websocket\r\n" KEY V13), "426"},
        {SOME("GET", "1.1", UP KEY), "426"},
        {SOME("GET", "1.1", UP KEY "Sec-WebSocket-Version: 8\r\n"), "426"},
        {SOME("HEAD", "1.1", UP KEY V13), "426"},
        {SOME("POST", "1.1", UP KEY V13 "Content-Length: 0\r\n"), "426"},
        {SOME("GET", "1.0", UP KEY V13), "426+c"},
        {SOME("GET", "1.1", UP V13), "400"},
        {SOME("GET", "1.1", UP V13 KEY KEY), "400"},
        {SOME("GET", "1.1", UP V13 "Sec-WebSocket-Key: AAAA\r\n"), "400"},
        {SOME("GET", "1.1", "Upgrade: notwebsocket\r\nConnection: Upgrade\r\n" KEY V13), "426"},
        {SOME("GET", "1.1", "Upgrade: h2c, websocket\r\nConnection: a, upgrade\r\n" KEY V13),
         "101"},
    };
    struct http_server *s = begin();
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(all); i++) {
        char status[64];

        probe(s, all[i].ask, strlen(all[i].ask), status, sizeof(status));
        if (!str_eq(status, all[i].status))
            fail_msg("%zu: %s, not %s", i, status, all[i].status);
    }
    http_server_stop(s, 3000);
}

static void frames_behind_the_handshake_are_frames(void **state)
{
    static const char both[] = ASK("/") "\x82\x85" MASK "early";
    struct http_server *s = begin();
    struct buf b = BUF_INIT(4096);
    int fd = dial(s);
    bool closed;

    (void)state;
    say(fd, both, sizeof(both) - 1);
    hear(fd, &b,
         "\x82\x05"
         "early",
         &closed);
    assert_non_null(strstr(buf_str(&b), "\r\n\r\n\x82\x05"
                                        "early"));
    buf_done(&b);
    close(fd);
    http_server_stop(s, 3000);
}

static void it_ends_with_its_application_for_idleness_and_with_the_server(void **state)
{
    struct http_server *s = begin();
    int bye = dial_socket(s, ASK("/")), idle = dial_socket(s, ASK("/idle")),
        stay = dial_socket(s, ASK("/"));

    (void)state;
    says(bye, "\x82\x83" MASK "bye");
    hears(bye, "\x88\x02\x03\xe8");
    says(bye, "\x88\x82" MASK "\x03\xe8");
    ends(bye);
    hears(idle, "\x88\x1b\x03\xe8nothing happened for long");
    close(idle);
    http_server_stop(s, 3000); /* does not wait for a client that says nothing */
    hears(stay, "\x88\x16\x03\xe9the node is stopping");
    close(stay);
    assert_int_equal(atomic_load(&closed_sockets), 3);
}

static void words(void **state)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"columns\":80}",
                                      "{\"columns\":0,\"rows\":1}",
                                      "{\"columns\":1001,\"rows\":1}",
                                      "{\"columns\":\"80\",\"rows\":24}",
                                      "{\"eof\":false}",
                                      "null"};
    struct shell_word w;
    char longer[300];
    size_t i;

    (void)state;
    assert_true(shell__word("{\"columns\":80,\"rows\":24}", 24, &w));
    assert_true(w.columns == 80 && w.rows == 24 && !w.eof);
    assert_true(shell__word("{\"eof\":true}", 12, &w));
    assert_true(w.eof);
    for (i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(shell__word(bad[i], strlen(bad[i]), &w));
    memset(longer, ' ', sizeof(longer));
    memcpy(longer, "{\"eof\":true}", 12);
    assert_false(shell__word(longer, sizeof(longer), &w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_the_rfc),
        cmocka_unit_test(the_examples_of_the_rfc),
        cmocka_unit_test(a_long_message_comes_back),
        cmocka_unit_test(what_is_wrong_ends_it),
        cmocka_unit_test(handshakes),
        cmocka_unit_test(frames_behind_the_handshake_are_frames),
        cmocka_unit_test(it_ends_with_its_application_for_idleness_and_with_the_server),
        cmocka_unit_test(words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
