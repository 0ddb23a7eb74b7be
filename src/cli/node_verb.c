/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "cli/verb.h"
#include "config/config.h"
#include "node/node.h"

/* atoll node: runs until it is told to end. */

enum {
    DRAIN_MS = 3000, /* for requests that are being answered */
    END_MS = 4500    /* then the process ends, whatever still runs: its state survives that */
};

extern char **environ;

static int usage(void)
{
    _buf_ struct buf b = BUF_INIT(1 << 20);

    config_help(&b);
    (void)printf(
        "usage: atoll node [options]\n\nServes the Ocean Node protocol. Options may also be "
        "given by environment variables or a\nJSON or TOML file (CONFIG_PATH).\n\n%s",
        buf_str(&b));
    return 0;
}

static void tell_notices(const struct config *c)
{
    size_t i;

    for (i = 0; i < c->notices.count; i++)
        log_warn("config", "%s", c->notices.items[i]);
}

/* Signals are taken by sigwait alone; threads made from here on have them blocked. */
static sigset_t block_signals(const struct config *c)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (c->http_cert_path) /* a node without one ends with its terminal, as programs do */
        (void)sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    return set;
}

/* The signal that ends the node; SIGHUP means that there is a new certificate. */
static int wait_for_end(struct node *n, const sigset_t *set)
{
    struct err e;
    int got = 0;

    for (;;) {
        if (sigwait(set, &got) != 0)
            continue;
        if (got != SIGHUP)
            return got;
        if (node_renew_tls(n, &e) < 0)
            log_warn("node", "the certificate stays as it is: %s", e.msg);
        else
            log_info("node", "certificate read again");
    }
}

/* A second signal ends the process at once; so does the end of the time that ending may take. */
static void *watch_ending(void *arg)
{
    const struct timespec limit = {.tv_sec = END_MS / 1000, .tv_nsec = (END_MS % 1000) * 1000000L};
    sigset_t *set = arg;
    int got;

    do
        got = sigtimedwait(set, NULL, &limit);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        log_warn("node", "not everything ended in time; it goes on at the next start");
    _exit(got < 0 ? 0 : 1);
}

static int run(const struct config *c)
{
    sigset_t set = block_signals(c);
    int64_t started = clock_mono_ms();
    pthread_t watcher;
    struct node *n;
    struct err e;
    int got;

    if (node_start(c, &n, &e) < 0) {
        (void)fprintf(stderr, "atoll node: %s\n", e.msg);
        return EXIT_FAILED;
    }
    log_info("node", "listening on port %d after %lld ms, address %s", http_server_port(n->http),
             (long long)(clock_mono_ms() - started), n->address_text);
    got = wait_for_end(n, &set);
    (void)sigdelset(&set, SIGHUP);
    log_info("node", "ending: signal %d", got);
    thread_start(&watcher, "ending", watch_ending, &set);
    node_stop(n, DRAIN_MS);
    return 0;
}

int cli_node(int argc, char **argv)
{
    const struct config_input in = {(const char *const *)environ, (const char *const *)argv + 1};
    struct config *c;
    struct err e;
    int status;

    if (argc > 1 && str_eq(argv[1], "--help"))
        return usage();
    if (config_load(&in, &c, &e) < 0) {
        (void)fprintf(stderr, "atoll node: %s\n", e.msg);
        return EXIT_USAGE;
    }
    log_set_level(c->log_level);
    log_set_console(c->log_console);
    tell_notices(c);
    status = run(c);
    config_free(c);
    return status;
}
