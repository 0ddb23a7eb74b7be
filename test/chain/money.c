/* SPDX-License-Identifier: Apache-2.0 */
#include "money.h"

static struct u256 funds(struct chain *c)
{
    struct addr payer = devnet_addr(MONEY_PAYER);
    struct addr token = chain_contract(c, "Ocean");
    struct abi_value args[] = {abi_addr(&payer), abi_addr(&token)};

    return chain_read(c, &(struct contract_call){.to = chain_contract(c, "Escrow"),
                                                 .signature = "getUserFunds(address,address)",
                                                 .args = args,
                                                 .n = 2,
                                                 .returns = "(uint256,uint256)"});
}

struct money money_accounts(struct chain *c)
{
    struct addr token = chain_contract(c, "Ocean");
    struct addr node = devnet_addr(MONEY_NODE);
    struct addr opc = chain_contract(c, "OPFCommunityFeeCollector");

    return (struct money){.payer = funds(c),
                          .node = chain_token_balance(c, &token, &node),
                          .opc = chain_token_balance(c, &token, &opc)};
}

static int64_t difference(const struct u256 *after, const struct u256 *before)
{
    bool less = u256_cmp(after, before) < 0;
    struct u256 d;
    uint64_t n;

    assert_true(less ? u256_sub(before, after, &d) : u256_sub(after, before, &d));
    assert_true(u256_to_u64(&d, &n));
    return less ? -(int64_t)n : (int64_t)n;
}

void money_assert_moved(struct chain *c, const struct money *before, int64_t payer, int64_t node,
                        int64_t opc)
{
    struct money now = money_accounts(c);

    assert_int_equal(difference(&now.payer, &before->payer), payer);
    assert_int_equal(difference(&now.node, &before->node), node);
    assert_int_equal(difference(&now.opc, &before->opc), opc);
}

void money_authorize(struct chain *c, uint64_t amount, uint64_t seconds, uint64_t locks)
{
    struct addr token = chain_contract(c, "Ocean");
    struct addr node = devnet_addr(MONEY_NODE);
    struct abi_value args[] = {abi_addr(&token), abi_addr(&node), abi_u64(amount), abi_u64(seconds),
                               abi_u64(locks)};

    chain_send(
        c, MONEY_PAYER,
        &(struct contract_call){.to = chain_contract(c, "Escrow"),
                                .signature = "authorize(address,address,uint256,uint256,uint256)",
                                .args = args,
                                .n = ARRAY_LEN(args)});
}

void money_deposit(struct chain *c, uint64_t amount)
{
    struct addr token = chain_contract(c, "Ocean");
    struct addr escrow = chain_contract(c, "Escrow");
    struct abi_value approve[] = {abi_addr(&escrow), abi_u64(amount)};
    struct abi_value put[] = {abi_addr(&token), abi_u64(amount)};

    chain_send(c, MONEY_PAYER,
               &(struct contract_call){
                   .to = token, .signature = "approve(address,uint256)", .args = approve, .n = 2});
    chain_send(c, MONEY_PAYER,
               &(struct contract_call){
                   .to = escrow, .signature = "deposit(address,uint256)", .args = put, .n = 2});
}

struct escrow_lock_request money_lock(struct chain *c, const char *job, uint64_t amount)
{
    return (struct escrow_lock_request){.job_id = job,
                                        .chain = DEVNET_CHAIN_ID,
                                        .token = chain_contract(c, "Ocean"),
                                        .payer = devnet_addr(MONEY_PAYER),
                                        .amount = u256_from(amount),
                                        .seconds = 3600};
}
