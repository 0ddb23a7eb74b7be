/* SPDX-License-Identifier: Apache-2.0 */
#include "config/env.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/str.h"

const char *env_get(const char *name)
{
    const char *v = getenv(name);

    return v && *v ? v : NULL;
}

const char *env_line(struct arena *a, const char *name)
{
    const char *v = env_get(name);

    if (!v)
        v = str_eq(name, "PATH") ? "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" : "";
    return arena_printf(a, "%s=%s", name, v);
}
