/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds what: data NFTs and tokens of access lists change hands; states of NFTs. */
#include "follow_world.h"

#define OTHER "0x2222222222222222222222222222222222222222"
#define THIRD "0x3333333333333333333333333333333333333333"

static void publish(struct fixture *f, uint64_t block)
{
    fake_publish(&f->on, block, &(struct fake_document){.text = fake_ddo(&f->on, "Mine")});
}

static void owner_follows_the_token(void **state)
{
    struct fixture *f = *state;

    f->on.head = 3;
    publish(f, 2);
    steps_until(f, 4);
    assert_string_equal(seen(f, "nft.owner"), OWNER);
    f->on.head = 4;
    fake_transfer(&f->on, 4, NFT, OTHER, 1);
    steps_until(f, 5);
    assert_string_equal(seen(f, "nft.owner"), OTHER);
    assert_string_equal(seen(f, "event.from"), OWNER);
    assert_int_equal(count(f, "SELECT count(*) AS n FROM asset_term WHERE field = 27"
                              " AND value = '" OTHER "'"),
                     1);
    /* Other tokens, coins and other people's contracts change nothing. */
    f->on.head = 5;
    fake_transfer(&f->on, 5, NFT, THIRD, 2);
    fake_transfer(&f->on, 5, TOKEN, THIRD, 1);
    fake_transfer(&f->on, 5, NFT, THIRD, 1)->topic_count = 3;
    steps_until(f, 6);
    assert_string_equal(seen(f, "nft.owner"), OTHER);
    /* The block is replaced by one without the transfer. */
    f->on.branch[4] = f->on.branch[5] = f->on.branch[6] = 1;
    f->on.log_count -= 4;
    f->on.head = 6;
    step(f);
    steps_until(f, 7);
    assert_string_equal(seen(f, "nft.owner"), OWNER);
}

/* A document that is found when its NFT has long been sold. */
static void owner_is_the_chains_word(void **state)
{
    struct fixture *f = *state;

    f->on.head = 3;
    f->on.owner = OTHER;
    fake_transfer(&f->on, 1, NFT, OTHER, 1);
    publish(f, 2);
    steps_until(f, 4);
    assert_string_equal(seen(f, "nft.owner"), OTHER);
    assert_string_equal(seen(f, "event.from"), OWNER);
}

static void transfers_of_many_nfts_are_asked_for_by_number(void **state)
{
    struct fixture *f = *state;

    f->on.head = 2;
    publish(f, 2);
    steps_until(f, 3);
    meddle(f, "INSERT INTO asset (chain, nft, did, state, tx, block, log_index, published, created,"
              " updated, name, orders) WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1"
              " FROM c WHERE x < 1500) SELECT 8996, printf('0x%040d', x + 5000), 'did:' || x, 0,"
              " '0x', 1, x, '', '', '', '', 0 FROM c");
    f->on.head = 3;
    fake_transfer(&f->on, 3, NFT, OTHER, 1);
    fake_transfer(&f->on, 3, NFT, THIRD, 2);
    steps_until(f, 4);
    assert_string_equal(seen(f, "nft.owner"), OTHER);
}

static void token_uri_is_kept(void **state)
{
    struct fixture *f = *state;
    struct abi_value v[] = {abi_string("data:new"), abi_u64(1), abi_u64(0), abi_u64(0)};
    struct fake_log *log;

    f->on.head = 3;
    publish(f, 2);
    log = fake_emit(&f->on, 3, NFT, "TokenURIUpdate(address,string,uint256,uint256,uint256)");
    log->topics[log->topic_count++] = fake_topic(OWNER);
    log->data = abi_encode(f->a, "(string,uint256,uint256,uint256)", v, 4);
    steps_until(f, 4);
    assert_string_equal(seen(f, "nft.tokenURI"), "data:new");
}

