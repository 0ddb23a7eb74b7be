/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/process.h"

enum {
    ERRORS_MAX = 8192,
    PIECE = 16384,
    PIPE_SIZE = 1 << 20, /* fewer turns between the source and the program */
    PROGRAMS_MAX = 8
};

struct program {
    struct process process;
    int in;
    int out;
    int err;
    int stop_fd;
    bool drain;
    const char *hopeless;
    bool failed; /* it takes nothing any more */
    bool cut;
    size_t fed; /* of the bytes that are being given */
    struct buf output;
    struct buf errors;
    char why[128]; /* why we gave it up; "" when it ended by itself */
};

/* --- starting --- */

struct pipes {
    int in[2];
    int out[2];
    int err[2];
    int secret;
};

static void close_all(struct pipes *p)
{
    int *all[] = {&p->in[0], &p->in[1], &p->out[0], &p->out[1], &p->err[0], &p->err[1], &p->secret};
    size_t i;

    for (i = 0; i < ARRAY_LEN(all); i++) {
        if (*all[i] >= 0)
            close(*all[i]);
        *all[i] = -1;
    }
}

/* In memory, so that the secret is in no file, no argument and no environment. */
static int make_secret(const char *secret, int *ret, struct err *e)
{
    int fd = memfd_create("key", MFD_CLOEXEC);

    if (fd < 0)
        return failed(e, FAILED, "memfd_create: %s", strerror(errno));
    if (fs_write_all(fd, secret, strlen(secret), e) < 0) {
        close(fd);
        return -1;
    }
    *ret = fd;
    return 0;
}

static int make_pipes(const struct program_spec *s, struct pipes *p, struct err *e)
{
    *p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, -1};
    if (s->feed && pipe2(p->in, O_CLOEXEC) < 0)
        return failed(e, FAILED, "pipe: %s", strerror(errno));
    if (!s->feed)
        p->in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (p->in[0] < 0 || pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->err, O_CLOEXEC) < 0)
        return failed(e, FAILED, "pipe: %s", strerror(errno));
    if (s->secret && make_secret(s->secret, &p->secret, e) < 0)
        return -1;
    (void)fcntl(s->feed ? p->in[1] : p->out[0], F_SETPIPE_SZ, PIPE_SIZE);
    return 0;
}

int program_start(const struct program_spec *s, struct program **ret, struct err *e)
{
    struct process_spec spec = {
        .argv = s->argv, .env = s->env, .cwd = s->cwd, .with_us = SIGKILL, .file_max = s->file_max};
    struct process process;
    struct program *made;
    struct pipes p;
    int r = make_pipes(s, &p, e);

    if (r == 0) {
        memcpy(spec.fd, (int[]){p.in[0], p.out[1], p.err[1], p.secret}, sizeof(spec.fd));
        r = process_start(&spec, &process, e);
    }
    if (r < 0) {
        close_all(&p);
        return e->code == ERR_NOT_FOUND ? failed(e, FAILED, "%s is not installed", s->argv[0]) : -1;
    }
    made = xcalloc(1, sizeof(*made));
    *made = (struct program){.process = process,
                             .in = p.in[1],
                             .out = p.out[0],
                             .err = p.err[0],
                             .stop_fd = s->stop_fd,
                             .drain = s->drain,
                             .hopeless = s->hopeless,
                             .output = BUF_INIT(s->output_max ? s->output_max : PIECE),
                             .errors = BUF_INIT(ERRORS_MAX)};
    p.in[1] = p.out[0] = p.err[0] = -1;
    close_all(&p);
    (void)fcntl(made->out, F_SETFL, O_NONBLOCK);
    (void)fcntl(made->err, F_SETFL, O_NONBLOCK);
    if (made->in >= 0)
        (void)fcntl(made->in, F_SETFL, O_NONBLOCK);
    *ret = made;
    return 0;
}

/* --- what it prints --- */

