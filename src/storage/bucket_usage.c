/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/thread.h"
#include "storage/buckets_int.h"

/*
 * What a bucket holds. Adding that up takes a look at each of its files, so that the sum is kept:
 * it is good for as long as the folder's time of change is that of the count. Our own changes move
 * both along.
 */

enum { TICK_MS = 20 }; /* changes within one tick of the file system's clock look alike */

static int64_t changed_ns(const struct stat *st)
{
    return st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec;
}

/* memo_lock is held. */
static struct bucket_memo *memo_of(struct buckets *b, const char *id)
{
    unsigned n = 0;
    const char *s;

    for (s = id; *s; s++)
        n = n * 31 + (unsigned char)*s;
    return &b->memo[n % BUCKET_MEMOS];
}

static bool recall(struct buckets *b, const char *id, int64_t changed, struct bucket_usage *ret)
{
    lock_scope(&b->memo_lock);
    const struct bucket_memo *m = memo_of(b, id);

    if (m->changed_ns != changed || !str_eq(m->id, id))
        return false;
    *ret = m->usage;
    return true;
}

static void keep(struct buckets *b, const char *id, int64_t changed,
                 const struct bucket_usage *usage)
{
    lock_scope(&b->memo_lock);
    struct bucket_memo *m = memo_of(b, id);

    (void)str_copy(m->id, sizeof(m->id), id);
    m->changed_ns = changed;
    m->usage = *usage;
}

void bucket__remember(struct buckets *b, const char *id, int folder,
                      const struct bucket_usage *usage)
{
    struct stat st;

    if (fstat(folder, &st) == 0)
        keep(b, id, changed_ns(&st), usage);
    else
        bucket__forget(b, id);
}

void bucket__forget(struct buckets *b, const char *id)
{
    lock_scope(&b->memo_lock);
    struct bucket_memo *m = memo_of(b, id);

    if (str_eq(m->id, id))
        m->id[0] = '\0';
}

/* All of the bucket, whose folder is open. */
static int usage_of(struct buckets *b, const char *id, int folder, struct bucket_usage *ret,
                    struct err *e)
{
    struct stat before, after;

    if (fstat(folder, &before) < 0)
        return failed(e, FAILED, "a bucket's folder: %m");
    if (recall(b, id, changed_ns(&before), ret))
        return 0;
    if (bucket__count(b, id, ret, e) < 0)
        return -1;
    if (fstat(folder, &after) == 0 && changed_ns(&after) == changed_ns(&before) &&
        clock_ms() - changed_ns(&before) / 1000000 > TICK_MS)
        keep(b, id, changed_ns(&before), ret);
    return 0;
}

int bucket__usage(struct buckets *b, const char *id, const char *except, struct bucket_usage *ret,
                  struct err *e)
{
    _close_ int folder = -1;
    struct stat st;

    *ret = (struct bucket_usage){0};
    if (bucket__folder(b, id, false, &folder, e) < 0)
        return -1;
    if (folder < 0)
        return 0;
    if (usage_of(b, id, folder, ret, e) < 0)
        return -1;
    if (fstatat(folder, except, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
        ret->bytes -= st.st_size;
        ret->files--;
    }
    return 0;
}
