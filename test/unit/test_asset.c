/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "asset/asset.h"
#include "asset/ddo.h"
#include "asset/trust.h"
#include "asset/unpack.h"
#include "base/codec.h"
#include "crypto/ecies.h"
#include "test.h"

#define NFT "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
#define TOKEN "0x5FbDB2315678afecb367f032d93F642f64180aa3"
#define WHO "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
#define LIST "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"

static struct json *parse(struct arena *a, const char *text)
{
    struct json *v;
    struct err e;

    ok(json_parse(a, text, strlen(text), &v, &e), e);
    return v;
}

static const char v4[] =
    "{\"id\":\"did:op:1\",\"version\":\"4.7.0\",\"chainId\":8996,\"nftAddress\":\"" NFT "\","
    "\"metadata\":{\"type\":\"dataset\"},\"services\":["
    "{\"id\":\"a\",\"type\":\"access\",\"datatokenAddress\":\"" TOKEN "\",\"timeout\":0},"
    "{\"id\":\"1b\",\"type\":\"compute\",\"datatokenAddress\":\"" TOKEN "\",\"timeout\":3600,"
    "\"files\":\"0x00\",\"additionalInformation\":{\"dtCost\":3}}],"
    "\"indexedMetadata\":{\"nft\":{\"state\":5}}}";

static void both_versions_read_the_same(void **state)
{
    _arena_ struct arena *a = arena_new();
    static const char v5[] =
        "{\"id\":\"did:ope:1\",\"version\":\"5.0.0\",\"credentialSubject\":{\"chainId\":1,"
        "\"nftAddress\":\"" NFT "\",\"metadata\":{\"type\":\"algorithm\",\"algorithm\":{}},"
        "\"services\":[{\"id\":\"x\",\"type\":\"access\",\"datatokenAddress\":\"" TOKEN "\"}],"
        "\"credentials\":{\"allow\":[]}}}";
    struct asset asset;
    size_t index = 9;
    struct err e;

    (void)state;
    ok(asset_parse(a, parse(a, v4), &asset, &e), e);
    assert_int_equal(asset.chain_id, 8996);
    assert_int_equal(asset.state, ASSET_UNLISTED);
    assert_true(asset_is_orderable(&asset));
    assert_false(asset.is_algorithm);
    assert_int_equal(asset.service_count, 2);
    assert_int_equal(asset_service_find(&asset, "1b", &index)->cost, 3);
    assert_int_equal(index, 1);
    assert_int_equal(asset_service_find(&asset, "1", &index)->timeout_s, 3600);
    assert_string_equal(asset_service_find(&asset, "0", NULL)->id, "a");
    assert_null(asset_service_find(&asset, "2", &index));
    assert_null(asset_service_find(&asset, "", &index));
    ok(asset_parse(a, parse(a, v5), &asset, &e), e);
    assert_int_equal(asset.chain_id, 1);
    assert_int_equal(asset.state, ASSET_STATE_UNKNOWN);
    assert_true(asset.is_algorithm);
    assert_non_null(asset.algorithm);
    assert_non_null(asset.credentials);
    assert_int_equal(asset.services[0].cost, 1);
}

static void what_is_no_asset_is_refused(void **state)
{
    _arena_ struct arena *a = arena_new();
    static const char *const bad[] = {
        "null",
        "[]",
        "{}",
        "{\"id\":\"d\",\"chainId\":1,\"nftAddress\":\"0x1\",\"services\":[]}",
        "{\"id\":\"d\",\"chainId\":-1,\"nftAddress\":\"" NFT "\",\"services\":[]}",
        "{\"id\":\"d\",\"chainId\":1,\"nftAddress\":\"" NFT "\"}",
        "{\"id\":\"d\",\"chainId\":1,\"nftAddress\":\"" NFT "\",\"services\":[{}]}",
        "{\"id\":\"d\",\"version\":\"deprecated\",\"chainId\":1,\"nftAddress\":\"" NFT "\","
        "\"services\":[]}",
    };
    struct asset asset;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(bad); i++)
        err_is(asset_parse(a, parse(a, bad[i]), &asset, &e), e, INVALID);
}

static const char *encrypted(struct arena *a, const struct seckey *key, const char *payload)
{
    _buf_ struct buf out = BUF_INIT(10000);
    struct pubkey to = pubkey_of(key);
    struct err e;

    ok(ecies_encrypt(&to, payload, strlen(payload), &out, &e), e);
    return hex_dup(a, out.data, out.len);
}

