/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "crypto/random.h"

/* --- what is written --- */

/* Bytes of the UTF-8 sequence at s and its code point; 0: there is none. */
static size_t sequence(const unsigned char *s, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    uint32_t c = s[0];
    size_t i;

    if (n == 1) {
        *ret = c;
        return 1;
    }
    if (s[0] < 0xc2 || s[0] >= 0xf8)
        return 0;
    c = s[0] & (0x7fu >> n);
    for (i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    *ret = c;
    return c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? n : 0;
}

/* Controls, and marks that make a text look like another one. */
static bool is_harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
           c >= 0xe0000;
}

const char *terminal_safe(struct arena *a, const char *s, bool lines)
{
    const unsigned char *p = (const unsigned char *)s;
    char *out = arena_alloc(a, strlen(s) + 1);
    char *to = out;

    while (*p) {
        uint32_t c = 0;
        size_t n = sequence(p, &c);

        if (n == 0 || (is_harmful(c) && !(lines && c == '\n'))) {
            *to++ = '.';
            p += n ? n : 1;
            continue;
        }
        memcpy(to, p, n);
        to += n;
        p += n;
    }
    *to = '\0';
    return out;
}

void terminal_say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    (void)fflush(stderr);
}

/* --- what is read --- */

static struct termios shown; /* how the terminal was */
static volatile sig_atomic_t hidden;

/* A signal ends the program while nothing is echoed. */
static void show_and_end(int sig)
{
    if (hidden)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    (void)signal(sig, SIG_DFL);
    (void)raise(sig);
}

static void hide(bool raw)
{
    struct termios now;

    if (tcgetattr(STDIN_FILENO, &shown) < 0)
        return;
    hidden = 1;
    (void)signal(SIGINT, show_and_end);
    (void)signal(SIGTERM, show_and_end);
    (void)signal(SIGHUP, show_and_end);
    now = shown;
    if (raw)
        cfmakeraw(&now);
    else
        now.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

static void show(void)
{
    if (!hidden)
        return;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    hidden = 0;
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGHUP, SIG_DFL);
}

void terminal_raw(bool on)
{
    if (on)
        hide(true);
    else
        show();
}

/* Byte by byte: what follows the line is for the next question. */
static int read_line(struct buf *line, struct err *e)
{
    for (;;) {
        char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(e, FAILED, "standard input: %m");
        if (n == 0 && line->len == 0)
            return failed(e, FAILED, "the input has ended");
        if (n == 0 || c == '\n')
            return line->full ? failed(e, INVALID, "this line is too long") : 0;
        buf_putc(line, c);
    }
}

int terminal_line(struct arena *a, bool secret, const char **ret, struct err *e)
{
    _buf_ struct buf line = BUF_INIT(TERMINAL_LINE_MAX);
    int r;

    if (secret)
        hide(false);
    r = read_line(&line, e);
    if (secret && hidden)
        (void)fputc('\n', stderr);
    if (secret)
        show();
    if (r == 0 && line.len > 0 && line.data[line.len - 1] == '\r')
        line.data[line.len - 1] = '\0';
    if (r == 0)
        *ret = arena_strdup(a, buf_str(&line));
    if (line.data)
        wipe(line.data, line.cap);
    return r;
}
