/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

enum { ANSWER_MAX = 65535, TEXT_MAX = 4096, DNS_PORT = 53, WAIT_S = 2, ROUNDS = 2 };

static const ns_type types[] = {[DNS_A] = ns_t_a, [DNS_AAAA] = ns_t_aaaa, [DNS_TXT] = ns_t_txt};

/* --- whom to ask --- */

static bool parse_resolver(const char *text, struct sockaddr_in *ret)
{
    char host[INET_ADDRSTRLEN];
    size_t n = strcspn(text, ":");
    uint64_t port = DNS_PORT;

    if (n >= sizeof(host) || (text[n] && (!str_u64(text + n + 1, UINT16_MAX, &port) || !port)))
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &ret->sin_addr) == 1;
}

bool dns_resolver_is_valid(const char *resolver)
{
    struct sockaddr_in ignored;

    return parse_resolver(resolver, &ignored);
}

/* --- reading --- */

/* The strings of a TXT record are one text. */
static const char *txt(struct arena *a, const uint8_t *p, size_t n)
{
    _buf_ struct buf b = BUF_INIT(TEXT_MAX);
    size_t i = 0;

    while (i < n && p[i] < n - i) {
        buf_add(&b, p + i + 1, p[i]);
        i += 1U + p[i];
    }
    return arena_strdup(a, buf_str(&b));
}

static const char *item(struct arena *a, const ns_rr *rr, enum dns_type type)
{
    static const int families[] = {[DNS_A] = AF_INET, [DNS_AAAA] = AF_INET6};
    static const size_t sizes[] = {[DNS_A] = 4, [DNS_AAAA] = 16};
    char text[INET6_ADDRSTRLEN];

    if (type == DNS_TXT)
        return txt(a, ns_rr_rdata(*rr), ns_rr_rdlen(*rr));
    if (ns_rr_rdlen(*rr) != sizes[type] ||
        !inet_ntop(families[type], ns_rr_rdata(*rr), text, sizeof(text)))
        return NULL;
    return arena_strdup(a, text);
}

static int broken(struct err *e)
{
    failed(e, UNAVAILABLE, "a DNS server's answer is broken");
    return err_transient(e);
}

int dns_read(struct arena *a, const uint8_t *message, size_t n, enum dns_type type,
             struct dns_answer *ret, struct err *e)
{
    struct dns_answer answer = {.count = 0};
    ns_msg handle;
    int i;

    if (n > ANSWER_MAX || ns_initparse(message, (int)n, &handle) < 0)
        return broken(e);
    for (i = 0; i < ns_msg_count(handle, ns_s_an) && answer.count < DNS_ITEMS_MAX; i++) {
        const char *text;
        ns_rr rr;

        if (ns_parserr(&handle, ns_s_an, i, &rr) < 0)
            return broken(e);
        if (ns_rr_type(rr) == types[type] && ns_rr_class(rr) == ns_c_in &&
            (text = item(a, &rr, type)))
            answer.items[answer.count++] = text;
    }
    *ret = answer;
    return 0;
}

/* --- asking --- */

static int unknown(const char *name, int why, struct err *e)
{
    failed(e, UNAVAILABLE, "the DNS cannot be asked for %s now (%s)", name,
           why == TRY_AGAIN ? "no answer, or the server fails" : "the server refuses");
    return err_transient(e);
}

static int ask(struct __res_state *state, struct arena *a, const char *name, enum dns_type type,
               struct dns_answer *ret, struct err *e)
{
    uint8_t *answer = arena_alloc(a, ANSWER_MAX);
    int n = res_nquery(state, name, ns_c_in, (int)types[type], answer, ANSWER_MAX);

    if (n >= 0)
        return dns_read(a, answer, n < ANSWER_MAX ? (size_t)n : ANSWER_MAX, type, ret, e);
    if (state->res_h_errno != HOST_NOT_FOUND && state->res_h_errno != NO_DATA)
        return unknown(name, state->res_h_errno, e);
    ret->count = 0;
    return 0;
}

int dns_ask(struct arena *a, const char *resolver, const char *name, enum dns_type type,
            struct dns_answer *ret, struct err *e)
{
    struct __res_state state;
    struct sockaddr_in at;
    int r;

    if (resolver && !parse_resolver(resolver, &at))
        return unknown(name, NO_RECOVERY, e);
    memset(&state, 0, sizeof(state));
    if (res_ninit(&state) < 0)
        return failed(e, UNAVAILABLE, "the system's resolver cannot be set up");
    if (resolver) {
        state.nscount = 1;
        state.nsaddr_list[0] = at;
    }
    state.retrans = WAIT_S;
    state.retry = ROUNDS;
    r = ask(&state, a, name, type, ret, e);
    res_nclose(&state);
    return r;
}
