/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "config/env.h"
#include "gateway/gateway_int.h"

/*
 * A Caddy of ours: in a session of its own, so that it serves on when the node is killed, and found
 * again by its socket: who listens there is told by the kernel, no file of process ids is needed.
 */

enum { COME_UP_MS = 15000, LOOK_MS = 20, OUTPUT_MAX = 1048576 };

static int pidfd_of(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int dial(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd;

    if (!str_copy(at.sun_path, sizeof(at.sun_path), path))
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int gateway__process_take(const char *socket, struct gateway_process *ret)
{
    _close_ int fd = dial(socket);
    struct ucred who;
    socklen_t size = sizeof(who);
    int pidfd;

    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 || who.pid <= 1)
        return -1;
    pidfd = pidfd_of(who.pid);
    if (pidfd < 0)
        return -1;
    *ret = (struct gateway_process){.pid = who.pid, .pidfd = pidfd};
    return 0;
}

/* --- starting --- */

/* In a session of its own, with nothing of our environment but PATH. */
static int spawn(const char *caddy, const char *folder, struct process *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *const argv[] = {"caddy", "run", "--config",
                                arena_printf(a, "%s/first.json", folder), NULL};
    const char *const env[] = {env_line(a, "PATH"), arena_printf(a, "HOME=%s", folder),
                               arena_printf(a, "XDG_DATA_HOME=%s", folder),
                               arena_printf(a, "XDG_CONFIG_HOME=%s", folder), NULL};
    _close_ int out = open(arena_printf(a, "%s/log/output", folder),
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const struct process_spec spec = {
        .file = caddy, .argv = argv, .env = env, .fd = {-1, out, out, -1}};

    return process_start(&spec, ret, e);
}

static bool has_ended(const struct gateway_process *p)
{
    struct pollfd look = {.fd = p->pidfd, .events = POLLIN};

    return poll(&look, 1, 0) > 0;
}

/* What it printed last: its own words for why it ended. */
static const char *last_words(struct arena *a, const char *folder)
{
    struct bytes text;
    struct err ignored;
    char *end;
    char *line;

    if (fs_read(a, arena_printf(a, "%s/log/output", folder), OUTPUT_MAX, &text, &ignored) < 0 ||
        text.n == 0)
        return "it said nothing";
    line = arena_strdup(a, (const char *)text.p);
    end = line + strlen(line);
    while (end > line && end[-1] == '\n')
        *--end = '\0';
    end = strrchr(line, '\n');
    return end ? end + 1 : line;
}

static int await_socket(struct gateway_process *p, const char *folder, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *socket = arena_printf(a, "%s/admin.sock", folder);
    int64_t deadline = clock_mono_ms() + COME_UP_MS;

    for (;;) {
        _close_ int fd = dial(socket);

        if (fd >= 0)
            return 0;
        if (has_ended(p))
            return failed(e, UNAVAILABLE, "Caddy ended at once: %.400s", last_words(a, folder));
        if (clock_mono_ms() > deadline)
            return failed(e, UNAVAILABLE, "Caddy does not come up");
        clock_sleep_ms(LOOK_MS);
    }
}

int gateway__process_start(const char *caddy, const char *folder, struct gateway_process *ret,
                           struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct gateway_process p = {.pidfd = -1, .ours = true};
    struct process started;

    /* of one that was killed: nobody else works in this folder */
    (void)unlink(arena_printf(a, "%s/admin.sock", folder));
    if (fs_remove_tree(arena_printf(a, "%s/storage/locks", folder), e) < 0)
        return -1;
    if (spawn(caddy, folder, &started, e) < 0) {
        if (e->code != ERR_NOT_FOUND)
            return failed(e, UNAVAILABLE, "%s", arena_strdup(a, e->msg));
        return failed(e, UNAVAILABLE,
                      "there is no program '%s': install Caddy (Debian: apt-get install caddy), or "
                      "set CADDY",
                      caddy);
    }
    p.pid = started.pid;
    p.pidfd = pidfd_of(p.pid);
    if (p.pidfd < 0) { /* Linux before 5.3 */
        kill(p.pid, SIGKILL);
        gateway__process_gone(&p);
        return failed(e, UNAVAILABLE, "Caddy cannot be watched: pidfd_open: %m");
    }
    if (await_socket(&p, folder, e) < 0) {
        gateway__process_end(&p, 0);
        return -1;
    }
    *ret = p;
    return 0;
}

/* --- ending --- */

void gateway__process_gone(struct gateway_process *p)
{
    if (p->ours && p->pid)
        (void)waitpid(p->pid, NULL, 0);
    if (p->pidfd >= 0)
        close(p->pidfd);
    *p = (struct gateway_process){.pidfd = -1};
}

void gateway__process_end(struct gateway_process *p, int limit_ms)
{
    struct pollfd look = {.fd = p->pidfd, .events = POLLIN};

    if (!p->pid)
        return;
    if (limit_ms > 0 && syscall(SYS_pidfd_send_signal, p->pidfd, SIGTERM, NULL, 0) == 0)
        (void)poll(&look, 1, limit_ms);
    if (!has_ended(p)) {
        (void)syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0);
        (void)poll(&look, 1, limit_ms > 1000 ? limit_ms : 1000);
    }
    gateway__process_gone(p);
}
