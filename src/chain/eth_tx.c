/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/eth_tx.h"

#include <string.h>

#include "base/buf.h"
#include "base/must.h"
#include "chain/rlp.h"
#include "crypto/hash.h"

enum { FIELDS_MAX = 1024, EIP155_BASE = 35, V_BASE = 27 };

static size_t room(const struct eth_tx *tx)
{
    return tx->data.n + FIELDS_MAX;
}

static void put_to(struct buf *b, const struct eth_tx *tx)
{
    if (tx->to)
        rlp_put_bytes(b, tx->to->b, sizeof(tx->to->b));
    else
        rlp_put_bytes(b, "", 0);
}

static void put_fields(struct buf *b, const struct eth_tx *tx)
{
    static const struct buf nothing;

    if (tx->type == ETH_TX_FEES)
        rlp_put_u64(b, tx->chain_id);
    rlp_put_u64(b, tx->nonce);
    if (tx->type == ETH_TX_FEES)
        rlp_put_u256(b, &tx->priority);
    rlp_put_u256(b, &tx->price);
    rlp_put_u64(b, tx->gas);
    put_to(b, tx);
    rlp_put_u256(b, &tx->value);
    rlp_put_bytes(b, tx->data.p, tx->data.n);
    if (tx->type == ETH_TX_FEES)
        rlp_put_list(b, &nothing); /* no access list */
}

/* The list of fields, after the type byte where there is one. */
static void put_envelope(struct buf *out, const struct eth_tx *tx, const struct buf *fields)
{
    if (tx->type == ETH_TX_FEES)
        buf_putc(out, ETH_TX_FEES);
    rlp_put_list(out, fields);
    must(!fields->full && !out->full);
}

static struct hash32 digest(const struct eth_tx *tx)
{
    _buf_ struct buf fields = BUF_INIT(room(tx));
    _buf_ struct buf out = BUF_INIT(room(tx));

    put_fields(&fields, tx);
    if (tx->type == ETH_TX_LEGACY) {
        rlp_put_u64(&fields, tx->chain_id);
        rlp_put_u64(&fields, 0);
        rlp_put_u64(&fields, 0);
    }
    put_envelope(&out, tx, &fields);
    return keccak256(out.data, out.len);
}

struct eth_signed eth_tx_sign(struct arena *a, const struct eth_tx *tx, const struct seckey *key)
{
    _buf_ struct buf fields = BUF_INIT(room(tx));
    _buf_ struct buf out = BUF_INIT(room(tx));
    struct hash32 h = digest(tx);
    struct sig sig = secp_sign(key, &h);
    uint64_t parity = (uint64_t)(sig.v - V_BASE);
    struct u256 r = u256_from_be(sig.r, sizeof(sig.r));
    struct u256 s = u256_from_be(sig.s, sizeof(sig.s));

    put_fields(&fields, tx);
    rlp_put_u64(&fields,
                tx->type == ETH_TX_LEGACY ? tx->chain_id * 2 + EIP155_BASE + parity : parity);
    rlp_put_u256(&fields, &r);
    rlp_put_u256(&fields, &s);
    put_envelope(&out, tx, &fields);
    return (struct eth_signed){.raw = {arena_memdup(a, out.data, out.len), out.len},
                               .hash = keccak256(out.data, out.len)};
}

struct addr eth_tx_contract(const struct addr *sender, uint64_t nonce)
{
    _buf_ struct buf items = BUF_INIT(64);
    _buf_ struct buf out = BUF_INIT(64);
    struct addr ret;
    struct hash32 h;

    rlp_put_bytes(&items, sender->b, sizeof(sender->b));
    rlp_put_u64(&items, nonce);
    rlp_put_list(&out, &items);
    h = keccak256(out.data, out.len);
    memcpy(ret.b, h.b + sizeof(h.b) - sizeof(ret.b), sizeof(ret.b));
    return ret;
}