static void files_belong_to_their_asset(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct seckey key = seckey_new();
    struct seckey other = seckey_new();
    struct asset_service service;
    struct asset asset;
    struct json *files;
    struct err e;

    (void)state;
    ok(asset_parse(a, parse(a, v4), &asset, &e), e);
    service = asset.services[0];
    err_is(asset_files_open(a, &key, &asset, &service, &files, &e), e, ASSET_FILES_KEY);
    service.files =
        encrypted(a, &key,
                  "{\"datatokenAddress\":\"0x5fbdb2315678afecb367f032d93f642f64180aa3\","
                  "\"nftAddress\":\"" NFT "\",\"files\":[{\"type\":\"url\"}]}");
    ok(asset_files_open(a, &key, &asset, &service, &files, &e), e);
    assert_int_equal(json_len(files), 1);
    err_is(asset_files_open(a, &other, &asset, &service, &files, &e), e, ASSET_FILES_KEY);
    service.files = encrypted(
        a, &key, "{\"datatokenAddress\":\"" NFT "\",\"nftAddress\":\"" NFT "\",\"files\":[]}");
    err_is(asset_files_open(a, &key, &asset, &service, &files, &e), e, ASSET_FILES_OTHER);
    service.files = encrypted(a, &key, "[]");
    err_is(asset_files_open(a, &key, &asset, &service, &files, &e), e, ASSET_FILES_KEY);
    service.files = "0xzz";
    err_is(asset_files_open(a, &key, &asset, &service, &files, &e), e, ASSET_FILES_KEY);
}

struct lists {
    int answer; /* 1 member, 0 not, -1 the chain does not answer */
    uint64_t chain;
    int asked;
};

static int has(void *ctx, uint64_t chain_id, const struct addr *list, const struct addr *who,
               bool *ret, struct err *e)
{
    struct lists *l = ctx;

    (void)list;
    (void)who;
    l->chain = chain_id;
    l->asked++;
    if (l->answer < 0)
        return failed(e, FAILED, "no answer");
    *ret = l->answer == 1;
    return 0;
}

#define ME "{\"type\":\"address\",\"values\":[\"0x70997970c51812dc3a010c7d01b50e0d17dc79c8\"]}"
#define YOU "{\"type\":\"Address\",\"values\":[\"" NFT "\"]}"
#define ALL "{\"type\":\"address\",\"values\":[\"*\"]}"
#define V5 "{\"type\":\"address\",\"values\":[{\"address\":\"" WHO "\"}]}"
#define TOK "{\"type\":\"accessList\",\"chainId\":5,\"accessList\":\"" LIST "\"}"
#define HERE "{\"type\":\"ACCESSLIST\",\"accessList\":\"" LIST "\"}"
#define ODD "{\"type\":\"SSIpolicy\"}"

