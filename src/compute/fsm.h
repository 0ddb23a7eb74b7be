/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_COMPUTE_FSM_H
#define ATOLL_COMPUTE_FSM_H

#include "compute/compute_int.h"

/* The steps of steps.def. Stored as numbers: new ones need a migration. */
enum step {
#define STEP(name, function, status, failed_status) STEP_##name,
#include "compute/steps.def"
};

/*
 * A step's function answers the next step, STEP_WAIT when something must happen first (it is
 * called again after a kick or when job.due has come), or -1. A failure ends the job with the
 * status of steps.def or job.fail_status, unless it is transient: then the step is tried again.
 */
enum { STEP_FAILED = -1, STEP_WAIT = -2 };

#define STEP(name, function, status, failed_status)                                                \
    int step_##function(struct job *j, struct err *e) must_check;
#include "compute/steps.def"

/* Statuses that a job does not come back from. */
bool fsm_is_failure(int status);

#endif
