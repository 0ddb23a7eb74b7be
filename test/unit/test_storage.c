/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/aes.h"
#include "crypto/ecies.h"
#include "crypto/hash.h"
#include "json/json.h"
#include "net/guard.h"
#include "server.h"
#include "storage/storage.h"
#include "test.h"

#define HELLO_SHA256 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

struct fixture {
    struct server *server;
    struct net *net;
    struct storage *storage;
    struct arena *a;
    struct seckey key;
    struct buf sealed; /* what /sealed answers */
    char seen[8192];   /* "METHOD path" of each request, a line each */
};

static void note(struct server_conn *c)
{
    struct fixture *f = c->arg;
    size_t n = strlen(f->seen);

    (void)snprintf(f->seen + n, sizeof(f->seen) - n, "%s %s\n", c->method, c->path);
}

static void ranged(struct server_conn *c)
{
    char range[64] = "";

    (void)server_header(c, "range", range, sizeof(range));
    if (str_eq(range, "bytes=0-0"))
        server_reply_text(c, 206, "Content-Range: bytes 0-0/5\r\nContent-Type: a/b\r\n", "h");
    else if (str_eq(range, "bytes=1-2"))
        server_reply_text(c, 206, "Content-Range: bytes 1-2/5\r\n", "el");
    else if (range[0])
        server_reply_text(c, 416, "Content-Range: bytes */5\r\n", "");
    else
        server_reply_text(c, 200, "Content-Type: a/b\r\n", "hello");
}

enum { BIG = 5000003 };

/* Knows no ranges. */
static void big(struct server_conn *c)
{
    _free_ unsigned char *text = xmalloc(BIG);
    size_t i;

    for (i = 0; i < BIG; i++)
        text[i] = (unsigned char)(i % 251);
    server_reply(c, 200, NULL, text, BIG);
}

/* Origins that do ranges badly or not at all, and secrets; false for any other path. */
static bool handle_odd(struct fixture *f, struct server_conn *c)
{
    char key[64] = "";

    if (str_eq(c->path, "/wrong-part")) {
        server_reply_text(c, 206, "Content-Range: bytes 0-1/5\r\n", "he");
    } else if (str_eq(c->path, "/bad-suffix")) {
        if (server_header(c, "range", key, sizeof(key)))
            server_reply_text(c, 206, "Content-Range: bytes 0-1/5\r\n", "he");
        else
            server_reply_text(c, 200, NULL, "hello");
    } else if (str_eq(c->path, "/etag")) {
        server_reply_text(c, 200, "ETag: \"one\"\r\nContent-Encoding: x\r\n", "hello");
    } else if (str_eq(c->path, "/unsized")) {
        (void)server_write(c, "HTTP/1.1 200 OK\r\n\r\nhello", 24);
        c->close = true;
    } else if (str_eq(c->path, "/big")) {
        big(c);
    } else if (str_eq(c->path, "/sealed")) {
        server_reply(c, 200, NULL, buf_str(&f->sealed), f->sealed.len);
    } else {
        return false;
    }
    return true;
}

static void handle(struct server_conn *c)
{
    struct fixture *f = c->arg;
    char key[64] = "";
    static const char piece[65536];

    note(c);
    if (handle_odd(f, c))
        return;
    if (str_starts(c->path, "/dir/hello.txt")) {
        server_reply_text(c, 200, "Content-Type: text/plain\r\nContent-Disposition: attachment\r\n",
                          "hello");
    } else if (str_eq(c->path, "/nohead")) {
        if (str_eq(c->method, "HEAD"))
            server_reply_text(c, 405, NULL, "");
        else
            ranged(c);
    } else if (str_eq(c->path, "/private")) {
        (void)server_header(c, "x-key", key, sizeof(key));
        server_reply_text(c, str_eq(key, "secret") ? 200 : 401, NULL, "hello");
    } else if (str_eq(c->path, "/post")) {
        server_reply_text(c, str_eq(c->method, "POST") ? 200 : 405, NULL, "hello");
    } else if (str_eq(c->path, "/forever")) {
        (void)server_write(c, "HTTP/1.1 200 OK\r\n\r\n", 19);
        while (!str_eq(c->method, "HEAD") && server_write(c, piece, sizeof(piece))) {
        }
        c->close = true;
    } else if (str_eq(c->path, "/cut")) {
        (void)server_write(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 42);
        c->close = true;
    } else if (str_starts(c->path, "/ipfs/Qm") || str_starts(c->path, "/ar")) {
        server_reply_text(c, 200, NULL, "hello");
    } else {
        server_reply_text(c, 404, NULL, "no");
    }
}

