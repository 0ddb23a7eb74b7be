/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_SERVICE_TEMPLATES_H
#define ATOLL_SERVICE_TEMPLATES_H

#include "base/codec.h"
#include "config/config.h"
#include "service/demand.h"

/*
 * Templates of services on demand: what an operator proposes, in the files that Ocean's nodes read
 * (a template or a list of them in each *.json of a folder). A client shows them and starts what
 * they say, or names one (`templateId`), and the node fills in the rest, what the operator keeps
 * secret included. A file that is wrong is left out and told of; the others are offered.
 */
enum {
    TEMPLATES_FILES_MAX = 256,
    TEMPLATES_FILE_MAX = 1 << 20, /* bytes */
    TEMPLATES_ALL_MAX = 8 << 20,  /* bytes of all files together */
    TEMPLATES_MAX = 512,
    TEMPLATES_VALUES_MAX = 20000, /* JSON values of a file */
    TEMPLATES_TEXT_MAX = 65536,   /* bytes of any text */
    TEMPLATES_LIST_MAX = 256,
    TEMPLATES_VALUE_MAX = 4096 /* bytes of what a user may fill in */
};

/*
 * Adds the templates of a file's text to `list`, and "FILE: what is wrong; what to do" to
 * `problems` for each that is not. An id that the list has already is a problem. Pure.
 */
void templates_parse(struct arena *a, const char *file, struct bytes text, struct json *list,
                     struct json *problems);

/* The files of a folder, kept until they change. Any thread. */
struct templates;
struct templates *templates_new(const char *folder);
void templates_free(struct templates *t); /* NULL is allowed */
/*
 * All of them, by file and place. *ret_news: the problems, a list of texts, when the folder was
 * read anew and there are any; else NULL. A folder that is not there has none.
 */
int templates_list(struct templates *t, struct arena *a, struct json **ret, struct json **ret_news,
                   struct err *e) must_check;
/* As everybody may see them: of the operator's variables only the names. */
struct json *templates_public(struct arena *a, const struct json *list);
/* NULL when there is none of that id. */
const struct json *templates_find(const struct json *list, const char *id);

/* What somebody makes of a template. */
struct template_use {
    const struct json *template_json;
    const struct json *variables; /* {name: text}, what the user fills in */
    const struct json *resources; /* [{id, amount}] as asked for, or NULL */
    const struct config_environment *env;
};
/*
 * The spec but for user_data; ${NAME} in an argument is what the user or the operator gave for it.
 * DEMAND_TEMPLATE_VALUE for a variable that is not to be set, that is missing or has not its form.
 */
int template_spec(struct arena *a, const struct template_use *use, struct demand_spec *ret,
                  struct err *e) must_check;
/* The resources with what the template requires: DEMAND_TEMPLATE_NEEDS. */
int template_resources(struct arena *a, const struct template_use *use, struct json **ret,
                       struct err *e) must_check;

#endif
