/* SPDX-License-Identifier: Apache-2.0 */
#include "package/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* In the child: only what is safe between fork and exec. */
noreturn_ static void become(const struct command_options *o, int out, int err)
{
    const struct rlimit files = {o->file_max, o->file_max};
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_FSIZE, &files);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execvpe(o->argv[0], o->argv, o->env);
    _exit(127);
}

static void close_both(int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

int command_start(struct command *c, const struct command_options *o, struct err *e)
{
    int out[2];
    int err[2];

    *c = (struct command){.deadline = clock_mono_ms() + o->limit_ms};
    if (pipe2(out, O_CLOEXEC) < 0)
        return failed(e, FAILED, "pipe: %s", strerror(errno));
    if (pipe2(err, O_CLOEXEC) < 0) {
        close_both(out);
        return failed(e, FAILED, "pipe: %s", strerror(errno));
    }
    c->pid = fork();
    if (c->pid == 0)
        become(o, out[1], err[1]);
    if (c->pid < 0) {
        close_both(out);
        close_both(err);
        return failed(e, FAILED, "fork: %s", strerror(errno));
    }
    setpgid(c->pid, c->pid); /* whoever of us two comes first */
    close(out[1]);
    close(err[1]);
    c->out = out[0];
    c->err = err[0];
    return 0;
}

/* The newest complaints, one line: what would move a terminal's cursor is a blank. */
static void keep(struct command *c, const char *p, size_t n)
{
    const size_t room = COMMAND_TAIL - 1;
    size_t i;

    for (i = 0; i < n; i++) {
        if (c->tail_len == room) {
            memmove(c->tail, c->tail + room / 2, room - room / 2);
            c->tail_len = room - room / 2;
        }
        c->tail[c->tail_len++] = (unsigned char)p[i] < ' ' || p[i] == 0x7f ? ' ' : p[i];
    }
    c->tail[c->tail_len] = '\0';
}

static void take_complaints(struct command *c)
{
    char part[512];
    ssize_t n = read(c->err, part, sizeof(part));

    if (n > 0) {
        keep(c, part, (size_t)n);
    } else if (n == 0 || errno != EINTR) {
        close(c->err);
        c->err = -1;
    }
}

int64_t command_read(struct command *c, void *out, size_t cap, struct err *e)
{
    for (;;) {
        struct pollfd fds[2] = {{c->out, POLLIN, 0}, {c->err, POLLIN, 0}};
        int64_t left = c->deadline - clock_mono_ms();
        ssize_t n;

        if (left <= 0)
            return failed(e, TIMEOUT, "it took too long");
        if (poll(fds, 2, (int)left) <= 0)
            continue;
        if (fds[1].revents)
            take_complaints(c);
        if (!fds[0].revents)
            continue;
        n = read(c->out, out, cap);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return failed(e, FAILED, "read: %s", strerror(errno));
    }
}

/* Reads what is left of the complaints, without waiting for whoever may still hold the pipe. */
static void drain(struct command *c)
{
    struct pollfd fd = {c->err, POLLIN, 0};

    while (c->err >= 0 && poll(&fd, 1, 0) > 0)
        take_complaints(c);
}

int command_end(struct command *c, struct err *e)
{
    enum { POLL_MS = 5, PATIENCE_MS = 2000 };
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    int status = 0;
    pid_t ended;

    close(c->out);
    while ((ended = waitpid(c->pid, &status, WNOHANG)) == 0 && clock_mono_ms() < until)
        clock_sleep_ms(POLL_MS);
    drain(c);
    kill(-c->pid, SIGKILL);
    if (ended == 0)
        waitpid(c->pid, &status, 0);
    if (c->err >= 0)
        close(c->err);
    if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return failed(e, FAILED, "%s", c->tail_len ? c->tail : "it did not end well");
}
