/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of DDO versions; test_ddo.c compares many more with ddo-js. */
#include <string.h>

#include "asset/validate.h"
#include "base/str.h"
#include "test.h"

#define NFT "0x5FbDB2315678afecb367f032d93F642f64180aa3"
#define HASH "2d05d9481f04e4ba379d166ef4a8fc66aba6396b21051c3544f34f19c6a59ca2"

static const char v4[] =
    "{'@context':['https://w3id.org/did/v1'],'id':'did:op:" HASH "','version':'4.7.0',"
    "'chainId':8996,'nftAddress':'" NFT "','metadata':{'created':'x','updated':'x',"
    "'type':'dataset','name':'A good name','description':'a description of it','author':'me',"
    "'license':'MIT','tags':['x'],'algorithm':{'language':'js','version':'1','container':{"
    "'entrypoint':'node','image':'node','tag':'20','checksum':'sha256:44'}}},'services':[{"
    "'id':'s','type':'access','files':'0x00','datatokenAddress':'" NFT "',"
    "'serviceEndpoint':'http://node.test','timeout':0,'compute':{'allowRawAlgorithm':false,"
    "'allowNetworkAccess':true,'publisherTrustedAlgorithmPublishers':[],"
    "'publisherTrustedAlgorithms':[{'did':'d','filesChecksum':'a',"
    "'containerSectionChecksum':'b'}]}}]}";

static const char v5[] =
    "{'id':'did:ope:" HASH "','type':['VerifiableCredential'],'version':'5.0.0',"
    "'issuer':'did:web:x','credentialSubject':{'chainId':8996,'nftAddress':'" NFT "',"
    "'metadata':{'created':'x','updated':'x','name':'n','providedBy':'me'},'services':[{"
    "'id':'s','type':'access','datatokenAddress':'" NFT "','serviceEndpoint':'x',"
    "'timeout':0}]},'additionalDdos':[]}";

/* JSON with ' for ". */
static struct json *parse(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);
    struct json *v = NULL;
    struct err e;
    char *p;

    for (p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    ok(json_parse(a, copy, strlen(copy), &v, &e), e);
    return v;
}

/* The errors of a document in which the value at `path` is replaced (NULL: removed); "" for none.
 */
static const char *errors(struct arena *a, const char *document, const char *path,
                          const char *value)
{
    struct json *v = parse(a, document);
    const char *last = strrchr(path, '.');
    struct json *parent = last ? json_path(v, arena_strndup(a, path, (size_t)(last - path))) : v;
    struct json *found;
    struct err e;

    assert_non_null(parent);
    if (value)
        json_set(a, parent, last ? last + 1 : path, parse(a, value));
    else
        json_remove(parent, last ? last + 1 : path);
    ok(asset_validate(a, v, &found, &e), e);
    return found ? json_text(a, found) : "";
}

#define GOOD(document, path, value) assert_string_equal(errors(a, document, path, value), "")
#define BAD(document, path, value, text)                                                           \
    assert_non_null(strstr(errors(a, document, path, value), text))

static void rules_of_version_4(void **state)
{
    _arena_ struct arena *a = arena_new();

    (void)state;
    GOOD(v4, "extra", "{'a':1}");
    BAD(v4, "metadata.name", NULL, "{\"metadata.name\":[\"is missing\"]}");
    BAD(v4, "metadata.name", "null", "is missing");
    BAD(v4, "metadata.name", "7", "must be a text");
    BAD(v4, "metadata.name", "'abc'", "must have 4 to 512 characters");
    GOOD(v4, "metadata.name", "'\\ud83d\\ude00\\ud83d\\ude00'"); /* as JavaScript counts: 4 */
    GOOD(v4, "metadata.name", "['A good name']");
    BAD(v4, "metadata.name", "['A good name','Another one']", "must be one value");
    GOOD(v4, "metadata.description", "'two\\nlines of it'");
    GOOD(v4, "metadata.tags", "[]");
    BAD(v4, "metadata.tags", "['x',1]", "\"metadata.tags.1\":[\"must be a text\"]");
    BAD(v4, "metadata.algorithm.container.checksum", "'abc'", "must have 7 to 512");
    BAD(v4, "metadata.algorithm.consumerParameters", "[{'name':'a'}]",
        "metadata.algorithm.consumerParameters.0.required");
    GOOD(v4, "services", "[]");
    BAD(v4, "services", "[7]", "must be an object");
    BAD(v4, "chainId", "'8996'", "must be an integer");
    BAD(v4, "nftAddress", "'0x12'", "must have 42 characters");
    GOOD(v4, "credentials", "{'allow':[{'type':'accessList','chainId':1,'accessList':'0x'}]}");
    BAD(v4, "credentials", "{'deny':[{'type':'address','values':[]}]}", "credentials.deny.0");
}

