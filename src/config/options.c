/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <regex.h>
#include <string.h>

#include "base/cron.h"
#include "base/str.h"
#include "config/config_int.h"

/* The table made from options.def, and the CUSTOM rows that are small. */

#define SECTION(title) {.section = (title)},
#define OPTION(field, value_type, name, variable, otherwise, least, most, measure, bits, text)     \
    {.type = (value_type),                                                                         \
     .key = (name),                                                                                \
     .env = (variable),                                                                            \
     .fallback = (otherwise),                                                                      \
     .min = (least),                                                                               \
     .max = (most),                                                                                \
     .unit = (measure),                                                                            \
     .flags = (bits),                                                                              \
     .prose = (text),                                                                              \
     .offset = offsetof(struct config, field)},
#define CUSTOM(parser, name, variable, otherwise, bits, text)                                      \
    {.type = CUSTOM_TYPE,                                                                          \
     .key = (name),                                                                                \
     .env = (variable),                                                                            \
     .fallback = (otherwise),                                                                      \
     .unit = "",                                                                                   \
     .flags = (bits),                                                                              \
     .prose = (text),                                                                              \
     .parse = config__parse_##parser},
#define FOREIGN(name, variable, why)                                                               \
    {.type = FOREIGN_TYPE, .key = (name), .env = (variable), .unit = "", .prose = (why)},

const struct option config__options[] = {
#include "config/options.def"
};
const size_t config__option_count = ARRAY_LEN(config__options);

int config__parse_private_key(struct load *l, const struct json *v)
{
    const char *text = json_str(v, "");

    if (json_str_len(v) != 66 || !str_starts(text, "0x") || !seckey_parse(text, &l->c->private_key))
        return config__bad(l, "", "Invalid PRIVATE_KEY: it must be 0x and 64 hex digits");
    return 0;
}

int config__parse_interfaces(struct load *l, const struct json *v)
{
    bool http = false;
    size_t i;

    if (config__expect(l, "", v, JSON_ARRAY) < 0)
        return -1;
    for (i = 0; i < json_len(v); i++) {
        const char *name = json_str(json_at(v, i), "");

        http |= str_ieq(name, "HTTP");
        if (str_ieq(name, "P2P"))
            config__notice(l, "%s: there is no peer-to-peer interface here", l->where);
        else if (!str_ieq(name, "HTTP"))
            return config__bad(l, config__item(l, "", i), "must be \"HTTP\" or \"P2P\"");
    }
    if (!http)
        return config__bad(l, "", "HTTP must be in it: it is the only interface there is");
    return 0;
}

int config__parse_has_http(struct load *l, const struct json *v)
{
    bool http;

    if (config__bool(l, "", v, &http) < 0)
        return -1;
    return http ? 0 : config__bad(l, "", "must be true: it is the only interface there is");
}

int config__parse_deny_list(struct load *l, const struct json *v)
{
    const struct json *ips = json_get(v, "ips");

    if (config__expect(l, "", v, JSON_OBJECT) < 0)
        return -1;
    if (json_len(json_get(v, "peers")))
        config__notice(l, "%s peers: there is no peer-to-peer interface here", l->where);
    return ips ? config__texts(l, "ips", ips, &l->c->denied_ips) : 0;
}

/* "10.0.0.0/8", "fd00::/8", or a single address. */
static bool is_cidr(const char *text)
{
    char host[64];
    uint8_t address[16];
    const char *slash = strchrnul(text, '/');
    uint64_t bits;
    bool v6;

    if ((size_t)(slash - text) >= sizeof(host))
        return false;
    memcpy(host, text, (size_t)(slash - text));
    host[slash - text] = '\0';
    v6 = inet_pton(AF_INET6, host, address) == 1;
    if (!v6 && inet_pton(AF_INET, host, address) != 1)
        return false;
    return !*slash || str_u64(slash + 1, v6 ? 128 : 32, &bits);
}

static struct json *split(struct arena *a, const char *text)
{
    struct json *list = json_new_array(a);
    char *part;

    while ((part = str_next(a, &text, ',')))
        json_push(a, list, json_new_str(a, part + strspn(part, " ")));
    return list;
}

int config__parse_allow_private_urls(struct load *l, const struct json *v)
{
    struct config_texts *cidrs = &l->c->allow_private_cidrs;
    struct json *list = NULL;
    struct err ignored;
    size_t i;

    if (json_is(v, JSON_STRING) && strpbrk(json_str(v, ""), "./:")) {
        if (json_parse(l->a, json_str(v, ""), json_str_len(v), &list, &ignored) < 0)
            list = split(l->a, json_str(v, ""));
        v = list;
    }
    if (!json_is(v, JSON_ARRAY))
        return config__bool(l, "", v, &l->c->allow_private_urls);
    if (config__texts(l, "", v, cidrs) < 0)
        return -1;
    for (i = 0; i < cidrs->count; i++)
        if (!is_cidr(cidrs->items[i]))
            return config__bad(l, config__item(l, "", i),
                               "must be an address or a CIDR like 10.0.0.0/8, not \"%.60s\"",
                               cidrs->items[i]);
    return 0;
}

int config__parse_unsafe_urls(struct load *l, const struct json *v)
{
    struct config_texts *patterns = &l->c->unsafe_urls;
    char why[128];
    regex_t compiled;
    size_t i;
    int rc;

    if (config__texts(l, "", v, patterns) < 0)
        return -1;
    for (i = 0; i < patterns->count; i++) {
        rc = regcomp(&compiled, patterns->items[i], REG_EXTENDED | REG_NOSUB);
        if (rc) {
            (void)regerror(rc, &compiled, why, sizeof(why));
            return config__bad(l, config__item(l, "", i),
                               "\"%.60s\" is no extended regular expression: %s",
                               patterns->items[i], why);
        }
        regfree(&compiled);
    }
    return 0;
}

int config__parse_persistent_storage(struct load *l, const struct json *v)
{
    const struct json *lists = json_get(v, "accessLists");
    const char *type = "localfs";
    struct config *c = l->c;

    if (config__expect(l, "", v, JSON_OBJECT) < 0 ||
        config__get_bool(l, "", v, "enabled", &c->persistent_storage) < 0 ||
        config__get_text(l, "", v, "type", &type) < 0)
        return -1;
    if (!c->persistent_storage)
        return 0;
    if (!str_eq(type, "localfs"))
        return config__bad(l, "type", "must be \"localfs\"; there is no \"%.40s\" storage", type);
    if (!json_path(v, "options.folder"))
        return config__bad(l, "", "persistentStorage.options.folder is required for localfs");
    if (config__path(l, "options.folder", json_path(v, "options.folder"),
                     &c->persistent_storage_folder) < 0)
        return -1;
    if (!lists || json_is(lists, JSON_NULL))
        return 0;
    return config__list_array(l, "accessLists", lists, &c->persistent_storage_lists);
}

/* A factor in thousandths. */
static int parse_factor(struct load *l, const char *path, const struct json *v, int64_t *ret)
{
    enum { MOST = 16 };
    double factor;

    if (config__number(l, path, v, &factor) < 0)
        return -1;
    if (!(factor >= 1 && factor <= MOST))
        return config__bad(l, path, "must be from 1 to %d, not %s", MOST, json_text(l->a, v));
    *ret = (int64_t)(factor * 1000 + 0.5);
    return 0;
}

static int parse_factors(struct load *l, const struct json *v)
{
    size_t i;

    for (i = 0; i < json_len(v); i++) {
        const char *key = json_key(v, i);

        if (str_eq(key, "disk") || str_eq(key, "gpu"))
            return config__bad(l, key, "is never given away twice");
        if (!str_eq(key, "cpu") && !str_eq(key, "ram"))
            return config__bad(l, key, "must be \"cpu\" or \"ram\"");
        if (parse_factor(l, key, json_value(v, i),
                         str_eq(key, "cpu") ? &l->c->over_cpu_milli : &l->c->over_ram_milli) < 0)
            return -1;
    }
    return 0;
}

/* {cpu, ram}, a number, or whether at all: then many more cores than memory, which runs out harder.
 */
int config__parse_over_provisioning(struct load *l, const struct json *v)
{
    enum { NONE = 1000, CPU = 4000, RAM = 1500 };
    const char *text = json_str(v, "");
    struct json *parsed;
    struct err ignored;
    bool on;

    l->c->over_cpu_milli = l->c->over_ram_milli = NONE;
    if (*text == '{' && json_parse(l->a, text, strlen(text), &parsed, &ignored) == 0)
        v = parsed;
    if (json_is(v, JSON_OBJECT))
        return parse_factors(l, v);
    if (json_is(v, JSON_NUMBER) || (*text && strspn(text, "0123456789.") == strlen(text))) {
        if (parse_factor(l, "", v, &l->c->over_cpu_milli) < 0)
            return -1;
        l->c->over_ram_milli = l->c->over_cpu_milli;
        return 0;
    }
    if (config__bool(l, "", v, &on) < 0)
        return -1;
    l->c->over_cpu_milli = on ? CPU : NONE;
    l->c->over_ram_milli = on ? RAM : NONE;
    return 0;
}

int config__parse_identity_guard(struct load *l, const struct json *v)
{
    static const char *const words[] = {"off", "warn", "refuse"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(words); i++)
        if (str_ieq(json_str(v, ""), words[i])) {
            l->c->identity_guard = (enum config_guard)i;
            return 0;
        }
    return config__bad(l, "", "must be off, warn or refuse, not %s", json_text(l->a, v));
}

/* Names of images on both sides; kept as it is written. */
int config__parse_image_map(struct load *l, const struct json *v)
{
    enum { IMAGES_MAX = 1000, NAME_MAX_BYTES = 256 };
    size_t i;

    if (config__expect(l, "", v, JSON_OBJECT) < 0)
        return -1;
    if (json_len(v) > IMAGES_MAX)
        return config__bad(l, "", "may have %d images", IMAGES_MAX);
    for (i = 0; i < json_len(v); i++) {
        const char *to = json_str(json_value(v, i), "");

        if (!*to || *to == '-' || strlen(to) > NAME_MAX_BYTES || strpbrk(to, " \t\n"))
            return config__bad(l, json_key(v, i), "must be the name of an image, not %.80s",
                               json_text(l->a, json_value(v, i)));
    }
    l->c->image_map = v;
    return 0;
}

int config__parse_log_level(struct load *l, const struct json *v)
{
    if (log_level_parse(json_str(v, NULL), &l->c->log_level)) {
        l->level_given = true;
        return 0;
    }
    return config__bad(l, "", "must be error, warn, info, http, verbose, debug or silly, not %s",
                       json_text(l->a, v));
}

static int parse_cron(struct load *l, const struct json *v, const char **ret)
{
    struct cron ignored;
    const char *text;
    struct err why;

    if (config__text(l, "", v, &text) < 0)
        return -1;
    if (cron_parse(text, &ignored, &why) < 0)
        return config__bad(l, "", "%s", why.msg);
    *ret = text;
    return 0;
}

int config__parse_cron_delete_db_logs(struct load *l, const struct json *v)
{
    return parse_cron(l, v, &l->c->cron_delete_db_logs);
}

int config__parse_cron_cleanup_c2d_storage(struct load *l, const struct json *v)
{
    return parse_cron(l, v, &l->c->cron_cleanup_c2d_storage);
}

int config__parse_node_env(struct load *l, const struct json *v)
{
    l->development = str_ieq(json_str(v, NULL), "development");
    return 0;
}
