/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "storage/buckets.h"
#include "test.h"

/* Buckets: names, rows, files whole or not at all, ceilings, links, what a crash leaves behind. */

struct fixture {
    char dir[32];
    struct store *store;
    struct buckets *buckets;
    struct arena *arena;
    struct addr owner;
    struct bucket bucket;
};

static const struct buckets_options small = {
    .file_max = 1000, .bucket_max = 2500, .files_max = 4, .per_owner_max = 3};

static struct bucket new_bucket(struct fixture *f, const char *lists, const char *label)
{
    struct bucket b = {.owner = f->owner, .label = label};
    struct json *v;
    struct err e;

    ok(json_parse(f->arena, lists, strlen(lists), &v, &e), e);
    b.lists = v;
    ok(bucket_create(f->buckets, f->arena, &b, &e), e);
    return b;
}

static void open_buckets(struct fixture *f)
{
    struct buckets_options o = small;
    struct err e;

    o.store = f->store;
    o.folder = arena_printf(f->arena, "%s/files", f->dir);
    ok(buckets_open(&o, &f->buckets, &e), e);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct err e;

    strcpy(f->dir, "/tmp/bucketsXXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_new();
    memset(f->owner.b, 0x11, sizeof(f->owner.b));
    ok(store_open(f->dir, &f->store, &e), e);
    open_buckets(f);
    f->bucket = new_bucket(f, "[]", NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct err e;

    buckets_close(f->buckets);
    store_close(f->store);
    ok(fs_remove_tree(f->dir, &e), e);
    arena_free(f->arena);
    free(f);
    return 0;
}

/* --- helpers --- */

static const char *path_of(struct fixture *f, const char *name)
{
    return arena_printf(f->arena, "%s/files/buckets/%s/%s", f->dir, f->bucket.id, name);
}

static size_t entries(const char *path)
{
    DIR *d = opendir(path);
    const struct dirent *entry;
    size_t n = 0;

    assert_non_null(d);
    while ((entry = readdir(d)))
        n += entry->d_name[0] != '.';
    closedir(d);
    return n;
}

static size_t temp_files(struct fixture *f)
{
    return entries(arena_printf(f->arena, "%s/files/uploads", f->dir));
}

static int put_file(struct fixture *f, const char *name, size_t n, char fill, struct err *e)
{
    struct bucket_upload *u;
    struct bucket_file file;
    char bytes[4096];

    assert_true(n <= sizeof(bytes));
    memset(bytes, fill, sizeof(bytes));
    if (bucket_upload_begin(f->buckets, &f->bucket, name, -1, &u, e) < 0)
        return -1;
    if (bucket_upload_write(u, bytes, n, e) < 0) {
        bucket_upload_drop(u);
        return -1;
    }
    if (bucket_upload_commit(u, f->arena, &file, e) < 0)
        return -1;
    assert_string_equal(file.name, name);
    assert_int_equal(file.size, n);
    assert_true(file.modified_ns > 0);
    return 0;
}

/* Whether the file is n times `fill`. */
static bool is_file(struct fixture *f, const char *name, size_t n, char fill)
{
    struct bucket_file file;
    char bytes[4096];
    struct err e;
    size_t i;
    int fd;

    if (bucket_file_open(f->buckets, &f->bucket, name, &fd, &file, &e) < 0)
        return false;
    assert_int_equal(read(fd, bytes, sizeof(bytes)), n);
    close(fd);
    for (i = 0; i < n; i++)
        if (bytes[i] != fill)
            return false;
    return file.size == (int64_t)n;
}

/* "a,b": the names in the bucket. */
static const char *names(struct fixture *f)
{
    struct bucket_file *file = NULL;
    const char *text = "";
    struct err e;
    size_t n, i;

    ok(bucket_files(f->buckets, f->arena, &f->bucket, &file, &n, &e), e);
    for (i = 0; i < n; i++)
        text = arena_printf(f->arena, "%s%s%s", text, i ? "," : "", file[i].name);
    return text;
}

/* --- names --- */

static void test_names(void **state)
{
    static const char *const good[] = {"a", "data.csv", ".hidden", "...",  "a b",   "ü.txt", "日本",
                                       "😀", "a:b",      "-rf",     "$(x)", "a'\"b", "~"};
    static const char *const bad[] = {
        "",     ".",        "..",           "a/b",      "/",
        "a\\b", "a\nb",     "\x7f",         "\x01",     "\xc2\x85",
        "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80"};
    char longest[258];
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(good); i++)
        if (!bucket_is_name(good[i]))
            fail_msg("%s is a name", good[i]);
    for (i = 0; i < ARRAY_LEN(bad); i++)
        if (bucket_is_name(bad[i]))
            fail_msg("%s is no name", bad[i]);
    memset(longest, 'a', sizeof(longest));
    longest[255] = '\0';
    assert_true(bucket_is_name(longest));
    longest[255] = 'a';
    longest[256] = '\0';
    assert_false(bucket_is_name(longest));
}

static void test_ids(void **state)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "../../etc",
                                      "11111111-1111-1111-8111-111111111111",
                                      "11111111-1111-4111-c111-111111111111",
                                      "11111111-1111-4111-8111-11111111111",
                                      "11111111-1111-4111-8111-1111111111111",
                                      "11111111-1111-4111-8111-11111111111g",
                                      "11111111x1111-4111-8111-111111111111"};
    struct fixture *f = *state;
    struct bucket b;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(bad); i++)
        err_is(bucket_find(f->buckets, f->arena, bad[i], &b, &e), e, BUCKET_ID);
    err_is(bucket_find(f->buckets, f->arena, "11111111-1111-4111-8111-111111111111", &b, &e), e,
           BUCKET_UNKNOWN);
    assert_true(bucket_is_id(f->bucket.id));
    for (i = 0; f->bucket.id[i]; i++)
        if (f->bucket.id[i] >= 'a' && f->bucket.id[i] <= 'f')
            f->bucket.id[i] = (char)(f->bucket.id[i] - 'a' + 'A');
    ok(bucket_find(f->buckets, f->arena, f->bucket.id, &b, &e), e);
    assert_string_equal(b.id, str_lower(f->arena, f->bucket.id));
}

