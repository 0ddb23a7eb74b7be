/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_CLOCK_H
#define ATOLL_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The only place that asks for the time. */

/* Wall clock: milliseconds and whole seconds since 1970 (UTC). */
int64_t clock_ms(void);
int64_t clock_s(void);

/* Monotonic milliseconds and nanoseconds, for deadlines and durations. */
int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);

/* The wall clock when this machine was started. */
int64_t clock_boot_ms(void);

void clock_sleep_ms(int64_t ms);

enum { CLOCK_ISO_SIZE = 32 };
/* "2026-11-21T01:02:03.004Z" of a wall-clock time in ms; out has CLOCK_ISO_SIZE bytes. */
void clock_iso(int64_t ms, char *out);
/* The same without milliseconds: "2026-11-21T01:02:03Z". */
void clock_iso_s(int64_t seconds, char *out);

#endif
