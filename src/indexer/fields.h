/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_FIELDS_H
#define ATOLL_INDEXER_FIELDS_H

#include "json/json.h"

/*
 * The paths of a document that may be filtered and sorted by. Paths are written without
 * "indexedMetadata." and, for version 5, without "credentialSubject."; a query may carry them, and
 * a ".keyword" behind, as it would for Elasticsearch.
 */
struct field {
    int id; /* asset_term.field; never changes its meaning, because it is in databases */
    const char *path;
    const char *column; /* of table asset (a), or NULL: its values are rows of asset_term */
    enum field_kind {
        FIELD_TEXT, /* compared in lower case */
        FIELD_TIME, /* ISO text, compared as written */
        FIELD_INT,
        FIELD_REAL
    } kind;
};

enum { FIELD_DATATOKEN = 20, FIELD_EVENT_FROM = 35 }; /* services.datatokenAddress, event.from */
enum { FIELD_VALUE_MAX = 512 };                       /* bytes; longer values are not filtered by */

/* NULL when there is no such field. */
const struct field *field_find(const char *path);

/* The i-th field, NULL behind the last. */
const struct field *field_at(size_t i);

/*
 * Calls fn for every value below a field's path in a document, as lower-case text. Stops and
 * returns -1 when fn does.
 */
typedef int field_fn(void *ctx, const struct field *f, const char *value, struct err *e);
int field_values(struct arena *a, const struct field *f, struct json *document, field_fn *fn,
                 void *ctx, struct err *e) must_check;

/* The part of a document that holds metadata, services ...: credentialSubject in version 5. */
struct json *document_body(struct json *document);

/* A text for comparing: strings in lower case, numbers and booleans as written; NULL for others. */
const char *field_text(struct arena *a, const struct json *v);

#endif
