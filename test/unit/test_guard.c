/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/str.h"
#include "net/guard.h"
#include "test.h"

static const char *why(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return guard_check_addr((struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return guard_check_addr((struct sockaddr *)&v6);
}

static void addresses_have_classes(void **state)
{
    static const struct {
        const char *addr;
        const char *class_name; /* NULL: public */
        bool with_private;      /* still refused with allow_private */
    } rows[] = {
        {"8.8.8.8", NULL, false},
        {"127.0.0.1", "loopback", false},
        {"127.255.255.255", "loopback", false},
        {"128.0.0.0", NULL, false},
        {"0.0.0.0", "unspecified", false},
        {"0.1.2.3", "unspecified", false},
        {"10.255.0.1", "private", false},
        {"11.0.0.0", NULL, false},
        {"100.63.255.255", NULL, false},
        {"100.64.0.1", "carrier-grade NAT", false},
        {"100.127.255.255", "carrier-grade NAT", false},
        {"100.128.0.0", NULL, false},
        {"100.100.100.200", "metadata service", true},
        {"168.63.129.16", "metadata service", true},
        {"169.254.169.254", "metadata service", true},
        {"169.254.1.1", "link-local", false},
        {"172.15.255.255", NULL, false},
        {"172.16.0.1", "private", false},
        {"172.31.255.255", "private", false},
        {"172.32.0.0", NULL, false},
        {"192.168.1.1", "private", false},
        {"192.169.0.0", NULL, false},
        {"198.18.0.1", "benchmark", false},
        {"198.20.0.0", NULL, false},
        {"224.0.0.1", "multicast", true},
        {"239.255.255.255", "multicast", true},
        {"255.255.255.255", "reserved", true},
        {"::", "unspecified", false},
        {"::1", "loopback", false},
        {"2606:4700::1111", NULL, false},
        {"fe80::1", "link-local", false},
        {"fec0::1", "private", false},
        {"fd12:3456::1", "private", false},
        {"fd00:ec2::254", "metadata service", true},
        {"ff02::1", "multicast", true},
        {"2001:db8::1", "documentation", false},
        {"2001:0:1::1", "reserved", false},
        {"::ffff:127.0.0.1", "loopback", false},
        {"::ffff:8.8.8.8", NULL, false},
        {"::ffff:169.254.169.254", "metadata service", true},
        {"::127.0.0.1", "loopback", false},
        {"2002:7f00:1::", "loopback", false},
        {"2002:a9fe:a9fe::1", "metadata service", true},
        {"2002:808:808::1", NULL, false},
        {"64:ff9b::10.0.0.1", "private", false},
        {"64:ff9b::8.8.8.8", NULL, false},
        {"64:ff9b:1::10.0.0.1", "private", false},
        {"4000::1", "reserved", false},
    };
    size_t i;

    (void)state;
    guard_set(&(struct guard_rules){.allow_private = false});
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = why(rows[i].addr);

        if (!str_eq(got, rows[i].class_name))
            fail_msg("%s: %s, not %s", rows[i].addr, got, rows[i].class_name);
    }
    guard_set(&(struct guard_rules){.allow_private = true});
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        if (!why(rows[i].addr) == rows[i].with_private)
            fail_msg("%s with allow_private", rows[i].addr);
    }
}

static void networks_are_allowed_by_name(void **state)
{
    static const char *const allow[] = {"10.1.0.0/16", "::1", "169.254.169.254", "nonsense"};

    (void)state;
    guard_set(&(struct guard_rules){.allow = allow, .allow_count = ARRAY_LEN(allow)});
    assert_null(why("10.1.255.1"));
    assert_null(why("::ffff:10.1.0.1"));
    assert_null(why("2002:a01:1::1"));
    assert_null(why("::1"));
    assert_null(why("169.254.169.254"));
    assert_non_null(why("10.2.0.0"));
    assert_non_null(why("127.0.0.1"));
    assert_true(guard_network_valid("10.0.0.0/8"));
    assert_true(guard_network_valid("fd00::/8"));
    assert_false(guard_network_valid("10.0.0.0/33"));
    assert_false(guard_network_valid("10.0.0/8"));
    assert_false(guard_network_valid("example.com"));
    assert_false(guard_network_valid("10.0.0.0/"));
}

static void urls_are_checked_as_curl_reads_them(void **state)
{
    static const char *const bad[] = {
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]:80/x",
        "http://[fe80::1%25eth0]/",
        "http://user:pw@10.0.0.1/",
        "http://localhost/",
        "HTTP://LOCALHOST:80/",
        "http://localhost./",
        "file:///etc/passwd",
        "gopher://x/",
        "dict://x/",
        "http://",
        "",
        "nonsense",
        "http://a b/",
        "http://0/",
        "https://169.254.169.254/latest",
    };
    static const char *const good[] = {
        "http://example.com/a?b=c", "https://example.com:8443/", "ftp://user@example.com/f",
        "ftps://example.com/",      "http://[2606:4700::1111]/", "http://8.8.8.8/",
    };
    struct err e;
    size_t i;

    (void)state;
    guard_set(&(struct guard_rules){.allow_private = false});
    for (i = 0; i < ARRAY_LEN(bad); i++) {
        if (guard_check_url(bad[i], &e) == 0)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e.code, ERR_UNSAFE_URL);
    }
    for (i = 0; i < ARRAY_LEN(good); i++)
        ok(guard_check_url(good[i], &e), e);
}

static void patterns_only_refuse(void **state)
{
    static const char *const patterns[] = {"^.*(169\\.254\\.\\d+).*", "[\\d]{5}x", "(unclosed",
                                           "(?=look)ahead"};
    struct err e;

    (void)state;
    guard_set(&(struct guard_rules){.patterns = patterns, .pattern_count = ARRAY_LEN(patterns)});
    ok(guard_check_url("http://example.com/169.253.1", &e), e);
    err_is(guard_check_url("http://example.com/169.254.1", &e), e, UNSAFE_URL);
    err_is(guard_check_url("http://example.com/12345x", &e), e, UNSAFE_URL);
    ok(guard_check_url("http://example.com/1234x", &e), e);
    guard_set(&(struct guard_rules){.allow_private = false});
    ok(guard_check_url("http://example.com/169.254.1", &e), e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_classes),
        cmocka_unit_test(networks_are_allowed_by_name),
        cmocka_unit_test(urls_are_checked_as_curl_reads_them),
        cmocka_unit_test(patterns_only_refuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
