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

/* "https://ghcr.io/", "ghcr.io" -> "ghcr.io"; the names that Docker Hub goes by become one. */
const char *registry_host(struct arena *a, const char *registry);
/* The login among these for a registry, as JSON for docker_pull; NULL when there is none. */
struct config_registry_auth;
const char *registry_login(struct arena *a, const struct config_registry_auth *auths, size_t count,
                           const char *registry);

/*
 * The image must exist for this os and architecture ("linux", "x86_64"); an image whose
 * manifest does not say is taken. auth_json as in docker_pull, or NULL. NOT_FOUND,
 * INVALID (a platform mismatch), UNAVAILABLE (the registry does not answer).
 */
int registry_check(struct net *n, const char *ref, const char *os, const char *architecture,
                   const char *auth_json, struct err *e) must_check;

#endif
