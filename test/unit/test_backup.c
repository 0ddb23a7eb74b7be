/* SPDX-License-Identifier: Apache-2.0 */
/* Backups to two real servers: what works, and what has to be said when it does not. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup_world.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/str.h"
#include "test.h"

static struct backup_world *w;

static int set_up(void **state)
{
    struct err e;

    (void)state;
    w = world_new();
    world_node(w);
    world_fill(w, 0, "data", 3000000, 1);
    world_fill(w, 1, "files", 700001, 2);
    ok(world_add(w, "one", &w->server[0], &e), e);
    ok(world_add(w, "two", &w->server[1], &e), e);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

static const struct json *snapshots(struct arena *a)
{
    return json_get(world_json(w, a), "snapshots");
}

static const struct json *server(struct arena *a, const char *name)
{
    const struct json *list = json_get(world_json(w, a), "servers");
    size_t i;

    for (i = 0; i < json_len(list); i++)
        if (str_eq(json_get_str(json_at(list, i), "name", ""), name))
            return json_at(list, i);
    fail_msg("no server %s", name);
    return NULL;
}

static bool is_filled(size_t i, size_t n, unsigned seed)
{
    struct backup_world other = {0};
    bool same;

    world_fill(&other, 0, "x", n, seed);
    same = w->live[i].n == n && memcmp(w->live[i].p, other.live[0].p, n) == 0;
    free(other.live[0].p);
    return same;
}

static void a_snapshot_is_on_both_and_either_restores(void **state)
{
    _arena_ struct arena *a = arena_new();
    const struct json *all;
    struct err e;

    (void)state;
    ok(backup_now_wait(w->backup, "d1", &e), e);
    assert_int_equal(w->begun, 1);
    assert_int_equal(w->ended, 1);
    all = snapshots(a);
    assert_int_equal(json_len(all), 1);
    assert_int_equal(json_get_int(json_at(all, 0), "size", 0), 3700001);
    assert_string_equal(json_text(a, json_get(json_at(all, 0), "servers")), "[\"one\",\"two\"]");

    /* the first server is lost with all it had, and so is the data */
    sshd_stop(&w->server[0]);
    world_fill(w, 0, "data", 10, 9);
    world_fill(w, 1, "files", 10, 9);
    ok(backup_restore_wait(w->backup, "d1", "latest", NULL, &e), e);
    assert_int_equal(w->switched, 1);
    assert_true(is_filled(0, 3000000, 1));
    assert_true(is_filled(1, 700001, 2));
    sshd_start(&w->server[0]);
    ok(backup_restore_wait(w->backup, "d1", "latest", "one", &e), e);
    assert_true(is_filled(0, 3000000, 1));
    /* no shell has seen the server's folder, whose name is a command */
    assert_int_equal(access("pwned", F_OK), -1);
}

/* regression 20: a server that fails does not stop the other, and is an alert until it works. */
static void one_server_away_is_an_alert(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;

    (void)state;
    sshd_stop(&w->server[1]);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    assert_true(json_get_bool(server(a, "one"), "ok", false));
    assert_false(json_get_bool(server(a, "two"), "ok", true));
    assert_non_null(strstr(json_get_str(server(a, "two"), "error", ""), "cannot be reached"));
    ok(backup_servers_json(w->backup, a, &v, &e), e);
    assert_int_equal(json_len(json_get(v, "alerts")), 2); /* the deployment's and the server's */
    assert_string_equal(json_text(a, json_get(json_at(snapshots(a), 0), "servers")), "[\"one\"]");

    sshd_start(&w->server[1]);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    assert_true(json_get_bool(server(a, "two"), "ok", false));
    ok(backup_servers_json(w->backup, a, &v, &e), e);
    assert_int_equal(json_len(json_get(v, "alerts")), 0);
}

static void both_away_fails_with_the_reason(void **state)
{
    struct err e;
    int begun = w->begun;

    (void)state;
    sshd_stop(&w->server[0]);
    sshd_stop(&w->server[1]);
    err_is(backup_now_wait(w->backup, "d1", &e), e, BACKUP_UNREACHABLE);
    assert_non_null(strstr(e.msg, "refused"));
    assert_int_equal(w->begun, begun); /* nobody is disturbed for nothing */
    sshd_start(&w->server[0]);
    sshd_start(&w->server[1]);
}

