/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_DEMAND_ASK_H
#define ATOLL_NODE_DEMAND_ASK_H

#include "auth/person.h"
#include "node/node.h"
#include "node/signer.h"
#include "node/task.h"
#include "service/demand.h"

/* Small questions of the commands about services on demand. Everything lives in the task's arena.
 */

/*
 * Who asks, as a person: what a wallet starts belongs to it like everything else. COMPUTE_NONE,
 * AUTH_..., LOGIN_BLOCKED. Uses up the nonce.
 */
int demand_ask_who(struct task *t, const struct signer *q, struct addr *ret_who,
                   struct auth_person *ret, struct err *e) must_check;

/* The container as a request describes it; "" counts as absent. */
struct demand_container {
    const char *template_id;
    const char *image;
    const char *tag;
    const char *checksum;
    const char *dockerfile;
    const struct json *files; /* of the dockerfile */
    const struct json *command;
    const struct json *entrypoint;
    const struct json *ports;
    const char *user_data;
};
/* Whether it says anything at all. */
bool demand_ask_is_given(const struct demand_container *c);
/* What can be told without knowing who asks: DEMAND_MODES, DEMAND_IMAGE, DEMAND_TEMPLATE_MIX. */
int demand_ask_shape(const struct demand_container *c, struct err *e) must_check;
/*
 * The spec, checked; io_resources (the list asked for, or NULL) gets what a template requires.
 * DEMAND_BUILD, DEMAND_SPEC, DEMAND_SEALED, DEMAND_VARIABLES, DEMAND_TEMPLATE...
 */
int demand_ask_spec(struct task *t, const struct demand_container *c, const struct compute_env *env,
                    const struct json **io_resources, struct demand_spec *ret, struct err *e)
    must_check;

/* Whether services run there, and whether this consumer may have some: DEMAND_OFF, COMPUTE_ACCESS.
 */
int demand_ask_env(struct task *t, const struct compute_env *env, const struct addr *who,
                   struct err *e) must_check;
/*
 * The same before more is made of a deployment of the person who asks, if it is a service on
 * demand: what was allowed when it began may be forbidden now. DEMAND_ENV_GONE too.
 */
int demand_ask_still(struct task *t, const char *id, struct err *e) must_check;
/* {chainId, token}: COMPUTE_PAYMENT, DEMAND_PRICE for a text that is no token. */
int demand_ask_payment(struct task *t, const struct json *payment, uint64_t *ret_chain,
                       struct addr *ret_token, struct err *e) must_check;

/* An ISO date, or a Unix time in seconds or milliseconds; absent: 0. In ms. DEMAND_TIME. */
int demand_ask_time(const char *name, const char *text, int64_t *ret, struct err *e) must_check;
/* A Unix time in seconds, or a time back from now ("45m"); absent: 0. In ms. DEMAND_SINCE. */
int demand_ask_since(struct task *t, const char *text, int64_t *ret, struct err *e) must_check;

/* The operator's templates; what is wrong with them is logged once. */
int demand_ask_templates(struct task *t, struct json **ret, struct err *e) must_check;

#endif
