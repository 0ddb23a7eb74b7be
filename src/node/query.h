/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_QUERY_H
#define ATOLL_NODE_QUERY_H

#include "http/http.h"
#include "json/json.h"

/*
 * The query of a request as a JSON object of texts, in the "qs" syntax of the protocol's clients:
 * a repeated name or "a[]" makes an array, "a[b]" an object. The texts "undefined" and "null",
 * which clients write for what they do not have, are absent. In the request's arena.
 */
struct json *query_json(const struct http_request *r);

#endif
