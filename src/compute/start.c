/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "compute/compute_int.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "docker/registry.h"

/* From a validated request to a job that goes on by itself. */

const char *job__bare_id(const char *id)
{
    const char *dash = strchr(id, '-');

    return dash ? dash + 1 : id;
}

/* --- the image --- */

static const char *container_ref(struct arena *a, const struct json *container)
{
    const char *image = json_get_str(container, "image", "");

    return *image ? image_ref(a, image, json_get_str(container, "tag", NULL),
                              json_get_str(container, "checksum", NULL))
                  : NULL;
}

/* 1 = it is here for the environment, 0 = the registry has to say, -1 = it does not fit. */
static int check_local(const struct compute_env *env, struct arena *a, const char *ref,
                       struct err *e)
{
    struct docker_image image;
    bool is_private = false;
    int r = docker_image_find(env->engine->docker, a, ref, &image, e);

    if (r <= 0)
        return r;
    if (!docker_same_architecture(image.architecture, env->info.architecture))
        return failed(e, INVALID,
                      "Platform mismatch: image is %s/%s, but environment requires %s/%s",
                      image.architecture, image.os, env->info.architecture, env->info.os);
    if (image__is_private(env->engine->compute, ref, &is_private, e) < 0)
        return -1;
    return is_private ? 0 : 1;
}

static int check_registry(const struct compute_env *env, struct arena *a, const char *ref,
                          const char *own_login, struct err *e)
{
    struct compute *c = env->engine->compute;
    const char *login;

    if (image__login(a, c, ref, own_login, &login, e) < 0)
        return -1;
    return registry_check(c->o.net, ref, env->info.os, env->info.architecture, login, e);
}

/* What is here already, for everybody, is not asked for again. */
static int check_ref(const struct compute_env *env, struct arena *a, const char *ref,
                     const char *own_login, struct err *e)
{
    struct err why;
    int r = check_local(env, a, ref, &why);

    if (r == 0)
        r = check_registry(env, a, ref, own_login, &why);
    return r < 0 ? refused(e, COMPUTE_IMAGE, why.msg) : 0;
}

int compute_check_image(const struct compute_env *env, const struct json *container,
                        const char *registry_auth, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *ref = container_ref(a, container);
    const char *const *words;
    struct err why;

    if (json_get_str(container, "dockerfile", NULL))
        return refused(e, COMPUTE_IMAGE, "this node does not build images");
    if (!ref)
        return refused(e, COMPUTE_IMAGE, "the algorithm names no image");
    if (container__split(a, json_get_str(container, "entrypoint", ""), &words, &why) < 0)
        return refused(e, COMPUTE_IMAGE, why.msg);
    return check_ref(env, a, ref, registry_auth, e);
}

/* Nothing is built here at all; who asks for it for nothing hears what the protocol says of that.
 */
static int check_build(const struct compute_request *r, struct err *e)
{
    const struct json *container = json_get(r->algorithm, "container");

    return r->free_job && json_get_str(container, "dockerfile", NULL) ? refused(e, COMPUTE_NO_BUILD)
                                                                      : 0;
}

/* --- the row --- */

static const char *new_id(struct arena *a)
{
    uint8_t salt[32];
    const char *text;
    struct hash32 h;

    random_bytes(salt, sizeof(salt));
    text = arena_printf(a, "%lld%s", (long long)clock_mono_ns(), hex_dup(a, salt, sizeof(salt)));
    h = sha256(text, strlen(text));
    return hash32_text(a, &h) + 2;
}

static const char *input_dids(struct arena *a, const struct json *inputs)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < json_len(inputs); i++) {
        const char *did = json_get_str(json_at(inputs, i), "did", "");

        if (*did)
            json_push(a, list, json_new_str(a, did));
    }
    return json_text(a, list);
}

static const char *request_text(struct arena *a, const struct compute_request *r)
{
    struct json *v = json_new_object(a);

    json_set(a, v, "inputs", r->inputs ? json_copy(a, r->inputs) : json_new_array(a));
    json_set(a, v, "algorithm", json_copy(a, r->algorithm));
    if (r->output && r->output[0])
        json_set_str(a, v, "output", r->output);
    if (r->bucket && r->bucket[0])
        json_set_str(a, v, "bucket", r->bucket);
    return json_text(a, v);
}

static int make_row(struct arena *a, const struct compute_request *r, struct job_row *row,
                    struct err *e)
{
    *row = (struct job_row){
        .id = new_id(a),
        .cluster = r->env->info.cluster,
        .environment = r->env->info.id,
        .owner = r->owner,
        .is_free = r->free_job,
        .created = clock_ms(),
        .max_duration_s = r->max_duration_s,
        .queue_wait_s = r->queue_wait_s,
        .request = request_text(a, r),
        .input_dids = input_dids(a, r->inputs),
        .algorithm_did = json_get_str(r->algorithm, "did", NULL),
        .metadata = r->metadata ? json_text(a, r->metadata) : NULL,
        .viewers = r->viewers ? json_text(a, r->viewers) : NULL,
        .image = container_ref(a, json_get(r->algorithm, "container")),
        .registry_auth = r->registry_auth,
        .exit_code = -1,
    };
    if (row->metadata && strlen(row->metadata) > COMPUTE_METADATA_MAX)
        return refused(e, COMPUTE_METADATA);
    if (json_len(r->viewers) > COMPUTE_VIEWERS_MAX)
        return failed(e, INVALID, "additionalViewers has more than %d addresses",
                      COMPUTE_VIEWERS_MAX);
    if (strlen(row->request) > COMPUTE_REQUEST_MAX)
        return failed(e, TOO_LARGE, "the job's description is larger than %d bytes",
                      COMPUTE_REQUEST_MAX);
    return 0;
}

