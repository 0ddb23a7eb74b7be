/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node is killed again and again while it locks and claims, over an endpoint that loses a
 * quarter of everything. Whatever happens: each job is locked at most once, settled exactly once,
 * and no unit of money is lost.
 *
 *     test_settle                           the test
 *     test_settle node DIR URL ESCROW OCEAN one life of the node, until all jobs have ended
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "chain/events.h"
#include "flaky.h"
#include "money.h"

enum { JOBS = 60, AMOUNT = 10000, KILLS = 100, LAST_LIFE_MS = 60000, FAULT_PERCENT = 25 };

static const char *job_name(struct arena *a, size_t i)
{
    return arena_printf(a, "settle-%zu", i);
}

/* Every third job is released, the others claim a part of their own. */
static uint64_t claim_of(size_t i)
{
    return i % 3 == 0 ? 0 : 1000 * (1 + i % 5);
}

/* --- the node --- */

static bool has_ended(enum escrow_state s)
{
    return s == ESCROW_FAILED || s == ESCROW_CLAIMED || s == ESCROW_RELEASED ||
           s == ESCROW_CANCELED;
}

/* Moves a job on; true when it has ended. */
static bool push(struct escrow *x, size_t i, const struct addr *token)
{
    _arena_ struct arena *a = arena_new();
    const struct escrow_lock_request r = {.job_id = job_name(a, i),
                                          .chain = DEVNET_CHAIN_ID,
                                          .token = *token,
                                          .payer = devnet_addr(MONEY_PAYER),
                                          .amount = u256_from(AMOUNT),
                                          .seconds = 3600};
    struct u256 claim = u256_from(claim_of(i));
    struct escrow_payment p;
    char tx[HASH32_TEXT];
    struct err e;
    bool found;

    must(escrow_find(x, a, r.job_id, &found, &p, &e) == 0);
    if (!found) {
        if (escrow_lock(x, &r, tx, &e) < 0)
            return false;
        must(escrow_find(x, a, r.job_id, &found, &p, &e) == 0 && found);
    }
    if (!has_ended(p.state) && escrow_claim(x, r.job_id, &claim, (struct bytes){0}, &e) < 0) {
        fprintf(stderr, "%s\n", e.msg);
        must(e.code != ERR_CONFLICT);
    }
    return has_ended(p.state);
}

static int node(char **argv)
{
    struct net *net = net_new();
    const char *url = argv[1];
    struct rpc *rpc = rpc_new(net, DEVNET_CHAIN_ID, &url, 1);
    struct sender_config config = {.rpc = rpc, .key = devnet_key(MONEY_NODE)};
    struct escrow_chain chain = {.rpc = rpc};
    struct escrow *x;
    struct addr token;
    struct err e;
    size_t ended = 0;
    size_t i;

    must(addr_parse(argv[2], &chain.contract) && addr_parse(argv[3], &token));
    if (store_open(argv[0], &config.store, &e) < 0)
        must_fail(e.msg, __FILE__, __LINE__);
    chain.sender = sender_new(&config);
    x = escrow_new(config.store, &chain, 1);
    if (escrow_start(x, &e) < 0)
        must_fail(e.msg, __FILE__, __LINE__);
    sender_start(chain.sender);
    while (ended < JOBS) {
        for (ended = 0, i = 0; i < JOBS; i++)
            ended += push(x, i, &token);
        clock_sleep_ms(5);
    }
    sender_stop(chain.sender);
    escrow_free(x);
    sender_free(chain.sender);
    store_close(config.store);
    rpc_free(rpc);
    net_free(net);
    return 0;
}

/* --- the test --- */

