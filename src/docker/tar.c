/* SPDX-License-Identifier: Apache-2.0 */
#include "docker/tar.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"

enum { BLOCK = 512, NAME_MAX_USTAR = 100, PATH_LIMIT = 4095, LINK_LIMIT = 511 };
#define OCTAL_SIZE_MAX ((INT64_C(1) << 33) - 1)

enum phase { PHASE_NEXT, PHASE_TEXT, PHASE_BODY, PHASE_END };

struct tar_writer {
    const struct tar_entry *entries;
    size_t count;
    size_t next; /* entry whose header comes next */
    enum phase phase;
    bool failed;
    struct err why;
    /* headers, long names and padding, made ahead and handed out */
    char text[BLOCK * 14];
    size_t text_len, text_at;
    const struct tar_entry *body; /* entry whose bytes follow the text, or NULL */
    int64_t body_at, body_size;
    int64_t mtime;
};

struct tar_head {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
    char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct tar_head) == BLOCK, "a ustar header is one block");

static void octal(char *out, size_t width, uint64_t v)
{
    out[--width] = '\0';
    while (width > 0) {
        out[--width] = (char)('0' + (v & 7));
        v >>= 3;
    }
}

static void put_size(struct tar_head *h, int64_t size)
{
    uint64_t v = (uint64_t)size;
    size_t i;

    if (size <= OCTAL_SIZE_MAX) {
        octal(h->size, sizeof(h->size), v);
        return;
    }
    for (i = sizeof(h->size); i-- > 0; v >>= 8)
        h->size[i] = (char)(v & 0xff);
    h->size[0] = (char)0x80;
}

static void put_head(struct tar_writer *w, const struct tar_entry *t, const char *name, char type,
                     int64_t size)
{
    struct tar_head h;
    const unsigned char *p = (const unsigned char *)&h;
    unsigned sum = 0;
    size_t i;
    size_t n = strlen(name);

    memset(&h, 0, sizeof(h));
    memcpy(h.name, name, n < NAME_MAX_USTAR ? n : NAME_MAX_USTAR);
    octal(h.mode, sizeof(h.mode), t->mode & 07777);
    octal(h.uid, sizeof(h.uid), t->uid);
    octal(h.gid, sizeof(h.gid), t->gid);
    put_size(&h, size);
    if (type == '1')
        memcpy(h.link, t->link, strnlen(t->link, sizeof(h.link)));
    octal(h.mtime, sizeof(h.mtime), (uint64_t)w->mtime);
    h.type = type;
    memcpy(h.magic, "ustar ", 6); /* GNU's form: its long names and sizes are used */
    memcpy(h.version, " ", 2);
    memset(h.sum, ' ', sizeof(h.sum));
    for (i = 0; i < sizeof(h); i++)
        sum += p[i];
    octal(h.sum, 7, sum);
    must(w->text_len + BLOCK <= sizeof(w->text));
    memcpy(w->text + w->text_len, &h, sizeof(h));
    w->text_len += BLOCK;
}

static void put_padding(struct tar_writer *w, int64_t size)
{
    size_t n = (size_t)((BLOCK - size % BLOCK) % BLOCK);

    must(w->text_len + n <= sizeof(w->text));
    memset(w->text + w->text_len, 0, n);
    w->text_len += n;
}

/* type 'L': of the entry that follows; 'K': of what it is a link to. */
static void put_long_name(struct tar_writer *w, const struct tar_entry *t, char type,
                          const char *name)
{
    int64_t n = (int64_t)strlen(name) + 1;

    put_head(w, t, "././@LongLink", type, n);
    memcpy(w->text + w->text_len, name, (size_t)n);
    w->text_len += (size_t)n;
    put_padding(w, n);
}

static char type_of(enum tar_kind kind)
{
    return kind == TAR_DIR ? '5' : kind == TAR_LINK ? '1' : '0';
}

static int check_paths(const struct tar_entry *t, struct err *e)
{
    if (strlen(t->path) > PATH_LIMIT || t->path[0] == '\0' || t->path[0] == '/')
        return failed(e, INVALID, "a path in an archive must be relative and below 4 KiB");
    if (t->kind == TAR_LINK && strlen(t->link) > LINK_LIMIT)
        return failed(e, INVALID, "a link in an archive must be below 512 bytes");
    return 0;
}

