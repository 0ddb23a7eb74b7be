/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_EVENT_H
#define ATOLL_INDEXER_EVENT_H

#include "chain/abi.h"
#include "chain/rpc.h"

/*
 * The events that are followed, decoded from the log itself: a transaction may hold several of a
 * kind. Unrelated contracts emit events with the same signature but other indexed parameters, or
 * with data that does not decode: those are not ours.
 */
enum event_kind {
    METADATA_CREATED,
    METADATA_UPDATED,
    METADATA_STATE,
    METADATA_VALIDATED,
    ORDER_STARTED,
    ORDER_REUSED,
    EXCHANGE_CREATED,
    EXCHANGE_RATE_CHANGED,
    EXCHANGE_ACTIVATED,
    EXCHANGE_DEACTIVATED,
    DISPENSER_CREATED,
    DISPENSER_ACTIVATED,
    DISPENSER_DEACTIVATED,
    ACCESS_LIST_NEW,
    ACCESS_LIST_ADDED,
    ACCESS_LIST_REMOVED,
    ESCROW_AUTH,
    ESCROW_LOCK,
    ESCROW_CLAIMED,
    ESCROW_CANCELED,
    ESCROW_DEPOSIT,
    ESCROW_WITHDRAW,
    EVENT_KINDS
};

/*
 * One decoded log. v holds what is not indexed, in the order of the signature; indexed parameters
 * are read from the log's topics. Lives in the window's arena, as its texts do.
 */
struct event {
    enum event_kind kind;
    const struct rpc_log *log;
    const struct abi_value *v; /* the parameters that are not indexed, in order */
    /* Texts in lower case: */
    const char *emitter;
    const char *tx;
    /*
     * What was read for it before the transaction. Its type belongs to the kind's own file; NULL
     * where the kind reads nothing.
     */
    void *facts;
};

/* The topics to ask the chain for, in the order of enum event_kind. Any thread. */
const struct hash32 *event_topics(size_t *ret_count);

/* False when the log is none of ours. The log must outlive the event. */
bool event_decode(struct arena *a, const struct rpc_log *log, struct event *ret);

/* The name in Ocean's contracts, "OrderStarted". */
const char *event_name(enum event_kind kind);

/* An address in the i-th topic (from 1): its value, and as lower-case text. */
struct addr event_topic_addr(const struct event *ev, size_t i);
const char *event_topic_text(struct arena *a, const struct event *ev, size_t i);

/* The lower-case text of an address. */
const char *addr_text_lower(struct arena *a, const struct addr *v);

#endif