static int setup(void **state)
{
    static const char *const allow[] = {"127.0.0.1"};
    struct fixture *f = test_calloc(1, sizeof(*f));

    guard_set(&(struct guard_rules){.allow = allow, .allow_count = 1});
    memset(f->key.b, 1, sizeof(f->key.b));
    f->server = server_new(NULL, handle, f);
    f->net = net_new();
    f->a = arena_new();
    f->storage = storage_new(
        &(struct storage_options){.net = f->net,
                                  .ipfs_gateway = arena_printf(f->a, "%s//", server_url(f->server)),
                                  .arweave_gateway = server_url(f->server),
                                  .checksum_max = 1 << 20,
                                  .peer_id = "16Uiu2me",
                                  .key = &f->key});
    f->sealed = BUF_INIT(1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    storage_free(f->storage);
    net_free(f->net);
    server_free(f->server);
    arena_free(f->a);
    buf_done(&f->sealed);
    test_free(f);
    return 0;
}

static struct json *parse(struct fixture *f, const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(f->a, text, strlen(text), &v, &e), e);
    return v;
}

/* A url file object for a path of the test's server. */
static struct json *url_file(struct fixture *f, const char *path)
{
    struct json *v = parse(f, "{\"type\":\"url\",\"method\":\"GET\"}");

    json_set_str(f->a, v, "url", arena_printf(f->a, "%s%s", server_url(f->server), path));
    return v;
}

static void malformed_files_are_refused_in_the_known_words(void **state)
{
    static const struct {
        const char *file;
        const char *text;
    } rows[] = {
        {"null", "Empty file object"},
        {"[]", "Empty file object"},
        {"{}", "Invalid storage type: undefined"},
        {"{\"type\":\"gopher\"}", "Invalid storage type: gopher"},
        {"{\"type\":7}", "Invalid storage type: undefined"},
        {"{\"type\":\"url\"}", "Error validating the URL file: URL or method are missing"},
        {"{\"type\":\"URL\",\"url\":\"http://x/\"}",
         "Error validating the URL file: URL or method are missing"},
        {"{\"type\":\"url\",\"url\":\"http://x/\",\"method\":\"put\"}",
         "Error validating the URL file: Invalid method for URL"},
        {"{\"type\":\"url\",\"url\":\"../my/file\",\"method\":\"get\"}",
         "Error validating the URL file: URL looks like a file path"},
        {"{\"type\":\"url\",\"url\":\"file:///etc/passwd\",\"method\":\"get\"}",
         "Error validating the URL file: URL looks like a file path"},
        {"{\"type\":\"url\",\"url\":\"http://169.254.169.254/\",\"method\":\"get\"}",
         "Error validating the URL file: URL is marked as unsafe: 169.254.169.254 is a metadata "
         "service address (allowPrivateUrls)"},
        {"{\"type\":\"ipfs\"}", "Error validating the IPFS file: Missing CID"},
        {"{\"type\":\"ipfs\",\"hash\":\"http://x/Qm\"}",
         "Error validating the IPFS file: CID looks like an URL. Please specify URL storage "
         "instead."},
        {"{\"type\":\"ipfs\",\"hash\":\"a/b\"}",
         "Error validating the IPFS file: CID looks like a file path"},
        {"{\"type\":\"arweave\"}", "Error validating the Arweave file: Missing transaction ID"},
        {"{\"type\":\"arweave\",\"transactionId\":\"https://x/\"}",
         "Error validating the Arweave file: Transaction ID looks like an URL. Please specify URL "
         "storage instead."},
        {"{\"type\":\"arweave\",\"transactionId\":\"a/b\"}",
         "Error validating the Arweave file: Transaction ID looks like a file path"},
    };
    struct fixture *f = *state;
    struct storage *bare = storage_new(&(struct storage_options){.net = f->net});
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        err_is(storage_check(f->storage, parse(f, rows[i].file), &e), e, STORAGE);
        assert_string_equal(e.msg, rows[i].text);
    }
    err_is(storage_check(bare, parse(f, "{\"type\":\"ipfs\",\"hash\":\"Qm\"}"), &e), e, STORAGE);
    assert_string_equal(e.msg, "Error validating the IPFS file: IPFS gateway is not configured!");
    err_is(storage_check(bare, parse(f, "{\"type\":\"arweave\"}"), &e), e, STORAGE);
    assert_string_equal(e.msg,
                        "Error validating the Arweave file: Arweave gateway is not configured!");
    storage_free(bare);
    ok(storage_check(f->storage, url_file(f, "/x"), &e), e);
}

