/* SPDX-License-Identifier: Apache-2.0 */
/* The node's own state, on a machine that has the node's private key and nothing else. */
#include <string.h>

#include "backup/backup_int.h"
#include "base/fs.h"
#include "base/str.h"

enum { IDENTITY_MAX = 16384 };

/* The key that the server lets in: one that the operator names, else one made here. */
static int take_identity(struct backup *b, struct arena *a, const char *file, struct err *e)
{
    const char *ours = arena_printf(a, "%s/id_ed25519", b->o.dir);
    struct bytes text;

    if (!file)
        return 0;
    if (fs_read(a, file, IDENTITY_MAX, &text, e) < 0 || fs_write(ours, text.p, text.n, 0600, e) < 0)
        return -1;
    return fs_remove_tree(arena_printf(a, "%s.pub", ours), e); /* another key's, perhaps */
}

static int restore(const struct repo *r, struct arena *a, const char *id,
                   const struct backup_sink *to, struct manifest *ret, struct err *e)
{
    const struct snap *s;
    struct snaps all;
    bool there;

    if (restic__open(r, &there, e) < 0)
        return -1;
    if (!there)
        return refused(e, BACKUP_NONE);
    if (restic__list(r, a, &all, e) < 0)
        return -1;
    s = restic__pick(&all, id);
    if (!s)
        return refused(e, BACKUP_NONE);
    if (manifest__read(r, a, s->manifest, ret, e) < 0)
        return -1;
    return restore__parts(r, ret, to, e);
}

static int connect_to(struct backup *b, struct arena *a, const struct server *s, struct err *e)
{
    const char *line;

    if (servers__write(b, s, e) < 0)
        return -1;
    if (ssh__try(b, s, e) == 0)
        return 0;
    if (e->code == ERR_BACKUP_LOGIN && ssh__key(b, a, &line, e) == 0)
        return failed(e, BACKUP_LOGIN,
                      "The backup server does not let this machine in: authorise its key there "
                      "(scripts/backup-server.sh --key '%s'), or name one that it knows.",
                      line);
    return -1;
}

int backup_state_restore(struct backup *b, struct arena *a, const struct backup_state_from *from,
                         const struct backup_sink *to, struct json **ret, struct err *e)
{
    struct server s;
    struct repo r = {b, &s, plans__repository(b, a, BACKUP_NODE), NULL};
    struct manifest m;
    struct json *v = json_new_object(a);
    const char *line;

    if (names__server(from->server, e) < 0 || take_identity(b, a, from->identity, e) < 0 ||
        ssh__key(b, a, &line, e) < 0 || servers__meet(b, a, from->server, &s, e) < 0 ||
        connect_to(b, a, &s, e) < 0 || keys__get(b, a, BACKUP_NODE, &r.key, e) < 0 ||
        restore(&r, a, from->snapshot, to, &m, e) < 0)
        return -1;
    json_set_str(a, v, "snapshot", m.id);
    json_set_int(a, v, "at", m.at);
    json_set_str(a, v, "fingerprint", servers__fingerprint(a, s.host_key));
    *ret = v;
    return 0;
}
