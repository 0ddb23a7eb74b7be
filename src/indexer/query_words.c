/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody typed, as words: five small languages with one grammar. What is made of it are
 * conditions; each word becomes a quoted string of the search table's language, so nothing typed
 * is ever taken for an operator there.
 */
#include "indexer/query_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* One word or phrase as it was typed, without its quotes and escapes. */
struct word {
    char *text;
    bool phrase;
    bool prefix;   /* a * stood behind */
    bool anything; /* nothing but * */
};

static bool is_operator_char(const struct words_reader *r, char c)
{
    if (isspace((unsigned char)c))
        return true;
    switch (r->w->language) {
    case WORDS_PLAIN:
    case WORDS_PHRASE:
        return false;
    case WORDS_TYPESENSE:
        return c == '"';
    case WORDS_SIMPLE:
        return strchr("\"()|+", c) != NULL;
    case WORDS_LUCENE:
        return strchr("\"():^~", c) != NULL;
    }
    return false;
}

static bool has_escapes(const struct words_reader *r)
{
    return r->w->language == WORDS_LUCENE || r->w->language == WORDS_SIMPLE;
}

static int read_phrase(struct words_reader *r, struct word *ret, struct err *e)
{
    struct buf b = BUF_INIT(WORDS_TEXT_MAX + 1);

    for (r->p++; *r->p && *r->p != '"'; r->p++) {
        if (*r->p == '\\' && r->p[1] && has_escapes(r))
            r->p++;
        buf_putc(&b, *r->p);
    }
    ret->text = arena_strdup(r->q->a, buf_str(&b));
    ret->phrase = true;
    buf_done(&b);
    if (*r->p == '"')
        r->p++;
    else if (r->w->language == WORDS_LUCENE)
        return failed(e, INVALID, "query_string: a quote is not closed");
    return 0;
}

static bool is_wildcard(const struct words_reader *r, char c)
{
    enum words_language language = r->w->language;

    if (c == '?')
        return language == WORDS_LUCENE;
    return c == '*' && language != WORDS_PLAIN && language != WORDS_PHRASE;
}

/* A `*` before a word is passed over: words are found by their beginnings. */
static int read_word(struct words_reader *r, struct word *ret, struct err *e)
{
    struct buf b = BUF_INIT(WORDS_TEXT_MAX + 1);
    bool inner = false; /* a wildcard that is not at an end */
    bool star = false;

    for (; *r->p && !is_operator_char(r, *r->p); r->p++) {
        if (is_wildcard(r, *r->p)) {
            star = true;
            inner = inner || *r->p == '?';
            continue;
        }
        if (star && b.len) {
            inner = true;
            buf_putc(&b, ' ');
        }
        if (*r->p == '\\' && r->p[1] && has_escapes(r))
            r->p++;
        buf_putc(&b, *r->p);
        star = false;
    }
    ret->prefix = star && b.len;
    ret->anything = star && !b.len;
    ret->text = arena_strdup(r->q->a, buf_str(&b));
    buf_done(&b);
    if (inner && r->w->language == WORDS_LUCENE)
        return failed(e, INVALID,
                      "query_string: of wildcards only a * at the end of a word is supported");
    return 0;
}

/* ^2, ~1: they change scores, or how much more than was typed is found. */
static void skip_suffixes(struct words_reader *r)
{
    while ((*r->p == '^' && r->w->language == WORDS_LUCENE) || (*r->p == '~' && has_escapes(r)))
        for (r->p++; isdigit((unsigned char)*r->p) || *r->p == '.';)
            r->p++;
}

static int read_leaf(struct words_reader *r, struct clause *c, struct err *e)
{
    struct word word = {0};
    bool last;

    if (*r->p == '"' && r->w->language != WORDS_PLAIN && r->w->language != WORDS_PHRASE) {
        if (read_phrase(r, &word, e) < 0)
            return -1;
    } else if (read_word(r, &word, e) < 0) {
        return -1;
    }
    skip_suffixes(r);
    last = r->w->last_prefix && !word.phrase && r->p[strspn(r->p, " \t\r\n")] == '\0';
    if (word.anything) {
        c->kind = CLAUSE_ALL;
        return 0;
    }
    return words_leaf(r, &r->targets, word.text, word.prefix || last, c, e);
}

