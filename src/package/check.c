/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/package_int.h"

/* What only makes sense together: names that refer to others, cycles, shells. */

/* The n-th container as it stands in the file, for its line. */
static const struct json *line_of(const struct json *root, size_t n)
{
    return json_at(json_get(root, "containers"), n);
}

/* --- references in texts --- */

static bool has_port(const struct package *p, const char *name)
{
    size_t i;
    size_t k;

    for (i = 0; i < p->container_count; i++)
        for (k = 0; k < p->containers[i].port_count; k++)
            if (str_eq(p->containers[i].ports[k].name, name))
                return true;
    return false;
}

static bool has_secret(const struct package *p, const char *name)
{
    size_t i;

    for (i = 0; i < p->secret_count; i++)
        if (str_eq(p->secrets[i].name, name))
            return true;
    return false;
}

static bool is_known(const struct package *p, const struct piece *piece)
{
    static const char *const single[] = {"name", "host", "url", "deployment"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(single); i++)
        if (str_eq(piece->kind, single[i]))
            return !*piece->name;
    if (str_eq(piece->kind, "answer")) {
        const struct package_question *q = package_question_find(p, piece->name);

        return q && q->type != QUESTION_NOTE && q->type != QUESTION_POOL;
    }
    if (str_eq(piece->kind, "secret"))
        return has_secret(p, piece->name);
    if (str_eq(piece->kind, "port"))
        return has_port(p, piece->name);
    return str_eq(piece->kind, "container") && package_container_find(p, piece->name);
}

/* Every ${...} of a text leads somewhere. *ret_any: there is one. */
static int check_text(struct reader *r, const struct json *at, const char *text, bool *ret_any)
{
    const char *rest = text;
    struct piece piece;
    int rc;

    while ((rc = package__piece(r->a, &rest, &piece)) > 0) {
        if (!piece.kind)
            continue;
        *ret_any = true;
        if (!is_known(r->p, &piece))
            return package__bad(r, at,
                                "nothing is known of '%.*s'; write $${...} for a shell's own",
                                piece.len > 60 ? 60 : (int)piece.len, piece.text);
    }
    return rc < 0 ? package__bad(r, at, "a \"${\" has no end; write $${ for a dollar and a brace")
                  : 0;
}

/* --- no shell reads an answer --- */

static bool is_interpreter(const char *word)
{
    static const char *const names[] = {"sh",   "bash", "dash", "ash", "zsh",     "ksh",
                                        "fish", "perl", "node", "php", "busybox", "env",
                                        "lua",  "ruby", "eval", "awk", "psql",    "xargs"};
    const char *base = strrchr(word, '/');
    size_t i;

    base = base ? base + 1 : word;
    for (i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(base, names[i]))
            return true;
    return str_starts(base, "python");
}

/* "-c", "-ec", "-e", "--eval": what follows is a program. */
static bool takes_program(const char *word)
{
    size_t n = strlen(word);

    return word[0] == '-' && (str_eq(word, "--eval") || str_eq(word, "--command") ||
                              (n <= 5 && (word[n - 1] == 'c' || word[n - 1] == 'e')));
}

/*
 * An argument list whose program an answer could change is refused: `sh -c "git clone ${answer.x}"`
 * would run whatever x says. As a variable of the environment, or as an argument behind the
 * program, it is data.
 */
static int check_arguments(struct reader *r, const struct json *at,
                           const struct package_texts *first, const struct package_texts *then)
{
    const struct package_texts *lists[] = {first, then};
    bool interpreted = false;
    bool program = false;
    size_t i;
    size_t k;

    for (i = 0; i < ARRAY_LEN(lists); i++)
        for (k = 0; lists[i] && k < lists[i]->count; k++) {
            const char *word = lists[i]->items[k];
            bool any = false;

            if (check_text(r, at, word, &any) < 0)
                return -1;
            if (any && program)
                return package__bad(r, at,
                                    "an answer would become part of a program; hand it over as "
                                    "a variable of 'env' and use \"$NAME\" in the program");
            program = interpreted && takes_program(word);
            interpreted = interpreted || is_interpreter(word);
        }
    return 0;
}

