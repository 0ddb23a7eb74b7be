/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_CHAIN_FLAKY_H
#define ATOLL_TEST_CHAIN_FLAKY_H

#include <stdint.h>

/*
 * An RPC endpoint that stands between us and the chain and misbehaves: some requests never arrive,
 * some arrive but are not answered, some are answered with 503 or garbage.
 */
struct flaky;

/* percent: how many of the requests go wrong. */
struct flaky *flaky_new(uint16_t chain_port, unsigned percent);
uint16_t flaky_port(const struct flaky *f);
void flaky_set(struct flaky *f, unsigned percent);
unsigned flaky_faults(const struct flaky *f); /* so far */
void flaky_free(struct flaky *f);

#endif
