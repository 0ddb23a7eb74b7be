/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "docker/untar.h"
#include "test.h"

/* Archives that GNU tar and Python's tarfile have made, and damaged ones. */

struct text {
    const uint8_t *p;
    size_t n, at, piece;
};

static int64_t text_read(void *ctx, void *out, size_t cap, struct err *e)
{
    struct text *t = ctx;
    size_t n = t->n - t->at;

    (void)e;
    n = n < cap ? n : cap;
    n = n < t->piece ? n : t->piece;
    memcpy(out, t->p + t->at, n);
    t->at += n;
    return (int64_t)n;
}

/* "d a/;f a/b 3 abc;" of an archive; files longer than 20 bytes without content. */
static int list(struct bytes b, size_t piece, struct buf *out, struct err *e)
{
    struct text t = {b.p, b.n, 0, piece};
    struct untar *u = untar_new(text_read, &t);
    struct untar_entry entry;
    int r;

    while ((r = untar_next(u, &entry, e)) > 0) {
        char some[21];
        int64_t n = 0;

        buf_printf(out, "%c %s", "fdo"[entry.kind], entry.path);
        if (entry.kind == UNTAR_FILE)
            buf_printf(out, " %lld ", (long long)entry.size);
        if (entry.size <= 20)
            while ((n = untar_read(u, some, sizeof(some), e)) > 0)
                buf_add(out, some, (size_t)n);
        if (n < 0)
            break;
        buf_putc(out, ';');
    }
    untar_free(u);
    return r;
}

static void run(const char *command)
{
    FILE *p = popen(command, "r");

    assert_non_null(p);
    while (fgetc(p) != EOF)
        ;
    assert_int_equal(pclose(p), 0);
}

#define LONG "long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-x"
static const char long_name[] = "a/" LONG "/" LONG;

static int setup(void **state)
{
    char *dir = strdup("/tmp/atoll-untar-XXXXXX");
    _arena_ struct arena *a = arena_new();
    struct err e;

    assert_non_null(mkdtemp(dir));
    ok(fs_mkdirs(arena_printf(a, "%s/a", dir), 0755, &e), e);
    ok(fs_write(arena_printf(a, "%s/a/b", dir), "abc", 3, 0644, &e), e);
    ok(fs_write(arena_printf(a, "%s/a/block", dir), arena_calloc(a, 1, 512), 512, 0644, &e), e);
    ok(fs_write(arena_printf(a, "%s/a/e", dir), "", 0, 0644, &e), e);
    ok(fs_mkdirs(arena_printf(a, "%s/a/" LONG, dir), 0755, &e), e);
    ok(fs_write(arena_printf(a, "%s/%s", dir, long_name), "far", 3, 0644, &e), e);
    ok(fs_write(arena_printf(a, "%s/a/\xc3\xbc", dir), "umlaut", 6, 0644, &e), e);
    assert_int_equal(symlink("b", arena_printf(a, "%s/a/s", dir)), 0);
    *state = dir;
    return 0;
}

static int teardown(void **state)
{
    struct err e;

    ok(fs_remove_tree(*state, &e), e);
    free(*state);
    return 0;
}

static void test_formats(void **state)
{
    static const char *const formats[] = {"ustar", "gnu", "oldgnu", "pax", "posix"};
    static const size_t pieces[] = {1, 100, 512, 65536};
    _arena_ struct arena *a = arena_new();
    const char *want = arena_printf(a,
                                    "d a/;f a/b 3 abc;f a/block 512 ;f a/e 0 ;d a/" LONG
                                    "/;f %s 3 far;o a/s;f a/\xc3\xbc 6 umlaut;",
                                    long_name);
    size_t i, k;

    for (i = 0; i < ARRAY_LEN(formats); i++) {
        const char *tar = arena_printf(a, "%s/x.tar", (char *)*state);
        struct bytes b;
        struct err e;

        run(arena_printf(a, "cd %s && tar --sort=name --format=%s -cf x.tar a 2>&1", (char *)*state,
                         formats[i]));
        ok(fs_read(a, tar, 1 << 20, &b, &e), e);
        for (k = 0; k < ARRAY_LEN(pieces); k++) {
            _buf_ struct buf out = BUF_INIT(65536);

            ok(list(b, pieces[k], &out, &e), e);
            if (!str_eq(buf_str(&out), want))
                fail_msg("%s: got %s, want %s", formats[i], buf_str(&out), want);
        }
    }
}

static void test_cut(void **state) /* whatever is missing, it is told, never made up */
{
    _arena_ struct arena *a = arena_new();
    struct bytes b, part;
    struct err e;
    size_t n;

    run(arena_printf(a, "cd %s && tar --format=pax -cf x.tar a", (char *)*state));
    ok(fs_read(a, arena_printf(a, "%s/x.tar", (char *)*state), 1 << 20, &b, &e), e);
    for (n = 0; n < b.n && n < 9000; n += 97) {
        _buf_ struct buf out = BUF_INIT(65536);

        part = (struct bytes){b.p, n};
        if (list(part, 4096, &out, &e) < 0)
            assert_int_equal(e.code, ERR_INVALID);
    }
}

static void test_damaged(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct bytes b;
    struct err e;
    size_t i;

    run(arena_printf(a, "cd %s && tar --format=gnu -cf x.tar a/b", (char *)*state));
    ok(fs_read(a, arena_printf(a, "%s/x.tar", (char *)*state), 1 << 20, &b, &e), e);
    for (i = 0; i < 512; i += 5) {
        _buf_ struct buf out = BUF_INIT(65536);
        uint8_t *copy = arena_memdup(a, b.p, b.n);

        if (i == 155) /* behind the checksum's end */
            continue;
        copy[i] ^= 0x55;
        err_is(list((struct bytes){copy, b.n}, 4096, &out, &e), e, INVALID);
    }
}

static void
test_python(void **state) /* sizes and names as pax records, of somebody else's making */
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf out = BUF_INIT(65536);
    struct bytes b;
    struct err e;

    run(arena_printf(
        a,
        "cd %s && python3 -c \""
        "import tarfile, io\n"
        "t = tarfile.open('p.tar', 'w', format=tarfile.PAX_FORMAT)\n"
        "i = tarfile.TarInfo('outputs/x' * 30); i.size = 3\n"
        "i.pax_headers = {'comment': 'hi', 'size': '3'}\n"
        "t.addfile(i, io.BytesIO(b'abc'))\n"
        "i = tarfile.TarInfo('h'); i.type = tarfile.LNKTYPE; i.linkname = 'x'; i.size = "
        "900\n"
        "t.addfile(i)\n"
        "i = tarfile.TarInfo('dev'); i.type = tarfile.CHRTYPE\n"
        "t.addfile(i)\n"
        "t.close()\"",
        (char *)*state));
    ok(fs_read(a, arena_printf(a, "%s/p.tar", (char *)*state), 1 << 20, &b, &e), e);
    ok(list(b, 4096, &out, &e), e);
    assert_non_null(strstr(buf_str(&out), "outputs/x 3 abc;o h;o dev;"));
}

#define each(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {each(test_formats), each(test_cut), each(test_damaged),
                                       each(test_python)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