/* --- containers --- */

static int check_question(struct reader *r, const struct json *at, const char *name,
                          enum package_question_type type, const char *what)
{
    const struct package_question *q = name ? package_question_find(r->p, name) : NULL;

    if (!name || (q && q->type == type))
        return 0;
    return package__bad(r, at, "'%s' names '%s', which is no question of type %s", what, name,
                        package_question_type_name(type));
}

static int check_ports(struct reader *r, const struct json *at, const struct package_container *c)
{
    size_t i;
    size_t k;

    for (i = 0; i < c->port_count; i++) {
        if (check_question(r, at, c->ports[i].answer, QUESTION_INT, "port") < 0)
            return -1;
        for (k = 0; k < i; k++)
            if (c->ports[i].port && c->ports[i].port == c->ports[k].port &&
                (c->ports[i].protocol == PORT_UDP) == (c->ports[k].protocol == PORT_UDP))
                return package__bad(r, at, "two ports of container '%s' have the number %lld",
                                    c->name, (long long)c->ports[i].port);
    }
    if (c->health.port) {
        for (i = 0; i < c->port_count && !str_eq(c->ports[i].name, c->health.port); i++)
            ;
        if (i == c->port_count || c->ports[i].protocol == PORT_UDP)
            return package__bad(r, at,
                                "the health check of container '%s' asks port '%s', which "
                                "is no tcp or http port of it",
                                c->name, c->health.port);
    }
    return 0;
}

static int check_container(struct reader *r, const struct json *at,
                           const struct package_container *c)
{
    bool any = false;
    size_t i;

    if (check_question(r, at, c->command_from, QUESTION_TEXT, "command_from") < 0 ||
        check_question(r, at, c->env_from, QUESTION_KEYVALUE, "env_from") < 0 ||
        check_text(r, at, c->image, &any) < 0 || check_ports(r, at, c) < 0 ||
        check_arguments(r, at, &c->entrypoint, &c->command) < 0 ||
        check_arguments(r, at, &c->health.command, NULL) < 0)
        return -1;
    for (i = 0; i < c->env_count; i++)
        if (check_text(r, at, c->env[i].value, &any) < 0)
            return -1;
    for (i = 0; i < c->volume_count; i++)
        if (check_text(r, at, c->volumes[i].path, &any) < 0)
            return -1;
    for (i = 0; i < c->file_count; i++)
        if (c->files[i].expand && check_text(r, at, c->files[i].text, &any) < 0)
            return -1;
    return 0;
}

/* Names of ports are the package's: ${port.NAME}; one of them is what the address leads to. */
static int check_all_ports(struct reader *r, const struct json *root)
{
    const char *names[PACKAGE_CONTAINERS_MAX * PACKAGE_LIST_MAX];
    const struct package *p = r->p;
    size_t entrances = 0;
    size_t n = 0;
    size_t i;
    size_t k;
    size_t m;

    for (i = 0; i < p->container_count; i++)
        for (k = 0; k < p->containers[i].port_count; k++) {
            const struct package_port *port = &p->containers[i].ports[k];

            for (m = 0; m < n; m++)
                if (str_eq(names[m], port->name))
                    return package__twice(r, line_of(root, i), "ports", port->name);
            names[n++] = port->name;
            entrances += port->public && port->protocol == PORT_HTTP;
            if (entrances > 1)
                return package__bad(r, line_of(root, i),
                                    "there are two public http ports; the "
                                    "address can only lead to one");
        }
    return 0;
}

/* --- order --- */

static int check_after(struct reader *r, const struct json *root, size_t n)
{
    const struct package_container *c = &r->p->containers[n];
    size_t i;

    for (i = 0; i < c->after.count; i++)
        if (!package_container_find(r->p, c->after.items[i]))
            return package__bad(r, json_get(line_of(root, n), "after"),
                                "container '%s' waits for '%.60s', which is not there", c->name,
                                c->after.items[i]);
    return 0;
}

