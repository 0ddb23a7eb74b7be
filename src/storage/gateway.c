/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/storage_int.h"

/* IPFS and Arweave: content behind an HTTP gateway of the operator's choice. */

enum { ID_MAX = 4096 };

static const char *gateway_url(struct arena *a, const char *base, const char *id)
{
    _buf_ struct buf segment = BUF_INIT(ID_MAX);

    storage__encode(&segment, id, "%20");
    return arena_printf(a, "%s/%s", base, buf_str(&segment));
}

static const char *ipfs_why(const struct storage *s, const struct json *file)
{
    const char *hash = json_get_str(file, "hash", "");

    if (!s->ipfs_gateway)
        return "IPFS gateway is not configured!";
    if (!hash[0])
        return "Missing CID";
    if (storage__is_http(hash))
        return "CID looks like an URL. Please specify URL storage instead.";
    if (storage__is_path(hash))
        return "CID looks like a file path";
    return NULL;
}

static bool ipfs_locate(const struct storage *s, struct arena *a, const struct json *file,
                        const struct json *userdata, struct storage_target *ret)
{
    (void)userdata;
    *ret =
        (struct storage_target){.method = "GET",
                                .url = gateway_url(a, arena_printf(a, "%s/ipfs", s->ipfs_gateway),
                                                   json_get_str(file, "hash", "")),
                                .name = ""};
    return true;
}

const struct storage_ops storage_ipfs = {
    .type = "ipfs", .prefix = "the IPFS file", .why = ipfs_why, .locate = ipfs_locate};

static const char *arweave_why(const struct storage *s, const struct json *file)
{
    const char *id = json_get_str(file, "transactionId", "");

    if (!s->arweave_gateway)
        return "Arweave gateway is not configured!";
    if (!id[0])
        return "Missing transaction ID";
    if (storage__is_http(id))
        return "Transaction ID looks like an URL. Please specify URL storage instead.";
    if (storage__is_path(id))
        return "Transaction ID looks like a file path";
    return NULL;
}

static bool arweave_locate(const struct storage *s, struct arena *a, const struct json *file,
                           const struct json *userdata, struct storage_target *ret)
{
    (void)userdata;
    *ret = (struct storage_target){
        .method = "GET",
        .url = gateway_url(a, s->arweave_gateway, json_get_str(file, "transactionId", "")),
        .name = ""};
    return true;
}

const struct storage_ops storage_arweave = {
    .type = "arweave", .prefix = "the Arweave file", .why = arweave_why, .locate = arweave_locate};