/* --- rows --- */

#define LIST "0x2222222222222222222222222222222222222222"

static void test_rows(void **state)
{
    static const char lists[] = "[{\"1\":[\"" LIST "\"],\"8996\":[]},{}]";
    struct fixture *f = *state;
    struct bucket *list = NULL;
    struct bucket b, made = new_bucket(f, lists, "  my data\n");
    struct addr other = {{5}};
    struct err e;
    size_t n;

    assert_string_equal(made.label, "my data");
    assert_true(f->bucket.label && strchr(f->bucket.label, '-'));
    ok(bucket_find(f->buckets, f->arena, made.id, &b, &e), e);
    assert_string_equal(json_text(f->arena, b.lists), lists);
    assert_true(addr_eq(&b.owner, &f->owner));
    assert_true(b.created > 1700000000);
    ok(bucket_list(f->buckets, f->arena, &f->owner, &list, &n, &e), e);
    assert_int_equal(n, 2);
    ok(bucket_list(f->buckets, f->arena, &other, &list, &n, &e), e);
    assert_int_equal(n, 0);
    ok(bucket_set_label(f->buckets, f->arena, &made, " x ", &e), e);
    assert_string_equal(made.label, "x");
    ok(bucket_set_label(f->buckets, f->arena, &made, " ", &e), e);
    ok(bucket_find(f->buckets, f->arena, made.id, &b, &e), e);
    assert_null(b.label);
    new_bucket(f, "[]", NULL);
    err_is(bucket_create(f->buckets, f->arena, &made, &e), e, BUCKET_COUNT);
    assert_string_equal(e.msg, "An account may own at most 3 buckets on this node");
    assert_int_equal(entries(arena_printf(f->arena, "%s/files/buckets", f->dir)), 3);
}

static void test_refused_rows(void **state)
{
    static const char *const bad[] = {"{}",
                                      "[1]",
                                      "[\"" LIST "\"]",
                                      "[{\"x\":[]}]",
                                      "[{\"1\":\"" LIST "\"}]",
                                      "[{\"1\":[\"0x1\"]}]",
                                      "[{\"1\":[null]}]",
                                      "[null]",
                                      "null"};
    struct fixture *f = *state;
    _buf_ struct buf many = BUF_INIT(100000);
    struct bucket b = {.owner = f->owner};
    char label[1100] = "";
    struct json *v;
    struct err e;
    size_t i;

    for (i = 0; i < ARRAY_LEN(bad); i++) {
        ok(json_parse(f->arena, bad[i], strlen(bad[i]), &v, &e), e);
        b.lists = v;
        err_is(bucket_create(f->buckets, f->arena, &b, &e), e, BUCKET_LISTS);
    }
    buf_puts(&many, "[{\"1\":[");
    for (i = 0; i < 64; i++)
        buf_printf(&many, "%s\"" LIST "\"", i ? "," : "");
    buf_puts(&many, "]}]");
    ok(json_parse(f->arena, buf_str(&many), many.len, &v, &e), e);
    b.lists = v;
    err_is(bucket_create(f->buckets, f->arena, &b, &e), e, BUCKET_LISTS_MANY);
    b.lists = json_new_array(f->arena);
    for (i = 0; i < 256; i++)
        strcat(label, "ü");
    b.label = label;
    ok(bucket_create(f->buckets, f->arena, &b, &e), e);
    strcat(label, "x");
    err_is(bucket_set_label(f->buckets, f->arena, &b, label, &e), e, BUCKET_LABEL_LONG);
    label[0] = '\0';
    for (i = 0; i < 129; i++) /* two units each, as JavaScript counts */
        strcat(label, "😀");
    err_is(bucket_set_label(f->buckets, f->arena, &b, label, &e), e, BUCKET_LABEL_LONG);
}