/* Whether all that it waits for stand among the first n. */
static bool is_ready(const struct package_container *c, const struct package_container *done,
                     size_t n)
{
    size_t i;
    size_t k;

    for (i = 0; i < c->after.count; i++) {
        for (k = 0; k < n && !str_eq(done[k].name, c->after.items[i]); k++)
            ;
        if (k == n)
            return false;
    }
    return true;
}

/* Puts the containers in an order in which each comes after what it waits for. */
static int sort_containers(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    struct package_container *sorted = arena_calloc(r->a, p->container_count + 1, sizeof(*sorted));
    bool taken[PACKAGE_CONTAINERS_MAX] = {false};
    size_t n = 0;
    size_t i;

    while (n < p->container_count) {
        for (i = 0; i < p->container_count; i++)
            if (!taken[i] && is_ready(&p->containers[i], sorted, n))
                break;
        if (i == p->container_count) {
            for (i = 0; taken[i]; i++)
                ;
            return package__bad(r, json_get(line_of(root, i), "after"),
                                "container '%s' waits for itself in the end: a cycle of 'after'",
                                p->containers[i].name);
        }
        taken[i] = true;
        sorted[n++] = p->containers[i];
    }
    p->containers = sorted;
    return 0;
}

/* --- the rest --- */

static bool is_mounted(const struct package_container *c, const char *volume, const char **ret)
{
    size_t i;

    for (i = 0; i < c->volume_count; i++)
        if (str_eq(c->volumes[i].name, volume)) {
            *ret = c->volumes[i].path;
            return true;
        }
    return false;
}

/* Finds the container of a backup when it names none: the first that mounts the volume. */
static int check_backup(struct reader *r, const struct json *at, struct package_backup *b)
{
    struct package *p = r->p;
    size_t i;

    if (b->container && !package_container_find(p, b->container))
        return package__bad(r, at, "there is no container '%s'", b->container);
    for (i = 0; i < p->container_count; i++)
        if ((!b->container || str_eq(p->containers[i].name, b->container)) &&
            is_mounted(&p->containers[i], b->volume, &b->path))
            break;
    if (i == p->container_count)
        return package__bad(r, at, "no container %s%smounts volume '%s'",
                            b->container ? b->container : "", b->container ? " " : "", b->volume);
    b->container = p->containers[i].name;
    if (check_arguments(r, at, &b->before, NULL) < 0 || check_arguments(r, at, &b->after, NULL) < 0)
        return -1;
    return check_arguments(r, at, &b->restored, NULL);
}

static int check_results(struct reader *r, const struct json *root)
{
    const struct json *list = json_get(root, "results");
    bool any = false;
    size_t i;

    for (i = 0; i < r->p->result_count; i++) {
        if (check_text(r, json_at(list, i), r->p->results[i].value, &any) < 0)
            return -1;
        if (strstr(r->p->results[i].value, "${secret.") && !r->p->results[i].secret)
            return package__bad(r, json_at(list, i), "a result with a secret needs secret = true");
    }
    return 0;
}

static int check_offer(struct reader *r, const struct json *root)
{
    const struct package *p = r->p;
    const bool bare = p->container_count == 0 && (!p->offered || p->server_count > 0);

    if (bare)
        return 0;
    if (p->container_count == 0)
        return package__bad(r, root, "the package has no [[containers]]");
    if (p->size_count == 0)
        return package__bad(r, root, "the package has no [[sizes]]");
    return 0;
}

int package__check(struct reader *r, const struct json *root)
{
    struct package *p = r->p;
    size_t i;

    if (check_offer(r, root) < 0 || check_all_ports(r, root) < 0)
        return -1;
    for (i = 0; i < p->container_count; i++)
        if (check_container(r, line_of(root, i), &p->containers[i]) < 0 ||
            check_after(r, root, i) < 0)
            return -1;
    for (i = 0; i < p->backup_count; i++)
        if (check_backup(r, json_at(json_get(root, "backup"), i), &p->backups[i]) < 0)
            return -1;
    if (check_results(r, root) < 0)
        return -1;
    return sort_containers(r, root);
}