static void facts_come_from_head(void **state)
{
    struct fixture *f = *state;
    struct storage_info info;
    struct err e;

    ok(storage_info_get(f->storage, f->a, url_file(f, "/dir/hello.txt?a=/b"), false, &info, &e), e);
    assert_true(info.valid);
    assert_string_equal(json_text(f->a, storage_info_json(f->a, &info)),
                        "{\"valid\":true,\"contentLength\":\"5\",\"contentType\":\"text/plain\","
                        "\"name\":\"hello.txt\",\"type\":\"url\"}");
    assert_string_equal(f->seen, "HEAD /dir/hello.txt?a=/b\n");
}

static void facts_come_from_the_first_byte_otherwise(void **state)
{
    struct fixture *f = *state;
    struct storage_info info;
    struct err e;

    ok(storage_info_get(f->storage, f->a, url_file(f, "/nohead"), false, &info, &e), e);
    assert_true(info.valid);
    assert_int_equal(info.size, 5);
    assert_string_equal(info.content_type, "a/b");
    assert_string_equal(f->seen, "HEAD /nohead\nGET /nohead\n");
}

static void checksums_read_once(void **state)
{
    struct fixture *f = *state;
    struct storage_info info;
    struct sha256_ctx hash;
    struct hash32 want;
    static const char zeros[1 << 20];
    struct err e;

    ok(storage_info_get(f->storage, f->a, url_file(f, "/dir/hello.txt"), true, &info, &e), e);
    assert_string_equal(info.checksum, HELLO_SHA256);
    assert_int_equal(info.size, 5);
    assert_string_equal(f->seen, "GET /dir/hello.txt\n");
    ok(storage_info_get(f->storage, f->a, url_file(f, "/forever"), true, &info, &e), e);
    assert_true(info.valid);
    assert_int_equal(info.size, -1);
    sha256_start(&hash);
    sha256_add(&hash, zeros, sizeof(zeros));
    want = sha256_end(&hash);
    assert_string_equal(info.checksum, hex_dup(f->a, want.b, 32));
}

static void absent_files_are_not_valid(void **state)
{
    struct fixture *f = *state;
    struct json *refused_port = url_file(f, "/x");
    struct storage_info info;
    struct err e;

    ok(storage_info_get(f->storage, f->a, url_file(f, "/absent"), false, &info, &e), e);
    assert_false(info.valid);
    ok(storage_info_get(f->storage, f->a, url_file(f, "/absent"), true, &info, &e), e);
    assert_false(info.valid);
    assert_null(info.checksum);
    ok(storage_info_get(f->storage, f->a, url_file(f, "/cut"), true, &info, &e), e);
    assert_false(info.valid);
    json_set_str(f->a, refused_port, "url", "http://127.0.0.1:1/x");
    ok(storage_info_get(f->storage, f->a, refused_port, false, &info, &e), e);
    assert_string_equal(
        json_text(f->a, storage_info_json(f->a, &info)),
        "{\"valid\":false,\"contentLength\":\"0\",\"name\":\"x\",\"type\":\"url\"}");
}

