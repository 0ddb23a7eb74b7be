/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are started: what they get, what they print, how they end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/program.h"
#include "base/str.h"
#include "test.h"

static const char *const bare[] = {"PATH=/usr/bin:/bin", "TZ=UTC", NULL};

static struct program *start(const char *line, struct program_spec s)
{
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct program *p = NULL;
    struct err e;

    s.argv = argv;
    s.env = bare;
    s.cwd = "/tmp";
    if (!s.stop_fd)
        s.stop_fd = -1;
    ok(program_start(&s, &p, &e), e);
    return p;
}

static void a_secret_is_on_its_descriptor_alone(void **state)
{
    struct program *p =
        start("cat /dev/fd/3; echo; tr '\\0' ' ' </proc/$$/cmdline; env; ls /proc/$$/fd | wc -l",
              (struct program_spec){.secret = "hush hush"});
    struct err e;
    int status;
    const char *out;

    (void)state;
    ok(program_end(p, 60000, &status, &e), e);
    out = program_output(p, NULL);
    assert_true(str_starts(out, "hush hush\n"));
    assert_null(strstr(out + 9, "hush hush"));
    assert_non_null(strstr(out, "TZ=UTC"));
    assert_null(strstr(out, "ATOLL_VECTORS")); /* our environment is not passed on */
    program_free(p);
}

static void output_has_a_ceiling_and_keeps_its_end(void **state)
{
    struct program *p =
        start("yes | head -c 5000000; echo; echo the end; yes | head -c 100000 >&2; exit 3",
              (struct program_spec){.output_max = 4096});
    struct err e;
    int status;
    size_t n;

    (void)state;
    ok(program_end(p, 60000, &status, &e), e);
    assert_int_equal(status, 3);
    assert_true(str_ends(program_output(p, &n), "the end\n"));
    assert_true(n <= 4096);
    assert_true(program_output_cut(p));
    program_free(p);
}

static void one_that_stalls_does_not_hold_the_others(void **state)
{
    static char bytes[1 << 16];
    struct program *p[3];
    struct err e;
    int status;
    int i;

    (void)state;
    p[0] = start("wc -c", (struct program_spec){.feed = true});
    p[1] = start("exec sleep 100", (struct program_spec){.feed = true});
    p[2] = start("exit 7", (struct program_spec){.feed = true});
    for (i = 0; i < 64; i++)
        ok(program_feed(p, 3, bytes, sizeof(bytes), 300, &e), e);
    assert_true(program_alive(p[0]));
    assert_false(program_alive(p[1]));
    assert_false(program_alive(p[2]));
    ok(program_end(p[0], 60000, &status, &e), e);
    assert_string_equal(program_output(p[0], NULL), "4194304\n");
    err_is(program_end(p[1], 60000, &status, &e), e, TIMEOUT);
    ok(program_end(p[2], 60000, &status, &e), e);
    assert_int_equal(status, 7);
    for (i = 0; i < 3; i++)
        program_free(p[i]);
    err_is(program_feed((struct program *[]){NULL, NULL}, 2, bytes, 1, 300, &e), e, FAILED);
}

static void what_does_not_end_is_killed_with_its_children(void **state)
{
    struct program *p = start("sleep 1000 & echo $!; wait", (struct program_spec){0});
    struct err e;
    int status;
    pid_t child;
    int i;

    (void)state;
    err_is(program_end(p, 1000, &status, &e), e, TIMEOUT);
    child = (pid_t)strtol(program_output(p, NULL), NULL, 10);
    assert_true(child > 1);
    for (i = 0; i < 6000 && kill(child, 0) == 0; i++)
        usleep(10000);
    assert_int_equal(kill(child, 0), -1);
    program_free(p);
}

static void the_end_of_the_node_ends_them(void **state)
{
    int fd = eventfd(1, EFD_CLOEXEC);
    struct program *p =
        start("exec sleep 100", (struct program_spec){.stop_fd = fd, .drain = true});
    struct err e;
    char c;
    int status;

    (void)state;
    err_is(program_read(p, &c, 1, 60000, &e), e, UNAVAILABLE);
    err_is(program_end(p, 60000, &status, &e), e, UNAVAILABLE);
    program_free(p);
    close(fd);
}

static void what_is_tried_without_hope_is_ended(void **state)
{
    struct program *p = start("while :; do echo no luck >&2; sleep 0.05; done",
                              (struct program_spec){.hopeless = "no luck"});
    struct err e;
    int status;

    (void)state;
    ok(program_end(p, 60000, &status, &e), e);
    assert_int_equal(status, 128 + SIGKILL);
    program_free(p);
}

/* --- processes --- */

static struct process run(const char *line, struct process_spec s)
{
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct process p;
    struct err e;

    s.argv = argv;
    s.env = bare;
    ok(process_start(&s, &p, &e), e);
    return p;
}

static const struct process_spec quiet = {.fd = {-1, -1, -1, -1}, .with_us = SIGKILL};

