/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_PACKAGE_STORE_INT_H
#define ATOLL_PACKAGE_STORE_INT_H

#include <pthread.h>

#include "package/package_int.h"
#include "package/store.h"

/* What the files of the store share. */

/* Hosts as they are now: made new at each change, looked at under the lock. */
struct packages_hosts {
    struct arena *arena;
    struct packages_host *items;
    size_t count;
};

struct packages {
    struct packages_options o;
    struct arena *arena; /* texts of the options, the image map */
    struct package_images images;
    struct package_rules rules;
    pthread_mutex_t changing; /* one change at a time: adding, removing, starting ... */
    pthread_mutex_t lock;     /* of hosts */
    struct packages_hosts hosts;
};

/* A row of the table of packages. */
struct packages_row {
    const char *name;
    const char *version; /* the one that is offered */
    const char *state;   /* "started", "stopped", "removed" */
    bool builtin;        /* it ships with the program */
};

/* --- rows.c; db is lent by the caller, who may be in a transaction --- */

/* One package's row; *ret_found false when it was never added. */
int packages__row(struct db *db, struct arena *a, const char *name, struct packages_row *ret,
                  bool *ret_found, struct err *e) must_check;
/* All of them, by name, the removed ones too. */
int packages__rows(struct db *db, struct arena *a, struct packages_row **ret, size_t *ret_count,
                   struct err *e) must_check;
/* Where a version came from; `digest` is NULL when it is not kept. */
struct packages_origin {
    const char *digest; /* "sha256:..." of package_digest() */
    const char *source; /* as it was given, or "built-in" */
    const char *by;     /* id of the administrator, "" for built-in */
    int64_t added;      /* ms */
};
int packages__origin(struct db *db, struct arena *a, const char *name, const char *version,
                     struct packages_origin *ret, struct err *e) must_check;
/* The files of a version, by path; none when it is not kept. */
int packages__read(struct db *db, struct arena *a, const char *name, const char *version,
                   struct package_files *ret, struct err *e) must_check;
/* Writes a version, its files and the package's row; replaces a version of that name. */
struct packages_new_version {
    const struct package *package;
    const struct package_files *files;
    const struct packages_origin *origin;
    bool builtin;    /* as in the row */
    bool keep_state; /* the row is there and stays started or stopped; else it is started */
};
int packages__write(struct db *db, const struct packages_new_version *v, struct err *e) must_check;
/* Everything of a package; with `remember` its row stays, as removed. */
int packages__erase(struct db *db, const char *name, bool remember, struct err *e) must_check;

/* --- store.c --- */

/*
 * The package of a row, of the row's version, as it may be deployed: images mapped, not offered
 * when one is not pinned. PACKAGE_VERSION_UNKNOWN; PACKAGE_INVALID when it was added under rules
 * that have become stricter since.
 */
int packages__load(struct packages *ps, struct db *db, struct arena *a,
                   const struct packages_row *row, struct package **ret, struct err *e) must_check;

/* --- servers.c --- */

/* The package's servers as an administrator has changed them. */
int packages__servers(struct db *db, struct arena *a, const struct package *p,
                      struct package_server **ret, struct err *e) must_check;
/* Reads all hosts anew and tells whoever wants to know. */
int packages__refresh(struct packages *ps, struct err *e) must_check;
/* PACKAGE_SERVER when another package's server has the domain of one of these. */
int packages__check_domains(struct packages *ps, const char *package,
                            const struct package_server *servers, size_t count, struct err *e)
    must_check;

/* --- source.c, git.c, hook.c --- */

/* The files of "/a/folder" or "URL@COMMIT". PACKAGE_SOURCE, PACKAGE_INVALID. */
int packages__source(struct packages *ps, struct arena *a, const char *source,
                     struct package_files *ret, struct err *e) must_check;
struct git_source {
    const char *url;
    const char *commit; /* 40 or 64 hex digits */
    const char *work;   /* a folder for it alone, made and removed */
    bool allow_file;
};
int packages__git(struct arena *a, const struct git_source *g, struct package_files *ret,
                  struct err *e) must_check;
/* Runs a hook and waits for its end; nothing when there is none. PACKAGE_HOOK. */
int packages__hook(struct packages *ps, const struct package *p, const char *which, struct err *e)
    must_check;

#endif
