/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/login.h"
#include "auth/person.h"
#include "backup/backup.h"
#include "base/log.h"
#include "node/login.h"

/* Backup servers, and the backups of the node itself: for administrators. */

/* What an administrator did is written down; that it was done does not depend on it. */
static void note(struct task *t, const char *what, const char *name)
{
    const char *text = arena_printf(t->arena, "%s %s", what, name);
    struct err ignored;

    log_info("backup", "%s: %s", t->person->name, text);
    if (auth_audit(t->node->auth, t->person->id, text, &ignored) < 0)
        log_warn("backup", "audit: %s", ignored.msg);
}

int cmd_marketplace_admin_backup_servers(struct task *t,
                                         const struct args_marketplace_admin_backup_servers *args,
                                         struct err *e)
{
    struct json *v;

    (void)args;
    if (backup_servers_json(t->node->backup, t->arena, &v, e) < 0)
        return -1;
    return reply_json(t, v);
}

int cmd_marketplace_admin_backup_server_add(
    struct task *t, const struct args_marketplace_admin_backup_server_add *args, struct err *e)
{
    const struct backup_server s = {.name = args->name,
                                    .host = args->host,
                                    .port = args->has_port ? (int)args->port : 0,
                                    .user = args->user,
                                    .path = args->path,
                                    .fingerprint = args->fingerprint};
    struct json *v;

    if (backup_server_add(t->node->backup, t->arena, &s, &v, e) < 0)
        return -1;
    note(t, "adds the backup server", args->name);
    return reply_json(t, v);
}

int cmd_marketplace_admin_backup_server_remove(
    struct task *t, const struct args_marketplace_admin_backup_server_remove *args, struct err *e)
{
    if (backup_server_remove(t->node->backup, args->name, e) < 0)
        return -1;
    note(t, "removes the backup server", args->name);
    return reply_success(t);
}

int cmd_marketplace_admin_backup_server_check(
    struct task *t, const struct args_marketplace_admin_backup_server_check *args, struct err *e)
{
    struct json *v;

    if (backup_server_check(t->node->backup, t->arena, args->name, &v, e) < 0)
        return -1;
    return reply_json(t, v);
}

int cmd_marketplace_admin_backup_server_accept(
    struct task *t, const struct args_marketplace_admin_backup_server_accept *args, struct err *e)
{
    struct json *v;

    if (backup_server_accept(t->node->backup, t->arena, args->name, args->fingerprint, &v, e) < 0)
        return -1;
    note(t, "accepts the host key of the backup server", args->name);
    return reply_json(t, v);
}

int cmd_marketplace_admin_backups(struct task *t, const struct args_marketplace_admin_backups *args,
                                  struct err *e)
{
    struct json *v;

    (void)args;
    if (backup_json(t->node->backup, t->arena, BACKUP_NODE, BACKUP_NODE, &v, e) < 0)
        return -1;
    return v ? reply_json(t, v) : refused(e, BACKUP_DEPLOYMENT);
}

int cmd_marketplace_admin_backup_now(struct task *t,
                                     const struct args_marketplace_admin_backup_now *args,
                                     struct err *e)
{
    (void)args;
    if (backup_now(t->node->backup, BACKUP_NODE, e) < 0)
        return -1;
    return reply_success(t);
}

int cmd_marketplace_admin_backup_verify(struct task *t,
                                        const struct args_marketplace_admin_backup_verify *args,
                                        struct err *e)
{
    if (backup_verify(t->node->backup, BACKUP_NODE, args->snapshot, e) < 0)
        return -1;
    return reply_success(t);
}