static int start_entry(struct tar_writer *w, struct err *e)
{
    const struct tar_entry *t = &w->entries[w->next];
    char name[PATH_LIMIT + 2];
    int64_t size = t->kind == TAR_MEMORY ? t->size : 0;

    w->next++;
    if (t->kind == TAR_LINK && !t->path[0])
        return 0;
    if (t->kind == TAR_READER && t->open(t->ctx, &size, e) < 0)
        return -1;
    if (check_paths(t, e) < 0)
        return -1;
    must(size >= 0);
    snprintf(name, sizeof(name), "%s%s", t->path, t->kind == TAR_DIR ? "/" : "");
    if (strlen(name) > NAME_MAX_USTAR)
        put_long_name(w, t, 'L', name);
    if (t->kind == TAR_LINK && strlen(t->link) > NAME_MAX_USTAR)
        put_long_name(w, t, 'K', t->link);
    put_head(w, t, name, type_of(t->kind), size);
    w->body = size > 0 || t->kind == TAR_READER ? t : NULL;
    w->body_at = 0;
    w->body_size = size;
    return 0;
}

/* Fills `text` with what comes next; the end of an archive is two empty blocks. */
static int advance(struct tar_writer *w, struct err *e)
{
    w->text_len = w->text_at = 0;
    if (w->next < w->count) {
        w->phase = PHASE_TEXT;
        return start_entry(w, e);
    }
    memset(w->text, 0, (size_t)BLOCK * 2);
    w->text_len = (size_t)BLOCK * 2;
    w->phase = PHASE_END;
    return 0;
}

static int64_t read_body(struct tar_writer *w, char *out, size_t cap, struct err *e)
{
    const struct tar_entry *t = w->body;
    int64_t left = w->body_size - w->body_at;
    int64_t n;
    char more;

    if ((int64_t)cap > left)
        cap = (size_t)left;
    if (t->kind == TAR_MEMORY) {
        memcpy(out, (const char *)t->data + w->body_at, cap);
        n = (int64_t)cap;
    } else {
        /* at the announced end one byte more is asked for: it must not be there */
        n = t->read(t->ctx, cap ? (void *)out : &more, cap ? cap : 1, e);
        if (n < 0)
            return -1;
        if (!cap != !n)
            return failed(e, FAILED, "%s is %s than the %lld bytes announced", t->path,
                          n ? "longer" : "shorter", (long long)w->body_size);
    }
    w->body_at += n;
    if (cap > 0 && (t->kind == TAR_READER || w->body_at < w->body_size))
        return n;
    w->body = NULL;
    w->text_len = w->text_at = 0;
    put_padding(w, w->body_size);
    return cap > 0 ? n : 0;
}

static int64_t read_some(struct tar_writer *w, char *out, size_t cap, struct err *e)
{
    for (;;) {
        size_t n = w->text_len - w->text_at;

        if (n > 0) {
            n = n < cap ? n : cap;
            memcpy(out, w->text + w->text_at, n);
            w->text_at += n;
            return (int64_t)n;
        }
        if (w->phase == PHASE_END)
            return 0;
        if (w->body) {
            int64_t got = read_body(w, out, cap, e);

            if (got != 0)
                return got;
        } else if (advance(w, e) < 0) {
            return -1;
        }
    }
}

int64_t tar_writer_read(struct tar_writer *w, void *out, size_t cap, struct err *e)
{
    int64_t n;

    if (w->failed) {
        *e = w->why;
        return -1;
    }
    n = read_some(w, out, cap, &w->why);
    if (n < 0) {
        w->failed = true;
        *e = w->why;
    }
    return n;
}

struct tar_writer *tar_writer_new(const struct tar_entry *entries, size_t count)
{
    struct tar_writer *w = xcalloc(1, sizeof(*w));

    w->entries = entries;
    w->count = count;
    w->mtime = clock_s();
    return w;
}

void tar_writer_free(struct tar_writer *w)
{
    free(w);
}

static int64_t source_read(void *ctx, void *out, size_t cap)
{
    struct err e;
    size_t at = 0;

    /* small pieces are gathered, so that a chunk of the request is worth its frame */
    while (at < cap) {
        int64_t n = tar_writer_read(ctx, (char *)out + at, cap - at, &e);

        if (n < 0)
            return -1;
        if (n == 0)
            break;
        at += (size_t)n;
    }
    return (int64_t)at;
}

struct net_source tar_writer_source(struct tar_writer *w)
{
    return (struct net_source){.read = source_read, .ctx = w, .size = -1};
}

int tar_writer_failed(const struct tar_writer *w, struct err *e)
{
    if (!w->failed)
        return 0;
    *e = w->why;
    return -1;
}
