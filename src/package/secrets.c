/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "crypto/random.h"
#include "package/render.h"

/* Secrets of a deployment: random, and nothing else. */

/* A character of the alphabet, each as likely: numbers beyond a whole multiple are thrown away. */
static char pick(const char *alphabet)
{
    const unsigned n = (unsigned)strlen(alphabet);
    const unsigned limit = 256 - 256 % n;
    uint8_t byte;

    do
        random_bytes(&byte, 1);
    while (byte >= limit);
    return alphabet[byte % n];
}

struct json *package_secrets_make(struct arena *a, const struct package *p)
{
    struct json *secrets = json_new_object(a);
    size_t i;
    int64_t k;

    for (i = 0; i < p->secret_count; i++) {
        const struct package_secret *s = &p->secrets[i];
        char *text = arena_alloc(a, (size_t)s->length + 1);

        for (k = 0; k < s->length; k++)
            text[k] = pick(s->alphabet);
        text[k] = '\0';
        json_set_str(a, secrets, s->name, text);
        wipe(text, (size_t)s->length);
    }
    return secrets;
}
