/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_FIELDS_H
#define ATOLL_INDEXER_FIELDS_H

#include <stdbool.h>

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
        FIELD_KEY,  /* the same, and every value is an address, a hash or a DID */
        FIELD_TIME, /* ISO text, compared as written */
        FIELD_INT,
        FIELD_REAL,
        FIELD_WORDS,  /* only searched for words */
        FIELD_ABSENT, /* no document has it */
        FIELD_EVERY   /* every document has whatever is asked for */
    } kind;
    const char *words; /* column of the search table that has its words, or NULL */
};

enum {
    FIELD_TAGS = 9,       /* metadata.tags */
    FIELD_DATATOKEN = 20, /* services.datatokenAddress */
    FIELD_EVENT_FROM = 35 /* event.from */
};
enum { FIELD_VALUE_MAX = 512 }; /* bytes; longer values are not filtered by */

/* NULL when there is no such field. */
const struct field *field_find(const char *path);

/* Whether its values are rows of asset_term. */
bool field_has_terms(const struct field *f);

/* The i-th field, NULL behind the last. */
const struct field *field_at(size_t i);

/* A value below a field's path: as it is compared, and as the document has it. */
struct field_value {
    const char *text; /* in lower case */
    const char *shown;
};

/* Calls fn for every value below a field's path in a document; stops and returns -1 when fn does.
 */
typedef int field_fn(void *ctx, const struct field *f, struct field_value value, struct err *e);
int field_values(struct arena *a, const struct field *f, struct json *document, field_fn *fn,
                 void *ctx, struct err *e) must_check;

/* The part of a document that holds metadata, services ...: credentialSubject in version 5. */
struct json *document_body(struct json *document);

/* A text for comparing: strings in lower case, numbers and booleans as written; NULL for others. */
const char *field_text(struct arena *a, const struct json *v);

#endif
