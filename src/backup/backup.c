/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

struct backup_stream backup_stream_of(struct stream *s)
{
    (void)s;
    return (struct backup_stream){0};
}

int backup_new(const struct backup_options *o, struct backup **ret, struct err *e)
{
    (void)o;
    (void)ret;
    return failed(e, FAILED, "backups are not there yet");
}

void backup_set_deployments(struct backup *b, const struct backup_deployments *d)
{
    (void)b;
    (void)d;
}

int backup_start(struct backup *b, struct err *e)
{
    (void)b;
    return failed(e, FAILED, "backups are not there yet");
}

void backup_free(struct backup *b)
{
    (void)b;
}

int backup_watch(struct backup *b, const char *deployment, const char *owner, const char *schedule,
                 const char *retention, struct err *e)
{
    (void)b;
    (void)deployment;
    (void)owner;
    (void)schedule;
    (void)retention;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_forget(struct backup *b, const char *deployment, bool purge, struct err *e)
{
    (void)b;
    (void)deployment;
    (void)purge;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_now(struct backup *b, const char *deployment, struct err *e)
{
    (void)b;
    (void)deployment;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_restore(struct backup *b, const char *deployment, const char *snapshot,
                   const char *server, struct err *e)
{
    (void)b;
    (void)deployment;
    (void)snapshot;
    (void)server;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_verify(struct backup *b, const char *deployment, const char *snapshot, struct err *e)
{
    (void)b;
    (void)deployment;
    (void)snapshot;
    return failed(e, FAILED, "backups are not there yet");
}

bool backup_busy(struct backup *b, const char *deployment)
{
    (void)b;
    (void)deployment;
    return false;
}

int backup_now_wait(struct backup *b, const char *deployment, struct err *e)
{
    (void)b;
    (void)deployment;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_restore_wait(struct backup *b, const char *deployment, const char *snapshot,
                        const char *server, struct err *e)
{
    (void)b;
    (void)deployment;
    (void)snapshot;
    (void)server;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_verify_wait(struct backup *b, const char *deployment, const char *snapshot,
                       struct err *e)
{
    (void)b;
    (void)deployment;
    (void)snapshot;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_json(struct backup *b, struct arena *a, const char *deployment, const char *owner,
                struct json **ret, struct err *e)
{
    (void)b;
    (void)a;
    (void)deployment;
    (void)owner;
    (void)ret;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_plan(struct backup *b, const char *deployment, const char *schedule,
                const char *retention, struct err *e)
{
    (void)b;
    (void)deployment;
    (void)schedule;
    (void)retention;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_key(struct backup *b, struct arena *a, const char *owner, const char **ret,
               struct err *e)
{
    (void)b;
    (void)a;
    (void)owner;
    (void)ret;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_adopt(struct backup *b, struct arena *a, const struct backup_origin *from,
                 const char **ret_deployment, struct err *e)
{
    (void)b;
    (void)a;
    (void)from;
    (void)ret_deployment;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_fill(struct backup *b, const char *import, const char *deployment,
                const struct backup_sink *to, struct err *e)
{
    (void)b;
    (void)import;
    (void)deployment;
    (void)to;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_server_add(struct backup *b, struct arena *a, const struct backup_server *s,
                      struct json **ret, struct err *e)
{
    (void)b;
    (void)a;
    (void)s;
    (void)ret;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_server_remove(struct backup *b, const char *name, struct err *e)
{
    (void)b;
    (void)name;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_server_check(struct backup *b, struct arena *a, const char *name, struct json **ret,
                        struct err *e)
{
    (void)b;
    (void)a;
    (void)name;
    (void)ret;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_server_accept(struct backup *b, struct arena *a, const char *name,
                         const char *fingerprint, struct json **ret, struct err *e)
{
    (void)b;
    (void)a;
    (void)name;
    (void)fingerprint;
    (void)ret;
    return failed(e, FAILED, "backups are not there yet");
}

int backup_servers_json(struct backup *b, struct arena *a, struct json **ret, struct err *e)
{
    (void)b;
    (void)a;
    (void)ret;
    return failed(e, FAILED, "backups are not there yet");
}
