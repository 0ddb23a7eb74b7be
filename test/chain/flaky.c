/* SPDX-License-Identifier: Apache-2.0 */
#include "flaky.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/must.h"
#include "base/thread.h"

enum { FAULTS = 4, REQUEST_MAX = 8 << 20 };

struct flaky {
    int listener;
    uint16_t port;
    uint16_t chain_port;
    atomic_uint percent;
    atomic_uint faults;
    atomic_bool ending;
    unsigned seed;
    pthread_t thread;
};

static int loopback(uint16_t port, struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *at = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    must(fd >= 0);
    return fd;
}

/* Reads headers and as many bytes of body as they announce. */
static bool read_request(int fd, struct buf *b)
{
    char chunk[65536];
    size_t want = 0;

    while (want == 0 || b->len < want) {
        ssize_t n = recv(fd, chunk, sizeof(chunk), 0);
        const char *end;

        if (n <= 0)
            return false;
        buf_add(b, chunk, (size_t)n);
        end = strstr(buf_str(b), "\r\n\r\n");
        if (want == 0 && end) {
            const char *length = strcasestr(buf_str(b), "content-length:");

            want = (size_t)(end + 4 - buf_str(b)) + (length ? strtoul(length + 15, NULL, 10) : 0);
        }
    }
    return true;
}

/* Sends the request's body on and reads the whole answer. */
static void forward(struct flaky *f, const struct buf *request, struct buf *answer)
{
    const char *body = strstr(buf_str(request), "\r\n\r\n") + 4;
    size_t len = request->len - (size_t)(body - request->data);
    _buf_ struct buf out = BUF_INIT(REQUEST_MAX);
    struct sockaddr_in at;
    _close_ int fd = loopback(f->chain_port, &at);
    char chunk[65536];
    ssize_t n;

    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
        return;
    buf_printf(&out,
               "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               "Connection: close\r\nContent-Length: %zu\r\n\r\n",
               len);
    buf_add(&out, body, len);
    if (send(fd, out.data, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
        return;
    while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
        buf_add(answer, chunk, (size_t)n);
}

static void serve(struct flaky *f, int fd)
{
    static const char busy[] =
        "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    static const char garbage[] =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{\"result\"";
    _buf_ struct buf request = BUF_INIT(REQUEST_MAX);
    _buf_ struct buf answer = BUF_INIT(64 << 20);
    int fault = -1;

    if (!read_request(fd, &request))
        return;
    if ((unsigned)rand_r(&f->seed) % 100 < atomic_load(&f->percent)) {
        fault = rand_r(&f->seed) % FAULTS;
        atomic_fetch_add(&f->faults, 1);
    }
    if (fault == 0) /* lost on the way there */
        return;
    if (fault == 1) {
        (void)!send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL);
        return;
    }
    forward(f, &request, &answer);
    if (fault == 2) /* lost on the way back */
        return;
    if (fault == 3) {
        (void)!send(fd, garbage, sizeof(garbage) - 1, MSG_NOSIGNAL);
        return;
    }
    (void)!send(fd, answer.data, answer.len, MSG_NOSIGNAL);
}

static void *run(void *arg)
{
    struct flaky *f = arg;

    while (!atomic_load(&f->ending)) {
        int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0)
            continue;
        serve(f, fd);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    return NULL;
}

struct flaky *flaky_new(uint16_t chain_port, unsigned percent)
{
    struct flaky *f = xcalloc(1, sizeof(*f));
    struct sockaddr_in at;
    socklen_t len = sizeof(at);

    f->listener = loopback(0, &at);
    f->chain_port = chain_port;
    f->seed = 7;
    atomic_store(&f->percent, percent);
    must(bind(f->listener, (struct sockaddr *)&at, len) == 0 && listen(f->listener, 64) == 0);
    must(getsockname(f->listener, (struct sockaddr *)&at, &len) == 0);
    f->port = ntohs(at.sin_port);
    thread_start(&f->thread, "flaky", run, f);
    return f;
}

uint16_t flaky_port(const struct flaky *f)
{
    return f->port;
}

void flaky_set(struct flaky *f, unsigned percent)
{
    atomic_store(&f->percent, percent);
}

unsigned flaky_faults(const struct flaky *f)
{
    return atomic_load(&f->faults);
}

void flaky_free(struct flaky *f)
{
    atomic_store(&f->ending, true);
    shutdown(f->listener, SHUT_RDWR);
    pthread_join(f->thread, NULL);
    close(f->listener);
    free(f);
}
