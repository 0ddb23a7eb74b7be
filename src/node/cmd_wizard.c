/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "wizard/wizard.h"

/* Wizards: chatflowsNew, List, Get, Answer, Back, Deploy, Drop. */

static int not_there(struct err *e)
{
    return failed(e, UNAVAILABLE, "wizards are not there yet");
}

int cmd_chatflows_new(struct task *t, const struct args_chatflows_new *args, struct err *e)
{
    (void)t;
    (void)args;
    return not_there(e);
}

int cmd_chatflows_list(struct task *t, const struct args_chatflows_list *args, struct err *e)
{
    (void)t;
    (void)args;
    return not_there(e);
}

int cmd_chatflows_get(struct task *t, const struct args_chatflows_get *args, struct err *e)
{
    (void)t;
    (void)args;
    return not_there(e);
}

int cmd_chatflows_answer(struct task *t, const struct args_chatflows_answer *args, struct err *e)
{
    (void)t;
    (void)args;
    return not_there(e);
}

int cmd_chatflows_back(struct task *t, const struct args_chatflows_back *args, struct err *e)
{
    (void)t;
    (void)args;
    return not_there(e);
}

int cmd_chatflows_deploy(struct task *t, const struct args_chatflows_deploy *args, struct err *e)
{
    (void)t;
    (void)args;
    return not_there(e);
}

int cmd_chatflows_drop(struct task *t, const struct args_chatflows_drop *args, struct err *e)
{
    (void)t;
    (void)args;
    return not_there(e);
}
