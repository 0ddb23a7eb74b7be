/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_STORAGE_FTP_H
#define ATOLL_STORAGE_FTP_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * "ftp://user:password@host:port/path" or "ftps://...", taken apart. User, password and path are
 * percent-decoded and hold no control characters; without them it is "anonymous" with
 * "anonymous@". Texts in the arena.
 */
struct ftp_url {
    const char *host; /* as written, IPv6 in brackets */
    unsigned port;    /* 21, or 990 for ftps, when none is given */
    const char *user;
    const char *password;
    const char *path; /* "" or with its leading "/"; query and fragment are no part of it */
    bool secure;      /* ftps */
};

/* False when it is no such URL. */
bool ftp_url_parse(struct arena *a, const char *url, struct ftp_url *ret);

/* The same as curl wants it: no login, the path in one piece. In the arena. */
const char *ftp_url_text(struct arena *a, const struct ftp_url *u);

#endif
