/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/str.h"
#include "compute/compute_int.h"

/* Prices are decimal text of any length up to this; sums are kept at this scale, exactly. */
enum { PRICE_DECIMALS = 30, MILLI_DIGITS = 3, SECONDS_A_MINUTE = 60 };

static struct u256 power_of_ten(unsigned n)
{
    struct u256 v = u256_from(1);
    const struct u256 ten = u256_from(10);

    while (n-- > 0)
        if (!u256_mul(&v, &ten, &v))
            return u256_from(0);
    return v;
}

/* *v = *v * f; false on overflow. */
static bool times(struct u256 *v, int64_t f)
{
    const struct u256 factor = u256_from((uint64_t)f);
    struct u256 t;

    if (!u256_mul(v, &factor, &t))
        return false;
    *v = t;
    return true;
}

static struct u256 divide_up(const struct u256 *v, const struct u256 *by)
{
    const struct u256 one = u256_from(1);
    struct u256 quotient, rest, up;

    u256_divmod(v, by, &quotient, &rest);
    /* a quotient with a rest is below the largest number */
    return !u256_is_zero(&rest) && u256_add(&quotient, &one, &up) ? up : quotient;
}

/* Price of a minute of all resources, at the scale of PRICE_DECIMALS + MILLI_DIGITS. */
static bool minute_price(const struct job_terms *t, const struct compute_resources *r,
                         struct u256 *ret)
{
    struct u256 sum = u256_from(0);
    size_t i;

    for (i = 0; i < t->price_count; i++) {
        int64_t milli = fit__amount(r, t->price[i].id);
        struct u256 part, next;

        if (milli == 0)
            continue;
        if (!units_parse(t->price[i].price, PRICE_DECIMALS, &part) || !times(&part, milli) ||
            !u256_add(&sum, &part, &next))
            return false;
        sum = next;
    }
    *ret = sum;
    return true;
}

int price__cost(const struct job_terms *t, const struct compute_resources *r, int64_t seconds,
                struct u256 *ret, struct err *e)
{
    struct u256 v, down;
    int64_t units;

    if (seconds < t->min_duration_s)
        seconds = t->min_duration_s;
    units = t->by_second ? seconds : (seconds + SECONDS_A_MINUTE - 1) / SECONDS_A_MINUTE;
    if (t->decimals > PRICE_DECIMALS + MILLI_DIGITS || !minute_price(t, r, &v) || !times(&v, units))
        return failed(e, FAILED, "the price of the job is out of range");
    down = power_of_ten(PRICE_DECIMALS + MILLI_DIGITS - t->decimals);
    if (t->by_second && !times(&down, SECONDS_A_MINUTE))
        return failed(e, FAILED, "the price of the job is out of range");
    *ret = divide_up(&v, &down);
    return 0;
}

static const struct config_fee *find_fee(const struct config_environment *conf, uint64_t chain,
                                         const struct addr *token)
{
    size_t i;

    for (i = 0; i < conf->fee_count; i++)
        if (conf->fees[i].chain_id == chain && addr_eq(&conf->fees[i].token, token))
            return &conf->fees[i];
    return NULL;
}

/* chain 0: for nothing. on_chain: the money moves there. */
static int read_terms(struct arena *a, const struct compute_price *p, bool on_chain,
                      struct job_terms *ret, struct err *e)
{
    const struct compute_env *env = p->env;
    const struct addr *token = &p->token;
    uint64_t chain = p->chain;
    const struct config_environment *conf = env->conf;
    struct compute *c = env->engine->compute;
    const struct config_fee *fee;
    size_t i;

    *ret = (struct job_terms){
        .by_second = conf->billing_by_second,
        .min_duration_s = chain ? conf->min_job_duration : conf->free.min_job_duration,
        .storage_expiry_s = chain ? conf->storage_expiry : conf->free.storage_expiry,
        .network = conf->enable_network,
    };
    if (chain == 0)
        return 0;
    if (on_chain && (!c->o.escrow || !escrow_has_chain(c->o.escrow, chain)))
        return refused(e, COMPUTE_CHAIN, arena_printf(a, "%llu", (unsigned long long)chain));
    fee = find_fee(conf, chain, token);
    if (!fee)
        return refused(e, COMPUTE_TOKEN, arena_printf(a, "%llu", (unsigned long long)chain),
                       addr_text(a, token));
    if (fee->price_count > JOB_PRICES_MAX)
        return failed(e, INTERNAL, "an environment has too many prices");
    for (i = 0; i < fee->price_count; i++)
        ret->price[ret->price_count++] = fee->prices[i];
    return c->cb.decimals(c->cb.ctx, chain, token, &ret->decimals, e);
}

int price__terms(struct arena *a, const struct compute_env *env, uint64_t chain,
                 const struct addr *token, struct job_terms *ret, struct err *e)
{
    const struct compute_price p = {.env = env, .chain = chain, .token = *token};

    return read_terms(a, &p, true, ret, e);
}

int compute_terms(struct arena *a, const struct compute_price *p, bool on_chain,
                  const char **ret_text, struct err *e)
{
    struct job_terms terms;

    if (read_terms(a, p, on_chain, &terms, e) < 0)
        return -1;
    terms.min_duration_s = 0;
    *ret_text = job_terms_text(a, &terms, p->resources);
    return 0;
}

int compute_terms_cost(const char *text, int64_t seconds, struct u256 *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct compute_resources r;
    struct job_terms terms;

    if (job_terms_parse(a, text, &terms, &r, e) < 0)
        return -1;
    return price__cost(&terms, &r, seconds, ret, e);
}

/* The cost with each further resource, less the cost without it: rounding goes where it arises. */
int compute_terms_parts(struct arena *a, const char *text, int64_t seconds,
                        struct compute_price_part **ret, size_t *ret_count, struct err *e)
{
    struct u256 before = u256_from(0), now;
    struct compute_resources r;
    struct compute_price_part *parts;
    struct job_terms terms;
    size_t count;

    if (job_terms_parse(a, text, &terms, &r, e) < 0)
        return -1;
    count = r.count;
    parts = arena_calloc(a, count, sizeof(*parts));
    for (r.count = 0; r.count < count;) {
        struct compute_price_part *part = &parts[r.count++];

        *part =
            (struct compute_price_part){r.item[r.count - 1].id, r.item[r.count - 1].milli, before};
        if (price__cost(&terms, &r, seconds, &now, e) < 0 || !u256_sub(&now, &before, &part->cost))
            return -1;
        before = now;
    }
    *ret = parts;
    *ret_count = count;
    return 0;
}

int compute_quote(const struct compute_price *p, struct u256 *ret_cost, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct job_terms terms;

    if (price__terms(a, p->env, p->chain, &p->token, &terms, e) < 0)
        return -1;
    return price__cost(&terms, p->resources, p->seconds, ret_cost, e);
}

int64_t compute_lock_seconds(const struct compute *c, int64_t max_duration_s, int64_t queue_s)
{
    return max_duration_s + queue_s + c->o.claim_timeout_s;
}
