/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_PACKAGE_PACKAGE_H
#define ATOLL_PACKAGE_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

/*
 * What package.toml says, as plain data (docs/packages.md is the schema for people). A package is
 * read once, checked whole and never changes; all pointers live in the arena it was read into.
 * Absent texts are "", absent lists have count 0, unless a member says NULL.
 *
 * Texts that a member calls "expanded" may hold ${answer.NAME}, ${secret.NAME}, ${name}, ${host},
 * ${url}, ${deployment}, ${port.NAME} and ${container.NAME}; package_render() (render.h) puts the
 * values in. That is data for data: no value is ever read by a shell.
 */

enum {
    PACKAGE_NAME_MAX = 32,  /* of packages, questions, containers, volumes, ports, secrets */
    PACKAGE_TEXT_MAX = 256, /* titles, labels, single words */
    PACKAGE_LONG_MAX = 16384,
    PACKAGE_TOML_MAX = 1 << 20, /* bytes of package.toml */
    PACKAGE_FILE_MAX = 1 << 20, /* of another file of the package */
    PACKAGE_FILES_MAX = 256,
    PACKAGE_SIZE_MAX = 4 << 20, /* of all files together */
    PACKAGE_QUESTIONS_MAX = 64,
    PACKAGE_OPTIONS_MAX = 128,
    PACKAGE_SIZES_MAX = 16,
    PACKAGE_CONTAINERS_MAX = 12,
    PACKAGE_LIST_MAX = 64 /* arguments, variables, ports, volumes, files, secrets, ... */
};

#define PACKAGE_RESERVED "service-on-demand" /* no package may have this name */

struct package_texts {
    const char *const *items; /* NULL-terminated as well */
    size_t count;
};

/* --- what a person is offered and asked --- */

struct package_size {
    const char *name;
    const char *label;
    int64_t cpu_milli; /* thousandths of a core */
    int64_t ram_mib;
    int64_t disk_gib; /* for all volumes together */
    int64_t gpu;      /* whole devices */
};

enum package_question_type {
    QUESTION_STRING,   /* one line */
    QUESTION_SECRET,   /* one line that is never shown again */
    QUESTION_TEXT,     /* several lines */
    QUESTION_INT,      /* a number without fraction */
    QUESTION_NUMBER,   /* a number */
    QUESTION_BOOL,     /* true or false */
    QUESTION_CHOICE,   /* one of the options, all in sight */
    QUESTION_DROPDOWN, /* one of the options, in a list */
    QUESTION_MULTI,    /* a list of options, each once; min and max count them */
    QUESTION_DATETIME, /* ms since 1970; min and max are seconds from now */
    QUESTION_DURATION, /* "1Y 2M 1w 3d 4h"; min and max in seconds */
    QUESTION_KEYVALUE, /* an object of texts; min and max count the pairs */
    QUESTION_FILE,     /* {name, type, content (base64)} */
    QUESTION_DOMAIN,   /* a host name of two labels or more */
    QUESTION_SSHKEY,   /* public keys, one a line, as in authorized_keys but without options */
    QUESTION_GITURL,   /* https://HOST/PATH or ssh-less forms thereof */
    QUESTION_SIZE,     /* the name of a package_size */
    QUESTION_POOL,     /* the id of a pool; whether it is the person's is for others to say */
    QUESTION_NOTE,     /* only text, no answer */
    QUESTION_CONFIRM   /* must be answered with true */
};

struct package_option {
    const char *value;
    const char *label;
    const char *note;
    bool disabled; /* shown, not to be chosen */
};

/* Asked only when an earlier question was answered with one of the values (or, with `not`, none).
 * A question that was not asked itself counts as answered with "". */
struct package_when {
    const char *question; /* NULL: always */
    struct package_texts values;
    bool negated;
};

