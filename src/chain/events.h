/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_EVENTS_H
#define ATOLL_CHAIN_EVENTS_H

#include "chain/abi.h"
#include "chain/rpc.h"

/* The contracts' events by name; events.def is the table. Thread-safe. */
enum event_id {
#define X(id, ...) EVENT_##id,
#include "chain/events.def"
#undef X
    EVENT_COUNT,
    EVENT_NONE /* a log that is none of these */
};

/* A decoded log: all fields in the declared order. */
struct event {
    enum event_id id;
    const struct abi_value *fields;
};

const char *event_name(enum event_id id); /* "OrderStarted" */
const struct hash32 *event_topic(enum event_id id);

/* The topics that an indexer filters for; *ret borrowed for ever. */
size_t event_crawled(const struct hash32 **ret);

/*
 * Decodes a log whose first topic and number of topics are those of a known event; for any other
 * (also a foreign event with the same signature but other indexed fields) ret->id is EVENT_NONE.
 * INVALID when the data do not fit. Byte strings borrow from the log.
 */
int event_decode(struct arena *a, const struct rpc_log *log, struct event *ret, struct err *e)
    must_check;

/* Fields by name; a name or type that the event does not have is a bug. */
struct addr event_addr(const struct event *ev, const char *field);
struct u256 event_num(const struct event *ev, const char *field);
struct bytes event_bytes(const struct event *ev, const char *field); /* bytes, bytesN, string */
struct hash32 event_hash(const struct event *ev, const char *field);
/* A uint that should fit 64 bits; the largest value when it does not. */
uint64_t event_u64(const struct event *ev, const char *field);
/* A string or bytes as text in the arena (cut at a NUL). */
const char *event_text(struct arena *a, const struct event *ev, const char *field);

#endif
