/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ocean's contracts on a fresh chain. All addresses follow from the deployer's nonces, so every
 * transaction is signed beforehand and they go out one after the other, mined or not.
 */
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "chain/abi.h"
#include "chain/eth_tx.h"
#include "cli/devnet_int.h"

enum {
    TXS_MAX = 128,
    ARTIFACT_MAX = 8 * 1048576,
    DEPLOY_GAS = 20000000,
    CALL_GAS = 3000000,
    MINED_MS = 60000,
    MINED_POLL_MS = 5,
    STUCK_MS = 2000
};

struct plan {
    struct arena *a;
    const char *artifacts;
    struct seckey key;
    struct addr me;
    struct eth_signed txs[TXS_MAX];
    size_t count;
    struct err *e;
    bool failed; /* the first failure is in *e; what follows does nothing */
};

/* Where Ocean's package keeps each contract's artifact. */
static const struct {
    const char *name;
    const char *folder;
} where[] = {
    {"OceanToken", "utils"},
    {"MockERC20Decimals", "utils/mock"},
    {"OPFCommunityFeeCollector", "communityFee"},
    {"EnterpriseFeeCollector", "communityFee"},
    {"FactoryRouter", "pools"},
    {"FixedRateExchange", "pools/fixedRate"},
    {"FixedRateExchangeEnterprise", "pools/fixedRate"},
    {"Dispenser", "pools/dispenser"},
    {"ERC20Template", "templates"},
    {"ERC20TemplateEnterprise", "templates"},
    {"ERC20Template3", "templates"},
    {"ERC20Template4", "templates"},
    {"ERC721Template", "templates"},
    {"ERC721Factory", "."},
    {"BatchPayments", "rewards"},
    {"Escrow", "escrow"},
    {"EnterpriseEscrow", "escrow"},
    {"AccessList", "accesslists"},
    {"AccessListFactory", "accesslists"},
};

static int read_bytecode(struct arena *a, const char *artifacts, const char *name,
                         struct bytes *ret, struct err *e)
{
    const char *folder = ".";
    struct json *artifact;
    struct bytes text;
    size_t i;

    for (i = 0; i < ARRAY_LEN(where); i++) {
        if (str_eq(where[i].name, name))
            folder = where[i].folder;
    }
    if (fs_read(a, arena_printf(a, "%s/%s/%s.sol/%s.json", artifacts, folder, name, name),
                ARTIFACT_MAX, &text, e) < 0 ||
        json_parse(a, (const char *)text.p, text.n, &artifact, e) < 0)
        return -1;
    if (!hex_parse(a, json_get_str(artifact, "bytecode", ""), ret) || ret->n == 0)
        return failed(e, FAILED, "%s: the artifact has no bytecode", name);
    return 0;
}

static void add(struct plan *p, const struct addr *to, struct bytes data, uint64_t gas)
{
    struct eth_tx tx = {.type = ETH_TX_FEES,
                        .chain_id = DEVNET_CHAIN_ID,
                        .nonce = p->count,
                        .gas = gas,
                        .priority = u256_from(1000000000),
                        .price = u256_from(10000000000),
                        .to = to,
                        .data = data};

    p->txs[p->count++] = eth_tx_sign(p->a, &tx, &p->key);
}

/* Arguments as a type text and values: deploy(p, "Escrow", "(address,address)", ADDR(x), ...) */
#define ARGS(...)                                                                                  \
    ((const struct abi_value[]){__VA_ARGS__}),                                                     \
        (sizeof((const struct abi_value[]){__VA_ARGS__}) / sizeof(struct abi_value))
#define NO_ARGS NULL, 0

/* The address is known before anything is sent. */
static struct addr deploy(struct plan *p, const char *name, const char *types,
                          const struct abi_value *args, size_t n)
{
    struct addr at = eth_tx_contract(&p->me, p->count);
    struct bytes code;
    struct bytes encoded;
    uint8_t *data;

    if (p->failed || read_bytecode(p->a, p->artifacts, name, &code, p->e) < 0) {
        p->failed = true;
        return at;
    }
    encoded = abi_encode(p->a, types, args, n);
    data = arena_alloc(p->a, code.n + encoded.n);
    memcpy(data, code.p, code.n);
    memcpy(data + code.n, encoded.p, encoded.n);
    add(p, NULL, (struct bytes){data, code.n + encoded.n}, DEPLOY_GAS);
    return at;
}

static void call(struct plan *p, const struct addr *to, const char *signature,
                 const struct abi_value *args, size_t n)
{
    add(p, to, abi_call(p->a, signature, args, n), CALL_GAS);
}