static pid_t start_node(struct chain *c, const char *dir, uint16_t port)
{
    struct arena *a = c->arena;
    struct addr escrow = chain_contract(c, "Escrow");
    struct addr ocean = chain_contract(c, "Ocean");
    char *const argv[] = {"test_settle",
                          "node",
                          arena_strdup(a, dir),
                          arena_printf(a, "http://127.0.0.1:%u", (unsigned)port),
                          (char *)addr_text(a, &escrow),
                          (char *)addr_text(a, &ocean),
                          NULL};
    pid_t pid = fork();

    must(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    return pid;
}

/* Waits for a life's end at most ms; true when it ended well, false when time was over. */
static bool ended_well(pid_t pid, int64_t ms)
{
    int64_t deadline = clock_mono_ms() + ms;
    int status;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (clock_mono_ms() > deadline) {
            kill(pid, SIGKILL);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            return false;
        }
        clock_sleep_ms(1);
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

/* What the chain saw of a job. */
struct seen {
    size_t locks;
    size_t claims;
    size_t cancels;
    uint64_t claimed;
};

static void look(struct chain *c, struct seen seen[JOBS])
{
    struct addr escrow = chain_contract(c, "Escrow");
    struct rpc_log_filter filter = {.addresses = &escrow, .address_count = 1};
    struct rpc_log *logs;
    struct err e;
    size_t n;
    size_t i;
    size_t k;

    ok(rpc_block_number(c->rpc, &filter.to, &e), e);
    ok(rpc_logs(c->rpc, c->arena, &filter, &logs, &n, &e), e);
    for (i = 0; i < n; i++) {
        struct event ev;
        struct u256 id;

        ok(event_decode(c->arena, &logs[i], &ev, &e), e);
        if (ev.id != EVENT_LOCK && ev.id != EVENT_CLAIMED && ev.id != EVENT_CANCELED)
            continue;
        id = event_num(&ev, "jobId");
        for (k = 0; k < JOBS; k++) {
            struct u256 own = escrow_lock_id(job_name(c->arena, k));

            if (u256_cmp(&id, &own) != 0)
                continue;
            seen[k].locks += ev.id == EVENT_LOCK;
            seen[k].claims += ev.id == EVENT_CLAIMED;
            seen[k].cancels += ev.id == EVENT_CANCELED;
            if (ev.id == EVENT_CLAIMED)
                seen[k].claimed += event_u64(&ev, "amount");
        }
    }
}

static void no_kill_and_no_fault_costs_money(void **state)
{
    struct chain *c = *state;
    struct flaky *f = flaky_new(c->anvil.port, FAULT_PERCENT);
    const char *dir = arena_printf(c->arena, "%s/node", c->dir);
    struct seen seen[JOBS] = {0};
    struct money before;
    unsigned seed = 42;
    size_t kills = 0;
    size_t locked = 0;
    int64_t paid = 0;
    bool done = false;
    struct err e;
    size_t i;

    ok(fs_mkdirs(dir, 0700, &e), e);
    money_deposit(c, JOBS * AMOUNT);
    money_authorize(c, JOBS * AMOUNT, 36000, JOBS);
    before = money_accounts(c);
    while (!done && kills < KILLS) {
        done = ended_well(start_node(c, dir, flaky_port(f)), 5 + rand_r(&seed) % 40);
        kills += !done;
    }
    flaky_set(f, 5);
    if (!done)
        assert_true(ended_well(start_node(c, dir, flaky_port(f)), LAST_LIFE_MS));
    look(c, seen);
    for (i = 0; i < JOBS; i++) {
        assert_true(seen[i].locks <= 1);
        assert_int_equal(seen[i].claims, seen[i].locks);
        assert_int_equal(seen[i].cancels, 0);
        locked += seen[i].locks;
        paid += (int64_t)seen[i].claimed;
        /* a lock that was given up before it was seen is released instead */
        assert_true(seen[i].claimed == 0 || seen[i].claimed == claim_of(i));
    }
    money_assert_moved(c, &before, -paid, paid - paid / 1000, paid / 1000);
    print_message("%zu kills, %u faults: %zu of %d jobs locked, %lld paid\n", kills,
                  flaky_faults(f), locked, JOBS, (long long)paid);
    assert_true(locked > 0 && paid > 0);
    flaky_free(f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_kill_and_no_fault_costs_money),
    };

    if (argc == 6 && strcmp(argv[1], "node") == 0)
        return node(argv + 2);
    return cmocka_run_group_tests(tests, chain_up, chain_down);
}
