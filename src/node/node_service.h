/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_NODE_SERVICE_H
#define ATOLL_NODE_NODE_SERVICE_H

#include "node/node.h"

/* The deployments of a node: how service/ is made, and by which policy. */

/*
 * After packages, pools, gateway and backups were made and before they run: they tell it what
 * happens. Without compute environments there are none, and node.services stays NULL.
 */
int node_service_open(struct node *n, struct err *e) must_check;
/* Before the pools run. */
int node_service_look_back(struct node *n, struct err *e) must_check;
/* After those run. */
int node_service_start(struct node *n, struct err *e) must_check;

/* Answers with what a deployment's stream gives; takes the stream. */
struct service_stream;
struct task;
int reply_service_stream(struct task *t, struct service_stream *f, const char *type);

#endif
