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

/* Measurements of memory and time mean nothing there. */
#if defined(__has_feature)
#define UNDER_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#else
#define UNDER_ASAN 0
#endif

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
