/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_UNIT_TEST_H
#define ATOLL_TEST_UNIT_TEST_H

/* cmocka wants these four first; every unit test includes this file before its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"

/* HOST:PORT of a registry that has the image bb:1; `make test` starts one. NULL: there is none. */
static inline const char *test_registry(void)
{
    return getenv("ATOLL_TEST_REGISTRY");
}

/* For main(): nothing in this program can run here. */
static inline int test_skip(const char *why)
{
    printf("1..0 # SKIP %s\n", why);
    return 0;
}

/* Measurements of memory and time mean nothing there. */
#if defined(__has_feature)
#define UNDER_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#else
#define UNDER_ASAN 0
#endif

/* What this thread has computed: a limit in it holds on a busy machine, too. */
static inline int64_t test_cpu_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

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