struct package_question {
    const char *name;
    enum package_question_type type;
    const char *label;
    const char *help;
    const char *step; /* a package_step's name */
    bool required;
    bool standard;                /* one of ours (name, size, pool, ends), not the package's */
    bool unique;                  /* the person may not have another deployment with this answer */
    const struct json *otherwise; /* the default, checked; NULL: none */
    bool has_min, has_max;
    double min, max;                /* see the types */
    int64_t min_length, max_length; /* characters, always set for texts */
    const char *pattern;            /* extended regular expression for the whole text, or NULL */
    struct package_option *options;
    size_t option_count;
    int64_t max_size;                   /* bytes of a file */
    struct package_texts allowed_types; /* of a file: "text/plain", "image/" as a prefix, ".csv" */
    struct package_when when;
};

/* Questions are asked in steps, in this order. */
struct package_step {
    const char *name;
    const char *title;
};

/* --- what is run --- */

struct package_env {
    const char *name;
    const char *value; /* expanded */
};

enum package_protocol { PORT_HTTP, PORT_TCP, PORT_UDP };

struct package_port {
    const char *name;
    int64_t port;       /* in the container; 0: from an answer */
    const char *answer; /* the question that gives it, or NULL */
    enum package_protocol protocol;
    bool public;    /* http: behind the gateway; tcp, udp: on a port of the host */
    bool login;     /* http: the gateway asks for the owner's login first */
    bool websocket; /* http: long connections */
};

struct package_mount {
    const char *name; /* of the volume; containers that name the same one share it */
    const char *path; /* absolute, in the container; expanded */
    bool read_only;
};

/* A file that is put into the container before it starts. */
struct package_put {
    const char *path; /* absolute, in the container */
    const char *text; /* expanded when `expand` */
    size_t len;
    int64_t mode; /* 0644 */
    bool expand;
};

enum package_health_kind { HEALTH_NONE, HEALTH_HTTP, HEALTH_TCP, HEALTH_COMMAND };

struct package_health {
    enum package_health_kind kind;
    const char *port;             /* http, tcp: the name of one of the container's ports */
    const char *path;             /* http: answered with 200..399 means healthy */
    struct package_texts command; /* exit status 0 means healthy; expanded */
    int64_t interval_s;
    int64_t timeout_s;
    int64_t retries; /* failures in a row until it is unhealthy */
    int64_t start_s; /* how long the first success may take */
};

struct package_container {
    const char *name;
    const char *image;   /* "repo@sha256:...", or "${answer.NAME}" */
    bool unpinned;       /* a tag, to be replaced by the operator's imageMap before it is offered */
    bool has_entrypoint; /* false: the image's own */
    bool has_command;    /* the same */
    struct package_texts entrypoint; /* both expanded, argument by argument */
    struct package_texts command;
    const char *command_from; /* a text question, one argument a line; NULL: none */
    struct package_env *env;
    size_t env_count;
    const char *env_from; /* a keyvalue question whose pairs are added; NULL: none */
    struct package_port *ports;
    size_t port_count;
    struct package_mount *volumes;
    size_t volume_count;
    struct package_put *files;
    size_t file_count;
    struct package_health health;
    struct package_texts after;        /* containers that must be healthy first */
    const char *user;                  /* "1000:1000"; NULL: the image's own */
    struct package_texts capabilities; /* kept ones, "CHOWN"; all others are dropped */
    bool read_only;                    /* the root file system; /tmp stays writable */
    int64_t weight; /* its share of the size: weight / sum of the containers' weights */
};

struct package_secret {
    const char *name;
    int64_t length;       /* characters */
    const char *alphabet; /* the characters themselves */
    bool show;            /* among the credentials, under this label */
    const char *label;
};

/* What belongs into a backup. */
struct package_backup {
    const char *volume;            /* the name of a volume, whole */
    const char *container;         /* where the commands run; one that mounts it */
    const char *path;              /* of the volume in that container */
    struct package_texts before;   /* run in the container, count 0: nothing; expanded */
    struct package_texts after;    /* after the copy, also when that failed */
    struct package_texts restored; /* after a restore, when the container is healthy */
};

/* A line of the result page; expanded. */
struct package_result {
    const char *label;
    const char *value;
    bool secret; /* one of the credentials, shown once */
};

