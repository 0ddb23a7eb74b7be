/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "base/str.h"
#include "http/http_int.h"

/*
 * TLS 1.2 and 1.3 over memory: OpenSSL takes the socket's bytes out of the server's read buffer and
 * leaves its own in a buffer of the connection, so that libuv alone knows sockets.
 */
enum { TLS_OUT_MAX = 1 << 20 }; /* far more than one piece and what TLS adds to it */

struct tls {
    SSL *ssl;
    const char *in; /* of the socket, not yet read by OpenSSL */
    size_t in_len;
    struct buf out; /* for the socket */
    bool broken;
};

/* --- certificate and key --- */

/* The certificate's signature is the cost of a handshake: what a client may not repeat. */
static const uint64_t tls_options = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF;

/* What OpenSSL complains of, as text. */
static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    return text ? text : "not in PEM form";
}

static int readable(const char *option, const char *path, struct err *e)
{
    if (access(path, R_OK) == 0)
        return 0;
    return failed(e, INVALID, "%s: cannot read %s: %s", option, path, strerror(errno));
}

/* A key with a passphrase is refused; nobody is asked for it on a terminal. */
static int no_passphrase(char *out, int cap, int writing, void *ctx)
{
    (void)out;
    (void)cap;
    (void)writing;
    (void)ctx;
    return -1;
}

static int load(SSL_CTX *ctx, const struct http_tls *t, struct err *e)
{
    if (readable(t->cert_option, t->cert, e) < 0 || readable(t->key_option, t->key, e) < 0)
        return -1;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, t->cert) != 1)
        return failed(e, INVALID, "%s: no certificate in %s: %s", t->cert_option, t->cert,
                      reason());
    if (SSL_CTX_use_PrivateKey_file(ctx, t->key, SSL_FILETYPE_PEM) != 1 &&
        ERR_GET_LIB(ERR_peek_last_error()) != ERR_LIB_X509) /* which compares the two */
        return failed(e, INVALID, "%s: no private key in %s: %s", t->key_option, t->key, reason());
    if (SSL_CTX_check_private_key(ctx) != 1)
        return failed(e, INVALID, "%s: %s is not the key of the certificate in %s", t->key_option,
                      t->key, t->cert);
    return 0;
}

/* Clients that offer protocols by name get http/1.1, or nothing. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *ctx)
{
    static const unsigned char ours[] = "\x08http/1.1";

    (void)ssl;
    (void)ctx;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, ours, sizeof(ours) - 1, in,
                              in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}

int tls_context_new(const struct http_tls *t, struct ssl_ctx_st **ret, struct err *e)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    must(ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
    must(SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
    (void)SSL_CTX_set_options(ctx, tls_options);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets need no memory */
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    if (load(ctx, t, e) < 0) {
        SSL_CTX_free(ctx);
        return -1;
    }
    *ret = ctx;
    return 0;
}

void tls_context_free(struct ssl_ctx_st *ctx)
{
    SSL_CTX_free(ctx);
}

/* --- the two ends of OpenSSL --- */

static int bio_read(BIO *bio, char *out, size_t cap, size_t *ret)
{
    struct tls *t = BIO_get_data(bio);
    size_t n = cap < t->in_len ? cap : t->in_len;

    BIO_clear_retry_flags(bio);
    if (n == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(out, t->in, n);
    t->in += n;
    t->in_len -= n;
    *ret = n;
    return 1;
}

static int bio_write(BIO *bio, const char *p, size_t n, size_t *ret)
{
    struct tls *t = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    buf_add(&t->out, p, n);
    *ret = n;
    return t->out.full ? 0 : 1;
}

static long bio_ctrl(BIO *bio, int command, long n, void *p)
{
    (void)bio;
    (void)n;
    (void)p;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method;

static void make_bio_method(void)
{
    bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
    must(bio_method && BIO_meth_set_read_ex(bio_method, bio_read) == 1);
    must(BIO_meth_set_write_ex(bio_method, bio_write) == 1);
    must(BIO_meth_set_ctrl(bio_method, bio_ctrl) == 1);
}

/* --- a connection --- */

struct tls *tls_new(struct ssl_ctx_st *ctx)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct tls *t = xcalloc(1, sizeof(*t));
    BIO *bio;

    (void)pthread_once(&once, make_bio_method);
    t->out.max = TLS_OUT_MAX;
    t->ssl = SSL_new(ctx);
    bio = BIO_new(bio_method);
    must(t->ssl && bio);
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_accept_state(t->ssl);
    return t;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    buf_done(&t->out);
    free(t);
}

void tls_feed(struct tls *t, const char *p, size_t n)
{
    t->in = p;
    t->in_len = n;
}

int64_t tls_read(struct tls *t, char *out, size_t cap)
{
    size_t n = 0;

    ERR_clear_error();
    if (SSL_read_ex(t->ssl, out, cap, &n) == 1)
        return (int64_t)n;
    switch (SSL_get_error(t->ssl, 0)) {
    case SSL_ERROR_WANT_READ:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    default:
        t->broken = true;
        return ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST ? TLS_IS_HTTP : TLS_BROKEN;
    }
}

bool tls_established(const struct tls *t)
{
    return SSL_is_init_finished(t->ssl);
}

bool tls_write(struct tls *t, const void *p, size_t n)
{
    size_t done = 0;

    ERR_clear_error();
    return n == 0 || (SSL_write_ex(t->ssl, p, n, &done) == 1 && done == n);
}

void tls_end(struct tls *t)
{
    ERR_clear_error();
    if (tls_established(t) && !t->broken)
        (void)SSL_shutdown(t->ssl);
}

struct buf *tls_out(struct tls *t)
{
    return &t->out;
}
