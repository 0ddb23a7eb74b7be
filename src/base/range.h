/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_RANGE_H
#define ATOLL_BASE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * HTTP's byte ranges (RFC 9110, 14): what a Range header asks for, what a Content-Range tells.
 * One range at a time; anything else is as if it were not there.
 */

/*
 * "bytes=a-b", "bytes=a-" or "bytes=-n" against a body of total bytes: 1 and the part, 0 when
 * there is nothing to apply (absent, malformed, several), -1 when it cannot be satisfied.
 */
int range_parse(const char *header, int64_t total, int64_t *ret_offset, int64_t *ret_size);

/* Whether the header is one range, satisfiable or not; NULL is none. */
bool range_is_single(const char *header);

/* "bytes a-b/total" or with "*" as total, which becomes -1. False when it is anything else. */
bool range_content_parse(const char *header, int64_t *ret_offset, int64_t *ret_size,
                         int64_t *ret_total);

#endif
