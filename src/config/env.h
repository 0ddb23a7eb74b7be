/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CONFIG_ENV_H
#define ATOLL_CONFIG_ENV_H

struct arena;

/* The one way to look at a variable of the environment outside this folder: NULL when unset or
 * empty. For the few that are no option of the node (where tools find their files). */
const char *env_get(const char *name);

/* "NAME=VALUE" of ours, for the environment of a program; PATH is never empty. In the arena. */
const char *env_line(struct arena *a, const char *name);

#endif
