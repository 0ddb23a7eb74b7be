/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_escrow.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/thread.h"

enum { PAYMENTS = 256, LISTENERS = 16 };

/* Whoever listens later takes the place of the one with the same function: a new process. */
struct escrow {
    struct {
        void (*changed)(void *ctx, const struct escrow_payment *p);
        void *ctx;
    } listener[LISTENERS];
    size_t count;
};

static struct {
    pthread_mutex_t lock;
    struct escrow escrow;
    struct escrow_payment payment[PAYMENTS];
    size_t count;
    const char *refuse;
    const char *broke; /* what escrow_check() refuses with */
    bool mines;        /* locks are mined at once */
    size_t most_open;
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
    size_t i = 0;

    lock_scope(&fake.lock);
    while (i < x->count && x->listener[i].changed != changed)
        i++;
    must(i < LISTENERS);
    x->listener[i].changed = changed;
    x->listener[i].ctx = ctx;
    x->count += i == x->count;
}

static void tell(const struct escrow_payment *p)
{
    struct escrow_payment copy = *p;
    size_t i;

    for (i = 0; i < fake.escrow.count; i++)
        if (fake.escrow.listener[i].ctx)
            fake.escrow.listener[i].changed(fake.escrow.listener[i].ctx, &copy);
}

bool escrow_has_chain(const struct escrow *x, uint64_t chain)
{
    (void)x;
    return chain == 8996;
}

int escrow_check(struct escrow *x, const struct escrow_lock_request *r, struct err *e)
{
    (void)x, (void)r;
    lock_scope(&fake.lock);
    return fake.broke ? failed(e, ESCROW_FUNDS, "%s", fake.broke) : 0;
}

int escrow_standing(struct escrow *x, const struct escrow_lock_request *r,
                    struct escrow_standing *ret, struct err *e)
{
    (void)x, (void)r, (void)e;
    *ret = (struct escrow_standing){.available = u256_from(1000000),
                                    .authorized = true,
                                    .max_amount = u256_from(1000000),
                                    .max_seconds = u256_from(86400),
                                    .max_locks = u256_from(10)};
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

static void count_open(void)
{
    size_t i, open = 0;

    for (i = 0; i < fake.count; i++)
        open += fake.payment[i].state == ESCROW_SENT || fake.payment[i].state == ESCROW_LOCKED;
    if (open > fake.most_open)
        fake.most_open = open;
}

static int add(const struct escrow_lock_request *r, struct err *e)
{
    lock_scope(&fake.lock);
    if (find(r->job_id))
        return 0;
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
    count_open();
    return 0;
}

int escrow_lock(struct escrow *x, const struct escrow_lock_request *r, char ret_tx[HASH32_TEXT],
                struct err *e)
{
    (void)x;
    if (add(r, e) < 0)
        return -1;
    snprintf(ret_tx, HASH32_TEXT, "0x10c4");
    if (fake.mines && find(r->job_id)->state == ESCROW_SENT)
        fake_escrow_move(r->job_id, ESCROW_LOCKED, "");
    return 0;
}

int escrow_claim(struct escrow *x, const char *job_id, const struct u256 *amount,
                 struct bytes proof, struct err *e)
{
    struct escrow_payment *p;

    (void)x, (void)proof;
    pthread_mutex_lock(&fake.lock);
    p = find(job_id);
    if (p && (p->state == ESCROW_CLAIMED || p->state == ESCROW_RELEASED)) {
        must(u256_cmp(&p->claimed, amount) == 0); /* a decision is repeated, never changed */
        pthread_mutex_unlock(&fake.lock);
        return 0;
    }
    if (p && p->state != ESCROW_FAILED) {
        must(u256_cmp(amount, &p->amount) <= 0);
        p->state = u256_is_zero(amount) ? ESCROW_RELEASED : ESCROW_CLAIMED;
        p->claimed = *amount;
        p->claim_tx = "0xc1a1";
    }
    pthread_mutex_unlock(&fake.lock);
    if (!p)
        return failed(e, NOT_FOUND, "no payment");
    tell(p);
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
    if (state == ESCROW_LOCKED)
        p->expiry = clock_s() + (int64_t)p->seconds;
    pthread_mutex_unlock(&fake.lock);
    tell(p);
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

void fake_escrow_broke(const char *text)
{
    lock_scope(&fake.lock);
    fake.broke = text;
}

void fake_escrow_mines(bool at_once)
{
    lock_scope(&fake.lock);
    fake.mines = at_once;
}

size_t fake_escrow_most_open(void)
{
    size_t n;

    lock_scope(&fake.lock);
    n = fake.most_open;
    fake.most_open = 0;
    return n;
}

const char *fake_escrow_last(enum escrow_state state)
{
    size_t i;

    lock_scope(&fake.lock);
    for (i = fake.count; i-- > 0;)
        if (fake.payment[i].state == state)
            return fake.payment[i].job_id;
    return NULL;
}

void fake_escrow_deaf(void *ctx)
{
    size_t i;

    lock_scope(&fake.lock);
    for (i = 0; i < fake.escrow.count; i++)
        if (fake.escrow.listener[i].ctx == ctx)
            fake.escrow.listener[i].ctx = NULL;
}
