/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ASSET_PUBLISHED_H
#define ATOLL_ASSET_PUBLISHED_H

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "crypto/eth.h"
#include "json/json.h"

/*
 * A document as a metadata event holds it (wire/ddo.md 4): perhaps packed, perhaps encrypted on
 * top, and named by a hash. Pure functions over strangers' bytes; everything has a ceiling.
 */
enum { PUBLISHED_PACKED = 1, PUBLISHED_ENCRYPTED = 2 }; /* of the flags */

enum {
    PUBLISHED_MAX = 16 << 20,      /* bytes of a document's text */
    PUBLISHED_VALUES_MAX = 200000, /* JSON values in it */
    PUBLISHED_SERVICES_MAX = 64    /* what every version allows; each costs questions to a chain */
};

/* The event's flags are a number of any length; its lowest byte says how the data is packed. */
unsigned published_flags(struct bytes flags);

/*
 * The text of what is no longer encrypted: unpacked when the flags say so, unless whoever
 * decrypted it did that already. A small input may not become a large text: at most 64 times its
 * size, or 1 MiB.
 */
int published_unpack(struct arena *a, unsigned flags, struct bytes clear, struct bytes *ret,
                     struct err *e) must_check;

/* The document of a text: an object of PUBLISHED_SERVICES_MAX services at the most. */
int published_parse(struct arena *a, struct bytes text, struct json **ret, struct err *e)
    must_check;

/* One document in its forms. */
struct published {
    struct bytes clear; /* what is no longer encrypted */
    struct bytes text;  /* ... and no longer packed */
    const struct json *document;
};

/*
 * Whether the hash is the document's. Publishers take it over the text, or over "0x" and the hex
 * of the text; of the published bytes, of what they unpack to, of the text as JavaScript prints
 * it, or of that without the indexedMetadata that an indexer added. Any of these is good.
 */
bool published_has_hash(struct arena *a, const struct published *p, const struct hash32 *hash);

#endif
