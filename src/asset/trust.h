/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_ASSET_TRUST_H
#define ATOLL_ASSET_TRUST_H

#include "asset/asset.h"

/* Which algorithms a dataset lets near its data. Pure functions. */

/* An algorithm that asks. Checksums as asset_checksum_... below make them; "" when unknown. */
struct asset_algorithm {
    const char *did;        /* NULL: raw code, or an image without an asset */
    struct addr nft;        /* of the algorithm's asset */
    const char *service_id; /* of the algorithm that is used; NULL: not known */
    const char *files_checksum;
    const char *container_checksum;
};

/*
 * Whether the dataset's service lets the algorithm run:
 *   a service of type access                 always
 *   no list of algorithms or publishers      yes, unless `strict` (the operator's choice); raw code
 *                                            not when allowRawAlgorithm is false
 *   with lists: an algorithm of an asset     when one of its entries has the DID (or "*"), both
 *                                            checksums and the service, or its NFT is a publisher
 *   with lists: raw code                     when allowRawAlgorithm is true
 */
bool asset_trusts(const struct asset_service *dataset, const struct asset_algorithm *algorithm,
                  bool strict);

/* sha256 in hex over the entrypoint's and the checksum's text of metadata.algorithm.container. */
const char *asset_checksum_container(struct arena *a, const struct json *container);

#endif
