/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_DOCKER_REGISTRY_H
#define ATOLL_DOCKER_REGISTRY_H

#include "base/err.h"
#include "json/json.h"
#include "net/net.h"

/* Asks a registry (API v2) about an image without pulling it. */

/* "image@checksum", "image:tag" or "image:latest", as Ocean composes it; in the arena. */
const char *image_ref(struct arena *a, const char *image, const char *tag, const char *checksum);

struct image_name {
    const char *registry;   /* "https://registry-1.docker.io", "http://127.0.0.1:5005" */
    const char *repository; /* "library/node", "bb" */
    const char *reference;  /* tag or digest */
};
/* INVALID when it is no image name. http for localhost and 127.0.0.0/8, https elsewhere. */
int image_name_parse(struct arena *a, const char *ref, struct image_name *ret, struct err *e)
    must_check;

/*
 * The image must exist for this os and architecture ("linux", "x86_64"); an image whose
 * manifest does not say is taken. auth_json as in docker_pull, or NULL. NOT_FOUND,
 * INVALID (a platform mismatch), UNAVAILABLE (the registry does not answer).
 */
int registry_check(struct net *n, const char *ref, const char *os, const char *architecture,
                   const char *auth_json, struct err *e) must_check;

#endif
