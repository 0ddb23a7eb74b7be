/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>
#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "package/package_int.h"

/* Answers that are texts: lines, domains, keys, addresses of repositories, files. */

static const char *trimmed(struct arena *a, const char *s)
{
    static const char blanks[] = " \t\r\n";
    size_t n;

    s += strspn(s, blanks);
    for (n = strlen(s); n > 0 && strchr(blanks, s[n - 1]); n--)
        ;
    return arena_strndup(a, s, n);
}

/* Line ends of other systems become ours. */
static char *without_returns(struct arena *a, const char *s, size_t n)
{
    char *out = arena_strndup(a, s, n);
    char *to = out;
    size_t i;

    for (i = 0; i < n; i++)
        if (s[i] != '\r' || s[i + 1] != '\n')
            *to++ = s[i];
    *to = '\0';
    return out;
}

static int64_t characters(const char *s)
{
    int64_t n = 0;

    for (; *s; s++)
        n += (*s & 0xc0) != 0x80;
    return n;
}

/* The pattern holds for the whole text. */
static bool matches(struct arena *a, const char *pattern, const char *text)
{
    const char *whole = arena_printf(a, "^(%s)$", pattern);
    regex_t compiled;
    int rc;

    if (regcomp(&compiled, whole, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    rc = regexec(&compiled, text, 0, NULL, 0);
    regfree(&compiled);
    return rc == 0;
}

static const char *plain(struct arena *a, const struct package_question *q, const char *text)
{
    int64_t n = characters(text);

    if (n < q->min_length)
        return arena_printf(a, "must have at least %lld characters", (long long)q->min_length);
    if (n > q->max_length)
        return arena_printf(a, "must have at most %lld characters", (long long)q->max_length);
    if (q->standard && q->unique && !answers_is_name(text))
        return "must be 2 to 32 of a-z, 0-9 and single '-', a letter first and no '-' last";
    if (q->pattern && !matches(a, q->pattern, text))
        return "does not have the form that is asked for";
    return NULL;
}

const char *package__answer_domain(struct arena *a, const char *text, const char **ret)
{
    char *host = str_lower(a, text);
    size_t n = strlen(host);

    if (n > 1 && host[n - 1] == '.')
        host[n - 1] = '\0';
    if (!package__is_domain(host))
        return "must be a domain name such as www.example.org";
    *ret = host;
    return NULL;
}

/* --- keys --- */

/* A length of four bytes, the type, and enough behind it to be a key. */
static bool is_blob_of(struct arena *a, const char *blob, const char *type)
{
    enum { KEY_LEAST = 36 };
    size_t n = strlen(type);
    const uint8_t head[4] = {0, 0, 0, (uint8_t)n};
    struct bytes key;

    return base64_parse(a, blob, strlen(blob), &key) && key.n >= n + KEY_LEAST &&
           memcmp(key.p, head, sizeof(head)) == 0 && memcmp(key.p + sizeof(head), type, n) == 0;
}

/* "type base64 [comment]"; the blob inside begins with the same type. */
static const char *one_key(struct arena *a, const char *line, const char **ret)
{
    static const char *const known[] = {"ssh-ed25519",
                                        "ssh-rsa",
                                        "ecdsa-sha2-nistp256",
                                        "ecdsa-sha2-nistp384",
                                        "ecdsa-sha2-nistp521",
                                        "sk-ssh-ed25519@openssh.com",
                                        "sk-ecdsa-sha2-nistp256@openssh.com"};
    static const char bad[] =
        "must be public keys of SSH, one a line: \"ssh-ed25519 AAAA... name\"";
    const char *rest = line;
    const char *type = str_next(a, &rest, ' ');
    const char *blob = rest ? str_next(a, &rest, ' ') : NULL;
    size_t i;

    for (i = 0; i < ARRAY_LEN(known) && !str_eq(known[i], type); i++)
        ;
    if (i == ARRAY_LEN(known))
        return strstr(line, "PRIVATE KEY") ? "is a private key; never give it away" : bad;
    if (!blob || !is_blob_of(a, blob, type))
        return bad;
    *ret = arena_printf(a, "%s %s%s%s", type, blob, rest && *rest ? " " : "", rest ? rest : "");
    return NULL;
}

const char *package__answer_sshkeys(struct arena *a, const char *text, const char **ret)
{
    enum { KEYS_MAX = 20 };
    _buf_ struct buf out = BUF_INIT(ANSWERS_MAX);
    const char *rest = text;
    const char *line;
    int n = 0;

    while (rest && (line = str_next(a, &rest, '\n'))) {
        const char *key = NULL;
        const char *why;

        line = trimmed(a, line);
        if (!*line)
            continue;
        if (++n > KEYS_MAX)
            return "has more than 20 keys";
        why = one_key(a, line, &key);
        if (why)
            return why;
        buf_printf(&out, "%s%s", out.len ? "\n" : "", key);
    }
    if (out.len == 0)
        return "must be answered";
    *ret = arena_strdup(a, buf_str(&out));
    return NULL;
}

/* --- repositories --- */

/* https://HOST[:PORT]/PATH: no user, no password, no query, nothing git would take as an option. */
const char *package__answer_giturl(struct arena *a, const char *text, const char **ret)
{
    static const char bad[] = "must be like https://host/path/to/repository.git";
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~/+-";
    const char *host = text + strlen("https://");
    size_t host_len;
    size_t port;
    const char *path;
    char *name;

    if (!str_starts(text, "https://"))
        return strchr(text, '@') ? "must begin with https://; keys of SSH are not given to us"
                                 : bad;
    if (memchr(host, '@', strcspn(host, "/?#")))
        return "must not hold a user or password; use a repository that anybody can read";
    host_len = strcspn(host, ":/?#@");
    path = host + host_len;
    if (*path == ':') {
        port = strspn(path + 1, "0123456789");
        if (port == 0 || port > 5)
            return bad;
        path += 1 + port;
    }
    name = str_lower(a, arena_strndup(a, host, host_len));
    if (!package__is_domain(name) || path[0] != '/' || strlen(path) < 2 ||
        strspn(path, letters) != strlen(path) || !package__is_inside(path + 1))
        return bad;
    *ret = arena_printf(a, "https://%s%s", name, host + host_len);
    return NULL;
}

/* --- files --- */

static bool is_allowed(const struct package_question *q, const char *name, const char *type)
{
    size_t i;

    for (i = 0; i < q->allowed_types.count; i++) {
        const char *t = q->allowed_types.items[i];

        if (t[0] == '.'        ? str_ends(name, t)
            : str_ends(t, "/") ? str_starts(type, t)
                               : str_eq(type, t))
            return true;
    }
    return q->allowed_types.count == 0;
}

const char *package__answer_file(struct arena *a, const struct package_question *q,
                                 const struct json *value, struct json **ret)
{
    const struct json *content = json_get(value, "content");
    const char *name = json_get_str(value, "name", "");
    const char *type = json_get_str(value, "type", "");
    struct json *file = json_new_object(a);
    struct bytes bytes;

    if (!json_is(content, JSON_STRING) || !*name || strchr(name, '/') || strchr(name, '\\') ||
        strlen(name) > PACKAGE_TEXT_MAX || strlen(type) > PACKAGE_TEXT_MAX || name[0] == '.' ||
        !package__is_clean(name, strlen(name), false) ||
        !package__is_clean(type, strlen(type), false) ||
        !base64_parse(a, json_str(content, ""), json_str_len(content), &bytes))
        return "must be a file: {name, type, content} with the content in base64";
    if (bytes.n > (size_t)q->max_size)
        return arena_printf(a, "must have at most %lld bytes", (long long)q->max_size);
    if (!is_allowed(q, name, type))
        return "is of a type that is not allowed";
    json_set_str(a, file, "name", name);
    json_set_str(a, file, "type", type);
    json_set_int(a, file, "size", (int64_t)bytes.n);
    json_set_str(a, file, "content", base64_dup(a, bytes.p, bytes.n));
    *ret = file;
    return NULL;
}

/* --- all of them --- */

static const char *special(struct arena *a, const struct package_question *q, const char *text,
                           const char **ret)
{
    enum { POOL_MAX = 64 };

    if (q->type == QUESTION_DOMAIN)
        return package__answer_domain(a, text, ret);
    if (q->type == QUESTION_SSHKEY)
        return package__answer_sshkeys(a, text, ret);
    if (q->type == QUESTION_GITURL)
        return package__answer_giturl(a, text, ret);
    if (q->type == QUESTION_POOL)
        return strlen(text) > POOL_MAX ||
                       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") != strlen(text)
                   ? "must be one of your pools"
                   : NULL;
    return plain(a, q, text);
}

const char *package__answer_text(struct arena *a, const struct package_question *q,
                                 const struct json *value, struct json **ret)
{
    bool lines = q->type == QUESTION_TEXT || q->type == QUESTION_SSHKEY;
    const char *text;
    const char *why;
    size_t n = json_str_len(value);

    if (!json_is(value, JSON_STRING))
        return "must be a text";
    if (n > 4 * (size_t)PACKAGE_LONG_MAX)
        return "is too long";
    text = without_returns(a, json_str(value, ""), n);
    if (memchr(json_str(value, ""), '\0', n) || !package__is_clean(text, strlen(text), lines))
        return "holds a control character or an escape sequence";
    if (q->type != QUESTION_SECRET)
        text = trimmed(a, text);
    why = special(a, q, text, &text);
    if (!why)
        *ret = json_new_str(a, text);
    return why;
}
