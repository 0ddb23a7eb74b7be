/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_PACKAGE_ANSWERS_H
#define ATOLL_PACKAGE_ANSWERS_H

#include "package/package.h"

/*
 * Whether what somebody answered may be believed. Pure: the package, the answers and the time in,
 * normal answers or errors out; no I/O, any thread. Whoever asks does not matter and is not known:
 * whether a name is free or a pool is the person's is asked elsewhere.
 *
 * Every package asks the standard questions too: "name" (step "name"), and "size", "pool" and
 * "ends" (step "size"), which stand among package.questions like the package's own.
 */

enum {
    ANSWERS_MAX = 1 << 20,      /* bytes of all answers together */
    ANSWER_FILE_MAX = 256 << 10 /* of a file, decoded, whatever the package says */
};

struct answers_ask {
    const struct package *package;
    const char *step;         /* only the questions of this step; NULL: all of them */
    const struct json *known; /* normal answers of earlier steps, for `when`; may be NULL */
    int64_t now_ms;           /* wall clock, for datetimes */
};

/*
 * answers is an object {question: value}. *ret_normal gets the accepted answers in their normal
 * form, defaults filled in, questions that are not asked left out; *ret_errors gets {question:
 * text} and is empty when everything is right. A member that is no question of the step is an
 * error as well. INVALID when `answers` is no object, TOO_LARGE beyond ANSWERS_MAX.
 *
 * Normal forms: texts without control characters (text: with line ends), trimmed at the ends;
 * int, number, datetime: a JSON number; bool, confirm: true or false; multi: options in the
 * package's order; duration: as written, single blanks; domain and git URL: host in lower case;
 * sshkey: one key a line; a question that needs no answer and got none is absent.
 */
int answers_check(struct arena *a, const struct answers_ask *ask, const struct json *answers,
                  struct json **ret_normal, struct json **ret_errors, struct err *e) must_check;

/* Whether a question is asked, given the normal answers so far. */
bool answers_asked(const struct package *p, const struct package_question *q,
                   const struct json *normal);

/* The answers without those that are secret: what may be shown and logged. */
struct json *answers_shown(struct arena *a, const struct package *p, const struct json *normal);

/* [{label, value}] for a review, in the order of the questions, as a person reads it; no secrets.
 */
struct json *answers_review(struct arena *a, const struct package *p, const struct json *normal);

/* "1Y 2M 1w 3d 4h" (a year is 365 days, a month 30), each unit once, in this order; seconds. */
bool answers_duration(const char *text, int64_t *ret_s);

/* The rule for names of deployments, which become host names: 2..32 of a-z 0-9 and single '-',
 * a letter first, no '-' last. */
bool answers_is_name(const char *text);

#endif