/* A container that runs once, at the install or removal of the package by an administrator. */
struct package_hook {
    const char *image; /* NULL: there is none */
    struct package_texts command;
    struct package_env *env; /* not expanded: there is no deployment */
    size_t env_count;
    int64_t timeout_s;
};

/* A host of its own, and the groups of routes that it exposes. */
struct package_server {
    const char *name;
    const char *domain;            /* "" : none yet */
    const char *email;             /* for the certificate; "" : none */
    struct package_texts includes; /* "default_443.chatflows_*" */
};

struct package_link {
    const char *label;
    const char *url; /* https */
};

/* What a package may ask for. Anything more than these does not exist. */
enum {
    PERMISSION_INTERNET = 1 << 0,  /* its containers may open connections to the world */
    PERMISSION_HOST_PORT = 1 << 1, /* a tcp or udp port of the host leads to it */
    PERMISSION_ROOT = 1 << 2,      /* its processes may be root inside their container */
    PERMISSION_ANY_IMAGE = 1 << 3  /* the person who deploys names the image */
};

struct package {
    const char *name;
    const char *version;
    const char *title;
    const char *summary;
    const char *description;
    const char *category;
    const char *icon; /* a file of the package, or "" */
    bool offered;
    const char *reason; /* why it is not */
    unsigned permissions;
    struct package_link *links;
    size_t link_count;
    struct package_size *sizes;
    size_t size_count;
    const struct json *default_size; /* the first size's name; NULL: there are none */
    struct package_step *steps;      /* the standard ones included */
    size_t step_count;
    struct package_question *questions; /* the standard ones included, in the order of steps */
    size_t question_count;
    struct package_container *containers; /* those of `after` first */
    size_t container_count;
    struct package_secret *secrets;
    size_t secret_count;
    struct package_backup *backups;
    size_t backup_count;
    struct package_result *results;
    size_t result_count;
    struct package_server *servers;
    size_t server_count;
    struct package_hook install;
    struct package_hook remove;
    const struct package_images *images; /* what other images stand in (render.h); NULL: none */
};

/* --- reading --- */

/* One file of a package. Paths are relative, with '/', without "." and "..". */
struct package_file {
    const char *path;
    const char *data;
    size_t len;
};
struct package_files {
    struct package_file *items;
    size_t count;
};

struct package_rules {
    bool allow_tags; /* images without a digest: for tests and development only */
};

/*
 * Reads package.toml among the files and checks everything that can be known without running it.
 * PACKAGE_INVALID with "FILE:LINE: what is wrong; what to do" on failure; `where` is written in
 * front of the file's name ("" for nothing).
 */
int package_parse(struct arena *a, const char *where, const struct package_files *files,
                  const struct package_rules *rules, struct package **ret, struct err *e)
    must_check;

/*
 * The files of a folder, symbolic links refused. PACKAGE_INVALID when it is too large or holds
 * something else than files; NOT_FOUND when it is no folder.
 */
int package_read_folder(struct arena *a, const char *folder, struct package_files *ret,
                        struct err *e) must_check;

/* SHA-256 over paths and contents, "sha256:..." in the arena; the files are sorted by it. */
const char *package_digest(struct arena *a, struct package_files *files);

/* --- asking --- */

/* NULL when there is none of that name. */
const struct package_size *package_size_find(const struct package *p, const char *name);
const struct package_question *package_question_find(const struct package *p, const char *name);
const struct package_container *package_container_find(const struct package *p, const char *name);

/* "string", "int", ... as on the wire. */
const char *package_question_type_name(enum package_question_type type);
/* The names of the permissions it has, as a JSON array. */
struct json *package_permissions_json(struct arena *a, const struct package *p);
/* A question as the wire has it, without a value. */
struct json *package_question_json(struct arena *a, const struct package_question *q);
/* {name, version, title, summary, category, icon, offered, reason, sizes}: a card. */
struct json *package_card_json(struct arena *a, const struct package *p);
/* The card and description, questions, steps, links, permissions. */
struct json *package_json(struct arena *a, const struct package *p);

#endif
