/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "http_fixture.h"

/* The listener with TLS: large answers, slow clients, and those that break off or mean harm. */

enum { FILE_SIZE = 24 << 20 };

static char cert_path[64];
static char key_path[64];
static const struct http_tls files = {cert_path, key_path, "CERT", "KEY"};
static SSL_CTX *client;

/* --- a certificate --- */

static FILE *temporary(char *path, size_t cap)
{
    (void)str_copy(path, cap, "/tmp/test_tls.XXXXXX");
    return fdopen(mkstemp(path), "w");
}

static int setup(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    FILE *f;

    (void)state;
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    f = temporary(cert_path, sizeof(cert_path));
    PEM_write_X509(f, x);
    fclose(f);
    f = temporary(key_path, sizeof(key_path));
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    X509_free(x);
    EVP_PKEY_free(key);
    client = SSL_CTX_new(TLS_client_method());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(cert_path);
    unlink(key_path);
    SSL_CTX_free(client);
    return 0;
}

static struct http_server *start_tls(struct http_options o)
{
    o.tls = &files;
    return start(o);
}

/* --- a client --- */

static SSL *shake(const struct http_server *s)
{
    struct timeval limit = {.tv_sec = 60};
    SSL *ssl = SSL_new(client);
    int fd = dial(s);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1)
        fail_msg("handshake: %s", ERR_reason_error_string(ERR_peek_error()));
    return ssl;
}

static void hang_up(SSL *ssl)
{
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
}

static void tell(SSL *ssl, const char *text)
{
    assert_int_equal(SSL_write(ssl, text, (int)strlen(text)), strlen(text));
}

static void listen_all(SSL *ssl, struct buf *b)
{
    char part[16384];
    int n;

    while ((n = SSL_read(ssl, part, sizeof(part))) > 0)
        buf_add(b, part, (size_t)n);
    assert_int_equal(SSL_get_error(ssl, n), SSL_ERROR_ZERO_RETURN);
}

static void ask_tls(const struct http_server *s, const char *request, struct buf *b)
{
    SSL *ssl = shake(s);

    tell(ssl, request);
    listen_all(ssl, b);
    hang_up(ssl);
}

