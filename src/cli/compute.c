/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "cli/cli.h"

enum { CODE_MAX = 10 * 1048576 };
static const int64_t SECONDS_MAX = 366LL * 86400;

#define JOB_OPTIONS                                                                                \
    "dataset= service= order= algorithm= code= code-file= image= checksum= entrypoint= env= "      \
    "duration= resources= token= free"

/* {entrypoint, image, tag, checksum} from the options; "HOST:PORT/NAME:TAG" names both. */
static struct json *container(struct cli_call *c)
{
    const char *image = cli_option(c, "image", "node:20");
    const char *slash = strrchr(image, '/');
    const char *colon = strchr(slash ? slash : image, ':');
    struct json *v = json_new_object(c->arena);

    json_set_str(c->arena, v, "entrypoint", cli_option(c, "entrypoint", "node $ALGO"));
    json_set_str(c->arena, v, "image",
                 colon ? arena_strndup(c->arena, image, (size_t)(colon - image)) : image);
    json_set_str(c->arena, v, "tag", colon ? colon + 1 : "latest");
    json_set_str(c->arena, v, "checksum", cli_option(c, "checksum", ""));
    return v;
}

/* "cpu=2,ram=1" as the node wants it. */
static int resources(struct cli_call *c, const char *text, struct json **ret, struct err *e)
{
    const char *rest = text;
    struct json *list = json_new_array(c->arena);
    char *part;

    while ((part = str_next(c->arena, &rest, ','))) {
        char *equals = strchr(part, '=');
        struct json *one = json_new_object(c->arena);
        uint64_t amount;

        if (!equals || !str_u64(equals + 1, UINT32_MAX, &amount))
            return failed(e, INVALID, "--resources: '%s' is not like cpu=2", part);
        *equals = '\0';
        json_set_str(c->arena, one, "id", part);
        json_set_int(c->arena, one, "amount", (int64_t)amount);
        json_push(c->arena, list, one);
    }
    *ret = list;
    return 0;
}

static int read_job(struct cli_call *c, struct client_job *ret, struct err *e)
{
    const char *code_file = cli_option(c, "code-file", NULL);
    const char *wanted = cli_option(c, "resources", NULL);
    struct json *list = NULL;
    struct bytes code;
    struct client_job job = {
        .environment = cli_option(c, "env", NULL),
        .did = cli_option(c, "dataset", NULL),
        .service = cli_option(c, "service", NULL),
        .order_tx = cli_option(c, "order", NULL),
        .algorithm_did = cli_option(c, "algorithm", NULL),
        .raw_code = cli_option(c, "code", NULL),
        .token = cli_option(c, "token", NULL),
        .free = json_get_bool(c->options, "free", false),
    };

    if (cli_number(c, "duration", 0, SECONDS_MAX, &job.seconds, e) < 0 ||
        (wanted && resources(c, wanted, &list, e) < 0))
        return -1;
    if (code_file) {
        if (fs_read(c->arena, code_file, CODE_MAX, &code, e) < 0)
            return -1;
        job.raw_code = (const char *)code.p;
    }
    job.resources = list;
    job.container = container(c);
    *ret = job;
    return 0;
}

static int environments(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_compute_environments(c->client, ret, e);
}

static int quote(struct cli_call *c, struct json **ret, struct err *e)
{
    struct client_job job;

    if (read_job(c, &job, e) < 0)
        return -1;
    return client_compute_quote(c->client, &job, ret, e);
}

static int start(struct cli_call *c, struct json **ret, struct err *e)
{
    struct client_job job;

    if (read_job(c, &job, e) < 0 || client_compute_start(c->client, &job, ret, e) < 0)
        return -1;
    if (!json_get_bool(c->options, "wait", false))
        return 0;
    return client_compute_wait(c->client, json_get_str(*ret, "jobId", ""), ret, e);
}

static int status(struct cli_call *c, struct json **ret, struct err *e)
{
    if (json_get_bool(c->options, "wait", false))
        return client_compute_wait(c->client, c->args[0], ret, e);
    return client_compute_status(c->client, c->args[0], ret, e);
}

static int logs(struct cli_call *c, struct json **ret, struct err *e)
{
    *ret = NULL; /* the log itself is the output */
    return client_compute_logs(c->client, c->args[0], STDOUT_FILENO, e);
}

static int results(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_compute_results(c->client, c->args[0], c->args[1] ? c->args[1] : ".", ret, e);
}

static int stop(struct cli_call *c, struct json **ret, struct err *e)
{
    return client_compute_stop(c->client, c->args[0], ret, e);
}

static const struct cli_action actions[] = {
    {"environments", "", "", "where jobs can run, and what it costs", 0, 0, environments},
    {"quote", "", JOB_OPTIONS, "what a job would cost", 0, 0, quote},
    {"start", "", JOB_OPTIONS " wait",
     "orders what is needed, pays into the escrow, starts the job", 0, 0, start},
    {"status", "JOB", "wait", "the job's state; --wait follows it to its end", 1, 1, status},
    {"logs", "JOB", "", "the algorithm's output: live while it runs, stored afterwards", 1, 1,
     logs},
    {"results", "JOB [FOLDER]", "", "downloads all results", 1, 2, results},
    {"stop", "JOB", "", "ends a job; what it did not use is not paid", 1, 1, stop},
};

int cli_compute(int argc, char **argv)
{
    static const struct cli_family family = {"compute", "running algorithms next to the data",
                                             actions, ARRAY_LEN(actions)};

    return cli_family_run(&family, argc, argv);
}
