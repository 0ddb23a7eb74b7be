/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CHAIN_ABI_TYPE_H
#define ATOLL_CHAIN_ABI_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* The parsed form of a Solidity type, for abi.c alone. */
struct abi_type {
    enum {
        ABI_T_UINT,
        ABI_T_INT,
        ABI_T_BOOL,
        ABI_T_ADDRESS,
        ABI_T_FIXED, /* bytesN */
        ABI_T_BYTES,
        ABI_T_STRING,
        ABI_T_ARRAY,
        ABI_T_TUPLE
    } kind;
    size_t size;            /* bits of a number, bytes of a bytesN, elements of T[n] */
    bool counted;           /* T[]: its length is in the data */
    bool dynamic;           /* its head is an offset */
    size_t head;            /* bytes in the enclosing tuple's head */
    struct abi_type *parts; /* an array's element, a tuple's members */
    size_t part_count;
};

/* Parses "(address,uint256[])". The text is ours: a malformed one is a bug. */
struct abi_type abi_type_parse(struct arena *a, const char *text);

#endif
