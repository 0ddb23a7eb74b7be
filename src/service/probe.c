/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "service/service_int.h"

/* Health, asked from outside: what answers the node answers the gateway as well. */

enum { OUTPUT_MAX = 300, HEAD_MAX = 512 };

static int wait_for(int fd, short what, int64_t end, struct err *e)
{
    struct pollfd p = {.fd = fd, .events = what};
    int64_t left = end - clock_mono_ms();

    if (left > 0 && poll(&p, 1, (int)left) > 0)
        return 0;
    return failed(e, TIMEOUT, "no answer in time");
}

static int dial(const char *ip, int port, int64_t end, int *ret, struct err *e)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd, why = 0;
    socklen_t n = sizeof(why);

    if (inet_pton(AF_INET, ip, &to.sin_addr) != 1)
        return failed(e, FAILED, "the container has no address");
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return failed(e, FAILED, "socket: %m");
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
        why = errno;
    else if (wait_for(fd, POLLOUT, end, e) < 0) {
        close(fd);
        return -1;
    } else
        (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n);
    if (why) {
        close(fd);
        return failed(e, FAILED, "port %d: %s", port, strerror(why));
    }
    *ret = fd;
    return 0;
}

static int read_status(int fd, int64_t end, int *ret, struct err *e)
{
    char head[HEAD_MAX];
    size_t n = 0;

    while (n < 12) { /* "HTTP/1.1 200" */
        ssize_t got;

        if (wait_for(fd, POLLIN, end, e) < 0)
            return -1;
        got = recv(fd, head + n, sizeof(head) - n, 0);
        if (got <= 0)
            return failed(e, FAILED, "it closed the connection without an answer");
        n += (size_t)got;
    }
    if (memcmp(head, "HTTP/1.", 7) != 0 || head[8] != ' ')
        return failed(e, FAILED, "its answer is no HTTP");
    *ret = (head[9] - '0') * 100 + (head[10] - '0') * 10 + (head[11] - '0');
    return 0;
}

static int ask_http(int fd, const struct watch *w, int64_t end, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *text = arena_printf(a,
                                    "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: atoll\r\n"
                                    "Accept: */*\r\nConnection: close\r\n\r\n",
                                    w->path);
    int status = 0;

    if (wait_for(fd, POLLOUT, end, e) < 0)
        return -1;
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
        return failed(e, FAILED, "the question could not be sent");
    if (read_status(fd, end, &status, e) < 0)
        return -1;
    if (status < 200 || status > 399)
        return failed(e, FAILED, "GET %s answers %d", w->path, status);
    return 0;
}

static int ask_port(const struct watch *w, const char *ip, struct err *e)
{
    int64_t end = clock_mono_ms() + w->timeout_ms;
    _close_ int fd = -1;

    if (dial(ip, w->port, end, &fd, e) < 0)
        return -1;
    return w->kind == HEALTH_HTTP ? ask_http(fd, w, end, e) : 0;
}

static int ask_command(struct live *l, const struct watch *w, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct docker_exec x = {
        .command = w->command, .timeout_ms = (int)w->timeout_ms, .output_max = OUTPUT_MAX};
    const char *output;
    int status = docker_exec_run(l->engine->docker, a, w->container, &x, &output, e);

    if (status < 0)
        return -1;
    if (status > 0)
        return failed(e, FAILED, "its check ended with %d: %s", status, output);
    return 0;
}

bool probe__healthy(struct live *l, const struct watch *w, const char *ip, struct err *e)
{
    if (w->kind == HEALTH_NONE)
        return true;
    if (w->kind == HEALTH_COMMAND)
        return ask_command(l, w, e) == 0;
    return ask_port(w, ip, e) == 0;
}
