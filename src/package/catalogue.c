/* SPDX-License-Identifier: Apache-2.0 */
#include "package/catalogue.h"

struct catalogue_entry {
    const char *folder;
    const struct package_file *files;
    size_t count;
};
#include "catalogue.gen.h"

size_t catalogue_count(void)
{
    return ARRAY_LEN(package__catalogue);
}

const char *catalogue_get(struct arena *a, size_t i, struct package_files *ret)
{
    const struct catalogue_entry *entry = &package__catalogue[i];

    ret->items = arena_memdup(a, entry->files, entry->count * sizeof(*ret->items));
    ret->count = entry->count;
    return entry->folder;
}
