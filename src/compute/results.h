/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_COMPUTE_RESULTS_H
#define ATOLL_COMPUTE_RESULTS_H

#include "compute/jobs.h"

/*
 * The files of a job that its owner may have, in this order: image.log, configuration.log,
 * algorithm.log, outputs.tar. They come into being in this order too, so that an index once
 * listed stays what it is: [{filename, filesize, type, index}].
 */
struct json *results__list(struct arena *a, const struct compute *c, const struct job_row *row);

#endif