/* Out of use: a short form. Back in use: everything as before, and what came meanwhile. */
static void states_hide_and_show(void **state)
{
    struct fixture *f = *state;

    f->on.head = 3;
    publish(f, 2);
    fake_order(&f->on, 3);
    steps_until(f, 4);
    f->on.head = 4;
    fake_state(&f->on, 4, 3);
    steps_until(f, 5);
    assert_string_equal(
        json_text(f->a, indexed(f)),
        arena_printf(f->a,
                     "{\"id\":\"%s\",\"version\":\"deprecated\",\"chainId\":8996,"
                     "\"nftAddress\":\"%s\",\"indexedMetadata\":{\"nft\":{\"state\":3}}}",
                     fake_did(&f->on), "0x00000000000000000000000000000000000000AA"));
    f->on.head = 6;
    fake_transfer(&f->on, 5, NFT, OTHER, 1);
    fake_order(&f->on, 5);
    fake_state(&f->on, 6, 0);
    steps_until(f, 7);
    assert_string_equal(seen(f, "nft.owner"), OTHER);
    assert_int_equal(orders(f), 2);
    f->on.head = 7;
    fake_state(&f->on, 7, 5);
    steps_until(f, 8);
    assert_int_equal(json_get_int(json_path(indexed(f), "indexedMetadata.nft"), "state", -1), 5);
    assert_string_equal(name(f), "Mine");
}

/* A document that came while the asset was out of use is shown when that is over. */
static void document_of_a_hidden_asset_comes_later(void **state)
{
    struct fixture *f = *state;

    f->on.head = 2;
    fake_publish(&f->on, 2,
                 &(struct fake_document){.text = fake_ddo(&f->on, "Hidden"), .state = 2});
    steps_until(f, 3);
    assert_null(indexed(f));
    assert_string_equal(attempt(f), "The asset is out of use (state 2): nothing is shown.");
    f->on.head = 3;
    fake_state(&f->on, 3, 0);
    steps_until(f, 4);
    look_again(f);
    assert_string_equal(name(f), "Hidden");
    assert_string_equal(attempt(f), "valid");
    assert_int_equal(json_get_int(json_path(indexed(f), "indexedMetadata.nft"), "state", -1), 0);
}

/* An old transaction that is looked at again does not bring back what has changed since. */
static void second_looks_know_the_present(void **state)
{
    struct fixture *f = *state;
    uint64_t n;

    f->on.head = 6;
    publish(f, 2);
    fake_state(&f->on, 3, 4);
    fake_state(&f->on, 4, 0);
    fake_transfer(&f->on, 5, NFT, OTHER, 1);
    fake_transfer(&f->on, 6, NFT, THIRD, 1);
    f->on.owner = THIRD;
    steps_until(f, 7);
    for (n = 2; n <= 5; n++)
        ask_again(f, n);
    look_again(f);
    assert_string_equal(seen(f, "nft.owner"), THIRD);
    assert_int_equal(json_get_int(json_path(indexed(f), "indexedMetadata.nft"), "state", -1), 0);
    assert_int_equal(count(f, "SELECT count(*) AS n FROM index_again"), 0);
}

/* --- access lists --- */

#define LIST TOKEN

static void member(struct fixture *f, uint64_t block, const char *signature, uint64_t id)
{
    struct fake_log *log = fake_emit(&f->on, block, TOKEN, signature);
    struct abi_value v = abi_u64(id);

    log->data = abi_encode(f->a, "(uint256)", &v, 1);
    if (str_starts(signature, "AddressAdded"))
        log->topics[log->topic_count++] = fake_topic(OWNER);
}

static void access_lists_are_kept(void **state)
{
    struct fixture *f = *state;
    struct fake_log *made;
    struct json *v;
    struct err e;

    f->on.head = 3;
    made = fake_emit(&f->on, 1, FACTORY, "NewAccessList(address,address)");
    made->topics[made->topic_count++] = fake_topic(TOKEN);
    made->topics[made->topic_count++] = fake_topic(OWNER);
    member(f, 2, "AddressAdded(address,uint256)", 1);
    member(f, 2, "AddressAdded(address,uint256)", 2);
    member(f, 3, "AddressRemoved(uint256)", 1);
    steps_until(f, 4);
    {
        _db_ struct db *db = store_lend(f->store);

        ok(index_access_lists_of(db, f->a, CHAIN, OWNER, &v, &e), e);
        assert_int_equal(json_len(v), 1);
        v = json_at(v, 0);
        assert_string_equal(json_get_str(v, "name", ""), "A name");
        assert_int_equal(json_len(json_get(v, "users")), 1);
        assert_int_equal(json_get_int(json_path(v, "users.0"), "tokenId", 0), 2);
        ok(index_access_lists_of(db, f->a, 1, OWNER, &v, &e), e);
        assert_int_equal(json_len(v), 0);
        ok(index_access_list(db, f->a, CHAIN, NFT, &v, &e), e);
        assert_null(v);
    }
    f->on.head = 4;
    f->on.branch[3] = 1; /* the removal was in a block that is replaced */
    f->on.log_count--;
    steps_until(f, 5);
    {
        _db_ struct db *db = store_lend(f->store);

        ok(index_access_list(db, f->a, CHAIN, TOKEN, &v, &e), e);
        assert_int_equal(json_len(json_get(v, "users")), 2);
    }
}