static void methods_and_headers_are_honoured(void **state)
{
    struct fixture *f = *state;
    struct json *file = url_file(f, "/private");
    struct storage_info info;
    struct err e;

    ok(storage_info_get(f->storage, f->a, file, false, &info, &e), e);
    assert_false(info.valid);
    json_set(f->a, file, "headers",
             parse(f, "{\"X-Key\":\"secret\",\"Connection\":\"close\",\"X-Nothing\":null}"));
    ok(storage_info_get(f->storage, f->a, file, false, &info, &e), e);
    assert_true(info.valid);
    file = url_file(f, "/post");
    json_set_str(f->a, file, "method", "Post");
    ok(storage_info_get(f->storage, f->a, file, true, &info, &e), e);
    assert_true(info.valid);
    assert_string_equal(info.checksum, HELLO_SHA256);
}

static int64_t read_all(struct storage_opened *o, char *out, size_t cap)
{
    size_t total = 0;
    struct err e;
    int64_t n;

    while ((n = storage_read(o->body, out + total, cap - 1 - total, &e)) > 0)
        total += (size_t)n;
    out[total] = '\0';
    storage_close(o->body);
    return n < 0 ? n : (int64_t)total;
}

static void content_is_read(void **state)
{
    struct fixture *f = *state;
    struct storage_request r = {.file = url_file(f, "/dir/hello.txt")};
    struct storage_opened o;
    char text[64];
    struct err e;

    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_int_equal(o.status, 200);
    assert_int_equal(o.size, 5);
    assert_string_equal(o.content_type, "text/plain");
    assert_string_equal(o.disposition, "attachment");
    assert_string_equal(o.name, "hello.txt");
    assert_int_equal(read_all(&o, text, sizeof(text)), 5);
    assert_string_equal(text, "hello");
    r.file = url_file(f, "/cut");
    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_int_equal(read_all(&o, text, sizeof(text)), -1);
    r.file = url_file(f, "/absent");
    err_is(storage_open(f->storage, f->a, &r, &o, &e), e, FAILED);
    assert_string_equal(e.msg, "Request failed with status code 404");
}

static void ranges_are_forwarded(void **state)
{
    struct fixture *f = *state;
    struct storage_request r = {.file = url_file(f, "/nohead"), .range = "bytes=1-2"};
    struct storage_opened o;
    char text[64];
    struct err e;

    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_int_equal(o.status, 206);
    assert_string_equal(o.content_range, "bytes 1-2/5");
    assert_int_equal(read_all(&o, text, sizeof(text)), 2);
    assert_string_equal(text, "el");
    r.range = "bytes=9-";
    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_int_equal(o.status, 416);
    storage_close(o.body);
}

/* Opens a range, reads it all, "status content-range: text". */
static const char *ranged_read(struct fixture *f, const struct json *file, const char *range,
                               const char *if_range)
{
    struct storage_request r = {.file = file, .range = range, .if_range = if_range};
    struct storage_opened o;
    char text[64];
    struct err e;

    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_in_range(read_all(&o, text, sizeof(text)), 0, sizeof(text));
    if (o.size >= 0)
        assert_int_equal(o.size, strlen(text));
    return arena_printf(f->a, "%d %s: %s", o.status, o.content_range ? o.content_range : "-", text);
}

