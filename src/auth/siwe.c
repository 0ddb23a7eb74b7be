/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/siwe.h"

#include <ctype.h>
#include <string.h>

#include "base/date.h"
#include "base/str.h"

enum { NONCE_MIN = 8 };

static const char wants[] = " wants you to sign in with your Ethereum account:";

/* The rest of the message, line by line. */
struct reader {
    struct arena *a;
    const char *rest; /* NULL: the last line has been taken */
};

/* The next line; NULL when there is none. Lines end with LF, the last one with the text. */
static char *take(struct reader *r)
{
    const char *start = r->rest;
    size_t n;

    if (!start)
        return NULL;
    n = strcspn(start, "\n");
    r->rest = start[n] ? start + n + 1 : NULL;
    return arena_strndup(r->a, start, n);
}

/* The next line if it begins with the label: what follows it; else NULL, and nothing is taken. */
static const char *labelled(struct reader *r, const char *label)
{
    const char *line = r->rest && str_starts(r->rest, label) ? take(r) : NULL;

    return line ? line + strlen(label) : NULL;
}

static bool is_domain(const char *s)
{
    const char *c;

    for (c = s; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-._~:[]", *c))
            return false;
    return c > s && c - s <= 261;
}

static bool is_scheme(const char *s)
{
    const char *c;

    for (c = s; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("+-.", *c))
            return false;
    return isalpha((unsigned char)*s);
}

/* The characters that RFC 3986 knows; whether they make a URI of use is the caller's question. */
static bool is_uri(const char *s)
{
    const char *c;

    for (c = s; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-._~:/?#[]@!$&'()*+,;=%", *c))
            return false;
    return strchr(s, ':') && isalpha((unsigned char)*s);
}

/* Reserved and unreserved characters, and blanks. */
static bool is_statement(const char *s)
{
    const char *c;

    for (c = s; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-._~:/?#[]@!$&'()*+,;= ", *c))
            return false;
    return c > s;
}

static bool is_nonce(const char *s)
{
    size_t n = 0;

    while (isalnum((unsigned char)s[n]))
        n++;
    return s[n] == '\0' && n >= NONCE_MIN;
}

static bool has_shape(const char *s, const char *shape)
{
    for (; *shape; s++, shape++)
        if (*shape == '0' ? !isdigit((unsigned char)*s) : *s != *shape)
            return false;
    return true;
}

/* RFC 3339, as the message must have it; date_parse() alone would take more. */
static bool parse_time(const char *s, int64_t *ret)
{
    const char *end = s + strlen("0000-00-00T00:00:00");

    if (!has_shape(s, "0000-00-00T00:00:00"))
        return false;
    if (*end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    if (!str_eq(end, "Z") &&
        !(strlen(end) == 6 && strchr("+-", *end) && has_shape(end + 1, "00:00")))
        return false;
    return date_parse(s, ret) && *ret > 0;
}

/* --- the parts, in their order --- */

static int parse_domain(struct reader *r, struct siwe *ret, struct err *e)
{
    char *line = take(r);
    char *end;
    char *scheme_end;

    if (!line || !str_ends(line, wants))
        return refused(e, SIWE, "its first line is not that of a login");
    end = line + strlen(line) - strlen(wants);
    *end = '\0';
    scheme_end = strstr(line, "://");
    if (scheme_end) {
        *scheme_end = '\0';
        ret->scheme = line;
        line = scheme_end + 3;
    }
    ret->domain = line;
    if (!is_domain(line) || (ret->scheme && !is_scheme(ret->scheme)))
        return refused(e, SIWE, "it names no domain");
    return 0;
}

/* An address, a blank line, perhaps a statement, a blank line. */
static int parse_person(struct reader *r, struct siwe *ret, struct err *e)
{
    const char *address = take(r);
    const char *line;

    if (!addr_parse(address, &ret->address) || !str_starts(address, "0x"))
        return refused(e, SIWE, "its second line is no address");
    line = take(r);
    if (!line || *line)
        return refused(e, SIWE, "a blank line follows the address");
    line = take(r);
    if (line && *line) {
        if (!is_statement(line))
            return refused(e, SIWE, "its statement has characters that do not belong there");
        ret->statement = line;
        line = take(r);
    }
    return line && !*line ? 0 : refused(e, SIWE, "a blank line stands before the URI");
}

static int parse_terms(struct reader *r, struct siwe *ret, struct err *e)
{
    uint64_t chain;
    const char *value;

    ret->uri = labelled(r, "URI: ");
    if (!ret->uri || !is_uri(ret->uri))
        return refused(e, SIWE, "it has no URI");
    value = labelled(r, "Version: ");
    if (!str_eq(value, "1"))
        return refused(e, SIWE, "its version is not 1");
    value = labelled(r, "Chain ID: ");
    if (!value || !str_u64(value, INT64_C(9007199254740991), &chain))
        return refused(e, SIWE, "it has no chain id");
    ret->chain_id = (int64_t)chain;
    ret->nonce = labelled(r, "Nonce: ");
    if (!ret->nonce || !is_nonce(ret->nonce))
        return refused(e, SIWE, "it has no nonce of 8 letters and digits or more");
    return 0;
}

/* A line that may be absent. */
static int parse_moment(struct reader *r, const char *label, int64_t *ret, struct err *e)
{
    const char *value = labelled(r, label);

    if (value && !parse_time(value, ret))
        return refused(e, SIWE, "one of its times is not as RFC 3339 has them");
    return 0;
}

static int parse_times(struct reader *r, struct siwe *ret, struct err *e)
{
    if (parse_moment(r, "Issued At: ", &ret->issued, e) < 0 ||
        parse_moment(r, "Expiration Time: ", &ret->expires, e) < 0 ||
        parse_moment(r, "Not Before: ", &ret->not_before, e) < 0)
        return -1;
    return ret->issued ? 0 : refused(e, SIWE, "it does not say when it was issued");
}

static int parse_rest(struct reader *r, struct err *e)
{
    const char *list;
    const char *uri;

    (void)labelled(r, "Request ID: ");
    list = labelled(r, "Resources:");
    if (list && *list)
        return refused(e, SIWE, "its resources are not listed line by line");
    while (list && (uri = labelled(r, "- ")))
        if (!is_uri(uri))
            return refused(e, SIWE, "one of its resources is no URI");
    return r->rest ? refused(e, SIWE, "it has lines that do not belong there") : 0;
}

int siwe_parse(struct arena *a, const char *text, struct siwe *ret, struct err *e)
{
    struct reader r = {a, text};
    struct siwe s = {0};

    if (strnlen(text, SIWE_MAX + 1) > SIWE_MAX)
        return refused(e, SIWE, "it is too long");
    if (parse_domain(&r, &s, e) < 0 || parse_person(&r, &s, e) < 0 || parse_terms(&r, &s, e) < 0 ||
        parse_times(&r, &s, e) < 0 || parse_rest(&r, e) < 0)
        return -1;
    *ret = s;
    return 0;
}