/* --- files --- */

static void test_files(void **state)
{
    struct fixture *f = *state;
    struct bucket_file file;
    struct err e;
    int fd;

    assert_string_equal(names(f), "");
    ok(put_file(f, "b", 10, 'x', &e), e);
    ok(put_file(f, "a ü", 0, 'x', &e), e);
    assert_string_equal(names(f), "a ü,b");
    assert_true(is_file(f, "b", 10, 'x'));
    ok(put_file(f, "b", 20, 'y', &e), e);
    assert_true(is_file(f, "b", 20, 'y'));
    assert_int_equal(temp_files(f), 0);
    err_is(bucket_file_open(f->buckets, &f->bucket, "c", &fd, &file, &e), e, BUCKET_FILE);
    assert_string_equal(e.msg, "File not found: c");
    err_is(bucket_file_open(f->buckets, &f->bucket, "..", &fd, &file, &e), e, BUCKET_NAME);
    err_is(bucket_file_remove(f->buckets, &f->bucket, "c", &e), e, BUCKET_FILE);
    err_is(bucket_file_remove(f->buckets, &f->bucket, "a/b", &e), e, BUCKET_NAME);
    err_is(put_file(f, "..", 1, 'x', &e), e, BUCKET_NAME);
    ok(bucket_file_remove(f->buckets, &f->bucket, "b", &e), e);
    assert_string_equal(names(f), "a ü");
}

static void test_dropped(void **state) /* an upload that breaks off changes nothing */
{
    struct fixture *f = *state;
    struct bucket_upload *u;
    struct err e;

    ok(put_file(f, "a", 10, 'x', &e), e);
    ok(bucket_upload_begin(f->buckets, &f->bucket, "a", 500, &u, &e), e);
    ok(bucket_upload_write(u, "yyy", 3, &e), e);
    assert_int_equal(temp_files(f), 1);
    assert_true(is_file(f, "a", 10, 'x'));
    bucket_upload_drop(u);
    assert_int_equal(temp_files(f), 0);
    assert_true(is_file(f, "a", 10, 'x'));
    bucket_upload_drop(NULL);
}

static void test_ceilings(void **state)
{
    struct fixture *f = *state;
    struct bucket_upload *u, *v;
    struct bucket_file file;
    char bytes[1000] = {0};
    struct err e;

    err_is(bucket_upload_begin(f->buckets, &f->bucket, "a", 1001, &u, &e), e, BUCKET_FILE_LARGE);
    assert_string_equal(e.msg, "The file is too large: at most 1000 bytes");
    err_is(put_file(f, "a", 1001, 'x', &e), e, BUCKET_FILE_LARGE);
    ok(put_file(f, "a", 1000, 'x', &e), e);
    ok(put_file(f, "b", 1000, 'x', &e), e);
    err_is(put_file(f, "c", 501, 'x', &e), e, BUCKET_FULL);
    err_is(bucket_upload_begin(f->buckets, &f->bucket, "c", 501, &u, &e), e, BUCKET_FULL);
    ok(put_file(f, "b", 900, 'y', &e), e); /* what it replaces does not count */
    ok(put_file(f, "c", 600, 'x', &e), e);
    ok(put_file(f, "d", 0, 'x', &e), e);
    err_is(put_file(f, "e", 0, 'x', &e), e, BUCKET_FILES);
    assert_string_equal(e.msg, "The bucket is full: at most 4 files");
    ok(bucket_file_remove(f->buckets, &f->bucket, "a", &e), e);

    /* two at a time: together they would be too much, as bytes and as files */
    ok(bucket_upload_begin(f->buckets, &f->bucket, "x", -1, &u, &e), e);
    ok(bucket_upload_begin(f->buckets, &f->bucket, "y", -1, &v, &e), e);
    ok(bucket_upload_write(u, bytes, 600, &e), e);
    err_is(bucket_upload_write(v, bytes, 500, &e), e, BUCKET_FULL);
    bucket_upload_drop(v);
    ok(bucket_upload_begin(f->buckets, &f->bucket, "y", 10, &v, &e), e);
    ok(bucket_upload_write(v, bytes, 10, &e), e);
    ok(bucket_upload_commit(u, f->arena, &file, &e), e);
    err_is(bucket_upload_commit(v, f->arena, &file, &e), e, BUCKET_FILES);
    assert_string_equal(names(f), "b,c,d,x");
    assert_int_equal(temp_files(f), 0);
}

