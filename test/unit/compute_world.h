/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_COMPUTE_WORLD_H
#define ATOLL_TEST_UNIT_COMPUTE_WORLD_H

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "compute/compute.h"
#include "fake_escrow.h"
#include "test.h"

/*
 * A compute engine on the machine's Docker with the registry's busybox, an origin of files on
 * 127.0.0.1 (/data.txt, /unknown/size.txt, /endless, all else is 404), and a fake escrow.
 */
struct world {
    char dir[64];
    struct arena *arena;
    struct net *net;
    struct store *store;
    struct storage *storage;
    struct config_fee fee;
    struct config_environment env;
    struct config_engine engine;
    struct compute *compute;
    const struct compute_env *at;
};
extern struct world w;

/* A job; what is 0 or NULL has a default. */
struct want {
    const char *script;
    const char *entrypoint; /* NULL: "sh $ALGO" */
    const char *image;      /* NULL: bb */
    const char *path;       /* of an input, or NULL */
    const char *resources;  /* JSON, or NULL */
    int64_t seconds;        /* 0: 60 */
    int64_t queue_s;
    bool paid;
};

/* For cmocka_run_group_tests(). */
int world_setup(void **state);
int world_teardown(void **state);

/* A new engine object on the same store; w.compute was freed. */
void compute_begin(void);
struct json *json_of(const char *text);
int try_start(const struct want *want, struct json **ret, struct err *e);
/* Must succeed; the id with its prefix. */
const char *start(const struct want *want);
struct json *status(const char *id);
/* Waits until the job has that status; 0: until dateFinished is set. */
struct json *await(const char *id, int64_t wanted);
/* The text of one of the job's files. */
const char *result(const char *id, const char *name);
/* outputs.tar must hold this file with this beginning. */
void has_output(const char *id, const char *name, const char *content);
void ends_as(const struct json *job, int64_t status_number, const char *name);
/* The job's container must go away. */
void no_container(const char *id);

#endif
