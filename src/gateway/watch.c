/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/must.h"
#include "base/str.h"
#include "gateway/gateway_int.h"

/*
 * Caddy asks for certificates by itself and tells how that went only in its log, a JSON object a
 * line. These lines matter:
 *
 *   obtaining certificate                   {identifier}
 *   could not get certificate from issuer   {identifier, issuer, error}
 *   will retry                              {error: "[HOST] ...", retrying_in: seconds}
 *   certificate obtained successfully       {identifier}, and the same for "renewed"
 *   releasing lock                          {identifier}: it asks no more, for whatever reason
 *
 * The file outlives both programs, so what it says is known again after either was killed.
 */

enum {
    LINE_MAX_BYTES = 65536,
    PIECE = 65536,
    TROUBLES_MAX = 10000,
    FIRST_PAUSE_MS = 60000,
    LONGEST_PAUSE_MS = 6 * 3600 * 1000
};

void gateway__watch_init(struct gateway_watch *w)
{
    *w = (struct gateway_watch){.offset = 0};
    list_init(&w->troubles);
}

static void set_asking(struct gateway_watch *w, struct gateway_trouble *t, bool asking)
{
    w->asking += (size_t)asking - (size_t)t->asking;
    t->asking = asking;
}

static void trouble_free(struct gateway_watch *w, struct gateway_trouble *t)
{
    set_asking(w, t, false);
    list_remove(&t->link);
    w->count--;
    free(t->host);
    free(t->issuer);
    free(t->text);
    free(t);
}

void gateway__trouble_forget(struct gateway_watch *w, const char *host)
{
    struct list *item;
    struct list *following;

    list_for_each(item, following, &w->troubles)
    {
        struct gateway_trouble *t = container_of(item, struct gateway_trouble, link);

        if (!host || str_eq(t->host, host))
            trouble_free(w, t);
    }
}

void gateway__watch_done(struct gateway_watch *w)
{
    gateway__trouble_forget(w, NULL);
}

/* It asks no more: what was refused stays known. */
static void end_asking(struct gateway_watch *w, struct gateway_trouble *t)
{
    set_asking(w, t, false);
    if (t->times == 0)
        trouble_free(w, t);
}

void gateway__watch_idle(struct gateway_watch *w)
{
    struct list *item;
    struct list *following;

    list_for_each(item, following, &w->troubles)
        end_asking(w, container_of(item, struct gateway_trouble, link));
}

static struct gateway_trouble *find(const struct gateway_watch *w, const char *host)
{
    struct list *item;
    struct list *following;

    list_for_each(item, following, &w->troubles)
    {
        struct gateway_trouble *t = container_of(item, struct gateway_trouble, link);

        if (str_eq(t->host, host))
            return t;
    }
    return NULL;
}

const struct gateway_trouble *gateway__trouble(const struct gateway_watch *w, const char *host,
                                               const char *issuer)
{
    const struct gateway_trouble *t = find(w, host);

    return t && t->times > 0 && str_eq(t->issuer, issuer) ? t : NULL;
}

static struct gateway_trouble *note(struct gateway_watch *w, const char *host)
{
    struct gateway_trouble *t = find(w, host);

    if (t)
        return t;
    if (w->count >= TROUBLES_MAX || *host == '\0')
        return NULL;
    t = xcalloc(1, sizeof(*t));
    t->host = xstrdup(host);
    t->issuer = xstrdup("");
    t->text = xstrdup("");
    list_push(&w->troubles, &t->link);
    w->count++;
    return t;
}

static void replace(char **text, const char *with)
{
    free(*text);
    *text = xstrdup(with);
}

/* Twice as long after each refusal: a changed configuration makes Caddy forget how often it asked.
 */
static int64_t pause_after(unsigned times)
{
    int64_t pause = FIRST_PAUSE_MS;

    while (--times > 0 && pause < LONGEST_PAUSE_MS)
        pause *= 2;
    return pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
}

