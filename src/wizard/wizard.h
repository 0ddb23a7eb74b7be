/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_WIZARD_WIZARD_H
#define ATOLL_WIZARD_WIZARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "crypto/secp.h"
#include "json/json.h"
#include "store/db.h"

/*
 * Wizards: a person answers the questions of a package step by step and ends with a deployment.
 * A wizard is a row: who, which package and version, at which step, what has been answered, until
 * when. Nothing else is remembered, so a reload, another tab, another process see the same; and
 * nothing is done before the end, so that going back undoes nothing and repeats nothing.
 *
 * Answers are checked when they are given and all of them again before the deployment
 * (package/answers.h). They are sealed in the row with the node's key, and gone when the wizard
 * ends. The quote is computed from them whenever it is shown; its hash stands for what was shown.
 *
 * Every function may be called from any thread, and may wait for the database: the caller holds
 * no connection of the store. `owner` is a person's id, from the session and nowhere else; a
 * wizard of somebody else does not exist (WIZARD_UNKNOWN).
 *
 * A wizard as the page wants it, the answer of most functions, is a JSON object in the caller's
 * arena:
 *
 *     {id, package, version, title, state, step, steps: [{name, title, done}], questions: [...],
 *      errors: {name: text}, expires, quote?, review?: [{label, value}], deployment?}
 *
 * state: "asking" | "review" | "deploying" | "deployed" | "expired". Questions are those of the
 * current step; one that has been answered has its "value", a secret only "answered": true. The
 * quote is there as soon as a size has been chosen.
 */
struct wizards;
struct package;
struct package_question;

/* What is to be deployed and paid: the answers, checked and as deploying wants them. */
struct wizard_order {
    const char *key; /* the wizard's id: the same key is the same deployment */
    const char *owner;
    const struct package *package;
    const char *name;
    const char *size;           /* NULL while none was chosen */
    const char *pool;           /* NULL: not chosen yet; only for a quote */
    int64_t ends;               /* ms since 1970; 0: until the pool is empty */
    const struct json *answers; /* normal ones to all questions (package/answers.h) */
    const struct json *quote;   /* that was agreed to, for deploying; NULL before */
};

/* What a wizard asks of others. May wait; called from the caller's thread, and from the wizards'
 * own. */
struct wizard_world {
    void *ctx;
    /* version NULL: the newest. PACKAGE_UNKNOWN, PACKAGE_VERSION_UNKNOWN. */
    int (*package)(void *ctx, struct arena *a, const char *name, const char *version,
                   const struct package **ret, struct err *e);
    /* The owner's pools as options of a question: [{value, label, note?, disabled?}]. */
    int (*pools)(void *ctx, struct arena *a, const char *owner, struct json **ret, struct err *e);
    /*
     * Why an answer that has to be unique (a name, or what the package says) cannot be had, as a
     * sentence without its subject: "is taken: choose another one"; NULL when it can.
     */
    int (*taken)(void *ctx, const struct wizard_order *o, const struct package_question *q,
                 const struct json *answer, const char **ret_why, struct err *e);
    /*
     * {env, period_s, perPeriod, perHour, lines, upfront, pool, lastsUntil, ends}; no hash. Where
     * it would run (env) is part of what is agreed to.
     */
    int (*quote)(void *ctx, struct arena *a, const struct wizard_order *o, struct json **ret,
                 struct err *e);
    /* The deployment that has begun with this key; NULL: none. */
    int (*deployed)(void *ctx, struct arena *a, const struct wizard_order *o, const char **ret,
                    struct err *e);
    /* Begins the deployment of this key unless it has begun; its id in the arena. */
    int (*deploy)(void *ctx, struct arena *a, const struct wizard_order *o, const char **ret,
                  struct err *e);
};

struct wizards_options {
    struct store *store;
    const struct seckey *key; /* seals answers; borrowed */
    struct wizard_world world;
    int64_t lifetime_ms;   /* after the last answer */
    int64_t per_owner_max; /* unfinished ones */
};

enum {
    WIZARD_ID_SIZE = 34,          /* "w", 32 hex digits, NUL */
    WIZARD_ANSWERS_MAX = 1048576, /* bytes of all answers as JSON */
    WIZARD_STEPS_MAX = 64,        /* of a package, with the standard ones */
    WIZARD_TOTAL_MAX = 20000      /* kept ones of everybody */
};

/*
 * A thread of its own frees what has expired, and goes on with deployments that were asked for
 * when the last process ended.
 */
struct wizards *wizards_new(const struct wizards_options *o);
void wizards_start(struct wizards *w);
void wizards_stop(struct wizards *w); /* before what its world asks is freed; NULL is allowed */
/* Nobody may be inside. NULL is allowed. */
void wizards_free(struct wizards *w);

/* Who asks, of which wizard, and where the answer is made. */
struct wizard_at {
    struct arena *arena;
    const char *owner;
    const char *id; /* NULL for what concerns no single one */
};

/* version NULL: the newest. The errors of world.package(), PACKAGE_NOT_OFFERED, WIZARD_COUNT,
 * WIZARD_FULL. */
int wizard_begin(struct wizards *w, const struct wizard_at *at, const char *package,
                 const char *version, struct json **ret, struct err *e) must_check;

/*
 * What changes a wizard gives its new state in *ret. Refused with WIZARD_STEP, WIZARD_ANSWERS,
 * WIZARD_QUOTE, WIZARD_OVER, *ret is the wizard as it is, with `errors` for answers that are
 * wrong. *ret is NULL after WIZARD_UNKNOWN, WIZARD_EXPIRED, WIZARD_LARGE and failures.
 */

/*
 * The answers of the current step; the next step follows. The same answers of a step that has
 * been answered already change nothing (a form that was sent twice). A secret that is left out
 * keeps its value. WIZARD_STEP when the step is not the current one.
 */
int wizard_answer(struct wizards *w, const struct wizard_at *at, const char *step,
                  const struct json *answers, struct json **ret, struct err *e) must_check;

/*
 * From the current step to the one before it, or to an earlier one (`to`, else NULL). What was
 * answered stays. Back from a step that was left by going back changes nothing.
 */
int wizard_back(struct wizards *w, const struct wizard_at *at, const char *step, const char *to,
                struct json **ret, struct err *e) must_check;

/*
 * Deploys what the quote of this hash says, once: the second time gives the same deployment.
 * WIZARD_ANSWERS when some of them are no longer good (all are checked again), WIZARD_QUOTE when
 * the price has changed: the wizard has the new one. What deploying refuses is passed on, with
 * the wizard.
 */
int wizard_deploy(struct wizards *w, const struct wizard_at *at, const char *quote_hash,
                  struct json **ret, struct err *e) must_check;

/* The wizard as it is. WIZARD_UNKNOWN. */
int wizard_get(struct wizards *w, const struct wizard_at *at, struct json **ret, struct err *e)
    must_check;

/* The unfinished ones of the owner, the newest first: [{id, package, version, title, state, step,
 * expires}]. */
int wizard_list(struct wizards *w, const struct wizard_at *at, struct json **ret, struct err *e)
    must_check;

/* Ends it. A deployment that was made stays. WIZARD_UNKNOWN; WIZARD_OVER while it is being made. */
int wizard_drop(struct wizards *w, const struct wizard_at *at, struct err *e) must_check;

#endif