struct deployed {
    struct addr ocean;
    struct addr dai;
    struct addr usdc;
    struct addr opc;
    struct addr epc;
    struct addr router;
    struct addr fixed;
    struct addr fixed_enterprise;
    struct addr dispenser;
    struct addr erc20[4];
    struct addr nft;
    struct addr factory;
    struct addr batch;
    struct addr escrow;
    struct addr acl_factory;
    size_t router_tx; /* index in the plan, for startBlock */
};

static void plan_core(struct plan *p, struct deployed *d)
{
    static const struct addr burn = {
        .b = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xde, 0xad}};
    struct abi_value me = abi_addr(&p->me);

    d->ocean = deploy(p, "OceanToken", "(address)", ARGS(me));
    d->dai = deploy(p, "MockERC20Decimals", "(string,string,uint8)",
                    ARGS(abi_string("DAI"), abi_string("DAI"), abi_u64(18)));
    d->usdc = deploy(p, "MockERC20Decimals", "(string,string,uint8)",
                     ARGS(abi_string("USDC"), abi_string("USDC"), abi_u64(6)));
    d->opc = deploy(p, "OPFCommunityFeeCollector", "(address,address)", ARGS(me, me));
    d->epc = deploy(p, "EnterpriseFeeCollector", "(address,address)", ARGS(me, me));
    d->router_tx = p->count;
    d->router = deploy(
        p, "FactoryRouter", "(address,address,address,address,address[])",
        ARGS(me, abi_addr(&d->ocean), abi_addr(&burn), abi_addr(&d->opc), abi_list(NULL, 0)));
    d->fixed = deploy(p, "FixedRateExchange", "(address)", ARGS(abi_addr(&d->router)));
    d->fixed_enterprise = deploy(p, "FixedRateExchangeEnterprise", "(address,address)",
                                 ARGS(abi_addr(&d->router), abi_addr(&d->epc)));
    d->dispenser = deploy(p, "Dispenser", "(address)", ARGS(abi_addr(&d->router)));
    d->erc20[0] = deploy(p, "ERC20Template", "()", NO_ARGS);
    d->erc20[1] = deploy(p, "ERC20TemplateEnterprise", "()", NO_ARGS);
    d->erc20[2] = deploy(p, "ERC20Template3", "()", NO_ARGS);
    d->erc20[3] = deploy(p, "ERC20Template4", "()", NO_ARGS);
    d->nft = deploy(p, "ERC721Template", "()", NO_ARGS);
    d->factory = deploy(p, "ERC721Factory", "(address,address,address)",
                        ARGS(abi_addr(&d->nft), abi_addr(&d->erc20[0]), abi_addr(&d->router)));
}

static void plan_rest(struct plan *p, struct deployed *d)
{
    static const struct addr zero;
    struct addr acl;
    size_t i;

    for (i = 1; i < ARRAY_LEN(d->erc20); i++)
        call(p, &d->factory, "addTokenTemplate(address)", ARGS(abi_addr(&d->erc20[i])));
    call(p, &d->router, "addFactory(address)", ARGS(abi_addr(&d->factory)));
    call(p, &d->router, "addFixedRateContract(address)", ARGS(abi_addr(&d->fixed)));
    call(p, &d->router, "addFixedRateContract(address)", ARGS(abi_addr(&d->fixed_enterprise)));
    call(p, &d->router, "addDispenserContract(address)", ARGS(abi_addr(&d->dispenser)));
    d->batch = deploy(p, "BatchPayments", "()", NO_ARGS);
    d->escrow =
        deploy(p, "Escrow", "(address,address)", ARGS(abi_addr(&d->router), abi_addr(&zero)));
    /* not in the address file; it keeps the addresses the same as those of Ocean's own tests */
    (void)deploy(p, "EnterpriseEscrow", "(address)", ARGS(abi_addr(&d->epc)));
    acl = deploy(p, "AccessList", "()", NO_ARGS);
    d->acl_factory = deploy(p, "AccessListFactory", "(address)", ARGS(abi_addr(&acl)));
}

/* Test money: each account gets some of every token; the first, which made them, has the rest. */
static void plan_money(struct plan *p, const struct deployed *d)
{
    struct u256 ocean;
    struct u256 dai;
    struct u256 usdc;
    size_t i;

    must(units_parse("100000", 18, &ocean) && units_parse("10000", 18, &dai) &&
         units_parse("10000", 6, &usdc));
    for (i = 0; i < DEVNET_ACCOUNTS; i++) {
        struct addr to = devnet_addr(i);
        struct u256 million;

        must(units_parse("1000000", 18, &million));
        call(p, &d->ocean, "mint(address,uint256)",
             ARGS(abi_addr(&to), abi_u256(i ? ocean : million)));
        if (i == 0)
            continue;
        call(p, &d->dai, "transfer(address,uint256)", ARGS(abi_addr(&to), abi_u256(dai)));
        call(p, &d->usdc, "transfer(address,uint256)", ARGS(abi_addr(&to), abi_u256(usdc)));
    }
}