static bool refused_by(struct gateway_watch *w, const char *host, const struct json *line,
                       int64_t at)
{
    const char *issuer = json_get_str(line, "issuer", "");
    const char *error = json_get_str(line, "error", "refused");
    struct gateway_trouble *t;

    if (strstr(error, "context canceled")) /* by a new configuration, which asks again */
        return false;
    t = note(w, host);
    if (!t)
        return false;
    if (!str_eq(t->issuer, issuer)) /* another authority's refusals are no reason to wait */
        t->times = 0;
    replace(&t->issuer, issuer);
    replace(&t->text, error);
    t->retry_at = at + pause_after(++t->times);
    return true;
}

static const char *will_retry(struct gateway_watch *w, struct arena *a, const struct json *line,
                              int64_t at)
{
    const char *error = json_get_str(line, "error", "");
    const char *end = *error == '[' ? strchr(error, ']') : NULL;
    const char *host = end ? arena_strndup(a, error + 1, (size_t)(end - error - 1)) : NULL;
    double seconds = json_num(json_get(line, "retrying_in"), 0);
    struct gateway_trouble *t = host ? find(w, host) : NULL;

    if (!t || !(seconds > 0 && seconds < 1e9))
        return NULL;
    if (at + (int64_t)(seconds * 1000) > t->retry_at)
        t->retry_at = at + (int64_t)(seconds * 1000);
    end_asking(w, t);
    return host;
}

const char *gateway__watch_line(struct gateway_watch *w, struct arena *a, const char *line,
                                size_t n)
{
    struct json *j;
    struct err ignored;
    struct gateway_trouble *t;
    const char *text;
    const char *host;
    double ts;

    if (json_parse_most(a, line, n, 1000, &j, &ignored) < 0)
        return NULL;
    text = json_get_str(j, "msg", "");
    host = json_get_str(j, "identifier", "");
    ts = json_num(json_get(j, "ts"), 0);
    if (!(ts > 0 && ts < 1e12))
        return NULL;
    if (str_eq(text, "obtaining certificate") && (t = note(w, host)))
        set_asking(w, t, true);
    else if (str_eq(text, "could not get certificate from issuer"))
        return refused_by(w, host, j, (int64_t)(ts * 1000)) ? host : NULL;
    else if (str_eq(text, "will retry"))
        return will_retry(w, a, j, (int64_t)(ts * 1000));
    else if (str_eq(text, "releasing lock") && (t = find(w, host)))
        end_asking(w, t);
    else if (str_eq(text, "certificate obtained successfully") ||
             str_eq(text, "certificate renewed successfully")) {
        gateway__trouble_forget(w, host);
        return host;
    }
    return NULL;
}

static void read_lines(struct gateway_watch *w, int fd, void (*told)(void *ctx, const char *host),
                       void *ctx)
{
    _buf_ struct buf b = BUF_INIT(LINE_MAX_BYTES + PIECE);
    _free_ char *piece = xmalloc(PIECE);
    ssize_t n;

    while ((n = pread(fd, piece, PIECE, (off_t)w->offset)) > 0) {
        char *end;

        buf_add(&b, piece, (size_t)n);
        w->offset += n;
        while (b.len > 0 && (end = memchr(b.data, '\n', b.len))) {
            _arena_ struct arena *a = arena_new();
            size_t len = (size_t)(end - b.data);
            const char *host = gateway__watch_line(w, a, b.data, len);

            if (host && *host)
                told(ctx, host);
            buf_shift(&b, len + 1);
        }
        if (b.len > LINE_MAX_BYTES) /* no line of Caddy's */
            buf_reset(&b);
    }
    w->offset -= (int64_t)b.len; /* a line that is being written is read when it is whole */
}

void gateway__watch_read(struct gateway_watch *w, const char *path,
                         void (*told)(void *ctx, const char *host), void *ctx)
{
    _close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return;
    if (st.st_ino != w->file || st.st_size < w->offset) { /* Caddy began a new one */
        w->file = st.st_ino;
        w->offset = 0;
    }
    read_lines(w, fd, told, ctx);
}
