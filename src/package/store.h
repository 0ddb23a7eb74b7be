/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_PACKAGE_STORE_H
#define ATOLL_PACKAGE_STORE_H

#include "docker/docker.h"
#include "package/package.h"
#include "package/render.h"
#include "store/db.h"

/*
 * The packages that administrators have added, in the database, so that every node that shares it
 * has them; several versions of each. What ships with the program is added by itself. Any thread
 * may call; everything except packages_gate() may wait for the database, and adding one for git
 * and Docker.
 */
struct packages;

struct packages_options {
    struct store *store;
    struct docker *docker;        /* where hooks run; NULL: a package with hooks is refused */
    const char *data_dir;         /* DATA/packages/ is where git works, empty otherwise */
    bool allow_tags;              /* images without a digest */
    const struct json *image_map; /* {"from": "to"}; may be NULL; copied */
    bool allow_file_urls;         /* git from file:// and folders: for tests and development */
    void *ctx;
    /* How many deployments there are of a package, of any owner. May be NULL: none. */
    int (*used)(void *ctx, const char *name, int64_t *ret, struct err *e);
    /* Hosts have changed: called after the change, without any lock. May be NULL. */
    void (*changed)(void *ctx);
};

/* Adds what ships and is not there yet. What they point to is borrowed, texts are copied. */
int packages_new(const struct packages_options *o, struct packages **ret, struct err *e) must_check;
void packages_free(struct packages *ps); /* NULL is allowed */

/*
 * A package that is started, the version that was added last (version NULL) or any that is kept.
 * PACKAGE_UNKNOWN when there is none. In the arena, and its `images` live as long as *ps.
 */
int packages_find(struct packages *ps, struct arena *a, const char *name, const char *version,
                  struct package **ret, struct err *e) must_check;
/* The same for deployments that exist already: a stopped package is found, too. */
int packages_find_any(struct packages *ps, struct arena *a, const char *name, const char *version,
                      struct package **ret, struct err *e) must_check;

/* The latest version of each package that is started, by title. */
int packages_list(struct packages *ps, struct arena *a, struct package ***ret, size_t *ret_count,
                  struct err *e) must_check;
/* Versions that are kept, latest first. */
int packages_versions(struct packages *ps, struct arena *a, const char *name,
                      struct package_texts *ret, struct err *e) must_check;

/* --- administration --- */

/*
 * Adds a package from a folder of this machine or from GIT_URL@COMMIT (a full hash), and starts
 * it. The same content again is success and does nothing; other content under a version that is
 * there is PACKAGE_EXISTS. On failure nothing has changed.
 * PACKAGE_SOURCE, PACKAGE_INVALID, PACKAGE_HOOK, PACKAGE_EXISTS.
 */
struct packages_add {
    const char *source;
    const char *by; /* who adds it, for the record */
};
int packages_add(struct packages *ps, const struct packages_add *add, struct arena *a,
                 struct package **ret, struct err *e) must_check;
/* PACKAGE_UNKNOWN; PACKAGE_IN_USE while there are deployments of it. Nothing of it stays. */
int packages_remove(struct packages *ps, const char *name, struct err *e) must_check;
/* A stopped package is not offered and its hosts are closed; its deployments run on. */
int packages_start(struct packages *ps, const char *name, struct err *e) must_check;
int packages_stop(struct packages *ps, const char *name, struct err *e) must_check;
/* [{name, version, versions, title, source, digest, state, builtin, servers, permissions, ...}] */
int packages_admin_json(struct packages *ps, struct arena *a, struct json **ret, struct err *e)
    must_check;

/* --- hosts --- */

/* Changes domain, e-mail and includes of one of a package's servers; NULL leaves one as it is. */
struct packages_server {
    const char *package;
    const char *server; /* NULL: its first one */
    const char *domain;
    const char *email;
    const struct json *includes;
};
int packages_set_server(struct packages *ps, const struct packages_server *change, struct err *e)
    must_check;

struct packages_host {
    const char *package;
    struct package_server server; /* with a domain, in lower case */
};
/* The servers of started packages that have a domain, for the gateway. */
int packages_hosts(struct packages *ps, struct arena *a, struct packages_host **ret,
                   size_t *ret_count, struct err *e) must_check;

/*
 * What a host (without port, any case) exposes: OPEN and CLOSED when a package's server names it
 * and its includes match the group or not (a route without a group, NULL, is never exposed there);
 * FREE when no package names it. Answers from memory; any thread, also the loop's.
 */
enum packages_gate { PACKAGES_FREE, PACKAGES_OPEN, PACKAGES_CLOSED };
enum packages_gate packages_gate(struct packages *ps, const char *host, const char *group);

/* A file of a version (the icon); NOT_FOUND. */
int packages_file(struct packages *ps, struct arena *a, const char *name, const char *version,
                  struct package_file *io, struct err *e) must_check;

#endif