static const struct {
    const char *credentials;
    int list;
    bool granted;
} credential_rows[] = {
    {"null", 0, true},
    {"{}", 0, true},
    {"{\"allow\":[],\"deny\":[]}", 0, true},
    {"{\"allow\":[" ME "]}", 0, true},
    {"{\"allow\":[" YOU "]}", 0, false},
    {"{\"allow\":[" V5 "]}", 0, true},
    {"{\"allow\":[" ALL "]}", 0, true},
    {"{\"allow\":[" ME "," YOU "]}", 0, false},
    {"{\"allow\":[" ME "," YOU "],\"match_allow\":\"any\"}", 0, true},
    {"{\"allow\":[" TOK "]}", 1, true},
    {"{\"allow\":[" TOK "]}", 0, false},
    {"{\"allow\":[" ME "," TOK "]}", 0, false},
    {"{\"allow\":[" ME "," ODD "]}", 0, false},
    {"{\"allow\":[" ME "," ODD "],\"match_allow\":\"any\"}", 0, true},
    {"{\"allow\":[" ODD "],\"match_allow\":\"any\"}", 0, false},
    {"{\"deny\":[" ME "]}", 0, false},
    {"{\"deny\":[" YOU "]}", 0, true},
    {"{\"deny\":[" ODD "]}", 0, true},
    {"{\"deny\":[" ME "," YOU "]}", 0, false},
    {"{\"deny\":[" ME "," YOU "],\"match_deny\":\"all\"}", 0, true},
    {"{\"deny\":[" TOK "]}", 1, false},
    {"{\"deny\":[" ME "],\"allow\":[" ME "]}", 0, false},
    {"{\"allow\":[{\"type\":\"address\",\"values\":[]}]}", 0, false},
    {"{\"allow\":[{\"type\":\"address\"}]}", 0, false},
    {"{\"allow\":[{\"type\":\"address\",\"values\":\"" WHO "\"}]}", 0, false},
    {"{\"allow\":[{\"type\":\"address\",\"values\":[{\"address\":\"*\"}]}]}", 0, true},
    {"{\"allow\":[{\"type\":\"address\",\"values\":[{\"address\":\"" NFT "\"}]}]}", 0, false},
    {"{\"allow\":[{\"type\":\"address\",\"values\":[null,7,{},\"" WHO "\"]}]}", 0, true},
    {"{\"deny\":[{\"type\":\"address\",\"values\":[]}]}", 0, true},
    {"{\"deny\":[" ALL "]}", 0, false},
    {"{\"deny\":[" V5 "]}", 0, false},
    {"{\"deny\":[" TOK "]}", 0, true},
    {"{\"deny\":[" ME "," TOK "],\"match_deny\":\"all\"}", 0, true},
    {"{\"deny\":[" ME "," TOK "],\"match_deny\":\"all\"}", 1, false},
    {"{\"deny\":[" ME "," ODD "],\"match_deny\":\"all\"}", 0, false},
    {"{\"deny\":[" ME "],\"match_deny\":\"sometimes\"}", 0, false},
    {"{\"deny\":[" YOU "],\"allow\":[" ME "]}", 0, true},
    {"{\"deny\":[" YOU "],\"allow\":[" YOU "]}", 0, false},
    {"{\"allow\":[" ODD "]}", 0, false},
    {"{\"allow\":[" YOU "," TOK "],\"match_allow\":\"ANY\"}", 1, true},
    {"{\"allow\":[" YOU "," TOK "],\"match_allow\":\"any\"}", 0, false},
    {"{\"allow\":[" ME "," TOK "]}", 1, true},
    {"{\"allow\":[" ME "," YOU "],\"match_allow\":\"sometimes\"}", 0, false},
    {"{\"allow\":[" HERE "]}", 1, true},
    {"{\"allow\":[" HERE "]}", 0, false},
    {"{\"allow\":[{\"type\":\"accessList\",\"chainId\":5,\"accessList\":\"0x12\"}]}", 1, false},
    {"{\"allow\":[{\"type\":\"accessList\",\"chainId\":\"x\",\"accessList\":\"" LIST "\"}]}", 1,
     false},
    /* what cannot be asked or read counts against the consumer */
    {"{\"allow\":[" TOK "]}", -1, false},
    {"{\"allow\":[" ME "," TOK "],\"match_allow\":\"any\"}", -1, true},
    {"{\"allow\":[" YOU "," TOK "],\"match_allow\":\"any\"}", -1, false},
    {"{\"deny\":[" TOK "]}", -1, false},
    {"{\"deny\":[" YOU "," TOK "]}", -1, false},
    {"{\"deny\":[" YOU "," TOK "],\"match_deny\":\"all\"}", -1, true},
    {"{\"deny\":[{\"type\":\"accessList\",\"chainId\":5,\"accessList\":\"0x12\"}]}", 0, false},
    {"{\"deny\":[{\"type\":\"accessList\",\"chainId\":-5,\"accessList\":\"" LIST "\"}]}", 0, false},
    {"{\"allow\":{}}", 0, false},
    {"{\"allow\":\"everybody\"}", 0, false},
    {"{\"deny\":{\"type\":\"address\",\"values\":[\"" NFT "\"]}}", 0, false},
    {"{\"allow\":null,\"deny\":null}", 0, true},
    {"\"nobody\"", 0, false},
    {"[]", 0, true},
    {"[{\"allow\":[" ME "]}]", 0, false},
};

static void credentials_decide(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct lists answer = {0};
    struct asset_lists lists = {.ctx = &answer, .has = has};
    struct addr who;
    size_t i;

    (void)state;
    assert_true(addr_parse(WHO, &who));
    for (i = 0; i < ARRAY_LEN(credential_rows); i++) {
        answer.answer = credential_rows[i].list;
        if (asset_credentials_grant(parse(a, credential_rows[i].credentials), 1, &who, &lists) !=
            credential_rows[i].granted)
            fail_msg("%s with %d", credential_rows[i].credentials, credential_rows[i].list);
    }
    assert_true(asset_credentials_grant(NULL, 1, &who, &lists));
}