static void what_is_not_there_is_told_at_once(void **state)
{
    const char *const argv[] = {"atoll-no-such-program", NULL};
    struct process_spec s = quiet;
    struct process p;
    struct err e;

    (void)state;
    s.argv = argv;
    s.env = bare;
    err_is(process_start(&s, &p, &e), e, NOT_FOUND);
    s.file = "/etc/passwd"; /* there, and no program */
    err_is(process_start(&s, &p, &e), e, FAILED);
    s.file = "/bin/true";
    s.cwd = "/no/such/folder";
    err_is(process_start(&s, &p, &e), e, FAILED);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left to wait for */
    assert_int_equal(errno, ECHILD);
}

static void it_tells_how_it_ended(void **state)
{
    struct process p = run("exit 5", quiet);

    (void)state;
    assert_true(process_wait(&p, 60000));
    assert_int_equal(p.status, 5);
    assert_true(process_ended(&p)); /* as often as one likes */
    p = run("kill -TERM $$", quiet);
    assert_true(process_wait(&p, 60000));
    assert_int_equal(p.status, 128 + SIGTERM);
    p = run("trap '' TERM; sleep 1000", quiet);
    assert_false(process_wait(&p, 50));
    process_stop(&p, 50);
    assert_int_equal(p.status, 128 + SIGKILL);
    process_kill(&p, SIGKILL); /* nobody any more */
}

static void its_descriptors_are_those_alone(void **state)
{
    struct process_spec s = quiet;
    char text[64] = "";
    struct process p;
    int back[2], there[2];
    int low;

    (void)state;
    assert_int_equal(pipe(back), 0); /* not close-on-exec */
    assert_int_equal(pipe(there), 0);
    /* crossed: what it gets as 1 is our 0 */
    low = dup(STDIN_FILENO);
    dup2(back[1], STDIN_FILENO);
    s.fd[0] = there[0];
    s.fd[1] = STDIN_FILENO;
    p = run("read x; echo $x; for f in 0 1 2 3 4 5 6 7 8 9 16 17 18 19 20; do"
            " [ ! -e /proc/$$/fd/$f ] || printf '%s ' $f; done",
            s);
    dup2(low, STDIN_FILENO);
    close(low);
    close(back[1]);
    assert_int_equal(write(there[1], "hello\n", 6), 6);
    assert_true(process_wait(&p, 60000));
    assert_true(read(back[0], text, sizeof(text) - 1) > 0);
    close(back[0]);
    close(there[0]);
    close(there[1]);
    assert_string_equal(text, "hello\n0 1 2 ");
}

static void a_file_has_a_ceiling(void **state)
{
    struct process_spec s = quiet;
    struct process p;
    struct stat at;

    (void)state;
    s.file_max = 4096;
    p = run("head -c 100000 /dev/zero > /tmp/atoll-ceiling.$PPID", s);
    assert_true(process_wait(&p, 60000));
    assert_int_not_equal(p.status, 0);
    {
        char name[64];

        (void)snprintf(name, sizeof(name), "/tmp/atoll-ceiling.%d", (int)getpid());
        assert_int_equal(stat(name, &at), 0);
        assert_int_equal(at.st_size, 4096);
        unlink(name);
    }
}

static void what_outlives_us_has_a_session_of_its_own(void **state)
{
    struct process_spec s = quiet;
    struct process p;

    (void)state;
    s.with_us = 0;
    p = run("exec sleep 1000", s);
    assert_int_equal(getsid(p.pid), p.pid);
    process_stop(&p, 60000);
    assert_int_equal(p.status, 128 + SIGTERM);
    p = run("exec sleep 1000", quiet);
    assert_int_equal(getsid(p.pid), getsid(0));
    assert_int_equal(getpgid(p.pid), p.pid);
    process_stop(&p, 0);
}

static void what_it_left_behind_ends_with_it(void **state)
{
    struct process_spec s = quiet;
    struct process p;
    char text[32] = "";
    int out[2];
    pid_t left;
    int i;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    s.fd[1] = out[1];
    p = run("sleep 1000 >/dev/null & echo $!", s);
    close(out[1]);
    assert_true(process_wait(&p, 60000));
    assert_int_equal(p.status, 0);
    assert_true(read(out[0], text, sizeof(text) - 1) > 0);
    close(out[0]);
    left = (pid_t)strtol(text, NULL, 10);
    assert_true(left > 1);
    for (i = 0; i < 6000 && kill(left, 0) == 0; i++)
        usleep(10000);
    assert_int_equal(kill(left, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_on_its_descriptor_alone),
        cmocka_unit_test(output_has_a_ceiling_and_keeps_its_end),
        cmocka_unit_test(one_that_stalls_does_not_hold_the_others),
        cmocka_unit_test(what_does_not_end_is_killed_with_its_children),
        cmocka_unit_test(the_end_of_the_node_ends_them),
        cmocka_unit_test(what_is_tried_without_hope_is_ended),
        cmocka_unit_test(what_is_not_there_is_told_at_once),
        cmocka_unit_test(it_tells_how_it_ended),
        cmocka_unit_test(its_descriptors_are_those_alone),
        cmocka_unit_test(a_file_has_a_ceiling),
        cmocka_unit_test(what_outlives_us_has_a_session_of_its_own),
        cmocka_unit_test(what_it_left_behind_ends_with_it),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
