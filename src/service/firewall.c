/* SPDX-License-Identifier: Apache-2.0 */
#include "service/firewall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "base/thread.h"
#include "docker/frames.h"

enum { BELIEVED_MS = 60000, RUN_TIMEOUT_MS = 60000, OUTPUT_MAX = 2000, PREFIX_SIZE = 12 };

#define EMPTY_NAME "atoll-empty"
#define EMPTY_TAG "1"

struct firewall {
    struct docker *docker;
    char prefix[PREFIX_SIZE];
    char node[64];
    pthread_mutex_t lock; /* held while the helper runs: one at a time */
    atomic_bool doubt;
    int64_t seen; /* monotonic ms when the rules were last there; 0: never */
};

/*
 * sh SCRIPT on|off PREFIX. A chain is replaced in one transaction (iptables-restore), so that
 * there is no moment without it. The names of the chains are the prefix and a letter.
 *
 * From a bridge of ours: answers pass; the resolvers of the host may be asked; nothing else goes to
 * the host; of what is forwarded, private and special addresses are refused, and everything when
 * the bridge is a quiet one (its name goes on with "q"). Between bridges the engine decides, whose
 * rules come later: that is a RETURN.
 */
static const char script[] =
    "set -eu\n"
    "p=$2; in=$p-in; out=$p-out\n"
    "six() { ip6tables -w 10 \"$@\" 2>/dev/null || true; }\n"
    "if [ \"$1\" = off ]; then\n"
    "  iptables -w 10 -D INPUT -i \"$p+\" -j \"$in\" 2>/dev/null || true\n"
    "  iptables -w 10 -D DOCKER-USER -i \"$p+\" -j \"$out\" 2>/dev/null || true\n"
    "  for c in \"$in\" \"$out\"; do\n"
    "    iptables -w 10 -F \"$c\" 2>/dev/null || continue\n"
    "    iptables -w 10 -X \"$c\"\n"
    "  done\n"
    "  six -D INPUT -i \"$p+\" -j DROP\n"
    "  six -D FORWARD -i \"$p+\" -j DROP\n"
    "  exit 0\n"
    "fi\n"
    "resolvers=$(sed -n 's/^nameserver[[:space:]]\\{1,\\}\\([0-9.]\\{7,15\\}\\)[[:space:]]*$/\\1/p'"
    " /etc/resolv.conf /run/systemd/resolve/resolv.conf 2>/dev/null | grep -v '^127\\.' | sort -u"
    " || true)\n"
    "rules() {\n"
    "  no=$1\n"
    "  echo '*filter'; echo \":$in - [0:0]\"; echo \":$out - [0:0]\"\n"
    "  for c in \"$in\" \"$out\"; do\n"
    "    echo \"-A $c -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN\"\n"
    "    [ $c = \"$in\" ] || echo \"-A $c -i ${p}q+ ! -o $p+ -j $no\"\n"
    "    for r in $resolvers; do\n"
    "      echo \"-A $c -d $r/32 -p udp --dport 53 -j RETURN\"\n"
    "      echo \"-A $c -d $r/32 -p tcp --dport 53 -j RETURN\"\n"
    "    done\n"
    "  done\n"
    "  echo \"-A $in -j $no\"\n"
    "  echo \"-A $out -o $p+ -j RETURN\"\n"
    "  for d in 0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 \\\n"
    "      192.0.0.0/24 192.168.0.0/16 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4; do\n"
    "    echo \"-A $out -d $d -j $no\"\n"
    "  done\n"
    "  echo COMMIT\n"
    "}\n"
    "rules REJECT | iptables-restore -w 10 -n 2>/dev/null || rules DROP | iptables-restore -w 10 -n"
    "\n"
    "iptables -w 10 -C INPUT -i \"$p+\" -j \"$in\" 2>/dev/null ||\n"
    "  iptables -w 10 -I INPUT 1 -i \"$p+\" -j \"$in\"\n"
    "iptables -w 10 -N DOCKER-USER 2>/dev/null || true\n"
    "iptables -w 10 -C FORWARD -j DOCKER-USER 2>/dev/null ||\n"
    "  iptables -w 10 -I FORWARD 1 -j DOCKER-USER\n"
    "iptables -w 10 -C DOCKER-USER -i \"$p+\" -j \"$out\" 2>/dev/null ||\n"
    "  iptables -w 10 -I DOCKER-USER 1 -i \"$p+\" -j \"$out\"\n"
    "six -C INPUT -i \"$p+\" -j DROP >/dev/null\n"
    "ip6tables -w 10 -C INPUT -i \"$p+\" -j DROP 2>/dev/null || six -I INPUT 1 -i \"$p+\" -j DROP\n"
    "ip6tables -w 10 -C FORWARD -i \"$p+\" -j DROP 2>/dev/null ||\n"
    "  six -I FORWARD 1 -i \"$p+\" -j DROP\n";

struct firewall *firewall_new(struct docker *d, const char *node)
{
    struct firewall *f = xcalloc(1, sizeof(*f));
    const char *digits = str_starts(node, "0x") ? node + 2 : node;

