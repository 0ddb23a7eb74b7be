/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"

/* The peer-to-peer commands of the protocol: this node has no such network and says so. */

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
