/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compute/jobs.h"

static struct json *prices_json(struct arena *a, const struct job_terms *t)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < t->price_count; i++) {
        struct json *v = json_new_object(a);

        json_set_str(a, v, "id", t->price[i].id);
        json_set_str(a, v, "price", t->price[i].price);
        json_push(a, list, v);
    }
    return list;
}

static struct json *resources_json(struct arena *a, const struct compute_resources *r)
{
    struct json *list = json_new_array(a);
    size_t i;

    for (i = 0; i < r->count; i++) {
        struct json *v = json_new_object(a);

        json_set_str(a, v, "id", r->item[i].id);
        json_set_int(a, v, "milli", r->item[i].milli);
        json_push(a, list, v);
    }
    return list;
}

const char *job_terms_text(struct arena *a, const struct job_terms *t,
                           const struct compute_resources *r)
{
    struct json *v = json_new_object(a);

    json_set(a, v, "resources", resources_json(a, r));
    json_set(a, v, "prices", prices_json(a, t));
    json_set_int(a, v, "decimals", t->decimals);
    json_set_bool(a, v, "bySecond", t->by_second);
    json_set_int(a, v, "minDuration", t->min_duration_s);
    json_set_int(a, v, "storageExpiry", t->storage_expiry_s);
    json_set_bool(a, v, "network", t->network);
    json_set_str(a, v, "hostExtra", t->host_extra);
    return json_text(a, v);
}

int job_terms_parse(struct arena *a, const char *text, struct job_terms *ret,
                    struct compute_resources *ret_resources, struct err *e)
{
    struct json *v, *list;
    size_t i;

    if (json_parse(a, text, strlen(text), &v, e) < 0)
        return err_wrap(e, "the job's terms");
    *ret = (struct job_terms){
        .decimals = (unsigned)json_get_int(v, "decimals", 18),
        .by_second = json_get_bool(v, "bySecond", false),
        .min_duration_s = json_get_int(v, "minDuration", 0),
        .storage_expiry_s = json_get_int(v, "storageExpiry", 0),
        .network = json_get_bool(v, "network", false),
        .host_extra = json_get_str(v, "hostExtra", NULL),
    };
    list = json_get(v, "prices");
    for (i = 0; i < json_len(list) && i < JOB_PRICES_MAX; i++)
        ret->price[ret->price_count++] = (struct config_price){
            .id = json_get_str(json_at(list, i), "id", ""),
            .price = json_get_str(json_at(list, i), "price", "0"),
        };
    list = json_get(v, "resources");
    ret_resources->count = 0;
    for (i = 0; i < json_len(list) && i < COMPUTE_RESOURCES_MAX; i++)
        ret_resources->item[ret_resources->count++] = (struct compute_amount){
            .id = json_get_str(json_at(list, i), "id", ""),
            .milli = json_get_int(json_at(list, i), "milli", 0),
        };
    return 0;
}
