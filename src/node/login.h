/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_LOGIN_H
#define ATOLL_NODE_LOGIN_H

#include "auth/login.h"
#include "node/node.h"
#include "node/task.h"

/* What all ways to log in share. */

/*
 * Somebody has proven who they are: finds or makes the person, opens a session, which replaces the
 * browser's old one, and sets its cookie. LOGIN_BLOCKED, CONNECT_KEY.
 */
int login_finish(struct task *t, const struct auth_identity *who, struct auth_person *ret,
                 struct err *e) must_check;

/*
 * The name that people log in under, as their browser has it. A node that takes any Host for its
 * own can be shown to people under another's name, and what they sign there be used here: so it is
 * publicUrl's, one of a package's [[servers]], or this machine's for who sits at it. LOGIN_HOST.
 */
struct login_site {
    const char *host;   /* "market.example.org", with a port that is not the usual one */
    const char *origin; /* "https://market.example.org" */
};
int login_site_of(struct task *t, struct login_site *ret, struct err *e) must_check;

/* Whether the client is on this machine, asks by one of its own names, and no proxy is between. */
bool login_is_local(const struct http_request *r);

/* The person as the answer. */
int reply_person(struct task *t, const struct auth_person *p);
/* {success: true} */
int reply_success(struct task *t);

#endif
