/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "docker/tar.h"
#include "service/service_int.h"

/*
 * A fresh volume belongs to root, unless the image has something at its place; a container whose
 * user is somebody else could not write to it. So the place gets the container's owner before the
 * first start. One that has an owner, a restored one too, is left alone.
 */

enum { BLOCK = 512, HEADERS_MAX = 8, MODE_AT = 100, UID_AT = 108, SIZE_AT = 124, TYPE_AT = 156 };

/* "101:101", or "101"; false for root and for names. */
static bool parse_user(struct arena *a, const char *user, uint64_t *ret_uid, uint64_t *ret_gid)
{
    const char *rest = user ? user : "";
    const char *uid = str_next(a, &rest, ':');
    const char *gid = str_next(a, &rest, ':');

    if (!uid || !str_u64(uid, UINT32_MAX, ret_uid) || *ret_uid == 0)
        return false;
    *ret_gid = *ret_uid;
    return !gid || str_u64(gid, UINT32_MAX, ret_gid);
}

static unsigned long number(const char *block, size_t at, size_t n)
{
    char text[16] = {0};

    memcpy(text, block + at, n);
    return strtoul(text, NULL, 8);
}

static int read_block(struct stream *s, char block[BLOCK], struct err *e)
{
    size_t n = 0;

    while (n < BLOCK) {
        int64_t got = stream_read(s, block + n, BLOCK - n, e);

        if (got < 0)
            return -1;
        if (got == 0)
            return failed(e, FAILED, "the engine's archive ends early");
        n += (size_t)got;
    }
    return 0;
}

/* The first entry of the place's archive is the place itself; what it holds is not read. */
static int look(struct live *l, const char *id, const char *path, unsigned long *ret_uid,
                unsigned long *ret_mode, struct err *e)
{
    _stream_ struct stream *s = NULL;
    char block[BLOCK];
    unsigned long left;
    int i;

    if (docker_archive_get(l->engine->docker, id, path, &s, e) < 0)
        return -1;
    for (i = 0; i < HEADERS_MAX; i++) {
        if (read_block(s, block, e) < 0)
            return -1;
        if (block[TYPE_AT] != 'x' && block[TYPE_AT] != 'g') {
            *ret_uid = number(block, UID_AT, 8);
            *ret_mode = number(block, MODE_AT, 8) & 07777;
            return 0;
        }
        for (left = (number(block, SIZE_AT, 12) + BLOCK - 1) / BLOCK; left > 0; left--)
            if (read_block(s, block, e) < 0)
                return -1;
    }
    return failed(e, FAILED, "the engine's archive of %s is strange", path);
}

/*
 * The entry "." would be passed over by the engine, and the folder above may be read-only; so the
 * place names itself from within.
 */
static int give(struct live *l, const char *id, const char *path, struct tar_entry *owner,
                struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct tar_writer *w;
    struct net_source tar;
    int r;

    owner->path = arena_printf(a, "..%s", strrchr(path, '/'));
    w = tar_writer_new(owner, 1);
    tar = tar_writer_source(w);
    r = docker_archive_put(l->engine->docker, id, path, &tar, e);
    tar_writer_free(w);
    return r;
}

int owner__give_volumes(struct live *l, const struct package_container *c, const char *id,
                        struct err *e)
{
    _arena_ struct arena *a = arena_new();
    uint64_t uid, gid;
    size_t i;

    if (!parse_user(a, c->user, &uid, &gid))
        return 0;
    for (i = 0; i < c->volume_count; i++) {
        struct tar_entry owner = {.kind = TAR_DIR, .uid = (unsigned)uid, .gid = (unsigned)gid};
        unsigned long had, mode;

        if (c->volumes[i].read_only)
            continue;
        if (look(l, id, c->volumes[i].path, &had, &mode, e) < 0)
            return err_wrap(e, "volume %s", c->volumes[i].name);
        owner.mode = (unsigned)mode;
        if (had == 0 && give(l, id, c->volumes[i].path, &owner, e) < 0)
            return err_wrap(e, "volume %s", c->volumes[i].name);
    }
    return 0;
}
