/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/events.h"
#include "test.h"
#include "vectors.h"

static size_t known;

/* A log with this topic and number of topics, and zeros for data. */
static struct rpc_log log_of(struct arena *a, const char *topic, const char *indexed)
{
    struct rpc_log log = {.topic_count = 1};
    size_t i;

    assert_true(hash32_parse(topic, &log.topics[0]));
    for (i = 0; indexed[i]; i++)
        log.topic_count += indexed[i] == '1';
    log.data = (struct bytes){arena_calloc(a, 1024, 1), 1024};
    return log;
}

/* Whatever of the contracts' events is in our table has the same topic and indexed fields. */
static void check_event(struct arena *a, char *const *f)
{
    struct rpc_log log = log_of(a, f[2], f[3]);
    struct hash32 h = abi_topic(f[1]);
    struct event ev;
    struct err e;
    size_t i;

    assert_true(hash32_eq(&h, &log.topics[0]));
    if (str_eq(f[0], "Transfer") && str_eq(f[3], "110")) { /* of ERC-20, which nobody follows */
        ok(event_decode(a, &log, &ev, &e), e);
        assert_int_equal(ev.id, EVENT_NONE);
        return;
    }
    for (i = 0; i < EVENT_COUNT; i++) {
        if (!str_eq(event_name((enum event_id)i), f[0]) ||
            !hash32_eq(event_topic((enum event_id)i), &h))
            continue;
        known++;
        ok(event_decode(a, &log, &ev, &e), e);
        assert_int_equal(ev.id, i);
        log.topic_count += log.topic_count < 4 ? 1 : -1;
        log.data.n = 1024;
        ok(event_decode(a, &log, &ev, &e), e);
        assert_int_equal(ev.id, EVENT_NONE);
    }
}

static void table_matches_the_contracts(void **state)
{
    const struct hash32 *topics;

    (void)state;
    vectors_of_kind("contracts.tsv", "event", check_event);
    assert_int_equal(known, EVENT_COUNT);
    assert_int_equal(event_crawled(&topics), 22);
}

static void fields_come_by_name(void **state)
{
    _arena_ struct arena *a = arena_new();
    const struct addr payee = {.b = {1}};
    const struct addr payer = {.b = {2}};
    const struct addr token = {.b = {3}};
    struct abi_value data[] = {abi_u64(7), abi_addr(&token), abi_u64(100), abi_bytes("abc", 3)};
    struct rpc_log log = {.topic_count = 3};
    struct event ev;
    struct addr got;
    struct err e;

    (void)state;
    log.topics[0] = *event_topic(EVENT_CLAIMED);
    memcpy(log.topics[1].b + 12, payee.b, 20);
    memcpy(log.topics[2].b + 12, payer.b, 20);
    log.data = abi_encode(a, "(uint256,address,uint256,bytes)", data, ARRAY_LEN(data));
    ok(event_decode(a, &log, &ev, &e), e);
    assert_int_equal(ev.id, EVENT_CLAIMED);
    got = event_addr(&ev, "payer");
    assert_true(addr_eq(&got, &payer));
    got = event_addr(&ev, "payee");
    assert_true(addr_eq(&got, &payee));
    got = event_addr(&ev, "token");
    assert_true(addr_eq(&got, &token));
    assert_int_equal(event_u64(&ev, "jobId"), 7);
    assert_int_equal(event_u64(&ev, "amount"), 100);
    assert_string_equal(event_text(a, &ev, "proof"), "abc");

    log.data.n -= 40;
    err_is(event_decode(a, &log, &ev, &e), e, INVALID);
    assert_memory_equal(e.msg, "event Claimed: ABI data", 23);
    log.topics[1].b[0] = 1; /* no address */
    log.data.n += 40;
    err_is(event_decode(a, &log, &ev, &e), e, INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_matches_the_contracts),
        cmocka_unit_test(fields_come_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
