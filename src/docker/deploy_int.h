/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_DOCKER_DEPLOY_INT_H
#define ATOLL_DOCKER_DEPLOY_INT_H

#include "docker/deploy.h"
#include "docker/docker_int.h"

/* Shared by the files behind deploy.h. */

/* Labels that end with a NULL name, as the engine wants them. */
struct json *docker__labels(struct arena *a, const struct docker_label *labels);
/* CONFLICT unless what is there has all of these labels; `what` names it in the text. */
int docker__same_labels(const struct json *there, const struct docker_label *labels,
                        const char *what, struct err *e) must_check;
/* A container, or the one of that name that is there already: CONFLICT when its labels differ. */
struct docker__new {
    const char *name;
    const char *platform; /* NULL: the engine's own */
    struct json *spec;
    const struct docker_label *labels; /* NULL: they are not looked at */
};
int docker__create(struct docker *d, struct arena *a, const struct docker__new *n,
                   char ret_id[DOCKER_ID_SIZE], struct err *e) must_check;
/* The texts at `key` of a list of objects. */
struct json *docker__names(struct arena *a, const struct json *list, const char *key);
/* {"label": [label]}, percent-encoded. */
const char *docker__label_filter(struct arena *a, const char *label);

#endif
