/* SPDX-License-Identifier: Apache-2.0 */
/* anvil as a child that never outlives us. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "cli/devnet_int.h"
#include "json/json.h"

#define STATE_INTERVAL_S "2"

enum {
    UP_MS = 15000,
    UP_POLL_MS = 5,
    STOP_MS = 10000, /* writing a large state takes a while */
    STOP_POLL_MS = 10,
    LOG_MAX = 1048576,
    LOG_TAIL = 600
};

/* In the child: only what is safe between fork and exec. */
noreturn_ static void exec_anvil(const struct devnet_chain *c, char *const argv[], int log_fd)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpgid(0, 0); /* Ctrl-C is for us; we end it in order */
    dup2(log_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    execv(c->binary, argv);
    _exit(127);
}

int devnet_chain_start(struct devnet_chain *c, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    char *chain = arena_printf(a, "%d", DEVNET_CHAIN_ID);
    char *port = arena_printf(a, "%u", (unsigned)c->port);
    char *const argv[] = {"anvil",
                          "--host",
                          "127.0.0.1",
                          "--port",
                          port,
                          "--chain-id",
                          chain,
                          c->state ? "--state" : NULL, /* without a state the list ends here */
                          arena_strdup(a, c->state ? c->state : ""),
                          "--state-interval",
                          STATE_INTERVAL_S,
                          NULL};
    _close_ int log_fd = open(c->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid_t parent = getpid();
    pid_t pid;

    if (log_fd < 0)
        return failed(e, FAILED, "open %s: %s", c->log, strerror(errno));
    pid = fork();
    if (pid < 0)
        return failed(e, FAILED, "fork: %s", strerror(errno));
    if (pid == 0) {
        if (getppid() != parent)
            _exit(127);
        exec_anvil(c, argv, log_fd);
    }
    c->pid = pid;
    return 0;
}

bool devnet_chain_ended(struct devnet_chain *c)
{
    if (c->pid && waitpid(c->pid, NULL, WNOHANG) != c->pid)
        return false;
    c->pid = 0;
    return true;
}

void devnet_chain_stop(struct devnet_chain *c)
{
    int64_t deadline = clock_mono_ms() + STOP_MS;

    if (devnet_chain_ended(c))
        return;
    kill(c->pid, SIGTERM);
    while (!devnet_chain_ended(c)) {
        if (clock_mono_ms() > deadline)
            kill(c->pid, SIGKILL);
        clock_sleep_ms(STOP_POLL_MS);
    }
}

static int died(const struct devnet_chain *c, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct bytes log = {0};
    struct err ignored;
    const char *tail = "";

    if (fs_read(a, c->log, LOG_MAX, &log, &ignored) == 0)
        tail = (const char *)log.p + (log.n > LOG_TAIL ? log.n - LOG_TAIL : 0);
    return failed(e, FAILED, "anvil did not come up; its log (%s) ends with:\n%s", c->log, tail);
}

int devnet_chain_wait(struct devnet_chain *c, struct rpc *r, struct err *e)
{
    int64_t deadline = clock_mono_ms() + UP_MS;

    for (;;) {
        _arena_ struct arena *a = arena_new();
        struct json *result;
        struct err why;

        if (rpc_call(r, a, "eth_chainId", NULL, &result, &why) == 0)
            return 0;
        if (devnet_chain_ended(c) || clock_mono_ms() > deadline)
            return died(c, e);
        clock_sleep_ms(UP_POLL_MS);
    }
}
