/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asset/asset.h"
#include "asset/published.h"
#include "asset/validate.h"
#include "base/buf.h"
#include "base/must.h"
#include "chain/events.h"
#include "crypto/ecies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct seckey key = {.b = {[31] = 1}};

/* As document.c and cmd_decrypt.c do, with the hash of the event. */
static void read_document(struct arena *a, const struct event *ev)
{
    const struct hash32 hash = event_hash(ev, "hash");
    unsigned flags = published_flags(event_bytes(ev, "flags"));
    struct published p = {.clear = event_bytes(ev, "data")};
    _buf_ struct buf plain = BUF_INIT(1 << 20);
    struct asset asset;
    struct json *document;
    struct json *errors;
    struct err e;

    if (flags & PUBLISHED_ENCRYPTED) {
        if (ecies_decrypt(&key, p.clear.p, p.clear.n, &plain, &e) < 0)
            return;
        p.clear = (struct bytes){arena_memdup(a, buf_str(&plain), plain.len), plain.len};
    }
    if (published_unpack(a, flags, p.clear, &p.text, &e) < 0 ||
        published_parse(a, p.text, &document, &e) < 0)
        return;
    p.document = document;
    (void)published_has_hash(a, &p, &hash);
    (void)!asset_validate(a, document, &errors, &e);
    (void)!asset_parse(a, document, &asset, &e);
}

/*
 * The data of a log: the first byte chooses one of the events, whose topic and number of indexed
 * fields the log then has. Metadata is read on to its document.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    struct rpc_log log = {.topic_count = 1};
    struct event ev;
    struct err e;
    enum event_id id;

    if (size < 1)
        return 0;
    id = (enum event_id)(data[0] % EVENT_COUNT);
    log.topics[0] = *event_topic(id);
    log.data = (struct bytes){data + 1, size - 1};
    for (; log.topic_count <= 4; log.topic_count++) {
        memset(&log.topics[log.topic_count % 4], (int)data[size - 1], sizeof(log.topics[0].b));
        log.topics[0] = *event_topic(id);
        if (event_decode(a, &log, &ev, &e) < 0 || ev.id == EVENT_NONE)
            continue;
        must(ev.id == id);
        if (id == EVENT_METADATA_CREATED || id == EVENT_METADATA_UPDATED)
            read_document(a, &ev);
        break;
    }
    return 0;
}
