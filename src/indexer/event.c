/* SPDX-License-Identifier: Apache-2.0 */
#include "indexer/event.h"

#include <pthread.h>
#include <string.h>

#include "base/must.h"

#define METADATA "(address,uint8,string,bytes,bytes,bytes32,uint256,uint256)"
#define METADATA_DATA "(uint8,string,bytes,bytes,bytes32,uint256,uint256)"

static const struct {
    const char *name;
    const char *types;
    size_t topics;    /* with the signature's */
    const char *data; /* types that are not indexed */
} kinds[EVENT_KINDS] = {
    [METADATA_CREATED] = {"MetadataCreated", METADATA, 2, METADATA_DATA},
    [METADATA_UPDATED] = {"MetadataUpdated", METADATA, 2, METADATA_DATA},
    [METADATA_STATE] = {"MetadataState", "(address,uint8,uint256,uint256)", 2,
                        "(uint8,uint256,uint256)"},
    [METADATA_VALIDATED] = {"MetadataValidated", "(address,bytes32,uint8,bytes32,bytes32)", 2,
                            "(bytes32,uint8,bytes32,bytes32)"},
    [ORDER_STARTED] = {"OrderStarted", "(address,address,uint256,uint256,uint256,address,uint256)",
                       3, "(address,uint256,uint256,uint256,uint256)"},
    [ORDER_REUSED] = {"OrderReused", "(bytes32,address,uint256,uint256)", 1,
                      "(bytes32,address,uint256,uint256)"},
    [EXCHANGE_CREATED] = {"ExchangeCreated", "(bytes32,address,address,address,uint256)", 4,
                          "(address,uint256)"},
    [EXCHANGE_RATE_CHANGED] = {"ExchangeRateChanged", "(bytes32,address,uint256)", 3, "(uint256)"},
    [EXCHANGE_ACTIVATED] = {"ExchangeActivated", "(bytes32,address)", 3, NULL},
    [EXCHANGE_DEACTIVATED] = {"ExchangeDeactivated", "(bytes32,address)", 3, NULL},
    [DISPENSER_CREATED] = {"DispenserCreated", "(address,address,uint256,uint256,address)", 3,
                           "(uint256,uint256,address)"},
    [DISPENSER_ACTIVATED] = {"DispenserActivated", "(address)", 2, NULL},
    [DISPENSER_DEACTIVATED] = {"DispenserDeactivated", "(address)", 2, NULL},
    [ACCESS_LIST_NEW] = {"NewAccessList", "(address,address)", 3, NULL},
    [ACCESS_LIST_ADDED] = {"AddressAdded", "(address,uint256)", 2, "(uint256)"},
    [ACCESS_LIST_REMOVED] = {"AddressRemoved", "(uint256)", 1, "(uint256)"},
    [ESCROW_AUTH] = {"Auth", "(address,address,uint256,uint256,uint256)", 3,
                     "(uint256,uint256,uint256)"},
    [ESCROW_LOCK] = {"Lock", "(address,address,uint256,uint256,uint256,address)", 1,
                     "(address,address,uint256,uint256,uint256,address)"},
    [ESCROW_CLAIMED] = {"Claimed", "(address,uint256,address,address,uint256,bytes)", 3,
                        "(uint256,address,uint256,bytes)"},
    [ESCROW_CANCELED] = {"Canceled", "(address,uint256,address,address,uint256)", 3,
                         "(uint256,address,uint256)"},
    [ESCROW_DEPOSIT] = {"Deposit", "(address,address,uint256)", 2, "(address,uint256)"},
    [ESCROW_WITHDRAW] = {"Withdraw", "(address,address,uint256)", 2, "(address,uint256)"},
};

static struct hash32 topics[EVENT_KINDS];

static void make_topics(void)
{
    _arena_ struct arena *a = arena_new();
    size_t i;

    for (i = 0; i < EVENT_KINDS; i++)
        topics[i] = abi_topic(arena_printf(a, "%s%s", kinds[i].name, kinds[i].types));
}

const struct hash32 *event_topics(size_t *ret_count)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, make_topics);
    *ret_count = EVENT_KINDS;
    return topics;
}

const char *event_name(enum event_kind kind)
{
    return kinds[kind].name;
}

bool event_decode(struct arena *a, const struct rpc_log *log, struct event *ret)
{
    size_t count;
    const struct hash32 *known = event_topics(&count);
    struct abi_value data = {.kind = ABI_LIST};
    struct err ignored;
    size_t i;

    if (log->topic_count == 0)
        return false;
    for (i = 0; i < count; i++)
        if (hash32_eq(&known[i], &log->topics[0]))
            break;
    if (i == count || log->topic_count != kinds[i].topics)
        return false;
    if (kinds[i].data &&
        abi_decode(a, kinds[i].data, log->data.p, log->data.n, &data, &ignored) < 0)
        return false;
    *ret = (struct event){.kind = (enum event_kind)i,
                          .log = log,
                          .v = data.list.v,
                          .emitter = addr_text_lower(a, &log->address),
                          .tx = hash32_text(a, &log->tx)};
    return true;
}

struct addr event_topic_addr(const struct event *ev, size_t i)
{
    struct addr v;

    must(i < ev->log->topic_count);
    memcpy(v.b, ev->log->topics[i].b + 12, sizeof(v.b));
    return v;
}

const char *addr_text_lower(struct arena *a, const struct addr *v)
{
    char text[ADDR_TEXT];

    addr_lower(v, text);
    return arena_strdup(a, text);
}

const char *event_topic_text(struct arena *a, const struct event *ev, size_t i)
{
    struct addr v = event_topic_addr(ev, i);

    return addr_text_lower(a, &v);
}
