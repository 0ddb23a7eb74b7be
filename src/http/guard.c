/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_int.h"

/*
 * llhttp 8.1.0 takes a bare CR for a line end and unfolds continuation lines; both let two
 * servers read one message differently (CVE-2023-30589, CVE-2024-27982). So the block is looked
 * at byte by byte before the parser sees it.
 */
enum guard_verdict guard_scan(struct guard *g, const char *p, size_t n, size_t *ret_end)
{
    size_t limit = n < HEAD_MAX ? n : HEAD_MAX;

    for (; g->at < limit; g->at++) {
        char ch = p[g->at];

        if (g->after_cr) {
            if (ch != '\n')
                return GUARD_BAD;
            g->after_cr = false;
            g->lines++;
            if (!g->in_line) {
                *ret_end = ++g->at;
                return GUARD_DONE;
            }
            g->in_line = false;
        } else if (ch == '\r') {
            g->after_cr = true;
        } else if (ch == '\n') {
            return GUARD_BAD;
        } else if (!g->in_line) {
            if (ch == ' ' || ch == '\t')
                return GUARD_BAD;
            g->in_line = true;
        }
    }
    return n >= HEAD_MAX ? GUARD_LONG : GUARD_MORE;
}
