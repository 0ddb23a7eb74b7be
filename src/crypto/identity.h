/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CRYPTO_IDENTITY_H
#define ATOLL_CRYPTO_IDENTITY_H

#include "base/arena.h"
#include "crypto/secp.h"

/*
 * What a node shows of its key (wire/auth.md 10 and 11): the libp2p peer id "16Uiu2..." and the
 * four friendly words. Both in the arena.
 */
const char *identity_peer_id(struct arena *a, const struct pubkey *k);
const char *identity_friendly_name(struct arena *a, const struct pubkey *k);

#endif
