/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_DISPATCH_H
#define ATOLL_NODE_DISPATCH_H

#include "http/http.h"

struct node;

/*
 * From a request to its command and back: routes and /directCommand (api.h), arguments, errors.
 * The callbacks of the HTTP server; ctx is the struct node.
 */
struct http_app dispatch_app(struct node *n);

#endif