static void a_changed_host_key_is_refused_until_accepted(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;
    const char *shown;

    (void)state;
    sshd_stop(&w->server[1]);
    sshd_new_key(&w->server[1]);
    sshd_start(&w->server[1]);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    assert_non_null(strstr(json_get_str(server(a, "two"), "error", ""), "host key"));
    err_is(backup_server_check(w->backup, a, "two", &v, &e), e, BACKUP_HOST_KEY);
    err_is(backup_server_accept(w->backup, a, "two", NULL, &v, &e), e, BACKUP_HOST_KEY);
    shown = strstr(e.msg, "SHA256:");
    assert_non_null(shown);
    shown = arena_strndup(a, shown, strcspn(shown, ". "));
    err_is(backup_server_accept(w->backup, a, "two", "SHA256:wrong", &v, &e), e,
           BACKUP_FINGERPRINT);
    ok(backup_server_accept(w->backup, a, "two", shown, &v, &e), e);
    assert_string_equal(json_get_str(v, "fingerprint", ""), shown);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    assert_true(json_get_bool(server(a, "two"), "ok", false));
}

/* A source that breaks off leaves no snapshot, and what it left is swept away. */
static void half_a_backup_is_none(void **state)
{
    _arena_ struct arena *a = arena_new();
    size_t before = json_len(snapshots(a));
    struct err e;

    (void)state;
    w->break_at = 1000000;
    err_is(backup_now_wait(w->backup, "d1", &e), e, UNAVAILABLE);
    assert_non_null(strstr(e.msg, "the container vanished"));
    w->break_at = 0;
    assert_int_equal(w->begun, w->ended);
    assert_int_equal(json_len(snapshots(a)), before);
    assert_int_equal(json_len(json_get(world_json(w, a), "alerts")), 1);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    assert_int_equal(json_len(json_get(world_json(w, a), "alerts")), 0);
    ok(backup_restore_wait(w->backup, "d1", "latest", NULL, &e), e);
    assert_true(is_filled(0, 3000000, 1));
}

static void half_a_restore_changes_nothing(void **state)
{
    struct err e;
    int switched = w->switched;
    int thrown = w->thrown_away;

    (void)state;
    world_fill(w, 0, "data", 10, 9);
    w->break_write = true;
    err_is(backup_restore_wait(w->backup, "d1", "latest", NULL, &e), e, FAILED);
    assert_non_null(strstr(e.msg, "the volume is full"));
    w->break_write = false;
    assert_int_equal(w->switched, switched);
    assert_true(w->thrown_away > thrown);
    assert_true(is_filled(0, 10, 9));
    err_is(backup_restore_wait(w->backup, "d1", "0123456789abcdef", NULL, &e), e, BACKUP_NONE);
    err_is(backup_restore_wait(w->backup, "d1", "--help", NULL, &e), e, BACKUP_NONE);
    ok(backup_restore_wait(w->backup, "d1", "latest", NULL, &e), e);
}

/* "last=2" */
static void what_is_not_kept_goes(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct err e;

    (void)state;
    world_fill(w, 0, "data", 3000000, 5);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    assert_int_equal(json_len(snapshots(a)), 2);
    ok(backup_verify_wait(w->backup, "d1", "latest", &e), e);
}

