/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last thing that is written of a snapshot: what belongs to it, and the hash of each part. A
 * node that is killed, or a source that breaks off, leaves parts without a manifest, which is no
 * snapshot to anybody.
 */
#include <string.h>

#include "backup/backup_int.h"
#include "base/buf.h"
#include "base/program.h"
#include "base/str.h"

enum { VERSION = 1, PIECE = 65536, STALL_MS = 120000 };

const char *manifest__text(struct arena *a, const struct manifest *m)
{
    struct json *v = json_new_object(a);
    struct json *parts = json_new_array(a);
    size_t i;

    json_set_int(a, v, "version", VERSION);
    json_set_str(a, v, "id", m->id);
    json_set_str(a, v, "deployment", m->deployment);
    json_set_int(a, v, "at", m->at);
    for (i = 0; i < m->part_count; i++) {
        const struct part *p = &m->parts[i];
        struct json *one = json_new_object(a);

        json_set_str(a, one, "name", p->name);
        json_set_str(a, one, "file", arena_printf(a, "/%s.tar", p->name));
        json_set_str(a, one, "restic", p->restic_id);
        json_set_int(a, one, "size", p->size);
        json_set_str(a, one, "sha256", hex_dup(a, p->sha256.b, sizeof(p->sha256.b)));
        json_push(a, parts, one);
    }
    json_set(a, v, "parts", parts);
    json_set(a, v, "definition", m->definition ? json_copy(a, m->definition) : NULL);
    return json_text(a, v);
}

/* An id of restic: 8 to 64 hex digits. It becomes an argument. */
static bool is_restic_id(const char *s)
{
    size_t n = strspn(s, "0123456789abcdef");

    return n >= 8 && n <= 64 && s[n] == '\0';
}

static int read_part(const struct json *v, struct part *ret, struct err *e)
{
    const char *hash = json_get_str(v, "sha256", "");

    ret->name = json_get_str(v, "name", "");
    ret->restic_id = json_get_str(v, "restic", "");
    ret->size = json_get_int(v, "size", -1);
    if (!names__plain(ret->name, BACKUP_ID_MAX) || !is_restic_id(ret->restic_id) || ret->size < 0 ||
        strlen(hash) != 64 || !hex_decode(hash, 32, ret->sha256.b))
        return failed(e, INVALID, "the snapshot's manifest is damaged");
    return 0;
}

int manifest__parse(struct arena *a, const char *text, size_t n, struct manifest *ret,
                    struct err *e)
{
    struct manifest m;
    struct json *v;
    const struct json *parts;
    size_t i;

    if (json_parse(a, text, n, &v, e) < 0)
        return err_wrap(e, "the snapshot's manifest");
    if (json_get_int(v, "version", 0) != VERSION)
        return failed(e, INVALID, "the snapshot's manifest is of another version of this program");
    parts = json_get(v, "parts");
    if (!json_is(parts, JSON_ARRAY) || json_len(parts) == 0 || json_len(parts) > BACKUP_PARTS_MAX)
        return failed(e, INVALID, "the snapshot's manifest is damaged");
    m = (struct manifest){.id = json_get_str(v, "id", ""),
                          .deployment = json_get_str(v, "deployment", ""),
                          .at = json_get_int(v, "at", 0),
                          .part_count = json_len(parts),
                          .definition = json_get(v, "definition")};
    m.parts = arena_calloc(a, m.part_count, sizeof(*m.parts));
    for (i = 0; i < m.part_count; i++)
        if (read_part(json_at(parts, i), &m.parts[i], e) < 0)
            return -1;
    *ret = m;
    return 0;
}

int manifest__read(const struct repo *r, struct arena *a, const char *restic_id,
                   struct manifest *ret, struct err *e)
{
    _program_ struct program *p = NULL;
    _buf_ struct buf text = BUF_INIT(BACKUP_MANIFEST_MAX);
    char piece[PIECE];
    int64_t n;

    if (!is_restic_id(restic_id))
        return failed(e, INVALID, "'%.80s' is no snapshot of restic", restic_id);
    if (restic__dump(r, restic_id, "/manifest.json", &p, e) < 0)
        return -1;
    while ((n = program_read(p, piece, sizeof(piece), STALL_MS, e)) > 0)
        buf_add(&text, piece, (size_t)n);
    if (n < 0 || restic__dumped(r, p, e) < 0)
        return -1;
    if (text.full)
        return failed(e, TOO_LARGE, "the snapshot's manifest is too large");
    return manifest__parse(a, buf_str(&text), text.len, ret, e);
}
