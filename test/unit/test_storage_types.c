/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "crypto/aes.h"
#include "json/json.h"
#include "net/guard.h"
#include "server.h"
#include "storage/ftp.h"
#include "storage/s3_int.h"
#include "storage/sigv4.h"
#include "storage/storage.h"
#include "test.h"

/* S3 and FTP as computation: signatures, addresses, parsers; uploads to a server of the test. */

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* --- Amazon's published examples --- */

struct vector {
    const char *name;
    struct sigv4_key key;
    struct sigv4_request request;
    const char *signature;
};

#define DOC_KEY                                                                                    \
    {                                                                                              \
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", "s3"      \
    }
#define SUITE_KEY                                                                                  \
    {                                                                                              \
        "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"          \
    }

static const struct net_header doc_get[] = {{"host", "examplebucket.s3.amazonaws.com"},
                                            {"range", "bytes=0-9"},
                                            {"x-amz-content-sha256", EMPTY_SHA256},
                                            {"x-amz-date", "20130524T000000Z"}};
static const struct net_header doc_put[] = {
    {"date", "Fri, 24 May 2013 00:00:00 GMT"},
    {"host", "examplebucket.s3.amazonaws.com"},
    {"x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
    {"x-amz-date", "20130524T000000Z"},
    {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
static const struct net_header doc_list[] = {{"host", "examplebucket.s3.amazonaws.com"},
                                             {"x-amz-content-sha256", EMPTY_SHA256},
                                             {"x-amz-date", "20130524T000000Z"}};
static const struct net_header suite[] = {{"host", "example.amazonaws.com"},
                                          {"x-amz-date", "20150830T123600Z"}};
static const struct net_header suite_blanks[] = {{"host", "example.amazonaws.com"},
                                                 {"my-header1", " value1"},
                                                 {"my-header2", " \"a   b   c\""},
                                                 {"x-amz-date", "20150830T123600Z"}};

static const struct vector vectors[] = {
    {"the object with a range",
     DOC_KEY,
     {"GET", "/test.txt", "", doc_get, 4, EMPTY_SHA256, "20130524T000000Z"},
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"an object is put",
     DOC_KEY,
     {"PUT", "/test%24file.text", "", doc_put, 5,
      "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "20130524T000000Z"},
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"the bucket's lifecycle",
     DOC_KEY,
     {"GET", "/", "lifecycle=", doc_list, 3, EMPTY_SHA256, "20130524T000000Z"},
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"a list of objects",
     DOC_KEY,
     {"GET", "/", "max-keys=2&prefix=J", doc_list, 3, EMPTY_SHA256, "20130524T000000Z"},
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    {"get-vanilla",
     SUITE_KEY,
     {"GET", "/", "", suite, 2, EMPTY_SHA256, "20150830T123600Z"},
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-query-order-key-case",
     SUITE_KEY,
     {"GET", "/", "Param1=value1&Param2=value2", suite, 2, EMPTY_SHA256, "20150830T123600Z"},
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"post-vanilla",
     SUITE_KEY,
     {"POST", "/", "", suite, 2, EMPTY_SHA256, "20150830T123600Z"},
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"get-header-value-trim",
     SUITE_KEY,
     {"GET", "/", "", suite_blanks, 4, EMPTY_SHA256, "20150830T123600Z"},
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
};

static void signatures_are_as_published(void **state)
{
    _arena_ struct arena *a = arena_new();
    char stamp[SIGV4_STAMP];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(vectors); i++) {
        const char *got = sigv4_authorization(a, &vectors[i].key, &vectors[i].request);
        const char *signature = strstr(got, "Signature=");

        assert_non_null(signature);
        if (!str_eq(signature + 10, vectors[i].signature))
            fail_msg("%s: %s", vectors[i].name, got);
    }
    assert_string_equal(
        sigv4_authorization(a, &vectors[0].key, &vectors[0].request),
        "AWS4-HMAC-SHA256 "
        "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    sigv4_stamp(1369353600, stamp);
    assert_string_equal(stamp, "20130524T000000Z");
}

/* --- FTP's URLs --- */

static void ftp_urls_are_taken_apart(void **state)
{
    static const struct {
        const char *url;
        const char *parts; /* user|password|host|port|path|secure */
        const char *text;
    } rows[] = {
        {"ftp://h/a/b.txt", "anonymous|anonymous@|h|21|/a/b.txt|0", "ftp://h:21/%2Fa/b.txt"},
        {"FTP://u:p@h:2121/f", "u|p|h|2121|/f|0", "ftp://h:2121/%2Ff"},
        {"ftps://u@h/f", "u|anonymous@|h|990|/f|1", "ftps://h:990/%2Ff"},
        {"ftps://h:21/f", "anonymous|anonymous@|h|21|/f|1", "ftp://h:21/%2Ff"},
        {"ftp://a%40b:p%3aw@h/f", "a@b|p:w|h|21|/f|0", "ftp://h:21/%2Ff"},
        {"ftp://u@d:p@h/f", "u@d|p|h|21|/f|0", "ftp://h:21/%2Ff"},
        {"ftp://[::1]:21/f", "anonymous|anonymous@|[::1]|21|/f|0", "ftp://[::1]:21/%2Ff"},
        {"ftp://h/my%20file;type=a", "anonymous|anonymous@|h|21|/my file;type=a|0",
         "ftp://h:21/%2Fmy%20file%3Btype%3Da"},
        {"ftp://h/f?x#y", "anonymous|anonymous@|h|21|/f|0", "ftp://h:21/%2Ff"},
        {"ftp://h/100%", "anonymous|anonymous@|h|21|/100%|0", "ftp://h:21/%2F100%25"},
        {"ftp://h", "anonymous|anonymous@|h|21||0", "ftp://h:21/"},
        {"ftp://h/", "anonymous|anonymous@|h|21||0", "ftp://h:21/"},
        {"ftp://h:/f", "anonymous|anonymous@|h|21|/f|0", "ftp://h:21/%2Ff"},
    };
    static const char *const bad[] = {"",
                                      "h/f",
                                      "http://h/f",
                                      "ftp://",
                                      "ftp:///f",
                                      "ftp://:21/",
                                      "ftp://h:0/f",
                                      "ftp://h:99999/",
                                      "ftp://h:2x/f",
                                      "ftp://h h/f",
                                      "ftp://[::1",
                                      "ftp://u%0d@h/",
                                      "ftp://h/a%0Ab",
                                      "ftp://h/a%00b",
                                      "ftp://h\\x/f",
                                      "ftp://u:p\r\nDELE x@h/"};
    _arena_ struct arena *a = arena_new();
    struct ftp_url u;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(ftp_url_parse(a, rows[i].url, &u));
        assert_string_equal(arena_printf(a, "%s|%s|%s|%u|%s|%d", u.user, u.password, u.host, u.port,
                                         u.path, u.secure),
                            rows[i].parts);
        assert_string_equal(ftp_url_text(a, &u), rows[i].text);
    }
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        if (ftp_url_parse(a, bad[i], &u))
            fail_msg("accepted: %s", bad[i]);
    }
}

/* --- against a server --- */

enum { BIG = 12 * 1048576 + 5 };

struct fixture {
    struct server *server;
    struct net *net;
    struct storage *storage;
    struct arena *a;
    struct seckey key;
    pthread_mutex_t lock;
    char seen[16384]; /* a line for each request */
    struct buf stored;
    int fail_part; /* that part is answered 403, -that one 503 the first time */
};

static void note(struct fixture *f, struct server_conn *c)
{
    char type[128] = "";
    char name[256] = "";
    size_t n = strlen(f->seen);

    (void)server_header(c, "content-type", type, sizeof(type));
    (void)server_header(c, "content-disposition", name, sizeof(name));
    (void)snprintf(f->seen + n, sizeof(f->seen) - n, "%s %s %zu%s%s\n", c->method, c->path,
                   c->body.len, name[0] ? " " : "", name);
}

static void answer_part(struct fixture *f, struct server_conn *c, int part)
{
    if (part == f->fail_part) {
        server_reply_text(c, 403, NULL, "<Error><Code>AccessDenied</Code></Error>");
    } else if (part == -f->fail_part) {
        f->fail_part = 0;
        server_reply_text(c, 503, NULL, "<Error><Code>SlowDown</Code></Error>");
    } else {
        buf_add(&f->stored, c->body.data, c->body.len);
        server_reply_text(c, 200, "ETag: \"abc\"\r\n", "");
    }
}

static void handle(struct server_conn *c)
{
    struct fixture *f = c->arg;
    const char *part = strstr(c->path, "partNumber=");

    lock_scope(&f->lock);
    note(f, c);
    if (strstr(c->path, "uploads=")) {
        server_reply_text(c, 200, NULL,
                          "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Bucket>b</Bucket>"
                          "<UploadId>id/+=1</UploadId></InitiateMultipartUploadResult>");
    } else if (part) {
        answer_part(f, c, (int)strtol(part + 11, NULL, 10));
    } else if (str_starts(c->path, "/late-error") && strstr(c->path, "uploadId")) {
        server_reply_text(c, 200, NULL, "<Error><Code>InternalError</Code></Error>");
    } else if (str_starts(c->path, "/refuse")) {
        server_reply_text(c, 403, NULL, "no");
    } else if (str_starts(c->path, "/moved")) {
        server_reply_text(c, 302, "Location: /elsewhere\r\n", "");
    } else {
        if (!strstr(c->path, "uploadId="))
            buf_add(&f->stored, c->body.data, c->body.len);
        server_reply_text(c, 200, "ETag: \"abc\"\r\n", "");
    }
}

static int setup(void **state)
{
    static const char *const allow[] = {"127.0.0.1"};
    struct fixture *f = test_calloc(1, sizeof(*f));

    guard_set(&(struct guard_rules){.allow = allow, .allow_count = 1});
    must(pthread_mutex_init(&f->lock, NULL) == 0);
    f->stored = BUF_INIT(64 << 20);
    f->server = server_new(NULL, handle, f);
    f->net = net_new();
    f->a = arena_new();
    memset(f->key.b, 1, sizeof(f->key.b));
    f->storage = storage_new(&(struct storage_options){
        .net = f->net, .checksum_max = 1 << 20, .peer_id = "16Uiu2me", .key = &f->key});
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
    buf_done(&f->stored);
    (void)pthread_mutex_destroy(&f->lock);
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

static const struct json *s3_file(struct fixture *f, const char *key, const char *more)
{
    return parse(f, arena_printf(f->a,
                                 "{\"type\":\"s3\",\"s3Access\":{\"endpoint\":\"%s\",\"bucket\":"
                                 "\"bucket\",\"objectKey\":\"%s\",\"accessKeyId\":\"AK\","
                                 "\"secretAccessKey\":\"SK\"%s}}",
                                 server_url(f->server), key, more));
}

static const struct json *put_file(struct fixture *f, const char *path)
{
    return parse(f, arena_printf(f->a, "{\"type\":\"url\",\"method\":\"get\",\"url\":\"%s%s\"}",
                                 server_url(f->server), path));
}

/* n bytes that count up, failing after `breaks` of them unless that is 0. */
struct counting {
    int64_t at;
    int64_t size;
    int64_t breaks;
};

static int64_t counting_read(void *ctx, void *out, size_t cap)
{
    struct counting *c = ctx;
    unsigned char *to = out;
    size_t n = 0;

    if (c->breaks && c->at >= c->breaks)
        return -1;
    if (cap > 100000)
        cap = 100000; /* short reads are ordinary */
    while (n < cap && c->at < c->size)
        to[n++] = (unsigned char)(c->at++ * 7 % 251);
    return (int64_t)n;
}

static int upload(struct fixture *f, const struct json *file, int64_t size, int64_t breaks,
                  const uint8_t *key, struct err *e)
{
    struct counting c = {.size = size, .breaks = breaks};
    const struct net_source source = {counting_read, &c, size};
    const struct storage_upload u = {
        .file = file, .name = "outputs-0xab-1 \xc3\xa9.tar", .source = &source, .key = key};

    return storage_upload(f->storage, f->a, &u, e);
}

static void assert_stored(struct fixture *f, int64_t size)
{
    int64_t i;

    assert_int_equal(f->stored.len, size);
    for (i = 0; i < size; i++) {
        if ((unsigned char)f->stored.data[i] != (unsigned char)(i * 7 % 251))
            fail_msg("byte %lld differs", (long long)i);
    }
}

static void objects_have_addresses(void **state)
{
    static const struct {
        const char *access;
        const char *url;
    } rows[] = {
        {"\"endpoint\":\"s3.amazonaws.com\",\"bucket\":\"my-bucket\",\"objectKey\":\"a/b c+d\"",
         "https://my-bucket.s3.amazonaws.com/a/b%20c%2Bd"},
        {"\"endpoint\":\"https://S3.eu.example:443/\",\"bucket\":\"my-bucket\",\"objectKey\":"
         "\"../x\",\"forcePathStyle\":true",
         "https://s3.eu.example/my-bucket/../x"},
        {"\"endpoint\":\"http://minio.example:9000\",\"bucket\":\"has.dot\",\"objectKey\":\"k\"",
         "http://minio.example:9000/has.dot/k"},
        {"\"endpoint\":\"http://127.0.0.1:9000/prefix\",\"bucket\":\"bucket\",\"objectKey\":\"\xc3"
         "\xa9\"",
         "http://127.0.0.1:9000/prefix/bucket/%C3%A9"},
        {"\"endpoint\":\"http://[::1]:80\",\"bucket\":\"Bucket\",\"objectKey\":\"k\"",
         "http://[::1]/Bucket/k"},
    };
    static const char *const bad[] = {
        "{\"type\":\"s3\"}|Missing s3Access",
        "{\"type\":\"s3\",\"s3Access\":{}}|Missing bucket",
        "{\"type\":\"s3\",\"s3Access\":{\"bucket\":\" \"}}|Missing bucket",
        "{\"type\":\"s3\",\"s3Access\":{\"bucket\":\"b\"}}|Missing objectKey",
        "{\"type\":\"s3\",\"s3Access\":{\"bucket\":\"b\",\"objectKey\":\"k\"}}|Missing endpoint",
        "{\"type\":\"s3\",\"s3Access\":{\"bucket\":\"b\",\"objectKey\":\"k\",\"endpoint\":\"h\"}}|"
        "Missing accessKeyId",
        "{\"type\":\"s3\",\"s3Access\":{\"bucket\":\"b\",\"objectKey\":\"k\",\"endpoint\":\"h\","
        "\"accessKeyId\":\"a\"}}|Missing secretAccessKey",
        "{\"type\":\"s3\",\"s3Access\":{\"bucket\":\"b\",\"objectKey\":\"k\\n\",\"endpoint\":\"h\","
        "\"accessKeyId\":\"a\",\"secretAccessKey\":\"s\"}}|Invalid objectKey",
        "{\"type\":\"s3\",\"s3Access\":{\"bucket\":\"b\",\"objectKey\":\"k\",\"endpoint\":\"u@h\","
        "\"accessKeyId\":\"a\",\"secretAccessKey\":\"s\"}}|Invalid endpoint",
        "{\"type\":\"s3\",\"s3Access\":{\"bucket\":\"b\",\"objectKey\":\"k\",\"endpoint\":"
        "\"http://10.0.0.1\",\"accessKeyId\":\"a\",\"secretAccessKey\":\"s\"}}|URL is marked as "
        "unsafe: 10.0.0.1 is a private address (allowPrivateUrls)",
    };
    struct fixture *f = *state;
    struct storage_target t;
    struct err e;
    size_t i;

    guard_set(&(struct guard_rules){.allow_private = true});
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        struct storage_place p = {
            .file = parse(f, arena_printf(f->a,
                                          "{\"type\":\"S3\",\"s3Access\":{%s,\"accessKeyId\":\"a\","
                                          "\"secretAccessKey\":\"s\"}}",
                                          rows[i].access))};

        ok(storage__locate(f->storage, f->a, &p, &t, &e), e);
        assert_string_equal(t.url, rows[i].url);
    }
    guard_set(&(struct guard_rules){.allow_private = false});
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        const char *text = strrchr(bad[i], '|');

        err_is(storage_check(f->storage,
                             parse(f, arena_strndup(f->a, bad[i], (size_t)(text - bad[i]))), &e),
               e, STORAGE);
        assert_string_equal(e.msg,
                            arena_printf(f->a, "Error validating the S3 file: %s", text + 1));
    }
}

static void ftp_objects_are_checked(void **state)
{
    static const char *const bad[] = {
        "|FTP URL is missing",
        "http://h/f|URL must be ftp:// or ftps://",
        "h/f|Invalid FTP URL",
        "ftp://|Invalid FTP URL",
        "ftp://127.0.0.2/f|URL is marked as unsafe: 127.0.0.2 is a loopback address "
        "(allowPrivateUrls)",
        "ftp://[::ffff:10.0.0.1]/f|URL is marked as unsafe: [::ffff:10.0.0.1] is a private "
        "address (allowPrivateUrls)",
    };
    struct fixture *f = *state;
    struct storage_opened o;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(bad); i++) {
        const char *text = strrchr(bad[i], '|');
        struct json *file = parse(f, "{\"type\":\"ftp\"}");

        json_set_str(f->a, file, "url", arena_strndup(f->a, bad[i], (size_t)(text - bad[i])));
        err_is(storage_check(f->storage, file, &e), e, STORAGE);
        assert_string_equal(e.msg,
                            arena_printf(f->a, "Error validating the FTP file: %s", text + 1));
    }
    err_is(storage_open(f->storage, f->a,
                        &(struct storage_request){
                            .file = parse(f, "{\"type\":\"ftp\",\"url\":\"ftp://127.0.0.1/d/\"}")},
                        &o, &e),
           e, STORAGE);
}

static void xml_is_read_with_care(void **state)
{
    static const struct {
        const char *xml;
        const char *id;
    } rows[] = {
        {"<UploadId>a.b-c</UploadId>", "a.b-c"},
        {"x<UploadId>1</UploadId><UploadId>2</UploadId>", "1"},
        {"<UploadId></UploadId>", NULL},
        {"<UploadId>a", NULL},
        {"<UploadId>a b</UploadId>", NULL},
        {"<UploadId>a&amp;b</UploadId>", NULL},
        {"<UploadID>a</UploadID>", NULL},
        {"", NULL},
    };
    _arena_ struct arena *a = arena_new();
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = s3__upload_id(a, rows[i].xml, strlen(rows[i].xml));

        if (!str_eq(got, rows[i].id))
            fail_msg("%s: %s", rows[i].xml, got ? got : "nothing");
    }
    assert_string_equal(s3__error_code(a, "<Error><Code>NoSuchKey</Code>", 29), "NoSuchKey");
    assert_string_equal(s3__error_code(a, "<Code>No such</Code>", 20), "");
    assert_string_equal(s3__error_code(a, "", 0), "");
}

static void a_put_sends_it_all(void **state)
{
    struct fixture *f = *state;
    struct err e;

    ok(upload(f, put_file(f, "/dir/"), 300001, 0, NULL, &e), e);
    assert_stored(f, 300001);
    buf_reset(&f->stored);
    ok(upload(f, put_file(f, "/name.tar?x=/"), 0, 0, NULL, &e), e);
    assert_stored(f, 0);
    assert_string_equal(f->seen, "PUT /dir/outputs-0xab-1%20%C3%A9.tar 300001 attachment; "
                                 "filename=\"outputs-0xab-1 \xc3\xa9.tar\"\n"
                                 "PUT /name.tar?x=/outputs-0xab-1%20%C3%A9.tar 0 attachment; "
                                 "filename=\"outputs-0xab-1 \xc3\xa9.tar\"\n");
    err_is(upload(f, put_file(f, "/refuse"), 10, 0, NULL, &e), e, FAILED);
    assert_string_equal(e.msg, "Request failed with status code 403");
    assert_false(e.transient);
    err_is(upload(f, put_file(f, "/moved"), 10, 0, NULL, &e), e, FAILED);
    assert_string_equal(e.msg, "Request failed with status code 302");
}

static void a_source_that_breaks_ends_the_upload(void **state)
{
    struct fixture *f = *state;
    struct err e;

    assert_int_equal(upload(f, put_file(f, "/broken"), 1000000, 500000, NULL, &e), -1);
    assert_int_equal(f->stored.len, 0);
    assert_int_equal(upload(f, s3_file(f, "k", ""), BIG, 6 << 20, NULL, &e), -1);
    assert_non_null(strstr(f->seen, "DELETE /bucket/k?uploadId=id%2F%2B%3D1 0\n"));
}

static void large_objects_go_in_parts(void **state)
{
    struct fixture *f = *state;
    struct err e;

    f->fail_part = -2; /* is sent again */
    ok(upload(f, s3_file(f, "dir/", ""), BIG, 0, NULL, &e), e);
    assert_stored(f, BIG);
    assert_string_equal(
        f->seen,
        "POST /bucket/dir/outputs-0xab-1%20%C3%A9.tar?uploads= 0\n"
        "PUT /bucket/dir/outputs-0xab-1%20%C3%A9.tar?partNumber=1&uploadId=id%2F%2B%3D1 5242880\n"
        "PUT /bucket/dir/outputs-0xab-1%20%C3%A9.tar?partNumber=2&uploadId=id%2F%2B%3D1 5242880\n"
        "PUT /bucket/dir/outputs-0xab-1%20%C3%A9.tar?partNumber=2&uploadId=id%2F%2B%3D1 5242880\n"
        "PUT /bucket/dir/outputs-0xab-1%20%C3%A9.tar?partNumber=3&uploadId=id%2F%2B%3D1 2097157\n"
        "POST /bucket/dir/outputs-0xab-1%20%C3%A9.tar?uploadId=id%2F%2B%3D1 270\n");
}

static void a_part_that_fails_aborts(void **state)
{
    struct fixture *f = *state;
    struct err e;

    f->fail_part = 2;
    err_is(upload(f, s3_file(f, "k", ""), BIG, 0, NULL, &e), e, FAILED);
    assert_string_equal(e.msg, "Request failed with status code 403 (AccessDenied)");
    assert_non_null(strstr(f->seen, "DELETE /bucket/k?uploadId=id%2F%2B%3D1 0\n"));
    assert_null(strstr(f->seen, "partNumber=3"));
}

static void small_objects_go_in_one(void **state)
{
    struct fixture *f = *state;
    struct err e;

    ok(upload(f, s3_file(f, "k", ""), 1000, 0, NULL, &e), e);
    assert_stored(f, 1000);
    assert_string_equal(f->seen, "PUT /bucket/k 1000\n");
}

static void uploads_are_encrypted(void **state)
{
    static const uint8_t key[32] = {9};
    const uint8_t iv[16] = {0x03, 0x1b, 0x84, 0xc5, 0x56, 0x7b, 0x12, 0x64,
                            0x40, 0x99, 0x5d, 0x3e, 0xd5, 0xaa, 0xba, 0x05};
    static const int64_t sizes[] = {0, 15, 16, 65536, 200001};
    struct fixture *f = *state;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(sizes); i++) {
        _buf_ struct buf plain = BUF_INIT(1 << 20);

        buf_reset(&f->stored);
        ok(upload(f, put_file(f, "/x"), sizes[i], 0, key, &e), e);
        assert_int_equal(f->stored.len, aes_cbc_size(sizes[i]));
        ok(aes_cbc_decrypt(key, iv, f->stored.data, f->stored.len, &plain, &e), e);
        buf_reset(&f->stored);
        buf_add(&f->stored, buf_str(&plain), plain.len);
        assert_stored(f, sizes[i]);
    }
}

static void some_types_take_nothing(void **state)
{
    struct fixture *f = *state;
    struct storage *s = storage_new(
        &(struct storage_options){.net = f->net, .ipfs_gateway = server_url(f->server)});
    const struct json *ipfs = parse(f, "{\"type\":\"ipfs\",\"hash\":\"Qm\"}");
    struct counting c = {.size = 1};
    const struct net_source source = {counting_read, &c, 1};
    struct err e;

    assert_true(storage_can_upload(put_file(f, "/")));
    assert_true(storage_can_upload(s3_file(f, "k", "")));
    assert_false(storage_can_upload(ipfs));
    assert_false(storage_can_upload(NULL));
    err_is(storage_upload(
               s, f->a, &(struct storage_upload){.file = ipfs, .name = "x", .source = &source}, &e),
           e, STORAGE);
    assert_string_equal(e.msg, "Storage class has no support for upload");
    storage_free(s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_as_published),
        cmocka_unit_test(ftp_urls_are_taken_apart),
        cmocka_unit_test(xml_is_read_with_care),
        T(objects_have_addresses),
        T(ftp_objects_are_checked),
        T(a_put_sends_it_all),
        T(a_source_that_breaks_ends_the_upload),
        T(large_objects_go_in_parts),
        T(a_part_that_fails_aborts),
        T(small_objects_go_in_one),
        T(uploads_are_encrypted),
        T(some_types_take_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
