/* SPDX-License-Identifier: Apache-2.0 */
/* The document of a metadata event: taken, decrypted, and checked against the event's hash. */
#include "asset/ddo.h"
#include "asset/unpack.h"
#include "base/str.h"
#include "crypto/hash.h"
#include "indexer/metadata.h"
#include "indexer/read.h"

enum { DDO_MAX = 8 * 1048576, DECRYPTOR_MAX = 2048 };

/* Flags are a number of any length; its lowest byte says how the data is packed. */
static unsigned flags_of(struct bytes flags)
{
    return flags.n ? flags.p[flags.n - 1] : 0;
}

static bool is_hash_of(const struct hash32 *hash, const void *p, size_t n)
{
    struct hash32 h = sha256(p, n);

    return hash32_eq(&h, hash);
}

static int parse(const struct window *w, struct bytes text, struct json **ret, struct err *e)
{
    if (text.n > DDO_MAX)
        return failed(e, INVALID, "the document is larger than %d bytes", DDO_MAX);
    if (json_parse(w->a, (const char *)text.p, text.n, ret, e) < 0)
        return err_wrap(e, "the document is not JSON");
    if (!json_is(*ret, JSON_OBJECT))
        return failed(e, INVALID, "the document is not a JSON object");
    return 0;
}

/* The text without what an indexer adds, as JavaScript prints it. */
static const char *bare_text(const struct window *w, const struct json *document)
{
    struct json *copy = json_copy(w->a, document);

    json_remove(copy, "indexedMetadata");
    return json_text(w->a, copy);
}

/*
 * In the clear the hash is taken over "0x" + hex of the text; ocean-cli's updates take it over the
 * text itself. Either is good, over what was published, unpacked, or without indexedMetadata.
 */
static bool is_plain_hash(const struct window *w, const struct entry *it, struct bytes text,
                          const struct json *document)
{
    const struct hash32 h = event_hash(&it->ev, "hash");
    const struct hash32 *hash = &h;
    const char *bare = bare_text(w, document);
    const struct bytes texts[] = {
        event_bytes(&it->ev, "data"), text, {(const uint8_t *)bare, strlen(bare)}};
    const char *hex;
    size_t i;

    for (i = 0; i < ARRAY_LEN(texts); i++) {
        hex = hex0x_dup(w->a, texts[i].p, texts[i].n);
        if (is_hash_of(hash, hex, strlen(hex)) || is_hash_of(hash, texts[i].p, texts[i].n))
            return true;
    }
    return false;
}

/* Without the "/" at the end, in lower case. */
static char *plain_name(struct arena *a, const char *name)
{
    char *s = str_lower(a, name);
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
        if (str_eq(plain_name(w->a, w->o->own_names[i]), name))
            return true;
    return false;
}

static int decrypt(const struct window *w, const struct entry *it, struct bytes *ret, struct err *e)
{
    struct bytes url = event_bytes(&it->ev, "decryptorUrl");
    const char *decryptor;
    struct bytes data = event_bytes(&it->ev, "data");

    if (url.n > DECRYPTOR_MAX)
        return failed(e, INVALID, "the decryptor's URL is longer than %d bytes", DECRYPTOR_MAX);
    decryptor = text_of_bytes(w->a, url);
    if (is_own_name(w, decryptor))
        return w->o->keys.decrypt(w->o->keys.ctx, w->a, data, ret, e);
    if (str_starts(decryptor, "http://") || str_starts(decryptor, "https://"))
        return decrypt_remote(w, it, plain_name(w->a, decryptor), ret, e);
    return failed(e, INVALID,
                  "the decryptor \"%.100s\" is another node's peer id, which this node "
                  "cannot reach",
                  decryptor);
}

/* What the event or the decryptor gave, unpacked when the flags say so. */
static int unpack(const struct window *w, const struct entry *it, struct bytes *io, struct err *e)
{
    if (!(flags_of(event_bytes(&it->ev, "flags")) & FLAG_COMPRESSED))
        return 0;
    /* The decryptor may have done it. */
    if (io->n && io->p[0] == '{')
        return 0;
    return asset_unpack(w->a, *io, DDO_MAX, io, e);
}

static int get_encrypted(const struct window *w, const struct entry *it, struct json **ret,
                         struct err *e)
{
    struct hash32 hash = event_hash(&it->ev, "hash");
    struct bytes text;
    const char *again;

    if (decrypt(w, it, &text, e) < 0 || unpack(w, it, &text, e) < 0 || parse(w, text, ret, e) < 0)
        return err_wrap(e, "Provider exception on decrypt DDO. Status");
    again = json_text(w->a, *ret);
    if (!is_hash_of(&hash, text.p, text.n) && !is_hash_of(&hash, again, strlen(again)))
        return failed(e, INVALID,
                      "Provider exception on decrypt DDO. Status: the document does "
                      "not have the hash that the event names");
    return 0;
}

int document_get(const struct window *w, const struct entry *it, struct json **ret, struct err *e)
{
    struct bytes text = event_bytes(&it->ev, "data");

    if (flags_of(event_bytes(&it->ev, "flags")) & FLAG_ENCRYPTED)
        return get_encrypted(w, it, ret, e);
    if (unpack(w, it, &text, e) < 0 || parse(w, text, ret, e) < 0)
        return -1;
    if (!is_plain_hash(w, it, text, *ret))
        return failed(e, INVALID, "Unencrypted DDO hash does not match metadata hash.");
    return 0;
}

const char *did_of(struct arena *a, const struct addr *nft, uint64_t chain, const char *version)
{
    return str_starts(version, "5") ? asset_did_v5(a, nft, chain) : asset_did(a, nft, chain);
}
