/* SPDX-License-Identifier: Apache-2.0 */
#include "package/answers.h"
#include "package/render.h"
#include "package/store.h"

/* What is still being written. */

static int missing(struct err *e)
{
    return failed(e, FAILED, "packages are not there yet");
}
#define STUB(name, ...)                                                                            \
    int name(__VA_ARGS__)                                                                          \
    {                                                                                              \
        return missing(e);                                                                         \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"
STUB(package_parse, struct arena *a, const char *where, const struct package_files *files,
     const struct package_rules *rules, struct package **ret, struct err *e)
STUB(package_read_folder, struct arena *a, const char *folder, struct package_files *ret,
     struct err *e)
STUB(package_expand, struct arena *a, const char *text, const struct package_vars *vars,
     const char **ret, struct err *e)
STUB(package_expand_all, struct arena *a, const struct package_texts *texts,
     const struct package_vars *vars, struct package_texts *ret, struct err *e)
STUB(package_render, struct arena *a, const struct package *p, const struct package_vars *vars,
     struct package_container **ret, size_t *ret_count, struct err *e)
STUB(package_render_backups, struct arena *a, const struct package *p,
     const struct package_vars *vars, struct package_backup **ret, size_t *ret_count, struct err *e)
STUB(package_render_results, struct arena *a, const struct package *p,
     const struct package_vars *vars, bool credentials, struct json **ret, struct err *e)
STUB(answers_check, struct arena *a, const struct answers_ask *ask, const struct json *answers,
     struct json **ret_normal, struct json **ret_errors, struct err *e)
STUB(packages_new, const struct packages_options *o, struct packages **ret, struct err *e)
STUB(packages_find, struct packages *ps, struct arena *a, const char *name, const char *version,
     struct package **ret, struct err *e)
STUB(packages_find_any, struct packages *ps, struct arena *a, const char *name, const char *version,
     struct package **ret, struct err *e)
STUB(packages_list, struct packages *ps, struct arena *a, struct package ***ret, size_t *ret_count,
     struct err *e)
STUB(packages_versions, struct packages *ps, struct arena *a, const char *name,
     struct package_texts *ret, struct err *e)
STUB(packages_add, struct packages *ps, const struct packages_add *add, struct arena *a,
     struct package **ret, struct err *e)
STUB(packages_remove, struct packages *ps, const char *name, struct err *e)
STUB(packages_start, struct packages *ps, const char *name, struct err *e)
STUB(packages_stop, struct packages *ps, const char *name, struct err *e)
STUB(packages_admin_json, struct packages *ps, struct arena *a, struct json **ret, struct err *e)
STUB(packages_set_server, struct packages *ps, const struct packages_server *change, struct err *e)
STUB(packages_hosts, struct packages *ps, struct arena *a, struct packages_host **ret,
     size_t *ret_count, struct err *e)
STUB(packages_file, struct packages *ps, struct arena *a, const char *name, const char *version,
     struct package_file *io, struct err *e)

void packages_free(struct packages *ps)
{
}
enum packages_gate packages_gate(struct packages *ps, const char *host, const char *group)
{
    return PACKAGES_FREE;
}
const char *package_digest(struct arena *a, struct package_files *files)
{
    return "";
}
const struct package_size *package_size_find(const struct package *p, const char *name)
{
    return NULL;
}
const struct package_question *package_question_find(const struct package *p, const char *name)
{
    return NULL;
}
const struct package_container *package_container_find(const struct package *p, const char *name)
{
    return NULL;
}
const char *package_question_type_name(enum package_question_type type)
{
    return "";
}
struct json *package_permissions_json(struct arena *a, const struct package *p)
{
    return json_new_array(a);
}
struct json *package_question_json(struct arena *a, const struct package_question *q)
{
    return json_new_object(a);
}
struct json *package_card_json(struct arena *a, const struct package *p)
{
    return json_new_object(a);
}
struct json *package_json(struct arena *a, const struct package *p)
{
    return json_new_object(a);
}
const char *package_image(const struct package_images *images, const char *image)
{
    return image;
}
struct json *package_secrets_make(struct arena *a, const struct package *p)
{
    return json_new_object(a);
}
struct package_share package_share_of(const struct package *p, const struct package_size *size,
                                      size_t i)
{
    return (struct package_share){0};
}
bool answers_asked(const struct package *p, const struct package_question *q,
                   const struct json *normal)
{
    return true;
}
struct json *answers_shown(struct arena *a, const struct package *p, const struct json *normal)
{
    return json_new_object(a);
}
struct json *answers_review(struct arena *a, const struct package *p, const struct json *normal)
{
    return json_new_array(a);
}
bool answers_duration(const char *text, int64_t *ret_s)
{
    return false;
}
bool answers_is_name(const char *text)
{
    return false;
}