/* Whoever was harmed, this one is served. */
static void still_serves(const struct http_server *s)
{
    _buf_ struct buf b = BUF_INIT(65536);

    ask_tls(s, "GET /x HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &b);
    assert_true(str_starts(buf_str(&b), "HTTP/1.1 200 "));
    assert_true(str_ends(buf_str(&b), "\r\n\r\nGET /x"));
}

/* --- tests --- */

static void test_answers(void **state)
{
    struct http_server *s = start_tls((struct http_options){0});
    _buf_ struct buf b = BUF_INIT(1 << 20);
    int i;

    (void)state;
    for (i = 0; i < 20; i++)
        still_serves(s);
    ask_tls(s, "GET /ticks HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &b);
    assert_non_null(strstr(buf_str(&b), "5\r\ntick\n\r\n5\r\ntick\n\r\n0\r\n\r\n"));
    buf_reset(&b);
    ask_tls(s,
            "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            "GET /work HTTP/1.1\r\n" H "\r\nGET /2 HTTP/1.0\r\n\r\n",
            &b);
    assert_non_null(strstr(buf_str(&b), "\r\n\r\nabcHTTP/1.1 200"));
    assert_non_null(strstr(buf_str(&b), "worked 127.0.0.1HTTP/1.1 200"));
    assert_true(str_ends(buf_str(&b), "GET /2"));
    buf_reset(&b);
    ask_tls(s, "GET / HTTP/1.1\r\n\r\n", &b); /* refused, and heard */
    assert_true(str_starts(buf_str(&b), "HTTP/1.1 400 "));
    http_server_stop(s, 100);
}

static char *make_file(void)
{
    char *bytes = malloc(FILE_SIZE);
    FILE *f = temporary(file_path, sizeof(file_path));
    size_t i;

    for (i = 0; i < FILE_SIZE; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    assert_int_equal(fwrite(bytes, 1, FILE_SIZE, f), FILE_SIZE);
    fclose(f);
    return bytes;
}

static void test_file(void **state)
{
    struct http_server *s = start_tls((struct http_options){0});
    _buf_ struct buf b = BUF_INIT(2 * FILE_SIZE);
    char *bytes = make_file();
    SSL *slow = shake(s);
    SSL *leaver = shake(s);
    const char *body;

    (void)state;
    tell(slow, "GET /file HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    tell(leaver, "GET /file HTTP/1.1\r\n" H "\r\n");
    still_serves(s);
    hang_up(leaver);
    still_serves(s);
    listen_all(slow, &b);
    body = strstr(buf_str(&b), "\r\n\r\n") + 4;
    assert_int_equal(b.len - (size_t)(body - b.data), FILE_SIZE);
    assert_memory_equal(body, bytes, FILE_SIZE);
    hang_up(slow);
    buf_reset(&b);
    ask_tls(s, "GET /big HTTP/1.1\r\n" H "Connection: close\r\n\r\n", &b);
    assert_true(b.len > 32 << 20);
    unlink(file_path);
    free(bytes);
    http_server_stop(s, 100);
}

/* Nonsense at each stage ends that connection, with an alert where there is somebody to hear it. */
static void test_nonsense(void **state)
{
    struct http_server *s = start_tls((struct http_options){0});
    static const char record[] = "\x17\x03\x03\x00\x40"
                                 "0123456789012345678901234567890123456789012345678901234567890123";
    _buf_ struct buf b = BUF_INIT(65536);
    char noise[4096];
    bool closed;
    SSL *ssl;
    int fd = dial(s);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(i * 31 + 130);
    say(fd, noise, sizeof(noise));
    hear(fd, &b, NULL, &closed);
    assert_true(closed);
    assert_true(b.len == 0 || b.data[0] == 0x15); /* an alert */
    close(fd);
    ssl = shake(s);
    say(SSL_get_fd(ssl), record, sizeof(record) - 1); /* not encrypted by anybody */
    buf_reset(&b);
    hear(SSL_get_fd(ssl), &b, NULL, &closed);
    assert_true(closed);
    hang_up(ssl);
    ssl = shake(s);
    tell(ssl, "GET /ticks/forever HTTP/1.1\r\n" H "\r\n"); /* while it is being answered */
    say(SSL_get_fd(ssl), record, sizeof(record) - 1);
    buf_reset(&b);
    hear(SSL_get_fd(ssl), &b, NULL, &closed);
    assert_true(closed);
    hang_up(ssl);
    still_serves(s);
    http_server_stop(s, 100);
}

static void test_plain(void **state)
{
    struct http_server *s = start_tls((struct http_options){0});
    static const char request[] = "GET / HTTP/1.1\r\n" H "\r\n";
    char got[64];

    (void)state;
    probe(s, request, strlen(request), got, sizeof(got));
    assert_string_equal(got, "400+c");
    still_serves(s);
    http_server_stop(s, 100);
}

/* A handshake has the time of a request's head; connections that hang in one end with the server.
 */
static void test_unfinished(void **state)
{
    struct http_server *s = start_tls((struct http_options){.header_timeout_ms = 300});
    _buf_ struct buf b = BUF_INIT(65536);
    bool closed;
    int fd = dial(s);

    (void)state;
    say(fd, "\x16\x03\x01\x02\x00\x01", 6);
    hear(fd, &b, NULL, &closed);
    assert_true(closed);
    close(fd);
    fd = dial(s);
    say(fd, "\x16\x03\x01", 3);
    still_serves(s);
    http_server_stop(s, 100);
    close(fd);
}

/* Keys that a client changes all the time, without ever reading what it is told. */
static void test_key_updates(void **state)
{
    struct http_server *s = start_tls((struct http_options){0});
    SSL *ssl = shake(s);
    int i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        if (SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) != 1 || SSL_do_handshake(ssl) != 1)
            break;
    }
    still_serves(s);
    hang_up(ssl);
    http_server_stop(s, 100);
}

static void test_renew(void **state)
{
    struct http_server *s = start_tls((struct http_options){0});
    const struct http_tls bad = {cert_path, "/nowhere", "CERT", "KEY"};
    const struct http_tls swapped = {key_path, cert_path, "CERT", "KEY"};
    SSL *old = shake(s);
    _buf_ struct buf b = BUF_INIT(65536);
    struct err e;

    (void)state;
    err_is(http_server_renew(s, &bad, &e), e, INVALID);
    assert_non_null(strstr(e.msg, "KEY: cannot read /nowhere"));
    err_is(http_server_renew(s, &swapped, &e), e, INVALID);
    assert_true(str_starts(e.msg, "CERT: no certificate in "));
    still_serves(s);
    ok(http_server_renew(s, &files, &e), e);
    still_serves(s);
    tell(old, "GET /old HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    listen_all(old, &b);
    assert_true(str_ends(buf_str(&b), "GET /old"));
    hang_up(old);
    http_server_stop(s, 100);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),    cmocka_unit_test(test_file),
        cmocka_unit_test(test_nonsense),   cmocka_unit_test(test_plain),
        cmocka_unit_test(test_unfinished), cmocka_unit_test(test_key_updates),
        cmocka_unit_test(test_renew),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
