/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asset/ddo.h"
#include "base/clock.h"
#include "base/str.h"
#include "client/client_int.h"
#include "crypto/hash.h"
#include "market/datatoken.h"

/* `atoll asset create`: from the quickstart's form to an asset that the node has indexed. */

enum { FLAG_ECIES = 2, INDEX_POLL_MS = 200, INDEX_WAIT_MS = 120000 };

static const char ddo_version[] = "4.7.0";
static const char no_license[] = "No License Specified";

/* Encrypts bytes to the node: POST /encrypt, signed. "0x..." */
static int encrypt(struct client *c, struct arena *a, const char *text, const char **ret,
                   struct err *e)
{
    static const struct net_header type[] = {{"Content-Type", "application/octet-stream"}};
    struct net_response response;
    const char *query;
    struct net_request r = {.method = "POST",
                            .headers = type,
                            .header_count = 1,
                            .body = text,
                            .body_len = strlen(text)};

    if (client__signed_query(c, "encrypt", &query, e) < 0)
        return -1;
    r.url = arena_printf(a, "%s/api/services/encrypt?%s&chainId=%llu", c->config->provider_url,
                         query, (unsigned long long)c->chain_id);
    if (client__call(c, &r, &response, e) < 0)
        return -1;
    if (!str_starts(response.body.p, "0x"))
        return failed(e, FAILED, "the node's answer to encrypt is no hex");
    *ret = response.body.p;
    return 0;
}

/* "url" is what the quickstart leaves out; GET is what a file is fetched with. */
static struct json *complete_files(struct arena *a, const struct json *files)
{
    struct json *out = json_copy(a, files);
    size_t i;

    for (i = 0; i < json_len(out); i++) {
        struct json *file = json_at(out, i);

        if (!json_get(file, "type"))
            json_set_str(a, file, "type", "url");
        if (str_eq(json_get_str(file, "type", ""), "url") && !json_get(file, "method"))
            json_set_str(a, file, "method", "GET");
    }
    return out;
}

/* What is being published. */
struct publication {
    const struct json *spec;
    const char *datatoken;
    const char *nft;
    const char *files; /* encrypted: of the service at hand */
};

static int encrypt_files(struct client *c, struct arena *a, const struct publication *p,
                         const struct json *files, const char **ret, struct err *e)
{
    struct json *payload = json_new_object(a);

    json_set_str(a, payload, "datatokenAddress", p->datatoken);
    json_set_str(a, payload, "nftAddress", p->nft);
    json_set(a, payload, "files", complete_files(a, files));
    return encrypt(c, a, json_text(a, payload), ret, e);
}

/* Trusts everybody unless the form says otherwise; an empty list restricts nobody. */
static struct json *compute_section(struct arena *a, const struct json *given)
{
    struct json *v = json_new_object(a);
    size_t i;

    json_set_bool(a, v, "allowRawAlgorithm", true);
    json_set_bool(a, v, "allowNetworkAccess", true);
    json_set(a, v, "publisherTrustedAlgorithmPublishers", json_new_array(a));
    json_set(a, v, "publisherTrustedAlgorithms", json_new_array(a));
    for (i = 0; i < json_len(given); i++)
        json_set(a, v, json_key(given, i), json_copy(a, json_value(given, i)));
    return v;
}

/* The quickstart counts its services (0, 1, 2); in a document the ids are texts. */
static const char *service_id(struct arena *a, const struct json *given, size_t i)
{
    const struct json *id = json_get(given, "id");

    if (json_is(id, JSON_STRING))
        return json_str(id, "");
    return json_is(id, JSON_NUMBER) ? json_text(a, id) : arena_printf(a, "%zu", i);
}

