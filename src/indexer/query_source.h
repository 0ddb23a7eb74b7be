/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_QUERY_SOURCE_H
#define ATOLL_INDEXER_QUERY_SOURCE_H

#include "base/buf.h"
#include "json/json.h"

/*
 * Appends the document's JSON text: as it is when include and exclude are NULL, else what their
 * paths leave of it. A path means all below it; a * at its end, all that begins so. Arrays on the
 * way mean each of their elements.
 */
int source_write(struct buf *out, const char *document, const struct json *include,
                 const struct json *exclude, struct err *e) must_check;

#endif
