/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/codec.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "chain/call.h"
#include "crypto/hash.h"
#include "order/order_int.h"

enum {
    PROVIDER_DATA_MAX = 4096, /* of a foreign event */
    DECIMALS_DEFAULT = 18,
    DECIMALS_MAX = 77 /* 10^77 is the largest power of ten in 256 bits */
};

static const struct order_event fee_event = {
    "ProviderFee(address,address,uint256,bytes,uint8,bytes32,bytes32,uint256)", 3,
    "(uint256,bytes,uint8,bytes32,bytes32,uint256)"};
enum { FEE_AMOUNT, FEE_DATA, FEE_V, FEE_R, FEE_S, FEE_VALID_UNTIL };

/* Everything that the signature covers. */
struct fee {
    struct bytes data;
    struct addr address;
    struct addr token;
    struct u256 amount;
    struct u256 valid_until;
};

struct order_fees {
    struct seckey key;
    struct addr address;
    char *amount;
    size_t count;
    pthread_mutex_t lock;
    struct price {
        struct order_fee_token token;
        bool known; /* under lock, with wei */
        struct u256 wei;
    } prices[];
};

struct order_fees *order_fees_new(const struct order_fees_options *o)
{
    struct order_fees *f = xcalloc(1, sizeof(*f) + o->token_count * sizeof(f->prices[0]));
    size_t i;

    f->key = *o->key;
    f->address = seckey_addr(&f->key);
    f->amount = xstrdup(o->amount ? o->amount : "0");
    f->count = o->token_count;
    for (i = 0; i < f->count; i++)
        f->prices[i].token = o->tokens[i];
    must(pthread_mutex_init(&f->lock, NULL) == 0);
    return f;
}

void order_fees_free(struct order_fees *f)
{
    if (!f)
        return;
    seckey_wipe(&f->key);
    (void)pthread_mutex_destroy(&f->lock);
    free(f->amount);
    free(f);
}

static struct price *find_price(struct order_fees *f, uint64_t chain_id)
{
    size_t i;

    for (i = 0; i < f->count; i++)
        if (f->prices[i].token.chain_id == chain_id && !addr_is_zero(&f->prices[i].token.token))
            return &f->prices[i];
    return NULL;
}

bool order_fee_is_due(const struct order_fees *f, uint64_t chain_id)
{
    return find_price((struct order_fees *)f, chain_id) &&
           strspn(f->amount, "0.") < strlen(f->amount);
}

static int read_decimals(struct rpc *r, struct arena *a, const struct addr *token, unsigned *ret,
                         struct err *e)
{
    struct contract_call call = {.to = *token, .signature = "decimals()", .returns = "(uint256)"};
    struct abi_value v;
    uint64_t n;
    struct err why;

    *ret = DECIMALS_DEFAULT;
    if (contract_read(r, a, &call, &v, &why) < 0) {
        if (why.code == ERR_REVERTED || why.code == ERR_NOT_FOUND)
            return 0; /* a token without decimals() */
        *e = why;
        return -1;
    }
    if (u256_to_u64(&v.list.v[0].num, &n) && n <= DECIMALS_MAX)
        *ret = (unsigned)n;
    return 0;
}

/* The fee of a chain in base units of its token; remembered. */
static int price_of(struct order_fees *f, struct rpc *r, struct arena *a, struct addr *ret_token,
                    struct u256 *ret_wei, struct err *e)
{
    struct price *p = find_price(f, rpc_chain_id(r));
    struct u256 wei = u256_from(0);
    unsigned decimals;

    memset(ret_token, 0, sizeof(*ret_token));
    *ret_wei = wei;
    if (!p)
        return 0;
    *ret_token = p->token.token;
    pthread_mutex_lock(&f->lock);
    if (p->known) {
        *ret_wei = p->wei;
        pthread_mutex_unlock(&f->lock);
        return 0;
    }
    pthread_mutex_unlock(&f->lock);
    if (read_decimals(r, a, &p->token.token, &decimals, e) < 0)
        return -1;
    if (!units_parse(f->amount, decimals, &wei))
        return failed(e, FAILED, "a fee of %s cannot be expressed in %u decimals", f->amount,
                      decimals);
    pthread_mutex_lock(&f->lock);
    p->wei = wei;
    p->known = true;
    pthread_mutex_unlock(&f->lock);
    *ret_wei = wei;
    return 0;
}

/* keccak256 over the tightly packed fee; always signed as 32 bytes, as the contract does. */
static struct hash32 digest_of(struct arena *a, const struct fee *fee)
{
    size_t n = fee->data.n + 2 * sizeof(fee->address.b) + 64;
    uint8_t *packed = arena_alloc(a, n);
    uint8_t *p = packed;

