/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_FAKE_CHAIN_H
#define ATOLL_TEST_UNIT_FAKE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/codec.h"
#include "crypto/eth.h"
#include "server.h"

/*
 * A chain of a test's own: it answers JSON-RPC as far as the indexer asks, and misbehaves when it
 * is told to. One NFT with one datatoken and one owner. It is also the node that decrypts for
 * others (/api/services/nonce and decrypt). Change it only while nobody asks it.
 */
enum { CHAIN = 8996, BLOCKS_MAX = 400, LOGS_MAX = 64 };

#define NFT "0x00000000000000000000000000000000000000aa"
#define TOKEN "0x00000000000000000000000000000000000000dd"
#define FACTORY "0x00000000000000000000000000000000000000ff"
#define OWNER "0x1111111111111111111111111111111111111111"

struct fake_log {
    uint64_t block;
    const char *address;
    struct hash32 topics[4];
    size_t topic_count;
    struct bytes data;
    uint64_t tx;
};

struct fake_chain {
    struct arena *a;
    /* A block's hash is made of its number and its branch. */
    uint64_t head;
    uint64_t branch[BLOCKS_MAX];
    struct fake_log logs[LOGS_MAX];
    size_t log_count;
    /* Misbehaviour: */
    uint64_t width_max; /* eth_getLogs of more blocks is refused; 0: never */
    int fail_logs;      /* so many eth_getLogs fail */
    uint64_t lacking;   /* eth_getBlockByNumber knows no block from here on; 0: all */
    int log_requests;
    const char *remote; /* what /api/services/decrypt answers */
    int remote_status;
    const char *redirect;  /* where /api/services/decrypt sends on instead; NULL: nowhere */
    const char *purgatory; /* what /purgatory answers */
    int purgatory_status;  /* 0: 200 */
    bool undeployed;       /* the factory does not know the NFT */
    /* What contracts say now: */
    const char *owner;     /* ownerOf of every token; NULL: OWNER */
    uint8_t state;         /* of the NFT's metadata */
    const char *token_nft; /* getERC721Address of every token; NULL: NFT */
    bool transferable;     /* tokens of access lists */
    const char *member;    /* who is on every access list; NULL: nobody */
};

/* The server's handler; its arg is the chain. */
void fake_chain_handle(struct server_conn *c);

struct addr fake_address(const char *text);
struct hash32 fake_topic(const char *address);

/* A log with nothing but its signature. */
struct fake_log *fake_emit(struct fake_chain *f, uint64_t block, const char *from,
                           const char *signature);

/* The hash of transaction n; a log's is its block's number unless the test gives it another. */
const char *fake_tx(struct fake_chain *f, uint64_t n);

/* The NFT's DID, and a document for it. */
const char *fake_did(struct fake_chain *f);
const char *fake_ddo(struct fake_chain *f, const char *name);

/* MetadataCreated or MetadataUpdated of the NFT. */
struct fake_document {
    const char *text; /* as hashed */
    const char *data; /* as published; NULL: the text */
    const char *decryptor;
    size_t data_len; /* 0: the length of the text */
    uint8_t flags;
    uint8_t state;
    bool update;
    bool hash_text; /* the hash of a document in the clear is over its text, not over its hex */
};
struct fake_log *fake_publish(struct fake_chain *f, uint64_t block, const struct fake_document *p);

/* Transfer of an ERC-721 token. */
struct fake_log *fake_transfer(struct fake_chain *f, uint64_t block, const char *from_contract,
                               const char *to, uint64_t token_id);

/* MetadataState of the NFT. */
void fake_state(struct fake_chain *f, uint64_t block, uint8_t state);

/* OrderStarted of the datatoken. */
void fake_order(struct fake_chain *f, uint64_t block);

#endif
