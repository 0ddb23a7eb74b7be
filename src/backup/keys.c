/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passwords of repositories. Each owner has one, random, kept sealed for the node's key: who
 * reads the database cannot open a backup, and who runs a backup server has never seen it. The
 * credential that lets the node in there (ssh.c) is another one and opens nothing. restic makes its
 * keys of a password by scrypt with a salt of each repository.
 */
#include <string.h>

#include "backup/backup_int.h"
#include "backup/keys.sql.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/ecies.h"
#include "crypto/random.h"

enum { KEY_BYTES = 32, SEALED_MAX = 1024 };

int keys__seal(struct backup *b, struct arena *a, const char *text, struct bytes *ret,
               struct err *e)
{
    _buf_ struct buf out = BUF_INIT(SEALED_MAX);

    if (ecies_encrypt(&b->pubkey, text, strlen(text), &out, e) < 0)
        return -1;
    *ret = (struct bytes){arena_memdup(a, out.data, out.len), out.len};
    return 0;
}

int keys__open(struct backup *b, struct arena *a, struct bytes sealed, const char **ret,
               struct err *e)
{
    _buf_ struct buf out = BUF_INIT(SEALED_MAX);

    if (ecies_decrypt(&b->key, sealed.p, sealed.n, &out, e) < 0)
        return err_wrap(e, "a backup key was sealed for another key than the node's");
    *ret = arena_strdup(a, buf_str(&out));
    wipe(out.data, out.len);
    return 0;
}

static int find(struct backup *b, struct arena *a, const char *owner, struct bytes *ret,
                struct err *e)
{
    _db_ struct db *db = store_lend(b->o.store);
    _stmt_ struct stmt *q = db_query(db, &sql_backup_key_get);
    bool found;

    *ret = (struct bytes){NULL, 0};
    bind_text(q, owner);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (found)
        *ret = col_blob(a, q, "sealed");
    return 0;
}

/* Whoever is first makes it. */
static int make(struct backup *b, struct arena *a, const char *owner, struct err *e)
{
    uint8_t raw[KEY_BYTES];
    struct bytes sealed;
    _db_ struct db *db = NULL;
    _stmt_ struct stmt *q = NULL;

    random_bytes(raw, sizeof(raw));
    if (keys__seal(b, a, base64url_dup(a, raw, sizeof(raw)), &sealed, e) < 0)
        return -1;
    wipe(raw, sizeof(raw));
    db = store_lend(b->o.store);
    q = db_query(db, &sql_backup_key_put);
    bind_text(q, owner);
    bind_blob(q, sealed.p, sealed.n);
    bind_i64(q, clock_ms());
    return stmt_run(q, e);
}

int keys__get(struct backup *b, struct arena *a, const char *owner, const char **ret, struct err *e)
{
    static const char purpose[] = "atoll: the backups of a node's own state";
    struct bytes sealed;

    if (str_eq(owner, BACKUP_NODE)) {
        struct hash32 h = hmac_sha256(b->key.b, sizeof(b->key.b), purpose, strlen(purpose));

        *ret = base64url_dup(a, h.b, sizeof(h.b));
        return 0;
    }
    if (find(b, a, owner, &sealed, e) < 0)
        return -1;
    if (!sealed.p && (make(b, a, owner, e) < 0 || find(b, a, owner, &sealed, e) < 0))
        return -1;
    return keys__open(b, a, sealed, ret, e);
}

int backup_key(struct backup *b, struct arena *a, const char *owner, const char **ret,
               struct err *e)
{
    if (str_eq(owner, BACKUP_NODE))
        return failed(e, FORBIDDEN, "the node's own backups are opened by the node's key");
    return keys__get(b, a, owner, ret, e);
}
