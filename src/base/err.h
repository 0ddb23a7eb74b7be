/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_ERR_H
#define ATOLL_BASE_ERR_H

#include <stdbool.h>

#include "base/attr.h"
#include "errors.gen.h" /* enum errcode and ERR_TEXT_*, made from api/errors.json */

/*
 * One shape of failure. A function that can fail takes a struct err as its last argument,
 * returns 0 on success and -1 on failure, and leaves *e untouched on success:
 *
 *     if (rpc_call(c, ..., e) < 0)
 *         return -1;
 *
 * Three classes, and only three:
 *   refused  the caller's fault; refused(e, NAME, ...) with the text of api/errors.json
 *   failed   the world's fault (network, disk, Docker, chain); failed(e, NAME, "...", ...)
 *   bug      ours; must(x) ends the process
 *
 * A struct err lives on the caller's stack; nothing on the error path allocates.
 */
struct err {
    enum errcode code;
    bool transient; /* the same call may succeed later (a time-out, a busy peer) */
    char msg[1024]; /* what a person reads: for refusals exactly the text on the wire */
};

/* Sets *e, returns -1. Texts that do not fit are cut at a character boundary. */
int err_set(struct err *e, enum errcode code, const char *fmt, ...) printf_like(3, 4);

/* Marks the error as worth trying again; returns -1, for `return err_transient(e);`. */
int err_transient(struct err *e);

/* Prepends context, "while doing X: " style; returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) printf_like(2, 3);

/* HTTP status of a code, from api/errors.json. */
int err_status(enum errcode code);

/* The code's name as in api/errors.json, for logs. Static storage. */
const char *err_name(enum errcode code);

/* Always -1, which compilers and analysers see here and not in err_set(). */
static inline int err_result(int minus_one)
{
    (void)minus_one;
    return -1;
}

/* refused(e, NAME, args...): the text comes from api/errors.json; its arguments are type-checked.
 */
#define refused(e, NAME, ...) err_result(err_set(e, ERR_##NAME, ERR_TEXT_##NAME, ##__VA_ARGS__))

/* failed(e, NAME, "format", args...): a reason of our own, for what no wire text covers. */
#define failed(e, NAME, ...) err_result(err_set(e, ERR_##NAME, __VA_ARGS__))

#endif
