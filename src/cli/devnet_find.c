/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/devnet_int.h"
#include "config/env.h"

#if defined(__aarch64__)
#define ANVIL_PACKAGE "anvil-linux-arm64"
#else
#define ANVIL_PACKAGE "anvil-linux-amd64"
#endif

/* The folder of the running program, or "." */
static const char *own_folder(struct arena *a)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash;

    if (n <= 0)
        return ".";
    path[n] = '\0';
    slash = strrchr(path, '/');
    *slash = '\0';
    return arena_strdup(a, path);
}

static bool look_in(struct arena *a, const char *dir, struct devnet_packages *ret)
{
    struct devnet_packages p = {
        .anvil = arena_printf(a, "%s/node_modules/@foundry-rs/" ANVIL_PACKAGE "/bin/anvil", dir),
        .artifacts =
            arena_printf(a, "%s/node_modules/@oceanprotocol/contracts/artifacts/contracts", dir)};

    if (access(p.anvil, X_OK) < 0 || access(p.artifacts, R_OK) < 0)
        return false;
    *ret = p;
    return true;
}

int devnet_find(struct arena *a, struct devnet_packages *ret, struct err *e)
{
    const char *given = env_get("ATOLL_DEVNET_DIR");

    if (given) {
        if (look_in(a, given, ret))
            return 0;
        return failed(e, NOT_FOUND,
                      "ATOLL_DEVNET_DIR=%s does not hold the packages: run npm ci there", given);
    }
    if (look_in(a, arena_printf(a, "%s/../devnet", own_folder(a)), ret) ||
        look_in(a, "devnet", ret) || look_in(a, "/usr/share/atoll/devnet", ret))
        return 0;
    return failed(e, NOT_FOUND,
                  "anvil and the Ocean contracts are not installed: run `npm ci` in the folder "
                  "devnet/ of the source tree, or name its place in ATOLL_DEVNET_DIR");
}
