/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_AUTH_CONNECT_H
#define ATOLL_AUTH_CONNECT_H

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "crypto/nacl.h"

/*
 * What a phone with 3Bot Connect answers, layer by layer. Pure: no clock, no database, no network.
 *
 *   {doubleName, signedAttempt}                          as the browser brings it
 *   signedAttempt = base64(Ed25519 signature || JSON)    by the key of doubleName
 *   JSON = {signedState, doubleName, appId, data: {nonce, ciphertext}, ...}
 *   data = box of JSON {"email": {"email", "sei"}}       from that key to the node's
 */
enum { CONNECT_ANSWER_MAX = 16384 };

struct connect_answer {
    const char *name;        /* "alice.3bot", of the outer layer */
    struct bytes signed_one; /* signature and inner layer */
    const char *state;       /* of the inner layer, which nobody has verified yet */
};

/* Takes the answer apart as far as no key is needed. CONNECT_ANSWER, CONNECT_NAME. */
int connect_read(struct arena *a, const char *text, struct connect_answer *ret, struct err *e)
    must_check;

/* Who the answer must be for, and by whom. */
struct connect_keys {
    const uint8_t *user; /* Ed25519, 32 bytes: the directory's for answer->name */
    struct box_keys node;
    const char *app; /* the host that people log in at */
};

/* What was in the box. */
struct connect_data {
    const char *email;       /* NULL: none was shared */
    const char *attestation; /* "sei"; NULL: it was never verified */
};

/*
 * Verifies and opens. CONNECT_SIGNATURE: not by that key, or the inner layer is for another name
 * or app. CONNECT_BOX: not for this node, or no JSON. CONNECT_ANSWER.
 */
int connect_open(struct arena *a, const struct connect_answer *answer,
                 const struct connect_keys *keys, struct connect_data *ret, struct err *e)
    must_check;

/* "alice.3bot": 1 to 50 of a-z, 0-9 and _, then .3bot. */
bool connect_is_name(const char *s);
/* What looks like an address of e-mail and is safe to show. */
bool connect_is_email(const char *s);

#endif
