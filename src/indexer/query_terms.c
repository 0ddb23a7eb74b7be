/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions made of words: in the search table for texts, among the terms for the rest. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "indexer/query_words.h"

int query_target(struct targets *t, const char *path, struct err *e)
{
    const char *end = strchr(path, '^');
    char name[128];
    const struct field *f;

    if (str_eq(path, "*") || str_eq(path, "_all"))
        return 0;
    if ((size_t)(end ? end - path : (ptrdiff_t)strlen(path)) >= sizeof(name))
        return failed(e, INVALID, "\"%.100s\" is not a field that can be searched by", path);
    (void)str_copy(name, end ? (size_t)(end - path) + 1 : sizeof(name), path);
    if (query_field(name, &f, e) < 0)
        return -1;
    if (t->count == QUERY_TARGETS_MAX)
        return failed(e, INVALID, "more than %d fields to search in", QUERY_TARGETS_MAX);
    t->fields[t->count++] = f;
    return 0;
}

static bool word_char(char c)
{
    return (unsigned char)c >= 0x80 || isalnum((unsigned char)c);
}

/* Whether it may be an address, a hash, a DID, or the beginning of one. */
static bool is_key(const char *s, bool prefix)
{
    size_t n = strlen(s);

    if (str_starts(s, "did:"))
        return true;
    if (!str_starts(s, "0x") && (n < 32 || prefix))
        return false;
    for (s += str_starts(s, "0x") ? 2 : 0; *s; s++)
        if (!isxdigit((unsigned char)*s))
            return false;
    return true;
}

/* {name description} : when not every text is meant. */
static void write_columns(struct buf *b, const struct targets *t)
{
    const char *seen[QUERY_TARGETS_MAX];
    size_t count = 0;
    size_t i;
    size_t k;

    for (i = 0; i < t->count; i++) {
        if (!t->fields[i]->words)
            continue;
        for (k = 0; k < count && !str_eq(seen[k], t->fields[i]->words);)
            k++;
        if (k < count)
            continue;
        buf_puts(b, count ? " " : "{");
        buf_puts(b, t->fields[i]->words);
        seen[count++] = t->fields[i]->words;
    }
    if (count)
        buf_puts(b, "} : ");
}

const char *query_phrase(struct arena *a, const struct targets *t, const char *text, bool prefix)
{
    _buf_ struct buf b = BUF_INIT(4 * WORDS_TEXT_MAX);
    bool words = t->count == 0;
    bool any = false;
    size_t i;

    for (i = 0; i < t->count; i++)
        words = words || t->fields[i]->words;
    if (!words)
        return NULL;
    write_columns(&b, t);
    buf_putc(&b, '"');
    for (; *text; text++) {
        any = any || word_char(*text);
        buf_putc(&b, word_char(*text) ? *text : ' ');
    }
    buf_puts(&b, prefix ? "\" *" : "\"");
    return any && !b.full ? arena_strdup(a, buf_str(&b)) : NULL;
}

/* A value of the field itself: the whole of it, or its beginning. */
static int add_value(struct words_reader *r, const struct field *f, const char *text, bool prefix,
                     struct clause *parent, struct err *e)
{
    const char *lower = str_lower(r->q->a, text);
    struct clause *c;

    if (f->kind == FIELD_KEY && !is_key(lower, prefix))
        return 0; /* no such value can be */
    if (prefix && f->kind != FIELD_KEY && f->kind != FIELD_TEXT)
        return 0;
    if (query_child(r->q, parent, prefix ? CLAUSE_PREFIX : CLAUSE_TERMS, &c, e) < 0)
        return -1;
    c->field = f;
    return query_value(r->q, c, lower, e);
}

static int add_keys(struct words_reader *r, const char *text, bool prefix, struct clause *parent,
                    struct err *e)
{
    static const char *const keys[] = {"id", "nftAddress", "nft.owner",
                                       "services.datatokenAddress"};
    const struct field *f;
    size_t i;

    for (i = 0; i < ARRAY_LEN(keys); i++)
        if (query_field(keys[i], &f, e) < 0 || add_value(r, f, text, prefix, parent, e) < 0)
            return -1;
    return 0;
}

int words_leaf(struct words_reader *r, const struct targets *t, const char *text, bool prefix,
               struct clause *c, struct err *e)
{
    const char *words = query_phrase(r->q->a, t, text, prefix);
    struct clause *inner;
    size_t i;