/* The restore test reads every byte. */
static void regression_20_a_damaged_repository_is_found(void **state)
{
    _arena_ struct arena *a = arena_new();
    char command[400];
    struct err e;

    (void)state;
    /* every pack of data of the second server gets one byte changed */
    snprintf(command, sizeof(command),
             "find '%s' -path '*-d1/data/*' -type f -size +100k -exec sh -c 'chmod u+w \"$1\"; "
             "printf X | dd of=\"$1\" bs=1 seek=5000 conv=notrunc status=none' sh {} \\;",
             w->server[1].repo);
    assert_int_equal(system(command), 0);
    err_is(backup_verify_wait(w->backup, "d1", "latest", &e), e, BACKUP_DAMAGED);
    assert_false(json_get_bool(json_at(snapshots(a), 0), "ok", true));
    assert_string_equal(json_get_str(json_at(json_get(world_json(w, a), "alerts"), 0), "kind", ""),
                        "test");
    /* the next backup stores nothing new there, and its own test finds the same */
    world_node_stop(w);
    w->test_every_ms = 1;
    world_node(w);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    assert_int_equal(json_get_int(json_at(json_get(world_json(w, a), "alerts"), 0), "count", 0), 2);
    /* the other one is as good as it was */
    ok(backup_restore_wait(w->backup, "d1", "latest", NULL, &e), e);
    assert_true(is_filled(0, 3000000, 5));
}

/* regression 19: whoever can log in to the server cannot read what is there. */
static void the_key_is_the_owners(void **state)
{
    _arena_ struct arena *a = arena_new();
    const char *key;
    const char *again;
    const char *other;
    struct err e;

    (void)state;
    ok(backup_key(w->backup, a, "u1", &key, &e), e);
    ok(backup_key(w->backup, a, "u1", &again, &e), e);
    ok(backup_key(w->backup, a, "u2", &other, &e), e);
    assert_string_equal(key, again);
    assert_string_not_equal(key, other);
    assert_int_equal(strlen(key), 43);
    err_is(backup_key(w->backup, a, BACKUP_NODE, &key, &e), e, FORBIDDEN);
}

static void another_node_takes_it_over(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct backup_world *other = world_other(w);
    struct json *wishes = json_new_object(a);
    struct backup_origin from = {
        .owner = "u9", .server = "there", .key = "wrong", .wishes = wishes};
    const char *made;
    struct err e;
    struct json *v;
    struct backup_sink sink = {NULL, NULL};

    (void)state;
    json_set_str(a, wishes, "name", "mine");
    world_node(other);
    ok(world_add(other, "there", &other->server[0], &e), e);
    ok(backup_json(w->backup, a, "d1", NULL, &v, &e), e);
    from.repository = json_get_str(v, "repository", "");
    err_is(backup_adopt(other->backup, a, &from, &made, &e), e, BACKUP_KEY);
    ok(backup_key(w->backup, a, "u1", &from.key, &e), e);
    from.snapshot = "ffffffffffffffff";
    err_is(backup_adopt(other->backup, a, &from, &made, &e), e, BACKUP_NONE);
    from.snapshot = NULL;
    from.repository = "../../etc";
    err_is(backup_adopt(other->backup, a, &from, &made, &e), e, INVALID);
    from.repository = json_get_str(v, "repository", "");
    ok(backup_adopt(other->backup, a, &from, &made, &e), e);
    assert_string_equal(made, "d2");
    assert_string_equal(other->adopted_name, "mine");
    ok(backup_fill(other->backup, other->adopted_import, "d2", &sink, &e), e);
    ok(backup_fill(other->backup, other->adopted_import, "d2", &sink, &e), e); /* again is fine */
    err_is(backup_fill(other->backup, "none", "d2", &sink, &e), e, NOT_FOUND);
    world_free(other);
}

static void the_nodes_own_state(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;

    (void)state;
    ok(backup_now_wait(w->backup, BACKUP_NODE, &e), e);
    ok(backup_verify_wait(w->backup, BACKUP_NODE, "latest", &e), e);
    ok(backup_json(w->backup, a, BACKUP_NODE, BACKUP_NODE, &v, &e), e);
    assert_int_equal(json_len(json_get(v, "snapshots")), 1);
    ok(backup_json(w->backup, a, BACKUP_NODE, "u1", &v, &e), e);
    assert_null(v); /* it is nobody's */
}

static size_t left_of(const char *owner)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;

    ok(backup_gone_json(w->backup, a, owner, &v, &e), e);
    return json_len(v);
}

