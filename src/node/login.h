/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_LOGIN_H
#define ATOLL_NODE_LOGIN_H

#include "auth/person.h"
#include "node/node.h"
#include "node/task.h"

/* What all ways to log in share. */

/*
 * Somebody has proven who they are: finds or makes the person, opens a session, which replaces the
 * browser's old one, and sets its cookie. LOGIN_BLOCKED, CONNECT_KEY.
 */
int login_finish(struct task *t, const struct auth_identity *who, struct auth_person *ret,
                 struct err *e) must_check;

/* The person as the answer. */
int reply_person(struct task *t, const struct auth_person *p);
/* {success: true} */
int reply_success(struct task *t);

#endif
