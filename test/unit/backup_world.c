/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "test.h"

/* --- sshd --- */

static int run(char *const argv[])
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(null, 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static bool answers(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool well = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

    close(fd);
    return well;
}

void sshd_new_key(struct sshd *s)
{
    char file[300];
    char *const argv[] = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file, NULL};

    snprintf(file, sizeof(file), "%s/host", s->dir);
    unlink(file);
    assert_int_equal(run(argv), 0);
}

static void write_config(struct sshd *s)
{
    _buf_ struct buf b = BUF_INIT(4096);
    char path[300];
    struct err e;

    buf_printf(&b,
               "Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nPidFile none\nUsePAM no\n"
               "StrictModes no\nAuthorizedKeysFile %s/keys\nPasswordAuthentication no\n"
               "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
               "ForceCommand internal-sftp\nSubsystem sftp internal-sftp\nMaxStartups 100\n",
               s->port, s->dir, s->dir);
    snprintf(path, sizeof(path), "%s/sshd_config", s->dir);
    ok(fs_write(path, b.data, b.len, 0600, &e), e);
}

void sshd_start(struct sshd *s)
{
    char config[300];
    char log[300];
    int64_t deadline = clock_mono_ms() + 60000;

    snprintf(config, sizeof(config), "%s/sshd_config", s->dir);
    snprintf(log, sizeof(log), "%s/log", s->dir);
    s->pid = fork();
    if (s->pid == 0) {
        execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f", config, "-E", log, (char *)NULL);
        _exit(127);
    }
    while (!answers(s->port)) {
        assert_true(clock_mono_ms() < deadline);
        clock_sleep_ms(10);
    }
}

void sshd_stop(struct sshd *s)
{
    if (!s->pid)
        return;
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

static void make_sshd(struct backup_world *w, int i)
{
    struct sshd *s = &w->server[i];
    _arena_ struct arena *a = arena_new();
    char *folder = arena_printf(a, "%s/server %d;$(touch pwned)", w->dir, i);

    /* a folder's name that a shell, or careless quoting, would trip over */
    assert_int_equal(mkdir(folder, 0700), 0);
    strcpy(s->repo, arena_printf(a, "%s/repo", folder));
    assert_int_equal(mkdir(s->repo, 0700), 0);
    strcpy(s->dir, arena_printf(a, "%s/sshd%d", w->dir, i));
    assert_int_equal(mkdir(s->dir, 0700), 0);
    s->port = free_port();
    sshd_new_key(s);
    write_config(s);
    sshd_start(s);
}

/* --- the deployment --- */

static struct blob *find(struct blob *list, const char *name)
{
    size_t i;

    for (i = 0; i < BLOBS; i++)
        if (str_eq(list[i].name, name))
            return &list[i];
    return NULL;
}

void world_fill(struct backup_world *w, size_t i, const char *name, size_t n, unsigned seed)
{
    struct blob *b = &w->live[i];
    uint64_t x = 88172645463325252ull + seed;
    size_t k;

    free(b->p);
    b->p = malloc(n + 8);
    b->n = n;
    snprintf(b->name, sizeof(b->name), "%s", name);
    for (k = 0; k < n; k += 8) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(b->p + k, &x, 8);
    }
    if (i >= w->count)
        w->count = i + 1;
}

static int sources(void *ctx, struct arena *a, const char *deployment, struct backup_sources *ret,
                   struct err *e)
{
    struct backup_world *w = ctx;
    struct backup_source *s = arena_calloc(a, BLOBS, sizeof(*s));
    struct json *definition = json_new_object(a);
    size_t i;

    if (!str_eq(deployment, "d1"))
        return failed(e, NOT_FOUND, "no such deployment");
    for (i = 0; i < w->count; i++)
        s[i].name = w->live[i].name;
    json_set_str(a, definition, "package", "wiki");
    *ret = (struct backup_sources){s, w->count, definition};
    return 0;
}

struct reading {
    struct backup_world *w;
    struct blob *blob;
    size_t at;
};