/* The sum of a bucket is remembered; what others do to its folder is seen all the same. */
static void test_remembered(void **state)
{
    struct fixture *f = *state;
    char bytes[900] = {0};
    struct err e;
    int i;

    for (i = 0; i < 3; i++) {
        ok(put_file(f, "a", 1000, 'x', &e), e);
        clock_sleep_ms(30); /* the folder is old enough to be counted and kept */
        ok(put_file(f, "b", 1000, 'x', &e), e);
        err_is(put_file(f, "c", 501, 'x', &e), e, BUCKET_FULL);
        ok(bucket_file_remove(f->buckets, &f->bucket, "a", &e), e);
        ok(put_file(f, "c", 501, 'x', &e), e);
        clock_sleep_ms(30);
        ok(fs_write(path_of(f, "foreign"), bytes, sizeof(bytes), 0600, &e), e);
        err_is(put_file(f, "d", 200, 'x', &e), e, BUCKET_FULL);
        assert_int_equal(unlink(path_of(f, "foreign")), 0);
        ok(put_file(f, "d", 200, 'x', &e), e);
        ok(bucket_file_remove(f->buckets, &f->bucket, "b", &e), e);
        ok(bucket_file_remove(f->buckets, &f->bucket, "c", &e), e);
        ok(bucket_file_remove(f->buckets, &f->bucket, "d", &e), e);
    }
}

static void test_reserve(void **state) /* the disk is never filled to the brim */
{
    struct fixture *f = *state;
    struct buckets_options o = small;
    struct buckets *b;
    struct bucket_upload *u;
    struct err e;

    o.store = f->store;
    o.folder = arena_printf(f->arena, "%s/files", f->dir);
    o.reserve = INT64_C(1) << 60;
    ok(buckets_open(&o, &b, &e), e);
    err_is(bucket_upload_begin(b, &f->bucket, "a", -1, &u, &e), e, BUCKET_DISK);
    buckets_close(b);
}

/* --- links and other things that somebody put there --- */

static void test_links(void **state)
{
    struct fixture *f = *state;
    const char *secret = arena_printf(f->arena, "%s/secret", f->dir);
    struct bucket_file file;
    struct err e;
    int fd;

    ok(fs_write(secret, "hush", 4, 0600, &e), e);
    assert_int_equal(symlink(secret, path_of(f, "link")), 0);
    assert_int_equal(mkdir(path_of(f, "folder"), 0700), 0);
    assert_int_equal(mkfifo(path_of(f, "pipe"), 0600), 0);
    ok(fs_write(path_of(f, "bad\nname"), "x", 1, 0600, &e), e);
    assert_string_equal(names(f), "");
    err_is(bucket_file_open(f->buckets, &f->bucket, "link", &fd, &file, &e), e, BUCKET_FILE);
    err_is(bucket_file_open(f->buckets, &f->bucket, "folder", &fd, &file, &e), e, BUCKET_FILE);
    err_is(bucket_file_open(f->buckets, &f->bucket, "pipe", &fd, &file, &e), e, BUCKET_FILE);
    err_is(bucket_file_remove(f->buckets, &f->bucket, "link", &e), e, BUCKET_FILE);
    err_is(put_file(f, "folder", 1, 'x', &e), e, FAILED);
    ok(put_file(f, "link", 3, 'x', &e), e); /* replaces the link, not what it points to */
    assert_true(is_file(f, "link", 3, 'x'));
    assert_int_equal(fs_size(secret), 4);
    assert_int_equal(temp_files(f), 0);
}

