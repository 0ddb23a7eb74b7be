/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "compute/fsm.h"

/* What is to pay, and clearing up. */

enum { LOOK_MS = 30000, REMOVE_TRIES = 10 };

/*
 * The algorithm ran, and it is not the node that failed it: its quota (42), its outputs (61), or
 * the buyer's storage, which did not take results that are here (62 with their hash).
 */
static bool is_owed(const struct job_row *row)
{
    if (!row->started || !row->stopped)
        return false;
    return !fsm_is_failure(row->status) || row->status == 42 || row->status == 61 ||
           (row->status == 62 && row->output_hash);
}

static int what_is_owed(struct job *j, struct u256 *ret, struct err *e)
{
    struct u256 locked;
    int64_t seconds = (j->row.stopped - j->row.started + 999) / 1000;

    *ret = u256_from(0);
    if (!is_owed(&j->row))
        return 0;
    if (!u256_parse(j->row.amount, &locked))
        return failed(e, INTERNAL, "job %s has an amount that is no number", j->id);
    if (seconds > j->row.max_duration_s)
        seconds = j->row.max_duration_s;
    if (price__cost(&j->terms, &j->resources, seconds, ret, e) < 0)
        return -1;
    if (u256_cmp(ret, &locked) > 0)
        *ret = locked;
    return 0;
}

/* The decision is on disk when this returns; carrying it out is the escrow's business. */
static int decide(struct job *j, struct err *e)
{
    struct u256 amount;
    uint8_t hash[32];
    struct bytes proof = {hash, 0};
    const char *hex = j->row.output_hash;
    struct err why;

    if (what_is_owed(j, &amount, e) < 0)
        return -1;
    if (hex && strlen(hex) == 66 && hex_decode(hex + 2, sizeof(hash), hash))
        proof.n = sizeof(hash);
    if (escrow_claim(j->compute->o.escrow, j->id, &amount, proof, &why) == 0 ||
        why.code == ERR_NOT_FOUND || why.code == ERR_CONFLICT)
        return 0;
    *e = why;
    return -1;
}

static void remove_inputs(struct job *j)
{
    _arena_ struct arena *a = arena_new();

    (void)unlink(job__path(a, j->compute, &j->row, "spool"));
    (void)unlink(job__path(a, j->compute, &j->row, "outputs.tar.part"));
}

/* Tries again for as long as it takes: a job in this step has nothing left to lose. */
static int again(struct job *j, const struct err *e)
{
    log_debug("compute", "job %s: %s", j->id, e->msg);
    j->tries++;
    fsm__wake_in(j, j->tries < 30 ? j->tries * 500 : 15000);
    return STEP_WAIT;
}

int step_clean(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct compute *c = j->compute;

    if (j->row.amount && c->o.escrow && decide(j, e) < 0)
        return again(j, e);
    job__close_log(j, false);
    /* by its name: a crash may have left a container whose id was not written down */
    if (docker_remove(j->engine->docker, job__container_name(a, j), e) < 0 &&
        j->tries < REMOVE_TRIES)
        return again(j, e);
    remove_inputs(j);
    return j->row.amount ? STEP_SETTLE : STEP_DONE;
}

int step_settle(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct escrow_payment p;
    bool found;

    if (!j->compute->o.escrow)
        return STEP_DONE;
    if (escrow_find(j->compute->o.escrow, a, j->id, &found, &p, e) < 0)
        return again(j, e);
    if (!found)
        return STEP_DONE;
    if (p.lock_tx && *p.lock_tx)
        j->row.lock_tx = arena_strdup(j->arena, p.lock_tx);
    switch (p.state) {
    case ESCROW_CLAIMED:
    case ESCROW_RELEASED:
        j->row.claim_tx = arena_strdup(j->arena, p.claim_tx);
        j->row.cost = u256_text(j->arena, &p.claimed);
        return STEP_DONE;
    case ESCROW_CANCELED:
        j->row.cancel_tx = arena_strdup(j->arena, p.cancel_tx);
        j->row.cost = "0";
        return STEP_DONE;
    case ESCROW_FAILED:
        j->row.cost = "0";
        return STEP_DONE;
    case ESCROW_INTENT:
    case ESCROW_SENT:
    case ESCROW_LOCKED:
    case ESCROW_CLAIMING:
        break;
    }
    fsm__wake_in(j, LOOK_MS);
    return STEP_WAIT;
}
