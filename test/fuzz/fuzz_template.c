/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "service/templates.h"

/* A file of templates: whatever is accepted can be used, or is refused with a reason. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct config_environment env = {0};
    _arena_ struct arena *a = arena_new();
    struct json *list = json_new_array(a), *problems = json_new_array(a);
    struct template_use use = {.env = &env};
    size_t i;

    templates_parse(a, "f.json", (struct bytes){data, size}, list, problems);
    (void)templates_public(a, list);
    for (i = 0; i < json_len(list); i++) {
        struct demand_spec spec;
        struct json *resources;
        struct err e;

        use.template_json = json_at(list, i);
        use.variables = json_new_object(a);
        if (template_spec(a, &use, &spec, &e) == 0)
            (void)demand_image(a, &spec);
        if (template_resources(a, &use, &resources, &e) < 0)
            continue;
    }
    return 0;
}
