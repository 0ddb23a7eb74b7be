/* SPDX-License-Identifier: Apache-2.0 */
#include "api.gen.h"
#include "auth/person.h"
#include "backup/backup.h"
#include "backup/retain.h"
#include "base/log.h"
#include "base/str.h"
#include "node/login.h"

/* Backups of one's own deployments. What somebody else owns is as what does not exist. */

static int find(struct task *t, const char *deployment, struct json **ret, struct err *e)
{
    if (backup_json(t->node->backup, t->arena, deployment, t->person->id, ret, e) < 0)
        return -1;
    return *ret ? 0 : refused(e, BACKUP_DEPLOYMENT);
}

int cmd_marketplace_backups(struct task *t, const struct args_marketplace_backups *args,
                            struct err *e)
{
    struct json *v;

    return find(t, args->id, &v, e) < 0 ? -1 : reply_json(t, v);
}

int cmd_marketplace_backup_now(struct task *t, const struct args_marketplace_backup_now *args,
                               struct err *e)
{
    struct json *v;

    if (find(t, args->id, &v, e) < 0 || backup_now(t->node->backup, args->id, e) < 0)
        return -1;
    return reply_success(t);
}

int cmd_marketplace_backup_plan(struct task *t, const struct args_marketplace_backup_plan *args,
                                struct err *e)
{
    struct retain retention;
    const char *text = NULL;
    struct json *v;

    if (find(t, args->id, &v, e) < 0)
        return -1;
    if (args->retention) {
        if (retain_read(args->retention, &retention, e) < 0)
            return -1;
        text = retain_text(t->arena, &retention);
    }
    if (backup_plan(t->node->backup, args->id, args->schedule, text, e) < 0 ||
        find(t, args->id, &v, e) < 0)
        return -1;
    return reply_json(t, v);
}

int cmd_marketplace_backup_restore(struct task *t,
                                   const struct args_marketplace_backup_restore *args,
                                   struct err *e)
{
    struct json *v;

    if (find(t, args->id, &v, e) < 0 ||
        backup_restore(t->node->backup, args->id, args->snapshot, args->server, e) < 0)
        return -1;
    log_info("backup", "%s has '%s' put back to %s", t->person->id, args->id, args->snapshot);
    return reply_success(t);
}

int cmd_marketplace_backup_verify(struct task *t, const struct args_marketplace_backup_verify *args,
                                  struct err *e)
{
    struct json *v;

    if (find(t, args->id, &v, e) < 0 ||
        backup_verify(t->node->backup, args->id, args->snapshot, e) < 0)
        return -1;
    return reply_success(t);
}

/* Asking by POST keeps it out of histories and caches; every time is logged, for its owner. */
int cmd_marketplace_backup_key(struct task *t, const struct args_marketplace_backup_key *args,
                               struct err *e)
{
    struct json *v;
    struct json *reply = json_new_object(t->arena);
    const char *key;

    if (find(t, args->id, &v, e) < 0 ||
        backup_key(t->node->backup, t->arena, t->person->id, &key, e) < 0)
        return -1;
    log_info("backup", "%s is shown the key of its backups", t->person->id);
    json_set_str(t->arena, reply, "key", key);
    json_set_str(t->arena, reply, "repository", json_get_str(v, "repository", ""));
    return reply_json(t, reply);
}

int cmd_marketplace_backup_purge(struct task *t, const struct args_marketplace_backup_purge *args,
                                 struct err *e)
{
    struct json *v;

    if (find(t, args->id, &v, e) < 0)
        return -1;
    if (!str_eq(args->id, args->confirm))
        return refused(e, BACKUP_CONFIRM, args->id);
    if (backup_purge(t->node->backup, args->id, e) < 0)
        return -1;
    log_info("backup", "%s has the backups of '%s' deleted", t->person->id, args->id);
    return reply_success(t);
}

int cmd_marketplace_backups_gone(struct task *t, const struct args_marketplace_backups_gone *args,
                                 struct err *e)
{
    struct json *reply = json_new_object(t->arena);
    struct json *v;

    (void)args;
    if (backup_gone_json(t->node->backup, t->arena, t->person->id, &v, e) < 0)
        return -1;
    json_set(t->arena, reply, "backups", v);
    return reply_json(t, reply);
}

int cmd_marketplace_backup_adopt(struct task *t, const struct args_marketplace_backup_adopt *args,
                                 struct err *e)
{
    const struct backup_origin from = {.owner = t->person->id,
                                       .server = args->server,
                                       .repository = args->repository,
                                       .key = args->key,
                                       .snapshot = args->snapshot,
                                       .wishes = t->args};
    struct json *reply = json_new_object(t->arena);
    const char *deployment;

    if (backup_adopt(t->node->backup, t->arena, &from, &deployment, e) < 0)
        return -1;
    log_info("backup", "%s takes over '%s' from '%s' as %s", t->person->id, args->repository,
             args->server, deployment);
    json_set_str(t->arena, reply, "deployment", deployment);
    return reply_json(t, reply);
}
