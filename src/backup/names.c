/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backup/backup_int.h"
#include "base/str.h"

enum { HOST_MAX = 253, LOGIN_MAX = 32, PATH_LENGTH_MAX = 512 };

static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool names__plain(const char *s, size_t max)
{
    size_t i;

    if (!s || !is_lower(s[0]))
        return false;
    for (i = 0; s[i]; i++)
        if (i == max || (!is_lower(s[i]) && !strchr("._-", s[i])))
            return false;
    return true;
}

/* What may stand in ssh's configuration: no blank, no quote, no '%', no option. */
static bool is_word(const char *s, const char *others, size_t max)
{
    size_t i;

    if (!s || !*s || *s == '-')
        return false;
    for (i = 0; s[i]; i++)
        if (i == max || (!is_alnum(s[i]) && !strchr(others, s[i])))
            return false;
    return true;
}

/* It goes to the server as it is; only what no folder can be, or what restic reads otherwise. */
static bool is_path(const char *s)
{
    size_t i;

    if (!*s || *s == '~' || *s == '-' || strstr(s, "/../") || str_starts(s, "../") ||
        str_ends(s, "/..") || str_eq(s, ".."))
        return false;
    for (i = 0; s[i]; i++)
        if (i == PATH_LENGTH_MAX || (unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return false;
    return true;
}

int names__server(const struct backup_server *s, struct err *e)
{
    if (!names__plain(s->name, BACKUP_NAME_MAX))
        return failed(e, INVALID, "name: 1 to %d of a-z, 0-9, '.', '_' and '-'", BACKUP_NAME_MAX);
    if (!is_word(s->host, ".:-_", HOST_MAX))
        return failed(e, INVALID, "host: a host name or an address");
    if (s->port < 0 || s->port > 65535)
        return failed(e, INVALID, "port: 1 to 65535");
    if (s->user && !is_word(s->user, "._-", LOGIN_MAX))
        return failed(e, INVALID, "user: 1 to %d letters, digits, '.', '_' and '-'", LOGIN_MAX);
    if (s->path && !is_path(s->path))
        return failed(e, INVALID, "path: a folder on the server, without '..'");
    if (s->fingerprint && !str_starts(s->fingerprint, "SHA256:"))
        return failed(e, INVALID, "fingerprint: as `ssh-keygen -l` shows it, \"SHA256:...\"");
    return 0;
}
