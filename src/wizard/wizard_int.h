/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_WIZARD_WIZARD_INT_H
#define ATOLL_WIZARD_WIZARD_INT_H

#include <pthread.h>

#include "crypto/secp.h"
#include "package/package.h"
#include "wizard/wizard.h"

/* What the files of this folder share. */

struct wizards {
    struct wizards_options o;
    struct pubkey seal; /* of o.key */
    /* the sweeper's, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t sweeper;
    bool running, ending, nudged;
};

enum wizard_state { WIZARD_ASKING, WIZARD_DEPLOYING, WIZARD_DEPLOYED, WIZARD_EXPIRED };

/* The step behind the last one of the package. */
#define WIZARD_REVIEW "review"

/* --- rows.c: the table. Each function borrows a connection. --- */

struct wizard_row {
    const char *id;
    const char *owner;
    const char *package;
    const char *version;
    const char *title;
    enum wizard_state state; /* EXPIRED as soon as its time is over, swept or not */
    const char *step;
    int64_t revision;
    struct json *answers; /* normal ones, of all steps so far; never NULL */
    const char *quote;
    const char *deployment;
    int64_t created;
    int64_t expires;
};

/* WIZARD_COUNT, WIZARD_FULL; the row's id, title, package, version, step and owner are given. */
int wizard__insert(struct wizards *w, const struct wizard_row *row, struct err *e) must_check;
/* WIZARD_UNKNOWN when there is none of this id and owner. */
int wizard__find(struct wizards *w, const struct wizard_at *at, struct wizard_row *ret,
                 struct err *e) must_check;
/*
 * Writes step and answers of a row that was read; its time begins anew. *ret_done false: somebody
 * else was faster, read it again.
 */
int wizard__save(struct wizards *w, const struct wizard_row *row, bool *ret_done, struct err *e)
    must_check;
/* asking -> deploying at the price of this hash; *ret_done as above. */
int wizard__agree(struct wizards *w, const struct wizard_row *row, const char *quote,
                  bool *ret_done, struct err *e) must_check;
/* deploying -> asking at a step: it was refused. */
int wizard__reopen(struct wizards *w, const char *id, const char *step, struct err *e) must_check;
/* deploying -> deployed; the answers go. */
int wizard__finish(struct wizards *w, const char *id, const char *deployment, struct err *e)
    must_check;

/* --- view.c: what a person sees --- */

/* A wizard with its package, as everything but the table wants it. */
struct wizard_seen {
    const struct package *package;
    struct wizard_row row;
};

/* Whether a step has something to ask, given the answers; REVIEW always has. */
bool wizard__asks(const struct wizard_seen *s, const char *step);
/* The next step that asks (REVIEW at the end), and the one before (NULL at the beginning). */
const char *wizard__next(const struct wizard_seen *s, const char *step);
const char *wizard__previous(const struct wizard_seen *s, const char *step);
/* Its place among the steps; -1: there is none of that name. REVIEW is the last one. */
int wizard__place(const struct package *p, const char *step);
/* The whole object of wizard.h; errors NULL: none. */
int wizard__view(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                 struct json *errors, struct json **ret, struct err *e) must_check;

/* --- check.c: answers --- */

/*
 * What was answered to a step: by the package's rules, and whether names are free and the pool is
 * the person's. normal and errors are what answers_check() gives.
 */
struct wizard_check {
    const char *step; /* NULL: all of them */
    const struct json *given;
    struct json *normal; /* out */
    struct json *errors; /* out */
};
int wizard__check(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                  struct wizard_check *io, struct err *e) must_check;
/* The answers with those of one step replaced, without those that are no longer asked for. */
struct json *wizard__merge(struct arena *a, const struct wizard_seen *s, const char *step,
                           const struct json *normal);
/* The first step that has a question among the errors; REVIEW when there is none. */
const char *wizard__first_wrong(const struct package *p, const struct json *errors);

/* --- quote.c --- */

/* The order that the answers make; size NULL while none was chosen. */
void wizard__order(struct arena *a, const struct wizard_seen *s, struct wizard_order *ret);
/* The quote with its hash. The errors of world.quote(). */
int wizard__quote(struct wizards *w, struct arena *a, const struct wizard_seen *s,
                  struct json **ret, struct err *e) must_check;

/* --- wizard.c --- */

/* Reads a wizard and its package. WIZARD_UNKNOWN, and the errors of world.package(). */
int wizard__see(struct wizards *w, const struct wizard_at *at, struct wizard_seen *ret,
                struct err *e) must_check;

/*
 * Refusals that come with the wizard as it is: -1, the refusal in *e, the wizard in *ret (NULL
 * when it cannot be made). _refused() leaves *e as it was.
 */
int wizard__refused(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                    struct json *errors, struct json **ret);
int wizard__stale(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                  struct json **ret, struct err *e);
int wizard__wrong(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                  struct json *errors, struct json **ret, struct err *e);

/* --- deploy.c --- */

/*
 * Goes on with a wizard that is DEPLOYING until it is DEPLOYED; a refusal makes it ASKING again.
 * After a failure it is still DEPLOYING. s->row.state says which.
 */
int wizard__go_on(struct wizards *w, const struct wizard_at *at, struct wizard_seen *s,
                  struct err *e) must_check;
/* --- sweep.c --- */

/* There is something to do at once. */
void wizard__nudge(struct wizards *w);

#endif
