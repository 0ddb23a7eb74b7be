/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_MARKET_DATATOKEN_H
#define ATOLL_MARKET_DATATOKEN_H

#include "chain/wallet.h"

/*
 * Datatokens: since version 4 of the contracts every datatoken belongs to a data NFT, which
 * carries the asset's metadata. One transaction of the ERC721Factory makes both.
 */
struct datatoken_spec {
    const char *name;       /* of the datatoken, e.g. "Asset1 access" */
    const char *symbol;     /* of the datatoken, e.g. "ASSET1" */
    const char *nft_name;   /* NULL: the datatoken's */
    const char *nft_symbol; /* NULL: the datatoken's */
    struct u256 cap;        /* most tokens that may ever exist, base units */
    struct addr fee_token;  /* currency of the publishing market's fee (0 here, but named) */
};

struct datatoken {
    struct addr address;
    struct addr nft;
    struct hash32 tx; /* that made them */
};

/* The wallet becomes owner, minter and payment collector. */
int datatoken_create(const struct wallet *w, const struct addr *factory,
                     const struct datatoken_spec *spec, struct datatoken *ret, struct err *e)
    must_check;

/*
 * The NFT of a datatoken. NOT_A_DATATOKEN unless the address is a contract that names an NFT
 * which this factory deployed and which knows the token.
 */
int datatoken_nft(struct rpc *r, const struct addr *factory, const struct addr *token,
                  struct addr *ret_nft, struct err *e) must_check;

int datatoken_mint(const struct wallet *w, const struct addr *token, const struct addr *to,
                   const struct u256 *amount, struct hash32 *ret_tx, struct err *e) must_check;

/* What the NFT says on chain about its asset. */
struct nft_metadata {
    unsigned char state; /* 0 ACTIVE .. 5 UNLISTED */
    unsigned char flags; /* bit 0 LZMA, bit 1 ECIES */
    const char *decryptor_url;
    const char *decryptor_address;
    struct bytes document;
    struct hash32 hash;
};
int nft_set_metadata(const struct wallet *w, const struct addr *nft, const struct nft_metadata *m,
                     struct hash32 *ret_tx, struct err *e) must_check;

#endif