static void ranges_are_cut_out_for_origins_without_them(void **state)
{
    struct fixture *f = *state;
    struct json *hello = url_file(f, "/dir/hello.txt");
    struct json *tagged = url_file(f, "/etag");
    struct json *post = url_file(f, "/post");
    struct storage_opened o;
    struct err e;

    assert_string_equal(ranged_read(f, hello, "bytes=1-2", NULL), "206 bytes 1-2/5: el");
    assert_string_equal(ranged_read(f, hello, "bytes=3-", NULL), "206 bytes 3-4/5: lo");
    assert_string_equal(ranged_read(f, hello, "bytes=-2", NULL), "206 bytes 3-4/5: lo");
    assert_string_equal(ranged_read(f, hello, "bytes=5-", NULL), "416 bytes */5: ");
    assert_string_equal(ranged_read(f, hello, "bytes=0-1,3-4", NULL), "200 -: hello");
    assert_string_equal(ranged_read(f, hello, "nonsense", NULL), "200 -: hello");
    assert_string_equal(ranged_read(f, url_file(f, "/unsized"), "bytes=1-2", NULL), "200 -: hello");
    json_set_str(f->a, post, "method", "post");
    assert_string_equal(ranged_read(f, post, "bytes=1-2", NULL), "206 bytes 1-2/5: el");
    /* only of the same content */
    assert_string_equal(ranged_read(f, tagged, "bytes=1-2", "\"one\""), "206 bytes 1-2/5: el");
    assert_string_equal(ranged_read(f, tagged, "bytes=1-2", "\"two\""), "200 -: hello");
    assert_string_equal(ranged_read(f, hello, "bytes=1-2", "\"one\""), "200 -: hello");
    err_is(storage_open(
               f->storage, f->a,
               &(struct storage_request){.file = url_file(f, "/wrong-part"), .range = "bytes=2-3"},
               &o, &e),
           e, FAILED);
    assert_string_equal(e.msg, "the origin sends a part of what it was asked for");
    assert_string_equal(ranged_read(f, url_file(f, "/bad-suffix"), "bytes=-2", NULL),
                        "206 bytes 3-4/5: lo");
}

static void the_middle_of_a_large_file_is_found(void **state)
{
    struct fixture *f = *state;
    struct storage_request r = {.file = url_file(f, "/big"), .range = "bytes=4000000-4999999"};
    _free_ unsigned char *piece = xmalloc(65536);
    struct storage_opened o;
    int64_t at = 4000000;
    struct err e;
    int64_t n;
    int64_t i;

    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_int_equal(o.status, 206);
    assert_int_equal(o.size, 1000000);
    while ((n = storage_read(o.body, piece, 65536, &e)) > 0) {
        for (i = 0; i < n; i++, at++) {
            if (piece[i] != (unsigned char)(at % 251))
                fail_msg("byte %lld differs", (long long)at);
        }
    }
    assert_int_equal(n, 0);
    assert_int_equal(at, 5000000);
    storage_close(o.body);
}

static void heads_open_nothing(void **state)
{
    struct fixture *f = *state;
    struct storage_request r = {.file = url_file(f, "/dir/hello.txt"), .head = true};
    struct storage_opened o;
    struct err e;

    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_null(o.body);
    assert_int_equal(o.size, 5);
    assert_true(o.ranges);
    assert_string_equal(o.content_type, "text/plain");
    assert_string_equal(f->seen, "HEAD /dir/hello.txt\n");
    r.file = url_file(f, "/absent");
    err_is(storage_open(f->storage, f->a, &r, &o, &e), e, FAILED);
    assert_string_equal(e.msg, "Request failed with status code 404");
}

static struct json *sealed_file(struct fixture *f, const char *by, const char *method)
{
    struct json *v = url_file(f, "/sealed");

    json_set_str(f->a, v, "encryptedBy", by);
    json_set_str(f->a, v, "encryptMethod", method);
    return v;
}

