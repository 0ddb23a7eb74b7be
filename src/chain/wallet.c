/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/wallet.h"

#include "base/clock.h"
#include "base/log.h"
#include "chain/eth_gas.h"

enum {
    WAIT_MS = 5 * 60 * 1000,
    POLL_FIRST_MS = 20, /* a development chain mines at once */
    POLL_LAST_MS = 1000,
    RESEND_MS = 15000
};

/* An endpoint that fails while we wait is asked again; only time ends the waiting. */
static int wait_mined(const struct wallet *w, struct arena *a, const struct eth_signed *sent,
                      struct rpc_receipt *ret, struct err *e)
{
    int64_t start = clock_mono_ms();
    int64_t resend = start + RESEND_MS;
    int64_t pause = POLL_FIRST_MS;
    struct err why = {0};
    bool found = false;

    for (;;) {
        if (rpc_receipt(w->rpc, a, &sent->hash, &found, ret, &why) == 0 && found)
            return 0;
        if (clock_mono_ms() - start > WAIT_MS)
            break;
        clock_sleep_ms(pause);
        pause = pause * 3 / 2 < POLL_LAST_MS ? pause * 3 / 2 : POLL_LAST_MS;
        if (clock_mono_ms() > resend) {
            resend += RESEND_MS;
            if (rpc_send_raw(w->rpc, sent->raw, &why) < 0)
                log_debug("wallet", "sending again: %s", why.msg);
        }
    }
    return failed(e, TIMEOUT, "transaction %s was not mined within 5 minutes; it still may be",
                  hash32_text(a, &sent->hash));
}

int wallet_call(const struct wallet *w, struct arena *a, const char *what,
                const struct contract_call *call, struct rpc_receipt *ret, struct err *e)
{
    struct eth_tx tx = {.to = &call->to, .data = abi_call(a, call->signature, call->args, call->n)};
    struct rpc_receipt receipt;
    struct eth_signed s;
    struct err why = {0};

    if (eth_gas_fill(w->rpc, &w->addr, &tx, e) < 0)
        return err_wrap(e, "%s", what);
    s = eth_tx_sign(a, &tx, &w->key);
    if (rpc_send_raw(w->rpc, s.raw, &why) < 0 && !why.transient) {
        *e = why;
        return err_wrap(e, "%s", what);
    }
    if (w->sent)
        w->sent(w->ctx, what, &s.hash);
    if (wait_mined(w, a, &s, &receipt, e) < 0)
        return err_wrap(e, "%s", what);
    if (!receipt.success) {
        refused(e, REVERTED, arena_printf(a, "transaction %s failed", hash32_text(a, &s.hash)));
        return err_wrap(e, "%s", what);
    }
    *ret = receipt;
    return 0;
}