static int make_service(struct client *c, const struct publication *p, const struct json *given,
                        size_t i, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct json *v = json_new_object(a);
    const char *type = json_get_str(given, "type", "access");
    const char *endpoint = json_get_str(given, "serviceEndpoint", "providerUri");
    struct json *more = json_copy(a, json_get(given, "additionalInformation"));
    unsigned cost;

    if (str_eq(type, "download"))
        type = "access"; /* the quickstart's word */
    if (!str_eq(type, "access") && !str_eq(type, "compute"))
        return refused(e, SERVICE_TYPE, i, type);
    json_set_str(a, v, "id", service_id(a, given, i));
    json_set_str(a, v, "type", type);
    json_set_str(a, v, "files", p->files);
    json_set_str(a, v, "datatokenAddress", p->datatoken);
    json_set_str(a, v, "serviceEndpoint",
                 str_eq(endpoint, "providerUri") ? c->config->provider_url : endpoint);
    json_set(a, v, "timeout", json_copy(a, json_get(given, "timeout")));
    if (!json_get(given, "timeout"))
        json_set_int(a, v, "timeout", 0);
    if (json_get(given, "dtCost")) {
        if (!json_is(more, JSON_OBJECT))
            more = json_new_object(a);
        json_set(a, more, "dtCost", json_copy(a, json_get(given, "dtCost")));
    }
    if (json_is(more, JSON_OBJECT))
        json_set(a, v, "additionalInformation", more);
    if (str_eq(type, "compute"))
        json_set(a, v, "compute", compute_section(a, json_get(given, "compute")));
    if (asset_dt_cost(v, &cost, e) < 0)
        return err_wrap(e, "service %s", json_get_str(v, "id", ""));
    *ret = v;
    return 0;
}

/* A service that names no files offers those of the service before it. */
static int make_services(struct client *c, struct arena *a, struct publication *p,
                         struct json **ret, struct err *e)
{
    const struct json *given = json_get(p->spec, "services");
    struct json *services = json_new_array(a);
    size_t i;

    if (!json_is(given, JSON_ARRAY) || json_len(given) == 0)
        return refused(e, SPEC_FIELD, "services", "a list of services");
    for (i = 0; i < json_len(given); i++) {
        const struct json *own = json_get(json_at(given, i), "files");
        struct json *service = NULL;

        if (json_len(own) > 0 && encrypt_files(c, a, p, own, &p->files, e) < 0)
            return -1;
        if (!p->files)
            return refused(e, SPEC_FIELD, "services[0].files",
                           "a list of files, e.g. [{\"url\": \"https://...\"}]");
        if (make_service(c, p, json_at(given, i), i, &service, e) < 0)
            return -1;
        json_push(a, services, service);
    }
    *ret = services;
    return 0;
}

static struct json *make_metadata(struct client *c, struct arena *a, const struct json *spec)
{
    static const char *const copied[] = {"tags",
                                         "categories",
                                         "links",
                                         "algorithm",
                                         "copyrightHolder",
                                         "contentLanguage",
                                         "additionalInformation"};
    const char *name = json_get_str(spec, "name", "");
    struct json *v = json_new_object(a);
    char now[CLOCK_ISO_SIZE];
    size_t i;

    clock_iso_s(clock_s(), now);
    json_set_str(a, v, "created", now);
    json_set_str(a, v, "updated", now);
    json_set_str(a, v, "type",
                 json_get_str(spec, "type", json_get(spec, "algorithm") ? "algorithm" : "dataset"));
    json_set_str(a, v, "name", name);
    json_set_str(
        a, v, "description",
        json_get_str(spec, "description", arena_printf(a, "%s, published with Atoll", name)));
    json_set_str(a, v, "author", json_get_str(spec, "author", addr_text(a, &c->wallet.addr)));
    json_set_str(a, v, "license", json_get_str(spec, "license", no_license));
    for (i = 0; i < ARRAY_LEN(copied); i++)
        if (json_get(spec, copied[i]))
            json_set(a, v, copied[i], json_copy(a, json_get(spec, copied[i])));
    return v;
}

static int make_document(struct client *c, struct arena *a, struct publication *p, const char *did,
                         struct json **ret, struct err *e)
{
    struct json *v = json_new_object(a);
    struct json *context = json_new_array(a);
    struct json *services = NULL;

    if (make_services(c, a, p, &services, e) < 0)
        return -1;
    json_push(a, context, json_new_str(a, "https://w3id.org/did/v1"));
    json_set(a, v, "@context", context);
    json_set_str(a, v, "id", did);
    json_set_str(a, v, "version", ddo_version);
    json_set_int(a, v, "chainId", (int64_t)c->chain_id);
    json_set_str(a, v, "nftAddress", p->nft);
    json_set(a, v, "metadata", make_metadata(c, a, p->spec));
    json_set(a, v, "services", services);
    if (json_get(p->spec, "credentials"))
        json_set(a, v, "credentials", json_copy(a, json_get(p->spec, "credentials")));
    *ret = v;
    return 0;
}

