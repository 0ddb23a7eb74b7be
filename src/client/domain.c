/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client_int.h"

/* Domains of deployments, who may pass their login, certificates: `atoll domain ...`. */

static const char *path_of(struct client *c, const char *deployment, const char *what,
                           const char *item, const char *verb)
{
    return arena_printf(c->arena, "/marketplace/api/deployments/%s/%s%s%s%s",
                        client__escape(c->arena, deployment), what, item ? "/" : "",
                        item ? client__escape(c->arena, item) : "", verb);
}

static int ask(struct client *c, const char *method, const char *path, const struct json *body,
               struct json **ret, struct err *e)
{
    const struct client_question q = {method, path, body};

    return client_ask(c, &q, ret, e);
}

static const struct json *body_of(struct client *c, const char *key, const char *value)
{
    struct json *body = json_new_object(c->arena);

    json_set_str(c->arena, body, key, value);
    return body;
}

int client_domain_list(struct client *c, const char *deployment, struct json **ret, struct err *e)
{
    return ask(c, "GET", path_of(c, deployment, "domains", NULL, ""), NULL, ret, e);
}

int client_domain_add(struct client *c, const char *deployment, const char *host, struct json **ret,
                      struct err *e)
{
    return ask(c, "POST", path_of(c, deployment, "domains", NULL, ""), body_of(c, "host", host),
               ret, e);
}

int client_domain_verify(struct client *c, const char *deployment, const char *host,
                         struct json **ret, struct err *e)
{
    return ask(c, "POST", path_of(c, deployment, "domains", host, "/verify"),
               json_new_object(c->arena), ret, e);
}

int client_domain_remove(struct client *c, const char *deployment, const char *host,
                         struct json **ret, struct err *e)
{
    return ask(c, "DELETE", path_of(c, deployment, "domains", host, ""), NULL, ret, e);
}

int client_guest_list(struct client *c, const char *deployment, struct json **ret, struct err *e)
{
    return ask(c, "GET", path_of(c, deployment, "guests", NULL, ""), NULL, ret, e);
}

int client_guest_add(struct client *c, const char *deployment, const char *name, struct json **ret,
                     struct err *e)
{
    return ask(c, "POST", path_of(c, deployment, "guests", NULL, ""), body_of(c, "name", name), ret,
               e);
}

int client_guest_remove(struct client *c, const char *deployment, const char *name,
                        struct json **ret, struct err *e)
{
    return ask(c, "DELETE", path_of(c, deployment, "guests", name, ""), NULL, ret, e);
}

int client_certificates(struct client *c, struct json **ret, struct err *e)
{
    return ask(c, "GET", "/marketplace/api/admin/certificates", NULL, ret, e);
}