/* Appends; when that is too much only the end stays: true. */
static bool keep_end(struct buf *b, const char *p, size_t n)
{
    size_t half = b->max / 2;
    bool cut = n > half || b->len + n > b->max;

    if (n > half) {
        p += n - half;
        n = half;
    }
    if (b->len + n > b->max)
        buf_shift(b, b->len > half ? b->len - half : 0);
    buf_add(b, p, n);
    return cut;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Takes what is there; closes at its end. */
static void take(int *fd, struct buf *into, bool *cut)
{
    char piece[PIECE];
    ssize_t n;

    if (*fd < 0)
        return;
    while ((n = read(*fd, piece, sizeof(piece))) > 0)
        if (keep_end(into, piece, (size_t)n) && cut)
            *cut = true;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_fd(fd);
}

static bool is_hopeless(const struct program *p)
{
    const char *at = buf_str(&p->errors);
    int times = 0;

    while ((at = strstr(at, p->hopeless))) {
        at += strlen(p->hopeless);
        times++;
    }
    return times >= PROGRAM_HOPELESS_TIMES;
}

static void take_words(struct program *p)
{
    take(&p->err, &p->errors, NULL);
    if (!p->drain)
        take(&p->out, &p->output, &p->cut);
    if (p->hopeless && is_hopeless(p)) {
        p->hopeless = NULL;
        process_kill(&p->process, SIGKILL);
    }
}

/* --- waiting --- */

static bool is_told_to_stop(int stop_fd)
{
    struct pollfd f = {stop_fd, POLLIN, 0};

    return stop_fd >= 0 && poll(&f, 1, 0) > 0;
}

static int stopping(struct err *e)
{
    (void)failed(e, UNAVAILABLE, "the node is ending");
    return err_transient(e);
}

static int stop_fd_of(struct program *const *procs, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (procs[i])
            return procs[i]->stop_fd;
    return -1;
}

/*
 * Waits until one takes more of `pending` bytes, says something, ends, or all are to stop. False
 * when the time ran out.
 */
static bool wait_turn(struct program *const *procs, size_t count, size_t pending, int64_t ms)
{
    struct pollfd f[PROGRAMS_MAX * 3 + 1];
    int stop_fd = stop_fd_of(procs, count);
    nfds_t n = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        const struct program *p = procs[i];

        if (!p)
            continue;
        if (p->in >= 0 && !p->failed && p->fed < pending)
            f[n++] = (struct pollfd){p->in, POLLOUT, 0};
        if (p->out >= 0)
            f[n++] = (struct pollfd){p->out, POLLIN, 0};
        if (p->err >= 0)
            f[n++] = (struct pollfd){p->err, POLLIN, 0};
    }
    if (stop_fd >= 0)
        f[n++] = (struct pollfd){stop_fd, POLLIN, 0};
    return poll(f, n, (int)ms) != 0;
}

static void give_up(struct program *p, const char *why)
{
    p->failed = true;
    close_fd(&p->in);
    if (!p->why[0])
        (void)snprintf(p->why, sizeof(p->why), "%s", why);
}

/* One write to one program. */
static void give(struct program *p, const char *bytes, size_t n)
{
    ssize_t w = write(p->in, bytes + p->fed, n - p->fed);

    if (w > 0)
        p->fed += (size_t)w;
    else if (w < 0 && errno != EAGAIN && errno != EINTR)
        give_up(p, "");
}

/* How many still have to take something. */
static size_t behind(struct program *const *procs, size_t count, size_t n, size_t *ret_alive)
{
    size_t waiting = 0;
    size_t i;

    *ret_alive = 0;
    for (i = 0; i < count; i++) {
        if (!procs[i] || procs[i]->failed)
            continue;
        (*ret_alive)++;
        if (procs[i]->fed < n)
            waiting++;
    }
    return waiting;
}

/* Each that had not taken all in time is out. */
static void drop_slow(struct program *const *procs, size_t count, size_t n)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (procs[i] && !procs[i]->failed && procs[i]->fed < n) {
            process_kill(&procs[i]->process, SIGKILL);
            give_up(procs[i], "it took nothing for too long");
        }
}