/* The node's verdict on the document; its hash goes on chain. */
static int validate(struct client *c, struct arena *a, const struct json *ddo, struct hash32 *ret,
                    struct err *e)
{
    struct json *body = json_new_object(a);
    struct json *answer;
    struct client_signature s;

    if (client__sign(c, "validateDDO", &s, e) < 0)
        return -1;
    json_set(a, body, "ddo", json_copy(a, ddo));
    json_set_str(a, body, "publisherAddress", s.address);
    json_set_str(a, body, "nonce", s.nonce);
    json_set_str(a, body, "signature", s.signature);
    if (client__post(c, c->config->metadata_url, "/api/aquarius/assets/ddo/validate", body, &answer,
                     e) < 0)
        return -1;
    if (!hash32_parse(json_get_str(answer, "hash", ""), ret))
        return failed(e, FAILED, "the node's answer to validate holds no hash");
    return 0;
}

static int publish(struct client *c, struct arena *a, const struct addr *nft,
                   const struct json *ddo, struct hash32 *ret_tx, struct err *e)
{
    struct nft_metadata m = {.state = 0, .flags = FLAG_ECIES, .decryptor_address = ""};
    const char *hex;

    m.decryptor_url = c->config->provider_url;
    if (validate(c, a, ddo, &m.hash, e) < 0 || encrypt(c, a, json_text(a, ddo), &hex, e) < 0)
        return -1;
    if (!hex_parse(a, hex, &m.document))
        return failed(e, FAILED, "the node's answer to encrypt is no hex");
    return nft_set_metadata(&c->wallet, nft, &m, ret_tx, e);
}

/* Until the node shows the document of this transaction, or says why it never will. */
static int await_index(struct client *c, const char *did, const char *tx, struct err *e)
{
    int64_t deadline = clock_mono_ms() + INDEX_WAIT_MS;

    client__say(c, "index: waiting for the node");
    while (clock_mono_ms() < deadline) {
        _arena_ struct arena *a = arena_new();
        struct json *v;
        struct err why;

        if (client_asset_resolve(c, did, &v, &why) == 0 &&
            str_eq(json_str(json_path(v, "indexedMetadata.event.txid"), ""), tx))
            return 0;
        if (client__get(c, c->config->metadata_url,
                        arena_printf(a, "/api/aquarius/state/ddo?did=%s", client__escape(a, did)),
                        &v, &why) == 0 &&
            str_eq(json_get_str(v, "txId", ""), tx) && !json_get_bool(v, "valid", true))
            return refused(e, NOT_INDEXED, json_get_str(v, "error", ""));
        clock_sleep_ms(INDEX_POLL_MS);
    }
    return refused(e, NOT_INDEXED, "the node has not read the transaction in two minutes");
}

int client_asset_create(struct client *c, const struct json *spec, struct json **ret, struct err *e)
{
    struct arena *a = c->arena;
    struct publication p = {.spec = spec, .datatoken = json_get_str(spec, "dtAddress", NULL)};
    struct addr datatoken;
    struct addr nft;
    struct hash32 tx;
    struct json *ddo;
    struct json *v;
    const char *did;

    if (client__signer(c, e) < 0)
        return -1;
    if (!json_get_str(spec, "name", NULL))
        return refused(e, SPEC_FIELD, "name", "the asset's name");
    if (!p.datatoken)
        return refused(e, SPEC_FIELD, "dtAddress", "the address of a datatoken");
    if (!addr_parse(p.datatoken, &datatoken))
        return refused(e, NOT_A_DATATOKEN, p.datatoken);
    if (datatoken_nft(c->rpc, &c->contracts.erc721_factory, &datatoken, &nft, e) < 0)
        return -1;
    p.datatoken = addr_text(a, &datatoken);
    p.nft = addr_text(a, &nft);
    did = asset_did(a, &nft, c->chain_id);
    if (make_document(c, a, &p, did, &ddo, e) < 0 || publish(c, a, &nft, ddo, &tx, e) < 0 ||
        await_index(c, did, hash32_text(a, &tx), e) < 0)
        return -1;
    v = json_new_object(a);
    json_set_str(a, v, "did", did);
    json_set_str(a, v, "nft", p.nft);
    json_set_str(a, v, "datatoken", p.datatoken);
    json_set_str(a, v, "tx", hash32_text(a, &tx));
    *ret = v;
    return 0;
}
