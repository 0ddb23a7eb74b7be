/* SPDX-License-Identifier: Apache-2.0 */
#include "package/answers.h"
#include "package/render.h"
#include "package/store.h"

/* What is still being written. */

static int missing(struct err *e)
{
    return failed(e, FAILED, "packages are not there yet");
}
#define STUB(name, ...)                                                                            \
    int name(__VA_ARGS__)                                                                          \
    {                                                                                              \
        return missing(e);                                                                         \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"
STUB(packages_new, const struct packages_options *o, struct packages **ret, struct err *e)
STUB(packages_find, struct packages *ps, struct arena *a, const char *name, const char *version,
     struct package **ret, struct err *e)
STUB(packages_find_any, struct packages *ps, struct arena *a, const char *name, const char *version,
     struct package **ret, struct err *e)
STUB(packages_list, struct packages *ps, struct arena *a, struct package ***ret, size_t *ret_count,
     struct err *e)
STUB(packages_versions, struct packages *ps, struct arena *a, const char *name,
     struct package_texts *ret, struct err *e)
STUB(packages_add, struct packages *ps, const struct packages_add *add, struct arena *a,
     struct package **ret, struct err *e)
STUB(packages_remove, struct packages *ps, const char *name, struct err *e)
STUB(packages_start, struct packages *ps, const char *name, struct err *e)
STUB(packages_stop, struct packages *ps, const char *name, struct err *e)
STUB(packages_admin_json, struct packages *ps, struct arena *a, struct json **ret, struct err *e)
STUB(packages_set_server, struct packages *ps, const struct packages_server *change, struct err *e)
STUB(packages_hosts, struct packages *ps, struct arena *a, struct packages_host **ret,
     size_t *ret_count, struct err *e)
STUB(packages_file, struct packages *ps, struct arena *a, const char *name, const char *version,
     struct package_file *io, struct err *e)

void packages_free(struct packages *ps)
{
}
enum packages_gate packages_gate(struct packages *ps, const char *host, const char *group)
{
    return PACKAGES_FREE;
}