static void chains_are_asked_no_more_than_needed(void **state)
{
    _arena_ struct arena *a = arena_new();
    _buf_ struct buf many = BUF_INIT(100000);
    struct lists answer = {.answer = 1};
    struct asset_lists lists = {.ctx = &answer, .has = has};
    struct addr who;
    int i;

    (void)state;
    assert_true(addr_parse(WHO, &who));
    assert_true(asset_credentials_grant(parse(a, "{\"allow\":[" TOK "]}"), 1, &who, &lists));
    assert_int_equal(answer.chain, 5);
    assert_true(asset_credentials_grant(parse(a, "{\"allow\":[" HERE "]}"), 1, &who, &lists));
    assert_int_equal(answer.chain, 1);
    assert_true(asset_credentials_grant(
        parse(a, "{\"allow\":[{\"type\":\"accessList\",\"chainId\":\"77\",\"accessList\":\"" LIST
                 "\"}]}"),
        1, &who, &lists));
    assert_int_equal(answer.chain, 77);
    answer.asked = 0;
    (void)asset_credentials_grant(parse(a, "{\"deny\":[" TOK "," ME "]}"), 1, &who, &lists);
    (void)asset_credentials_grant(parse(a, "{\"allow\":[" TOK "," YOU "]}"), 1, &who, &lists);
    assert_int_equal(answer.asked, 0);
    (void)asset_credentials_grant(parse(a, "{\"deny\":[" TOK "," TOK "]}"), 1, &who, &lists);
    assert_int_equal(answer.asked, 1);
    for (i = 0; i < 33; i++)
        buf_puts(&many, i ? "," TOK : TOK);
    answer.asked = 0;
    answer.answer = 0;
    assert_false(asset_credentials_grant(
        parse(a, arena_printf(a, "{\"deny\":[%s]}", buf_str(&many))), 1, &who, &lists));
    answer.answer = 1;
    assert_false(asset_credentials_grant(
        parse(a, arena_printf(a, "{\"allow\":[%s]}", buf_str(&many))), 1, &who, &lists));
    assert_int_equal(answer.asked, 0);
    for (; i < 257; i++)
        buf_puts(&many, "," ME);
    assert_false(asset_credentials_grant(
        parse(a, arena_printf(a, "{\"allow\":[%s],\"match_allow\":\"any\"}", buf_str(&many))), 1,
        &who, &lists));
}

#define RULE(did, files, container, rest)                                                          \
    "{\"publisherTrustedAlgorithms\":[{\"did\":\"" did "\",\"filesChecksum\":\"" files             \
    "\",\"containerSectionChecksum\":\"" container "\"" rest "}]}"

static void datasets_choose_their_algorithms(void **state)
{
    _arena_ struct arena *a = arena_new();
    static const struct {
        const char *compute;
        bool listed; /* the algorithm of an asset */
        bool raw;
        bool strict; /* the algorithm of an asset, with strict */
    } rows[] = {
        {"null", true, true, false},
        {"{}", true, true, false},
        {"{\"allowRawAlgorithm\":false}", true, false, false},
        {"{\"allowRawAlgorithm\":true,\"publisherTrustedAlgorithms\":[]}", true, true, false},
        {RULE("did:op:a", "f", "c", ""), true, false, true},
        {RULE("did:op:b", "f", "c", ""), false, false, false},
        {RULE("did:op:a", "x", "c", ""), false, false, false},
        {RULE("did:op:a", "f", "x", ""), false, false, false},
        {RULE("*", "*", "*", ""), true, false, true},
        {RULE("did:op:a", "f", "c", ",\"serviceId\":\"s\""), true, false, true},
        {RULE("did:op:a", "f", "c", ",\"serviceId\":\"t\""), false, false, false},
        {RULE("did:op:a", "f", "c", ",\"serviceId\":\"*\""), true, false, true},
        {"{\"publisherTrustedAlgorithms\":[\"*\"]}", true, false, true},
        {"{\"publisherTrustedAlgorithms\":[{}],\"allowRawAlgorithm\":true}", false, true, false},
        {"{\"publisherTrustedAlgorithmPublishers\":[\"" NFT "\"]}", true, false, true},
        {"{\"publisherTrustedAlgorithmPublishers\":[\"" WHO "\"]}", false, false, false},
        {"{\"publisherTrustedAlgorithmPublishers\":[\"*\"]}", true, false, true},
    };
    struct asset_algorithm algorithm = {
        .did = "did:op:a", .service_id = "s", .files_checksum = "f", .container_checksum = "c"};
    const struct asset_algorithm raw = {.files_checksum = "", .container_checksum = ""};
    struct asset_service service = {.type = "compute"};
    size_t i;

    (void)state;
    assert_true(addr_parse(NFT, &algorithm.nft));
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        service.compute = parse(a, rows[i].compute);
        if (asset_trusts(&service, &algorithm, false) != rows[i].listed ||
            asset_trusts(&service, &raw, false) != rows[i].raw ||
            asset_trusts(&service, &algorithm, true) != rows[i].strict)
            fail_msg("%s", rows[i].compute);
    }
    service.type = "access";
    assert_true(asset_trusts(&service, &raw, true));
}

