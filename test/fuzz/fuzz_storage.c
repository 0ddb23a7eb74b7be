/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "base/range.h"
#include "base/str.h"
#include "net/guard.h"
#include "storage/ftp.h"
#include "storage/s3_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct storage *storage(void)
{
    static struct storage *s;

    if (!s) {
        guard_set(&(struct guard_rules){.allow_private = true});
        s = storage_new(&(struct storage_options){.ipfs_gateway = "http://127.0.0.1",
                                                  .arweave_gateway = "http://127.0.0.1"});
    }
    return s;
}

/* A file object as strangers send it: checked, placed, and its request made. */
static void try_object(struct arena *a, const char *text, size_t n)
{
    struct storage_place p = {.append = "name.tar"};
    struct storage_target t;
    struct net_request r;
    struct json *file;
    struct err e;

    if (json_parse_most(a, text, n, 10000, &file, &e) < 0)
        return;
    p.file = file;
    p.userdata = json_get(file, "userdata");
    if (storage__locate(storage(), a, &p, &t, &e) < 0) {
        must(e.code == ERR_STORAGE && e.msg[0]);
        return;
    }
    r = storage__request(a, &t, t.method, "bytes=0-");
    must(r.url[0] && t.name);
    if (t.ops == &storage_s3)
        must(str_eq(r.headers[r.header_count - 1].name, "Authorization"));
    if (t.ftp)
        must(!strpbrk(t.ftp->user, "\r\n") && !strpbrk(t.ftp->password, "\r\n"));
}

/* What an S3 service answers. */
static void try_xml(struct arena *a, const char *text, size_t n)
{
    const char *id = s3__upload_id(a, text, n);
    const char *code = s3__error_code(a, text, n);

    must(!id || (id[0] && !strpbrk(id, "<>&\"' \r\n")));
    must(!strpbrk(code, "<>&\"' \r\n"));
}

static void try_ranges(const char *text)
{
    int64_t at = 0, n = 0, total = 0;

    if (range_parse(text, 1000, &at, &n) > 0)
        must(at >= 0 && n > 0 && at + n <= 1000);
    if (range_content_parse(text, &at, &n, &total))
        must(at >= 0 && n > 0 && (total < 0 || at + n <= total));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    struct ftp_url u;
    char *text;

    if (size > 100000)
        return 0;
    text = arena_strndup(a, (const char *)data, size);
    try_object(a, text, size);
    try_xml(a, text, size);
    try_ranges(text);
    if (ftp_url_parse(a, text, &u)) {
        must(u.host[0] && u.port > 0 && u.port < 65536 && !strpbrk(u.path, "\r\n"));
        must(str_starts(ftp_url_text(a, &u), "ftp"));
    }
    return 0;
}
