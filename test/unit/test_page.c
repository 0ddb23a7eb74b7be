/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/must.h"
#include "base/str.h"
#include "node/page.h"
#include "test.h"

/* The table is what this build has: the page of web/, or the notice in its place. */

static const char *header_of(const struct http_reply *reply, const char *name)
{
    size_t i;

    for (i = 0; i < reply->header_count; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

static struct http_reply ask(struct arena *a, const char *path, const char *encodings)
{
    struct http_header *h = arena_calloc(a, 1, sizeof(*h));
    struct http_request r = {.arena = a, .method = "GET", .path = path, .headers = h};
    struct http_reply reply = {.status = 200};

    *h = (struct http_header){"accept-encoding", encodings};
    r.header_count = encodings ? 1 : 0;
    page_answer(&r, &reply);
    return reply;
}

static void test_budget(void **state)
{
    static const struct {
        const char *path;
        enum page_budget want;
    } table[] = {
        {"/", PAGE_BUDGET_NONE},
        {"/api/services/compute", PAGE_BUDGET_NONE},
        {"/authority", PAGE_BUDGET_NONE},
        {"/marketplaces", PAGE_BUDGET_NONE},
        {"/marketplace", PAGE_BUDGET_FILES},
        {"/marketplace/", PAGE_BUDGET_FILES},
        {"/marketplace/assets/index.js", PAGE_BUDGET_FILES},
        {"/marketplace/apis", PAGE_BUDGET_FILES},
        {"/marketplace/api/pools", PAGE_BUDGET_CALLS},
        {"/MARKETPLACE/API/pools", PAGE_BUDGET_CALLS}, /* letter case finds the same route */
        {"/auth/options", PAGE_BUDGET_CALLS},
        {"/auth/login", PAGE_BUDGET_LOGIN},
        {"/auth/logins", PAGE_BUDGET_CALLS},
        {"/AUTH/3bot_callback", PAGE_BUDGET_LOGIN},
        {"/auth/siwe/nonce", PAGE_BUDGET_LOGIN},
        {"/auth/dev", PAGE_BUDGET_LOGIN},
        {"/chatflows", PAGE_BUDGET_CALLS},
    };
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(table); i++)
        if (page_budget(table[i].path) != table[i].want)
            fail_msg("%s: %d", table[i].path, (int)page_budget(table[i].path));
}

static void test_has(void **state)
{
    (void)state;
    assert_true(page_has("/marketplace"));
    assert_true(page_has("/marketplace/"));
    assert_false(page_has("/marketplace/index.html"));
    assert_false(page_has("/marketplace/../etc/passwd"));
    assert_false(page_has("/marketplace/assets/"));
    assert_false(page_has("/"));
}

static void test_redirect(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct http_reply reply = ask(a, "/marketplace", NULL);

    (void)state;
    assert_int_equal(reply.status, 301);
    assert_string_equal(header_of(&reply, "location"), "/marketplace/");
    assert_int_equal(reply.bytes.n, 0);
}

static void test_guards(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct http_reply reply = ask(a, "/marketplace/", NULL);
    const char *policy = header_of(&reply, "content-security-policy");

    (void)state;
    assert_int_equal(reply.status, 200);
    assert_string_equal(header_of(&reply, "content-type"), "text/html; charset=utf-8");
    assert_string_equal(header_of(&reply, "cache-control"), "no-cache");
    assert_string_equal(header_of(&reply, "x-content-type-options"), "nosniff");
    assert_true(str_starts(policy, "default-src 'none'; script-src 'self';"));
    assert_null(strstr(policy, "unsafe"));
}

/* What a client does not ask for it does not get; what it asks for is what the table has. */
static void test_encodings(void **state)
{
    static const struct {
        const char *accepts;
        const char *want;
    } table[] = {
        {NULL, NULL},
        {"", NULL},
        {"identity", NULL},
        {"gzip", "gzip"},
        {"GZIP", "gzip"},
        {"gzip, deflate, br, zstd", "br"},
        {"br;q=0, gzip", "gzip"},
        {"br ; q=0.000, gzip;q=0", NULL},
        {"br;q=0.5", "br"},
        {"brotli, gzipped", NULL},
        {",,;,", NULL},
        {"*", NULL},
    };
    size_t i;
    size_t k;

    (void)state;
    for (i = 0; i < page_file_count; i++) {
        const struct page_file *f = &page_files[i];

        for (k = 0; k < ARRAY_LEN(table); k++) {
            _arena_ struct arena *a = arena_new();
            struct http_reply reply = ask(a, f->path, table[k].accepts);
            const char *got = header_of(&reply, "content-encoding");
            const char *want = f->gzip.n > 0 ? table[k].want : NULL;

            if (!str_eq(got, want))
                fail_msg("%s for %s: %s", f->path, table[k].accepts, got);
            assert_ptr_equal(reply.bytes.p, str_eq(want, "br")     ? f->brotli.p
                                            : str_eq(want, "gzip") ? f->gzip.p
                                                                   : f->plain.p);
            assert_true(f->gzip.n == 0 || str_eq(header_of(&reply, "vary"), "Accept-Encoding"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget),    cmocka_unit_test(test_has),
        cmocka_unit_test(test_redirect),  cmocka_unit_test(test_guards),
        cmocka_unit_test(test_encodings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
