/* SPDX-License-Identifier: Apache-2.0 */
/* The backups of a deployment that is gone, deleted wherever they are, as soon as that can be. */
#include "backup/backup_int.h"
#include "backup/targets.sql.h"
#include "base/fs.h"
#include "base/str.h"

static int drop_rows(struct backup *b, const char *deployment, const char *server, struct err *e)
{
    static const struct sql *const all[] = {&sql_backup_snapshot_drop_all, &sql_backup_target_drop,
                                            NULL};
    const char *const texts[] = {deployment, server, NULL};

    return plans__run_all(b, all, texts, e);
}

int purge__run(struct backup *b, const char *deployment, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct server *all;
    struct plan p;
    size_t count;
    size_t i;
    bool found;
    bool left;

    if (plans__find(b, a, deployment, &found, &p, e) < 0)
        return -1;
    if (!found || p.gone != 2) /* it is watched again */
        return 0;
    if (servers__all(b, a, &all, &count, e) < 0)
        return -1;
    for (i = 0; i < count; i++) {
        const struct repo r = {b, &all[i], plans__repository(b, a, deployment), NULL};
        struct err why;
        int rc = ssh__delete(b, &all[i], r.name, &why);

        alerts__set(b, deployment, all[i].name, "purge", rc < 0 ? &why : NULL);
        if (rc < 0)
            continue;
        if (fs_remove_tree(restic__cache(a, &r), e) < 0 ||
            drop_rows(b, deployment, all[i].name, e) < 0)
            return -1;
    }
    if (targets__left(b, deployment, &left, e) < 0)
        return -1;
    return left ? 0 : plans__drop(b, deployment, e);
}
