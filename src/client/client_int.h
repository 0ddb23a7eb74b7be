/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLIENT_CLIENT_INT_H
#define ATOLL_CLIENT_CLIENT_INT_H

#include "chain/wallet.h"
#include "client/client.h"
#include "config/config.h"
#include "net/net.h"

/* What the files of this folder share. */

struct client {
    const struct client_config *config;
    struct client_watch watch;
    struct net *net;
    struct rpc *rpc;
    struct arena *life;   /* what is known of the chain */
    struct arena *arena;  /* answers, and what makes them */
    struct wallet wallet; /* its key is zero when there is none */
    bool has_key;
    uint64_t chain_id; /* 0 until the chain was asked */
    struct config_contracts contracts;
    struct json *root; /* the node's GET /, once asked */
    const char *token; /* of the person, once made */
};

/* printf to the watch. */
void client__say(const struct client *c, const char *fmt, ...) printf_like(2, 3);

/* Asks the chain's id (once) and finds its contracts; needs no key. */
int client__chain(struct client *c, struct err *e) must_check;
/* The same, and a key must be configured. */
int client__signer(struct client *c, struct err *e) must_check;

/* An address, or "market" (fixed-rate exchange), "escrow", "ocean", "me". INVALID names `what`. */
int client__address(struct client *c, const char *what, const char *text, struct addr *ret,
                    struct err *e) must_check;
/* Whole units of a token. */
int client__amount(struct client *c, const struct addr *token, const char *text, struct u256 *ret,
                   struct err *e) must_check;
/* Sets `key` to whole units and `wei` (or keyWei) to base units. */
int client__put_amount(struct client *c, struct json *object, const char *key,
                       const struct addr *token, const struct u256 *v, struct err *e) must_check;

/* --- talking with the node --- */

/* GET base + path; the reply as JSON. An error status is NODE_REFUSED with the node's text. */
int client__get(struct client *c, const char *base, const char *path, struct json **ret,
                struct err *e) must_check;
int client__post(struct client *c, const char *base, const char *path, const struct json *body,
                 struct json **ret, struct err *e) must_check;
/* The call below both; url is complete. */
int client__call(struct client *c, struct net_request *r, struct net_response *ret, struct err *e)
    must_check;
/* The same, and the answer read as JSON. */
int client__call_json(struct client *c, struct net_request *r, struct json **ret, struct err *e)
    must_check;
/* Turns an error status with its body into NODE_REFUSED. */
int client__refusal(int status, const char *body, struct err *e);

/* nonce and signature for one command, by the rules of the wire protocol. */
struct client_signature {
    const char *address;
    const char *nonce;
    const char *signature;
};
int client__sign(struct client *c, const char *command, struct client_signature *ret, struct err *e)
    must_check;
/* The auth token of this run, made when it is first needed; NULL with *e. */
const char *client__token(struct client *c, struct err *e);
/* "consumerAddress=..&nonce=..&signature=..". */
int client__signed_query(struct client *c, const char *command, const char **ret, struct err *e)
    must_check;

/* Percent-encodes a query value. */
const char *client__escape(struct arena *a, const char *s);

/*
 * GET url into a folder, whole or not at all. name NULL: the one that the node gives.
 * {path, bytes}.
 */
int client__fetch(struct client *c, const char *url, const char *folder, const char *name,
                  struct json **ret, struct err *e) must_check;
/* GET url into a descriptor; *ret holds status and headers. */
int client__copy(struct client *c, const char *url, int fd, int64_t *ret_bytes,
                 struct net_response *ret, struct err *e) must_check;

/* A service of a DDO by id, index or type; *ret_index is its place. UNKNOWN_SERVICE otherwise. */
int client__service(const struct json *ddo, const char *which, struct json **ret, size_t *ret_index,
                    struct err *e) must_check;

/* What an order needs beyond the DDO. */
struct client_order {
    const struct json *ddo;
    const struct json *service;
    size_t service_index;
    struct addr consumer;
    const struct json *fee;  /* providerFee of the node */
    const struct json *rest; /* providerFeeRest, NULL when dtCost is 1 */
    const char *reuse;       /* a valid order whose fee has run out; NULL: a new order */
};
int client__order(struct client *c, const struct client_order *o, const char **ret_tx,
                  struct err *e) must_check;

#endif
