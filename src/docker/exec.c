/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "docker/deploy_int.h"
#include "docker/frames.h"

/* Commands inside a running container. */

static struct json *texts(struct arena *a, const char *const *items)
{
    struct json *list = json_new_array(a);

    for (; items && *items; items++)
        json_push(a, list, json_new_str(a, *items));
    return list;
}

static int make(struct docker *d, struct arena *a, const char *id, const struct docker_exec *x,
                const char **ret_id, struct err *e)
{
    struct json *spec = json_new_object(a);
    struct docker__req r = {
        .method = "POST",
        .path = arena_printf(a, "/containers/%s/exec", docker__escape(a, id)),
        .json = spec,
    };
    struct json *answer;

    json_set(a, spec, "Cmd", texts(a, x->command));
    json_set(a, spec, "Env", texts(a, x->env));
    if (x->user)
        json_set_str(a, spec, "User", x->user);
    json_set_bool(a, spec, "AttachStdin", x->input);
    json_set_bool(a, spec, "Tty", x->tty);
    json_set_bool(a, spec, "AttachStdout", true);
    json_set_bool(a, spec, "AttachStderr", true);
    if (docker__call(d, a, &r, &answer, e) < 0)
        return -1;
    *ret_id = json_get_str(answer, "Id", "");
    return 0;
}

struct sink {
    struct buf *out;
};

static int keep(void *ctx, int kind, const char *p, size_t n)
{
    struct sink *s = ctx;
    size_t room = s->out->max - s->out->len;

    (void)kind;
    buf_add(s->out, p, n < room ? n : room);
    return 0;
}

/* Reads its output until it ends or the time is over. */
static int listen(struct stream *stream, const struct docker_exec *x, struct buf *out,
                  struct err *e)
{
    int64_t end = clock_mono_ms() + x->timeout_ms;
    struct docker__reader reader;
    struct frames f = {0};
    struct sink sink = {out};
    char some[4096];
    int r = 0;

    docker__reader_init(&reader, stream);
    for (;;) {
        int64_t left = end - clock_mono_ms();
        int64_t n;

        if (left <= 0) {
            r = failed(e, TIMEOUT, "'%s' did not end within %d ms", x->command[0], x->timeout_ms);
            break;
        }
        n = docker__reader_read(&reader, some, sizeof(some), left, e);
        if (n == STREAM_WAIT)
            continue;
        r = n < 0 || (n > 0 && frames_feed(&f, some, (size_t)n, keep, &sink, e) < 0) ? -1 : 0;
        if (n <= 0 || r < 0)
            break;
    }
    docker__reader_done(&reader);
    return r;
}

int docker_exec_look(struct docker *d, const char *exec, bool *ret_running, int *ret_exit_code,
                     struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.path = arena_printf(a, "/exec/%s/json", docker__escape(a, exec))};
    struct json *v;

    if (docker__call(d, a, &r, &v, e) < 0)
        return -1;
    *ret_running = json_get_bool(v, "Running", false);
    *ret_exit_code = (int)json_get_int(v, "ExitCode", 255);
    return 0;
}

int docker_exec_run(struct docker *d, struct arena *a, const char *id, const struct docker_exec *x,
                    const char **ret_output, struct err *e)
{
    _buf_ struct buf out = BUF_INIT(x->output_max ? x->output_max : 4096);
    struct json *spec = json_new_object(a);
    struct docker__req r = {.method = "POST", .json = spec, .timeout_ms = -1};
    struct stream *stream;
    const char *exec;
    bool running;
    int status;

    if (make(d, a, id, x, &exec, e) < 0)
        return -1;
    r.path = arena_printf(a, "/exec/%s/start", exec);
    json_set_bool(a, spec, "Detach", false);
    json_set_bool(a, spec, "Tty", false);
    if (docker__open(d, a, &r, &stream, e) < 0 || listen(stream, x, &out, e) < 0 ||
        docker_exec_look(d, exec, &running, &status, e) < 0)
        return -1;
    if (ret_output)
        *ret_output = arena_strdup(a, buf_str(&out));
    return status;
}

/* --- with input --- */

int docker_exec_open(struct docker *d, const char *id, const struct docker_exec *x,
                     char ret_exec[DOCKER_ID_SIZE], struct tunnel **ret, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct json *spec = json_new_object(a);
    struct docker__req r = {.method = "POST", .json = spec};
    const char *exec;

    if (make(d, a, id, x, &exec, e) < 0)
        return -1;
    r.path = arena_printf(a, "/exec/%s/start", exec);
    json_set_bool(a, spec, "Detach", false);
    json_set_bool(a, spec, "Tty", x->tty);
    if (docker__upgrade(d, a, &r, ret, e) < 0)
        return -1;
    str_copy(ret_exec, DOCKER_ID_SIZE, exec);
    return 0;
}

int docker_exec_resize(struct docker *d, const char *exec, int columns, int rows, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct docker__req r = {.method = "POST",
                            .path = arena_printf(a, "/exec/%s/resize?h=%d&w=%d",
                                                 docker__escape(a, exec), rows, columns)};

    return docker__call(d, a, &r, NULL, e) < 0 ? -1 : 0;
}
