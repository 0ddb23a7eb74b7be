/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bucket_access.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "node/chains.h"

enum { ASKING_MS = 10000 };

/* A chain that does not answer is not waited for once for each list that somebody has named. */
static bool is_late(struct bucket_reader *r)
{
    int64_t now = clock_mono_ms();

    if (r->count == 0)
        r->until = now + ASKING_MS;
    return now > r->until;
}

static bool holds(struct bucket_reader *r, uint64_t chain, const struct addr *contract)
{
    struct bucket_asked *new;
    struct err ignored; /* an endpoint that fails opens nothing */
    size_t i;

    for (i = 0; i < r->count; i++)
        if (r->asked[i].chain == chain && addr_eq(&r->asked[i].contract, contract))
            return r->asked[i].has;
    if (r->count == BUCKET_ASKED_MAX || !node_rpc(r->node, chain) || is_late(r))
        return false;
    new = &r->asked[r->count++];
    *new = (struct bucket_asked){chain, *contract, false};
    if (node_has_list(r->node, chain, contract, &r->who, &new->has, &ignored) < 0)
        new->has = false;
    return new->has;
}

static bool holds_any(struct bucket_reader *r, const struct json *list)
{
    size_t i, k;

    for (i = 0; i < json_len(list); i++) {
        const struct json *contracts = json_value(list, i);
        uint64_t chain;

        if (!json_key(list, i) || !str_u64(json_key(list, i), UINT64_MAX, &chain))
            continue;
        for (k = 0; k < json_len(contracts); k++) {
            struct addr contract;

            if (addr_parse_any(json_str(json_at(contracts, k), ""), &contract) &&
                holds(r, chain, &contract))
                return true;
        }
    }
    return false;
}

bool bucket_is_open_to(struct bucket_reader *r, const struct bucket *b)
{
    size_t i;

    if (addr_eq(&b->owner, &r->who))
        return true;
    for (i = 0; i < json_len(b->lists); i++)
        if (json_is(json_at(b->lists, i), JSON_OBJECT) && holds_any(r, json_at(b->lists, i)))
            return true;
    return false;
}

int bucket_use(struct node *n, struct arena *a, const char *id, const struct addr *who,
               struct bucket *ret, struct err *e)
{
    struct bucket_reader *r = arena_calloc(a, 1, sizeof(*r));

    if (!n->buckets)
        return refused(e, BUCKETS_OFF);
    if (bucket_find(n->buckets, a, id, ret, e) < 0)
        return -1;
    r->node = n;
    r->who = *who;
    return bucket_is_open_to(r, ret) ? 0 : refused(e, BUCKET_DENIED);
}

/* --- file objects --- */

bool bucket_is_file(const struct json *file)
{
    return str_ieq(json_get_str(file, "type", ""), "nodePersistentStorage");
}

int bucket_for_job(struct node *n, struct arena *a, const char *id, const struct addr *who,
                   struct bucket *ret, struct err *e)
{
    if (bucket_use(n, a, id, who, ret, e) == 0)
        return 0;
    return e->code == ERR_BUCKET_ID || e->code == ERR_BUCKET_UNKNOWN ? refused(e, BUCKET_DENIED)
                                                                     : -1;
}

int bucket_check_file(struct node *n, struct arena *a, const struct json *file,
                      const struct addr *who, struct err *e)
{
    const char *id = json_get_str(file, "bucketId", "");
    const char *name = json_get_str(file, "fileName", "");
    struct bucket_file found;
    struct bucket bucket;
    int fd;

    if (!*id)
        return refused(e, COMPUTE_BUCKET_ID);
    if (!n->buckets)
        return refused(e, COMPUTE_BUCKETS);
    if (bucket_for_job(n, a, id, who, &bucket, e) < 0 || storage_check(n->storage, file, e) < 0)
        return -1;
    if (bucket_file_open(n->buckets, &bucket, name, &fd, &found, e) < 0)
        return e->code == ERR_BUCKET_FILE ? refused(e, BUCKET_FILE_GONE, name) : -1;
    close(fd);
    return 0;
}

int bucket_info_get(struct node *n, struct arena *a, const struct bucket_info_request *r,
                    struct storage_info *ret, struct err *e)
{
    struct bucket bucket;

    if (!r->who || !bucket_is_file(r->file))
        return storage_info_get(n->storage, a, r->file, r->checksum, ret, e);
    if (storage_check(n->storage, r->file, e) < 0 ||
        bucket_use(n, a, json_get_str(r->file, "bucketId", ""), r->who, &bucket, e) < 0)
        return -1;
    return storage_bucket_info(n->storage, a, r->file, r->checksum, ret, e);
}