/* What was agreed on, and the lock that it needs; one of 0 is no lock. */
static int make_terms(struct arena *a, const struct compute_request *r, struct job_row *row,
                      struct escrow_lock_request *lock, struct err *e)
{
    struct compute *c = r->env->engine->compute;
    struct job_terms terms;

    if (price__terms(a, r->env, r->free_job ? 0 : r->chain, &r->token, &terms, e) < 0)
        return -1;
    terms.host_extra = container__host_extra(a, r->env, r->resources);
    row->terms = job_terms_text(a, &terms, r->resources);
    if (r->free_job)
        return 0;
    *lock = (struct escrow_lock_request){
        .job_id = row->id,
        .chain = r->chain,
        .token = r->token,
        .seconds = (uint64_t)compute_lock_seconds(c, r->max_duration_s, r->queue_wait_s),
    };
    if (!addr_parse_any(r->owner, &lock->payer))
        return refused(e, NOT_AN_ADDRESS, "consumerAddress");
    if (price__cost(&terms, r->resources, r->max_duration_s, &lock->amount, e) < 0)
        return -1;
    row->chain = r->chain;
    row->token = addr_text(a, &r->token);
    if (u256_is_zero(&lock->amount))
        return 0;
    row->amount = u256_text(a, &lock->amount);
    return escrow_check(c->o.escrow, lock, e);
}

/* --- admission --- */

/* Takes the resources, or a place in the queue, in one go with becoming visible to others. */
static int admit(struct job *j, struct err *e)
{
    struct compute *c = j->compute;

    lock_scope(&c->lock);
    if (fit__check(j->env, j->is_free, &j->resources, e) < 0) {
        if (j->row.queue_wait_s <= 0)
            return -1;
        j->queued = true;
    }
    j->reserved = !j->queued;
    j->held = true;
    fsm__first(&j->row, j->queued);
    list_push(&c->jobs, &j->link);
    return 0;
}

static void withdraw(struct job *j)
{
    struct compute *c = j->compute;

    pthread_mutex_lock(&c->lock);
    list_remove(&j->link);
    fsm__serve_queue_locked(c);
    pthread_mutex_unlock(&c->lock);
    job__free(j);
}

/* A lock that may have been sent although the answer was lost is given back. */
static int send_lock(struct job *j, const struct escrow_lock_request *lock, struct err *e)
{
    struct compute *c = j->compute;
    const struct u256 nothing = u256_from(0);
    char tx[HASH32_TEXT];
    struct err ignored;

    if (escrow_lock(c->o.escrow, lock, tx, e) < 0) {
        (void)!escrow_claim(c->o.escrow, j->id, &nothing, (struct bytes){NULL, 0}, &ignored);
        (void)!jobs_delete(c->o.store, j->id, &ignored);
        return -1;
    }
    j->row.lock_tx = arena_strdup(j->arena, tx);
    /* the step LOCK reads it from the escrow when this write is lost */
    (void)!fsm__save(j, &ignored);
    return 0;
}

static void let_go(struct job *j)
{
    lock_scope(&j->compute->lock);
    j->held = false;
    fsm__kick_locked(j);
}

int compute_start(struct compute *c, struct arena *a, const struct compute_request *r,
                  struct json **ret_job, struct err *e)
{
    struct escrow_lock_request lock;
    struct job_row row;
    struct job *j;

    if (make_row(a, r, &row, e) < 0 || check_build(r, e) < 0 ||
        compute_check_image(r->env, json_get(r->algorithm, "container"), r->registry_auth, e) < 0 ||
        make_terms(a, r, &row, &lock, e) < 0)
        return -1;
    j = job__new(c, r->env->engine, r->env, &row);
    if (job_terms_parse(j->arena, j->row.terms, &j->terms, &j->resources, e) < 0 ||
        admit(j, e) < 0) {
        job__free(j);
        return -1;
    }
    if (jobs_insert(c->o.store, &j->row, e) < 0 || (j->row.amount && send_lock(j, &lock, e) < 0)) {
        withdraw(j);
        return -1;
    }
    *ret_job = json__job(a, c, &j->row, true, false);
    let_go(j);
    return 0;
}

int compute_stop(struct compute *c, const char *id, struct err *e)
{
    const char *bare = job__bare_id(id);
    struct job *j;
    bool found;

    if (jobs_set_stop(c->o.store, bare, &found, e) < 0)
        return -1;
    lock_scope(&c->lock);
    j = found ? job__find_locked(c, bare) : NULL;
    if (j) {
        atomic_store(&j->stop, true);
        fsm__kick_locked(j);
    }
    return 0;
}
