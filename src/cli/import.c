/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/import.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/verb.h"
#include "config/env.h"
#include "storage/buckets.h"
#include "store/foreign.h"

/*
 * atoll import: what has to outlive the change from an ocean-node to this one. Its jobs are not:
 * they end, and are claimed, where they were started.
 */

static const char usage[] =
    "usage: atoll import FOLDER [--data DIR] [--json]\n\n"
    "Takes over what an ocean-node knew. FOLDER is its folder \"databases\"; DIR is the folder of\n"
    "the node that takes its place (ATOLL_DATA, else atoll-data). Both nodes must be stopped.\n\n"
    "  nonceDatabase.sqlite       used nonces, so that no request is accepted once more\n"
    "  authTokenDatabase.sqlite   tokens that are good; they stay so with the same JWT_SECRET\n"
    "  persistentStorage.sqlite   buckets; their files stay in the folder of persistentStorage\n\n"
    "Importing again is harmless. Jobs and their results are not taken over: let them end first.\n";

struct import {
    struct arena *a;
    const char *folder;
    struct db *db;
    struct foreign *from;
    struct json *report; /* a file's name: how many rows were taken, how many passed over */
};

/* One row of a source: 1 = taken over, 0 = passed over, -1 = failed. */
typedef int import_row(struct import *im, struct err *e);

static int nonce_row(struct import *im, struct err *e)
{
    struct addr who;
    int64_t nonce = foreign_i64(im->from, 1);
    const char *text = foreign_text(im->from, 0);

    if (!text || !addr_parse(text, &who) || nonce <= 0)
        return 0;
    return auth_import_nonce(im->db, &who, nonce, e) < 0 ? -1 : 1;
}

static int token_row(struct import *im, struct err *e)
{
    struct auth_import_token t = {.token = foreign_text(im->from, 0),
                                  .created = foreign_i64(im->from, 2),
                                  .valid_until = foreign_i64(im->from, 3)};
    const char *address = foreign_text(im->from, 1);

    if (!t.token || !address || !addr_parse(address, &t.who))
        return 0;
    if (t.valid_until && t.valid_until < clock_ms())
        return 0;
    return auth_import_token(im->db, &t, e) < 0 ? -1 : 1;
}

static int bucket_row(struct import *im, struct err *e)
{
    const char *id = foreign_text(im->from, 0);
    const char *owner = foreign_text(im->from, 1);
    const char *lists = foreign_text(im->from, 2);
    struct bucket b = {.created = foreign_i64(im->from, 3), .label = foreign_text(im->from, 4)};
    struct json *parsed;

    if (!id || !str_copy(b.id, sizeof(b.id), str_lower(im->a, id)) || !bucket_is_id(b.id))
        return 0;
    if (!owner || !addr_parse(owner, &b.owner) || !lists)
        return 0;
    if (json_parse(im->a, lists, strlen(lists), &parsed, e) < 0)
        return err_wrap(e, "access lists of bucket %s", b.id);
    b.lists = parsed;
    return bucket_import(im->db, im->a, &b, e) < 0 ? err_wrap(e, "bucket %s", b.id) : 1;
}

static const struct source {
    const char *file;
    const char *sql;
    const char *sql_older; /* for a file without the newer columns */
    import_row *row;
} sources[] = {
    {"nonceDatabase.sqlite", "SELECT id, nonce FROM nonce", NULL, nonce_row},
    {"authTokenDatabase.sqlite",
     "SELECT token, address, createdAt, validUntil FROM authTokens WHERE isValid", NULL, token_row},
    {"persistentStorage.sqlite",
     "SELECT bucketId, owner, accessListJson, createdAt, label FROM persistent_storage_buckets",
     "SELECT bucketId, owner, accessListJson, createdAt, NULL FROM persistent_storage_buckets",
     bucket_row},
};

static int import_rows(struct import *im, const struct source *s, struct err *e)
{
    struct json *counts = json_new_object(im->a);
    int64_t taken = 0;
    int64_t passed = 0;
    int more;

    while ((more = foreign_step(im->from, e)) > 0) {
        int r = s->row(im, e);

        if (r < 0)
            return -1;
        taken += r;
        passed += !r;
    }
    json_set_int(im->a, counts, "imported", taken);
    json_set_int(im->a, counts, "passedOver", passed);
    json_set(im->a, im->report, s->file, counts);
    return more;
}

static int import_source(struct import *im, const struct source *s, struct err *e)
{
    const char *path = arena_printf(im->a, "%s/%s", im->folder, s->file);
    _foreign_ struct foreign *from = NULL;

    if (fs_size(path) < 0)
        return 0;
    if (foreign_open(path, &from, e) < 0)
        return err_wrap(e, "%s", path);
    im->from = from;
    if (foreign_select(from, s->sql, e) < 0 &&
        (!s->sql_older || foreign_select(from, s->sql_older, e) < 0))
        return err_wrap(e, "%s", path);
    return import_rows(im, s, e) < 0 ? err_wrap(e, "%s", path) : 0;
}

/* All or nothing. */
static int import_all(struct import *im, const char *data, struct err *e)
{
    struct store *store;
    int rc = 0;
    size_t i;

    if (store_open(data, &store, e) < 0)
        return -1;
    {
        _db_ struct db *db = store_lend(store);
        _tx_ struct tx tx = {0};

        im->db = db;
        rc = tx_begin(db, &tx, e);
        for (i = 0; rc == 0 && i < ARRAY_LEN(sources); i++)
            rc = import_source(im, &sources[i], e);
        if (rc == 0 && json_len(im->report) == 0)
            rc = failed(e, INVALID, "%s holds no database of an ocean-node", im->folder);
        if (rc == 0)
            rc = tx_commit(&tx, e);
    }
    store_close(store);
    return rc;
}

int cli_import(int argc, char **argv)
{
    _arena_ struct arena *a = arena_new();
    struct args in = {argv + 1, argc - 1, NULL};
    struct import im = {.a = a, .report = json_new_object(a)};
    const char *data = env_get("ATOLL_DATA");
    bool as_json;
    struct err e;

    if (argc > 1 && str_eq(argv[1], "--help")) {
        (void)fputs(usage, stdout);
        return 0;
    }
    as_json = args_flag(&in, "--json") || !isatty(STDOUT_FILENO);
    data = args_value(&in, "--data", data ? data : "atoll-data");
    if (args_end(&in, 1, 1, &e) < 0) {
        (void)fprintf(stderr, "atoll import: %s\n%s", e.msg, usage);
        return EXIT_USAGE;
    }
    im.folder = in.v[0];
    if (import_all(&im, data, &e) < 0) {
        (void)fprintf(stderr, "atoll import: %s\n", e.msg);
        return EXIT_FAILED;
    }
    if (as_json)
        (void)printf("%s\n", json_text(a, im.report));
    else
        cli_print(im.report);
    return 0;
}
