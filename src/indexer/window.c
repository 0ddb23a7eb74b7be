/* SPDX-License-Identifier: Apache-2.0 */
#include "indexer/window.h"

void window_take(struct window *w, const struct rpc_log *logs, size_t n)
{
    size_t i;

    w->events = arena_calloc(w->a, n, sizeof(*w->events));
    for (i = 0; i < n; i++)
        if (event_decode(w->a, &logs[i], &w->events[w->event_count]))
            w->event_count++;
}

int window_read(struct window *w, struct err *e)
{
    if (w->event_count == 0)
        return 0;
    if (metadata_read(w, e) < 0 || prices_read(w, e) < 0 || access_lists_read(w, e) < 0)
        return -1;
    return tokens_read(w, e);
}

/* What each kind does; MetadataValidated is looked at with the metadata that it vouches for. */
static int (*const apply[EVENT_KINDS])(struct window *w, struct db *db, const struct event *ev,
                                       struct err *e) = {
    [METADATA_CREATED] = metadata_apply,
    [METADATA_UPDATED] = metadata_apply,
    [METADATA_STATE] = metadata_state_apply,
    [ORDER_STARTED] = order_apply,
    [ORDER_REUSED] = order_apply,
    [EXCHANGE_CREATED] = prices_apply,
    [EXCHANGE_RATE_CHANGED] = prices_apply,
    [EXCHANGE_ACTIVATED] = prices_apply,
    [EXCHANGE_DEACTIVATED] = prices_apply,
    [DISPENSER_CREATED] = prices_apply,
    [DISPENSER_ACTIVATED] = prices_apply,
    [DISPENSER_DEACTIVATED] = prices_apply,
    [ACCESS_LIST_NEW] = access_list_apply,
    [ACCESS_LIST_ADDED] = access_list_apply,
    [ACCESS_LIST_REMOVED] = access_list_apply,
    [ESCROW_AUTH] = escrow_apply,
    [ESCROW_LOCK] = escrow_apply,
    [ESCROW_CLAIMED] = escrow_apply,
    [ESCROW_CANCELED] = escrow_apply,
    [ESCROW_DEPOSIT] = escrow_apply,
    [ESCROW_WITHDRAW] = escrow_apply,
};

int window_apply(struct window *w, struct db *db, struct err *e)
{
    const struct event *ev;
    size_t i;

    for (i = 0; i < w->event_count; i++) {
        ev = &w->events[i];
        if (apply[ev->kind] && apply[ev->kind](w, db, ev, e) < 0)
            return err_wrap(e, "%s in %s", event_name(ev->kind), ev->tx);
    }
    return 0;
}

bool window_is_missing_documents(const struct window *w)
{
    size_t i;

    for (i = 0; i < w->event_count; i++)
        if (metadata_is_missing(&w->events[i]))
            return true;
    return false;
}
