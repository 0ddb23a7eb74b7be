/* SPDX-License-Identifier: Apache-2.0 */
#include "escrow/contract.h"

#include "chain/call.h"

int contract_available(const struct escrow_at *at, const struct escrow_parties *p, struct u256 *ret,
                       struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct abi_value args[] = {abi_addr(&p->payer), abi_addr(&p->token)};
    const struct contract_call call = {.to = at->contract,
                                       .signature = "getUserFunds(address,address)",
                                       .args = args,
                                       .n = ARRAY_LEN(args),
                                       .returns = "(uint256,uint256)"};
    struct abi_value v;

    if (contract_read(at->rpc, a, &call, &v, e) < 0)
        return -1;
    *ret = v.list.v[0].num;
    return 0;
}

int contract_auth(const struct escrow_at *at, const struct escrow_parties *p,
                  struct escrow_auth *ret, size_t *ret_count, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct abi_value args[] = {abi_addr(&p->token), abi_addr(&p->payer), abi_addr(&p->payee)};
    const struct contract_call call = {.to = at->contract,
                                       .signature = "getAuthorizations(address,address,address)",
                                       .args = args,
                                       .n = ARRAY_LEN(args),
                                       .returns =
                                           "((address,uint256,uint256,uint256,uint256,uint256)[])"};
    struct abi_value v;
    size_t found = 0;
    size_t i;

    if (contract_read(at->rpc, a, &call, &v, e) < 0)
        return -1;
    v = v.list.v[0];
    for (i = 0; i < v.list.n; i++) {
        const struct abi_value *f = v.list.v[i].list.v;

        if (!addr_eq(&f[0].addr, &p->payee))
            continue;
        *ret = (struct escrow_auth){.max_amount = f[1].num,
                                    .amount = f[2].num,
                                    .max_seconds = f[3].num,
                                    .max_locks = f[4].num,
                                    .locks = f[5].num};
        found++;
    }
    *ret_count = found;
    return 0;
}

int contract_locks(const struct escrow_at *at, struct arena *a, const struct addr *payee,
                   struct escrow_lock_entry **ret, size_t *ret_count, struct err *e)
{
    static const struct addr any;
    struct abi_value args[] = {abi_addr(&any), abi_addr(&any), abi_addr(payee)};
    const struct contract_call call = {.to = at->contract,
                                       .signature = "getLocks(address,address,address)",
                                       .args = args,
                                       .n = ARRAY_LEN(args),
                                       .returns = "((uint256,address,uint256,uint256,address)[])"};
    struct escrow_lock_entry *locks;
    struct abi_value v;
    size_t i;

    if (contract_read(at->rpc, a, &call, &v, e) < 0)
        return -1;
    v = v.list.v[0];
    locks = arena_calloc(a, v.list.n, sizeof(*locks));
    for (i = 0; i < v.list.n; i++) {
        const struct abi_value *f = v.list.v[i].list.v;

        locks[i] = (struct escrow_lock_entry){
            .id = f[0].num, .payer = f[1].addr, .amount = f[2].num, .token = f[4].addr};
        if (!u256_to_u64(&f[3].num, &locks[i].expiry))
            locks[i].expiry = UINT64_MAX;
    }
    *ret = locks;
    *ret_count = v.list.n;
    return 0;
}

struct bytes contract_create_lock(struct arena *a, const struct u256 *id,
                                  const struct escrow_parties *p, const struct u256 *amount,
                                  uint64_t seconds)
{
    const struct abi_value args[] = {abi_u256(*id), abi_addr(&p->token), abi_addr(&p->payer),
                                     abi_u256(*amount), abi_u64(seconds)};

    return abi_call(a, "createLock(uint256,address,address,uint256,uint256)", args,
                    ARRAY_LEN(args));
}

struct bytes contract_claim(struct arena *a, bool withdraw, const struct escrow_lock_entry *lock,
                            const struct u256 *amount, struct bytes proof)
{
    const struct abi_value args[] = {abi_u256(lock->id), abi_addr(&lock->token),
                                     abi_addr(&lock->payer), abi_u256(*amount),
                                     abi_bytes(proof.p, proof.n)};

    return abi_call(a,
                    withdraw ? "claimLockAndWithdraw(uint256,address,address,uint256,bytes)"
                             : "claimLock(uint256,address,address,uint256,bytes)",
                    args, ARRAY_LEN(args));
}

struct bytes contract_cancel_expired(struct arena *a, const struct escrow_lock_entry *locks,
                                     size_t n, const struct addr *payee)
{
    struct abi_value *v = arena_calloc(a, 4 * n, sizeof(*v));
    const struct abi_value args[] = {abi_list(v, n), abi_list(v + n, n), abi_list(v + 2 * n, n),
                                     abi_list(v + 3 * n, n)};
    size_t i;

    for (i = 0; i < n; i++) {
        v[i] = abi_u256(locks[i].id);
        v[n + i] = abi_addr(&locks[i].token);
        v[2 * n + i] = abi_addr(&locks[i].payer);
        v[3 * n + i] = abi_addr(payee);
    }
    return abi_call(a, "cancelExpiredLocks(uint256[],address[],address[],address[])", args,
                    ARRAY_LEN(args));
}
