/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the browsers of tests, so that they do not learn of networks that come and go.
 * Chromium drops its HTTP/2 connections, those of loopback too, when an interface appears
 * (ERR_NETWORK_CHANGED), and what runs beside it makes bridges all the time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol)
{
    int (*real)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");

    if (domain == AF_NETLINK) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return real(domain, type, protocol);
}