    f->docker = d;
    str_copy(f->node, sizeof(f->node), node);
    snprintf(f->prefix, sizeof(f->prefix), "at%.6s", digits);
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

void firewall_free(struct firewall *f)
{
    if (!f)
        return;
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void firewall_bridge(const struct firewall *f, bool open, int64_t n, char ret[FIREWALL_BRIDGE_SIZE])
{
    snprintf(ret, FIREWALL_BRIDGE_SIZE, "%.8s%c%x", f->prefix, open ? 'o' : 'q', (unsigned)n);
}

/* --- the helper: a container of the host's own files --- */

struct zeros {
    size_t left;
};

static int64_t give_zeros(void *ctx, void *out, size_t cap)
{
    struct zeros *z = ctx;
    size_t n = z->left < cap ? z->left : cap;

    memset(out, 0, n);
    z->left -= n;
    return (int64_t)n;
}

/* An image of nothing: what runs comes from the host. */
static int make_image(struct firewall *f, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    struct zeros z = {1024};
    const struct net_source empty_tar = {give_zeros, &z, 1024};
    struct docker_image there;
    int r = docker_image_find(f->docker, a, EMPTY_NAME ":" EMPTY_TAG, &there, e);

    if (r != 0)
        return r < 0 ? -1 : 0;
    return docker_image_import(f->docker, EMPTY_NAME, EMPTY_TAG, &empty_tar, e);
}

static int create(struct firewall *f, const char *name, const char *verb, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *const command[] = {"/usr/bin/env",
                                   "-i",
                                   "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
                                   "/bin/sh",
                                   "-c",
                                   script,
                                   "firewall",
                                   verb,
                                   f->prefix,
                                   NULL};
    static const char *const capabilities[] = {"NET_ADMIN", "NET_RAW", NULL};
    struct docker_mount mounts[] = {{"/usr", "/usr", true},        {"/usr/bin", "/bin", true},
                                    {"/usr/sbin", "/sbin", true},  {"/usr/lib", "/lib", true},
                                    {"/etc", "/etc", true},        {"/run", "/run", false},
                                    {"/usr/lib64", "/lib64", true}};
    const struct docker_label labels[] = {{"atoll.node", f->node}, {"atoll.helper", "1"}, {0}};
    struct docker_info info;
    struct docker_spec c = {.name = name,
                            .image = EMPTY_NAME ":" EMPTY_TAG,
                            .entrypoint = command,
                            .user = "0:0",
                            .labels = labels,
                            .network = "host",
                            .capabilities = capabilities,
                            .mounts = mounts,
                            .mount_count = ARRAY_LEN(mounts),
                            .log_bytes_max = 65536,
                            .host_extra_json = "{\"UsernsMode\":\"host\"}"};
    char id[DOCKER_ID_SIZE];

    if (docker_info_get(f->docker, a, &info, e) < 0 || docker_remove(f->docker, name, e) < 0)
        return -1;
    if (!docker_same_architecture(info.architecture, "x86_64"))
        c.mount_count--; /* its loader is in /lib */
    return docker_spec_create(f->docker, &c, id, e);
}

static int keep(void *ctx, int kind, const char *p, size_t n)
{
    struct buf *b = ctx;

    (void)kind;
    buf_add(b, p, n < b->max - b->len ? n : b->max - b->len);
    return 0;
}

static void read_output(struct firewall *f, const char *name, struct buf *out)
{
    const struct docker_tail tail = {.tail = 20};
    struct frames frames = {.stamped = true};
    struct stream *s;
    char some[2048];
    int64_t n;
    struct err e;

    if (docker_tail_open(f->docker, name, &tail, &s, &e) < 0)
        return;
    while ((n = stream_read(s, some, sizeof(some), &e)) > 0)
        if (frames_feed(&frames, some, (size_t)n, keep, out, &e) < 0)
            break;
    stream_close(s);
}

/* Starts it, and waits for what it says. */
static int run(struct firewall *f, const char *name, struct err *e)
{
    _buf_ struct buf out = BUF_INIT(OUTPUT_MAX);
    int status;

    if (docker_start(f->docker, name, e) < 0 ||
        docker_wait(f->docker, name, RUN_TIMEOUT_MS, &status, e) < 0)
        return -1;
    if (status == 0)
        return 0;
    read_output(f, name, &out);
    return failed(e, UNAVAILABLE, "iptables on the Docker host ended with %d: %s", status,
                  buf_str(&out));
}

static int helper(struct firewall *f, const char *verb, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const char *name = arena_printf(a, "atoll-firewall-%s", f->prefix);
    struct err ignored;
    int r;

    if (make_image(f, e) < 0 || create(f, name, verb, e) < 0)
        return err_wrap(e, "the tenants' network cannot be guarded");
    r = run(f, name, e);
    if (docker_remove(f->docker, name, &ignored) < 0 && r == 0) {
        *e = ignored;
        return -1;
    }
    return r < 0 ? err_wrap(e, "the tenants' network cannot be guarded") : 0;
}

int firewall_ensure(struct firewall *f, struct err *e)
{
    lock_scope(&f->lock);
    if (!atomic_exchange(&f->doubt, false) && f->seen && clock_mono_ms() - f->seen < BELIEVED_MS)
        return 0;
    f->seen = 0;
    if (helper(f, "on", e) < 0)
        return -1;
    f->seen = clock_mono_ms();
    return 0;
}

void firewall_doubt(struct firewall *f)
{
    atomic_store(&f->doubt, true);
}

int firewall_remove(struct firewall *f, struct err *e)
{
    struct err ignored;

    lock_scope(&f->lock);
    f->seen = 0;
    if (helper(f, "off", e) < 0)
        return -1;
    /* others may be using it just now; then it stays until they are done */
    if (docker_image_remove(f->docker, EMPTY_NAME ":" EMPTY_TAG, &ignored) < 0)
        return 0;
    return 0;
}
