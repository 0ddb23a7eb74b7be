/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_EIP712_H
#define ATOLL_CHAIN_EIP712_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/eth.h"
#include "json/json.h"

/*
 * The digest that a wallet signs for typed data (EIP-712, as eth_signTypedData_v4 has it):
 * {"types": {"Mail": [{"name", "type"}, ...]}, "primaryType", "domain", "message"}. Without an
 * "EIP712Domain" among the types the domain's own members make it. Numbers are JSON integers or
 * decimal or hex text; bytes are hex.
 * The input may be foreign: INVALID names the member that is missing or malformed.
 */
int eip712_digest(const struct json *typed, struct hash32 *ret, struct err *e) must_check;

#endif