/* Waits until nothing is known of d1, and looks at the servers' disks. */
static void await_purge(void)
{
    _arena_ struct arena *a = arena_new();
    char command[200];
    struct json *v;
    struct err e;
    int i;

    for (i = 0; i < 600; i++) { /* the clock's turn */
        ok(backup_json(w->backup, a, "d1", "u1", &v, &e), e);
        if (!v)
            break;
        usleep(100000);
    }
    assert_null(v);
    assert_int_equal(left_of("u1"), 0);
    snprintf(command, sizeof(command), "test -z \"$(find '%s' -name '*-d1')\"", w->dir);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command), "test -n \"$(find '%s' -name '*-node')\"", w->dir);
    assert_int_equal(system(command), 0);
}

static void purging_deletes_everywhere(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;
    int i;

    (void)state;
    err_is(backup_purge(w->backup, "d1", &e), e, BACKUP_LIVE);
    ok(backup_watch(w->backup, "d2", "u1", "", NULL, &e), e);
    ok(backup_forget(w->backup, "d2", "never-saved", &e), e);
    assert_int_equal(left_of("u1"), 0);
    ok(backup_forget(w->backup, "d1", "first", &e), e);
    ok(backup_forget(w->backup, "d1", "again", &e), e); /* it is gone already */
    err_is(backup_now_wait(w->backup, "d1", &e), e, NOT_FOUND);
    ok(backup_gone_json(w->backup, a, "u1", &v, &e), e);
    assert_int_equal(json_len(v), 1);
    assert_string_equal(json_get_str(json_at(v, 0), "name", ""), "first");
    assert_true(json_get_int(json_at(v, 0), "snapshots", 0) > 0);
    assert_false(json_get_bool(json_at(v, 0), "purging", true));
    assert_true(json_is(json_get(json_at(v, 0), "purgeAt"), JSON_NULL));
    assert_int_equal(left_of("u2"), 0);

    /* a server that is away keeps it until it is back */
    sshd_stop(&w->server[1]);
    ok(backup_purge(w->backup, "d1", &e), e);
    for (i = 0; i < 600 && json_len(snapshots(a)) > 0 &&
                json_len(json_get(json_at(snapshots(a), 0), "servers")) > 1;
         i++)
        usleep(100000);
    assert_int_equal(left_of("u1"), 1);
    sshd_start(&w->server[1]);
    while (backup_busy(w->backup, "d1"))
        usleep(10000);
    ok(backup_purge(w->backup, "d1", &e), e); /* asked again: tried again */
    await_purge();
}

static void what_is_deleted_stays_for_its_time(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v;
    struct err e;

    (void)state;
    ok(backup_watch(w->backup, "d1", "u1", "", NULL, &e), e);
    ok(backup_now_wait(w->backup, "d1", &e), e);
    ok(backup_forget(w->backup, "d1", "first", &e), e);
    world_node_stop(w);
    w->gone_ms = 3600000;
    w->unwatched = true;
    world_node(w);
    ok(backup_gone_json(w->backup, a, "u1", &v, &e), e);
    assert_int_equal(json_get_int(json_at(v, 0), "purgeAt", 0),
                     json_get_int(json_at(v, 0), "deletedAt", 0) + 3600000);
    world_node_stop(w);
    w->gone_ms = 1;
    world_node(w);
    await_purge();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_is_on_both_and_either_restores),
        cmocka_unit_test(one_server_away_is_an_alert),
        cmocka_unit_test(both_away_fails_with_the_reason),
        cmocka_unit_test(a_changed_host_key_is_refused_until_accepted),
        cmocka_unit_test(half_a_backup_is_none),
        cmocka_unit_test(half_a_restore_changes_nothing),
        cmocka_unit_test(what_is_not_kept_goes),
        cmocka_unit_test(regression_20_a_damaged_repository_is_found),
        cmocka_unit_test(the_key_is_the_owners),
        cmocka_unit_test(another_node_takes_it_over),
        cmocka_unit_test(the_nodes_own_state),
        cmocka_unit_test(purging_deletes_everywhere),
        cmocka_unit_test(what_is_deleted_stays_for_its_time),
    };

    if (access("/usr/sbin/sshd", X_OK) < 0)
        return test_skip("there is no sshd here");
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