static int64_t read_blob(void *ctx, void *out, size_t cap, struct err *e)
{
    struct reading *r = ctx;
    size_t n = r->blob->n - r->at;

    if (r->w->break_at && r->at >= r->w->break_at)
        return failed(e, UNAVAILABLE, "the container vanished");
    n = n < cap ? n : cap;
    memcpy(out, r->blob->p + r->at, n);
    r->at += n;
    return (int64_t)n;
}

static int open_blob(void *ctx, const char *deployment, const struct backup_source *s,
                     struct backup_stream *ret, struct err *e)
{
    struct reading *r = calloc(1, sizeof(*r));

    (void)deployment;
    (void)e;
    r->w = ctx;
    r->blob = find(r->w->live, s->name);
    *ret = (struct backup_stream){read_blob, free, r};
    return 0;
}

static int begin(void *ctx, const char *deployment, struct err *e)
{
    (void)deployment;
    (void)e;
    ((struct backup_world *)ctx)->begun++;
    return 0;
}

static void end(void *ctx, const char *deployment)
{
    (void)deployment;
    ((struct backup_world *)ctx)->ended++;
}

static void drop_fresh(struct backup_world *w)
{
    size_t i;

    for (i = 0; i < BLOBS; i++) {
        free(w->fresh[i].p);
        w->fresh[i] = (struct blob){0};
    }
}

static int restore_begin(void *ctx, const char *deployment, const char *const *names, size_t count,
                         void **ret_target, struct err *e)
{
    struct backup_world *w = ctx;
    size_t i;

    (void)deployment;
    (void)e;
    drop_fresh(w);
    for (i = 0; i < count && i < BLOBS; i++)
        snprintf(w->fresh[i].name, BLOB_NAME, "%s", names[i]);
    *ret_target = w;
    return 0;
}

static int restore_write(void *ctx, void *target, const char *name, const struct net_source *tar,
                         struct err *e)
{
    struct backup_world *w = ctx;
    struct blob *b = find(w->fresh, name);
    int64_t n;

    assert_ptr_equal(target, w);
    assert_non_null(b);
    if (w->break_write)
        return failed(e, FAILED, "the volume is full");
    b->p = malloc(64 << 20);
    while ((n = tar->read(tar->ctx, b->p + b->n, (64 << 20) - b->n)) > 0)
        b->n += (size_t)n;
    return n < 0 ? failed(e, FAILED, "the archive broke off") : 0;
}

static int restore_end(void *ctx, void *target, bool well, struct err *e)
{
    struct backup_world *w = ctx;
    size_t i;

    (void)target;
    (void)e;
    if (!well) {
        w->thrown_away++;
        drop_fresh(w);
        return 0;
    }
    w->switched++;
    for (i = 0; i < BLOBS; i++) {
        free(w->live[i].p);
        w->live[i] = w->fresh[i];
        w->fresh[i] = (struct blob){0};
    }
    return 0;
}

static int adopt(void *ctx, struct arena *a, const struct backup_adoption *adoption,
                 const char **ret_deployment, struct err *e)
{
    struct backup_world *w = ctx;

    (void)a;
    if (!str_eq(json_get_str(adoption->definition, "package", ""), "wiki"))
        return failed(e, INVALID, "no such package");
    snprintf(w->adopted_import, sizeof(w->adopted_import), "%s", adoption->import);
    snprintf(w->adopted_name, sizeof(w->adopted_name), "%s",
             json_get_str(adoption->wishes, "name", ""));
    *ret_deployment = "d2";
    return 0;
}

/* --- the world --- */

static int64_t read_state(void *ctx, void *out, size_t cap, struct err *e)
{
    bool *done = ctx;

    (void)cap;
    (void)e;
    if (*done)
        return 0;
    *done = true;
    memcpy(out, "state of the node", 17);
    return 17;
}

static int open_state(void *ctx, struct backup_stream *ret, struct err *e)
{
    (void)ctx;
    (void)e;
    *ret = (struct backup_stream){read_state, free, calloc(1, sizeof(bool))};
    return 0;
}