static void containers_have_a_checksum(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct json *container =
        parse(a, "{\"entrypoint\":\"node $ALGO\",\"image\":\"node\",\"checksum\":"
                 "\"sha256:1155995dda741e93afe4b1c6ced2d01734a6ec69865cc0997daf1f4db7259a36\"}");

    (void)state;
    assert_string_equal(asset_checksum_container(a, container),
                        "ba8885fcc7d366f058d6c3bb0b7bfe191c5f85cb6a4ee3858895342436c23504");
}

static void dids_follow_from_the_nft(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct addr nft;

    (void)state;
    assert_true(addr_parse(TOKEN, &nft) || addr_parse_any(TOKEN, &nft));
    assert_string_equal(asset_did(a, &nft, 8996),
                        "did:op:2d05d9481f04e4ba379d166ef4a8fc66aba6396b21051c3544f34f19c6a59ca2");
    assert_string_equal(asset_did_v5(a, &nft, 8996),
                        "did:ope:2d05d9481f04e4ba379d166ef4a8fc66aba6396b21051c3544f34f19c6a59ca2");
}

static void costs_are_small_integers(void **state)
{
    _arena_ struct arena *a = arena_new();
    static const char *const bad[] = {"0", "51", "1.5", "-1", "\"2\"", "true", "1e9", "[]"};
    unsigned cost;
    struct err e;
    size_t i;

    (void)state;
    ok(asset_dt_cost(parse(a, "{}"), &cost, &e), e);
    assert_int_equal(cost, 1);
    ok(asset_dt_cost(parse(a, "{\"additionalInformation\":{\"dtCost\":50}}"), &cost, &e), e);
    assert_int_equal(cost, 50);
    for (i = 0; i < ARRAY_LEN(bad); i++)
        err_is(asset_dt_cost(
                   parse(a, arena_printf(a, "{\"additionalInformation\":{\"dtCost\":%s}}", bad[i])),
                   &cost, &e),
               e, DT_COST);
}

static void packed_documents_unpack(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct bytes packed;
    struct bytes text;
    struct err e;

    (void)state;
    assert_true(
        hex_parse(a, "5d00008000ffffffffffffffff003d8888223728a41aa588d921fffffcf5e000", &packed));
    ok(asset_unpack(a, packed, 100, &text, &e), e);
    assert_int_equal(text.n, 21);
    assert_memory_equal(text.p, "{\"a\":1}{\"a\":1}{\"a\":1}", 21);
    err_is(asset_unpack(a, packed, 20, &text, &e), e, TOO_LARGE);
    packed.n--;
    err_is(asset_unpack(a, packed, 100, &text, &e), e, INVALID);
    packed.n = 0;
    err_is(asset_unpack(a, packed, 100, &text, &e), e, INVALID);
    packed = (struct bytes){(const uint8_t *)"{\"a\":1}", 7};
    err_is(asset_unpack(a, packed, 100, &text, &e), e, INVALID);
    /* A dictionary of 4 GiB is not given. */
    assert_true(hex_parse(a, "5dffffffffffffffffffffffffff003d8888223728a41aa588d921fffffcf5e000",
                          &packed));
    assert_int_equal(asset_unpack(a, packed, 100, &text, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_versions_read_the_same),
        cmocka_unit_test(what_is_no_asset_is_refused),
        cmocka_unit_test(files_belong_to_their_asset),
        cmocka_unit_test(credentials_decide),
        cmocka_unit_test(chains_are_asked_no_more_than_needed),
        cmocka_unit_test(datasets_choose_their_algorithms),
        cmocka_unit_test(containers_have_a_checksum),
        cmocka_unit_test(dids_follow_from_the_nft),
        cmocka_unit_test(costs_are_small_integers),
        cmocka_unit_test(packed_documents_unpack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
