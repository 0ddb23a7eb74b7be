/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/str.h"
#include "docker/deploy_int.h"

/* What a container uses. */

/* As `docker stats` counts: the page cache that nobody needs is free memory. */
static int64_t used_memory(const struct json *memory)
{
    const struct json *detail = json_get(memory, "stats");
    int64_t usage = json_get_int(memory, "usage", 0);
    int64_t cache = json_get_int(detail, "total_inactive_file", -1); /* cgroup v1 */

    if (cache < 0)
        cache = json_get_int(detail, "inactive_file", 0);
    return cache < usage ? usage - cache : usage;
}

static void sum_networks(const struct json *networks, struct docker_stats *s)
{
    size_t i;

    for (i = 0; i < json_len(networks); i++) {
        const struct json *one = json_value(networks, i);

        s->rx += (uint64_t)json_get_int(one, "rx_bytes", 0);
        s->tx += (uint64_t)json_get_int(one, "tx_bytes", 0);
    }
}

int docker_stats_get(struct docker *d, const char *id, struct docker_stats *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {
        .path = arena_printf(a, "/containers/%s/stats?stream=0&one-shot=1", docker__escape(a, id))};
    struct json *v;
    struct err why;

    if (docker__call(d, a, &r, &v, &why) < 0) {
        if (why.code == ERR_NOT_FOUND || why.code == ERR_CONFLICT)
            return 0;
        *e = why;
        return -1;
    }
    if (json_len(json_get(v, "memory_stats")) == 0)
        return 0; /* it has ended */
    *ret = (struct docker_stats){
        .at_ms = clock_ms(),
        .cpu_ns = (uint64_t)json_num(json_path(v, "cpu_stats.cpu_usage.total_usage"), 0),
        .memory = used_memory(json_get(v, "memory_stats")),
    };
    sum_networks(json_get(v, "networks"), ret);
    return 1;
}
