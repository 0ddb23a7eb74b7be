/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/must.h"
#include "docker/registry.h"
#include "docker/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES = 8 };

/* Names and sizes come from strangers: whatever they are, an archive is whole blocks or fails. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _arena_ struct arena *a = arena_new();
    struct tar_entry entries[ENTRIES] = {0};
    struct tar_writer *w;
    struct image_name name;
    char some[700];
    struct err e;
    int64_t n, all = 0;
    size_t count = 0;

    while (size > 1 && count < ENTRIES) {
        size_t len = (size_t)(data[0] | data[1] << 8) % size;

        entries[count].path = arena_strndup(a, (const char *)data, len);
        entries[count].kind = data[0] & 1 ? TAR_DIR : TAR_MEMORY;
        entries[count].mode = data[1];
        entries[count].data = data;
        entries[count].size = data[0] & 1 ? 0 : (int64_t)len;
        if (image_name_parse(a, entries[count].path, &name, &e) == 0)
            must(*name.repository && *name.reference && !strstr(name.repository, ".."));
        count++;
        data += len + 1;
        size -= len + 1;
    }
    w = tar_writer_new(entries, count);
    while ((n = tar_writer_read(w, some, 1 + (size_t)(all % 699), &e)) > 0)
        all += n;
    must(n < 0 || all % 512 == 0);
    must(n < 0 || all >= (int64_t)(count + 2) * 512);
    tar_writer_free(w);
    return 0;
}
