/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_PACKAGE_RENDER_H
#define ATOLL_PACKAGE_RENDER_H

#include "package/package.h"

/*
 * A package and a person's answers make the containers that are run. Pure: no I/O, any thread.
 * The values are put in as they are, argument by argument and variable by variable; there is no
 * shell in between, and the parser refuses a package that would put one there.
 */

/* Images that stand in for others: "from image" -> "to image", as the option imageMap has it. */
struct package_images {
    struct package_image_pair {
        const char *from; /* as the package writes it; without "@digest" or ":tag": any of them */
        const char *to;
    } * pairs;
    size_t count;
};
/* The image itself when nothing stands in for it. */
const char *package_image(const struct package_images *images, const char *image);

/* What is put in. Everything may be NULL where the package does not use it. */
struct package_vars {
    const struct json *answers; /* as answers_check() gave them */
    const struct json *secrets; /* as package_secrets_make() gave them */
    const char *name;           /* of the deployment */
    const char *deployment;     /* its id */
    const char *host;           /* "name.base.domain", or what leads here */
    const char *url;            /* "https://name.base.domain" */
    void *ctx;
    /* The host port that leads to a public tcp or udp port; 0: none yet. */
    int64_t (*host_port)(void *ctx, const char *port);
    /* The name under which the other containers of this deployment reach one. */
    const char *(*container_host)(void *ctx, struct arena *a, const char *container);
};

/* A text with its ${...} replaced, in the arena. TOO_LARGE beyond PACKAGE_FILE_MAX. */
int package_expand(struct arena *a, const char *text, const struct package_vars *vars,
                   const char **ret, struct err *e) must_check;
/* The same for each of a list. */
int package_expand_all(struct arena *a, const struct package_texts *texts,
                       const struct package_vars *vars, struct package_texts *ret, struct err *e)
    must_check;

/*
 * All containers with nothing left to expand: images (mapped), entrypoints, commands, variables,
 * ports, paths, files, health commands; `answer`, `command_from` and `env_from` are NULL. In the
 * order in which they start. INVALID when an answer makes no sense there (a port of 0, a path that
 * is not absolute, a variable with a bad name), naming the container.
 */
int package_render(struct arena *a, const struct package *p, const struct package_vars *vars,
                   struct package_container **ret, size_t *ret_count, struct err *e) must_check;

/* The backups with their commands and paths expanded. */
int package_render_backups(struct arena *a, const struct package *p,
                           const struct package_vars *vars, struct package_backup **ret,
                           size_t *ret_count, struct err *e) must_check;

/* Whether package_render_results() has any credentials. */
bool package_has_credentials(const struct package *p);

/*
 * The results as [{label, value}]: those that are credentials (with the secrets that are shown),
 * or the others.
 */
int package_render_results(struct arena *a, const struct package *p,
                           const struct package_vars *vars, bool credentials, struct json **ret,
                           struct err *e) must_check;

/* New random secrets: {NAME: text}. Never the same twice, never a default. */
struct json *package_secrets_make(struct arena *a, const struct package *p);

/*
 * What a container gets of the size of its deployment: CPU in thousandths and memory in bytes, by
 * weight; at least 10 thousandths and 16 MiB. `i` is its index in p->containers.
 */
struct package_share {
    int64_t cpu_milli;
    int64_t memory;
};
struct package_share package_share_of(const struct package *p, const struct package_size *size,
                                      size_t i);

#endif
