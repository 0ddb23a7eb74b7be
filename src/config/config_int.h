/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CONFIG_CONFIG_INT_H
#define ATOLL_CONFIG_CONFIG_INT_H

#include "config/config.h"

/* What the files of this folder share; nobody else includes it. */

/* What a row's field in struct config is, and so how its value is read. */
enum option_type { TEXT, PATH, URL, INT, BOOL, TEXTS, ADDRS, LISTS, CUSTOM_TYPE, FOREIGN_TYPE };
/* SECRET: never shown. LIVE: an administrator may change it while the node runs. ENV_ONLY: refused
 * in files and flags. PLAIN: a CUSTOM value whose text is not JSON. ENDPOINTS: holds URLs whose
 * path may be a key. */
enum option_flag { SECRET = 1, LIVE = 2, ENV_ONLY = 4, PLAIN = 8, ENDPOINTS = 16 };

struct load;
/* Reads a CUSTOM row's value into l->c; 0, or -1 by config__bad(). */
typedef int parse_fn(struct load *l, const struct json *v);

/* A row of options.def. */
struct option {
    const char *section; /* set: only a heading */
    enum option_type type;
    const char *key;
    const char *env;      /* may end in '*' in a FOREIGN row; NULL: there is none */
    const char *fallback; /* the default as an operator would write it; NULL: none */
    int64_t min;          /* of an INT */
    int64_t max;
    const char *unit; /* for people; "" when there is none */
    unsigned flags;
    const char *prose;
    size_t offset; /* of the field in struct config */
    parse_fn *parse;
};

/* The table of options.def, in its order. */
extern const struct option config__options[];
extern const size_t config__option_count;

enum config_source { FROM_DEFAULT, FROM_FILE, FROM_ENV, FROM_FLAG };

/* What an option was set to, in the order of config__options. */
struct config_origin {
    enum config_source source;
    const struct json *value; /* NULL: the default */
};

/* One run of config_load(). */
struct load {
    struct arena *a;
    struct config *c;
    const struct json *file; /* root object, or NULL */
    const char *file_path;
    bool file_is_toml;
    bool own_file; /* config.json of the node's folder */
    /* Members of `file` that an administrator changes; it is not on the disk yet. NULL: at start.
     */
    const struct json *pushed;
    const struct config_input *in;
    const struct option *option; /* the one being read */
    const char *where;           /* how the operator named it */
    struct json *notices;
    struct json *address_book; /* of ADDRESS_FILE, or NULL */
    bool development;          /* NODE_ENV */
    bool level_given;
    struct err *e;
};

/* "WHERE path: text"; returns -1. The path is "" at the top, else like "[0].fees". */
int config__bad(struct load *l, const char *path, const char *fmt, ...) printf_like(3, 4);
/* Adds a line to config.notices. */
void config__notice(struct load *l, const char *fmt, ...) printf_like(2, 3);

/*
 * The keys of the file. ocean-node keeps what it does not know, so in its JSON a notice is enough;
 * our own TOML is refused with the nearest name, because there a key nobody reads is a mistake.
 */
int config__check_keys(struct load *l);
/* The root object of a file of at most CONFIG_FILE_MAX bytes; TOML when its name says so. */
enum { CONFIG_FILE_MAX = 4 << 20 };
bool config__is_toml(const char *path);
int config__read_file(struct arena *a, const char *path, struct json **ret, struct err *e)
    must_check;
/* The file that stands in when no other is there. */
const char *config__own_file(struct arena *a, const char *data);
/* What an administrator wants the file to be. */
struct pushed {
    const char *path;
    const struct json *file;
    const struct json *keys; /* of the members that change: a list of texts */
};
/* As config_load(), with the same variables and flags and this content of the file. */
int config__load_pushed(const struct config *now, const struct pushed *p, struct config **ret,
                        struct err *e) must_check;
/* Whether "a" or "a.b" belongs to one of the members. */
bool config__is_among(const struct json *keys, const char *key);
/* The value that an option has, of the type it has in a file; secrets in the clear. */
struct json *config__effective(struct arena *a, const struct option *o,
                               const struct config_origin *from);

/* The option's flag without "--", e.g. "http-port"; NULL when it has none. */
const char *config__flag_name(struct arena *a, const struct option *o);

/* --- checked values (value.c); each refuses a wrong type --- */
/* A text, borrowed from the value. */
int config__text(struct load *l, const char *path, const struct json *v, const char **ret);
/* Numbers, and texts of numbers. */
int config__int(struct load *l, const char *path, const struct json *v, int64_t min, int64_t max,
                int64_t *ret);
int config__number(struct load *l, const char *path, const struct json *v, double *ret); /* >= 0 */
/* true, 1, yes, on, and their opposites, in any case; also as texts. */
int config__bool(struct load *l, const char *path, const struct json *v, bool *ret);
/* http or https with a host; a slash at the end is dropped. */
int config__url(struct load *l, const char *path, const struct json *v, const char **ret);
/* A leading $HOME is expanded. */
int config__path(struct load *l, const char *path, const struct json *v, const char **ret);
/* An address of any letter case. */
int config__addr(struct load *l, const char *path, const struct json *v, struct addr *ret);
/* A chain's id as an object's key. */
int config__chain(struct load *l, const char *path, const char *key, uint64_t *ret);
/* A number or its text as exact decimal text without exponent. */
int config__decimal(struct load *l, const char *path, const struct json *v, const char **ret);
/* Lists of the above. */
int config__texts(struct load *l, const char *path, const struct json *v, struct config_texts *ret);
int config__addrs(struct load *l, const char *path, const struct json *v, struct config_addrs *ret);
/* {"<chainId>": ["0x..."]}, and a list of such objects. */
int config__lists(struct load *l, const char *path, const struct json *v,
                  struct config_access_lists *ret);
int config__list_array(struct load *l, const char *path, const struct json *v,
                       struct config_access_lists *ret);
/* Refuses any other type. */
int config__expect(struct load *l, const char *path, const struct json *v, enum json_type type);

/* A member of an object by one of the functions above; *ret keeps its value when absent. */
const char *config__sub(struct load *l, const char *path, const char *key);
const char *config__item(struct load *l, const char *path, size_t i);
int config__get_text(struct load *l, const char *path, const struct json *o, const char *key,
                     const char **ret);
int config__get_int(struct load *l, const char *path, const struct json *o, const char *key,
                    int64_t min, int64_t *ret);
int config__get_bool(struct load *l, const char *path, const struct json *o, const char *key,
                     bool *ret);

/* --- CUSTOM rows --- */
#define SECTION(title)
#define OPTION(field, type, key, env, fallback, min, max, unit, flags, prose)
#define CUSTOM(name, key, env, fallback, flags, prose) parse_fn config__parse_##name;
#define FOREIGN(key, env, why)
#include "config/options.def"
#undef SECTION
#undef OPTION
#undef CUSTOM
#undef FOREIGN

/* The contracts of a chain in an address file, then in the built-in table. */
void config__contracts(struct arena *a, const struct json *book, uint64_t chain_id,
                       struct config_contracts *ret);
/* As config_network(), to be filled in. */
struct config_network *config__network(struct config *c, uint64_t chain_id);

#endif