/* One by one: anvil runs the calls of a batch at the same time, and then loses some. */
static int send_all(struct rpc *r, const struct plan *p, struct err *e)
{
    size_t i;

    for (i = 0; i < p->count; i++) {
        if (rpc_send_raw(r, p->txs[i].raw, e) < 0)
            return err_wrap(e, "transaction %zu of the deployment", i);
    }
    return 0;
}

/* A busy anvil now and then keeps what it took and mines nothing: it is given again, and a block.
 */
static void nudge(struct rpc *r, struct arena *a, const struct eth_signed *tx)
{
    struct json *result;
    struct err ignored;

    (void)!rpc_send_raw(r, tx->raw, &ignored);
    (void)!rpc_call(r, a, "evm_mine", NULL, &result, &ignored);
}

/* Waits for the receipts; all must have succeeded. *ret_block: where txs[which] was mined. */
static int await_all(struct rpc *r, const struct plan *p, size_t which, uint64_t *ret_block,
                     struct err *e)
{
    int64_t deadline = clock_mono_ms() + MINED_MS;
    int64_t stuck = clock_mono_ms() + STUCK_MS;
    size_t i = 0;

    while (i < p->count) {
        _arena_ struct arena *a = arena_new();
        struct rpc_receipt receipt;
        bool found;

        if (rpc_receipt(r, a, &p->txs[i].hash, &found, &receipt, e) < 0)
            return -1;
        if (!found && clock_mono_ms() > deadline)
            return failed(e, TIMEOUT, "transaction %zu of the contracts is not mined", i);
        if (!found) {
            if (clock_mono_ms() > stuck) {
                nudge(r, a, &p->txs[i]);
                stuck = clock_mono_ms() + STUCK_MS;
            }
            clock_sleep_ms(MINED_POLL_MS);
            continue;
        }
        if (!receipt.success)
            return failed(e, FAILED, "transaction %zu of the deployment failed", i);
        if (i == which)
            *ret_block = receipt.block;
        i++;
    }
    return 0;
}

static void put(struct arena *a, struct json *o, const char *key, const struct addr *v)
{
    json_set_str(a, o, key, addr_text(a, v));
}

static int write_addresses(const struct deployed *d, uint64_t start_block, const char *path,
                           struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf out = BUF_INIT(65536);
    struct json *top = json_new_object(a);
    struct json *o = json_new_object(a);
    struct json *erc20 = json_new_object(a);
    struct json *erc721 = json_new_object(a);
    size_t i;

    json_set_int(a, o, "chainId", DEVNET_CHAIN_ID);
    put(a, o, "Ocean", &d->ocean);
    put(a, o, "MockDAI", &d->dai);
    put(a, o, "MockUSDC", &d->usdc);
    put(a, o, "OPFCommunityFeeCollector", &d->opc);
    put(a, o, "EnterpriseFeeCollector", &d->epc);
    json_set_int(a, o, "startBlock", (int64_t)start_block);
    put(a, o, "Router", &d->router);
    put(a, o, "FixedPrice", &d->fixed);
    put(a, o, "FixedPriceEnterprise", &d->fixed_enterprise);
    for (i = 0; i < ARRAY_LEN(d->erc20); i++)
        put(a, erc20, arena_printf(a, "%zu", i + 1), &d->erc20[i]);
    json_set(a, o, "ERC20Template", erc20);
    put(a, erc721, "1", &d->nft);
    json_set(a, o, "ERC721Template", erc721);
    put(a, o, "Dispenser", &d->dispenser);
    put(a, o, "ERC721Factory", &d->factory);
    put(a, o, "BatchPayments", &d->batch);
    put(a, o, "Escrow", &d->escrow);
    put(a, o, "AccessListFactory", &d->acl_factory);
    json_set(a, top, "development", o);
    json_write(&out, top, 2);
    buf_putc(&out, '\n');
    return fs_write(path, out.data, out.len, 0644, e);
}

int devnet_deploy(struct rpc *r, const char *artifacts, const char *address_file, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct plan *p = arena_calloc(a, 1, sizeof(*p));
    struct deployed d;
    uint64_t start_block = 0;

    *p = (struct plan){.a = a, .artifacts = artifacts, .e = e};
    p->key = devnet_key(0);
    p->me = devnet_addr(0);
    plan_core(p, &d);
    plan_rest(p, &d);
    plan_money(p, &d);
    if (p->failed)
        return -1;
    if (send_all(r, p, e) < 0)
        return -1;
    if (await_all(r, p, d.router_tx, &start_block, e) < 0)
        return -1;
    return write_addresses(&d, start_block, address_file, e);
}
