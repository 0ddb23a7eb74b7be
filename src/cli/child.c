/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fs.h"
#include "config/env.h"

enum { ENV_MAX = 64, POLL_MS = 10, STOP_MS = 10000, LOG_MAX = 4 * 1048576, LOG_TAIL = 1200 };

/* In the child: only what is safe between fork and exec. */
noreturn_ static void become(const char *binary, char *const args[], char *const env[], int log_fd)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0); /* Ctrl-C is for us; we end it in order */
    dup2(log_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    execve(binary, args, env);
    _exit(127);
}

static char *inherited(struct arena *a, const char *name)
{
    const char *value = env_get(name);

    return arena_printf(a, "%s=%s", name, value ? value : "");
}

int child_start(struct child *c, char *const args[], char *const env[], struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _close_ int log_fd = open(c->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *argv[ENV_MAX] = {arena_strdup(a, c->name)};
    pid_t parent = getpid();
    char *envp[ENV_MAX] = {inherited(a, "PATH"), inherited(a, "HOME"),
                           inherited(a, "ATOLL_DEVNET_DIR")};
    size_t n;

    if (log_fd < 0)
        return failed(e, FAILED, "open %s: %s", c->log, strerror(errno));
    for (n = 0; args[n] && n + 2 < ENV_MAX; n++)
        argv[n + 1] = args[n];
    for (n = 0; env && env[n] && n + 4 < ENV_MAX; n++)
        envp[n + 3] = env[n];
    c->pid = fork();
    if (c->pid < 0) {
        c->pid = 0;
        return failed(e, FAILED, "fork: %s", strerror(errno));
    }
    if (c->pid == 0) {
        if (getppid() != parent)
            _exit(127); /* too late for the signal that ends us with our parent */
        become(c->binary ? c->binary : "/proc/self/exe", argv, envp, log_fd);
    }
    return 0;
}

/* Reaps; a child that was waited for already counts as ended badly. */
static bool ended(struct child *c, int *ret_status)
{
    if (waitpid(c->pid, ret_status, WNOHANG) == 0)
        return false;
    c->pid = 0;
    return true;
}

bool child_ended(struct child *c)
{
    int status;

    return !c->pid || ended(c, &status);
}

const char *child_log_tail(struct arena *a, const struct child *c)
{
    struct bytes log;
    struct err ignored;

    if (fs_read(a, c->log, LOG_MAX, &log, &ignored) < 0)
        return "";
    return (const char *)log.p + (log.n > LOG_TAIL ? log.n - LOG_TAIL : 0);
}

int child_await(struct child *c, const char *text, int64_t limit_ms, struct err *e)
{
    int64_t deadline = clock_mono_ms() + limit_ms;

    for (;;) {
        _arena_ struct arena *a = arena_new();
        bool over =
            child_ended(c); /* asked before the log is read, so that no last word is missed */
        struct bytes log;

        if (fs_read(a, c->log, LOG_MAX, &log, e) < 0)
            return -1;
        if (strstr((const char *)log.p, text))
            return 0;
        if (over || clock_mono_ms() > deadline)
            return failed(e, FAILED, "the %s did not come up; its log (%s) ends with:\n%s", c->name,
                          c->log, child_log_tail(a, c));
        clock_sleep_ms(POLL_MS);
    }
}

bool child_stop(struct child *c)
{
    int64_t deadline = clock_mono_ms() + STOP_MS;
    int status = 0;

    if (!c->pid)
        return true;
    kill(c->pid, SIGTERM);
    while (!ended(c, &status)) {
        if (clock_mono_ms() > deadline)
            kill(c->pid, SIGKILL);
        clock_sleep_ms(POLL_MS);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
