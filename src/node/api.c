/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

const struct api_command *api_command_find(const char *name)
{
    size_t i;

    for (i = 0; i < api_command_count; i++)
        if (str_eq(api_commands[i].name, name))
            return &api_commands[i];
    return NULL;
}

/* The next segment of a path; false at its end. */
static bool segment(const char **s, size_t *ret_len)
{
    if (**s == '/')
        (*s)++;
    *ret_len = strcspn(*s, "/");
    return *ret_len > 0;
}

static bool matches(const char *pattern, const char *path, struct api_param *ret, size_t *ret_count)
{
    size_t want;
    size_t have;

    *ret_count = 0;
    for (; segment(&pattern, &want); pattern += want) {
        bool optional = pattern[want - 1] == '?';

        if (!segment(&path, &have))
            return optional;
        if (*pattern == ':' && *ret_count < API_PARAMS_MAX)
            ret[(*ret_count)++] =
                (struct api_param){pattern + 1, want - 1 - (size_t)optional, path, have};
        else if (want != have || strncasecmp(pattern, path, want) != 0)
            return false;
        path += have;
    }
    return !segment(&path, &have);
}

const struct api_route *api_route_find(const char *method, const char *path,
                                       struct api_param *ret_params, size_t *ret_count)
{
    const struct api_route *open = NULL; /* one with a ":name" in the segment that differs */
    struct api_param params[API_PARAMS_MAX];
    size_t count;
    size_t i;

    for (i = 0; i < api_route_count; i++) {
        const struct api_route *r = &api_routes[i];

        if (!str_eq(r->method, method) || !matches(r->path, path, params, &count))
            continue;
        if (count == 0) { /* a route that names every segment comes first */
            *ret_count = 0;
            return r;
        }
        if (!open) {
            open = r;
            memcpy(ret_params, params, sizeof(params));
            *ret_count = count;
        }
    }
    return open;
}
