/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/must.h"
#include "docker/tar.h"
#include "test.h"

/* A file of `size` bytes that announces `announced`. */
struct made {
    int64_t announced, size, at;
};

static int made_open(void *ctx, int64_t *ret_size, struct err *e)
{
    struct made *m = ctx;

    (void)e;
    *ret_size = m->announced;
    return 0;
}

static int64_t made_read(void *ctx, void *out, size_t cap, struct err *e)
{
    struct made *m = ctx;
    int64_t n = m->size - m->at;
    int64_t i;

    (void)e;
    if (n > (int64_t)cap)
        n = (int64_t)cap;
    for (i = 0; i < n; i++)
        ((char *)out)[i] = (char)('a' + (m->at + i) % 26);
    m->at += n;
    return n;
}

/* Writes the archive to a file in pieces of `piece` bytes. */
static int write_tar(const char *path, const struct tar_entry *entries, size_t n, size_t piece,
                     struct err *e)
{
    struct tar_writer *w = tar_writer_new(entries, n);
    _free_ char *some = xmalloc(piece);
    int64_t got;
    _close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    while ((got = tar_writer_read(w, some, piece, e)) > 0)
        assert_int_equal(write(fd, some, (size_t)got), got);
    tar_writer_free(w);
    return (int)got;
}

static void run(const char *command)
{
    FILE *p = popen(command, "r");

    assert_non_null(p);
    while (fgetc(p) != EOF)
        ;
    assert_int_equal(pclose(p), 0);
}

static void test_read_back(void **state)
{
    static const size_t pieces[] = {1, 7, 511, 512, 513, 65536};
    _arena_ struct arena *a = arena_new();
    char dir[] = "/tmp/atoll-tar-XXXXXX";
    char longname[301];
    struct err e;
    size_t i;

    (void)state;
    assert_non_null(mkdtemp(dir));
    memset(longname, 'n', 300);
    longname[300] = '\0';
    memcpy(longname, "data/", 5);
    longname[200] = '/';
    for (i = 0; i < ARRAY_LEN(pieces); i++) {
        struct made m = {.announced = 1000001, .size = 1000001};
        struct made none = {0};
        const char *tar = arena_printf(a, "%s/a.tar", dir);
        const struct tar_entry entries[] = {
            {.path = "data", .kind = TAR_DIR, .mode = 0755, .uid = 1000, .gid = 1000},
            {.path = "data/text", .kind = TAR_MEMORY, .mode = 0640, .data = "hello\n", .size = 6},
            {.path = "data/empty", .kind = TAR_MEMORY, .mode = 0644},
            {.path = "data/none",
             .kind = TAR_READER,
             .mode = 0644,
             .open = made_open,
             .read = made_read,
             .ctx = &none},
            {.path = longname, .kind = TAR_MEMORY, .mode = 0600, .data = "far", .size = 3},
            {.path = "data/big",
             .kind = TAR_READER,
             .mode = 0600,
             .open = made_open,
             .read = made_read,
             .ctx = &m},
            {.path = "data/second/name", .kind = TAR_LINK, .mode = 0600, .link = "data/big"},
            {.path = "", .kind = TAR_LINK, .link = "data/big"}, /* is left out */
            {.path = "data/far", .kind = TAR_LINK, .mode = 0600, .link = longname},
        };
        struct bytes got;
        struct stat st;

        ok(write_tar(tar, entries, ARRAY_LEN(entries), pieces[i], &e), e);
        assert_int_equal(fs_size(tar) % 512, 0);
        run(arena_printf(a, "tar -C %s --no-same-owner -xf %s", dir, tar));
        ok(fs_read(a, arena_printf(a, "%s/data/text", dir), 100, &got, &e), e);
        assert_string_equal((const char *)got.p, "hello\n");
        assert_int_equal(fs_size(arena_printf(a, "%s/data/empty", dir)), 0);
        assert_int_equal(fs_size(arena_printf(a, "%s/data/none", dir)), 0);
        ok(fs_read(a, arena_printf(a, "%s/%s", dir, longname), 100, &got, &e), e);
        assert_string_equal((const char *)got.p, "far");
        ok(fs_read(a, arena_printf(a, "%s/data/big", dir), 2000000, &got, &e), e);
        assert_int_equal(got.n, 1000001);
        assert_int_equal(got.p[1000000], 'a' + 1000000 % 26);
        assert_int_equal(fs_size(arena_printf(a, "%s/data/second/name", dir)), 1000001);
        assert_int_equal(stat(arena_printf(a, "%s/data/big", dir), &st), 0);
        assert_int_equal(st.st_nlink, 2);
        ok(fs_read(a, arena_printf(a, "%s/data/far", dir), 100, &got, &e), e);
        assert_string_equal((const char *)got.p, "far");
        assert_int_equal(stat(arena_printf(a, "%s/data/text", dir), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
        ok(fs_remove_tree(arena_printf(a, "%s/data", dir), &e), e);
    }
    ok(fs_remove_tree(dir, &e), e);
}

static void test_lying_sizes(void **state)
{
    static const struct made lies[] = {{.announced = 10, .size = 9}, {.announced = 10, .size = 11}};
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(lies); i++) {
        struct made m = lies[i];
        const struct tar_entry entry = {
            .path = "x", .kind = TAR_READER, .open = made_open, .read = made_read, .ctx = &m};
        struct tar_writer *w = tar_writer_new(&entry, 1);
        struct net_source s = tar_writer_source(w);
        char some[4096];
        struct err e;

        ok(tar_writer_failed(w, &e), e);
        assert_int_equal(s.read(s.ctx, some, sizeof(some)), -1);
        err_is(tar_writer_failed(w, &e), e, FAILED);
        assert_non_null(strstr(e.msg, i ? "longer" : "shorter"));
        tar_writer_free(w);
    }
}

static void test_bad_paths(void **state)
{
    static const char *const paths[] = {"", "/etc/passwd"};
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(paths); i++) {
        const struct tar_entry entry = {.path = paths[i], .kind = TAR_DIR};
        struct tar_writer *w = tar_writer_new(&entry, 1);
        char some[512];
        struct err e;

        err_is((int)tar_writer_read(w, some, sizeof(some), &e), e, INVALID);
        tar_writer_free(w);
    }
}

/* 9 GiB: the size does not fit into eleven octal digits. */
static void test_huge_size(void **state)
{
    struct made m = {.announced = INT64_C(9) << 30};
    const struct tar_entry entry = {
        .path = "x", .kind = TAR_READER, .open = made_open, .read = made_read, .ctx = &m};
    struct tar_writer *w = tar_writer_new(&entry, 1);
    unsigned char head[512];
    struct err e;

    (void)state;
    assert_int_equal(tar_writer_read(w, head, sizeof(head), &e), 512);
    assert_memory_equal(head + 124, "\x80\0\0\0\0\0\0\x02\x40\0\0\0", 12);
    tar_writer_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_lying_sizes),
        cmocka_unit_test(test_bad_paths),
        cmocka_unit_test(test_huge_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
