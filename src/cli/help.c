/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/str.h"
#include "cli/cli.h"

/* `atoll VERB --help`: the actions of a verb; of one action, every option with its meaning. */

enum { SYNOPSIS = 32 }; /* "--name VALUE" and a gap */

/* An option means the same wherever it is taken; `value` is NULL for a switch. */
static const struct option {
    const char *name;
    const char *value;
    const char *what;
} options[] = {
    {"accept-terms", NULL, "accept the node's terms as they are now"},
    {"algorithm", "DID", "a published algorithm; or --code, --code-file"},
    {"all", NULL, "everybody's, for administrators"},
    {"amount", "AMOUNT", "whole tokens to begin with (0)"},
    {"answers", "FILE", "answers to questions, TOML or JSON: NAME = VALUE"},
    {"backup-key", "FILE", "file with the key of the other node's owner"},
    {"cap", "AMOUNT", "never more tokens than this (100000)"},
    {"checksum", "sha256:HEX", "of the image; without it the tag decides"},
    {"code", "TEXT", "the algorithm itself"},
    {"code-file", "FILE", "a file with the algorithm"},
    {"confirm", "NAME", "its name once more"},
    {"consumer", "ADDRESS", "who may use what was ordered (yourself)"},
    {"container", "NAME", "which container (the first)"},
    {"currency", "TOKEN", "what buyers pay with (ocean)"},
    {"dataset", "DID", "the data; without it the algorithm runs on none"},
    {"datatoken", "ADDRESS", "the asset's datatoken; goes before dtAddress of the file"},
    {"deleted", NULL, "of deployments that are deleted"},
    {"domain", "HOST", "under which it is reached"},
    {"duration", "SECONDS", "the longest run that is paid for (60)"},
    {"email", "ADDRESS", "for the certificate authority"},
    {"entrypoint", "COMMAND", "what the container runs ('node $ALGO'; $ALGO is the code's file)"},
    {"env", "ID", "environment to run in (the first that fits)"},
    {"expires", "WHEN", "until when it is valid, such as 2030-12-31 (for ever)"},
    {"file", "N", "which file of the service, from 0 (0)"},
    {"fingerprint", "SHA256:...", "that the server's host key must have"},
    {"follow", NULL, "go on until it is interrupted"},
    {"for", "SECONDS", "how long from now"},
    {"free", NULL, "use the free tier of the environment"},
    {"image", "NAME:TAG", "image of the container (node:20)"},
    {"include", "GROUP", "of commands that it answers; may be repeated"},
    {"interactive", NULL, "ask the questions here, at the terminal"},
    {"locks", "N", "at most so many at a time (10)"},
    {"name", "NAME", "of the new deployment"},
    {"no-tty", NULL, "no terminal, also where this is one"},
    {"no-wait", NULL, "do not wait until it runs, or is gone"},
    {"note", "TEXT", "for the history"},
    {"open-end", NULL, "until the pool is empty or it is stopped"},
    {"order", "TX", "transaction of an order made before (orders when needed)"},
    {"owner", "WHO", "whom it is given to: a person's id or a wallet; for administrators"},
    {"page", "N", "page of the list, from 1 (1)"},
    {"path", "FOLDER", "of the repositories on the server (/repositories)"},
    {"pool", "POOL", "which pays"},
    {"port", "N", "of the server's sshd (22)"},
    {"range", "RANGE", "hour, day or week (hour)"},
    {"repository", "NAME", "another node's, as it shows it; with --backup-key"},
    {"resources", "ID=N,...", "such as cpu=2,ram=1 (the environment's least)"},
    {"resume", "WIZARD", "go on with a wizard that was begun"},
    {"retention", "KIND=N ...", "what is kept, such as \"last=3 daily=7 weekly=4\""},
    {"seconds", "N", "longest life of a lock (86400)"},
    {"server", "NAME", "a backup server (any that has it)"},
    {"service", "SERVICE", "id, index or type of the service"},
    {"set", "NAME=VALUE",
     "an answer, goes before --answers; may be repeated; @FILE where files fit"},
    {"size", "SIZE", "of the new deployment"},
    {"snapshot", "ID", "of the backup (latest)"},
    {"tags", NULL, "images may be named by a tag"},
    {"to", "ADDRESS", "who gets the tokens (yourself)"},
    {"token", "ADDRESS", "currency of the machine time (the environment's first)"},
    {"user", "NAME", "to log in as (atoll-backup)"},
    {"uses", "N", "how many people may use it (1)"},
    {"version", "VERSION", "of the package (the newest)"},
    {"wait", NULL, "stay until the job has ended, and show how"},
    {"yes", NULL, "agree to the price without being asked"},
};

static const char common[] =
    "\nFor all verbs (in brackets: the environment variable that means the same):\n"
    "  --json, --get KEY, --quiet    JSON; one value of it, such as payment.lockTx; no progress\n"
    "  --node URL [NODE_URL]         the node\n"
    "  --rpc URL [RPC]               the chain's JSON-RPC endpoint\n"
    "  --address-file FILE [ADDRESS_FILE]\n"
    "                                addresses of the chain's contracts\n"
    "  --config FILE                 JSON file with all of this\n"
    "  --key-file FILE               your key: hex, or a wallet's JSON with KEY_PASSWORD; the key\n"
    "                                itself may stand in PRIVATE_KEY, it is never a flag\n";

static const struct option *find(const char *name)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(options); i++)
        if (str_eq(options[i].name, name))
            return &options[i];
    return NULL;
}

static void print_options(struct arena *a, const char *list, FILE *out)
{
    const char *rest = list;
    char *word;

    while ((word = str_next(a, &rest, ' '))) {
        const struct option *o;

        word[strcspn(word, "=")] = '\0';
        o = find(word);
        must(o);
        (void)fprintf(
            out, "      %-*s%s\n", SYNOPSIS - 6,
            arena_printf(a, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : ""),
            o->what);
    }
}

void cli_usage(const struct cli_family *f, const struct cli_action *only, FILE *out)
{
    _arena_ struct arena *a = arena_new();
    size_t i;

    (void)fprintf(out, "atoll %s: %s\n\n", f->name, f->summary);
    for (i = 0; i < f->count; i++) {
        const struct cli_action *x = &f->actions[i];

        if (only && only != x)
            continue;
        (void)fprintf(out, "  atoll %s %s%s%s%s\n      %s\n", f->name, x->name,
                      *x->arguments ? " " : "", x->arguments, *x->options ? " [options]" : "",
                      x->summary);
        if (only && *x->options)
            print_options(a, x->options, out);
    }
    if (only)
        (void)fputs(common, out);
    else
        (void)fprintf(out, "\n`atoll %s ACTION --help` shows an action's options.\n", f->name);
}
