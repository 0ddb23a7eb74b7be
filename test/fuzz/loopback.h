/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_TEST_FUZZ_LOOPBACK_H
#define ATOLL_TEST_FUZZ_LOOPBACK_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/must.h"
#include "http/http.h"

/* A client of a server in this process. */

/* -1 when there are no ports left: this input is not tried. */
static inline int loopback_dial(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(fd >= 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* p[n] in pieces of `step` bytes, as far as they are taken. */
static inline void loopback_say(int fd, const uint8_t *p, size_t n, size_t step)
{
    size_t at;

    for (at = 0; at < n; at += step)
        if (send(fd, p + at, n - at < step ? n - at : step, MSG_NOSIGNAL) < 0)
            return; /* refused meanwhile */
}

/* Has no more to say, hears everything until the end, and closes; false when it was cut off. */
static inline bool loopback_hear(int fd, struct buf *out)
{
    char part[16384];
    ssize_t got;

    (void)shutdown(fd, SHUT_WR);
    while ((got = recv(fd, part, sizeof(part), 0)) > 0)
        buf_add(out, part, (size_t)got);
    close(fd);
    return got == 0;
}

#endif
