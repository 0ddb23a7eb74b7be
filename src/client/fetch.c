/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/str.h"
#include "client/client_int.h"

/* Files that come from the node: streamed to disk, whole or not at all. */

enum { CHUNK = 65536, ERROR_BODY_MAX = 4096, NAME_LEN_MAX = 200 };

/* The name in "attachment;filename=NAME", without anything that could leave the folder. */
static const char *safe_name(struct arena *a, const struct net_response *r)
{
    const char *header = net_header_get(r, "content-disposition");
    const char *name = header ? strstr(header, "filename=") : NULL;
    char *out;
    char *p;

    if (!name)
        return "download";
    out = arena_strndup(a, name + 9, strnlen(name + 9, NAME_LEN_MAX));
    if (*out == '"') {
        out++;
        out[strcspn(out, "\"")] = '\0';
    }
    for (p = out; *p; p++)
        if (*p == '/' || (unsigned char)*p < 0x20)
            *p = '_';
    return *out && !str_eq(out, ".") && !str_eq(out, "..") ? out : "download";
}

static int copy(struct stream *s, int fd, int64_t *ret_bytes, struct err *e)
{
    char chunk[CHUNK];
    int64_t total = 0;
    int64_t n;

    while ((n = stream_read(s, chunk, sizeof(chunk), e)) > 0) {
        if (fs_write_all(fd, chunk, (size_t)n, e) < 0)
            return -1;
        total += n;
    }
    *ret_bytes = total;
    return n < 0 ? -1 : 0;
}

/* An error answer's text, read to its end or its ceiling. */
static int refusal_of(struct stream *s, int status, struct err *e)
{
    _buf_ struct buf body = BUF_INIT(ERROR_BODY_MAX);
    char chunk[ERROR_BODY_MAX];
    struct err ignored;
    int64_t n;

    while (!body.full && (n = stream_read(s, chunk, sizeof(chunk), &ignored)) > 0)
        buf_add(&body, chunk, (size_t)n);
    return client__refusal(status, buf_str(&body), e);
}

int client__copy(struct client *c, const char *url, int fd, int64_t *ret_bytes,
                 struct net_response *ret, struct err *e)
{
    struct arena *a = c->arena;
    const struct net_request r = {.url = url, .timeout_ms = -1};
    _stream_ struct stream *s = NULL;

    if (net_open(c->net, a, &r, ret, &s, e) < 0)
        return err_wrap(e, "node");
    if (ret->status >= 400)
        return refusal_of(s, ret->status, e);
    return copy(s, fd, ret_bytes, e);
}

int client__fetch(struct client *c, const char *url, const char *folder, const char *name,
                  struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    const char *part = arena_printf(a, "%s/.atoll-XXXXXX", folder);
    char *temporary = arena_strdup(a, part);
    struct net_response response;
    const char *path;
    int64_t bytes;
    _close_ int fd = -1;

    if (fs_mkdirs(folder, 0777, e) < 0)
        return -1;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return failed(e, FAILED, "create a file in %s: %s", folder, strerror(errno));
    if (client__copy(c, url, fd, &bytes, &response, e) < 0) {
        (void)unlink(temporary);
        return -1;
    }
    path = arena_printf(a, "%s/%s", folder, name ? name : safe_name(a, &response));
    if (fchmod(fd, 0644) < 0 || rename(temporary, path) < 0) {
        (void)unlink(temporary);
        return failed(e, FAILED, "write %s: %s", path, strerror(errno));
    }
    *ret = json_new_object(a);
    json_set_str(a, *ret, "path", path);
    json_set_int(a, *ret, "bytes", bytes);
    return 0;
}
