/* SPDX-License-Identifier: Apache-2.0 */
#include "indexer/window.h"

#include "indexer/read.h"

void window_take(struct window *w, const struct rpc_log *logs, size_t n)
{
    struct entry *it;
    struct err ignored; /* a stranger's contract may log anything */
    size_t i;

    w->entries = arena_calloc(w->a, n, sizeof(*w->entries));
    for (i = 0; i < n; i++) {
        it = &w->entries[w->count];
        if (event_decode(w->a, &logs[i], &it->ev, &ignored) < 0 || it->ev.id >= EVENT_COUNT)
            continue;
        it->log = &logs[i];
        it->emitter = lower_text(w->a, &logs[i].address);
        it->tx = hash32_text(w->a, &logs[i].tx);
        w->count++;
    }
}

int window_read(struct window *w, struct err *e)
{
    if (w->count == 0)
        return 0;
    if (metadata_read(w, e) < 0 || prices_read(w, e) < 0 || access_lists_read(w, e) < 0)
        return -1;
    return tokens_read(w, e) < 0 ? -1 : metadata_review(w, e);
}

/* What each kind does; MetadataValidated is looked at with the metadata that it vouches for. */
static int (*const apply[EVENT_COUNT])(struct window *w, struct db *db, const struct entry *it,
                                       struct err *e) = {
    [EVENT_METADATA_CREATED] = metadata_apply,
    [EVENT_METADATA_UPDATED] = metadata_apply,
    [EVENT_METADATA_STATE] = metadata_state_apply,
    [EVENT_TOKEN_URI_UPDATE] = token_uri_apply,
    [EVENT_TRANSFER] = transfer_apply,
    [EVENT_ORDER_STARTED] = order_apply,
    [EVENT_ORDER_REUSED] = order_apply,
    [EVENT_EXCHANGE_CREATED] = prices_apply,
    [EVENT_EXCHANGE_RATE_CHANGED] = prices_apply,
    [EVENT_EXCHANGE_ACTIVATED] = prices_apply,
    [EVENT_EXCHANGE_DEACTIVATED] = prices_apply,
    [EVENT_DISPENSER_CREATED] = prices_apply,
    [EVENT_DISPENSER_ACTIVATED] = prices_apply,
    [EVENT_DISPENSER_DEACTIVATED] = prices_apply,
    [EVENT_NEW_ACCESS_LIST] = access_list_apply,
    [EVENT_ADDRESS_ADDED] = access_list_apply,
    [EVENT_ADDRESS_REMOVED] = access_list_apply,
    [EVENT_AUTH] = escrow_apply,
    [EVENT_LOCK] = escrow_apply,
    [EVENT_CLAIMED] = escrow_apply,
    [EVENT_CANCELED] = escrow_apply,
    [EVENT_DEPOSIT] = escrow_apply,
    [EVENT_WITHDRAW] = escrow_apply,
};

int window_apply(struct window *w, struct db *db, struct err *e)
{
    const struct entry *it;
    size_t i;

    for (i = 0; i < w->count; i++) {
        it = &w->entries[i];
        if (apply[it->ev.id] && apply[it->ev.id](w, db, it, e) < 0)
            return err_wrap(e, "%s in %s", event_name(it->ev.id), it->tx);
    }
    return 0;
}

bool window_is_missing_documents(const struct window *w)
{
    size_t i;

    for (i = 0; i < w->count; i++)
        if (metadata_is_missing(&w->entries[i]))
            return true;
    return false;
}
