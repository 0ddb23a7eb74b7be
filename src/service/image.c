/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "config/config.h"
#include "docker/registry.h"
#include "service/service_int.h"

/*
 * Images that a person names. They are looked for from here first, and as the world sees them:
 * without the operator's logins, so that nobody gets the operator's own images, which the engine
 * may have already. And they come from registries that the operator knows: the engine asks the
 * name server once more than we do, and would go wherever that one says.
 */

/* Something that the operator has put in place of what packages name. */
static bool stands_in(const struct package *p, const char *image)
{
    size_t i;

    for (i = 0; p->images && i < p->images->count; i++)
        if (str_eq(p->images->pairs[i].to, image))
            return true;
    return false;
}

/* The question whose answer is the container's image; NULL: the package says it. */
static const char *question_of(struct arena *a, const struct package_container *c)
{
    static const char begin[] = "${answer.";
    size_t n = strlen(c->image);

    if (!str_starts(c->image, begin) || c->image[n - 1] != '}')
        return NULL;
    return arena_strndup(a, c->image + sizeof(begin) - 1, n - sizeof(begin));
}

bool image__is_named(const struct plan *p, const struct package_container *rendered)
{
    _arena_ struct arena *a = arena_new();
    size_t i;

    for (i = 0; i < p->package->container_count; i++) {
        const struct package_container *c = &p->package->containers[i];

        if (str_eq(c->name, rendered->name))
            return question_of(a, c) && !stands_in(p->package, rendered->image);
    }
    return true;
}

/* From one of the registries that the operator knows. */
static int check_registry(const struct service *s, struct arena *a, const char *ref, struct err *e)
{
    const struct config_texts *list = s->o.image_registries;
    struct image_name name;
    const char *host;
    char *all;
    size_t i;

    if (image_name_parse(a, ref, &name, e) < 0)
        return -1;
    host = registry_host(a, name.registry);
    all = arena_strdup(a, "");
    for (i = 0; i < list->count; i++) {
        if (str_ieq(registry_host(a, list->items[i]), host))
            return 0;
        all = arena_printf(a, "%s%s%s", all, i ? ", " : "", list->items[i]);
    }
    return failed(e, INVALID, "must come from a registry that is allowed here (%s), not from %s",
                  list->count ? all : "none", host);
}

int image__check(struct live *l, const char *ref, struct err *e)
{
    const struct compute_env *env = compute_env_find(l->service->o.compute, l->row.env);
    const struct compute_env_info *info;
    _arena_ struct arena *a = arena_new();
    struct err why;

    if (!env)
        return failed(e, UNAVAILABLE, "the environment '%s' is gone", l->row.env);
    if (check_registry(l->service, a, ref, e) < 0)
        return err_wrap(e, "image %s", ref);
    info = compute_env_info(env);
    if (registry_check(l->service->o.net, ref, info->os, info->architecture, NULL, &why) == 0)
        return 0;
    (void)failed(e, FAILED, "image %s: %s", ref, why.msg);
    return why.transient ? err_transient(e) : -1;
}

int image__check_answers(struct service *s, struct arena *a, const struct package *p,
                         const struct json *answers, struct err *e)
{
    size_t i;

    for (i = 0; i < p->container_count; i++) {
        const char *question = question_of(a, &p->containers[i]);
        const char *ref = question ? json_get_str(answers, question, "") : NULL;
        struct err why;

        if (ref && !stands_in(p, package_image(p->images, ref)) &&
            check_registry(s, a, ref, &why) < 0)
            return refused(e, SERVICE_ANSWER, question, why.msg);
    }
    return 0;
}