/* What each takes without waiting; true when any took something. */
static bool give_all(struct program *const *procs, size_t count, const char *bytes, size_t n)
{
    bool moved = false;
    size_t i;

    for (i = 0; i < count; i++) {
        struct program *p = procs[i];
        size_t before;

        if (!p)
            continue;
        take_words(p);
        before = p->fed;
        if (!p->failed && p->in >= 0 && p->fed < n)
            give(p, bytes, n);
        moved = moved || p->fed > before;
    }
    return moved;
}

int program_feed(struct program *const *procs, size_t count, const void *bytes, size_t n,
                 int64_t stall_ms, struct err *e)
{
    int64_t deadline = clock_mono_ms() + stall_ms;
    size_t alive;
    size_t i;

    must(count <= PROGRAMS_MAX);
    for (i = 0; i < count; i++)
        if (procs[i])
            procs[i]->fed = 0;
    for (;;) {
        if (give_all(procs, count, bytes, n))
            deadline = clock_mono_ms() + stall_ms;
        if (behind(procs, count, n, &alive) == 0)
            break;
        if (is_told_to_stop(stop_fd_of(procs, count)))
            return stopping(e);
        if (clock_mono_ms() >= deadline)
            drop_slow(procs, count, n);
        else
            (void)wait_turn(procs, count, n, deadline - clock_mono_ms());
    }
    return alive > 0 ? 0 : failed(e, FAILED, "no server takes the backup any more");
}

bool program_alive(const struct program *p)
{
    return p && !p->failed;
}

int64_t program_read(struct program *p, void *out, size_t cap, int64_t stall_ms, struct err *e)
{
    int64_t deadline = clock_mono_ms() + stall_ms;
    struct program *one[] = {p};

    must(p->drain);
    for (;;) {
        ssize_t n = p->out < 0 ? 0 : read(p->out, out, cap);
        int why = errno;

        take_words(p);
        if (n >= 0)
            return n;
        if (why != EAGAIN && why != EINTR)
            return failed(e, FAILED, "reading from a program: %s", strerror(why));
        if (is_told_to_stop(p->stop_fd))
            return stopping(e);
        if (clock_mono_ms() > deadline) {
            process_kill(&p->process, SIGKILL);
            give_up(p, "it gave nothing for too long");
            return failed(e, TIMEOUT, "nothing came for %lld s", (long long)(stall_ms / 1000));
        }
        (void)wait_turn(one, 1, 0, stall_ms);
    }
}

/* --- the end --- */

int program_end(struct program *p, int64_t limit_ms, int *ret_status, struct err *e)
{
    int64_t deadline = clock_mono_ms() + limit_ms;
    struct program *one[] = {p};
    char rest[PIECE];

    close_fd(&p->in);
    /* both outputs closed: it has ended, or is about to */
    while (p->out >= 0 || p->err >= 0) {
        int64_t left = deadline - clock_mono_ms();

        take_words(p);
        if (p->drain && p->out >= 0 && read(p->out, rest, sizeof(rest)) == 0)
            close_fd(&p->out);
        if (p->out < 0 && p->err < 0)
            break;
        if (left <= 0 || is_told_to_stop(p->stop_fd)) {
            process_stop(&p->process, 0);
            if (left > 0)
                return stopping(e);
            (void)failed(e, TIMEOUT, "it did not end within %lld s", (long long)(limit_ms / 1000));
            return err_transient(e);
        }
        (void)wait_turn(one, 1, 0, left);
    }
    if (!process_wait(&p->process, deadline - clock_mono_ms()))
        process_stop(&p->process, 0);
    *ret_status = p->process.status;
    if (p->why[0])
        return failed(e, TIMEOUT, "%s", p->why);
    return 0;
}

const char *program_output(const struct program *p, size_t *ret_n)
{
    if (ret_n)
        *ret_n = p->output.len;
    return buf_str(&p->output);
}

bool program_output_cut(const struct program *p)
{
    return p->cut;
}

const char *program_errors(const struct program *p)
{
    return buf_str(&p->errors);
}

void program_free(struct program *p)
{
    if (!p)
        return;
    close_fd(&p->out);
    close_fd(&p->err);
    process_stop(&p->process, 0);
    close_fd(&p->in);
    buf_done(&p->output);
    buf_done(&p->errors);
    free(p);
}