void world_node(struct backup_world *w)
{
    const struct backup_deployments d = {
        w, sources, begin, end, open_blob, restore_begin, restore_write, restore_end, adopt};
    const struct backup_state state = {w, open_state};
    struct err e;
    char dir[160];
    struct addr address = seckey_addr(&w->key);
    _arena_ struct arena *a = arena_new();
    struct backup_options o = {.key = &w->key,
                               .net = w->net,
                               .node = addr_text(a, &address),
                               .webhook = w->webhook,
                               .retention = "last=2",
                               .stall_ms = 20000,
                               .test_every_ms = w->test_every_ms,
                               .gone_ms = w->gone_ms,
                               .state = &state};

    ok(store_open(w->data, &w->store, &e), e);
    snprintf(dir, sizeof(dir), "%s/backup", w->data);
    o.store = w->store;
    o.dir = dir;
    ok(backup_new(&o, &w->backup, &e), e);
    backup_set_deployments(w->backup, &d);
    ok(backup_start(w->backup, &e), e);
    if (!w->unwatched)
        ok(backup_watch(w->backup, "d1", "u1", "", NULL, &e), e);
}

void world_node_stop(struct backup_world *w)
{
    backup_free(w->backup);
    store_close(w->store);
    w->backup = NULL;
    w->store = NULL;
}

struct backup_world *world_new(void)
{
    struct backup_world *w = calloc(1, sizeof(*w));

    strcpy(w->dir, "/tmp/atoll-backup-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    if (geteuid() == 0)
        (void)mkdir("/run/sshd", 0755); /* sshd wants it, and its own start makes it */
    snprintf(w->data, sizeof(w->data), "%s/node", w->dir);
    w->key = seckey_new();
    w->net = net_new();
    make_sshd(w, 0);
    make_sshd(w, 1);
    return w;
}

struct backup_world *world_other(struct backup_world *w)
{
    struct backup_world *other = calloc(1, sizeof(*other));

    strcpy(other->dir, "/tmp/atoll-backup-XXXXXX");
    assert_non_null(mkdtemp(other->dir));
    snprintf(other->data, sizeof(other->data), "%s/node", other->dir);
    other->key = seckey_new();
    other->net = net_new();
    other->server[0] = w->server[0];
    other->server[1] = w->server[1];
    other->server[0].pid = other->server[1].pid = 0; /* they are not ours to stop */
    return other;
}

void world_free(struct backup_world *w)
{
    struct err e;
    size_t i;

    if (w->backup)
        world_node_stop(w);
    sshd_stop(&w->server[0]);
    sshd_stop(&w->server[1]);
    net_stop(w->net);
    net_free(w->net);
    drop_fresh(w);
    for (i = 0; i < BLOBS; i++)
        free(w->live[i].p);
    ok(fs_remove_tree(w->dir, &e), e);
    free(w);
}

int world_add(struct backup_world *w, const char *name, struct sshd *s, struct err *e)
{
    _arena_ struct arena *a = arena_new();
    const struct passwd *me = getpwuid(geteuid());
    const struct backup_server add = {
        .name = name, .host = "127.0.0.1", .port = s->port, .user = me->pw_name, .path = s->repo};
    struct json *v;
    char path[300];
    FILE *keys;

    ok(backup_servers_json(w->backup, a, &v, e), *e);
    snprintf(path, sizeof(path), "%s/keys", s->dir);
    keys = fopen(path, "a");
    assert_non_null(keys);
    fprintf(keys, "restrict %s\n", json_get_str(v, "publicKey", ""));
    fclose(keys);
    return backup_server_add(w->backup, a, &add, &v, e);
}

struct json *world_json(struct backup_world *w, struct arena *a)
{
    struct json *v = NULL;
    struct err e;

    ok(backup_json(w->backup, a, "d1", "u1", &v, &e), e);
    assert_non_null(v);
    return v;
}
