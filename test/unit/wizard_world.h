/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_WIZARD_WORLD_H
#define ATOLL_TEST_UNIT_WIZARD_WORLD_H

#include <pthread.h>

#include "base/thread.h"
#include "package/package.h"
#include "test.h"
#include "wizard/wizard.h"

/* A package, pools, prices and deployments for tests of wizards. */

enum { WAIT_MS = 60000, THREADS = 8 };

/* The world that a wizard asks, with knobs. */
struct world {
    pthread_mutex_t lock;
    const struct package *package;
    int64_t price;
    bool name_taken;
    bool pool_gone;
    int deploy_calls;
    int deployments; /* different ones */
    char keys[64][WIZARD_ID_SIZE];
    char seen_size[32];
    char seen_secret[64];
    int64_t seen_count;
    enum { WELL, REFUSES, FAILS, FAILS_AFTERWARDS } deploys;
};

struct fixture {
    char dir[32];
    struct store *store;
    struct arena *arena;
    struct seckey key;
    struct wizards *wizards;
    struct world world;
    int64_t lifetime_ms;
};

/* Two people. */
extern const char owner_a[];
extern const char owner_b[];

/* Answers that lead to the review, by step; pool-a is of owner_a. */
extern const char name_answers[];
extern const char app_answers[];
extern const char size_answers[];

int wizard_setup(void **state);
int wizard_teardown(void **state);
/* As after a restart: nothing is left but the database. */
void wizard_again(struct fixture *f);

struct json *parse(struct fixture *f, const char *text);
struct wizard_at begin(struct fixture *f, const char *owner);
/* Each must succeed; the wizard as it is then. */
struct json *answer(struct fixture *f, const struct wizard_at *at, const char *step,
                    const char *answers);
struct json *to_review(struct fixture *f, const struct wizard_at *at);
struct json *get(struct fixture *f, const struct wizard_at *at);
const char *quote_hash(const struct json *v);

/* One of several that do the same at once. */
struct racer {
    struct fixture *f;
    struct wizard_at at;
    const char *answers;
    const char *hash;
    struct err e;
    int result;
    pthread_t thread;
    char deployment[64];
};

#endif
