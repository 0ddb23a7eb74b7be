/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "wizard/wizard_int.h"

/*
 * What it would cost. The hash stands for what a person saw and agreed to: the answers as they
 * were (by the row's revision) and the price. What changes by itself, a balance and how long it
 * lasts, is not part of it.
 */

void wizard__order(struct arena *a, const struct wizard_seen *s, struct wizard_order *ret)
{
    const struct json *v = s->row.answers;

    (void)a;
    *ret = (struct wizard_order){.key = s->row.id,
                                 .owner = s->row.owner,
                                 .package = s->package,
                                 .name = json_get_str(v, "name", NULL),
                                 .size = json_get_str(v, "size", NULL),
                                 .pool = json_get_str(v, "pool", NULL),
                                 .ends = json_get_int(v, "ends", 0),
                                 .answers = v};
}

static const char *hash_of(struct arena *a, const struct wizard_seen *s, const struct json *quote)
{
    static const char *const agreed[] = {"env",   "period_s", "perPeriod", "perHour",
                                         "lines", "upfront",  "ends"};
    struct json *v = json_new_object(a);
    const char *text;
    struct hash32 h;
    size_t i;

    json_set_str(a, v, "wizard", s->row.id);
    json_set_int(a, v, "revision", s->row.revision);
    json_set_str(a, v, "pool", json_get_str(s->row.answers, "pool", ""));
    for (i = 0; i < ARRAY_LEN(agreed); i++)
        json_set(a, v, agreed[i], json_copy(a, json_get(quote, agreed[i])));
    text = json_text(a, v);
    h = sha256(text, strlen(text));
    return hex_dup(a, h.b, sizeof(h.b));
}

int wizard__quote(struct wizards *w, struct arena *a, const struct wizard_seen *s,
                  struct json **ret, struct err *e)
{
    const struct wizard_world *world = &w->o.world;
    struct wizard_order o;

    wizard__order(a, s, &o);
    if (world->quote(world->ctx, a, &o, ret, e) < 0)
        return -1;
    json_set_str(a, *ret, "hash", hash_of(a, s, *ret));
    return 0;
}
