/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "compute/fsm.h"

/* Steps before the algorithm runs. */

enum { FOLDER_MODE = 0700, LOCK_LOOK_MS = 30000 };

int step_queue(struct job *j, struct err *e)
{
    int64_t left = j->row.created + j->row.queue_wait_s * 1000 - clock_ms();
    bool waits;

    {
        lock_scope(&j->compute->lock);
        waits = j->queued;
    }
    if (!waits)
        return j->row.amount ? STEP_LOCK : STEP_PULL;
    if (left <= 0)
        return failed(e, TIMEOUT, "no resources became free within %lld s",
                      (long long)j->row.queue_wait_s);
    fsm__wake_in(j, left);
    return STEP_WAIT;
}

int step_lock(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct escrow_payment p;
    bool found;

    if (!j->compute->o.escrow)
        return failed(e, FAILED, "the node has no escrow any more");
    if (escrow_find(j->compute->o.escrow, a, j->id, &found, &p, e) < 0)
        return err_transient(e);
    if (!found)
        return failed(e, FAILED, "the payment was never locked");
    if (p.state == ESCROW_FAILED)
        return failed(e, FAILED, "the payment was not locked: %s", p.why);
    if (p.state == ESCROW_INTENT || p.state == ESCROW_SENT) {
        fsm__wake_in(j, LOCK_LOOK_MS); /* the escrow tells; this is for a telling that was lost */
        return STEP_WAIT;
    }
    j->row.lock_tx = arena_strdup(j->arena, p.lock_tx);
    return STEP_PULL;
}

/* --- the image --- */

static int make_folder(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();

    return fs_mkdirs(job__path(a, j->compute, &j->row, NULL), FOLDER_MODE, e);
}

static void note_line(void *ctx, const char *line)
{
    job__note(ctx, "image.log", "%s", line);
}

static int pull(struct job *j, struct arena *a, struct err *e)
{
    struct docker_pull p = {
        .ref = j->row.image,
        .timeout_s = j->compute->o.pull_timeout_s,
        .cancel = &j->stop,
        .line = note_line,
        .ctx = j,
    };

    if (image__login(a, j->compute, j->row.image, j->row.registry_auth, &p.auth_json, e) < 0 ||
        image__note_login(j, e) < 0)
        return -1;
    if (docker_image_pull(j->engine->docker, &p, e) == 0) {
        job__note(j, "image.log", "Successfully pulled image: %s", j->row.image);
        return 0;
    }
    job__note(j, "image.log", "Unable to pull docker image: %s: %s", j->row.image, e->msg);
    return -1;
}

int step_pull(struct job *j, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker_info *info = &j->engine->info;
    struct docker_image image;
    int found;

    if (make_folder(j, e) < 0)
        return -1;
    found = docker_image_find(j->engine->docker, a, j->row.image, &image, e);
    if (found > 0 && docker_same_architecture(image.architecture, info->architecture)) {
        job__note(j, "image.log", "Image is here already: %s", j->row.image);
    } else if (found < 0 || pull(j, a, e) < 0) {
        return -1;
    } else {
        found = docker_image_find(j->engine->docker, a, j->row.image, &image, e);
        if (found <= 0)
            return found < 0 ? -1 : failed(e, FAILED, "the image is not there after its pull");
    }
    j->row.image_digest = arena_strdup(j->arena, image.digest ? image.digest : image.id);
    return STEP_VOLUMES;
}

/* --- folders and container --- */

int step_volumes(struct job *j, struct err *e)
{
    if (make_folder(j, e) < 0)
        return -1;
    job__note(j, "configuration.log", "Configuring volumes: up to %lld MB in the container",
              (long long)(job__disk_limit(j) >> 20));
    return STEP_CREATE;
}

int step_create(struct job *j, struct err *e)
{
    if (container__create(j, e) < 0) {
        job__note(j, "configuration.log", "Unable to create the container: %s", e->msg);
        return -1;
    }
    job__note(j, "configuration.log", "Created container %.12s from %s", j->row.container,
              j->row.image_digest ? j->row.image_digest : j->row.image);
    return STEP_PROVISION;
}

int step_provision(struct job *j, struct err *e)
{
    if (job__open_log(j, e) < 0)
        return -1;
    if (provision__container(j, e) < 0) {
        job__note(j, "configuration.log", "Provisioning failed: %s", e->msg);
        return -1;
    }
    return STEP_RUN;
}
