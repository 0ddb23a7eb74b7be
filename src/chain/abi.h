/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_ABI_H
#define ATOLL_CHAIN_ABI_H

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "chain/u256.h"
#include "crypto/eth.h"

/*
 * Solidity's ABI, driven by the type text: "startOrder(address,uint256,(address,address,uint256))".
 * Types: uintN, intN (two's complement in u256), address, bool, bytesN, bytes, string, T[], T[n],
 * tuples in parentheses. Decoding checks every offset and length against the data.
 */
struct abi_value {
    enum { ABI_NUM, ABI_ADDR, ABI_BYTES, ABI_LIST } kind;
    union {
        struct u256 num;    /* uintN, intN, bool */
        struct addr addr;   /* address */
        struct bytes bytes; /* bytes, string (no NUL counted), bytesN (n bytes, left-aligned) */
        struct {
            struct abi_value *v;
            size_t n;
        } list; /* arrays and tuples */
    };
};

struct abi_value abi_u256(struct u256 v);
struct abi_value abi_u64(uint64_t v);
struct abi_value abi_bool(bool v);
struct abi_value abi_addr(const struct addr *v);
struct abi_value abi_hash(const struct hash32 *v); /* bytes32; the hash must outlive the value */
struct abi_value abi_bytes(const void *p, size_t n);
struct abi_value abi_string(const char *s);
struct abi_value abi_list(struct abi_value *v, size_t n);

/* Selector (4 bytes) followed by the arguments. A wrong number or kind of argument is a bug. */
struct bytes abi_call(struct arena *a, const char *signature, const struct abi_value *args,
                      size_t n);
/* Arguments alone, types as "(address,uint256)". For constructors. */
struct bytes abi_encode(struct arena *a, const char *types, const struct abi_value *args, size_t n);

/* Decodes "(uint256,string)"; *ret is a list. INVALID on malformed data. */
int abi_decode(struct arena *a, const char *types, const void *p, size_t n, struct abi_value *ret,
               struct err *e) must_check;

/* keccak256 of an event's or function's signature text. */
struct hash32 abi_topic(const char *signature);

#endif
