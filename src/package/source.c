/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "crypto/random.h"
#include "package/store_int.h"

/* Where a package comes from: "/a/folder" of this machine, or "URL@COMMIT" of a git server. */

enum { SOURCE_MAX = 2048 };

/* A full hash, so that what is added today is what is added tomorrow. */
static bool is_commit(const char *s)
{
    size_t n = strlen(s);

    return (n == 40 || n == 64) && strspn(s, "0123456789abcdef") == n;
}

static bool is_url(const char *s)
{
    return strstr(s, "://") != NULL;
}

static int check_url(struct packages *ps, struct arena *a, const char *url, struct err *e)
{
    const char *normal;
    const char *why;

    if (ps->o.allow_file_urls && str_starts(url, "file:///") && package__is_absolute(url + 7))
        return 0;
    why = package__answer_giturl(a, url, &normal);
    return why ? refused(e, PACKAGE_SOURCE, arena_printf(a, "the address %s", why)) : 0;
}

static int from_git(struct packages *ps, struct arena *a, const char *source,
                    struct package_files *ret, struct err *e)
{
    const char *at = strrchr(source, '@');
    struct git_source g = {.allow_file = ps->o.allow_file_urls};
    uint8_t unique[8];
    struct err ignored;
    int rc;

    if (!at || !is_commit(at + 1))
        return refused(e, PACKAGE_SOURCE,
                       "write URL@COMMIT with the full hash of a commit (git rev-parse HEAD shows "
                       "it)");
    g.url = arena_strndup(a, source, (size_t)(at - source));
    g.commit = at + 1;
    if (check_url(ps, a, g.url, e) < 0)
        return -1;
    random_bytes(unique, sizeof(unique));
    g.work = arena_printf(a, "%s/packages/%s", ps->o.data_dir, hex_dup(a, unique, sizeof(unique)));
    rc = packages__git(a, &g, ret, e);
    if (fs_remove_tree(g.work, &ignored) < 0 && rc == 0)
        return failed(e, FAILED, "%s", ignored.msg);
    return rc;
}

int packages__source(struct packages *ps, struct arena *a, const char *source,
                     struct package_files *ret, struct err *e)
{
    if (strlen(source) > SOURCE_MAX || !package__is_clean(source, strlen(source), false))
        return refused(e, PACKAGE_SOURCE, "that is no path and no address");
    if (is_url(source))
        return from_git(ps, a, source, ret, e);
    if (!package__is_absolute(source))
        return refused(e, PACKAGE_SOURCE,
                       "a folder is given by its absolute path, a repository as URL@COMMIT");
    if (package_read_folder(a, source, ret, e) < 0)
        return e->code == ERR_NOT_FOUND ? refused(e, PACKAGE_SOURCE, arena_strdup(a, e->msg)) : -1;
    return 0;
}