static void own_secrets_are_decrypted(void **state)
{
    const uint8_t iv[16] = {0x03, 0x1b, 0x84, 0xc5, 0x56, 0x7b, 0x12, 0x64,
                            0x40, 0x99, 0x5d, 0x3e, 0xd5, 0xaa, 0xba, 0x05};
    struct fixture *f = *state;
    struct pubkey to = pubkey_of(&f->key);
    struct storage_request r = {.file = sealed_file(f, "16Uiu2me", "ecies"), .head = true};
    struct storage_opened o;
    struct err e;
    char text[64];

    ok(ecies_encrypt(&to, "hello", 5, &f->sealed, &e), e);
    assert_string_equal(ranged_read(f, r.file, NULL, NULL), "200 -: hello");
    assert_string_equal(ranged_read(f, r.file, "bytes=1-2", NULL), "206 bytes 1-2/5: el");
    assert_string_equal(ranged_read(f, r.file, "bytes=9-", NULL), "416 bytes */5: ");
    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_int_equal(o.size, 5);
    server_rest(f->server);
    f->sealed.data[100] ^= 1;
    r.head = false;
    err_is(storage_open(f->storage, f->a, &r, &o, &e), e, INVALID);

    server_rest(f->server);
    buf_reset(&f->sealed);
    ok(aes_cbc_encrypt(f->key.b, iv, "hello", 5, &f->sealed, &e), e);
    assert_string_equal(ranged_read(f, sealed_file(f, "16Uiu2me", "AES"), "bytes=1-2", NULL),
                        "200 -: hello");
    r.file = sealed_file(f, "16Uiu2other", "AES"); /* not ours: passes as it is */
    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_int_equal(o.size, 16);
    assert_int_equal(read_all(&o, text, sizeof(text)), 16);
    server_rest(f->server);
    f->sealed.len = 15; /* cut short */
    r.file = sealed_file(f, "16Uiu2me", "AES");
    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    assert_int_equal(read_all(&o, text, sizeof(text)), -1);
}

static void content_is_encrypted_for_others(void **state)
{
    static const uint8_t key[32] = {7};
    static const uint8_t iv[16] = {8};
    struct fixture *f = *state;
    struct storage_request r = {.file = url_file(f, "/big")};
    _buf_ struct buf got = BUF_INIT(BIG + 32);
    _buf_ struct buf plain = BUF_INIT(BIG + 32);
    _free_ char *piece = xmalloc(10000);
    struct storage_opened o;
    struct err e;
    int64_t n;

    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    o.body = storage_encrypt(o.body, key, iv);
    while ((n = storage_read(o.body, piece, 10000, &e)) > 0)
        buf_add(&got, piece, (size_t)n);
    assert_int_equal(n, 0);
    storage_close(o.body);
    assert_int_equal(got.len, aes_cbc_size(BIG));
    ok(aes_cbc_decrypt(key, iv, got.data, got.len, &plain, &e), e);
    assert_int_equal(plain.len, BIG);
    assert_int_equal((unsigned char)plain.data[BIG - 1], (BIG - 1) % 251);
}

static void refused_addresses_say_why(void **state)
{
    struct fixture *f = *state;
    struct storage_info info;
    struct storage_opened o;
    struct err e;

    /* a name that the check of the text lets pass, and the address does not */
    guard_set(&(struct guard_rules){.allow_private = false});
    err_is(storage_info_get(f->storage, f->a, parse(f, "{\"type\":\"ipfs\",\"hash\":\"Qm\"}"),
                            false, &info, &e),
           e, STORAGE);
    assert_string_equal(e.msg, "URL is marked as unsafe: 127.0.0.1 is a loopback address "
                               "(allowPrivateUrls)");
    err_is(storage_open(
               f->storage, f->a,
               &(struct storage_request){.file = parse(f, "{\"type\":\"ipfs\",\"hash\":\"Qm\"}")},
               &o, &e),
           e, STORAGE);
}

