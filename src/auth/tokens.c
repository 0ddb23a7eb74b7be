/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token is good when it carries our signature and has a row. The row alone would let a
 * database's reader in were it the text itself, so it is the text's hash; the signature alone
 * could not be taken back.
 */
#include <string.h>

#include "auth/auth_int.h"
#include "auth/import.h"
#include "auth/tokens.sql.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "crypto/jwt.h"
#include "crypto/random.h"

enum { TOKEN_MAX = 4096, SECRET_BYTES = 32 };

struct tokens {
    struct store *store;
    char *secret;
};

static int read_secret(struct db *db, char **ret, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_auth_secret_get);
    bool found;

    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found)
        return failed(e, FAILED, "the secret of tokens was not stored");
    *ret = xstrdup(col_text(q, "secret"));
    return 0;
}

/* Makes a secret where there is none; whoever is first makes it. */
static int make_secret(struct db *db, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_auth_secret_put);
    uint8_t raw[SECRET_BYTES];
    char text[2 * SECRET_BYTES + 1];
    int r;

    random_bytes(raw, sizeof(raw));
    hex_encode(raw, sizeof(raw), text);
    bind_text(q, text);
    r = stmt_run(q, e);
    wipe(raw, sizeof(raw));
    wipe(text, sizeof(text));
    return r;
}

int tokens__new(struct store *store, const char *secret, struct tokens **ret, struct err *e)
{
    struct tokens *t;
    char *kept = NULL;

    if (secret) {
        kept = xstrdup(secret);
    } else {
        _db_ struct db *db = store_lend(store);

        if (make_secret(db, e) < 0 || read_secret(db, &kept, e) < 0)
            return -1;
    }
    t = xcalloc(1, sizeof(*t));
    t->store = store;
    t->secret = kept;
    *ret = t;
    return 0;
}

void tokens__free(struct tokens *t)
{
    if (!t)
        return;
    wipe(t->secret, strlen(t->secret));
    free(t->secret);
    free(t);
}

static void token_id(const char *token, char id[HASH32_TEXT])
{
    struct hash32 h = sha256(token, strlen(token));

    hash32_write(&h, id);
}

static int expire(struct db *db, int64_t now, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_auth_token_expire);

    bind_i64(q, now);
    return stmt_run(q, e);
}

static int put(struct tokens *t, const char *token, const struct token_claim *claim, int64_t now,
               struct err *e)
{
    _db_ struct db *db = store_lend(t->store);
    _tx_ struct tx tx = {0};
    _stmt_ struct stmt *q = NULL;
    char id[HASH32_TEXT];
    char address[ADDR_TEXT];

    token_id(token, id);
    addr_lower(&claim->who, address);
    if (tx_begin(db, &tx, e) < 0 || expire(db, now, e) < 0)
        return -1;
    q = db_query(db, &sql_auth_token_put);
    bind_text(q, id);
    bind_text(q, address);
    bind_i64(q, now);
    if (claim->valid_until)
        bind_i64(q, claim->valid_until);
    else
        bind_null(q);
    if (stmt_run(q, e) < 0)
        return -1;
    return tx_commit(&tx, e);
}

int tokens__create(struct tokens *t, struct arena *a, const struct token_claim *claim,
                   const char **ret, struct err *e)
{
    int64_t now = clock_ms();
    const char *payload = arena_printf(
        a, "{\"address\":\"%s\",\"nonce\":\"%lld\",\"createdAt\":%lld,\"iat\":%lld}",
        claim->address, (long long)claim->nonce, (long long)now, (long long)(now / 1000));
    const char *token = jwt_sign(a, t->secret, payload);

    if (put(t, token, claim, now, e) < 0)
        return err_wrap(e, "Error creating auth token");
    *ret = token;
    return 0;
}

int tokens__find(struct tokens *t, const char *token, struct addr *ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    _db_ struct db *db = NULL;
    _stmt_ struct stmt *q = NULL;
    char id[HASH32_TEXT];
    bool found;

    if (strnlen(token, TOKEN_MAX + 1) > TOKEN_MAX || !jwt_verify(a, t->secret, token))
        return refused(e, AUTH_TOKEN);
    token_id(token, id);
    db = store_lend(t->store);
    q = db_query(db, &sql_auth_token_get);
    bind_text(q, id);
    if (stmt_find(q, &found, e) < 0)
        return -1;
    if (!found || (!col_is_null(q, "valid_until") && col_i64(q, "valid_until") < clock_ms()))
        return refused(e, AUTH_TOKEN);
    must(addr_parse(col_text(q, "address"), ret));
    return 0;
}

int tokens__invalidate(struct tokens *t, const char *token, struct err *e)
{
    _db_ struct db *db = store_lend(t->store);
    _stmt_ struct stmt *q = db_query(db, &sql_auth_token_end);
    char id[HASH32_TEXT];

    token_id(token, id);
    bind_text(q, id);
    if (stmt_run(q, e) < 0)
        return err_wrap(e, "Error invalidating auth token");
    return 0;
}

int auth_import_token(struct db *db, const struct auth_import_token *t, struct err *e)
{
    _stmt_ struct stmt *q = db_query(db, &sql_auth_token_import);
    char id[HASH32_TEXT];
    char address[ADDR_TEXT];

    token_id(t->token, id);
    addr_lower(&t->who, address);
    bind_text(q, id);
    bind_text(q, address);
    bind_i64(q, t->created);
    if (t->valid_until)
        bind_i64(q, t->valid_until);
    else
        bind_null(q);
    return stmt_run(q, e);
}
