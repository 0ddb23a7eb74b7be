/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_PACKAGE_CATALOGUE_H
#define ATOLL_PACKAGE_CATALOGUE_H

#include "package/package.h"

/* The packages that ship with the program: the folders of solutions/. Constant, any thread. */
size_t catalogue_count(void);
/* The i-th one's folder name, and its files (the list is in the arena, what it holds is not). */
const char *catalogue_get(struct arena *a, size_t i, struct package_files *ret);

#endif
