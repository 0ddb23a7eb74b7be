/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/terminal.h"
#include "client/socket.h"

/*
 * `atoll service shell NAME [-- COMMAND...]`: this terminal, or this pipe, is the container's. Its
 * exit status becomes ours.
 */

enum { PIECE = 16384, WAITING_MAX = 65536, QUERY_MAX = 65536 };

struct talk {
    struct arena *arena;
    struct client_socket *socket;
    bool tty;
    bool input_over;
    bool told; /* how it ended */
    int status;
    const char *error; /* or NULL */
};

/* --- the size of the terminal --- */

static int changed[2] = {-1, -1}; /* a pipe that a signal writes to */

static void on_change(int sig)
{
    int saved = errno;

    (void)sig;
    (void)!write(changed[1], "", 1);
    errno = saved;
}

static bool size_of(int *ret_columns, int *ret_rows)
{
    struct winsize w;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0 || w.ws_row == 0)
        return false;
    *ret_columns = w.ws_col > 1000 ? 1000 : w.ws_col;
    *ret_rows = w.ws_row > 1000 ? 1000 : w.ws_row;
    return true;
}

static void tell_size(struct talk *t)
{
    int columns, rows;
    char text[64];
    ssize_t n;

    while ((n = read(changed[0], text, sizeof(text))) > 0)
        ;
    if (!size_of(&columns, &rows))
        return;
    n = snprintf(text, sizeof(text), "{\"columns\":%d,\"rows\":%d}", columns, rows);
    client_socket_send(t->socket, true, text, (size_t)n);
}

static void watch_size(void)
{
    struct sigaction a = {.sa_handler = on_change, .sa_flags = SA_RESTART};

    must(pipe2(changed, O_CLOEXEC | O_NONBLOCK) == 0);
    must(sigaction(SIGWINCH, &a, NULL) == 0);
}

/* --- both ways --- */

static void hear(void *ctx, bool text, const void *p, size_t n)
{
    struct talk *t = ctx;
    const char *bytes = p;
    struct json *v;
    struct err e;

    if (!text) {
        if (n > 1 &&
            fs_write_all(bytes[0] == 2 ? STDERR_FILENO : STDOUT_FILENO, bytes + 1, n - 1, &e) < 0 &&
            !t->error)
            t->error = arena_strdup(t->arena, e.msg);
        return;
    }
    if (json_parse(t->arena, bytes, n, &v, &e) < 0)
        return;
    t->told = true;
    t->status = (int)json_get_int(v, "exit", 1) & 255;
    if (json_get_str(v, "error", NULL))
        t->error = arena_strdup(t->arena, json_get_str(v, "error", ""));
}

static void send_input(struct talk *t)
{
    char piece[PIECE + 1] = {0}; /* channel 0 in front */
    ssize_t n = read(STDIN_FILENO, piece + 1, PIECE);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0) {
        client_socket_send(t->socket, false, piece, (size_t)n + 1);
        return;
    }
    t->input_over = true;
    client_socket_send(t->socket, true, "{\"eof\":true}", 12);
}

static int converse(struct talk *t, struct err *e)
{
    int r;

    while ((r = client_socket_go(t->socket, e)) > 0 && !t->error) {
        struct pollfd p[] = {
            {.fd = client_socket_fd(t->socket), .events = client_socket_events(t->socket)},
            {.fd = changed[0], .events = POLLIN},
            {.fd = t->input_over || client_socket_waiting(t->socket) > WAITING_MAX ? -1
                                                                                   : STDIN_FILENO,
             .events = POLLIN},
        };

        if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
            return failed(e, FAILED, "poll: %m");
        if (p[1].revents)
            tell_size(t);
        if (p[2].revents)
            send_input(t);
    }
    return r < 0 && !t->told ? -1 : 0;
}

/* --- what is asked for --- */

static const char *query(struct cli_call *c, const struct talk *t, const char *path)
{
    const char *container = cli_option(c, "container", NULL);
    struct buf b = BUF_INIT(QUERY_MAX);
    int columns, rows;
    const char *text;
    size_t i;

    buf_printf(&b, "%s?tty=%s", path, t->tty ? "true" : "false");
    if (t->tty && size_of(&columns, &rows))
        buf_printf(&b, "&columns=%d&rows=%d", columns, rows);
    if (container)
        buf_printf(&b, "&container=%s", client_escape(c->client, container));
    for (i = 1; c->args[i]; i++)
        buf_printf(&b, "&command%%5B%%5D=%s", client_escape(c->client, c->args[i]));
    text = b.full ? NULL : arena_strdup(c->arena, buf_str(&b));
    buf_done(&b);
    return text;
}

int cli_service_shell(struct cli_call *c, struct json **ret, struct err *e)
{
    struct talk t = {.arena = c->arena, .status = 1};
    const struct client_ears ears = {hear, &t};
    const char *path;
    int r;

    t.tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
            !json_get_bool(c->options, "no-tty", false);
    if (cli_service_path(c, "/shell", &path, e) < 0)
        return -1;
    path = query(c, &t, path);
    if (!path)
        return failed(e, INVALID, "the command is too long");
    (void)signal(SIGPIPE, SIG_IGN);
    if (client_socket_open(c->client, path, &ears, &t.socket, e) < 0)
        return -1;
    if (t.tty) {
        watch_size();
        terminal_raw(true);
    }
    r = converse(&t, e);
    terminal_raw(false);
    client_socket_close(t.socket);
    *ret = NULL; /* what it wrote is the output */
    c->status = t.status;
    if (r == 0 && t.error)
        return failed(e, FAILED, "%s", terminal_safe(c->arena, t.error, false));
    return r;
}
