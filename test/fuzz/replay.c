/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The main of a fuzz target in a build without libFuzzer: feeds it every file of the folders
 * named on the command line and, so that a size of zero is tried too, nothing at all.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fs.h"

enum { INPUT_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feeds every file of a folder; returns how many there were, -1 when one cannot be read. */
static int replay_folder(const char *path)
{
    _arena_ struct arena *a = arena_new();
    DIR *folder = opendir(path);
    struct dirent *entry;
    struct bytes input;
    struct err e;
    int count = 0;

    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        if (fs_read(a, arena_printf(a, "%s/%s", path, entry->d_name), INPUT_MAX, &input, &e) < 0) {
            fprintf(stderr, "%s\n", e.msg);
            closedir(folder);
            return -1;
        }
        (void)LLVMFuzzerTestOneInput(input.p, input.n);
        count++;
    }
    if (folder)
        closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;

    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);

        if (count <= 0) {
            fprintf(stderr, "%s: no inputs\n", argv[i]);
            return 1;
        }
        total += count;
    }
    printf("ok - %d inputs\n", total + 1);
    return 0;
}
