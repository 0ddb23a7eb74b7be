/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_INDEXER_QUERY_WORDS_H
#define ATOLL_INDEXER_QUERY_WORDS_H

#include "indexer/query.h"

/* Between query_words.c, which reads what was typed, and query_terms.c, which makes conditions. */

enum { WORDS_TEXT_MAX = 4096 }; /* bytes of one text */

struct words_reader {
    struct query *q;
    const struct words_query *w;
    struct targets targets; /* of the word that comes next */
    const char *p;
    int depth;
};

/*
 * The condition that one word or phrase of the text is found in the targets. A text without words
 * leaves an OR without children and `least` 0.
 */
int words_leaf(struct words_reader *r, const struct targets *t, const char *text, bool prefix,
               struct clause *c, struct err *e) must_check;
/* field:[a TO b], field:{a TO b}, field:>=a, with the field among the targets. */
int words_range(struct words_reader *r, struct clause *c, struct err *e) must_check;
/* _exists_:field */
int words_exists(struct words_reader *r, struct clause *c, struct err *e) must_check;
/* Takes the last child away again; always 0. */
int words_drop_last(struct clause *parent);

#endif
