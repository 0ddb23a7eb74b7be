/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_TEST_H
#define ATOLL_TEST_UNIT_TEST_H

/* cmocka wants these four first; every unit test includes this file before its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"

/* The call must succeed; otherwise its message is shown. */
#define ok(call, e)                                                                                \
    do {                                                                                           \
        if ((call) < 0)                                                                            \
            fail_msg("%s: %s", #call, (e).msg);                                                    \
    } while (0)

/* The call must fail with this code. */
#define err_is(call, e, NAME)                                                                      \
    do {                                                                                           \
        assert_int_equal((call), -1);                                                              \
        assert_string_equal(err_name((e).code), #NAME);                                            \
    } while (0)

#endif
