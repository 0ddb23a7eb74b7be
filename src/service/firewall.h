/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_FIREWALL_H
#define ATOLL_SERVICE_FIREWALL_H

#include "docker/deploy.h"

/*
 * Keeps tenants apart on the network of one Docker host (docs/design/015-tenants.md): from their
 * bridges nobody reaches the host itself, private addresses or the cloud's metadata, and from quiet
 * bridges nobody reaches anything. Bridges of different owners are kept apart by the engine.
 *
 * The rules are written by the host's own iptables, run in a short-lived container without an
 * image, so that being a member of the group docker is enough. They name interfaces by a prefix
 * that is this node's, and never touch those of another node.
 */
struct firewall;

enum { FIREWALL_BRIDGE_SIZE = 16 };

/* node: the node's address, which the prefix is made of. The docker is borrowed. */
struct firewall *firewall_new(struct docker *d, const char *node);
void firewall_free(struct firewall *f); /* NULL is allowed; the rules stay */

/* The name of the interface of network number n. open: the world can be reached from it. */
void firewall_bridge(const struct firewall *f, bool open, int64_t n,
                     char ret[FIREWALL_BRIDGE_SIZE]);

/*
 * The rules are there when this returns 0; within a minute of the last time it is believed. Waits
 * for Docker, some tenths of a second. Any thread; one at a time does the work.
 */
int firewall_ensure(struct firewall *f, struct err *e) must_check;
/* The engine was restarted, perhaps the host's rules were made anew: look at the next time. */
void firewall_doubt(struct firewall *f);
/* Takes the rules away; when the last bridge has gone. */
int firewall_remove(struct firewall *f, struct err *e) must_check;

#endif