/* "field:" before a word, a phrase or a group: true when there is one, and it has been read. */
static int read_field(struct words_reader *r, bool *ret, struct err *e)
{
    const char *end = r->p;
    struct targets t = {.count = 0};

    *ret = false;
    if (r->w->language != WORDS_LUCENE)
        return 0;
    while (isalnum((unsigned char)*end) || *end == '_' || *end == '.')
        end++;
    if (end == r->p || *end != ':')
        return 0;
    if (query_target(&t, arena_strndup(r->q->a, r->p, (size_t)(end - r->p)), e) < 0)
        return -1;
    r->targets = t;
    r->p = end + 1 + strspn(end + 1, " ");
    *ret = true;
    return 0;
}

static int read_group(struct words_reader *r, struct clause *c, struct err *e);

static int read_parenthesis(struct words_reader *r, struct clause *c, struct err *e)
{
    if (++r->depth > QUERY_DEPTH_MAX)
        return failed(e, INVALID, "the text to search for is nested deeper than %d",
                      QUERY_DEPTH_MAX);
    r->p++;
    if (read_group(r, c, e) < 0)
        return -1;
    if (*r->p != ')')
        return failed(e, INVALID, "a parenthesis in the text to search for is not closed");
    r->p++;
    r->depth--;
    skip_suffixes(r);
    return 0;
}

static bool has_groups(const struct words_reader *r)
{
    return r->w->language == WORDS_LUCENE || r->w->language == WORDS_SIMPLE;
}

static int read_primary(struct words_reader *r, struct clause *c, struct err *e)
{
    const struct targets outer = r->targets;
    bool named;
    int r2;

    if (str_starts(r->p, "_exists_:") && r->w->language == WORDS_LUCENE) {
        r->p += strlen("_exists_:");
        return words_exists(r, c, e);
    }
    if (read_field(r, &named, e) < 0)
        return -1;
    if (named && strchr("[{<>", *r->p) && *r->p)
        r2 = words_range(r, c, e);
    else if (*r->p == '(' && has_groups(r))
        r2 = read_parenthesis(r, c, e);
    else
        r2 = read_leaf(r, c, e);
    r->targets = outer;
    return r2;
}

enum joint { JOINT_NONE, JOINT_AND, JOINT_OR };

static bool keyword(struct words_reader *r, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(r->p, word, n) != 0 ||
        (isalpha((unsigned char)*word) && !isspace((unsigned char)r->p[n]) && r->p[n] != '(' &&
         r->p[n]))
        return false;
    r->p += n;
    return true;
}

static void skip_space(struct words_reader *r)
{
    while (isspace((unsigned char)*r->p))
        r->p++;
}

static enum joint read_joint(struct words_reader *r)
{
    bool lucene = r->w->language == WORDS_LUCENE;
    bool simple = r->w->language == WORDS_SIMPLE;
    enum joint joint = JOINT_NONE;

    for (;;) {
        skip_space(r);
        if ((lucene && (keyword(r, "AND") || keyword(r, "&&"))) || (simple && keyword(r, "+")))
            joint = JOINT_AND;
        else if ((lucene && (keyword(r, "OR") || keyword(r, "||"))) || (simple && keyword(r, "|")))
            joint = JOINT_OR;
        else
            return joint;
    }
}

/* + and - before a word: it must be there, it must not. */
static void read_sign(struct words_reader *r, bool *ret_must, bool *ret_not)
{
    bool lucene = r->w->language == WORDS_LUCENE;

    *ret_must = *ret_not = false;
    if (r->w->language == WORDS_PLAIN || r->w->language == WORDS_PHRASE)
        return;
    for (;;) {
        if (lucene && *r->p == '+')
            *ret_must = true;
        else if (*r->p == '-' || (lucene && (*r->p == '!' || keyword(r, "NOT"))))
            *ret_not = true;
        else
            return;
        if (*r->p == '+' || *r->p == '-' || *r->p == '!')
            r->p++;
        skip_space(r);
    }
}

/* The conditions of one group, as Lucene's classic parser sorts them. */
struct group {
    struct clause *must;
    struct clause *should;
    struct clause *must_not;
    struct clause *last; /* the parent of the newest one */
};