static struct fake_log *make_list(struct fixture *f, uint64_t block)
{
    struct fake_log *log = fake_emit(&f->on, block, FACTORY, "NewAccessList(address,address)");

    log->topics[log->topic_count++] = fake_topic(LIST);
    log->topics[log->topic_count++] = fake_topic(OWNER);
    return log;
}

/* The wallets of the list, in the order of their tokens, with blanks between. */
static const char *members(struct fixture *f)
{
    _db_ struct db *db = store_lend(f->store);
    const char *all = "";
    struct json *v;
    struct err e;
    size_t i;

    ok(index_access_list(db, f->a, CHAIN, LIST, &v, &e), e);
    v = json_get(v, "users");
    for (i = 0; i < json_len(v); i++)
        all = arena_printf(f->a, "%s%lld:%.5s ", all,
                           (long long)json_get_int(json_at(v, i), "tokenId", 0),
                           json_get_str(json_at(v, i), "wallet", ""));
    return all;
}

static size_t lists_of(struct fixture *f, const char *wallet)
{
    _db_ struct db *db = store_lend(f->store);
    struct json *v;
    struct err e;

    ok(index_access_lists_of(db, f->a, CHAIN, wallet, &v, &e), e);
    return json_len(v);
}

static void members_hand_on_their_tokens(void **state)
{
    struct fixture *f = *state;

    f->on.transferable = true;
    f->on.head = 3;
    make_list(f, 1);
    member(f, 1, "AddressAdded(address,uint256)", 1);
    member(f, 2, "AddressAdded(address,uint256)", 2);
    fake_transfer(&f->on, 3, LIST, OTHER, 2); /* in the list's first window */
    steps_until(f, 4);
    assert_string_equal(members(f), "1:0x111 2:0x222 ");
    assert_int_equal(lists_of(f, OTHER), 1);
    f->on.head = 4;
    fake_transfer(&f->on, 4, LIST, THIRD, 2);
    fake_transfer(&f->on, 4, LIST, THIRD, 9); /* of nobody */
    fake_transfer(&f->on, 4, FACTORY, THIRD, 1);
    steps_until(f, 5);
    assert_string_equal(members(f), "1:0x111 2:0x333 ");
    assert_int_equal(lists_of(f, OTHER), 0);
    /* Looking at the older transfer again changes nothing. */
    ask_again(f, 3);
    look_again(f);
    assert_string_equal(members(f), "1:0x111 2:0x333 ");
    /* Block 4 is replaced: the token is back. */
    f->on.branch[4] = f->on.branch[5] = 1;
    f->on.log_count -= 3;
    f->on.head = 5;
    step(f);
    steps_until(f, 6);
    assert_string_equal(members(f), "1:0x111 2:0x222 ");
    f->on.head = 6;
    member(f, 6, "AddressRemoved(uint256)", 2);
    steps_until(f, 7);
    assert_string_equal(members(f), "1:0x111 ");
    assert_int_equal(lists_of(f, OTHER), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(owner_follows_the_token),
        WITH(owner_is_the_chains_word),
        WITH(transfers_of_many_nfts_are_asked_for_by_number),
        WITH(token_uri_is_kept),
        WITH(states_hide_and_show),
        WITH(document_of_a_hidden_asset_comes_later),
        WITH(second_looks_know_the_present),
        WITH(access_lists_are_kept),
        WITH(members_hand_on_their_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
