/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "backup/backup_int.h"
#include "base/must.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A manifest comes from a server, and perhaps from another node's: what is read can be written. */
static void manifest(struct arena *a, const char *text, size_t n)
{
    struct manifest m;
    struct manifest again;
    const char *out;
    struct err e;

    if (manifest__parse(a, text, n, &m, &e) < 0)
        return;
    must(m.part_count >= 1 && m.part_count <= BACKUP_PARTS_MAX);
    must(names__plain(m.parts[0].name, BACKUP_ID_MAX));
    out = manifest__text(a, &m);
    must(manifest__parse(a, out, strlen(out), &again, &e) == 0);
    must(again.part_count == m.part_count);
    must(str_eq(again.parts[0].restic_id, m.parts[0].restic_id));
}

/* Text forms that people write. */
static void rules(struct arena *a, const char *text)
{
    struct retain r;
    struct retain again;
    struct err e;

    if (retain_parse(text, &r, &e) == 0) {
        must(retain_parse(retain_text(a, &r), &again, &e) == 0);
        must(memcmp(&r, &again, sizeof(r)) == 0);
    }
    if (names__plain(text, BACKUP_ID_MAX))
        must(!strpbrk(text, " ;$()`'\"\\/\n") && *text != '-' && *text != '.');
    (void)servers__fingerprint(a, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    const char *text = arena_strndup(a, (const char *)data, size);

    manifest(a, text, strlen(text));
    rules(a, text);
    return 0;
}
