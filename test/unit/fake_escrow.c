/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_escrow.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/thread.h"

enum { PAYMENTS = 64 };

struct escrow {
    void (*changed)(void *ctx, const struct escrow_payment *p);
    void *ctx;
};

static struct {
    pthread_mutex_t lock;
    struct escrow escrow;
    struct escrow_payment payment[PAYMENTS];
    size_t count;
    const char *refuse;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

const struct addr fake_token = {{1, 2, 3}};

struct escrow *escrow_new(struct store *store, const struct escrow_chain *chains, size_t n)
{
    (void)store, (void)chains, (void)n;
    return &fake.escrow;
}

void escrow_listen(struct escrow *x, void (*changed)(void *ctx, const struct escrow_payment *p),
                   void *ctx)
{
    x->changed = changed;
    x->ctx = ctx;
}

bool escrow_has_chain(const struct escrow *x, uint64_t chain)
{
    (void)x;
    return chain == 8996;
}

int escrow_check(struct escrow *x, const struct escrow_lock_request *r, struct err *e)
{
    (void)x, (void)r, (void)e;
    return 0;
}

static struct escrow_payment *find(const char *job_id)
{
    size_t i;

    for (i = 0; i < fake.count; i++)
        if (strcmp(fake.payment[i].job_id, job_id) == 0)
            return &fake.payment[i];
    return NULL;
}

int escrow_lock(struct escrow *x, const struct escrow_lock_request *r, char ret_tx[HASH32_TEXT],
                struct err *e)
{
    (void)x;
    lock_scope(&fake.lock);
    if (fake.refuse)
        return failed(e, ESCROW, "%s", fake.refuse);
    must(fake.count < PAYMENTS);
    fake.payment[fake.count++] = (struct escrow_payment){.job_id = xstrdup(r->job_id),
                                                         .chain = r->chain,
                                                         .token = r->token,
                                                         .payer = r->payer,
                                                         .amount = r->amount,
                                                         .seconds = r->seconds,
                                                         .state = ESCROW_SENT,
                                                         .lock_tx = "0x10c4",
                                                         .claim_tx = "",
                                                         .cancel_tx = "",
                                                         .why = ""};
    snprintf(ret_tx, HASH32_TEXT, "0x10c4");
    return 0;
}

int escrow_claim(struct escrow *x, const char *job_id, const struct u256 *amount,
                 struct bytes proof, struct err *e)
{
    struct escrow_payment *p;

    (void)x, (void)proof;
    pthread_mutex_lock(&fake.lock);
    p = find(job_id);
    if (p && p->state != ESCROW_FAILED) {
        p->state = u256_is_zero(amount) ? ESCROW_RELEASED : ESCROW_CLAIMED;
        p->claimed = *amount;
        p->claim_tx = "0xc1a1";
    }
    pthread_mutex_unlock(&fake.lock);
    if (!p)
        return failed(e, NOT_FOUND, "no payment");
    fake.escrow.changed(fake.escrow.ctx, p);
    return 0;
}

int escrow_find(struct escrow *x, struct arena *a, const char *job_id, bool *ret_found,
                struct escrow_payment *ret, struct err *e)
{
    const struct escrow_payment *p;

    (void)x, (void)a, (void)e;
    lock_scope(&fake.lock);
    p = find(job_id);
    *ret_found = p != NULL;
    if (p)
        *ret = *p;
    return 0;
}

void fake_escrow_move(const char *job_id, enum escrow_state state, const char *why)
{
    struct escrow_payment *p;

    pthread_mutex_lock(&fake.lock);
    p = find(job_id);
    must(p);
    p->state = state;
    p->why = why;
    pthread_mutex_unlock(&fake.lock);
    fake.escrow.changed(fake.escrow.ctx, p);
}

const char *fake_escrow_claimed(struct arena *a, const char *job_id)
{
    lock_scope(&fake.lock);
    return u256_text(a, &find(job_id)->claimed);
}

void fake_escrow_refuse(const char *text)
{
    lock_scope(&fake.lock);
    fake.refuse = text;
}
