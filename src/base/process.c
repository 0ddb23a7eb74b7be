/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * fork and exec by hand: neither posix_spawn() nor libuv can bind a child's life to its parent's
 * or limit the files it writes. A pipe that exec closes tells whether it came so far.
 */

enum { HIGH_FD = 16, LOOK_MS = 5 };

/* In the child, from here to exec: only what is safe between the two. */
noreturn_ static void give_up(int report)
{
    int why = errno;

    (void)!write(report, &why, sizeof(why));
    _exit(127);
}

/* Out of the way first: what is wanted as 1 may be our 0, and the other way round. */
static void take_fds(const int *fds, int report)
{
    int high[PROCESS_FDS];
    int i;

    for (i = 0; i < PROCESS_FDS; i++) {
        int from = fds[i];

        if (from < 0 && i != PROCESS_EXTRA)
            from = open("/dev/null", O_RDWR | O_CLOEXEC);
        high[i] = from < 0 ? -1 : fcntl(from, F_DUPFD_CLOEXEC, HIGH_FD);
        if (high[i] < 0 && i != PROCESS_EXTRA)
            give_up(report);
    }
    for (i = 0; i < PROCESS_FDS; i++)
        if (high[i] >= 0 && dup2(high[i], i) < 0)
            give_up(report);
    /* ours are closed by exec; this is for those that a library may have made */
    (void)close_range(high[PROCESS_EXTRA] < 0 ? PROCESS_EXTRA : PROCESS_FDS, ~0U,
                      CLOSE_RANGE_CLOEXEC);
}

static void reset_signals(void)
{
    sigset_t none;
    int i;

    for (i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

noreturn_ static void become(const struct process_spec *s, pid_t parent, int report)
{
    const struct rlimit files = {s->file_max, s->file_max};

    reset_signals();
    if (s->with_us)
        prctl(PR_SET_PDEATHSIG, s->with_us);
    if (s->with_us && getppid() != parent)
        _exit(127); /* too late for that signal */
    if (s->with_us)
        setpgid(0, 0);
    else
        setsid();
    if (s->file_max && setrlimit(RLIMIT_FSIZE, &files) < 0)
        give_up(report);
    if (s->cwd && chdir(s->cwd) < 0) {
        errno = ENOTDIR; /* ENOENT is for the program */
        give_up(report);
    }
    take_fds(s->fd, report);
    execvpe(s->file ? s->file : s->argv[0], (char *const *)s->argv, (char *const *)s->env);
    give_up(report);
}

/* 0 when it runs, else why not. */
static int hear(int report)
{
    int why;
    ssize_t n;

    while ((n = read(report, &why, sizeof(why))) < 0 && errno == EINTR)
        ;
    return n == (ssize_t)sizeof(why) ? why : 0;
}

int process_start(const struct process_spec *s, struct process *ret, struct err *e)
{
    const char *file = s->file ? s->file : s->argv[0];
    struct process p = {0};
    pid_t parent = getpid();
    int report[2];
    int why;

    if (pipe2(report, O_CLOEXEC) < 0)
        return failed(e, FAILED, "pipe: %s", strerror(errno));
    /* high, so that no descriptor of the child is put over it */
    why = fcntl(report[1], F_DUPFD_CLOEXEC, HIGH_FD);
    close(report[1]);
    report[1] = why;
    p.pid = why < 0 ? -1 : fork();
    if (p.pid == 0)
        become(s, parent, report[1]);
    why = errno;
    if (report[1] >= 0)
        close(report[1]);
    if (p.pid > 0)
        why = hear(report[0]);
    close(report[0]);
    if (p.pid < 0)
        return failed(e, FAILED, "fork: %s", strerror(why));
    if (why) {
        (void)process_wait(&p, INT64_MAX);
        return why == ENOENT ? failed(e, NOT_FOUND, "there is no program '%s'", file)
                             : failed(e, FAILED, "%s cannot be started: %s", file, strerror(why));
    }
    *ret = p;
    return 0;
}

bool process_ended(struct process *p)
{
    siginfo_t how = {0};
    int r;

    if (!p->pid)
        return true;
    r = waitid(P_PID, (id_t)p->pid, &how, WEXITED | WNOHANG | WNOWAIT);
    if (r < 0 && errno == EINTR)
        return false;
    if (r == 0 && how.si_pid == 0)
        return false;
    /* while its number is still its own: what it started and left behind */
    process_kill(p, SIGKILL);
    (void)waitpid(p->pid, NULL, 0);
    p->pid = 0;
    /* -1: somebody else has waited for it, which counts as ended badly */
    p->status = r == 0 && how.si_code == CLD_EXITED ? how.si_status
                                                    : 128 + (r < 0 ? SIGKILL : how.si_status);
    return true;
}

bool process_wait(struct process *p, int64_t limit_ms)
{
    int64_t start = clock_mono_ms();
    _close_ int fd = p->pid ? (int)syscall(SYS_pidfd_open, p->pid, 0) : -1;
    struct pollfd look = {fd, POLLIN, 0};

    while (!process_ended(p)) {
        int64_t left = limit_ms - (clock_mono_ms() - start);

        if (left <= 0)
            return false;
        if (fd >= 0)
            (void)poll(&look, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        else
            clock_sleep_ms(LOOK_MS);
    }
    return true;
}

void process_kill(struct process *p, int signal)
{
    if (p->pid)
        (void)kill(-p->pid, signal);
}

void process_stop(struct process *p, int64_t limit_ms)
{
    if (p->pid && limit_ms > 0) {
        (void)kill(p->pid, SIGTERM);
        (void)process_wait(p, limit_ms);
    }
    process_kill(p, SIGKILL);
    (void)process_wait(p, INT64_MAX);
}
