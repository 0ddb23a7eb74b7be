/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "storage/storage_int.h"

/* IPFS and Arweave: content behind an HTTP gateway of the operator's choice. */

enum { ID_MAX = 4096 };

static int locate(struct arena *a, const char *base, const char *id, struct storage_target *ret,
                  struct err *e)
{
    _buf_ struct buf segment = BUF_INIT(ID_MAX);

    if (str_eq(id, ".") || str_eq(id, "..")) /* would lead out of the gateway's folder */
        return failed(e, STORAGE, "it is no name of content");
    storage__encode(&segment, id, "-._*", "%20");
    if (segment.full)
        return failed(e, STORAGE, "its name is longer than %d bytes", ID_MAX);
    ret->method = "GET";
    ret->url = arena_printf(a, "%s/%s", base, buf_str(&segment));
    ret->name = "";
    return 0;
}

static int ipfs_check(const struct storage *s, const struct json *file, struct err *e)
{
    const char *hash = json_get_str(file, "hash", "");

    if (!s->ipfs_gateway)
        return failed(e, STORAGE, "IPFS gateway is not configured!");
    if (!hash[0])
        return failed(e, STORAGE, "Missing CID");
    if (storage__is_http(hash))
        return failed(e, STORAGE, "CID looks like an URL. Please specify URL storage instead.");
    if (storage__is_path(hash))
        return failed(e, STORAGE, "CID looks like a file path");
    return 0;
}

static int ipfs_locate(struct arena *a, const struct storage *s, const struct storage_place *p,
                       struct storage_target *ret, struct err *e)
{
    return locate(a, arena_printf(a, "%s/ipfs", s->ipfs_gateway), json_get_str(p->file, "hash", ""),
                  ret, e);
}

const struct storage_ops storage_ipfs = {
    .type = "ipfs", .prefix = "the IPFS file", .check = ipfs_check, .locate = ipfs_locate};

static int arweave_check(const struct storage *s, const struct json *file, struct err *e)
{
    const char *id = json_get_str(file, "transactionId", "");

    if (!s->arweave_gateway)
        return failed(e, STORAGE, "Arweave gateway is not configured!");
    if (!id[0])
        return failed(e, STORAGE, "Missing transaction ID");
    if (storage__is_http(id))
        return failed(e, STORAGE,
                      "Transaction ID looks like an URL. Please specify URL storage instead.");
    if (storage__is_path(id))
        return failed(e, STORAGE, "Transaction ID looks like a file path");
    return 0;
}

static int arweave_locate(struct arena *a, const struct storage *s, const struct storage_place *p,
                          struct storage_target *ret, struct err *e)
{
    return locate(a, s->arweave_gateway, json_get_str(p->file, "transactionId", ""), ret, e);
}

const struct storage_ops storage_arweave = {.type = "arweave",
                                            .prefix = "the Arweave file",
                                            .check = arweave_check,
                                            .locate = arweave_locate};