static const char *service(struct arena *a, const char *key, const char *value)
{
    struct json *v = parse(a, v4);
    struct json *found;
    struct err e;

    json_set(a, json_path(v, "services.0"), key, parse(a, value));
    ok(asset_validate(a, v, &found, &e), e);
    return found ? json_text(a, found) : "";
}

static void rules_of_services(void **state)
{
    _arena_ struct arena *a = arena_new();

    (void)state;
    assert_string_equal(service(a, "timeout", "5.0"), "");
    assert_non_null(strstr(service(a, "timeout", "0.5"), "must be an integer"));
    assert_non_null(strstr(service(a, "timeout", "1e300"), "must be an integer"));
    assert_non_null(strstr(service(a, "serviceEndpoint", "'a\\nbcdefghijk'"), "single line"));
    assert_non_null(strstr(service(a, "additionalInformation", "{'dtCost':51}"), "from 1 to 50"));
    assert_string_equal(service(a, "additionalInformation", "{'dtCost':50}"), "");
    assert_non_null(strstr(service(a, "compute", "{}"), "allowRawAlgorithm"));
    assert_string_equal(service(a, "compute",
                                "{'allowRawAlgorithm':true,'allowNetworkAccess':true,"
                                "'publisherTrustedAlgorithms':['*']}"),
                        "");
    assert_non_null(strstr(service(a, "compute",
                                   "{'allowRawAlgorithm':true,'allowNetworkAccess':true,"
                                   "'publisherTrustedAlgorithms':[{'did':'x'}]}"),
                           "publisherTrustedAlgorithms.0.filesChecksum"));
}

static void older_versions_ask_less(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *v = parse(a, v4);
    struct json *found;
    struct err e;

    (void)state;
    json_set_str(a, json_get(v, "metadata"), "name", "abc");
    json_set_str(a, v, "version", "4.3.0");
    ok(asset_validate(a, v, &found, &e), e);
    assert_null(found);
    json_set_str(a, v, "version", "4.5.0");
    ok(asset_validate(a, v, &found, &e), e);
    assert_non_null(found);
    json_set_str(a, v, "version", "4.1.0");
    json_set(a, v, "services", json_new_array(a));
    ok(asset_validate(a, v, &found, &e), e);
    assert_non_null(found);
    json_set_str(a, v, "version", "4.2.0");
    err_is(asset_validate(a, v, &found, &e), e, ASSET_VERSION);
    assert_string_equal(e.msg, "Unsupported DDO version: 4.2.0");
}

static void rules_of_version_5(void **state)
{
    _arena_ struct arena *a = arena_new();

    (void)state;
    GOOD(v5, "extra", "1");
    BAD(v5, "type", "['a','b']", "must be one value");
    BAD(v5, "issuer", NULL, "issuer");
    BAD(v5, "credentialSubject.metadata.providedBy", NULL, "providedBy");
    BAD(v5, "credentialSubject.services", "[]", "credentialSubject.services");
    BAD(v5, "credentialSubject.metadata.additionalInformation", "'x'", "must be an object");
    BAD(v5, "additionalDdos", "[{'type':'x'}]", "additionalDdos.0.data");
}

static void id_follows_from_the_nft(void **state)
{
    _arena_ struct arena *a = arena_new();

    (void)state;
    BAD(v4, "chainId", "1", "must be did:op:");
    BAD(v5, "credentialSubject.chainId", "1", "must be did:ope:");
    BAD(v4, "id", "'did:ope:" HASH "'", "must be did:op:" HASH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_version_4),      cmocka_unit_test(rules_of_services),
        cmocka_unit_test(older_versions_ask_less), cmocka_unit_test(rules_of_version_5),
        cmocka_unit_test(id_follows_from_the_nft),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