static void move_last(struct clause *from, struct clause *to)
{
    struct clause **p = &from->children;
    struct clause **end = &to->children;

    while ((*p)->next)
        p = &(*p)->next;
    while (*end)
        end = &(*end)->next;
    *end = *p;
    *p = NULL;
}

/* Which group the next condition belongs to; an operator may move the one before it. */
static struct clause *choose(const struct words_reader *r, struct group *g, enum joint joint,
                             bool must, bool not )
{
    if (joint == JOINT_AND && g->last == g->should && g->should->children)
        move_last(g->should, g->must);
    if (joint == JOINT_OR && r->w->all && g->last == g->must && g->must->children)
        move_last(g->must, g->should);
    if (not )
        return g->must_not;
    return must || joint == JOINT_AND || (r->w->all && joint != JOINT_OR) ? g->must : g->should;
}

static int read_one(struct words_reader *r, struct group *g, enum joint joint, struct err *e)
{
    struct clause *parent;
    struct clause *c;
    bool must;
    bool not ;

    read_sign(r, &must, &not );
    if (!*r->p || *r->p == ')')
        return 0; /* an operator with nothing behind it */
    parent = choose(r, g, joint, must, not );
    if (query_child(r->q, parent, CLAUSE_ALL, &c, e) < 0 || read_primary(r, c, e) < 0)
        return -1;
    if (c->kind == CLAUSE_OR && !c->children && c->least == 0)
        return words_drop_last(parent); /* punctuation only: as if it had not been typed */
    g->last = parent;
    return 0;
}

static size_t count_children(const struct clause *c)
{
    size_t n = 0;

    for (c = c->children; c; c = c->next)
        n++;
    return n;
}

/* How many of the conditions must hold, once all are there. */
static int finish(const struct words_reader *r, const struct group *g, struct clause *c,
                  struct err *e)
{
    if (r->w->least && r->depth == 0 && g->should->children)
        return query_least(r->w->least, count_children(g->should), &g->should->least, e);
    if (g->must->children || !g->should->children)
        g->should->least = 0; /* then they only rank */
    if (!g->must->children && !g->should->children && !g->must_not->children)
        c->kind = CLAUSE_NONE; /* no words: nothing is found */
    return 0;
}

/* A character that opens no condition: the end of the group, or out of place. */
static int skip_stray(struct words_reader *r, bool *ret_end, struct err *e)
{
    *ret_end = !*r->p || (*r->p == ')' && has_groups(r) && r->depth);
    while (!*ret_end && (*r->p == ')' || (*r->p == ':' && r->w->language == WORDS_LUCENE))) {
        if (r->w->language == WORDS_LUCENE)
            return failed(e, INVALID, "query_string: a \"%c\" stands where no word does", *r->p);
        r->p++;
    }
    return 0;
}

/* Until the end or a closing parenthesis. */
static int read_group(struct words_reader *r, struct clause *c, struct err *e)
{
    struct group g = {0};
    enum joint joint;
    bool end;

    c->kind = CLAUSE_AND;
    if (query_child(r->q, c, CLAUSE_AND, &g.must, e) < 0 ||
        query_child(r->q, c, CLAUSE_OR, &g.should, e) < 0 ||
        query_child(r->q, c, CLAUSE_NOT, &g.must_not, e) < 0)
        return -1;
    for (;;) {
        joint = read_joint(r);
        if (skip_stray(r, &end, e) < 0)
            return -1;
        if (end)
            return finish(r, &g, c, e);
        if (read_one(r, &g, joint, e) < 0)
            return -1;
    }
}

int query_words(struct query *q, const struct words_query *w, struct clause *c, struct err *e)
{
    struct words_reader r = {.q = q, .w = w, .targets = w->targets, .p = w->text};

    if (strlen(w->text) > WORDS_TEXT_MAX)
        return failed(e, INVALID, "the text to search for is longer than %d bytes", WORDS_TEXT_MAX);
    if (w->language == WORDS_PHRASE)
        return words_leaf(&r, &r.targets, w->text, w->last_prefix, c, e);
    return read_group(&r, c, e);
}
