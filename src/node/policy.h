/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_POLICY_H
#define ATOLL_NODE_POLICY_H

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "indexer/indexer.h"
#include "json/json.h"

/*
 * The operator's policy server (POLICY_SERVER_URL): an HTTP service that is asked before something
 * is served, and whose answer then replaces the node's own checks of credentials
 * (wire/http-api.md 11). Any thread; a question waits for the answer, for policyServerTimeout ms at
 * most. Only a clear yes is a yes.
 */
struct node;
struct task;

enum policy_result {
    POLICY_ALLOWED, /* it answered 200, or there is none */
    POLICY_DENIED,  /* it answered something else */
    POLICY_SILENT   /* it could not be asked: the same as no, but the next time may be another */
};

struct policy_answer {
    enum policy_result result;
    int status;        /* its own; 400 when silent, 404 when there is none */
    struct bytes said; /* its body, or why it is silent; terminated, not always UTF-8 */
    const char *type;  /* its Content-Type, or NULL */
};

/* Whether there is a policy server. */
bool policy_is_configured(const struct node *n);

/*
 * Asks. The question is a JSON object with "action" and what belongs to it; nodeAddress is added.
 * The answer lives in the arena. A few commands may ask at a time, further ones find it silent.
 */
struct policy_answer policy_ask(struct node *n, struct arena *a, struct json *question);

/* A question to fill: {"action": action}. */
struct json *policy_question(struct arena *a, const char *action);
/* Adds a copy of what may be absent: nothing then. */
void policy_add(struct arena *a, struct json *question, const char *name, const struct json *value);

/*
 * 0 when it is allowed; otherwise *e is the denial, with the reason behind its text where the
 * server is silent. For where there is a policy server: look before making up a question.
 */
int policy_demand(struct task *t, struct json *question, const struct err *denial, struct err *e)
    must_check;

/* indexer_review.ask: newDDO, updateDDO. ctx is the node. */
void policy_review(void *node, struct arena *a, const struct indexer_news *news,
                   struct indexer_verdict *ret);

#endif
