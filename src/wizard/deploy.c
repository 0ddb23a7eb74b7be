/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "wizard/wizard_int.h"

/*
 * From an agreed quote to a deployment, once. "deploying" and the quote's hash are written first;
 * then the deployment begins under the wizard's id, which service/ knows one deployment of; then
 * "deployed" is written. Whoever comes second, the same process or the next one, finds the
 * deployment there and only writes the last part.
 */

/* The world's own faults may be gone later; what it refuses stays refused. */
static bool is_refusal(const struct err *e)
{
    return e->code != ERR_FAILED && e->code != ERR_INTERNAL && e->code != ERR_TIMEOUT &&
           e->code != ERR_UNAVAILABLE && !e->transient;
}

static int reopen(struct wizards *w, struct wizard_seen *s, struct err *e)
{
    struct err why;

    if (wizard__reopen(w, s->row.id, WIZARD_REVIEW, &why) < 0) {
        *e = why;
        return -1;
    }
    s->row.state = WIZARD_ASKING;
    s->row.step = WIZARD_REVIEW;
    return -1;
}

/* A price that has changed since, a restart lies between, is not charged without being asked. */
static int agreed_price(struct wizards *w, const struct wizard_at *at, const struct wizard_seen *s,
                        const struct json **ret, struct err *e)
{
    struct json *quote;

    if (wizard__quote(w, at->arena, s, &quote, e) < 0)
        return -1;
    *ret = quote;
    return str_eq(json_get_str(quote, "hash", ""), s->row.quote) ? 0 : refused(e, WIZARD_QUOTE);
}

int wizard__go_on(struct wizards *w, const struct wizard_at *at, struct wizard_seen *s,
                  struct err *e)
{
    const struct wizard_world *world = &w->o.world;
    const char *id = NULL;
    struct wizard_order o;

    if (s->row.state != WIZARD_DEPLOYING)
        return 0;
    wizard__order(at->arena, s, &o);
    if (world->deployed(world->ctx, at->arena, &o, &id, e) < 0)
        return -1;
    if (!id && (agreed_price(w, at, s, &o.quote, e) < 0 ||
                world->deploy(world->ctx, at->arena, &o, &id, e) < 0))
        return is_refusal(e) ? reopen(w, s, e) : -1;
    if (wizard__finish(w, s->row.id, id, e) < 0)
        return -1;
    s->row.state = WIZARD_DEPLOYED;
    s->row.deployment = id;
    return 0;
}

/* All answers once more; the first wrong one says which step it is again. */
static int check_all(struct wizards *w, const struct wizard_at *at, struct wizard_seen *s,
                     struct json **ret, struct err *e)
{
    struct wizard_check k = {.given = s->row.answers};
    bool done;

    if (wizard__check(w, at, s, &k, e) < 0)
        return -1;
    if (json_len(k.errors) == 0)
        return 0;
    s->row.step = wizard__first_wrong(s->package, k.errors);
    if (wizard__save(w, &s->row, &done, e) < 0 || (!done && wizard__see(w, at, s, e) < 0))
        return -1;
    return wizard__wrong(w, at, s, k.errors, ret, e);
}

/* asking -> deploying, if the quote is the one that was shown. */
static int agree(struct wizards *w, const struct wizard_at *at, struct wizard_seen *s,
                 const char *quote_hash, struct json **ret, struct err *e)
{
    struct json *quote;
    const char *hash;
    bool done;

    if (!str_eq(s->row.step, WIZARD_REVIEW))
        return wizard__stale(w, at, s, ret, e);
    if (check_all(w, at, s, ret, e) < 0)
        return -1;
    if (wizard__quote(w, at->arena, s, &quote, e) < 0)
        return wizard__refused(w, at, s, NULL, ret);
    hash = json_get_str(quote, "hash", "");
    if (!str_eq(hash, quote_hash)) {
        (void)refused(e, WIZARD_QUOTE);
        return wizard__refused(w, at, s, NULL, ret);
    }
    if (wizard__agree(w, &s->row, hash, &done, e) < 0 || wizard__see(w, at, s, e) < 0)
        return -1;
    return done || s->row.state != WIZARD_ASKING ? 0 : wizard__stale(w, at, s, ret, e);
}

int wizard_deploy(struct wizards *w, const struct wizard_at *at, const char *quote_hash,
                  struct json **ret, struct err *e)
{
    struct wizard_seen s;

    *ret = NULL;
    if (wizard__see(w, at, &s, e) < 0)
        return -1;
    if (s.row.state == WIZARD_EXPIRED)
        return refused(e, WIZARD_EXPIRED);
    if (s.row.state == WIZARD_ASKING && agree(w, at, &s, quote_hash, ret, e) < 0)
        return -1;
    if (wizard__go_on(w, at, &s, e) < 0) {
        struct err ignored;

        wizard__nudge(w);
        if (wizard_get(w, at, ret, &ignored) < 0)
            *ret = NULL;
        return -1;
    }
    return wizard_get(w, at, ret, e);
}
