/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fs.h"
#include "config/env.h"

enum { ENV_MAX = 64, POLL_MS = 10, STOP_MS = 10000, LOG_MAX = 4 * 1048576, LOG_TAIL = 1200 };

int child_start(struct child *c, char *const args[], char *const env[], struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _close_ int log_fd = open(c->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const char *argv[ENV_MAX] = {c->name};
    const char *envp[ENV_MAX] = {env_line(a, "PATH"), env_line(a, "HOME"),
                                 env_line(a, "ATOLL_DEVNET_DIR")};
    const struct process_spec spec = {.file = c->binary ? c->binary : "/proc/self/exe",
                                      .argv = argv,
                                      .env = envp,
                                      .fd = {-1, log_fd, log_fd, -1},
                                      .with_us = SIGTERM};
    size_t n;

    if (log_fd < 0)
        return failed(e, FAILED, "open %s: %s", c->log, strerror(errno));
    for (n = 0; args[n] && n + 2 < ENV_MAX; n++)
        argv[n + 1] = args[n];
    for (n = 0; env && env[n] && n + 4 < ENV_MAX; n++)
        envp[n + 3] = env[n];
    return process_start(&spec, &c->process, e);
}

bool child_ended(struct child *c)
{
    return process_ended(&c->process);
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
    if (!c->process.pid)
        return true;
    process_stop(&c->process, STOP_MS);
    return c->process.status == 0;
}
