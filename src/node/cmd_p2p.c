/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"

/* Commands of the protocol that this node answers with what it is not. */

/* --- the peer-to-peer network: there is none here --- */

int cmd_get_p2p_peers(struct task *t, const struct args_get_p2p_peers *args, struct err *e)
{
    (void)t;
    (void)args;
    return refused(e, P2P_DISABLED);
}

int cmd_get_p2p_peer(struct task *t, const struct args_get_p2p_peer *args, struct err *e)
{
    (void)t;
    (void)args;
    return refused(e, P2P_DISABLED);
}

int cmd_find_peer(struct task *t, const struct args_find_peer *args, struct err *e)
{
    (void)t;
    (void)args;
    return refused(e, P2P_DISABLED);
}

int cmd_get_p2p_network_stats(struct task *t, const struct args_get_p2p_network_stats *args,
                              struct err *e)
{
    (void)t;
    (void)args;
    return refused(e, P2P_DISABLED);
}

int cmd_get_providers_for_string(struct task *t, const struct args_get_providers_for_string *args,
                                 struct err *e)
{
    (void)t;
    (void)args;
    return refused(e, P2P_DISABLED);
}

int cmd_get_providers_for_strings(struct task *t, const struct args_get_providers_for_strings *args,
                                  struct err *e)
{
    size_t i;

    (void)t;
    if (!json_is(args->input, JSON_ARRAY))
        return refused(e, P2P_STRINGS);
    for (i = 0; i < json_len(args->input); i++)
        if (!json_is(json_at(args->input, i), JSON_STRING))
            return refused(e, P2P_STRINGS);
    return refused(e, P2P_DISABLED);
}

/* --- jobs are not deleted: their results end by themselves --- */

int cmd_compute_delete(struct task *t, const struct args_compute_delete *args, struct err *e)
{
    (void)t;
    (void)args;
    return refused(e, NOT_IMPLEMENTED);
}
