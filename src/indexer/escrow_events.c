/* SPDX-License-Identifier: Apache-2.0 */
/* The escrow's events, kept as documents for whoever asks for them. */
#include "base/str.h"
#include "indexer/index.sql.h"
#include "indexer/read.h"
#include "indexer/window.h"

/* The fields that each event has, in the order of the documents. */
static const struct {
    const char *name;
    bool address;
} fields[] = {{"payer", true},
              {"payee", true},
              {"token", true},
              {"jobId", false},
              {"amount", false},
              {"expiry", false},
              {"maxLockedAmount", false},
              {"maxLockSeconds", false},
              {"maxLockCounts", false}};

static const char *const fields_of[EVENT_COUNT] = {
    [EVENT_AUTH] = "payer payee maxLockedAmount maxLockSeconds maxLockCounts",
    [EVENT_LOCK] = "payer payee token jobId amount expiry",
    [EVENT_CLAIMED] = "payer payee token jobId amount",
    [EVENT_CANCELED] = "payer payee token jobId amount",
    [EVENT_DEPOSIT] = "payer token amount",
    [EVENT_WITHDRAW] = "payer token amount",
};

static bool is_listed(struct arena *a, const char *list, const char *name)
{
    const char *word;

    while ((word = str_next(a, &list, ' ')))
        if (str_eq(word, name))
            return true;
    return false;
}

static void take_fields(struct arena *a, const struct entry *it, struct json *d)
{
    struct bytes proof;
    size_t i;

    for (i = 0; i < ARRAY_LEN(fields); i++)
        if (is_listed(a, fields_of[it->ev.id], fields[i].name))
            json_set_str(a, d, fields[i].name,
                         fields[i].address ? field_addr(a, &it->ev, fields[i].name)
                                           : field_amount(a, &it->ev, fields[i].name));
    if (it->ev.id == EVENT_CLAIMED) {
        proof = event_bytes(&it->ev, "proof");
        json_set_str(a, d, "proof", hex0x_dup(a, proof.p, proof.n));
    }
}

static struct json *document_of(struct window *w, const struct entry *it)
{
    struct json *d = json_new_object(w->a);

    json_set_str(w->a, d, "id",
                 arena_printf(w->a, "%s-%llu", it->tx, (unsigned long long)it->log->index));
    json_set_str(w->a, d, "eventType", event_name(it->ev.id));
    json_set_int(w->a, d, "chainId", (int64_t)w->chain->chain_id);
    json_set_str(w->a, d, "contract", it->emitter);
    json_set_int(w->a, d, "block", (int64_t)it->log->block);
    json_set_str(w->a, d, "txHash", it->tx);
    take_fields(w->a, it, d);
    return d;
}

int escrow_apply(struct window *w, struct db *db, const struct entry *it, struct err *e)
{
    _stmt_ struct stmt *q = NULL;
    const struct json *d;

    if (!addr_eq(&it->log->address, &w->chain->escrow))
        return 0;
    d = document_of(w, it);
    q = db_query(db, &sql_escrow_event_put);
    bind_i64(q, (int64_t)w->chain->chain_id);
    bind_text(q, it->tx);
    bind_i64(q, (int64_t)it->log->index);
    bind_i64(q, (int64_t)it->log->block);
    bind_text(q, event_name(it->ev.id));
    bind_text(q, json_get_str(d, "payer", NULL));
    bind_text(q, json_get_str(d, "payee", NULL));
    bind_text(q, json_get_str(d, "token", NULL));
    bind_text(q, json_get_str(d, "jobId", NULL));
    bind_text(q, json_text(w->a, d));
    return stmt_run(q, e);
}
