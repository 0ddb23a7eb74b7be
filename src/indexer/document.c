/* SPDX-License-Identifier: Apache-2.0 */
/* The document of a metadata event: taken, decrypted, and checked against the event's hash. */
#include <string.h>
#include <strings.h>

#include "asset/ddo.h"
#include "asset/published.h"
#include "base/str.h"
#include "indexer/metadata.h"
#include "indexer/read.h"

enum { DECRYPTOR_MAX = 2048 };

/* Without the "/" at the end. */
static char *plain_name(struct arena *a, const char *name)
{
    char *s = arena_strdup(a, name);
    size_t n = strlen(s);

    while (n && s[n - 1] == '/')
        s[--n] = '\0';
    return s;
}

static bool is_own_name(const struct window *w, const char *decryptor)
{
    const char *name = plain_name(w->a, decryptor);
    size_t i;

    for (i = 0; i < w->o->own_name_count; i++)
        if (str_ieq(plain_name(w->a, w->o->own_names[i]), name))
            return true;
    return false;
}

/* Blocks do not wait for strangers: another node is asked at a second look. */
static int decrypt_elsewhere(const struct window *w, const struct entry *it, const char *url,
                             struct bytes *ret, struct err *e)
{
    if (w->again)
        return decrypt_remote(w, it, url, ret, e);
    (void)failed(e, FAILED, "%.200s is being asked", url);
    return err_transient(e);
}

static int decrypt(const struct window *w, const struct entry *it, struct bytes *ret, struct err *e)
{
    struct bytes url = event_bytes(&it->ev, "decryptorUrl");
    struct bytes data = event_bytes(&it->ev, "data");
    const char *decryptor;

    if (url.n > DECRYPTOR_MAX)
        return failed(e, INVALID, "the decryptor's URL is longer than %d bytes", DECRYPTOR_MAX);
    decryptor = text_of_bytes(w->a, url);
    if (is_own_name(w, decryptor))
        return w->o->keys.decrypt(w->o->keys.ctx, w->a, data, ret, e);
    if (strncasecmp(decryptor, "http://", 7) == 0 || strncasecmp(decryptor, "https://", 8) == 0)
        return decrypt_elsewhere(w, it, plain_name(w->a, decryptor), ret, e);
    return failed(e, INVALID,
                  "the decryptor \"%.100s\" is another node's peer id, which this node "
                  "cannot reach",
                  decryptor);
}

static int open_document(const struct window *w, unsigned flags, struct bytes clear,
                         struct published *ret, struct err *e)
{
    struct json *document;

    ret->clear = clear;
    if (published_unpack(w->a, flags, clear, &ret->text, e) < 0 ||
        published_parse(w->a, ret->text, &document, e) < 0)
        return -1;
    ret->document = document;
    return 0;
}

/* What the event or the decryptor gave, in the clear. */
static int take_clear(const struct window *w, const struct entry *it, unsigned flags,
                      struct bytes *ret, struct err *e)
{
    if (flags & PUBLISHED_ENCRYPTED)
        return decrypt(w, it, ret, e);
    *ret = event_bytes(&it->ev, "data");
    return 0;
}

int document_get(const struct window *w, const struct entry *it, struct json **ret, struct err *e)
{
    const unsigned flags = published_flags(event_bytes(&it->ev, "flags"));
    const bool encrypted = (flags & PUBLISHED_ENCRYPTED) != 0;
    const struct hash32 hash = event_hash(&it->ev, "hash");
    struct published p;
    struct bytes clear;

    if (take_clear(w, it, flags, &clear, e) < 0 || open_document(w, flags, clear, &p, e) < 0)
        return encrypted ? err_wrap(e, "Provider exception on decrypt DDO. Status") : -1;
    if (published_has_hash(w->a, &p, &hash)) {
        *ret = json_copy(w->a, p.document);
        return 0;
    }
    return encrypted ? failed(e, INVALID,
                              "Provider exception on decrypt DDO. Status: the document does not "
                              "have the hash that the event names")
                     : failed(e, INVALID, "Unencrypted DDO hash does not match metadata hash.");
}

const char *did_of(struct arena *a, const struct addr *nft, uint64_t chain, const char *version)
{
    return str_starts(version, "5") ? asset_did_v5(a, nft, chain) : asset_did(a, nft, chain);
}
