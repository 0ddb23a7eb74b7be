/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_PACKAGE_PACKAGE_INT_H
#define ATOLL_PACKAGE_PACKAGE_INT_H

#include "json/toml.h"
#include "package/answers.h"
#include "package/package.h"
#include "package/render.h"

/* What the files of this folder share; nobody else includes it. */

/* --- read.c: package.toml, key by key --- */

/* One package.toml that is being read. */
struct reader {
    struct arena *a;
    const char *file; /* for messages: "wiki/package.toml" */
    const struct package_files *files;
    struct package_rules rules;
    struct package *p; /* what has been read */
    struct err *e;
};

/* A text's ceiling and what it may hold. */
struct text_rule {
    size_t max; /* bytes */
    bool lines; /* line ends and tabs are fine */
    bool empty; /* "" is fine */
};

/* PACKAGE_INVALID "file:line: ..."; `at` is the value that is wrong. Returns -1. */
int package__bad(struct reader *r, const struct json *at, const char *fmt, ...) printf_like(3, 4);
/* Every member of the table is one of `known` (words with single blanks); `what` names the table.
 */
int package__keys(struct reader *r, const struct json *table, const char *what, const char *known)
    must_check;
/* The table has this key. */
int package__need(struct reader *r, const struct json *table, const char *what, const char *key)
    must_check;

/* Each leaves *ret untouched when the key is absent, and refuses a value of another type. */
int package__text(struct reader *r, const struct json *table, const char *key,
                  const struct text_rule *rule, const char **ret) must_check;
int package__line(struct reader *r, const struct json *table, const char *key, const char **ret)
    must_check; /* a text of one line, PACKAGE_TEXT_MAX */
int package__name(struct reader *r, const struct json *table, const char *key, const char **ret)
    must_check; /* a-z 0-9 _ -, a letter first */
int package__bool(struct reader *r, const struct json *table, const char *key, bool *ret)
    must_check;
struct int_rule {
    int64_t min;
    int64_t max;
};
int package__int(struct reader *r, const struct json *table, const char *key,
                 const struct int_rule *rule, int64_t *ret) must_check;
/* "512 MiB", "2 GiB": whole MiB. */
int package__mib(struct reader *r, const struct json *table, const char *key, int64_t *ret)
    must_check;
/* A list of texts of one line each. */
int package__texts(struct reader *r, const struct json *table, const char *key, size_t max_each,
                   struct package_texts *ret) must_check;
/* A list of tables, at most max; NULL when absent. */
int package__tables(struct reader *r, const struct json *table, const char *key, size_t max,
                    const struct json **ret) must_check;
/* {NAME = "value"} as variables of a process. */
int package__env(struct reader *r, const struct json *table, const char *key,
                 struct package_env **ret, size_t *ret_count) must_check;
/* A second one of a list has the name of an earlier one. */
int package__twice(struct reader *r, const struct json *at, const char *what, const char *name);

bool package__is_name(const char *s);
/* NAME of a variable: letters, digits, '_', no digit first. */
bool package__is_variable(const char *s);
/* Relative, with '/', no empty part, no "." and "..". */
bool package__is_inside(const char *path);
/* Absolute, no empty part, no "." and "..", not "/". */
bool package__is_absolute(const char *path);
/* A host name of two labels or more, lower or upper case. */
bool package__is_domain(const char *s);
/* The name of an image, by its letters; nothing a command line would take as an option. */
bool package__is_image(const char *s);
bool package__is_email(const char *s);
/* No control characters (unless line ends and tabs are fine), no escape sequences of terminals,
 * no direction marks that make a text read otherwise than it is; UTF-8. */
bool package__is_clean(const char *s, size_t len, bool lines);
/* NULL when none of that path. */
const struct package_file *package__file(const struct package_files *files, const char *path);

/* --- the parts of package.toml --- */
int package__read_questions(struct reader *r, const struct json *root) must_check;
int package__read_containers(struct reader *r, const struct json *root) must_check;
int package__read_health(struct reader *r, const struct json *container, struct package_health *ret)
    must_check;
int package__read_files(struct reader *r, const struct json *container,
                        struct package_container *ret) must_check;
int package__read_extras(struct reader *r, const struct json *root) must_check;  /* extras.c */
int package__read_outside(struct reader *r, const struct json *root) must_check; /* outside.c */
/* What is wrong with a server's domain, e-mail or includes; NULL: nothing. */
const char *package__server_fault(const struct package_server *s);
/* What only makes sense together; sorts the containers. `root` for the lines. */
int package__check(struct reader *r, const struct json *root) must_check;
/* "name@sha256:..." or what the rules allow; `at` for the line. */
int package__check_image(struct reader *r, const struct json *at, const char *image) must_check;

/* --- expand.c --- */

/* One piece of a text: `kind` NULL is plain text, else ${kind.name} or ${kind} (name ""). */
struct piece {
    const char *text; /* of plain text; otherwise the whole ${...} */
    size_t len;
    const char *kind;
    const char *name;
};
/* Takes the next piece off *rest: 1 = there is one, 0 = the end, -1: a "${" that does not end. */
int package__piece(struct arena *a, const char **rest, struct piece *ret);

/* --- answers --- */

/* One answer in its normal form. NULL when it is fine, else what is wrong with it. */
const char *package__answer(struct arena *a, const struct package *p,
                            const struct package_question *q, const struct json *value,
                            int64_t now_ms, struct json **ret);
/* The rules for single texts (answers_text.c); the same answers. */
const char *package__answer_text(struct arena *a, const struct package_question *q,
                                 const struct json *value, struct json **ret);
const char *package__answer_domain(struct arena *a, const char *text, const char **ret);
const char *package__answer_sshkeys(struct arena *a, const char *text, const char **ret);
const char *package__answer_giturl(struct arena *a, const char *text, const char **ret);
const char *package__answer_file(struct arena *a, const struct package_question *q,
                                 const struct json *value, struct json **ret);

/* What an answer is as a text: in ${answer.X}, and against `when`. "" when absent. */
const char *package__answer_as_text(struct arena *a, const struct json *value);

#endif
