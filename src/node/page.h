/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_PAGE_H
#define ATOLL_NODE_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/codec.h"
#include "http/http.h"

/*
 * The marketplace page: files that lie in the program, served from memory on the loop thread.
 * tools/build_page.py makes the table from web/.
 */
struct page_file {
    const char *path; /* on the wire; "/marketplace/" is the page itself */
    const char *type; /* media type */
    bool fixed;       /* its name is a hash of its content: it never changes */
    struct bytes plain;
    struct bytes gzip; /* the same packed; empty: not packed */
    struct bytes brotli;
};

extern const struct page_file page_files[]; /* by path */
extern const size_t page_file_count;

/* What a request counts against, for each client apart (http_app.budget). */
enum page_budget {
    PAGE_BUDGET_NONE,  /* the node's API: nothing of the page */
    PAGE_BUDGET_FILES, /* files of the page */
    PAGE_BUDGET_CALLS, /* what the page asks for: logins, wizards, the marketplace's API */
    PAGE_BUDGET_LOGIN, /* ways to log in */
    PAGE_BUDGET_GATE,  /* Caddy's question for each request of a solution behind a login */
};
enum page_budget page_budget(const char *path);

/* Whether a GET of this path is answered by page_answer(): a file, or the way to it. */
bool page_has(const char *path);

/*
 * Answers it: the form that the client understands, and what the browser may do with it (nothing
 * is loaded from elsewhere, nothing runs inline, nobody frames it). The listener adds the ETag.
 */
void page_answer(const struct http_request *r, struct http_reply *reply);

#endif
