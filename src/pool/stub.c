/* SPDX-License-Identifier: Apache-2.0 */
#include "pool/pool.h"

struct pools *pools_new(const struct pools_options *o, const struct pools_callbacks *callbacks)
{
    (void)o;
    (void)callbacks;
    return NULL;
}

void pools_listen(struct pools *p,
                  void (*changed)(void *ctx, const char *deployment, enum pool_event what,
                                  const char *reason),
                  void *ctx)
{
    (void)p;
    (void)changed;
    (void)ctx;
}

int pools_run(struct pools *p, struct err *e)
{
    (void)p;
    return failed(e, FAILED, "not there yet");
}

void pools_free(struct pools *p)
{
    (void)p;
}

struct json *pool_json(struct pools *p, struct arena *a, const struct pool_info *pool)
{
    (void)p;
    (void)a;
    (void)pool;
    return NULL;
}

int pool_list_json(struct pools *p, struct arena *a, const char *owner, struct json **ret,
                   struct err *e)
{
    (void)p;
    (void)a;
    (void)owner;
    (void)ret;
    return failed(e, FAILED, "not there yet");
}

int pool_entries_json(struct pools *p, struct arena *a, const struct pool_info *pool,
                      int64_t before, struct json **ret, struct err *e)
{
    (void)p;
    (void)a;
    (void)pool;
    (void)before;
    (void)ret;
    return failed(e, FAILED, "not there yet");
}

int pool_find(struct pools *p, struct arena *a, const char *owner, const char *id,
              struct pool_info *ret, struct err *e)
{
    (void)p;
    (void)a;
    (void)owner;
    (void)id;
    (void)ret;
    return failed(e, FAILED, "not there yet");
}

int pool_create(struct pools *p, const struct pool_new *n, char ret_id[POOL_ID], struct err *e)
{
    (void)p;
    (void)n;
    (void)ret_id;
    return failed(e, FAILED, "not there yet");
}

int pool_grant(struct pools *p, const char *id, const char *amount, const char *note, struct err *e)
{
    (void)p;
    (void)id;
    (void)amount;
    (void)note;
    return failed(e, FAILED, "not there yet");
}

int pool_refresh(struct pools *p, const char *id, struct err *e)
{
    (void)p;
    (void)id;
    return failed(e, FAILED, "not there yet");
}

int pool_voucher_make(struct pools *p, const struct pool_voucher *v, char ret_code[POOL_CODE],
                      struct err *e)
{
    (void)p;
    (void)v;
    (void)ret_code;
    return failed(e, FAILED, "not there yet");
}

int pool_voucher_list_json(struct pools *p, struct arena *a, struct json **ret, struct err *e)
{
    (void)p;
    (void)a;
    (void)ret;
    return failed(e, FAILED, "not there yet");
}

int pool_voucher_revoke(struct pools *p, const char *code, struct err *e)
{
    (void)p;
    (void)code;
    return failed(e, FAILED, "not there yet");
}

int pool_voucher_redeem(struct pools *p, const char *owner, const char *code, char ret_id[POOL_ID],
                        struct err *e)
{
    (void)p;
    (void)owner;
    (void)code;
    (void)ret_id;
    return failed(e, FAILED, "not there yet");
}

int pool_quote(struct pools *p, const struct pool_quote_request *r, struct pool_quote *ret,
               struct err *e)
{
    (void)p;
    (void)r;
    (void)ret;
    return failed(e, FAILED, "not there yet");
}

struct json *pool_quote_json(struct pools *p, struct arena *a, const struct pool_quote *q,
                             const struct pool_info *pool, int64_t ends)
{
    (void)p;
    (void)a;
    (void)q;
    (void)pool;
    (void)ends;
    return NULL;
}

int pool_can_pay(struct pools *p, const struct pool_quote *q, const struct pool_info *pool,
                 struct err *e)
{
    (void)p;
    (void)q;
    (void)pool;
    return failed(e, FAILED, "not there yet");
}

struct json *pool_money_json(struct pools *p, struct arena *a, uint64_t chain,
                             const struct addr *token, const struct u256 *amount)
{
    (void)p;
    (void)a;
    (void)chain;
    (void)token;
    (void)amount;
    return NULL;
}

int pool_offers_json(struct pools *p, struct arena *a, struct json **ret, struct err *e)
{
    (void)p;
    (void)a;
    (void)ret;
    return failed(e, FAILED, "not there yet");
}

int pool_meter_start(struct pools *p, const struct pool_meter_request *r, struct err *e)
{
    (void)p;
    (void)r;
    return failed(e, FAILED, "not there yet");
}

int pool_meter_begin(struct pools *p, const char *deployment, struct err *e)
{
    (void)p;
    (void)deployment;
    return failed(e, FAILED, "not there yet");
}

int pool_meter_stop(struct pools *p, const char *deployment, enum pool_stop why, struct err *e)
{
    (void)p;
    (void)deployment;
    (void)why;
    return failed(e, FAILED, "not there yet");
}

int pool_meter_resize(struct pools *p, const char *deployment,
                      const struct compute_resources *resources, struct err *e)
{
    (void)p;
    (void)deployment;
    (void)resources;
    return failed(e, FAILED, "not there yet");
}

int pool_meter_extend(struct pools *p, const char *deployment, int64_t ends, struct err *e)
{
    (void)p;
    (void)deployment;
    (void)ends;
    return failed(e, FAILED, "not there yet");
}

int pool_meter_find(struct pools *p, struct arena *a, const char *deployment,
                    struct pool_meter *ret, struct err *e)
{
    (void)p;
    (void)a;
    (void)deployment;
    (void)ret;
    return failed(e, FAILED, "not there yet");
}

int pool_meter_json(struct pools *p, struct arena *a, const char *deployment, struct json **ret,
                    struct err *e)
{
    (void)p;
    (void)a;
    (void)deployment;
    (void)ret;
    return failed(e, FAILED, "not there yet");
}
