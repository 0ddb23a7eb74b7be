/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CLI_WIZARD_H
#define ATOLL_CLI_WIZARD_H

#include "cli/terminal.h"
#include "client/client.h"

/* What `atoll service deploy` (wizard.c) and its conversation (wizard_ui.c) share. */

struct wizard_ui {
    struct arena *arena;
    struct json *preset; /* {question: value}: --answers, then --set */
    struct json *used;   /* {question: true}: which of them a wizard has asked */
    const char *agreed;  /* hash of the quote that was agreed to; NULL: none yet */
    const char *told;    /* the last line of progress */
    bool yes;            /* agree to the price without being asked */
    bool quiet;          /* no progress */
};

/* The value that was given beforehand to a question; NULL: none. INVALID names the question. */
int wizard_ui_given(struct wizard_ui *ui, struct arena *a, const struct json *question,
                    struct json **ret, struct err *e) must_check;

/* The conversation, as struct client_answers wants it; ctx is the struct wizard_ui. */
int wizard_ui_ask(void *ctx, struct arena *a, const struct json *wizard,
                  enum client_choice *ret_choice, struct json **ret, struct err *e) must_check;
int wizard_ui_confirm(void *ctx, const struct json *wizard, enum client_choice *ret_choice,
                      struct err *e) must_check;
void wizard_ui_progress(void *ctx, const struct json *deployment);

#endif