static void userdata_goes_to_the_query(void **state)
{
    struct fixture *f = *state;
    struct storage_request r = {
        .file = url_file(f, "/dir/hello.txt?x=1#part"),
        .userdata = parse(f, "{\"a\":\"b c&d\",\"n\":5,\"o\":{\"k\":true},\"e\":\"\\u00e9\"}")};
    struct storage_opened o;
    struct err e;

    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    storage_close(o.body);
    r.file = url_file(f, "/dir/hello.txt");
    r.userdata = parse(f, "{\"a\":\"b\"}");
    ok(storage_open(f->storage, f->a, &r, &o, &e), e);
    storage_close(o.body);
    assert_string_equal(f->seen,
                        "GET /dir/hello.txt?x=1&a=b+c%26d&n=5&o=%7B%22k%22%3Atrue%7D&e=%C3%A9\n"
                        "GET /dir/hello.txt?a=b\n");
}

static void gateways_serve_content(void **state)
{
    struct fixture *f = *state;
    struct storage_info info;
    struct err e;

    ok(storage_info_get(f->storage, f->a, parse(f, "{\"type\":\"ipfs\",\"hash\":\"Qm?x\"}"), false,
                        &info, &e),
       e);
    assert_true(info.valid);
    assert_string_equal(info.name, "");
    ok(storage_info_get(f->storage, f->a,
                        parse(f, "{\"type\":\"Arweave\",\"transactionId\":\"ar1\","
                                 "\"encryptedBy\":\"16U\",\"encryptMethod\":\"AES\"}"),
                        false, &info, &e),
       e);
    assert_string_equal(
        json_text(f->a, storage_info_json(f->a, &info)),
        "{\"valid\":true,\"contentLength\":\"5\",\"name\":\"\",\"type\":\"Arweave\","
        "\"encryptedBy\":\"16U\",\"encryptMethod\":\"AES\"}");
    assert_string_equal(f->seen, "HEAD /ipfs/Qm%3Fx\nHEAD /ar1\n");
    err_is(storage_info_get(f->storage, f->a, parse(f, "{\"type\":\"ipfs\",\"hash\":\"..\"}"),
                            false, &info, &e),
           e, STORAGE);
}

static void names_are_made_safe(void **state)
{
    static const struct {
        const char *name;
        const char *safe;
    } rows[] = {
        {"data.csv", "data.csv"},
        {"", "file"},
        {"..", "file"},
        {".hidden", "hidden"},
        {"a/b\\c:d", "a_b_c_d"},
        {"a\nb", "a_b"},
        {"my%20file", "my%20file"},
        {"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
        {"x;rm -rf $HOME", "x_rm -rf _HOME"},
    };
    static const char *const taken[] = {"data.csv", "data-2.csv", "file"};
    struct fixture *f = *state;
    const char *got;
    char text[400];
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(storage_safe_name(f->a, rows[i].name, NULL, 0), rows[i].safe);
    assert_string_equal(storage_safe_name(f->a, "data.csv", taken, 3), "data-3.csv");
    assert_string_equal(storage_safe_name(f->a, "", taken, 3), "file-2");
    memset(text, 'x', sizeof(text));
    memcpy(text + 390, ".tar", 5);
    got = storage_safe_name(f->a, text, NULL, 0);
    assert_in_range(strlen(got), 100, STORAGE_NAME_MAX - 1);
    assert_true(str_ends(got, ".tar"));
    for (i = 0; i < 390; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    got = storage_safe_name(f->a, text, NULL, 0);
    assert_int_equal(strlen(got) % 2, 0); /* no half character */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(malformed_files_are_refused_in_the_known_words),
        T(facts_come_from_head),
        T(facts_come_from_the_first_byte_otherwise),
        T(checksums_read_once),
        T(absent_files_are_not_valid),
        T(methods_and_headers_are_honoured),
        T(content_is_read),
        T(ranges_are_forwarded),
        T(ranges_are_cut_out_for_origins_without_them),
        T(the_middle_of_a_large_file_is_found),
        T(heads_open_nothing),
        T(own_secrets_are_decrypted),
        T(content_is_encrypted_for_others),
        T(refused_addresses_say_why),
        T(userdata_goes_to_the_query),
        T(gateways_serve_content),
        T(names_are_made_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
