/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "api.gen.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "node/node.h"
#include "node/settings.h"
#include "node/visits.h"
#include "node/who.h"
#include "service/shell.h"

/* A shell in a container, over a WebSocket. What is said there is nobody's business but theirs. */

enum { IDLE_MS = 30 * 60 * 1000 };

struct open_shell {
    struct node *node;
    struct service_shell *shell;
    struct visit *visit;
    char *who;
    char *where;
    int64_t since; /* monotonic ms */
};

static enum http_taken take(void *ctx, bool text, const void *p, size_t n)
{
    struct open_shell *o = ctx;

    switch (service_shell_take(o->shell, text, p, n)) {
    case SHELL_TAKEN:
        return HTTP_TAKEN;
    case SHELL_TAKEN_FULL:
        return HTTP_TAKEN_FULL;
    default:
        return HTTP_TAKEN_WRONG;
    }
}

static bool room(void *ctx)
{
    struct open_shell *o = ctx;

    return service_shell_room(o->shell);
}

static int64_t pull(void *ctx, void *out, size_t cap, bool *ret_text)
{
    struct open_shell *o = ctx;

    return service_shell_pull(o->shell, out, cap, ret_text);
}

static void notify(void *ctx, void (*ready)(void *arg), void *arg)
{
    struct open_shell *o = ctx;

    service_shell_notify(o->shell, ready, arg);
}

static void close_shell(void *ctx)
{
    struct open_shell *o = ctx;

    visit_leave(o->visit);
    service_shell_close(o->shell);
    log_info("service", "%s left the shell in deployment %s after %lld s", o->who, o->where,
             (long long)((clock_mono_ms() - o->since) / 1000));
    free(o->who);
    free(o->where);
    free(o);
}

/* --- while it is open --- */

static const char *ask(void *ctx, bool *ret_used)
{
    struct open_shell *o = ctx;
    _settings_ struct settings *s = settings_take(o->node);

    *ret_used = service_shell_used(o->shell);
    return s->config->service_shell ? NULL : ERR_TEXT_SHELL_OFF;
}

static void end(void *ctx, const char *why)
{
    struct open_shell *o = ctx;

    service_shell_end(o->shell, why);
}

static void reply_shell(struct task *t, struct service_shell *shell, const char *id)
{
    struct open_shell *o = xcalloc(1, sizeof(*o));
    const struct visit_watch watch = {ask, end, o};

    o->node = t->node;
    o->shell = shell;
    o->who = xasprintf("%s (%s)", t->person->name, t->person->id);
    o->where = xstrdup(id);
    o->since = clock_mono_ms();
    o->visit = visit_begin(t, &watch);
    t->reply->status = 101;
    t->reply->kind = HTTP_SOCKET;
    t->reply->socket =
        (struct http_socket){take, room, pull, notify, close_shell, o, .idle_ms = IDLE_MS};
    log_info("service", "%s opened a shell in deployment %s", o->who, o->where);
}

int cmd_marketplace_deployment_shell(struct task *t,
                                     const struct args_marketplace_deployment_shell *args,
                                     struct err *e)
{
    const struct service_key k = {t->person->id, args->id};
    const struct service_shell_ask q = {.container = args->container,
                                        .command = args->command,
                                        .tty = !args->has_tty || args->tty,
                                        .columns = (int)args->columns,
                                        .rows = (int)args->rows};
    struct service *s = t->node->services;
    struct service_shell *shell;

    if (!s)
        return refused(e, SOLUTIONS_OFF);
    /* whoever looks why it was refused asks without an upgrade, which is checked last */
    if (who_same_origin(t->request, false, e) < 0 || service_shell_check(s, &k, e) < 0 ||
        http_socket_check(t->request, e) < 0 || service_shell_open(s, &k, &q, &shell, e) < 0)
        return -1;
    reply_shell(t, shell, args->id);
    return 0;
}