static void test_linked_bucket(void **state) /* a bucket's folder that leads elsewhere */
{
    struct fixture *f = *state;
    struct bucket_file *list, file;
    struct err e;
    size_t n;
    int fd;

    assert_int_equal(rmdir(path_of(f, "")), 0);
    assert_int_equal(
        symlink(f->dir, arena_printf(f->arena, "%s/files/buckets/%s", f->dir, f->bucket.id)), 0);
    assert_int_equal(bucket_files(f->buckets, f->arena, &f->bucket, &list, &n, &e), -1);
    assert_int_equal(bucket_file_open(f->buckets, &f->bucket, "atoll.sqlite", &fd, &file, &e), -1);
    assert_int_equal(put_file(f, "a", 1, 'x', &e), -1);
}

static void test_missing_folder(void **state) /* as of a bucket that is only a row */
{
    struct fixture *f = *state;
    struct err e;

    assert_int_equal(rmdir(path_of(f, "")), 0);
    assert_string_equal(names(f), "");
    assert_false(is_file(f, "a", 1, 'x'));
    err_is(bucket_file_remove(f->buckets, &f->bucket, "a", &e), e, BUCKET_FILE);
    ok(put_file(f, "a", 1, 'x', &e), e);
    assert_true(is_file(f, "a", 1, 'x'));
}

/* --- starts --- */

static void test_sweep(void **state) /* what a killed process left goes, what is written stays */
{
    struct fixture *f = *state;
    const char *folder = arena_printf(f->arena, "%s/files/uploads", f->dir);
    struct bucket_upload *u;
    struct buckets *second;
    struct buckets_options o = small;
    struct bucket_file file;
    struct err e;

    ok(fs_write(arena_printf(f->arena, "%s/upload-00ff", folder), "x", 1, 0600, &e), e);
    ok(fs_write(arena_printf(f->arena, "%s/notes", folder), "x", 1, 0600, &e), e);
    ok(bucket_upload_begin(f->buckets, &f->bucket, "a", -1, &u, &e), e);
    o.store = f->store;
    o.folder = arena_printf(f->arena, "%s/files", f->dir);
    ok(buckets_open(&o, &second, &e), e);
    buckets_close(second);
    assert_int_equal(entries(folder), 2);
    ok(bucket_upload_write(u, "abc", 3, &e), e);
    ok(bucket_upload_commit(u, f->arena, &file, &e), e);
    assert_string_equal(names(f), "a");
    assert_int_equal(entries(folder), 1);
}

static void test_bad_folder(void **state)
{
    struct fixture *f = *state;
    struct buckets_options o = small;
    struct buckets *b;
    struct err e;

    o.store = f->store;
    o.folder = arena_printf(f->arena, "%s/atoll.sqlite", f->dir);
    assert_int_equal(buckets_open(&o, &b, &e), -1);
    buckets_close(NULL);
}

/* --- many at a time --- */

struct racer {
    struct fixture *f;
    char fill;
    pthread_t thread;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    struct err e;
    int i;

    for (i = 0; i < 20; i++) {
        struct bucket_upload *u;
        struct bucket_file file;
        _arena_ struct arena *a = arena_new();
        char bytes[300];

        memset(bytes, r->fill, sizeof(bytes));
        if (bucket_upload_begin(r->f->buckets, &r->f->bucket, "same", -1, &u, &e) < 0)
            return "begin";
        if (bucket_upload_write(u, bytes, 150, &e) < 0 ||
            bucket_upload_write(u, bytes + 150, 150, &e) < 0)
            return "write";
        if (bucket_upload_commit(u, a, &file, &e) < 0)
            return "commit";
    }
    return NULL;
}

static void test_race(void **state) /* uploads of one name: each is whole, one is the last */
{
    struct fixture *f = *state;
    struct racer racer[4];
    bool whole = false;
    void *result;
    size_t i;

    for (i = 0; i < ARRAY_LEN(racer); i++) {
        racer[i] = (struct racer){f, (char)('a' + i), 0};
        assert_int_equal(pthread_create(&racer[i].thread, NULL, race, &racer[i]), 0);
    }
    for (i = 0; i < ARRAY_LEN(racer); i++) {
        pthread_join(racer[i].thread, &result);
        if (result)
            fail_msg("%s failed", (const char *)result);
    }
    for (i = 0; i < ARRAY_LEN(racer); i++)
        whole = whole || is_file(f, "same", 300, racer[i].fill);
    assert_true(whole);
    assert_string_equal(names(f), "same");
    assert_int_equal(temp_files(f), 0);
}

#define each(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        each(test_ids),
        each(test_rows),
        each(test_refused_rows),
        each(test_files),
        each(test_dropped),
        each(test_ceilings),
        each(test_remembered),
        each(test_reserve),
        each(test_links),
        each(test_linked_bucket),
        each(test_missing_folder),
        each(test_sweep),
        each(test_bad_folder),
        each(test_race),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