    memcpy(p, fee->data.p, fee->data.n);
    p += fee->data.n;
    memcpy(p, fee->address.b, sizeof(fee->address.b));
    p += sizeof(fee->address.b);
    memcpy(p, fee->token.b, sizeof(fee->token.b));
    p += sizeof(fee->token.b);
    u256_to_be(&fee->amount, p);
    u256_to_be(&fee->valid_until, p + 32);
    return keccak256(packed, n);
}

static const char *data_text(struct arena *a, const struct order_fee_terms *terms)
{
    struct json *o = json_new_object(a);

    json_set_str(a, o, "dt", terms->datatoken);
    json_set_str(a, o, "id", terms->service_id);
    if (terms->rest)
        json_set_int(a, o, "rest", 1);
    return json_text(a, o);
}

int order_fee_issue(struct order_fees *f, struct rpc *r, struct arena *a,
                    const struct order_fee_terms *terms, struct json **ret, struct err *e)
{
    const char *data = data_text(a, terms);
    struct fee fee = {.data = {(const uint8_t *)data, strlen(data)},
                      .address = f->address,
                      .valid_until = u256_from((uint64_t)terms->valid_until_s)};
    struct json *o = json_new_object(a);
    struct hash32 digest;
    struct sig sig;

    if (price_of(f, r, a, &fee.token, &fee.amount, e) < 0)
        return -1;
    if (terms->rest)
        fee.amount = u256_from(0);
    digest = digest_of(a, &fee);
    sig = eip191_sign(&f->key, digest.b, sizeof(digest.b));
    json_set_str(a, o, "providerFeeAddress", addr_text(a, &fee.address));
    json_set_str(a, o, "providerFeeToken", addr_text(a, &fee.token));
    json_set_str(a, o, "providerFeeAmount", u256_text(a, &fee.amount));
    json_set_str(a, o, "providerData", hex0x_dup(a, fee.data.p, fee.data.n));
    json_set_int(a, o, "v", sig.v);
    json_set_str(a, o, "r", hex0x_dup(a, sig.r, sizeof(sig.r)));
    json_set_str(a, o, "s", hex0x_dup(a, sig.s, sizeof(sig.s)));
    json_set_int(a, o, "validUntil", terms->valid_until_s);
    *ret = o;
    return 0;
}

static bool names_service(struct arena *a, const struct bytes *data, const struct addr *datatoken,
                          const char *service_id)
{
    struct json *v;
    struct addr token;
    struct err e;

    return data->n <= PROVIDER_DATA_MAX &&
           json_parse(a, (const char *)data->p, data->n, &v, &e) == 0 && !json_get(v, "rest") &&
           addr_parse_any(json_get_str(v, "dt", ""), &token) && addr_eq(&token, datatoken) &&
           str_eq(json_get_str(v, "id", NULL), service_id);
}

/* Whether our key signed what the event shows. */
static bool is_signed(struct arena *a, const struct fee *fee, const struct abi_value *data)
{
    struct hash32 digest = digest_of(a, fee);
    struct sig sig;
    struct addr who;
    uint64_t v;

    if (!u256_to_u64(&data->list.v[FEE_V].num, &v) || (v != 27 && v != 28))
        return false;
    sig.v = (uint8_t)v;
    memcpy(sig.r, data->list.v[FEE_R].bytes.p, sizeof(sig.r));
    memcpy(sig.s, data->list.v[FEE_S].bytes.p, sizeof(sig.s));
    digest = eip191_digest(digest.b, sizeof(digest.b));
    return secp_recover(&digest, &sig, &who) && addr_eq(&who, &fee->address);
}

static bool is_good(struct arena *a, const struct order_fees *f, const struct rpc_log *log,
                    const struct abi_value *data, int64_t now_s)
{
    struct fee fee = {.data = data->list.v[FEE_DATA].bytes,
                      .address = order__topic_addr(&log->topics[1]),
                      .token = order__topic_addr(&log->topics[2]),
                      .amount = data->list.v[FEE_AMOUNT].num,
                      .valid_until = data->list.v[FEE_VALID_UNTIL].num};
    struct u256 now = u256_from((uint64_t)now_s);

    return addr_eq(&fee.address, &f->address) &&
           (u256_is_zero(&fee.valid_until) || u256_cmp(&now, &fee.valid_until) <= 0) &&
           is_signed(a, &fee, data);
}

bool order_fee_paid(const struct order_fees *f, const struct rpc_receipt *receipt,
                    const struct addr *datatoken, const char *service_id, int64_t now_s)
{
    _arena_ struct arena *a = arena_new();
    struct abi_value data;
    size_t i;

    for (i = 0; i < receipt->log_count; i++) {
        if (order__event(a, &receipt->logs[i], &fee_event, datatoken, &data) &&
            names_service(a, &data.list.v[FEE_DATA].bytes, datatoken, service_id) &&
            is_good(a, f, &receipt->logs[i], &data, now_s))
            return true;
    }
    return false;
}
