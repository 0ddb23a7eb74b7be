/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that were read and are fine are shown to the operator's reviewer before they count. */
#include "base/str.h"
#include "indexer/metadata.h"
#include "indexer/read.h"
#include "indexer/rows.h"

enum { WHY_MAX = 1000 };

static int known(const struct window *w, const struct entry *it, struct asset_row **ret,
                 struct err *e)
{
    _db_ struct db *db = store_lend(w->o->store);

    return asset_row_get(db, w->a, w->chain->chain_id, it->emitter, ret, e);
}

static const char *reason(const struct window *w, struct bytes why)
{
    const char *text;

    if (why.n > WHY_MAX) {
        why.n = WHY_MAX;
        while (why.n > 0 && (why.p[why.n] & 0xc0) == 0x80)
            why.n--; /* not within a character */
    }
    text = text_of_bytes(w->a, why);
    return *text ? text : "The policy server denies it.";
}

static void ask(const struct window *w, const struct entry *it, const struct asset_row *old,
                struct indexer_verdict *ret)
{
    const struct indexer_news news = {.is_update = it->ev.id == EVENT_METADATA_UPDATED,
                                      .chain_id = w->chain->chain_id,
                                      .document =
                                          metadata_build(w, it, old ? old->document : NULL, NULL),
                                      .log = it->log};

    *ret = (struct indexer_verdict){.answer = REVIEW_SILENT};
    w->o->review.ask(w->o->review.ctx, w->a, &news, ret);
}

/* One that is silent is not asked again for the rest of the window: *io is what it said last. */
static int review(const struct window *w, const struct entry *it, struct indexer_verdict *io,
                  struct err *e)
{
    struct nft_facts *facts = it->facts;
    struct asset_row *old;

    if (known(w, it, &old, e) < 0)
        return -1;
    if (metadata_is_stale(w, it, old))
        return 0;
    if (io->answer != REVIEW_SILENT)
        ask(w, it, old, io);
    if (io->answer == REVIEW_WELCOME)
        return 0;
    facts->error = reason(w, io->why);
    facts->later = io->answer != REVIEW_DENIED;
    facts->asked = true;
    return 0;
}

int metadata_review(const struct window *w, struct err *e)
{
    struct indexer_verdict last = {.answer = REVIEW_WELCOME};
    size_t i;

    if (!w->o->review.ask)
        return 0;
    for (i = 0; i < w->count; i++)
        if (metadata_is_good(&w->entries[i]) && review(w, &w->entries[i], &last, e) < 0)
            return -1;
    return 0;
}