    c->kind = CLAUSE_OR;
    c->least = 0;
    while (*text && !word_char(*text))
        text++;
    if (!*text)
        return 0;
    c->least = 1;
    if (++r->q->words > QUERY_WORDS_MAX)
        return failed(e, INVALID, "more than %d words to search for", QUERY_WORDS_MAX);
    if (words) {
        if (query_child(r->q, c, CLAUSE_WORDS, &inner, e) < 0)
            return -1;
        inner->words = words;
    }
    if (strlen(text) > FIELD_VALUE_MAX)
        return 0;
    if (t->count == 0)
        return add_keys(r, text, prefix, c, e);
    for (i = 0; i < t->count; i++)
        if (!t->fields[i]->words && add_value(r, t->fields[i], text, prefix, c, e) < 0)
            return -1;
    return 0;
}

int words_drop_last(struct clause *parent)
{
    struct clause **p = &parent->children;

    while (*p && (*p)->next)
        p = &(*p)->next;
    *p = NULL;
    return 0;
}

/* A bound up to a blank or a closing bracket; "*" is none. */
static const char *read_bound(struct words_reader *r)
{
    const char *from = r->p + strspn(r->p, " \"");
    size_t n = strcspn(from, " \"]})");
    const char *text = arena_strndup(r->q->a, from, n);

    r->p = from + n;
    if (*r->p == '"')
        r->p++;
    return str_eq(text, "*") || !*text ? NULL : text;
}

static int set_bounds(struct words_reader *r, struct clause *c, const char *const bounds[4],
                      struct err *e)
{
    size_t i;

    c->kind = CLAUSE_RANGE;
    c->field = r->targets.fields[0];
    for (i = 0; i < 4; i++)
        if (query_value(r->q, c, bounds[i], e) < 0)
            return -1;
    return 0;
}

int words_range(struct words_reader *r, struct clause *c, struct err *e)
{
    const char *bounds[4] = {NULL}; /* gte gt lte lt */
    bool open = *r->p == '{';
    const char *low;
    const char *high;
    size_t which;

    if (*r->p == '<' || *r->p == '>') {
        which = *r->p == '>' ? 0 : 2;
        r->p++;
        if (*r->p == '=')
            r->p++;
        else
            which++;
        bounds[which] = read_bound(r);
        return set_bounds(r, c, bounds, e);
    }
    r->p++;
    low = read_bound(r);
    r->p += strspn(r->p, " ");
    if (strncmp(r->p, "TO ", 3) != 0)
        return failed(e, INVALID, "query_string: a range is written [a TO b]");
    r->p += 3;
    high = read_bound(r);
    r->p += strspn(r->p, " ");
    if (*r->p != ']' && *r->p != '}')
        return failed(e, INVALID, "query_string: a range is not closed");
    bounds[open ? 1 : 0] = low;
    bounds[*r->p++ == '}' ? 3 : 2] = high;
    return set_bounds(r, c, bounds, e);
}

int words_exists(struct words_reader *r, struct clause *c, struct err *e)
{
    size_t n = strcspn(r->p, " ()");
    const char *path = arena_strndup(r->q->a, r->p, n);

    r->p += n;
    c->kind = CLAUSE_EXISTS;
    return query_field(path, &c->field, e);
}

/* "3", "-1", "75%", "-25%" of n. */
static int simple_least(const char *spec, size_t n, int64_t *ret, struct err *e)
{
    char *end;
    int64_t v = strtoll(spec, &end, 10);

    if (end == spec || (*end && !str_eq(end, "%")) || v > 1000000 || v < -1000000)
        return failed(e, INVALID, "\"%.40s\" is no minimum_should_match", spec);
    if (*end == '%')
        v = v * (int64_t)n / 100; /* both towards zero, as Lucene rounds */
    *ret = v < 0 ? (int64_t)n + v : v;
    return 0;
}

int query_least(const char *spec, size_t n, size_t *ret, struct err *e)
{
    int64_t least = (int64_t)n; /* of "2<75%" when there are no more than 2 */
    const char *rule;
    char *end;

    if (!strchr(spec, '<')) {
        if (simple_least(spec, n, &least, e) < 0)
            return -1;
    } else {
        for (rule = spec; *rule; rule += strspn(rule, " ")) {
            char one[64];
            int64_t above = strtoll(rule, &end, 10);
            size_t len;

            if (end == rule || *end != '<')
                return failed(e, INVALID, "\"%.40s\" is no minimum_should_match", spec);
            rule = end + 1;
            len = strcspn(rule, " ");
            (void)str_copy(one, len + 1 < sizeof(one) ? len + 1 : sizeof(one), rule);
            if ((int64_t)n > above && simple_least(one, n, &least, e) < 0)
                return -1;
            rule += len;
        }
    }
    *ret = least < 0 ? 0 : (size_t)least;
    return 0;
}
