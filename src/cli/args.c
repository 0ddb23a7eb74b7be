/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/verb.h"

static void take(struct args *in, int at, int n)
{
    memmove(in->v + at, in->v + at + n, (size_t)(in->n - at - n) * sizeof(*in->v));
    in->n -= n;
}

bool args_flag(struct args *in, const char *option)
{
    bool found = false;
    int i = 0;

    while (i < in->n && !str_eq(in->v[i], "--")) {
        if (str_eq(in->v[i], option)) {
            take(in, i, 1);
            found = true;
        } else {
            i++;
        }
    }
    return found;
}

const char *args_value(struct args *in, const char *option, const char *otherwise)
{
    const char *value = otherwise;
    size_t len = strlen(option);
    int i = 0;

    while (i < in->n && !str_eq(in->v[i], "--")) {
        if (str_starts(in->v[i], option) && in->v[i][len] == '=') {
            value = in->v[i] + len + 1;
            take(in, i, 1);
        } else if (str_eq(in->v[i], option) && i + 1 < in->n) {
            value = in->v[i + 1];
            take(in, i, 2);
        } else if (str_eq(in->v[i], option)) {
            in->missing = option;
            take(in, i, 1);
        } else {
            i++;
        }
    }
    return value;
}

int args_end(const struct args *in, int min, int max, struct err *e)
{
    int operands = 0;
    bool rest = false; /* after "--" nothing is an option */
    int i;

    if (in->missing)
        return failed(e, INVALID, "%s needs a value", in->missing);
    for (i = 0; i < in->n; i++) {
        if (!rest && str_eq(in->v[i], "--"))
            rest = true;
        else if (!rest && in->v[i][0] == '-' && in->v[i][1])
            return failed(e, INVALID, "unknown option %s", in->v[i]);
        else
            operands++;
    }
    if (operands > max)
        return failed(e, INVALID, "unexpected argument %s", in->v[in->n - 1]);
    if (operands < min)
        return failed(e, INVALID, "an argument is missing");
    return 0;
}

int args_run(int argc, char **argv, const char *usage,
             int (*run)(struct args *in, struct arena *a, struct json **ret, struct err *e))
{
    _arena_ struct arena *a = arena_new();
    struct args in = {argv + 1, argc - 1, NULL};
    struct json *v;
    struct err e;
    bool json;

    if (args_flag(&in, "--help")) {
        (void)printf("%s", usage);
        return 0;
    }
    json = args_flag(&in, "--json");
    if (run(&in, a, &v, &e) < 0) {
        (void)fprintf(stderr, "atoll: %s\n", e.msg);
        return e.code == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    if (json)
        (void)printf("%s\n", json_text(a, v));
    else
        cli_print(v);
    return 0;
}
